#include "services/routing/partner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "google/protobuf/util/json_util.h"
#include "services/routing/checks.h"
#include "services/routing/handling.h"
#include "services/routing/kinds.h"
#include "services/routing/returns.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.
using v1::PartnerAnswer;
using v1::PartnerTransfer;

constexpr std::size_t kMaxNumber = 64;
constexpr std::size_t kMaxReason = 1000;
constexpr char kWayPartner[] = "PARTNER";

// Nothing that the partner still may say or do.
bool IsOver(PartnerTransfer::State state) {
  return state == PartnerTransfer::STATE_ANSWERED || state == PartnerTransfer::STATE_RETURNED ||
         state == PartnerTransfer::STATE_WITHDRAWN;
}

PartnerTransfer* LastTransfer(v1::WorkOrder& order) {
  return order.partner_transfers().empty() ? nullptr : &*order.mutable_partner_transfers()->rbegin();
}

// What goes to the partner that has the order now leaves before what an earlier one is still to be told.
void Post(OrderEdit& edit, v1::PartnerMessageKind kind, const std::string& partner) {
  v1::WorkOrderRecord& record = edit.record();
  record.set_partner_messages(record.partner_messages() + 1);
  auto& waiting = *record.mutable_partner_mail();
  v1::PartnerMail& mail = *waiting.Add();
  mail.set_number(record.partner_messages());
  mail.set_kind(kind);
  mail.set_partner(partner);
  *mail.mutable_create_time() = edit.timestamp();
  outbound::Begin(*mail.mutable_delivery(), edit.now());
  std::stable_partition(waiting.begin(), waiting.end(),
                        [&](const v1::PartnerMail& one) { return one.partner() == partner; });
}

// Who answers has it, whatever became of the attempt to send it.
void DropTransferMail(v1::WorkOrderRecord& record, const std::string& partner) {
  auto& waiting = *record.mutable_partner_mail();
  waiting.erase(std::remove_if(waiting.begin(), waiting.end(),
                               [&](const v1::PartnerMail& mail) {
                                 return mail.partner() == partner && mail.kind() == v1::PARTNER_MESSAGE_KIND_TRANSFER;
                               }),
                waiting.end());
}

absl::Status GiveBackToHub(OrderEdit& edit, PartnerTransfer& transfer, const std::string& reason) {
  transfer.set_state(PartnerTransfer::STATE_RETURNED);
  transfer.set_return_reason(reason);
  return GiveBack(edit, edit.now(), "OrderPartnerReturned", reason);
}

void Accept(OrderEdit& edit, PartnerTransfer& transfer, const std::string& number) {
  const bool news = transfer.state() != PartnerTransfer::STATE_ACCEPTED || transfer.partner_number() != number;
  transfer.set_state(PartnerTransfer::STATE_ACCEPTED);
  transfer.set_partner_number(number);
  if (news) edit.Tell("OrderPartnerAccepted", number);
}

void CheckAnswer(const PartnerAnswer& answer, Faults& faults) {
  const bool accepts = answer.outcome() == PartnerAnswer::OUTCOME_ACCEPTED;
  CheckLength(text::SingleLine(answer.partner_number()), "answer.partner_number", kMaxNumber, accepts, faults);
  const std::string text = text::Trim(answer.text());
  switch (answer.outcome()) {
    case PartnerAnswer::OUTCOME_ACCEPTED: return;
    case PartnerAnswer::OUTCOME_RETURNED: return CheckLength(text, "answer.text", kMaxReason, true, faults);
    case PartnerAnswer::OUTCOME_RESULT:
      CheckResultType(answer.result_type(), "answer.result_type", faults);
      CheckLength(text, "answer.text", kMaxResult, true, faults);
      if (!text.empty() && text::CodePoints(text) < kMinResult) {
        faults.Add("answer.text", config::v1::REASON_TOO_SHORT);
      }
      return;
    default: faults.Add("answer.outcome", config::v1::REASON_REQUIRED);
  }
}

OrderState TargetOf(PartnerAnswer::Outcome outcome) {
  switch (outcome) {
    case PartnerAnswer::OUTCOME_RESULT: return ORDER_STATE_FED_BACK;
    case PartnerAnswer::OUTCOME_RETURNED: return ORDER_STATE_PENDING_DISPATCH;
    default: return ORDER_STATE_PARTNER_PENDING;
  }
}

absl::Status TakeResult(OrderEdit& edit, PartnerTransfer& transfer, const PartnerAnswer& answer,
                        const SealedText& result) {
  transfer.set_state(PartnerTransfer::STATE_ANSWERED);
  v1::WorkOrder& order = edit.order();
  const std::string text = text::Trim(answer.text());
  v1::Submission& submission = *order.add_submissions();
  *submission.mutable_time() = edit.timestamp();
  *submission.mutable_review_time() = edit.timestamp();
  submission.set_by(edit.actor().text);
  submission.set_result_type(answer.result_type());
  submission.set_fingerprint(text::Fingerprint(text));
  // The partner answers for its result; the hub reviews none of another place.
  submission.set_reviewed(true);
  submission.set_approved(true);
  order.set_result_type(answer.result_type());
  edit.AddText(result, v1::TEXT_KIND_RESULT, order.submissions_size() - 1);
  edit.record().set_result_text_id(result.id);
  return ApplyFeedback(edit, edit.now(), kWayPartner, transfer.display_name(), Redact(text, {}));
}

absl::Status TakeAnswer(OrderEdit& edit, PartnerTransfer& transfer, const PartnerAnswer& answer,
                        const SealedText& result) {
  const std::string number = text::SingleLine(answer.partner_number());
  switch (answer.outcome()) {
    case PartnerAnswer::OUTCOME_RESULT:
      if (!number.empty()) transfer.set_partner_number(number);
      return TakeResult(edit, transfer, answer, result);
    case PartnerAnswer::OUTCOME_RETURNED:
      return GiveBackToHub(edit, transfer,
                           Redact(text::SingleLine(answer.text()), {edit.order().subject().enterprise_name()}));
    default:
      Accept(edit, transfer, number);
      if (!edit.changed()) edit.Note("PartnerAnswerNoted");
      return absl::OkStatus();
  }
}

std::string ReceiptOf(const OrderEdit& edit) {
  v1::PartnerReceipt receipt;
  receipt.set_order_no(edit.order().order_no());
  receipt.set_state(edit.order().state());
  *receipt.mutable_time() = edit.timestamp();
  return receipt.SerializeAsString();
}

// Empty: the partner has given none yet.
std::string NumberIn(const std::string& body) {
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  v1::PartnerAcknowledgement acknowledgement;
  if (!google::protobuf::util::JsonStringToMessage(body, &acknowledgement, lenient).ok()) return "";
  const std::string number = text::SingleLine(acknowledgement.partner_number());
  return text::CodePoints(number) > kMaxNumber ? "" : number;
}

// A transfer that left, or will never leave; `given_up`: why.
absl::Status SettleTransfer(OrderEdit& edit, const PartnerReport& report, const std::string& given_up) {
  PartnerTransfer* transfer = LastTransfer(edit.order());
  if (transfer == nullptr || transfer->state() != PartnerTransfer::STATE_SENDING) return absl::OkStatus();
  if (!given_up.empty()) return GiveBackToHub(edit, *transfer, given_up);
  transfer->set_state(PartnerTransfer::STATE_DELIVERED);
  *transfer->mutable_delivery_time() = edit.timestamp();
  if (const std::string number = NumberIn(report.report.body); !number.empty()) Accept(edit, *transfer, number);
  return absl::OkStatus();
}

}  // namespace

const PartnerTransfer* TransferOf(const v1::WorkOrder& order) {
  if (order.partner_transfers().empty()) return nullptr;
  const PartnerTransfer& last = *order.partner_transfers().rbegin();
  return last.state() == PartnerTransfer::STATE_RETURNED ? nullptr : &last;
}

bool IsSending(const v1::WorkOrder& order, const std::string& partner) {
  const PartnerTransfer* transfer = TransferOf(order);
  return transfer != nullptr && transfer->partner() == partner && transfer->state() == PartnerTransfer::STATE_SENDING;
}

bool AnsweredByPartner(const v1::WorkOrder& order) {
  const PartnerTransfer* transfer = TransferOf(order);
  return transfer != nullptr && transfer->state() == PartnerTransfer::STATE_ANSWERED;
}

void EndTransfer(OrderEdit& edit, PartnerTransfer::State state, std::string_view reason) {
  PartnerTransfer* transfer = LastTransfer(edit.order());
  if (transfer == nullptr || IsOver(transfer->state())) return;
  transfer->set_state(state);
  transfer->set_return_reason(std::string(reason));
  Post(edit, v1::PARTNER_MESSAGE_KIND_WITHDRAWAL, transfer->partner());
}

absl::StatusOr<ledger::Outcome> DecideTransferToPartner(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor, const v1::TransferToPartnerRequest& request,
                                                        const Partners& partners) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(lifecycle::CheckMove(order.state(), ORDER_STATE_PARTNER_PENDING));
  const auto found = partners.find(request.partner());
  const absl::Status unknown =
      FieldError("partner", config::v1::REASON_PARTNER_UNKNOWN, {{"partner", request.partner()}});
  if (found == partners.end()) return unknown;
  const v1::Partner& partner = found->second.partner;
  if (!request.consent()) return Error(config::v1::REASON_PARTNER_CONSENT, {{"phone", partner.phone()}});
  if (!partner.reachable()) return unknown;
  PartnerTransfer& transfer = *order.add_partner_transfers();
  transfer.set_partner(partner.code());
  transfer.set_display_name(partner.display_name());
  transfer.set_phone(partner.phone());
  transfer.set_state(PartnerTransfer::STATE_SENDING);
  *transfer.mutable_transfer_time() = edit.timestamp();
  transfer.set_by(actor.text);
  order.clear_exception();
  edit.record().clear_exception_time();
  Post(edit, v1::PARTNER_MESSAGE_KIND_TRANSFER, partner.code());
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_PARTNER_PENDING, "OrderPartnerSent", partner.code()));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRecallFromPartner(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor,
                                                        const v1::RecallFromPartnerRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (edit.order().state() != ORDER_STATE_PARTNER_PENDING) {
    return IllegalMove(edit.order().state(), ORDER_STATE_PENDING_DISPATCH);
  }
  constexpr char kRecalled[] = "RECALLED";
  EndTransfer(edit, PartnerTransfer::STATE_RETURNED, kRecalled);
  RETURN_IF_ERROR(GiveBack(edit, edit.now(), "OrderPartnerReturned", kRecalled));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecidePartnerAnswer(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const std::string& partner,
                                                    const PartnerAnswer& answer, const SealedText& result) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, answer.order_no()));
  PartnerTransfer* transfer = LastTransfer(edit.order());
  if (transfer == nullptr || transfer->partner() != partner) return Error(config::v1::REASON_NOT_FOUND);
  Faults faults;
  CheckAnswer(answer, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  if (IsOver(transfer->state())) return IllegalMove(edit.order().state(), TargetOf(answer.outcome()));
  DropTransferMail(edit.record(), partner);
  if (!transfer->has_delivery_time()) *transfer->mutable_delivery_time() = edit.timestamp();
  *transfer->mutable_answer_time() = edit.timestamp();
  RETURN_IF_ERROR(TakeAnswer(edit, *transfer, answer, result));
  const std::string receipt = ReceiptOf(edit);
  ledger::Outcome outcome = edit.Finish();
  outcome.answer = receipt;
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecidePartnerReport(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const PartnerReport& report) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, report.order_no));
  auto& waiting = *edit.record().mutable_partner_mail();
  if (waiting.empty() || waiting.begin()->number() != report.number) return ledger::Outcome();
  edit.Note("PartnerMessageTried");
  std::string given_up = report.report.unsent;
  if (given_up.empty()) {
    const auto verdict =
        outbound::Note(*waiting.begin()->mutable_delivery(), report.report, edit.limits().partner_retry(), edit.now());
    if (verdict == outbound::Verdict::kAgain) return edit.Finish();
    given_up = outbound::Reason(verdict);
  }
  const bool transfer = waiting.begin()->kind() == v1::PARTNER_MESSAGE_KIND_TRANSFER;
  waiting.erase(waiting.begin());
  if (transfer) RETURN_IF_ERROR(SettleTransfer(edit, report, given_up));
  return edit.Finish();
}

}  // namespace jinqi::routing
