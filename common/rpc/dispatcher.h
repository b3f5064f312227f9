// The chain through which every call passes, whatever brought it: gRPC, HTTP at the gateway, a test.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock/clock.h"
#include "common/metrics/metrics.h"
#include "common/metrics/rpc_metrics.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/methods.h"
#include "common/rpc/worker_pool.h"

namespace jinqi::rpc {

// A call as it arrives.
struct Incoming {
  // With or without the leading slash.
  std::string method;
  std::string authorization;
  std::string traceparent;
  std::string peer;
  // By the system's clock; 0: the caller named none.
  ledger::Micros deadline = 0;
  grpc::ByteBuffer request;
  // Makes the request from what came instead (JSON at the gateway): called by `validate`, once the caller may call.
  std::function<absl::StatusOr<grpc::ByteBuffer>()> make_request = {};
};

struct DispatcherOptions {
  // `intake`: errors name it as `intake.jinqi`.
  std::string service;
  // The city of callers without a token.
  std::string tenant = "tianjin";
  int pool_threads = 8;
  int max_queued = 4096;
  int max_in_flight = 8192;
  // Requests that are larger are refused as TOO_LONG.
  std::size_t max_message_bytes = 2 << 20;
};

class Dispatcher {
 public:
  // All that is given must outlive it. `authenticator` may be nullptr: every token is refused then.
  Dispatcher(DispatcherOptions options, const Methods& methods, Authenticator* authenticator, clock::Clock& clock,
             metrics::Metrics& metrics);
  ~Dispatcher();

  // The chain's steps in their order: guard, trace, deadline, metrics, authenticate, authorise, limit, validate,
  // handle. guard: no exception leaves, and every call ends. authorise comes before anything is looked up (AIP-211).
  static std::vector<std::string_view> Steps();

  // What became of a call.
  struct Result {
    // An error is complete: reason, Chinese text, domain and trace id (GWY-08).
    absl::StatusOr<grpc::ByteBuffer> answer;
    std::string trace_id;
  };
  using Done = std::function<void(Result)>;

  // Runs the chain. `done` is called once, on this or another thread; it must not block.
  void Start(Incoming incoming, Done done);

  // Start, and wait; for tests and tools.
  Result Run(Incoming incoming);

  // Refuses new calls as UNAVAILABLE; those in hand go on.
  void Refuse() { refusing_ = true; }
  int in_flight() const { return in_flight_; }
  // The methods of the calls in hand, for the log when they will not end.
  std::vector<std::string> InHand() const;
  // Finishes what waits for a worker.
  void Stop() { pool_.Stop(); }

  WorkerPool& pool() { return pool_; }

 private:
  struct Numbers;
  struct Passage;
  struct Step;
  class Rest;
  static const std::vector<Step>& Chain();

  static void Guard(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Trace(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Deadline(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Measure(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Authenticate(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Authorise(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Limit(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Validate(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Handle(const std::shared_ptr<Passage>& passage, Rest rest);
  static void Finish(const std::shared_ptr<Passage>& passage, absl::StatusOr<grpc::ByteBuffer> answer);

  const DispatcherOptions options_;
  const Methods& methods_;
  Authenticator* const authenticator_;
  clock::Clock& clock_;
  WorkerPool pool_;
  // By method; nullptr stands for all that are not registered.
  std::map<const Method*, std::unique_ptr<Numbers>> numbers_;
  std::atomic<int> in_flight_ = 0;
  std::atomic<bool> refusing_ = false;
};

}  // namespace jinqi::rpc
