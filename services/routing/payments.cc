#include "services/routing/payments.h"

#include <algorithm>
#include <utility>

#include "common/lifecycle/lifecycle.h"
#include "common/text/text.h"
#include "services/routing/catalogue.h"
#include "services/routing/checks.h"
#include "services/routing/kinds.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

constexpr char kProposalReason[] = "INT-22：拖欠中小企业账款由中小企业主管部门受理转办";
constexpr std::size_t kMaxReason = 500;

absl::CivilDay DateOf(const google::protobuf::Timestamp& time) { return clock::ShanghaiDate(clock::FromProto(time)); }

// The last day as it was asked for, after the present one and within the days of the regulation.
void CheckEndDate(const v1::WorkOrder& order, const Limits& limits, const std::string& date, Faults& faults) {
  const auto day = clock::ParseDate(date);
  if (!day.ok()) {
    faults.Add("end_date", date.empty() ? config::v1::REASON_REQUIRED : config::v1::REASON_FORMAT);
  } else if (*day <= DateOf(order.due_time())) {
    faults.Add("end_date", config::v1::REASON_EXTENSION_DATE);
  } else if (*day > DateOf(order.payment_clock().receipt_time()) + limits.payment_max_days()) {
    faults.Add("end_date", config::v1::REASON_OUT_OF_RANGE);
  }
}

}  // namespace

v1::Proposal WithPaymentBody(v1::Proposal proposal, const std::vector<std::string>& judged, const Directory& directory,
                             const Limits& limits) {
  const std::string& body = limits.payment_undertaker();
  const bool accused = std::find(judged.begin(), judged.end(), body) != judged.end();
  if (accused || directory.Find(body) == nullptr) return proposal;
  return WithFirst(std::move(proposal), body, kProposalReason, directory);
}

void NoteReceipt(OrderEdit& edit) {
  v1::WorkOrder& order = edit.order();
  if (!order.sme_payment() || order.payment_clock().has_receipt_time()) return;
  *order.mutable_payment_clock()->mutable_receipt_time() = edit.timestamp();
  edit.SetDueAnew();
}

absl::StatusOr<ledger::Outcome> DecideExtendPayment(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::ExtendPaymentOrderRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  if (!order.sme_payment()) return FieldError("name", config::v1::REASON_UNKNOWN_VALUE);
  const bool runs = lifecycle::DueClockRuns(order.state()) && order.state() != events::v1::ORDER_STATE_SUBMITTED &&
                    order.rework_round() == 0 && order.due_basis() != kBasisJointMeeting;
  if (!runs || !order.payment_clock().has_receipt_time()) {
    return IllegalMove(order.state(), events::v1::ORDER_STATE_HANDLING);
  }
  const std::string reason = text::SingleLine(request.reason());
  const std::string date = text::SingleLine(request.end_date());
  Faults faults;
  CheckEndDate(order, edit.limits(), date, faults);
  CheckLength(reason, "reason", kMaxReason, true, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  if (edit.now() >= MissedFrom(order.due_time())) {
    return Error(config::v1::REASON_AFTER_DUE, {{"due", clock::ToRfc3339(clock::FromProto(order.due_time()))}});
  }
  v1::PaymentClock& payment = *order.mutable_payment_clock();
  payment.set_end_date(date);
  payment.set_extend_reason(Redact(reason, {order.subject().enterprise_name()}));
  *payment.mutable_extend_time() = edit.timestamp();
  payment.set_extended_by(actor.text);
  edit.SetDueAnew();
  edit.Tell("OrderDueChanged", payment.extend_reason());
  return edit.Finish();
}

}  // namespace jinqi::routing
