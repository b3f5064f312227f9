// The blocks of a database in order, to be merged with another scan of it.
#pragma once

#include <deque>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/ledger/driver.h"

namespace jinqi::ledger {

// The blocks of a scan on another thread, a few ahead, to be merged with the rows of this thread's scan.
class BlockStream {
 public:
  explicit BlockStream(Database* database) : thread_([this, database] { ReadAll(database); }) {}
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;
  ~BlockStream() {
    {
      absl::MutexLock lock(&mutex_);
      abandoned_ = true;
    }
    thread_.join();
  }

  // The next block without taking it; nullptr after the last.
  const BlockRow* Peek() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &BlockStream::HasSome));
    return blocks_.empty() ? nullptr : &blocks_.front();
  }
  void Pop() {
    absl::MutexLock lock(&mutex_);
    blocks_.pop_front();
  }
  // After the last block: whether all could be read.
  absl::Status status() {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  static constexpr std::size_t kAhead = 1024;

  bool HasSome() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return done_ || !blocks_.empty(); }
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return abandoned_ || blocks_.size() < kAhead; }

  void ReadAll(Database* database) {
    const absl::Status status = database->ScanBlocks([this](const BlockRow& block) {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &BlockStream::HasRoom));
      if (abandoned_) return absl::CancelledError("nobody reads on");
      blocks_.push_back(block);
      return absl::OkStatus();
    });
    absl::MutexLock lock(&mutex_);
    status_ = status;
    done_ = true;
  }

  absl::Mutex mutex_;
  std::deque<BlockRow> blocks_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace jinqi::ledger
