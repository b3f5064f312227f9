// Which acts on an order were refused, and which would be refused to a caller now: by the decisions themselves, which
// are tried and not committed.
#pragma once

#include <vector>

#include "common/ledger/types.h"
#include "jinqi/routing/v1/grounds_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// What was refused by a person: returns, extensions, results that were sent back; of the order's history what was
// refused to the enterprise: withdrawals and supplements. `shown` is the order as the caller may see it.
void AddPastRefusals(const v1::WorkOrder& shown, const std::vector<ledger::HistoryRow>& history,
                     v1::WorkOrderGrounds& out);

// Every act that the caller's role is let in to and that concerns him on this order, but that is refused to him now; of
// a dispatch each body that cannot be the main one. `view` has the order, reference/head and TriedRecords.
void AddPresentRefusals(const ledger::View& view, const Setting& setting, const OrderEdit& edit,
                        const v1::WorkOrder& shown, v1::WorkOrderGrounds& out);
std::vector<ledger::Key> TriedRecords(const v1::WorkOrderRecord& record, const Directory& directory);

}  // namespace jinqi::routing
