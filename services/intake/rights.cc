#include "services/intake/rights.h"

#include <algorithm>
#include <string>

#include "common/identity/masking.h"
#include "common/status/status.h"
#include "services/intake/demand_changes.h"

namespace jinqi::intake {
namespace {

using config::v1::Role;

bool IsRequester(const identity::Caller& caller, const v1::DemandRecord& record) {
  return !record.requester().empty() && record.requester() == caller.subject;
}

bool Holds(const identity::Caller& caller, const v1::DemandRecord& record) {
  if (caller.body.empty()) return false;
  const auto& assists = record.assist_undertakers();
  return record.demand().main_undertaker() == caller.body ||
         std::find(assists.begin(), assists.end(), caller.body) != assists.end();
}

// Whether it is the conduct of the caller's body that is complained of (RTE-12).
bool IsJudged(const identity::Caller& caller, const v1::DemandRecord& record) {
  const auto& judged = record.judged_undertakers();
  return !caller.body.empty() && std::find(judged.begin(), judged.end(), caller.body) != judged.end();
}

bool InDistrict(const identity::Caller& caller, const std::string& district) {
  return !caller.district.empty() && caller.district == district;
}

void ShowClaim(const v1::DemandPrivate& values, v1::Demand& demand) {
  if (!demand.has_payment_claim()) return;
  demand.mutable_payment_claim()->set_contract_relation(values.contract_relation());
  demand.mutable_payment_claim()->set_debtor(values.debtor());
}

}  // namespace

Sight SightOf(const identity::Caller& caller, Role role, const v1::DemandRecord& record) {
  const v1::Demand& demand = record.demand();
  const Sight inside = IsJudged(caller, record) ? Sight::kRedacted : Sight::kMasked;
  const Sight outside = demand.confidential() ? Sight::kRedacted : inside;
  switch (role) {
    case config::v1::ROLE_ENTERPRISE:
    case config::v1::ROLE_LEGAL_REPRESENTATIVE: {
      if (IsRequester(caller, record)) return Sight::kOwn;
      // Of a confidential one the record holds no credit code: colleagues do not see it either.
      const std::string& uscc = demand.subject().uscc();
      return !uscc.empty() && caller.uscc == uscc ? Sight::kMasked : Sight::kNone;
    }
    case config::v1::ROLE_SEAT:
    case config::v1::ROLE_DISPATCHER:
    case config::v1::ROLE_REVIEWER:
    case config::v1::ROLE_HUB_LEADER:
    case config::v1::ROLE_FOLLOW_UP_CALLER:
    case config::v1::ROLE_SERVICE: return Sight::kMasked;
    case config::v1::ROLE_DISTRICT_HUB:
      return InDistrict(caller, demand.subject().district_code()) ? inside : Sight::kNone;
    case config::v1::ROLE_SERVICE_STAFF:
      if (!record.registered_by().empty() && record.registered_by() == caller.subject) return Sight::kMasked;
      return InDistrict(caller, demand.subject().district_code()) ? outside : Sight::kNone;
    case config::v1::ROLE_UNDERTAKER: return Holds(caller, record) ? outside : Sight::kNone;
    case config::v1::ROLE_ANALYST: return outside;
    default: return Sight::kNone;
  }
}

bool SeesUnsentResult(Role role) {
  return role != config::v1::ROLE_ENTERPRISE && role != config::v1::ROLE_LEGAL_REPRESENTATIVE &&
         role != config::v1::ROLE_ANONYMOUS && role != config::v1::ROLE_SERVICE_STAFF;
}

void Show(const v1::DemandPrivate& values, Sight sight, v1::Demand& demand) {
  if (sight == Sight::kNone) return;
  if (sight == Sight::kRedacted) {
    demand.set_title(WithoutIdentity(demand, values.title(), values));
    demand.set_content(WithoutIdentity(demand, values.content(), values));
    demand.set_redacted(true);
    ShowClaim(values, demand);
    if (demand.has_payment_claim()) {
      v1::PaymentClaim& claim = *demand.mutable_payment_claim();
      claim.set_contract_relation(WithoutIdentity(demand, claim.contract_relation(), values));
      claim.set_debtor(WithoutIdentity(demand, claim.debtor(), values));
    }
    events::v1::Subject& subject = *demand.mutable_subject();
    subject.clear_enterprise_name();
    subject.clear_uscc();
    subject.clear_township();
    subject.clear_park();
    return;
  }
  demand.set_title(values.title());
  demand.set_content(values.content());
  ShowClaim(values, demand);
  if (!values.contact_name().empty()) demand.set_contact_name(identity::MaskName(values.contact_name()));
  if (!values.contact_phone().empty()) demand.set_contact_phone(identity::MaskPhone(values.contact_phone()));
  if (sight != Sight::kOwn) return;
  if (!values.enterprise_name().empty()) demand.mutable_subject()->set_enterprise_name(values.enterprise_name());
  if (!values.uscc().empty()) demand.mutable_subject()->set_uscc(values.uscc());
  if (!values.township().empty()) demand.mutable_subject()->set_township(values.township());
  if (!values.park().empty()) demand.mutable_subject()->set_park(values.park());
}

absl::Status MayResolveContact(const identity::Caller& caller, Role role, const v1::DemandRecord& record) {
  if (SightOf(caller, role, record) == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  if (record.demand().anonymous()) return Error(config::v1::REASON_NO_CONTACT);
  if (role == config::v1::ROLE_UNDERTAKER && SightOf(caller, role, record) == Sight::kRedacted) {
    return Error(config::v1::REASON_CONFIDENTIAL_CONTACT);
  }
  return absl::OkStatus();
}

bool MaySeeEnterprise(const identity::Caller& caller, Role role, const v1::Enterprise& enterprise) {
  switch (role) {
    case config::v1::ROLE_ENTERPRISE:
    case config::v1::ROLE_LEGAL_REPRESENTATIVE: return !caller.uscc.empty() && caller.uscc == enterprise.uscc();
    case config::v1::ROLE_DISTRICT_HUB:
    case config::v1::ROLE_SERVICE_STAFF: return InDistrict(caller, enterprise.district_code());
    case config::v1::ROLE_SEAT:
    case config::v1::ROLE_HUB_LEADER:
    case config::v1::ROLE_SERVICE: return true;
    default: return false;
  }
}

}  // namespace jinqi::intake
