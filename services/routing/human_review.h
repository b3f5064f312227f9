// 人工复核: a person reviews a dispatch that was decided without one (RTE-23).
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/human_review_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

inline constexpr char kAskedByUndertaker[] = "UNDERTAKER";

// Each names the order (changed) and reference/head (relied on); a text also the record that it becomes (changed).

// DISPATCHED or HANDLING, by the main body, by who asked or by a seat. Nothing moves: the hub has ruling_working_days
// to review. NOT_AUTOMATIC unless a program chose the body and no person has reviewed that; ALREADY_EXISTS while a
// review is waited for.
absl::StatusOr<ledger::Outcome> DecideRequestHumanReview(const ledger::View& view, const Setting& setting,
                                                         const Actor& actor,
                                                         const v1::RequestHumanReviewRequest& request,
                                                         const SealedText& reason);

// Confirmed: nothing moves, in whatever open state. Else DISPATCHED or HANDLING → PENDING_DISPATCH, by moves of C3
// alone; the time from now on is the hub's (RTE-17), and it is no return of the body's. NOT_AUTOMATIC as above.
absl::StatusOr<ledger::Outcome> DecideReviewAutomaticDispatch(const ledger::View& view, const Setting& setting,
                                                              const Actor& actor,
                                                              const v1::ReviewAutomaticDispatchRequest& request);

}  // namespace jinqi::routing
