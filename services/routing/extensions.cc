#include "services/routing/extensions.h"

#include <algorithm>

#include "common/lifecycle/lifecycle.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/kinds.h"
#include "services/routing/sight.h"
#include "services/routing/timers.h"
#include "services/routing/warnings.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.

constexpr std::size_t kMaxText = 500;

absl::CivilDay DateOf(const google::protobuf::Timestamp& time) { return clock::ShanghaiDate(clock::FromProto(time)); }

absl::Status AfterDue(const google::protobuf::Timestamp& due) {
  return Error(config::v1::REASON_AFTER_DUE, {{"due", clock::ToRfc3339(clock::FromProto(due))}});
}

// A rework has a limit of its own, and what a joint meeting set only a joint meeting moves (RTE-22).
absl::Status CheckState(const v1::WorkOrder& order) {
  const bool rework = order.rework_round() > 0;
  const bool may = order.state() == ORDER_STATE_DISPATCHED || order.state() == ORDER_STATE_HANDLING;
  if (may && !rework && order.due_basis() != kBasisJointMeeting) return absl::OkStatus();
  return IllegalMove(rework ? ORDER_STATE_REWORK : order.state(), ORDER_STATE_HANDLING);
}

int Used(const v1::WorkOrder& order) {
  const auto& all = order.extensions();
  return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const v1::Extension& one) {
    return one.has_ruling_time() || one.undertaker() == order.main_undertaker();
  }));
}

// The working days from the due date to the new one; 0 with a fault.
int CheckDate(const OrderEdit& edit, const std::string& date, Faults& faults) {
  const auto day = clock::ParseDate(date);
  if (!day.ok()) {
    faults.Add("new_due_date", date.empty() ? config::v1::REASON_REQUIRED : config::v1::REASON_FORMAT);
    return 0;
  }
  const absl::CivilDay due = DateOf(edit.order().due_time());
  if (*day <= due || !edit.calendar().IsWorkingDay(*day)) {
    faults.Add("new_due_date", config::v1::REASON_EXTENSION_DATE);
    return 0;
  }
  const int most = edit.limits().extension_max_working_days();
  // Longer than any count of working days: years that nobody counts.
  const bool far = *day - due > 366;
  const int days = far ? most + 1 : edit.calendar().WorkingDaysBetween(due, *day);
  if (days <= most) return days;
  faults.Add("new_due_date", config::v1::REASON_EXTENSION_TOO_LONG, {{"limit", std::to_string(most)}});
  return 0;
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideRequestExtension(const ledger::View& view, const Setting& setting,
                                                       const Actor& actor, const v1::RequestExtensionRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(CheckState(order));
  if (order.sme_payment()) return FieldError("name", config::v1::REASON_UNKNOWN_VALUE);
  const std::string reason = text::SingleLine(request.reason());
  const std::string measures = text::SingleLine(request.measures());
  Faults faults;
  CheckLength(reason, "reason", kMaxText, true, faults);
  CheckLength(measures, "measures", kMaxText, true, faults);
  const int days = CheckDate(edit, text::SingleLine(request.new_due_date()), faults);
  RETURN_IF_ERROR(faults.ToStatus());
  if (edit.now() >= MissedFrom(order.due_time())) return AfterDue(order.due_time());
  if (Used(order) >= edit.limits().extension_max_count()) return Error(config::v1::REASON_EXTENSION_USED);
  const std::vector<std::string> names = {order.subject().enterprise_name()};
  v1::Extension& asked = *order.add_extensions();
  asked.set_undertaker(order.main_undertaker());
  *asked.mutable_time() = edit.timestamp();
  asked.set_reason(Redact(reason, names));
  asked.set_measures(Redact(measures, names));
  asked.set_working_days(days);
  *asked.mutable_old_due_time() = order.due_time();
  *asked.mutable_new_due_time() = clock::ToProto(InWorkingDays(edit.calendar(), DateOf(order.due_time()), days).due);
  const int ruling = edit.limits().extension_ruling_working_days();
  *asked.mutable_ruling_due_time() = clock::ToProto(InWorkingDays(edit.calendar(), edit.today(), ruling).due);
  Rearm(edit.record(), kTimerExtension);
  edit.Tell("OrderExtensionAsked");
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRuleExtension(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::RuleExtensionRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  if (PendingExtension(order) == nullptr) return Error(config::v1::REASON_EXTENSION_NONE);
  const std::string reason = text::SingleLine(request.reason());
  Faults faults;
  CheckLength(reason, "reason", kMaxText, !request.agreed(), faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::Extension& asked = *order.mutable_extensions(order.extensions_size() - 1);
  *asked.mutable_ruling_time() = edit.timestamp();
  asked.set_agreed(request.agreed());
  asked.set_ruling_reason(Redact(reason, {order.subject().enterprise_name()}));
  asked.set_ruled_by(actor.text);
  if (!asked.agreed()) {
    edit.Tell("OrderExtensionRefused", asked.ruling_reason());
    return edit.Finish();
  }
  const auto& marks = order.marks();
  const bool overdue = std::find(marks.begin(), marks.end(), kOverdue) != marks.end();
  edit.SetDueAnew();
  if (edit.now() >= MissedFrom(order.due_time())) return AfterDue(order.due_time());
  if (overdue) {
    edit.Unmark(kOverdue);
    edit.Mark(kOverdueHub);
  }
  edit.Tell("OrderExtended", asked.reason());
  return edit.Finish();
}

}  // namespace jinqi::routing
