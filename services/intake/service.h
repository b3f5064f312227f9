// What makes this service: its records, its methods, and what runs beside them.
#pragma once

#include "absl/status/status.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::intake {

rpc::ServiceDefinition Definition();

// FAILED_PRECONDITION without a key ring: intake never keeps personal values in clear. INVALID_ARGUMENT for limits that
// are negative, or zero where something must take its time.
absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::IntakeConfig& config);

}  // namespace jinqi::intake
