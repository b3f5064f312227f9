#include "common/rpc/service.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/log/log.h"
#include "common/rpc/ledger_metrics.h"
#include "common/rpc/server.h"
#include "common/rpc/verify_command.h"
#include "nlohmann/json.hpp"

namespace jinqi::rpc {
namespace {

using config::v1::ServerConfig;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitStuck = 70;
constexpr ledger::Micros kServiceTokenLife = 15 * clock::kMinute;
constexpr ledger::Micros kServiceTokenLeft = 5 * clock::kMinute;
// Beyond drain and grace: for what runs beside the calls to end.
constexpr absl::Duration kPatience = absl::Seconds(10);

absl::Status Refuse(const std::string& text) { return absl::FailedPreconditionError(text); }

absl::Status CheckConfig(const ServiceDefinition& definition, const ServerConfig& config) {
  if (!config.clock_file().empty() && config.environment() != config::v1::ENVIRONMENT_TEST) {
    return Refuse("server.clock_file: the time comes from a file only with environment: ENVIRONMENT_TEST");
  }
  if (definition.has_ledger && config.database().empty()) return Refuse("server.database: is missing");
  struct Number {
    const char* name;
    int value;
    int least;
  };
  for (const Number& number :
       {Number{"partitions", config.partitions(), 1}, Number{"pool_threads", config.pool_threads(), 1},
        Number{"max_queued", config.max_queued(), 1}, Number{"max_in_flight", config.max_in_flight(), 1},
        Number{"max_message_bytes", config.max_message_bytes(), 1024},
        Number{"drain_seconds", config.drain_seconds(), 0}, Number{"grace_seconds", config.grace_seconds(), 0},
        Number{"ledger.max_batch", config.ledger().max_batch(), 1},
        Number{"ledger.max_waiting", config.ledger().max_waiting(), 1},
        Number{"ledger.readers", config.ledger().readers(), 1}}) {
    if (number.value < number.least) {
      return Refuse(absl::StrCat("server.", number.name, ": must be at least ", number.least));
    }
  }
  return absl::OkStatus();
}

DispatcherOptions ToDispatcherOptions(const std::string& name, const ServerConfig& config) {
  DispatcherOptions options;
  options.service = name;
  options.tenant = config.tenant();
  options.pool_threads = config.pool_threads();
  options.max_queued = config.max_queued();
  options.max_in_flight = config.max_in_flight();
  options.max_message_bytes = static_cast<std::size_t>(config.max_message_bytes());
  return options;
}

log::Level ToLevel(config::v1::LogLevel level) {
  switch (level) {
    case config::v1::LOG_LEVEL_DEBUG: return log::Level::kDebug;
    case config::v1::LOG_LEVEL_WARNING: return log::Level::kWarning;
    case config::v1::LOG_LEVEL_ERROR: return log::Level::kError;
    default: return log::Level::kInfo;
  }
}

void WatchDispatcher(metrics::Metrics& metrics, const Dispatcher* dispatcher, WorkerPool* pool) {
  auto& in_flight = metrics.MakeGauge("jinqi_rpc_in_flight", "Calls in hand.");
  auto& queued = metrics.MakeGauge("jinqi_rpc_pool_queued", "Work that waits for a thread.");
  auto& busy = metrics.MakeGauge("jinqi_rpc_pool_busy", "Threads at work.");
  metrics.OnScrape([&, dispatcher, pool] {
    in_flight.Set(dispatcher->in_flight());
    queued.Set(pool->queued());
    busy.Set(pool->busy());
  });
}

}  // namespace

ServiceRuntime::ServiceRuntime(ServiceDefinition definition, ServerConfig config)
    : definition_(std::move(definition)), config_(std::move(config)), metrics_(definition_.name) {}

ServiceRuntime::~ServiceRuntime() {
  while (!kept_.empty()) kept_.pop_back();
}

absl::StatusOr<std::unique_ptr<ServiceRuntime>> ServiceRuntime::Open(ServiceDefinition definition,
                                                                     const ServerConfig& config) {
  RETURN_IF_ERROR(CheckConfig(definition, config));
  std::unique_ptr<ServiceRuntime> runtime(new ServiceRuntime(std::move(definition), config));
  RETURN_IF_ERROR(runtime->Init());
  return runtime;
}

absl::Status ServiceRuntime::Init() {
  if (config_.clock_file().empty()) {
    clock_ = std::make_unique<clock::SystemClock>();
  } else {
    clock_ = std::make_unique<clock::FileClock>(config_.clock_file());
  }
  if (!config_.vault_key_file().empty()) {
    ASSIGN_OR_RETURN(const crypto::KeyRing ring, config::ReadKeyRing(config_.vault_key_file()));
    ASSIGN_OR_RETURN(crypto::Vault vault, crypto::Vault::Make(ring));
    vault_ = std::make_unique<crypto::Vault>(std::move(vault));
  }
  std::string page_key = ids_.Token() + ids_.Token();
  if (!config_.page_key_file().empty()) {
    ASSIGN_OR_RETURN(page_key, config::ReadSecret(config_.page_key_file()));
  }
  page_tokens_ = std::make_unique<paging::PageTokens>(page_key);
  const std::map<std::string, std::string> keys(config_.token_keys().begin(), config_.token_keys().end());
  ASSIGN_OR_RETURN(crypto::TokenVerifier verifier, ReadVerifier(keys));
  authenticator_ = std::make_unique<Authenticator>(std::move(verifier));
  if (!config_.service_key_file().empty()) {
    ASSIGN_OR_RETURN(const std::string pem, config::ReadFile(config_.service_key_file()));
    ASSIGN_OR_RETURN(crypto::TokenSigner signer, crypto::TokenSigner::Make(pem, config_.service_key_id()));
    signer_ = std::make_unique<crypto::TokenSigner>(std::move(signer));
  }
  if (definition_.has_ledger) RETURN_IF_ERROR(OpenLedger());
  methods_ = std::make_unique<Methods>(ledger_.get());
  return absl::OkStatus();
}

absl::Status ServiceRuntime::OpenLedger() {
  ledger::Options options;
  options.database = config_.database();
  options.writer = config_.writer().empty() ? absl::StrCat(definition_.name, "-", config_.replica()) : config_.writer();
  options.partitions = config_.partitions();
  options.max_batch = config_.ledger().max_batch();
  options.max_waiting = config_.ledger().max_waiting();
  options.readers = config_.ledger().readers();
  ASSIGN_OR_RETURN(ledger_, ledger::Ledger::Open(options, definition_.kinds, definition_.migrations, clock_.get()));
  WatchLedger(metrics_, *ledger_);
  return absl::OkStatus();
}

absl::StatusOr<Channel*> ServiceRuntime::Peer(const std::string& service) {
  const auto configured = config_.peers().find(service);
  if (configured == config_.peers().end()) return absl::NotFoundError("server.peers does not name " + service);
  absl::MutexLock lock(&mutex_);
  auto& channel = peers_[service];
  if (channel == nullptr) channel = Channel::Make(configured->second, &metrics_);
  return channel.get();
}

absl::StatusOr<std::string> ServiceRuntime::ServiceAuthorization() {
  if (signer_ == nullptr) return Refuse("server.service_key_file: is missing");
  const ledger::Micros now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  // Also when the clock was set back: a token of a far future would be refused by nobody, but would be a surprise.
  const ledger::Micros left = service_token_until_ - now;
  if (left > kServiceTokenLeft && left <= kServiceTokenLife + clock::kSecond) return service_token_;
  identity::Caller caller;
  caller.tenant = config_.tenant();
  caller.subject = "service:" + definition_.name;
  caller.roles = {config::v1::ROLE_SERVICE};
  caller.expires = (now + kServiceTokenLife) / clock::kSecond * clock::kSecond;
  ASSIGN_OR_RETURN(const std::string token, signer_->Sign(identity::ClaimsOf(caller)));
  service_token_ = "Bearer " + token;
  service_token_until_ = caller.expires;
  return service_token_;
}

absl::Status ServiceRuntime::WriteAddressFile(const std::string& grpc, const std::string& admin) {
  if (config_.address_file().empty()) return absl::OkStatus();
  nlohmann::ordered_json json = {{"service", definition_.name},
                                 {"replica", config_.replica()},
                                 {"pid", getpid()},
                                 {"grpc", grpc},
                                 {"admin", admin}};
  for (const auto& [name, address] : addresses_) json[name] = address;
  return config::WriteFileAtOnce(config_.address_file(), json.dump() + "\n");
}

void ServiceRuntime::StopBackground(bool outlives_calls) {
  for (auto task = running_.rbegin(); task != running_.rend(); ++task) {
    if (task->outlives_calls != outlives_calls || !task->stop) continue;
    task->stop();
    task->stop = nullptr;
  }
}

absl::StatusOr<bool> ServiceRuntime::Serve(const std::function<void()>& wait_for_stop,
                                           const std::function<void(absl::Duration)>& drain) {
  RETURN_IF_ERROR(methods_->status());
  dispatcher_ = std::make_unique<Dispatcher>(ToDispatcherOptions(definition_.name, config_), *methods_,
                                             authenticator_.get(), *clock_, metrics_);
  WatchDispatcher(metrics_, dispatcher_.get(), &dispatcher_->pool());
  ready_.Add({"started", [this] {
                return started_ ? ReadyState{} : ReadyState{Readiness::kFailing, "not all parts run yet"};
              }});
  ServerOptions options;
  options.listen = config_.listen();
  options.max_message_bytes = static_cast<std::size_t>(config_.max_message_bytes());
  ASSIGN_OR_RETURN(const std::unique_ptr<AdminServer> admin,
                   AdminServer::Start(config_.admin(), definition_.name, ready_, metrics_));
  ASSIGN_OR_RETURN(const std::unique_ptr<Server> server, Server::Start(options, *dispatcher_));
  absl::Status status;
  for (const BackgroundTask& task : background_) {
    status = task.start();
    if (!status.ok()) break;
    running_.push_back(task);
  }
  if (status.ok()) {
    started_ = true;
    server->SetServing(true);
    // Last: whoever finds the file finds a service that is ready.
    status = WriteAddressFile(server->address(), admin->address());
  }
  if (status.ok()) {
    log::Log(log::Level::kInfo, "serving", {{"grpc", server->address()}, {"admin", admin->address()}});
    wait_for_stop();
    log::Log(log::Level::kInfo, "stopping");
    ready_.SetStopping();
    server->SetServing(false);
    drain(absl::Seconds(config_.drain_seconds()));
  }
  if (!config_.address_file().empty()) unlink(config_.address_file().c_str());
  StopBackground(false);
  dispatcher_->Refuse();
  if (!server->Stop(std::chrono::seconds(config_.grace_seconds()))) {
    for (const std::string& method : dispatcher_->InHand()) {
      log::Log(log::Level::kError, "a call does not end", {{"method", method}});
    }
    return false;
  }
  dispatcher_->Stop();
  StopBackground(true);
  if (ledger_ != nullptr) ledger_->Stop();
  RETURN_IF_ERROR(status);
  log::Log(log::Level::kInfo, "stopped");
  return true;
}

namespace {

struct Arguments {
  std::string config_file;
  bool check = false;
  bool print = false;
  bool help = false;
  // Not empty: verify the database, with the anchors in this file.
  std::string verify;
};

constexpr char kHelp[] = R"( --config FILE [--check-config | --print-config | --verify FILE]

  --config FILE    the configuration, a protobuf message in text format
  --check-config   says whether the configuration can be used, and ends
  --print-config   prints the configuration with all defaults, and ends
  --verify FILE    proves the database against its history, keeps the heads in FILE for the next time, and ends
  --help           this text
)";

absl::StatusOr<Arguments> ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--config" && i + 1 < argc) {
      arguments.config_file = argv[++i];
    } else if (word.rfind("--config=", 0) == 0) {
      arguments.config_file = word.substr(sizeof("--config=") - 1);
    } else if (word == "--check-config") {
      arguments.check = true;
    } else if (word == "--print-config") {
      arguments.print = true;
    } else if (word == "--verify" && i + 1 < argc) {
      arguments.verify = argv[++i];
    } else if (word == "--help") {
      arguments.help = true;
    } else {
      return absl::InvalidArgumentError(absl::StrCat("not understood: ", argv[i]));
    }
  }
  if (arguments.config_file.empty() && !arguments.help) return absl::InvalidArgumentError("--config is missing");
  return arguments;
}

// Ends a process whose parts do not come to an end.
class Watchdog {
 public:
  explicit Watchdog(absl::Duration limit)
      : thread_([this, limit] {
          if (ended_.WaitForNotificationWithTimeout(limit)) return;
          log::Log(log::Level::kError, "the process does not come to an end");
          _exit(kExitStuck);
        }) {}
  ~Watchdog() {
    ended_.Notify();
    thread_.join();
  }

 private:
  absl::Notification ended_;
  std::thread thread_;
};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int Fail(const std::string& name, const absl::Status& status, int code) {
  std::cerr << name << ": " << std::string(status.message()) << "\n";
  return code;
}

absl::StatusOr<bool> ServeUntilSignal(ServiceRuntime& runtime, std::unique_ptr<Watchdog>& watchdog) {
  const sigset_t signals = StopSignals();
  const auto wait = [&] {
    int signal = 0;
    sigwait(&signals, &signal);
    const ServerConfig& config = runtime.config();
    const absl::Duration allowed = absl::Seconds(config.drain_seconds() + config.grace_seconds()) + kPatience;
    watchdog = std::make_unique<Watchdog>(allowed);
  };
  // A second signal ends the wait.
  const auto drain = [&](absl::Duration duration) {
    const timespec limit = absl::ToTimespec(duration);
    sigtimedwait(&signals, nullptr, &limit);
  };
  return runtime.Serve(wait, drain);
}

}  // namespace

int RunService(int argc, char** argv, ServiceDefinition definition, google::protobuf::Message& config,
               const std::function<absl::Status(ServiceRuntime&)>& build) {
  const std::string name = definition.name;
  const auto arguments = ParseArguments(argc, argv);
  if (!arguments.ok()) {
    std::cerr << argv[0] << ": " << std::string(arguments.status().message()) << "\n\n" << argv[0] << kHelp;
    return kExitUsage;
  }
  if (arguments->help) {
    std::cout << argv[0] << kHelp;
    return 0;
  }
  if (absl::Status status = config::LoadInto(arguments->config_file, config); !status.ok()) {
    return Fail(name, status, kExitUsage);
  }
  config::ApplyDefaults(config);
  const auto* field = config.GetDescriptor()->FindFieldByName("server");
  const auto& server = static_cast<const ServerConfig&>(config.GetReflection()->GetMessage(config, field));
  if (absl::Status status = CheckConfig(definition, server); !status.ok()) return Fail(name, status, kExitUsage);
  if (arguments->print) std::cout << config::Print(config);
  if (arguments->check) std::cout << arguments->config_file << ": in order\n";
  if (arguments->print || arguments->check) return 0;
  if (!arguments->verify.empty()) return VerifyDatabase(name, server, definition.kinds, arguments->verify);

  log::Init(name, ToLevel(server.log_level()));
#ifdef NDEBUG
  // Debian's Abseil looks for deadlocks at each lock, of gRPC too, under one lock of the whole process.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  // Before there are other threads: they inherit it.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Until the last part is gone.
  std::unique_ptr<Watchdog> watchdog;
  auto runtime = ServiceRuntime::Open(std::move(definition), server);
  if (!runtime.ok()) return Fail(name, runtime.status(), kExitFailed);
  if (absl::Status status = build(**runtime); !status.ok()) return Fail(name, status, kExitFailed);
  const auto ended = ServeUntilSignal(**runtime, watchdog);
  if (!ended.ok()) return Fail(name, ended.status(), kExitFailed);
  if (!*ended) _exit(kExitStuck);
  return 0;
}

}  // namespace jinqi::rpc
