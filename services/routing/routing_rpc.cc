#include "services/routing/routing_rpc.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/routing/assists.h"
#include "services/routing/dispatch.h"
#include "services/routing/explanation.h"
#include "services/routing/handling.h"
#include "services/routing/kinds.h"
#include "services/routing/order_rpc.h"
#include "services/routing/payments.h"
#include "services/routing/returns.h"
#include "services/routing/rulings.h"
#include "services/routing/supervision.h"

namespace jinqi::routing {
namespace {

using rpc::CallContext;
using v1::WorkOrder;

// Feedback tells the enterprise the result, which is read before. The etag proves that it is still the same.
absl::StatusOr<ledger::Command> MakeFeedback(const Deps& deps, const CallContext& context,
                                             const v1::RecordFeedbackRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ledger::Reader& reader = deps.ledger.reader();
  const std::string& tenant = context.caller.tenant;
  ASSIGN_OR_RETURN(const auto stored, ReadStored<v1::WorkOrderRecord>(reader, tenant, OrderKey(order_no)));
  ASSIGN_OR_RETURN(std::string result, deps.desk.texts->ResultToTell(reader, tenant, stored.body));
  ledger::Command command = OrderCommand(order_no);
  command.decide = [&desk = deps.desk, actor = ActorOf(context), request,
                    result = std::move(result)](const ledger::View& view) {
    return DecideRecordFeedback(view, desk.setting, actor, request, result);
  };
  return command;
}

// What a ruling changes beside the order, where it becomes a rule (RTE-09). The numbers of the new catalogue versions
// follow those that are in memory now; a decision that sees others is tried again.
void NameRule(const Deps& deps, const CallContext& context, ledger::Command& command) {
  const ReferencePtr reference = deps.store.Current();
  for (ledger::Name& name : command.names) {
    if (name.key == HeadKey()) name.access = ledger::Access::kChange;
  }
  std::int64_t number = reference->head.catalogue_version();
  const std::size_t versions = RulingVersions(*reference, clock::ShanghaiDate(context.now));
  for (std::size_t i = 0; i < versions; ++i) command.names.push_back({CatalogueKey(++number)});
  command.decide = [&store = deps.store, reference,
                    decide = std::move(command.decide)](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
    ASSIGN_OR_RETURN(const ReferencePtr seen, store.Of(view));
    if (seen != reference) return Error(config::v1::REASON_REFERENCE_CHANGING);
    return decide(view);
  };
}

// A change of one order that relies on bodies and may rule on who is responsible.
template <typename Request, typename Decide, typename Bodies>
void AddRuling(rpc::Methods& methods, const Deps& deps, std::string_view name, Decide decide, Bodies bodies) {
  methods.Change<Request, WorkOrder>(
      MethodName(name),
      [deps, decide, bodies](const CallContext& context, const Request& request) -> absl::StatusOr<ledger::Command> {
        ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
        ledger::Command command = OrderCommand(order_no);
        NameBodies(bodies(request), command);
        command.decide = [&desk = deps.desk, decide, actor = ActorOf(context), request](const ledger::View& view) {
          return decide(view, desk.setting, actor, request);
        };
        if (request.has_catalogue_rule()) NameRule(deps, context, command);
        return command;
      },
      [deps](const CallContext&, const Request& request, WorkOrder&) {
        if (request.has_catalogue_rule()) RefreshReference(deps);
      });
}

}  // namespace

Actor ActorOf(const CallContext& context) {
  Actor actor;
  actor.text = rpc::CallerText(context);
  actor.account = context.caller.subject;
  actor.body = context.caller.body;
  actor.district = context.caller.district;
  actor.uscc = context.caller.uscc;
  actor.role = context.role;
  return actor;
}

std::string MethodName(std::string_view name) {
  const bool has_service = name.find('/') != std::string_view::npos;
  return absl::StrCat("jinqi.routing.v1.", has_service ? "" : "RoutingService/", std::string(name));
}

void RegisterOrderChanges(rpc::Methods& methods, const Deps& deps) {
  AddRuling<v1::DispatchWorkOrderRequest>(
      methods, deps, "DispatchWorkOrder", DecideDispatch, [](const v1::DispatchWorkOrderRequest& request) {
        std::vector<std::string> bodies(request.assist_undertakers().begin(), request.assist_undertakers().end());
        bodies.insert(bodies.begin(), request.main_undertaker());
        return bodies;
      });
  AddWithBodies<v1::AddAssistRequest>(
      methods, deps, "AssistService/AddAssist", DecideAddAssist,
      [](const v1::AddAssistRequest& request) { return std::vector<std::string>{request.undertaker()}; });
  AddPlain<v1::RemoveAssistRequest>(methods, deps, "AssistService/RemoveAssist", DecideRemoveAssist);
  AddWithBodies<v1::SendToLiaisonRequest>(
      methods, deps, "SendToLiaison", DecideSendToLiaison,
      [](const v1::SendToLiaisonRequest& request) { return std::vector<std::string>{request.undertaker()}; });
  AddPlain<v1::CloseLiaisonRequest>(methods, deps, "CloseLiaison", DecideCloseLiaison);
  AddPlain<v1::SignWorkOrderRequest>(methods, deps, "SignWorkOrder", DecideSign);
  AddPlain<v1::RequestReturnRequest>(methods, deps, "RequestReturn", DecideRequestReturn);
  AddRuling<v1::RuleReturnRequest>(methods, deps, "RuleReturn", DecideRuleReturn,
                                   [](const v1::RuleReturnRequest&) { return std::vector<std::string>(); });
  AddPlain<v1::DeclineWorkOrderRequest>(methods, deps, "DeclineWorkOrder", DecideDecline);
  AddPlain<v1::ReviewResultRequest>(methods, deps, "ReviewResult", DecideReviewResult);
  AddPlain<v1::OpenSupervisionRequest>(methods, deps, "OpenSupervision", DecideOpenSupervision);
  AddPlain<v1::AnswerSupervisionRequest>(methods, deps, "AnswerSupervision", DecideAnswerSupervision);
  AddWithText<v1::RecordContactRequest>(methods, deps, "RecordContact", DecideRecordContact,
                                        [](const v1::RecordContactRequest& request) { return request.summary(); });
  AddWithText<v1::SubmitResultRequest>(methods, deps, "SubmitResult", DecideSubmitResult,
                                       [](const v1::SubmitResultRequest& request) { return request.result_text(); });
  AddWithText<v1::AddNoteRequest>(methods, deps, "AddNote", DecideAddNote,
                                  [](const v1::AddNoteRequest& request) { return request.text(); });
  AddWithText<v1::AnswerAssistRequest>(methods, deps, "AnswerAssist", DecideAnswerAssist,
                                       [](const v1::AnswerAssistRequest& request) { return request.answer(); });
  AddWithText<v1::CloseWithExplanationRequest>(
      methods, deps, "ExplanationService/CloseWithExplanation", DecideCloseWithExplanation,
      [](const v1::CloseWithExplanationRequest& request) { return request.explanation(); });
  methods.ChangeOnPool<v1::RecordFeedbackRequest, WorkOrder>(
      MethodName("RecordFeedback"), [deps](const CallContext& context, const v1::RecordFeedbackRequest& request) {
        return MakeFeedback(deps, context, request);
      });
}

void RegisterMethods(rpc::Methods& methods, const Deps& deps) {
  RegisterOrderChanges(methods, deps);
  RegisterOrderQueries(methods, deps);
  RegisterUndertakers(methods, deps);
  RegisterJointMeetings(methods, deps);
  RegisterCalls(methods, deps);
  RegisterPartners(methods, deps);
  RegisterHumanReviews(methods, deps);
  RegisterLimits(methods, deps);
  AddPlain<v1::ExtendPaymentOrderRequest>(methods, deps, "PaymentService/ExtendPaymentOrder", DecideExtendPayment);
  RegisterReference(methods, deps);
}

}  // namespace jinqi::routing
