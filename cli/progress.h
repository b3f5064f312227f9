// How far a long command is: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace jinqi::cli {

// Thread-safe. Writes to standard output.
class Progress {
 public:
  // `noun`: what is counted, for the plain lines. `total` 0: nobody knows it yet.
  Progress(std::string noun, std::int64_t total);

  void Set(std::int64_t done);
  // One more.
  void Step();
  // The last state, and the end of the line.
  void Finish();

 private:
  void Show(std::int64_t done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Print() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string noun_;
  const std::int64_t total_;
  const bool terminal_;
  const absl::Time start_;
  absl::Mutex mutex_;
  std::int64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t printed_ ABSL_GUARDED_BY(mutex_) = -1;
  absl::Time next_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::cli
