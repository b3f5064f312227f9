// What the ledger costs, beside a plain loop that reads the same keys and writes the same rows with the same
// statements: for `jinqi bench`. On an empty database each.
#pragma once

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

absl::StatusOr<ProbeResult> ProbeLoop(const ProbeOptions& options);
absl::StatusOr<ProbeResult> ProbeLedger(const ProbeOptions& options);

}  // namespace jinqi::ledger
