// Standard answers and gaps as callers see them, on both databases.
#include <catch2/catch.hpp>

#include "common/service/test_bench.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/policy/v1/standard_answer_service.pb.h"
#include "services/policy_knowledge/gaps.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/service.h"

namespace jinqi::policy {
namespace {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using v1::StandardAnswer;

const identity::Caller kEditor = TestBench::Person({config::v1::ROLE_KNOWLEDGE_EDITOR}, "ZWFW", "", "editor");
const identity::Caller kApprover = TestBench::Person({config::v1::ROLE_KNOWLEDGE_APPROVER}, "ZWFW", "", "approver");
const identity::Caller kSeat = TestBench::Person({config::v1::ROLE_SEAT}, "BMZX", "", "seat-1");

config::v1::PolicyConfig ConfigOf(const config::v1::ServerConfig& server) {
  config::v1::PolicyConfig config;
  *config.mutable_server() = server;
  return config::WithDefaults(config);
}

class Bench {
 public:
  explicit Bench(TestDatabase database)
      : store(database),
        bench(
            store, Definition(),
            [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              return Build(runtime, ConfigOf(server));
            },
            "2025-10-13T10:00:00+08:00", JINQI_REFERENCE_DIR) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const identity::Caller& caller, const std::string& method, Request request) {
    if constexpr (requires { request.set_request_id(""); }) request.set_request_id(absl::StrCat("r", ++requests_));
    return bench.Call<Response>(caller, "jinqi.policy.v1.StandardAnswerService/" + method, request);
  }
  absl::StatusOr<StandardAnswer> Create(const std::string& id, const std::string& question,
                                        const identity::Caller& caller = kEditor) {
    v1::CreateStandardAnswerRequest request;
    request.set_answer_id(id);
    request.mutable_answer()->set_question(question);
    request.mutable_answer()->add_variants("开公司要几天");
    request.mutable_answer()->set_short_answer("材料齐全的，当日办结。");
    request.mutable_answer()->add_basis("policies/tianjin-measures-2025");
    request.mutable_answer()->set_owner("ZWFW");
    return Call<StandardAnswer>(caller, "CreateStandardAnswer", request);
  }
  template <typename Request>
  absl::StatusOr<StandardAnswer> Move(const identity::Caller& caller, const std::string& method,
                                      const StandardAnswer& seen, const std::function<void(Request&)>& change = {}) {
    Request request;
    request.set_name(seen.name());
    request.set_etag(seen.etag());
    if (change) change(request);
    return Call<StandardAnswer>(caller, method, request);
  }
  StandardAnswer Publish(StandardAnswer answer, const std::string& first = "", const std::string& last = "") {
    answer = testing::Must(Move<v1::SubmitStandardAnswerRequest>(kEditor, "SubmitStandardAnswer", answer));
    answer = testing::Must(Move<v1::ReviewStandardAnswerRequest>(kApprover, "ReviewStandardAnswer", answer,
                                                                 [](auto& r) { r.set_approved(true); }));
    return testing::Must(
        Move<v1::PublishStandardAnswerRequest>(kApprover, "PublishStandardAnswer", answer, [&](auto& r) {
          r.set_effective_date(first);
          r.set_expiry_date(last);
        }));
  }
  absl::StatusOr<StandardAnswer> Get(const std::string& name, const identity::Caller& caller = kSeat) {
    v1::GetStandardAnswerRequest request;
    request.set_name(name);
    return Call<StandardAnswer>(caller, "GetStandardAnswer", request);
  }

  TestStore store;
  TestBench bench;

 private:
  int requests_ = 0;
};

TEST_CASE("an answer is written, approved by another, published, replaced and taken back", "[POL-15][INT-10]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  CHECK(ReasonOf(test.Create("K-102", "开办企业要几天？", kSeat).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(test.Create("k", "开办企业要几天？").status()) == config::v1::REASON_FORMAT);
  CHECK(ReasonOf(test.Create("K-102", "").status()) == config::v1::REASON_REQUIRED);
  const StandardAnswer draft = testing::Must(test.Create("K-102", "开办企业要几天？"));
  CHECK(draft.kb_ref() == "K-102@1");
  INFO("a draft is its editors' matter");
  CHECK(ReasonOf(test.Get("standardAnswers/K-102").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Get("standardAnswers/K-102@1").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(testing::Must(test.Get("standardAnswers/K-102@1", kEditor)).state() == StandardAnswer::STATE_DRAFT);

  // One account with both roles does not approve what it wrote.
  const auto both =
      TestBench::Person({config::v1::ROLE_KNOWLEDGE_EDITOR, config::v1::ROLE_KNOWLEDGE_APPROVER}, "ZWFW", "", "editor");
  const StandardAnswer submitted =
      testing::Must(test.Move<v1::SubmitStandardAnswerRequest>(kEditor, "SubmitStandardAnswer", draft));
  const auto approve = [](v1::ReviewStandardAnswerRequest& request) { request.set_approved(true); };
  CHECK(
      ReasonOf(test.Move<v1::ReviewStandardAnswerRequest>(both, "ReviewStandardAnswer", submitted, approve).status()) ==
      config::v1::REASON_APPROVER_IS_EDITOR);
  const StandardAnswer approved =
      testing::Must(test.Move<v1::ReviewStandardAnswerRequest>(kApprover, "ReviewStandardAnswer", submitted, approve));
  CHECK(ReasonOf(test.Get("standardAnswers/K-102@1").status()) == config::v1::REASON_NOT_FOUND);
  const StandardAnswer first =
      testing::Must(test.Move<v1::PublishStandardAnswerRequest>(kApprover, "PublishStandardAnswer", approved));
  CHECK(first.state() == StandardAnswer::STATE_EFFECTIVE);
  CHECK(testing::Must(test.Get("standardAnswers/K-102")).kb_ref() == "K-102@1");

  v1::UpdateStandardAnswerRequest update;
  *update.mutable_answer() = first;
  update.mutable_answer()->set_short_answer("材料齐全的，半日办结。");
  update.set_etag(first.etag());
  const StandardAnswer next = testing::Must(test.Call<StandardAnswer>(kEditor, "UpdateStandardAnswer", update));
  CHECK(next.kb_ref() == "K-102@2");
  CHECK(testing::Must(test.Get("standardAnswers/K-102")).kb_ref() == "K-102@1");
  const StandardAnswer second = test.Publish(next, "2025-10-14", "2025-10-15");
  CHECK(second.state() == StandardAnswer::STATE_PUBLISHED);
  CHECK(testing::Must(test.Get("standardAnswers/K-102@2")).state() == StandardAnswer::STATE_PUBLISHED);
  test.bench.SetTime("2025-10-14T00:00:00+08:00");
  CHECK(testing::Must(test.Get("standardAnswers/K-102")).kb_ref() == "K-102@2");
  CHECK(testing::Must(test.Get("standardAnswers/K-102@1")).state() == StandardAnswer::STATE_REPLACED);
  CHECK(testing::Must(test.Get("standardAnswers/K-102@1")).short_answer() == "材料齐全的，当日办结。");
  CHECK(ReasonOf(test.Get("standardAnswers/K-102@3").status()) == config::v1::REASON_NOT_FOUND);
  test.bench.SetTime("2025-10-16T00:00:00+08:00");
  CHECK(testing::Must(test.Get("standardAnswers/K-102@2")).state() == StandardAnswer::STATE_EXPIRED);
  CHECK(ReasonOf(test.Get("standardAnswers/K-102").status()) == config::v1::REASON_NOT_FOUND);
  const StandardAnswer retired = testing::Must(test.Move<v1::RetireStandardAnswerRequest>(
      kEditor, "RetireStandardAnswer", second, [](auto& request) { request.set_reason("依据已废止"); }));
  CHECK(retired.state() == StandardAnswer::STATE_RETIRED);
  CHECK(testing::Must(test.Get("standardAnswers/K-102@2")).remark() == "依据已废止");
}

TEST_CASE("answers are listed and found while they are in force", "[POL-15]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  test.Publish(testing::Must(test.Create("K-102", "开办企业要几天？")));
  test.Publish(testing::Must(test.Create("K-101", "水电气网如何联合报装？")));
  test.Publish(testing::Must(test.Create("K-103", "车牌如何办理？")), "2025-10-20");
  REQUIRE_OK(test.Create("K-104", "尚在起草的问题怎么答？"));
  v1::ListStandardAnswersRequest list;
  list.set_page_size(1);
  const auto page = testing::Must(test.Call<v1::ListStandardAnswersResponse>(kSeat, "ListStandardAnswers", list));
  REQUIRE(page.answers_size() == 1);
  CHECK(page.answers(0).kb_ref() == "K-101@1");
  list.set_page_token(page.next_page_token());
  const auto rest = testing::Must(test.Call<v1::ListStandardAnswersResponse>(kSeat, "ListStandardAnswers", list));
  REQUIRE(rest.answers_size() == 1);
  CHECK(rest.answers(0).kb_ref() == "K-102@1");
  CHECK(rest.next_page_token().empty());
  CHECK(ReasonOf(test.Call<v1::ListStandardAnswersResponse>(kEditor, "ListStandardAnswers", list).status()) ==
        config::v1::REASON_PAGE_TOKEN_INVALID);
  list = {};
  CHECK(
      testing::Must(test.Call<v1::ListStandardAnswersResponse>(kEditor, "ListStandardAnswers", list)).answers_size() ==
      4);
  list.set_state(StandardAnswer::STATE_PUBLISHED);
  const auto waiting = testing::Must(test.Call<v1::ListStandardAnswersResponse>(kEditor, "ListStandardAnswers", list));
  REQUIRE(waiting.answers_size() == 1);
  CHECK(waiting.answers(0).kb_ref() == "K-103@1");

  v1::SearchStandardAnswersRequest search;
  search.set_query("开公司要几天");
  const auto found =
      testing::Must(test.Call<v1::SearchStandardAnswersResponse>(kSeat, "SearchStandardAnswers", search));
  REQUIRE(found.answers_size() == 2);
  search.set_query("水电气网");
  const auto power =
      testing::Must(test.Call<v1::SearchStandardAnswersResponse>(kSeat, "SearchStandardAnswers", search));
  REQUIRE(power.answers_size() == 1);
  CHECK(power.answers(0).kb_ref() == "K-101@1");
  search.set_query("车牌");
  CHECK(testing::Must(test.Call<v1::SearchStandardAnswersResponse>(kSeat, "SearchStandardAnswers", search))
            .answers()
            .empty());
  search.set_query("？");
  CHECK(ReasonOf(test.Call<v1::SearchStandardAnswersResponse>(kSeat, "SearchStandardAnswers", search).status()) ==
        config::v1::REASON_FORMAT);
}

TEST_CASE("gaps are listed, the oldest first", "[POL-24][INT-10]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const GapLimits limits = testing::Must(LoadGapLimits(ConfigOf(test.bench.runtime().config())));
  for (const std::string order_no : {"TJ2", "TJ1"}) {
    events::v1::KnowledgeGapFound found;
    found.set_order_no(order_no);
    found.set_question("问题" + order_no);
    const std::string time = order_no == "TJ2" ? "2025-09-30T09:00:00+08:00" : "2025-09-30T10:00:00+08:00";
    *found.mutable_time() = clock::ToProto(testing::Must(clock::FromRfc3339(time)));
    events::v1::Envelope envelope;
    envelope.set_type("KnowledgeGapFound");
    envelope.set_payload(found.SerializeAsString());
    ledger::Command command = *testing::Must(OnIntake(envelope, limits));
    command.tenant = "tianjin";
    command.request_id = "e-" + order_no;
    command.time = clock::FromProto(found.time());
    REQUIRE_OK(test.bench.runtime().ledger().Run(std::move(command)));
  }
  v1::ListKnowledgeGapsRequest list;
  list.set_page_size(1);
  const auto first = testing::Must(test.Call<v1::ListKnowledgeGapsResponse>(kSeat, "ListKnowledgeGaps", list));
  REQUIRE(first.gaps_size() == 1);
  CHECK(first.gaps(0).name() == "knowledgeGaps/TJ2");
  INFO("POL-24/accept");
  CHECK(clock::ToRfc3339(clock::FromProto(first.gaps(0).answer_due_time())) == "2025-10-09T23:59:59+08:00");
  CHECK(clock::ToRfc3339(clock::FromProto(first.gaps(0).repair_due_time())) == "2025-10-11T23:59:59+08:00");
  list.set_page_token(first.next_page_token());
  const auto second = testing::Must(test.Call<v1::ListKnowledgeGapsResponse>(kSeat, "ListKnowledgeGaps", list));
  REQUIRE(second.gaps_size() == 1);
  CHECK(second.gaps(0).order_no() == "TJ1");
  CHECK(second.next_page_token().empty());
  const auto enterprise = TestBench::Person({config::v1::ROLE_ENTERPRISE}, "", "91120116MA051K2P9X");
  CHECK(ReasonOf(test.Call<v1::ListKnowledgeGapsResponse>(enterprise, "ListKnowledgeGaps", list).status()) ==
        config::v1::REASON_PERMISSION_DENIED);
}

}  // namespace
}  // namespace jinqi::policy
