// Rows of the ledger's tables as PostgreSQL returns them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/postgres_session.h"
#include "common/ledger/sql.h"
#include "common/ledger/types.h"

namespace jinqi::ledger::postgres {

// A statement of the shared builder.
Statement StatementOf(Sql sql, bool prepared);

// The record in a row that has RecordColumns from `column` on.
absl::StatusOr<Record> RecordAt(const PGresult* result, int row, const std::string& kind, int column = 0);
// The rows that ListSql asked for.
absl::StatusOr<Rows> RowsOf(const PGresult* result, const Kind& kind, const Query& query);

inline constexpr char kHistoryColumns[] =
    "tenant, kind, id, sequence, time, caller, method, type, data, record_hash, hash, writer, block, place";
HistoryRow HistoryAt(const PGresult* result, int row);

inline constexpr char kBlockColumns[] = "writer, sequence, time, rows, previous, hash, covers";
BlockRow BlockAt(const PGresult* result, int row);

}  // namespace jinqi::ledger::postgres
