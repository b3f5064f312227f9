// What a database does for the ledger: two round trips for a batch, reads, housekeeping. One contract, two drivers.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/ledger/ledger.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

// So many rows of the outbox are looked at by one PassOutbox: it holds nobody up.
inline constexpr std::int64_t kPassedAtOnce = 5000;

struct RecordRef {
  std::string tenant;
  Key key;
  auto operator<=>(const RecordRef&) const = default;
};

struct RequestRow {
  std::string tenant;
  // SM3 over caller, method and request id.
  std::string scope;
  std::string hash;
  std::string answer;
  Micros expires = 0;
};

// The first round trip: known request ids, and every named record locked, in the order of their refs.
struct ReadSet {
  // (tenant, scope)
  std::set<std::pair<std::string, std::string>> requests;
  // kChange wins where both are asked.
  std::map<RecordRef, Access> records;
  // Asked after the locks are held, in order: (tenant, query).
  std::vector<std::pair<std::string, Query>> questions;
  // (source, partition) of the groups.
  std::set<std::pair<std::string, int>> marks;
  // (source, tenant, key) of the groups' messages: which of them are parked.
  std::set<std::tuple<std::string, std::string, std::string>> keys;
};

struct ReadResult {
  std::map<std::pair<std::string, std::string>, RequestRow> requests;
  // Only those that exist.
  std::map<RecordRef, Record> records;
  std::vector<Rows> answers;
  std::map<std::pair<std::string, int>, std::int64_t> marks;
  std::set<std::tuple<std::string, std::string, std::string>> parked;
};

struct RecordWrite {
  std::string tenant;
  Record record;
  // True: must not exist yet.
  bool insert = false;
  std::vector<Value> columns;
  std::vector<std::vector<std::string>> sides;
};

// The second round trip, which ends in COMMIT.
struct WriteSet {
  std::vector<RecordWrite> records;
  std::vector<HistoryRow> history;
  // Without positions: the driver numbers them within the commit, under the lock of the partition.
  std::vector<OutboxRow> outbox;
  std::vector<RequestRow> requests;
  std::vector<std::pair<std::string, Person>> persons;
  std::vector<std::pair<std::string, std::string>> erase_persons;
  // From, to: kConflict when a mark does not stand there (a mark at 0 may have no row yet).
  std::vector<std::pair<Mark, std::int64_t>> marks;
  std::vector<DeadLetter> park;
  // By source, partition and position; kConflict when one is no longer there.
  std::vector<DeadLetter> unpark;
  // Sequence 0: the commit writes nothing that a block covers.
  BlockRow block;
};

// How a commit ended.
enum class CommitResult {
  kCommitted,
  // A record, request id or mark that another writer put there in between: nothing was written, run again.
  kConflict,
  // The connection was lost after COMMIT was sent: ask Committed().
  kUnknown,
};

// One writer connection. Calls: Begin, then Commit or Rollback. Errors: UNAVAILABLE when the connection is lost or the
// database is busy (a new driver is made and the batch run again), REASON_STORAGE_FULL, ABORTED for a deadlock or a
// failed serialisation (treated as kConflict); everything else is taken for an error of one statement in the batch.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual absl::StatusOr<ReadResult> Begin(const ReadSet& reads) = 0;
  virtual absl::StatusOr<CommitResult> Commit(const WriteSet& writes) = 0;
  // Called after everything but kCommitted; does nothing when nothing is open.
  virtual void Rollback() = 0;
  // After kUnknown, on a new connection: whether that block is there.
  virtual absl::StatusOr<bool> Committed(const BlockRow& block) = 0;
  // The writer's last block; sequence 0 with an empty hash when it never wrote.
  virtual absl::StatusOr<BlockRow> LastBlock(const std::string& writer) = 0;
};

// What a database keeps beside a record so that it is found.
struct IndexRow {
  std::vector<Value> columns;
  // Of each side table its values in one text, see SideText.
  std::vector<std::string> sides;
  // The earliest timer; null: none.
  Value due;
};

// One row of an answer, by column.
class Cells {
 public:
  virtual ~Cells() = default;
  virtual std::string Bytes(int column) const = 0;
  virtual std::int64_t Number(int column) const = 0;
};

// A database: makes the writer and the readers.
class Database {
 public:
  virtual ~Database() = default;
  // Refuses a database that does not make commits durable.
  virtual absl::Status CheckDurable() = 0;
  // Runs the migrations (see AllMigrations) that are missing; errors of PlanMigrations.
  virtual absl::Status Migrate(const std::map<std::string, std::string>& migrations) = 0;
  // Holds the writer id for as long as this object lives.
  virtual absl::Status ClaimWriter(const std::string& writer) = 0;
  virtual absl::StatusOr<std::unique_ptr<Driver>> NewDriver() = 0;
  virtual Reader& reader() = 0;
  virtual Maintenance& maintenance() = 0;
  // Every row of a table in the order of its primary key, for verify: `visit` is called for each.
  virtual absl::Status ScanRecords(
      const Kind& kind,
      const std::function<absl::Status(const std::string& tenant, const Record&, const IndexRow&)>& visit) = 0;
  virtual absl::Status ScanHistory(const std::function<absl::Status(const HistoryRow&)>& visit) = 0;
  // In the order of writer, block and place.
  virtual absl::Status ScanHistoryByBlock(const std::function<absl::Status(const HistoryRow&)>& visit) = 0;
  virtual absl::Status ScanBlocks(const std::function<absl::Status(const BlockRow&)>& visit) = 0;
  // The answer to a question in words that both databases read.
  virtual absl::Status ScanCells(const std::string& sql, const std::function<absl::Status(const Cells&)>& visit) = 0;
};

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path, const std::vector<Kind>& kinds,
                                                     const Options& options);
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& uri, const std::vector<Kind>& kinds,
                                                       const Options& options);
absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::vector<Kind>& kinds, const Options& options);

}  // namespace jinqi::ledger
