// Points 6 to 8 of the contract: what is left when a database, a line or a process is lost at the worst moment.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/ledger/conformance.h"
#include "common/ledger/postgres_session.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"
#include "common/testing/socket_proxy.h"

namespace jinqi::ledger::conformance {
namespace {

using testing::Must;

// How often each request took effect, by the history: the event's data is the request id.
std::string RepeatedEffects(const TestDatabase& database) {
  return database.Ask("SELECT count(*) FROM (SELECT data FROM history GROUP BY data HAVING count(*) > 1) AS twice");
}

// Adds one; the event names the request.
Command Traced(const std::string& id, const std::string& request_id) {
  return MakeCommand(request_id, {{ItemKey(id)}}, [id, request_id](const View& view) -> absl::StatusOr<Outcome> {
    ASSIGN_OR_RETURN(Item item, ReadItem(view, ItemKey(id)));
    ++item.count;
    Change change = SetItem(ItemKey(id), item);
    change.events[0].data = request_id;
    return Outcomes({change}, request_id);
  });
}

// Submits until it is answered OK, as a caller does who was told UNAVAILABLE.
void RunUntilDone(Bench& bench, const std::string& id, const std::string& request_id) {
  while (!bench.Try(Traced(id, request_id)).ok()) {
  }
}

TEST_CASE("kill -9 of PostgreSQL in a stream of commands: every OK is there once, and nothing half", "[ledger-7]") {
  testing::PostgresServer server;
  const TestDatabase database(server.NewDatabase());
  Bench bench(database);
  constexpr int kThreads = 8;
  constexpr int kPerThread = 60;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPerThread; ++i) {
        RunUntilDone(bench, absl::StrCat("k", (t + i) % 5), absl::StrCat("r", t, "-", i));
        ++answered;
      }
    });
  }
  for (const int after : {80, 200, 320}) {
    CHECK(testing::WaitFor([&] { return answered >= after; }, testing::Milliseconds(30'000)));
    server.Kill9();
    server.Start();
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered == kThreads * kPerThread);
  std::int64_t sum = 0;
  for (int k = 0; k < 5; ++k) {
    sum += bench.CountOf(absl::StrCat("k", k));
    CHECK(HistoryFault(bench, ItemKey(absl::StrCat("k", k))).empty());
  }
  CHECK(sum == kThreads * kPerThread);
  CHECK(RepeatedEffects(database) == "0");
  CHECK(OutboxFault(bench).empty());
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("kill -9 of the writing process: every OK that it printed is there, and nothing half", "[ledger-7]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  INFO("on " << BackendName(backend));
  const TestDatabase database(backend);
  const testing::TempDir folder;
  constexpr int kRequests = 4000;
  constexpr int kRecords = 7;
  std::set<int> printed;
  int status = -1;
  for (int life = 0; life < 6 && status != 0; ++life) {
    const std::string output = folder.File(absl::StrCat("life", life));
    testing::Subprocess process(
        {.argv = {JINQI_CONFORMANCE_WRITER, database.uri(), "w1", std::to_string(kRequests), std::to_string(kRecords)},
         .output = output});
    if (life < 5) {
      // The replies of the lives before come first.
      const std::string last = absl::StrCat("\n", 400 * (life + 1), "\n");
      CHECK(testing::WaitFor(
          [&] { return !process.Running() || testing::ReadFile(output).find(last) != std::string::npos; },
          testing::Milliseconds(60'000)));
      process.Kill(SIGKILL);
    }
    status = process.Wait(testing::Milliseconds(60'000)).value_or(-1);
    std::istringstream lines(testing::ReadFile(output));
    int number = 0;
    while (lines >> number) printed.insert(number);
    // The cut may fall into a line, which then is a number that is there as well.
    Bench bench(database, "other");
    std::int64_t sum = 0;
    for (int k = 0; k < kRecords; ++k) sum += bench.CountOf(absl::StrCat("k", k));
    CHECK(std::to_string(sum) == database.Ask("SELECT count(*) FROM request"));
    CHECK(sum >= static_cast<std::int64_t>(printed.size()));
    CHECK(OutboxFault(bench).empty());
    CHECK(VerifyFindings(database).empty());
  }
  CHECK(status == 0);
  CHECK(printed.size() == kRequests);
  CHECK(database.Ask("SELECT count(*) FROM request") == std::to_string(kRequests));
}

// A ledger whose way to PostgreSQL leads through a proxy.
struct Line {
  Line()
      : direct(testing::PostgresServer::Shared().NewDatabase()),
        proxy(folder.File(".s.PGSQL.5432"), testing::PostgresServer::Shared().socket()),
        through(ThroughProxy(direct.uri(), folder.path())),
        bench(through) {}

  static std::string ThroughProxy(const std::string& uri, const std::string& socket_folder) {
    const std::size_t from = uri.find("///") + 3;
    return testing::PostgresServer::Uri(uri.substr(from, uri.find('?') - from), socket_folder);
  }

  // A command that breaks the line while it is decided, which is between its two round trips.
  Command Breaking(const std::string& request_id, std::function<void(testing::SocketProxy&)> breaks) {
    Command command = Traced("x", request_id);
    command.decide = [this, breaks, inner = command.decide, broken = std::make_shared<bool>(false)](const View& view) {
      if (!*broken) breaks(proxy);
      *broken = true;
      return inner(view);
    };
    return command;
  }

  const TestDatabase direct;
  const testing::TempDir folder;
  testing::SocketProxy proxy;
  const TestDatabase through;
  Bench bench;
};

TEST_CASE("COMMIT done and the line cut: the outcome is read back, the command is not run again", "[ledger-7]") {
  Line line;
  for (int i = 0; i < 5; ++i) {
    const auto answer = line.bench.Try(
        line.Breaking(absl::StrCat("r", i), [](testing::SocketProxy& proxy) { proxy.CutAnswersAfter(0); }));
    CHECK_OK(answer);
    CHECK_FALSE(answer->replayed);
  }
  CHECK(line.proxy.cuts() == 5);
  CHECK(line.bench.CountOf("x") == 5);
  CHECK(RepeatedEffects(line.direct) == "0");
  CHECK(OutboxFault(line.bench).empty());
  CHECK(VerifyFindings(line.direct).empty());
}

TEST_CASE("the same without a request id, and for a group", "[ledger-7]") {
  Line line;
  const auto cut = [](testing::SocketProxy& proxy) { proxy.CutAnswersAfter(0); };
  CHECK_OK(line.bench.Try(line.Breaking("", cut)));
  CHECK(line.bench.CountOf("x") == 1);
  const auto result = Must(
      line.bench.RunGroup(GroupFrom(0, {Message(1, "x", line.Breaking("", cut)), Message(2, "y", AddTo("y", 1))})));
  CHECK(result.applied == 2);
  CHECK(line.bench.CountOf("x") == 2);
  CHECK(line.bench.CountOf("y") == 1);
  CHECK(line.proxy.cuts() == 2);
  CHECK(VerifyFindings(line.direct).empty());
}

TEST_CASE("the line cut within the commit: it is run again, once", "[ledger-7]") {
  Line line;
  for (const int bytes : {0, 1, 100, 400, 700, 1000, 1500}) {
    CHECK_OK(line.bench.Try(line.Breaking(absl::StrCat("r", bytes),
                                          [bytes](testing::SocketProxy& proxy) { proxy.CutRequestsAfter(bytes); })));
  }
  CHECK(line.proxy.cuts() == 7);
  CHECK(line.bench.CountOf("x") == 7);
  CHECK(RepeatedEffects(line.direct) == "0");
  CHECK(OutboxFault(line.bench).empty());
  CHECK(VerifyFindings(line.direct).empty());
}

TEST_CASE("a session that still commits when its line is cut is ended, or heard of, before anything runs again",
          "[ledger-7]") {
  Line line;
  line.bench.Run(Traced("x", ""));
  const auto holder = Must(postgres::Session::Open(line.direct.uri(), "holder", "BEGIN"));
  REQUIRE_OK(holder->Script("SELECT 1 FROM outbox_partition FOR UPDATE"));
  std::thread running([&] { RunUntilDone(line.bench, "x", ""); });
  const std::string writers =
      "FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'jinqi writer%'";
  std::string stuck;
  CHECK(testing::WaitFor([&] {
    stuck = line.direct.Ask("SELECT pid " + writers + " AND wait_event_type = 'Lock'");
    return !stuck.empty();
  }));
  // Its server process has COMMIT before it and does not see that nobody listens.
  line.proxy.Break();
  line.proxy.Mend();
  CHECK(
      testing::WaitFor([&] { return line.direct.Ask("SELECT count(*) " + writers + " AND pid <> " + stuck) == "1"; }));
  REQUIRE_OK(holder->Script("COMMIT"));
  running.join();
  CHECK(line.bench.CountOf("x") == 2);
  CHECK(VerifyFindings(line.direct).empty());
}

TEST_CASE("a database that is away is told as unavailable, and everything goes on when it is back", "[ledger-7]") {
  Line line;
  line.bench.Run(Traced("x", "r1"));
  line.proxy.Break();
  Options options = TestOptions(line.through.uri(), "w2");
  CHECK(absl::IsUnavailable(Ledger::Open(options, TestKinds(), TestMigrations(), &line.bench.clock()).status()));
  CHECK(absl::IsUnavailable(line.bench.ledger().reader().Get(kTenant, ItemKey("x")).status()));
  std::thread waiting([&] { RunUntilDone(line.bench, "x", "r2"); });
  line.proxy.Mend();
  waiting.join();
  CHECK(line.bench.CountOf("x") == 2);
  CHECK(VerifyFindings(line.direct).empty());
}

TEST_CASE("a session that the server ends while a batch is decided loses nothing", "[ledger-7]") {
  const TestDatabase database(Backend::kPostgres);
  Bench bench(database);
  for (int i = 0; i < 3; ++i) {
    Command command = Traced("x", absl::StrCat("r", i));
    command.decide = [&database, inner = command.decide, ended = std::make_shared<bool>(false)](const View& view) {
      if (!*ended) {
        database.Execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND "
            "application_name LIKE 'jinqi writer%'");
      }
      *ended = true;
      return inner(view);
    };
    CHECK_OK(bench.Try(command));
  }
  CHECK(bench.CountOf("x") == 3);
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("a process that lost its writer id to another writes nothing more", "[ledger-8]") {
  const TestDatabase database(Backend::kPostgres);
  clock::ManualClock clock(kStart);
  Options options = TestOptions(database.uri(), "w1");
  options.wait_limit = 100'000;
  auto first = Must(Ledger::Open(options, TestKinds(), TestMigrations(), &clock));
  Must(first->Run(Traced("x", "r1")));
  database.Execute(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name = 'jinqi claim'");
  auto second = Must(Ledger::Open(options, TestKinds(), TestMigrations(), &clock));
  Must(second->Run(Traced("x", "r2")));
  CHECK(absl::IsUnavailable(first->Run(Traced("x", "r3")).status()));
  Must(second->Run(Traced("x", "r4")));
  CHECK(database.Ask("SELECT version FROM item WHERE id = 'x'") == "3");
  CHECK(VerifyFindings(database).empty());
}

}  // namespace
}  // namespace jinqi::ledger::conformance
