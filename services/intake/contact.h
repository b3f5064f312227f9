// Looks at the contact of an order, each with its purpose in a history of its own (contract of the ledger, 12).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/intake/demand.h"

namespace jinqi::intake {

inline constexpr std::string_view kContactKind = "contact_access";

// Apart from the demand, so that a look does not change the demand's etag.
ledger::Key ContactKey(std::string_view order_no);

struct ContactLook {
  std::string order_no;
  // A code or short text of the caller; 2–200 characters.
  std::string purpose;
  Actor actor;
};

// Notes the look, for a caller who may have it; relies on the demand. The answer holds no contact.
absl::StatusOr<ledger::Outcome> DecideContactLook(const ledger::View& view, const ContactLook& look);

}  // namespace jinqi::intake
