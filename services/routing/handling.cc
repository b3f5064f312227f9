#include "services/routing/handling.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/kinds.h"
#include "services/routing/payments.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states and result types.

constexpr std::size_t kMaxShort = 500;
constexpr std::size_t kMaxText = 2000;

v1::Dispatch& LastDispatch(OrderEdit& edit) {
  return *edit.order().mutable_dispatches(edit.order().dispatches_size() - 1);
}

// A date of a year without notice may still move: it gives no breach (RTE-15).
bool IsCertain(const calendar::Calendar& calendar, const google::protobuf::Timestamp& due) {
  return calendar.IsPublished(clock::ShanghaiDate(clock::FromProto(due)).year());
}

bool TalkedInRound(const v1::WorkOrder& order) {
  return std::any_of(order.contacts().begin(), order.contacts().end(),
                     [&](const v1::ContactRecord& contact) { return contact.rework_round() == order.rework_round(); });
}

void SetFirstContactDue(OrderEdit& edit) {
  const auto due = InWorkingDays(edit.calendar(), edit.today(), edit.limits().first_contact_working_days());
  *edit.order().mutable_first_contact_due_time() = clock::ToProto(due.due);
}

void SignLate(OrderEdit& edit, v1::Dispatch& dispatch, const Deadline& deadline) {
  if (HasFired(edit.record(), kTimerSign)) return;
  MarkFired(edit.record(), kTimerSign);
  if (!deadline.provisional) {
    dispatch.set_signed_late(true);
    edit.Mark("LATE_SIGN");
  }
  edit.Tell("DeadlineMissed", "SIGN");
}

// Taken as signed already: the signature itself is noted, the time stays.
ledger::Outcome SignAfterTaking(OrderEdit& edit, v1::Dispatch& dispatch) {
  dispatch.set_signed_by(edit.actor().text);
  edit.Note("OrderSignedLate");
  return edit.Finish();
}

bool IsExplainReason(std::string_view reason) {
  return reason == "NO_LEGAL_BASIS" || reason == "BEYOND_POLICY" || reason == "THIRD_PARTY" || reason == "TECHNICAL" ||
         reason == "OTHER";
}

void CheckResultText(const v1::WorkOrder& order, const std::string& text, const std::string& fingerprint,
                     Faults& faults) {
  const auto& former = order.submissions();
  const bool again = std::any_of(former.begin(), former.end(), [&](const v1::Submission& submission) {
    return submission.reviewed() && !submission.approved() && submission.fingerprint() == fingerprint;
  });
  const std::size_t length = text::CodePoints(text);
  if (length == 0) {
    faults.Add("result_text", config::v1::REASON_REQUIRED);
  } else if (again || IsThin(text)) {
    faults.Add("result_text", config::v1::REASON_RESULT_TOO_THIN);
  } else if (length < kMinResult) {
    faults.Add("result_text", config::v1::REASON_TOO_SHORT);
  } else if (length > kMaxResult) {
    faults.Add("result_text", config::v1::REASON_TOO_LONG);
  }
}

void CheckExplanation(const v1::SubmitResultRequest& request, Faults& faults) {
  const bool explained = request.result_type() == RESULT_TYPE_EXPLAINED;
  CheckLength(text::Trim(request.considered()), "considered", kMaxText, explained, faults);
  CheckLength(text::Trim(request.help_offered()), "help_offered", kMaxText, explained, faults);
  if (explained && request.explain_reason().empty()) {
    faults.Add("explain_reason", config::v1::REASON_REQUIRED);
  } else if (!request.explain_reason().empty() && !IsExplainReason(request.explain_reason())) {
    faults.Add("explain_reason", config::v1::REASON_UNKNOWN_VALUE);
  }
}

absl::Status CheckSubmission(const v1::WorkOrder& order, const v1::SubmitResultRequest& request,
                             const std::string& text, const std::string& fingerprint) {
  Faults faults;
  CheckResultType(request.result_type(), "result_type", faults);
  CheckResultText(order, text, fingerprint, faults);
  CheckBasis(request.basis(), faults);
  CheckExplanation(request, faults);
  CheckLength(text::SingleLine(request.open_assist_reason()), "open_assist_reason", kMaxShort, false, faults);
  if (!TalkedInRound(order)) faults.Add("contacts", config::v1::REASON_CONTACT_REQUIRED);
  return faults.ToStatus();
}

absl::Status CheckAssists(const v1::WorkOrder& order, const v1::SubmitResultRequest& request) {
  if (!text::SingleLine(request.open_assist_reason()).empty()) return absl::OkStatus();
  for (const v1::Assist& assist : order.assists()) {
    if (assist.removed() || assist.has_answer_time()) continue;
    return Error(config::v1::REASON_ASSIST_OPEN, {{"code", assist.undertaker()}});
  }
  return absl::OkStatus();
}

// In days, as dates count; in a rework round against its own limit (FBK-01).
int LateDays(const v1::WorkOrder& order, Micros feedback) {
  const auto& due = order.rework_round() > 0 ? order.rework_due_time() : order.due_time();
  const auto days = clock::ShanghaiDate(feedback) - clock::ShanghaiDate(clock::FromProto(due));
  return static_cast<int>(std::max<absl::civil_diff_t>(days, 0));
}

}  // namespace

void CheckResultType(ResultType type, const char* field, Faults& faults) {
  const bool handled = type == RESULT_TYPE_SOLVED || type == RESULT_TYPE_PARTLY || type == RESULT_TYPE_EXPLAINED ||
                       type == RESULT_TYPE_LEGAL_CHANNEL;
  if (handled) return;
  const bool absent = type == RESULT_TYPE_UNSPECIFIED;
  faults.Add(field, absent ? config::v1::REASON_REQUIRED : config::v1::REASON_UNKNOWN_VALUE);
}

bool IsThin(std::string_view text) {
  static constexpr std::string_view kFillers[] = {"已经", "已",   "处理",   "办理", "解决", "答复", "回复",
                                                  "办结", "完毕", "完成",   "妥善", "此件", "该件", "该事项",
                                                  "问题", "了",   "请知悉", "特此", "收到"};
  std::string rest = text::Normalize(text);
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view filler : kFillers) {
      for (std::size_t at = rest.find(filler); at != std::string::npos; at = rest.find(filler)) {
        rest.erase(at, filler.size());
        found = true;
      }
    }
  }
  return rest.empty();
}

void HandOver(OrderEdit& edit, Micros time, const std::string& way, const std::string& person) {
  v1::WorkOrder& order = edit.order();
  v1::Feedback& feedback = *order.mutable_feedback();
  *feedback.mutable_time() = clock::ToProto(time);
  feedback.set_person(person);
  feedback.set_way(way);
  feedback.set_by(edit.actor().text);
  feedback.set_late_days(order.due_provisional() ? 0 : LateDays(order, time));
  feedback.set_late(feedback.late_days() > 0);
  *order.mutable_feedback_time() = feedback.time();
  if (feedback.late()) edit.Mark("FEEDBACK_LATE");
  EndStay(order, edit.now());
}

absl::StatusOr<ledger::Outcome> DecideSign(const ledger::View& view, const Setting& setting, const Actor& actor,
                                           const v1::SignWorkOrderRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER, false));
  if (request.etag().empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (edit.order().dispatches().empty()) return IllegalMove(edit.order().state(), ORDER_STATE_HANDLING);
  v1::Dispatch& dispatch = LastDispatch(edit);
  if (!dispatch.signed_by().empty()) return edit.Finish();
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (dispatch.taken_as_signed()) return SignAfterTaking(edit, dispatch);
  if (edit.order().state() != ORDER_STATE_DISPATCHED) {
    return IllegalMove(edit.order().state(), ORDER_STATE_HANDLING);
  }
  const Deadline deadline = SignDeadline(edit.order(), dispatch, edit.calendar(), edit.limits());
  if (edit.now() >= deadline.missed) SignLate(edit, dispatch, deadline);
  *dispatch.mutable_sign_time() = edit.timestamp();
  dispatch.set_signed_by(actor.text);
  if (!edit.order().has_first_contact_time()) SetFirstContactDue(edit);
  NoteReceipt(edit);
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_HANDLING, "OrderSigned"));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRecordContact(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::RecordContactRequest& request,
                                                    const SealedText& summary) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  const OrderState state = order.state();
  const bool owed = state == ORDER_STATE_DISPATCHED || state == ORDER_STATE_RETURN_REVIEW ||
                    state == ORDER_STATE_HANDLING || state == ORDER_STATE_ESCALATED || state == ORDER_STATE_REWORK;
  if (!owed) return IllegalMove(state, ORDER_STATE_HANDLING);
  const std::string person = text::SingleLine(request.person());
  Faults faults;
  CheckWay(request.way(), order.anonymous(), faults);
  CheckLength(person, "person", kMaxPerson, true, faults);
  CheckLength(request.summary(), "summary", kMaxText, false, faults);
  const Micros time = request.has_contact_time() ? clock::FromProto(request.contact_time()) : edit.now();
  // Also after a send-back within a rework a talk of before it does not count (FBK-07).
  const Micros earliest = order.rework_round() > 0 ? clock::FromProto(edit.record().rework_start_time())
                                                   : clock::FromProto(LastDispatch(edit).time());
  CheckTime(time, earliest, edit.now(), "contact_time", faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::ContactRecord& contact = *order.add_contacts();
  *contact.mutable_time() = clock::ToProto(time);
  contact.set_way(request.way());
  contact.set_person(person);
  contact.set_by(actor.text);
  contact.set_rework_round(order.rework_round());
  edit.AddText(summary, v1::TEXT_KIND_CONTACT, order.contacts_size() - 1);
  if (!order.has_first_contact_time()) {
    *order.mutable_first_contact_time() = contact.time();
    const bool late = order.has_first_contact_due_time() && time >= MissedFrom(order.first_contact_due_time()) &&
                      IsCertain(edit.calendar(), order.first_contact_due_time());
    if (late && !HasFired(edit.record(), kTimerContact)) edit.Mark("CONTACT_LATE");
  }
  edit.Tell("OrderContacted", request.way());
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideSubmitResult(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::SubmitResultRequest& request, const SealedText& result) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(lifecycle::CheckMove(order.state(), ORDER_STATE_SUBMITTED));
  const std::string text = text::Trim(request.result_text());
  const std::string fingerprint = text::Fingerprint(text);
  RETURN_IF_ERROR(CheckSubmission(order, request, text, fingerprint));
  RETURN_IF_ERROR(CheckAssists(order, request));
  v1::Submission& submission = *order.add_submissions();
  *submission.mutable_time() = edit.timestamp();
  submission.set_by(actor.text);
  submission.set_result_type(request.result_type());
  for (const std::string& basis : request.basis()) submission.add_basis(text::SingleLine(basis));
  submission.set_considered(text::Trim(request.considered()));
  submission.set_help_offered(text::Trim(request.help_offered()));
  submission.set_explain_reason(request.explain_reason());
  submission.set_open_assist_reason(text::SingleLine(request.open_assist_reason()));
  submission.set_fingerprint(fingerprint);
  submission.set_rework_round(order.rework_round());
  order.set_result_type(request.result_type());
  edit.AddText(result, v1::TEXT_KIND_RESULT, order.submissions_size() - 1);
  edit.record().set_result_text_id(result.id);
  Hold(order, kHubHolder, edit.now());
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_SUBMITTED, "OrderSubmitted"));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideReviewResult(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::ReviewResultRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  if (order.state() != ORDER_STATE_SUBMITTED) return IllegalMove(order.state(), ORDER_STATE_HANDLING);
  v1::Submission& submission = *order.mutable_submissions(order.submissions_size() - 1);
  if (submission.reviewed()) return Error(config::v1::REASON_ALREADY_REVIEWED);
  const std::string reason = text::SingleLine(request.reason());
  Faults faults;
  CheckLength(reason, "reason", kMaxShort, !request.approved(), faults);
  RETURN_IF_ERROR(faults.ToStatus());
  submission.set_reviewed(true);
  submission.set_approved(request.approved());
  submission.set_review_reason(reason);
  submission.set_reviewed_by(actor.text);
  *submission.mutable_review_time() = edit.timestamp();
  Hold(order, order.main_undertaker(), edit.now());
  if (request.approved()) {
    edit.Note("OrderReviewed", "APPROVED");
    return edit.Finish();
  }
  order.clear_result_type();
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_HANDLING, "OrderSentBack", reason));
  return edit.Finish();
}

absl::Status ApplyFeedback(OrderEdit& edit, Micros time, const std::string& way, const std::string& person,
                           std::string result_text) {
  HandOver(edit, time, way, person);
  edit.SetResultText(std::move(result_text));
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_FED_BACK, "OrderFedBack", way));
  v1::WorkOrder& order = edit.order();
  if (!order.anonymous()) return absl::OkStatus();
  *order.mutable_close_time() = edit.timestamp();
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_FOLLOWED_UP, "OrderFollowedUp", "ANONYMOUS"));
  return edit.Move(ORDER_STATE_CLOSED, "OrderClosed", "ANONYMOUS");
}

absl::StatusOr<ledger::Outcome> DecideRecordFeedback(const ledger::View& view, const Setting& setting,
                                                     const Actor& actor, const v1::RecordFeedbackRequest& request,
                                                     const std::string& result_text) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_LEAD, false));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  if (order.state() == ORDER_STATE_ESCALATED) return Error(config::v1::REASON_DECISION_MISSING);
  if (order.state() != ORDER_STATE_SUBMITTED) return IllegalMove(order.state(), ORDER_STATE_FED_BACK);
  const v1::Submission& submission = order.submissions(order.submissions_size() - 1);
  if (!submission.approved()) return Error(config::v1::REASON_RESULT_NOT_REVIEWED);
  const std::string person = text::SingleLine(request.person());
  Faults faults;
  CheckWay(request.way(), order.anonymous(), faults);
  CheckLength(person, "person", kMaxPerson, true, faults);
  const Micros time = clock::FromProto(request.feedback_time());
  if (!request.has_feedback_time()) {
    faults.Add("feedback_time", config::v1::REASON_REQUIRED);
  } else {
    CheckTime(time, clock::FromProto(submission.review_time()), edit.now(), "feedback_time", faults);
  }
  RETURN_IF_ERROR(faults.ToStatus());
  RETURN_IF_ERROR(ApplyFeedback(edit, time, request.way(), person, result_text));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideAddNote(const ledger::View& view, const Setting& setting, const Actor& actor,
                                              const v1::AddNoteRequest& request, const SealedText& note) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  Faults faults;
  CheckLength(text::Trim(request.text()), "text", kMaxText, true, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::Note& added = *edit.order().add_notes();
  *added.mutable_time() = edit.timestamp();
  added.set_by(actor.text);
  edit.AddText(note, v1::TEXT_KIND_NOTE, edit.order().notes_size() - 1);
  edit.Note("NoteAdded");
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideAnswerAssist(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::AnswerAssistRequest& request, const SealedText& answer) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  auto& assists = *edit.order().mutable_assists();
  const auto mine = std::find_if(assists.begin(), assists.end(), [&](const v1::Assist& assist) {
    return !assist.removed() && assist.undertaker() == actor.body;
  });
  if (mine == assists.end()) return Error(config::v1::REASON_NOT_UNDERTAKER);
  if (!lifecycle::IsOpen(edit.order().state())) return IllegalMove(edit.order().state(), ORDER_STATE_HANDLING);
  if (mine->has_answer_time()) return Error(config::v1::REASON_ALREADY_EXISTS);
  Faults faults;
  CheckLength(text::Trim(request.answer()), "answer", kMaxResult, true, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  const bool missed = edit.now() >= MissedFrom(mine->due_time()) && IsCertain(edit.calendar(), mine->due_time());
  mine->set_late(mine->late() || missed);
  *mine->mutable_answer_time() = edit.timestamp();
  edit.AddText(answer, v1::TEXT_KIND_ASSIST, static_cast<int>(mine - assists.begin()));
  edit.Note("AssistAnswered", actor.body);
  return edit.Finish();
}

}  // namespace jinqi::routing
