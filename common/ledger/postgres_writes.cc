#include "common/ledger/postgres_writes.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/ledger/codec.h"
#include "common/ledger/sql.h"

namespace jinqi::ledger::postgres {
namespace {

constexpr std::size_t kMaxAlternations = 16;

// A set of rows on its way to the server: `columns` names and types what each row holds.
class RowSet {
 public:
  explicit RowSet(std::vector<Column> columns) : columns_(std::move(columns)) {
    for (const Column& column : columns_) arrays_.emplace_back(column.type);
  }

  template <typename... Cells>
  void Add(const Cells&... cells) {
    std::size_t at = 0;
    (AddCell(arrays_[at++], cells), ...);
  }
  // For rows that are put together column by column.
  Array& operator[](std::size_t column) { return arrays_[column]; }

  std::int64_t size() const { return arrays_[0].size(); }

  // unnest($1::text[], $2::int8[] …), parameters from `first` on.
  std::string Unnest(std::size_t first = 1) const {
    std::string text = "unnest(";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? "$" : ", $", first + i, "::", std::string(ArrayTypeName(columns_[i].type)));
    }
    return text + ")";
  }

  // tenant, id, version …
  std::string Names(std::string_view prefix = "") const {
    return absl::StrJoin(columns_, ", ", [prefix](std::string* out, const Column& column) {
      absl::StrAppend(out, std::string(prefix), Quoted(column.name));
    });
  }

  void MoveTo(Parameters& parameters) {
    for (Array& array : arrays_) parameters.Add(std::move(array));
  }

  const std::vector<Column>& columns() const { return columns_; }

 private:
  static void AddCell(Array& array, std::int64_t number) { array.Add(number); }
  static void AddCell(Array& array, const std::string& text) { array.Add(std::string_view(text)); }
  static void AddCell(Array& array, const Value& value) { array.Add(value); }

  std::vector<Column> columns_;
  std::vector<Array> arrays_;
};

constexpr ColumnType kInt = ColumnType::kInteger;
constexpr ColumnType kText = ColumnType::kText;
constexpr ColumnType kBytes = ColumnType::kBytes;

// Fails unless the statement `body`, which returns a row for each row that it met, met `expected`.
Statement Guarded(const std::string& body, RowSet rows, std::int64_t expected) {
  Statement statement;
  statement.sql = absl::StrCat("WITH done AS (", body, " RETURNING 1) SELECT 1 / (count(*) = $",
                               rows.columns().size() + 1, "::int8)::int FROM done");
  rows.MoveTo(statement.parameters);
  statement.parameters.Add(expected);
  return statement;
}

Statement Plain(std::string sql, RowSet rows) {
  Statement statement{std::move(sql)};
  rows.MoveTo(statement.parameters);
  return statement;
}

std::string InsertSql(const std::string& table, const RowSet& rows) {
  return absl::StrCat("INSERT INTO ", table, " (", rows.Names(), ") SELECT * FROM ", rows.Unnest());
}

// FROM/USING the rows `k`, each with the place `found.at` of the row of `table` that `condition` (over x and k) finds.
// OFFSET 0 keeps the planner from joining the other way round.
std::string FindEach(const std::string& table, const RowSet& rows, const std::string& condition,
                     const std::string& more_columns = "") {
  return absl::StrCat(rows.Unnest(), " AS k (", rows.Names(), ") CROSS JOIN LATERAL (SELECT x.ctid AS at", more_columns,
                      " FROM ", table, " AS x WHERE ", condition, " OFFSET 0) AS found");
}

// By tenant and id.
Statement DeleteRows(const std::string& table, RowSet ids) {
  const std::string sql =
      absl::StrCat("DELETE FROM ", table, " AS t USING ", FindEach(table, ids, "x.tenant = k.tenant AND x.id = k.id"),
                   " WHERE t.ctid = found.at");
  return Plain(sql, std::move(ids));
}

std::vector<Column> RecordRowColumns(const Kind& kind) {
  std::vector<Column> columns = {{"tenant", kText},  {"id", kText},        {"version", kInt}, {"sequence", kInt},
                                 {"head", kBytes},   {"sent", kInt},       {"time", kInt},    {"body", kBytes},
                                 {"timers", kBytes}, {"generation", kInt}, {"due", kInt}};
  columns.insert(columns.end(), kind.columns.begin(), kind.columns.end());
  return columns;
}

void AddRecord(RowSet& rows, const RecordWrite& write) {
  const Record& record = write.record;
  const std::optional<Micros> due = EarliestDue(record.timers);
  rows.Add(write.tenant, record.key.id, record.version, record.sequence, record.head, record.sent, record.time,
           record.body, EncodeTimers(record.timers), record.generation, due.has_value() ? Value(*due) : Value());
  const std::size_t own = rows.columns().size() - write.columns.size();
  for (std::size_t i = 0; i < write.columns.size(); ++i) rows[own + i].Add(write.columns[i]);
}

Statement InsertRecords(const Kind& kind, const std::vector<const RecordWrite*>& writes) {
  RowSet rows(RecordRowColumns(kind));
  for (const RecordWrite* write : writes) AddRecord(rows, *write);
  const std::string sql = InsertSql(Quoted(kind.name), rows) + " ON CONFLICT (tenant, id) DO NOTHING";
  const std::int64_t expected = rows.size();
  return Guarded(sql, std::move(rows), expected);
}

Statement UpdateRecords(const Kind& kind, const std::vector<const RecordWrite*>& writes) {
  RowSet rows(RecordRowColumns(kind));
  for (const RecordWrite* write : writes) AddRecord(rows, *write);
  const std::string table = Quoted(kind.name);
  const std::string assignments =
      absl::StrJoin(rows.columns().begin() + 2, rows.columns().end(), ", ", [](std::string* out, const Column& column) {
        absl::StrAppend(out, Quoted(column.name), " = k.", Quoted(column.name));
      });
  const std::string sql =
      absl::StrCat("UPDATE ", table, " AS t SET ", assignments, " FROM ",
                   FindEach(table, rows, "x.tenant = k.tenant AND x.id = k.id"), " WHERE t.ctid = found.at");
  const std::int64_t expected = rows.size();
  return Guarded(sql, std::move(rows), expected);
}

// Takes away the side rows of changed records that are no longer among their values.
Statement DeleteSides(const std::string& table, RowSet ids, RowSet values) {
  Statement statement;
  statement.sql = absl::StrCat(
      "DELETE FROM ", table, " AS t USING ", FindEach(table, ids, "x.tenant = k.tenant AND x.id = k.id", ", x.value"),
      " WHERE t.ctid = found.at AND NOT EXISTS (SELECT 1 FROM ", values.Unnest(3), " AS n (", values.Names(),
      ") WHERE n.tenant = k.tenant AND n.id = k.id AND n.value = found.value)");
  ids.MoveTo(statement.parameters);
  values.MoveTo(statement.parameters);
  return statement;
}

void WriteSides(const Kind& kind, const std::vector<const RecordWrite*>& writes, std::vector<Statement>& to) {
  for (std::size_t side = 0; side < kind.sides.size(); ++side) {
    const std::string table = Quoted(kind.name + "_" + kind.sides[side]);
    const std::vector<Column> columns = {{"tenant", kText}, {"id", kText}, {"value", kText}};
    RowSet changed({{"tenant", kText}, {"id", kText}});
    RowSet kept(columns);
    RowSet values(columns);
    for (const RecordWrite* write : writes) {
      if (!write->insert) changed.Add(write->tenant, write->record.key.id);
      if (side >= write->sides.size()) continue;
      for (const std::string& value : write->sides[side]) {
        values.Add(write->tenant, write->record.key.id, value);
        if (!write->insert) kept.Add(write->tenant, write->record.key.id, value);
      }
    }
    if (changed.size() > 0) to.push_back(DeleteSides(table, std::move(changed), std::move(kept)));
    if (values.size() == 0) continue;
    const std::string sql = InsertSql(table, values) + " ON CONFLICT DO NOTHING";
    to.push_back(Plain(sql, std::move(values)));
  }
}

// A row that holds the place of a record which must not come to be meanwhile.
RecordWrite Placeholder(const Kind& kind, const RecordRef& ref) {
  RecordWrite write;
  write.tenant = ref.tenant;
  write.record.key = ref.key;
  write.insert = true;
  for (const Column& column : kind.columns) {
    write.columns.push_back(column.type == kInt ? Value(std::int64_t{0}) : Value(std::string()));
  }
  return write;
}

// Sorted by key, as two writers may insert the same new record.
void WriteRecords(const Kinds& kinds, const WriteSet& writes, const std::vector<RecordRef>& absent,
                  std::vector<Statement>& to) {
  std::vector<RecordWrite> placeholders;
  for (const RecordRef& ref : absent) placeholders.push_back(Placeholder(kinds.at(ref.key.kind), ref));
  std::vector<const RecordWrite*> sorted;
  for (const RecordWrite& write : writes.records) sorted.push_back(&write);
  for (const RecordWrite& write : placeholders) sorted.push_back(&write);
  std::sort(sorted.begin(), sorted.end(), [](const RecordWrite* a, const RecordWrite* b) {
    return std::tie(a->record.key, a->tenant) < std::tie(b->record.key, b->tenant);
  });
  for (auto from = sorted.begin(); from != sorted.end();) {
    const Kind& kind = kinds.at((*from)->record.key.kind);
    const auto end =
        std::find_if(from, sorted.end(), [&kind](const RecordWrite* w) { return w->record.key.kind != kind.name; });
    std::vector<const RecordWrite*> all(from, end);
    std::vector<const RecordWrite*> added;
    std::vector<const RecordWrite*> changed;
    for (const RecordWrite* write : all) (write->insert ? added : changed).push_back(write);
    if (!added.empty()) to.push_back(InsertRecords(kind, added));
    if (!changed.empty()) to.push_back(UpdateRecords(kind, changed));
    WriteSides(kind, all, to);
    RowSet gone({{"tenant", kText}, {"id", kText}});
    for (const RecordRef& ref : absent) {
      if (ref.key.kind == kind.name) gone.Add(ref.tenant, ref.key.id);
    }
    if (gone.size() > 0) to.push_back(DeleteRows(Quoted(kind.name), std::move(gone)));
    from = end;
  }
}

void WriteHistory(const WriteSet& writes, std::vector<Statement>& to) {
  if (writes.history.empty()) return;
  RowSet rows({{"tenant", kText},
               {"kind", kText},
               {"id", kText},
               {"sequence", kInt},
               {"time", kInt},
               {"caller", kText},
               {"method", kText},
               {"type", kText},
               {"data", kBytes},
               {"record_hash", kBytes},
               {"hash", kBytes},
               {"writer", kText},
               {"block", kInt},
               {"place", kInt}});
  for (const HistoryRow& row : writes.history) {
    rows.Add(row.tenant, row.key.kind, row.key.id, row.sequence, row.time, row.caller, row.method, row.type, row.data,
             row.record_hash, row.hash, row.writer, row.block, row.place);
  }
  const std::string sql = InsertSql("history", rows);
  to.push_back(Plain(sql, std::move(rows)));
}

// Sorted, as two writers may hold the same requests.
void WriteRequests(const WriteSet& writes, std::vector<Statement>& to) {
  if (writes.requests.empty()) return;
  std::vector<const RequestRow*> sorted;
  for (const RequestRow& row : writes.requests) sorted.push_back(&row);
  std::sort(sorted.begin(), sorted.end(), [](const RequestRow* a, const RequestRow* b) {
    return std::tie(a->tenant, a->scope) < std::tie(b->tenant, b->scope);
  });
  RowSet rows({{"tenant", kText},
               {"scope", kBytes},
               {"hash", kBytes},
               {"answer", kBytes},
               {"expires", kInt},
               {"writer", kText},
               {"block", kInt}});
  for (const RequestRow* row : sorted) {
    rows.Add(row->tenant, row->scope, row->hash, row->answer, row->expires, writes.block.writer, writes.block.sequence);
  }
  const std::string sql = InsertSql("request", rows) + " ON CONFLICT DO NOTHING";
  const std::int64_t expected = rows.size();
  to.push_back(Guarded(sql, std::move(rows), expected));
}

// A later person of the same id stands for the earlier; an erasure is the last word.
void WritePersons(const WriteSet& writes, std::vector<Statement>& to) {
  std::map<std::pair<std::string, std::string>, const Person*> last;
  for (const auto& [tenant, person] : writes.persons) last[{tenant, person.id}] = &person;
  std::set<std::pair<std::string, std::string>> erased;
  for (const auto& place : writes.erase_persons) {
    last.erase(place);
    erased.insert(place);
  }
  if (last.empty() && erased.empty()) return;
  const std::vector<Column> place = {{"tenant", kText}, {"id", kText}};
  RowSet gone(place);
  RowSet cleared(place);
  RowSet persons({{"tenant", kText}, {"id", kText}, {"sealed", kBytes}});
  RowSet blinds({{"tenant", kText}, {"blind", kBytes}, {"id", kText}});
  for (const auto& [tenant, id] : erased) {
    gone.Add(tenant, id);
    cleared.Add(tenant, id);
  }
  for (const auto& [at, person] : last) {
    cleared.Add(at.first, at.second);
    persons.Add(at.first, at.second, person->sealed);
    for (const std::string& blind : person->blind) blinds.Add(at.first, blind, at.second);
  }
  to.push_back(DeleteRows("person_blind", std::move(cleared)));
  if (gone.size() > 0) to.push_back(DeleteRows("person", std::move(gone)));
  if (persons.size() > 0) {
    const std::string sql =
        InsertSql("person", persons) + " ON CONFLICT (tenant, id) DO UPDATE SET sealed = excluded.sealed";
    to.push_back(Plain(sql, std::move(persons)));
  }
  if (blinds.size() > 0) {
    const std::string sql = InsertSql("person_blind", blinds) + " ON CONFLICT DO NOTHING";
    to.push_back(Plain(sql, std::move(blinds)));
  }
}

void WriteMarks(const WriteSet& writes, std::vector<Statement>& to) {
  RowSet first({{"source", kText}, {"partition", kInt}, {"position", kInt}, {"writer", kText}, {"block", kInt}});
  RowSet moved({{"source", kText},
                {"partition", kInt},
                {"before", kInt},
                {"position", kInt},
                {"writer", kText},
                {"block", kInt}});
  const BlockRow& block = writes.block;
  auto sorted = writes.marks;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.source, a.first.partition) < std::tie(b.first.source, b.first.partition);
  });
  for (const auto& [mark, to_position] : sorted) {
    if (mark.position == 0) {
      first.Add(mark.source, std::int64_t{mark.partition}, to_position, block.writer, block.sequence);
    } else {
      moved.Add(mark.source, std::int64_t{mark.partition}, mark.position, to_position, block.writer, block.sequence);
    }
  }
  if (const std::int64_t expected = first.size(); expected > 0) {
    const std::string sql = absl::StrCat("INSERT INTO mark AS t (", first.Names(), ") SELECT * FROM ", first.Unnest(),
                                         " ON CONFLICT (source, partition) DO UPDATE SET position = excluded.position,"
                                         " writer = excluded.writer, block = excluded.block WHERE t.position = 0");
    to.push_back(Guarded(sql, std::move(first), expected));
  }
  if (const std::int64_t expected = moved.size(); expected > 0) {
    const std::string sql = absl::StrCat(
        "UPDATE mark AS t SET position = k.position, writer = k.writer, block = k.block FROM ",
        FindEach("mark", moved, "x.source = k.source AND x.partition = k.partition AND x.position = k.before"),
        " WHERE t.ctid = found.at");
    to.push_back(Guarded(sql, std::move(moved), expected));
  }
}

void WriteLetters(const WriteSet& writes, std::vector<Statement>& to) {
  if (!writes.park.empty()) {
    RowSet rows({{"source", kText},
                 {"partition", kInt},
                 {"position", kInt},
                 {"tenant", kText},
                 {"key", kText},
                 {"type", kText},
                 {"envelope", kBytes},
                 {"reason", kText},
                 {"time", kInt},
                 {"sealed", kInt},
                 {"writer", kText},
                 {"block", kInt}});
    for (const DeadLetter& letter : writes.park) {
      rows.Add(letter.source, std::int64_t{letter.partition}, letter.position, letter.tenant, letter.key, letter.type,
               letter.envelope, letter.reason, letter.time, std::int64_t{letter.sealed ? 1 : 0}, writes.block.writer,
               writes.block.sequence);
    }
    const std::string sql = InsertSql("dead_letter", rows) + " ON CONFLICT DO NOTHING";
    const std::int64_t expected = rows.size();
    to.push_back(Guarded(sql, std::move(rows), expected));
  }
  if (writes.unpark.empty()) return;
  RowSet rows({{"source", kText}, {"partition", kInt}, {"position", kInt}});
  for (const DeadLetter& letter : writes.unpark) {
    rows.Add(letter.source, std::int64_t{letter.partition}, letter.position);
  }
  const std::string sql = absl::StrCat(
      "DELETE FROM dead_letter AS t USING ",
      FindEach("dead_letter", rows, "x.source = k.source AND x.partition = k.partition AND x.position = k.position"),
      " WHERE t.ctid = found.at");
  const std::int64_t expected = rows.size();
  to.push_back(Guarded(sql, std::move(rows), expected));
}

void WriteOutbox(const WriteSet& writes, std::vector<Statement>& to) {
  if (writes.outbox.empty()) return;
  const std::vector<Column> columns = {
      {"partition", kInt},    {"position", kInt}, {"tenant", kText},   {"id", kText},       {"key", kText},
      {"key_sequence", kInt}, {"type", kText},    {"payload", kBytes}, {"transient", kInt}, {"time", kInt},
      {"traceparent", kText}, {"writer", kText},  {"block", kInt}};
  RowSet rows(columns);
  std::map<std::int64_t, std::int64_t> counts;
  for (const OutboxRow& row : writes.outbox) {
    rows.Add(std::int64_t{row.partition}, ++counts[row.partition], row.tenant, row.id, row.key, row.key_sequence,
             row.type, row.payload, std::int64_t{row.transient ? 1 : 0}, row.time, row.traceparent, writes.block.writer,
             writes.block.sequence);
  }
  RowSet partitions({{"partition", kInt}});
  RowSet added({{"partition", kInt}, {"added", kInt}});
  for (const auto& [partition, count] : counts) {
    partitions.Add(partition);
    added.Add(partition, count);
  }
  const std::string lock =
      absl::StrCat("SELECT 1 FROM ", partitions.Unnest(), " AS k (partition) CROSS JOIN LATERAL ",
                   "(SELECT FROM outbox_partition AS x WHERE x.partition = k.partition FOR UPDATE) AS locked");
  to.push_back(Plain(lock, std::move(partitions)));
  // A snapshot of its own, taken under the lock: `last` is what the writer before has committed.
  const std::size_t width = columns.size();
  Statement insert;
  insert.sql = absl::StrCat(
      "WITH ends AS (UPDATE outbox_partition AS t SET last = t.last + k.added FROM ", added.Unnest(width + 1),
      " AS k (partition, added) WHERE t.partition = k.partition RETURNING t.partition, t.last - k.added AS before), ",
      "done AS (INSERT INTO outbox (", rows.Names(), ") SELECT n.partition, ends.before + n.position, ",
      "n.tenant, n.id, n.key, n.key_sequence, n.type, n.payload, n.transient, n.time, n.traceparent, n.writer, "
      "n.block ",
      "FROM ", rows.Unnest(), " AS n (", rows.Names(),
      ") JOIN ends ON ends.partition = n.partition RETURNING 1) SELECT 1 / (count(*) = $", width + 3,
      "::int8)::int FROM done");
  const std::int64_t expected = rows.size();
  rows.MoveTo(insert.parameters);
  added.MoveTo(insert.parameters);
  insert.parameters.Add(expected);
  to.push_back(std::move(insert));
}

void WriteBlock(const WriteSet& writes, std::vector<Statement>& to) {
  const BlockRow& block = writes.block;
  if (block.sequence == 0) return;
  Statement statement{
      "INSERT INTO block (writer, sequence, time, rows, previous, hash, covers) "
      "VALUES ($1::text, $2::int8, $3::int8, $4::int8, $5::bytea, $6::bytea, $7::bytea)"};
  statement.parameters.Add(std::string_view(block.writer)).Add(block.sequence).Add(block.time).Add(block.rows);
  statement.parameters.Add(std::string_view(block.previous)).Add(std::string_view(block.hash));
  statement.parameters.Add(std::string_view(block.covers));
  to.push_back(std::move(statement));
}

}  // namespace

absl::StatusOr<std::vector<LockRun>> LockRuns(const Kinds& kinds, const std::map<RecordRef, Access>& records) {
  std::map<std::string, std::size_t> alternations;
  const auto collect = [&] {
    std::vector<LockRun> runs;
    for (const auto& [ref, asked] : records) {
      const auto kind = kinds.find(ref.key.kind);
      const Kind* found = kind == kinds.end() ? nullptr : &kind->second;
      const Access access = alternations[ref.key.kind] > kMaxAlternations ? Access::kChange : asked;
      if (runs.empty() || runs.back().kind != found || runs.back().access != access) {
        runs.push_back({found, access, {}});
      }
      runs.back().refs.push_back(&ref);
    }
    return runs;
  };
  std::vector<LockRun> runs = collect();
  for (const LockRun& run : runs) {
    if (run.kind == nullptr) return absl::InvalidArgumentError("there is no kind " + run.refs[0]->key.kind);
    ++alternations[run.kind->name];
  }
  return collect();
}

Statement LockStatement(const LockRun& run) {
  RowSet rows({{"tenant", kText}, {"id", kText}});
  for (const RecordRef* ref : run.refs) rows.Add(ref->tenant, ref->key.id);
  const std::string sql = absl::StrCat("SELECT r.* FROM ", rows.Unnest(),
                                       " AS k (tenant, id) CROSS JOIN LATERAL (SELECT ", RecordColumns("x"), " FROM ",
                                       Quoted(run.kind->name), " AS x WHERE x.tenant = k.tenant AND x.id = k.id FOR ",
                                       run.access == Access::kChange ? "UPDATE" : "SHARE", ") AS r");
  return Plain(sql, std::move(rows));
}

Statement MarkStatement(const ReadSet& reads) {
  RowSet rows({{"source", kText}, {"partition", kInt}});
  for (const auto& [source, partition] : reads.marks) rows.Add(source, std::int64_t{partition});
  const std::string sql =
      absl::StrCat("SELECT k.source, k.partition, m.position FROM ", rows.Unnest(),
                   " AS k (source, partition) CROSS JOIN LATERAL (SELECT x.position FROM mark AS x WHERE ",
                   "x.source = k.source AND x.partition = k.partition FOR UPDATE) AS m");
  return Plain(sql, std::move(rows));
}

Statement ParkedStatement(const ReadSet& reads) {
  RowSet rows({{"source", kText}, {"tenant", kText}, {"key", kText}});
  for (const auto& [source, tenant, key] : reads.keys) rows.Add(source, tenant, key);
  const std::string sql =
      absl::StrCat("SELECT k.source, k.tenant, k.key FROM ", rows.Unnest(),
                   " AS k (source, tenant, key) CROSS JOIN LATERAL (SELECT FROM dead_letter AS x WHERE ",
                   "x.source = k.source AND x.tenant = k.tenant AND x.key = k.key LIMIT 1) AS found");
  return Plain(sql, std::move(rows));
}

Statement RequestStatement(const ReadSet& reads) {
  RowSet rows({{"tenant", kText}, {"scope", kBytes}});
  for (const auto& [tenant, scope] : reads.requests) rows.Add(tenant, scope);
  const std::string sql =
      absl::StrCat("SELECT k.tenant, k.scope, r.* FROM ", rows.Unnest(),
                   " AS k (tenant, scope) CROSS JOIN LATERAL (SELECT x.hash, x.answer, x.expires FROM request AS x ",
                   "WHERE x.tenant = k.tenant AND x.scope = k.scope OFFSET 0) AS r");
  return Plain(sql, std::move(rows));
}

std::vector<Statement> WriteStatements(const Kinds& kinds, const WriteSet& writes,
                                       const std::vector<RecordRef>& absent) {
  std::vector<Statement> statements;
  WriteRecords(kinds, writes, absent, statements);
  WriteHistory(writes, statements);
  WriteRequests(writes, statements);
  WritePersons(writes, statements);
  WriteMarks(writes, statements);
  WriteLetters(writes, statements);
  WriteBlock(writes, statements);
  WriteOutbox(writes, statements);
  return statements;
}

}  // namespace jinqi::ledger::postgres
