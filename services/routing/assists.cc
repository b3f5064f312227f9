#include "services/routing/assists.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/checks.h"
#include "services/routing/dispatch.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.

// Somebody leads the order and has not handed its result in.
bool TakesAssists(OrderState state) {
  return state == ORDER_STATE_DISPATCHED || state == ORDER_STATE_HANDLING || state == ORDER_STATE_ESCALATED ||
         state == ORDER_STATE_REWORK;
}

bool IsOwed(const v1::Assist& assist) { return !assist.removed() && !assist.has_answer_time() && !assist.late(); }

absl::StatusOr<OrderEdit> OpenFor(const ledger::View& view, const Setting& setting, const Actor& actor,
                                  const std::string& name, const std::string& etag) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(name));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(etag));
  if (!TakesAssists(edit.order().state())) return IllegalMove(edit.order().state(), ORDER_STATE_HANDLING);
  return edit;
}

// The one that stands for the body now; it may have been removed and added again.
v1::Assist* FindAssist(v1::WorkOrder& order, const std::string& code) {
  auto& assists = *order.mutable_assists();
  const auto found = std::find_if(assists.begin(), assists.end(), [&](const v1::Assist& assist) {
    return !assist.removed() && assist.undertaker() == code;
  });
  return found == assists.end() ? nullptr : &*found;
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideAddAssist(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                const v1::AddAssistRequest& request) {
  ASSIGN_OR_RETURN(OrderEdit edit, OpenFor(view, setting, actor, request.name(), request.etag()));
  v1::WorkOrder& order = edit.order();
  const std::string& code = request.undertaker();
  const Directory& directory = edit.reference().directory;
  Faults faults;
  CheckAssist(directory, order.main_undertaker(), code, "undertaker", faults);
  if (FindAssist(order, code) != nullptr) faults.Add("undertaker", config::v1::REASON_ALREADY_EXISTS);
  const auto assisting = std::count_if(order.assists().begin(), order.assists().end(),
                                       [](const v1::Assist& assist) { return !assist.removed(); });
  if (assisting >= kMaxAssists) {
    faults.Add("undertaker", config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxAssists)}});
  }
  RETURN_IF_ERROR(faults.ToStatus());
  if (const std::string missing = FirstMissing(view, directory, {code}); !missing.empty()) {
    return FieldError("undertaker", config::v1::REASON_UNKNOWN_VALUE, {{"code", code}, {"missing", missing}});
  }
  AddAssist(edit, code);
  edit.Tell("AssistAdded", code);
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRemoveAssist(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::RemoveAssistRequest& request) {
  ASSIGN_OR_RETURN(OrderEdit edit, OpenFor(view, setting, actor, request.name(), request.etag()));
  const std::string& code = request.undertaker();
  v1::Assist* assist = FindAssist(edit.order(), code);
  if (assist == nullptr) return Error(config::v1::REASON_ASSIST_UNKNOWN, {{"code", code}});
  if (assist->has_answer_time()) return Error(config::v1::REASON_ASSIST_ANSWERED, {{"code", code}});
  assist->set_removed(true);
  edit.Tell("AssistRemoved", code);
  return edit.Finish();
}

Micros NextAssistMiss(const v1::WorkOrder& order) {
  const bool runs = TakesAssists(order.state()) || order.state() == ORDER_STATE_RETURN_REVIEW;
  if (!runs || (order.due_provisional() && !ReworkRuns(order))) return 0;
  Micros next = 0;
  for (const v1::Assist& assist : order.assists()) {
    if (!IsOwed(assist)) continue;
    const Micros missed = MissedFrom(assist.due_time());
    if (next == 0 || missed < next) next = missed;
  }
  return next;
}

absl::Status MissAssists(OrderEdit& edit) {
  for (v1::Assist& assist : *edit.order().mutable_assists()) {
    if (!IsOwed(assist) || MissedFrom(assist.due_time()) > edit.now()) continue;
    assist.set_late(true);
    edit.Tell("DeadlineMissed", absl::StrCat("ASSIST ", assist.undertaker()));
  }
  return absl::OkStatus();
}

}  // namespace jinqi::routing
