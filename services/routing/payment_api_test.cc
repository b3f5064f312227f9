// Overdue payments and translated demands through the API, on both databases.
#include "jinqi/routing/v1/payment_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Database = TestDatabase;

std::string Shown(const google::protobuf::Timestamp& time) { return clock::ToRfc3339(clock::FromProto(time)); }

TEST_CASE("an overdue payment runs under the regulation's limits from end to end", "[INT-22]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T10:00:00+08:00");
  DemandSubmitted claim = api.Demand("TJ1", "某大型企业拖欠我公司设备款，请协调。");
  claim.set_demand_type(DEMAND_TYPE_COMPLAINT);
  claim.set_sme_payment(true);
  api.Submit(claim);
  v1::WorkOrder order = Must(api.Get(Dispatcher(), "TJ1"));
  INFO("INT-22/accept");
  CHECK(order.sme_payment());
  CHECK(Shown(order.due_time()) == "2025-10-16T23:59:59+08:00");
  CHECK(order.due_basis() == "PAYMENT_TRANSFER");
  REQUIRE(order.proposal().candidates_size() > 0);
  CHECK(order.proposal().candidates(0).undertaker() == "GXJ");
  REQUIRE_OK(api.Dispatch("TJ1", "GXJ"));
  order = Must(api.Sign("TJ1", "GXJ"));
  CHECK(Shown(order.due_time()) == "2025-10-26T23:59:59+08:00");
  CHECK(order.due_basis() == "PAYMENT_HANDLE");
  v1::ExtendPaymentOrderRequest extend;
  extend.set_end_date("2025-12-26");
  extend.set_reason("对账仍在进行");
  const std::string method = "PaymentService/ExtendPaymentOrder";
  CHECK(ReasonOf(api.Change(Unit("GXJ"), method, "TJ1", extend).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(api.Change(Reviewer(), method, "TJ1", extend).status()) == config::v1::REASON_OUT_OF_RANGE);
  extend.set_end_date("2025-12-25");
  order = Must(api.Change(Reviewer(), method, "TJ1", extend));
  CHECK(Shown(order.due_time()) == "2025-12-25T23:59:59+08:00");
  CHECK(order.due_basis() == "PAYMENT_MAX");
  CHECK(order.payment_clock().end_date() == "2025-12-25");
  CHECK(api.Sent("TJ1").back() == "OrderDueChanged");
  CHECK(api.Broken().empty());
}

TEST_CASE("a translated demand is proposed for by its Chinese text and shown with both", "[INT-19]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T10:00:00+08:00");
  DemandSubmitted demand = api.Demand("TJ1", "Our plant has waited for its power connection.");
  demand.set_language("en");
  demand.set_translated_title("电费结算");
  demand.set_translated_content("用电协议变更后电费结算基数不对");
  api.Submit(demand);
  const v1::WorkOrder order = Must(api.Get(Dispatcher(), "TJ1"));
  INFO("INT-19/accept");
  CHECK_FALSE(order.proposal().needs_human());
  CHECK(order.content() == "Our plant has waited for its power connection.");
  CHECK(order.translated_title() == "电费结算");
  CHECK(order.translated_content() == "用电协议变更后电费结算基数不对");
  CHECK(api.Broken().empty());
}

TEST_CASE("after closing a new fact opens the order again", "[INT-09][INT-20]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T10:00:00+08:00");
  api.Submit("TJ1");
  REQUIRE_OK(api.Dispatch("TJ1", "SWJ"));
  REQUIRE_OK(api.Sign("TJ1", "SWJ"));
  api.TakeToFedBack("TJ1", "SWJ");
  REQUIRE_OK(api.Rate("TJ1", 5));
  REQUIRE(Must(api.Get(Dispatcher(), "TJ1")).state() == ORDER_STATE_CLOSED);
  SupplementAdded fact;
  fact.set_order_no("TJ1");
  fact.set_text("额度调整后仍不能开票，没有解决。");
  fact.set_reopen(true);
  REQUIRE_OK(api.News("intake", "SupplementAdded", fact));
  INFO("INT-09 after closing, a new fact: rework");
  const v1::WorkOrder order = Must(api.Get(Dispatcher(), "TJ1"));
  CHECK(order.state() == ORDER_STATE_REWORK);
  CHECK(order.rework_round() == 1);
  CHECK(order.main_undertaker() == "SWJ");
  REQUIRE(order.supplements_size() == 1);
  CHECK(order.supplements(0).text() == "额度调整后仍不能开票，没有解决。");
  const auto sent = api.Sent("TJ1");
  CHECK(sent.at(sent.size() - 2) == "SupplementTaken");
  CHECK(sent.back() == "OrderReworked");
  INFO("INT-09 dissatisfaction opens it as well");
  api.TakeToFedBack("TJ1", "SWJ");
  REQUIRE_OK(api.Rate("TJ1", 1, 1));
  CHECK(Must(api.Get(Dispatcher(), "TJ1")).rework_round() == 2);
}

}  // namespace
}  // namespace jinqi::routing
