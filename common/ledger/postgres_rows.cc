#include "common/ledger/postgres_rows.h"

#include <utility>

#include "common/ledger/codec.h"

namespace jinqi::ledger::postgres {

Statement StatementOf(Sql sql, bool prepared) {
  Statement statement{std::move(sql.text), {}, prepared};
  // The types are told by the columns that they are compared with; a number is always eight bytes.
  for (const Parameter& parameter : sql.parameters) statement.parameters.Add(parameter.value);
  return statement;
}

absl::StatusOr<Record> RecordAt(const PGresult* result, int row, const std::string& kind, int column) {
  // As in RecordColumns; the tenant is known to whoever asked.
  Record record;
  record.key = {kind, TextAt(result, row, column + 1)};
  record.version = IntAt(result, row, column + 2);
  record.sequence = IntAt(result, row, column + 3);
  record.head = TextAt(result, row, column + 4);
  record.sent = IntAt(result, row, column + 5);
  record.time = IntAt(result, row, column + 6);
  record.body = TextAt(result, row, column + 7);
  ASSIGN_OR_RETURN(record.timers, DecodeTimers(TextAt(result, row, column + 8)));
  record.generation = IntAt(result, row, column + 9);
  return record;
}

absl::StatusOr<Rows> RowsOf(const PGresult* result, const Kind& kind, const Query& query) {
  Rows rows;
  if (query.count_only) {
    rows.count = IntAt(result, 0, 0);
    return rows;
  }
  const ColumnType type = OrderType(kind, query);
  for (int row = 0; row < PQntuples(result); ++row) {
    ASSIGN_OR_RETURN(Record record, RecordAt(result, row, kind.name));
    rows.records.push_back(std::move(record));
    rows.order_values.push_back(query.order_by.empty() ? Value() : ValueAt(result, row, kRecordColumns, type));
  }
  rows.count = PQntuples(result);
  return rows;
}

HistoryRow HistoryAt(const PGresult* result, int row) {
  HistoryRow history;
  history.tenant = TextAt(result, row, 0);
  history.key = {TextAt(result, row, 1), TextAt(result, row, 2)};
  history.sequence = IntAt(result, row, 3);
  history.time = IntAt(result, row, 4);
  history.caller = TextAt(result, row, 5);
  history.method = TextAt(result, row, 6);
  history.type = TextAt(result, row, 7);
  history.data = TextAt(result, row, 8);
  history.record_hash = TextAt(result, row, 9);
  history.hash = TextAt(result, row, 10);
  history.writer = TextAt(result, row, 11);
  history.block = IntAt(result, row, 12);
  history.place = IntAt(result, row, 13);
  return history;
}

BlockRow BlockAt(const PGresult* result, int row) {
  return {TextAt(result, row, 0), IntAt(result, row, 1),  IntAt(result, row, 2), IntAt(result, row, 3),
          TextAt(result, row, 4), TextAt(result, row, 5), TextAt(result, row, 6)};
}

}  // namespace jinqi::ledger::postgres
