// What the requirements name as example and bad input, through the API, on both databases; the time is the test
// clock's.
#include <map>

#include "jinqi/routing/v1/routing_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;
using Database = TestDatabase;

constexpr char kNow[] = "2025-06-12T09:00:00+08:00";
constexpr char kOrder[] = "TJ1";

std::string Shown(const google::protobuf::Timestamp& time) { return clock::ToRfc3339(clock::FromProto(time)); }
google::protobuf::Timestamp Stamp(std::string_view rfc3339) {
  return clock::ToProto(Must(clock::FromRfc3339(rfc3339)));
}
Reason Refused(const absl::StatusOr<v1::WorkOrder>& answer) { return ReasonOf(answer.status()); }
v1::WorkOrder Look(Api& api, const std::string& order_no = kOrder) { return Must(api.Get(Dispatcher(), order_no)); }

// The time goes on, and whatever is due by then has happened.
void GoTo(Api& api, const std::string& rfc3339) {
  api.bench.SetTime(rfc3339);
  api.Sweep();
}

// `type reason` of the warnings that were sent about an order.
Strings Warnings(Api& api, const std::string& order_no) {
  Strings warnings;
  for (int partition = 0; partition < api.bench.runtime().config().partitions(); ++partition) {
    for (const auto& row : Must(api.bench.runtime().ledger().reader().Outbox(partition, 0, 10'000))) {
      if (row.key != order_no || !row.type.starts_with("Deadline")) continue;
      OrderEvent event;
      REQUIRE(event.ParseFromString(row.payload));
      warnings.push_back(row.type + " " + event.reason());
    }
  }
  return warnings;
}

void SubmitUrgent(Api& api, const std::string& order_no, Urgency urgency) {
  DemandSubmitted demand = api.Demand(order_no, "数电发票额度不够，申请更高额度");
  demand.set_urgency(urgency);
  api.Submit(demand);
}

// Submitted, dispatched to the body and signed at once.
void Handle(Api& api, const std::string& order_no, const std::string& body) {
  api.Submit(order_no);
  REQUIRE_OK(api.Dispatch(order_no, body));
  REQUIRE_OK(api.Sign(order_no, body));
}

absl::StatusOr<v1::WorkOrder> Contact(Api& api, const std::string& body) {
  v1::RecordContactRequest request;
  request.set_way("PHONE");
  request.set_person("经办人");
  request.set_summary("与企业通话");
  return api.Change(Unit(body), "RecordContact", kOrder, request);
}

absl::StatusOr<v1::WorkOrder> Review(Api& api, bool approved) {
  v1::ReviewResultRequest request;
  request.set_approved(approved);
  request.set_reason("请补充办理过程");
  return api.Change(Reviewer(), "ReviewResult", kOrder, request);
}

v1::RequestReturnRequest Return(const std::string& proposed = "ZWFW") {
  v1::RequestReturnRequest request;
  request.set_reason_code("NOT_OUR_DUTY");
  request.set_legal_basis("三定方案");
  request.set_proposed_undertaker(proposed);
  return request;
}
absl::StatusOr<v1::WorkOrder> AskReturn(Api& api, const std::string& order_no, const std::string& body,
                                        const v1::RequestReturnRequest& request = Return()) {
  return api.Change(Unit(body), "RequestReturn", order_no, request);
}
void AgreeToReturn(Api& api, const std::string& order_no) {
  v1::RuleReturnRequest request;
  request.set_agreed(true);
  request.set_reason("同意");
  REQUIRE_OK(api.Change(Reviewer(), "RuleReturn", order_no, request));
}

TEST_CASE("signing in time, late and not at all", "[RTE-06]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-30T17:50:00+08:00");
  INFO("RTE-06/accept NORMAL");
  api.Submit("TJ0");
  const auto normal = Must(api.Dispatch("TJ0", "TAX"));
  CHECK(Shown(normal.dispatches(0).sign_due_time()) == "2025-10-09T23:59:59+08:00");

  INFO("RTE-06/accept LIFE_SAFETY in time");
  GoTo(api, "2025-10-01T02:00:00+08:00");
  for (const char* order_no : {"TJ1", "TJ2"}) {
    SubmitUrgent(api, order_no, URGENCY_LIFE_SAFETY);
    REQUIRE_OK(api.Dispatch(order_no, "TAX"));
  }
  GoTo(api, "2025-10-01T02:14:59+08:00");
  CHECK(Look(api, "TJ2").state() == ORDER_STATE_DISPATCHED);
  const auto in_time = Must(api.Sign("TJ1", "TAX"));
  CHECK_FALSE(in_time.dispatches(0).signed_late());
  CHECK(in_time.state() == ORDER_STATE_HANDLING);

  INFO("RTE-06/accept LIFE_SAFETY late: alarmed and taken as signed at its limit");
  GoTo(api, "2025-10-01T02:15:00+08:00");
  CHECK(Look(api, "TJ1").marks().empty());
  CHECK(Warnings(api, "TJ1").empty());
  CHECK(Warnings(api, "TJ2") == Strings{"DeadlineMissed SIGN"});
  v1::WorkOrder late = Look(api, "TJ2");
  CHECK(Strings(late.marks().begin(), late.marks().end()) == Strings{"LATE_SIGN"});
  CHECK(late.state() == ORDER_STATE_HANDLING);
  CHECK(Shown(late.dispatches(0).sign_time()) == "2025-10-01T02:15:00+08:00");
  GoTo(api, "2025-10-01T02:15:01+08:00");
  late = Must(api.Sign("TJ2", "TAX"));
  CHECK(late.dispatches(0).signed_late());
  CHECK_FALSE(late.dispatches(0).signed_by().empty());
  CHECK(Warnings(api, "TJ2") == Strings{"DeadlineMissed SIGN"});

  INFO("RTE-06/bad/1");
  CHECK(Refused(api.Sign("TJ0", "SCJG")) == config::v1::REASON_NOT_UNDERTAKER);
  INFO("RTE-06/bad/2");
  const auto again = Must(api.Sign("TJ1", "TAX"));
  CHECK(Shown(again.dispatches(0).sign_time()) == "2025-10-01T02:14:59+08:00");
  CHECK(again.etag() == in_time.etag());
}

TEST_CASE("returning an order within its window", "[RTE-07]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  v1::DispatchWorkOrderRequest dispatch;
  dispatch.set_main_undertaker("SCJG");
  dispatch.set_reason("按职责");
  for (const char* order_no : {"PLAIN1", "PLAIN2", "COMPLEX1", "COMPLEX2"}) {
    api.Submit(order_no);
    dispatch.set_complex(order_no[0] == 'C');
    REQUIRE_OK(api.Change(Dispatcher(), "DispatchWorkOrder", order_no, dispatch));
    REQUIRE_OK(api.Sign(order_no, "SCJG"));
  }
  INFO("RTE-07/accept/1: the next working day");
  GoTo(api, "2025-06-13T23:59:59+08:00");
  const auto asked = Must(AskReturn(api, "PLAIN1", "SCJG"));
  CHECK(asked.state() == ORDER_STATE_RETURN_REVIEW);
  CHECK(Shown(asked.returns(0).ruling_due_time()) == "2025-06-16T23:59:59+08:00");
  INFO("RTE-07/accept/2: the second, only when complex");
  GoTo(api, "2025-06-16T23:59:59+08:00");
  CHECK(Refused(AskReturn(api, "PLAIN2", "SCJG")) == config::v1::REASON_RETURN_TOO_LATE);
  CHECK(Must(AskReturn(api, "COMPLEX1", "SCJG")).state() == ORDER_STATE_RETURN_REVIEW);
  INFO("RTE-07/accept/3: not on the third");
  GoTo(api, "2025-06-17T00:00:00+08:00");
  CHECK(Refused(AskReturn(api, "COMPLEX2", "SCJG")) == config::v1::REASON_RETURN_TOO_LATE);
  CHECK(Look(api, "COMPLEX2").state() == ORDER_STATE_HANDLING);
}

TEST_CASE("returns that are refused", "[RTE-07]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  INFO("RTE-07/bad/1");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SCJG"));
  v1::RequestReturnRequest groundless = Return();
  groundless.clear_legal_basis();
  CHECK(Refused(AskReturn(api, kOrder, "SCJG", groundless)) == config::v1::REASON_REQUIRED);
  CHECK(Refused(AskReturn(api, kOrder, "SCJG", Return("SCJG"))) == config::v1::REASON_RETURN_TO_SELF);
  INFO("RTE-07/bad/2: LIFE_SAFETY");
  SubmitUrgent(api, "TJ2", URGENCY_LIFE_SAFETY);
  REQUIRE_OK(api.Dispatch("TJ2", "SCJG"));
  CHECK(Refused(AskReturn(api, "TJ2", "SCJG")) == config::v1::REASON_RETURN_NOT_ALLOWED);
  INFO("RTE-07/bad/2: designated");
  REQUIRE_OK(AskReturn(api, kOrder, "SCJG"));
  AgreeToReturn(api, kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SWJ"));
  REQUIRE_OK(AskReturn(api, kOrder, "SWJ"));
  AgreeToReturn(api, kOrder);
  CHECK(Must(api.Dispatch(kOrder, "FGW")).dispatches(2).designated());
  CHECK(Refused(AskReturn(api, kOrder, "FGW")) == config::v1::REASON_DESIGNATED);
}

TEST_CASE("a liaison body is told, and neither limited nor supervised nor rated", "[RTE-10]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  INFO("RTE-10/accept");
  api.Submit(kOrder, "想了解律师调查令怎么申请");
  const v1::WorkOrder proposed = Look(api);
  REQUIRE(proposed.proposal().candidates_size() > 0);
  CHECK(proposed.proposal().candidates(0).undertaker() == "GFY");
  CHECK(proposed.proposal().candidates(0).receive_mode() == "liaison");
  CHECK(Refused(api.Dispatch(kOrder, "GFY")) == config::v1::REASON_LIAISON_ONLY);
  v1::SendToLiaisonRequest send;
  send.set_undertaker("GFY");
  const auto sent = Must(api.Change(Dispatcher(), "SendToLiaison", kOrder, send));
  CHECK(sent.state() == ORDER_STATE_LIAISON_SENT);
  CHECK_FALSE(sent.has_due_time());
  CHECK(Must(api.Get(Enterprise(), kOrder)).liaison_notice() == "该事项已转送相关单位，由其依法独立答复。");
  GoTo(api, "2025-09-12T09:00:00+08:00");
  CHECK(Warnings(api, kOrder).empty());
  INFO("RTE-10/bad: supervision");
  v1::OpenSupervisionRequest supervise;
  supervise.set_cause("REFUSAL");
  CHECK(Refused(api.Change(Reviewer(), "OpenSupervision", kOrder, supervise)) == config::v1::REASON_LIAISON_ONLY);
  INFO("RTE-10/bad: rating");
  CHECK(ReasonOf(api.Rate(kOrder, 1)) == config::v1::REASON_LIAISON_ONLY);
  CHECK(Look(api).etag() == sent.etag());
}

TEST_CASE("a participating body declines, a direct one returns", "[RTE-11]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  v1::DeclineWorkOrderRequest decline;
  decline.set_reason("不属于海关事权");
  INFO("RTE-11/accept");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "HG"));
  for (const char* direct : {"SCJG", "TAX", "GSL"}) {
    api.Submit(direct);
    REQUIRE_OK(api.Dispatch(direct, direct));
  }
  GoTo(api, "2025-06-13T23:59:59+08:00");
  const auto declined = Must(api.Change(Unit("HG"), "DeclineWorkOrder", kOrder, decline));
  CHECK(declined.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(Look(api).marks().empty());
  CHECK(Look(api).main_undertaker().empty());
  CHECK(Must(api.Dispatch(kOrder, "SWJ")).main_undertaker() == "SWJ");
  INFO("RTE-11/bad");
  for (const char* direct : {"SCJG", "TAX", "GSL"}) {
    CHECK(Refused(api.Change(Unit(direct), "DeclineWorkOrder", direct, decline)) ==
          config::v1::REASON_DECLINE_NOT_ALLOWED);
  }
}

TEST_CASE("no rule of the catalogue makes a body its own judge", "[RTE-12]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  v1::ImportDispatchCatalogueRequest import;
  import.set_request_id("catalogue");
  import.mutable_catalogue()->set_version(3);
  import.mutable_catalogue()->set_effective_date("2025-06-12");
  auto& rule = *import.mutable_catalogue()->add_rules();
  rule.set_rule_id("R1");
  rule.set_category_code("B09-01");
  rule.set_main_undertaker("CGW");
  REQUIRE_OK(api.bench.Call<v1::DispatchCatalogue>(Leader(), Method("ImportDispatchCatalogue"), import));
  DemandSubmitted complaint = api.Demand(kOrder, "某区城管未亮码检查并索要餐费");
  complaint.set_demand_type(DEMAND_TYPE_COMPLAINT);
  api.Submit(complaint);
  INFO("RTE-12/bad");
  const absl::Status refused = api.Dispatch(kOrder, "CGW", "").status();
  CHECK(ReasonOf(refused) == config::v1::REASON_CONFLICT_OF_INTEREST);
  CHECK(MetadataOf(refused).at("code") == "CGW");
  CHECK(Look(api).state() == ORDER_STATE_PENDING_DISPATCH);
  INFO("RTE-12/accept: at most assistant, without the caller's identity");
  REQUIRE_OK(api.Dispatch(kOrder, "SFJ", "", {"CGW"}));
  const auto shown = Must(api.Get(Unit("CGW"), kOrder));
  CHECK(shown.subject().enterprise_name().empty());
  CHECK(shown.subject().uscc().empty());
  CHECK(Must(api.Get(Unit("SFJ"), kOrder)).subject().uscc() == "91120104MA05XXXXXX");
}

TEST_CASE("the enterprise's clock runs on while bodies pass an order on", "[RTE-17]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  INFO("RTE-17/accept");
  api.Submit(kOrder);
  GoTo(api, "2025-06-13T10:00:00+08:00");
  REQUIRE_OK(api.Dispatch(kOrder, "FGW"));
  GoTo(api, "2025-06-16T10:00:00+08:00");
  REQUIRE_OK(AskReturn(api, kOrder, "FGW"));
  AgreeToReturn(api, kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SWJ"));
  GoTo(api, "2025-06-17T10:00:00+08:00");
  REQUIRE_OK(AskReturn(api, kOrder, "SWJ"));
  GoTo(api, "2025-06-18T10:00:00+08:00");
  AgreeToReturn(api, kOrder);
  const auto third = Must(api.Dispatch(kOrder, "SCJG"));
  CHECK(third.dispatches_size() == 3);
  CHECK(Shown(third.accept_time()) == kNow);
  CHECK(Shown(third.due_time()) == "2025-06-23T23:59:59+08:00");
  v1::GetClockReportRequest request;
  request.set_name(std::string("workOrders/") + kOrder);
  const auto report = Must(api.bench.Call<v1::ClockReport>(Reviewer(), Method("GetClockReport"), request));
  CHECK(Shown(report.due_time()) == "2025-06-23T23:59:59+08:00");
  std::map<std::string, int> days;
  for (const auto& share : report.shares()) days[share.holder()] = share.working_days();
  CHECK(days == std::map<std::string, int>{{"HUB", 2}, {"FGW", 1}, {"SWJ", 1}, {"SCJG", 0}});
}

TEST_CASE("warnings come at their instants, and supervision ends with an answer", "[RTE-20]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T09:00:00+08:00");
  Handle(api, kOrder, "TAX");
  REQUIRE_OK(Contact(api, "TAX"));
  struct Row {
    const char* time;
    int level;
    Strings warnings;
  };
  const Row rows[] = {
      {"2025-10-09T23:59:59+08:00", 0, {}},
      {"2025-10-10T00:00:00+08:00", 1, {"DeadlineNear YELLOW"}},
      {"2025-10-10T23:59:59+08:00", 1, {"DeadlineNear YELLOW"}},
      {"2025-10-11T00:00:00+08:00", 2, {"DeadlineNear YELLOW", "DeadlineNear RED"}},
      {"2025-10-13T23:59:59+08:00", 2, {"DeadlineNear YELLOW", "DeadlineNear RED"}},
      {"2025-10-14T00:00:00+08:00", 3, {"DeadlineNear YELLOW", "DeadlineNear RED", "DeadlineMissed OVERDUE"}},
  };
  for (const Row& row : rows) {
    INFO("RTE-20/accept " << row.time);
    GoTo(api, row.time);
    api.Sweep();
    CHECK(Look(api).warning_level() == row.level);
    CHECK(Warnings(api, kOrder) == row.warnings);
  }
  REQUIRE(Look(api).supervisions_size() == 1);
  INFO("RTE-20/bad");
  v1::AnswerSupervisionRequest answer;
  answer.set_supervision_id(Look(api).supervisions(0).supervision_id());
  for (const char* empty : {"", " 　"}) {
    answer.set_answer(empty);
    CHECK(Refused(api.Change(Unit("TAX"), "AnswerSupervision", kOrder, answer)) == config::v1::REASON_REQUIRED);
  }
  CHECK_FALSE(Look(api).supervisions(0).has_answer_time());
  answer.set_answer("已约谈经办人，三日内办结");
  const auto answered = Must(api.Change(Unit("TAX"), "AnswerSupervision", kOrder, answer));
  CHECK(answered.supervisions(0).answer() == "已约谈经办人，三日内办结");
  CHECK(Shown(answered.supervisions(0).answer_time()) == "2025-10-14T00:00:00+08:00");
}

TEST_CASE("what a submission must hold", "[RTE-28]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  Handle(api, kOrder, "TAX");
  const auto submit = [&](const v1::SubmitResultRequest& request) {
    return api.Change(Unit("TAX"), "SubmitResult", kOrder, request);
  };
  INFO("RTE-28/accept");
  v1::SubmitResultRequest explained = Api::Result();
  explained.set_result_type(RESULT_TYPE_EXPLAINED);
  explained.set_considered("研究了容缺受理");
  explained.set_help_offered("可先行办理变更登记");
  explained.set_explain_reason("NO_LEGAL_BASIS");
  CHECK(Refused(submit(explained)) == config::v1::REASON_CONTACT_REQUIRED);
  CHECK(Look(api).state() == ORDER_STATE_HANDLING);
  REQUIRE_OK(Contact(api, "TAX"));
  CHECK(Must(submit(explained)).state() == ORDER_STATE_SUBMITTED);
  INFO("RTE-28/bad/1: the text that was sent back");
  CHECK(Must(Review(api, false)).state() == ORDER_STATE_HANDLING);
  CHECK(Refused(submit(explained)) == config::v1::REASON_RESULT_TOO_THIN);
  INFO("RTE-28/bad/2: only 已处理");
  CHECK(Refused(submit(Api::Result("已处理"))) == config::v1::REASON_RESULT_TOO_THIN);
  CHECK(Look(api).submissions_size() == 1);
  CHECK(Must(submit(Api::Result("已按规定调增额度，并向企业逐项说明了办理依据"))).state() == ORDER_STATE_SUBMITTED);
}

TEST_CASE("the undertaker answers the enterprise, and says who, how and when", "[FBK-01]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T09:00:00+08:00");
  Handle(api, kOrder, "TAX");
  REQUIRE_OK(Contact(api, "TAX"));
  GoTo(api, "2025-10-13T16:00:00+08:00");
  REQUIRE_OK(api.Change(Unit("TAX"), "SubmitResult", kOrder, Api::Result()));
  REQUIRE_OK(Review(api, true));
  GoTo(api, "2025-10-14T09:00:00+08:00");
  v1::RecordFeedbackRequest whole;
  whole.set_way("PHONE");
  whole.set_person("经办人");
  *whole.mutable_feedback_time() = Stamp("2025-10-14T09:00:00+08:00");
  struct Row {
    const char* id;
    void (*spoil)(v1::RecordFeedbackRequest&);
    Reason refused;
  };
  const Row rows[] = {
      {"FBK-01/bad/1: no person", [](auto& r) { r.clear_person(); }, config::v1::REASON_REQUIRED},
      {"FBK-01/bad/1: no way", [](auto& r) { r.clear_way(); }, config::v1::REASON_REQUIRED},
      {"FBK-01/bad/1: no time", [](auto& r) { r.clear_feedback_time(); }, config::v1::REASON_REQUIRED},
      {"FBK-01/bad/1: nothing", [](auto& r) { r.Clear(); }, config::v1::REASON_FIELDS_INVALID},
      {"FBK-01/bad/2", [](auto& r) { *r.mutable_feedback_time() = Stamp("2025-10-14T09:00:01+08:00"); },
       config::v1::REASON_FUTURE_TIME},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    v1::RecordFeedbackRequest request = whole;
    row.spoil(request);
    CHECK(Refused(api.Change(Unit("TAX"), "RecordFeedback", kOrder, request)) == row.refused);
    CHECK(Look(api).state() == ORDER_STATE_SUBMITTED);
  }
  INFO("FBK-01/accept");
  const auto fed_back = Must(api.Change(Unit("TAX"), "RecordFeedback", kOrder, whole));
  CHECK(fed_back.state() == ORDER_STATE_FED_BACK);
  CHECK(fed_back.feedback().late());
  CHECK(fed_back.feedback().late_days() == 1);
}

}  // namespace
}  // namespace jinqi::routing
