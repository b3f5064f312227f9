// The writer's connection: a batch in two round trips.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "common/ledger/driver.h"
#include "common/ledger/postgres_session.h"
#include "common/ledger/postgres_writes.h"

namespace jinqi::ledger::postgres {

class PostgresDriver final : public Driver {
 public:
  // `kinds` must outlive it.
  PostgresDriver(std::unique_ptr<Session> session, const Kinds& kinds) : session_(std::move(session)), kinds_(kinds) {}

  // BEGIN, the locks in the order of all writers, then what is read under them: each statement sees what was
  // committed before it began (READ COMMITTED).
  absl::StatusOr<ReadResult> Begin(const ReadSet& reads) override;
  absl::StatusOr<CommitResult> Commit(const WriteSet& writes) override;
  void Rollback() override;
  absl::StatusOr<bool> Committed(const BlockRow& block) override;
  absl::StatusOr<BlockRow> LastBlock(const std::string& writer) override;

 private:
  absl::StatusOr<ReadResult> Parse(const ReadSet& reads, const std::vector<LockRun>& runs,
                                   const std::vector<Result>& results, std::size_t at) const;

  std::unique_ptr<Session> session_;
  const Kinds& kinds_;
  // The plans of prepared statements are those of the tables' sizes when they were made: after 1, 2, 4 … batches they
  // are made anew, so that none outlives much more than a doubling.
  std::int64_t batches_ = 0;
  std::int64_t plans_until_ = 2;
  // What was named in this transaction and is not there.
  std::set<RecordRef> absent_;
};

}  // namespace jinqi::ledger::postgres
