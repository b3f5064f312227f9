// Publishes a year's notice of holidays.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace jinqi::cli {

// `file`: the public year file (JSON). Open orders are computed again by routing (RTE-15, RTE-16).
absl::Status LoadCalendar(const std::string& gateway, const std::string& file);

}  // namespace jinqi::cli
