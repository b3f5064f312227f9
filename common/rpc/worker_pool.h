// Threads for work that blocks, with a bounded queue before them.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace jinqi::rpc {

class WorkerPool {
 public:
  WorkerPool(int threads, int max_queued);
  ~WorkerPool() { Stop(); }

  // False when the queue is full or the pool has stopped: `work` was not taken.
  bool Submit(std::function<void()> work) { return Enqueue(std::move(work), false); }
  // As Submit, but never refused for a full queue: for the end of something that has been begun.
  bool SubmitAlways(std::function<void()> work) { return Enqueue(std::move(work), true); }

  // Takes nothing more, finishes what waits, joins the threads.
  void Stop();

  int queued() const;
  int busy() const;

 private:
  bool Enqueue(std::function<void()> work, bool always);
  void Run();
  bool HasWorkOrStopped() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || !queue_.empty(); }

  const std::size_t max_queued_;
  mutable absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace jinqi::rpc
