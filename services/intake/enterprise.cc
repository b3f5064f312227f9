#include "services/intake/enterprise.h"

#include "common/clock/clock.h"

namespace jinqi::intake {
namespace {

v1::Enterprise Merge(v1::Enterprise enterprise, const events::v1::Subject& subject) {
  if (!subject.enterprise_name().empty()) enterprise.set_enterprise_name(subject.enterprise_name());
  if (subject.type() != events::v1::SUBJECT_TYPE_UNSPECIFIED) enterprise.set_type(subject.type());
  if (!subject.district_code().empty()) enterprise.set_district_code(subject.district_code());
  if (!subject.township().empty()) enterprise.set_township(subject.township());
  if (!subject.park().empty()) enterprise.set_park(subject.park());
  if (!subject.industry().empty()) enterprise.set_industry(subject.industry());
  return enterprise;
}

}  // namespace

ledger::Key EnterpriseKey(std::string_view uscc) { return {std::string(kEnterpriseKind), std::string(uscc)}; }

std::optional<ledger::Change> RegisterSubject(const v1::EnterpriseRecord* known, const events::v1::Subject& subject,
                                              ledger::Micros now) {
  v1::EnterpriseRecord record;
  if (known != nullptr) {
    record = *known;
  } else {
    record.mutable_enterprise()->set_name("enterprises/" + subject.uscc());
    record.mutable_enterprise()->set_uscc(subject.uscc());
    *record.mutable_enterprise()->mutable_create_time() = clock::ToProto(now);
  }
  *record.mutable_enterprise() = Merge(record.enterprise(), subject);
  const std::string body = record.SerializeAsString();
  if (known != nullptr && body == known->SerializeAsString()) return std::nullopt;
  v1::DemandNote note;
  note.set_what(known == nullptr ? "ENTERPRISE_REGISTERED" : "ENTERPRISE_UPDATED");
  const ledger::Event event{known == nullptr ? "EnterpriseRegistered" : "EnterpriseUpdated", note.SerializeAsString(),
                            std::nullopt};
  return ledger::Change{EnterpriseKey(subject.uscc()), body, std::nullopt, {event}};
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
