// What follows from the hotline's follow-up and the enterprise's rating (FBK-05, FBK-07): closed, or done again.
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Each names the order (changed) and reference/head (relied on). A message about another round, or that comes when the
// order has moved on, is noted and changes nothing else.

// FED_BACK → FOLLOWED_UP; → CLOSED as well when nothing more will be tried.
absl::StatusOr<ledger::Outcome> DecideFollowUpDone(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const events::v1::FollowUpDone& message);

// A good one closes the order. A bad one leads to REWORK within 5 working days of `rated`, at most twice; the second
// opens supervision in the same commit; after the last round the order is closed UNRESOLVED. A bad one on a CLOSED
// order opens it again within 15 days. A rating before the follow-up is the follow-up.
absl::StatusOr<ledger::Outcome> DecideRated(const ledger::View& view, const Setting& setting, const Actor& actor,
                                            const events::v1::Rated& message, Micros rated);

// CLOSED → ARCHIVED; an order that still waits for an answer is closed first.
absl::StatusOr<ledger::Outcome> DecideWindowClosed(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const events::v1::RatingWindowClosed& message);

// The reason of a rework that follows a bad rating.
inline constexpr char kBadRating[] = "BAD_RATING";

// CLOSED or FOLLOWED_UP → REWORK by the same body, in a new round.
absl::Status StartRework(OrderEdit& edit, Micros from, std::string_view reason);

}  // namespace jinqi::routing
