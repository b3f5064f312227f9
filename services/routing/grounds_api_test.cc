// Why an order stands as it does, through the API, on both databases.
#include <algorithm>

#include "jinqi/routing/v1/grounds_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Database = TestDatabase;

constexpr char kOrder[] = "TJ1";

absl::StatusOr<v1::WorkOrderGrounds> Explain(Api& api, const identity::Caller& caller,
                                             const std::string& order_no = kOrder) {
  v1::ExplainWorkOrderRequest request;
  request.set_name("workOrders/" + order_no);
  return api.bench.Call<v1::WorkOrderGrounds>(caller, Method("GroundsService/ExplainWorkOrder"), request);
}

// `reason` of an act; empty: it is not refused.
std::string ReasonOfAct(const v1::WorkOrderGrounds& grounds, const std::string& act) {
  const auto& acts = grounds.refused_acts();
  const auto found = std::find_if(acts.begin(), acts.end(), [&](const v1::RefusedAct& refused) {
    return !refused.has_time() && refused.act() == act;
  });
  return found == acts.end() ? "" : found->reason();
}

TEST_CASE("an order explains its limits, its bodies and what is refused", "[RTE-14][RTE-06][RTE-07][RTE-23]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SWJ"));
  REQUIRE_OK(api.Sign(kOrder, "SWJ"));
  const std::string before = Must(api.Get(Dispatcher(), kOrder)).etag();

  INFO("to the body");
  v1::WorkOrderGrounds grounds = Must(Explain(api, Unit("SWJ")));
  CHECK(grounds.name() == "workOrders/TJ1");
  CHECK(grounds.calendar_version() == 1);
  CHECK(grounds.limits(0).text() == "办理期限2025-06-23：自受理次日起7个工作日（RTE-14）");
  CHECK(grounds.limits(0).rule_id() == "HANDLE_GENERAL");
  REQUIRE(grounds.undertakers_size() == 1);
  CHECK(grounds.undertakers(0).text() == "第1次派单，市商务局主办：由派单人员选定，理由：按职责");
  CHECK(ReasonOfAct(grounds, "SubmitResult") == "CONTACT_REQUIRED");
  CHECK(ReasonOfAct(grounds, "RequestReturn").empty());
  CHECK(ReasonOfAct(grounds, "RecordContact").empty());
  api.bench.SetTime("2025-06-14T00:00:00+08:00");
  CHECK(ReasonOfAct(Must(Explain(api, Unit("SWJ"))), "RequestReturn") == "RETURN_TOO_LATE");
  INFO("as the call says it");
  v1::RequestReturnRequest late;
  late.set_reason_code("NOT_OUR_DUTY");
  late.set_legal_basis("三定方案");
  late.set_proposed_undertaker("ZWFW");
  CHECK(ReasonOf(api.Change(Unit("SWJ"), "RequestReturn", kOrder, late).status()) ==
        config::v1::REASON_RETURN_TOO_LATE);

  INFO("to the hub: a person may assist, another dispatch is not lawful");
  grounds = Must(Explain(api, Dispatcher()));
  CHECK(ReasonOfAct(grounds, "AddAssist").empty());
  CHECK(ReasonOfAct(grounds, "DispatchWorkOrder") == "ILLEGAL_MOVE");
  INFO("to the enterprise, without what the offices say to each other");
  grounds = Must(Explain(api, Enterprise()));
  CHECK(grounds.limits(0).rule() == "RTE-14");
  CHECK(grounds.undertakers(0).text() == "第1次派单，市商务局主办：由派单人员选定");
  CHECK(ReasonOfAct(grounds, "SubmitResult").empty());
  INFO("not to others");
  CHECK(ReasonOf(Explain(api, Unit("TAX")).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(Explain(api, Dispatcher(), "NONE").status()) == config::v1::REASON_NOT_FOUND);
  INFO("nothing was done");
  CHECK(Must(api.Get(Dispatcher(), kOrder)).etag() == before);
  CHECK(api.Broken().empty());
}

TEST_CASE("a withdrawal that was refused is explained", "[INT-20]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SWJ"));
  REQUIRE_OK(api.Sign(kOrder, "SWJ"));
  api.TakeToFedBack(kOrder, "SWJ");
  WithdrawalAsked asked;
  asked.set_order_no(kOrder);
  REQUIRE_OK(api.News("intake", "WithdrawalAsked", asked));
  const v1::WorkOrderGrounds grounds = Must(Explain(api, Enterprise()));
  REQUIRE(grounds.refused_acts_size() > 0);
  CHECK(grounds.refused_acts(0).text() == "撤回诉求2025-06-12未获同意：当时状态为 FED_BACK（INT-20）");
}

}  // namespace
}  // namespace jinqi::routing
