#include "services/routing/warnings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "services/routing/assists.h"
#include "services/routing/calls.h"
#include "services/routing/kinds.h"
#include "services/routing/payments.h"
#include "services/routing/statutory.h"
#include "services/routing/supervision.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.

v1::Dispatch& LastDispatch(OrderEdit& edit) {
  return *edit.order().mutable_dispatches(edit.order().dispatches_size() - 1);
}

// Handling never waits for a signature (RTE-08).
absl::Status TakeAsSigned(OrderEdit& edit) {
  v1::Dispatch& dispatch = LastDispatch(edit);
  dispatch.set_taken_as_signed(true);
  *dispatch.mutable_sign_time() = edit.timestamp();
  if (!edit.order().has_first_contact_time()) {
    const auto due = InWorkingDays(edit.calendar(), edit.today(), edit.limits().first_contact_working_days());
    *edit.order().mutable_first_contact_due_time() = clock::ToProto(due.due);
  }
  NoteReceipt(edit);
  return edit.Move(ORDER_STATE_HANDLING, "OrderSigned", "TAKEN_AS_SIGNED");
}

absl::Status MissSignature(OrderEdit& edit) {
  v1::Dispatch& dispatch = LastDispatch(edit);
  if (!SignDeadline(edit.order(), dispatch, edit.calendar(), edit.limits()).provisional) {
    dispatch.set_signed_late(true);
    edit.Mark("LATE_SIGN");
  }
  edit.Tell("DeadlineMissed", "SIGN");
  return edit.order().urgency() == URGENCY_LIFE_SAFETY ? TakeAsSigned(edit) : absl::OkStatus();
}

// A dispute about the duty is no ground to keep the enterprise waiting (RTE-05).
absl::Status MissContact(OrderEdit& edit) {
  const v1::Dispatch& dispatch = LastDispatch(edit);
  const absl::CivilDay signed_on = clock::ShanghaiDate(clock::FromProto(dispatch.sign_time()));
  const bool provisional =
      InWorkingDays(edit.calendar(), signed_on, edit.limits().first_contact_working_days()).provisional;
  const auto& returns = edit.order().returns();
  const bool disputed = std::any_of(returns.begin(), returns.end(), [&](const v1::Return& asked) {
    return asked.dispatch_number() == dispatch.number();
  });
  if (!provisional) edit.Mark(disputed ? "CONTACT_REFUSED" : "CONTACT_LATE");
  edit.Tell("DeadlineMissed", "CONTACT");
  return absl::OkStatus();
}

absl::Status Overdue(OrderEdit& edit) {
  const bool hub = HolderOf(edit.order()) == kHubHolder;
  edit.Mark(hub ? kOverdueHub : kOverdue);
  edit.Tell("DeadlineMissed", "OVERDUE");
  OpenTicket(edit, "OVERDUE", kLevelBodyLeader);
  return absl::OkStatus();
}

absl::Status Warn(OrderEdit& edit) {
  v1::WorkOrder& order = edit.order();
  order.set_warning_level(order.warning_level() + 1);
  switch (order.warning_level()) {
    case 1: edit.Tell("DeadlineNear", "YELLOW"); return absl::OkStatus();
    case 2: edit.Tell("DeadlineNear", "RED"); return absl::OkStatus();
    case 3: return Overdue(edit);
    default: break;
  }
  const v1::Undertaker* body = edit.reference().directory.Find(HolderOf(order));
  const bool district = body != nullptr && !body->district_code().empty();
  edit.Tell("DeadlineMissed", "OVERDUE_UP");
  OpenTicket(edit, "OVERDUE_UP", district ? kLevelDistrict : kLevelCity);
  return absl::OkStatus();
}

absl::Status MissRework(OrderEdit& edit, bool contact) {
  const Limits& limits = edit.limits();
  const absl::CivilDay began = clock::ShanghaiDate(clock::FromProto(edit.record().rework_start_time()));
  const int days = contact ? limits.rework_contact_working_days() : limits.rework_working_days();
  const bool breach = !InWorkingDays(edit.calendar(), began, days).provisional;
  if (breach) edit.Mark(contact ? "REWORK_CONTACT_LATE" : "REWORK_OVERDUE");
  edit.Tell("DeadlineMissed", contact ? "REWORK_CONTACT" : "REWORK");
  if (breach && !contact) OpenTicket(edit, "OVERDUE", kLevelBodyLeader);
  return absl::OkStatus();
}

// A year without notice gives no breach (RTE-15).
absl::Status MissInterim(OrderEdit& edit) {
  const absl::CivilDay accepted = clock::ShanghaiDate(clock::FromProto(edit.order().accept_time()));
  if (!InWorkingDays(edit.calendar(), accepted, edit.limits().handle_working_days()).provisional) {
    edit.Mark(kInterimLate);
  }
  edit.Tell("DeadlineMissed", "INTERIM");
  return absl::OkStatus();
}

absl::Status Fire(OrderEdit& edit, std::string_view timer) {
  if (timer == kTimerWarn) return Warn(edit);
  if (timer == kTimerAssist) return MissAssists(edit);
  if (timer == kTimerCall) return MissCalls(edit);
  MarkFired(edit.record(), timer);
  if (timer == kTimerSign) return MissSignature(edit);
  if (timer == kTimerTake) return TakeAsSigned(edit);
  if (timer == kTimerContact) return MissContact(edit);
  if (timer == kTimerReworkContact) return MissRework(edit, true);
  if (timer == kTimerRework) return MissRework(edit, false);
  if (timer == kTimerInterim) return MissInterim(edit);
  if (timer == kTimerArchive) return edit.Move(ORDER_STATE_ARCHIVED, "OrderArchived");
  if (timer == kTimerException) {
    edit.Tell("DeadlineMissed", absl::StrCat("EXCEPTION ", edit.order().exception()));
  } else if (timer == kTimerDispatch) {
    edit.Mark("LATE_DISPATCH");
    edit.Tell("DeadlineMissed", "DISPATCH");
  } else if (timer == kTimerRuling) {
    edit.Mark("LATE_RULING");
    edit.Tell("DeadlineMissed", "RULING");
  } else if (timer == kTimerExtension) {
    edit.Mark("LATE_EXTENSION_RULING");
    edit.Tell("DeadlineMissed", "EXTENSION");
  } else if (timer == kTimerHumanReview) {
    edit.Mark("LATE_HUMAN_REVIEW");
    edit.Tell("DeadlineMissed", "HUMAN_REVIEW");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideTimer(const ledger::View& view, const Setting& setting, const Actor& actor,
                                            const std::string& order_no, std::string_view timer) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  const auto timers = TimersOf(edit.record(), edit.calendar(), edit.limits());
  const bool waits = std::any_of(timers.begin(), timers.end(),
                                 [&](const ledger::Timer& one) { return one.name == timer && one.due <= edit.now(); });
  if (waits) RETURN_IF_ERROR(Fire(edit, timer));
  if (!edit.changed() && waits) edit.Note("TimerFired", timer);
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRecompute(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                const std::string& order_no) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  const ledger::Record* stored = view.Find(OrderKey(order_no));
  v1::WorkOrderRecord before;
  if (!before.ParseFromString(stored->body)) return absl::DataLossError("body of order " + order_no);
  const bool behind = before.order().calendar_version() != edit.order().calendar_version();
  if (behind && !edit.changed()) edit.Note("OrderRecomputed");
  return edit.Finish();
}

}  // namespace jinqi::routing
