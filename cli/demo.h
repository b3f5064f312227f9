// The demo: demands taken in, dispatched, handled, answered, followed up, rated and closed through the public API.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace jinqi::cli {

struct DemoOptions {
  std::string gateway;
  // CSV with a column text (or content, detail, message); measure and expected are used where they are there.
  std::string input;
  // 0: all rows.
  int orders = 0;
  // Some orders take the hard courses too: a return with designation, an extension, a joint meeting, a merge, a
  // withdrawal that comes too late, an escalation, a supervision.
  bool full = false;
  // Goes on with what the last run left open.
  bool resume = false;
  // Where the run keeps what it has begun, so that it can be resumed.
  std::string state_directory;
  int parallel = 16;
};

// OK when every demand ended as it should; what did not is printed.
absl::Status RunDemo(const DemoOptions& options);

}  // namespace jinqi::cli
