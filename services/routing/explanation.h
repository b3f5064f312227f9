// A rework that ends with reasons instead of a new handling (FBK-07).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/explanation_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// The reason of OrderFedBack and OrderClosed for it: feedback opens no new round, the bad rating stays effective.
inline constexpr char kExplained[] = "EXPLAINED";

// REWORK, or HANDLING within one, → SUBMITTED → FED_BACK → FOLLOWED_UP → CLOSED. Names the order and the record of the
// explanation (changed) and reference/head (relied on). EXPLANATION_NOT_ALLOWED unless the rework follows a bad rating;
// REVIEWER_IS_HANDLER; every faulty field at once, CONTACT_REQUIRED for a talk of before the rework.
absl::StatusOr<ledger::Outcome> DecideCloseWithExplanation(const ledger::View& view, const Setting& setting,
                                                           const Actor& actor,
                                                           const v1::CloseWithExplanationRequest& request,
                                                           const SealedText& explanation);

}  // namespace jinqi::routing
