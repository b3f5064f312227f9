// Township duties through the API, on both databases (RTE-13).
#include <algorithm>

#include "jinqi/routing/v1/township_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Database = TestDatabase;

constexpr char kOrder[] = "TJ1";
// 南开区长虹街道.
constexpr char kTownship[] = "T120104001";

Reason Refused(const absl::Status& status) { return ReasonOf(status); }

identity::Caller Hub(const std::string& district) {
  return As(config::v1::ROLE_DISTRICT_HUB, "Q" + district + "-HUB", district);
}

absl::StatusOr<v1::TownshipDuties> Publish(Api& api, const identity::Caller& caller, const std::string& category,
                                           const std::string& district = "120104") {
  v1::PublishTownshipDutiesRequest request;
  request.set_request_id("duties-" + category + district);
  request.mutable_duties()->set_district_code(district);
  request.mutable_duties()->add_category_codes(category);
  return api.bench.Call<v1::TownshipDuties>(caller, Method("TownshipService/PublishTownshipDuties"), request);
}

absl::StatusOr<v1::TownshipDuties> Get(Api& api, const std::string& district) {
  v1::GetTownshipDutiesRequest request;
  request.set_name("townshipDuties/" + district);
  return api.bench.Call<v1::TownshipDuties>(Dispatcher(), Method("TownshipService/GetTownshipDuties"), request);
}

v1::ReadinessReport Readiness(Api& api) {
  return Must(
      api.bench.Call<v1::ReadinessReport>(Dispatcher(), Method("GetReadinessReport"), v1::GetReadinessReportRequest()));
}
bool MissesContact(Api& api, const std::string& code) {
  const v1::ReadinessReport report = Readiness(api);
  const auto& codes = report.undertakers_without_contact();
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

void NameContact(Api& api, const std::string& code) {
  v1::GetUndertakerRequest get;
  get.set_name("undertakers/" + code);
  const auto body = Must(api.bench.Call<v1::Undertaker>(Dispatcher(), Method("GetUndertaker"), get));
  v1::AddUndertakerContactRequest request;
  request.set_name(get.name());
  request.set_etag(body.etag());
  request.set_request_id("contact-" + code);
  request.set_account("contact-1");
  REQUIRE_OK(api.bench.Call<v1::Undertaker>(Hub("120104"), Method("AddUndertakerContact"), request));
}

// Of 施工许可.
void SubmitPermit(Api& api) {
  DemandSubmitted demand = api.Demand(kOrder, "施工许可一直没有批下来");
  demand.set_category_code("B10-03");
  api.Submit(demand);
}

TEST_CASE("a department's duty is not dispatched to a township", "[RTE-13]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  SubmitPermit(api);
  INFO("RTE-13/bad/1 no list: closed, whoever asks and why");
  CHECK(Refused(Get(api, "120104").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(Refused(api.Dispatch(kOrder, kTownship).status()) == config::v1::REASON_TOWNSHIP_LIST_MISSING);
  CHECK_FALSE(MissesContact(api, kTownship));
  INFO("RTE-13/bad/2 the list of another district opens nothing");
  REQUIRE_OK(Publish(api, Hub("120101"), "B10", "120101"));
  CHECK(Refused(api.Dispatch(kOrder, kTownship).status()) == config::v1::REASON_TOWNSHIP_LIST_MISSING);

  INFO("RTE-13/accept");
  REQUIRE_OK(Publish(api, Hub("120104"), "C01-02"));
  const absl::Status refused = api.Dispatch(kOrder, kTownship).status();
  CHECK(Refused(refused) == config::v1::REASON_NOT_A_TOWNSHIP_DUTY);
  CHECK(refused.code() == absl::StatusCode::kInvalidArgument);
  v1::DispatchWorkOrderRequest leader;
  leader.set_main_undertaker(kTownship);
  leader.set_reason("就近处理");
  CHECK(Refused(api.Change(Leader(), "DispatchWorkOrder", kOrder, leader).status()) ==
        config::v1::REASON_NOT_A_TOWNSHIP_DUTY);
  CHECK(Must(api.Get(Dispatcher(), kOrder)).state() == ORDER_STATE_PENDING_DISPATCH);

  INFO("RTE-13/accept/2 the list is data: with the duty in it the township leads, under the list's version");
  const v1::TownshipDuties duties = Must(Publish(api, Leader(), "B10"));
  CHECK(duties.name() == "townshipDuties/120104");
  CHECK(duties.version() == 3);
  CHECK(Must(Get(api, "120104")).category_codes(0) == "B10");
  CHECK(Must(Get(api, "120101")).version() == 1);
  CHECK(MissesContact(api, kTownship));
  NameContact(api, kTownship);
  CHECK_FALSE(MissesContact(api, kTownship));
  const v1::WorkOrder order = Must(api.Dispatch(kOrder, kTownship));
  CHECK(order.main_undertaker() == kTownship);
  CHECK(order.dispatches(0).township_duties_version() == 3);
  CHECK(Must(api.Sign(kOrder, kTownship)).state() == ORDER_STATE_HANDLING);
  CHECK(api.Broken().empty());
}

TEST_CASE("a list that is published is whole, and a district's own", "[RTE-13]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  CHECK(Refused(Publish(api, Hub("120101"), "C01-02").status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(Refused(Publish(api, Dispatcher(), "C01-02").status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(Refused(Publish(api, Leader(), "C01-02", "999999").status()) == config::v1::REASON_UNKNOWN_VALUE);
  CHECK(Refused(Publish(api, Leader(), "").status()) == config::v1::REASON_REQUIRED);
  CHECK(Refused(Get(api, "120104").status()) == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("a village takes no part in an order", "[INT-12][RTE-13]") {
  Api api(GENERATE(Database::kSqlite, Database::kPostgres), "2025-06-12T09:00:00+08:00");
  SubmitPermit(api);
  CHECK(Refused(api.Dispatch(kOrder, "120104001001").status()) == config::v1::REASON_GRASSROOTS_FORBIDDEN);
  CHECK(Refused(api.Dispatch(kOrder, "ZJW", "按职责", {"万新社区"}).status()) ==
        config::v1::REASON_GRASSROOTS_FORBIDDEN);
}

}  // namespace
}  // namespace jinqi::routing
