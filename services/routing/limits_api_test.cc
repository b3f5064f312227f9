// Extensions and statutory limits through the API, on both databases.
#include "jinqi/routing/v1/limit_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Database = TestDatabase;

constexpr char kOrder[] = "TJ1";

std::string Shown(const google::protobuf::Timestamp& time) { return clock::ToRfc3339(clock::FromProto(time)); }

absl::StatusOr<v1::WorkOrder> Ask(Api& api, const std::string& date, const std::string& reason = "需现场勘查") {
  v1::RequestExtensionRequest request;
  request.set_reason(reason);
  request.set_measures("已与企业约定勘查时间");
  request.set_new_due_date(date);
  return api.Change(Unit("SWJ"), "LimitService/RequestExtension", kOrder, request);
}

TEST_CASE("an order is extended once, and only in time", "[RTE-18]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SWJ"));
  REQUIRE_OK(api.Sign(kOrder, "SWJ"));
  api.bench.SetTime("2025-06-20T10:00:00+08:00");
  CHECK(Must(api.Get(Dispatcher(), kOrder)).due_basis() == "HANDLE_GENERAL");
  INFO("RTE-18/bad/3 eight days, RTE-18/bad/4 blank reason");
  CHECK(ReasonOf(Ask(api, "2025-07-03").status()) == config::v1::REASON_EXTENSION_TOO_LONG);
  CHECK(ReasonOf(Ask(api, "2025-06-30", " ").status()) == config::v1::REASON_REQUIRED);
  v1::RuleExtensionRequest agreed;
  agreed.set_agreed(true);
  CHECK(ReasonOf(api.Change(Reviewer(), "LimitService/RuleExtension", kOrder, agreed).status()) ==
        config::v1::REASON_EXTENSION_NONE);
  INFO("RTE-18/accept");
  REQUIRE_OK(Ask(api, "2025-06-30"));
  CHECK(ReasonOf(api.Change(Unit("SWJ"), "LimitService/RuleExtension", kOrder, agreed).status()) ==
        config::v1::REASON_PERMISSION_DENIED);
  const v1::WorkOrder order = Must(api.Change(Reviewer(), "LimitService/RuleExtension", kOrder, agreed));
  CHECK(Shown(order.due_time()) == "2025-06-30T23:59:59+08:00");
  CHECK(order.due_basis() == "EXTENSION");
  CHECK(api.Sent(kOrder).back() == "OrderExtended");
  INFO("RTE-18/bad/2 a second request");
  CHECK(ReasonOf(Ask(api, "2025-07-02").status()) == config::v1::REASON_EXTENSION_USED);
  CHECK(api.Broken().empty());

  api.Submit("TJ2");
  REQUIRE_OK(api.Dispatch("TJ2", "SWJ"));
  INFO("RTE-18/bad/1 after due: accepted 06-20, due 07-01");
  api.bench.SetTime("2025-07-02T00:00:00+08:00");
  v1::RequestExtensionRequest late;
  late.set_reason("需现场勘查");
  late.set_measures("已联系");
  late.set_new_due_date("2025-07-04");
  CHECK(ReasonOf(api.Change(Unit("SWJ"), "LimitService/RequestExtension", "TJ2", late).status()) ==
        config::v1::REASON_AFTER_DUE);
}

TEST_CASE("an order is put under a law of the list", "[RTE-19]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-07-15T09:00:00+08:00");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "SWJ"));
  REQUIRE_OK(api.Sign(kOrder, "SWJ"));
  const auto laws = Must(api.bench.Call<v1::StatutoryLimits>(Enterprise(), Method("LimitService/ListStatutoryLimits"),
                                                             v1::ListStatutoryLimitsRequest()));
  CHECK(laws.version() == 1);
  v1::SetStatutoryLimitRequest request;
  request.set_law_id("MADEUP");
  request.set_article("第四十二条第一款");
  INFO("RTE-19/bad/2 a made-up law; RTE-19/bad/1 no article");
  CHECK(ReasonOf(api.Change(Reviewer(), "LimitService/SetStatutoryLimit", kOrder, request).status()) ==
        config::v1::REASON_LAW_UNKNOWN);
  request.set_law_id("XZXKF");
  v1::SetStatutoryLimitRequest bare = request;
  bare.clear_article();
  CHECK(ReasonOf(api.Change(Reviewer(), "LimitService/SetStatutoryLimit", kOrder, bare).status()) ==
        config::v1::REASON_REQUIRED);
  INFO("RTE-19/accept");
  v1::WorkOrder order = Must(api.Change(Reviewer(), "LimitService/SetStatutoryLimit", kOrder, request));
  CHECK(Shown(order.due_time()) == "2025-08-12T23:59:59+08:00");
  CHECK(Shown(order.interim_due_time()) == "2025-07-24T23:59:59+08:00");
  v1::RecordInterimAnswerRequest told;
  told.set_way("PHONE");
  told.set_person("经办人");
  order = Must(api.Change(Unit("SWJ"), "LimitService/RecordInterimAnswer", kOrder, told));
  CHECK(order.interim_answer().way() == "PHONE");
  CHECK(api.Sent(kOrder).back() == "OrderInterimAnswered");
  CHECK(api.Broken().empty());
}

}  // namespace
}  // namespace jinqi::routing
