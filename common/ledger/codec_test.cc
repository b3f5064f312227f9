#include "common/ledger/codec.h"

#include <catch2/catch.hpp>

#include "common/crypto/sm3.h"
#include "common/ledger/hash.h"
#include "common/ledger/migrate.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

TEST_CASE("timers come back as they were", "[RTE-16]") {
  const std::vector<Timer> timers = {{"sign", 5}, {"", -1}, {"warn_yellow", 1'760'000'000'000'000}};
  CHECK(*DecodeTimers(EncodeTimers(timers)) == timers);
  CHECK(EncodeTimers({}).empty());
  CHECK(*EarliestDue(timers) == -1);
  CHECK_FALSE(EarliestDue({}).has_value());
  const std::string bytes = EncodeTimers(timers);
  CHECK(absl::IsDataLoss(DecodeTimers(bytes.substr(0, bytes.size() - 1)).status()));
  CHECK(absl::IsDataLoss(DecodeTimers(bytes.substr(0, 12)).status()));
}

// A stream whose keys move to other partitions loses their order.
TEST_CASE("a key stays in its partition for ever", "[NFR-04]") {
  CHECK(PartitionOf("120000", "a", 8) == 1);
  CHECK(PartitionOf("120000", "b", 8) == 0);
  CHECK(PartitionOf("120000", "0199d4a0-0000-7000-8000-000000000001", 8) == 2);
  CHECK(PartitionOf("12000", "0a", 1 << 20) != PartitionOf("120000", "a", 1 << 20));
  CHECK(PartitionOf("t", "k", 0) == 0);
}

// What was written by an earlier release must verify with this one.
TEST_CASE("the chain's hashes stay as they are", "[SEC-01]") {
  Record record;
  record.key = {"demand", "d1"};
  record.version = 2;
  record.sequence = 3;
  record.head = "not hashed";
  record.sent = 1;
  record.time = 1'760'000'000'000'000;
  record.body = "body";
  record.timers = {{"sign", 7}};
  record.generation = 4;
  ChainHasher hasher;
  const std::string record_hash = hasher.RecordHash(record);
  CHECK(crypto::Hex(record_hash) == "0efec2f8058bae13cc31cda66c572aad70756d4a9cc5970849eba68e22d3f8a8");
  HistoryRow row;
  row.tenant = "120000";
  row.key = record.key;
  row.sequence = 3;
  row.time = record.time;
  row.caller = "u1";
  row.method = "Submit";
  row.type = "Submitted";
  row.data = "data";
  row.record_hash = record_hash;
  row.hash = hasher.RowHash("previous", row);
  CHECK(crypto::Hex(row.hash) == "9e9afa7ef62172651bc306153a68a147dbb626e05cb97148262653d591a8207e");
  BlockRow block;
  block.writer = "w1";
  block.sequence = 9;
  block.time = record.time;
  block.previous = "previous";
  hasher.BeginBlock(block);
  hasher.AddRow(row.hash);
  CHECK(crypto::Hex(hasher.EndBlock("")) == "072eb28c5e8d66c6c3d54d8338de54daef7308590b8b8ba8b3928b614826807d");
  // Whatever else it covers makes it another block.
  hasher.BeginBlock(block);
  hasher.AddRow(row.hash);
  CHECK(hasher.EndBlock("cover") != hasher.EndBlock(""));
  Command command;
  command.caller = "u1";
  command.method = "Submit";
  command.request_id = "r1";
  CHECK(crypto::Hex(hasher.Scope(command)) == "8fbd9ec52c815b58080be551a7f3df06d03e6c57ae666eed3efaabd6010b8d28");
}

TEST_CASE("fields do not run into each other", "[SEC-01]") {
  ChainHasher hasher;
  HistoryRow one;
  one.caller = "ab";
  one.method = "c";
  HistoryRow other;
  other.caller = "a";
  other.method = "bc";
  CHECK(hasher.RowHash("", one) != hasher.RowHash("", other));
}

TEST_CASE("migrations run in order, once, and never change", "[NFR-03]") {
  const std::map<std::string, std::string> wanted = {
      {"core/0001_core.sql", "A"}, {"service/0001_one.sql", "B"}, {"service/0002_two.sql", "C"}};
  const auto all = PlanMigrations(wanted, {});
  REQUIRE(all.ok());
  REQUIRE(all->size() == 3);
  CHECK((*all)[0].row.version == "core/0001");
  CHECK((*all)[2].sql == "C");
  const auto rest = PlanMigrations(wanted, {(*all)[0].row, (*all)[1].row});
  REQUIRE(rest->size() == 1);
  CHECK((*rest)[0].row.name == "service/0002_two.sql");
  CHECK(ReasonOf(PlanMigrations(wanted, {{"service/0003", "service/0003_three.sql", ""}}).status()) ==
        config::v1::REASON_SCHEMA_NEWER);
  CHECK(ReasonOf(PlanMigrations(wanted, {{"service/0001", "service/0001_one.sql", "x"}}).status()) ==
        config::v1::REASON_SCHEMA_CHANGED);
  CHECK(absl::IsInvalidArgument(PlanMigrations({{"service/0001_a.sql", ""}, {"service/0001_b.sql", ""}}, {}).status()));
  const auto core = AllMigrations({{"0001_note.sql", "X"}});
  CHECK(core.contains("core/0001_core.sql"));
  CHECK(core.at("service/0001_note.sql") == "X");
}

}  // namespace
}  // namespace jinqi::ledger
