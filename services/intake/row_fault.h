// Faults of the rows of an import, as they are reported.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "jinqi/intake/v1/register_service.pb.h"

namespace jinqi::intake {

// The first faulty field of the error, with its reason and what to do.
v1::RowFault FaultOf(std::int64_t row, const absl::Status& status);

}  // namespace jinqi::intake
