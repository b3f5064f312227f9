// From a closed order to what everybody may read: a real intake that knows whose order it was, a real policy_knowledge
// that knows the policies, both databases (FBK-12).
#include <catch2/catch.hpp>

#include "common/config/config.h"
#include "common/queue/handler.h"
#include "services/feedback/feedback_events.h"
#include "services/feedback/kinds.h"
#include "services/feedback/service.h"
#include "services/feedback/test_book.h"
#include "services/intake/test_intake.h"
#include "services/policy_knowledge/service.h"

namespace jinqi::feedback {
namespace {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using testing::Must;
using v1::ServiceCase;
using v1::ServiceCaseTexts;

constexpr char kNow[] = "2025-10-13T10:00:00+08:00";
constexpr char kMeasure[] = "policies/tianjin-measures-2025/measures/m09";

identity::Caller Who(config::v1::Role role, const std::string& account, const std::string& body = "") {
  return TestBench::Person({role}, body, "", account);
}
identity::Caller Officer(const std::string& body = "SCJG") {
  return Who(config::v1::ROLE_UNDERTAKER, "officer-" + body, body);
}
identity::Caller Editor(const std::string& account = "editor-1") {
  return Who(config::v1::ROLE_KNOWLEDGE_EDITOR, account);
}
identity::Caller Reader() { return Who(config::v1::ROLE_ENTERPRISE, "somebody"); }

class Bench {
 public:
  explicit Bench(TestDatabase database)
      : intake(database, kNow, JINQI_REFERENCE_DIR),
        policy_store_(database),
        policy_(
            policy_store_, policy::Definition(),
            [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::PolicyConfig config;
              *config.mutable_server() = server;
              return policy::Build(runtime, config::WithDefaults(config));
            },
            kNow, JINQI_REFERENCE_DIR),
        store(database),
        bench(
            store, Definition(),
            [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::FeedbackConfig config;
              *config.mutable_server() = server;
              return Build(runtime, config::WithDefaults(config));
            },
            kNow, JINQI_REFERENCE_DIR, "0",
            [this](config::v1::ServerConfig& server) {
              intake.AsPeer()(server);
              (*server.mutable_peers())["policy_knowledge"] = policy_.address();
            }),
        rules_(Must(calendar::Calendar::Make(Notices2025())), {}),
        order_no(intake.Create(intake::TestIntake::Demand("13800001111"))) {
    News("OrderFedBack", FedBack(order_no));
  }

  void Close() {
    events::v1::OrderEvent closed = FedBack(order_no);
    closed.mutable_order()->set_state(events::v1::ORDER_STATE_CLOSED);
    *closed.mutable_order()->mutable_close_time() = closed.time();
    News("OrderClosed", closed);
  }

  static ServiceCaseTexts Texts() {
    ServiceCaseTexts texts;
    texts.set_title("跨区迁移，社会保险关系如何接续");
    texts.set_problem("天津某某有限公司（91120116MA051K2P9X）的王小明来电13800001111咨询");
    texts.set_handling("请企业到滨海新区第三大街5号楼一次办理");
    texts.set_result("三个工作日办结");
    texts.set_transferable("迁出迁入并联办理");
    return texts;
  }
  absl::StatusOr<ServiceCase> Propose(const identity::Caller& caller, const std::string& policy = kMeasure) {
    v1::ProposeServiceCaseRequest request;
    request.set_order_no(order_no);
    request.set_request_id(NextId());
    request.set_kind(ServiceCase::KIND_TYPICAL_CASE);
    *request.mutable_texts() = Texts();
    if (!policy.empty()) request.add_policies(policy);
    return Call<ServiceCase>(caller, "ProposeServiceCase", request);
  }
  absl::StatusOr<ServiceCase> Edit(const ServiceCase& before, const ServiceCaseTexts& texts,
                                   const identity::Caller& caller = Editor()) {
    v1::EditServiceCaseRequest request;
    request.set_kind(before.kind());
    *request.mutable_texts() = texts;
    *request.mutable_policies() = before.policies();
    return Move(caller, "EditServiceCase", before, request);
  }
  absl::StatusOr<ServiceCase> Check(const ServiceCase& before, const identity::Caller& caller = Officer()) {
    return Move(caller, "CheckServiceCase", before, v1::CheckServiceCaseRequest());
  }
  absl::StatusOr<ServiceCase> Approve(const ServiceCase& before, const identity::Caller& caller = Editor("editor-2")) {
    return Move(caller, "ApproveServiceCase", before, v1::ApproveServiceCaseRequest());
  }
  absl::StatusOr<ServiceCase> Reject(const ServiceCase& before, const std::string& reason) {
    v1::RejectServiceCaseRequest request;
    request.set_reason(reason);
    return Move(Editor(), "RejectServiceCase", before, request);
  }
  absl::StatusOr<ServiceCase> Get(const std::string& name, const identity::Caller& caller = Editor()) {
    v1::GetServiceCaseRequest request;
    request.set_name(name);
    return Call<ServiceCase>(caller, "GetServiceCase", request);
  }
  std::vector<ServiceCase> List(const identity::Caller& caller,
                                ServiceCase::State state = ServiceCase::STATE_UNSPECIFIED,
                                ServiceCase::Kind kind = ServiceCase::KIND_UNSPECIFIED) {
    v1::ListServiceCasesRequest request;
    request.set_state(state);
    request.set_kind(kind);
    const auto listed = Must(Call<v1::ListServiceCasesResponse>(caller, "ListServiceCases", request));
    return {listed.service_cases().begin(), listed.service_cases().end()};
  }

 private:
  template <typename Request>
  absl::StatusOr<ServiceCase> Move(const identity::Caller& caller, const std::string& method, const ServiceCase& before,
                                   Request request) {
    request.set_name(before.name());
    request.set_etag(before.etag());
    request.set_request_id(NextId());
    return Call<ServiceCase>(caller, method, request);
  }
  template <typename Response>
  absl::StatusOr<Response> Call(const identity::Caller& caller, const std::string& method,
                                const google::protobuf::Message& request) {
    return bench.Call<Response>(caller, "jinqi.feedback.v1.ServiceCaseService/" + method, request);
  }
  std::string NextId() { return "request-" + std::to_string(++requests_); }
  // A message of routing, as its consumer takes it.
  void News(const std::string& type, const events::v1::OrderEvent& event) {
    events::v1::Envelope envelope;
    envelope.set_id(type);
    envelope.set_tenant("tianjin");
    envelope.set_source("routing");
    envelope.set_type(type);
    envelope.set_key(order_no);
    *envelope.mutable_time() = event.time();
    envelope.set_payload(event.SerializeAsString());
    auto command = queue::CommandOf([this](const auto& taken) { return OnRouting(taken, rules_); }, envelope);
    REQUIRE_OK(command);
    REQUIRE(command->has_value());
    REQUIRE_OK(bench.runtime().ledger().Run(**std::move(command)));
  }

  intake::TestIntake intake;
  TestStore policy_store_;
  TestBench policy_;
  int requests_ = 0;

 public:
  TestStore store;
  TestBench bench;

 private:
  Rules rules_;

 public:
  const std::string order_no;
};

TEST_CASE("what a closed order taught is read by all, and tells nobody whose it was", "[FBK-12]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  CHECK(ReasonOf(test.Propose(Officer()).status()) == config::v1::REASON_CASE_NOT_CLOSED);
  test.Close();
  CHECK(ReasonOf(test.Propose(Officer("SWJ")).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Propose(Reader()).status()) == config::v1::REASON_PERMISSION_DENIED);
  const auto proposed = test.Propose(Officer());
  REQUIRE_OK(proposed);
  CHECK(proposed->state() == ServiceCase::STATE_DRAFT);
  // It is nobody's but theirs who work on it.
  for (const identity::Caller& caller : {Reader(), Officer("SWJ")}) {
    CHECK(ReasonOf(test.Get(proposed->name(), caller).status()) == config::v1::REASON_NOT_FOUND);
    CHECK(test.List(caller).empty());
    CHECK(test.List(caller, ServiceCase::STATE_DRAFT).empty());
  }
  CHECK(test.List(Officer()).size() == 1);
  CHECK(ReasonOf(test.Check(*proposed, Officer("SWJ")).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Approve(*proposed).status()) == config::v1::REASON_CASE_STATE);
  const auto checked = test.Check(*proposed);
  REQUIRE_OK(checked);
  const auto approved = test.Approve(*checked);
  REQUIRE_OK(approved);

  INFO("FBK-12/accept");
  const ServiceCase read = Must(test.Get(proposed->name(), Reader()));
  CHECK(read.state() == ServiceCase::STATE_APPROVED);
  const std::string all = read.ShortDebugString() + read.texts().title() + read.texts().problem() +
                          read.texts().handling() + read.texts().result() + read.texts().transferable();
  for (const std::string& word : {std::string("某某有限公司"), std::string("91120116MA051K2P9X"), std::string("王小明"),
                                  std::string("13800001111"), std::string("5号楼"), test.order_no}) {
    CAPTURE(word);
    CHECK(all.find(word) == std::string::npos);
  }
  CHECK(read.texts().result() == "三个工作日办结");
  REQUIRE(read.policies_size() == 1);
  CHECK(read.policies(0) == kMeasure);
  CHECK(read.proposed_by().empty());
  CHECK(Must(test.Get(proposed->name())).order_no() == test.order_no);
  CHECK(Must(test.Get(proposed->name())).approved_by() == "editor-2");

  const auto listed = test.List(Reader());
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].SerializeAsString() == read.SerializeAsString());
  CHECK(test.List(Reader(), ServiceCase::STATE_APPROVED, ServiceCase::KIND_TYPICAL_CASE).size() == 1);
  CHECK(test.List(Reader(), ServiceCase::STATE_APPROVED, ServiceCase::KIND_FAQ).empty());
  // A case of another body is read like anybody's.
  CHECK(test.List(Officer("SWJ"), ServiceCase::STATE_APPROVED).size() == 1);
  CHECK(Must(test.Get(proposed->name(), Officer("SWJ"))).order_no().empty());
  const auto verified = ledger::Verify(test.store.uri(), Kinds(), {}, nullptr);
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

TEST_CASE("what tells whose order it was blocks publication until it is gone", "[FBK-12]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  test.Close();
  ServiceCase last = Must(test.Propose(Editor()));
  const auto try_with = [&](const std::string& problem) {
    ServiceCaseTexts texts = Bench::Texts();
    texts.set_problem(problem);
    texts.set_handling("一次办理");
    last = Must(test.Edit(last, texts));
    CHECK(last.texts().problem() == problem);
    CHECK(Must(test.Get(last.name())).texts().problem() == problem);
    last = Must(test.Check(last));
    return test.Approve(last);
  };
  INFO("FBK-12/bad/1");
  for (const char* problem : {"来电13800002222", "身份证110101199003074610", "代码91120116MA051K2P9X",
                              // Nothing says that it is a name; intake knows.
                              "王小明来问"}) {
    CAPTURE(problem);
    const auto refused = try_with(problem);
    CHECK(ReasonOf(refused.status()) == config::v1::REASON_PERSONAL_DATA_FOUND);
    CHECK(ReasonOf(test.Get(last.name(), Reader()).status()) == config::v1::REASON_NOT_FOUND);
  }
  CHECK(ReasonOf(test.Approve(last, Editor()).status()) != config::v1::REASON_UNSPECIFIED);
  CHECK_OK(try_with("企业来问"));
  CHECK_OK(test.Get(last.name(), Reader()));
}

TEST_CASE("the editor does not approve, and links lead somewhere", "[FBK-12]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  test.Close();
  const ServiceCase own = Must(test.Check(Must(test.Propose(Editor()))));
  CHECK(ReasonOf(test.Approve(own, Editor()).status()) == config::v1::REASON_APPROVER_IS_EDITOR);
  const auto rejected = test.Reject(own, "重复");
  REQUIRE_OK(rejected);
  CHECK(rejected->reject_reason() == "重复");
  CHECK(ReasonOf(test.Reject(*rejected, "电话13800002222").status()) == config::v1::REASON_PERSONAL_DATA_FOUND);

  for (const char* policy : {"policies/tianjin-measures-2025/measures/m99", "policies/none"}) {
    const ServiceCase lost = Must(test.Check(Must(test.Propose(Officer(), policy))));
    CHECK(ReasonOf(test.Approve(lost).status()) == config::v1::REASON_NOT_FOUND);
  }
  const ServiceCase alone = Must(test.Check(Must(test.Propose(Officer(), ""))));
  CHECK(ReasonOf(test.Approve(alone).status()) == config::v1::REASON_REQUIRED);
  const ServiceCase whole = Must(test.Check(Must(test.Propose(Officer(), "policies/tianjin-measures-2025"))));
  CHECK_OK(test.Approve(whole));
}

}  // namespace
}  // namespace jinqi::feedback
