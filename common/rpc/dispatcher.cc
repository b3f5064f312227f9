#include "common/rpc/dispatcher.h"

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "common/trace/trace.h"

namespace jinqi::rpc {
namespace {

constexpr int kDefaultMilliseconds = 5000;

ledger::Micros SystemNow() { return absl::ToUnixMicros(absl::Now()); }

void LogRefusal(const absl::Status& inner, const absl::Status& told, std::string_view method,
                const std::string& trace_id) {
  const std::string code = absl::StatusCodeToString(told.code());
  const std::string reason = ReasonName(ReasonOf(told));
  if (ReasonOf(inner) != config::v1::REASON_UNSPECIFIED) {
    log::Log(log::Level::kInfo, "call refused",
             {{"trace_id", trace_id}, {"method", method}, {"code", code}, {"reason", reason}});
    return;
  }
  // Its text is ours alone: the caller is told the trace id, and here is what it stands for.
  log::Log(log::Level::kError, "call failed",
           {{"trace_id", trace_id},
            {"method", method},
            {"code", code},
            {"reason", reason},
            {"error", std::string(inner.message())}});
}

}  // namespace

struct Dispatcher::Numbers {
  Numbers(metrics::Metrics& all, std::string_view method) : calls(all, metrics::Side::kServer, method) {}
  metrics::MethodMetrics calls;
  std::atomic<int> in_hand = 0;
};

// A call between its arrival and its answer.
struct Dispatcher::Passage {
  Dispatcher* self = nullptr;
  Incoming incoming;
  Done done;
  const Method* method = nullptr;
  CallContext context;
  std::unique_ptr<google::protobuf::Message> request;
  // Set once it is counted.
  Numbers* numbers = nullptr;
  absl::Time start;
  bool in_flight = false;
  std::atomic<bool> finished = false;
};

struct Dispatcher::Step {
  std::string_view name;
  void (*run)(const std::shared_ptr<Passage>&, Rest);
};

// The steps that follow the one that runs.
class Dispatcher::Rest {
 public:
  explicit Rest(std::size_t next) : next_(next) {}
  void operator()(const std::shared_ptr<Passage>& passage) const { Chain()[next_].run(passage, Rest(next_ + 1)); }

 private:
  std::size_t next_;
};

const std::vector<Dispatcher::Step>& Dispatcher::Chain() {
  static const std::vector<Step> chain = {
      {"guard", Guard},
      {"trace", Trace},
      {"deadline", Deadline},
      {"metrics", Measure},
      {"authenticate", Authenticate},
      {"authorise", Authorise},
      {"limit", Limit},
      {"validate", Validate},
      {"handle", Handle},
  };
  return chain;
}

std::vector<std::string_view> Dispatcher::Steps() {
  std::vector<std::string_view> names;
  for (const Step& step : Chain()) names.push_back(step.name);
  return names;
}

Dispatcher::Dispatcher(DispatcherOptions options, const Methods& methods, Authenticator* authenticator,
                       clock::Clock& clock, metrics::Metrics& metrics)
    : options_(std::move(options)),
      methods_(methods),
      authenticator_(authenticator),
      clock_(clock),
      pool_(options_.pool_threads, options_.max_queued) {
  numbers_[nullptr] = std::make_unique<Numbers>(metrics, "");
  for (const auto& [name, method] : methods.all()) numbers_[&method] = std::make_unique<Numbers>(metrics, name);
}

Dispatcher::~Dispatcher() { Stop(); }

void Dispatcher::Start(Incoming incoming, Done done) {
  auto passage = std::make_shared<Passage>();
  passage->self = this;
  passage->incoming = std::move(incoming);
  passage->done = std::move(done);
  passage->start = absl::Now();
  Rest(0)(passage);
}

Dispatcher::Result Dispatcher::Run(Incoming incoming) {
  absl::Notification finished;
  Result result;
  Start(std::move(incoming), [&](Result r) {
    result = std::move(r);
    finished.Notify();
  });
  finished.WaitForNotification();
  return result;
}

std::vector<std::string> Dispatcher::InHand() const {
  std::vector<std::string> names;
  for (const auto& [name, method] : methods_.all()) {
    if (numbers_.at(&method)->in_hand > 0) names.push_back(name);
  }
  return names;
}

void Dispatcher::Guard(const std::shared_ptr<Passage>& passage, Rest rest) {
  try {
    rest(passage);
  } catch (const std::exception& e) {
    // The type only: its text may hold what was being worked on (SEC-16).
    log::Log(log::Level::kError, "exception in a call",
             {{"trace_id", passage->context.trace_id}, {"type", typeid(e).name()}});
    Finish(passage, absl::InternalError("exception"));
  } catch (...) {
    Finish(passage, absl::InternalError("exception"));
  }
}

void Dispatcher::Trace(const std::shared_ptr<Passage>& passage, Rest rest) {
  const auto caller = trace::Parse(passage->incoming.traceparent);
  const trace::Context own = caller.has_value() ? trace::Child(*caller) : trace::NewTrace();
  CallContext& context = passage->context;
  context.trace_id = own.trace_id;
  context.traceparent = trace::Format(own);
  context.peer = std::move(passage->incoming.peer);
  std::string& name = passage->incoming.method;
  if (!name.empty() && name.front() == '/') name.erase(0, 1);
  passage->method = passage->self->methods_.Find(name);
  if (passage->method != nullptr) context.method = std::move(name);
  rest(passage);
}

void Dispatcher::Deadline(const std::shared_ptr<Passage>& passage, Rest rest) {
  const Method* method = passage->method;
  const int most = method == nullptr ? 0 : method->access.max_milliseconds();
  const ledger::Micros latest =
      absl::ToUnixMicros(passage->start) + std::int64_t{1000} * (most > 0 ? most : kDefaultMilliseconds);
  const ledger::Micros asked = passage->incoming.deadline;
  passage->context.deadline = asked > 0 ? std::min(asked, latest) : latest;
  passage->context.now = passage->self->clock_.Now();
  rest(passage);
}

void Dispatcher::Measure(const std::shared_ptr<Passage>& passage, Rest rest) {
  passage->numbers = passage->self->numbers_.at(passage->method).get();
  passage->numbers->calls.Started();
  ++passage->numbers->in_hand;
  if (passage->context.deadline <= SystemNow()) return Finish(passage, Error(config::v1::REASON_DEADLINE_EXCEEDED));
  rest(passage);
}

void Dispatcher::Authenticate(const std::shared_ptr<Passage>& passage, Rest rest) {
  CallContext& context = passage->context;
  context.authorization = std::move(passage->incoming.authorization);
  // Without a token the caller is nobody; whether nobody may call is the next step's question. A bad token is refused
  // even where none is needed.
  if (context.authorization.empty()) {
    context.caller.tenant = passage->self->options_.tenant;
    context.caller.roles = {config::v1::ROLE_ANONYMOUS};
    return rest(passage);
  }
  if (passage->self->authenticator_ == nullptr) return Finish(passage, Error(config::v1::REASON_UNAUTHENTICATED));
  auto caller = passage->self->authenticator_->Authenticate(context.authorization, context.now);
  if (!caller.ok()) return Finish(passage, std::move(caller).status());
  context.caller = *std::move(caller);
  rest(passage);
}

void Dispatcher::Authorise(const std::shared_ptr<Passage>& passage, Rest rest) {
  const Method* method = passage->method;
  if (method == nullptr) return Finish(passage, Error(config::v1::REASON_METHOD_UNKNOWN));
  CallContext& context = passage->context;
  const auto& roles = context.caller.roles;
  for (const int role : method->access.roles()) {
    const auto allowed = static_cast<config::v1::Role>(role);
    if (std::find(roles.begin(), roles.end(), allowed) == roles.end()) continue;
    context.role = allowed;
    return rest(passage);
  }
  const bool anonymous = context.authorization.empty();
  Finish(passage, Error(anonymous ? config::v1::REASON_UNAUTHENTICATED : config::v1::REASON_PERMISSION_DENIED));
}

void Dispatcher::Limit(const std::shared_ptr<Passage>& passage, Rest rest) {
  Dispatcher& self = *passage->self;
  if (self.refusing_) return Finish(passage, Error(config::v1::REASON_UNAVAILABLE));
  if (passage->incoming.request.Valid() && passage->incoming.request.Length() > self.options_.max_message_bytes) {
    return Finish(passage, Error(config::v1::REASON_TOO_LONG));
  }
  passage->in_flight = true;
  if (self.in_flight_.fetch_add(1) >= self.options_.max_in_flight) {
    return Finish(passage, Error(config::v1::REASON_OVERLOADED));
  }
  rest(passage);
}

void Dispatcher::Validate(const std::shared_ptr<Passage>& passage, Rest rest) {
  const Method& method = *passage->method;
  if (passage->incoming.make_request) {
    auto made = passage->incoming.make_request();
    if (!made.ok()) return Finish(passage, std::move(made).status());
    passage->incoming.request = *std::move(made);
  }
  if (method.request == nullptr) return rest(passage);
  passage->request.reset(method.request->New());
  if (!FromBuffer(passage->incoming.request, *passage->request)) {
    return Finish(passage, Error(config::v1::REASON_MESSAGE_INVALID));
  }
  if (absl::Status status = method.rules->Apply(*passage->request); !status.ok()) {
    return Finish(passage, std::move(status));
  }
  rest(passage);
}

void Dispatcher::Handle(const std::shared_ptr<Passage>& passage, Rest) {
  auto call = std::make_shared<Call>();
  call->context = passage->context;
  call->request = std::move(passage->request);
  if (passage->method->request == nullptr) call->bytes.Swap(&passage->incoming.request);
  call->pool = &passage->self->pool_;
  call->reply = Reply([passage](absl::StatusOr<grpc::ByteBuffer> answer) { Finish(passage, std::move(answer)); });
  const auto& handle = passage->method->handle;
  if (!passage->method->blocks) return handle(std::move(call));
  const bool taken = passage->self->pool_.Submit([call, &handle] {
    // Nobody waits for the answer any more: what has not begun does not begin.
    if (call->context.deadline <= SystemNow()) return call->reply(Error(config::v1::REASON_DEADLINE_EXCEEDED));
    handle(call);
  });
  if (!taken) call->reply(Error(config::v1::REASON_OVERLOADED));
}

void Dispatcher::Finish(const std::shared_ptr<Passage>& passage, absl::StatusOr<grpc::ByteBuffer> answer) {
  if (passage->finished.exchange(true)) return;
  Dispatcher& self = *passage->self;
  if (passage->in_flight) --self.in_flight_;
  const std::string& trace_id = passage->context.trace_id;
  if (!answer.ok()) {
    const absl::Status inner = answer.status();
    answer = Complete(inner, self.options_.service + ".jinqi", trace_id);
    LogRefusal(inner, answer.status(), passage->context.method, trace_id);
  }
  if (passage->numbers != nullptr) {
    const int code = answer.ok() ? 0 : static_cast<int>(answer.status().code());
    passage->numbers->calls.Handled(code, absl::ToDoubleSeconds(absl::Now() - passage->start));
    --passage->numbers->in_hand;
  }
  passage->done({std::move(answer), trace_id});
}

}  // namespace jinqi::rpc
