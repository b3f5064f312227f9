#include "services/policy_knowledge/policy_rpc.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/page.h"
#include "services/policy_knowledge/policy.h"

namespace jinqi::policy {
namespace {

using rpc::CallContext;
using v1::Measure;
using v1::Policy;
using v1::PolicyRecord;

constexpr std::string_view kService = "jinqi.policy.v1.PolicyService/";

std::string Method(std::string_view name) { return std::string(kService) + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

class PolicyRpc {
 public:
  explicit PolicyRpc(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<Policy> GetPolicy(const CallContext& context, const v1::GetPolicyRequest& request) const {
    ASSIGN_OR_RETURN(const absl::CivilDay day, AsOf(request.as_of_date(), clock::ShanghaiDate(context.now)));
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    const PolicyRecord* record = FindVisible(context, *shelf, request.name());
    if (record == nullptr) return NotFound();
    return ToPolicy(*shelf, *record, day);
  }

  absl::StatusOr<v1::ListPoliciesResponse> ListPolicies(const CallContext& context,
                                                        const v1::ListPoliciesRequest& request) const {
    ASSIGN_OR_RETURN(const absl::CivilDay day, AsOf(request.as_of_date(), clock::ShanghaiDate(context.now)));
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    std::vector<const PolicyRecord*> listed;
    for (const PolicyRecord& record : shelf->policies) {
      const Policy::State state = StateOn(record, day);
      const bool hidden = state == Policy::STATE_DRAFT && !SeesDrafts(context);
      const bool other = request.state() != Policy::STATE_UNSPECIFIED && request.state() != state;
      if (!hidden && !other) listed.push_back(&record);
    }
    const std::string fingerprint = absl::StrCat("policies|", context.caller.tenant, "|", SeesDrafts(context), "|",
                                                 request.state(), "|", request.as_of_date());
    ASSIGN_OR_RETURN(const Slice slice, SliceOf(deps_.page_tokens, request, fingerprint, listed.size()));
    v1::ListPoliciesResponse response;
    for (std::size_t i = slice.begin; i < slice.end; ++i) {
      *response.add_policies() = ToPolicy(*shelf, *listed[i], day);
      response.mutable_policies()->rbegin()->clear_text();
    }
    response.set_next_page_token(slice.next_token);
    return response;
  }

  absl::StatusOr<ledger::Command> CreatePolicy(const CallContext&, const v1::CreatePolicyRequest& request) const {
    if (!IsPolicyId(request.policy_id())) return FieldError("policy_id", config::v1::REASON_FORMAT);
    RETURN_IF_ERROR(CheckPolicy(request.policy(), "policy."));
    ledger::Command command;
    command.names = {{PolicyKey(request.policy_id())}};
    command.decide = [id = request.policy_id(), policy = request.policy()](const ledger::View& view) {
      return DecideCreatePolicy(view, id, policy);
    };
    return command;
  }

  absl::StatusOr<v1::SearchPoliciesResponse> SearchPolicies(const CallContext& context,
                                                            const v1::SearchPoliciesRequest& request) const {
    ASSIGN_OR_RETURN(const std::string query, CheckQuestion(request.query(), deps_.max_query));
    ASSIGN_OR_RETURN(const absl::CivilDay day, AsOf(request.as_of_date(), clock::ShanghaiDate(context.now)));
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    const std::vector<Hit> hits = shelf->index->Search(query, day, SeesDrafts(context));
    const std::string fingerprint =
        absl::StrCat("search|", context.caller.tenant, "|", SeesDrafts(context), "|", request.as_of_date(), "|", query);
    ASSIGN_OR_RETURN(const Slice slice, SliceOf(deps_.page_tokens, request, fingerprint, hits.size()));
    v1::SearchPoliciesResponse response;
    for (std::size_t i = slice.begin; i < slice.end; ++i) *response.add_hits() = ToHit(hits[i], query);
    response.set_next_page_token(slice.next_token);
    return response;
  }

  absl::StatusOr<Measure> GetMeasure(const CallContext& context, const v1::GetMeasureRequest& request) const {
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    const Measure* measure = shelf->FindMeasure(request.name());
    if (measure == nullptr) return NotFound();
    const std::string policy = measure->name().substr(0, measure->name().find("/measures/"));
    if (FindVisible(context, *shelf, policy) == nullptr) return NotFound();
    return *measure;
  }

  absl::StatusOr<v1::ListMeasuresResponse> ListMeasures(const CallContext& context,
                                                        const v1::ListMeasuresRequest& request) const {
    ASSIGN_OR_RETURN(const auto shelf, deps_.library.Of(context.caller.tenant, context.now));
    if (FindVisible(context, *shelf, request.parent()) == nullptr) return NotFound();
    const std::vector<const Measure*> own = shelf->MeasuresOf(request.parent());
    const std::string fingerprint = absl::StrCat("measures|", context.caller.tenant, "|", request.parent());
    ASSIGN_OR_RETURN(const Slice slice, SliceOf(deps_.page_tokens, request, fingerprint, own.size()));
    v1::ListMeasuresResponse response;
    for (std::size_t i = slice.begin; i < slice.end; ++i) *response.add_measures() = *own[i];
    response.set_next_page_token(slice.next_token);
    return response;
  }

  void Created(const CallContext& context) const { deps_.library.Refresh(context.caller.tenant); }

 private:
  const PolicyRecord* FindVisible(const CallContext& context, const Shelf& shelf, const std::string& name) const {
    const PolicyRecord* record = shelf.FindPolicy(name);
    if (record == nullptr || (!record->published() && !SeesDrafts(context))) return nullptr;
    return record;
  }

  static Policy ToPolicy(const Shelf& shelf, const PolicyRecord& record, absl::CivilDay day) {
    Policy policy = record.policy();
    policy.set_state(StateOn(record, day));
    policy.set_etag(absl::StrCat(shelf.VersionOf(record)));
    policy.set_measure_count(static_cast<std::int32_t>(shelf.MeasuresOf(policy.name()).size()));
    return policy;
  }

  static v1::SearchHit ToHit(const Hit& hit, const std::string& query) {
    const Policy& policy = hit.policy->policy();
    v1::SearchHit result;
    result.set_name(hit.measure == nullptr ? policy.name() : hit.measure->name());
    result.set_title(policy.title());
    result.set_document_number(policy.document_number());
    result.set_state(hit.state);
    result.set_mark(std::string(MarkOf(hit.state)));
    if (hit.state == Policy::STATE_REPEALED) result.set_successor(policy.successor());
    result.set_snippet(SearchIndex::Snippet(hit.measure == nullptr ? policy.text() : hit.measure->full_text(), query));
    if (hit.measure != nullptr) result.set_measure_code(hit.measure->code());
    return result;
  }

  const Deps deps_;
};

}  // namespace

bool SeesDrafts(const CallContext& context) {
  return context.caller.Has(config::v1::ROLE_KNOWLEDGE_EDITOR) ||
         context.caller.Has(config::v1::ROLE_KNOWLEDGE_APPROVER);
}

void AddMethods(rpc::Methods& methods, const Deps& deps) {
  const auto rpc = std::make_shared<const PolicyRpc>(deps);
  methods.Query<v1::GetPolicyRequest, Policy>(Method("GetPolicy"), [rpc](const auto& context, const auto& request) {
    return rpc->GetPolicy(context, request);
  });
  methods.Query<v1::ListPoliciesRequest, v1::ListPoliciesResponse>(
      Method("ListPolicies"),
      [rpc](const auto& context, const auto& request) { return rpc->ListPolicies(context, request); });
  methods.Change<v1::CreatePolicyRequest, Policy>(
      Method("CreatePolicy"),
      [rpc](const auto& context, const auto& request) { return rpc->CreatePolicy(context, request); },
      [rpc](const auto& context, const auto&, Policy&) { rpc->Created(context); });
  methods.Query<v1::SearchPoliciesRequest, v1::SearchPoliciesResponse>(
      Method("SearchPolicies"),
      [rpc](const auto& context, const auto& request) { return rpc->SearchPolicies(context, request); });
  methods.Query<v1::GetMeasureRequest, Measure>(Method("GetMeasure"), [rpc](const auto& context, const auto& request) {
    return rpc->GetMeasure(context, request);
  });
  methods.Query<v1::ListMeasuresRequest, v1::ListMeasuresResponse>(
      Method("ListMeasures"),
      [rpc](const auto& context, const auto& request) { return rpc->ListMeasures(context, request); });
}

}  // namespace jinqi::policy
