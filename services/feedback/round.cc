#include "services/feedback/round.h"

#include <algorithm>
#include <utility>

#include "common/clock/clock.h"
#include "common/status/status.h"

namespace jinqi::feedback {
namespace {

constexpr std::size_t kStatePrefix = sizeof("STATE_") - 1;

}  // namespace

absl::StatusOr<Round> Round::Load(const ledger::View& view, const RoundId& id) {
  Round round(id);
  ASSIGN_OR_RETURN(round.record, view.Read<v1::FollowUpRecord>(FollowUpKey(id)));
  ASSIGN_OR_RETURN(round.score, view.Read<v1::OrderScore>(ScoreKey(id.order_no)));
  round.version_ = view.Find(FollowUpKey(id))->version;
  return round;
}

std::vector<ledger::Name> Round::Names(const RoundId& id) { return {{FollowUpKey(id)}, {ScoreKey(id.order_no)}}; }

void Round::Note(std::string type, const google::protobuf::MessageLite& data) {
  notes_.push_back({std::move(type), data.SerializeAsString(), std::nullopt});
}

void Round::Announce(const std::string& type, const google::protobuf::MessageLite& message) {
  std::string payload = message.SerializeAsString();
  score_events_.push_back({type, payload, ledger::Outgoing{type, payload}});
}

void Round::NoteScore(std::string type, const google::protobuf::MessageLite& data) {
  score_events_.push_back({std::move(type), data.SerializeAsString(), std::nullopt});
}

void Round::Exclude(std::string_view cause, const std::string& reason) {
  v1::Rating& rating = *record.mutable_rating();
  if (!rating.excluded().empty()) return;
  rating.set_excluded(std::string(cause));
  rating.set_excluded_reason(reason);
  if (score.round() != id_.round) return;
  score.set_excluded(std::string(cause));
  NoteScore("RatingExcluded", rating);
}

bool Round::IsHandler(const std::string& body) const {
  const auto& assist = record.assist_undertakers();
  return !body.empty() && (body == record.follow_up().main_undertaker() ||
                           std::find(assist.begin(), assist.end(), body) != assist.end());
}

absl::Status Round::CheckSight(const std::string& district) const {
  if (district.empty() || district == record.district_code()) return absl::OkStatus();
  return Error(config::v1::REASON_NOT_FOUND);
}

absl::Status Round::CheckEtag(const std::string& etag) const {
  if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (etag == std::to_string(version_)) return absl::OkStatus();
  return Error(config::v1::REASON_VERSION_CONFLICT,
               {{"etag", std::to_string(version_)},
                {"state", v1::FollowUp::State_Name(record.follow_up().state()).substr(kStatePrefix)}});
}

void Round::Done(ledger::Micros now) {
  if (record.follow_up().state() == v1::FollowUp::STATE_DONE) return;
  record.mutable_follow_up()->set_state(v1::FollowUp::STATE_DONE);
  *record.mutable_follow_up()->mutable_done_time() = clock::ToProto(now);
  const auto& contacts = record.follow_up().contacts();
  const bool called = std::any_of(contacts.begin(), contacts.end(),
                                  [](const auto& contact) { return contact.way() == v1::FollowUpContact::WAY_CALL; });
  if (called) *record.mutable_called_done_time() = clock::ToProto(now);
  AnnounceWindow();
}

void Round::AnnounceWindow() {
  if (!record.window_over() || record.follow_up().state() != v1::FollowUp::STATE_DONE) return;
  events::v1::RatingWindowClosed closed;
  closed.set_order_no(id_.order_no);
  closed.set_round(id_.round);
  closed.set_rated(record.has_rating());
  Announce("RatingWindowClosed", closed);
}

void Round::Replace(SealedPrivate sealed) {
  record.set_person_digest(std::move(sealed.digest));
  persons_.push_back(std::move(sealed.person));
}

ledger::Outcome Round::Finish(std::string answer) && {
  ledger::Outcome outcome;
  outcome.changes.push_back({FollowUpKey(id_), record.SerializeAsString(), std::nullopt, std::move(notes_)});
  if (!score_events_.empty()) {
    outcome.changes.push_back(
        {ScoreKey(id_.order_no), score.SerializeAsString(), std::nullopt, std::move(score_events_)});
  }
  outcome.persons = std::move(persons_);
  outcome.answer = std::move(answer);
  return outcome;
}

}  // namespace jinqi::feedback
