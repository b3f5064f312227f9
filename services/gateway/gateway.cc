#include "services/gateway/gateway.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "common/trace/trace.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi::gateway {
namespace {

constexpr char kDomain[] = "gateway.jinqi";
constexpr char kOwnPackage[] = "jinqi.gateway.v1";
constexpr char kCreateToken[] = "jinqi.gateway.v1.GatewayService/CreateDevelopmentToken";
constexpr std::chrono::seconds kHttpGrace{10};

std::string NameOf(const google::protobuf::MethodDescriptor* method) {
  return absl::StrCat(method->service()->full_name(), "/", method->name());
}

const google::protobuf::Message& Prototype(const google::protobuf::Descriptor* type) {
  return *google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
}

// Whether UNAVAILABLE may be tried again: by the method's name, or because the request names itself.
bool MayRepeat(const google::protobuf::MethodDescriptor* method, const grpc::ByteBuffer& bytes) {
  const google::protobuf::Message& prototype = Prototype(method->input_type());
  if (rpc::Channel::MayRepeat(method->name(), prototype)) return true;
  if (method->input_type()->FindFieldByName("request_id") == nullptr) return false;
  const std::unique_ptr<google::protobuf::Message> request(prototype.New());
  return rpc::FromBuffer(bytes, *request) && rpc::Channel::MayRepeat(method->name(), *request);
}

TranscodeLimits LimitsOf(const config::v1::GatewayConfig& config) {
  return {static_cast<std::size_t>(std::max(config.max_body_bytes(), 0)), config.max_depth()};
}

}  // namespace

Gateway::Gateway(const config::v1::GatewayConfig& config, rpc::ServiceRuntime& runtime)
    : config_(config),
      runtime_(runtime),
      limits_(LimitsOf(config)),
      trusted_proxies_(config.trusted_proxies().begin(), config.trusted_proxies().end()) {
  constexpr char kName[] = "jinqi_http_requests_total";
  constexpr char kHelp[] = "HTTP requests that were answered, by status.";
  for (const int status : {200, 400, 401, 403, 404, 405, 409, 429, 499, 500, 501, 503, 504}) {
    answers_[status] = &runtime.metrics().MakeCounter(kName, kHelp, {{"status", std::to_string(status)}});
  }
  other_answers_ = &runtime.metrics().MakeCounter(kName, kHelp, {{"status", "other"}});
  auto& connections = runtime.metrics().MakeGauge("jinqi_http_connections", "Open HTTP connections.");
  runtime.metrics().OnScrape([this, &connections] { connections.Set(http_ == nullptr ? 0 : http_->connections()); });
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Make(const config::v1::GatewayConfig& config,
                                                       rpc::ServiceRuntime& runtime) {
  std::unique_ptr<Gateway> gateway(new Gateway(config, runtime));
  RETURN_IF_ERROR(gateway->Register());
  return gateway;
}

absl::Status Gateway::Register() {
  ASSIGN_OR_RETURN(tokens_, DevelopmentTokens::Make(config_));
  for (const auto& limit : config_.lookup_limits()) {
    if (limit.tries() < 1 || limit.seconds() < 1) {
      return absl::InvalidArgumentError("lookup_limits: tries and seconds must be at least 1");
    }
    limiters_.emplace_back(std::set<std::string>(limit.methods().begin(), limit.methods().end()),
                           std::make_unique<LookupLimiter>(limit.tries(), limit.seconds() * clock::kSecond));
  }
  if (tokens_ != nullptr) {
    runtime_.methods().Quick<v1::CreateDevelopmentTokenRequest, v1::DevelopmentToken>(
        kCreateToken, [this](const rpc::CallContext& context, const v1::CreateDevelopmentTokenRequest& request) {
          return tokens_->Create(request, context.now);
        });
  }
  for (const auto* method : PublicMethods()) {
    const bool own = method->file()->package() == kOwnPackage;
    if (own && tokens_ == nullptr) continue;
    if (!own) RETURN_IF_ERROR(Forward(method));
    RETURN_IF_ERROR(routes_.Add(method));
  }
  return absl::OkStatus();
}

std::string Gateway::PeerOf(const std::string& package) const {
  const auto configured = config_.backends().find(package);
  if (configured != config_.backends().end()) return configured->second;
  const std::vector<std::string> parts = absl::StrSplit(package, '.');
  return parts.size() > 1 ? parts[1] : package;
}

LookupLimiter* Gateway::LimiterOf(const std::string& method) {
  for (const auto& [methods, limiter] : limiters_) {
    if (methods.count(method) > 0) return limiter.get();
  }
  return nullptr;
}

absl::Status Gateway::Forward(const google::protobuf::MethodDescriptor* method) {
  const auto peer = runtime_.Peer(PeerOf(method->file()->package()));
  if (!peer.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(method->full_name(), ": ", std::string(peer.status().message())));
  }
  const std::string name = NameOf(method);
  runtime_.methods().Raw(
      name, [this, method, name, channel = *peer, limiter = LimiterOf(name)](
                const rpc::CallContext& context, const grpc::ByteBuffer& request, const rpc::Reply& reply) {
        const clock::Micros wait = limiter == nullptr ? 0 : limiter->Wait(context.peer, context.now);
        if (wait > 0) {
          const std::string seconds = std::to_string((wait + clock::kSecond - 1) / clock::kSecond);
          return reply(Error(config::v1::REASON_TOO_MANY_TRIES, {{"seconds", seconds}}));
        }
        channel->CallBytesAsync(name, request, rpc::OnBehalfOf(context, absl::InfiniteDuration()),
                                MayRepeat(method, request),
                                [this, reply, limiter, peer = context.peer](absl::StatusOr<grpc::ByteBuffer> answer) {
                                  if (limiter != nullptr && absl::IsNotFound(answer.status())) {
                                    limiter->Missed(peer, runtime_.clock().Now());
                                  }
                                  reply(std::move(answer));
                                });
      });
  return absl::OkStatus();
}

absl::Status Gateway::StartHttp() {
  HttpOptions options;
  options.listen = config_.http();
  options.threads = config_.http_threads();
  options.max_body_bytes = limits_.max_body_bytes;
  options.max_connections = config_.max_connections();
  options.idle = std::chrono::seconds(config_.idle_seconds());
  ASSIGN_OR_RETURN(
      http_,
      HttpServer::Start(
          options,
          [this](HttpRequest request, HttpServer::Respond respond) { Handle(std::move(request), std::move(respond)); },
          [this](const absl::Status& status) { return Refuse(status, trace::NewTrace().trace_id); }));
  runtime_.AddAddress("http", http_->address());
  return absl::OkStatus();
}

void Gateway::StopHttp() {
  if (http_ != nullptr) http_->Stop(kHttpGrace);
}

void Gateway::Handle(HttpRequest request, HttpServer::Respond respond) {
  const auto all = std::make_shared<const HttpRequest>(std::move(request));
  const std::size_t question = std::min(all->target.find('?'), all->target.size());
  auto match = routes_.Match(all->verb, std::string_view(all->target).substr(0, question));
  if (!match.ok()) {
    const auto caller = trace::Parse(all->traceparent);
    const std::string trace_id = caller.has_value() ? caller->trace_id : trace::NewTrace().trace_id;
    return respond([this, status = match.status(), trace_id] { return Refuse(status, trace_id); });
  }
  const Route* route = match->route;
  rpc::Incoming incoming;
  incoming.method = route->name;
  incoming.authorization = all->authorization;
  incoming.traceparent = all->traceparent;
  incoming.peer = ClientOf(*all);
  // Within the chain, so that the request is looked at only once its caller may make it.
  incoming.make_request = [this, all, question, match = *std::move(match)]() -> absl::StatusOr<grpc::ByteBuffer> {
    const std::string_view query = std::string_view(all->target).substr(std::min(question + 1, all->target.size()));
    ASSIGN_OR_RETURN(const auto message, MakeRequest(match, query, all->body, all->idempotency_key, limits_));
    return rpc::ToBuffer(*message);
  };
  runtime_.dispatcher().Start(std::move(incoming),
                              [this, route, respond = std::move(respond)](rpc::Dispatcher::Result result) {
                                respond([this, route, result = std::move(result)] { return Answer(*route, result); });
                              });
}

// The address nearest to us that is not one of our proxies; what others claim counts for nothing (GWY-06).
std::string Gateway::ClientOf(const HttpRequest& request) const {
  if (trusted_proxies_.count(request.peer) == 0) return request.peer;
  const std::vector<std::string> hops = absl::StrSplit(request.forwarded_for, ',');
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const std::string address(absl::StripAsciiWhitespace(*hop));
    if (!address.empty() && trusted_proxies_.count(address) == 0) return address;
  }
  return request.peer;
}

HttpResponse Gateway::Answer(const Route& route, const rpc::Dispatcher::Result& result) const {
  if (!result.answer.ok()) return Refuse(result.answer.status(), result.trace_id);
  const std::unique_ptr<google::protobuf::Message> message(Prototype(route.method->output_type()).New());
  absl::StatusOr<std::string> json = absl::DataLossError("answer of " + route.name + " cannot be read");
  if (rpc::FromBuffer(*result.answer, *message)) json = MakeAnswer(route, *message);
  if (!json.ok()) return Refuse(json.status(), result.trace_id);
  Count(200);
  return {200, *std::move(json), {{"Trace-Id", result.trace_id}}};
}

HttpResponse Gateway::Refuse(const absl::Status& status, std::string_view trace_id) const {
  const absl::Status complete = Complete(status, kDomain, trace_id);
  const Metadata metadata = MetadataOf(complete);
  const auto value = [&metadata](const char* name, const char* otherwise) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? std::string(otherwise) : found->second;
  };
  HttpResponse response;
  response.status = HttpStatusOf(complete);
  response.body = ErrorJson(complete, trace_id);
  response.headers.emplace_back("Trace-Id", trace_id);
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (response.status == 405) {
    std::string allowed = value("allowed", "");
    response.headers.emplace_back("Allow", absl::StrReplaceAll(allowed, {{"、", ", "}}));
  }
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", value("seconds", "1"));
  }
  Count(response.status);
  log::Log(log::Level::kInfo, "HTTP request refused",
           {{"trace_id", trace_id},
            {"status", std::to_string(response.status)},
            {"reason", ReasonName(ReasonOf(complete))}});
  return response;
}

void Gateway::Count(int status) const {
  const auto found = answers_.find(status);
  (found == answers_.end() ? other_answers_ : found->second)->Increment();
}

}  // namespace jinqi::gateway
