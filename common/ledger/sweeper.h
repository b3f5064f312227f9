// Fires the timers that fell due (contract 13): a bounded number at a time, the earliest first, one per record and
// pass.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"

namespace jinqi::ledger {

class Sweeper {
 public:
  // The command of a timer: names, method, caller and decision. Tenant and time (the timer's due time) are filled in.
  using MakeCommand = std::function<absl::StatusOr<Command>(const Firing& firing, const Record& record)>;

  struct Options {
    // Sweepers with one lease share the work: one of them sweeps at a time.
    std::string lease = "sweeper";
    // Who holds the lease; unique among the processes.
    std::string holder;
    int batch = 256;
    // Between two passes that found nothing, of real time.
    Micros interval = 500'000;
    Micros lease_duration = 10'000'000;
    // How late a timer fired, in microseconds of the clock.
    std::function<void(Micros)> lateness;
    // A firing that was refused: its timer stands and is tried again in the next sweep.
    std::function<void(const Firing&, const absl::Status&)> failed;
  };

  Sweeper(Ledger* ledger, clock::Clock* clock, std::vector<std::string> kinds, MakeCommand make, Options options);
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;
  ~Sweeper();

  // Sweeps on a thread of its own until Stop.
  void Start();
  // Waits for the pass that runs, and gives the lease back.
  void Stop();

  // Takes the lease and fires until nothing is due that did not fail before; the number fired, 0 while another sweeper
  // holds the lease. Not while the thread runs.
  absl::StatusOr<std::int64_t> Sweep();

 private:
  struct Due {
    Firing firing;
    Record record;
  };
  using FiringId = std::pair<std::string, Key>;

  void SweepOften();
  // The next ones, earliest first; none of those in `failed`.
  absl::StatusOr<std::vector<Due>> FindDue(Micros now, const std::set<FiringId>& failed);
  // Fires and waits; adds those that were refused to `failed`, and counts the others.
  std::int64_t FireAll(std::vector<Due> due, std::set<FiringId>& failed);
  bool stopping() const;

  Ledger* const ledger_;
  clock::Clock* const clock_;
  const std::vector<std::string> kinds_;
  const MakeCommand make_;
  const Options options_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace jinqi::ledger
