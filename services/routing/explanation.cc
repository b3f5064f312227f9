#include "services/routing/explanation.h"

#include <algorithm>

#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/handling.h"
#include "services/routing/kinds.h"
#include "services/routing/rating.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states and result types.

bool IsJudgement(std::string_view judgement) { return judgement == "UNLAWFUL_DEMAND" || judgement == "RIGHTLY_DONE"; }

bool MayExplain(const v1::WorkOrderRecord& record) {
  const v1::WorkOrder& order = record.order();
  const bool in_rework = order.state() == ORDER_STATE_REWORK || order.state() == ORDER_STATE_HANDLING;
  return in_rework && order.rework_round() > 0 && record.rework_cause() == kBadRating;
}

// `text` is who acted as the history names him: the account in front.
bool IsBy(const std::string& text, const std::string& account) {
  return !account.empty() && text.compare(0, account.size(), account) == 0 &&
         (text.size() == account.size() || text[account.size()] == '@' || text[account.size()] == ' ');
}

template <typename List>
bool AnyBy(const List& list, const std::string& account) {
  return std::any_of(list.begin(), list.end(), [&](const auto& one) { return IsBy(one.by(), account); });
}

bool IsHandler(const v1::WorkOrder& order, const Actor& actor) {
  const auto& assists = order.assists();
  const bool own = !actor.body.empty() && (order.main_undertaker() == actor.body ||
                                           std::any_of(assists.begin(), assists.end(), [&](const v1::Assist& assist) {
                                             return assist.undertaker() == actor.body;
                                           }));
  return own || AnyBy(order.contacts(), actor.account) || AnyBy(order.submissions(), actor.account) ||
         (order.has_feedback() && IsBy(order.feedback().by(), actor.account));
}

void CheckText(const std::string& text, Faults& faults) {
  CheckLength(text, "explanation", kMaxResult, true, faults);
  if (text.empty()) return;
  if (IsThin(text)) {
    faults.Add("explanation", config::v1::REASON_RESULT_TOO_THIN);
  } else if (text::CodePoints(text) < kMinResult) {
    faults.Add("explanation", config::v1::REASON_TOO_SHORT);
  }
}

void CheckTalk(const OrderEdit& edit, const v1::CloseWithExplanationRequest& request, Micros began, Faults& faults) {
  CheckWay(request.way(), false, faults);
  CheckLength(text::SingleLine(request.person()), "person", kMaxPerson, true, faults);
  const Micros time = clock::FromProto(request.contact_time());
  if (!request.has_contact_time() || time < began - began % clock::kSecond) {
    faults.Add("contact_time", config::v1::REASON_CONTACT_REQUIRED);
  } else if (time > edit.now()) {
    faults.Add("contact_time", config::v1::REASON_FUTURE_TIME);
  }
}

absl::Status CheckRequest(OrderEdit& edit, const v1::CloseWithExplanationRequest& request, const std::string& text) {
  Faults faults;
  if (request.judgement().empty()) {
    faults.Add("judgement", config::v1::REASON_REQUIRED);
  } else if (!IsJudgement(request.judgement())) {
    faults.Add("judgement", config::v1::REASON_UNKNOWN_VALUE);
  }
  CheckText(text, faults);
  CheckBasis(request.basis(), faults);
  CheckTalk(edit, request, clock::FromProto(edit.record().rework_start_time()), faults);
  return faults.ToStatus();
}

void AddContact(OrderEdit& edit, const v1::CloseWithExplanationRequest& request) {
  v1::ContactRecord& contact = *edit.order().add_contacts();
  *contact.mutable_time() = request.contact_time();
  contact.set_way(request.way());
  contact.set_person(text::SingleLine(request.person()));
  contact.set_by(edit.actor().text);
  contact.set_rework_round(edit.order().rework_round());
  edit.Tell("OrderContacted", request.way());
}

void AddSubmission(OrderEdit& edit, const v1::CloseWithExplanationRequest& request, const std::string& text) {
  v1::WorkOrder& order = edit.order();
  v1::Submission& submission = *order.add_submissions();
  *submission.mutable_time() = edit.timestamp();
  submission.set_by(edit.actor().text);
  submission.set_result_type(RESULT_TYPE_EXPLAINED);
  for (const std::string& basis : request.basis()) submission.add_basis(text::SingleLine(basis));
  submission.set_explain_reason(request.judgement());
  submission.set_fingerprint(text::Fingerprint(text));
  submission.set_rework_round(order.rework_round());
  submission.set_reviewed(true);
  submission.set_approved(true);
  submission.set_reviewed_by(edit.actor().text);
  *submission.mutable_review_time() = edit.timestamp();
  order.set_result_type(RESULT_TYPE_EXPLAINED);
}

absl::Status MoveToClosed(OrderEdit& edit) {
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_SUBMITTED, "OrderSubmitted", kExplained));
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_FED_BACK, "OrderFedBack", kExplained));
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_FOLLOWED_UP, "OrderFollowedUp", kExplained));
  return edit.Move(ORDER_STATE_CLOSED, "OrderClosed", kExplained);
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideCloseWithExplanation(const ledger::View& view, const Setting& setting,
                                                           const Actor& actor,
                                                           const v1::CloseWithExplanationRequest& request,
                                                           const SealedText& explanation) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (!MayExplain(edit.record())) return Error(config::v1::REASON_EXPLANATION_NOT_ALLOWED);
  if (IsHandler(edit.order(), actor)) return Error(config::v1::REASON_REVIEWER_IS_HANDLER);
  const std::string text = text::Trim(request.explanation());
  RETURN_IF_ERROR(CheckRequest(edit, request, text));
  v1::WorkOrder& order = edit.order();
  AddContact(edit, request);
  AddSubmission(edit, request, text);
  edit.AddText(explanation, v1::TEXT_KIND_RESULT, order.submissions_size() - 1);
  edit.record().set_result_text_id(explanation.id);
  edit.SetResultText(Redact(text, {}));
  HandOver(edit, clock::FromProto(request.contact_time()), request.way(), text::SingleLine(request.person()));
  edit.record().set_explained_round(order.rework_round());
  *order.mutable_close_time() = edit.timestamp();
  RETURN_IF_ERROR(MoveToClosed(edit));
  return edit.Finish();
}

}  // namespace jinqi::routing
