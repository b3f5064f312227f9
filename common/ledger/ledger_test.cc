#include "common/ledger/ledger.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <stdexcept>
#include <thread>

#include "common/ledger/test_fixture.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

std::string BytesOf(const absl::StatusOr<Answer>& answer) {
  INFO(answer.status().ToString());
  REQUIRE(answer.ok());
  return answer->bytes;
}

void CheckWhole(Fixture& fixture) {
  const auto verified = Verify(fixture.options.database, {NoteKind()}, {}, nullptr);
  REQUIRE(verified.ok());
  for (const Finding& finding : verified->findings) FAIL_CHECK(finding.what << " " << finding.where);
}

TEST_CASE("a command commits its record, history, message and answer", "[SEC-01]") {
  Fixture fixture;
  {
    auto ledger = fixture.Open();
    CHECK(BytesOf(ledger->Run(Count("r1", "a"))) == "1");
    CHECK(BytesOf(ledger->Run(Count("r2", "a"))) == "2");
    const auto record = ledger->reader().Get("120000", NoteKey("a"));
    REQUIRE(record.ok());
    REQUIRE(record->has_value());
    CHECK((*record)->version == 2);
    CHECK((*record)->sequence == 2);
    CHECK((*record)->sent == 2);
    CHECK((*record)->body == "2|count");
    const auto history = ledger->reader().History("120000", NoteKey("a"));
    REQUIRE(history.ok());
    REQUIRE(history->size() == 2);
    CHECK((*history)[1].hash == (*record)->head);
    CHECK((*history)[1].block == 2);
    const auto ends = ledger->reader().OutboxEnds();
    REQUIRE(ends.ok());
    std::int64_t sent = 0;
    for (std::size_t i = 0; i < ends->size(); ++i) {
      const auto rows = ledger->reader().Outbox(static_cast<int>(i), 0, 10);
      REQUIRE(rows.ok());
      for (const OutboxRow& row : *rows) {
        CHECK(row.key == "a");
        CHECK(row.key_sequence == ++sent);
        CHECK(row.position == sent);
      }
    }
    CHECK(sent == 2);
  }
  // The records outlive the process.
  auto ledger = fixture.Open();
  CHECK(BytesOf(ledger->Run(Count("r3", "a"))) == "3");
  CHECK(BytesOf(ledger->Run(Count("r1", "a"))) == "1");
  CheckWhole(fixture);
}

TEST_CASE("a request id answers once", "[INT-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  CHECK_FALSE(ledger->Run(Count("r1", "a"))->replayed);
  const auto again = ledger->Run(Count("r1", "a"));
  CHECK(BytesOf(again) == "1");
  CHECK(again->replayed);
  Command other = Count("r1", "a");
  other.request_hash = "of another message";
  CHECK(ReasonOf(ledger->Run(other).status()) == config::v1::REASON_REQUEST_ID_REUSED);
  other = Count("r1", "a");
  other.caller = "another";
  CHECK(BytesOf(ledger->Run(other)) == "2");
  CHECK(ReasonOf(ledger->Run(Count(std::string(65, 'x'), "a")).status()) == config::v1::REASON_REQUEST_ID_INVALID);
  CHECK(ReasonOf(ledger->Run(Count("a\nb", "a")).status()) == config::v1::REASON_REQUEST_ID_INVALID);
  CHECK(BytesOf(ledger->Run(Count(std::string(64, 'x'), "a"))) == "3");
  CHECK(ledger->counters().replays == 1);
}

TEST_CASE("an error is not stored", "[INT-04]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  Command refused = NoteCommand("r1", {"a"}, [](const View&) { return Error(config::v1::REASON_PERMISSION_DENIED); });
  CHECK(ReasonOf(ledger->Run(refused).status()) == config::v1::REASON_PERMISSION_DENIED);
  Command unchanged = NoteCommand("r1", {"a"}, [](const View&) {
    Outcome outcome;
    outcome.answer = "nothing to do";
    return outcome;
  });
  CHECK(BytesOf(ledger->Run(unchanged)) == "nothing to do");
  CHECK(ledger->Run(unchanged)->replayed);
}

TEST_CASE("many changes of one record fit in one batch", "[RTE-01]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  std::deque<Waiter<Answer>> waiters;
  {
    Fixture::Hold hold(*ledger);
    for (int i = 0; i < 10; ++i) {
      ledger->Submit(Count("r" + std::to_string(i), "hot"), waiters.emplace_back().Done());
      ledger->Submit(Count("r" + std::to_string(i), "hot"), waiters.emplace_back().Done());
    }
  }
  int i = 0;
  for (Waiter<Answer>& waiter : waiters) {
    CHECK(BytesOf(waiter.Wait()) == std::to_string(i / 2 + 1));
    CHECK(waiter.Wait()->replayed == (i % 2 == 1));
    ++i;
  }
  CHECK(ledger->counters().batches == 2);
  const auto history = ledger->reader().History("120000", NoteKey("hot"));
  REQUIRE(history->size() == 10);
  for (const HistoryRow& row : *history) CHECK(row.block == 1);
  CHECK((*history)[9].place == 10);
  CheckWhole(fixture);
}

TEST_CASE("a refused command leaves nothing of itself in the batch", "[RTE-01]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  const auto bad = [](const View&) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.changes = {SetNote("a", 7, "first")};
    outcome.changes.push_back({NoteKey("a"), "no note", std::nullopt, {{"NoteSet", "", std::nullopt}}});
    return outcome;
  };
  Waiter<Answer> first;
  Waiter<Answer> second;
  Waiter<Answer> third;
  {
    Fixture::Hold hold(*ledger);
    ledger->Submit(Count("r1", "a"), first.Done());
    ledger->Submit(NoteCommand("r2", {"a"}, bad), second.Done());
    ledger->Submit(Count("r3", "a"), third.Done());
  }
  CHECK(BytesOf(first.Wait()) == "1");
  CHECK(second.Wait().status().code() == absl::StatusCode::kInternal);
  CHECK(BytesOf(third.Wait()) == "2");
  CheckWhole(fixture);
}

TEST_CASE("programming errors are answered, not crashed on", "[GWY-08]") {
  Fixture fixture;
  std::vector<std::string> log;
  fixture.options.log = [&log](std::string_view line) { log.emplace_back(line); };
  auto ledger = fixture.Open();
  struct Row {
    const char* id;
    Decide decide;
    const char* said;
  };
  const Row rows[] = {
      {"unnamed look",
       [](const View& view) -> absl::StatusOr<Outcome> {
         (void)view.Find(NoteKey("b"));
         return Outcome{};
       },
       "looked at note/b"},
      {"unnamed change",
       [](const View&) -> absl::StatusOr<Outcome> {
         Outcome outcome;
         outcome.changes.push_back(SetNote("b", 1, ""));
         return outcome;
       },
       "changes note/b"},
      {"no event",
       [](const View&) -> absl::StatusOr<Outcome> {
         Outcome outcome;
         outcome.changes.push_back({NoteKey("a"), Body(1, ""), std::nullopt, {}});
         return outcome;
       },
       "without an event"},
      {"throws", [](const View&) -> absl::StatusOr<Outcome> { throw std::runtime_error("oh"); }, "threw oh"},
      {"no question",
       [](const View& view) -> absl::StatusOr<Outcome> {
         (void)view.Answer(0);
         return Outcome{};
       },
       "question 0"},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    CHECK(ledger->Run(NoteCommand("", {"a"}, row.decide)).status().code() == absl::StatusCode::kInternal);
    REQUIRE_FALSE(log.empty());
    CHECK_THAT(log.back(), Catch::Contains(row.said));
  }
  std::vector<std::string> ids;
  for (int i = 0; i < 101; ++i) ids.push_back(std::to_string(i));
  CHECK(ledger->Run(NoteCommand("", ids, rows[0].decide)).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_FALSE(ledger->reader().Get("120000", NoteKey("a"))->has_value());
}

TEST_CASE("a decision may ask for more names, five times", "[RTE-01]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  REQUIRE(ledger->Run(Count("", "b")).ok());
  int runs = 0;
  const auto ask = [&runs](int times) {
    return [&runs, times](const View&) -> absl::StatusOr<Outcome> {
      Outcome outcome;
      if (runs++ < times) outcome.need = {{NoteKey("need" + std::to_string(runs)), Access::kRely}};
      outcome.answer = "done";
      return outcome;
    };
  };
  CHECK(BytesOf(ledger->Run(NoteCommand("r1", {"a"}, ask(5)))) == "done");
  CHECK(runs == 6);
  runs = 0;
  CHECK(absl::IsAborted(ledger->Run(NoteCommand("r2", {"a"}, ask(6))).status()));
  Command found = NoteCommand("r3", {}, [](const View& view) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    if (view.now() == kStart - 5) {
      outcome.need = {{NoteKey("b"), Access::kRely}};
      return outcome;
    }
    outcome.answer = view.Find(NoteKey("b"))->body;
    return outcome;
  });
  found.time = kStart - 5;
  CHECK(BytesOf(ledger->Run(found)) == "1|count");
}

TEST_CASE("a question sees what was committed before its command", "[RTE-09]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  // Members rely on their parent; who counts them changes it.
  const auto add = [](const std::string& id) {
    Command command = NoteCommand("", {id}, [id](const View&) -> absl::StatusOr<Outcome> {
      Outcome outcome;
      outcome.changes.push_back(SetNote(id, 1, "member"));
      return outcome;
    });
    command.names.push_back({NoteKey("parent"), Access::kRely});
    return command;
  };
  Command count = NoteCommand("", {"parent"}, [](const View& view) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.answer = std::to_string(view.Answer(0).count);
    outcome.changes.push_back(SetNote("parent", 0, "counted " + outcome.answer));
    return outcome;
  });
  Query query;
  query.kind = "note";
  query.where = {{"text", Comparison::kEqual, {std::string("member")}}};
  query.count_only = true;
  count.questions = {query};
  std::deque<Waiter<Answer>> waiters;
  {
    Fixture::Hold hold(*ledger);
    for (int i = 0; i < 3; ++i) {
      ledger->Submit(add("m" + std::to_string(i)), waiters.emplace_back().Done());
      ledger->Submit(count, waiters.emplace_back().Done());
    }
  }
  for (Waiter<Answer>& waiter : waiters) REQUIRE(waiter.Wait().ok());
  // All members came with the first batch.
  CHECK(waiters[1].Wait()->bytes == "3");
  CHECK(waiters[3].Wait()->bytes == "3");
  CHECK(waiters[5].Wait()->bytes == "3");
  CHECK(ledger->counters().reruns >= 3);
  CheckWhole(fixture);
}

TEST_CASE("a command is never before its records", "[RTE-01]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  Command late = Count("r1", "a");
  late.time = kStart + 1000;
  REQUIRE(ledger->Run(late).ok());
  REQUIRE(ledger->Run(Count("r2", "a")).ok());
  const auto history = ledger->reader().History("120000", NoteKey("a"));
  CHECK((*history)[1].time == kStart + 1000);
}

TEST_CASE("lists page by keyset and take only known columns", "[GWY-05]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  for (int i = 0; i < 7; ++i) {
    const std::string id = "n" + std::to_string(i);
    Command command = NoteCommand("", {id}, [id, i](const View&) -> absl::StatusOr<Outcome> {
      Outcome outcome;
      outcome.changes.push_back(SetNote(id, i / 2, i % 2 == 0 ? "even" : "odd"));
      return outcome;
    });
    REQUIRE(ledger->Run(command).ok());
  }
  for (const bool descending : {false, true}) {
    Query query;
    query.kind = "note";
    query.order_by = "rank";
    query.descending = descending;
    query.limit = 2;
    std::vector<std::string> ids;
    while (true) {
      const auto rows = ledger->reader().List("120000", query);
      REQUIRE(rows.ok());
      if (rows->records.empty()) break;
      for (const Record& record : rows->records) ids.push_back(record.key.id);
      query.after = std::make_pair(rows->order_values.back(), rows->records.back().key.id);
    }
    std::vector<std::string> expected = {"n0", "n1", "n2", "n3", "n4", "n5", "n6"};
    if (descending) std::reverse(expected.begin(), expected.end());
    CHECK(ids == expected);
  }
  Query query;
  query.kind = "note";
  query.where = {{"rank", Comparison::kIn, {Value{std::int64_t{0}}, Value{std::int64_t{3}}}}};
  CHECK(ledger->reader().List("120000", query)->count == 3);
  query.where = {{"rank; DROP TABLE note", Comparison::kEqual, {Value{std::int64_t{0}}}}};
  CHECK(absl::IsInvalidArgument(ledger->reader().List("120000", query).status()));
  query.where.clear();
  query.order_by = "nothing";
  CHECK(absl::IsInvalidArgument(ledger->reader().List("120000", query).status()));
  CHECK(ledger->reader().ListBySide("120000", "note", "word", "odd", "n1", 10)->count == 2);
  CHECK(ledger->reader().ListBySide("120001", "note", "word", "odd", "", 10)->count == 0);
}

TEST_CASE("a start refuses what is unsafe", "[NFR-03]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  const auto open = [&fixture](const Options& options, const std::map<std::string, std::string>& migrations) {
    return ReasonOf(Ledger::Open(options, {NoteKind()}, migrations, &fixture.clock).status());
  };
  CHECK(open(fixture.options, NoteMigrations()) == config::v1::REASON_WRITER_IN_USE);
  Options other = fixture.options;
  other.writer = "w2";
  CHECK(open(other, {}) == config::v1::REASON_SCHEMA_NEWER);
  CHECK(open(other, {{"0001_note.sql", "SELECT 1;"}}) == config::v1::REASON_SCHEMA_CHANGED);
  other.database += "?synchronous=NORMAL";
  CHECK(open(other, NoteMigrations()) == config::v1::REASON_NOT_DURABLE);
  ledger->Stop();
  CHECK(ReasonOf(ledger->Run(Count("", "a")).status()) == config::v1::REASON_UNAVAILABLE);
}

TEST_CASE("Stop finishes what waits", "[NFR-03]") {
  Fixture fixture;
  auto ledger = fixture.Open();
  std::deque<Waiter<Answer>> waiters;
  std::thread stopper;
  {
    Fixture::Hold hold(*ledger);
    for (int i = 0; i < 5; ++i) ledger->Submit(Count("", "a"), waiters.emplace_back().Done());
    stopper = std::thread([&ledger] { ledger->Stop(); });
  }
  for (Waiter<Answer>& waiter : waiters) CHECK(waiter.Wait().ok());
  stopper.join();
}

TEST_CASE("too many waiting commands are turned away", "[NFR-02]") {
  Fixture fixture;
  fixture.options.max_waiting = 2;
  auto ledger = fixture.Open();
  std::deque<Waiter<Answer>> waiters;
  Fixture::Hold hold(*ledger);
  for (int i = 0; i < 3; ++i) ledger->Submit(Count("", "a"), waiters.emplace_back().Done());
  CHECK(ReasonOf(waiters[2].Wait().status()) == config::v1::REASON_OVERLOADED);
  hold.Release();
  CHECK(waiters[0].Wait().ok());
}

}  // namespace
}  // namespace jinqi::ledger
