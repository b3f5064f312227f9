// Joint meetings and assistants through the API, on both databases.
#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "jinqi/routing/v1/assist_service.pb.h"
#include "jinqi/routing/v1/joint_meeting_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;
using Database = TestDatabase;

constexpr char kNow[] = "2025-11-18T09:00:00+08:00";
constexpr char kOrder[] = "TJ1";

std::string Shown(const google::protobuf::Timestamp& time) { return clock::ToRfc3339(clock::FromProto(time)); }
std::string Name(const std::string& order_no) { return "workOrders/" + order_no; }
identity::Caller Hub(const std::string& district) {
  return As(config::v1::ROLE_DISTRICT_HUB, "Q" + district + "-HUB", district);
}

// Joint meetings as their callers see them.
class Meetings {
 public:
  explicit Meetings(Api& api) : api_(api) {}

  // An order that `body` has signed for.
  void Handle(const std::string& order_no, const std::string& body, const Strings& assists = {}) {
    api_.Submit(order_no);
    REQUIRE_OK(api_.Dispatch(order_no, body, "按职责", assists));
    REQUIRE_OK(api_.Sign(order_no, body));
  }
  absl::StatusOr<v1::WorkOrder> Escalate(const std::string& order_no, const std::string& body, const Strings& disputed,
                                         const std::string& opinion = "经研判，两区管辖有争议，联系人13800001234") {
    v1::EscalateWorkOrderRequest request;
    request.mutable_disputed_undertakers()->Assign(disputed.begin(), disputed.end());
    request.set_opinion(opinion);
    return api_.Change(Unit(body), "JointMeetingService/EscalateWorkOrder", order_no, request);
  }
  absl::StatusOr<v1::ListWorkOrdersResponse> Waiting(const identity::Caller& caller, v1::MeetingLevel level,
                                                     const std::string& district = "", int page_size = 50,
                                                     const std::string& token = "") {
    v1::ListEscalatedWorkOrdersRequest request;
    request.set_level(level);
    request.set_district_code(district);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return api_.bench.Call<v1::ListWorkOrdersResponse>(caller, Method("JointMeetingService/ListEscalatedWorkOrders"),
                                                       request);
  }
  v1::JointMeeting Create(const identity::Caller& caller, v1::MeetingLevel level, const std::string& date) {
    v1::CreateJointMeetingRequest request;
    request.set_request_id(NextId());
    request.set_level(level);
    request.set_meeting_date(date);
    return Must(Call(caller, "CreateJointMeeting", request));
  }
  absl::StatusOr<v1::JointMeeting> Get(const identity::Caller& caller, const std::string& name) {
    v1::GetJointMeetingRequest request;
    request.set_name(name);
    return Call(caller, "GetJointMeeting", request);
  }
  absl::StatusOr<v1::JointMeeting> AddItem(const std::string& meeting, const std::string& order_no) {
    v1::AddAgendaItemRequest request;
    request.set_work_order(Name(order_no));
    return Change(Leader(), "AddAgendaItem", meeting, request);
  }
  absl::StatusOr<v1::JointMeeting> Decide(const std::string& meeting, const std::string& order_no, const Strings& leads,
                                          const std::string& date = "2025-11-28", const Strings& assists = {},
                                          const std::string& etag = "") {
    v1::DecideAgendaItemRequest request;
    request.set_etag(etag);
    request.set_work_order(Name(order_no));
    request.mutable_lead_undertakers()->Assign(leads.begin(), leads.end());
    request.mutable_assist_undertakers()->Assign(assists.begin(), assists.end());
    request.set_completion_date(date);
    request.set_minutes_reference("津联席纪要〔2025〕3号");
    request.set_minutes("会议听取王经理（13800005678）意见，议定由牵头部门办理");
    return Change(Leader(), "DecideAgendaItem", meeting, request);
  }
  absl::StatusOr<v1::JointMeeting> Conclude(const std::string& meeting) {
    return Change(Leader(), "ConcludeJointMeeting", meeting, v1::ConcludeJointMeetingRequest());
  }

 private:
  std::string NextId() { return "m-" + std::to_string(++requests_); }
  template <typename Request>
  absl::StatusOr<v1::JointMeeting> Call(const identity::Caller& caller, const std::string& method,
                                        const Request& request) {
    return api_.bench.Call<v1::JointMeeting>(caller, Method("JointMeetingService/" + method), request);
  }
  template <typename Request>
  absl::StatusOr<v1::JointMeeting> Change(const identity::Caller& caller, const std::string& method,
                                          const std::string& name, Request request) {
    request.set_name(name);
    request.set_request_id(NextId());
    if (request.etag().empty()) request.set_etag(Must(Get(Leader(), name)).etag());
    return Call(caller, method, request);
  }

  Api& api_;
  std::atomic<int> requests_ = 0;
};

Strings Numbers(const v1::ListWorkOrdersResponse& list) {
  Strings numbers;
  for (const v1::WorkOrder& order : list.work_orders()) numbers.push_back(order.order_no());
  return numbers;
}

TEST_CASE("a dispute of two districts goes to the city's meeting and comes back with a lead",
          "[RTE-21][RTE-22][FBK-03]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Meetings meetings(api);
  meetings.Handle(kOrder, "GHZY");
  INFO("RTE-21/bad/1");
  CHECK(ReasonOf(meetings.Escalate(kOrder, "GHZY", {"ZJW"}, " ").status()) == config::v1::REASON_OPINION_REQUIRED);
  INFO("RTE-21/bad/2");
  CHECK(ReasonOf(meetings.Escalate(kOrder, "GHZY", {}).status()) == config::v1::REASON_ESCALATION_NOT_NEEDED);
  REQUIRE_OK(meetings.Escalate(kOrder, "GHZY", {"ZJW"}));
  meetings.Handle("TJ2", "Q120104");
  REQUIRE_OK(meetings.Escalate("TJ2", "Q120104", {"Q120101"}));
  meetings.Handle("TJ3", "Q120104");
  REQUIRE_OK(meetings.Escalate("TJ3", "Q120104", {"NK-ZJ"}));
  INFO("RTE-21/accept: on the city's list, not the district's");
  CHECK(Numbers(Must(meetings.Waiting(Leader(), v1::MEETING_LEVEL_CITY))) == Strings{kOrder, "TJ2"});
  CHECK(Numbers(Must(meetings.Waiting(Leader(), v1::MEETING_LEVEL_DISTRICT, "120104"))) == Strings{"TJ3"});
  CHECK(Numbers(Must(meetings.Waiting(Hub("120104"), v1::MEETING_LEVEL_UNSPECIFIED))) == Strings{"TJ3"});
  CHECK(Numbers(Must(meetings.Waiting(Hub("120101"), v1::MEETING_LEVEL_UNSPECIFIED))).empty());
  CHECK(ReasonOf(meetings.Waiting(Hub("120104"), v1::MEETING_LEVEL_CITY).status()) ==
        config::v1::REASON_PERMISSION_DENIED);
  INFO("RTE-21/accept: the enterprise is told, the opinion stays with the offices");
  CHECK(api.Sent(kOrder).back() == "OrderEscalated");
  CHECK(Must(api.Get(Leader(), kOrder)).escalations(0).opinion() == "经研判，两区管辖有争议，联系人13800001234");
  CHECK(Must(api.Get(Enterprise(), kOrder)).state() == ORDER_STATE_ESCALATED);
  CHECK(Must(api.Get(Enterprise(), kOrder)).escalations(0).opinion().empty());

  INFO("FBK-03/bad: before the decision is recorded");
  v1::RecordFeedbackRequest feedback;
  feedback.set_way("PHONE");
  feedback.set_person("经办人");
  *feedback.mutable_feedback_time() = clock::ToProto(api.bench.runtime().clock().Now());
  CHECK(ReasonOf(api.Change(Unit("GHZY"), "RecordFeedback", kOrder, feedback).status()) ==
        config::v1::REASON_DECISION_MISSING);

  api.bench.SetTime("2025-11-20T10:00:00+08:00");
  const std::string meeting = meetings.Create(Leader(), v1::MEETING_LEVEL_CITY, "2025-11-20").name();
  REQUIRE_OK(meetings.AddItem(meeting, kOrder));
  REQUIRE_OK(meetings.AddItem(meeting, "TJ2"));
  CHECK(ReasonOf(meetings.AddItem(meeting, "TJ3").status()) == config::v1::REASON_MEETING_LEVEL);
  CHECK(ReasonOf(meetings.Get(Hub("120104"), meeting).status()) == config::v1::REASON_NOT_FOUND);
  INFO("RTE-22/bad");
  CHECK(ReasonOf(meetings.Decide(meeting, kOrder, {}).status()) == config::v1::REASON_MEETING_LEAD);
  CHECK(ReasonOf(meetings.Decide(meeting, kOrder, {"ZJW", "GHZY"}).status()) == config::v1::REASON_MEETING_LEAD);
  CHECK(ReasonOf(meetings.Decide(meeting, kOrder, {"ZJW"}, "2025-11-19").status()) == config::v1::REASON_MEETING_DATE);
  CHECK(ReasonOf(meetings.Decide(meeting, kOrder, {"ZJW"}, "2025-11-29").status()) == config::v1::REASON_MEETING_DATE);
  INFO("RTE-22/accept");
  const v1::JointMeeting decided = Must(meetings.Decide(meeting, kOrder, {"ZJW"}, "2025-11-28", {"GHZY"}));
  CHECK(decided.items(0).decision().lead_undertaker() == "ZJW");
  CHECK_FALSE(decided.items(1).has_decision());
  const v1::WorkOrder order = Must(api.Get(Leader(), kOrder));
  CHECK(order.state() == ORDER_STATE_HANDLING);
  CHECK(order.main_undertaker() == "ZJW");
  CHECK(Shown(order.due_time()) == "2025-11-28T23:59:59+08:00");
  CHECK(order.due_basis() == "JOINT_MEETING");
  CHECK(order.escalations(0).joint_meeting() == meeting);
  CHECK(order.escalations(0).decision().minutes() == "会议听取王经理（13800005678）意见，议定由牵头部门办理");
  CHECK(ReasonOf(meetings.Decide(meeting, kOrder, {"ZJW"}).status()) == config::v1::REASON_MEETING_DECIDED);
  CHECK(Numbers(Must(meetings.Waiting(Leader(), v1::MEETING_LEVEL_CITY))) == Strings{"TJ2"});

  INFO("FBK-03/accept");
  CHECK(ReasonOf(api.Change(Unit("GHZY"), "RecordFeedback", kOrder, feedback).status()) == config::v1::REASON_NOT_LEAD);
  v1::AnswerAssistRequest answer;
  answer.set_answer("规划条件已核");
  REQUIRE_OK(api.Change(Unit("GHZY"), "AnswerAssist", kOrder, answer));
  api.TakeToFedBack(kOrder, "ZJW");
  CHECK(Must(api.Get(Unit("ZJW"), kOrder)).state() == ORDER_STATE_FED_BACK);

  INFO("what was not decided waits for the next meeting");
  REQUIRE_OK(meetings.Conclude(meeting));
  const std::string next = meetings.Create(Leader(), v1::MEETING_LEVEL_CITY, "2025-12-04").name();
  CHECK_OK(meetings.AddItem(next, "TJ2"));

  INFO("what is personal is sealed, and the whole holds together");
  ledger::Reader& reader = api.bench.runtime().ledger().reader();
  std::string all = Must(reader.Get("tianjin", OrderKey(kOrder)))->body;
  const ledger::Key key = JointMeetingKey(meeting.substr(meeting.find('/') + 1));
  all += Must(reader.Get("tianjin", key))->body;
  for (const ledger::Key& one : {OrderKey(kOrder), key}) {
    for (const auto& row : Must(reader.History("tianjin", one))) all += row.data;
  }
  for (int partition = 0; partition < api.bench.runtime().config().partitions(); ++partition) {
    for (const auto& row : Must(reader.Outbox(partition, 0, 1000))) all += row.payload;
  }
  CHECK_FALSE(absl::StrContains(all, "1380000"));
  CHECK_FALSE(absl::StrContains(all, "王经理"));
  CHECK(api.Broken() == Strings{});
}

TEST_CASE("what waits for a meeting is listed page by page, each once", "[RTE-21][GWY-09]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Meetings meetings(api);
  std::multiset<std::string> expected;
  for (int i = 1; i <= 5; ++i) {
    const std::string order_no = "TJ" + std::to_string(i);
    meetings.Handle(order_no, "GHZY");
    if (i == 3) continue;
    REQUIRE_OK(meetings.Escalate(order_no, "GHZY", {"ZJW"}));
    expected.insert(order_no);
  }
  std::multiset<std::string> seen;
  std::string token;
  do {
    const auto page = Must(meetings.Waiting(Leader(), v1::MEETING_LEVEL_CITY, "", 1, token));
    for (const std::string& number : Numbers(page)) seen.insert(number);
    token = page.next_page_token();
  } while (!token.empty());
  CHECK(seen == expected);
  const std::string first = Must(meetings.Waiting(Leader(), v1::MEETING_LEVEL_CITY, "", 1)).next_page_token();
  CHECK(ReasonOf(meetings.Waiting(Leader(), v1::MEETING_LEVEL_DISTRICT, "120104", 1, first).status()) ==
        config::v1::REASON_PAGE_TOKEN_INVALID);

  INFO("and the meetings, the latest first");
  for (const char* date : {"2025-11-20", "2025-12-04", "2025-11-27"}) {
    meetings.Create(Leader(), v1::MEETING_LEVEL_CITY, date);
  }
  meetings.Create(Hub("120104"), v1::MEETING_LEVEL_DISTRICT, "2025-11-21");
  v1::ListJointMeetingsRequest request;
  request.set_page_size(1);
  Strings dates;
  do {
    const auto page = Must(api.bench.Call<v1::ListJointMeetingsResponse>(
        Leader(), Method("JointMeetingService/ListJointMeetings"), request));
    for (const v1::JointMeeting& meeting : page.joint_meetings()) dates.push_back(meeting.meeting_date());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  CHECK(dates == Strings{"2025-12-04", "2025-11-27", "2025-11-20"});
}

TEST_CASE("an order is decided on once, whoever is first", "[RTE-22][RTE-24]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Meetings meetings(api);
  meetings.Handle(kOrder, "GHZY");
  REQUIRE_OK(meetings.Escalate(kOrder, "GHZY", {"ZJW"}));
  const std::string meeting = meetings.Create(Leader(), v1::MEETING_LEVEL_CITY, "2025-11-18").name();
  const std::string etag = Must(meetings.AddItem(meeting, kOrder)).etag();
  absl::StatusOr<v1::JointMeeting> answers[2];
  std::thread other([&] { answers[0] = meetings.Decide(meeting, kOrder, {"ZJW"}, "2025-11-28", {}, etag); });
  answers[1] = meetings.Decide(meeting, kOrder, {"GHZY"}, "2025-11-27", {}, etag);
  other.join();
  REQUIRE(answers[0].ok() != answers[1].ok());
  const bool first = answers[0].ok();
  CHECK(ReasonOf(answers[first ? 1 : 0].status()) == config::v1::REASON_VERSION_CONFLICT);
  const v1::WorkOrder order = Must(api.Get(Leader(), kOrder));
  CHECK(order.main_undertaker() == (first ? "ZJW" : "GHZY"));
  CHECK(Must(meetings.Get(Leader(), meeting)).items(0).decision().lead_undertaker() == order.main_undertaker());
}

TEST_CASE("an order is withdrawn while it waits for the meeting, whose timers go on", "[INT-20][RTE-20][RTE-22]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Meetings meetings(api);
  meetings.Handle(kOrder, "GHZY");
  REQUIRE_OK(meetings.Escalate(kOrder, "GHZY", {"ZJW"}));
  INFO("RTE-20/accept: warned while ESCALATED");
  api.bench.SetTime("2025-11-25T00:00:00+08:00");
  api.Sweep();
  CHECK(testing::WaitFor([&] { return Must(api.Get(Leader(), kOrder)).warning_level() == 1; }));
  const std::string meeting = meetings.Create(Leader(), v1::MEETING_LEVEL_CITY, "2025-11-25").name();
  REQUIRE_OK(meetings.AddItem(meeting, kOrder));
  WithdrawalAsked withdrawal;
  withdrawal.set_order_no(kOrder);
  REQUIRE_OK(api.News("intake", "WithdrawalAsked", withdrawal));
  CHECK(Must(api.Get(Leader(), kOrder)).state() == ORDER_STATE_WITHDRAWN);
  CHECK(Numbers(Must(meetings.Waiting(Leader(), v1::MEETING_LEVEL_CITY))).empty());
  CHECK(ReasonOf(meetings.Decide(meeting, kOrder, {"ZJW"}).status()) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK_OK(meetings.Conclude(meeting));
}

TEST_CASE("a new calendar does not move the date of a meeting", "[RTE-16][RTE-22]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Meetings meetings(api);
  meetings.Handle(kOrder, "GHZY");
  meetings.Handle("TJ2", "GHZY");
  REQUIRE_OK(meetings.Escalate(kOrder, "GHZY", {"ZJW"}));
  const std::string meeting = meetings.Create(Leader(), v1::MEETING_LEVEL_CITY, "2025-11-18").name();
  REQUIRE_OK(meetings.AddItem(meeting, kOrder));
  REQUIRE_OK(meetings.Decide(meeting, kOrder, {"ZJW"}, "2025-11-27"));
  v1::PublishCalendarRequest publish;
  publish.set_request_id("calendar-1");
  *publish.mutable_notice() = NoticeWith(api.Load()->calendar_config, 2025, "2025-11-27");
  REQUIRE_OK(api.bench.Call<config::v1::Calendar>(Leader(), Method("PublishCalendar"), publish));
  const auto due = [&](const char* order_no) { return Shown(Must(api.Get(Leader(), order_no)).due_time()); };
  CHECK(testing::WaitFor([&] { return due("TJ2") == "2025-11-28T23:59:59+08:00"; }));
  CHECK(testing::WaitFor(
      [&] { return Must(api.Get(Leader(), kOrder)).calendar_version() == api.Load()->calendar.version(); }));
  CHECK(due(kOrder) == "2025-11-27T23:59:59+08:00");
}

TEST_CASE("each step of a meeting is for its roles", "[GWY-02][RTE-22]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Meetings meetings(api);
  meetings.Handle(kOrder, "GHZY");
  const auto refused = [](const absl::Status& status) {
    return ReasonOf(status) == config::v1::REASON_PERMISSION_DENIED;
  };
  const auto create = [&](const identity::Caller& caller) {
    v1::CreateJointMeetingRequest request;
    request.set_request_id("c");
    request.set_level(v1::MEETING_LEVEL_CITY);
    request.set_meeting_date("2025-11-20");
    return api.bench.Call<v1::JointMeeting>(caller, Method("JointMeetingService/CreateJointMeeting"), request).status();
  };
  CHECK(refused(create(Dispatcher())));
  CHECK(refused(create(Unit("GHZY"))));
  CHECK(refused(create(Hub("120104"))));
  CHECK_OK(create(Leader()));
  CHECK(
      refused(api.Change(Dispatcher(), "JointMeetingService/EscalateWorkOrder", kOrder, v1::EscalateWorkOrderRequest())
                  .status()));
  CHECK(refused(meetings.Waiting(Unit("GHZY"), v1::MEETING_LEVEL_CITY).status()));
  CHECK(refused(api.Change(Unit("GHZY"), "AssistService/AddAssist", kOrder, v1::AddAssistRequest()).status()));
  CHECK(refused(api.Change(Reviewer(), "AssistService/RemoveAssist", kOrder, v1::RemoveAssistRequest()).status()));
}

TEST_CASE("main and assisting undertakers", "[RTE-04]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-27T10:00:00+08:00");
  api.Submit(kOrder);
  INFO("RTE-04/bad/1");
  CHECK(ReasonOf(api.Dispatch(kOrder, "TAX", "按职责", {"TAX"}).status()) == config::v1::REASON_MAIN_IS_ASSISTANT);
  INFO("RTE-04/bad/2: no main");
  CHECK(ReasonOf(api.Dispatch(kOrder, "").status()) == config::v1::REASON_REQUIRED);
  INFO("RTE-04/bad/2: two mains");
  CHECK(ReasonOf(api.Dispatch(kOrder, "TAX,SCJG").status()) == config::v1::REASON_NOT_IN_DIRECTORY);
  REQUIRE_OK(api.Dispatch(kOrder, "TAX", "按职责", {"SCJG"}));
  REQUIRE_OK(api.Sign(kOrder, "TAX"));
  INFO("RTE-04/accept");
  v1::WorkOrder order = Must(api.Get(Dispatcher(), kOrder));
  CHECK(Shown(order.due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK(Shown(order.assists(0).due_time()) == "2025-10-11T23:59:59+08:00");

  const auto add = [&](const std::string& code) {
    v1::AddAssistRequest request;
    request.set_undertaker(code);
    return api.Change(Dispatcher(), "AssistService/AddAssist", kOrder, request);
  };
  const auto remove = [&](const std::string& code) {
    v1::RemoveAssistRequest request;
    request.set_undertaker(code);
    return api.Change(Leader(), "AssistService/RemoveAssist", kOrder, request);
  };
  CHECK(ReasonOf(add("TAX").status()) == config::v1::REASON_MAIN_IS_ASSISTANT);
  CHECK(ReasonOf(add("GFY").status()) == config::v1::REASON_LIAISON_ONLY);
  CHECK(ReasonOf(remove("RSJ").status()) == config::v1::REASON_ASSIST_UNKNOWN);
  REQUIRE_OK(add("RSJ"));
  REQUIRE_OK(add("FGW"));
  REQUIRE_OK(remove("FGW"));
  order = Must(api.Get(Dispatcher(), kOrder));
  CHECK(Shown(order.assists(1).due_time()) == "2025-10-11T23:59:59+08:00");
  CHECK(ReasonOf(api.Get(Unit("FGW"), kOrder).status()) == config::v1::REASON_NOT_FOUND);
  CHECK_OK(api.Get(Unit("RSJ"), kOrder));

  v1::RecordContactRequest contact;
  contact.set_way("PHONE");
  contact.set_person("经办人");
  REQUIRE_OK(api.Change(Unit("TAX"), "RecordContact", kOrder, contact));
  v1::AnswerAssistRequest answer;
  answer.set_answer("已核对登记信息");
  REQUIRE_OK(api.Change(Unit("SCJG"), "AnswerAssist", kOrder, answer));
  CHECK(ReasonOf(remove("SCJG").status()) == config::v1::REASON_ASSIST_ANSWERED);
  INFO("RTE-04/accept: an open sub-order holds the result, unless there is a reason");
  CHECK(ReasonOf(api.Change(Unit("TAX"), "SubmitResult", kOrder, Api::Result()).status()) ==
        config::v1::REASON_ASSIST_OPEN);
  v1::SubmitResultRequest result = Api::Result();
  result.set_open_assist_reason("人社部分不影响本次答复");
  REQUIRE_OK(api.Change(Unit("TAX"), "SubmitResult", kOrder, result));
  CHECK(ReasonOf(add("GXJ").status()) == config::v1::REASON_ILLEGAL_MOVE);
  const Strings sent = api.Sent(kOrder);
  CHECK(std::count(sent.begin(), sent.end(), "AssistAdded") == 2);
  CHECK(std::count(sent.begin(), sent.end(), "AssistRemoved") == 1);
  CHECK(api.Broken() == Strings{});
}

}  // namespace
}  // namespace jinqi::routing
