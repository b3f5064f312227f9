// Fires the timers that fell due (contract 13): a bounded number at a time, the earliest first, one per record and
// pass.
#pragma once

#include <functional>
#include <map>
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
    // Small, as calls wait behind the part of a batch that is being written; more are hardly faster.
    int batch = 32;
    // Between two passes that found nothing, of real time.
    Micros interval = 500'000;
    Micros lease_duration = 10'000'000;
    // How late a timer fired, in microseconds of the clock.
    std::function<void(Micros)> lateness;
    // A firing that was refused: its timer stands and is tried again after a pause that grows from seconds to minutes.
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

  // Takes the lease and fires until nothing is due but what was refused and waits; the number fired, 0 while another
  // sweeper holds the lease. Ends early when the ledger is away or overloaded. Not while the thread runs.
  absl::StatusOr<std::int64_t> Sweep();

 private:
  struct Due {
    Firing firing;
    Record record;
  };
  // A firing that was refused waits; it is another one as soon as its record's timers change.
  struct Refused {
    std::int64_t generation = 0;
    Micros pause = 0;
    Micros until = 0;
  };
  struct Fired {
    std::int64_t count = 0;
    // The ledger takes nothing at the moment.
    bool blocked = false;
  };
  using FiringId = std::pair<std::string, Key>;

  void SweepOften();
  // The next ones, earliest first; none that waits after a refusal.
  absl::StatusOr<std::vector<Due>> FindDue(Micros now);
  Fired FireAll(std::vector<Due> due);
  bool Waits(const FiringId& id, std::int64_t generation, Micros now) const;
  void NoteRefusal(const Firing& firing, Micros now);
  bool stopping() const;

  Ledger* const ledger_;
  clock::Clock* const clock_;
  const std::vector<std::string> kinds_;
  const MakeCommand make_;
  const Options options_;
  std::map<FiringId, Refused> refused_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace jinqi::ledger
