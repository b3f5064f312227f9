// 协办: who assists the main undertaker between dispatch and result, and until when (RTE-04).
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/assist_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Names: the order (changed), reference/head and the body (relied on). ILLEGAL_MOVE unless a body handles the order or
// is to sign for it; the faults of CheckAssist, ALREADY_EXISTS, TOO_MANY; UNKNOWN_VALUE for a body that cannot receive
// orders (RTE-01).
absl::StatusOr<ledger::Outcome> DecideAddAssist(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                const v1::AddAssistRequest& request);

// Names: the order (changed) and reference/head (relied on). ASSIST_UNKNOWN, ASSIST_ANSWERED.
absl::StatusOr<ledger::Outcome> DecideRemoveAssist(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::RemoveAssistRequest& request);

// The next instant at which an assisting body will have missed its limit; 0: none. A provisional date gives no breach.
Micros NextAssistMiss(const v1::WorkOrder& order);
// Marks and tells each that has missed it by now.
absl::Status MissAssists(OrderEdit& edit);

}  // namespace jinqi::routing
