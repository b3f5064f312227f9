#include "services/routing/clocks.h"

#include <map>

#include "common/lifecycle/lifecycle.h"

namespace jinqi::routing {
namespace {

using google::protobuf::Timestamp;

absl::CivilDay DateOf(const Timestamp& time) { return clock::ShanghaiDate(clock::FromProto(time)); }

void Set(Timestamp* field, const Deadline& deadline) { *field = clock::ToProto(deadline.due); }

// A meeting that decided in this round set its limit (RTE-22).
bool MeetingLimitsRound(const v1::WorkOrder& order) {
  if (order.escalations().empty()) return false;
  const v1::Escalation& last = order.escalations(order.escalations_size() - 1);
  return last.has_decision() && last.rework_round() == order.rework_round();
}

void RecomputeCalls(v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits) {
  for (v1::Call& call : *order.mutable_calls()) {
    if (call.has_report_time() || call.late()) continue;
    const Deadline due = CallDeadline(order, call, calendar, limits);
    Set(call.mutable_due_time(), due);
    call.set_due_provisional(due.provisional);
  }
}

int ReturnDays(const v1::Dispatch& dispatch, const Limits& limits) {
  return dispatch.complex() ? limits.return_complex_working_days() : limits.return_working_days();
}

Deadline OnDay(absl::CivilDay day) { return {clock::EndOfDay(day), clock::StartOfDay(day + 1), false}; }

// The transfer's limit until a handler has it, then the handler's, as far as the hub has extended it (INT-22).
Deadline PaymentDue(v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits) {
  v1::PaymentClock& payment = *order.mutable_payment_clock();
  const Deadline transfer =
      InWorkingDays(calendar, DateOf(order.accept_time()), limits.payment_transfer_working_days());
  Set(payment.mutable_transfer_due_time(), transfer);
  order.set_due_basis(kBasisPaymentTransfer);
  if (!payment.has_receipt_time()) return transfer;
  const auto extended = clock::ParseDate(payment.end_date());
  order.set_due_basis(extended.ok() ? kBasisPaymentMax : kBasisPaymentHandle);
  const absl::CivilDay last = DateOf(payment.receipt_time()) + limits.payment_handle_days();
  return OnDay(extended.ok() ? *extended : last);
}

Deadline EndOf(const calendar::Due& due) {
  return {clock::EndOfDay(due.day), clock::StartOfDay(due.day + 1), due.provisional};
}

Deadline ByLaw(const v1::StatutoryLimit& limit, const calendar::Calendar& calendar, absl::CivilDay accepted) {
  switch (limit.unit()) {
    case v1::LIMIT_UNIT_DAYS: return EndOf(calendar.AddDays(accepted, limit.number()));
    case v1::LIMIT_UNIT_MONTHS: return EndOf(calendar.AddMonths(accepted, limit.number()));
    default: return InWorkingDays(calendar, accepted, limit.number());
  }
}

// What is due without an extension, and why: the general rule, the regulation on payments, or a law (RTE-19).
Deadline BasicDue(v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits) {
  order.clear_interim_due_time();
  if (order.sme_payment()) return PaymentDue(order, calendar, limits);
  const absl::CivilDay accepted = DateOf(order.accept_time());
  const Deadline general = InWorkingDays(calendar, accepted, limits.handle_working_days());
  order.set_due_basis(kBasisGeneral);
  if (!order.has_statutory_limit()) return general;
  const v1::StatutoryLimit& law = order.statutory_limit().limit();
  const Deadline due = ByLaw(law, calendar, accepted);
  order.set_due_basis(absl::StrCat(kBasisStatutory, " ", law.law_id(), " ", law.article()));
  if (due.due > general.due) Set(order.mutable_interim_due_time(), general);
  return due;
}

// The days that were granted are added to what was due (RTE-18), so that a new calendar moves both.
Deadline Extended(v1::WorkOrder& order, const Deadline& due, int days, const calendar::Calendar& calendar) {
  Deadline extended = InWorkingDays(calendar, clock::ShanghaiDate(due.due), days);
  extended.provisional = extended.provisional || due.provisional;
  order.set_due_basis(kBasisExtension);
  return extended;
}

}  // namespace

Deadline InWorkingDays(const calendar::Calendar& calendar, absl::CivilDay start, int days) {
  const calendar::Due due = calendar.AddWorkingDays(start, days);
  return {clock::EndOfDay(due.day), clock::StartOfDay(due.day + 1), due.provisional};
}

Deadline InMinutes(Micros start, int minutes) {
  const Micros due = start + minutes * clock::kMinute;
  return {due, due + 1, false};
}

Micros MissedFrom(const Timestamp& due) { return clock::StartOfDay(DateOf(due) + 1); }

void SetDue(v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits) {
  const absl::CivilDay accepted = DateOf(order.accept_time());
  if (order.due_basis() != kBasisJointMeeting) {
    Deadline due = BasicDue(order, calendar, limits);
    for (const v1::Extension& extension : order.extensions()) {
      if (extension.agreed()) due = Extended(order, due, extension.working_days(), calendar);
    }
    Set(order.mutable_due_time(), due);
    order.set_due_provisional(due.provisional);
  }
  order.set_calendar_version(calendar.version());
  if (order.demand_type() == events::v1::DEMAND_TYPE_CONSULT) {
    Set(order.mutable_target_time(), InWorkingDays(calendar, accepted, limits.consult_target_working_days()));
  }
  for (v1::Assist& assist : *order.mutable_assists()) {
    if (assist.has_answer_time() || assist.removed()) continue;
    *assist.mutable_due_time() = AssistDue(order, calendar, limits);
  }
}

Timestamp AssistDue(const v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits) {
  const absl::CivilDay due = DateOf(ReworkRuns(order) ? order.rework_due_time() : order.due_time());
  return clock::ToProto(clock::EndOfDay(calendar.WorkingDayBefore(due, limits.assist_lead_working_days()).day));
}

Deadline CallDeadline(const v1::WorkOrder& order, const v1::Call& call, const calendar::Calendar& calendar,
                      const Limits& limits) {
  const Micros start = clock::FromProto(call.time());
  if (order.urgency() == events::v1::URGENCY_LIFE_SAFETY) {
    return InMinutes(start, limits.call_report_life_safety_minutes());
  }
  return InWorkingDays(calendar, clock::ShanghaiDate(start), limits.call_report_working_days());
}

Micros CallMissedFrom(const v1::WorkOrder& order, const v1::Call& call) {
  const bool in_minutes = order.urgency() == events::v1::URGENCY_LIFE_SAFETY;
  return in_minutes ? clock::FromProto(call.due_time()) + 1 : MissedFrom(call.due_time());
}

bool ReworkRuns(const v1::WorkOrder& order) {
  switch (order.state()) {
    case events::v1::ORDER_STATE_REWORK:
    case events::v1::ORDER_STATE_HANDLING:
    case events::v1::ORDER_STATE_ESCALATED:
    case events::v1::ORDER_STATE_SUBMITTED: return order.rework_round() > 0;
    default: return false;
  }
}

Deadline SignDeadline(const v1::WorkOrder& order, const v1::Dispatch& dispatch, const calendar::Calendar& calendar,
                      const Limits& limits) {
  const Micros start = clock::FromProto(dispatch.time());
  switch (order.urgency()) {
    case events::v1::URGENCY_LIFE_SAFETY: return InMinutes(start, limits.sign_life_safety_minutes());
    case events::v1::URGENCY_UTILITY: return InMinutes(start, limits.sign_utility_minutes());
    default: return InWorkingDays(calendar, clock::ShanghaiDate(start), limits.sign_normal_working_days());
  }
}

bool DueClockRuns(const v1::WorkOrder& order) {
  return lifecycle::DueClockRuns(order.state()) && order.rework_round() == 0 && !order.liaison();
}

const v1::Extension* PendingExtension(const v1::WorkOrder& order) {
  if (order.extensions().empty() || !DueClockRuns(order)) return nullptr;
  const v1::Extension& last = order.extensions(order.extensions_size() - 1);
  return !last.has_ruling_time() && last.undertaker() == order.main_undertaker() ? &last : nullptr;
}

const v1::HumanReview* PendingHumanReview(const v1::WorkOrder& order) {
  const bool led = !order.main_undertaker().empty() && order.dispatches_size() == 1;
  const bool waits = order.has_human_review() && !order.human_review().has_review_time();
  return led && waits && lifecycle::IsOpen(order.state()) ? &order.human_review() : nullptr;
}

bool Recompute(v1::WorkOrderRecord& record, const calendar::Calendar& calendar, const Limits& limits) {
  v1::WorkOrder& order = *record.mutable_order();
  const Timestamp before = order.due_time();
  if (order.liaison() || !lifecycle::IsOpen(order.state())) {
    order.set_calendar_version(calendar.version());
    return false;
  }
  SetDue(order, calendar, limits);
  if (order.dispatches_size() > 0) {
    v1::Dispatch& dispatch = *order.mutable_dispatches(order.dispatches_size() - 1);
    const absl::CivilDay sent = DateOf(dispatch.time());
    if (!dispatch.has_sign_time()) {
      Set(dispatch.mutable_sign_due_time(), SignDeadline(order, dispatch, calendar, limits));
    }
    Set(dispatch.mutable_return_due_time(), InWorkingDays(calendar, sent, ReturnDays(dispatch, limits)));
    if (dispatch.has_sign_time() && !order.has_first_contact_time()) {
      Set(order.mutable_first_contact_due_time(),
          InWorkingDays(calendar, DateOf(dispatch.sign_time()), limits.first_contact_working_days()));
    }
  }
  if (order.state() == events::v1::ORDER_STATE_RETURN_REVIEW && order.returns_size() > 0) {
    v1::Return& asked = *order.mutable_returns(order.returns_size() - 1);
    Set(asked.mutable_ruling_due_time(), InWorkingDays(calendar, DateOf(asked.time()), limits.ruling_working_days()));
  }
  if (PendingExtension(order) != nullptr) {
    v1::Extension& asked = *order.mutable_extensions(order.extensions_size() - 1);
    Set(asked.mutable_ruling_due_time(),
        InWorkingDays(calendar, DateOf(asked.time()), limits.extension_ruling_working_days()));
  }
  if (PendingHumanReview(order) != nullptr) {
    v1::HumanReview& asked = *order.mutable_human_review();
    Set(asked.mutable_due_time(), InWorkingDays(calendar, DateOf(asked.ask_time()), limits.ruling_working_days()));
  }
  RecomputeCalls(order, calendar, limits);
  if (ReworkRuns(order) && !MeetingLimitsRound(order)) {
    const absl::CivilDay began = DateOf(record.rework_start_time());
    Set(order.mutable_rework_due_time(), InWorkingDays(calendar, began, limits.rework_working_days()));
    Set(order.mutable_rework_contact_due_time(), InWorkingDays(calendar, began, limits.rework_contact_working_days()));
  }
  return before.seconds() != order.due_time().seconds();
}

void Hold(v1::WorkOrder& order, std::string_view holder, Micros from) {
  if (order.stays_size() > 0) {
    v1::Stay& last = *order.mutable_stays(order.stays_size() - 1);
    if (!last.has_end_time()) {
      if (last.holder() == holder) return;
      *last.mutable_end_time() = clock::ToProto(from);
    }
  }
  v1::Stay& stay = *order.add_stays();
  stay.set_holder(std::string(holder));
  *stay.mutable_start_time() = clock::ToProto(from);
}

void EndStay(v1::WorkOrder& order, Micros now) {
  if (order.stays_size() == 0) return;
  v1::Stay& last = *order.mutable_stays(order.stays_size() - 1);
  if (!last.has_end_time()) *last.mutable_end_time() = clock::ToProto(now);
}

std::string_view HolderOf(const v1::WorkOrder& order) {
  if (order.stays_size() == 0) return kHubHolder;
  const v1::Stay& last = order.stays(order.stays_size() - 1);
  return last.has_end_time() ? std::string_view(kHubHolder) : std::string_view(last.holder());
}

v1::ClockReport ReportClock(const v1::WorkOrder& order, const calendar::Calendar& calendar, Micros now) {
  v1::ClockReport report;
  report.set_order_no(order.order_no());
  *report.mutable_due_time() = order.due_time();
  std::map<std::string, int> place;
  for (const v1::Stay& stay : order.stays()) {
    const absl::CivilDay end = stay.has_end_time() ? DateOf(stay.end_time()) : clock::ShanghaiDate(now);
    const int days = calendar.WorkingDaysBetween(DateOf(stay.start_time()), end);
    const auto [found, added] = place.emplace(stay.holder(), report.shares_size());
    if (added) report.add_shares()->set_holder(stay.holder());
    v1::ClockReport::Share& share = *report.mutable_shares(found->second);
    share.set_working_days(share.working_days() + days);
  }
  return report;
}

Micros WarningInstant(const v1::WorkOrder& order, int level, const calendar::Calendar& calendar, const Limits& limits) {
  const absl::CivilDay due = DateOf(order.due_time());
  switch (level) {
    case 1: return clock::StartOfDay(calendar.WorkingDayBefore(due, limits.warn_yellow_working_days()).day);
    case 2: return clock::StartOfDay(calendar.WorkingDayBefore(due, limits.warn_red_working_days()).day);
    case 3: return clock::StartOfDay(due + 1);
    default: return clock::StartOfDay(calendar.AddWorkingDays(due, limits.overdue_up_working_days()).day + 1);
  }
}

int WarningLevelAt(const v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits, Micros now) {
  const int highest = order.due_provisional() ? 2 : 4;
  int level = 0;
  while (level < highest && WarningInstant(order, level + 1, calendar, limits) <= now) ++level;
  return level;
}

}  // namespace jinqi::routing
