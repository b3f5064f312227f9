// The partner hotlines (协同热线) that matters are passed to (RTE-26); they are configuration.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "jinqi/routing/v1/partner.pb.h"

namespace jinqi::routing {

// A hotline and the secret that is shared with its system.
struct PartnerEntry {
  v1::Partner partner;
  // Empty: its system is not known, and nothing is passed.
  std::string secret;
};

// By code.
using Partners = std::map<std::string, PartnerEntry, std::less<>>;

// Reads the secrets. INVALID_ARGUMENT for a code that is none or stands twice, and for a hotline without name or phone.
absl::StatusOr<Partners> ReadPartners(const config::v1::RoutingConfig& config);

}  // namespace jinqi::routing
