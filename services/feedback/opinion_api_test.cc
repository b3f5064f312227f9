// Opinions as their callers see them, on both databases (FBK-10).
#include <functional>
#include <string>

#include "services/feedback/test_api.h"

namespace jinqi::feedback {
namespace {

using v1::Opinion;
using v1::ProposedOpinion;

identity::Caller Body(const std::string& code) {
  return TestBench::Person({config::v1::ROLE_UNDERTAKER}, code, "", "officer-" + code);
}

struct OpinionApi {
  explicit OpinionApi(TestDatabase database) : test(database) { REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ1"))); }

  absl::StatusOr<v1::ProposeOpinionsResponse> Propose(const std::string& text, const std::string& name = "TJ1-0") {
    v1::ProposeOpinionsRequest request;
    request.set_name("followUps/" + name);
    request.set_text(text);
    return Ask<v1::ProposeOpinionsResponse>(Hotline(), "ProposeOpinions", request);
  }
  absl::StatusOr<Opinion> Create(const ProposedOpinion& proposed, const std::string& target, bool consent = false,
                                 const identity::Caller& caller = Hotline()) {
    v1::CreateOpinionRequest request;
    request.set_follow_up("followUps/TJ1-0");
    request.set_request_id("opinion-" + std::to_string(++requests));
    request.set_kind(proposed.kind());
    request.set_subject(proposed.subject());
    request.set_text(proposed.text());
    request.set_target(target);
    request.set_identity_consent(consent);
    return Ask<Opinion>(caller, "CreateOpinion", request);
  }
  absl::StatusOr<Opinion> Get(const std::string& name, const identity::Caller& caller) {
    v1::GetOpinionRequest request;
    request.set_name(name);
    return Ask<Opinion>(caller, "GetOpinion", request);
  }
  absl::StatusOr<Opinion> Receive(const std::string& name, const std::string& body) {
    v1::ReceiveOpinionRequest request;
    request.set_name(name);
    request.set_etag("1");
    request.set_request_id("receive-" + std::to_string(++requests));
    return Ask<Opinion>(Body(body), "ReceiveOpinion", request);
  }
  absl::StatusOr<Opinion> Answer(const std::string& name, const std::string& body, const std::string& etag = "2") {
    v1::AnswerOpinionRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_request_id("answer-" + std::to_string(++requests));
    request.set_answer("已修复，王五负责");
    return Ask<Opinion>(Body(body), "AnswerOpinion", request);
  }
  v1::ListOpinionsResponse List(const identity::Caller& caller,
                                const std::function<void(v1::ListOpinionsRequest&)>& change = {}) {
    v1::ListOpinionsRequest request;
    if (change) change(request);
    return testing::Must(Ask<v1::ListOpinionsResponse>(caller, "ListOpinions", request));
  }
  int Count(const identity::Caller& caller, const std::function<void(v1::ListOpinionsRequest&)>& change = {}) {
    return List(caller, change).opinions_size();
  }
  template <typename Answer>
  absl::StatusOr<Answer> Ask(const identity::Caller& caller, const std::string& method,
                             const google::protobuf::Message& request) {
    return test.bench.Call<Answer>(caller, Method("OpinionService/" + method), request);
  }

  Bench test;
  int requests = 0;
};

TEST_CASE("praise goes to the undertaker and a defect to who keeps the service", "[FBK-10]") {
  OpinionApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  INFO("FBK-10/accept");
  const auto proposed = api.Propose("承办人很好，但小程序上传总失败");
  REQUIRE_OK(proposed);
  CHECK(proposed->rules_version() > 0);
  REQUIRE(proposed->opinions_size() == 2);
  const ProposedOpinion& praise = proposed->opinions(0);
  const ProposedOpinion& defect = proposed->opinions(1);
  CHECK(praise.kind() == Opinion::KIND_PRAISE);
  CHECK(praise.subject() == Opinion::SUBJECT_HANDLING);
  CHECK(praise.targets(0) == "SCJG");
  CHECK(defect.kind() == Opinion::KIND_DEFECT);
  CHECK(defect.subject() == Opinion::SUBJECT_MECHANISM);
  REQUIRE(defect.targets_size() == 2);
  CHECK(defect.targets(0) == "SJJ");
  CHECK(defect.targets(1) == "ZWFW");
  CHECK(ReasonOf(api.Propose("很好", "TJ9-0").status()) == config::v1::REASON_NOT_FOUND);

  REQUIRE_OK(api.Create(praise, praise.targets(0)));
  const auto sent = api.Create(defect, defect.targets(0));
  REQUIRE_OK(sent);
  CHECK(sent->text() == "小程序上传总失败");
  CHECK(clock::FromProto(sent->due_time()) == clock::EndOfDay(absl::CivilDay(2025, 10, 27)));
  CHECK(api.Count(Body("SCJG")) == 1);
  CHECK(api.Count(Body("SJJ")) == 1);
  CHECK(api.Count(Body("ZWFW")) == 0);
  CHECK(ReasonOf(api.Get(sent->name(), Body("SCJG")).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Receive(sent->name(), "SCJG").status()) == config::v1::REASON_NOT_FOUND);

  CHECK(ReasonOf(api.Answer(sent->name(), "SJJ", "1").status()) == config::v1::REASON_OPINION_NOT_RECEIVED);
  REQUIRE_OK(api.Receive(sent->name(), "SJJ"));
  const auto answered = api.Answer(sent->name(), "SJJ");
  REQUIRE_OK(answered);
  CHECK(answered->state() == Opinion::STATE_ANSWERED);
  CHECK(answered->answer() == "已修复，王五负责");
  CHECK(ReasonOf(api.Answer(sent->name(), "SJJ", "3").status()) == config::v1::REASON_OPINION_ANSWERED);
  const Opinion read = testing::Must(api.Get(sent->name(), Hub()));
  CHECK(read.text() == "小程序上传总失败");
  CHECK(read.answer() == "已修复，王五负责");
  CHECK(read.answered_by() == "officer-SJJ");
  CHECK(read.etag() == answered->etag());
  // Who said it reads the answer.
  CHECK(testing::Must(api.Get(sent->name(), Enterprise())).answer() == "已修复，王五负责");
  CHECK(testing::Must(api.Get(sent->name(), Enterprise())).by().empty());
  CHECK(ReasonOf(api.Get(sent->name(), Enterprise("91120101000000001X")).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(api.Count(Enterprise()) == 2);
  CHECK(api.Count(Enterprise("91120101000000001X")) == 0);
  const auto verified = ledger::Verify(api.test.store.uri(), Kinds(), {}, nullptr);
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

TEST_CASE("an opinion names one body, and who said it only with consent", "[FBK-10]") {
  OpinionApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  ProposedOpinion opinion;
  opinion.set_kind(Opinion::KIND_DEFECT);
  opinion.set_subject(Opinion::SUBJECT_MECHANISM);
  opinion.set_text("联系人张三的电话13800000000收不到短信");
  {
    INFO("FBK-10/bad/1");
    for (const char* target : {"", "ALLQ"}) {
      CHECK(ReasonOf(api.Create(opinion, target).status()) == config::v1::REASON_OPINION_TARGET);
    }
    CHECK(ReasonOf(api.Create(opinion, "NOBODY").status()) == config::v1::REASON_NOT_IN_DIRECTORY);
    CHECK(ReasonOf(api.Create(opinion, "ZWFW", false, Enterprise()).status()) == config::v1::REASON_PERMISSION_DENIED);
    CHECK(api.Count(Hub()) == 0);
  }
  INFO("FBK-10/bad/2");
  const Opinion without = testing::Must(api.Create(opinion, "ZWFW"));
  const Opinion with = testing::Must(api.Create(opinion, "ZWFW", true));
  CHECK(without.order_no() == "TJ1");
  const Opinion hidden = testing::Must(api.Get(without.name(), Body("ZWFW")));
  CHECK(hidden.order_no().empty());
  CHECK(hidden.uscc().empty());
  CHECK(hidden.by().empty());
  CHECK(hidden.text() == without.text());
  CHECK(hidden.text().find("13800000000") == std::string::npos);
  CHECK(hidden.text().find("张三") == std::string::npos);
  const Opinion told = testing::Must(api.Get(with.name(), Body("ZWFW")));
  CHECK(told.order_no() == "TJ1");
  CHECK(told.uscc() == kUscc);
  CHECK(told.text() == opinion.text());
  const auto of_target = api.List(Body("ZWFW"));
  for (const Opinion& listed : of_target.opinions()) {
    CHECK(listed.order_no() == (listed.name() == with.name() ? "TJ1" : ""));
    CHECK(listed.text().empty());
  }
  const auto of_hub = api.List(Hub());
  for (const Opinion& listed : of_hub.opinions()) CHECK(listed.order_no() == "TJ1");
}

TEST_CASE("open and late opinions are listed", "[FBK-10]") {
  OpinionApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  ProposedOpinion opinion;
  opinion.set_kind(Opinion::KIND_SUGGESTION);
  opinion.set_subject(Opinion::SUBJECT_MECHANISM);
  opinion.set_text("希望窗口周末也开");
  const Opinion answered = testing::Must(api.Create(opinion, "ZWFW"));
  REQUIRE_OK(api.Receive(answered.name(), "ZWFW"));
  REQUIRE_OK(api.Answer(answered.name(), "ZWFW"));
  const Opinion open = testing::Must(api.Create(opinion, "SJJ"));
  const auto open_only = [](auto& request) { request.set_open_only(true); };
  const auto late_only = [](auto& request) { request.set_late_only(true); };
  const auto of_zwfw = [](auto& request) { request.set_target("ZWFW"); };
  CHECK(api.Count(Hub()) == 2);
  CHECK(api.Count(Hub(), of_zwfw) == 1);
  REQUIRE(api.Count(Hub(), open_only) == 1);
  CHECK(api.List(Hub(), open_only).opinions(0).name() == open.name());
  CHECK(api.Count(Body("ZWFW"), open_only) == 0);
  CHECK(api.Count(Body("SJJ"), open_only) == 1);
  // Whose own list it is stays so.
  CHECK(api.Count(Body("SJJ"), of_zwfw) == 1);

  identity::Caller elsewhere = Hub();
  elsewhere.district = "120116";
  CHECK(api.Count(elsewhere) == 0);
  CHECK(ReasonOf(api.Get(open.name(), elsewhere).status()) == config::v1::REASON_NOT_FOUND);
  elsewhere.district = "120103";
  CHECK(api.Count(elsewhere) == 2);

  // The due date's last second is in time.
  api.test.bench.SetTime("2025-10-27T23:59:59+08:00");
  CHECK(api.Count(Hub(), late_only) == 0);
  api.test.bench.SetTime("2025-10-28T00:00:00+08:00");
  REQUIRE(api.Count(Hub(), late_only) == 1);
  CHECK(api.List(Hub(), late_only).opinions(0).name() == open.name());
}

}  // namespace
}  // namespace jinqi::feedback
