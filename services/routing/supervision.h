// 督办: tickets to the body's leader, the district or the city (RTE-20, FBK-07).
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

inline constexpr char kLevelBodyLeader[] = "BODY_LEADER";
inline constexpr char kLevelDistrict[] = "DISTRICT";
inline constexpr char kLevelCity[] = "CITY";

// Opens a ticket to whoever holds the order; its number within the order is its id.
void OpenTicket(OrderEdit& edit, std::string_view cause, std::string_view level);

// Both name the order (changed) and reference/head (relied on). LIAISON_ONLY for an order with a liaison body (RTE-10).
absl::StatusOr<ledger::Outcome> DecideOpenSupervision(const ledger::View& view, const Setting& setting,
                                                      const Actor& actor, const v1::OpenSupervisionRequest& request);
// By the body that is supervised or the hub of its district, with a text. SUPERVISION_CLOSED for one that is answered.
absl::StatusOr<ledger::Outcome> DecideAnswerSupervision(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor,
                                                        const v1::AnswerSupervisionRequest& request);

}  // namespace jinqi::routing
