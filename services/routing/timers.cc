#include "services/routing/timers.h"

#include <algorithm>

#include "common/clock/clock.h"
#include "common/lifecycle/lifecycle.h"
#include "services/routing/assists.h"
#include "services/routing/calls.h"
#include "services/routing/clocks.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.

class Collector {
 public:
  explicit Collector(const v1::WorkOrderRecord& record) : record_(record) {}

  void Add(const char* name, Micros due) {
    if (!HasFired(record_, name)) timers_.push_back({name, due});
  }
  std::vector<ledger::Timer> Take() { return std::move(timers_); }

 private:
  const v1::WorkOrderRecord& record_;
  std::vector<ledger::Timer> timers_;
};

Micros At(const google::protobuf::Timestamp& time) { return clock::FromProto(time); }

bool IsUrgent(const v1::WorkOrder& order) {
  return order.urgency() == URGENCY_LIFE_SAFETY || order.urgency() == URGENCY_UTILITY;
}

void AddPending(const v1::WorkOrderRecord& record, const Limits& limits, Collector& out) {
  const v1::WorkOrder& order = record.order();
  if (!order.exception().empty()) {
    out.Add(kTimerException, At(record.exception_time()) + limits.exception_alarm_minutes() * clock::kMinute);
    return;
  }
  const int minutes = IsUrgent(order) ? limits.dispatch_urgent_minutes() : limits.dispatch_normal_minutes();
  out.Add(kTimerDispatch, At(record.pending_time()) + minutes * clock::kMinute);
}

void AddDispatched(const v1::WorkOrder& order, Collector& out) {
  const v1::Dispatch& dispatch = order.dispatches(order.dispatches_size() - 1);
  const Micros sign = IsUrgent(order) ? At(dispatch.sign_due_time()) : MissedFrom(dispatch.sign_due_time());
  out.Add(kTimerSign, sign);
  // One that cannot be returned and is pressing is taken at its signing limit, by that timer.
  if (order.urgency() != URGENCY_LIFE_SAFETY) out.Add(kTimerTake, MissedFrom(dispatch.return_due_time()));
}

bool ContactIsOwed(const v1::WorkOrder& order) {
  return order.has_first_contact_due_time() && !order.has_first_contact_time() &&
         (order.state() == ORDER_STATE_HANDLING || order.state() == ORDER_STATE_RETURN_REVIEW ||
          order.state() == ORDER_STATE_ESCALATED);
}

bool TalkedInRound(const v1::WorkOrder& order) {
  return std::any_of(order.contacts().begin(), order.contacts().end(),
                     [&](const v1::ContactRecord& contact) { return contact.rework_round() == order.rework_round(); });
}

}  // namespace

bool HasFired(const v1::WorkOrderRecord& record, std::string_view timer) {
  return std::find(record.fired().begin(), record.fired().end(), timer) != record.fired().end();
}

void MarkFired(v1::WorkOrderRecord& record, std::string_view timer) {
  if (!HasFired(record, timer)) record.add_fired(std::string(timer));
}

void Rearm(v1::WorkOrderRecord& record, std::string_view timer) {
  auto& fired = *record.mutable_fired();
  fired.erase(std::remove(fired.begin(), fired.end(), timer), fired.end());
}

std::vector<ledger::Timer> TimersOf(const v1::WorkOrderRecord& record, const calendar::Calendar& calendar,
                                    const Limits& limits) {
  const v1::WorkOrder& order = record.order();
  Collector out(record);
  if (order.state() == ORDER_STATE_PENDING_DISPATCH) AddPending(record, limits, out);
  if (order.state() == ORDER_STATE_DISPATCHED) AddDispatched(order, out);
  if (order.state() == ORDER_STATE_RETURN_REVIEW) {
    out.Add(kTimerRuling, MissedFrom(order.returns(order.returns_size() - 1).ruling_due_time()));
  }
  if (ContactIsOwed(order)) out.Add(kTimerContact, MissedFrom(order.first_contact_due_time()));
  const int highest = order.due_provisional() ? 2 : 4;
  if (DueClockRuns(order) && order.warning_level() < highest) {
    out.Add(kTimerWarn, WarningInstant(order, order.warning_level() + 1, calendar, limits));
  }
  if (DueClockRuns(order) && order.has_interim_due_time() && !order.has_interim_answer()) {
    out.Add(kTimerInterim, MissedFrom(order.interim_due_time()));
  }
  if (const v1::Extension* asked = PendingExtension(order); asked != nullptr) {
    out.Add(kTimerExtension, MissedFrom(asked->ruling_due_time()));
  }
  if (const v1::HumanReview* asked = PendingHumanReview(order); asked != nullptr) {
    out.Add(kTimerHumanReview, MissedFrom(asked->due_time()));
  }
  if (ReworkRuns(order)) {
    if (!TalkedInRound(order)) out.Add(kTimerReworkContact, MissedFrom(order.rework_contact_due_time()));
    out.Add(kTimerRework, MissedFrom(order.rework_due_time()));
  }
  if (const Micros missed = NextAssistMiss(order); missed != 0) out.Add(kTimerAssist, missed);
  if (const Micros missed = NextCallMiss(order); missed != 0) out.Add(kTimerCall, missed);
  // No window of a rating of its own ends it.
  const bool explained = order.rework_round() > 0 && record.explained_round() == order.rework_round();
  const bool unrated = order.liaison() || order.anonymous() || explained;
  if (order.state() == ORDER_STATE_WITHDRAWN || (order.state() == ORDER_STATE_CLOSED && unrated)) {
    out.Add(kTimerArchive, At(order.close_time()) + limits.archive_after_days() * clock::kDay);
  }
  return out.Take();
}

}  // namespace jinqi::routing
