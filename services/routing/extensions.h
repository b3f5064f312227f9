// 延期: more time for an order, asked for by its body and ruled on by the hub (RTE-18).
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/limit_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Each names the order (changed) and reference/head (relied on).

// DISPATCHED or HANDLING, by the main body; not what a joint meeting dated (ILLEGAL_MOVE), nor an overdue payment,
// which the hub extends by its own regulation (UNKNOWN_VALUE at name, INT-22). Every faulty field at once: REQUIRED
// reason and measures, EXTENSION_DATE for a date that is no working day after the due date, EXTENSION_TOO_LONG. Then
// AFTER_DUE from the first instant after the due date on, and EXTENSION_USED: what a body asked for before the order
// went to another does not count, a refused request does.
absl::StatusOr<ledger::Outcome> DecideRequestExtension(const ledger::View& view, const Setting& setting,
                                                       const Actor& actor, const v1::RequestExtensionRequest& request);

// Agreed: the working days that were asked for are added to the due date. EXTENSION_NONE without a request that waits.
// Asked in time, a request may also be agreed to after the due date: that the hub was late is not the body's breach,
// and its mark becomes the hub's. But not once the date that was asked for has passed too (AFTER_DUE): nobody is given
// time that is gone.
absl::StatusOr<ledger::Outcome> DecideRuleExtension(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::RuleExtensionRequest& request);

}  // namespace jinqi::routing
