#include "common/service/wiring.h"

#include <fstream>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/queue/consumer.h"
#include "common/queue/dead_letters.h"
#include "common/queue/redis.h"
#include "common/queue/relay.h"
#include "common/status/status.h"
#include "jinqi/events/v1/dead_letter_service.pb.h"

namespace jinqi::service {
namespace {

constexpr int kLettersShown = 1000;
constexpr absl::Duration kExpiryEvery = absl::Seconds(30);
constexpr int kExpiredAtOnce = 5000;

absl::StatusOr<queue::RedisAddress> AddressOf(const config::v1::RedisConfig& config) {
  const bool socket = config.address().starts_with("unix:");
  ASSIGN_OR_RETURN(queue::RedisAddress address,
                   queue::ParseRedisAddress(socket ? config.address() : "redis://" + config.address()));
  if (!config.user().empty()) address.user = config.user();
  if (!config.password_file().empty()) {
    std::ifstream file(config.password_file());
    if (!std::getline(file, address.password)) return absl::NotFoundError("cannot read " + config.password_file());
  }
  return address;
}

std::string HolderOf(const rpc::ServiceRuntime& runtime) {
  const std::string& writer = runtime.config().writer();
  return writer.empty() ? absl::StrCat(runtime.name(), "-", runtime.config().replica()) : writer;
}

// Messages that stand still do not make a service unready: it takes in what it can, and the outbox absorbs.
rpc::ReadyState AsProvisional(const absl::Status& health) {
  if (health.ok()) return {};
  return {rpc::Readiness::kProvisional, std::string(health.message())};
}

void AddRelay(rpc::ServiceRuntime& runtime, const queue::RedisAddress& address, std::vector<std::string> consumers) {
  queue::RelayOptions options;
  options.holder = HolderOf(runtime);
  auto& relay = runtime.Keep(std::make_unique<queue::Relay>(runtime.name(), runtime.ledger(), address,
                                                            runtime.config().partitions(), std::move(consumers),
                                                            &runtime.clock(), runtime.metrics(), std::move(options)));
  runtime.AddReadyCheck({"relay", [&relay] { return AsProvisional(relay.health()); }});
  runtime.AddBackground({"relay",
                         [&relay] {
                           relay.Start();
                           return absl::OkStatus();
                         },
                         [&relay] { relay.Stop(); }, true});
}

void AddConsumer(rpc::ServiceRuntime& runtime, const queue::RedisAddress& address, const std::string& source,
                 queue::Handler handler) {
  queue::ConsumerOptions options;
  options.holder = HolderOf(runtime);
  options.vault = runtime.vault();
  auto& consumer = runtime.Keep(std::make_unique<queue::Consumer>(
      runtime.name(), source, runtime.ledger(), address, runtime.config().partitions(), std::move(handler),
      &runtime.clock(), runtime.metrics(), std::move(options)));
  runtime.AddReadyCheck({"messages of " + source, [&consumer] { return AsProvisional(consumer.health()); }});
  runtime.AddBackground({"consumer of " + source,
                         [&consumer] {
                           consumer.Start();
                           return absl::OkStatus();
                         },
                         [&consumer] { consumer.Stop(); }, false});
}

ledger::LetterDecision DecisionOf(const rpc::CallContext& context) {
  ledger::LetterDecision decision;
  decision.caller = rpc::CallerText(context);
  decision.method = context.method;
  decision.time = context.now;
  return decision;
}

void AddDeadLetterService(rpc::ServiceRuntime& runtime, std::map<std::string, queue::Handler> handlers) {
  using events::v1::DeadLetter;
  const std::string prefix = "jinqi.events.v1.DeadLetterService/";
  auto& letters =
      runtime.Keep(std::make_unique<queue::DeadLetters>(runtime.ledger(), std::move(handlers), runtime.vault()));
  runtime.methods().Query<events::v1::ListDeadLettersRequest, events::v1::ListDeadLettersResponse>(
      prefix + "ListDeadLetters",
      [&letters](const rpc::CallContext&, const auto&) -> absl::StatusOr<events::v1::ListDeadLettersResponse> {
        ASSIGN_OR_RETURN(const auto listed, letters.List(kLettersShown));
        events::v1::ListDeadLettersResponse response;
        for (const ledger::DeadLetter& letter : listed) {
          DeadLetter& shown = *response.add_dead_letters();
          shown.set_tenant(letter.tenant);
          shown.set_source(letter.source);
          shown.set_partition(letter.partition);
          shown.set_position(letter.position);
          shown.set_key(letter.key);
          shown.set_type(letter.type);
          shown.set_reason(letter.reason);
          *shown.mutable_time() = clock::ToProto(letter.time);
        }
        return response;
      });
  runtime.methods().Query<events::v1::RetryDeadLettersRequest, events::v1::RetryDeadLettersResponse>(
      prefix + "RetryDeadLetters",
      [&letters](const rpc::CallContext& context,
                 const auto& request) -> absl::StatusOr<events::v1::RetryDeadLettersResponse> {
        ASSIGN_OR_RETURN(const int applied,
                         letters.Retry({request.tenant(), request.source(), request.key()}, DecisionOf(context)));
        log::Log(log::Level::kInfo, "messages that were set aside are applied",
                 {{"caller", rpc::CallerText(context)},
                  {"stream", request.source()},
                  {"tenant", request.tenant()},
                  {"key", request.key()},
                  {"count", std::to_string(applied)}});
        events::v1::RetryDeadLettersResponse response;
        response.set_applied(applied);
        return response;
      });
  runtime.methods().Query<events::v1::DiscardDeadLetterRequest, events::v1::DiscardDeadLetterResponse>(
      prefix + "DiscardDeadLetter",
      [&letters](const rpc::CallContext& context,
                 const auto& request) -> absl::StatusOr<events::v1::DiscardDeadLetterResponse> {
        RETURN_IF_ERROR(
            letters.Discard({request.source(), request.partition(), request.position()}, DecisionOf(context)));
        log::Log(log::Level::kWarning, "a message that was set aside is discarded",
                 {{"caller", rpc::CallerText(context)},
                  {"stream", request.source()},
                  {"partition", std::to_string(request.partition())},
                  {"position", std::to_string(request.position())}});
        return events::v1::DiscardDeadLetterResponse();
      });
}

// Deletes in small pieces, so that calls do not wait behind it.
class RequestExpiry {
 public:
  explicit RequestExpiry(rpc::ServiceRuntime& runtime) : runtime_(runtime) {}

  absl::Status Start() {
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }
  void Stop() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    absl::MutexLock lock(&mutex_);
    while (!stopping_) {
      mutex_.Unlock();
      const auto expired = runtime_.ledger().maintenance().ExpireRequests(runtime_.clock().Now(), kExpiredAtOnce);
      if (!expired.ok()) {
        log::Log(log::Level::kWarning, "request ids are not forgotten",
                 {{"error", std::string(expired.status().message())}});
      }
      mutex_.Lock();
      if (expired.ok() && *expired == kExpiredAtOnce) continue;
      mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kExpiryEvery);
    }
  }

  rpc::ServiceRuntime& runtime_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

absl::Status AddMessages(rpc::ServiceRuntime& runtime, Messages messages) {
  if (runtime.config().redis().address().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const queue::RedisAddress address, AddressOf(runtime.config().redis()));
  if (!messages.consumers.empty()) AddRelay(runtime, address, std::move(messages.consumers));
  for (const auto& [source, handler] : messages.sources) AddConsumer(runtime, address, source, handler);
  if (!messages.sources.empty()) AddDeadLetterService(runtime, std::move(messages.sources));
  return absl::OkStatus();
}

void AddTimers(rpc::ServiceRuntime& runtime, std::vector<std::string> kinds, ledger::Sweeper::MakeCommand make,
               const std::string& lease) {
  auto& lateness = runtime.metrics().MakeHistogram("jinqi_timer_lateness_seconds", "how late timers fired", {},
                                                   metrics::LatenessBuckets());
  ledger::Sweeper::Options options;
  options.lease = lease;
  options.holder = HolderOf(runtime);
  options.lateness = [&lateness](ledger::Micros late) { lateness.Observe(static_cast<double>(late) / 1e6); };
  options.failed = [](const ledger::Firing& firing, const absl::Status& status) {
    log::Log(log::Level::kWarning, "a timer was refused",
             {{"timer", firing.timer.name}, {"id", firing.key.id}, {"error", ReasonName(ReasonOf(status))}});
  };
  auto& sweeper = runtime.Keep(std::make_unique<ledger::Sweeper>(&runtime.ledger(), &runtime.clock(), std::move(kinds),
                                                                 std::move(make), std::move(options)));
  runtime.AddBackground({lease,
                         [&sweeper] {
                           sweeper.Start();
                           return absl::OkStatus();
                         },
                         [&sweeper] { sweeper.Stop(); }, false});
}

void AddSender(rpc::ServiceRuntime& runtime, const std::string& target, outbound::Owner& owner,
               outbound::Transport& transport) {
  outbound::Sender::Options options;
  options.target = target;
  options.holder = HolderOf(runtime);
  auto& sender = runtime.Keep(std::make_unique<outbound::Sender>(std::move(options), owner, transport, runtime.ledger(),
                                                                 runtime.clock(), runtime.metrics()));
  runtime.AddBackground({"sender to " + target,
                         [&sender] {
                           sender.Start();
                           return absl::OkStatus();
                         },
                         [&sender] { sender.Stop(); }, false});
}

void AddRequestExpiry(rpc::ServiceRuntime& runtime) {
  auto& expiry = runtime.Keep(std::make_unique<RequestExpiry>(runtime));
  runtime.AddBackground({"request expiry", [&expiry] { return expiry.Start(); }, [&expiry] { expiry.Stop(); }, false});
}

}  // namespace jinqi::service
