// What the ledger costs, beside a plain loop that reads the same keys and writes the same rows with the same
// statements: for `jinqi bench`. On an empty database each.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace jinqi::ledger {

struct ProbeOptions {
  // sqlite:PATH or postgresql://…, empty.
  std::string database;
  // Records made, and then moved once each.
  int records = 20000;
  // Of the loop.
  int per_commit = 64;
  // Commands of the ledger that wait for their answer at any time.
  int in_flight = 256;
};

struct ProbeResult {
  double creates_per_second = 0;
  double moves_per_second = 0;
  // Of the ledger's commands, milliseconds; 0 for the loop.
  double p50 = 0;
  double p99 = 0;
  double commands_per_commit = 0;
  // Of this process, microseconds per command, creates and moves together.
  double cpu = 0;
};

struct TimerProbeOptions {
  std::string database;
  // Records, each with one timer that is due already.
  int timers = 50'000;
  // Beside the firing; none of them has a timer.
  int creates_per_second = 500;
};

struct TimerProbeResult {
  // From the first firing to the last.
  double seconds = 0;
  std::int64_t fired = 0;
  // Records that were not fired, or more than once.
  std::int64_t faults = 0;
  int creates = 0;
  // Of the creates meanwhile, milliseconds.
  double create_p50 = 0;
  double create_p99 = 0;
};

// Timers that fell due together, for example in an outage, fired while new records come in (contract 13).
absl::StatusOr<TimerProbeResult> ProbeTimers(const TimerProbeOptions& options);

absl::StatusOr<ProbeResult> ProbeLoop(const ProbeOptions& options);
absl::StatusOr<ProbeResult> ProbeLedger(const ProbeOptions& options);

}  // namespace jinqi::ledger
