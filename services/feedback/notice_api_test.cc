// Notices as the city's message gateway gets them: a real receiver, a real intake, both databases.
#include <catch2/catch.hpp>

#include "common/config/config.h"
#include "common/outbound/test_receiver.h"
#include "common/queue/handler.h"
#include "services/feedback/feedback_events.h"
#include "services/feedback/kinds.h"
#include "services/feedback/service.h"
#include "services/feedback/test_book.h"
#include "services/intake/test_intake.h"

namespace jinqi::feedback {
namespace {

using outbound::Receiver;
using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using testing::Must;
using v1::Notice;

constexpr char kNow[] = "2025-10-13T10:00:00+08:00";
constexpr char kPhone[] = "13800001111";

identity::Caller Leader() { return TestBench::Person({config::v1::ROLE_HUB_LEADER}, "BMZX"); }

class Bench {
 public:
  explicit Bench(TestDatabase database, const std::string& file = "")
      : intake(database, kNow, JINQI_REFERENCE_DIR),
        store_(database),
        bench(
            store_, Definition(),
            [this, file](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::FeedbackConfig config;
              *config.mutable_server() = server;
              config.set_notice_file(file);
              if (file.empty()) {
                testing::WriteFile(folder_.path() / "secret", std::string(outbound::kTestSecret) + "\n");
                config.mutable_notice_gateway()->set_url(receiver.url());
                config.mutable_notice_gateway()->set_secret_file(folder_.File("secret"));
              }
              return Build(runtime, config::WithDefaults(config));
            },
            kNow, JINQI_REFERENCE_DIR, "0", intake.AsPeer()),
        rules_(Must(calendar::Calendar::Make(Notices2025())), {}, {{"SCJG", "市市场监管委"}}) {}

  // A message of routing, as its consumer takes it.
  void News(const std::string& order_no, const std::string& type,
            const std::function<void(events::v1::OrderSnapshot&)>& change = {}) {
    events::v1::OrderEvent event = FedBack(order_no);
    *event.mutable_time() = clock::ToProto(bench.runtime().clock().Now());
    event.mutable_order()->clear_feedback_time();
    if (change) change(*event.mutable_order());
    events::v1::Envelope envelope;
    const int number = ++numbers_[order_no];
    envelope.set_id(order_no + "-" + std::to_string(number));
    envelope.set_tenant("tianjin");
    envelope.set_source("routing");
    envelope.set_type(type);
    envelope.set_key(order_no);
    envelope.set_key_sequence(number);
    *envelope.mutable_time() = event.time();
    envelope.set_payload(event.SerializeAsString());
    auto command = queue::CommandOf([this](const auto& taken) { return OnRouting(taken, rules_); }, envelope);
    REQUIRE_OK(command);
    REQUIRE(command->has_value());
    REQUIRE_OK(bench.runtime().ledger().Run(**std::move(command)));
  }

  template <typename Response>
  absl::StatusOr<Response> Call(const std::string& method, const google::protobuf::Message& request) {
    return bench.Call<Response>(Leader(), "jinqi.feedback.v1.NoticeService/" + method, request);
  }
  std::vector<Notice> List(Notice::State state, const std::string& order_no = "") {
    v1::ListNoticesRequest request;
    request.set_state(state);
    request.set_order_no(order_no);
    const auto listed = Must(Call<v1::ListNoticesResponse>("ListNotices", request));
    return {listed.notices().begin(), listed.notices().end()};
  }
  bool WaitFor(Notice::State state, std::size_t count) {
    return testing::WaitFor([&] { return List(state).size() == count; });
  }
  absl::StatusOr<v1::NoticeTemplate> Publish(const std::string& id, const std::string& text,
                                             const std::vector<std::string>& variables) {
    v1::PublishNoticeTemplateRequest request;
    request.set_request_id("publish-" + std::to_string(++requests_));
    request.mutable_template_()->set_template_id(id);
    request.mutable_template_()->set_text(text);
    for (const std::string& name : variables) request.mutable_template_()->add_variables(name);
    return Call<v1::NoticeTemplate>("PublishNoticeTemplate", request);
  }
  absl::StatusOr<Notice> Retry(const Notice& notice) {
    v1::RetryNoticeRequest request;
    request.set_name(notice.name());
    request.set_etag(notice.etag());
    request.set_request_id("retry-" + std::to_string(++requests_));
    return Call<Notice>("RetryNotice", request);
  }
  // Those that are on record.
  int Attempts() {
    int attempts = 0;
    for (const Notice& notice : List(Notice::STATE_UNSPECIFIED)) attempts += notice.delivery().attempts_size();
    return attempts;
  }
  bool CircuitOpen() {
    return bench.runtime().metrics().MakeGauge("jinqi_outbound_circuit_open", "", {{"target", "notices"}}).Value() == 1;
  }
  double Count(const std::string& outcome) {
    return bench.runtime().metrics().MakeCounter("jinqi_notices_total", "", {{"outcome", outcome}}).Value();
  }

  intake::TestIntake intake;
  Receiver receiver;

 private:
  testing::TempDir folder_;
  TestStore store_;

 public:
  TestBench bench;

 private:
  Rules rules_;
  std::map<std::string, int> numbers_;
  int requests_ = 0;
};

std::vector<std::string> EventsOf(const std::vector<Receiver::Got>& got, const std::string& order_no) {
  std::vector<std::string> events;
  for (const Receiver::Got& one : got) {
    if (one.body.value("orderNo", "") == order_no) events.push_back(one.body.value("event", ""));
  }
  return events;
}

TEST_CASE("the enterprise is told each step, at the phone that intake knows", "[FBK-13]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const std::string order = test.intake.Create(intake::TestIntake::Demand(kPhone));
  test.News(order, "OrderProposed");
  test.News(order, "OrderDispatched");
  test.News(order, "OrderContacted");
  test.News(order, "OrderExtended");
  test.News(order, "OrderFedBack");
  test.News(order, "OrderReworked",
            [](auto& snapshot) { *snapshot.mutable_rework_due_time() = Stamp("2025-10-20T23:59:59+08:00"); });
  test.News(order, "OrderClosed");
  REQUIRE(test.WaitFor(Notice::STATE_SENT, 6));
  const auto got = test.receiver.got();
  REQUIRE(got.size() == 6);
  CHECK(EventsOf(got, order) == std::vector<std::string>{"OrderProposed", "OrderDispatched", "OrderExtended",
                                                         "OrderFedBack", "OrderReworked", "OrderClosed"});
  for (const Receiver::Got& one : got) {
    CHECK(one.genuine);
    CHECK(one.body["to"] == nlohmann::json{{"name", "王小明"}, {"phone", kPhone}});
    CHECK(one.body["text"].get<std::string>().find("{{") == std::string::npos);
  }
  CHECK(got[0].key == "notice-" + order + "-1");
  CHECK(got[1].body["template"] == "dispatched@1");
  CHECK(got[1].body["text"] == "您的诉求（" + order + "）已交市市场监管委办理，工作人员将与您联系。");
  CHECK(got[4].body["text"] == "您的诉求（" + order + "）将重新办理，于2025-10-20前再次向您反馈。");

  INFO("the rating link opens the round");
  v1::GetFollowUpRequest round;
  round.set_name("followUps/" + order + "-0");
  const auto follow_up = Must(test.bench.Call<v1::FollowUp>(TestBench::Person({config::v1::ROLE_SERVICE}),
                                                            "jinqi.feedback.v1.FeedbackService/GetFollowUp", round));
  CHECK(got[3].body["text"] == "您的诉求（" + order + "）已有办理结果：已解决。请查看并评价：/rating/" + order + "#" +
                                   follow_up.rating_token());

  INFO("what is kept of it names nobody");
  const auto listed = test.List(Notice::STATE_UNSPECIFIED, order);
  REQUIRE(listed.size() == 6);
  CHECK(listed[0].template_() == "accepted@1");
  CHECK(listed[0].way() == Notice::WAY_WEBHOOK);
  CHECK(clock::ToRfc3339(clock::FromProto(listed[0].send_time())) == kNow);
  REQUIRE(listed[0].delivery().attempts_size() == 1);
  CHECK(listed[0].delivery().attempts(0).http_status() == 200);
  for (const Notice& notice : listed) {
    CHECK(notice.SerializeAsString().find(kPhone) == std::string::npos);
    CHECK(notice.SerializeAsString().find(follow_up.rating_token()) == std::string::npos);
  }
  CHECK(test.Count("sent") == 6);
}

TEST_CASE("the message service is down for half an hour", "[FBK-13]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  INFO("FBK-13/accept");
  // Away, and one that answers but fails: both come back within the retries.
  const int status = GENERATE(503, 500);
  INFO("HTTP " << status);
  test.receiver.SetAnswer(status);
  const std::vector<std::string> orders = {test.intake.Create(intake::TestIntake::Demand("13800000001")),
                                           test.intake.Create(intake::TestIntake::Demand("13800000002"))};
  const std::vector<std::string> steps = {"OrderProposed", "OrderDispatched", "OrderFedBack", "OrderClosed"};
  int minute = 0;
  for (const std::string& step : steps) {
    test.bench.SetTime(absl::StrCat("2025-10-13T10:0", minute++, ":00+08:00"));
    for (const std::string& order : orders) test.News(order, step);
    INFO("orders move on");
    CHECK(test.List(Notice::STATE_PENDING).size() == orders.size() * static_cast<std::size_t>(minute));
  }
  REQUIRE(testing::WaitFor([&] { return status == 503 ? test.CircuitOpen() : test.Attempts() == 2; }));
  const std::size_t before = test.receiver.got().size();
  test.bench.SetTime("2025-10-13T10:10:00+08:00");
  REQUIRE(testing::WaitFor([&] { return test.receiver.got().size() > before; }));
  test.bench.SetTime("2025-10-13T10:29:59+08:00");
  CHECK(test.List(Notice::STATE_SENT).empty());
  CHECK(test.List(Notice::STATE_FAILED).empty());
  test.receiver.SetAnswer(200);
  clock::Micros now = At("2025-10-13T10:30:00+08:00");
  REQUIRE(testing::WaitFor([&] {
    test.bench.SetTime(clock::ToRfc3339(now += clock::kMinute));
    return test.List(Notice::STATE_SENT).size() == orders.size() * steps.size();
  }));
  const auto taken = test.receiver.taken();
  for (const std::string& order : orders) CHECK(EventsOf(taken, order) == steps);
  INFO("none twice, whatever the receiver makes of keys");
  std::map<std::string, int> times;
  for (const Receiver::Got& one : test.receiver.got()) times[one.key] += one.status == 200 ? 1 : 0;
  CHECK(times.size() == orders.size() * steps.size());
  for (const auto& [key, count] : times) CHECK(count == 1);
}

TEST_CASE("a template variable is missing", "[FBK-13]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  INFO("FBK-13/bad");
  const std::string order = test.intake.Create(intake::TestIntake::Demand(kPhone));
  CHECK(ReasonOf(test.Publish("accepted", "{{order_no}}由{{undertaker}}办理", {"order_no"}).status()) ==
        config::v1::REASON_TEMPLATE_INVALID);
  CHECK(Must(test.Publish("accepted", "{{order_no}}由{{undertaker}}办理", {"order_no", "undertaker"})).name() ==
        "noticeTemplates/accepted@2");
  test.News(order, "OrderProposed", [](auto& snapshot) { snapshot.clear_main_undertaker(); });
  test.News(order, "OrderClosed");
  REQUIRE(test.WaitFor(Notice::STATE_HELD, 1));
  INFO("it holds up no later one, and is alarmed");
  REQUIRE(test.WaitFor(Notice::STATE_SENT, 1));
  CHECK(EventsOf(test.receiver.got(), order) == std::vector<std::string>{"OrderClosed"});
  CHECK(test.Count("held") == 1);
  const Notice held = test.List(Notice::STATE_HELD)[0];
  CHECK(held.reason() == "undertaker");
  CHECK(held.template_() == "accepted@2");
  const absl::Status missing = test.Retry(held).status();
  CHECK(ReasonOf(missing) == config::v1::REASON_NOTICE_VARIABLE);
  CHECK(MetadataOf(missing).at("name") == "undertaker");

  REQUIRE_OK(test.Publish("accepted", "{{order_no}}已受理", {"order_no"}));
  const Notice again = Must(test.Retry(held));
  CHECK(again.state() == Notice::STATE_PENDING);
  REQUIRE(test.WaitFor(Notice::STATE_SENT, 2));
  CHECK(test.receiver.got().back().body["text"] == order + "已受理");
  CHECK(test.receiver.got().back().body["template"] == "accepted@3");
  v1::GetNoticeRequest request;
  request.set_name(held.name());
  const Notice sent = Must(test.Call<Notice>("GetNotice", request));
  CHECK(sent.template_() == "accepted@3");
  CHECK(ReasonOf(test.Retry(sent).status()) == config::v1::REASON_NOTICE_STATE);
}

TEST_CASE("what fails three times more, or is refused, is listed and sent when it is asked for", "[FBK-13]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const std::string order = test.intake.Create(intake::TestIntake::Demand(kPhone));
  test.receiver.SetAnswer(500);
  test.News(order, "OrderProposed");
  int attempt = 0;
  for (const char* time : {"10:00:00", "10:06:00", "10:24:00", "11:18:00"}) {
    test.bench.SetTime(absl::StrCat("2025-10-13T", time, "+08:00"));
    ++attempt;
    REQUIRE(testing::WaitFor([&] { return test.Attempts() == attempt; }));
  }
  REQUIRE(test.WaitFor(Notice::STATE_FAILED, 1));
  const Notice failed = test.List(Notice::STATE_FAILED)[0];
  CHECK(failed.reason() == "TRIES");
  CHECK(failed.delivery().attempts_size() == 4);
  CHECK(test.Count("failed") == 1);
  for (const Receiver::Got& one : test.receiver.got()) CHECK(one.key == test.receiver.got()[0].key);

  test.receiver.SetAnswer(400);
  test.bench.SetTime("2025-10-13T12:00:00+08:00");
  test.News(order, "OrderClosed");
  REQUIRE(test.WaitFor(Notice::STATE_FAILED, 2));
  CHECK(test.List(Notice::STATE_FAILED)[1].reason() == "REFUSED");

  test.receiver.SetAnswer(200);
  REQUIRE_OK(test.Retry(failed));
  REQUIRE(test.WaitFor(Notice::STATE_SENT, 1));
  CHECK(test.receiver.got().back().key == test.receiver.got()[0].key);
}

TEST_CASE("anonymous, withdrawn and confidential demands", "[FBK-13][INT-13]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  INFO("an anonymous one gets none");
  test.News("TJ-ANONYMOUS", "OrderClosed", [](auto& snapshot) { snapshot.set_anonymous(true); });
  CHECK(test.List(Notice::STATE_UNSPECIFIED).empty());

  INFO("a withdrawn one gets none any more");
  test.receiver.SetAnswer(503);
  const std::string withdrawn = test.intake.Create(intake::TestIntake::Demand("13800000003"));
  test.News(withdrawn, "OrderDispatched");
  test.News(withdrawn, "OrderWithdrawn");
  test.receiver.SetAnswer(200);
  test.bench.SetTime("2025-10-13T10:30:00+08:00");
  REQUIRE(test.WaitFor(Notice::STATE_DROPPED, 1));
  CHECK(test.List(Notice::STATE_DROPPED)[0].reason() == "WITHDRAWN");
  CHECK(test.receiver.taken().empty());
  CHECK(test.Count("dropped") == 1);

  INFO("of a confidential one only the hub is told: no phone, no token");
  const std::string confidential = test.intake.Create(intake::TestIntake::Demand("13800000004"));
  test.News(confidential, "OrderFedBack", [](auto& snapshot) { snapshot.set_confidential(true); });
  REQUIRE(test.WaitFor(Notice::STATE_SENT, 1));
  const auto taken = test.receiver.taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].body["to"] == nlohmann::json{{"hub", "BMZX"}});
  CHECK_THAT(taken[0].body["text"].get<std::string>(), Catch::EndsWith("#"));

  INFO("what is too old is not sent any more");
  test.receiver.SetAnswer(503);
  const std::string old = test.intake.Create(intake::TestIntake::Demand("13800000005"));
  test.News(old, "OrderClosed");
  test.bench.SetTime("2025-10-16T10:30:00+08:00");
  REQUIRE(test.WaitFor(Notice::STATE_FAILED, 1));
  CHECK(test.List(Notice::STATE_FAILED)[0].reason() == "EXPIRED");
}

TEST_CASE("in development notices are lines of a file", "[FBK-13]") {
  testing::TempDir folder;
  Bench test(TestDatabase::kSqlite, folder.File("notices.jsonl"));
  const std::string order = test.intake.Create(intake::TestIntake::Demand(kPhone));
  test.News(order, "OrderDispatched");
  REQUIRE(test.WaitFor(Notice::STATE_SENT, 1));
  CHECK(test.List(Notice::STATE_SENT)[0].way() == Notice::WAY_FILE);
  const auto line = nlohmann::json::parse(testing::ReadFile(folder.path() / "notices.jsonl"));
  CHECK(line["key"] == "notice-" + order + "-1");
  CHECK(line["message"]["to"]["phone"] == kPhone);
}

TEST_CASE("templates have versions, and are listed", "[FBK-13]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  v1::ListNoticeTemplatesRequest list;
  list.set_page_size(6);
  auto page = Must(test.Call<v1::ListNoticeTemplatesResponse>("ListNoticeTemplates", list));
  REQUIRE(page.templates_size() == 6);
  CHECK(page.templates(0).name() == "noticeTemplates/accepted@1");
  list.set_page_token(page.next_page_token());
  page = Must(test.Call<v1::ListNoticeTemplatesResponse>("ListNoticeTemplates", list));
  REQUIRE(page.templates_size() == 5);
  CHECK(page.next_page_token().empty());

  REQUIRE_OK(test.Publish("closed", "{{order_no}}已办结", {"order_no"}));
  const auto get = [&](const std::string& name) {
    v1::GetNoticeTemplateRequest request;
    request.set_name(name);
    return test.Call<v1::NoticeTemplate>("GetNoticeTemplate", request);
  };
  CHECK(Must(get("noticeTemplates/closed")).version() == 2);
  CHECK(Must(get("noticeTemplates/closed@1")).version() == 1);
  for (const char* name : {"noticeTemplates/closed@3", "noticeTemplates/none", "noticeTemplates/", "notices/closed"}) {
    INFO(name);
    CHECK(ReasonOf(get(name).status()) == config::v1::REASON_NOT_FOUND);
  }
  v1::GetNoticeRequest notice;
  notice.set_name("notices/none-1");
  CHECK(ReasonOf(test.Call<Notice>("GetNotice", notice).status()) == config::v1::REASON_NOT_FOUND);

  v1::ListNoticesRequest notices;
  for (const char* order : {"TJ1", "TJ2", "TJ3"}) test.News(order, "OrderLiaisonSent");
  REQUIRE(test.WaitFor(Notice::STATE_HELD, 3));
  notices.set_page_size(2);
  auto listed = Must(test.Call<v1::ListNoticesResponse>("ListNotices", notices));
  CHECK(listed.notices_size() == 2);
  notices.set_page_token(listed.next_page_token());
  listed = Must(test.Call<v1::ListNoticesResponse>("ListNotices", notices));
  REQUIRE(listed.notices_size() == 1);
  CHECK(listed.notices(0).order_no() == "TJ3");
  notices.set_order_no("TJ2");
  CHECK(ReasonOf(test.Call<v1::ListNoticesResponse>("ListNotices", notices).status()) ==
        config::v1::REASON_PAGE_TOKEN_INVALID);
}

TEST_CASE("ways out that make no sense stop the start", "[FBK-13]") {
  testing::TempDir folder;
  const auto start = [&](auto change, config::v1::Environment environment) {
    config::v1::FeedbackConfig config;
    rpc::ServiceDefinition definition = Definition();
    auto& server = *config.mutable_server();
    server.set_database("sqlite:" + folder.File("db"));
    server.set_reference_dir(JINQI_REFERENCE_DIR);
    testing::WriteFile(folder.path() / "ring", "k1 " + std::string(64, 'a') + "\n");
    server.set_vault_key_file(folder.File("ring"));
    server.set_environment(environment);
    change(config);
    config = config::WithDefaults(config);
    auto runtime = Must(rpc::ServiceRuntime::Open(definition, config.server()));
    return Build(*runtime, config);
  };
  const auto development = config::v1::ENVIRONMENT_DEVELOPMENT;
  CHECK_OK(start([](auto&) {}, config::v1::ENVIRONMENT_PRODUCTION));
  const auto file = [&](auto& config) { config.set_notice_file(folder.File("n")); };
  CHECK_THAT(start(file, config::v1::ENVIRONMENT_PRODUCTION).ToString(), Catch::Contains("notice_file is not for"));
  INFO("it needs to ask intake");
  CHECK_THAT(start(file, development).ToString(), Catch::Contains("server.peers must name intake"));
  const auto both = [&](auto& config) {
    file(config);
    config.mutable_notice_gateway()->set_url("http://127.0.0.1:1/");
  };
  CHECK_THAT(start(both, development).ToString(), Catch::Contains("exclude each other"));
  CHECK_FALSE(start([](auto& config) { config.mutable_notice_retry()->set_retries(-1); }, development).ok());
}

}  // namespace
}  // namespace jinqi::feedback
