// Leaves a system alone that is away, and tries it now and then.
#pragma once

#include <algorithm>

#include "common/clock/clock.h"

namespace jinqi::outbound {

// Opens after three failures in a row, for a pause that doubles from 5 seconds to 5 minutes while the one attempt after
// it fails again. For one thread.
class Circuit {
 public:
  bool Allows(clock::Micros now) const { return now >= until_; }
  bool open() const { return until_ > 0; }
  void Succeeded() { *this = Circuit(); }
  // `jitter`: 0 to 1; lengthens the pause by up to a fifth, so that not all come back in one moment.
  void Failed(clock::Micros now, double jitter) {
    if (++failures_ < kFailures) return;
    until_ = now + static_cast<clock::Micros>(static_cast<double>(pause_) * (1 + jitter / 5));
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

 private:
  static constexpr int kFailures = 3;
  static constexpr clock::Micros kFirstPause = 5 * clock::kSecond;
  static constexpr clock::Micros kLongestPause = 5 * clock::kMinute;

  int failures_ = 0;
  clock::Micros pause_ = kFirstPause;
  clock::Micros until_ = 0;
};

}  // namespace jinqi::outbound
