#include "services/feedback/appeal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/feedback/checks.h"
#include "services/feedback/score.h"

namespace jinqi::feedback {
namespace {

using v1::Appeal;
using v1::AppealRecord;

constexpr std::size_t kMinGrounds = 10;
constexpr int kMaxEvidence = 9;
constexpr std::size_t kMaxEvidenceLength = 200;
constexpr std::string_view kUpheld = "APPEAL_UPHELD";
constexpr std::size_t kStatePrefix = sizeof("STATE_") - 1;

std::string StateName(Appeal::State state) { return Appeal::State_Name(state).substr(kStatePrefix); }

std::string DateText(clock::Micros time) { return clock::FormatDate(clock::ShanghaiDate(time)); }

clock::Micros LastInstant(const v1::Rating& rating, const calendar::Calendar& calendar, const Limits& limits) {
  const absl::CivilDay rated = clock::ShanghaiDate(clock::FromProto(rating.update_time()));
  return clock::EndOfDay(calendar.AddWorkingDays(rated, limits.appeal_days).day);
}

std::string Answer(Appeal appeal, std::int64_t version) {
  appeal.set_etag(absl::StrCat(version));
  return appeal.SerializeAsString();
}

ledger::Change ChangeOf(const AppealRecord& record, const RoundId& id, std::string type) {
  return {AppealKey(id),
          record.SerializeAsString(),
          std::nullopt,
          {{std::move(type), record.appeal().SerializeAsString(), std::nullopt}}};
}

absl::Status CheckOpen(const ledger::Record& stored, const Appeal& appeal, const DecisionInput& input) {
  if (input.etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (input.etag != absl::StrCat(stored.version)) {
    return Error(config::v1::REASON_VERSION_CONFLICT,
                 {{"etag", absl::StrCat(stored.version)}, {"state", StateName(appeal.state())}});
  }
  if (appeal.state() == Appeal::STATE_OPEN) return absl::OkStatus();
  return Error(config::v1::REASON_ILLEGAL_MOVE,
               {{"from", StateName(appeal.state())},
                {"to", StateName(input.upheld ? Appeal::STATE_UPHELD : Appeal::STATE_REJECTED)}});
}

}  // namespace

absl::Status CheckAppeal(const v1::CreateAppealRequest& request, const Limits& limits) {
  Faults faults;
  CheckLength(request.grounds(), "grounds", kMinGrounds, static_cast<std::size_t>(limits.max_text), faults);
  if (request.evidence().empty()) faults.Add("evidence", config::v1::REASON_REQUIRED);
  if (request.evidence_size() > kMaxEvidence) {
    faults.Add("evidence", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(kMaxEvidence)}});
  }
  for (int i = 0; i < request.evidence_size(); ++i) {
    CheckLength(request.evidence(i), absl::StrCat("evidence[", i, "]"), 1, kMaxEvidenceLength, faults);
  }
  return faults.ToStatus();
}

absl::Status CheckDecision(const v1::DecideAppealRequest& request) {
  Faults faults;
  CheckReason(request.reason(), "reason", faults);
  return faults.ToStatus();
}

std::vector<ledger::Name> AppealNames(const RoundId& id) {
  return {{FollowUpKey(id), ledger::Access::kRely}, {AppealKey(id)}};
}

absl::StatusOr<ledger::Outcome> DecideCreateAppeal(const ledger::View& view, AppealInput input,
                                                   const calendar::Calendar& calendar, const Limits& limits) {
  ASSIGN_OR_RETURN(const auto round, view.Read<v1::FollowUpRecord>(FollowUpKey(input.id)));
  if (input.body.empty() || round.follow_up().main_undertaker() != input.body) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  if (!round.has_rating()) return Error(config::v1::REASON_APPEAL_NOT_RATED);
  if (view.Find(AppealKey(input.id)) != nullptr) return Error(config::v1::REASON_APPEAL_EXISTS);
  const clock::Micros due = LastInstant(round.rating(), calendar, limits);
  if (!InTime(view.now(), due)) return Error(config::v1::REASON_APPEAL_TOO_LATE, {{"due", DateText(due)}});
  AppealRecord record;
  Appeal& appeal = *record.mutable_appeal();
  appeal.set_name(AppealKey(input.id).id);
  appeal.set_order_no(input.id.order_no);
  appeal.set_round(input.id.round);
  appeal.set_state(Appeal::STATE_OPEN);
  appeal.set_undertaker(input.body);
  appeal.mutable_evidence()->Assign(input.evidence.begin(), input.evidence.end());
  *appeal.mutable_create_time() = clock::ToProto(view.now());
  appeal.set_by(input.account);
  record.set_district_code(round.district_code());
  record.set_person_digest(std::move(input.grounds.digest));
  ledger::Outcome outcome;
  outcome.changes.push_back(ChangeOf(record, input.id, "AppealCreated"));
  outcome.persons.push_back(std::move(input.grounds.person));
  outcome.answer = Answer(record.appeal(), 1);
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideDecideAppeal(const ledger::View& view, const DecisionInput& input) {
  ASSIGN_OR_RETURN(AppealRecord record, view.Read<AppealRecord>(AppealKey(input.id)));
  ASSIGN_OR_RETURN(Round round, Round::Load(view, input.id));
  RETURN_IF_ERROR(round.CheckSight(input.district));
  if (round.IsHandler(input.body)) return Error(config::v1::REASON_APPEAL_OWN_BODY);
  const ledger::Record& stored = *view.Find(AppealKey(input.id));
  Appeal& appeal = *record.mutable_appeal();
  RETURN_IF_ERROR(CheckOpen(stored, appeal, input));
  appeal.set_state(input.upheld ? Appeal::STATE_UPHELD : Appeal::STATE_REJECTED);
  *appeal.mutable_decide_time() = clock::ToProto(view.now());
  appeal.set_decided_by(input.account);
  appeal.set_decision_reason(input.reason);
  round.Note("AppealDecided", appeal);
  if (input.upheld) round.Exclude(kUpheld, input.reason);
  ledger::Outcome outcome = std::move(round).Finish(Answer(appeal, stored.version + 1));
  outcome.changes.push_back(ChangeOf(record, input.id, "AppealDecided"));
  return outcome;
}

}  // namespace jinqi::feedback
