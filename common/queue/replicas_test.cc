// Two of each: relays and consumers that take over from one another, and processes that die.
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "common/queue/names.h"
#include "common/queue/queue_fixture.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;
using testing::Must;
using testing::WaitFor;

constexpr milliseconds kLong{30'000};

double Published(metrics::Metrics& metrics) {
  return MetricValue(metrics, R"(outbox_published_total{stream="source"})");
}

// Another relay, which this process does not run, takes all partitions until `until`.
void TakeRelayLeases(Pair& pair, const std::string& holder, clock::Micros now, clock::Micros duration) {
  for (int partition = 0; partition < kPartitions; ++partition) {
    REQUIRE(Must(pair.source.ledger().maintenance().Lease("relay:" + PartitionName(partition), holder, now, duration)));
  }
}

TEST_CASE("a relay that was frozen while another took over writes nothing", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  pair.source.Say(40, 10);
  REQUIRE(WaitFor([&] { return Published(pair.metrics) == 40; }));
  // For the database the first one's leases have run out; it does not know yet. The second has written once.
  const clock::Micros later = pair.clock.Now() + clock::kHour;
  TakeRelayLeases(pair, "source-2", later, clock::kHour);
  for (int partition = 0; partition < kPartitions; ++partition) {
    Must(pair.redis.Call({"HSET", RelayKey("source"), PartitionName(partition) + ":epoch", "2"}));
  }
  pair.source.Say(40, 40);
  REQUIRE(WaitFor([&] { return MetricValue(pair.metrics, R"(outbox_stale_writes_total{stream="source"})") > 0; }));
  CHECK(Published(pair.metrics) == 40);

  metrics::Metrics second_metrics("test");
  clock::ManualClock second_clock(later);
  RelayOptions options = FastRelay("source-2");
  options.lease_clock = &second_clock;
  Relay second("source", pair.source.ledger(), AddressOf(pair.server), kPartitions, {"sink"}, &pair.clock,
               second_metrics, options);
  second.Start();
  REQUIRE(WaitFor([&] { return Published(second_metrics) == 40; }));
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  CHECK(Published(pair.metrics) == 40);
}

TEST_CASE("a relay goes on whose database knows a lower epoch than Redis", "[QUEUE]") {
  Pair pair;
  for (int partition = 0; partition < kPartitions; ++partition) {
    Must(pair.redis.Call({"HSET", RelayKey("source"), PartitionName(partition) + ":epoch", "900"}));
  }
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  pair.source.Say(40, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(40, 10);
}

TEST_CASE("a relay takes over when the lease of a dead one runs out", "[QUEUE]") {
  Pair pair;
  TakeRelayLeases(pair, "dead", pair.clock.Now(), clock::kSecond);
  RelayOptions options = FastRelay("source-2");
  options.lease = milliseconds(500);
  const auto relay = pair.NewRelay(options);
  const auto consumer = pair.NewConsumer();
  pair.source.Say(40, 10);
  CHECK(Published(pair.metrics) == 0);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(40, 10);
}

TEST_CASE("a relay that stops hands over at once", "[QUEUE]") {
  Pair pair;
  const auto consumer = pair.NewConsumer();
  for (int round = 0; round < 4; ++round) {
    RelayOptions options = FastRelay("source-" + std::to_string(round));
    // Nobody could wait for these to run out.
    options.lease = milliseconds(3'600'000);
    const auto relay = pair.NewRelay(options);
    pair.source.Say(100, 10);
    REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  }
  pair.CheckAll(400, 10);
}

TEST_CASE("a consumer dies between reading and committing", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  for (int round = 0; round < 5; ++round) {
    ConsumerOptions options = FastConsumer("sink-1");
    options.grace = milliseconds(0);
    options.count = 16;
    auto consumer = pair.NewConsumer(options);
    pair.source.Say(1000, 10);
    REQUIRE(WaitFor([&] { return pair.sink.Marks("source") != std::vector<std::int64_t>(kPartitions, 0); }));
    consumer.reset();
    pair.sink.Reopen();
  }
  const auto consumer = pair.NewConsumer();
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(5000, 10);
}

TEST_CASE("two consumers of one service share its partitions and take over from each other", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  ConsumerOptions options = FastConsumer("sink-1");
  options.lease = milliseconds(1000);
  metrics::Metrics metrics_1("test");
  metrics::Metrics metrics_2("test");
  const auto start = [&](const std::string& holder, metrics::Metrics& metrics) {
    options.holder = holder;
    auto consumer = std::make_unique<Consumer>("sink", "source", pair.sink.ledger(), AddressOf(pair.server),
                                               kPartitions, NoteHandler(), &pair.clock, metrics, options);
    consumer->Start();
    return consumer;
  };
  const auto partitions = [](metrics::Metrics& metrics) {
    return MetricValue(metrics, R"(queue_partitions{group="sink",stream="source"})");
  };
  auto first = start("sink-1", metrics_1);
  pair.source.Say(1000, 100);
  REQUIRE(WaitFor([&] { return partitions(metrics_1) == kPartitions; }));
  auto second = start("sink-2", metrics_2);
  pair.source.Say(1000, 100);
  REQUIRE(WaitFor([&] { return partitions(metrics_2) * 2 == kPartitions; }));
  pair.source.Say(1000, 100);
  first.reset();
  pair.source.Say(1000, 100);
  REQUIRE(WaitFor([&] { return partitions(metrics_2) == kPartitions; }));
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(4000, 100);
}

TEST_CASE("two consumers that both believe to hold a partition apply nothing twice", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  // Their leases never agree: the second one lives an hour later, so to it the first one's have always run out.
  clock::ManualClock now(pair.clock.Now());
  clock::ManualClock later(pair.clock.Now() + clock::kHour);
  ConsumerOptions one = FastConsumer("sink-1");
  one.lease_clock = &now;
  ConsumerOptions two = FastConsumer("sink-2");
  two.lease_clock = &later;
  const auto first = pair.NewConsumer(one);
  pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  const auto second = pair.NewConsumer(two);
  pair.source.Say(5000, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
  pair.CheckAll(5100, 10);
}

TEST_CASE("a mark that another moved is read again", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  pair.source.Say(40, 10);
  REQUIRE(WaitFor([&] { return pair.Caught(); }));
  // The next message of each partition is passed over by somebody else before it is even sent.
  for (const ledger::Mark& mark : Must(pair.sink.ledger().reader().Marks())) {
    ledger::MessageGroup group;
    group.from = mark;
    group.items.resize(1);
    ledger::DeadLetter& letter = group.items[0].letter;
    letter.tenant = kTenant;
    letter.source = "source";
    letter.partition = mark.partition;
    letter.position = mark.position + 1;
    letter.key = "other";
    absl::Notification done;
    pair.sink.ledger().SubmitGroup(group, [&](const absl::StatusOr<ledger::GroupResult>& result) {
      CHECK(result.ok());
      done.Notify();
    });
    done.WaitForNotification();
  }
  pair.source.Say(400, 40);
  REQUIRE(WaitFor([&] { return pair.Caught(); }, kLong));
}

TEST_CASE("two replicas of both services on PostgreSQL, one of them dying again and again", "[QUEUE]") {
  testing::PostgresServer& postgres = testing::PostgresServer::Shared();
  const std::string source_uri = postgres.NewDatabase();
  const std::string sink_uri = postgres.NewDatabase();
  testing::RedisServer server;
  clock::SystemClock clock;
  metrics::Metrics metrics("test");
  NoteBook source_1("source-1", source_uri);
  NoteBook source_2("source-2", source_uri);
  NoteBook sink_1("sink-1", sink_uri);
  NoteBook sink_2("sink-2", sink_uri);
  const auto new_relay = [&](NoteBook& book, const std::string& holder) {
    RelayOptions options = FastRelay(holder);
    options.lease = milliseconds(1000);
    auto relay = std::make_unique<Relay>("source", book.ledger(), AddressOf(server), kPartitions,
                                         std::vector<std::string>{"sink"}, &clock, metrics, options);
    relay->Start();
    return relay;
  };
  const auto new_consumer = [&](NoteBook& book, const std::string& holder) {
    ConsumerOptions options = FastConsumer(holder);
    options.lease = milliseconds(1000);
    options.grace = milliseconds(0);
    auto consumer = std::make_unique<Consumer>("sink", "source", book.ledger(), AddressOf(server), kPartitions,
                                               NoteHandler(), &clock, metrics, options);
    consumer->Start();
    return consumer;
  };
  const auto relay_1 = new_relay(source_1, "source-1");
  auto relay_2 = new_relay(source_2, "source-2");
  const auto consumer_1 = new_consumer(sink_1, "sink-1");
  auto consumer_2 = new_consumer(sink_2, "sink-2");
  for (int round = 0; round < 5; ++round) {
    // Both write; those of the second count their keys apart.
    source_1.Say(200, 10);
    source_2.SayText("other", std::to_string(round + 1));
    consumer_2.reset();
    sink_2.Reopen();
    source_1.Say(200, 10);
    consumer_2 = new_consumer(sink_2, "sink-2");
    relay_2.reset();
    source_2.Reopen();
    relay_2 = new_relay(source_2, "source-2");
  }
  REQUIRE(WaitFor([&] { return sink_1.Marks("source") == source_1.Ends(); }, kLong));
  for (int i = 0; i < 10; ++i) {
    const std::string key = "k" + std::to_string(i);
    INFO(key);
    CHECK(sink_1.Read(key) == Counted(200));
  }
  CHECK(sink_1.Read("other") == Counted(5));
  CHECK(Must(sink_1.ledger().reader().DeadLetters(10)).empty());
}

}  // namespace
}  // namespace jinqi::queue
