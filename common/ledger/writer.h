// The ledger's one writer: runs batches on a driver until each of their works has its answer.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/ledger/batch.h"
#include "common/ledger/driver.h"
#include "common/ledger/work.h"

namespace jinqi::ledger {

// Answers a work with an error.
void Refuse(Work& work, const absl::Status& status);

// Used by one thread, but for counters(), OnCommit() and Stopping().
class Writer {
 public:
  using Works = std::vector<std::unique_ptr<Work>>;

  Writer(Database* database, const std::map<std::string, Kind>* kinds, Options options, clock::Clock* clock);

  // The first connection.
  absl::Status Connect();
  // Runs these works together; gives back those that must see the commit of others or asked for more names.
  Works Run(Works works);
  // From now on what waits for an unknown outcome is answered when it waited too long, like the others.
  void Stopping();

  Counters counters() const;
  void OnCommit(std::function<void()> callback);

 private:
  enum class End { kFinished, kConflict, kLost, kFull, kFailed };

  // One attempt; what is finished leaves `works`. `why` tells of all but kFinished and kConflict.
  End Try(Works& works, Works& again, absl::Status& why);
  End Failed(absl::Status status, absl::Status& why);
  // COMMIT was sent and the connection lost: finds out whether the block is there.
  End Resolve(Works& works, Batch& batch, const WriteSet& writes, Works& again);
  // A new connection. False: nobody waits for it any more.
  bool Reconnect(Works& works);
  void Finish(Works& works, Batch& batch, const WriteSet& writes, Works& again);
  void FinishOne(std::unique_ptr<Work> work, Batch::Verdict& verdict, Works& again);
  void Again(std::unique_ptr<Work> work, Batch::Verdict& verdict, Works& again);
  void Expire(Works& works);
  void Pause(std::chrono::milliseconds duration);
  void Log(const std::string& line) const;
  void Count(const Batch& batch);

  Database* const database_;
  const std::map<std::string, Kind>* const kinds_;
  const Options options_;
  clock::Clock* const clock_;
  std::unique_ptr<Driver> driver_;
  BlockRow last_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Counters counters_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> callbacks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::ledger
