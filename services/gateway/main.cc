#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "services/gateway/gateway.h"

int main(int argc, char** argv) {
  using jinqi::config::v1::GatewayConfig;
  using jinqi::gateway::Gateway;
  jinqi::rpc::ServiceDefinition definition;
  definition.name = "gateway";
  definition.has_ledger = false;
  return jinqi::rpc::RunService<GatewayConfig>(
      argc, argv, std::move(definition),
      [](jinqi::rpc::ServiceRuntime& runtime, const GatewayConfig& config) -> absl::Status {
        auto made = Gateway::Make(config, runtime);
        if (!made.ok()) return std::move(made).status();
        Gateway& gateway = runtime.Keep(*std::move(made));
        runtime.AddBackground({"http", [&gateway] { return gateway.StartHttp(); }, [&gateway] { gateway.StopHttp(); }});
        return absl::OkStatus();
      });
}
