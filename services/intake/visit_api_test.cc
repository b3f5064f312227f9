// Service visits through the API and on both databases.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "jinqi/events/v1/inspection.pb.h"
#include "services/intake/register_test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

const identity::Caller kInspector = CallerWith(ROLE_INSPECTOR, "inspector-1", "", "", "SCJG");

v1::CreateVisitRequest Visit(const std::string& uscc, int needs = 0) {
  v1::CreateVisitRequest request;
  request.mutable_visit()->set_enterprise("enterprises/" + uscc);
  request.mutable_visit()->set_purpose("了解生产经营情况");
  for (int i = 0; i < needs; ++i) {
    v1::VisitNeed& need = *request.add_needs();
    need.set_demand_type(events::v1::DEMAND_TYPE_HELP);
    need.set_title("用电报装");
    need.set_content(absl::StrCat("走访中企业反映的第", i + 1, "件事：新增用电报装进度需要协调供电部门。"));
    need.set_contact_name("王小明");
    need.set_contact_phone("13812345678");
  }
  return request;
}

absl::StatusOr<v1::Visit> Log(RegisterApi& api, v1::CreateVisitRequest request, const identity::Caller& caller) {
  request.set_request_id(api.NewKey());
  return api.CallOn<v1::Visit>("VisitService", "CreateVisit", request, caller);
}

absl::StatusOr<v1::ListVisitsResponse> List(RegisterApi& api, const identity::Caller& caller,
                                            const std::string& uscc = "") {
  v1::ListVisitsRequest request;
  if (!uscc.empty()) request.set_enterprise("enterprises/" + uscc);
  return api.CallOn<v1::ListVisitsResponse>("VisitService", "ListVisits", request, caller);
}

events::v1::InspectionStarted Started(const std::string& task, const std::string& uscc, const std::string& time) {
  events::v1::InspectionStarted event;
  event.set_task(task);
  event.set_uscc(uscc);
  event.set_body("SCJG");
  *event.mutable_start_time() = clock::ToProto(At(time));
  return event;
}

events::v1::InspectionFinished Finished(const std::string& task, const std::string& uscc, const std::string& time) {
  events::v1::InspectionFinished event;
  event.set_task(task);
  event.set_uscc(uscc);
  event.set_body("SCJG");
  *event.mutable_finish_time() = clock::ToProto(At(time));
  return event;
}

TEST_CASE("a visit with a need is one visit and one linked demand", "[INT-13]") {
  RegisterApi api(GENERATE(false, true));
  api.Fill(0, 2);
  const std::string uscc = TestUscc(0);

  INFO("INT-13/accept");
  const auto visit = Log(api, Visit(uscc, 1), kStaff);
  REQUIRE_OK(visit);
  CHECK(visit->purpose() == "了解生产经营情况");
  CHECK(visit->account() == "staff-1");
  CHECK(TimeText(visit->visit_time()) == "2026-02-17T03:12:00+08:00");
  CHECK(visit->district_code() == kDistrict);
  REQUIRE(visit->demands_size() == 1);
  const std::string order_no = visit->demands(0).substr(std::string("demands/").size());
  const auto demand = api.Get(order_no, kStaff);
  REQUIRE_OK(demand);
  CHECK(demand->channel() == events::v1::CHANNEL_STAFF);
  CHECK(demand->state() == events::v1::ORDER_STATE_PENDING_DISPATCH);
  CHECK(demand->subject().uscc() == uscc);
  CHECK(demand->subject().enterprise_name() == "天津示例第1公司");
  CHECK(demand->subject().industry() == "C3391");
  CHECK(demand->contact_phone() == "138****5678");
  CHECK(testing::Must(List(api, kHubLeader)).visits_size() == 1);
  // In the same commit.
  const auto visit_rows =
      testing::Must(api.ledger().reader().History("tianjin", VisitKey(testing::Must(VisitOfName(visit->name())))));
  const auto demand_rows = testing::Must(api.ledger().reader().History("tianjin", DemandKey(order_no)));
  CHECK(visit_rows.front().block == demand_rows.front().block);
  // What the same enterprise needs again joins the order that runs (INT-09).
  const auto again = Log(api, Visit(uscc, 2), kStaff);
  REQUIRE_OK(again);
  REQUIRE(again->demands_size() == 2);
  CHECK(testing::Must(api.Get(again->demands(0).substr(8), kStaff)).merged_into() == order_no);
  CHECK(testing::Must(api.Get(again->demands(1).substr(8), kStaff)).merged_into().empty());

  // Who sees it.
  v1::GetVisitRequest get;
  get.set_name(visit->name());
  const auto see = [&](const identity::Caller& caller) {
    return api.CallOn<v1::Visit>("VisitService", "GetVisit", get, caller);
  };
  CHECK(testing::Must(see(kSupervisor)).purpose() == "了解生产经营情况");
  CHECK(testing::Must(see(kDistrictHub)).demands_size() == 1);
  CHECK(ReasonOf(see(kOtherHub).status()) == REASON_NOT_FOUND);
  CHECK_OK(see(CallerWith(ROLE_ENTERPRISE, "own", uscc)));
  CHECK(ReasonOf(see(CallerWith(ROLE_ENTERPRISE, "other", TestUscc(1))).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(List(api, kStaff, uscc)).visits_size() == 2);
  CHECK(testing::Must(List(api, kStaff, TestUscc(1))).visits().empty());
  CHECK(testing::Must(List(api, CallerWith(ROLE_ENTERPRISE, "own", uscc), TestUscc(1))).visits_size() == 2);
  CHECK(testing::Must(List(api, kOtherHub)).visits().empty());
  // The purpose is in the person row only.
  const auto stored =
      testing::Must(api.ledger().reader().Get("tianjin", VisitKey(testing::Must(VisitOfName(visit->name())))));
  CHECK(stored->body.find("生产经营") == std::string::npos);
  const auto verified = ledger::Verify(
      api.database(), Kinds(), {}, [&api](const std::string& sealed) { return api.intake->privacy.OpenBytes(sealed); });
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

TEST_CASE("an inspection must not come as a visit", "[INT-13]") {
  RegisterApi api(GENERATE(false, true));
  api.Fill(0, 3);
  const std::string uscc = TestUscc(0);

  INFO("INT-13/bad/1 inspection items");
  v1::CreateVisitRequest items = Visit(uscc);
  items.add_inspection_items("XZJC-001");
  const auto refused = Log(api, items, kStaff);
  CHECK(refused.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldsOf(refused.status()) == Fields{{"inspection_items", "DISGUISED_CHECK_SUSPECT"}});
  CHECK(testing::Must(List(api, kHubLeader)).visits().empty());

  INFO("INT-13/bad/2 an enforcement account with an open inspection on the same day");
  CHECK_OK(Log(api, Visit(uscc), kInspector));
  REQUIRE_OK(api.Inspection("InspectionStarted", Started("T1", uscc, "2026-02-17T02:00:00+08:00")));
  const auto suspect = Log(api, Visit(uscc, 1), kInspector);
  CHECK(FieldsOf(suspect.status()) == Fields{{"visit.enterprise", "DISGUISED_CHECK_SUSPECT"}});
  // Whatever other role the account has.
  identity::Caller both = kStaff;
  both.roles.push_back(ROLE_INSPECTOR);
  CHECK(ReasonOf(Log(api, Visit(uscc), both).status()) == REASON_DISGUISED_CHECK_SUSPECT);
  // Service staff are no inspectors, other subjects are not inspected.
  CHECK_OK(Log(api, Visit(uscc), kStaff));
  CHECK_OK(Log(api, Visit(TestUscc(1)), kInspector));

  const auto shown = testing::Must(api.Refused(kSupervisor));
  REQUIRE(shown.refused_acts_size() == 3);
  std::multiset<std::string> details;
  for (const v1::RefusedAct& act : shown.refused_acts()) {
    CHECK(act.reason() == REASON_DISGUISED_CHECK_SUSPECT);
    CHECK(act.targets(0) == uscc);
    details.insert(act.detail() + " " + act.account());
  }
  CHECK(details == std::multiset<std::string>{"INSPECTION_ITEMS staff-1", "OPEN_INSPECTION inspector-1",
                                              "OPEN_INSPECTION staff-1"});

  // One that ended today still counts today, and no more tomorrow.
  REQUIRE_OK(api.Inspection("InspectionFinished", Finished("T1", uscc, "2026-02-17T02:30:00+08:00")));
  CHECK(ReasonOf(Log(api, Visit(uscc), kInspector).status()) == REASON_DISGUISED_CHECK_SUSPECT);
  api.clock.Set(At("2026-02-18T00:00:00+08:00"));
  CHECK_OK(Log(api, Visit(uscc), kInspector));
  // But does for a visit that was made that day.
  v1::CreateVisitRequest late = Visit(uscc);
  *late.mutable_visit()->mutable_visit_time() = clock::ToProto(At("2026-02-17T23:59:59+08:00"));
  CHECK(ReasonOf(Log(api, late, kInspector).status()) == REASON_DISGUISED_CHECK_SUSPECT);
  // One that runs for days is open on each.
  REQUIRE_OK(api.Inspection("InspectionStarted", Started("T2", uscc, "2026-02-18T09:00:00+08:00")));
  api.clock.Set(At("2026-02-20T10:00:00+08:00"));
  CHECK(ReasonOf(Log(api, Visit(uscc), kInspector).status()) == REASON_DISGUISED_CHECK_SUSPECT);
  REQUIRE_OK(api.Inspection("InspectionFinished", Finished("T9", TestUscc(2), "2026-02-18T09:00:00+08:00")));
  CHECK_OK(Log(api, Visit(TestUscc(2)), kInspector));
  // What ended long ago is forgotten.
  REQUIRE_OK(api.Inspection("InspectionFinished", Finished("T2", uscc, "2026-02-20T11:00:00+08:00")));
  api.clock.Set(At("2026-03-01T10:00:00+08:00"));
  REQUIRE_OK(api.Inspection("InspectionStarted", Started("T3", uscc, "2026-03-01T09:00:00+08:00")));
  const auto kept = testing::Must(api.ledger().reader().Get("tianjin", InspectionKey(uscc)));
  v1::SubjectInspectionRecord record;
  REQUIRE(record.ParseFromString(kept->body));
  CHECK(record.inspections_size() == 1);
  CHECK(record.inspections(0).task() == "T3");

  INFO("INT-13: nothing of a visit can be referred to by a sanction");
  for (const auto* message :
       {v1::Visit::descriptor(), v1::CreateVisitRequest::descriptor(), v1::VisitRecord::descriptor()}) {
    for (int i = 0; i < message->field_count(); ++i) {
      const std::string& field = message->field(i)->name();
      CHECK(field.find("sanction") == std::string::npos);
      CHECK(field.find("penalty") == std::string::npos);
      CHECK(field.find("result") == std::string::npos);
    }
  }
}

TEST_CASE("a visit's fields and needs are checked", "[INT-13]") {
  RegisterApi api(false);
  api.Fill(0, 1);
  const auto fields = [&api](const std::function<void(v1::CreateVisitRequest&)>& change,
                             const identity::Caller& caller = kStaff) {
    v1::CreateVisitRequest request = Visit(TestUscc(0), 1);
    change(request);
    return FieldsOf(Log(api, request, caller).status());
  };
  CHECK(fields([](auto&) {}).empty());
  CHECK(fields([](auto& r) { r.mutable_visit()->set_enterprise("enterprises/" + TestUscc(5)); }) ==
        Fields{{"visit.enterprise", "NOT_FOUND"}});
  CHECK(fields([](auto& r) { r.mutable_visit()->set_enterprise("x"); }) == Fields{{"visit.enterprise", "NOT_FOUND"}});
  CHECK(fields([](auto&) {}, CallerWith(ROLE_SERVICE_STAFF, "far", "", "120101")) ==
        Fields{{"visit.enterprise", "NOT_FOUND"}});
  CHECK(fields([](auto&) {}, CallerWith(ROLE_INSPECTOR, "far", "", "120101")) ==
        Fields{{"visit.enterprise", "NOT_FOUND"}});
  CHECK(fields([](auto& r) { r.mutable_visit()->clear_purpose(); }) == Fields{{"visit.purpose", "REQUIRED"}});
  CHECK(fields([](auto& r) { r.mutable_visit()->set_purpose("看"); }) == Fields{{"visit.purpose", "TOO_SHORT"}});
  CHECK(fields([](auto& r) { r.mutable_visit()->set_purpose(std::string(201, 'x')); }) ==
        Fields{{"visit.purpose", "TOO_LONG"}});
  const auto at = [&fields](const std::string& time) {
    return fields([&time](auto& r) { *r.mutable_visit()->mutable_visit_time() = clock::ToProto(At(time)); });
  };
  CHECK(at("2026-02-17T03:12:01+08:00") == Fields{{"visit.visit_time", "OUT_OF_RANGE"}});
  CHECK(at("2026-02-10T03:11:59+08:00") == Fields{{"visit.visit_time", "OUT_OF_RANGE"}});
  CHECK(at("2026-02-10T03:12:00+08:00").empty());
  CHECK(fields([](auto& r) { r.mutable_needs(0)->set_content("短"); }) == Fields{{"needs[0].content", "TOO_SHORT"}});
  CHECK(fields([](auto& r) { *r.add_needs() = r.needs(0); }) == Fields{{"needs[1]", "ALREADY_EXISTS"}});
  CHECK(fields([](auto& r) { r = Visit(TestUscc(0), 11); }) == Fields{{"needs", "TOO_MANY"}});
  CHECK(fields([](auto& r) { r = Visit(TestUscc(0), 10); }).empty());
  CHECK(fields([](auto& r) {
          *r.mutable_needs(0) = Visit(TestUscc(0), 11).needs(10);
          r.mutable_needs(0)->set_demand_type(events::v1::DEMAND_TYPE_REPORT);
          r.mutable_needs(0)->set_confidential(false);
        }).empty());
}

}  // namespace
}  // namespace jinqi::intake
