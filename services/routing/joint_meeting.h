// 联席会议: sessions with their agenda; what they decide, meeting and order take over in one commit (RTE-22).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/joint_meeting_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// An agenda holds no more items than one command can name with what it relies on.
inline constexpr int kMaxAgendaItems = 80;

// Whose records of a level somebody may work on: who has a district, that district's only. `level` UNSPECIFIED: the
// caller's own. PERMISSION_DENIED for another place; every faulty field at once.
absl::StatusOr<std::string> PlaceOfCaller(const Actor& actor, v1::MeetingLevel level, const std::string& district_code);

// The meeting as it is shown.
v1::JointMeeting ShowMeeting(const std::string& id, const v1::JointMeetingRecord& record, std::int64_t version);
// Whether the actor may see it: who has a district, that district's only.
bool MaySeeMeeting(const v1::JointMeeting& meeting, const Actor& actor);

// Names: the meeting (changed) and reference/head (relied on).
absl::StatusOr<ledger::Outcome> DecideCreateMeeting(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const std::string& id,
                                                    const v1::CreateJointMeetingRequest& request);

// Names: the meeting and the order (changed), reference/head (relied on). ILLEGAL_MOVE for a meeting that is over or an
// order that is not ESCALATED, MEETING_LEVEL for one of another level, ALREADY_EXISTS for one that stands on an agenda.
absl::StatusOr<ledger::Outcome> DecideAddItem(const ledger::View& view, const Setting& setting, const Actor& actor,
                                              const v1::AddAgendaItemRequest& request);

// Names: the meeting, the order and the text (changed), reference/head and the bodies (relied on). MEETING_DECIDED for
// a second decision. Every faulty field at once: MEETING_LEAD for none or two, MEETING_DATE for one that is not after
// the meeting, past, or a rest day without confirmation, TIME_TOO_EARLY before the day of the meeting; UNKNOWN_VALUE
// for a body that cannot receive orders (RTE-01).
absl::StatusOr<ledger::Outcome> DecideItem(const ledger::View& view, const Setting& setting, const Actor& actor,
                                           const v1::DecideAgendaItemRequest& request, const SealedText& minutes);

// Names: the meeting and all orders on its agenda (changed), reference/head (relied on). What was not decided waits for
// the next meeting.
absl::StatusOr<ledger::Outcome> DecideConclude(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const v1::ConcludeJointMeetingRequest& request);

}  // namespace jinqi::routing
