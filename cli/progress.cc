#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/time/clock.h"

namespace jinqi::cli {
namespace {

constexpr int kBarWidth = 40;
constexpr absl::Duration kBarEvery = absl::Milliseconds(100);
constexpr absl::Duration kLineEvery = absl::Seconds(5);

}  // namespace

Progress::Progress(std::string noun, std::int64_t total)
    : noun_(std::move(noun)), total_(total), terminal_(isatty(STDOUT_FILENO) != 0), start_(absl::Now()), next_(start_) {
  if (!terminal_) next_ += kLineEvery;
}

void Progress::Set(std::int64_t done) {
  absl::MutexLock lock(&mutex_);
  Show(done);
}

void Progress::Step() {
  absl::MutexLock lock(&mutex_);
  Show(done_ + 1);
}

void Progress::Show(std::int64_t done) {
  done_ = done;
  if (absl::Now() < next_) return;
  next_ = absl::Now() + (terminal_ ? kBarEvery : kLineEvery);
  Print();
}

void Progress::Finish() {
  absl::MutexLock lock(&mutex_);
  if (printed_ != done_ || terminal_) Print();
  if (terminal_) std::printf("\n");
  std::fflush(stdout);
}

void Progress::Print() {
  printed_ = done_;
  const double seconds = std::max(absl::ToDoubleSeconds(absl::Now() - start_), 0.001);
  const auto done = static_cast<long long>(done_);
  const double rate = static_cast<double>(done_) / seconds;
  if (!terminal_) {
    if (total_ > 0) {
      std::printf("%lld of %lld %s, %.0f/s\n", done, static_cast<long long>(total_), noun_.c_str(), rate);
    } else {
      std::printf("%lld %s, %.0f/s\n", done, noun_.c_str(), rate);
    }
  } else if (total_ > 0) {
    const auto filled = static_cast<std::size_t>(std::min(done_ * kBarWidth / total_, std::int64_t{kBarWidth}));
    std::printf("\r[%s%s] %lld/%lld %s  %.0f/s ", std::string(filled, '#').c_str(),
                std::string(kBarWidth - filled, '.').c_str(), done, static_cast<long long>(total_), noun_.c_str(),
                rate);
  } else {
    std::printf("\r%lld %s  %.0f/s ", done, noun_.c_str(), rate);
  }
  std::fflush(stdout);
}

}  // namespace jinqi::cli
