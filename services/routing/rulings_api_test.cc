// Designation, and rulings that become rules of the catalogue, through the API, on both databases (RTE-09).
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Database = TestDatabase;

constexpr char kNow[] = "2025-06-12T09:00:00+08:00";
constexpr char kOrder[] = "TJ1";

Reason Refused(const absl::StatusOr<v1::WorkOrder>& answer) { return ReasonOf(answer.status()); }

absl::StatusOr<v1::WorkOrder> AskReturn(Api& api, const std::string& order_no, const std::string& body) {
  v1::RequestReturnRequest request;
  request.set_reason_code("NOT_OUR_DUTY");
  request.set_legal_basis("三定方案");
  request.set_proposed_undertaker("ZWFW");
  return api.Change(Unit(body), "RequestReturn", order_no, request);
}

v1::RuleReturnRequest Agreed() {
  v1::RuleReturnRequest request;
  request.set_agreed(true);
  request.set_reason("同意");
  return request;
}

// Two bodies have given it back.
void ReturnTwice(Api& api) {
  api.Submit(kOrder);
  for (const char* body : {"SCJG", "SWJ"}) {
    REQUIRE_OK(api.Dispatch(kOrder, body));
    REQUIRE_OK(AskReturn(api, kOrder, body));
    REQUIRE_OK(api.Change(Reviewer(), "RuleReturn", kOrder, Agreed()));
  }
}

v1::DispatchWorkOrderRequest To(const std::string& body, const std::string& reason = "指定承办") {
  v1::DispatchWorkOrderRequest request;
  request.set_main_undertaker(body);
  request.set_reason(reason);
  return request;
}

std::string FirstProposed(Api& api, const std::string& order_no) {
  return Must(api.Get(Dispatcher(), order_no)).proposal().candidates(0).undertaker();
}

TEST_CASE("the third dispatch is the hub's last word", "[RTE-09]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  ReturnTwice(api);
  SECTION("RTE-09/accept") {
    const v1::WorkOrder order = Must(api.Dispatch(kOrder, "ZJW"));
    CHECK(order.dispatches(2).designated());
    CHECK_FALSE(order.dispatches(1).designated());
    CHECK(Refused(AskReturn(api, kOrder, "ZJW")) == config::v1::REASON_DESIGNATED);
    CHECK(Must(api.Get(Dispatcher(), kOrder)).state() == ORDER_STATE_DISPATCHED);
  }
  SECTION("RTE-09/accept/2 nor may a participating body decline it") {
    REQUIRE_OK(api.Dispatch(kOrder, "HG"));
    v1::DeclineWorkOrderRequest decline;
    decline.set_reason("不属于海关事权");
    CHECK(Refused(api.Change(Unit("HG"), "DeclineWorkOrder", kOrder, decline)) == config::v1::REASON_DESIGNATED);
  }
  SECTION("RTE-09/bad/1 to a body again: only the leader, only with a reason") {
    CHECK(Refused(api.Change(Dispatcher(), "DispatchWorkOrder", kOrder, To("SCJG"))) ==
          config::v1::REASON_AGAIN_NEEDS_LEADER);
    CHECK(Refused(api.Change(Leader(), "DispatchWorkOrder", kOrder, To("SCJG", ""))) ==
          config::v1::REASON_AGAIN_NEEDS_LEADER);
    const v1::WorkOrder order = Must(api.Change(Leader(), "DispatchWorkOrder", kOrder, To("SCJG")));
    CHECK(order.main_undertaker() == "SCJG");
    CHECK(order.dispatches(2).designated());
  }
  SECTION("RTE-09/ruling/1 a designation becomes a rule, and the next like order is proposed right") {
    v1::DispatchWorkOrderRequest request = To("ZJW");
    request.mutable_catalogue_rule()->set_valid_to("2025-12-31");
    const v1::WorkOrder order = Must(api.Change(Dispatcher(), "DispatchWorkOrder", kOrder, request));
    CHECK(order.dispatches(2).stored_rule_id() == "RULING-TJ1-D3");
    CHECK(order.dispatches(2).stored_catalogue_version() == 1);
    api.Submit("TJ2");
    const v1::WorkOrder next = Must(api.Get(Dispatcher(), "TJ2"));
    CHECK(next.proposal().candidates(0).undertaker() == "ZJW");
    CHECK(next.proposal().catalogue_version() == 1);
    CHECK(Must(api.Dispatch("TJ2", "ZJW", "")).dispatches(0).rule_id() == "RULING-TJ1-D3");
  }
  CHECK(api.Broken().empty());
}

TEST_CASE("a ruling on a return becomes a rule of the catalogue", "[RTE-09]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), kNow);
  v1::ImportDispatchCatalogueRequest import;
  import.set_request_id("catalogue-1");
  import.mutable_catalogue()->set_effective_date("2025-01-01");
  v1::CatalogueRule& rule = *import.mutable_catalogue()->add_rules();
  rule.set_rule_id("B09-01");
  rule.set_category_code("B09-01");
  rule.set_main_undertaker("SCJG");
  REQUIRE_OK(api.bench.Call<v1::DispatchCatalogue>(Leader(), Method("ImportDispatchCatalogue"), import));
  api.Submit(kOrder);
  api.Submit("TJ2");
  CHECK(FirstProposed(api, "TJ2") == "SCJG");
  REQUIRE_OK(api.Dispatch(kOrder, "SCJG"));
  REQUIRE_OK(AskReturn(api, kOrder, "SCJG"));

  INFO("RTE-09/ruling/bad/1 it ends after it begins");
  v1::RuleReturnRequest ruling = Agreed();
  ruling.mutable_catalogue_rule()->set_main_undertaker("TAX");
  ruling.mutable_catalogue_rule()->set_valid_to("2025-06-12");
  CHECK(Refused(api.Change(Reviewer(), "RuleReturn", kOrder, ruling)) == config::v1::REASON_RULE_PERIOD);
  INFO("RTE-09/ruling/2 with a version and an end");
  ruling.mutable_catalogue_rule()->set_valid_to("2025-06-30");
  const v1::WorkOrder ruled = Must(api.Change(Reviewer(), "RuleReturn", kOrder, ruling));
  CHECK(ruled.returns(0).stored_rule_id() == "RULING-TJ1-R1");
  CHECK(ruled.returns(0).stored_catalogue_version() == 2);
  v1::GetDispatchCatalogueRequest latest;
  latest.set_name("dispatchCatalogues/latest");
  const auto catalogue =
      Must(api.bench.Call<v1::DispatchCatalogue>(Reviewer(), Method("GetDispatchCatalogue"), latest));
  CHECK(catalogue.version() == 2);
  REQUIRE(catalogue.rules_size() == 2);
  CHECK(catalogue.rules(1).valid_to() == "2025-06-30");
  INFO("the order itself, one that waits, and the next are proposed right");
  api.Submit("TJ3");
  for (const char* order_no : {kOrder, "TJ2", "TJ3"}) CHECK(FirstProposed(api, order_no) == "TAX");
  INFO("whoever departs from the ruling says why");
  CHECK(Refused(api.Dispatch("TJ3", "SCJG", "")) == config::v1::REASON_CATALOGUE_SAYS_OTHER);
  INFO("after its last day the former rule holds again");
  api.bench.SetTime("2025-06-30T23:59:59+08:00");
  CHECK(FirstProposed(api, "TJ3") == "TAX");
  api.bench.SetTime("2025-07-01T00:00:00+08:00");
  CHECK(FirstProposed(api, "TJ3") == "SCJG");
  CHECK(api.Broken().empty());
}

}  // namespace
}  // namespace jinqi::routing
