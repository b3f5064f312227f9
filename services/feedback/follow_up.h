// 回访: the hotline follows every handled order up (FBK-04), and what routing's events mean for it.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/calendar/calendar.h"
#include "common/identity/caller.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "services/feedback/limits.h"
#include "services/feedback/rating.h"
#include "services/feedback/round.h"

namespace jinqi::feedback {

// The timer after which a round can no more be rated.
inline constexpr char kWindowTimer[] = "rating_window";

// An event of routing, on its way into the records.
struct OrderNews {
  std::string type;
  events::v1::OrderEvent event;
  // The event's number among those of its order.
  std::int64_t number = 0;
};

// The round that an event is about.
RoundId RoundOf(const events::v1::OrderSnapshot& order);

// What the command of an event names: the order's score, the round, and the round before it.
std::vector<ledger::Name> NamesOf(const events::v1::OrderSnapshot& order);

// Keeps score and rounds up to date. OrderFedBack begins a round: due at the end of the third working day after the
// feedback, to be rated through the 15th day after it was recorded; the message with the rating link is its first
// contact. Anonymous orders and those of liaison bodies have none, and neither has a rework that the hub ended with
// reasons: the bad rating stays effective (FBK-07). Contact and new result in rework, or those reasons, make a bad
// rating good (FBK-08).
absl::StatusOr<ledger::Outcome> DecideOrderNews(const ledger::View& view, const OrderNews& news,
                                                const calendar::Calendar& calendar, const Limits& limits);

// A demand that ended at intake.
absl::StatusOr<ledger::Outcome> DecideDemandEnded(const ledger::View& view, const events::v1::DemandEnded& ended);

// The time for ratings is over. RatingWindowClosed is told once the follow-up is done as well.
absl::StatusOr<ledger::Outcome> DecideWindow(const ledger::View& view, const RoundId& id);

// One contact, as the caller of the hotline reports it.
struct ContactInput {
  RoundId id;
  std::string etag;
  // The caller's account and body.
  std::string account;
  std::string body;
  v1::FollowUpContact::Way way = v1::FollowUpContact::WAY_UNSPECIFIED;
  v1::FollowUpContact::Outcome outcome = v1::FollowUpContact::OUTCOME_UNSPECIFIED;
  // What was said on the phone; both or none.
  RatingValues values;
  // Where the call is recorded; may be empty.
  std::string recording;
  // With a text: the new private part, made from the version that `etag` names.
  std::optional<SealedPrivate> sealed;
};

// PERMISSION_DENIED unless the caller is a follow-up caller of the hotline's unit.
absl::Status CheckHotline(const identity::Caller& caller, const Limits& limits);

// Whether the caller is given the rating link, to send it: the hotline, where no account asked but a phone or a counter
// (INT-18).
bool MaySendLink(const identity::Caller& caller, const v1::FollowUpRecord& record, const Limits& limits);

// Somebody answered the phone.
bool WasReached(v1::FollowUpContact::Outcome outcome);

// Whether one of the contacts is a call on the day, in Shanghai.
bool CalledOn(const google::protobuf::RepeatedPtrField<v1::FollowUpContact>& contacts, absl::CivilDay day);

// REQUIRED, UNKNOWN_VALUE, and WAY_OUTCOME for what cannot come of the way.
void CheckOutcome(v1::FollowUpContact::Way way, v1::FollowUpContact::Outcome outcome, Faults& faults);

// Every faulty field at once. An answer is taken only of an enterprise that was reached: silence is not satisfaction
// (FBK-06).
absl::Status CheckContact(const v1::RecordFollowUpRequest& request, const Limits& limits);

// PERMISSION_DENIED for a body that handled the order, VERSION_CONFLICT, TOO_MANY_CONTACTS (a second message, or more
// calls than max_contacts leaves beside the one message), FOLLOW_UP_DONE, CONTACT_SAME_DAY. An answer is the rating;
// without one FollowUpDone is told when the enterprise was reached or nothing is left to try. The answer is the
// FollowUp.
absl::StatusOr<ledger::Outcome> DecideContact(const ledger::View& view, ContactInput input, const Limits& limits);

}  // namespace jinqi::feedback
