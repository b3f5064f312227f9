// Relay and consumer together, against a real Redis that is killed, wiped, filled and frozen.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/queue/names.h"
#include "common/queue/queue_fixture.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;
using testing::Must;
using testing::WaitFor;

constexpr milliseconds kLong{30'000};
constexpr char kOk[] = R"(queue_deliveries_total{group="sink",outcome="ok",stream="source"})";

// Entries in all streams of the source.
std::int64_t Streamed(Pair& pair) {
  std::int64_t entries = 0;
  for (int partition = 0; partition < kPartitions; ++partition) {
    entries += Must(pair.redis.Call({"XLEN", StreamKey("source", partition)})).integer;
  }
  return entries;
}

TEST_CASE("10,000 messages arrive once and in order of their keys", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  pair.source.Say(10'000, 100);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(10'000, 100);
  CHECK(WaitFor([&] { return MetricValue(pair.metrics, kOk) == 10'000; }));
  CHECK(WaitFor([&] { return relay->health().ok() && consumer->health().ok(); }));
  // What everyone has passed leaves the streams, and the database knows.
  CHECK(WaitFor([&] { return pair.source.ledger().maintenance().PassedOutbox().value() == pair.source.Ends(); }));
  CHECK(WaitFor([&] { return Streamed(pair) == 0; }));
}

TEST_CASE("an entry is an envelope under its position", "[QUEUE]") {
  Pair pair;
  pair.source.SayText("k0", "hello", true);
  const auto relay = pair.NewRelay();
  const auto ends = pair.source.Ends();
  const int partition = static_cast<int>(std::find(ends.begin(), ends.end(), 1) - ends.begin());
  const std::string stream = StreamKey("source", partition);
  REQUIRE(WaitFor([&] { return Must(pair.redis.Call({"XLEN", stream})).integer == 1; }));
  const Reply entries = Must(pair.redis.Call({"XRANGE", stream, "-", "+"}));
  CHECK(entries.items[0].items[0].text == "1-0");
  CHECK(entries.items[0].items[1].items[0].text == "e");
  Envelope envelope;
  REQUIRE(envelope.ParseFromString(entries.items[0].items[1].items[1].text));
  CHECK(envelope.tenant() == kTenant);
  CHECK(envelope.source() == "source");
  CHECK(envelope.type() == "Said");
  CHECK(envelope.key() == "k0");
  CHECK(envelope.key_sequence() == 1);
  CHECK(envelope.partition() == partition);
  CHECK(envelope.position() == 1);
  CHECK(envelope.payload() == "hello");
  CHECK(envelope.transient());
  CHECK(envelope.schema() == 1);
  CHECK_FALSE(envelope.id().empty());
  CHECK(clock::FromProto(envelope.time()) > 0);
}

// --- Redis dies

TEST_CASE("Redis is killed in the middle and comes back with its append-only file", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  for (int round = 0; round < 3; ++round) {
    pair.source.Say(1000, 10);
    pair.server.Kill9();
    pair.source.Say(1000, 10);
    pair.server.Start();
  }
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(6000, 10);
}

TEST_CASE("Redis is killed in the middle and comes back empty", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  for (int round = 0; round < 3; ++round) {
    pair.source.Say(1000, 10);
    pair.server.Kill9();
    pair.server.WipeData();
    pair.server.Start();
  }
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(3000, 10);
  // Still true for what is said afterwards, when nothing was under way.
  Must(pair.redis.Call({"FLUSHALL"}));
  pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
}

TEST_CASE("Redis is wiped before anything was read", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  pair.source.Say(1000, 10);
  const auto published = [&] { return MetricValue(pair.metrics, R"(outbox_published_total{stream="source"})"); };
  REQUIRE(WaitFor([&] { return published() == 1000; }));
  Must(pair.redis.Call({"FLUSHALL"}));
  // Without a consumer that asks and without a new message.
  REQUIRE(WaitFor([&] { return published() == 2000; }));
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(1000, 10);
}

TEST_CASE("Redis is absent at the start and there later", "[QUEUE]") {
  Pair pair;
  pair.server.Stop();
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  pair.source.Say(500, 10);
  REQUIRE(WaitFor([&] { return absl::IsUnavailable(relay->health()) && absl::IsUnavailable(consumer->health()); }));
  REQUIRE(WaitFor([&] { return MetricValue(pair.metrics, R"(outbox_publish_errors_total{stream="source"})") > 0; }));
  pair.server.Start();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(500, 10);
  CHECK(WaitFor([&] { return relay->health().ok() && consumer->health().ok(); }));
}

TEST_CASE("Redis is away for longer than a blocked read lasts", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  pair.source.Say(10, 10);
  REQUIRE(WaitFor([&] { return pair.Caught() && consumer->health().ok(); }));
  SECTION("killed") {
    pair.server.Kill9();
    REQUIRE(WaitFor([&] { return absl::IsUnavailable(consumer->health()); }));
    pair.server.Start();
  }
  SECTION("frozen") {
    pair.server.Pause();
    REQUIRE(WaitFor([&] { return absl::IsUnavailable(consumer->health()); }));
    pair.server.Resume();
  }
  pair.source.Say(10, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(20, 10);
  CHECK(WaitFor([&] { return consumer->health().ok(); }));
}

TEST_CASE("Redis has no memory left: the outbox absorbs, readers make room", "[QUEUE]") {
  Pair pair({.more = {"--maxmemory", "6mb"}});
  const auto relay = pair.NewRelay();
  pair.source.Say(10'000, 100, 1024);
  REQUIRE(WaitFor([&] { return absl::IsResourceExhausted(relay->health()); }, kLong));
  CHECK(WaitFor([&] { return MetricValue(pair.metrics, R"(outbox_unpublished{stream="source"})") > 0; }));
  // Marks can be announced and streams trimmed although nothing can be added.
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(10'000, 100);
  CHECK(WaitFor([&] { return relay->health().ok(); }));
}

// --- Streams that are not as they should be

TEST_CASE("a stream that is not whole is published again", "[QUEUE]") {
  struct Row {
    std::string what;
    // The command with STREAM for the key.
    Arguments damage;
  };
  const Row row = GENERATE(values<Row>({{"trimmed below the marks", {"XTRIM", "STREAM", "MAXLEN", "3"}},
                                        {"trimmed to nothing", {"XTRIM", "STREAM", "MAXLEN", "0"}},
                                        {"a hole", {"XDEL", "STREAM", "2-0", "3-0"}},
                                        {"a foreign entry", {"XADD", "STREAM", "*", "e", "foreign"}},
                                        {"gone", {"DEL", "STREAM"}},
                                        {"something else under its key", {"SET", "STREAM", "text"}}}));
  INFO(row.what);
  Pair pair;
  const auto relay = pair.NewRelay();
  pair.source.Say(400, 10);
  REQUIRE(WaitFor([&] { return MetricValue(pair.metrics, R"(outbox_published_total{stream="source"})") == 400; }));
  std::vector<Arguments> commands(kPartitions, row.damage);
  for (int partition = 0; partition < kPartitions; ++partition) {
    commands[static_cast<std::size_t>(partition)][1] = StreamKey("source", partition);
  }
  Must(pair.redis.Pipeline(commands));
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(400, 10);
  pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(500, 10);
}

TEST_CASE("an entry that is no message is parked and holds nobody up", "[QUEUE]") {
  Pair pair;
  const auto consumer = pair.NewConsumer();
  Must(pair.redis.Call({"XADD", StreamKey("source", 0), "1-0", "e", "no envelope"}));
  REQUIRE(WaitFor([&] { return pair.sink.Marks("source")[0] == 1; }));
  const auto letters = Must(pair.sink.ledger().reader().DeadLetters(10));
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].type == "unreadable");
  CHECK(letters[0].position == 1);
}

TEST_CASE("consumers that passed more than the source has sent stop its relay", "[QUEUE]") {
  Pair pair;
  pair.source.Say(40, 10);
  std::vector<std::string> marks = {"HSET", MarksKey("source")};
  for (int partition = 0; partition < kPartitions; ++partition) {
    marks.insert(marks.end(), {"sink:" + PartitionName(partition), "1000"});
  }
  Must(pair.redis.Call(marks));
  const auto relay = pair.NewRelay();
  REQUIRE(
      WaitFor([&] { return MetricValue(pair.metrics, R"(outbox_partitions_ahead{stream="source"})") == kPartitions; }));
  CHECK(MetricValue(pair.metrics, R"(outbox_published_total{stream="source"})") == 0);
  // A consumer that stands where it should says so.
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(40, 10);
}

TEST_CASE("a consumer that is configured for other partitions reads nothing", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  pair.source.Say(40, 10);
  REQUIRE(WaitFor([&] { return MetricValue(pair.metrics, R"(outbox_published_total{stream="source"})") == 40; }));
  Consumer consumer("sink", "source", pair.sink.ledger(), AddressOf(pair.server), kPartitions - 1, NoteHandler(),
                    &pair.clock, pair.metrics, FastConsumer("sink-1"));
  consumer.Start();
  REQUIRE(WaitFor([&] { return absl::IsFailedPrecondition(consumer.health()); }));
  CHECK(pair.sink.Marks("source") == std::vector<std::int64_t>(kPartitions, 0));
}

TEST_CASE("a new consumer passes over what exists nowhere any more, and counts it", "[QUEUE]") {
  Pair pair;
  auto relay = pair.NewRelay();
  auto consumer = pair.NewConsumer();
  pair.source.Say(400, 10);
  REQUIRE(WaitFor([&] { return pair.Caught() && Streamed(pair) == 0; }, kLong));
  relay->Stop();
  for (int partition = 0; partition < kPartitions; ++partition) {
    const auto end = pair.source.Ends()[static_cast<std::size_t>(partition)];
    REQUIRE_OK(pair.source.ledger().maintenance().PassOutbox(partition, end, pair.clock.Now() + clock::kDay));
  }
  Relay both("source", pair.source.ledger(), AddressOf(pair.server), kPartitions, {"sink", "late"}, &pair.clock,
             pair.metrics, FastRelay("source-1"));
  both.Start();
  NoteBook late_book("late");
  Consumer late("late", "source", late_book.ledger(), AddressOf(pair.server), kPartitions, NoteHandler(), &pair.clock,
                pair.metrics, FastConsumer("late-1"));
  late.Start();
  pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return late_book.Marks("source") == pair.source.Ends(); }, kLong));
  CHECK(MetricValue(pair.metrics, R"(queue_lost_total{group="late",stream="source"})") == 400);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(500, 10);
}

TEST_CASE("a transient payload is gone from outbox and stream when all consumers have passed it", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  pair.source.SayText("k0", "secret", true);
  pair.source.SayText("k0", "open");
  const auto stored = [&] {
    std::string payloads;
    for (int partition = 0; partition < kPartitions; ++partition) {
      for (const auto& row : Must(pair.source.ledger().reader().Outbox(partition, 0, 10)))
        payloads += row.payload + ";";
    }
    return payloads;
  };
  REQUIRE(WaitFor([&] { return Streamed(pair) == 2; }));
  CHECK(stored() == "secret;open;");
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return stored() == ";open;" && Streamed(pair) == 0; }));
  CHECK(pair.sink.Read("k0") == "secret;open;");
}

TEST_CASE("messages are sent on while those that were passed cannot be cleared", "[QUEUE][ledger-15]") {
  const testing::TempDir folder;
  Pair pair;
  NoteBook book("book", "sqlite:" + folder.File("book.db"));
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(folder.File("book.db").c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database,
                     "CREATE TRIGGER blocked BEFORE UPDATE OF passed ON outbox_partition "
                     "BEGIN SELECT RAISE(ABORT, 'not now'); END",
                     nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  Relay relay("source", book.ledger(), AddressOf(pair.server), kPartitions, {"sink"}, &pair.clock, pair.metrics,
              FastRelay("source-1"));
  relay.Start();
  const auto consumer = pair.NewConsumer();
  for (int round = 0; round < 3; ++round) {
    book.Say(40, 10);
    REQUIRE(WaitFor([&] { return pair.sink.Marks("source") == book.Ends() && Streamed(pair) == 0; }));
    CHECK(relay.health().ok());
  }
}

// --- Rights

TEST_CASE("the rights that the README names are enough", "[QUEUE]") {
  Pair pair;
  const auto account = [&](const std::string& user, std::vector<std::string> rights) {
    rights.insert(rights.begin(), {"ACL", "SETUSER", user, "on", ">secret", "~jinqi:*"});
    Must(pair.redis.Call(rights));
    RedisAddress address = AddressOf(pair.server);
    address.user = user;
    address.password = "secret";
    return address;
  };
  const RedisAddress relay_address =
      account("relay", {"+eval", "+xtrim", "+xinfo", "+xadd", "+del", "+hget", "+hset", "+hgetall"});
  const RedisAddress consumer_address =
      account("consumer", {"+eval", "+xread", "+hset", "+hget", "+hgetall", "+hdel", "+xinfo", "+xrange"});
  Must(pair.redis.Call({"SET", StreamKey("source", 0), "to be deleted"}));
  Relay relay("source", pair.source.ledger(), relay_address, kPartitions, {"sink"}, &pair.clock, pair.metrics,
              FastRelay("source-1"));
  relay.Start();
  Consumer consumer("sink", "source", pair.sink.ledger(), consumer_address, kPartitions, NoteHandler(), &pair.clock,
                    pair.metrics, FastConsumer("sink-1"));
  consumer.Start();
  pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return pair.Caught() && Streamed(pair) == 0; }));
  pair.CheckAll(100, 10);
  CHECK(relay.health().ok());
  CHECK(consumer.health().ok());
}

// --- Time

TEST_CASE("messages go on while the rules' time stands still", "[QUEUE]") {
  Pair pair;
  clock::ManualClock still(clock::kDay);
  Relay relay("source", pair.source.ledger(), AddressOf(pair.server), kPartitions, {"sink"}, &still, pair.metrics,
              FastRelay("source-1"));
  relay.Start();
  Consumer consumer("sink", "source", pair.sink.ledger(), AddressOf(pair.server), kPartitions, NoteHandler(), &still,
                    pair.metrics, FastConsumer("sink-1"));
  consumer.Start();
  pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }));
  pair.CheckAll(100, 10);
}

// --- Speed: run with `queue_test "[bench]"`

double Rate(int count, const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return count / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST_CASE("messages of 1 KB per second", "[.bench]") {
  constexpr int kCount = 15'000;
  constexpr milliseconds kPatience{120'000};
  Pair pair;
  const auto published = [&] { return MetricValue(pair.metrics, R"(outbox_published_total{stream="source"})"); };
  const double said = Rate(kCount, [&] { pair.source.Say(kCount, 400, 1024); });
  std::unique_ptr<Relay> relay;
  const double relayed = Rate(kCount, [&] {
    RelayOptions options;
    options.holder = "source-1";
    relay = pair.NewRelay(options);
    REQUIRE(WaitFor([&] { return published() == kCount; }, kPatience));
  });
  pair.server.Kill9();
  pair.server.WipeData();
  const double wiped = kCount / Rate(kCount, [&] {
                         pair.server.Start();
                         REQUIRE(WaitFor([&] { return published() == 2 * kCount; }, kPatience));
                       });
  std::unique_ptr<Consumer> consumer;
  const double consumed = Rate(kCount, [&] {
    ConsumerOptions options;
    options.holder = "sink-1";
    consumer = pair.NewConsumer(options);
    REQUIRE(WaitFor([&] { return pair.Caught(); }, kPatience));
  });
  const double together = Rate(kCount, [&] {
    pair.source.Say(kCount, 400, 1024);
    REQUIRE(WaitFor([&] { return pair.Caught(); }, kPatience));
  });
  std::vector<double> times;
  for (int i = 0; i < 500; ++i) {
    const auto start = std::chrono::steady_clock::now();
    pair.source.SayText("single", "x");
    while (!pair.Caught()) std::this_thread::yield();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  std::cout << "committed at the source " << said << "/s; relayed " << relayed << "/s; consumed " << consumed
            << "/s; all at once " << together << "/s; one alone, both commits: p50 " << times[250] << " ms, p99 "
            << times[495] << " ms; from the start of an empty Redis until all " << kCount
            << " unread messages are in it again " << wiped << " s\n";
}

}  // namespace
}  // namespace jinqi::queue
