#include "services/routing/calls.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {
namespace {

using events::v1::ORDER_STATE_HANDLING;

constexpr int kMaxAtOnce = 10;
// Of one order, over its whole life.
constexpr int kMaxCalls = 100;

absl::CivilDay DayOf(const v1::Call& call) { return clock::ShanghaiDate(clock::FromProto(call.time())); }

// Whose departments this caller may call: service staff of a park or township and the district's hub carry their
// district, a township that handles the order itself has it in the directory.
absl::StatusOr<std::string> DistrictOf(const Actor& actor, const Directory& directory) {
  if (actor.role != config::v1::ROLE_UNDERTAKER) {
    if (actor.district.empty() || actor.body.empty()) return Error(config::v1::REASON_PERMISSION_DENIED);
    return actor.district;
  }
  const v1::Undertaker* body = directory.Find(actor.body);
  if (body == nullptr || !IsTownship(*body)) return Error(config::v1::REASON_PERMISSION_DENIED);
  return body->district_code();
}

bool IsWaitedFor(const v1::WorkOrder& order, const std::string& code) {
  return std::any_of(order.calls().begin(), order.calls().end(),
                     [&](const v1::Call& call) { return call.undertaker() == code && !call.has_report_time(); });
}

Reason FaultOf(const OrderEdit& edit, const std::string& district, const std::string& code) {
  const v1::Undertaker* body = edit.reference().directory.Find(code);
  if (code.empty()) return config::v1::REASON_REQUIRED;
  if (code == edit.actor().body) return config::v1::REASON_CALL_TO_SELF;
  if (IsVillage(edit.reference().directory, code)) return config::v1::REASON_GRASSROOTS_FORBIDDEN;
  if (body == nullptr) return config::v1::REASON_NOT_IN_DIRECTORY;
  if (body->kind() != kDistrictDepartment || body->district_code() != district) {
    return config::v1::REASON_CALL_OTHER_DISTRICT;
  }
  return IsWaitedFor(edit.order(), code) ? config::v1::REASON_ALREADY_EXISTS : config::v1::REASON_UNSPECIFIED;
}

absl::Status CheckCalled(const OrderEdit& edit, const std::string& district,
                         const v1::CallUndertakersRequest& request) {
  constexpr char kField[] = "undertakers";
  Faults faults;
  std::set<std::string> seen;
  for (const std::string& code : request.undertakers()) {
    Reason fault = FaultOf(edit, district, code);
    if (!seen.insert(code).second) fault = config::v1::REASON_ALREADY_EXISTS;
    if (fault != config::v1::REASON_UNSPECIFIED) faults.Add(kField, fault, {{"code", code}});
  }
  if (request.undertakers().empty()) faults.Add(kField, config::v1::REASON_REQUIRED);
  const int most = std::min(kMaxAtOnce, kMaxCalls - edit.order().calls_size());
  if (request.undertakers_size() > most) {
    faults.Add(kField, config::v1::REASON_TOO_MANY, {{"limit", std::to_string(most)}});
  }
  return faults.ToStatus();
}

void AddCall(OrderEdit& edit, const std::string& district, const std::string& code) {
  v1::WorkOrder& order = edit.order();
  v1::Call& call = *order.add_calls();
  call.set_caller(edit.actor().body);
  call.set_by(edit.actor().text);
  call.set_district_code(district);
  call.set_undertaker(code);
  *call.mutable_time() = edit.timestamp();
  const Deadline due = CallDeadline(order, call, edit.calendar(), edit.limits());
  *call.mutable_due_time() = clock::ToProto(due.due);
  call.set_due_provisional(due.provisional);
}

bool IsMissed(const v1::WorkOrder& order, const v1::Call& call, Micros now) {
  return !call.due_provisional() && now >= CallMissedFrom(order, call);
}

bool IsOwed(const v1::Call& call) { return !call.has_report_time() && !call.late(); }

void Count(const v1::Call& call, v1::CallReport::Row& row) {
  row.set_calls(row.calls() + 1);
  if (call.has_report_time() && !call.late()) row.set_reported_in_time(row.reported_in_time() + 1);
  if (call.has_report_time() && call.late()) row.set_reported_late(row.reported_late() + 1);
  if (!call.has_report_time() && call.late()) row.set_missed(row.missed() + 1);
}

void AddRows(const std::map<std::string, v1::CallReport::Row>& rows,
             google::protobuf::RepeatedPtrField<v1::CallReport::Row>& out) {
  for (const auto& [undertaker, row] : rows) {
    v1::CallReport::Row& added = *out.Add();
    added = row;
    added.set_undertaker(undertaker);
    const int known = row.reported_in_time() + row.reported_late() + row.missed();
    if (known > 0) added.set_share_in_time(static_cast<double>(row.reported_in_time()) / known);
  }
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideCall(const ledger::View& view, const Setting& setting, const Actor& actor,
                                           const v1::CallUndertakersRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  ASSIGN_OR_RETURN(const std::string district, DistrictOf(actor, edit.reference().directory));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  if (!lifecycle::IsOpen(edit.order().state())) return IllegalMove(edit.order().state(), ORDER_STATE_HANDLING);
  RETURN_IF_ERROR(CheckCalled(edit, district, request));
  for (const std::string& code : request.undertakers()) AddCall(edit, district, code);
  edit.Note("UndertakersCalled", absl::StrJoin(request.undertakers(), " "));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideReportToCall(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::ReportToCallRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  v1::Call* mine = nullptr;
  for (v1::Call& call : *order.mutable_calls()) {
    if (call.undertaker() == actor.body) mine = &call;
  }
  if (mine == nullptr) return Error(config::v1::REASON_NOT_UNDERTAKER);
  if (mine->has_report_time()) return Error(config::v1::REASON_CALL_REPORTED, {{"code", actor.body}});
  if (!lifecycle::IsOpen(order.state())) return IllegalMove(order.state(), ORDER_STATE_HANDLING);
  const std::string person = text::SingleLine(request.person());
  const Micros arrived = clock::FromProto(request.arrive_time());
  Faults faults;
  CheckLength(person, "person", kMaxPerson, true, faults);
  if (!request.has_arrive_time()) {
    faults.Add("arrive_time", config::v1::REASON_REQUIRED);
  } else {
    CheckTime(arrived, clock::FromProto(mine->time()), edit.now(), "arrive_time", faults);
  }
  RETURN_IF_ERROR(faults.ToStatus());
  mine->set_person(person);
  *mine->mutable_arrive_time() = clock::ToProto(arrived);
  *mine->mutable_report_time() = edit.timestamp();
  mine->set_reported_by(actor.text);
  mine->set_late(mine->late() || IsMissed(order, *mine, edit.now()));
  edit.Note("CallReported", actor.body);
  return edit.Finish();
}

Micros NextCallMiss(const v1::WorkOrder& order) {
  Micros next = 0;
  if (!lifecycle::IsOpen(order.state())) return next;
  for (const v1::Call& call : order.calls()) {
    if (!IsOwed(call) || call.due_provisional()) continue;
    const Micros missed = CallMissedFrom(order, call);
    if (next == 0 || missed < next) next = missed;
  }
  return next;
}

absl::Status MissCalls(OrderEdit& edit) {
  v1::WorkOrder& order = edit.order();
  for (v1::Call& call : *order.mutable_calls()) {
    if (!IsOwed(call) || !IsMissed(order, call, edit.now())) continue;
    call.set_late(true);
    edit.Tell("DeadlineMissed", absl::StrCat("CALL ", call.undertaker()));
  }
  return absl::OkStatus();
}

std::string ToReportSide(std::string_view body) { return absl::StrCat("to/", std::string(body)); }

std::string MissedSide(std::string_view district_code) { return absl::StrCat("missed/", std::string(district_code)); }

std::string MonthSide(std::string_view district_code, absl::CivilMonth month) {
  const std::string first = clock::FormatDate(absl::CivilDay(month));
  return absl::StrCat("month/", std::string(district_code), "/", first.substr(0, sizeof("YYYY-MM") - 1));
}

std::vector<std::string> CallSides(const v1::WorkOrder& order) {
  std::set<std::string> values;
  const bool open = lifecycle::IsOpen(order.state());
  for (const v1::Call& call : order.calls()) {
    values.insert(MonthSide(call.district_code(), absl::CivilMonth(DayOf(call))));
    if (!open || call.has_report_time()) continue;
    values.insert(ToReportSide(call.undertaker()));
    if (call.late()) values.insert(MissedSide(call.district_code()));
  }
  return {values.begin(), values.end()};
}

void CallTally::Add(const v1::WorkOrder& order, absl::CivilMonth month) {
  for (const v1::Call& call : order.calls()) {
    const absl::CivilDay day = DayOf(call);
    if (call.district_code() != district_code_ || absl::CivilMonth(day) != month || day < from_ || day > to_) continue;
    Count(call, callers_[call.caller()]);
    Count(call, called_[call.undertaker()]);
  }
}

v1::CallReport CallTally::Report() const {
  v1::CallReport report;
  report.set_district_code(district_code_);
  AddRows(callers_, *report.mutable_callers());
  AddRows(called_, *report.mutable_called());
  return report;
}

}  // namespace jinqi::routing
