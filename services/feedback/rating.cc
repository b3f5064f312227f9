#include "services/feedback/rating.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/feedback/score.h"

namespace jinqi::feedback {
namespace {

constexpr int kWorst = 1;
constexpr int kBest = 5;
// 不满意
constexpr int kBadFrom = 2;
// The first value and the one change.
constexpr int kMaxValues = 2;

std::string Field(std::string_view prefix, std::string_view name) { return std::string(prefix) + std::string(name); }

bool Owns(const identity::Caller& caller, const std::string& uscc, const std::string& requester) {
  if (!uscc.empty() && caller.uscc == uscc) return true;
  return !requester.empty() && caller.subject == requester;
}

// The private part was made from another than stands there now: the same request finds its way when it is sent again.
bool IsOutdated(const RatingInput& input, const v1::FollowUpRecord& record) {
  return input.sealed.has_value() && input.old_digest != record.person_digest();
}

absl::StatusOr<ledger::Outcome> Rate(Round round, RatingInput input, ledger::Micros now) {
  if (IsOutdated(input, round.record)) return Error(config::v1::REASON_UNAVAILABLE);
  if (input.sealed.has_value()) round.Replace(*std::move(input.sealed));
  ApplyRating(round, input.values, "ONLINE", now);
  v1::Rating answer = round.record.rating();
  answer.set_etag(round.NextEtag());
  return std::move(round).Finish(answer.SerializeAsString());
}

}  // namespace

bool IsBad(const RatingValues& values) {
  return values.solved == events::v1::SOLVED_NO || values.satisfaction <= kBadFrom;
}

bool HasAnswer(const RatingValues& values) {
  return values.solved != events::v1::SOLVED_UNSPECIFIED || values.satisfaction != 0;
}

void CheckValues(const RatingValues& values, std::string_view prefix, Faults& faults) {
  if (values.solved == events::v1::SOLVED_UNSPECIFIED) {
    faults.Add(Field(prefix, "solved"), config::v1::REASON_REQUIRED);
  } else if (!events::v1::Solved_IsValid(values.solved)) {
    faults.Add(Field(prefix, "solved"), config::v1::REASON_UNKNOWN_VALUE);
  }
  if (values.satisfaction < kWorst || values.satisfaction > kBest) {
    faults.Add(Field(prefix, "satisfaction"), config::v1::REASON_OUT_OF_RANGE, {{"min", "1"}, {"max", "5"}});
  }
}

void CheckText(std::string_view text, std::string_view field, const Limits& limits, Faults& faults) {
  if (text::CodePoints(text) <= static_cast<std::size_t>(limits.max_text)) return;
  faults.Add(field, config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(limits.max_text)}});
}

bool IsOwner(const identity::Caller& caller, const v1::FollowUpRecord& record) {
  return Owns(caller, record.uscc(), record.requester());
}

bool IsOwner(const identity::Caller& caller, const v1::OrderScore& score) {
  return Owns(caller, score.uscc(), score.requester());
}

bool IsOwner(const identity::Caller& caller, const v1::OpinionRecord& record) {
  return Owns(caller, record.opinion().uscc(), record.requester());
}

bool MayRate(const identity::Caller& caller, const v1::FollowUpRecord& record) {
  if (!record.requester().empty()) return caller.subject == record.requester();
  return IsOwner(caller, record);
}

absl::StatusOr<ledger::Outcome> DecideCreateRating(const ledger::View& view, RatingInput input) {
  ASSIGN_OR_RETURN(Round round, Round::Load(view, input.claim.id));
  if (round.record.has_rating()) return Error(config::v1::REASON_TOKEN_USED);
  const bool replaced = round.score.round() > round.id().round;
  if (replaced || !InTime(view.now(), input.claim.expire_time)) return Error(config::v1::REASON_TOKEN_EXPIRED);
  return Rate(std::move(round), std::move(input), view.now());
}

absl::StatusOr<ledger::Outcome> DecideUpdateRating(const ledger::View& view, RatingInput input) {
  ASSIGN_OR_RETURN(Round round, Round::Load(view, input.claim.id));
  if (!round.record.has_rating()) return Error(config::v1::REASON_NOT_FOUND);
  if (round.record.rating().history_size() >= kMaxValues) return Error(config::v1::REASON_TOKEN_USED);
  if (!InTime(view.now(), input.claim.expire_time)) return Error(config::v1::REASON_TOKEN_EXPIRED);
  return Rate(std::move(round), std::move(input), view.now());
}

void ApplyRating(Round& round, const RatingValues& values, std::string_view way, ledger::Micros now) {
  v1::FollowUpRecord& record = round.record;
  const bool changed = record.has_rating();
  const bool bad = IsBad(values);
  v1::Rating& rating = *record.mutable_rating();
  rating.set_name(RatingName(round.id()));
  rating.set_order_no(round.id().order_no);
  rating.set_round(round.id().round);
  rating.set_solved(values.solved);
  rating.set_satisfaction(values.satisfaction);
  rating.set_bad(bad);
  rating.set_way(std::string(way));
  if (!changed) *rating.mutable_create_time() = clock::ToProto(now);
  *rating.mutable_update_time() = clock::ToProto(now);
  *rating.mutable_expire_time() = record.follow_up().rating_expire_time();
  v1::RatingValue& value = *rating.add_history();
  *value.mutable_time() = clock::ToProto(now);
  value.set_solved(values.solved);
  value.set_satisfaction(values.satisfaction);
  if (bad && !record.has_bad_time()) *record.mutable_bad_time() = clock::ToProto(now);
  record.mutable_follow_up()->set_rating(bad ? "BAD" : "GOOD");
  NoteAnswer(round.score, round.id().round, values.solved, values.satisfaction);

  events::v1::Rated rated;
  rated.set_order_no(round.id().order_no);
  rated.set_round(round.id().round);
  rated.set_solved(values.solved);
  rated.set_satisfaction(values.satisfaction);
  rated.set_changed(changed);
  rated.set_bad(bad);
  round.Note(changed ? "RatingChanged" : "Rated", rated);
  round.Announce("Rated", rated);
  round.Done(now);
}

}  // namespace jinqi::feedback
