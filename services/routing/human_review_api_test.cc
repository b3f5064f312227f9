// The human review of automatic dispatches through the API, on both databases.
#include "jinqi/routing/v1/human_review_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Database = TestDatabase;
using Strings = std::vector<std::string>;

constexpr char kOrder[] = "TJ1";

// A question that the rules give to a body without a person.
void SubmitQuestion(Api& api, const std::string& order_no) {
  DemandSubmitted demand = api.Demand(order_no, "津惠通平台怎么用？");
  demand.set_demand_type(DEMAND_TYPE_CONSULT);
  demand.set_category_code("A04-01");
  api.Submit(demand);
}

absl::StatusOr<v1::WorkOrder> Ask(Api& api, const identity::Caller& caller, const std::string& order_no = kOrder,
                                  const std::string& reason = "此事不属该单位职责，可电 13800001234") {
  v1::RequestHumanReviewRequest request;
  request.set_reason(reason);
  return api.Change(caller, "HumanReviewService/RequestHumanReview", order_no, request);
}

absl::StatusOr<v1::WorkOrder> Answer(Api& api, const identity::Caller& caller, bool confirmed,
                                     const std::string& order_no = kOrder) {
  v1::ReviewAutomaticDispatchRequest request;
  request.set_confirmed(confirmed);
  request.set_reason("经核对职责清单");
  return api.Change(caller, "HumanReviewService/ReviewAutomaticDispatch", order_no, request);
}

// The orders that wait for a review.
Strings Waiting(Api& api) {
  v1::ListWorkOrdersRequest request;
  request.set_human_review_only(true);
  const auto listed = Must(api.bench.Call<v1::ListWorkOrdersResponse>(Dispatcher(), Method("ListWorkOrders"), request));
  Strings orders;
  for (const auto& order : listed.work_orders()) orders.push_back(order.order_no());
  return orders;
}

// `type reason` of what the history of an order says; each with who did it.
Strings History(Api& api, const std::string& order_no = kOrder) {
  v1::ListWorkOrderEventsRequest request;
  request.set_parent("workOrders/" + order_no);
  const auto history =
      Must(api.bench.Call<v1::ListWorkOrderEventsResponse>(Dispatcher(), Method("ListWorkOrderEvents"), request));
  Strings lines;
  for (const auto& event : history.events()) {
    CHECK_FALSE(event.actor().empty());
    lines.push_back(event.type() + " " + event.reason());
  }
  return lines;
}

TEST_CASE("the enterprise asks that a person reviews an automatic dispatch, and a dispatcher gives it to another body",
          "[RTE-23]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  SubmitQuestion(api, kOrder);
  const v1::WorkOrder before = Must(api.Get(Dispatcher(), kOrder));
  REQUIRE(before.state() == ORDER_STATE_DISPATCHED);
  REQUIRE(before.dispatches(0).decided_by() == "AUTO");
  CHECK(Waiting(api).empty());

  INFO("RTE-23/review/bad: who has nothing to do with it; who may not review");
  CHECK(ReasonOf(Ask(api, Unit("SWJ")).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(Ask(api, Dispatcher()).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(Answer(api, Unit(before.main_undertaker()), true).status()) == config::v1::REASON_PERMISSION_DENIED);
  INFO("RTE-23/review");
  const v1::WorkOrder asked = Must(Ask(api, Enterprise()));
  CHECK(asked.state() == ORDER_STATE_DISPATCHED);
  CHECK(asked.human_review().asker() == "ENTERPRISE");
  CHECK(clock::ToRfc3339(clock::FromProto(asked.human_review().due_time())) == "2025-06-13T23:59:59+08:00");
  CHECK(Waiting(api) == Strings{kOrder});
  CHECK(Must(api.Get(Dispatcher(), kOrder)).human_review().reason() == "此事不属该单位职责，可电 13800001234");
  INFO("RTE-23/review/bad/4: a second request");
  CHECK(ReasonOf(Ask(api, Unit(before.main_undertaker())).status()) == config::v1::REASON_ALREADY_EXISTS);

  api.bench.SetTime("2025-06-12T10:00:00+08:00");
  INFO("RTE-23/review/overturned");
  CHECK(Must(Answer(api, Dispatcher(), false)).state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(Waiting(api).empty());
  const v1::WorkOrder anew = Must(api.Dispatch(kOrder, "SWJ"));
  CHECK(anew.main_undertaker() == "SWJ");
  CHECK(anew.dispatches(1).decided_by() == "HUMAN");
  CHECK(anew.due_time().seconds() == before.due_time().seconds());
  const v1::WorkOrder own = Must(api.Get(Enterprise(), kOrder));
  CHECK_FALSE(own.human_review().confirmed());
  CHECK(own.human_review().review_reason() == "经核对职责清单");
  CHECK_FALSE(own.human_review().reason().empty());
  CHECK(own.human_review().reviewed_by().empty());
  INFO("RTE-23/review/bad/3: a person has decided");
  CHECK(ReasonOf(Ask(api, Enterprise()).status()) == config::v1::REASON_NOT_AUTOMATIC);
  CHECK(ReasonOf(Answer(api, Dispatcher(), true).status()) == config::v1::REASON_NOT_AUTOMATIC);

  const Strings history = History(api);
  REQUIRE(history.size() == 6);
  CHECK(Strings(history.begin() + 2, history.end()) == Strings{"HumanReviewAsked ENTERPRISE",
                                                               "HumanReviewDone OVERTURNED", "DispatchOverturned ",
                                                               "OrderDispatched HUMAN"});
  CHECK(api.Broken().empty());
}

TEST_CASE("the undertaker asks, and the dispatcher confirms", "[RTE-23]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  SubmitQuestion(api, kOrder);
  const std::string body = Must(api.Get(Dispatcher(), kOrder)).main_undertaker();
  REQUIRE_OK(api.Sign(kOrder, body));
  INFO("RTE-23/review");
  CHECK(Must(Ask(api, Unit(body))).human_review().asker() == "UNDERTAKER");
  CHECK(Must(api.Get(Unit(body), kOrder)).human_review().reason() == "此事不属该单位职责，可电 13800001234");
  INFO("a body's words are not for the enterprise");
  CHECK(Must(api.Get(Enterprise(), kOrder)).human_review().reason().empty());
  INFO("RTE-23/review/confirmed");
  const v1::WorkOrder kept = Must(Answer(api, Dispatcher(), true));
  CHECK(kept.state() == ORDER_STATE_HANDLING);
  CHECK(kept.main_undertaker() == body);
  CHECK(kept.human_review().confirmed());
  CHECK(Waiting(api).empty());
  CHECK(api.Sent(kOrder) ==
        Strings{"OrderProposed", "OrderDispatched", "OrderSigned", "HumanReviewAsked", "HumanReviewDone"});
  CHECK(History(api).back() == "HumanReviewDone CONFIRMED");
  CHECK(api.Broken().empty());
}

TEST_CASE("what a person dispatched is not reviewed so, and a late review is marked", "[RTE-23]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  api.Submit("TJ2");
  REQUIRE_OK(api.Dispatch("TJ2", "SWJ"));
  INFO("RTE-23/review/bad/3");
  CHECK(ReasonOf(Ask(api, Unit("SWJ"), "TJ2").status()) == config::v1::REASON_NOT_AUTOMATIC);
  CHECK(ReasonOf(Answer(api, Leader(), false, "TJ2").status()) == config::v1::REASON_NOT_AUTOMATIC);
  SubmitQuestion(api, kOrder);
  REQUIRE_OK(Ask(api, As(config::v1::ROLE_SEAT), kOrder, ""));
  CHECK(Must(api.Get(Dispatcher(), kOrder)).human_review().asker() == "SEAT");
  api.bench.SetTime("2025-06-14T00:00:01+08:00");
  api.Sweep();
  CHECK(testing::WaitFor([&] {
    const v1::WorkOrder order = Must(api.Get(Dispatcher(), kOrder));
    return std::find(order.marks().begin(), order.marks().end(), "LATE_HUMAN_REVIEW") != order.marks().end();
  }));
  CHECK(Waiting(api) == Strings{kOrder});
  CHECK(api.Broken().empty());
}

}  // namespace
}  // namespace jinqi::routing
