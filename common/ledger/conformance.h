// What the conformance suite runs on: either database, a tiny kind, and commands on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "common/testing/process.h"

namespace jinqi::ledger::conformance {

enum class Backend { kSqlite, kPostgres };

std::string_view BackendName(Backend backend);

// An empty database of its own, with a way past the ledger.
class TestDatabase {
 public:
  explicit TestDatabase(Backend backend);
  // An existing PostgreSQL database.
  explicit TestDatabase(std::string uri) : backend_(Backend::kPostgres), uri_(std::move(uri)) {}

  Backend backend() const { return backend_; }
  const std::string& uri() const { return uri_; }
  // Runs SQL behind the ledger's back; throws when it fails.
  void Execute(const std::string& sql) const;
  // The first value of the answer, as text.
  std::string Ask(const std::string& sql) const;

 private:
  const Backend backend_;
  const testing::TempDir folder_;
  std::string uri_;
};

// The body of the test kind `item`: a number in a group, with tags and perhaps personal values.
struct Item {
  std::int64_t count = 0;
  std::string group = "a";
  std::vector<std::string> tags{};
  // Hexadecimal digest of the person row; empty without one.
  std::string digest{};

  std::string Encode() const;
  static absl::StatusOr<Item> Decode(std::string_view body);
};

// `item`, and `parent` with a count only.
const std::vector<Kind>& TestKinds();
const std::map<std::string, std::string>& TestMigrations();

inline constexpr char kTenant[] = "tianjin";
inline constexpr Micros kStart = 1'760'000'000'000'000;

Key ItemKey(const std::string& id);
Key ParentKey(const std::string& id);

// The item that a decision sees; an empty one where there is none.
absl::StatusOr<Item> ReadItem(const View& view, const Key& key);
// The change that sets an item's content, with one event that is sent out.
Change SetItem(const Key& key, const Item& item, std::string_view event = "Changed");
// An outcome with these changes; its answer is `answer`.
Outcome Outcomes(std::vector<Change> changes, std::string answer = {});

Command MakeCommand(std::string request_id, std::vector<Name> names, Decide decide);
// Adds to the count of an item, which it makes where there is none; the answer is the new count.
Command AddTo(const std::string& id, std::int64_t delta, std::string request_id = {});
// Refuses for good.
Command Refusing(const std::string& id, std::string request_id = {});

// A ledger on a database, its clock standing at kStart.
class Bench {
 public:
  explicit Bench(const TestDatabase& database, std::string writer = "w1");

  Ledger& ledger() { return *ledger_; }
  clock::ManualClock& clock() { return clock_; }
  // Closes and opens it again.
  void Reopen();
  void Close() { ledger_.reset(); }

  // The answer's bytes; throws when it was refused.
  std::string Run(Command command);
  absl::StatusOr<Answer> Try(Command command) { return ledger_->Run(std::move(command)); }
  absl::StatusOr<GroupResult> RunGroup(MessageGroup group);
  absl::StatusOr<Answer> Fire(Firing firing, Command command);
  // As `operator`; without commands they are discarded.
  absl::StatusOr<Answer> Unpark(std::vector<DeadLetter> letters, std::vector<Command> commands);
  // Runs them in one batch, which waits until all are there; the answers in their order.
  std::vector<absl::StatusOr<Answer>> RunTogether(std::vector<Command> commands);

  // The record; version 0 where there is none.
  Record Get(const Key& key);
  std::int64_t CountOf(const std::string& id);
  std::vector<HistoryRow> History(const Key& key);

 private:
  const std::string uri_;
  const std::string writer_;
  clock::ManualClock clock_{kStart};
  std::unique_ptr<Ledger> ledger_;
};

Options TestOptions(const std::string& uri, const std::string& writer);

// A message for the group of partition 3 of the stream `intake`.
MessageGroup::Item Message(std::int64_t position, const std::string& key, std::optional<Command> command);
MessageGroup GroupFrom(std::int64_t position, std::vector<MessageGroup::Item> items);

// What is wrong with the history of an item, its numbers and its messages' numbers; empty when nothing is.
std::string HistoryFault(Bench& bench, const Key& key);
// The same for all partitions of the outbox: positions and key sequences without gap, in order.
std::string OutboxFault(Bench& bench);
// The findings of verify, one a line.
std::string VerifyFindings(const TestDatabase& database, const std::vector<BlockRow>& anchors = {});

}  // namespace jinqi::ledger::conformance
