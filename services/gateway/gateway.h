// The public door: HTTP+JSON and gRPC to every method that is not internal, by what the descriptors say.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/client.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "services/gateway/development_tokens.h"
#include "services/gateway/http_server.h"
#include "services/gateway/lookup_limiter.h"
#include "services/gateway/routes.h"
#include "services/gateway/transcode.h"

namespace jinqi::gateway {

class Gateway {
 public:
  // Registers every public method with the runtime: its own, and those of the other services as bytes that are handed
  // on to the peer of their package. FAILED_PRECONDITION for a package whose peer is not configured, INVALID_ARGUMENT
  // for a limit of look-ups below one try or one second.
  static absl::StatusOr<std::unique_ptr<Gateway>> Make(const config::v1::GatewayConfig& config,
                                                       rpc::ServiceRuntime& runtime);

  // Starts to serve HTTP; once the runtime serves.
  absl::Status StartHttp();
  void StopHttp();

  // One HTTP request, as it comes.
  void Handle(HttpRequest request, HttpServer::Respond respond);

  const Routes& routes() const { return routes_; }

 private:
  Gateway(const config::v1::GatewayConfig& config, rpc::ServiceRuntime& runtime);
  absl::Status Register();
  absl::Status Forward(const google::protobuf::MethodDescriptor* method);
  std::string PeerOf(const std::string& package) const;
  LookupLimiter* LimiterOf(const std::string& method);
  std::string ClientOf(const HttpRequest& request) const;
  HttpResponse Answer(const Route& route, const rpc::Dispatcher::Result& result) const;
  HttpResponse Refuse(const absl::Status& status, std::string_view trace_id) const;
  void Count(int status) const;

  const config::v1::GatewayConfig config_;
  rpc::ServiceRuntime& runtime_;
  const TranscodeLimits limits_;
  const std::set<std::string> trusted_proxies_;
  std::unique_ptr<DevelopmentTokens> tokens_;
  Routes routes_;
  // Beside the methods that they watch.
  std::vector<std::pair<std::set<std::string>, std::unique_ptr<LookupLimiter>>> limiters_;
  std::map<int, metrics::Counter*> answers_;
  metrics::Counter* other_answers_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace jinqi::gateway
