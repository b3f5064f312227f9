// What makes this service: its records, its methods, and what runs beside them.
#pragma once

#include "absl/status/status.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::intake {

rpc::ServiceDefinition Definition();

// INVALID_ARGUMENT for a limit that no city can mean: negative, or zero where something must take its time.
absl::Status CheckLimits(const config::v1::IntakeConfig& config);

// FAILED_PRECONDITION without a key ring: intake never keeps personal values in clear. Else as CheckLimits.
absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::IntakeConfig& config);

}  // namespace jinqi::intake
