// A whole service process: configuration, log, clock, ledger, server, signals and the order of the end.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/crypto/vault.h"
#include "common/ids/ids.h"
#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"
#include "common/paging/paging.h"
#include "common/rpc/admin.h"
#include "common/rpc/client.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/methods.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::rpc {

// What a service is, before it runs.
struct ServiceDefinition {
  // `intake`
  std::string name;
  std::vector<ledger::Kind> kinds = {};
  // File name to SQL.
  std::map<std::string, std::string> migrations = {};
  // False: it keeps nothing (gateway).
  bool has_ledger = true;
};

// Something that runs beside the calls: a consumer, a relay, a sweeper.
struct BackgroundTask {
  std::string name;
  std::function<absl::Status()> start;
  // Ends it and waits until it has ended.
  std::function<void()> stop = {};
  // Stopped only after the last call has ended (a relay that sends out what those wrote); others stop before.
  bool outlives_calls = false;
};

// What a service is built from. Lives as long as the process serves.
class ServiceRuntime {
 public:
  // Takes what the configuration names: reads keys and secrets, opens the ledger. FAILED_PRECONDITION for what does not
  // go together (a clock file outside of tests).
  static absl::StatusOr<std::unique_ptr<ServiceRuntime>> Open(ServiceDefinition definition,
                                                              const config::v1::ServerConfig& config);
  ~ServiceRuntime();

  const std::string& name() const { return definition_.name; }
  const config::v1::ServerConfig& config() const { return config_; }
  // The system's time, or in a test the one in the clock file.
  clock::Clock& clock() { return *clock_; }
  ids::Ids& ids() { return ids_; }
  // Only with has_ledger.
  ledger::Ledger& ledger() { return *ledger_; }
  // nullptr without vault_key_file.
  const crypto::Vault* vault() const { return vault_.get(); }
  const paging::PageTokens& page_tokens() const { return *page_tokens_; }
  metrics::Metrics& metrics() { return metrics_; }
  Methods& methods() { return *methods_; }
  Authenticator& authenticator() { return *authenticator_; }
  // Where every call passes; from the moment that the service is built.
  Dispatcher& dispatcher() { return *dispatcher_; }

  // The connection to a service that server.peers names; always the same one. NOT_FOUND when it is not configured.
  absl::StatusOr<Channel*> Peer(const std::string& service);
  // `Bearer …` for calls in this service's own name (ROLE_SERVICE), renewed when needed. FAILED_PRECONDITION without
  // service_key_file.
  absl::StatusOr<std::string> ServiceAuthorization();

  void AddReadyCheck(ReadyCheck check) { ready_.Add(std::move(check)); }
  // Started in the order in which they are added, once the server listens; stopped in reverse order.
  void AddBackground(BackgroundTask task) { background_.push_back(std::move(task)); }
  // Further addresses for the address file: ("http", "127.0.0.1:8080"); from a background task's start.
  void AddAddress(const std::string& name, const std::string& address) { addresses_[name] = address; }
  // Keeps an object until calls and background tasks have ended; the last one goes first.
  template <typename T>
  T& Keep(std::unique_ptr<T> object) {
    T& kept = *object;
    kept_.push_back(std::shared_ptr<void>(std::move(object)));
    return kept;
  }

  // Serves until `wait_for_stop` returns, then ends in order: not ready, `drain`, background, calls, workers, relay,
  // ledger. False: calls would not end; the process must be left by _exit. UNAVAILABLE when an address is taken.
  absl::StatusOr<bool> Serve(const std::function<void()>& wait_for_stop,
                             const std::function<void(absl::Duration)>& drain = absl::SleepFor);

 private:
  ServiceRuntime(ServiceDefinition definition, config::v1::ServerConfig config);
  absl::Status Init();
  absl::Status OpenLedger();
  absl::Status WriteAddressFile(const std::string& grpc, const std::string& admin);
  void StopBackground(bool outlives_calls);

  ServiceDefinition definition_;
  config::v1::ServerConfig config_;
  metrics::Metrics metrics_;
  std::unique_ptr<clock::Clock> clock_;
  ids::Ids ids_;
  std::unique_ptr<crypto::Vault> vault_;
  std::unique_ptr<paging::PageTokens> page_tokens_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<crypto::TokenSigner> signer_;
  absl::Mutex mutex_;
  std::string service_token_ ABSL_GUARDED_BY(mutex_);
  ledger::Micros service_token_until_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::unique_ptr<Channel>> peers_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<ledger::Ledger> ledger_;
  std::vector<std::shared_ptr<void>> kept_;
  std::unique_ptr<Methods> methods_;
  std::unique_ptr<Dispatcher> dispatcher_;
  ReadyChecks ready_;
  std::atomic<bool> started_ = false;
  std::vector<BackgroundTask> background_;
  std::vector<BackgroundTask> running_;
  std::map<std::string, std::string> addresses_;
};

// The body of every main(): --config FILE [--check-config | --print-config], --help. Reads the configuration, blocks
// the signals, opens the runtime, builds the service, serves until SIGTERM or SIGINT. The exit status: 0 in order, 2
// for a wrong command line or configuration, 1 for what failed later, 70 when calls would not end.
// `Config` has a field `server` of type ServerConfig.
int RunService(int argc, char** argv, ServiceDefinition definition, google::protobuf::Message& config,
               const std::function<absl::Status(ServiceRuntime&)>& build);

template <typename Config>
int RunService(int argc, char** argv, ServiceDefinition definition,
               std::function<absl::Status(ServiceRuntime&, const Config&)> build) {
  Config config;
  return RunService(argc, argv, std::move(definition), config,
                    [&](ServiceRuntime& runtime) { return build(runtime, config); });
}

}  // namespace jinqi::rpc
