// 意见建议: one opinion, its target, receipt and answer (FBK-10).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/calendar/calendar.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/feedback/limits.h"
#include "services/feedback/round.h"

namespace jinqi::feedback {

// Whom opinions can be sent to.
struct OpinionTargets {
  // Codes of districts, departments and other bodies.
  std::set<std::string> bodies;
  // Names that stand for many bodies (各区人民政府).
  std::set<std::string> collectives;
};

OpinionTargets TargetsOf(const routing::v1::UndertakerDirectory& directory);

// INVALID_ARGUMENT where the rules lead to somebody whom no opinion can be sent to, or classify nothing.
absl::Status CheckOpinionRules(const v1::OpinionRules& rules, const OpinionTargets& targets);

// Every faulty field at once.
absl::Status CheckOpinion(const v1::CreateOpinionRequest& request, const OpinionTargets& targets, const Limits& limits);
absl::Status CheckAnswer(const v1::AnswerOpinionRequest& request, const Limits& limits);

// As its target may read it: without consent, what tells who somebody is is taken out.
std::string OpinionText(const v1::CreateOpinionRequest& request);

struct OpinionInput {
  // Kind, subject, target and consent are given.
  v1::Opinion opinion;
  RoundId round;
  // The caller's account, and the district that it is limited to.
  std::string account;
  std::string district;
  SealedPrivate text;
};

// What creating names: the opinion (changed) and the round (relied on).
std::vector<ledger::Name> OpinionNames(const OpinionInput& input);

// NOT_FOUND for a round that is none, or of another district. The answer is the Opinion.
absl::StatusOr<ledger::Outcome> DecideCreateOpinion(const ledger::View& view, OpinionInput input,
                                                    const calendar::Calendar& calendar, const Limits& limits);

struct OpinionMove {
  // opinions/{uuid}
  std::string name;
  std::string etag;
  // The caller's account and body.
  std::string account;
  std::string body;
};

// By the target: NOT_FOUND for others; ETAG_REQUIRED, VERSION_CONFLICT. The answer is the Opinion as its target sees
// it.
absl::StatusOr<ledger::Outcome> DecideReceiveOpinion(const ledger::View& view, const OpinionMove& move);
// `sealed`: made from the version that the etag names.
absl::StatusOr<ledger::Outcome> DecideAnswerOpinion(const ledger::View& view, const OpinionMove& move,
                                                    SealedPrivate sealed);

// Takes out what the target is not told: who sent it, and without consent whose it is.
void HideFromTarget(v1::Opinion& opinion);

}  // namespace jinqi::feedback
