#include "common/ledger/sweeper.h"

#include <catch2/catch.hpp>
#include <deque>

#include "common/ledger/sql.h"
#include "common/ledger/sqlite_connection.h"
#include "common/ledger/test_fixture.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

Command SetTimers(const std::string& id, std::vector<Timer> timers) {
  return NoteCommand("", {id}, [id, timers](const View&) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.changes.push_back(SetNote(id, 0, "timed"));
    outcome.changes.back().timers = timers;
    return outcome;
  });
}

// Writes the fired timer's name down, in the record and in `order`.
absl::StatusOr<Command> NoteFiring(const Firing& firing, std::vector<std::string>& order) {
  const std::string id = firing.key.id;
  const std::string name = firing.timer.name;
  return NoteCommand("", {id}, [id, name, &order](const View& view) -> absl::StatusOr<Outcome> {
    order.push_back(id + "/" + name + "@" + std::to_string(view.now() - kStart));
    if (name == "refused") return Error(config::v1::REASON_ILLEGAL_MOVE);
    Outcome outcome;
    if (name == "silent") return outcome;
    outcome.changes.push_back(SetNote(id, 0, name));
    return outcome;
  });
}

struct Swept : Fixture {
  Sweeper::Options SweeperOptions() {
    Sweeper::Options sweeper;
    sweeper.holder = "one";
    sweeper.lateness = [this](Micros late) { lateness.push_back(late); };
    sweeper.failed = [this](const Firing& firing, const absl::Status&) { failed.push_back(firing.timer.name); };
    return sweeper;
  }
  Sweeper::MakeCommand Make() {
    return [this](const Firing& firing, const Record&) { return NoteFiring(firing, order); };
  }

  std::vector<std::string> order;
  std::vector<Micros> lateness;
  std::vector<std::string> failed;
};

TEST_CASE("after an outage every level fires once, in order", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"third", kStart + 30}, {"first", kStart + 10}})).ok());
  REQUIRE(ledger->Run(SetTimers("b", {{"second", kStart + 20}, {"silent", kStart + 40}, {"later", kStart + 99}})).ok());
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, fixture.Make(), fixture.SweeperOptions());
  CHECK(*sweeper.Sweep() == 0);
  fixture.clock.Set(kStart + 50);
  CHECK(*sweeper.Sweep() == 4);
  CHECK(fixture.order == std::vector<std::string>{"a/first@10", "b/second@20", "a/third@30", "b/silent@40"});
  CHECK(fixture.lateness == std::vector<Micros>{40, 30, 20, 10});
  CHECK(*sweeper.Sweep() == 0);
  const auto record = ledger->reader().Get("120000", NoteKey("b"));
  CHECK((*record)->timers == std::vector<Timer>{{"later", kStart + 99}});
  CHECK(ledger->reader().History("120000", NoteKey("b"))->back().type == "TimerLapsed");
  CHECK(ledger->reader().Due("note", kStart + 98, 10)->empty());
}

TEST_CASE("a bounded number fires at a time, the earliest first", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  for (int i = 0; i < 7; ++i) {
    REQUIRE(ledger->Run(SetTimers("n" + std::to_string(i), {{"due", kStart + 70 - 10 * i}})).ok());
  }
  fixture.clock.Set(kStart + 100);
  auto options = fixture.SweeperOptions();
  options.batch = 2;
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, fixture.Make(), options);
  CHECK(*sweeper.Sweep() == 7);
  CHECK(fixture.order.front() == "n6/due@10");
  CHECK(fixture.order.back() == "n0/due@70");
}

TEST_CASE("a refused firing keeps its timer and holds nobody up", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"refused", kStart + 10}})).ok());
  REQUIRE(ledger->Run(SetTimers("b", {{"good", kStart + 20}})).ok());
  fixture.clock.Set(kStart + 100);
  auto options = fixture.SweeperOptions();
  options.batch = 1;
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, fixture.Make(), options);
  CHECK(*sweeper.Sweep() == 1);
  CHECK(fixture.failed == std::vector<std::string>{"refused"});
  CHECK((*ledger->reader().Get("120000", NoteKey("a")))->timers.size() == 1);
  CHECK((*ledger->reader().Get("120000", NoteKey("b")))->timers.empty());
}

TEST_CASE("a refused firing is tried again after pauses that grow to minutes", "[RTE-16]") {
  constexpr Micros kSecond = 1'000'000;
  Swept fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"refused", kStart}})).ok());
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, fixture.Make(), fixture.SweeperOptions());
  CHECK(*sweeper.Sweep() == 0);
  CHECK(*sweeper.Sweep() == 0);
  CHECK(fixture.failed.size() == 1);
  for (Micros second = 1; second <= 3600; ++second) {
    fixture.clock.Set(kStart + second * kSecond);
    CHECK(*sweeper.Sweep() == 0);
  }
  // 1, 2, 4 … 256 s, then every 5 minutes.
  CHECK(fixture.failed.size() == 1 + 9 + 10);
  // Another set of timers is tried at once.
  REQUIRE(ledger->Run(SetTimers("a", {{"good", kStart + 1}})).ok());
  CHECK(*sweeper.Sweep() == 1);
}

TEST_CASE("a sweep ends while the ledger takes nothing", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  for (const char* id : {"a", "b"}) REQUIRE(ledger->Run(SetTimers(id, {{"due", kStart}})).ok());
  auto options = fixture.SweeperOptions();
  options.batch = 1;
  int made = 0;
  const auto overloaded = [&made](const Firing&, const Record&) -> absl::StatusOr<Command> {
    ++made;
    return Error(config::v1::REASON_OVERLOADED);
  };
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, overloaded, options);
  CHECK(*sweeper.Sweep() == 0);
  CHECK(made == 1);
  CHECK(fixture.failed.empty());
}

TEST_CASE("a timer that no longer stands does not fire", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"old", kStart + 10}})).ok());
  const auto before = (*ledger->reader().Due("note", kStart + 10, 1))[0].second;
  const Firing firing{"120000", before.key, before.timers[0], before.generation};
  REQUIRE(ledger->Run(SetTimers("a", {{"old", kStart + 10}, {"new", kStart + 20}})).ok());
  Waiter<Answer> waiter;
  ledger->SubmitFiring(firing, *NoteFiring(firing, fixture.order), waiter.Done());
  CHECK(waiter.Wait().ok());
  CHECK(fixture.order.empty());
  CHECK((*ledger->reader().Get("120000", NoteKey("a")))->timers.size() == 2);
}

TEST_CASE("sweepers share by lease", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"due", kStart + 10}})).ok());
  REQUIRE(ledger->maintenance().Lease("sweeper", "two", kStart, 1000)->has_value());
  fixture.clock.Set(kStart + 100);
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, fixture.Make(), fixture.SweeperOptions());
  CHECK(*sweeper.Sweep() == 0);
  fixture.clock.Set(kStart + 1000);
  CHECK(*sweeper.Sweep() == 1);
}

TEST_CASE("a sweeper runs by itself until it is stopped", "[RTE-16]") {
  Swept fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"due", kStart}})).ok());
  absl::Notification fired;
  auto options = fixture.SweeperOptions();
  options.lateness = [&fired](Micros) { fired.Notify(); };
  Sweeper sweeper(ledger.get(), &fixture.clock, {"note"}, fixture.Make(), options);
  sweeper.Start();
  fired.WaitForNotification();
  sweeper.Stop();
  // The lease is free again.
  CHECK(ledger->maintenance().Lease("sweeper", "two", kStart, 1)->has_value());
}

TEST_CASE("firings wait behind calls but are not starved", "[RTE-16]") {
  Swept fixture;
  fixture.options.max_batch = 8;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(SetTimers("a", {{"due", kStart}})).ok());
  const auto record = (*ledger->reader().Due("note", kStart, 1))[0].second;
  const Firing firing{"120000", record.key, record.timers[0], record.generation};
  std::deque<Waiter<Answer>> waiters;
  std::vector<std::string> ended;
  {
    Fixture::Hold hold(*ledger);
    for (int i = 0; i < 20; ++i) {
      ledger->Submit(Count("", "c" + std::to_string(i)), [&ended, done = waiters.emplace_back().Done()](auto answer) {
        ended.push_back("call");
        done(std::move(answer));
      });
    }
    ledger->SubmitFiring(firing, *NoteFiring(firing, fixture.order),
                         [&ended, done = waiters.emplace_back().Done()](auto answer) {
                           ended.push_back("firing");
                           done(std::move(answer));
                         });
  }
  for (auto& waiter : waiters) CHECK(waiter.Wait().ok());
  REQUIRE(ended.size() == 21);
  CHECK(ended[7] == "firing");
}

TEST_CASE("timers that fell due together are found without a look at all of them", "[RTE-16]") {
  const Fixture fixture;
  const auto connection = SqliteConnection::Open({fixture.folder.File("plan.db")}, SqliteConnection::Mode::kWrite);
  REQUIRE(connection.ok());
  REQUIRE((*connection)->Execute(NoteMigrations().at("0001_note.sql").c_str()).ok());
  Sql question = DueSql(NoteKind(), kStart, 256, Dialect::kSqlite);
  question.text = "EXPLAIN QUERY PLAN " + question.text;
  auto plan = (*connection)->Ask(question);
  REQUIRE(plan.ok());
  std::string steps;
  while (*plan->Step()) steps += plan->BytesAt(3) + "\n";
  CAPTURE(steps);
  CHECK(steps.find("USING INDEX note_due") != std::string::npos);
  // An index of many equal due times would be sorted whole for each batch.
  CHECK(steps.find("TEMP B-TREE") == std::string::npos);
}

}  // namespace
}  // namespace jinqi::ledger
