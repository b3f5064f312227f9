#include "common/ledger/sql.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace jinqi::ledger {
namespace {

constexpr const char* kColumns[kRecordColumns] = {"tenant", "id",   "version", "sequence", "head",
                                                  "sent",   "time", "body",    "timers",   "generation"};

// Collects the text and the parameters of one statement.
class Builder {
 public:
  explicit Builder(Dialect dialect) : mark_(dialect == Dialect::kPostgres ? "$" : "?") {}

  std::string Bind(Value value, ColumnType type) {
    sql_.parameters.push_back({std::move(value), type});
    return absl::StrCat(mark_, sql_.parameters.size());
  }

  Sql Take(std::string text) {
    sql_.text = std::move(text);
    return std::move(sql_);
  }

 private:
  const char* const mark_;
  Sql sql_;
};

const char* Operator(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
    case Comparison::kIn: return " = ";
    case Comparison::kLess: return " < ";
    case Comparison::kLessOrEqual: return " <= ";
    case Comparison::kGreater: return " > ";
    case Comparison::kGreaterOrEqual: return " >= ";
  }
  return " = ";
}

absl::StatusOr<ColumnType> TypeOf(const Kind& kind, const std::string& name) {
  if (name == "id") return ColumnType::kText;
  if (name == "due" || name == "time" || name == "version") return ColumnType::kInteger;
  const auto found = std::find_if(kind.columns.begin(), kind.columns.end(),
                                  [&name](const Column& column) { return column.name == name; });
  if (found == kind.columns.end()) return absl::InvalidArgumentError(absl::StrCat(kind.name, " has no column ", name));
  return found->type;
}

bool Fits(const Value& value, ColumnType type) {
  return std::holds_alternative<std::monostate>(value) ||
         std::holds_alternative<std::int64_t>(value) == (type == ColumnType::kInteger);
}

absl::StatusOr<std::string> ConditionText(const Kind& kind, const Condition& condition, Builder& builder) {
  const auto type = TypeOf(kind, condition.column);
  if (!type.ok()) return type.status();
  const bool in = condition.comparison == Comparison::kIn;
  if (!in && condition.values.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("one value is needed for ", condition.column));
  }
  for (const Value& value : condition.values) {
    if (!Fits(value, *type)) return absl::InvalidArgumentError(absl::StrCat("wrong type for ", condition.column));
  }
  const std::string column = Quoted(condition.column);
  if (!in && std::holds_alternative<std::monostate>(condition.values[0])) return column + " IS NULL";
  if (!in) return absl::StrCat(column, Operator(condition.comparison), builder.Bind(condition.values[0], *type));
  if (condition.values.empty()) return std::string("1 = 0");
  std::string list;
  for (const Value& value : condition.values) {
    absl::StrAppend(&list, list.empty() ? "" : ", ", builder.Bind(value, *type));
  }
  return absl::StrCat(column, " IN (", list, ")");
}

absl::Status CheckSide(const Kind& kind, const std::string& side) {
  if (std::find(kind.sides.begin(), kind.sides.end(), side) != kind.sides.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(kind.name, " has no side table ", side));
}

}  // namespace

std::string Quoted(std::string_view name) {
  std::string quoted = "\"";
  quoted.append(name);
  quoted.push_back('"');
  return quoted;
}

std::string RecordColumns(std::string_view table_alias) {
  std::string columns;
  for (const char* column : kColumns) {
    if (!columns.empty()) columns += ", ";
    columns.append(table_alias);
    columns += table_alias.empty() ? "" : ".";
    columns += column;
  }
  return columns;
}

ColumnType OrderType(const Kind& kind, const Query& query) {
  const auto type = TypeOf(kind, query.order_by);
  return type.ok() ? *type : ColumnType::kText;
}

absl::StatusOr<Sql> ListSql(const Kind& kind, const std::string& tenant, const Query& query, Dialect dialect) {
  Builder builder(dialect);
  std::string where = "tenant = " + builder.Bind(tenant, ColumnType::kText);
  for (const Condition& condition : query.where) {
    const auto text = ConditionText(kind, condition, builder);
    if (!text.ok()) return text.status();
    absl::StrAppend(&where, " AND ", *text);
  }
  const std::string order = query.order_by.empty() || query.order_by == "id" ? "" : Quoted(query.order_by);
  if (!order.empty()) {
    const auto type = TypeOf(kind, query.order_by);
    if (!type.ok()) return type.status();
    // The databases disagree on where NULL sorts.
    absl::StrAppend(&where, " AND ", order, " IS NOT NULL");
  }
  if (query.after.has_value()) {
    const char* beyond = query.descending ? " < " : " > ";
    if (order.empty()) {
      absl::StrAppend(&where, " AND id", beyond, builder.Bind(query.after->second, ColumnType::kText));
    } else {
      const ColumnType type = OrderType(kind, query);
      if (!Fits(query.after->first, type) || std::holds_alternative<std::monostate>(query.after->first)) {
        return absl::InvalidArgumentError("keyset does not fit the order");
      }
      const std::string value = builder.Bind(query.after->first, type);
      const std::string id = builder.Bind(query.after->second, ColumnType::kText);
      absl::StrAppend(&where, " AND (", order, ", id)", beyond, "(", value, ", ", id, ")");
    }
  }
  const std::string limit = builder.Bind(std::int64_t{std::max(query.limit, 0)}, ColumnType::kInteger);
  const std::string table = Quoted(kind.name);
  if (query.count_only) {
    return builder.Take(
        absl::StrCat("SELECT count(*) FROM (SELECT 1 FROM ", table, " WHERE ", where, " LIMIT ", limit, ") AS found"));
  }
  const char* direction = query.descending ? " DESC" : "";
  const std::string order_value = query.order_by.empty() ? "" : ", " + Quoted(query.order_by);
  const std::string order_first = order.empty() ? "" : order + direction + ", ";
  return builder.Take(absl::StrCat("SELECT ", RecordColumns(), order_value, " FROM ", table, " WHERE ", where,
                                   " ORDER BY ", order_first, "id", direction, " LIMIT ", limit));
}

absl::StatusOr<Sql> ListBySideSql(const Kind& kind, const std::string& tenant, const std::string& side,
                                  const std::string& value, const std::string& after_id, int limit, Dialect dialect) {
  RETURN_IF_ERROR(CheckSide(kind, side));
  Builder builder(dialect);
  const std::string tenant_at = builder.Bind(tenant, ColumnType::kText);
  const std::string value_at = builder.Bind(value, ColumnType::kText);
  const std::string after_at = builder.Bind(after_id, ColumnType::kText);
  const std::string limit_at = builder.Bind(std::int64_t{std::max(limit, 0)}, ColumnType::kInteger);
  return builder.Take(absl::StrCat("SELECT ", RecordColumns("r"), " FROM ", Quoted(kind.name + "_" + side),
                                   " AS s JOIN ", Quoted(kind.name), " AS r ON r.tenant = s.tenant AND r.id = s.id",
                                   " WHERE s.tenant = ", tenant_at, " AND s.value = ", value_at, " AND s.id > ",
                                   after_at, " ORDER BY s.id LIMIT ", limit_at));
}

absl::StatusOr<Sql> LastIdsBySideSql(const Kind& kind, const std::string& tenant, const std::string& side,
                                     const std::vector<std::string>& values, int limit, Dialect dialect) {
  constexpr std::size_t kMostValues = 100;
  RETURN_IF_ERROR(CheckSide(kind, side));
  if (values.empty() || values.size() > kMostValues) return absl::InvalidArgumentError("1 to 100 values are needed");
  Builder builder(dialect);
  const std::string table = Quoted(kind.name + "_" + side);
  const std::string tenant_at = builder.Bind(tenant, ColumnType::kText);
  const std::string limit_at = builder.Bind(std::int64_t{std::max(limit, 0)}, ColumnType::kInteger);
  std::string text;
  for (std::size_t place = 0; place < values.size(); ++place) {
    const std::string value_at = builder.Bind(values[place], ColumnType::kText);
    absl::StrAppend(&text, place == 0 ? "" : " UNION ALL ", "SELECT CAST(", place,
                    " AS BIGINT) AS place, id FROM (SELECT id FROM ", table, " WHERE tenant = ", tenant_at,
                    " AND value = ", value_at, " ORDER BY id DESC LIMIT ", limit_at, ") AS last", place);
  }
  return builder.Take(absl::StrCat("SELECT place, id FROM (", text, ") AS found ORDER BY place, id DESC"));
}

Sql ScanSql(const Kind& kind, Dialect dialect) {
  std::string text = absl::StrCat("SELECT ", RecordColumns("r"), ", r.due");
  for (const Column& column : kind.columns) absl::StrAppend(&text, ", r.", Quoted(column.name));
  for (const std::string& side : kind.sides) {
    const std::string from =
        absl::StrCat(" FROM ", Quoted(kind.name + "_" + side), " AS s WHERE s.tenant = r.tenant AND s.id = r.id");
    if (dialect == Dialect::kPostgres) {
      absl::StrAppend(&text, ", (SELECT coalesce(string_agg(octet_length(s.value)::text || ':' || s.value, '' ",
                      "ORDER BY s.value), '')", from, ")");
    } else {
      absl::StrAppend(&text, ", (SELECT coalesce(group_concat(length(CAST(o.value AS BLOB)) || ':' || o.value, ''), ",
                      "'') FROM (SELECT s.value", from, " ORDER BY s.value) AS o)");
    }
  }
  return {absl::StrCat(text, " FROM ", Quoted(kind.name), " AS r ORDER BY r.tenant, r.id"), {}};
}

std::string SideText(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::string text;
  for (const std::string& value : values) absl::StrAppend(&text, value.size(), ":", value);
  return text;
}

Sql DueSql(const Kind& kind, Micros now, int limit, Dialect dialect) {
  Builder builder(dialect);
  const std::string now_at = builder.Bind(now, ColumnType::kInteger);
  const std::string limit_at = builder.Bind(std::int64_t{std::max(limit, 0)}, ColumnType::kInteger);
  return builder.Take(absl::StrCat("SELECT ", RecordColumns(), " FROM ", Quoted(kind.name),
                                   " WHERE due IS NOT NULL AND due <= ", now_at, " ORDER BY due LIMIT ", limit_at));
}

}  // namespace jinqi::ledger
