// For the queue's tests: services that only note what they hear, on SQLite, and a real Redis between them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"
#include "common/queue/consumer.h"
#include "common/queue/relay.h"
#include "common/testing/catch_status.h"
#include "common/testing/servers.h"

namespace jinqi::queue {

inline constexpr int kPartitions = 4;
inline constexpr char kTenant[] = "tj";

// A service's database: records of one kind, `note`, whose body is a text.
class NoteBook {
 public:
  // `database`: where it is; empty: a new SQLite file.
  explicit NoteBook(std::string name, std::string database = "");

  ledger::Ledger& ledger() { return *ledger_; }
  // As after a crash: what was not committed is gone.
  void Reopen();

  // Sends `count` messages, of `keys` keys in turn: the payload is the number within the key (1, 2, 3 …), filled up to
  // `bytes`. Each is one command. Returns when all are committed.
  void Say(int count, int keys, std::size_t bytes = 0);
  // One message of a key, with its own payload.
  void SayText(const std::string& key, const std::string& text, bool transient = false);

  // The text of a note; empty without it.
  std::string Read(const std::string& key);
  // The last position of each partition, and where this one stands in `source`.
  std::vector<std::int64_t> Ends();
  std::vector<std::int64_t> Marks(const std::string& source);

 private:
  ledger::Command SayCommand(const std::string& key, const std::string& text, bool transient);
  void Open();

  const std::string name_;
  const testing::TempDir folder_;
  const std::string database_;
  clock::SystemClock clock_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::int64_t said_ = 0;
  std::map<std::string, int> said_of_key_;
};

// Appends the payload's first word and a semicolon to the note of the key; refuses one that starts with `poison` unless
// `cured`. So a note shows what arrived, in which order and how often.
Handler NoteHandler(const std::shared_ptr<std::atomic<bool>>& cured = nullptr);

// `1;2;…;count;`
std::string Counted(int count);

RedisAddress AddressOf(const testing::RedisServer& server);

// Short times, so that tests need not wait long.
RelayOptions FastRelay(const std::string& holder);
ConsumerOptions FastConsumer(const std::string& holder);

// One publishing service `source` with its relay, and one consuming service `sink` with a consumer.
class Pair {
 public:
  explicit Pair(testing::RedisServer::Options options = testing::RedisServer::Options());

  std::unique_ptr<Relay> NewRelay(RelayOptions options = FastRelay("source-1"));
  std::unique_ptr<Consumer> NewConsumer(ConsumerOptions options = FastConsumer("sink-1"),
                                        Handler handler = NoteHandler());
  // Whether the sink has committed all that the source sent.
  bool Caught();
  // `keys` notes, each with all of its messages once and in order.
  void CheckAll(int count, int keys);

  testing::RedisServer server;
  Redis redis;
  clock::SystemClock clock;
  metrics::Metrics metrics{"test"};
  NoteBook source{"source"};
  NoteBook sink{"sink"};
};

// The value of a metric's line in the exposition: `name{labels} value`; 0 without it.
double MetricValue(metrics::Metrics& metrics, const std::string& line_start);

}  // namespace jinqi::queue
