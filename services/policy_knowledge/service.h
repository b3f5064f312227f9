// What makes this service: its records, what it loads and checks at start, its methods.
#pragma once

#include "absl/status/status.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::policy {

rpc::ServiceDefinition Definition();

// Loads the two documents the first time, checks them every time, adds the methods. What the check finds keeps the
// service from being ready and stands in /readyz with its number (POL-23).
absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::PolicyConfig& config);

}  // namespace jinqi::policy
