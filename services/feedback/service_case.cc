#include "services/feedback/service_case.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/identity/personal_data.h"
#include "common/text/text.h"
#include "services/feedback/checks.h"

namespace jinqi::feedback {
namespace {

using v1::ServiceCase;
using v1::ServiceCaseRecord;
using v1::ServiceCaseTexts;

constexpr std::size_t kStatePrefix = sizeof("STATE_") - 1;
constexpr std::size_t kMinTitle = 2;
constexpr std::size_t kMaxTitle = 200;
constexpr std::size_t kMaxText = 4000;
constexpr int kMaxPolicies = 20;
constexpr std::size_t kMaxSegment = 63;
constexpr std::string_view kPolicies = "policies/";
constexpr std::string_view kMeasures = "/measures/";

std::string StateName(ServiceCase::State state) { return ServiceCase::State_Name(state).substr(kStatePrefix); }

bool IsSegment(std::string_view text) {
  if (text.empty() || text.size() > kMaxSegment) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// policies/{id} or policies/{id}/measures/{measure}
bool IsPolicyName(std::string_view name) {
  if (!name.starts_with(kPolicies)) return false;
  name.remove_prefix(kPolicies.size());
  const std::size_t measure = name.find(kMeasures);
  if (measure == std::string_view::npos) return IsSegment(name);
  return IsSegment(name.substr(0, measure)) && IsSegment(name.substr(measure + kMeasures.size()));
}

std::array<std::string*, 5> All(ServiceCaseTexts& texts) {
  return {texts.mutable_title(), texts.mutable_problem(), texts.mutable_handling(), texts.mutable_result(),
          texts.mutable_transferable()};
}

// The case as the etag names it, for somebody who works on it.
absl::StatusOr<ServiceCaseRecord> Load(const ledger::View& view, const CaseMove& move) {
  ASSIGN_OR_RETURN(ServiceCaseRecord record, view.Read<ServiceCaseRecord>(ServiceCaseKey(move.name)));
  const ServiceCase& stored = record.service_case();
  if (!WorksOn(move.actor, stored.undertaker(), stored.district_code())) return Error(config::v1::REASON_NOT_FOUND);
  if (move.etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  const std::string etag = absl::StrCat(view.Find(ServiceCaseKey(move.name))->version);
  if (move.etag == etag) return record;
  return Error(config::v1::REASON_VERSION_CONFLICT, {{"etag", etag}, {"state", StateName(stored.state())}});
}

absl::Status CheckState(const ServiceCase& stored, std::initializer_list<ServiceCase::State> from) {
  if (std::find(from.begin(), from.end(), stored.state()) != from.end()) return absl::OkStatus();
  return Error(config::v1::REASON_CASE_STATE, {{"state", StateName(stored.state())}});
}

ledger::Outcome Finish(const ServiceCaseRecord& record, std::int64_t version, std::string type) {
  ServiceCase answer = record.service_case();
  ledger::Outcome outcome;
  outcome.changes.push_back({ServiceCaseKey(answer.name()),
                             record.SerializeAsString(),
                             std::nullopt,
                             {{std::move(type), answer.SerializeAsString(), std::nullopt}}});
  answer.set_etag(absl::StrCat(version));
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

std::int64_t NextVersion(const ledger::View& view, const CaseMove& move) {
  return view.Find(ServiceCaseKey(move.name))->version + 1;
}

void ForgetCheck(ServiceCase& stored) {
  stored.clear_checked_by();
  stored.clear_check_time();
}

}  // namespace

absl::Status CheckServiceCase(ServiceCase::Kind kind, const ServiceCaseTexts& texts,
                              const google::protobuf::RepeatedPtrField<std::string>& policies) {
  Faults faults;
  if (kind == ServiceCase::KIND_UNSPECIFIED) {
    faults.Add("kind", config::v1::REASON_REQUIRED);
  } else if (!ServiceCase::Kind_IsValid(kind)) {
    faults.Add("kind", config::v1::REASON_UNKNOWN_VALUE);
  }
  const std::size_t least = kind == ServiceCase::KIND_TYPICAL_CASE ? 1 : 0;
  CheckLength(texts.title(), "texts.title", kMinTitle, kMaxTitle, faults);
  CheckLength(texts.problem(), "texts.problem", least, kMaxText, faults);
  CheckLength(texts.handling(), "texts.handling", least, kMaxText, faults);
  CheckLength(texts.result(), "texts.result", 1, kMaxText, faults);
  CheckLength(texts.transferable(), "texts.transferable", 0, kMaxText, faults);
  if (policies.size() > kMaxPolicies) {
    faults.Add("policies", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(kMaxPolicies)}});
  }
  for (int i = 0; i < policies.size(); ++i) {
    if (!IsPolicyName(policies[i])) faults.Add(absl::StrCat("policies[", i, "]"), config::v1::REASON_FORMAT);
  }
  return faults.ToStatus();
}

ServiceCaseTexts CleanTexts(ServiceCaseTexts texts) {
  for (std::string* const text : All(texts)) *text = text::Trim(*text);
  texts.set_title(text::SingleLine(texts.title()));
  return texts;
}

ServiceCaseTexts Deidentified(ServiceCaseTexts texts, const std::vector<std::string>& known) {
  for (std::string* const text : All(texts)) *text = identity::Deidentify(*text, known);
  return texts;
}

absl::Status CheckDeidentified(const ServiceCaseTexts& texts, const std::vector<std::string>& known) {
  ServiceCaseTexts copy = texts;
  std::vector<std::string_view> kinds;
  for (const std::string* const text : All(copy)) {
    for (const identity::PersonalFinding& finding : identity::FindPersonalData(*text, known)) {
      const std::string_view kind = identity::Zh(finding.kind);
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    }
  }
  if (kinds.empty()) return absl::OkStatus();
  std::string list;
  for (const std::string_view kind : kinds) (list += list.empty() ? "" : "、") += kind;
  return Error(config::v1::REASON_PERSONAL_DATA_FOUND, {{"kinds", list}});
}

bool WorksOn(const CaseActor& actor, const std::string& undertaker, const std::string& district) {
  switch (actor.role) {
    case config::v1::ROLE_UNDERTAKER: return !actor.body.empty() && actor.body == undertaker;
    case config::v1::ROLE_REVIEWER:
    case config::v1::ROLE_HUB_LEADER:
    case config::v1::ROLE_KNOWLEDGE_EDITOR:
    case config::v1::ROLE_KNOWLEDGE_APPROVER: return actor.district.empty() || actor.district == district;
    default: return false;
  }
}

std::vector<ledger::Name> ProposeNames(const ProposeInput& input) {
  return {{ServiceCaseKey(input.proposed.name())}, {ScoreKey(input.proposed.order_no()), ledger::Access::kRely}};
}

absl::StatusOr<ledger::Outcome> DecideProposeCase(const ledger::View& view, ProposeInput input) {
  ASSIGN_OR_RETURN(const auto score, view.Read<v1::OrderScore>(ScoreKey(input.proposed.order_no())));
  if (!WorksOn(input.actor, score.main_undertaker(), score.district_code())) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  if (!score.has_close_time()) return Error(config::v1::REASON_CASE_NOT_CLOSED);
  ServiceCaseRecord record;
  ServiceCase& proposed = *record.mutable_service_case();
  proposed = std::move(input.proposed);
  proposed.set_state(ServiceCase::STATE_DRAFT);
  proposed.set_district_code(score.district_code());
  proposed.set_undertaker(score.main_undertaker());
  *proposed.mutable_create_time() = clock::ToProto(view.now());
  *proposed.mutable_edit_time() = proposed.create_time();
  proposed.set_proposed_by(input.actor.account);
  proposed.set_edited_by(input.actor.account);
  record.set_person_digest(std::move(input.texts.digest));
  ledger::Outcome outcome = Finish(record, 1, "ServiceCaseProposed");
  outcome.persons.push_back(std::move(input.texts.person));
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideEditCase(const ledger::View& view, const CaseMove& move,
                                               const ServiceCase& edited, SealedPrivate texts) {
  ASSIGN_OR_RETURN(ServiceCaseRecord record, Load(view, move));
  ServiceCase& stored = *record.mutable_service_case();
  RETURN_IF_ERROR(
      CheckState(stored, {ServiceCase::STATE_DRAFT, ServiceCase::STATE_CHECKED, ServiceCase::STATE_REJECTED}));
  stored.set_state(ServiceCase::STATE_DRAFT);
  stored.set_kind(edited.kind());
  *stored.mutable_policies() = edited.policies();
  stored.set_edited_by(move.actor.account);
  *stored.mutable_edit_time() = clock::ToProto(view.now());
  ForgetCheck(stored);
  record.set_person_digest(std::move(texts.digest));
  ledger::Outcome outcome = Finish(record, NextVersion(view, move), "ServiceCaseEdited");
  outcome.persons.push_back(std::move(texts.person));
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideCheckCase(const ledger::View& view, const CaseMove& move) {
  ASSIGN_OR_RETURN(ServiceCaseRecord record, Load(view, move));
  ServiceCase& stored = *record.mutable_service_case();
  RETURN_IF_ERROR(CheckState(stored, {ServiceCase::STATE_DRAFT}));
  stored.set_state(ServiceCase::STATE_CHECKED);
  stored.set_checked_by(move.actor.account);
  *stored.mutable_check_time() = clock::ToProto(view.now());
  return Finish(record, NextVersion(view, move), "ServiceCaseChecked");
}

absl::StatusOr<ledger::Outcome> DecideApproveCase(const ledger::View& view, const CaseMove& move,
                                                  const ServiceCaseTexts& texts) {
  ASSIGN_OR_RETURN(ServiceCaseRecord record, Load(view, move));
  ServiceCase& stored = *record.mutable_service_case();
  RETURN_IF_ERROR(CheckState(stored, {ServiceCase::STATE_CHECKED}));
  if (move.actor.account == stored.edited_by()) return Error(config::v1::REASON_APPROVER_IS_EDITOR);
  if (stored.policies().empty()) return FieldError("policies", config::v1::REASON_REQUIRED);
  stored.set_state(ServiceCase::STATE_APPROVED);
  stored.set_approved_by(move.actor.account);
  *stored.mutable_approve_time() = clock::ToProto(view.now());
  *stored.mutable_texts() = texts;
  ledger::Outcome outcome = Finish(record, NextVersion(view, move), "ServiceCaseApproved");
  outcome.erase_persons.push_back(stored.name());
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideRejectCase(const ledger::View& view, const CaseMove& move,
                                                 const std::string& reason) {
  ASSIGN_OR_RETURN(ServiceCaseRecord record, Load(view, move));
  ServiceCase& stored = *record.mutable_service_case();
  RETURN_IF_ERROR(CheckState(stored, {ServiceCase::STATE_DRAFT, ServiceCase::STATE_CHECKED}));
  stored.set_state(ServiceCase::STATE_REJECTED);
  stored.set_rejected_by(move.actor.account);
  *stored.mutable_reject_time() = clock::ToProto(view.now());
  stored.set_reject_reason(reason);
  ForgetCheck(stored);
  return Finish(record, NextVersion(view, move), "ServiceCaseRejected");
}

void HideWork(ServiceCase& service_case) {
  ServiceCase shown;
  shown.set_name(service_case.name());
  shown.set_kind(service_case.kind());
  shown.set_state(service_case.state());
  shown.set_etag(service_case.etag());
  *shown.mutable_texts() = std::move(*service_case.mutable_texts());
  *shown.mutable_policies() = std::move(*service_case.mutable_policies());
  shown.set_district_code(service_case.district_code());
  shown.set_undertaker(service_case.undertaker());
  *shown.mutable_create_time() = service_case.create_time();
  *shown.mutable_approve_time() = service_case.approve_time();
  service_case = std::move(shown);
}

}  // namespace jinqi::feedback
