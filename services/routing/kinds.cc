#include "services/routing/kinds.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "google/protobuf/arena.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/calls.h"
#include "services/routing/clocks.h"
#include "services/routing/escalation.h"

namespace jinqi::routing {
namespace {

using ledger::Value;
using Values = std::vector<Value>;

template <typename Record>
absl::StatusOr<Record> Parse(const std::string& body, std::string_view kind) {
  Record record;
  if (!record.ParseFromString(body)) return absl::DataLossError(absl::StrCat("body of a ", std::string(kind)));
  return record;
}

std::int64_t DueOrder(const v1::WorkOrder& order) {
  return clock::FromProto(order.has_due_time() ? order.due_time() : order.accept_time());
}

Value Only(bool when, std::int64_t value) { return when ? Value(value) : Value(); }

bool UnderSupervision(const v1::WorkOrder& order) {
  for (const v1::Supervision& ticket : order.supervisions()) {
    if (!ticket.has_answer_time()) return true;
  }
  return false;
}

// On an arena, as both extractors run for every change and need little of the record.
absl::StatusOr<const v1::WorkOrderRecord*> ParseOrder(const std::string& body, google::protobuf::Arena& arena) {
  auto* record = google::protobuf::Arena::CreateMessage<v1::WorkOrderRecord>(&arena);
  if (!record->ParseFromString(body)) return absl::DataLossError("body of a work_order");
  return record;
}

absl::StatusOr<Values> OrderColumns(const std::string& body) {
  google::protobuf::Arena arena;
  ASSIGN_OR_RETURN(const v1::WorkOrderRecord* parsed, ParseOrder(body, arena));
  const v1::WorkOrder& order = parsed->order();
  const std::int64_t due = DueOrder(order);
  const v1::Escalation* waiting = WaitingEscalation(order);
  const v1::HumanReview* review = PendingHumanReview(order);
  const v1::PartnerMail* mail = parsed->partner_mail().empty() ? nullptr : &parsed->partner_mail(0);
  return Values{static_cast<std::int64_t>(order.state()),
                order.main_undertaker(),
                order.subject().district_code(),
                due,
                Only(lifecycle::IsOpen(order.state()), due),
                Only(!order.exception().empty(), due),
                Only(UnderSupervision(order), due),
                order.calendar_version(),
                waiting == nullptr ? "" : PlaceOf(waiting->level(), waiting->district_code()),
                Only(waiting != nullptr, due),
                review == nullptr ? Value() : Value(clock::FromProto(review->due_time())),
                mail == nullptr ? "" : mail->partner(),
                mail == nullptr ? Value() : Value(clock::FromProto(mail->delivery().next_time()))};
}

absl::StatusOr<std::vector<std::vector<std::string>>> OrderSides(const std::string& body) {
  google::protobuf::Arena arena;
  ASSIGN_OR_RETURN(const v1::WorkOrderRecord* record, ParseOrder(body, arena));
  std::vector<std::string> bodies;
  for (const v1::Assist& assist : record->order().assists()) {
    if (!assist.removed()) bodies.push_back(assist.undertaker());
  }
  return std::vector<std::vector<std::string>>{std::move(bodies), CallSides(record->order())};
}

ledger::Kind WorkOrderKind() {
  ledger::Kind kind;
  kind.name = kWorkOrder;
  kind.columns = {{"state", ledger::ColumnType::kInteger},          {"main", ledger::ColumnType::kText},
                  {"district", ledger::ColumnType::kText},          {"due_time", ledger::ColumnType::kInteger},
                  {"open_due", ledger::ColumnType::kInteger},       {"exception_due", ledger::ColumnType::kInteger},
                  {"supervised_due", ledger::ColumnType::kInteger}, {"calendar_version", ledger::ColumnType::kInteger},
                  {"meeting_place", ledger::ColumnType::kText},     {"meeting_due", ledger::ColumnType::kInteger},
                  {"review_due", ledger::ColumnType::kInteger},     {"partner", ledger::ColumnType::kText},
                  {"partner_due", ledger::ColumnType::kInteger}};
  kind.extract = OrderColumns;
  kind.sides = {"assist", "call"};
  kind.extract_sides = OrderSides;
  kind.person_digest = [](const std::string& body) {
    v1::WorkOrderRecord record;
    return record.ParseFromString(body) ? record.person_digest() : std::string();
  };
  return kind;
}

ledger::Kind TextKind() {
  ledger::Kind kind;
  kind.name = kOrderText;
  kind.columns = {{"order_no", ledger::ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<Values> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::TextRecord>(body, kOrderText));
    return Values{record.order_no()};
  };
  kind.person_digest = [](const std::string& body) {
    v1::TextRecord record;
    return record.ParseFromString(body) ? record.person_digest() : std::string();
  };
  return kind;
}

ledger::Kind JointMeetingKind() {
  ledger::Kind kind;
  kind.name = kJointMeeting;
  kind.columns = {{"place", ledger::ColumnType::kText}, {"meeting_day", ledger::ColumnType::kInteger}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<Values> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::JointMeetingRecord>(body, kJointMeeting));
    const v1::JointMeeting& meeting = record.joint_meeting();
    ASSIGN_OR_RETURN(const absl::CivilDay day, clock::ParseDate(meeting.meeting_date()));
    return Values{PlaceOf(meeting.level(), meeting.district_code()), clock::StartOfDay(day)};
  };
  return kind;
}

ledger::Kind UndertakerKind() {
  ledger::Kind kind;
  kind.name = kUndertaker;
  kind.extract = [](const std::string&) -> absl::StatusOr<Values> { return Values{}; };
  return kind;
}

absl::StatusOr<Values> ReferenceColumns(const std::string& body) {
  ASSIGN_OR_RETURN(const auto record, Parse<v1::ReferenceRecord>(body, kReference));
  switch (record.record_case()) {
    case v1::ReferenceRecord::kCalendar: return Values{"calendar", record.calendar().calendar().version(), Value()};
    case v1::ReferenceRecord::kCatalogue: return Values{"catalogue", record.catalogue().catalogue().version(), Value()};
    case v1::ReferenceRecord::kCampaign:
      return Values{"campaign", record.campaign().calendar_version(),
                    Only(!record.campaign().done(), record.campaign().calendar_version())};
    case v1::ReferenceRecord::kTownshipDuties:
      return Values{"duties", record.township_duties().duties().version(), Value()};
    case v1::ReferenceRecord::kHead:
    case v1::ReferenceRecord::RECORD_NOT_SET: break;
  }
  return Values{"head", std::int64_t{0}, Value()};
}

ledger::Kind ReferenceKind() {
  ledger::Kind kind;
  kind.name = kReference;
  kind.columns = {{"type", ledger::ColumnType::kText},
                  {"number", ledger::ColumnType::kInteger},
                  {"open", ledger::ColumnType::kInteger}};
  kind.extract = ReferenceColumns;
  return kind;
}

}  // namespace

std::vector<ledger::Kind> Kinds() {
  return {WorkOrderKind(), TextKind(), JointMeetingKind(), UndertakerKind(), ReferenceKind()};
}

ledger::Key OrderKey(std::string_view order_no) { return {kWorkOrder, std::string(order_no)}; }
ledger::Key TextKey(std::string_view text_id) { return {kOrderText, std::string(text_id)}; }
ledger::Key JointMeetingKey(std::string_view id) { return {kJointMeeting, std::string(id)}; }
ledger::Key UndertakerKey(std::string_view code) { return {kUndertaker, std::string(code)}; }
ledger::Key HeadKey() { return {kReference, "head"}; }
ledger::Key CalendarKey(std::int64_t version) { return {kReference, absl::StrCat("calendar/", version)}; }
ledger::Key CatalogueKey(std::int64_t version) { return {kReference, absl::StrCat("catalogue/", version)}; }
ledger::Key CampaignKey(std::int64_t version) { return {kReference, absl::StrCat("campaign/", version)}; }
ledger::Key DutiesKey(std::string_view district_code) {
  return {kReference, absl::StrCat("duties/", std::string(district_code))};
}

absl::StatusOr<std::string> IdOf(std::string_view name, std::string_view collection) {
  const std::string prefix = std::string(collection) + "/";
  if (name.size() <= prefix.size() || name.size() > prefix.size() + 64 || name.substr(0, prefix.size()) != prefix) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  return std::string(name.substr(prefix.size()));
}

absl::StatusOr<std::string> OrderNoOf(std::string_view name) { return IdOf(name, "workOrders"); }

}  // namespace jinqi::routing
