#include "common/rpc/worker_pool.h"

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

#include "common/log/log.h"

namespace jinqi::rpc {
namespace {

// What the work owes is paid by what it holds: a Reply that goes without an answer answers itself.
void Guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& e) {
    // The type only: its text may hold what was being worked on (SEC-16).
    log::Log(log::Level::kError, "exception in a worker", {{"type", typeid(e).name()}});
  } catch (...) {
    log::Log(log::Level::kError, "exception in a worker");
  }
}

}  // namespace

WorkerPool::WorkerPool(int threads, int max_queued) : max_queued_(static_cast<std::size_t>(std::max(max_queued, 0))) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { Run(); });
}

void WorkerPool::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

int WorkerPool::queued() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(queue_.size());
}

int WorkerPool::busy() const {
  absl::MutexLock lock(&mutex_);
  return busy_;
}

bool WorkerPool::Enqueue(std::function<void()> work, bool always) {
  absl::MutexLock lock(&mutex_);
  if (stopped_ || (!always && queue_.size() >= max_queued_)) return false;
  queue_.push_back(std::move(work));
  return true;
}

void WorkerPool::Run() {
  for (;;) {
    std::function<void()> work;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &WorkerPool::HasWorkOrStopped));
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      ++busy_;
    }
    Guarded(work);
    // What the work holds goes before it counts as done.
    work = nullptr;
    absl::MutexLock lock(&mutex_);
    --busy_;
  }
}

}  // namespace jinqi::rpc
