// Projections on replicas: rebuilt from the owner's snapshot, kept up by its stream (contract 17, 18).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/queue/announce.h"
#include "common/queue/handler.h"
#include "common/queue/redis.h"

namespace jinqi::queue {

// A view in the memory of one replica. Called by the follower's thread; readers of the view are its own affair.
class Projection {
 public:
  virtual ~Projection() = default;

  // Empties the view and fills it from the owner's paged snapshot. For each partition the position that the owner
  // stated before the first page: the snapshot holds at least all up to there. An error: it is tried again.
  virtual absl::StatusOr<std::vector<std::int64_t>> Rebuild() = 0;

  // The next message, in the order of its partition. The first ones may be in the snapshot already: compare
  // `key_sequence` with what the record of the snapshot carries.
  virtual void Apply(const Envelope& envelope) = 0;
};

struct FollowerOptions {
  // Unique among all followers of the source; while it lives, messages stay in the stream until it has read them.
  std::string name{};
  std::chrono::milliseconds block{1000};
  int count = 128;
};

// One thread and one connection. Keeps no mark in a database: after a start, and when messages that it has not read are
// gone from the stream, it rebuilds.
class Follower {
 public:
  Follower(std::string source, const RedisAddress& redis, int partitions, Projection& projection,
           FollowerOptions options);
  // Stops.
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void Start();
  void Stop();

  // OK once it was built and while it keeps up; for readiness.
  absl::Status health() const;

  // True when the view has seen that position of the partition, within the time (read your writes).
  bool WaitFor(int partition, std::int64_t position, std::chrono::milliseconds time) const;
  // What the view has seen; a view's `as_of`.
  std::vector<std::int64_t> positions() const;

 private:
  void Run();
  absl::Status Round();
  absl::Status Rebuild();
  // Takes the entries of one stream; false when one is missing.
  bool Take(int number, const Reply& entries);
  void Report(absl::Status status);
  bool Stopping() const;

  const std::string source_;
  const int partition_count_;
  Projection& projection_;
  const FollowerOptions options_;
  Redis redis_;
  bool built_ = false;
  std::chrono::milliseconds pause_{0};

  mutable absl::Mutex mutex_;
  std::vector<std::int64_t> positions_ ABSL_GUARDED_BY(mutex_);
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace jinqi::queue
