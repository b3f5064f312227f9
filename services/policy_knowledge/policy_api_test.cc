// The API of policy_knowledge as its callers see it, on both databases.
#include <catch2/catch.hpp>

#include "common/service/test_bench.h"
#include "jinqi/policy/v1/policy_service.pb.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/service.h"

namespace jinqi::policy {
namespace {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using v1::Policy;

std::string Method(const std::string& name) { return "jinqi.policy.v1.PolicyService/" + name; }

TestBench::Build BuildService() {
  return [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
    config::v1::PolicyConfig config;
    *config.mutable_server() = server;
    return Build(runtime, config::WithDefaults(config));
  };
}

class Bench {
 public:
  explicit Bench(const TestStore& store, const std::string& reference = JINQI_REFERENCE_DIR)
      : bench(store, Definition(), BuildService(), "2025-10-13T10:00:00+08:00", reference) {}

  absl::StatusOr<v1::SearchPoliciesResponse> Search(const std::string& query, int page_size = 50,
                                                    const std::string& token = "") {
    v1::SearchPoliciesRequest request;
    request.set_query(query);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return bench.CallAnonymously<v1::SearchPoliciesResponse>(Method("SearchPolicies"), request);
  }
  absl::StatusOr<Policy> Get(const std::string& name, const std::string& as_of = "") {
    v1::GetPolicyRequest request;
    request.set_name(name);
    request.set_as_of_date(as_of);
    return bench.CallAnonymously<Policy>(Method("GetPolicy"), request);
  }

  TestBench bench;
};

TEST_CASE("the two documents are there after the first start", "[POL-01][POL-23]") {
  const TestStore store(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  for (int start = 0; start < 2; ++start) {
    Bench test(store);
    CHECK(test.bench.Ready().first == 200);
    const Policy document = testing::Must(test.Get("policies/tianjin-measures-2025"));
    INFO("POL-01/accept");
    CHECK(document.title() == "天津市持续打造亲商安商优质服务环境若干措施");
    CHECK(document.issuer() == "天津市人民政府办公厅");
    CHECK(document.effective_date() == "2025-05-28");
    CHECK(document.measure_count() == 35);
    CHECK(document.state() == Policy::STATE_EFFECTIVE);
    CHECK(document.etag() == "1");
    CHECK(document.text().find("（三十五）鼓励试点创新") != std::string::npos);

    v1::ListMeasuresRequest list;
    list.set_parent("policies/tianjin-measures-2025");
    list.set_page_size(30);
    auto page = testing::Must(test.bench.CallAnonymously<v1::ListMeasuresResponse>(Method("ListMeasures"), list));
    CHECK(page.measures_size() == 30);
    CHECK(page.measures(7).code() == "M08");
    list.set_page_token(page.next_page_token());
    page = testing::Must(test.bench.CallAnonymously<v1::ListMeasuresResponse>(Method("ListMeasures"), list));
    CHECK(page.measures_size() == 5);
    CHECK(page.measures(4).code() == "M35");
    CHECK(page.next_page_token().empty());

    v1::GetMeasureRequest get;
    get.set_name("policies/tianjin-scheme-2025/measures/s2-3");
    CHECK(testing::Must(test.bench.CallAnonymously<v1::Measure>(Method("GetMeasure"), get)).title() == "结果反馈");
    get.set_name("policies/tianjin-scheme-2025/measures/s9-9");
    CHECK(ReasonOf(test.bench.CallAnonymously<v1::Measure>(Method("GetMeasure"), get).status()) ==
          config::v1::REASON_NOT_FOUND);
    CHECK(ReasonOf(test.Get("policies/none").status()) == config::v1::REASON_NOT_FOUND);
  }
}

TEST_CASE("what was repealed stays readable and leads to what replaced it", "[POL-04][POL-03]") {
  const TestStore store(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  Bench test(store);
  for (const char* name :
       {"policies/tianjin-business-environment-2023", "policies/tianjin-business-environment-2024"}) {
    INFO("POL-04/accept " << name);
    CHECK(testing::Must(test.Get(name, "2025-05-27")).state() == Policy::STATE_EFFECTIVE);
    const Policy repealed = testing::Must(test.Get(name, "2025-05-28"));
    CHECK(repealed.state() == Policy::STATE_REPEALED);
    CHECK(repealed.successor() == "policies/tianjin-measures-2025");
  }
  CHECK(testing::Must(test.Get("policies/tianjin-measures-2025", "2025-05-27")).state() == Policy::STATE_DRAFT);
  CHECK(testing::Must(test.Get("policies/tianjin-measures-2025", "2025-05-28")).state() == Policy::STATE_EFFECTIVE);
  INFO("POL-03/bad/1");
  CHECK(ReasonOf(test.Get("policies/tianjin-measures-2025", "2025-02-30").status()) == config::v1::REASON_FORMAT);
  v1::ListPoliciesRequest list;
  list.set_state(Policy::STATE_REPEALED);
  const auto page = testing::Must(test.bench.CallAnonymously<v1::ListPoliciesResponse>(Method("ListPolicies"), list));
  CHECK(page.policies_size() == 2);
  CHECK(page.policies(0).text().empty());
}

TEST_CASE("the search answers every spelling and no nonsense", "[POL-20]") {
  const TestStore store(TestDatabase::kSqlite);
  Bench test(store);
  for (const char* query :
       {"津政办发[2023]19号", "津政办发〔2023〕19号", "津政办发〔２０２３〕１９号", "津政办发 2023 19"}) {
    INFO("POL-20/accept " << query);
    const auto hits = testing::Must(test.Search(query));
    REQUIRE(hits.hits_size() > 0);
    CHECK(hits.hits(0).name() == "policies/tianjin-business-environment-2023");
    CHECK(hits.hits(0).mark() == "已废止");
    CHECK(hits.hits(0).successor() == "policies/tianjin-measures-2025");
  }
  const auto hits = testing::Must(test.Search("水电气网联合报装"));
  CHECK(hits.hits(0).measure_code() == "M08");
  CHECK(hits.hits(0).snippet().find("水电气网") != std::string::npos);

  const auto first = testing::Must(test.Search("企业", 10));
  CHECK(first.hits_size() == 10);
  const auto second = testing::Must(test.Search("企业", 10, first.next_page_token()));
  CHECK(second.hits_size() == 10);
  CHECK(second.hits(0).name() != first.hits(0).name());
  CHECK(ReasonOf(test.Search("税务", 10, first.next_page_token()).status()) == config::v1::REASON_PAGE_TOKEN_INVALID);

  std::string long_query;
  for (int i = 0; i < 1000; ++i) long_query += "税";
  INFO("POL-20/bad/1 empty");
  CHECK(ReasonOf(test.Search("").status()) == config::v1::REASON_REQUIRED);
  CHECK(ReasonOf(test.Search(" \t").status()) == config::v1::REASON_REQUIRED);
  INFO("POL-20/bad/2 1000 characters");
  CHECK(ReasonOf(test.Search(long_query).status()) == config::v1::REASON_TOO_LONG);
  INFO("POL-20/bad/3 wildcards only");
  CHECK(ReasonOf(test.Search("*%_?").status()) == config::v1::REASON_FORMAT);
  INFO("POL-20/bad/4 a regex bomb is only text");
  CHECK_OK(test.Search("(a+)+$(a|aa)+b{1000}"));
}

TEST_CASE("an editor takes a draft in; nobody else sees it", "[POL-01][POL-02]") {
  const TestStore store(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  Bench test(store);
  const auto editor = TestBench::Person({config::v1::ROLE_KNOWLEDGE_EDITOR}, "ZWFW");
  v1::CreatePolicyRequest request;
  request.set_policy_id("power-2025");
  request.set_request_id("r1");
  request.mutable_policy()->set_title("支持企业用电若干措施");
  request.mutable_policy()->set_issuer("市发展改革委");
  request.mutable_policy()->set_made_date("2025-05-28");
  request.mutable_policy()->set_effective_date("2025-05-27");
  INFO("POL-01/bad/1");
  const absl::Status refused = test.bench.Call<Policy>(editor, Method("CreatePolicy"), request).status();
  CHECK(refused.code() == absl::StatusCode::kInvalidArgument);
  request.mutable_policy()->set_effective_date("2025-05-28");
  const Policy draft = testing::Must(test.bench.Call<Policy>(editor, Method("CreatePolicy"), request));
  CHECK(draft.name() == "policies/power-2025");
  CHECK(draft.state() == Policy::STATE_DRAFT);
  request.set_request_id("r2");
  CHECK(ReasonOf(test.bench.Call<Policy>(editor, Method("CreatePolicy"), request).status()) ==
        config::v1::REASON_ALREADY_EXISTS);
  request.set_policy_id("Power");
  CHECK(ReasonOf(test.bench.Call<Policy>(editor, Method("CreatePolicy"), request).status()) ==
        config::v1::REASON_FORMAT);
  const auto enterprise = TestBench::Person({config::v1::ROLE_ENTERPRISE}, "", "91120101000000000K");
  CHECK(ReasonOf(test.bench.Call<Policy>(enterprise, Method("CreatePolicy"), request).status()) ==
        config::v1::REASON_PERMISSION_DENIED);

  v1::GetPolicyRequest get;
  get.set_name("policies/power-2025");
  CHECK(testing::Must(test.bench.Call<Policy>(editor, Method("GetPolicy"), get)).title() == "支持企业用电若干措施");
  CHECK(ReasonOf(test.Get("policies/power-2025").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(testing::Must(test.Search("企业用电若干措施")).hits(0).name() != "policies/power-2025");
}

TEST_CASE("a second process sees what the first took in", "[POL-20]") {
  const TestStore store(TestDatabase::kPostgres);
  Bench first(store);
  TestBench second(store, Definition(), BuildService(), "2025-10-13T10:00:00+08:00", JINQI_REFERENCE_DIR, "second");
  const auto editor = TestBench::Person({config::v1::ROLE_KNOWLEDGE_EDITOR}, "ZWFW");
  v1::GetPolicyRequest get;
  get.set_name("policies/power-2025");
  CHECK_FALSE(second.Call<Policy>(editor, Method("GetPolicy"), get).ok());
  v1::CreatePolicyRequest request;
  request.set_policy_id("power-2025");
  request.set_request_id("r1");
  request.mutable_policy()->set_title("支持企业用电若干措施");
  request.mutable_policy()->set_issuer("市发展改革委");
  REQUIRE_OK(first.bench.Call<Policy>(editor, Method("CreatePolicy"), request));
  second.SetTime("2025-10-13T10:00:02+08:00");
  CHECK_OK(second.Call<Policy>(editor, Method("GetPolicy"), get));
}

TEST_CASE("a changed or missing file of the documents keeps the service from being ready", "[POL-23][GWY-14]") {
  const TestStore store(TestDatabase::kSqlite);
  const testing::TempDir reference;
  std::filesystem::copy(std::string(JINQI_REFERENCE_DIR) + "/policies", reference.path() / "policies");
  std::filesystem::copy(std::string(JINQI_REFERENCE_DIR) + "/calendar.textproto", reference.path());
  { const Bench test(store, reference.path()); }
  const std::string file = reference.path() / "policies/tianjin_2025.textproto";
  std::string text = testing::ReadFile(file);
  const std::string word = "将水电气网联合报装业务扩大";
  const std::size_t at = text.find(word);
  REQUIRE(at != std::string::npos);
  text.replace(at, word.size(), "将水电气网联合报装业务缩小");
  testing::WriteFile(file, text);
  const Bench test(store, reference.path());
  INFO("POL-23/bad/2");
  CHECK(test.bench.Ready().first == 503);
  CHECK(test.bench.Ready().second.find("M08 changed") != std::string::npos);
}

TEST_CASE("a changed or missing measure in the database is named", "[POL-23][GWY-14]") {
  const TestStore store(TestDatabase::kPostgres);
  { const Bench test(store); }
  const auto tamper = [&store](const std::string& sql) {
    REQUIRE(testing::RunProgram({.argv = {testing::FindProgram("psql"), store.uri(), "-c", sql}}).status == 0);
  };
  SECTION("a changed byte") {
    tamper(
        "UPDATE measure SET body = decode(replace(encode(body, 'hex'), 'e689a9e5a4a7', 'e7bca9e5b08f'), 'hex') "
        "WHERE id LIKE '%/m08'");
    const Bench test(store);
    INFO("POL-23/bad/2");
    CHECK(test.bench.Ready().first == 503);
    CHECK(test.bench.Ready().second.find("M08 changed") != std::string::npos);
  }
  SECTION("34 items") {
    tamper("DELETE FROM measure WHERE id LIKE '%/m35'");
    const Bench test(store);
    INFO("POL-23/bad/1");
    CHECK(test.bench.Ready().first == 503);
    CHECK(test.bench.Ready().second.find("M35 missing") != std::string::npos);
  }
}

}  // namespace
}  // namespace jinqi::policy
