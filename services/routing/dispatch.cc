#include "services/routing/dispatch.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/kinds.h"
#include "services/routing/rulings.h"
#include "services/routing/self_dispatch.h"
#include "services/routing/timers.h"
#include "services/routing/undertakers.h"
#include "services/routing/work_order.h"

namespace jinqi::routing {
namespace {

using events::v1::ORDER_STATE_CLOSED;
using events::v1::ORDER_STATE_DISPATCHED;
using events::v1::ORDER_STATE_LIAISON_SENT;

constexpr std::size_t kMaxReason = 500;
constexpr char kLiaisonNotice[] = "该事项已转送相关单位，由其依法独立答复。";

int ReturnsAgreed(const v1::WorkOrder& order) {
  return static_cast<int>(std::count_if(order.dispatches().begin(), order.dispatches().end(),
                                        [](const v1::Dispatch& dispatch) { return dispatch.returned(); }));
}

// The dispatch after two agreed returns is the hub's last word (RTE-09).
bool Designates(const OrderEdit& edit) {
  return ReturnsAgreed(edit.order()) >= edit.limits().max_dispatches_before_designation() - 1;
}

bool ReturnedBefore(const v1::WorkOrder& order, const std::string& body) {
  return std::any_of(order.dispatches().begin(), order.dispatches().end(), [&](const v1::Dispatch& dispatch) {
    return dispatch.returned() && dispatch.main_undertaker() == body;
  });
}

bool IsJudged(const v1::WorkOrderRecord& record, const std::string& body) {
  return std::find(record.judged().begin(), record.judged().end(), body) != record.judged().end();
}

absl::Status CheckFields(const OrderEdit& edit, const v1::DispatchWorkOrderRequest& request) {
  const Directory& directory = edit.reference().directory;
  Faults faults;
  CheckMainBody(edit, request.main_undertaker(), "main_undertaker", faults);
  CheckAssists(directory, request.main_undertaker(), request.assist_undertakers(), faults);
  if (text::CodePoints(request.reason()) > kMaxReason) faults.Add("reason", config::v1::REASON_TOO_LONG);
  if (request.has_catalogue_rule() && !Designates(edit)) {
    // A dispatch that rules on nothing.
    faults.Add("catalogue_rule", config::v1::REASON_UNKNOWN_VALUE);
  } else if (request.has_catalogue_rule()) {
    CheckRulingRule(edit, request.catalogue_rule(), request.main_undertaker(), faults);
  }
  return faults.ToStatus();
}

// What stands against this body as the main one.
absl::Status CheckMain(const OrderEdit& edit, const std::string& main, bool with_reason) {
  RETURN_IF_ERROR(CheckMayLead(edit, main));
  const bool leader = edit.actor().role == config::v1::ROLE_HUB_LEADER;
  if (ReturnedBefore(edit.order(), main) && !(leader && with_reason)) {
    return Error(config::v1::REASON_AGAIN_NEEDS_LEADER, {{"code", main}});
  }
  return absl::OkStatus();
}

// The catalogue of the day prevails over what was proposed before it (RTE-02); a person may depart from both with a
// reason.
absl::StatusOr<std::string> RuleFor(const OrderEdit& edit, const v1::WorkOrderRecord& record, const std::string& main,
                                    bool with_reason) {
  const v1::WorkOrder& order = edit.order();
  const Reference& reference = edit.reference();
  const auto found = reference.catalogue.Find(order.category_code(), order.subject().district_code(),
                                              order.subject().type(), edit.today(), reference.directory);
  if (found.has_value() && found->main_undertaker == main) return found->rule_id;
  const bool binds =
      found.has_value() && !IsJudged(record, found->main_undertaker) && !ReturnedBefore(order, found->main_undertaker);
  if (binds && !with_reason) {
    return Error(
        config::v1::REASON_CATALOGUE_SAYS_OTHER,
        {{"version", std::to_string(found->version)}, {"rule", found->rule_id}, {"code", found->main_undertaker}});
  }
  for (const v1::Candidate& candidate : order.proposal().candidates()) {
    if (candidate.undertaker() == main) return RuleOf(candidate);
  }
  if (!with_reason) return FieldError("reason", config::v1::REASON_REASON_NEEDED);
  return std::string();
}

void ReplaceAssists(OrderEdit& edit, const std::vector<std::string>& assists) {
  for (v1::Assist& before : *edit.order().mutable_assists()) {
    if (!before.has_answer_time()) before.set_removed(true);
  }
  for (const std::string& code : assists) AddAssist(edit, code);
}

}  // namespace

void CheckBody(const Directory& directory, const std::string& code, const char* field, Faults& faults) {
  if (code.empty()) {
    faults.Add(field, config::v1::REASON_REQUIRED);
  } else if (IsVillage(directory, code)) {
    faults.Add(field, config::v1::REASON_GRASSROOTS_FORBIDDEN);
  } else if (directory.Find(code) == nullptr) {
    faults.Add(field, config::v1::REASON_NOT_IN_DIRECTORY, {{"code", code}});
  } else if (directory.ModeOf(code) == ReceiveMode::kCollective) {
    faults.Add(field, config::v1::REASON_UNDERTAKER_COLLECTIVE, {{"code", code}});
  }
}

void CheckMainBody(const OrderEdit& edit, const std::string& code, const char* field, Faults& faults) {
  const Reference& reference = edit.reference();
  CheckBody(reference.directory, code, field, faults);
  CheckTownship(reference.directory, reference.duties, code, edit.order().category_code(), field, faults);
}

void CheckAssist(const Directory& directory, const std::string& main, const std::string& code, const char* field,
                 Faults& faults) {
  if (code == main) {
    faults.Add(field, config::v1::REASON_MAIN_IS_ASSISTANT);
    return;
  }
  CheckBody(directory, code, field, faults);
  if (directory.ModeOf(code) == ReceiveMode::kLiaison) {
    faults.Add(field, config::v1::REASON_LIAISON_ONLY, {{"code", code}});
  }
}

void CheckAssists(const Directory& directory, const std::string& main,
                  const google::protobuf::RepeatedPtrField<std::string>& assists, Faults& faults) {
  constexpr char kField[] = "assist_undertakers";
  std::set<std::string> seen;
  for (const std::string& assist : assists) {
    if (assist != main && !seen.insert(assist).second) {
      faults.Add(kField, config::v1::REASON_ALREADY_EXISTS);
    } else {
      CheckAssist(directory, main, assist, kField, faults);
    }
  }
  if (assists.size() > kMaxAssists) {
    faults.Add(kField, config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxAssists)}});
  }
}

absl::Status CheckMayLead(const OrderEdit& edit, const std::string& main) {
  const Directory& directory = edit.reference().directory;
  if (directory.ModeOf(main) == ReceiveMode::kLiaison) return Error(config::v1::REASON_LIAISON_ONLY, {{"code", main}});
  if (IsJudged(edit.record(), main)) return Error(config::v1::REASON_CONFLICT_OF_INTEREST, {{"code", main}});
  return absl::OkStatus();
}

std::string FirstMissing(const ledger::View& view, const Directory& directory, const std::vector<std::string>& bodies) {
  for (const std::string& body : bodies) {
    if (std::string missing = MissingOf(view, body, directory); !missing.empty()) return missing;
  }
  return "";
}

void AddAssist(OrderEdit& edit, const std::string& code) {
  v1::Assist& assist = *edit.order().add_assists();
  assist.set_undertaker(code);
  const Micros due = clock::FromProto(AssistDue(edit.order(), edit.calendar(), edit.limits()));
  *assist.mutable_due_time() = clock::ToProto(std::max(due, clock::EndOfDay(edit.today())));
}

v1::Dispatch& AddDispatch(OrderEdit& edit, const DispatchPlan& plan) {
  v1::WorkOrder& order = edit.order();
  const Limits& limits = edit.limits();
  v1::Dispatch& dispatch = *order.add_dispatches();
  dispatch.set_number(order.dispatches_size());
  dispatch.set_main_undertaker(plan.main);
  *dispatch.mutable_time() = edit.timestamp();
  dispatch.set_by(edit.actor().text);
  dispatch.set_decided_by(plan.decided_by);
  dispatch.set_rule_id(plan.rule_id);
  dispatch.set_catalogue_version(edit.reference().catalogue.VersionOn(edit.today()));
  dispatch.set_proposal_id(plan.proposal_id);
  dispatch.set_reason(plan.reason);
  dispatch.set_complex(plan.complex);
  dispatch.set_designated(Designates(edit));
  const v1::Undertaker* body = edit.reference().directory.Find(plan.main);
  if (body != nullptr && IsTownship(*body)) {
    const auto list = edit.reference().duties.find(body->district_code());
    if (list != edit.reference().duties.end()) dispatch.set_township_duties_version(list->second.version());
  }
  *dispatch.mutable_sign_due_time() = clock::ToProto(SignDeadline(order, dispatch, edit.calendar(), limits).due);
  const int days = plan.complex ? limits.return_complex_working_days() : limits.return_working_days();
  *dispatch.mutable_return_due_time() = clock::ToProto(InWorkingDays(edit.calendar(), edit.today(), days).due);
  order.set_main_undertaker(plan.main);
  ReplaceAssists(edit, plan.assists);
  Hold(order, plan.main, edit.now());
  Rearm(edit.record(), kTimerSign);
  Rearm(edit.record(), kTimerContact);
  return dispatch;
}

absl::Status ApplyDispatch(OrderEdit& edit, const DispatchPlan& plan) {
  AddDispatch(edit, plan);
  edit.order().clear_exception();
  edit.record().clear_exception_time();
  Rearm(edit.record(), kTimerException);
  return edit.Move(ORDER_STATE_DISPATCHED, "OrderDispatched", plan.decided_by);
}

void PutInExceptionQueue(OrderEdit& edit, const std::string& missing) {
  if (edit.order().exception() == missing) {
    edit.Note("OrderExcepted", missing);
    return;
  }
  edit.order().set_exception(missing);
  *edit.record().mutable_exception_time() = edit.timestamp();
  Rearm(edit.record(), kTimerException);
  edit.Note("OrderExcepted", missing);
}

absl::StatusOr<ledger::Outcome> DecideDispatch(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const v1::DispatchWorkOrderRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  RETURN_IF_ERROR(lifecycle::CheckMove(edit.order().state(), ORDER_STATE_DISPATCHED));
  const Directory& directory = edit.reference().directory;
  RETURN_IF_ERROR(CheckFields(edit, request));
  if (!request.proposal_id().empty() && request.proposal_id() != edit.order().proposal().proposal_id()) {
    return FieldError("proposal_id", config::v1::REASON_PROPOSAL_UNKNOWN);
  }
  DispatchPlan plan;
  plan.main = request.main_undertaker();
  plan.assists.assign(request.assist_undertakers().begin(), request.assist_undertakers().end());
  plan.proposal_id = request.proposal_id();
  plan.reason = text::SingleLine(request.reason());
  plan.complex = request.complex();
  const bool with_reason = !plan.reason.empty();
  RETURN_IF_ERROR(CheckMain(edit, plan.main, with_reason));
  ASSIGN_OR_RETURN(plan.rule_id, RuleFor(edit, edit.record(), plan.main, with_reason));
  std::vector<std::string> bodies = plan.assists;
  bodies.insert(bodies.begin(), plan.main);
  const std::string missing = FirstMissing(view, directory, bodies);
  if (!missing.empty()) {
    PutInExceptionQueue(edit, missing);
    return edit.Finish();
  }
  RETURN_IF_ERROR(ApplyDispatch(edit, plan));
  if (!request.has_catalogue_rule()) return edit.Finish();
  v1::Dispatch& dispatch = *edit.order().mutable_dispatches(edit.order().dispatches_size() - 1);
  const std::string rule_id = absl::StrCat("RULING-", order_no, "-D", dispatch.number());
  ASSIGN_OR_RETURN(const StoredRule stored, KeepAsRule(view, edit, request.catalogue_rule(), plan.main, rule_id));
  dispatch.set_stored_rule_id(stored.rule_id);
  dispatch.set_stored_catalogue_version(stored.catalogue_version);
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideSendToLiaison(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::SendToLiaisonRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  RETURN_IF_ERROR(lifecycle::CheckMove(edit.order().state(), ORDER_STATE_LIAISON_SENT));
  const Directory& directory = edit.reference().directory;
  const std::string& code = request.undertaker();
  Faults faults;
  CheckBody(directory, code, "undertaker", faults);
  if (text::CodePoints(request.notice()) > kMaxReason) faults.Add("notice", config::v1::REASON_TOO_LONG);
  RETURN_IF_ERROR(faults.ToStatus());
  if (directory.ModeOf(code) != ReceiveMode::kLiaison) return Error(config::v1::REASON_NOT_LIAISON, {{"code", code}});
  if (IsJudged(edit.record(), code)) return Error(config::v1::REASON_CONFLICT_OF_INTEREST, {{"code", code}});
  const std::string missing = MissingOf(view, code, directory);
  if (!missing.empty()) {
    PutInExceptionQueue(edit, missing);
    return edit.Finish();
  }
  v1::WorkOrder& order = edit.order();
  order.set_main_undertaker(code);
  order.set_liaison(true);
  order.clear_exception();
  edit.record().clear_exception_time();
  // A body that answers on its own is under no limit.
  order.clear_due_time();
  order.clear_due_provisional();
  order.clear_target_time();
  order.set_due_basis("LIAISON");
  EndStay(order, edit.now());
  const std::string notice = text::SingleLine(request.notice());
  order.set_liaison_notice(notice.empty() ? std::string(kLiaisonNotice) : notice);
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_LIAISON_SENT, "OrderLiaisonSent", order.liaison_notice()));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideCloseLiaison(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::CloseLiaisonRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  // FOLLOWED_UP may close as well, but not by this call.
  if (edit.order().state() != ORDER_STATE_LIAISON_SENT) {
    return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", std::string(lifecycle::Name(edit.order().state()))},
                                                   {"to", std::string(lifecycle::Name(ORDER_STATE_CLOSED))}});
  }
  if (text::CodePoints(request.note()) > kMaxReason) return FieldError("note", config::v1::REASON_TOO_LONG);
  *edit.order().mutable_close_time() = edit.timestamp();
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_CLOSED, "OrderClosed", text::SingleLine(request.note())));
  return edit.Finish();
}

}  // namespace jinqi::routing
