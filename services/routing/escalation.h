// 提请联席会议: hard cases go to the joint meeting of their level, and come back with a lead (RTE-21, RTE-22).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/joint_meeting_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Where a level meets: CITY, or the district's six digits.
inline constexpr char kPlaceCity[] = "CITY";
std::string PlaceOf(v1::MeetingLevel level, std::string_view district_code);

// The last time that an order was escalated, while it waits for the decision; nullptr: it does not.
const v1::Escalation* WaitingEscalation(const v1::WorkOrder& order);
v1::Escalation* WaitingEscalation(v1::WorkOrder& order);

// Names: the order and the text (changed), reference/head (relied on). HANDLING → ESCALATED, after the second bad
// rating also REWORK → ESCALATED (FBK-07). Every faulty field at once, OPINION_REQUIRED among them;
// ESCALATION_NOT_NEEDED for a matter of one body and for a consultation that was not marked complex; MEETING_LEVEL
// where the bodies concerned ask for the other level: two districts or a city body for the city's, one district alone
// for its own.
absl::StatusOr<ledger::Outcome> DecideEscalate(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const v1::EscalateWorkOrderRequest& request, const SealedText& opinion);

// ESCALATED → HANDLING by the lead that the meeting named: its dispatch designates it, its date is the order's limit,
// in a rework also the round's. `minutes`: what they say on this order.
absl::Status ApplyMeetingDecision(OrderEdit& edit, const v1::MeetingDecision& decision, absl::CivilDay completion,
                                  const SealedText& minutes);

}  // namespace jinqi::routing
