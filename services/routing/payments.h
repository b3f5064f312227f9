// Overdue payments to small and medium enterprises in the hands of hub and handler (INT-22).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/payment_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// The proposal with the department for small and medium enterprises in front, unless it is complained of itself or the
// directory does not know it.
v1::Proposal WithPaymentBody(v1::Proposal proposal, const std::vector<std::string>& judged, const Directory& directory,
                             const Limits& limits);

// The handler has received the order: its days count from the first receipt, as no later dispatch restarts a clock
// (RTE-17). Nothing for any other order.
void NoteReceipt(OrderEdit& edit);

// More time for the handler, by the hub: see PaymentService.
absl::StatusOr<ledger::Outcome> DecideExtendPayment(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::ExtendPaymentOrderRequest& request);

}  // namespace jinqi::routing
