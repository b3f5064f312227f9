// The numbers of C4 that routing needs; they are its configuration.
#pragma once

#include "absl/status/status.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::routing {

using Limits = config::v1::RoutingConfig;

// LIMIT_INVALID for the first number that is negative, or less than it has to be to make sense (RTE-14). A fraction
// never gets this far: the file's fields are whole numbers.
absl::Status CheckLimits(const Limits& limits);

}  // namespace jinqi::routing
