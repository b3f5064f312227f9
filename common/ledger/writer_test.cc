// What the writer does when its database goes away, or another writer comes first. A real SQLite database behind a
// driver that can be told to fail.
#include "common/ledger/writer.h"

#include <catch2/catch.hpp>
#include <deque>
#include <set>

#include "common/ledger/letter_log.h"
#include "common/ledger/migrate.h"
#include "common/ledger/test_fixture.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

enum class Failure { kNone, kConflict, kLostBefore, kLostCommitted, kLostNotCommitted, kBadStatement };

// What is to happen to the next commits, one after the other.
struct Script {
  std::deque<Failure> commits;
  // So many connections fail.
  int refuse_connections = 0;
  // A commit that writes this record has a bad statement, or another writer was always first.
  std::string bad_id;
  std::string contended_id;
  std::vector<std::size_t> sizes;
};

class FailingDriver final : public Driver {
 public:
  FailingDriver(std::unique_ptr<Driver> real, Script* script) : real_(std::move(real)), script_(script) {}

  absl::StatusOr<ReadResult> Begin(const ReadSet& reads) override { return real_->Begin(reads); }
  void Rollback() override { real_->Rollback(); }
  absl::StatusOr<bool> Committed(const BlockRow& block) override { return real_->Committed(block); }
  absl::StatusOr<BlockRow> LastBlock(const std::string& writer) override { return real_->LastBlock(writer); }

  absl::StatusOr<CommitResult> Commit(const WriteSet& writes) override {
    script_->sizes.push_back(writes.records.size());
    for (const RecordWrite& write : writes.records) {
      if (write.record.key.id == script_->bad_id) return absl::InternalError("bad statement");
      if (write.record.key.id == script_->contended_id) return CommitResult::kConflict;
    }
    Failure failure = Failure::kNone;
    if (!script_->commits.empty()) {
      failure = script_->commits.front();
      script_->commits.pop_front();
    }
    switch (failure) {
      case Failure::kNone: return real_->Commit(writes);
      case Failure::kConflict: return CommitResult::kConflict;
      case Failure::kLostBefore: return absl::UnavailableError("connection lost");
      case Failure::kLostCommitted: {
        const auto committed = real_->Commit(writes);
        REQUIRE(committed.ok());
        return CommitResult::kUnknown;
      }
      case Failure::kLostNotCommitted: real_->Rollback(); return CommitResult::kUnknown;
      case Failure::kBadStatement: return absl::InternalError("bad statement");
    }
    return absl::InternalError("");
  }

 private:
  const std::unique_ptr<Driver> real_;
  Script* const script_;
};

class FailingDatabase final : public Database {
 public:
  FailingDatabase(std::unique_ptr<Database> real, Script* script) : real_(std::move(real)), script_(script) {}

  absl::Status CheckDurable() override { return real_->CheckDurable(); }
  absl::Status Migrate(const std::map<std::string, std::string>& migrations) override {
    return real_->Migrate(migrations);
  }
  absl::Status ClaimWriter(const std::string& writer) override { return real_->ClaimWriter(writer); }
  absl::StatusOr<std::unique_ptr<Driver>> NewDriver() override {
    if (script_->refuse_connections > 0) {
      --script_->refuse_connections;
      return absl::UnavailableError("nobody there");
    }
    auto driver = real_->NewDriver();
    if (!driver.ok()) return driver.status();
    return std::make_unique<FailingDriver>(*std::move(driver), script_);
  }
  Reader& reader() override { return real_->reader(); }
  Maintenance& maintenance() override { return real_->maintenance(); }
  absl::Status ScanRecords(
      const Kind& kind,
      const std::function<absl::Status(const std::string&, const Record&, const IndexRow&)>& visit) override {
    return real_->ScanRecords(kind, visit);
  }
  absl::Status ScanHistory(const std::function<absl::Status(const HistoryRow&)>& visit) override {
    return real_->ScanHistory(visit);
  }
  absl::Status ScanHistoryByBlock(const std::function<absl::Status(const HistoryRow&)>& visit) override {
    return real_->ScanHistoryByBlock(visit);
  }
  absl::Status ScanBlocks(const std::function<absl::Status(const BlockRow&)>& visit) override {
    return real_->ScanBlocks(visit);
  }
  absl::Status ScanCells(const std::string& sql, const std::function<absl::Status(const Cells&)>& visit) override {
    return real_->ScanCells(sql, visit);
  }

 private:
  const std::unique_ptr<Database> real_;
  Script* const script_;
};

struct WriterFixture : Fixture {
  WriterFixture() {
    kinds = {{"note", NoteKind()}, {kLetterLog, LetterLogKind()}};
    auto opened = OpenDatabase({NoteKind(), LetterLogKind()}, options);
    REQUIRE(opened.ok());
    database = std::make_unique<FailingDatabase>(*std::move(opened), &script);
    REQUIRE(database->Migrate(AllMigrations(NoteMigrations())).ok());
    writer = std::make_unique<Writer>(database.get(), &kinds, options, &clock);
    REQUIRE(writer->Connect().ok());
  }

  // Runs one batch; the answers, or the code of the refusal.
  std::vector<std::string> Run(std::vector<Command> commands) {
    std::vector<std::string> answers(commands.size());
    Writer::Works works;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      auto work = std::make_unique<Work>();
      work->submitted = std::chrono::steady_clock::now();
      work->commands.push_back(std::move(commands[i]));
      work->done = [&answers, i](absl::StatusOr<Answer> answer) {
        answers[i] = answer.ok() ? answer->bytes : absl::StatusCodeToString(answer.status().code());
      };
      works.push_back(std::move(work));
    }
    while (!works.empty()) works = writer->Run(std::move(works));
    return answers;
  }

  std::int64_t Rank(const std::string& id) {
    const auto record = database->reader().Get("120000", NoteKey(id));
    return record.ok() && record->has_value() ? RankOf((*record)->body) : 0;
  }

  std::map<std::string, Kind> kinds;
  Script script;
  std::unique_ptr<Database> database;
  std::unique_ptr<Writer> writer;
};

using Answers = std::vector<std::string>;

TEST_CASE("a lost commit is read back before anybody is answered", "[NFR-03]") {
  const Failure failure = GENERATE(Failure::kLostCommitted, Failure::kLostNotCommitted, Failure::kLostBefore);
  const int refused = GENERATE(0, 2);
  WriterFixture fixture;
  fixture.script.commits = {failure};
  fixture.script.refuse_connections = refused;
  CHECK(fixture.Run({Count("r1", "a"), Count("", "a"), Count("", "b")}) == Answers{"1", "2", "1"});
  CHECK(fixture.Rank("a") == 2);
  CHECK(fixture.Run({Count("r2", "a")}) == Answers{"3"});
  fixture.writer.reset();
  const auto verified = Verify(fixture.options.database, {NoteKind()}, {}, nullptr);
  REQUIRE(verified.ok());
  CHECK(verified->findings.empty());
}

TEST_CASE("an unknown outcome outlives the waiting limit", "[NFR-03]") {
  WriterFixture fixture;
  Options impatient = fixture.options;
  impatient.wait_limit = 0;
  fixture.writer = std::make_unique<Writer>(fixture.database.get(), &fixture.kinds, impatient, &fixture.clock);
  REQUIRE(fixture.writer->Connect().ok());
  fixture.script.commits = {Failure::kLostCommitted};
  fixture.script.refuse_connections = 2;
  CHECK(fixture.Run({Count("r1", "a")}) == Answers{"1"});
  // What was not sent is answered when its time is over, and nothing of it stays.
  fixture.script.commits = {Failure::kLostBefore};
  fixture.script.refuse_connections = 1;
  CHECK(fixture.Run({Count("r2", "a")}) == Answers{"UNAVAILABLE"});
  CHECK(fixture.Run({Count("r2", "a")}) == Answers{"UNAVAILABLE"});
  CHECK(fixture.Run({Count("r2", "a")}) == Answers{"2"});
}

TEST_CASE("a conflict has the batch run again", "[NFR-03]") {
  WriterFixture fixture;
  fixture.script.commits = {Failure::kConflict, Failure::kConflict};
  CHECK(fixture.Run({Count("r1", "a"), Count("r2", "b")}) == Answers{"1", "1"});
  CHECK(fixture.script.sizes == std::vector<std::size_t>{2, 2, 2});

  fixture.script.commits = {Failure::kConflict, Failure::kConflict, Failure::kConflict};
  fixture.script.sizes.clear();
  CHECK(fixture.Run({Count("r3", "a"), Count("r4", "b")}) == Answers{"2", "2"});
  CHECK(fixture.script.sizes == std::vector<std::size_t>{2, 2, 2, 1, 1});

  fixture.script.commits.assign(21, Failure::kConflict);
  CHECK(fixture.Run({Count("r5", "a")}) == Answers{"ABORTED"});
}

TEST_CASE("a bad statement is found by halving and answered alone", "[NFR-03]") {
  WriterFixture fixture;
  fixture.script.bad_id = "bad";
  CHECK(fixture.Run({Count("", "a"), Count("", "a"), Count("", "bad"), Count("", "b"), Count("", "a")}) ==
        Answers{"1", "2", "INTERNAL", "1", "3"});
  CHECK(fixture.Rank("bad") == 0);
}

TEST_CASE("a message that the database refuses for good is parked alone", "[NFR-04]") {
  const bool contended = GENERATE(false, true);
  const int bad = GENERATE(1, 4, 7);
  WriterFixture fixture;
  (contended ? fixture.script.contended_id : fixture.script.bad_id) = "k" + std::to_string(bad);
  auto work = std::make_unique<Work>();
  work->kind = Work::Kind::kGroup;
  work->submitted = std::chrono::steady_clock::now();
  work->group.from = {"intake", 2, 0};
  for (int i = 1; i <= 7; ++i) {
    const std::string key = "k" + std::to_string(i);
    work->group.items.push_back({Count("", key), {"120000", "intake", 2, i, key, "Happened", "envelope", "", kStart}});
  }
  absl::StatusOr<GroupResult> result = absl::UnknownError("not answered");
  work->group_done = [&result](absl::StatusOr<GroupResult> answer) { result = std::move(answer); };
  Writer::Works works;
  works.push_back(std::move(work));
  while (!works.empty()) works = fixture.writer->Run(std::move(works));
  REQUIRE(result.ok());
  CHECK(result->applied == 6);
  CHECK(result->parked == 1);
  for (int i = 1; i <= 7; ++i) CHECK(fixture.Rank("k" + std::to_string(i)) == (i == bad ? 0 : 1));
  const auto letters = fixture.database->reader().DeadLetters(10);
  REQUIRE(letters->size() == 1);
  CHECK(letters->front().position == bad);
  CHECK(letters->front().reason == (contended ? "FAILED_PRECONDITION" : "INTERNAL"));
  const auto marks = fixture.database->reader().Marks();
  REQUIRE(marks->size() == 1);
  CHECK(marks->front().position == 7);
}

}  // namespace
}  // namespace jinqi::ledger
