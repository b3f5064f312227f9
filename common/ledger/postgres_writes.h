// The statements of the two round trips: what a batch reads under locks, and what it writes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/driver.h"
#include "common/ledger/postgres_session.h"

namespace jinqi::ledger::postgres {

// A run of neighbours in key order that are locked alike.
struct LockRun {
  const Kind* kind = nullptr;
  Access access = Access::kChange;
  std::vector<const RecordRef*> refs;
};

using Kinds = std::map<std::string, Kind>;

// Keys in the one order of all writers (tenant, kind, id), each locked as it is named. Where changed and relied-on keys
// of a kind alternate so often that it would take many statements, the relied-on are locked for change too: that is
// stricter, and keeps the order. INVALID_ARGUMENT for an unknown kind.
absl::StatusOr<std::vector<LockRun>> LockRuns(const Kinds& kinds, const std::map<RecordRef, Access>& records);

// Each reads the rows of its keys by their index, one after the other in the order given, whatever the planner thinks
// of the sizes of the tables. Rows: RecordColumns.
Statement LockStatement(const LockRun& run);
// Rows: source, partition, position; locked.
Statement MarkStatement(const ReadSet& reads);
// Rows: source, tenant, key.
Statement ParkedStatement(const ReadSet& reads);
// Rows: tenant, scope, hash, answer, expires.
Statement RequestStatement(const ReadSet& reads);

// Everything between the locks and COMMIT. A statement that meets fewer rows than it should divides by zero, which ends
// the transaction within the round trip. Locks of outbox partitions come last.
// `absent`: named records that were not there and are not written. There was nothing to lock: their places are taken
// and given back within the transaction, so that another writer's insert of them conflicts.
std::vector<Statement> WriteStatements(const Kinds& kinds, const WriteSet& writes,
                                       const std::vector<RecordRef>& absent);

// SQLSTATE of a guard that failed: division_by_zero.
inline constexpr char kGuardFailed[] = "22012";

}  // namespace jinqi::ledger::postgres
