// Who tries out numbers is stopped (INT-18).
#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"

namespace jinqi::gateway {

// Counts wrong look-ups per address within a window that slides. Remembers so many addresses at most: the ones that
// erred longest ago are forgotten first. Thread-safe.
class LookupLimiter {
 public:
  LookupLimiter(int tries, clock::Micros window, std::size_t addresses = 100'000)
      : tries_(tries > 0 ? static_cast<std::size_t>(tries) : 0), window_(window), addresses_(addresses) {}

  // How long the address must wait before it may try again; 0: it may.
  clock::Micros Wait(const std::string& address, clock::Micros now) const;
  // A look-up found nothing.
  void Missed(const std::string& address, clock::Micros now);

 private:
  struct Entry {
    std::string address;
    // The last `tries_` misses, oldest first.
    std::list<clock::Micros> misses;
  };

  const std::size_t tries_;
  const clock::Micros window_;
  const std::size_t addresses_;
  mutable absl::Mutex mutex_;
  std::list<Entry> recent_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_address_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::gateway
