#include "services/routing/escalation.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/dispatch.h"
#include "services/routing/kinds.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

using events::v1::ORDER_STATE_ESCALATED;
using events::v1::ORDER_STATE_HANDLING;
using events::v1::ORDER_STATE_REWORK;

// What the enterprise is told of the new date.
constexpr char kDueReason[] = "联席会议议定办理时限";
constexpr std::size_t kMaxOpinion = 4000;
constexpr int kMaxDisputed = 10;
// The bad rating from which on a rework may go to the meeting (FBK-07).
constexpr int kBadRounds = 2;

struct Place {
  v1::MeetingLevel level = v1::MEETING_LEVEL_CITY;
  // Empty for the city's.
  std::string district;
};

void CheckDisputed(const Directory& directory, const v1::EscalateWorkOrderRequest& request, Faults& faults) {
  constexpr char kField[] = "disputed_undertakers";
  for (const std::string& code : request.disputed_undertakers()) {
    CheckBody(directory, code, kField, faults);
    if (directory.ModeOf(code) == ReceiveMode::kLiaison) {
      faults.Add(kField, config::v1::REASON_LIAISON_ONLY, {{"code", code}});
    }
  }
  if (request.disputed_undertakers_size() > kMaxDisputed) {
    faults.Add(kField, config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxDisputed)}});
  }
}

// Each once, the main one first.
std::vector<std::string> PartiesOf(const v1::WorkOrder& order, const v1::EscalateWorkOrderRequest& request) {
  std::vector<std::string> parties = {order.main_undertaker()};
  const auto add = [&](const std::string& code) {
    if (std::find(parties.begin(), parties.end(), code) == parties.end()) parties.push_back(code);
  };
  for (const v1::Assist& assist : order.assists()) {
    if (!assist.removed()) add(assist.undertaker());
  }
  for (const std::string& code : request.disputed_undertakers()) add(code);
  return parties;
}

Place PlaceFor(const std::vector<std::string>& parties, const Directory& directory) {
  std::set<std::string> districts;
  for (const std::string& code : parties) {
    const v1::Undertaker* body = directory.Find(code);
    districts.insert(body == nullptr ? "" : body->district_code());
  }
  const bool one_district = districts.size() == 1 && !districts.begin()->empty();
  return one_district ? Place{v1::MEETING_LEVEL_DISTRICT, *districts.begin()} : Place{};
}

bool Waits(const v1::WorkOrder& order) {
  return order.state() == ORDER_STATE_ESCALATED && !order.escalations().empty();
}

bool IsSimpleConsultation(const v1::WorkOrder& order) {
  return order.demand_type() == events::v1::DEMAND_TYPE_CONSULT &&
         !order.dispatches(order.dispatches_size() - 1).complex();
}

}  // namespace

std::string PlaceOf(v1::MeetingLevel level, std::string_view district_code) {
  return level == v1::MEETING_LEVEL_DISTRICT ? std::string(district_code) : std::string(kPlaceCity);
}

const v1::Escalation* WaitingEscalation(const v1::WorkOrder& order) {
  return Waits(order) ? &order.escalations(order.escalations_size() - 1) : nullptr;
}

v1::Escalation* WaitingEscalation(v1::WorkOrder& order) {
  return Waits(order) ? order.mutable_escalations(order.escalations_size() - 1) : nullptr;
}

absl::StatusOr<ledger::Outcome> DecideEscalate(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const v1::EscalateWorkOrderRequest& request, const SealedText& opinion) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(lifecycle::CheckMove(order.state(), ORDER_STATE_ESCALATED));
  if (order.state() == ORDER_STATE_REWORK && edit.record().bad_rounds() < kBadRounds) {
    return IllegalMove(ORDER_STATE_REWORK, ORDER_STATE_ESCALATED);
  }
  const Directory& directory = edit.reference().directory;
  const std::string text = text::Trim(request.opinion());
  Faults faults;
  if (text.empty()) faults.Add("opinion", config::v1::REASON_OPINION_REQUIRED);
  CheckLength(text, "opinion", kMaxOpinion, false, faults);
  CheckDisputed(directory, request, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  const std::vector<std::string> parties = PartiesOf(order, request);
  if (parties.size() < 2 || IsSimpleConsultation(order)) return Error(config::v1::REASON_ESCALATION_NOT_NEEDED);
  const Place place = PlaceFor(parties, directory);
  if (request.level() != v1::MEETING_LEVEL_UNSPECIFIED && request.level() != place.level) {
    return FieldError("level", config::v1::REASON_MEETING_LEVEL);
  }
  v1::Escalation& escalation = *order.add_escalations();
  *escalation.mutable_time() = edit.timestamp();
  escalation.set_undertaker(order.main_undertaker());
  escalation.set_by(actor.text);
  escalation.set_level(place.level);
  escalation.set_district_code(place.district);
  escalation.mutable_parties()->Assign(parties.begin(), parties.end());
  escalation.set_rework_round(order.rework_round());
  edit.AddText(opinion, v1::TEXT_KIND_OPINION, order.escalations_size() - 1);
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_ESCALATED, "OrderEscalated", PlaceOf(place.level, place.district)));
  return edit.Finish();
}

absl::Status ApplyMeetingDecision(OrderEdit& edit, const v1::MeetingDecision& decision, absl::CivilDay completion,
                                  const SealedText& minutes) {
  v1::WorkOrder& order = edit.order();
  *WaitingEscalation(order)->mutable_decision() = decision;
  edit.AddText(minutes, v1::TEXT_KIND_MINUTES, order.escalations_size() - 1);
  *order.mutable_due_time() = clock::ToProto(clock::EndOfDay(completion));
  order.set_due_provisional(false);
  order.set_due_basis(kBasisJointMeeting);
  if (order.rework_round() > 0) *order.mutable_rework_due_time() = order.due_time();
  Rearm(edit.record(), kTimerRework);
  // A warning that the new date does not ask for yet will be given again when it does.
  order.set_warning_level(
      std::min(order.warning_level(), WarningLevelAt(order, edit.calendar(), edit.limits(), edit.now())));
  DispatchPlan plan;
  plan.main = decision.lead_undertaker();
  plan.assists.assign(decision.assist_undertakers().begin(), decision.assist_undertakers().end());
  plan.decided_by = kDecidedByMeeting;
  plan.reason = decision.minutes_reference();
  v1::Dispatch& dispatch = AddDispatch(edit, plan);
  // What the meeting laid on a body it does not give back, and it need not sign for it.
  dispatch.set_designated(true);
  dispatch.set_taken_as_signed(true);
  *dispatch.mutable_sign_time() = edit.timestamp();
  if (!order.has_first_contact_time()) {
    const auto due = InWorkingDays(edit.calendar(), edit.today(), edit.limits().first_contact_working_days());
    *order.mutable_first_contact_due_time() = clock::ToProto(due.due);
  }
  edit.Tell("OrderDueChanged", kDueReason);
  return edit.Move(ORDER_STATE_HANDLING, "OrderMeetingDecided", decision.lead_undertaker());
}

}  // namespace jinqi::routing
