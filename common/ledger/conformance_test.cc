// Points 1 to 7, 9 and 10 of the contract, each on both databases.
#include "common/ledger/conformance.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/testing/catch_status.h"

namespace jinqi::ledger::conformance {
namespace {

using testing::Must;

#define ON_BOTH_DATABASES                                                 \
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres); \
  INFO("on " << BackendName(backend));                                    \
  const TestDatabase database(backend);                                   \
  Bench bench(database)

TEST_CASE("a change raises version, sequence, sent and time, and is told by the history", "[ledger-2][ledger-11]") {
  ON_BOTH_DATABASES;
  CHECK(bench.Get(ItemKey("x")).version == 0);
  CHECK(bench.Run(AddTo("x", 5, "r1")) == "5");
  bench.clock().Advance(clock::kHour);
  Command second = AddTo("x", 2, "r2");
  second.time = kStart + 7;
  CHECK(bench.Run(second) == "7");

  const Record record = bench.Get(ItemKey("x"));
  CHECK(record.version == 2);
  CHECK(record.sequence == 2);
  CHECK(record.sent == 2);
  CHECK(record.time == kStart + 7);
  CHECK(Item::Decode(record.body)->count == 7);
  const std::vector<HistoryRow> rows = bench.History(ItemKey("x"));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].sequence == 1);
  CHECK(rows[1].sequence == 2);
  CHECK(rows[1].time == kStart + 7);
  CHECK(rows[1].caller == "seat/7");
  CHECK(rows[1].method == "Test");
  CHECK(rows[1].type == "Changed");
  CHECK(rows[1].data == "7");
  CHECK(rows[1].writer == "w1");
  CHECK(rows[1].block == rows[0].block + 1);
  CHECK(record.head == rows[1].hash);
  CHECK(rows[0].hash != rows[1].hash);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("the time of a command is never before the last event of its records", "[ledger-1]") {
  ON_BOTH_DATABASES;
  Command late = AddTo("x", 1);
  late.time = kStart + 1000;
  bench.Run(late);
  Micros seen = 0;
  Command early = MakeCommand("", {{ItemKey("x")}}, [&seen](const View& view) -> absl::StatusOr<Outcome> {
    seen = view.now();
    return Outcomes({SetItem(ItemKey("x"), Item())});
  });
  early.time = kStart;
  bench.Run(early);
  CHECK(seen == kStart + 1000);
  CHECK(bench.Get(ItemKey("x")).time == kStart + 1000);
}

TEST_CASE("a decision that refuses leaves nothing, and its error is told as it is", "[ledger-9]") {
  ON_BOTH_DATABASES;
  bench.Run(AddTo("x", 1));
  const absl::StatusOr<Answer> refused = bench.Try(Refusing("x", "r1"));
  CHECK(ReasonOf(refused.status()) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK(MetadataOf(refused.status()).at("from") == "a");
  CHECK(bench.Get(ItemKey("x")).version == 1);
  // Errors are not stored: the same id may succeed later.
  CHECK(bench.Run(AddTo("x", 1, "r1")) == "2");
}

TEST_CASE("what breaks the rules of a command is refused and hurts nobody else", "[ledger-1][ledger-2][ledger-3]") {
  ON_BOTH_DATABASES;
  bench.Run(AddTo("x", 1));
  std::vector<Name> hundred;
  for (int i = 0; i < 100; ++i) hundred.push_back({ItemKey(absl::StrCat("n", i))});
  const Decide nothing = [](const View&) -> absl::StatusOr<Outcome> { return Outcome(); };
  CHECK_OK(bench.Try(MakeCommand("", hundred, nothing)));
  hundred.push_back({ItemKey("more")});
  CHECK_FALSE(bench.Try(MakeCommand("", hundred, nothing)).ok());

  std::vector<Command> commands;
  commands.push_back(AddTo("x", 1));
  // Changes a record that it does not name; one that it only relies on; without an event; of an unknown kind; throws.
  commands.push_back(MakeCommand("", {{ItemKey("x")}}, [](const View&) -> absl::StatusOr<Outcome> {
    return Outcomes({SetItem(ItemKey("y"), Item())});
  }));
  commands.push_back(MakeCommand("", {{ItemKey("x"), Access::kRely}}, [](const View&) -> absl::StatusOr<Outcome> {
    return Outcomes({SetItem(ItemKey("x"), Item())});
  }));
  commands.push_back(MakeCommand("", {{ItemKey("x")}}, [](const View&) -> absl::StatusOr<Outcome> {
    Change change = SetItem(ItemKey("x"), Item());
    change.events.clear();
    return Outcomes({change});
  }));
  commands.push_back(MakeCommand("", {{ItemKey("x")}}, [](const View& view) -> absl::StatusOr<Outcome> {
    view.Find(ItemKey("unnamed"));
    return Outcomes({SetItem(ItemKey("x"), Item())});
  }));
  commands.push_back(MakeCommand("", {{ItemKey("x")}},
                                 [](const View&) -> absl::StatusOr<Outcome> { throw std::runtime_error("no"); }));
  commands.push_back(MakeCommand("", {{Key{"unknown", "x"}}}, nothing));
  commands.push_back(AddTo("x", 1));
  const auto answers = bench.RunTogether(std::move(commands));
  CHECK_OK(answers.front());
  CHECK_OK(answers.back());
  for (std::size_t i = 1; i + 1 < answers.size(); ++i) {
    INFO("command " << i);
    CHECK_FALSE(answers[i].ok());
  }
  CHECK(bench.CountOf("x") == 3);
  CHECK(bench.Get(ItemKey("y")).version == 0);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a known request id answers with its stored answer, also after a restart", "[ledger-9][ledger-6]") {
  ON_BOTH_DATABASES;
  CHECK(bench.Run(AddTo("x", 5, "r1")) == "5");
  bench.Run(AddTo("x", 1, "r2"));
  const Answer again = Must(bench.Try(AddTo("x", 5, "r1")));
  CHECK(again.replayed);
  CHECK(again.bytes == "5");
  bench.Reopen();
  CHECK(Must(bench.Try(AddTo("x", 5, "r1"))).bytes == "5");
  CHECK(bench.CountOf("x") == 6);

  Command other = AddTo("x", 9, "r1");
  other.request_hash = "another";
  CHECK(ReasonOf(bench.Try(other).status()) == config::v1::REASON_REQUEST_ID_REUSED);
  CHECK(bench.CountOf("x") == 6);

  // The scope of an id: tenant, caller, method.
  for (const auto& change : std::vector<std::function<void(Command&)>>{
           [](Command& command) { command.caller = "seat/8"; }, [](Command& command) { command.method = "Other"; },
           [](Command& command) { command.tenant = "elsewhere"; }}) {
    Command command = AddTo("x", 1, "r1");
    change(command);
    CHECK_FALSE(Must(bench.Try(command)).replayed);
  }
  CHECK(bench.CountOf("x") == 8);
}

TEST_CASE("a request id has 1 to 64 printable characters", "[ledger-9]") {
  ON_BOTH_DATABASES;
  CHECK_OK(bench.Try(AddTo("x", 1, std::string(64, 'r'))));
  for (const std::string& id :
       {std::string(65, 'r'), std::string("with blank"), std::string("\n"), std::string("号")}) {
    INFO(id);
    const absl::Status status = bench.Try(AddTo("x", 1, id)).status();
    CHECK(ReasonOf(status) == config::v1::REASON_REQUEST_ID_INVALID);
  }
  CHECK(bench.CountOf("x") == 1);
}

TEST_CASE("fifty calls with one request id take effect once", "[ledger-9]") {
  ON_BOTH_DATABASES;
  std::vector<absl::StatusOr<Answer>> answers(50, absl::UnknownError(""));
  std::vector<std::thread> threads;
  for (auto& answer : answers) {
    threads.emplace_back([&bench, &answer] { answer = bench.Try(AddTo("x", 1, "r1")); });
  }
  for (std::thread& thread : threads) thread.join();
  int fresh = 0;
  for (const auto& answer : answers) {
    CHECK_OK(answer);
    CHECK(answer->bytes == "1");
    fresh += answer->replayed ? 0 : 1;
  }
  CHECK(fresh == 1);
  CHECK(bench.CountOf("x") == 1);
}

TEST_CASE("one request id twice in a batch takes effect once, another message under it is refused", "[ledger-9]") {
  ON_BOTH_DATABASES;
  Command other = AddTo("x", 7, "r1");
  other.request_hash = "another";
  const auto answers =
      bench.RunTogether({AddTo("x", 1, "r1"), AddTo("x", 1, "r1"), other, Refusing("x", "r2"), AddTo("x", 1, "r2")});
  CHECK_FALSE(Must(answers[0]).replayed);
  CHECK(Must(answers[1]).replayed);
  CHECK(answers[1]->bytes == "1");
  CHECK(ReasonOf(answers[2].status()) == config::v1::REASON_REQUEST_ID_REUSED);
  CHECK_FALSE(answers[3].ok());
  CHECK(Must(answers[4]).bytes == "2");
  CHECK(bench.CountOf("x") == 2);
}

TEST_CASE("request ids are forgotten when they expire, a bounded number at a time", "[ledger-9]") {
  ON_BOTH_DATABASES;
  for (int i = 0; i < 5; ++i) bench.Run(AddTo("x", 1, absl::StrCat("r", i)));
  Maintenance& maintenance = bench.ledger().maintenance();
  const Micros day = 24 * clock::kHour;
  CHECK(Must(maintenance.ExpireRequests(kStart + day - 1, 100)) == 0);
  CHECK(Must(bench.Try(AddTo("x", 1, "r0"))).replayed);
  CHECK(Must(maintenance.ExpireRequests(kStart + day, 3)) == 3);
  CHECK(Must(maintenance.ExpireRequests(kStart + day, 100)) == 2);
  CHECK_FALSE(Must(bench.Try(AddTo("x", 1, "r0"))).replayed);
}

TEST_CASE("ten changes of a hot record fit in one batch", "[ledger-6]") {
  ON_BOTH_DATABASES;
  std::vector<Command> commands;
  for (int i = 0; i < 10; ++i) commands.push_back(AddTo("hot", 1, absl::StrCat("r", i)));
  commands.push_back(Refusing("hot"));
  const std::int64_t batches = bench.ledger().counters().batches;
  const auto answers = bench.RunTogether(std::move(commands));
  for (int i = 0; i < 10; ++i) CHECK(Must(answers[static_cast<std::size_t>(i)]).bytes == std::to_string(i + 1));
  CHECK(bench.ledger().counters().batches == batches + 2);
  CHECK(bench.Get(ItemKey("hot")).version == 10);
  CHECK(bench.History(ItemKey("hot")).size() == 10);
  CHECK(HistoryFault(bench, ItemKey("hot")).empty());
  CHECK(OutboxFault(bench).empty());
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a command sees what was decided before it in its batch, also of records that it relies on", "[ledger-6]") {
  ON_BOTH_DATABASES;
  const auto copy = [](const std::string& from, const std::string& to) {
    return MakeCommand("", {{ItemKey(from), Access::kRely}, {ItemKey(to)}},
                       [from, to](const View& view) -> absl::StatusOr<Outcome> {
                         ASSIGN_OR_RETURN(const Item item, ReadItem(view, ItemKey(from)));
                         return Outcomes({SetItem(ItemKey(to), item)});
                       });
  };
  const auto answers = bench.RunTogether({AddTo("a", 3), copy("a", "b"), AddTo("a", 1), copy("a", "c")});
  for (const auto& answer : answers) CHECK_OK(answer);
  CHECK(bench.CountOf("b") == 3);
  CHECK(bench.CountOf("c") == 4);
  // To be relied on raises nothing.
  CHECK(bench.Get(ItemKey("a")).version == 2);
}

// Makes an item in a group unless the group has three: a rule over a set, held by its parent record.
Command JoinGroup(const std::string& id, std::int64_t most) {
  Command command = MakeCommand("join-" + id, {{ParentKey("p")}, {ItemKey(id)}}, nullptr);
  Query query;
  query.kind = "item";
  query.where = {{"grp", Comparison::kEqual, {std::string("g")}}};
  query.count_only = true;
  query.limit = 100;
  command.questions = {query};
  command.decide = [id, most](const View& view) -> absl::StatusOr<Outcome> {
    if (view.Answer(0).count >= most) return Error(config::v1::REASON_OUT_OF_RANGE);
    Item item;
    item.group = "g";
    ASSIGN_OR_RETURN(Item parent, ReadItem(view, ParentKey("p")));
    ++parent.count;
    return Outcomes({SetItem(ItemKey(id), item), SetItem(ParentKey("p"), parent)});
  };
  return command;
}

TEST_CASE("a question under the parent's lock sees what its batch decided before", "[ledger-4]") {
  ON_BOTH_DATABASES;
  std::vector<Command> commands;
  for (int i = 0; i < 8; ++i) commands.push_back(JoinGroup(absl::StrCat("m", i), 3));
  const auto answers = bench.RunTogether(std::move(commands));
  CHECK(std::count_if(answers.begin(), answers.end(), [](const auto& answer) { return answer.ok(); }) == 3);
  CHECK(bench.Get(ParentKey("p")).version == 3);
}

TEST_CASE("two writers keep a rule over a set", "[ledger-4]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&, i] {
      if ((i % 2 == 0 ? first : second).Try(JoinGroup(absl::StrCat("m", i), 7)).ok()) ++accepted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(accepted == 7);
  CHECK(database.Ask("SELECT count(*) FROM item WHERE grp = 'g'") == "7");
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a decision may ask for records that it learns of, five times", "[ledger-4]") {
  ON_BOTH_DATABASES;
  bench.Run(AddTo("a", 1));
  const auto follow = [](int steps) {
    return MakeCommand("", {{ItemKey("s0")}}, [steps, asked = std::make_shared<int>(0)](const View& view) mutable {
      Outcome outcome;
      if (*asked < steps) {
        ++*asked;
        outcome.need = {{ItemKey(absl::StrCat("s", *asked))}};
        return absl::StatusOr<Outcome>(outcome);
      }
      view.Find(ItemKey(absl::StrCat("s", steps)));
      return absl::StatusOr<Outcome>(Outcomes({SetItem(ItemKey(absl::StrCat("s", steps)), Item())}, "found"));
    });
  };
  CHECK(bench.Run(follow(1)) == "found");
  CHECK(bench.Run(follow(5)) == "found");
  CHECK_FALSE(bench.Try(follow(6)).ok());
  CHECK(bench.Get(ItemKey("s5")).version == 1);
}

TEST_CASE("lists answer by their index, in pages without gap or repetition", "[ledger-10]") {
  ON_BOTH_DATABASES;
  std::vector<Command> commands;
  for (int i = 0; i < 25; ++i) {
    const std::string id = absl::StrCat("i", i);
    commands.push_back(MakeCommand("", {{ItemKey(id)}}, [id, i](const View&) -> absl::StatusOr<Outcome> {
      Item item;
      item.count = i / 2;
      item.group = i % 5 == 0 ? "五" : "其他";
      return Outcomes({SetItem(ItemKey(id), item)});
    }));
  }
  for (const auto& answer : bench.RunTogether(std::move(commands))) REQUIRE_OK(answer);
  Command elsewhere = AddTo("foreign", 1);
  elsewhere.tenant = "elsewhere";
  bench.Run(elsewhere);

  Reader& reader = bench.ledger().reader();
  const bool descending = GENERATE(false, true);
  Query query;
  query.kind = "item";
  query.where = {{"grp", Comparison::kEqual, {std::string("其他")}}};
  query.order_by = "count";
  query.descending = descending;
  query.limit = 7;
  std::vector<std::pair<std::int64_t, std::string>> seen;
  for (int page = 0; page < 10; ++page) {
    const Rows rows = Must(reader.List(kTenant, query));
    REQUIRE(rows.order_values.size() == rows.records.size());
    for (std::size_t i = 0; i < rows.records.size(); ++i) {
      seen.emplace_back(std::get<std::int64_t>(rows.order_values[i]), rows.records[i].key.id);
    }
    if (rows.records.empty()) break;
    query.after = {rows.order_values.back(), rows.records.back().key.id};
  }
  CHECK(seen.size() == 20);
  CHECK(std::is_sorted(seen.begin(), seen.end(),
                       [descending](const auto& a, const auto& b) { return descending ? b < a : a < b; }));
  CHECK(std::set(seen.begin(), seen.end()).size() == 20);

  Query in;
  in.kind = "item";
  in.where = {{"count", Comparison::kIn, {std::int64_t{1}, std::int64_t{2}, std::int64_t{99}}},
              {"grp", Comparison::kIn, {std::string("五"), std::string("其他")}}};
  CHECK(Must(reader.List(kTenant, in)).records.size() == 4);
  in.count_only = true;
  CHECK(Must(reader.List(kTenant, in)).count == 4);
  in.limit = 3;
  CHECK(Must(reader.List(kTenant, in)).count == 3);

  Query range;
  range.kind = "item";
  range.where = {{"count", Comparison::kGreaterOrEqual, {std::int64_t{3}}},
                 {"count", Comparison::kLess, {std::int64_t{5}}}};
  CHECK(Must(reader.List(kTenant, range)).records.size() == 4);
  range.where[0].comparison = Comparison::kGreater;
  range.where[1].comparison = Comparison::kLessOrEqual;
  CHECK(Must(reader.List(kTenant, range)).records.size() == 4);

  for (const char* column : {"none", "body", "count; DROP TABLE item", "\"grp\""}) {
    Query wrong;
    wrong.kind = "item";
    wrong.where = {{column, Comparison::kEqual, {std::string("x")}}};
    CHECK_FALSE(reader.List(kTenant, wrong).ok());
    wrong.where.clear();
    wrong.order_by = column;
    CHECK_FALSE(reader.List(kTenant, wrong).ok());
  }
  Query unknown;
  unknown.kind = "nothing";
  CHECK_FALSE(reader.List(kTenant, unknown).ok());
}

TEST_CASE("text sorts by its bytes on either database", "[ledger-10]") {
  ON_BOTH_DATABASES;
  const std::vector<std::string> sorted = {"A-1", "B", "a", "a-1", "a1", "ab", "é", "津"};
  for (const char* id : {"ab", "津", "a1", "B", "a", "é", "A-1", "a-1"}) bench.Run(AddTo(id, 1));
  Query query;
  query.kind = "item";
  std::vector<std::string> ids;
  for (const Record& record : Must(bench.ledger().reader().List(kTenant, query)).records) ids.push_back(record.key.id);
  CHECK(ids == sorted);
}

TEST_CASE("side rows follow the record in the same commit", "[ledger-10]") {
  ON_BOTH_DATABASES;
  const auto tag = [](const std::string& id, std::vector<std::string> tags) {
    return MakeCommand("", {{ItemKey(id)}}, [id, tags](const View&) -> absl::StatusOr<Outcome> {
      Item item;
      item.tags = tags;
      return Outcomes({SetItem(ItemKey(id), item)});
    });
  };
  const auto tagged = [&bench](const std::string& value, const std::string& after = "", int limit = 10) {
    std::string ids;
    for (const Record& record :
         Must(bench.ledger().reader().ListBySide(kTenant, "item", "tag", value, after, limit)).records) {
      ids += record.key.id + " ";
    }
    return ids;
  };
  for (const auto& answer : bench.RunTogether({tag("a", {"red", "big"}), tag("b", {"red"}), tag("c", {"red"})})) {
    CHECK_OK(answer);
  }
  CHECK(tagged("red") == "a b c ");
  CHECK(tagged("red", "a", 1) == "b ");
  CHECK(tagged("big") == "a ");
  for (const auto& answer : bench.RunTogether({tag("a", {"big", "blue"}), tag("b", {}), tag("a", {"blue", "red"})})) {
    CHECK_OK(answer);
  }
  CHECK(tagged("red") == "a c ");
  CHECK(tagged("big").empty());
  CHECK(tagged("blue") == "a ");
  CHECK_FALSE(bench.ledger().reader().ListBySide(kTenant, "item", "none", "red", "", 10).ok());
}

TEST_CASE("of many values of a side the last ids are read at once", "[ledger-10]") {
  ON_BOTH_DATABASES;
  for (const auto& [id, tags] : std::map<std::string, std::vector<std::string>>{
           {"a", {"red"}}, {"b", {"red", "big"}}, {"c", {"big"}}, {"d", {"red"}}}) {
    Item item;
    item.tags = tags;
    bench.Run(MakeCommand("", {{ItemKey(id)}}, [id = id, item](const View&) -> absl::StatusOr<Outcome> {
      return Outcomes({SetItem(ItemKey(id), item)});
    }));
  }
  using Ids = std::vector<std::vector<std::string>>;
  Reader& reader = bench.ledger().reader();
  const std::vector<std::string> values = {"red", "none", "big"};
  CHECK(Must(reader.LastIdsBySide(kTenant, "item", "tag", values, 10)) == Ids{{"d", "b", "a"}, {}, {"c", "b"}});
  CHECK(Must(reader.LastIdsBySide(kTenant, "item", "tag", values, 2)) == Ids{{"d", "b"}, {}, {"c", "b"}});
  CHECK(Must(reader.LastIdsBySide(kTenant, "item", "tag", {"red", "red"}, 1)) == Ids{{"d"}, {"d"}});
  CHECK(Must(reader.LastIdsBySide("other", "item", "tag", values, 10)) == Ids{{}, {}, {}});
  CHECK(Must(reader.LastIdsBySide(kTenant, "item", "tag", std::vector<std::string>(100, "big"), 1)).size() == 100);
  CHECK_FALSE(reader.LastIdsBySide(kTenant, "item", "tag", std::vector<std::string>(101, "big"), 1).ok());
  CHECK_FALSE(reader.LastIdsBySide(kTenant, "item", "tag", {}, 1).ok());
  CHECK_FALSE(reader.LastIdsBySide(kTenant, "item", "none", values, 10).ok());
}

TEST_CASE("everything waiting is finished on Stop, and nothing is taken afterwards", "[ledger-6]") {
  ON_BOTH_DATABASES;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 100; ++i) {
    bench.ledger().Submit(AddTo("x", 1),
                          [&](const absl::StatusOr<Answer>& answer) { answered += answer.ok() ? 1 : 0; });
  }
  bench.ledger().Stop();
  CHECK(answered == 100);
  CHECK(bench.CountOf("x") == 100);
  CHECK(ReasonOf(bench.Try(AddTo("x", 1)).status()) == config::v1::REASON_UNAVAILABLE);
}

TEST_CASE("bodies and texts of any bytes come back as they were", "[ledger-10]") {
  ON_BOTH_DATABASES;
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const auto keep = MakeCommand("r", {{ParentKey("bytes")}}, [&bytes](const View&) -> absl::StatusOr<Outcome> {
    Change change = SetItem(ParentKey("bytes"), Item());
    change.events[0].data = bytes;
    change.events[0].message->payload = bytes + std::string(100'000, 'x');
    return Outcomes({change}, bytes);
  });
  CHECK(bench.Run(keep) == bytes);
  CHECK(Must(bench.Try(keep)).bytes == bytes);
  CHECK(bench.History(ParentKey("bytes"))[0].data == bytes);
  std::string payloads;
  for (int partition = 0; partition < 4; ++partition) {
    for (const OutboxRow& row : Must(bench.ledger().reader().Outbox(partition, 0, 10))) payloads += row.payload;
  }
  CHECK(payloads == bytes + std::string(100'000, 'x'));
}

TEST_CASE("a question sees the members that were changed under its parent in the same batch", "[ledger-4]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  INFO("on " << BackendName(backend));
  const TestDatabase database(backend);
  Bench bench(database);
  // Both name the parent for change; the first changes only a member.
  const Command join = MakeCommand("", {{ParentKey("p")}, {ItemKey("m")}}, [](const View&) -> absl::StatusOr<Outcome> {
    return Outcomes({SetItem(ItemKey("m"), Item())});
  });
  Command count = MakeCommand("", {{ParentKey("p")}}, [](const View& view) -> absl::StatusOr<Outcome> {
    return Outcomes({}, std::to_string(view.Answer(0).count));
  });
  Query members;
  members.kind = "item";
  members.count_only = true;
  count.questions = {members};
  const auto answers = bench.RunTogether({join, count});
  REQUIRE_OK(answers[0]);
  REQUIRE_OK(answers[1]);
  CHECK(answers[1]->bytes == "1");
}

}  // namespace
}  // namespace jinqi::ledger::conformance
