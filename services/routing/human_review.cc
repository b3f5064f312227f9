#include "services/routing/human_review.h"

#include "common/lifecycle/lifecycle.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/dispatch.h"
#include "services/routing/kinds.h"
#include "services/routing/returns.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.

constexpr std::size_t kMaxText = 500;

std::string_view AskerOf(const Actor& actor) {
  switch (actor.role) {
    case config::v1::ROLE_UNDERTAKER: return kAskedByUndertaker;
    case config::v1::ROLE_SEAT: return "SEAT";
    default: return "ENTERPRISE";
  }
}

// Whether the body that leads the order was chosen by a program, and no person has reviewed that.
absl::Status CheckAutomatic(const v1::WorkOrder& order) {
  const bool led = !order.main_undertaker().empty() && order.dispatches_size() > 0;
  const bool automatic = led && order.dispatches(order.dispatches_size() - 1).decided_by() == kDecidedByAuto;
  if (automatic && !order.human_review().has_review_time()) return absl::OkStatus();
  return Error(config::v1::REASON_NOT_AUTOMATIC);
}

// Whether the order can be given to another body.
absl::Status CheckState(const v1::WorkOrder& order) {
  const OrderState state = order.state();
  if (state == ORDER_STATE_DISPATCHED || state == ORDER_STATE_HANDLING) return absl::OkStatus();
  return IllegalMove(state, ORDER_STATE_PENDING_DISPATCH);
}

absl::Status TakeBack(OrderEdit& edit) {
  constexpr char kType[] = "DispatchOverturned";
  // C3 knows no shorter way from a body that has signed.
  if (edit.order().state() == ORDER_STATE_HANDLING) RETURN_IF_ERROR(edit.Move(ORDER_STATE_RETURN_REVIEW, kType));
  return GiveBack(edit, edit.now(), kType);
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideRequestHumanReview(const ledger::View& view, const Setting& setting,
                                                         const Actor& actor,
                                                         const v1::RequestHumanReviewRequest& request,
                                                         const SealedText& reason) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  const bool body = actor.role == config::v1::ROLE_UNDERTAKER;
  RETURN_IF_ERROR(body ? edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER) : edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(CheckAutomatic(order));
  RETURN_IF_ERROR(CheckState(order));
  if (order.has_human_review()) return Error(config::v1::REASON_ALREADY_EXISTS);
  Faults faults;
  CheckLength(text::Trim(request.reason()), "reason", kMaxText, false, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::HumanReview& asked = *order.mutable_human_review();
  asked.set_asker(std::string(AskerOf(actor)));
  *asked.mutable_ask_time() = edit.timestamp();
  const int days = edit.limits().ruling_working_days();
  *asked.mutable_due_time() = clock::ToProto(InWorkingDays(edit.calendar(), edit.today(), days).due);
  edit.AddText(reason, v1::TEXT_KIND_HUMAN_REVIEW, 0);
  edit.Tell("HumanReviewAsked", asked.asker());
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideReviewAutomaticDispatch(const ledger::View& view, const Setting& setting,
                                                              const Actor& actor,
                                                              const v1::ReviewAutomaticDispatchRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(CheckAutomatic(order));
  const bool closed = !lifecycle::IsOpen(order.state());
  if (closed || !request.confirmed()) RETURN_IF_ERROR(CheckState(order));
  const std::string reason = text::SingleLine(request.reason());
  Faults faults;
  CheckLength(reason, "reason", kMaxText, true, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::HumanReview& review = *order.mutable_human_review();
  *review.mutable_review_time() = edit.timestamp();
  review.set_confirmed(request.confirmed());
  review.set_review_reason(Redact(reason, {order.subject().enterprise_name()}));
  review.set_reviewed_by(actor.text);
  edit.Tell("HumanReviewDone", review.confirmed() ? "CONFIRMED" : "OVERTURNED");
  if (!review.confirmed()) RETURN_IF_ERROR(TakeBack(edit));
  return edit.Finish();
}

}  // namespace jinqi::routing
