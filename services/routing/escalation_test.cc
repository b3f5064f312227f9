#include "services/routing/escalation.h"

#include "services/routing/calendars.h"
#include "services/routing/intents.h"
#include "services/routing/joint_meeting.h"
#include "services/routing/sight.h"
#include "services/routing/supervision.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;

constexpr char kAccepted[] = "2025-11-18T09:00:00+08:00";
constexpr char kMeeting[] = "jointMeetings/m1";
constexpr char kOpinion[] = "经研判，事项涉及两区管辖，提请联席会议研究";

// An order that `body` handles, of the subject's district 120104.
Book Handled(const std::string& body, const Strings& assists = {}, const NewOrder& created = Book::Demand(kAccepted)) {
  Book book;
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(book.Dispatch(body, assists));
  REQUIRE_OK(book.Sign(Of(body)));
  return book;
}

v1::EscalateWorkOrderRequest Escalation(const Book& book, const Strings& disputed) {
  v1::EscalateWorkOrderRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.mutable_disputed_undertakers()->Assign(disputed.begin(), disputed.end());
  request.set_opinion(kOpinion);
  return request;
}

absl::Status Escalate(Book& book, const std::string& body, const v1::EscalateWorkOrderRequest& request) {
  return book.Keep(DecideEscalate(book, book.setting(), Of(body), request, {"t9", "sealed", "digest"}));
}

std::string MeetingEtag(const Book& book) {
  return absl::StrCat("\"", book.Find(JointMeetingKey("m1"))->version, "\"");
}
v1::JointMeeting Meeting(const Book& book) {
  return Must(book.Read<v1::JointMeetingRecord>(JointMeetingKey("m1"))).joint_meeting();
}

v1::CreateJointMeetingRequest NewMeeting(const std::string& date, v1::MeetingLevel level = v1::MEETING_LEVEL_CITY,
                                         const std::string& district = "") {
  v1::CreateJointMeetingRequest request;
  request.set_level(level);
  request.set_district_code(district);
  request.set_meeting_date(date);
  return request;
}

absl::Status Create(Book& book, const v1::CreateJointMeetingRequest& request, const Actor& actor = Leader()) {
  return book.Keep(DecideCreateMeeting(book, book.setting(), actor, "m1", request));
}

v1::AddAgendaItemRequest Item(const Book& book) {
  v1::AddAgendaItemRequest request;
  request.set_name(kMeeting);
  request.set_etag(MeetingEtag(book));
  request.set_work_order(kName);
  return request;
}

absl::Status AddItem(Book& book, const Actor& actor = Leader()) {
  return book.Keep(DecideAddItem(book, book.setting(), actor, Item(book)));
}

v1::DecideAgendaItemRequest Decision(const Book& book, const Strings& leads = {"ZJW"},
                                     const std::string& date = "2025-11-28") {
  v1::DecideAgendaItemRequest request;
  request.set_name(kMeeting);
  request.set_etag(MeetingEtag(book));
  request.set_work_order(kName);
  request.mutable_lead_undertakers()->Assign(leads.begin(), leads.end());
  request.set_completion_date(date);
  request.set_minutes_reference("津联席纪要〔2025〕3号");
  return request;
}

absl::Status Decide(Book& book, const v1::DecideAgendaItemRequest& request, const Actor& actor = Leader()) {
  return book.Keep(DecideItem(book, book.setting(), actor, request, {"t10", "sealed", "digest"}));
}

// On the agenda of the city's meeting of 2025-11-20, which is today.
Book OnAgenda(const std::string& body = "Q120104", const Strings& disputed = {"Q120101"}) {
  Book book = Handled(body);
  REQUIRE_OK(Escalate(book, body, Escalation(book, disputed)));
  book.SetNow("2025-11-20T10:00:00+08:00");
  REQUIRE_OK(Create(book, NewMeeting("2025-11-20")));
  REQUIRE_OK(AddItem(book));
  return book;
}

TEST_CASE("a hard case goes to the joint meeting of its level", "[RTE-21]") {
  struct Row {
    const char* id;
    const char* main;
    Strings assists;
    Strings disputed;
    v1::MeetingLevel asked;
    // Empty: refused for the reason.
    const char* place;
    Reason reason;
  };
  const auto none = config::v1::REASON_UNSPECIFIED;
  const auto any = v1::MEETING_LEVEL_UNSPECIFIED;
  const Row rows[] = {
      {"RTE-21/accept: two districts", "Q120104", {}, {"Q120101"}, any, "CITY", none},
      {"RTE-21/accept: said as well", "Q120104", {}, {"Q120101"}, v1::MEETING_LEVEL_CITY, "CITY", none},
      {"RTE-21/accept: departments of two districts", "NK-ZJ", {}, {"HP-ZJ"}, any, "CITY", none},
      {"RTE-21/accept: a city body", "Q120104", {}, {"ZJW"}, any, "CITY", none},
      {"RTE-21/accept: a city body that assists", "Q120104", {"ZJW"}, {}, any, "CITY", none},
      {"RTE-21/accept: two city bodies", "ZJW", {}, {"GHZY"}, any, "CITY", none},
      {"RTE-21/accept: one district", "Q120104", {}, {"NK-ZJ"}, any, "120104", none},
      {"RTE-21/accept: its own list", "NK-ZJ", {}, {"NK-CG"}, v1::MEETING_LEVEL_DISTRICT, "120104", none},
      {"RTE-21/bad/2: one body", "Q120104", {}, {}, any, "", config::v1::REASON_ESCALATION_NOT_NEEDED},
      {"RTE-21/bad/2: itself", "Q120104", {}, {"Q120104"}, any, "", config::v1::REASON_ESCALATION_NOT_NEEDED},
      {"RTE-21/bad/3: not the district's",
       "Q120104",
       {},
       {"Q120101"},
       v1::MEETING_LEVEL_DISTRICT,
       "",
       config::v1::REASON_MEETING_LEVEL},
      {"RTE-21/bad/3: not the city's",
       "Q120104",
       {},
       {"NK-ZJ"},
       v1::MEETING_LEVEL_CITY,
       "",
       config::v1::REASON_MEETING_LEVEL},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handled(row.main, row.assists);
    v1::EscalateWorkOrderRequest request = Escalation(book, row.disputed);
    request.set_level(row.asked);
    CHECK(Refused(Escalate(book, row.main, request)) == row.reason);
    const std::string place = row.place;
    CHECK(book.state() == (place.empty() ? ORDER_STATE_HANDLING : ORDER_STATE_ESCALATED));
    if (place.empty()) continue;
    INFO("RTE-21/accept: the enterprise is told");
    CHECK(book.Told("OrderEscalated", place));
    CHECK(book.told.back().second.to() == ORDER_STATE_ESCALATED);
    CHECK(book.told.back().second.order().meeting_place() == place);
    const v1::Escalation escalation = book.order().escalations(0);
    CHECK(PlaceOf(escalation.level(), escalation.district_code()) == place);
    CHECK(escalation.undertaker() == row.main);
    CHECK(escalation.by() == Of(row.main).text);
    CHECK(Shown(escalation.time()) == kAccepted);
    CHECK(escalation.parties(0) == row.main);
    CHECK(escalation.parties_size() == 2);
    CHECK(escalation.opinion().empty());
  }
}

TEST_CASE("no case goes there without a written opinion", "[RTE-21]") {
  struct Row {
    const char* id;
    std::function<void(v1::EscalateWorkOrderRequest&)> edit;
    Reason reason;
  };
  const Row rows[] = {
      {"RTE-21/bad/1", [](auto& request) { request.clear_opinion(); }, config::v1::REASON_OPINION_REQUIRED},
      {"RTE-21/bad/1: blank", [](auto& request) { request.set_opinion(" 　"); }, config::v1::REASON_OPINION_REQUIRED},
      {"longest", [](auto& request) { request.set_opinion(std::string(4000, 'x')); }, config::v1::REASON_UNSPECIFIED},
      {"too long", [](auto& request) { request.set_opinion(std::string(4001, 'x')); }, config::v1::REASON_TOO_LONG},
      {"unknown", [](auto& request) { request.add_disputed_undertakers("XXX"); }, config::v1::REASON_NOT_IN_DIRECTORY},
      {"collective", [](auto& request) { request.add_disputed_undertakers("ALLQ"); },
       config::v1::REASON_UNDERTAKER_COLLECTIVE},
      {"a court", [](auto& request) { request.add_disputed_undertakers("GFY"); }, config::v1::REASON_LIAISON_ONLY},
      {"ten",
       [](auto& request) {
         while (request.disputed_undertakers_size() < 10) request.add_disputed_undertakers("ZJW");
       },
       config::v1::REASON_UNSPECIFIED},
      {"eleven",
       [](auto& request) {
         while (request.disputed_undertakers_size() < 11) request.add_disputed_undertakers("ZJW");
       },
       config::v1::REASON_TOO_MANY},
      {"both at once",
       [](auto& request) {
         request.clear_opinion();
         request.add_disputed_undertakers("XXX");
       },
       config::v1::REASON_FIELDS_INVALID},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handled("Q120104");
    v1::EscalateWorkOrderRequest request = Escalation(book, {"Q120101"});
    row.edit(request);
    CHECK(Refused(Escalate(book, "Q120104", request)) == row.reason);
  }
}

TEST_CASE("a simple consultation is answered, not conferred about", "[RTE-21]") {
  NewOrder created = Book::Demand(kAccepted);
  created.demand.set_demand_type(DEMAND_TYPE_CONSULT);
  for (const bool complex : {false, true}) {
    INFO("RTE-21/bad/2, complex: " << complex);
    Book book;
    REQUIRE_OK(book.Create(created));
    REQUIRE_OK(book.Dispatch("Q120104", {}, Dispatcher(), "按职责", complex));
    REQUIRE_OK(book.Sign(Of("Q120104")));
    CHECK(Refused(Escalate(book, "Q120104", Escalation(book, {"Q120101"}))) ==
          (complex ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_ESCALATION_NOT_NEEDED));
  }
}

TEST_CASE("the clock does not stop while a case waits for the meeting", "[RTE-20][RTE-21]") {
  Book book = Handled("Q120104");
  CHECK(Shown(book.order().due_time()) == "2025-11-27T23:59:59+08:00");
  REQUIRE_OK(Escalate(book, "Q120104", Escalation(book, {"Q120101"})));
  REQUIRE_OK(book.RecordContact(Of("Q120104")));
  CHECK(Shown(book.order().due_time()) == "2025-11-27T23:59:59+08:00");
  book.RunTimers("2025-12-02T00:00:00+08:00");
  CHECK(book.fired == Strings{"warn 2025-11-25T00:00:00+08:00", "warn 2025-11-26T00:00:00+08:00",
                              "warn 2025-11-28T00:00:00+08:00", "warn 2025-12-02T00:00:00+08:00"});
  CHECK(book.state() == ORDER_STATE_ESCALATED);
  CHECK(book.HasMark("OVERDUE"));
  REQUIRE(book.order().supervisions_size() == 2);
  CHECK(book.order().supervisions(0).undertaker() == "Q120104");
  CHECK(book.order().supervisions(1).level() == kLevelDistrict);
  INFO("RTE-20: supervision is opened and answered meanwhile");
  v1::OpenSupervisionRequest open;
  open.set_name(kName);
  open.set_etag(book.etag());
  open.set_cause("REFUSAL");
  REQUIRE_OK(book.Keep(DecideOpenSupervision(book, book.setting(), Reviewer(), open)));
  v1::AnswerSupervisionRequest answer;
  answer.set_name(kName);
  answer.set_etag(book.etag());
  answer.set_supervision_id("S3");
  answer.set_answer("已提请联席会议");
  CHECK_OK(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("Q120104"), answer)));
}

TEST_CASE("the meeting names who leads and until when", "[RTE-22]") {
  Book book = OnAgenda();
  v1::DecideAgendaItemRequest request = Decision(book);
  request.add_assist_undertakers("GHZY");
  const std::int64_t version = book.Find(OrderKey(kOrder))->version;
  REQUIRE_OK(Decide(book, request));
  INFO("RTE-22/accept");
  const v1::WorkOrder order = book.order();
  CHECK(order.state() == ORDER_STATE_HANDLING);
  CHECK(order.main_undertaker() == "ZJW");
  CHECK(Shown(order.due_time()) == "2025-11-28T23:59:59+08:00");
  CHECK(order.due_basis() == "JOINT_MEETING");
  CHECK_FALSE(order.due_provisional());
  INFO("RTE-22/accept: told");
  CHECK(book.types == Strings{"OrderDueChanged", "OrderMeetingDecided"});
  CHECK(book.Told("OrderMeetingDecided", "ZJW"));
  CHECK(book.told.front().second.order().due_basis() == "JOINT_MEETING");
  CHECK(book.told.front().second.order().meeting_place().empty());
  INFO("RTE-22/accept: the record");
  const v1::MeetingDecision decision = order.escalations(0).decision();
  CHECK(decision.lead_undertaker() == "ZJW");
  CHECK(decision.assist_undertakers(0) == "GHZY");
  CHECK(decision.completion_date() == "2025-11-28");
  CHECK(decision.minutes_reference() == "津联席纪要〔2025〕3号");
  CHECK(decision.minutes().empty());
  CHECK(decision.by() == Leader().text);
  CHECK(Shown(decision.time()) == "2025-11-20T10:00:00+08:00");
  INFO("RTE-22/accept: meeting and order in one commit");
  CHECK(book.Find(OrderKey(kOrder))->version == version + 1);
  CHECK(Meeting(book).items(0).decision().lead_undertaker() == "ZJW");
  CHECK(Meeting(book).items(0).order_no() == kOrder);
  INFO("RTE-22/accept: the lead holds it, need not sign and does not give it back");
  CHECK(HolderOf(order) == "ZJW");
  CHECK(order.dispatches_size() == 2);
  CHECK(order.dispatches(1).designated());
  CHECK(order.dispatches(1).taken_as_signed());
  CHECK(order.dispatches(1).decided_by() == "JOINT_MEETING");
  CHECK(Shown(order.dispatches(1).sign_time()) == "2025-11-20T10:00:00+08:00");
  CHECK(Shown(order.first_contact_due_time()) == "2025-11-21T23:59:59+08:00");
  v1::RequestReturnRequest back;
  back.set_name(kName);
  back.set_etag(book.etag());
  back.set_reason_code("NOT_OUR_DUTY");
  back.set_legal_basis("三定方案");
  back.set_proposed_undertaker("GHZY");
  CHECK(Refused(book.Keep(DecideRequestReturn(book, book.setting(), Of("ZJW"), back))) ==
        config::v1::REASON_DESIGNATED);
  INFO("RTE-04/accept: assistants are due a working day before the new date");
  CHECK(order.assists(0).undertaker() == "GHZY");
  CHECK(Shown(order.assists(0).due_time()) == "2025-11-27T23:59:59+08:00");
  INFO("RTE-20: warned by the new date");
  CHECK(book.TimerAt(kTimerWarn) == At("2025-11-26T00:00:00+08:00"));
  INFO("the body that led before has no part in it any more");
  CHECK(SightOf(book.record(), Of("Q120104")) == Sight::kNone);
  CHECK(Refused(Decide(book, Decision(book, {"GHZY"}))) == config::v1::REASON_MEETING_DECIDED);
}

TEST_CASE("a decision without one lead and a date that holds is none", "[RTE-22]") {
  struct Row {
    const char* id;
    std::function<void(v1::DecideAgendaItemRequest&)> edit;
    Reason reason;
  };
  const auto ok = config::v1::REASON_UNSPECIFIED;
  const Row rows[] = {
      {"RTE-22/bad/1: no lead", [](auto& r) { r.clear_lead_undertakers(); }, config::v1::REASON_MEETING_LEAD},
      {"RTE-22/bad/2: two leads", [](auto& r) { r.add_lead_undertakers("GHZY"); }, config::v1::REASON_MEETING_LEAD},
      {"RTE-22/bad/3: past", [](auto& r) { r.set_completion_date("2025-11-19"); }, config::v1::REASON_MEETING_DATE},
      {"RTE-22/bad/3: the meeting's day", [](auto& r) { r.set_completion_date("2025-11-20"); },
       config::v1::REASON_MEETING_DATE},
      {"RTE-22/bad/3: the next day", [](auto& r) { r.set_completion_date("2025-11-21"); }, ok},
      {"RTE-22/bad/4: a rest day", [](auto& r) { r.set_completion_date("2025-11-29"); },
       config::v1::REASON_MEETING_DATE},
      {"RTE-22/bad/4: confirmed",
       [](auto& r) {
         r.set_completion_date("2025-11-29");
         r.set_rest_day_confirmed(true);
       },
       ok},
      {"RTE-22/bad/4: confirmed, but past",
       [](auto& r) {
         r.set_completion_date("2025-11-16");
         r.set_rest_day_confirmed(true);
       },
       config::v1::REASON_MEETING_DATE},
      {"no date", [](auto& r) { r.clear_completion_date(); }, config::v1::REASON_REQUIRED},
      {"no day", [](auto& r) { r.set_completion_date("2025-11-31"); }, config::v1::REASON_FORMAT},
      {"no minutes", [](auto& r) { r.set_minutes_reference(" "); }, config::v1::REASON_REQUIRED},
      {"long reference", [](auto& r) { r.set_minutes_reference(std::string(100, 'x')); }, ok},
      {"too long a reference", [](auto& r) { r.set_minutes_reference(std::string(101, 'x')); },
       config::v1::REASON_TOO_LONG},
      {"long minutes", [](auto& r) { r.set_minutes(std::string(4000, 'x')); }, ok},
      {"too long minutes", [](auto& r) { r.set_minutes(std::string(4001, 'x')); }, config::v1::REASON_TOO_LONG},
      {"unknown lead", [](auto& r) { r.set_lead_undertakers(0, "XXX"); }, config::v1::REASON_NOT_IN_DIRECTORY},
      {"collective lead", [](auto& r) { r.set_lead_undertakers(0, "ALLQ"); }, config::v1::REASON_UNDERTAKER_COLLECTIVE},
      {"a court leads", [](auto& r) { r.set_lead_undertakers(0, "GFY"); }, config::v1::REASON_LIAISON_ONLY},
      {"the one complained of leads", [](auto& r) { r.set_lead_undertakers(0, "SWJ"); },
       config::v1::REASON_CONFLICT_OF_INTEREST},
      {"RTE-04/bad/1", [](auto& r) { r.add_assist_undertakers("ZJW"); }, config::v1::REASON_MAIN_IS_ASSISTANT},
      {"a court assists", [](auto& r) { r.add_assist_undertakers("GFY"); }, config::v1::REASON_LIAISON_ONLY},
      {"no contact", [](auto& r) { r.add_assist_undertakers("KJJ"); }, config::v1::REASON_UNKNOWN_VALUE},
      {"all at once",
       [](auto& r) {
         r.clear_lead_undertakers();
         r.clear_completion_date();
       },
       config::v1::REASON_FIELDS_INVALID},
      {"not on the agenda", [](auto& r) { r.set_work_order("workOrders/TJ9"); }, config::v1::REASON_NOT_FOUND},
      {"no order", [](auto& r) { r.set_work_order("TJ9"); }, config::v1::REASON_NOT_FOUND},
      {"no etag", [](auto& r) { r.clear_etag(); }, config::v1::REASON_ETAG_REQUIRED},
      {"another etag", [](auto& r) { r.set_etag("\"1\""); }, config::v1::REASON_VERSION_CONFLICT},
      {"no meeting", [](auto& r) { r.set_name("jointMeetings/m2"); }, config::v1::REASON_NOT_FOUND},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = OnAgenda();
    book.Edit([](v1::WorkOrderRecord& record) { record.add_judged("SWJ"); });
    book.PutUndertaker("KJJ", [](v1::Undertaker& body) { body.clear_contacts(); });
    v1::DecideAgendaItemRequest request = Decision(book);
    row.edit(request);
    CHECK(Refused(Decide(book, request)) == row.reason);
    CHECK(book.state() == (row.reason == ok ? ORDER_STATE_HANDLING : ORDER_STATE_ESCALATED));
    CHECK(Meeting(book).items(0).has_decision() == (row.reason == ok));
  }
}

TEST_CASE("a decision is recorded from the day of the meeting on", "[RTE-22]") {
  Book book = Handled("Q120104");
  REQUIRE_OK(Escalate(book, "Q120104", Escalation(book, {"Q120101"})));
  REQUIRE_OK(Create(book, NewMeeting("2025-11-20")));
  REQUIRE_OK(AddItem(book));
  book.SetNow("2025-11-19T23:59:59+08:00");
  CHECK(Refused(Decide(book, Decision(book))) == config::v1::REASON_TIME_TOO_EARLY);
  INFO("RTE-22/bad/3: recorded days later, a date that has passed meanwhile");
  book.SetNow("2025-11-26T09:00:00+08:00");
  CHECK(Refused(Decide(book, Decision(book, {"ZJW"}, "2025-11-25"))) == config::v1::REASON_MEETING_DATE);
  CHECK_OK(Decide(book, Decision(book, {"ZJW"}, "2025-11-26")));
}

TEST_CASE("no calendar moves the date of a meeting", "[RTE-16][RTE-22]") {
  Book book = OnAgenda();
  v1::DecideAgendaItemRequest request = Decision(book);
  request.add_assist_undertakers("GHZY");
  REQUIRE_OK(Decide(book, request));
  config::v1::Calendar calendar = ShippedCalendar();
  calendar.set_version(calendar.version() + 1);
  for (config::v1::CalendarNotice& notice : *calendar.mutable_years()) {
    if (notice.year() != 2025) continue;
    for (const char* date : {"2025-11-27", "2025-11-28"}) {
      auto& day = *notice.add_days();
      day.set_date(date);
      day.set_off(true);
    }
  }
  book.UseReference(MakeReference(calendar));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign"), kOrder)));
  CHECK(Shown(book.order().due_time()) == "2025-11-28T23:59:59+08:00");
  CHECK(book.order().due_basis() == "JOINT_MEETING");
  CHECK(book.order().calendar_version() == calendar.version());
  CHECK_FALSE(book.Told("OrderDueChanged"));
  INFO("the limits that are counted from it move");
  CHECK(Shown(book.order().assists(0).due_time()) == "2025-11-26T23:59:59+08:00");
}

TEST_CASE("only the meeting changes a designated body", "[RTE-09][RTE-22]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand(kAccepted)));
  for (const char* body : {"FGW", "SWJ"}) {
    REQUIRE_OK(book.Dispatch(body));
    v1::RequestReturnRequest back;
    back.set_name(kName);
    back.set_etag(book.etag());
    back.set_reason_code("NOT_OUR_DUTY");
    back.set_legal_basis("三定方案");
    back.set_proposed_undertaker("SCJG");
    REQUIRE_OK(book.Keep(DecideRequestReturn(book, book.setting(), Of(body), back)));
    v1::RuleReturnRequest ruling;
    ruling.set_name(kName);
    ruling.set_etag(book.etag());
    ruling.set_agreed(true);
    ruling.set_reason("同意");
    REQUIRE_OK(book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), ruling)));
  }
  REQUIRE_OK(book.Dispatch("SCJG"));
  REQUIRE(book.order().dispatches(2).designated());
  REQUIRE_OK(book.Sign(Of("SCJG")));
  REQUIRE_OK(Escalate(book, "SCJG", Escalation(book, {"FGW"})));
  REQUIRE_OK(Create(book, NewMeeting("2025-11-18")));
  REQUIRE_OK(AddItem(book));
  INFO("RTE-09: also one that has given it back may be named");
  REQUIRE_OK(Decide(book, Decision(book, {"FGW"})));
  CHECK(book.order().main_undertaker() == "FGW");
}

TEST_CASE("an order that waits for the meeting may be withdrawn", "[INT-20][RTE-22]") {
  Book book = OnAgenda();
  WithdrawalAsked message;
  message.set_order_no(kOrder);
  REQUIRE_OK(book.Keep(DecideWithdraw(book, book.setting(), SystemActor("queue:intake"), message)));
  CHECK(book.state() == ORDER_STATE_WITHDRAWN);
  CHECK(WaitingEscalation(book.order()) == nullptr);
  CHECK(Refused(Decide(book, Decision(book))) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("the second bad answer may go to the meeting", "[FBK-07][RTE-21]") {
  Book book;
  book.TakeToFedBack("2025-11-03T09:00:00+08:00");
  REQUIRE_OK(book.Rate(1, 0));
  INFO("FBK-07: not the first");
  CHECK(Refused(Escalate(book, "SCJG", Escalation(book, {"FGW"}))) == config::v1::REASON_ILLEGAL_MOVE);
  book.TakeThroughRework();
  REQUIRE_OK(book.Rate(2, 1));
  REQUIRE(book.state() == ORDER_STATE_REWORK);
  REQUIRE_OK(Escalate(book, "SCJG", Escalation(book, {"FGW"})));
  CHECK(book.state() == ORDER_STATE_ESCALATED);
  CHECK(book.order().escalations(0).rework_round() == 2);
  INFO("its limits run on");
  CHECK(book.TimerAt(kTimerRework) == At("2025-11-11T00:00:00+08:00"));
  CHECK(book.TimerAt(kTimerReworkContact) == At("2025-11-05T00:00:00+08:00"));
  REQUIRE_OK(Create(book, NewMeeting("2025-11-03")));
  REQUIRE_OK(AddItem(book));
  REQUIRE_OK(Decide(book, Decision(book, {"FGW"}, "2025-11-21")));
  CHECK(Shown(book.order().rework_due_time()) == "2025-11-21T23:59:59+08:00");
  CHECK(book.TimerAt(kTimerRework) == At("2025-11-22T00:00:00+08:00"));
  CHECK(book.TimerAt(kTimerWarn) == 0);
  config::v1::Calendar calendar = ShippedCalendar();
  calendar.set_version(calendar.version() + 1);
  book.UseReference(MakeReference(calendar));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign"), kOrder)));
  CHECK(Shown(book.order().rework_due_time()) == "2025-11-21T23:59:59+08:00");
  INFO("FBK-03/accept: the lead does it again and feeds back");
  CHECK(Refused(book.FeedBack(Of("SCJG"))) == config::v1::REASON_NOT_LEAD);
  book.TakeThroughRework("FGW");
  CHECK(book.state() == ORDER_STATE_FED_BACK);
  CHECK(book.order().feedback().late_days() == 0);
}

TEST_CASE("after a joint meeting only its lead feeds back", "[FBK-03]") {
  Book book = OnAgenda("GHZY", {"ZJW"});
  INFO("FBK-03/bad");
  CHECK(Refused(book.FeedBack(Of("GHZY"))) == config::v1::REASON_DECISION_MISSING);
  CHECK(Refused(book.FeedBack(Of("ZJW"))) == config::v1::REASON_NOT_LEAD);
  v1::DecideAgendaItemRequest request = Decision(book);
  request.add_assist_undertakers("GHZY");
  REQUIRE_OK(Decide(book, request));
  REQUIRE_OK(book.RecordContact(Of("ZJW")));
  v1::SubmitResultRequest result = book.Result();
  result.set_open_assist_reason("协办单位意见已电话征得");
  REQUIRE_OK(book.Submit(Of("ZJW"), result));
  REQUIRE_OK(book.Review(true));
  INFO("FBK-03/accept");
  CHECK(Refused(book.FeedBack(Of("GHZY"))) == config::v1::REASON_NOT_LEAD);
  CHECK_OK(book.FeedBack(Of("ZJW")));
}

TEST_CASE("a meeting is called by its own level", "[RTE-22]") {
  const Actor hub = Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB", "120104");
  const Actor lost = Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB");
  const Actor district_leader = Person(config::v1::ROLE_HUB_LEADER, "Q120104-HUB", "120104");
  const auto city = v1::MEETING_LEVEL_CITY;
  const auto district = v1::MEETING_LEVEL_DISTRICT;
  struct Row {
    const char* id;
    Actor actor;
    v1::CreateJointMeetingRequest request;
    Reason reason;
  };
  const auto ok = config::v1::REASON_UNSPECIFIED;
  const auto denied = config::v1::REASON_PERMISSION_DENIED;
  const Row rows[] = {
      {"the city's", Leader(), NewMeeting("2025-11-18", city), ok},
      {"the city's leader for a district", Leader(), NewMeeting("2025-11-18", district, "120104"), ok},
      {"a hub's own", hub, NewMeeting("2025-11-18", district, "120104"), ok},
      {"a hub's own, unsaid", hub, NewMeeting("2025-11-18", district), ok},
      {"a hub and the city", hub, NewMeeting("2025-11-18", city), denied},
      {"a hub and another district", hub, NewMeeting("2025-11-18", district, "120101"), denied},
      {"a district's leader and the city", district_leader, NewMeeting("2025-11-18", city), denied},
      {"a hub without district", lost, NewMeeting("2025-11-18", district, "120104"), denied},
      {"no level", Leader(), NewMeeting("2025-11-18", v1::MEETING_LEVEL_UNSPECIFIED), config::v1::REASON_REQUIRED},
      {"no district", Leader(), NewMeeting("2025-11-18", district), config::v1::REASON_REQUIRED},
      {"no such district", Leader(), NewMeeting("2025-11-18", district, "110101"), config::v1::REASON_UNKNOWN_VALUE},
      {"no date", Leader(), NewMeeting("", city), config::v1::REASON_REQUIRED},
      {"no such date", Leader(), NewMeeting("20251118", city), config::v1::REASON_FORMAT},
      {"yesterday", Leader(), NewMeeting("2025-11-17", city), config::v1::REASON_TIME_TOO_EARLY},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book;
    book.SetNow(kAccepted);
    CHECK(Refused(Create(book, row.request, row.actor)) == row.reason);
    if (row.reason != ok) continue;
    CHECK(Meeting(book).state() == v1::JOINT_MEETING_STATE_PLANNED);
    CHECK(Meeting(book).district_code() == (row.request.level() == district ? "120104" : ""));
    v1::JointMeeting answer;
    REQUIRE(answer.ParseFromString(book.answer));
    CHECK(answer.name() == kMeeting);
    CHECK(answer.etag() == MeetingEtag(book));
  }
}

TEST_CASE("an agenda takes what waits for its meeting", "[RTE-21][RTE-22]") {
  const Actor hub = Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB", "120104");
  const Actor other = Person(config::v1::ROLE_DISTRICT_HUB, "Q120101-HUB", "120101");
  SECTION("a district's own") {
    Book book = Handled("Q120104");
    REQUIRE_OK(Create(book, NewMeeting("2025-11-18", v1::MEETING_LEVEL_DISTRICT, "120104"), hub));
    CHECK(Refused(AddItem(book, hub)) == config::v1::REASON_ILLEGAL_MOVE);
    REQUIRE_OK(Escalate(book, "Q120104", Escalation(book, {"NK-ZJ"})));
    CHECK(Refused(AddItem(book, other)) == config::v1::REASON_NOT_FOUND);
    REQUIRE_OK(AddItem(book, hub));
    CHECK(book.order().escalations(0).joint_meeting() == kMeeting);
    CHECK(book.types == Strings{"AgendaItemAdded"});
    CHECK(Shown(Meeting(book).items(0).add_time()) == kAccepted);
    INFO("once");
    CHECK(Refused(AddItem(book, hub)) == config::v1::REASON_ALREADY_EXISTS);
    CHECK(Refused(Decide(book, Decision(book, {"NK-ZJ"}), other)) == config::v1::REASON_NOT_FOUND);
    CHECK_OK(Decide(book, Decision(book, {"NK-ZJ"}), hub));
  }
  SECTION("RTE-21/accept: a matter of two districts is not on the district's list") {
    Book book = Handled("Q120104");
    REQUIRE_OK(Escalate(book, "Q120104", Escalation(book, {"Q120101"})));
    REQUIRE_OK(Create(book, NewMeeting("2025-11-18", v1::MEETING_LEVEL_DISTRICT, "120104"), hub));
    CHECK(Refused(AddItem(book, hub)) == config::v1::REASON_MEETING_LEVEL);
  }
  SECTION("what a meeting did not decide waits for the next one") {
    Book book = OnAgenda();
    v1::ConcludeJointMeetingRequest request;
    request.set_name(kMeeting);
    request.set_etag(MeetingEtag(book));
    REQUIRE_OK(book.Keep(DecideConclude(book, book.setting(), Leader(), request)));
    CHECK(Meeting(book).state() == v1::JOINT_MEETING_STATE_CONCLUDED);
    CHECK(book.state() == ORDER_STATE_ESCALATED);
    CHECK(book.order().escalations(0).joint_meeting().empty());
    INFO("and it is over");
    CHECK(Refused(Decide(book, Decision(book))) == config::v1::REASON_ILLEGAL_MOVE);
    CHECK(Refused(AddItem(book)) == config::v1::REASON_ILLEGAL_MOVE);
  }
  SECTION("what it decided stays decided") {
    Book book = OnAgenda();
    REQUIRE_OK(Decide(book, Decision(book)));
    v1::ConcludeJointMeetingRequest request;
    request.set_name(kMeeting);
    request.set_etag(MeetingEtag(book));
    REQUIRE_OK(book.Keep(DecideConclude(book, book.setting(), Leader(), request)));
    CHECK(book.types.empty());
    CHECK(book.order().escalations(0).joint_meeting() == kMeeting);
    INFO("the lead may file the next one, for another meeting");
    REQUIRE_OK(Escalate(book, "ZJW", Escalation(book, {"GHZY"})));
    CHECK(book.order().escalations_size() == 2);
    CHECK(WaitingEscalation(book.order())->joint_meeting().empty());
  }
  SECTION("a case that a meeting decided does not come back to it") {
    Book book = OnAgenda();
    REQUIRE_OK(Decide(book, Decision(book)));
    REQUIRE_OK(Escalate(book, "ZJW", Escalation(book, {"GHZY"})));
    CHECK(Refused(AddItem(book)) == config::v1::REASON_ALREADY_EXISTS);
  }
}

TEST_CASE("the enterprise sees that its case is conferred about, not what the offices write", "[INT-18][RTE-21]") {
  Book book = OnAgenda();
  REQUIRE_OK(Decide(book, Decision(book)));
  Actor enterprise = Person(config::v1::ROLE_ENTERPRISE);
  enterprise.account = "enterprise-1";
  const v1::WorkOrder shown = Show(book.record(), 1, 1, enterprise);
  REQUIRE(shown.escalations_size() == 1);
  CHECK(shown.escalations(0).level() == v1::MEETING_LEVEL_CITY);
  CHECK(shown.escalations(0).decision().lead_undertaker() == "ZJW");
  CHECK(shown.escalations(0).decision().completion_date() == "2025-11-28");
  CHECK(shown.escalations(0).decision().by().empty());
  CHECK(shown.escalations(0).by().empty());
  CHECK(shown.escalations(0).parties().empty());
}

}  // namespace
}  // namespace jinqi::routing
