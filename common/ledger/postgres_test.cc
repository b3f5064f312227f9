// What only PostgreSQL has: the order of its locks, its plans, its arrays.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/ledger/conformance.h"
#include "common/ledger/postgres_session.h"
#include "common/ledger/postgres_wire.h"
#include "common/ledger/postgres_writes.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"

namespace jinqi::ledger::postgres {
namespace {

using conformance::Backend;
using conformance::TestDatabase;
using testing::Must;

Kinds TwoKinds() {
  Kinds kinds;
  for (const Kind& kind : conformance::TestKinds()) kinds.emplace(kind.name, kind);
  return kinds;
}

// "item U a b | item S c | …"
std::string Text(const std::vector<LockRun>& runs) {
  std::string text;
  for (const LockRun& run : runs) {
    absl::StrAppend(&text, text.empty() ? "" : " | ", run.kind->name, run.access == Access::kChange ? " U" : " S");
    for (const RecordRef* ref : run.refs) absl::StrAppend(&text, " ", ref->key.id);
  }
  return text;
}

TEST_CASE("locks are taken in the order of the keys, each as it is named", "[ledger-6]") {
  const Kinds kinds = TwoKinds();
  std::map<RecordRef, Access> records;
  CHECK(Text(Must(LockRuns(kinds, records))).empty());
  records[{"t", {"parent", "p"}}] = Access::kRely;
  records[{"t", {"item", "c"}}] = Access::kRely;
  records[{"t", {"item", "b"}}] = Access::kChange;
  records[{"t", {"item", "a"}}] = Access::kChange;
  records[{"t", {"item", "d"}}] = Access::kChange;
  CHECK(Text(Must(LockRuns(kinds, records))) == "item U a b | item S c | item U d | parent S p");

  records[{"t", {"unknown", "x"}}] = Access::kRely;
  CHECK_FALSE(LockRuns(kinds, records).ok());
}

TEST_CASE("a kind whose keys alternate too often is locked for change, the others as they are named", "[ledger-6]") {
  const Kinds kinds = TwoKinds();
  std::map<RecordRef, Access> records;
  for (int i = 0; i < 40; ++i) {
    records[{"t", {"item", absl::StrCat(100 + i)}}] = i % 2 == 0 ? Access::kChange : Access::kRely;
  }
  records[{"t", {"parent", "p"}}] = Access::kRely;
  const std::vector<LockRun> runs = Must(LockRuns(kinds, records));
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].access == Access::kChange);
  CHECK(runs[0].refs.size() == 40);
  CHECK(runs[1].access == Access::kRely);
}

TEST_CASE("arrays and values come back as they were sent", "[ledger-10]") {
  const TestDatabase database(Backend::kPostgres);
  const auto session = Must(Session::Open(database.uri(), "test", ""));
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  Array numbers(ColumnType::kInteger);
  Array texts(ColumnType::kText);
  Array blobs(ColumnType::kBytes);
  const std::vector<std::int64_t> values = {0, -1, INT64_MAX, INT64_MIN, 255, 256};
  for (const std::int64_t value : values) {
    numbers.Add(value);
    texts.Add(value == 0 ? std::string_view() : std::string_view("津{\"\\,NULL}"));
    blobs.Add(std::string_view(bytes));
  }
  numbers.AddNull();
  texts.AddNull();
  blobs.Add(Value());
  Statement statement{"SELECT * FROM unnest($1::int8[], $2::text[], $3::bytea[]) AS k (n, t, b)"};
  statement.parameters.Add(std::move(numbers)).Add(std::move(texts)).Add(std::move(blobs));
  const Result result = Must(session->Query(statement));
  REQUIRE(PQntuples(result.get()) == 7);
  for (int row = 0; row < 6; ++row) {
    CHECK(IntAt(result.get(), row, 0) == values[static_cast<std::size_t>(row)]);
    CHECK(TextAt(result.get(), row, 1) == (row == 0 ? "" : "津{\"\\,NULL}"));
    CHECK(TextAt(result.get(), row, 2) == bytes);
  }
  for (int column = 0; column < 3; ++column) CHECK(PQgetisnull(result.get(), 6, column) == 1);

  Statement empty{"SELECT cardinality($1::text[])::int8, $2::text IS NULL"};
  empty.parameters.Add(Array(ColumnType::kText)).Add(Value());
  CHECK(IntAt(Must(session->Query(empty)).get(), 0, 0) == 0);
}

TEST_CASE("a statement that fails ends its round trip, and the connection goes on", "[ledger-6]") {
  const TestDatabase database(Backend::kPostgres);
  const auto session = Must(Session::Open(database.uri(), "test", ""));
  const Statement one{"SELECT 1::int8"};
  const Statement wrong{"SELECT 1 / 0"};
  const Statement two{"SELECT 2::int8"};
  for (int round = 0; round < 3; ++round) {
    const Trip trip = session->Run({{"BEGIN"}, one, wrong, two});
    REQUIRE(trip.failure.has_value());
    CHECK(trip.failure->state == kGuardFailed);
    CHECK(session->InTransaction());
    CHECK_FALSE(session->Run({{"ROLLBACK"}}).failure.has_value());
    CHECK_FALSE(session->InTransaction());
    CHECK(IntAt(Must(session->Query(two)).get(), 0, 0) == 2);
  }
  CHECK_FALSE(session->Query({"SELECT no_such_column"}).ok());
  CHECK(IntAt(Must(session->Query(one)).get(), 0, 0) == 1);
  const Trip gone = session->Run({{"SELECT pg_terminate_backend(pg_backend_pid())"}});
  REQUIRE(gone.failure.has_value());
  CHECK(gone.failure->lost());
  CHECK(session->Lost());
  CHECK(absl::IsUnavailable(session->Query(one).status()));
}

TEST_CASE("the writer finds records by their key while a table grows from nothing", "[ledger-6]") {
  const TestDatabase database(Backend::kPostgres);
  constexpr int kRounds = 20;
  constexpr int kPerRound = 150;
  {
    conformance::Bench bench(database);
    for (int round = 0; round < kRounds; ++round) {
      std::vector<Command> commands;
      for (int i = 0; i < kPerRound; ++i) commands.push_back(conformance::AddTo(absl::StrCat(round / 2, "-", i), 1));
      for (const auto& answer : bench.RunTogether(std::move(commands))) REQUIRE(answer.ok());
    }
  }
  // A plan by the wrong index reads a large part of the table for every key.
  const auto read = [&database](const std::string& index) {
    std::int64_t count = 0;
    CHECK(absl::SimpleAtoi(
        database.Ask("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = '" + index + "'"), &count));
    return count;
  };
  CHECK(testing::WaitFor([&] { return read("item_pkey") > 0; }));
  CHECK(read("item_grp") < 20 * kRounds * kPerRound);
}

TEST_CASE("a server that says nothing is given up", "[ledger-7]") {
  const TestDatabase database(Backend::kPostgres);
  const auto session = Must(Session::Open(database.uri(), "test", ""));
  session->LimitSilence(std::chrono::milliseconds(50));
  CHECK_OK(session->Query({"SELECT 1"}));
  const auto start = std::chrono::steady_clock::now();
  CHECK(absl::IsUnavailable(session->Query({"SELECT 1::int8 FROM pg_sleep(60)"}).status()));
  CHECK(session->Lost());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

}  // namespace
}  // namespace jinqi::ledger::postgres
