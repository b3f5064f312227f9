// Calls to a service by the operator of this installation, past the gateway.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"

namespace jinqi::cli {

// Whoever can read the service key speaks as system administrator, for that long. NOT_FOUND when it cannot be read.
absl::StatusOr<rpc::CallOptions> OperatorCall(const std::string& key_file, absl::Duration good_for);

}  // namespace jinqi::cli
