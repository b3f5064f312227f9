// The parts of the SQLite database.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/ledger/driver.h"
#include "common/ledger/sqlite_connection.h"

namespace jinqi::ledger {

// The name is the kind's.
using KindMap = std::map<std::string, Kind>;

std::unique_ptr<Driver> NewSqliteDriver(std::unique_ptr<SqliteConnection> connection, const KindMap* kinds,
                                        Turns* turns);
std::unique_ptr<Reader> NewSqliteReader(SqlitePool* pool, const KindMap* kinds);
std::unique_ptr<Maintenance> NewSqliteMaintenance(std::unique_ptr<SqliteConnection> connection, Turns* turns);

// The rest of a row of `history` in the order of kHistoryColumns.
inline constexpr char kHistoryColumns[] =
    "tenant, kind, id, sequence, time, caller, method, type, data, record_hash, hash, writer, block, place";
HistoryRow HistoryAt(const Statement& row);
inline constexpr char kBlockColumns[] = "writer, sequence, time, rows, previous, hash, covers";
BlockRow BlockAt(const Statement& row);

}  // namespace jinqi::ledger
