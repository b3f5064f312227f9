#include "services/feedback/round.h"

#include <utility>

#include "common/clock/clock.h"

namespace jinqi::feedback {

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

void Round::Announce(std::string type, const google::protobuf::MessageLite& message) {
  std::string payload = message.SerializeAsString();
  announcements_.push_back({type, payload, ledger::Outgoing{type, payload}});
}

void Round::Done(ledger::Micros now) {
  if (record.follow_up().state() == v1::FollowUp::STATE_DONE) return;
  record.mutable_follow_up()->set_state(v1::FollowUp::STATE_DONE);
  *record.mutable_follow_up()->mutable_done_time() = clock::ToProto(now);
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
  if (!announcements_.empty()) {
    outcome.changes.push_back(
        {ScoreKey(id_.order_no), score.SerializeAsString(), std::nullopt, std::move(announcements_)});
  }
  outcome.persons = std::move(persons_);
  outcome.answer = std::move(answer);
  return outcome;
}

}  // namespace jinqi::feedback
