#include "services/routing/partners.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/status/status.h"

namespace jinqi::routing {
namespace {

constexpr std::size_t kMaxCode = 16;

bool IsCode(const std::string& code) {
  return !code.empty() && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

absl::Status Invalid(const std::string& code, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("configuration: partners: ", code, " ", what));
}

}  // namespace

absl::StatusOr<Partners> ReadPartners(const config::v1::RoutingConfig& config) {
  Partners partners;
  for (const config::v1::PartnerHotline& hotline : config.partners()) {
    const std::string& code = hotline.code();
    if (!IsCode(code)) return Invalid(code, "is no code");
    if (hotline.display_name().empty() || hotline.phone().empty()) return Invalid(code, "has no name or no phone");
    PartnerEntry entry;
    entry.partner.set_code(code);
    entry.partner.set_display_name(hotline.display_name());
    entry.partner.set_phone(hotline.phone());
    entry.partner.set_reachable(!hotline.target().url().empty());
    if (entry.partner.reachable()) {
      ASSIGN_OR_RETURN(entry.secret, config::ReadSecret(hotline.target().secret_file()));
    }
    if (!partners.emplace(code, std::move(entry)).second) return Invalid(code, "stands twice");
  }
  return partners;
}

}  // namespace jinqi::routing
