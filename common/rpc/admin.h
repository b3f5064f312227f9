// The admin door: /livez, /readyz and /metrics over HTTP, for the operator's network only.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/metrics.h"

namespace jinqi::rpc {

enum class Readiness {
  kOk,
  // Works, but not as it will in the end: a calendar of next year that is only projected.
  kProvisional,
  kFailing,
};

struct ReadyState {
  Readiness readiness = Readiness::kOk;
  std::string text;
};

struct ReadyCheck {
  std::string name;
  // Called for each /readyz; must answer within a second.
  std::function<ReadyState()> check;
};

// What keeps a process from being ready. Thread-safe.
class ReadyChecks {
 public:
  void Add(ReadyCheck check);
  // Stopping: not ready whatever the checks say.
  void SetStopping() { stopping_ = true; }

  struct Report {
    bool ready = false;
    // {"ready": true, "service": …, "checks": [{"name", "state": "ok|provisional|failing", "text"}]}
    std::string json;
  };
  Report Run(const std::string& service) const;

 private:
  std::atomic<bool> stopping_ = false;
  mutable absl::Mutex mutex_;
  std::vector<ReadyCheck> checks_ ABSL_GUARDED_BY(mutex_);
};

class AdminServer {
 public:
  // `listen`: host:port, port 0: any free one. UNAVAILABLE when it is taken.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const std::string& listen, const std::string& service,
                                                            const ReadyChecks& checks, metrics::Metrics& metrics);
  ~AdminServer();
  const std::string& address() const;

 private:
  struct Impl;
  explicit AdminServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jinqi::rpc
