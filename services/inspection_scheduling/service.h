// What makes this service: its records, the catalogue that it loads, its methods.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "jinqi/inspection/v1/inspection_service.pb.h"

namespace jinqi::inspection {

rpc::ServiceDefinition Definition();

// INVALID_ARGUMENT for a file with an item that is faulty or named twice.
absl::StatusOr<v1::InspectionCatalogue> ReadCatalogue(const std::string& path);

absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::InspectionConfig& config);

}  // namespace jinqi::inspection
