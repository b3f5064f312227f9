// Points 12 to 16 of the contract, each on both databases: persons, timers, outbox, marks, dead letters.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/sm3.h"
#include "common/ledger/conformance.h"
#include "common/ledger/letter_log.h"
#include "common/ledger/sweeper.h"
#include "common/testing/catch_status.h"

namespace jinqi::ledger::conformance {
namespace {

using testing::Must;

#define ON_BOTH_DATABASES                                                 \
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres); \
  INFO("on " << BackendName(backend));                                    \
  const TestDatabase database(backend);                                   \
  Bench bench(database)

std::int64_t MarkOf(Bench& bench) {
  for (const Mark& mark : Must(bench.ledger().reader().Marks())) {
    if (mark.source == "intake" && mark.partition == 3) return mark.position;
  }
  return 0;
}

std::vector<DeadLetter> Letters(Bench& bench) { return Must(bench.ledger().reader().DeadLetters(100)); }

std::string Positions(const std::vector<DeadLetter>& letters) {
  std::string text;
  for (const DeadLetter& letter : letters) text += absl::StrCat(letter.position, " ");
  return text;
}

// A decision that refuses while the flag stands, then adds.
Command AddUnless(const std::string& id, std::shared_ptr<std::atomic<bool>> flag) {
  Command command = AddTo(id, 1);
  command.decide = [inner = command.decide, flag](const View& view) -> absl::StatusOr<Outcome> {
    if (*flag) return Error(config::v1::REASON_ILLEGAL_MOVE);
    return inner(view);
  };
  return command;
}

TEST_CASE("a group applies each message once, together with its mark", "[ledger-14]") {
  ON_BOTH_DATABASES;
  const auto group = [] {
    return GroupFrom(0,
                     {Message(1, "a", AddTo("a", 1)), Message(2, "b", std::nullopt), Message(5, "a", AddTo("a", 1))});
  };
  const GroupResult result = Must(bench.RunGroup(group()));
  CHECK(result.applied == 2);
  CHECK(result.skipped == 1);
  CHECK(result.parked == 0);
  CHECK(MarkOf(bench) == 5);
  CHECK(bench.CountOf("a") == 2);

  CHECK(ReasonOf(bench.RunGroup(group()).status()) == config::v1::REASON_MARK_MOVED);
  CHECK(absl::IsAborted(bench.RunGroup(group()).status()));
  CHECK(absl::IsAborted(bench.RunGroup(GroupFrom(4, {Message(6, "a", AddTo("a", 1))})).status()));
  CHECK(bench.CountOf("a") == 2);
  bench.Reopen();
  CHECK(absl::IsAborted(bench.RunGroup(group()).status()));
  CHECK_OK(bench.RunGroup(GroupFrom(5, {Message(6, "a", AddTo("a", 1))})));
  CHECK_OK(bench.RunGroup(GroupFrom(6, {Message(7, "b", std::nullopt)})));
  CHECK(MarkOf(bench) == 7);
  CHECK(bench.CountOf("a") == 3);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("two consumers with one group: one applies it, the other is told", "[ledger-14]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  for (std::int64_t from = 0; from < 60; from += 3) {
    const auto group = [from] {
      return GroupFrom(from, {Message(from + 1, "a", AddTo("a", 1)), Message(from + 2, "b", AddTo("b", 1)),
                              Message(from + 3, "a", AddTo("a", 1))});
    };
    absl::StatusOr<GroupResult> other = absl::UnknownError("");
    std::thread thread([&] { other = second.RunGroup(group()); });
    const absl::StatusOr<GroupResult> mine = first.RunGroup(group());
    thread.join();
    CHECK((mine.ok() != other.ok()));
    CHECK(absl::IsAborted(mine.ok() ? other.status() : mine.status()));
  }
  CHECK(first.CountOf("a") == 40);
  CHECK(first.CountOf("b") == 20);
  CHECK(MarkOf(first) == 60);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a message that fails for good is parked, and the later ones of its key wait behind it", "[ledger-16]") {
  ON_BOTH_DATABASES;
  const GroupResult result = Must(bench.RunGroup(
      GroupFrom(0, {Message(1, "a", AddTo("a", 1)), Message(2, "a", Refusing("a")), Message(3, "b", AddTo("b", 1)),
                    Message(4, "a", AddTo("a", 1)), Message(5, "c", Refusing("c"))})));
  CHECK(result.applied == 2);
  CHECK(result.parked == 3);
  CHECK(bench.CountOf("a") == 1);
  CHECK(MarkOf(bench) == 5);
  std::vector<DeadLetter> letters = Letters(bench);
  REQUIRE(Positions(letters) == "2 4 5 ");
  CHECK(letters[0].reason == "ILLEGAL_MOVE");
  CHECK(letters[1].reason == "KEY_PARKED");
  CHECK(letters[0].envelope == "envelope 2");
  CHECK(letters[0].key == "a");
  CHECK(letters[0].type == "Added");
  CHECK(letters[0].source == "intake");
  CHECK(letters[0].partition == 3);
  CHECK(letters[0].tenant == kTenant);

  // In a later group as well, and only of its key.
  const GroupResult later =
      Must(bench.RunGroup(GroupFrom(5, {Message(6, "a", AddTo("a", 1)), Message(7, "b", AddTo("b", 1))})));
  CHECK(later.parked == 1);
  CHECK(later.applied == 1);
  CHECK(Positions(Letters(bench)) == "2 4 5 6 ");
}

// The events of a letter's log, with who caused them.
std::string LogOf(Bench& bench, const DeadLetter& letter) {
  std::string text;
  for (const HistoryRow& row : bench.History(LetterLogKey(letter))) {
    absl::StrAppend(&text, row.type, " by ", row.caller, "; ");
  }
  return text;
}

TEST_CASE("setting a letter aside, applying it and dropping it stand in the chain", "[ledger-16]") {
  ON_BOTH_DATABASES;
  const auto refusing = std::make_shared<std::atomic<bool>>(true);
  MessageGroup group = GroupFrom(
      0, {Message(1, "a", AddUnless("a", refusing)), Message(2, "a", AddTo("a", 1)), Message(3, "b", Refusing("b"))});
  group.seal = [](DeadLetter& letter) {
    letter.envelope = "sealed";
    letter.sealed = true;
  };
  for (MessageGroup::Item& item : group.items) item.command->caller = "queue:intake";
  Must(bench.RunGroup(std::move(group)));
  const std::vector<DeadLetter> letters = Letters(bench);
  REQUIRE(Positions(letters) == "1 2 3 ");
  for (const DeadLetter& letter : letters) {
    CHECK(letter.sealed);
    CHECK(letter.envelope == "sealed");
    CHECK(LogOf(bench, letter) == "LetterParked by queue:intake; ");
  }
  // Refused again: nobody has decided anything.
  CHECK_FALSE(bench.Unpark({letters[0], letters[1]}, {AddUnless("a", refusing), AddTo("a", 1)}).ok());
  CHECK(LogOf(bench, letters[0]) == "LetterParked by queue:intake; ");

  *refusing = false;
  CHECK_OK(bench.Unpark({letters[0], letters[1]}, {AddUnless("a", refusing), AddTo("a", 1)}));
  CHECK_OK(bench.Unpark({letters[2]}, {}));
  CHECK(LogOf(bench, letters[0]) == "LetterParked by queue:intake; LetterApplied by operator; ");
  CHECK(LogOf(bench, letters[1]) == "LetterParked by queue:intake; LetterApplied by operator; ");
  CHECK(LogOf(bench, letters[2]) == "LetterParked by queue:intake; LetterDiscarded by operator; ");
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("dead letters are retried in order, discarded, or stay when they are refused again", "[ledger-16]") {
  ON_BOTH_DATABASES;
  const auto refusing = std::make_shared<std::atomic<bool>>(true);
  Must(bench.RunGroup(GroupFrom(
      0, {Message(1, "a", AddUnless("a", refusing)), Message(2, "a", AddTo("a", 1)), Message(3, "b", Refusing("b"))})));
  std::vector<DeadLetter> letters = Letters(bench);
  REQUIRE(Positions(letters) == "1 2 3 ");
  const std::vector<DeadLetter> of_a(letters.begin(), letters.begin() + 2);

  CHECK_FALSE(bench.Unpark(of_a, {AddUnless("a", refusing), AddTo("a", 1)}).ok());
  CHECK(Positions(Letters(bench)) == "1 2 3 ");
  CHECK(bench.CountOf("a") == 0);

  *refusing = false;
  CHECK_OK(bench.Unpark(of_a, {AddUnless("a", refusing), AddTo("a", 1)}));
  CHECK(Positions(Letters(bench)) == "3 ");
  CHECK(bench.CountOf("a") == 2);
  CHECK(Must(bench.RunGroup(GroupFrom(3, {Message(4, "a", AddTo("a", 1))}))).applied == 1);

  CHECK_OK(bench.Unpark({letters[2]}, {}));
  CHECK(Letters(bench).empty());
  CHECK(Must(bench.RunGroup(GroupFrom(4, {Message(5, "b", AddTo("b", 1))}))).applied == 1);
  // Gone already: nothing is applied a second time.
  CHECK_FALSE(bench.Unpark(of_a, {AddTo("a", 1), AddTo("a", 1)}).ok());
  CHECK(bench.CountOf("a") == 3);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a group whose refusal may pass is not parked", "[ledger-16]") {
  ON_BOTH_DATABASES;
  const auto calls = std::make_shared<std::atomic<int>>(0);
  Command passing = AddTo("a", 1);
  passing.decide = [inner = passing.decide, calls](const View& view) -> absl::StatusOr<Outcome> {
    if (++*calls < 3) return absl::UnavailableError("later");
    return inner(view);
  };
  CHECK(Must(bench.RunGroup(GroupFrom(0, {Message(1, "b", AddTo("b", 1)), Message(2, "a", passing)}))).applied == 2);
  CHECK(bench.CountOf("b") == 1);
  CHECK(bench.CountOf("a") == 1);

  Command failing = AddTo("a", 1);
  failing.decide = [](const View&) -> absl::StatusOr<Outcome> { return absl::UnavailableError("later"); };
  CHECK(absl::IsUnavailable(
      bench.RunGroup(GroupFrom(2, {Message(3, "b", AddTo("b", 1)), Message(4, "a", failing)})).status()));
  CHECK(Letters(bench).empty());
  CHECK(bench.CountOf("b") == 1);
  CHECK(MarkOf(bench) == 2);
}

// Sets the timers of an item.
Command SetTimers(const std::string& id, std::vector<Timer> timers) {
  return MakeCommand("", {{ItemKey(id)}}, [id, timers](const View&) -> absl::StatusOr<Outcome> {
    Change change = SetItem(ItemKey(id), Item());
    change.timers = timers;
    return Outcomes({change});
  });
}

// What a timer does: counts.
Command Fired(const std::string& id) { return AddTo(id, 1); }

TEST_CASE("due timers are found, earliest first, and a change of timers raises the generation", "[ledger-13]") {
  ON_BOTH_DATABASES;
  bench.Run(SetTimers("a", {{"late", kStart + 500}, {"early", kStart + 100}}));
  bench.Run(SetTimers("b", {{"middle", kStart + 200}}));
  bench.Run(AddTo("c", 1));
  Reader& reader = bench.ledger().reader();
  const auto due = [&reader](Micros now, int limit = 10) {
    std::string ids;
    for (const auto& [tenant, record] : Must(reader.Due("item", now, limit))) ids += record.key.id + " ";
    return ids;
  };
  CHECK(due(kStart + 99).empty());
  CHECK(due(kStart + 100) == "a ");
  CHECK(due(kStart + 999) == "a b ");
  CHECK(due(kStart + 999, 1) == "a ");
  const Record before = bench.Get(ItemKey("a"));
  CHECK(before.timers == std::vector<Timer>{{"late", kStart + 500}, {"early", kStart + 100}});
  bench.Run(AddTo("a", 1));
  CHECK(bench.Get(ItemKey("a")).generation == before.generation);
  CHECK(bench.Get(ItemKey("a")).timers == before.timers);
  bench.Run(SetTimers("a", {}));
  CHECK(bench.Get(ItemKey("a")).generation > before.generation);
  CHECK(due(kStart + 999) == "b ");
}

TEST_CASE("a firing takes effect once, and not when its generation is stale", "[ledger-13]") {
  ON_BOTH_DATABASES;
  const Timer sign{"sign", kStart + 100};
  const Timer warn{"warn", kStart + 200};
  bench.Run(SetTimers("a", {sign, warn}));
  const std::int64_t generation = bench.Get(ItemKey("a")).generation;
  CHECK_OK(bench.Fire({kTenant, ItemKey("a"), sign, generation}, Fired("a")));
  CHECK(bench.CountOf("a") == 1);
  CHECK(bench.Get(ItemKey("a")).timers == std::vector<Timer>{warn});

  // The same once more, and the other one as it was fetched before.
  CHECK_OK(bench.Fire({kTenant, ItemKey("a"), sign, generation}, Fired("a")));
  CHECK_OK(bench.Fire({kTenant, ItemKey("a"), warn, generation}, Fired("a")));
  CHECK(bench.CountOf("a") == 1);
  CHECK(bench.Get(ItemKey("a")).timers == std::vector<Timer>{warn});

  // One whose decision does nothing is gone as well; a refused one stands.
  const std::int64_t now = bench.Get(ItemKey("a")).generation;
  CHECK_FALSE(bench.Fire({kTenant, ItemKey("a"), warn, now}, Refusing("a")).ok());
  CHECK(bench.Get(ItemKey("a")).timers == std::vector<Timer>{warn});
  CHECK_OK(bench.Fire({kTenant, ItemKey("a"), warn, now},
                      MakeCommand("", {}, [](const View&) { return absl::StatusOr<Outcome>(Outcome()); })));
  CHECK(bench.Get(ItemKey("a")).timers.empty());
  CHECK(bench.CountOf("a") == 1);
  CHECK(VerifyFindings(database).empty());
}

Sweeper::MakeCommand Counting(absl::Mutex& mutex, std::vector<std::string>& fired) {
  return [&mutex, &fired](const Firing& firing, const Record& record) -> absl::StatusOr<Command> {
    Command command = AddTo(record.key.id, 1);
    command.decide = [inner = command.decide, &mutex, &fired, firing](const View& view) {
      const absl::MutexLock lock(&mutex);
      fired.push_back(firing.key.id + "/" + firing.timer.name);
      return inner(view);
    };
    return command;
  };
}

TEST_CASE("after an outage every level fires once, in order", "[ledger-13]") {
  ON_BOTH_DATABASES;
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    const std::string id = absl::StrCat("o", i);
    std::vector<Timer> timers;
    for (int level = 3; level >= 1; --level) timers.push_back({absl::StrCat("level", level), kStart + level * 10 + i});
    bench.Run(SetTimers(id, timers));
  }
  bench.clock().Advance(clock::kDay);
  absl::Mutex mutex;
  std::vector<std::string> fired;
  Sweeper::Options options;
  options.holder = "h1";
  options.batch = 4;
  Sweeper sweeper(&bench.ledger(), &bench.clock(), {"item"}, Counting(mutex, fired), options);
  CHECK(Must(sweeper.Sweep()) == 30);
  CHECK(Must(sweeper.Sweep()) == 0);
  REQUIRE(fired.size() == 30);
  std::map<std::string, std::vector<std::string>> by_record;
  for (const std::string& firing : fired) by_record[firing.substr(0, 2)].push_back(firing.substr(3));
  for (const auto& [id, levels] : by_record) {
    CHECK(levels == std::vector<std::string>{"level1", "level2", "level3"});
    CHECK(bench.CountOf(id) == 3);
  }
  // Stamped with the time at which it was due.
  CHECK(bench.Get(ItemKey("o0")).time == kStart + 30);
}

TEST_CASE("two sweepers fire each timer once", "[ledger-13]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  for (int i = 0; i < 100; ++i) first.Run(SetTimers(absl::StrCat("o", i), {{"sign", kStart + 10}}));
  first.clock().Advance(clock::kDay);
  second.clock().Advance(clock::kDay);
  absl::Mutex mutex;
  std::vector<std::string> fired;
  Sweeper::Options options;
  options.batch = 8;
  options.holder = "h1";
  Sweeper one(&first.ledger(), &first.clock(), {"item"}, Counting(mutex, fired), options);
  options.holder = "h2";
  // Without a common lease: what two do at once that both believe to hold it.
  options.lease = "another";
  Sweeper two(&second.ledger(), &second.clock(), {"item"}, Counting(mutex, fired), options);
  std::thread thread([&] { Must(two.Sweep()); });
  Must(one.Sweep());
  thread.join();
  for (int i = 0; i < 100; ++i) CHECK(first.CountOf(absl::StrCat("o", i)) == 1);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a lease has one holder, and an epoch that every change of holder raises", "[ledger-14]") {
  ON_BOTH_DATABASES;
  Maintenance& maintenance = bench.ledger().maintenance();
  const auto lease = [&maintenance](const std::string& holder, Micros now) {
    return Must(maintenance.Lease("relay/0", holder, now, 1000));
  };
  const auto first = lease("a", kStart);
  REQUIRE(first.has_value());
  CHECK_FALSE(lease("b", kStart + 999).has_value());
  CHECK(lease("a", kStart + 500) == first);
  CHECK_FALSE(lease("b", kStart + 1499).has_value());
  const auto second = lease("b", kStart + 1500);
  REQUIRE(second.has_value());
  CHECK(*second > *first);
  CHECK_FALSE(lease("a", kStart + 1600).has_value());
  CHECK_OK(maintenance.ReleaseLease("relay/0", "a"));
  CHECK_FALSE(lease("a", kStart + 1600).has_value());
  CHECK_OK(maintenance.ReleaseLease("relay/0", "b"));
  const auto third = lease("a", kStart + 1600);
  REQUIRE(third.has_value());
  CHECK(*third > *second);
  CHECK(Must(maintenance.Lease("relay/1", "b", kStart, 1000)).has_value());
}

TEST_CASE("of two that want a lease at once, one gets it", "[ledger-14]") {
  ON_BOTH_DATABASES;
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> holders = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        const auto held = bench.ledger().maintenance().Lease(absl::StrCat("l", round), absl::StrCat("h", i), kStart, 9);
        if (held.ok() && held->has_value()) ++holders;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(holders == 1);
  }
}

TEST_CASE("outbox positions are gapless in the order of commits, with two writers", "[ledger-14]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  // A relay that follows while they write: what it has seen never changes, and nothing comes before it.
  std::atomic<bool> done = false;
  std::vector<std::int64_t> seen(4, 0);
  std::string fault;
  std::thread relay([&] {
    while (!done) {
      for (int partition = 0; partition < 4; ++partition) {
        std::int64_t& last = seen[static_cast<std::size_t>(partition)];
        for (const OutboxRow& row : Must(first.ledger().reader().Outbox(partition, last, 50))) {
          if (row.position != last + 1) fault = absl::StrCat("after ", last, " came ", row.position);
          last = row.position;
        }
      }
    }
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        (t % 2 == 0 ? first : second).Run(i % 7 == 0 ? AddTo("shared", 1) : AddTo(absl::StrCat("k", t, "-", i % 5), 1));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  relay.join();
  CHECK(fault.empty());
  CHECK(OutboxFault(first).empty());
  const auto ends = Must(first.ledger().reader().OutboxEnds());
  REQUIRE(ends.size() == 4);
  CHECK(ends[0] + ends[1] + ends[2] + ends[3] == 16 * 60);
}

TEST_CASE("messages go out in the commit of their event, numbered per partition and per key", "[ledger-14]") {
  ON_BOTH_DATABASES;
  int commits = 0;
  bench.ledger().OnCommit([&commits] { ++commits; });
  for (int i = 0; i < 30; ++i) bench.Run(AddTo(absl::StrCat("k", i % 6), 1));
  // An event without a message makes no row.
  bench.Run(MakeCommand("", {{ItemKey("k0")}}, [](const View&) -> absl::StatusOr<Outcome> {
    Change change = SetItem(ItemKey("k0"), Item());
    change.events[0].message.reset();
    return Outcomes({change});
  }));
  CHECK(commits == 30);
  CHECK(bench.Get(ItemKey("k0")).sent == 5);
  CHECK(bench.Get(ItemKey("k0")).sequence == 6);
  CHECK(OutboxFault(bench).empty());
  std::set<std::string> ids;
  std::map<std::string, std::set<int>> partitions;
  for (int partition = 0; partition < 4; ++partition) {
    for (const OutboxRow& row : Must(bench.ledger().reader().Outbox(partition, 0, 100))) {
      ids.insert(row.id);
      partitions[row.key].insert(row.partition);
      CHECK(row.type == "Changed");
      CHECK(row.tenant == kTenant);
      CHECK(row.time == kStart);
    }
  }
  CHECK(ids.size() == 30);
  for (const auto& [key, where] : partitions) CHECK(where.size() == 1);
  const auto some = Must(bench.ledger().reader().Outbox(*partitions["k0"].begin(), 2, 2));
  REQUIRE(some.size() == 2);
  CHECK(some[0].position == 3);
}

TEST_CASE("what all consumers have passed loses its transient payload, and goes when it is old", "[ledger-15]") {
  ON_BOTH_DATABASES;
  for (int i = 0; i < 6; ++i) {
    Command command = MakeCommand("", {{ItemKey("k")}}, [i](const View&) -> absl::StatusOr<Outcome> {
      Change change = SetItem(ItemKey("k"), Item());
      change.events[0].message->payload = "text";
      change.events[0].message->transient = i % 2 == 0;
      return Outcomes({change});
    });
    command.time = kStart + i;
    bench.Run(command);
  }
  Reader& reader = bench.ledger().reader();
  Maintenance& maintenance = bench.ledger().maintenance();
  const auto ends = Must(reader.OutboxEnds());
  const int partition = static_cast<int>(std::max_element(ends.begin(), ends.end()) - ends.begin());
  const auto rows = [&] {
    std::string text;
    for (const OutboxRow& row : Must(reader.Outbox(partition, 0, 100))) {
      text += absl::StrCat(row.position, row.payload.empty() ? "- " : "+ ");
    }
    return text;
  };
  CHECK(rows() == "1+ 2+ 3+ 4+ 5+ 6+ ");
  CHECK_OK(maintenance.PassOutbox(partition, 3, kStart));
  CHECK(rows() == "1- 2+ 3- 4+ 5+ 6+ ");
  CHECK(Must(maintenance.PassedOutbox())[static_cast<std::size_t>(partition)] == 3);
  CHECK_OK(maintenance.PassOutbox(partition, 2, kStart));
  CHECK(Must(maintenance.PassedOutbox())[static_cast<std::size_t>(partition)] == 3);
  // Old ones go, but only such as everybody has passed.
  CHECK_OK(maintenance.PassOutbox(partition, 5, kStart + 2));
  CHECK(rows() == "3- 4+ 5- 6+ ");
  CHECK_OK(maintenance.PassOutbox(partition, 5, kStart + 100));
  CHECK(rows() == "6+ ");
  bench.Run(AddTo("k", 1));
  CHECK(rows() == "6+ 7+ ");
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a message loses its text in the commit that says all have passed it, or not at all", "[ledger-15]") {
  ON_BOTH_DATABASES;
  bench.Run(MakeCommand("", {{ItemKey("k")}}, [](const View&) -> absl::StatusOr<Outcome> {
    Change change = SetItem(ItemKey("k"), Item());
    change.events[0].message->payload = "text";
    change.events[0].message->transient = true;
    return Outcomes({change});
  }));
  const auto ends = Must(bench.ledger().reader().OutboxEnds());
  const int partition = static_cast<int>(std::max_element(ends.begin(), ends.end()) - ends.begin());
  const bool postgres = database.backend() == Backend::kPostgres;
  database.Execute(postgres ? "ALTER TABLE outbox_partition ADD CONSTRAINT held CHECK (passed = 0)"
                            : "CREATE TRIGGER held BEFORE UPDATE OF passed ON outbox_partition "
                              "BEGIN SELECT RAISE(ABORT, 'held'); END");
  Maintenance& maintenance = bench.ledger().maintenance();
  CHECK_FALSE(maintenance.PassOutbox(partition, 1, kStart).ok());
  CHECK(database.Ask("SELECT count(*) FROM outbox WHERE length(payload) > 0") == "1");
  CHECK(VerifyFindings(database).empty());
  database.Execute(postgres ? "ALTER TABLE outbox_partition DROP CONSTRAINT held" : "DROP TRIGGER held");
  CHECK_OK(maintenance.PassOutbox(partition, 1, kStart));
  CHECK(database.Ask("SELECT count(*) FROM outbox WHERE length(payload) > 0") == "0");
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a message with a text that PostgreSQL cannot keep is parked alone", "[ledger-16]") {
  const TestDatabase database(Backend::kPostgres);
  Bench bench(database);
  Command command = MakeCommand("", {{ItemKey("b")}}, [](const View&) -> absl::StatusOr<Outcome> {
    Item item;
    item.group = std::string("a\0b", 3);
    return Outcomes({SetItem(ItemKey("b"), item)});
  });
  const GroupResult result = Must(bench.RunGroup(
      GroupFrom(0, {Message(1, "a", AddTo("a", 1)), Message(2, "b", command), Message(3, "c", AddTo("c", 1))})));
  CHECK(result.applied == 2);
  CHECK(result.parked == 1);
  CHECK(MarkOf(bench) == 3);
  CHECK(bench.CountOf("c") == 1);
  const auto letters = Letters(bench);
  REQUIRE(Positions(letters) == "2 ");
  CHECK(letters[0].reason == "FORMAT");
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("what is passed goes in bounded pieces", "[ledger-15]") {
  ON_BOTH_DATABASES;
  database.Execute(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO outbox (partition, "
      "position, tenant, id, key, key_sequence, type, payload, transient, time) SELECT 1, i, 't', 'i', 'k', i, 'T', "
      "'x', i % 2, 7 FROM n; UPDATE outbox_partition SET last = 12000 WHERE partition = 1");
  const auto count = [&database](const std::string& where) {
    return std::stoi(database.Ask("SELECT count(*) FROM outbox WHERE " + where));
  };
  Maintenance& maintenance = bench.ledger().maintenance();
  CHECK_OK(maintenance.PassOutbox(1, 11000, 8));
  CHECK(count("1 = 1") == 7000);
  // Erased at once, and still known as what it was.
  CHECK(count("transient = 1 AND length(payload) > 0") == 500);
  CHECK(count("transient = 1") == 3500);
  CHECK_OK(maintenance.PassOutbox(1, 11000, 8));
  CHECK(count("1 = 1") == 2000);
  CHECK_OK(maintenance.PassOutbox(1, 11000, 8));
  CHECK(count("1 = 1") == 1000);
}

TEST_CASE("another number of partitions is refused as soon as something was sent", "[ledger-14]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  INFO("on " << BackendName(backend));
  const TestDatabase database(backend);
  clock::ManualClock clock(kStart);
  const auto open = [&](int partitions) {
    Options options = TestOptions(database.uri(), "w1");
    options.partitions = partitions;
    return Ledger::Open(options, TestKinds(), TestMigrations(), &clock);
  };
  CHECK_OK(open(8));
  {
    const auto ledger = Must(open(4));
    CHECK(Must(ledger->reader().OutboxEnds()).size() == 4);
    CHECK_OK(ledger->Run(AddTo("a", 1)));
  }
  for (const int other : {3, 5}) {
    const absl::Status refused = open(other).status();
    CHECK(absl::IsFailedPrecondition(refused));
    CHECK(std::string(refused.message()).find("set partitions to 4") != std::string::npos);
  }
  CHECK_OK(open(4));
}

TEST_CASE("a letter that is gone is not found", "[ledger-16]") {
  ON_BOTH_DATABASES;
  CHECK_OK(bench.RunGroup(GroupFrom(0, {Message(1, "a", Refusing("a"))})));
  auto letters = Letters(bench);
  letters.push_back(letters[0]);
  CHECK_OK(bench.Unpark(letters, {}));
  CHECK(ReasonOf(bench.Unpark(letters, {}).status()) == config::v1::REASON_NOT_FOUND);
}

// An item with personal values: salt and number stand in the person row only.
Command WithPerson(const std::string& id, const std::string& values, std::vector<std::string> blind) {
  return MakeCommand("", {{ItemKey(id)}}, [=](const View&) -> absl::StatusOr<Outcome> {
    Item item;
    item.digest = crypto::Hex(crypto::Sm3(values));
    Outcome outcome = Outcomes({SetItem(ItemKey(id), item)});
    outcome.persons = {{id, values, blind}};
    return outcome;
  });
}

TEST_CASE("personal values are found by their blind index, changed and erased", "[ledger-12]") {
  ON_BOTH_DATABASES;
  bench.Run(WithPerson("a", "salt-1", {"blind-x", "blind-y"}));
  bench.Run(WithPerson("b", "salt-2", {"blind-x"}));
  Reader& reader = bench.ledger().reader();
  const auto found = Must(reader.FindPerson(kTenant, "a"));
  REQUIRE(found.has_value());
  CHECK(found->sealed == "salt-1");
  CHECK(found->blind == std::vector<std::string>{"blind-x", "blind-y"});
  CHECK(Must(reader.PersonIdsByBlind(kTenant, "blind-x")) == std::vector<std::string>{"a", "b"});
  CHECK(Must(reader.PersonIdsByBlind("elsewhere", "blind-x")).empty());
  CHECK_FALSE(Must(reader.FindPerson(kTenant, "none")).has_value());

  // Another number replaces the first, and what finds it.
  bench.Run(WithPerson("a", "salt-3", {"blind-z"}));
  CHECK(Must(reader.FindPerson(kTenant, "a"))->sealed == "salt-3");
  CHECK(Must(reader.PersonIdsByBlind(kTenant, "blind-x")) == std::vector<std::string>{"b"});
  CHECK(Must(reader.PersonIdsByBlind(kTenant, "blind-z")) == std::vector<std::string>{"a"});

  bench.Run(MakeCommand("", {{ItemKey("a")}}, [](const View& view) -> absl::StatusOr<Outcome> {
    ASSIGN_OR_RETURN(const Item item, ReadItem(view, ItemKey("a")));
    Outcome outcome = Outcomes({SetItem(ItemKey("a"), item, "Erased")});
    outcome.erase_persons = {"a"};
    return outcome;
  }));
  CHECK_FALSE(Must(reader.FindPerson(kTenant, "a")).has_value());
  CHECK(Must(reader.PersonIdsByBlind(kTenant, "blind-z")).empty());
  CHECK(Must(reader.FindPerson(kTenant, "b")).has_value());
}

}  // namespace
}  // namespace jinqi::ledger::conformance
