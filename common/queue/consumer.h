// The consumer: makes each message of another service's stream a command of this one, exactly once in effect and in
// order per key (contract 14, 16).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
#include "common/queue/announce.h"
#include "common/queue/handler.h"
#include "common/queue/queue_metrics.h"
#include "common/queue/redis.h"

namespace jinqi::queue {

struct ConsumerOptions {
  // Who holds the leases: the ledger's writer id.
  std::string holder;
  std::chrono::milliseconds lease{10'000};
  // Messages of one partition that are read, and committed, together.
  int count = 128;
  // How long a read waits in Redis for the next message; marks are announced at least as often.
  std::chrono::milliseconds block{1000};
  // How long Stop waits for commits that run.
  std::chrono::milliseconds grace{5000};
  // Leases are about real time, even where rules live at a test's time; nullptr: the system's.
  clock::Clock* lease_clock = nullptr;
  // Seals what is parked; outlives the consumer. nullptr: see SealLetter.
  const crypto::Vault* vault = nullptr;
  // Called by the ledger's thread when a partition has been committed up to a position; must not block.
  std::function<void(int partition, std::int64_t position)> on_commit;
};

// One thread and one connection. Works without Redis and without the database: it goes on when they are there.
class Consumer {
 public:
  // `name`: of the consuming service; the relay of `source` must know it. `partitions`: as the source's ledger has.
  // Ledger, metrics and clock outlive it.
  Consumer(std::string name, std::string source, ledger::Ledger& ledger, const RedisAddress& redis, int partitions,
           Handler handler, clock::Clock* clock, metrics::Metrics& metrics, ConsumerOptions options);
  // Stops.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  void Start();
  // Waits for the commits that run, announces their marks and gives the leases up.
  void Stop();

  // OK, or why no messages come in; for readiness and logs.
  absl::Status health() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;

  struct Group {
    int partition = 0;
    std::int64_t generation = 0;
    std::int64_t last = 0;
    ledger::MessageGroup messages{};
    std::vector<clock::Micros> times{};
  };

  struct Finished {
    int partition = 0;
    std::int64_t generation = 0;
    std::int64_t last = 0;
    clock::Micros committed = 0;
    std::vector<clock::Micros> times;
    absl::StatusOr<ledger::GroupResult> result;
  };

  // Outlives the consumer in the ledger's callbacks.
  struct Shared {
    absl::Mutex mutex;
    std::vector<Finished> finished ABSL_GUARDED_BY(mutex);
    int in_flight ABSL_GUARDED_BY(mutex) = 0;
    bool stopping ABSL_GUARDED_BY(mutex) = false;
  };

  struct Partition {
    // Raised whenever it is taken: what was read before is void.
    std::int64_t generation = 0;
    Instant held_until{};
    // Committed; read up to there.
    std::int64_t mark = 0;
    std::int64_t cursor = 0;
    // The last position that exists nowhere any more, as far as Redis says.
    std::int64_t floor = 0;
    bool in_flight = false;
    // To be given to another replica when nothing is in flight.
    bool leaving = false;
    std::optional<Group> next;
    // Not read before then: a message is missing, or a commit failed.
    Instant resume{};
  };

  void Run();
  absl::Status Round();
  void Leave();
  void Fail(const absl::Status& status);

  // Takes or renews; until when it is held, or nullopt while another holds it.
  absl::StatusOr<std::optional<Instant>> Lease(int number);
  void Release(int number);
  absl::Status RenewLeases();
  // How many partitions this replica should hold.
  int FairShare() const;
  void GiveUpSurplus();
  absl::Status TakeLeases();
  absl::StatusOr<std::int64_t> ReadMark(int number);

  bool Readable(const Partition& partition, Instant now) const;
  Announcement MakeAnnouncement() const;
  // How long the next read may wait in Redis; 0: not at all.
  std::chrono::milliseconds BlockTime(Instant now) const;
  Arguments ReadCommand(const std::vector<int>& numbers, std::chrono::milliseconds block) const;
  absl::Status Read();
  absl::Status Note(const Announced& announced);
  void TakeStream(int number, const Reply& entries);
  // The next entry is not the one that follows: true when those between exist nowhere any more.
  bool PassOver(int number, Partition& partition, std::int64_t found);
  absl::Status AddEntry(Group& group, std::int64_t position, const Reply& entry);
  // Stands for an entry that is no message.
  Envelope Unreadable(int number, std::int64_t position) const;

  void Submit(Group group);
  void Settle();
  void SettleOne(Finished finished);
  void CountDeadLetters();
  void WaitForCommit(std::chrono::milliseconds time);
  bool Stopping() const;

  const std::string name_;
  const std::string source_;
  ledger::Ledger& ledger_;
  const RedisAddress address_;
  const int partition_count_;
  const Handler handler_;
  clock::Clock* const clock_;
  const ConsumerOptions options_;
  clock::SystemClock system_clock_;
  clock::Clock* const lease_clock_;
  ConsumerMetrics metrics_;
  Redis redis_;
  const std::shared_ptr<Shared> shared_;

  // Of the consumer's thread: the partitions that it holds.
  std::map<int, Partition> partitions_;
  std::int64_t generation_ = 0;
  int members_ = 1;
  bool marks_moved_ = false;
  Instant leases_due_{};
  Instant take_due_{};
  Instant announce_due_{};
  Instant announced_{};
  Instant letters_due_{};
  std::chrono::milliseconds pause_{0};

  mutable absl::Mutex health_mutex_;
  absl::Status health_ ABSL_GUARDED_BY(health_mutex_);
  std::thread thread_;
};

}  // namespace jinqi::queue
