#include "services/intake/enterprise.h"

#include "common/clock/clock.h"
#include "common/identity/uscc.h"
#include "services/intake/subject.h"

namespace jinqi::intake {
namespace {

// The entry before a change, or a new one.
v1::EnterpriseRecord EntryOf(const v1::EnterpriseRecord* known, const std::string& uscc, ledger::Micros now) {
  if (known != nullptr) return *known;
  v1::EnterpriseRecord record;
  record.mutable_enterprise()->set_name(std::string(kEnterprisePrefix) + uscc);
  record.mutable_enterprise()->set_uscc(uscc);
  *record.mutable_enterprise()->mutable_create_time() = clock::ToProto(now);
  return record;
}

void MergeSaid(const events::v1::Subject& subject, v1::Enterprise& enterprise) {
  const bool imported = enterprise.imported();
  const auto takes = [imported](const std::string& known, const std::string& said) {
    return !said.empty() && !(imported && !known.empty());
  };
  if (takes(enterprise.enterprise_name(), subject.enterprise_name())) {
    enterprise.set_enterprise_name(subject.enterprise_name());
  }
  const bool typed = imported && enterprise.type() != events::v1::SUBJECT_TYPE_UNSPECIFIED;
  if (subject.type() != events::v1::SUBJECT_TYPE_UNSPECIFIED && !typed) enterprise.set_type(subject.type());
  if (takes(enterprise.district_code(), subject.district_code()) && enterprise.service_area().empty()) {
    enterprise.set_district_code(subject.district_code());
  }
  if (takes(enterprise.township(), subject.township())) enterprise.set_township(subject.township());
  if (takes(enterprise.park(), subject.park())) enterprise.set_park(subject.park());
  if (takes(enterprise.industry(), subject.industry())) enterprise.set_industry(subject.industry());
}

void MergeImported(const v1::Enterprise& facts, v1::Enterprise& enterprise) {
  if (facts.district_code() != enterprise.district_code()) {
    enterprise.clear_service_area();
    enterprise.clear_desk_slot();
  }
  enterprise.MergeFrom(facts);
  enterprise.set_imported(true);
}

// What follows from the facts.
void Judge(v1::Enterprise& enterprise) {
  Indicators indicators;
  if (enterprise.has_employees()) indicators.employees = enterprise.employees();
  if (enterprise.has_revenue_yuan()) indicators.revenue_yuan = enterprise.revenue_yuan();
  if (enterprise.has_assets_yuan()) indicators.assets_yuan = enterprise.assets_yuan();
  enterprise.set_size_class(SizeClassOf(enterprise.industry(), indicators));
  enterprise.clear_quality_flags();
  const auto flag = [&enterprise](bool holds, std::string_view name) {
    if (holds) enterprise.add_quality_flags(std::string(name));
  };
  const events::v1::SubjectType proposed = ProposedType(enterprise.uscc());
  flag(proposed != events::v1::SUBJECT_TYPE_OTHER && proposed != enterprise.type(), kTypeUnlikeCode);
  flag(identity::IsPilotUscc(enterprise.uscc()), kPilotCode);
  flag(enterprise.enterprise_name().empty(), kNameMissing);
  flag(enterprise.industry().empty(), kIndustryMissing);
  flag(enterprise.size_class() == v1::SIZE_CLASS_UNKNOWN, kSizeUnknown);
  flag(!enterprise.imported(), kNotImported);
}

std::optional<ledger::Change> ChangeOf(const v1::EnterpriseRecord* known, v1::EnterpriseRecord record) {
  Judge(*record.mutable_enterprise());
  std::string body = record.SerializeAsString();
  if (known != nullptr && body == known->SerializeAsString()) return std::nullopt;
  v1::DemandNote note;
  note.set_what(known == nullptr ? "ENTERPRISE_REGISTERED" : "ENTERPRISE_UPDATED");
  const ledger::Event event{known == nullptr ? "EnterpriseRegistered" : "EnterpriseUpdated", note.SerializeAsString(),
                            std::nullopt};
  return ledger::Change{EnterpriseKey(record.enterprise().uscc()), std::move(body), std::nullopt, {event}};
}

}  // namespace

ledger::Key EnterpriseKey(std::string_view uscc) { return {std::string(kEnterpriseKind), std::string(uscc)}; }

absl::StatusOr<std::string> UsccOfName(std::string_view name) {
  if (name.substr(0, kEnterprisePrefix.size()) != kEnterprisePrefix) return Error(config::v1::REASON_NOT_FOUND);
  return std::string(name.substr(kEnterprisePrefix.size()));
}

std::optional<ledger::Change> RegisterSubject(const v1::EnterpriseRecord* known, const events::v1::Subject& subject,
                                              ledger::Micros now) {
  v1::EnterpriseRecord record = EntryOf(known, subject.uscc(), now);
  MergeSaid(subject, *record.mutable_enterprise());
  return ChangeOf(known, std::move(record));
}

std::optional<ledger::Change> ImportSubject(const v1::EnterpriseRecord* known, const v1::Enterprise& facts,
                                            ledger::Micros now) {
  v1::EnterpriseRecord record = EntryOf(known, facts.uscc(), now);
  MergeImported(facts, *record.mutable_enterprise());
  return ChangeOf(known, std::move(record));
}

absl::Status KeepSubject(const ledger::View& view, const v1::DemandRecord& demand, ledger::Micros now,
                         ledger::Outcome& outcome) {
  const events::v1::Subject& subject = demand.demand().subject();
  if (subject.uscc().empty() || demand.subject_unproven()) return absl::OkStatus();
  v1::EnterpriseRecord known;
  const bool exists = view.Find(EnterpriseKey(subject.uscc())) != nullptr;
  if (exists) {
    ASSIGN_OR_RETURN(known, view.Read<v1::EnterpriseRecord>(EnterpriseKey(subject.uscc())));
  }
  auto change = RegisterSubject(exists ? &known : nullptr, subject, now);
  if (change.has_value()) outcome.changes.push_back(*std::move(change));
  return absl::OkStatus();
}

}  // namespace jinqi::intake
