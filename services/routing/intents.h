// What the enterprise asks of an order that routing holds, and what is merged into it (INT-09, INT-20): decided on the
// state that it is found in.
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Each names the order (changed) and reference/head (relied on); a supplement also its text (changed).

// → WITHDRAWN where C3 allows it; else WithdrawalRefused.
absl::StatusOr<ledger::Outcome> DecideWithdraw(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const events::v1::WithdrawalAsked& message);
// Appended until the result is handed in; with `reopen` a CLOSED order is done again; else SupplementRefused.
absl::StatusOr<ledger::Outcome> DecideSupplement(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                 const events::v1::SupplementAdded& message, const SealedText& text);
// Counts the urging; no clock starts (INT-09).
absl::StatusOr<ledger::Outcome> DecideMerged(const ledger::View& view, const Setting& setting, const Actor& actor,
                                             const events::v1::DemandMerged& message);

}  // namespace jinqi::routing
