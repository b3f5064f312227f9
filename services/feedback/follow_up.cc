#include "services/feedback/follow_up.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/feedback/checks.h"
#include "services/feedback/score.h"

namespace jinqi::feedback {
namespace {

using clock::Micros;
using events::v1::OrderSnapshot;
using v1::FollowUp;
using v1::FollowUpContact;
using v1::FollowUpRecord;

// Of each round; the rest are calls.
constexpr int kMessages = 1;
// Who sends the message with the rating link.
constexpr std::string_view kPlatform = "platform";

absl::StatusOr<v1::OrderScore> ScoreOrNew(const ledger::View& view, const std::string& order_no) {
  if (view.Find(ScoreKey(order_no)) == nullptr) return v1::OrderScore();
  return view.Read<v1::OrderScore>(ScoreKey(order_no));
}

// The round's record, when there is one that was rated badly.
absl::StatusOr<std::optional<FollowUpRecord>> FindBad(const ledger::View& view, const RoundId& id) {
  if (view.Find(FollowUpKey(id)) == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(FollowUpRecord record, view.Read<FollowUpRecord>(FollowUpKey(id)));
  if (!record.has_bad_time()) return std::nullopt;
  return record;
}

bool NeedsFollowUp(const OrderSnapshot& order) { return !order.anonymous() && !order.liaison(); }

FollowUpRecord NewRecord(const OrderNews& news, const RoundId& id, const calendar::Calendar& calendar,
                         const Limits& limits) {
  const OrderSnapshot& order = news.event.order();
  const Micros recorded = clock::FromProto(news.event.time());
  const Micros fed_back = order.has_feedback_time() ? clock::FromProto(order.feedback_time()) : recorded;
  const calendar::Due due = calendar.AddWorkingDays(clock::ShanghaiDate(fed_back), limits.follow_up_days);

  FollowUpRecord record;
  FollowUp& follow_up = *record.mutable_follow_up();
  follow_up.set_name(FollowUpName(id));
  follow_up.set_order_no(id.order_no);
  follow_up.set_round(id.round);
  follow_up.set_state(FollowUp::STATE_OPEN);
  *follow_up.mutable_due_time() = clock::ToProto(clock::EndOfDay(due.day));
  follow_up.set_due_provisional(due.provisional);
  follow_up.set_unit(limits.unit);
  *follow_up.mutable_rating_expire_time() =
      clock::ToProto(clock::EndOfDay(clock::ShanghaiDate(recorded) + limits.rating_days));
  follow_up.set_main_undertaker(order.main_undertaker());
  *follow_up.mutable_feedback_time() = clock::ToProto(fed_back);
  FollowUpContact& message = *follow_up.add_contacts();
  *message.mutable_time() = news.event.time();
  message.set_way(FollowUpContact::WAY_MESSAGE);
  message.set_outcome(FollowUpContact::OUTCOME_SENT);
  message.set_by(std::string(kPlatform));
  record.set_uscc(order.subject().uscc());
  record.set_requester(order.requester());
  record.set_district_code(order.subject().district_code());
  *record.mutable_assist_undertakers() = order.assist_undertakers();
  return record;
}

void Begin(const ledger::View& view, const OrderNews& news, const calendar::Calendar& calendar, const Limits& limits,
           ledger::Outcome& outcome) {
  const RoundId id = RoundOf(news.event.order());
  if (!NeedsFollowUp(news.event.order()) || view.Find(FollowUpKey(id)) != nullptr) return;
  const FollowUpRecord record = NewRecord(news, id, calendar, limits);
  const Micros over = clock::FromProto(record.follow_up().rating_expire_time()) + clock::kSecond;
  outcome.changes.push_back({FollowUpKey(id),
                             record.SerializeAsString(),
                             std::vector<ledger::Timer>{{kWindowTimer, over}},
                             {{"FollowUpOpened", record.follow_up().SerializeAsString(), std::nullopt}}});
}

// What an event does to a bad rating of the round before it; false: nothing.
bool Rectify(const OrderNews& news, FollowUpRecord& before) {
  if (news.type == "OrderContacted" && !before.has_bad_contact_time()) {
    *before.mutable_bad_contact_time() = news.event.time();
    return true;
  }
  if (news.type == "OrderFedBack" && !before.has_rectify_time()) {
    *before.mutable_rectify_time() = news.event.time();
    return true;
  }
  return false;
}

absl::Status NoteBad(const ledger::View& view, const OrderNews& news, const RoundId& id, ledger::Outcome& outcome) {
  ASSIGN_OR_RETURN(std::optional<FollowUpRecord> record, FindBad(view, id));
  if (!record.has_value() || !Rectify(news, *record)) return absl::OkStatus();
  outcome.changes.push_back({FollowUpKey(id),
                             record->SerializeAsString(),
                             std::nullopt,
                             {{"BadRating" + news.type, record->rating().SerializeAsString(), std::nullopt}}});
  return absl::OkStatus();
}

std::int64_t ContactsBy(const FollowUp& follow_up, FollowUpContact::Way way) {
  const auto& contacts = follow_up.contacts();
  return std::count_if(contacts.begin(), contacts.end(), [way](const auto& contact) { return contact.way() == way; });
}

// One message, and what is left of the contacts for calls.
bool IsTooMany(const FollowUp& follow_up, FollowUpContact::Way way, const Limits& limits) {
  const int most = way == FollowUpContact::WAY_MESSAGE ? kMessages : limits.max_contacts - kMessages;
  return ContactsBy(follow_up, way) >= most;
}

absl::Status MayContact(const Round& round, const ContactInput& input, Micros now, const Limits& limits) {
  const FollowUp& follow_up = round.record.follow_up();
  if (round.IsHandler(input.body)) return Error(config::v1::REASON_PERMISSION_DENIED);
  RETURN_IF_ERROR(round.CheckEtag(input.etag));
  if (IsTooMany(follow_up, input.way, limits)) {
    return Error(config::v1::REASON_TOO_MANY_CONTACTS, {{"count", absl::StrCat(follow_up.contacts_size())}});
  }
  if (follow_up.state() == FollowUp::STATE_DONE) return Error(config::v1::REASON_FOLLOW_UP_DONE);
  if (input.way == FollowUpContact::WAY_CALL && CalledOn(follow_up.contacts(), clock::ShanghaiDate(now))) {
    return Error(config::v1::REASON_CONTACT_SAME_DAY);
  }
  return absl::OkStatus();
}

// The follow-up ends without an answer, if it ends.
void EndWithoutAnswer(Round& round, FollowUpContact::Outcome contact, Micros now, const Limits& limits) {
  const bool reached = WasReached(contact);
  const bool tried = !reached && round.record.follow_up().contacts_size() >= limits.max_contacts;
  const bool exhausted = tried || contact == FollowUpContact::OUTCOME_REFUSED;
  if (!reached && !exhausted) return;
  events::v1::FollowUpDone done;
  done.set_order_no(round.id().order_no);
  done.set_round(round.id().round);
  done.set_reached(reached);
  done.set_exhausted(exhausted);
  round.Announce("FollowUpDone", done);
  round.Done(now);
}

void CheckWay(FollowUpContact::Way way, Faults& faults) {
  if (way != FollowUpContact::WAY_MESSAGE && way != FollowUpContact::WAY_CALL) {
    faults.Add("way", way == FollowUpContact::WAY_UNSPECIFIED ? config::v1::REASON_REQUIRED
                                                              : config::v1::REASON_UNKNOWN_VALUE);
  }
}

}  // namespace

bool WasReached(FollowUpContact::Outcome outcome) {
  return outcome == FollowUpContact::OUTCOME_REACHED || outcome == FollowUpContact::OUTCOME_REFUSED;
}

bool CalledOn(const google::protobuf::RepeatedPtrField<FollowUpContact>& contacts, absl::CivilDay day) {
  return std::any_of(contacts.begin(), contacts.end(), [day](const FollowUpContact& contact) {
    return contact.way() == FollowUpContact::WAY_CALL && clock::ShanghaiDate(clock::FromProto(contact.time())) == day;
  });
}

void CheckOutcome(FollowUpContact::Way way, FollowUpContact::Outcome outcome, Faults& faults) {
  if (outcome == FollowUpContact::OUTCOME_UNSPECIFIED) {
    faults.Add("outcome", config::v1::REASON_REQUIRED);
  } else if (!FollowUpContact::Outcome_IsValid(outcome)) {
    faults.Add("outcome", config::v1::REASON_UNKNOWN_VALUE);
  } else if ((way == FollowUpContact::WAY_MESSAGE && WasReached(outcome)) ||
             (way == FollowUpContact::WAY_CALL && outcome == FollowUpContact::OUTCOME_SENT)) {
    faults.Add("outcome", config::v1::REASON_WAY_OUTCOME);
  }
}

RoundId RoundOf(const OrderSnapshot& order) { return {order.order_no(), order.rework_round()}; }

std::vector<ledger::Name> NamesOf(const OrderSnapshot& order) {
  const RoundId id = RoundOf(order);
  std::vector<ledger::Name> names = Round::Names(id);
  if (id.round > 0) names.push_back({FollowUpKey({id.order_no, id.round - 1})});
  return names;
}

absl::StatusOr<ledger::Outcome> DecideOrderNews(const ledger::View& view, const OrderNews& news,
                                                const calendar::Calendar& calendar, const Limits& limits) {
  const RoundId id = RoundOf(news.event.order());
  ASSIGN_OR_RETURN(v1::OrderScore before, ScoreOrNew(view, id.order_no));
  const v1::OrderScore score = NoteOrder(std::move(before), news.type, news.event);
  ledger::Outcome outcome;
  outcome.changes.push_back({ScoreKey(id.order_no),
                             score.SerializeAsString(),
                             std::nullopt,
                             {{news.type, score.SerializeAsString(), std::nullopt}}});
  if (id.round > 0) {
    RETURN_IF_ERROR(NoteBad(view, news, {id.order_no, id.round - 1}, outcome));
  }
  if (BeginsRound(news.type, news.event)) Begin(view, news, calendar, limits, outcome);
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideDemandEnded(const ledger::View& view, const events::v1::DemandEnded& ended) {
  ASSIGN_OR_RETURN(v1::OrderScore before, ScoreOrNew(view, ended.order_no()));
  const std::string body = NoteEnded(std::move(before), ended).SerializeAsString();
  ledger::Outcome outcome;
  outcome.changes.push_back({ScoreKey(ended.order_no()), body, std::nullopt, {{"DemandEnded", body, std::nullopt}}});
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideWindow(const ledger::View& view, const RoundId& id) {
  ASSIGN_OR_RETURN(Round round, Round::Load(view, id));
  round.record.set_window_over(true);
  round.Note("RatingTimeOver", round.record.follow_up());
  round.AnnounceWindow();
  return std::move(round).Finish({});
}

absl::Status CheckHotline(const identity::Caller& caller, const Limits& limits) {
  if (caller.Has(config::v1::ROLE_FOLLOW_UP_CALLER) && caller.body == limits.unit) return absl::OkStatus();
  return Error(config::v1::REASON_PERMISSION_DENIED);
}

bool MaySendLink(const identity::Caller& caller, const FollowUpRecord& record, const Limits& limits) {
  return record.requester().empty() && CheckHotline(caller, limits).ok();
}

absl::Status CheckContact(const v1::RecordFollowUpRequest& request, const Limits& limits) {
  Faults faults;
  if (request.etag().empty()) faults.Add("etag", config::v1::REASON_ETAG_REQUIRED);
  CheckWay(request.way(), faults);
  CheckOutcome(request.way(), request.outcome(), faults);
  const RatingValues values{request.solved(), request.satisfaction()};
  if (HasAnswer(values)) {
    if (request.outcome() == FollowUpContact::OUTCOME_REACHED) {
      CheckValues(values, "", faults);
    } else {
      faults.Add("satisfaction", config::v1::REASON_ANSWER_WITHOUT_CONTACT);
    }
  }
  CheckRecording(request.recording(), "recording", faults);
  CheckText(request.text(), "text", limits, faults);
  return faults.ToStatus();
}

absl::StatusOr<ledger::Outcome> DecideContact(const ledger::View& view, ContactInput input, const Limits& limits) {
  ASSIGN_OR_RETURN(Round round, Round::Load(view, input.id));
  RETURN_IF_ERROR(MayContact(round, input, view.now(), limits));
  FollowUpContact& contact = *round.record.mutable_follow_up()->add_contacts();
  *contact.mutable_time() = clock::ToProto(view.now());
  contact.set_way(input.way);
  contact.set_outcome(input.outcome);
  contact.set_by(input.account);
  contact.set_recording(input.recording);
  if (input.sealed.has_value()) round.Replace(*std::move(input.sealed));
  round.Note("FollowUpContacted", contact);
  if (HasAnswer(input.values)) {
    ApplyRating(round, input.values, "CALL", view.now());
  } else {
    EndWithoutAnswer(round, input.outcome, view.now(), limits);
  }
  FollowUp answer = round.record.follow_up();
  answer.set_etag(round.NextEtag());
  return std::move(round).Finish(answer.SerializeAsString());
}

}  // namespace jinqi::feedback
