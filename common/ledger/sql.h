// The questions in the words of both databases: parameters are written $1 for PostgreSQL and ?1 for SQLite.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

enum class Dialect { kSqlite, kPostgres };

struct Parameter {
  Value value;
  ColumnType type = ColumnType::kText;
};

struct Sql {
  std::string text;
  std::vector<Parameter> parameters;
};

// The columns of a record, in this order: tenant, id, version, sequence, head, sent, time, body, timers, generation.
inline constexpr int kRecordColumns = 10;
std::string RecordColumns(std::string_view table_alias = "");

// A page or a count. Columns of a row: RecordColumns, then the value of order_by when the query has one; a count has
// one row with one column. INVALID_ARGUMENT for a column that the kind does not have.
absl::StatusOr<Sql> ListSql(const Kind& kind, const std::string& tenant, const Query& query, Dialect dialect);
// The type of Query.order_by; kText when that is empty.
ColumnType OrderType(const Kind& kind, const Query& query);

absl::StatusOr<Sql> ListBySideSql(const Kind& kind, const std::string& tenant, const std::string& side,
                                  const std::string& value, const std::string& after_id, int limit, Dialect dialect);

// The earliest due first, those that are due together in any order: an order among them would make the database sort
// them all for each batch. Rows: RecordColumns.
Sql DueSql(const Kind& kind, Micros now, int limit, Dialect dialect);

// INVALID_ARGUMENT without such a side table or with more than 100 values. Rows: the place of the value among `values`,
// id; in that order.
absl::StatusOr<Sql> LastIdsBySideSql(const Kind& kind, const std::string& tenant, const std::string& side,
                                     const std::vector<std::string>& values, int limit, Dialect dialect);

// All records of a kind in the order of their keys. Rows: RecordColumns, due, the kind's columns, for each side table
// the SideText of its values.
Sql ScanSql(const Kind& kind, Dialect dialect);
// The distinct values, sorted, each behind its number of bytes: "1:a3:bcd".
std::string SideText(std::vector<std::string> values);

// "name", for tables and columns.
std::string Quoted(std::string_view name);

}  // namespace jinqi::ledger
