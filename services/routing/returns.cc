#include "services/routing/returns.h"

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/kinds.h"
#include "services/routing/payments.h"
#include "services/routing/rulings.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

using events::v1::ORDER_STATE_DISPATCHED;
using events::v1::ORDER_STATE_HANDLING;
using events::v1::ORDER_STATE_PENDING_DISPATCH;
using events::v1::ORDER_STATE_RETURN_REVIEW;

constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kMaxCode = 64;

v1::Dispatch& LastDispatch(OrderEdit& edit) {
  return *edit.order().mutable_dispatches(edit.order().dispatches_size() - 1);
}

void CheckText(const std::string& text, const char* field, std::size_t most, Faults& faults) {
  if (text.empty()) {
    faults.Add(field, config::v1::REASON_REQUIRED);
  } else if (text::CodePoints(text) > most) {
    faults.Add(field, config::v1::REASON_TOO_LONG);
  }
}

}  // namespace

absl::Status GiveBack(OrderEdit& edit, Micros hub_from, std::string_view type, std::string_view reason) {
  edit.order().clear_main_undertaker();
  edit.order().clear_first_contact_due_time();
  *edit.record().mutable_pending_time() = edit.timestamp();
  Hold(edit.order(), kHubHolder, hub_from);
  Rearm(edit.record(), kTimerDispatch);
  return edit.Move(ORDER_STATE_PENDING_DISPATCH, type, reason);
}

absl::StatusOr<ledger::Outcome> DecideRequestReturn(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::RequestReturnRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  RETURN_IF_ERROR(lifecycle::CheckMove(edit.order().state(), ORDER_STATE_RETURN_REVIEW));
  const std::string reason_code = text::SingleLine(request.reason_code());
  const std::string basis = text::SingleLine(request.legal_basis());
  const std::string explanation = text::SingleLine(request.text());
  Faults faults;
  CheckText(reason_code, "reason_code", kMaxCode, faults);
  CheckText(basis, "legal_basis", kMaxText, faults);
  const std::string& proposed = request.proposed_undertaker();
  const ReceiveMode mode = edit.reference().directory.ModeOf(proposed);
  if (proposed.empty()) {
    faults.Add("proposed_undertaker", config::v1::REASON_REQUIRED);
  } else if (proposed == edit.order().main_undertaker()) {
    faults.Add("proposed_undertaker", config::v1::REASON_RETURN_TO_SELF);
  } else if (mode == ReceiveMode::kCollective) {
    faults.Add("proposed_undertaker", config::v1::REASON_NOT_IN_DIRECTORY, {{"code", proposed}});
  }
  if (text::CodePoints(explanation) > kMaxText) faults.Add("text", config::v1::REASON_TOO_LONG);
  RETURN_IF_ERROR(faults.ToStatus());
  const v1::Dispatch& dispatch = LastDispatch(edit);
  if (edit.order().urgency() == events::v1::URGENCY_LIFE_SAFETY) return Error(config::v1::REASON_RETURN_NOT_ALLOWED);
  if (dispatch.designated()) return Error(config::v1::REASON_DESIGNATED);
  if (edit.now() >= MissedFrom(dispatch.return_due_time())) {
    return Error(config::v1::REASON_RETURN_TOO_LATE,
                 {{"due", clock::ToRfc3339(clock::FromProto(dispatch.return_due_time()))}});
  }
  v1::Return& asked = *edit.order().add_returns();
  asked.set_dispatch_number(dispatch.number());
  asked.set_undertaker(edit.order().main_undertaker());
  *asked.mutable_time() = edit.timestamp();
  asked.set_reason_code(reason_code);
  asked.set_legal_basis(basis);
  asked.set_proposed_undertaker(proposed);
  asked.set_text(explanation);
  *asked.mutable_ruling_due_time() =
      clock::ToProto(InWorkingDays(edit.calendar(), edit.today(), edit.limits().ruling_working_days()).due);
  Rearm(edit.record(), kTimerRuling);
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_RETURN_REVIEW, "OrderReturnAsked", reason_code));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRuleReturn(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                 const v1::RuleReturnRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (edit.order().state() != ORDER_STATE_RETURN_REVIEW) {
    const auto to = request.agreed() ? ORDER_STATE_PENDING_DISPATCH : ORDER_STATE_HANDLING;
    return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", std::string(lifecycle::Name(edit.order().state()))},
                                                   {"to", std::string(lifecycle::Name(to))}});
  }
  const std::string reason = text::SingleLine(request.reason());
  Faults faults;
  CheckText(reason, "reason", kMaxText, faults);
  const std::string holder = request.agreed() ? "" : edit.order().main_undertaker();
  if (request.has_catalogue_rule()) CheckRulingRule(edit, request.catalogue_rule(), holder, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::Return& asked = *edit.order().mutable_returns(edit.order().returns_size() - 1);
  *asked.mutable_ruling_time() = edit.timestamp();
  asked.set_agreed(request.agreed());
  asked.set_ruling_reason(reason);
  asked.set_ruled_by(actor.text);
  if (request.has_catalogue_rule()) {
    const std::string rule_id = absl::StrCat("RULING-", order_no, "-R", edit.order().returns_size());
    ASSIGN_OR_RETURN(const StoredRule stored, KeepAsRule(view, edit, request.catalogue_rule(), holder, rule_id));
    asked.set_stored_rule_id(stored.rule_id);
    asked.set_stored_catalogue_version(stored.catalogue_version);
  }
  v1::Dispatch& dispatch = LastDispatch(edit);
  if (request.agreed()) {
    dispatch.set_returned(true);
    RETURN_IF_ERROR(GiveBack(edit, clock::FromProto(asked.time()), "OrderReturnRuled", "AGREED"));
    return edit.Finish();
  }
  if (!dispatch.has_sign_time()) {
    dispatch.set_taken_as_signed(true);
    *dispatch.mutable_sign_time() = edit.timestamp();
    NoteReceipt(edit);
  }
  if (!edit.order().has_first_contact_due_time()) {
    const auto due = InWorkingDays(edit.calendar(), edit.today(), edit.limits().first_contact_working_days());
    *edit.order().mutable_first_contact_due_time() = clock::ToProto(due.due);
  }
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_HANDLING, "OrderReturnRuled", "REFUSED"));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideDecline(const ledger::View& view, const Setting& setting, const Actor& actor,
                                              const v1::DeclineWorkOrderRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (edit.reference().directory.ModeOf(edit.order().main_undertaker()) != ReceiveMode::kParticipating) {
    return Error(config::v1::REASON_DECLINE_NOT_ALLOWED);
  }
  if (edit.order().state() != ORDER_STATE_DISPATCHED) {
    return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", std::string(lifecycle::Name(edit.order().state()))},
                                                   {"to", std::string(lifecycle::Name(ORDER_STATE_PENDING_DISPATCH))}});
  }
  const std::string reason = text::SingleLine(request.reason());
  Faults faults;
  CheckText(reason, "reason", kMaxText, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::Dispatch& dispatch = LastDispatch(edit);
  if (dispatch.designated()) return Error(config::v1::REASON_DESIGNATED);
  if (edit.now() >= SignDeadline(edit.order(), dispatch, edit.calendar(), edit.limits()).missed) {
    return Error(config::v1::REASON_DECLINE_TOO_LATE);
  }
  dispatch.set_declined(true);
  RETURN_IF_ERROR(GiveBack(edit, edit.now(), "OrderDeclined", reason));
  return edit.Finish();
}

}  // namespace jinqi::routing
