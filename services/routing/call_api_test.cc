// Calls of the grass roots through the API, on both databases.
#include <set>

#include "absl/strings/match.h"
#include "jinqi/routing/v1/call_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;
using Database = TestDatabase;

constexpr char kOrder[] = "TJ1";

std::string Shown(const google::protobuf::Timestamp& time) { return clock::ToRfc3339(clock::FromProto(time)); }
identity::Caller Hub(const std::string& district) {
  return As(config::v1::ROLE_DISTRICT_HUB, "Q" + district + "-HUB", district);
}
identity::Caller Subdistrict() { return As(config::v1::ROLE_SERVICE_STAFF, "NK-JD", "120104"); }

absl::StatusOr<v1::WorkOrder> Call(Api& api, const identity::Caller& caller, const Strings& bodies,
                                   const std::string& order_no = kOrder) {
  v1::CallUndertakersRequest request;
  request.mutable_undertakers()->Assign(bodies.begin(), bodies.end());
  return api.Change(caller, "CallService/CallUndertakers", order_no, request);
}

absl::StatusOr<v1::WorkOrder> Report(Api& api, const std::string& body, const std::string& order_no = kOrder) {
  v1::ReportToCallRequest request;
  request.set_person("值班员");
  *request.mutable_arrive_time() = clock::ToProto(api.bench.runtime().clock().Now());
  return api.Change(Unit(body), "CallService/ReportToCall", order_no, request);
}

absl::StatusOr<v1::ListWorkOrdersResponse> Missed(Api& api, const identity::Caller& caller,
                                                  const std::string& district = "") {
  v1::ListMissedCallsRequest request;
  request.set_district_code(district);
  return api.bench.Call<v1::ListWorkOrdersResponse>(caller, Method("CallService/ListMissedCalls"), request);
}

absl::StatusOr<v1::CallReport> Measure(Api& api, const identity::Caller& caller, const std::string& from,
                                       const std::string& to, const std::string& district = "") {
  v1::GetCallReportRequest request;
  request.set_from_date(from);
  request.set_to_date(to);
  request.set_district_code(district);
  return api.bench.Call<v1::CallReport>(caller, Method("CallService/GetCallReport"), request);
}

TEST_CASE("a subdistrict calls two departments", "[RTE-29]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T09:00:00+08:00");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "Q120104"));
  REQUIRE_OK(api.Sign(kOrder, "Q120104"));
  INFO("RTE-29/bad/1");
  const absl::Status other = Call(api, Subdistrict(), {"HP-ZJ"}).status();
  CHECK(ReasonOf(other) == config::v1::REASON_CALL_OTHER_DISTRICT);
  INFO("with the hint to pass it on (INT-14)");
  CHECK(absl::StrContains(ToProto(other).SerializeAsString(), "HP-ZJ 不是本区部门，请将事项提交 12345 热线协调。"));
  INFO("RTE-29/bad/2");
  CHECK(ReasonOf(Call(api, Subdistrict(), {"ZJW"}).status()) == config::v1::REASON_CALL_OTHER_DISTRICT);
  INFO("RTE-29/bad/3");
  CHECK(ReasonOf(Call(api, Subdistrict(), {"某某社区"}).status()) == config::v1::REASON_GRASSROOTS_FORBIDDEN);
  CHECK(ReasonOf(Call(api, Dispatcher(), {"NK-ZJ"}).status()) == config::v1::REASON_PERMISSION_DENIED);

  INFO("RTE-29/accept");
  const v1::WorkOrder called = Must(Call(api, Subdistrict(), {"NK-ZJ", "NK-CG"}));
  REQUIRE(called.calls_size() == 2);
  CHECK(Shown(called.calls(0).due_time()) == "2025-09-28T23:59:59+08:00");
  CHECK(Shown(called.calls(1).due_time()) == "2025-09-28T23:59:59+08:00");
  CHECK(called.main_undertaker() == "Q120104");
  CHECK(Must(api.Get(Enterprise(), kOrder)).calls().empty());
  const auto to_report = [&](const char* body) {
    return Must(api.bench.Call<v1::ListWorkOrdersResponse>(Unit(body), Method("CallService/ListCallsToReport"),
                                                           v1::ListCallsToReportRequest()))
        .work_orders_size();
  };
  CHECK(to_report("NK-ZJ") == 1);
  CHECK(to_report("NK-SC") == 0);
  REQUIRE_OK(Report(api, "NK-ZJ"));
  CHECK(ReasonOf(Report(api, "NK-ZJ").status()) == config::v1::REASON_CALL_REPORTED);
  CHECK(to_report("NK-ZJ") == 0);

  api.bench.SetTime("2025-09-28T23:59:59+08:00");
  api.Sweep();
  CHECK(Must(Missed(api, Hub("120104"))).work_orders().empty());
  api.bench.SetTime("2025-09-29T00:00:00+08:00");
  api.Sweep();
  INFO("RTE-29/accept: on the district hub's list");
  CHECK(testing::WaitFor([&] { return Must(Missed(api, Hub("120104"))).work_orders_size() == 1; }));
  const v1::WorkOrder missed = Must(Missed(api, Hub("120104"))).work_orders(0);
  CHECK_FALSE(missed.calls(0).late());
  CHECK(missed.calls(1).late());
  CHECK(Must(Missed(api, Hub("120101"))).work_orders().empty());
  CHECK(Must(Missed(api, Leader(), "120104")).work_orders_size() == 1);
  CHECK(ReasonOf(Missed(api, Hub("120101"), "120104").status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(Missed(api, Leader()).status()) == config::v1::REASON_REQUIRED);
  CHECK(api.Sent(kOrder).back() == "DeadlineMissed");

  INFO("RTE-29/accept: both are measured");
  const v1::CallReport report = Must(Measure(api, Hub("120104"), "2025-09-01", "2025-09-30"));
  REQUIRE(report.callers_size() == 1);
  CHECK(report.callers(0).undertaker() == "NK-JD");
  CHECK(report.callers(0).calls() == 2);
  CHECK(report.callers(0).share_in_time() == Approx(0.5));
  REQUIRE(report.called_size() == 2);
  CHECK(report.called(0).undertaker() == "NK-CG");
  CHECK(report.called(0).missed() == 1);
  CHECK(report.called(0).share_in_time() == Approx(0));
  CHECK(report.called(1).reported_in_time() == 1);
  CHECK(report.called(1).share_in_time() == Approx(1));
  REQUIRE_OK(Report(api, "NK-CG"));
  CHECK(Must(Missed(api, Hub("120104"))).work_orders().empty());
  CHECK(api.Broken() == Strings{});
}

TEST_CASE("what leaves the hands of the bodies leaves the lists", "[RTE-29]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-09-26T09:00:00+08:00");
  for (const char* order_no : {"TJ1", "TJ2", "TJ3"}) {
    api.Submit(order_no);
    REQUIRE_OK(api.Dispatch(order_no, "Q120104"));
    REQUIRE_OK(Call(api, Hub("120104"), {"NK-ZJ"}, order_no));
  }
  api.bench.SetTime("2025-10-01T09:00:00+08:00");
  api.Sweep();
  CHECK(testing::WaitFor([&] { return Must(Missed(api, Hub("120104"))).work_orders_size() == 3; }));
  INFO("page by page, each once");
  v1::ListMissedCallsRequest request;
  request.set_page_size(1);
  std::multiset<std::string> seen;
  do {
    const auto page =
        Must(api.bench.Call<v1::ListWorkOrdersResponse>(Hub("120104"), Method("CallService/ListMissedCalls"), request));
    for (const v1::WorkOrder& order : page.work_orders()) seen.insert(order.order_no());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  CHECK(seen == std::multiset<std::string>{"TJ1", "TJ2", "TJ3"});
  WithdrawalAsked withdrawal;
  withdrawal.set_order_no("TJ2");
  REQUIRE_OK(api.News("intake", "WithdrawalAsked", withdrawal));
  CHECK(Must(Missed(api, Hub("120104"))).work_orders_size() == 2);
  INFO("but not the measure");
  CHECK(Must(Measure(api, Leader(), "2025-09-26", "2025-09-26", "120104")).called(0).missed() == 3);
  CHECK(Must(Measure(api, Leader(), "2025-08-01", "2025-09-25", "120104")).called().empty());
  CHECK(Must(Measure(api, Leader(), "2025-09-27", "2026-09-27", "120104")).called().empty());
  CHECK(ReasonOf(Measure(api, Leader(), "2025-09-26", "2025-09-25", "120104").status()) ==
        config::v1::REASON_OUT_OF_RANGE);
  CHECK(ReasonOf(Measure(api, Leader(), "2025-09-26", "2026-09-27", "120104").status()) ==
        config::v1::REASON_OUT_OF_RANGE);
  CHECK(ReasonOf(Measure(api, Leader(), "2025-09", "2025-09-25", "120104").status()) == config::v1::REASON_FORMAT);
}

}  // namespace
}  // namespace jinqi::routing
