#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/case_sources.h"
#include "services/feedback/checks.h"
#include "services/feedback/feedback_rpc.h"
#include "services/feedback/lists.h"
#include "services/feedback/service_case.h"

namespace jinqi::feedback {
namespace {

using rpc::CallContext;
using v1::ServiceCase;
using v1::ServiceCaseRecord;
using v1::ServiceCaseTexts;

constexpr char kCases[] = "serviceCases/";

std::string Method(std::string_view name) { return "jinqi.feedback.v1.ServiceCaseService/" + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

CaseActor ActorOf(const CallContext& context) {
  return {context.role, context.caller.subject, context.caller.body, context.caller.district};
}

template <typename Request>
CaseMove MoveOf(const CallContext& context, const Request& request) {
  return {request.name(), request.etag(), ActorOf(context)};
}

bool WorksOn(const CallContext& context, const ServiceCase& stored) {
  return WorksOn(ActorOf(context), stored.undertaker(), stored.district_code());
}

struct Found {
  std::int64_t version = 0;
  ServiceCaseRecord record;
};

class ServiceCaseRpc {
 public:
  ServiceCaseRpc(const Deps& deps, const CaseSources& sources) : deps_(deps), sources_(sources) {}

  absl::StatusOr<ledger::Command> Propose(const CallContext& context,
                                          const v1::ProposeServiceCaseRequest& request) const {
    RETURN_IF_ERROR(CheckServiceCase(request.kind(), request.texts(), request.policies()));
    RETURN_IF_ERROR(CheckOrder(context, request.order_no()));
    ASSIGN_OR_RETURN(const auto known, sources_.KnownNames(request.order_no()));
    ProposeInput input{{}, ActorOf(context), {}};
    input.proposed.set_name(absl::StrCat(kCases, deps_.ids.Uuid()));
    input.proposed.set_kind(request.kind());
    input.proposed.set_order_no(request.order_no());
    *input.proposed.mutable_policies() = request.policies();
    input.texts = Seal(input.proposed.name(), Deidentified(CleanTexts(request.texts()), known));
    ledger::Command command;
    command.names = ProposeNames(input);
    command.decide = [input = std::move(input)](const ledger::View& view) { return DecideProposeCase(view, input); };
    return command;
  }

  absl::StatusOr<ledger::Command> Edit(const CallContext& context, const v1::EditServiceCaseRequest& request) const {
    RETURN_IF_ERROR(CheckServiceCase(request.kind(), request.texts(), request.policies()));
    ServiceCase edited;
    edited.set_kind(request.kind());
    *edited.mutable_policies() = request.policies();
    ledger::Command command;
    command.names = {{ServiceCaseKey(request.name())}};
    command.decide = [move = MoveOf(context, request), edited = std::move(edited),
                      texts = Seal(request.name(), CleanTexts(request.texts()))](const ledger::View& view) {
      return DecideEditCase(view, move, edited, texts);
    };
    return command;
  }

  static absl::StatusOr<ledger::Command> Check(const CallContext& context, const v1::CheckServiceCaseRequest& request) {
    ledger::Command command;
    command.names = {{ServiceCaseKey(request.name())}};
    command.decide = [move = MoveOf(context, request)](const ledger::View& view) {
      return DecideCheckCase(view, move);
    };
    return command;
  }

  absl::StatusOr<ledger::Command> Approve(const CallContext& context,
                                          const v1::ApproveServiceCaseRequest& request) const {
    ASSIGN_OR_RETURN(const Found found, Find(context, request.name()));
    const ServiceCase& stored = found.record.service_case();
    ASSIGN_OR_RETURN(ServiceCaseTexts texts, Texts(context.caller.tenant, stored));
    ASSIGN_OR_RETURN(const auto known, sources_.KnownNames(stored.order_no()));
    RETURN_IF_ERROR(CheckDeidentified(texts, known));
    RETURN_IF_ERROR(sources_.CheckPolicies(stored.policies()));
    ledger::Command command;
    command.names = {{ServiceCaseKey(request.name())}};
    command.decide = [move = MoveOf(context, request), texts = std::move(texts)](const ledger::View& view) {
      return DecideApproveCase(view, move, texts);
    };
    return command;
  }

  static absl::StatusOr<ledger::Command> Reject(const CallContext& context,
                                                const v1::RejectServiceCaseRequest& request) {
    Faults faults;
    CheckReason(request.reason(), "reason", faults);
    RETURN_IF_ERROR(faults.ToStatus());
    ledger::Command command;
    command.names = {{ServiceCaseKey(request.name())}};
    command.decide = [move = MoveOf(context, request), reason = text::SingleLine(request.reason())](
                         const ledger::View& view) { return DecideRejectCase(view, move, reason); };
    return command;
  }

  absl::StatusOr<ServiceCase> Get(const CallContext& context, const v1::GetServiceCaseRequest& request) const {
    ASSIGN_OR_RETURN(Found found, Find(context, request.name()));
    ServiceCase shown = Show(context, found.version, found.record);
    if (shown.state() == ServiceCase::STATE_APPROVED) return shown;
    ASSIGN_OR_RETURN(*shown.mutable_texts(), Texts(context.caller.tenant, shown));
    return shown;
  }

  absl::StatusOr<v1::ListServiceCasesResponse> List(const CallContext& context,
                                                    const v1::ListServiceCasesRequest& request) const {
    const CaseActor actor = ActorOf(context);
    // Whether somebody of this role works on any case.
    const bool works = WorksOn(actor, actor.body, actor.district);
    const auto state = works ? request.state() : ServiceCase::STATE_APPROVED;
    const bool approved = state == ServiceCase::STATE_APPROVED;
    if (!works && request.state() != ServiceCase::STATE_UNSPECIFIED && request.state() != state) {
      return v1::ListServiceCasesResponse();
    }
    const bool own = !approved && context.role == config::v1::ROLE_UNDERTAKER;
    const std::string fingerprint =
        absl::StrCat("serviceCases|", context.caller.tenant, "|", approved ? "" : actor.district, "|",
                     own ? actor.body : "", "|", state, "|", request.kind());
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kServiceCase;
    query.order_by = "create_time";
    if (state != ServiceCase::STATE_UNSPECIFIED) query.where.push_back(Is("state", std::int64_t{state}));
    if (request.kind() != ServiceCase::KIND_UNSPECIFIED) {
      query.where.push_back(Is("case_kind", std::int64_t{request.kind()}));
    }
    if (own) query.where.push_back(Is("undertaker", actor.body));
    if (!approved && !own && !actor.district.empty()) query.where.push_back(Is("district", actor.district));
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    v1::ListServiceCasesResponse response;
    for (const ledger::Record& stored : rows.records) {
      ServiceCaseRecord record;
      if (!record.ParseFromString(stored.body)) return absl::DataLossError("case is not readable");
      *response.add_service_cases() = Show(context, stored.version, record);
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

 private:
  SealedPrivate Seal(const std::string& name, ServiceCaseTexts texts) const {
    v1::ServiceCasePrivate values;
    *values.mutable_texts() = std::move(texts);
    return deps_.privates.Seal(name, std::move(values));
  }

  static ServiceCase Show(const CallContext& context, std::int64_t version, ServiceCaseRecord& record) {
    ServiceCase shown = std::move(*record.mutable_service_case());
    shown.set_etag(absl::StrCat(version));
    if (!WorksOn(context, shown)) HideWork(shown);
    return shown;
  }

  // Intake is not asked about orders that are none of the caller's.
  absl::Status CheckOrder(const CallContext& context, const std::string& order_no) const {
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, ScoreKey(order_no)));
    if (!stored.has_value()) return NotFound();
    v1::OrderScore score;
    if (!score.ParseFromString(stored->body)) return absl::DataLossError("score is not readable");
    return WorksOn(ActorOf(context), score.main_undertaker(), score.district_code()) ? absl::OkStatus() : NotFound();
  }

  absl::StatusOr<Found> Find(const CallContext& context, const std::string& name) const {
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, ServiceCaseKey(name)));
    if (!stored.has_value()) return NotFound();
    Found found{stored->version, {}};
    if (!found.record.ParseFromString(stored->body)) return absl::DataLossError("case is not readable");
    const ServiceCase& service_case = found.record.service_case();
    if (service_case.state() == ServiceCase::STATE_APPROVED || WorksOn(context, service_case)) return found;
    return NotFound();
  }

  // Of a case that is not approved: those that are sealed.
  absl::StatusOr<ServiceCaseTexts> Texts(const std::string& tenant, const ServiceCase& stored) const {
    if (stored.state() == ServiceCase::STATE_APPROVED) return stored.texts();
    ASSIGN_OR_RETURN(const auto person, deps_.ledger.reader().FindPerson(tenant, stored.name()));
    if (!person.has_value()) return ServiceCaseTexts();
    ASSIGN_OR_RETURN(auto values, deps_.privates.Open<v1::ServiceCasePrivate>(*person));
    return std::move(*values.mutable_texts());
  }

  const Deps deps_;
  const CaseSources sources_;
};

}  // namespace

void AddServiceCaseMethods(rpc::Methods& methods, const Deps& deps, const CaseSources& sources) {
  const auto rpc = std::make_shared<const ServiceCaseRpc>(deps, sources);
  methods.ChangeOnPool<v1::ProposeServiceCaseRequest, ServiceCase>(
      Method("ProposeServiceCase"),
      [rpc](const auto& context, const auto& request) { return rpc->Propose(context, request); });
  methods.Change<v1::EditServiceCaseRequest, ServiceCase>(
      Method("EditServiceCase"),
      [rpc](const auto& context, const auto& request) { return rpc->Edit(context, request); },
      [](const auto&, const auto& request, ServiceCase& edited) {
        *edited.mutable_texts() = CleanTexts(request.texts());
      });
  methods.Change<v1::CheckServiceCaseRequest, ServiceCase>(Method("CheckServiceCase"), ServiceCaseRpc::Check);
  methods.ChangeOnPool<v1::ApproveServiceCaseRequest, ServiceCase>(
      Method("ApproveServiceCase"),
      [rpc](const auto& context, const auto& request) { return rpc->Approve(context, request); });
  methods.Change<v1::RejectServiceCaseRequest, ServiceCase>(Method("RejectServiceCase"), ServiceCaseRpc::Reject);
  methods.Query<v1::GetServiceCaseRequest, ServiceCase>(
      Method("GetServiceCase"), [rpc](const auto& context, const auto& request) { return rpc->Get(context, request); });
  methods.Query<v1::ListServiceCasesRequest, v1::ListServiceCasesResponse>(
      Method("ListServiceCases"),
      [rpc](const auto& context, const auto& request) { return rpc->List(context, request); });
}

}  // namespace jinqi::feedback
