#include "common/rpc/client.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/config/config.h"
#include "common/metrics/rpc_metrics.h"
#include "common/status/status.h"
#include "google/rpc/status.pb.h"
#include "nlohmann/json.hpp"

namespace jinqi::rpc {
namespace {

constexpr std::string_view kFile = "file:";
constexpr int kAttempts = 3;
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kMargin = absl::Milliseconds(20);
// How often an address file is looked at.
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status proto;
  if (!status.error_details().empty() && proto.ParseFromString(status.error_details()) &&
      proto.code() == static_cast<int>(status.error_code())) {
    return FromProto(proto);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// A connection to one address.
struct Link {
  explicit Link(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetLoadBalancingPolicyName("round_robin");
    // Repeating is decided here, per request; at one layer only.
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    stub = std::make_unique<grpc::GenericStub>(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }
  std::unique_ptr<grpc::GenericStub> stub;
};

// Tells one content of an address file from the next: its inode and when it was written. Zero: there is none.
using Stamp = std::pair<std::uint64_t, std::int64_t>;

Stamp StampOf(const std::string& file) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) return {};
  return {static_cast<std::uint64_t>(info.st_ino), info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

// What gRPC is told: the addresses in the files that are there, of several replicas as one target. Empty: none.
std::string TargetOf(const std::vector<std::string>& files) {
  std::vector<std::string> addresses;
  for (const std::string& file : files) {
    const auto text = config::ReadFile(file);
    if (!text.ok()) continue;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("grpc") || !json["grpc"].is_string()) continue;
    addresses.push_back(json["grpc"].get<std::string>());
  }
  if (addresses.size() < 2) return addresses.empty() ? "" : addresses.front();
  return "ipv4:" + absl::StrJoin(addresses, ",");
}

std::string_view LastPart(std::string_view method) { return method.substr(method.rfind('/') + 1); }

}  // namespace

CallOptions OnBehalfOf(const CallContext& context, absl::Duration at_most) {
  CallOptions options;
  const absl::Duration left = absl::FromUnixMicros(context.deadline) - absl::Now() - kMargin;
  options.timeout = std::min(at_most, std::max(left, absl::ZeroDuration()));
  options.authorization = context.authorization;
  options.traceparent = context.traceparent;
  return options;
}

struct Channel::Impl {
  struct Attempt;

  // Counts a call from its start until all that it holds of gRPC is let go.
  class InHand {
   public:
    explicit InHand(Impl& impl) : impl_(impl) {
      absl::MutexLock lock(&impl_.mutex);
      ++impl_.in_hand;
    }
    ~InHand() {
      absl::MutexLock lock(&impl_.mutex);
      --impl_.in_hand;
    }
    InHand(const InHand&) = delete;
    InHand& operator=(const InHand&) = delete;

    Impl* operator->() const { return &impl_; }

   private:
    Impl& impl_;
  };

  // The last owner of a connection must not be a thread of gRPC: the connection's end waits for that very thread.
  ~Impl() {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(
        +[](int* calls) { return *calls == 0; }, &in_hand));
  }

  // nullptr: nobody has said yet where the service is.
  std::shared_ptr<Link> TheLink() {
    absl::MutexLock lock(&mutex);
    if (!files.empty()) LookAtFile();
    return link;
  }

  void LookAtFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const absl::Time now = absl::Now();
    if (link != nullptr && now - looked < kLookEvery) return;
    looked = now;
    std::vector<Stamp> stamps;
    for (const std::string& file : files) stamps.push_back(StampOf(file));
    if (link != nullptr && stamps == seen) return;
    const std::string target = TargetOf(files);
    if (target.empty()) return;
    seen = std::move(stamps);
    link = std::make_shared<Link>(target);
  }

  metrics::MethodMetrics* NumbersOf(const std::string& method) {
    if (metrics == nullptr) return nullptr;
    absl::MutexLock lock(&mutex);
    auto& entry = numbers[method];
    if (entry == nullptr) entry = std::make_unique<metrics::MethodMetrics>(*metrics, metrics::Side::kClient, method);
    return entry.get();
  }

  metrics::Metrics* metrics = nullptr;
  std::vector<std::string> files;
  absl::Mutex mutex;
  std::shared_ptr<Link> link ABSL_GUARDED_BY(mutex);
  absl::Time looked ABSL_GUARDED_BY(mutex);
  std::vector<Stamp> seen ABSL_GUARDED_BY(mutex);
  std::map<std::string, std::unique_ptr<metrics::MethodMetrics>> numbers ABSL_GUARDED_BY(mutex);
  int in_hand ABSL_GUARDED_BY(mutex) = 0;
};

// A call with its repetitions; lives by its own references until it is done.
struct Channel::Impl::Attempt : std::enable_shared_from_this<Attempt> {
  explicit Attempt(Impl& channel) : impl(channel) {}

  void Start() {
    link = impl->TheLink();
    if (link == nullptr) return Ended(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the service is not there yet"));
    context.emplace();
    context->set_deadline(absl::ToChronoTime(deadline));
    if (!authorization.empty()) context->AddMetadata("authorization", authorization);
    if (!traceparent.empty()) context->AddMetadata("traceparent", traceparent);
    response.Clear();
    link->stub->UnaryCall(&*context, "/" + method, grpc::StubOptions(), &request, &response,
                          [self = shared_from_this()](const grpc::Status& status) { self->Ended(status); });
  }

  void Ended(const grpc::Status& status) {
    const bool again = status.error_code() == grpc::StatusCode::UNAVAILABLE && may_repeat && ++attempt < kAttempts;
    const absl::Duration pause = again ? Pause() : absl::ZeroDuration();
    if (!again || absl::Now() + pause >= deadline) return Done(status);
    alarm.Set(absl::ToChronoTime(absl::Now() + pause), [self = shared_from_this()](bool) mutable {
      // The alarm keeps what it called, and this call keeps the alarm.
      const auto mine = std::move(self);
      mine->Start();
    });
  }

  absl::Duration Pause() const {
    thread_local absl::InsecureBitGen random;
    return kFirstPause * (1 << attempt) * absl::Uniform(random, 0.5, 1.0);
  }

  void Done(const grpc::Status& status) {
    if (numbers != nullptr) {
      numbers->Handled(static_cast<int>(status.error_code()), absl::ToDoubleSeconds(absl::Now() - start));
    }
    const auto told = std::move(done);
    if (!status.ok()) return told(FromGrpc(status));
    told(std::move(response));
  }

  // First, so that it is let go last.
  InHand impl;
  std::string method;
  std::string authorization;
  std::string traceparent;
  grpc::ByteBuffer request;
  absl::Time start;
  absl::Time deadline;
  bool may_repeat = false;
  std::function<void(absl::StatusOr<grpc::ByteBuffer>)> done;
  metrics::MethodMetrics* numbers = nullptr;
  int attempt = 0;
  std::shared_ptr<Link> link;
  std::optional<grpc::ClientContext> context;
  grpc::ByteBuffer response;
  grpc::Alarm alarm;
};

Channel::Channel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Channel::~Channel() = default;

std::unique_ptr<Channel> Channel::Make(const std::string& target, metrics::Metrics* metrics) {
  auto impl = std::make_unique<Impl>();
  impl->metrics = metrics;
  if (target.rfind(kFile, 0) == 0) {
    impl->files = absl::StrSplit(target.substr(kFile.size()), ',');
  } else {
    absl::MutexLock lock(&impl->mutex);
    impl->link = std::make_shared<Link>(target);
  }
  return std::unique_ptr<Channel>(new Channel(std::move(impl)));
}

bool Channel::MayRepeat(std::string_view method, const google::protobuf::Message& request) {
  const std::string_view name = LastPart(method);
  for (const std::string_view read : {"Get", "List", "Search", "BatchGet"}) {
    if (name.substr(0, read.size()) == read) return true;
  }
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  return field != nullptr && field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING &&
         !field->is_repeated() && !request.GetReflection()->GetString(request, field).empty();
}

void Channel::CallBytesAsync(std::string_view method, const grpc::ByteBuffer& request, const CallOptions& options,
                             bool may_repeat, std::function<void(absl::StatusOr<grpc::ByteBuffer>)> done) {
  auto attempt = std::make_shared<Impl::Attempt>(*impl_);
  attempt->method = method;
  attempt->authorization = options.authorization;
  attempt->traceparent = options.traceparent;
  attempt->request = request;
  attempt->start = absl::Now();
  attempt->deadline = attempt->start + options.timeout;
  attempt->may_repeat = may_repeat;
  attempt->done = std::move(done);
  attempt->numbers = impl_->NumbersOf(attempt->method);
  if (attempt->numbers != nullptr) attempt->numbers->Started();
  attempt->Start();
}

absl::StatusOr<grpc::ByteBuffer> Channel::CallBytes(std::string_view method, const grpc::ByteBuffer& request,
                                                    const CallOptions& options, bool may_repeat) {
  absl::Notification finished;
  absl::StatusOr<grpc::ByteBuffer> answer = absl::UnknownError("");
  CallBytesAsync(method, request, options, may_repeat, [&](absl::StatusOr<grpc::ByteBuffer> result) {
    answer = std::move(result);
    finished.Notify();
  });
  finished.WaitForNotification();
  return answer;
}

}  // namespace jinqi::rpc
