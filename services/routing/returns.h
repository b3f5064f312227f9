// 退单: giving an order back, the ruling on it, and declining (RTE-05, 07–09, 11).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Each names the order (changed) and reference/head (relied on).

// → PENDING_DISPATCH: back to the hub, which looks for another body. The time since `hub_from` is the hub's (RTE-17).
absl::Status GiveBack(OrderEdit& edit, Micros hub_from, std::string_view type, std::string_view reason = "");

// DISPATCHED or HANDLING → RETURN_REVIEW. RETURN_NOT_ALLOWED for LIFE_SAFETY, DESIGNATED, RETURN_TOO_LATE after the
// window; every faulty field at once (a basis and another body are required).
absl::StatusOr<ledger::Outcome> DecideRequestReturn(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::RequestReturnRequest& request);

// Agreed: → PENDING_DISPATCH, and the time since the return was asked for is the hub's (RTE-17). Refused: → HANDLING
// by the same body, whose time it all is (RTE-05). With a rule for the catalogue it names what rulings.h says as well.
absl::StatusOr<ledger::Outcome> DecideRuleReturn(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                 const v1::RuleReturnRequest& request);

// DISPATCHED → PENDING_DISPATCH without breach. DECLINE_NOT_ALLOWED for a body that is not participating, DESIGNATED,
// DECLINE_TOO_LATE after the signing limit.
absl::StatusOr<ledger::Outcome> DecideDecline(const ledger::View& view, const Setting& setting, const Actor& actor,
                                              const v1::DeclineWorkOrderRequest& request);

}  // namespace jinqi::routing
