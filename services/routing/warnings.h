// What happens when a timer of an order fires (RTE-01, 06, 08, 20, FBK-07).
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Marks of an order whose due date was missed: by the body that held it, or while the hub did.
inline constexpr char kOverdue[] = "OVERDUE";
inline constexpr char kOverdueHub[] = "OVERDUE_HUB";

// Names: the order (changed) and reference/head (relied on). A timer that the order does not wait for any more does
// nothing.
absl::StatusOr<ledger::Outcome> DecideTimer(const ledger::View& view, const Setting& setting, const Actor& actor,
                                            const std::string& order_no, std::string_view timer);

// Brings an open order up to the calendar in force; old and new due date are in its history (RTE-16).
absl::StatusOr<ledger::Outcome> DecideRecompute(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                const std::string& order_no);

}  // namespace jinqi::routing
