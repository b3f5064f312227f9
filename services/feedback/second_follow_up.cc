#include "services/feedback/second_follow_up.h"

#include <algorithm>
#include <utility>

#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/feedback/checks.h"
#include "services/feedback/follow_up.h"

namespace jinqi::feedback {
namespace {

using v1::FollowUpContact;
using v1::FollowUpRecord;
using v1::SecondFollowUp;
using v1::SecondFollowUpRecord;

constexpr std::size_t kStatePrefix = sizeof("STATE_") - 1;

bool WasCalled(const FollowUpRecord& first) {
  const auto& contacts = first.follow_up().contacts();
  return std::any_of(contacts.begin(), contacts.end(), [](const FollowUpContact& contact) {
    return contact.way() == FollowUpContact::WAY_CALL && WasReached(contact.outcome());
  });
}

// The answer that the follower wrote down: the first value of a rating that was given in a call.
std::optional<RatingValues> AnswerOnPhone(const FollowUpRecord& first) {
  if (first.rating().history().empty()) return std::nullopt;
  const v1::RatingValue& value = first.rating().history(0);
  for (const FollowUpContact& contact : first.follow_up().contacts()) {
    const bool then = clock::FromProto(contact.time()) == clock::FromProto(value.time());
    if (contact.way() == FollowUpContact::WAY_CALL && then) return RatingValues{value.solved(), value.satisfaction()};
  }
  return std::nullopt;
}

bool MadeACall(const FollowUpRecord& first, const std::string& account) {
  const auto& contacts = first.follow_up().contacts();
  return std::any_of(contacts.begin(), contacts.end(),
                     [&account](const FollowUpContact& contact) { return contact.by() == account; });
}

absl::Status MayCall(const ledger::View& view, const SecondFollowUp& second, const Round& round,
                     const SecondInput& input) {
  if (round.IsHandler(input.body)) return Error(config::v1::REASON_PERMISSION_DENIED);
  if (MadeACall(round.record, input.account)) return Error(config::v1::REASON_SAME_FOLLOWER);
  const std::string etag = std::to_string(view.Find(SecondFollowUpKey(input.id))->version);
  if (input.etag != etag) {
    return Error(config::v1::REASON_VERSION_CONFLICT,
                 {{"etag", etag}, {"state", SecondFollowUp::State_Name(second.state()).substr(kStatePrefix)}});
  }
  if (second.state() == SecondFollowUp::STATE_DONE) return Error(config::v1::REASON_FOLLOW_UP_DONE);
  if (CalledOn(second.contacts(), clock::ShanghaiDate(view.now()))) {
    return Error(config::v1::REASON_CONTACT_SAME_DAY);
  }
  return absl::OkStatus();
}

void AddContact(const SecondInput& input, ledger::Micros now, SecondFollowUp& second) {
  FollowUpContact& contact = *second.add_contacts();
  *contact.mutable_time() = clock::ToProto(now);
  contact.set_way(FollowUpContact::WAY_CALL);
  contact.set_outcome(input.outcome);
  contact.set_by(input.account);
  contact.set_recording(input.recording);
}

absl::StatusOr<ledger::Change> Mark(const ledger::View& view, const SecondFollowUp& second) {
  const ledger::Key key = FollowerKey(second.follower());
  v1::MarkedFollower follower;
  if (view.Find(key) != nullptr) {
    ASSIGN_OR_RETURN(follower, view.Read<v1::MarkedFollower>(key));
  }
  follower.set_account(second.follower());
  follower.add_second_follow_ups(second.name());
  *follower.mutable_mark_time() = clock::ToProto(view.now());
  const std::string body = follower.SerializeAsString();
  return ledger::Change{key, body, std::nullopt, {{"FollowerMarked", body, std::nullopt}}};
}

ledger::Outcome MarkRound(Round round, const SecondFollowUp& second) {
  round.record.mutable_follow_up()->set_contradicted(true);
  round.Note("FollowUpContradicted", second);
  round.score.set_follow_up_contradicted(true);
  round.NoteScore("FollowUpContradicted", second);
  return std::move(round).Finish({});
}

}  // namespace

std::vector<SecondFollowUp::Contradiction> Contradictions(const FollowUpRecord& first, const SecondAnswer& second) {
  std::vector<SecondFollowUp::Contradiction> found;
  const bool called = WasCalled(first);
  if (called && second.first_call == SecondFollowUp::FIRST_CALL_NOT_SPOKEN) {
    found.push_back(SecondFollowUp::CONTRADICTION_NOT_CALLED);
  }
  if (!called && second.first_call == SecondFollowUp::FIRST_CALL_SPOKEN) {
    found.push_back(SecondFollowUp::CONTRADICTION_CALLED);
  }
  const auto written = AnswerOnPhone(first);
  if (written.has_value() && HasAnswer(second.values) && IsBad(*written) != IsBad(second.values)) {
    found.push_back(SecondFollowUp::CONTRADICTION_ANSWER);
  }
  return found;
}

absl::Status CheckSecondFollowUp(const v1::RecordSecondFollowUpRequest& request, const Limits& limits) {
  Faults faults;
  if (request.etag().empty()) faults.Add("etag", config::v1::REASON_ETAG_REQUIRED);
  CheckOutcome(FollowUpContact::WAY_CALL, request.outcome(), faults);
  const bool reached = request.outcome() == FollowUpContact::OUTCOME_REACHED;
  const RatingValues values{request.solved(), request.satisfaction()};
  if (!SecondFollowUp::FirstCall_IsValid(request.first_call())) {
    faults.Add("first_call", config::v1::REASON_UNKNOWN_VALUE);
  } else if (const bool said = request.first_call() != SecondFollowUp::FIRST_CALL_UNSPECIFIED; said != reached) {
    faults.Add("first_call", said ? config::v1::REASON_ANSWER_WITHOUT_CONTACT : config::v1::REASON_REQUIRED);
  }
  if (HasAnswer(values) && !reached) {
    faults.Add("satisfaction", config::v1::REASON_ANSWER_WITHOUT_CONTACT);
  } else if (HasAnswer(values)) {
    CheckValues(values, "", faults);
  }
  if (reached && request.recording().empty()) faults.Add("recording", config::v1::REASON_REQUIRED);
  CheckRecording(request.recording(), "recording", faults);
  CheckText(request.text(), "text", limits, faults);
  return faults.ToStatus();
}

std::vector<ledger::Name> SecondNames(const RoundId& id, const std::string& follower) {
  std::vector<ledger::Name> names = Round::Names(id);
  names.push_back({SecondFollowUpKey(id)});
  names.push_back({FollowerKey(follower)});
  return names;
}

absl::StatusOr<ledger::Outcome> DecideSecondFollowUp(const ledger::View& view, SecondInput input,
                                                     const Limits& limits) {
  ASSIGN_OR_RETURN(SecondFollowUpRecord record, view.Read<SecondFollowUpRecord>(SecondFollowUpKey(input.id)));
  ASSIGN_OR_RETURN(Round round, Round::Load(view, input.id));
  SecondFollowUp& second = *record.mutable_second_follow_up();
  RETURN_IF_ERROR(MayCall(view, second, round, input));
  AddContact(input, view.now(), second);
  if (WasReached(input.outcome) || second.contacts_size() >= limits.second_follow_up_calls) {
    second.set_state(SecondFollowUp::STATE_DONE);
    *second.mutable_done_time() = clock::ToProto(view.now());
  }
  second.set_first_call(input.answer.first_call);
  second.set_solved(input.answer.values.solved);
  second.set_satisfaction(input.answer.values.satisfaction);
  for (const auto one : Contradictions(round.record, input.answer)) second.add_contradictions(one);

  ledger::Outcome outcome;
  if (!second.contradictions().empty()) {
    outcome = MarkRound(std::move(round), second);
    ASSIGN_OR_RETURN(ledger::Change mark, Mark(view, second));
    outcome.changes.push_back(std::move(mark));
  }
  if (input.sealed.has_value()) {
    record.set_person_digest(std::move(input.sealed->digest));
    outcome.persons.push_back(std::move(input.sealed->person));
  }
  outcome.changes.push_back({SecondFollowUpKey(input.id),
                             record.SerializeAsString(),
                             std::nullopt,
                             {{"SecondFollowUpContacted", second.SerializeAsString(), std::nullopt}}});
  SecondFollowUp answer = second;
  answer.set_etag(std::to_string(view.Find(SecondFollowUpKey(input.id))->version + 1));
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

}  // namespace jinqi::feedback
