#include "services/routing/joint_meeting.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/dispatch.h"
#include "services/routing/escalation.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {
namespace {

using events::v1::ORDER_STATE_ESCALATED;

constexpr std::size_t kMaxReference = 100;
constexpr std::size_t kMaxMinutes = 4000;

std::string PlaceOf(const v1::JointMeeting& meeting) {
  return routing::PlaceOf(meeting.level(), meeting.district_code());
}

std::string Etag(std::int64_t version) { return absl::StrCat("\"", version, "\""); }

// A meeting under change.
struct Edit {
  std::string id;
  v1::JointMeetingRecord record;
  std::int64_t version = 0;

  v1::JointMeeting& meeting() { return *record.mutable_joint_meeting(); }
  std::string name() const { return "jointMeetings/" + id; }
  // Its date, which was checked when it was stored.
  absl::CivilDay date() const { return *clock::ParseDate(record.joint_meeting().meeting_date()); }

  v1::AgendaItem* Find(const std::string& order_no) {
    for (v1::AgendaItem& item : *meeting().mutable_items()) {
      if (item.order_no() == order_no) return &item;
    }
    return nullptr;
  }

  // With what the orders' decisions change.
  ledger::Outcome Finish(Micros now, std::string event, std::string data, std::vector<ledger::Outcome> orders) {
    *meeting().mutable_update_time() = clock::ToProto(now);
    ledger::Outcome outcome;
    outcome.changes.push_back({JointMeetingKey(id),
                               record.SerializeAsString(),
                               std::nullopt,
                               {{std::move(event), std::move(data), std::nullopt}}});
    for (ledger::Outcome& order : orders) {
      for (ledger::Change& change : order.changes) outcome.changes.push_back(std::move(change));
      for (ledger::Person& person : order.persons) outcome.persons.push_back(std::move(person));
    }
    outcome.answer = ShowMeeting(id, record, version + 1).SerializeAsString();
    return outcome;
  }
};

// One that takes items and decisions still.
absl::StatusOr<Edit> OpenPlanned(const ledger::View& view, const Actor& actor, const std::string& name,
                                 const std::string& etag) {
  Edit edit;
  ASSIGN_OR_RETURN(edit.id, IdOf(name, "jointMeetings"));
  const ledger::Key key = JointMeetingKey(edit.id);
  const ledger::Record* stored = view.Find(key);
  if (stored == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(edit.record, view.Read<v1::JointMeetingRecord>(key));
  edit.version = stored->version;
  if (!MaySeeMeeting(edit.meeting(), actor)) return Error(config::v1::REASON_NOT_FOUND);
  const bool planned = edit.meeting().state() == v1::JOINT_MEETING_STATE_PLANNED;
  const std::string state = planned ? "PLANNED" : "CONCLUDED";
  if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (etag != Etag(edit.version)) {
    return Error(config::v1::REASON_VERSION_CONFLICT, {{"etag", Etag(edit.version)}, {"state", state}});
  }
  if (!planned) return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", state}, {"to", "PLANNED"}});
  return edit;
}

absl::StatusOr<absl::CivilDay> Date(const std::string& text, const char* field, Faults& faults) {
  auto day = clock::ParseDate(text);
  if (!day.ok()) {
    faults.Add(field, text.empty() ? config::v1::REASON_REQUIRED : config::v1::REASON_FORMAT);
  }
  return day;
}

void CheckCompletion(const OrderEdit& edit, absl::CivilDay meeting, const v1::DecideAgendaItemRequest& request,
                     Faults& faults) {
  const auto day = Date(request.completion_date(), "completion_date", faults);
  if (!day.ok()) return;
  const bool rests = !edit.calendar().IsWorkingDay(*day) && !request.rest_day_confirmed();
  if (*day <= meeting || *day < edit.today() || rests) {
    faults.Add("completion_date", config::v1::REASON_MEETING_DATE);
  }
}

absl::Status CheckDecision(const OrderEdit& edit, absl::CivilDay meeting, const v1::DecideAgendaItemRequest& request) {
  const Directory& directory = edit.reference().directory;
  Faults faults;
  const std::string lead = request.lead_undertakers_size() == 1 ? request.lead_undertakers(0) : "";
  if (lead.empty()) {
    faults.Add("lead_undertakers", config::v1::REASON_MEETING_LEAD);
  } else {
    CheckMainBody(edit, lead, "lead_undertakers", faults);
  }
  CheckAssists(directory, lead, request.assist_undertakers(), faults);
  CheckCompletion(edit, meeting, request, faults);
  CheckLength(text::SingleLine(request.minutes_reference()), "minutes_reference", kMaxReference, true, faults);
  CheckLength(text::Trim(request.minutes()), "minutes", kMaxMinutes, false, faults);
  if (edit.today() < meeting) faults.Add("name", config::v1::REASON_TIME_TOO_EARLY);
  return faults.ToStatus();
}

v1::MeetingDecision DecisionOf(const OrderEdit& edit, const v1::DecideAgendaItemRequest& request) {
  v1::MeetingDecision decision;
  decision.set_lead_undertaker(request.lead_undertakers(0));
  *decision.mutable_assist_undertakers() = request.assist_undertakers();
  decision.set_completion_date(request.completion_date());
  decision.set_minutes_reference(text::SingleLine(request.minutes_reference()));
  *decision.mutable_time() = edit.timestamp();
  decision.set_by(edit.actor().text);
  return decision;
}

// The escalation that waits. ILLEGAL_MOVE: the order has been withdrawn, or does not wait.
absl::StatusOr<v1::Escalation*> Waiting(OrderEdit& edit) {
  v1::Escalation* waiting = WaitingEscalation(edit.order());
  if (waiting == nullptr) return IllegalMove(edit.order().state(), ORDER_STATE_ESCALATED);
  return waiting;
}

}  // namespace

absl::StatusOr<std::string> PlaceOfCaller(const Actor& actor, v1::MeetingLevel level,
                                          const std::string& district_code) {
  const bool own = level == v1::MEETING_LEVEL_UNSPECIFIED;
  if (!actor.district.empty()) {
    const bool foreign =
        (!own && level != v1::MEETING_LEVEL_DISTRICT) || (!district_code.empty() && district_code != actor.district);
    if (foreign) return Error(config::v1::REASON_PERMISSION_DENIED);
    return actor.district;
  }
  // Every district's hub has a district.
  if (actor.role == config::v1::ROLE_DISTRICT_HUB) return Error(config::v1::REASON_PERMISSION_DENIED);
  if (level == v1::MEETING_LEVEL_DISTRICT && district_code.empty()) {
    return FieldError("district_code", config::v1::REASON_REQUIRED);
  }
  return routing::PlaceOf(level, district_code);
}

bool MaySeeMeeting(const v1::JointMeeting& meeting, const Actor& actor) {
  return actor.district.empty() ? actor.role != config::v1::ROLE_DISTRICT_HUB : PlaceOf(meeting) == actor.district;
}

v1::JointMeeting ShowMeeting(const std::string& id, const v1::JointMeetingRecord& record, std::int64_t version) {
  v1::JointMeeting shown = record.joint_meeting();
  shown.set_name("jointMeetings/" + id);
  shown.set_etag(Etag(version));
  return shown;
}

absl::StatusOr<ledger::Outcome> DecideCreateMeeting(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const std::string& id,
                                                    const v1::CreateJointMeetingRequest& request) {
  ASSIGN_OR_RETURN(const ReferencePtr reference, setting.references->Of(view));
  Faults faults;
  if (request.level() == v1::MEETING_LEVEL_UNSPECIFIED) faults.Add("level", config::v1::REASON_REQUIRED);
  const auto day = Date(request.meeting_date(), "meeting_date", faults);
  if (day.ok() && *day < clock::ShanghaiDate(view.now())) {
    faults.Add("meeting_date", config::v1::REASON_TIME_TOO_EARLY);
  }
  RETURN_IF_ERROR(faults.ToStatus());
  ASSIGN_OR_RETURN(const std::string place, PlaceOfCaller(actor, request.level(), request.district_code()));
  const bool district = request.level() == v1::MEETING_LEVEL_DISTRICT;
  if (district && reference->directory.BodyOfDistrict(place).empty()) {
    return FieldError("district_code", config::v1::REASON_UNKNOWN_VALUE);
  }
  Edit edit;
  edit.id = id;
  v1::JointMeeting& meeting = edit.meeting();
  meeting.set_level(request.level());
  if (district) meeting.set_district_code(place);
  meeting.set_meeting_date(clock::FormatDate(*day));
  meeting.set_state(v1::JOINT_MEETING_STATE_PLANNED);
  *meeting.mutable_create_time() = clock::ToProto(view.now());
  return edit.Finish(view.now(), "JointMeetingCreated", "", {});
}

absl::StatusOr<ledger::Outcome> DecideAddItem(const ledger::View& view, const Setting& setting, const Actor& actor,
                                              const v1::AddAgendaItemRequest& request) {
  ASSIGN_OR_RETURN(Edit meeting, OpenPlanned(view, actor, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.work_order()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  ASSIGN_OR_RETURN(v1::Escalation * waiting, Waiting(edit));
  if (routing::PlaceOf(waiting->level(), waiting->district_code()) != PlaceOf(meeting.meeting())) {
    return FieldError("work_order", config::v1::REASON_MEETING_LEVEL);
  }
  if (!waiting->joint_meeting().empty() || meeting.Find(order_no) != nullptr) {
    return FieldError("work_order", config::v1::REASON_ALREADY_EXISTS);
  }
  if (meeting.meeting().items_size() >= kMaxAgendaItems) {
    return FieldError("work_order", config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxAgendaItems)}});
  }
  waiting->set_joint_meeting(meeting.name());
  v1::AgendaItem& item = *meeting.meeting().add_items();
  item.set_order_no(order_no);
  *item.mutable_add_time() = edit.timestamp();
  edit.Note("AgendaItemAdded", meeting.name());
  return meeting.Finish(edit.now(), "AgendaItemAdded", item.SerializeAsString(), {edit.Finish()});
}

absl::StatusOr<ledger::Outcome> DecideItem(const ledger::View& view, const Setting& setting, const Actor& actor,
                                           const v1::DecideAgendaItemRequest& request, const SealedText& minutes) {
  ASSIGN_OR_RETURN(Edit meeting, OpenPlanned(view, actor, request.name(), request.etag()));
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.work_order()));
  v1::AgendaItem* item = meeting.Find(order_no);
  if (item == nullptr) return FieldError("work_order", config::v1::REASON_NOT_FOUND);
  if (item->has_decision()) return Error(config::v1::REASON_MEETING_DECIDED);
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(Waiting(edit).status());
  RETURN_IF_ERROR(CheckDecision(edit, meeting.date(), request));
  const v1::MeetingDecision decision = DecisionOf(edit, request);
  RETURN_IF_ERROR(CheckMayLead(edit, decision.lead_undertaker()));
  std::vector<std::string> bodies(decision.assist_undertakers().begin(), decision.assist_undertakers().end());
  bodies.insert(bodies.begin(), decision.lead_undertaker());
  if (const std::string missing = FirstMissing(view, edit.reference().directory, bodies); !missing.empty()) {
    return FieldError("lead_undertakers", config::v1::REASON_UNKNOWN_VALUE, {{"missing", missing}});
  }
  *item->mutable_decision() = decision;
  RETURN_IF_ERROR(ApplyMeetingDecision(edit, decision, *clock::ParseDate(decision.completion_date()), minutes));
  return meeting.Finish(edit.now(), "AgendaItemDecided", item->SerializeAsString(), {edit.Finish()});
}

absl::StatusOr<ledger::Outcome> DecideConclude(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const v1::ConcludeJointMeetingRequest& request) {
  ASSIGN_OR_RETURN(Edit meeting, OpenPlanned(view, actor, request.name(), request.etag()));
  std::vector<ledger::Outcome> orders;
  for (const v1::AgendaItem& item : meeting.meeting().items()) {
    if (item.has_decision()) continue;
    ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, item.order_no()));
    v1::Escalation* waiting = WaitingEscalation(edit.order());
    if (waiting == nullptr || waiting->joint_meeting() != meeting.name()) continue;
    waiting->clear_joint_meeting();
    edit.Note("AgendaItemReleased", meeting.name());
    orders.push_back(edit.Finish());
  }
  meeting.meeting().set_state(v1::JOINT_MEETING_STATE_CONCLUDED);
  return meeting.Finish(view.now(), "JointMeetingConcluded", "", std::move(orders));
}

}  // namespace jinqi::routing
