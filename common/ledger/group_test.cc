// Messages and dead letters: exactly once with the mark, in order per key (contract 14-16).
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>

#include "common/ledger/test_fixture.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

// Appends "<text>" to the note of a key.
Command Append(const std::string& id, const std::string& text) {
  return NoteCommand("", {id}, [id, text](const View& view) -> absl::StatusOr<Outcome> {
    const Record* record = view.Find(NoteKey(id));
    Outcome outcome;
    outcome.changes.push_back(SetNote(id, 0, (record == nullptr ? "" : TextOf(record->body)) + text));
    return outcome;
  });
}

Command Failing(const std::string& id, absl::Status status) {
  return NoteCommand("", {id}, [status](const View&) -> absl::StatusOr<Outcome> { return status; });
}

MessageGroup::Item Item(std::int64_t position, const std::string& key, std::optional<Command> command) {
  MessageGroup::Item item;
  item.command = std::move(command);
  item.letter = {"120000", "intake", 2, position, key, "Happened", "envelope", "", kStart, false};
  return item;
}

MessageGroup Group(std::int64_t from, std::vector<MessageGroup::Item> items) {
  MessageGroup group;
  group.from = {"intake", 2, from};
  group.items = std::move(items);
  return group;
}

absl::StatusOr<GroupResult> RunGroup(Ledger& ledger, MessageGroup group) {
  Waiter<GroupResult> waiter;
  ledger.SubmitGroup(std::move(group), waiter.Done());
  return waiter.Wait();
}

absl::Status Unpark(Ledger& ledger, std::vector<DeadLetter> letters, std::vector<Command> commands) {
  Waiter<Answer> waiter;
  const bool discard = commands.empty();
  ledger.SubmitUnpark(std::move(letters), std::move(commands), {"operator", "Decide", kStart, discard}, waiter.Done());
  return waiter.Wait().status();
}

std::string NoteText(Ledger& ledger, const std::string& id) {
  const auto record = ledger.reader().Get("120000", NoteKey(id));
  return record.ok() && record->has_value() ? TextOf((*record)->body) : "";
}

std::int64_t MarkPosition(Ledger& ledger) {
  const auto marks = ledger.reader().Marks();
  return marks.ok() && marks->size() == 1 ? marks->front().position : 0;
}

TEST_CASE("a group commits with its mark, once", "[NFR-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  const auto group = [] {
    return Group(0, {Item(1, "a", Append("a", "1")), Item(2, "b", std::nullopt), Item(5, "a", Append("a", "5"))});
  };
  const auto result = RunGroup(*ledger, group());
  REQUIRE(result.ok());
  CHECK(result->applied == 2);
  CHECK(result->skipped == 1);
  CHECK(MarkPosition(*ledger) == 5);
  CHECK(ReasonOf(RunGroup(*ledger, group()).status()) == config::v1::REASON_MARK_MOVED);
  CHECK(NoteText(*ledger, "a") == "15");
}

TEST_CASE("two groups of one partition fit in one batch", "[NFR-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  std::deque<Waiter<GroupResult>> waiters;
  {
    Fixture::Hold hold(*ledger);
    ledger->SubmitGroup(Group(0, {Item(1, "a", Append("a", "1"))}), waiters.emplace_back().Done());
    ledger->SubmitGroup(Group(1, {Item(2, "a", Append("a", "2"))}), waiters.emplace_back().Done());
    ledger->SubmitGroup(Group(1, {Item(2, "a", Append("a", "x"))}), waiters.emplace_back().Done());
  }
  CHECK(waiters[0].Wait().ok());
  CHECK(waiters[1].Wait().ok());
  CHECK(absl::IsAborted(waiters[2].Wait().status()));
  CHECK(MarkPosition(*ledger) == 2);
  CHECK(NoteText(*ledger, "a") == "12");
}

TEST_CASE("what fails for good is parked, and the later ones of its key behind it", "[NFR-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  auto result = RunGroup(*ledger, Group(0, {Item(1, "a", Failing("a", Error(config::v1::REASON_ILLEGAL_MOVE))),
                                            Item(2, "a", Append("a", "2")), Item(3, "b", Append("b", "3"))}));
  REQUIRE(result.ok());
  CHECK(result->applied == 1);
  CHECK(result->parked == 2);
  result = RunGroup(*ledger, Group(3, {Item(4, "a", Append("a", "4")), Item(5, "b", Append("b", "5"))}));
  REQUIRE(result.ok());
  CHECK(result->parked == 1);
  CHECK(NoteText(*ledger, "a").empty());
  CHECK(NoteText(*ledger, "b") == "35");

  auto letters = *ledger->reader().DeadLetters(10);
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].reason == "ILLEGAL_MOVE");
  CHECK(letters[1].reason == "KEY_PARKED");
  CHECK(letters[0].envelope == "envelope");

  SECTION("a retry that is refused again leaves all of them") {
    CHECK_FALSE(
        Unpark(*ledger, letters, {Append("a", "1"), Failing("a", absl::InvalidArgumentError("")), Append("a", "4")})
            .ok());
    CHECK(ledger->reader().DeadLetters(10)->size() == 3);
    CHECK(NoteText(*ledger, "a").empty());
  }
  SECTION("a retry runs them in order and takes them away") {
    CHECK(Unpark(*ledger, letters, {Append("a", "1"), Append("a", "2"), Append("a", "4")}).ok());
    CHECK(NoteText(*ledger, "a") == "124");
    CHECK(ledger->reader().DeadLetters(10)->empty());
    CHECK(ReasonOf(Unpark(*ledger, letters, {})) == config::v1::REASON_NOT_FOUND);
  }
  SECTION("a discard lets the key go on") {
    CHECK(Unpark(*ledger, letters, {}).ok());
    CHECK(RunGroup(*ledger, Group(5, {Item(6, "a", Append("a", "6"))}))->applied == 1);
    CHECK(NoteText(*ledger, "a") == "6");
  }
}

TEST_CASE("a transient refusal leaves the group for later", "[NFR-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  int runs = 0;
  Command sometimes = NoteCommand("", {"a"}, [&runs](const View&) -> absl::StatusOr<Outcome> {
    if (++runs < 3) return absl::UnavailableError("not yet");
    Outcome outcome;
    outcome.changes.push_back(SetNote("a", 0, "at last"));
    return outcome;
  });
  CHECK(RunGroup(*ledger, Group(0, {Item(1, "b", Append("b", "1")), Item(2, "a", sometimes)})).ok());
  CHECK(NoteText(*ledger, "b") == "1");
  CHECK(NoteText(*ledger, "a") == "at last");
  const auto never = RunGroup(
      *ledger, Group(2, {Item(3, "b", Append("b", "3")), Item(4, "a", Failing("a", absl::UnavailableError("no")))}));
  CHECK(absl::IsUnavailable(never.status()));
  CHECK(NoteText(*ledger, "b") == "1");
  CHECK(MarkPosition(*ledger) == 2);
}

TEST_CASE("a message that cannot be run is parked alone, the others of its group go on", "[NFR-04]") {
  struct Row {
    const char* what;
    Command command;
    const char* reason;
  };
  Command crowd = Append("a", "x");
  for (int i = 0; i < 101; ++i) crowd.names.push_back({NoteKey("n" + std::to_string(i)), Access::kRely});
  Command bad_id = Append("a", "x");
  bad_id.request_id = "with a blank";
  Command undecided = Append("a", "x");
  undecided.decide = nullptr;
  Command unknown_kind = Append("a", "x");
  unknown_kind.names.push_back({{"unknown", "u"}, Access::kRely});
  int asked = 0;
  const Command asking = NoteCommand("", {}, [&asked](const View&) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.need = {{NoteKey("more" + std::to_string(++asked)), Access::kRely}};
    return outcome;
  });
  const Row rows[] = {
      {"names 101 records", crowd, "INVALID_ARGUMENT"},
      {"has a bad request id", bad_id, "REQUEST_ID_INVALID"},
      {"has no decision", undecided, "INVALID_ARGUMENT"},
      {"is refused by the database", unknown_kind, "INVALID_ARGUMENT"},
      {"asks for records without end", asking, "FAILED_PRECONDITION"},
      {"is aborted again and again", Failing("a", absl::AbortedError("")), "FAILED_PRECONDITION"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Fixture fixture;
    auto ledger = fixture.Open();
    std::vector<MessageGroup::Item> items;
    for (int i = 1; i <= 9; ++i) {
      const std::string key = "k" + std::to_string(i);
      items.push_back(Item(i, key, i == 6 ? row.command : Append(key, "said")));
    }
    const auto result = RunGroup(*ledger, Group(0, std::move(items)));
    REQUIRE(result.ok());
    CHECK(result->applied == 8);
    CHECK(result->parked == 1);
    CHECK(MarkPosition(*ledger) == 9);
    CHECK(NoteText(*ledger, "k5") == "said");
    CHECK(NoteText(*ledger, "k9") == "said");
    const auto letters = *ledger->reader().DeadLetters(10);
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].position == 6);
    CHECK(letters[0].reason == row.reason);
    CHECK(RunGroup(*ledger, Group(9, {Item(10, "k1", Append("k1", ", again"))})).ok());
    CHECK(NoteText(*ledger, "k1") == "said, again");
  }
}

TEST_CASE("a group whose items ask for names asks for all of them at once", "[NFR-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  std::vector<MessageGroup::Item> items;
  for (int i = 1; i <= 8; ++i) {
    const std::string id = "n" + std::to_string(i);
    Command command = NoteCommand("", {}, [id](const View& view) -> absl::StatusOr<Outcome> {
      Outcome outcome;
      if (view.now() == kStart) {
        outcome.need = {{NoteKey(id), Access::kChange}, {NoteKey("base"), Access::kRely}};
        return outcome;
      }
      outcome.changes.push_back(SetNote(id, 0, "named"));
      return outcome;
    });
    items.push_back(Item(i, id, command));
  }
  Command base = Append("base", "b");
  base.time = kStart + 1;
  REQUIRE(ledger->Run(base).ok());
  const auto before = ledger->counters();
  const auto result = RunGroup(*ledger, Group(0, items));
  REQUIRE(result.ok());
  CHECK(result->applied == 8);
  CHECK(ledger->counters().batches - before.batches == 2);
}

TEST_CASE("a group whose question must see an earlier item commits up to it", "[NFR-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  Command count = NoteCommand("", {"a"}, [](const View& view) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.changes.push_back(SetNote("a", 0, "counted " + std::to_string(view.Answer(0).count)));
    return outcome;
  });
  Query query;
  query.kind = "note";
  query.count_only = true;
  count.questions = {query};
  const auto result = RunGroup(*ledger, Group(0, {Item(1, "a", Append("a", "1")), Item(2, "b", Append("b", "2")),
                                                  Item(3, "a", count), Item(4, "c", Append("c", "4"))}));
  REQUIRE(result.ok());
  CHECK(result->applied == 4);
  CHECK(MarkPosition(*ledger) == 4);
  CHECK(NoteText(*ledger, "a") == "counted 2");
  CHECK(NoteText(*ledger, "c") == "4");
}

TEST_CASE("leases, the outbox' passing and the expiry of request ids", "[NFR-04]") {
  Fixture fixture;
  fixture.options.partitions = 1;
  auto ledger = fixture.Open();
  Maintenance& keeper = ledger->maintenance();
  CHECK(keeper.Lease("relay", "one", 100, 50)->value() == 1);
  CHECK(keeper.Lease("relay", "one", 120, 50)->value() == 1);
  CHECK_FALSE(keeper.Lease("relay", "two", 140, 50)->has_value());
  CHECK(keeper.Lease("relay", "two", 170, 50)->value() == 2);
  CHECK(keeper.ReleaseLease("relay", "two").ok());
  CHECK(keeper.Lease("relay", "one", 171, 50)->value() == 3);

  Command told = NoteCommand("r1", {"a"}, [](const View&) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.changes.push_back(SetNote("a", 0, ""));
    outcome.changes.back().events[0].message = Outgoing{"Told", "a text", true};
    return outcome;
  });
  REQUIRE(ledger->Run(told).ok());
  REQUIRE(ledger->Run(Count("r2", "a")).ok());
  CHECK(ledger->reader().Outbox(0, 0, 10)->front().payload == "a text");
  CHECK(keeper.PassOutbox(0, 1, kStart).ok());
  CHECK(keeper.PassedOutbox()->front() == 1);
  auto rows = *ledger->reader().Outbox(0, 0, 10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].payload.empty());
  CHECK(rows[0].transient);
  CHECK(rows[1].payload == "1");
  CHECK(keeper.PassOutbox(0, 2, kStart + 1).ok());
  CHECK(ledger->reader().Outbox(0, 0, 10)->empty());
  CHECK(ledger->reader().OutboxEnds()->front() == 2);

  constexpr Micros kDay = Micros{24} * 3600 * 1'000'000;
  CHECK(*keeper.ExpireRequests(kStart + kDay - 1, 10) == 0);
  CHECK(*keeper.ExpireRequests(kStart + kDay, 1) == 1);
  CHECK(*keeper.ExpireRequests(kStart + kDay, 10) == 1);
}

}  // namespace
}  // namespace jinqi::ledger
