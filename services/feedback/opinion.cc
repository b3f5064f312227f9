#include "services/feedback/opinion.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/identity/personal_data.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/feedback/checks.h"

namespace jinqi::feedback {
namespace {

using v1::Opinion;
using v1::OpinionRecord;

constexpr std::string_view kCollective = "collective";
constexpr std::size_t kStatePrefix = sizeof("STATE_") - 1;

std::string StateName(Opinion::State state) { return Opinion::State_Name(state).substr(kStatePrefix); }

ledger::Change ChangeOf(const OpinionRecord& record, std::string type) {
  return {OpinionKey(record.opinion().name()),
          record.SerializeAsString(),
          std::nullopt,
          {{std::move(type), record.opinion().SerializeAsString(), std::nullopt}}};
}

template <typename Enum>
void CheckChoice(Enum value, bool valid, std::string_view field, Faults& faults) {
  if (value == Enum{}) {
    faults.Add(field, config::v1::REASON_REQUIRED);
  } else if (!valid) {
    faults.Add(field, config::v1::REASON_UNKNOWN_VALUE);
  }
}

void CheckTarget(const std::string& target, const OpinionTargets& targets, Faults& faults) {
  if (target.empty() || targets.collectives.contains(target)) {
    faults.Add("target", config::v1::REASON_OPINION_TARGET);
  } else if (!targets.bodies.contains(target)) {
    faults.Add("target", config::v1::REASON_NOT_IN_DIRECTORY, {{"code", target}});
  }
}

// The opinion at its target, as the etag names it.
absl::StatusOr<OpinionRecord> Load(const ledger::View& view, const OpinionMove& move) {
  ASSIGN_OR_RETURN(OpinionRecord record, view.Read<OpinionRecord>(OpinionKey(move.name)));
  if (record.opinion().target() != move.body) return Error(config::v1::REASON_NOT_FOUND);
  if (move.etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  const std::string etag = absl::StrCat(view.Find(OpinionKey(move.name))->version);
  if (move.etag == etag) return record;
  return Error(config::v1::REASON_VERSION_CONFLICT, {{"etag", etag}, {"state", StateName(record.opinion().state())}});
}

ledger::Outcome Finish(const ledger::View& view, const OpinionRecord& record, std::string type) {
  ledger::Outcome outcome;
  outcome.changes.push_back(ChangeOf(record, std::move(type)));
  Opinion answer = record.opinion();
  answer.set_etag(absl::StrCat(view.Find(OpinionKey(answer.name()))->version + 1));
  HideFromTarget(answer);
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

}  // namespace

OpinionTargets TargetsOf(const routing::v1::UndertakerDirectory& directory) {
  OpinionTargets targets;
  for (const auto& body : directory.undertakers()) {
    (body.kind() == kCollective ? targets.collectives : targets.bodies).insert(body.code());
  }
  return targets;
}

absl::Status CheckOpinionRules(const v1::OpinionRules& rules, const OpinionTargets& targets) {
  for (const v1::OpinionMatter& matter : rules.matters()) {
    if (matter.subject() == Opinion::SUBJECT_UNSPECIFIED || matter.words().empty()) {
      return absl::InvalidArgumentError("opinion rules: a matter without subject or words");
    }
    for (const std::string& target : matter.targets()) {
      if (targets.bodies.contains(target)) continue;
      return absl::InvalidArgumentError(absl::StrCat("opinion rules: ", target, " is no single body"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOpinion(const v1::CreateOpinionRequest& request, const OpinionTargets& targets,
                          const Limits& limits) {
  Faults faults;
  CheckChoice(request.kind(), Opinion::Kind_IsValid(request.kind()), "kind", faults);
  CheckChoice(request.subject(), Opinion::Subject_IsValid(request.subject()), "subject", faults);
  CheckLength(request.text(), "text", 1, static_cast<std::size_t>(limits.max_text), faults);
  CheckTarget(request.target(), targets, faults);
  return faults.ToStatus();
}

absl::Status CheckAnswer(const v1::AnswerOpinionRequest& request, const Limits& limits) {
  Faults faults;
  CheckLength(request.answer(), "answer", 1, static_cast<std::size_t>(limits.max_text), faults);
  return faults.ToStatus();
}

std::string OpinionText(const v1::CreateOpinionRequest& request) {
  const std::string text = text::Trim(request.text());
  return request.identity_consent() ? text : identity::Deidentify(text);
}

std::vector<ledger::Name> OpinionNames(const OpinionInput& input) {
  return {{OpinionKey(input.opinion.name())}, {FollowUpKey(input.round), ledger::Access::kRely}};
}

absl::StatusOr<ledger::Outcome> DecideCreateOpinion(const ledger::View& view, OpinionInput input,
                                                    const calendar::Calendar& calendar, const Limits& limits) {
  ASSIGN_OR_RETURN(const auto round, view.Read<v1::FollowUpRecord>(FollowUpKey(input.round)));
  if (!input.district.empty() && input.district != round.district_code()) return Error(config::v1::REASON_NOT_FOUND);
  const calendar::Due due = calendar.AddWorkingDays(clock::ShanghaiDate(view.now()), limits.opinion_days);
  OpinionRecord record;
  Opinion& opinion = *record.mutable_opinion();
  opinion = std::move(input.opinion);
  opinion.set_state(Opinion::STATE_OPEN);
  opinion.set_order_no(input.round.order_no);
  opinion.set_round(input.round.round);
  opinion.set_uscc(round.uscc());
  *opinion.mutable_create_time() = clock::ToProto(view.now());
  opinion.set_by(std::move(input.account));
  *opinion.mutable_due_time() = clock::ToProto(clock::EndOfDay(due.day));
  opinion.set_due_provisional(due.provisional);
  record.set_person_digest(std::move(input.text.digest));
  record.set_district_code(round.district_code());
  record.set_requester(round.requester());
  ledger::Outcome outcome;
  outcome.changes.push_back(ChangeOf(record, "OpinionSent"));
  outcome.persons.push_back(std::move(input.text.person));
  opinion.set_etag("1");
  outcome.answer = opinion.SerializeAsString();
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideReceiveOpinion(const ledger::View& view, const OpinionMove& move) {
  ASSIGN_OR_RETURN(OpinionRecord record, Load(view, move));
  Opinion& opinion = *record.mutable_opinion();
  if (opinion.state() != Opinion::STATE_OPEN) {
    return Error(config::v1::REASON_ILLEGAL_MOVE,
                 {{"from", StateName(opinion.state())}, {"to", StateName(Opinion::STATE_RECEIVED)}});
  }
  opinion.set_state(Opinion::STATE_RECEIVED);
  *opinion.mutable_receive_time() = clock::ToProto(view.now());
  opinion.set_received_by(move.account);
  return Finish(view, record, "OpinionReceived");
}

absl::StatusOr<ledger::Outcome> DecideAnswerOpinion(const ledger::View& view, const OpinionMove& move,
                                                    SealedPrivate sealed) {
  ASSIGN_OR_RETURN(OpinionRecord record, Load(view, move));
  Opinion& opinion = *record.mutable_opinion();
  if (opinion.state() == Opinion::STATE_OPEN) return Error(config::v1::REASON_OPINION_NOT_RECEIVED);
  if (opinion.state() == Opinion::STATE_ANSWERED) return Error(config::v1::REASON_OPINION_ANSWERED);
  opinion.set_state(Opinion::STATE_ANSWERED);
  *opinion.mutable_answer_time() = clock::ToProto(view.now());
  opinion.set_answered_by(move.account);
  record.set_person_digest(std::move(sealed.digest));
  ledger::Outcome outcome = Finish(view, record, "OpinionAnswered");
  outcome.persons.push_back(std::move(sealed.person));
  return outcome;
}

void HideFromTarget(Opinion& opinion) {
  opinion.clear_by();
  if (opinion.identity_consent()) return;
  opinion.clear_order_no();
  opinion.clear_round();
  opinion.clear_uscc();
}

}  // namespace jinqi::feedback
