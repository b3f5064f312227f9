// The relay: brings a service's committed messages from its outbox to its streams (contract 14, 15).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"
#include "common/queue/queue_metrics.h"
#include "common/queue/redis.h"
#include "common/queue/stream_plan.h"

namespace jinqi::queue {

struct RelayOptions {
  // Who holds the leases: the ledger's writer id. A process that starts again with it takes its leases up at once.
  std::string holder;
  std::chrono::milliseconds lease{10'000};
  // Between two looks into the outbox when nothing woke the relay; each with a quarter of jitter.
  std::chrono::milliseconds poll{100};
  // Between two looks at streams and marks.
  std::chrono::milliseconds survey{1000};
  // Between two reports of the lowest mark to the database.
  std::chrono::milliseconds pass{5000};
  // Messages of one partition in one write, and their bytes.
  int batch = 256;
  std::size_t batch_bytes = 1 << 20;
  // How long messages that everybody has passed are kept (ledger time).
  clock::Micros keep = 7 * clock::kDay;
  // Leases are about real time, even where rules live at a test's time; nullptr: the system's.
  clock::Clock* lease_clock = nullptr;
};

// One thread. Works without Redis (the outbox absorbs) and goes on when it is there.
class Relay {
 public:
  // `partitions`: as the ledger's. `consumers`: the names of all services that consume the stream; a message is kept
  // until each has passed it. Ledger, metrics and clock outlive it.
  Relay(std::string source, ledger::Ledger& ledger, const RedisAddress& redis, int partitions,
        std::vector<std::string> consumers, clock::Clock* clock, metrics::Metrics& metrics, RelayOptions options);
  // Stops.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void Start();
  // Finishes the write that runs and gives the leases up.
  void Stop();

  // OK, or why messages do not go out; for readiness and logs.
  absl::Status health() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;

  // Outlives the relay in the ledger's callback.
  struct Waker {
    absl::Mutex mutex;
    bool woken ABSL_GUARDED_BY(mutex) = false;
    bool stopping ABSL_GUARDED_BY(mutex) = false;
  };

  struct Partition {
    // Held under this epoch until then.
    std::optional<std::int64_t> epoch;
    Instant held_until{};
    // Take the epoch from the database, though Redis knows a later one.
    bool force = false;
    // Absent: the stream has to be looked at before anything is written.
    std::optional<StreamPlan> plan;
    // The stream's last id as it is expected.
    std::string last_id;
    // All consumers have passed it, as far as they said; and as the database was told.
    std::int64_t low = 0;
    std::int64_t passed = 0;
    Instant pass_due{};
    Instant expiry_due{};
  };

  // One write of a partition.
  struct Batch {
    int partition = 0;
    std::int64_t last = 0;
    std::int64_t count = 0;
  };

  // What one look at Redis shows.
  struct Survey {
    std::map<std::string, std::int64_t> marks;
    std::map<std::string, std::int64_t> floors;
    // Lowest position of the followers that live, by partition.
    std::map<int, std::int64_t> followers;
    std::vector<StreamState> streams;
  };

  void Run();
  // One round; true when there is more to do at once.
  absl::StatusOr<bool> Round();
  absl::Status RenewLeases();
  absl::Status RenewLease(int number, Partition& partition);
  bool Holds(const Partition& partition) const;
  bool HoldsAny() const;

  absl::StatusOr<std::vector<std::int64_t>> OutboxEnds();
  absl::Status SurveyStreams();
  absl::StatusOr<Survey> ReadSurvey();
  std::int64_t LowOf(const Survey& survey, int number, std::int64_t end, bool& all_announced) const;
  void Pass(int number, Partition& partition);

  absl::StatusOr<bool> Publish();
  absl::StatusOr<std::optional<Arguments>> Prepare(int number, Partition& partition, std::int64_t end, Batch& batch);
  absl::Status Settle(const Batch& batch, const Reply& reply);
  void UpdateGauges(const std::vector<std::int64_t>& ends);
  void Fail(const absl::Status& status);
  void Wait(std::chrono::milliseconds time);
  bool Stopping() const;

  const std::string source_;
  ledger::Ledger& ledger_;
  const std::vector<std::string> consumers_;
  clock::Clock* const clock_;
  const RelayOptions options_;
  clock::SystemClock system_clock_;
  clock::Clock* const lease_clock_;
  RelayMetrics metrics_;
  Redis redis_;
  const std::shared_ptr<Waker> waker_;

  // Of the relay's thread.
  std::vector<Partition> partitions_;
  std::int64_t connections_seen_ = 0;
  Instant survey_due_{};
  Instant leases_due_{};
  std::chrono::milliseconds pause_{0};

  mutable absl::Mutex health_mutex_;
  absl::Status health_ ABSL_GUARDED_BY(health_mutex_);
  std::thread thread_;
};

}  // namespace jinqi::queue
