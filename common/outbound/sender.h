// Delivers what a service has for one outside system: at least once, one after the other, by one replica at a time.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"
#include "common/outbound/circuit.h"
#include "common/outbound/retry.h"
#include "common/outbound/transport.h"

namespace jinqi::outbound {

// What is due: the owner's record, and since when.
struct Job {
  // Unique among the owner's.
  std::string id;
  clock::Micros due = 0;
};

// A message, or why it is not sent after all.
struct Letter {
  Message message = {};
  // Not empty: goes into the report.
  std::string unsent = {};
};

// Whose durable records say what goes out. Called by the sender's thread only; all may block.
class Owner {
 public:
  virtual ~Owner() = default;
  // Up to `limit` jobs that are due, the earliest first; of those that must arrive in order only the first.
  virtual absl::StatusOr<std::vector<Job>> Due(clock::Micros now, int limit) = 0;
  // Puts the message together. An error: not now, and it is asked again after a pause.
  virtual absl::StatusOr<Letter> Write(const Job& job) = 0;
  // Commits what became of it. When that fails, the message is sent again under the same key.
  virtual absl::Status Settle(const Job& job, const Report& report) = 0;
};

class Sender {
 public:
  struct Options {
    // Names the outside system in lease, metrics and log: `notices`, `partner-LF`.
    std::string target;
    // Who holds the lease; unique among the processes.
    std::string holder;
    int batch = 64;
    // Between two passes, of real time.
    absl::Duration interval = absl::Milliseconds(500);
  };

  // All that is given outlives the sender.
  Sender(Options options, Owner& owner, Transport& transport, ledger::Ledger& ledger, clock::Clock& clock,
         metrics::Metrics& metrics);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender();

  // Sends on a thread of its own until Stop.
  void Start();
  // Waits for the message that is on its way, and gives the lease back.
  void Stop();

  // Sends what is due, unless another replica does; the number that was settled. Ends early while the other side is
  // away. Not while the thread runs.
  absl::StatusOr<int> Pass();

 private:
  // A job that could not be written or settled waits.
  struct Pause {
    clock::Micros length = 0;
    clock::Micros until = 0;
  };

  void PassOften();
  absl::StatusOr<std::vector<Job>> FindDue(clock::Micros now);
  absl::StatusOr<bool> HoldLease(clock::Micros now);
  // False: the pass ends.
  bool Handle(const Job& job, int& settled);
  // nullopt: the other side is away.
  std::optional<Report> Send(const Letter& letter);
  void PutOff(const Job& job, std::string_view what, const absl::Status& why);
  double Jitter() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  bool stopping() const;

  const Options options_;
  Owner& owner_;
  Transport& transport_;
  ledger::Ledger& ledger_;
  clock::Clock& clock_;
  std::map<Outcome, metrics::Counter*> deliveries_;
  metrics::Histogram& seconds_;
  metrics::Gauge& open_;
  metrics::Gauge& oldest_;
  Circuit circuit_;
  std::map<std::string, Pause> paused_;
  absl::Time leased_ = absl::InfinitePast();
  std::mt19937_64 random_{std::random_device()()};

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace jinqi::outbound
