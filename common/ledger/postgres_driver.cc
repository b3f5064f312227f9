#include "common/ledger/postgres_driver.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/ledger/postgres_rows.h"
#include "common/ledger/sql.h"

namespace jinqi::ledger::postgres {
namespace {

// A plan is kept for at most so many batches.
constexpr std::int64_t kLongestPlan = 1024;

// A guard that failed, a serialisation, a deadlock, a lock that did not come: others were there first.
bool IsConflict(std::string_view state) {
  return state == kGuardFailed || state == "40001" || state == "40P01" || state == "55P03";
}

void ReadRequests(const PGresult* result, ReadResult& into) {
  for (int row = 0; row < PQntuples(result); ++row) {
    RequestRow request{TextAt(result, row, 0), TextAt(result, row, 1), TextAt(result, row, 2), TextAt(result, row, 3),
                       IntAt(result, row, 4)};
    const std::pair place{request.tenant, request.scope};
    into.requests.emplace(place, std::move(request));
  }
}

absl::Status ReadRecords(const PGresult* result, const std::string& kind, ReadResult& into) {
  for (int row = 0; row < PQntuples(result); ++row) {
    ASSIGN_OR_RETURN(Record record, RecordAt(result, row, kind));
    RecordRef ref{TextAt(result, row, 0), record.key};
    into.records.emplace(std::move(ref), std::move(record));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReadResult> PostgresDriver::Begin(const ReadSet& reads) {
  Rollback();
  ASSIGN_OR_RETURN(const std::vector<LockRun> runs, LockRuns(kinds_, reads.records));
  std::vector<Statement> statements = {{"BEGIN"}};
  if (const bool due = ++batches_ >= plans_until_; due) {
    statements.push_back({"DISCARD PLANS"});
    plans_until_ = batches_ + std::min(batches_, kLongestPlan);
  }
  const std::size_t first = statements.size();
  for (const LockRun& run : runs) statements.push_back(LockStatement(run));
  if (!reads.marks.empty()) statements.push_back(MarkStatement(reads));
  if (!reads.keys.empty()) statements.push_back(ParkedStatement(reads));
  if (!reads.requests.empty()) statements.push_back(RequestStatement(reads));
  for (const auto& [tenant, query] : reads.questions) {
    const auto kind = kinds_.find(query.kind);
    if (kind == kinds_.end()) return absl::InvalidArgumentError("there is no kind " + query.kind);
    ASSIGN_OR_RETURN(Sql sql, ListSql(kind->second, tenant, query, Dialect::kPostgres));
    statements.push_back(StatementOf(std::move(sql), true));
  }
  const Trip trip = session_->Run(statements);
  if (trip.failure.has_value()) return ToStatus(*trip.failure);
  absl::StatusOr<ReadResult> read = Parse(reads, runs, trip.results, first);
  if (!read.ok()) return read;
  absent_.clear();
  for (const auto& [ref, access] : reads.records) {
    if (!read->records.contains(ref)) absent_.insert(ref);
  }
  return read;
}

absl::StatusOr<ReadResult> PostgresDriver::Parse(const ReadSet& reads, const std::vector<LockRun>& runs,
                                                 const std::vector<Result>& results, std::size_t at) const {
  ReadResult read;
  for (const LockRun& run : runs) RETURN_IF_ERROR(ReadRecords(results[at++].get(), run.kind->name, read));
  if (!reads.marks.empty()) {
    for (const auto& mark : reads.marks) read.marks[mark] = 0;
    const PGresult* result = results[at++].get();
    for (int row = 0; row < PQntuples(result); ++row) {
      read.marks[{TextAt(result, row, 0), static_cast<int>(IntAt(result, row, 1))}] = IntAt(result, row, 2);
    }
  }
  if (!reads.keys.empty()) {
    const PGresult* result = results[at++].get();
    for (int row = 0; row < PQntuples(result); ++row) {
      read.parked.emplace(TextAt(result, row, 0), TextAt(result, row, 1), TextAt(result, row, 2));
    }
  }
  if (!reads.requests.empty()) ReadRequests(results[at++].get(), read);
  for (const auto& [tenant, query] : reads.questions) {
    ASSIGN_OR_RETURN(Rows rows, RowsOf(results[at++].get(), kinds_.at(query.kind), query));
    read.answers.push_back(std::move(rows));
  }
  return read;
}

absl::StatusOr<CommitResult> PostgresDriver::Commit(const WriteSet& writes) {
  for (const RecordWrite& write : writes.records) absent_.erase({write.tenant, write.record.key});
  std::vector<Statement> statements = WriteStatements(kinds_, writes, {absent_.begin(), absent_.end()});
  statements.push_back({"COMMIT"});
  const Trip trip = session_->Run(statements);
  if (trip.failure.has_value()) {
    const Failure& failure = *trip.failure;
    if (failure.lost()) return CommitResult::kUnknown;
    if (IsConflict(failure.state)) return CommitResult::kConflict;
    if (failure.constraint == "block_pkey") {
      return Error(config::v1::REASON_WRITER_IN_USE, {{"writer", writes.block.writer}});
    }
    return ToStatus(failure);
  }
  // COMMIT of a transaction that had failed answers ROLLBACK.
  if (std::string_view(PQcmdStatus(trip.results.back().get())) != "COMMIT") return CommitResult::kConflict;
  return CommitResult::kCommitted;
}

void PostgresDriver::Rollback() {
  // A connection that is lost has rolled back by itself.
  if (session_->InTransaction()) session_->Run({{"ROLLBACK"}});
}

absl::StatusOr<bool> PostgresDriver::Committed(const BlockRow& block) {
  Statement statement{"SELECT hash FROM block WHERE writer = $1::text AND sequence = $2::int8"};
  statement.parameters.Add(std::string_view(block.writer)).Add(block.sequence);
  ASSIGN_OR_RETURN(const Result result, session_->Query(statement));
  return PQntuples(result.get()) == 1 && TextAt(result.get(), 0, 0) == block.hash;
}

absl::StatusOr<BlockRow> PostgresDriver::LastBlock(const std::string& writer) {
  Statement statement{std::string("SELECT ") + kBlockColumns +
                      " FROM block WHERE writer = $1::text ORDER BY sequence DESC LIMIT 1"};
  statement.parameters.Add(std::string_view(writer));
  ASSIGN_OR_RETURN(const Result result, session_->Query(statement));
  if (PQntuples(result.get()) == 1) return BlockAt(result.get(), 0);
  BlockRow none;
  none.writer = writer;
  return none;
}

}  // namespace jinqi::ledger::postgres
