// Asks ClamAV's daemon whether a content holds something harmful (clamd(8), INSTREAM).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace jinqi::clamav {

struct Verdict {
  bool infected = false;
  // The name of what was found, as the daemon's signatures call it.
  std::string signature;
};

// Immutable; each question is a connection of its own.
class Daemon {
 public:
  // `address`: unix:/path or host:port. `timeout`: of the connection, and of each step of the talk.
  Daemon(std::string address, absl::Duration timeout) : address_(std::move(address)), timeout_(timeout) {}

  // Blocks. UNAVAILABLE where it is away, breaks off, or refuses the content, for example as larger than its
  // StreamMaxLength.
  absl::StatusOr<Verdict> Scan(std::string_view bytes) const;

 private:
  const std::string address_;
  const absl::Duration timeout_;
};

}  // namespace jinqi::clamav
