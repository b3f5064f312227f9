// What makes this service: its records, its rules, messages in and out, timers, methods.
#pragma once

#include "absl/status/status.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::routing {

rpc::ServiceDefinition Definition();

// FAILED_PRECONDITION without a key ring (texts are kept sealed), or with a limit that makes no sense.
absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::RoutingConfig& config);

}  // namespace jinqi::routing
