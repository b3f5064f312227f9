#include "services/feedback/case_sources.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/service/contacts.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/policy/v1/policy_service.pb.h"

namespace jinqi::feedback {
namespace {

constexpr char kPurpose[] = "为典型案例去标识";

absl::StatusOr<rpc::Channel*> Connect(rpc::ServiceRuntime& runtime, const std::string& service) {
  const auto channel = runtime.Peer(service);
  if (!channel.ok()) return Error(config::v1::REASON_UNAVAILABLE);
  return *channel;
}

// A draft is shown to its editors only: others are told NOT_FOUND, so what is found is published.
absl::Status FindPolicy(rpc::Channel& knowledge, const std::string& name) {
  if (absl::StrContains(name, "/measures/")) {
    policy::v1::GetMeasureRequest request;
    request.set_name(name);
    return knowledge.Call<policy::v1::Measure>("jinqi.policy.v1.PolicyService/GetMeasure", request).status();
  }
  policy::v1::GetPolicyRequest request;
  request.set_name(name);
  return knowledge.Call<policy::v1::Policy>("jinqi.policy.v1.PolicyService/GetPolicy", request).status();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CaseSources::KnownNames(const std::string& order_no) const {
  ASSIGN_OR_RETURN(rpc::Channel * intake, Connect(*runtime_, "intake"));
  rpc::CallOptions options;
  ASSIGN_OR_RETURN(options.authorization, runtime_->ServiceAuthorization());
  intake::v1::GetDemandRequest request;
  request.set_name(absl::StrCat("demands/", order_no));
  ASSIGN_OR_RETURN(const auto demand,
                   intake->Call<intake::v1::Demand>("jinqi.intake.v1.IntakeService/GetDemand", request, options));
  ASSIGN_OR_RETURN(const service::Contacts contacts, service::Contacts::Make(*runtime_));
  ASSIGN_OR_RETURN(const auto contact, contacts.Resolve(order_no, kPurpose));
  std::vector<std::string> known;
  const auto add = [&known](const std::string& name) {
    if (!name.empty()) known.push_back(name);
  };
  add(demand.subject().enterprise_name());
  add(demand.subject().uscc());
  if (!contact.has_value()) return known;
  add(contact->contact_name());
  add(contact->contact_phone());
  add(contact->enterprise_name());
  add(contact->uscc());
  return known;
}

absl::Status CaseSources::CheckPolicies(const google::protobuf::RepeatedPtrField<std::string>& names) const {
  ASSIGN_OR_RETURN(rpc::Channel * knowledge, Connect(*runtime_, "policy_knowledge"));
  Faults faults;
  for (int i = 0; i < names.size(); ++i) {
    const absl::Status found = FindPolicy(*knowledge, names[i]);
    if (found.ok()) continue;
    if (ReasonOf(found) != config::v1::REASON_NOT_FOUND) return Error(config::v1::REASON_UNAVAILABLE);
    faults.Add(absl::StrCat("policies[", i, "]"), config::v1::REASON_NOT_FOUND);
  }
  return faults.ToStatus();
}

}  // namespace jinqi::feedback
