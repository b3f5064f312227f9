// Service areas, desks and persons through the API and on both databases.
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/register_test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

// The event of a history row, the last first.
std::vector<std::string> Events(RegisterApi& api, const ledger::Key& key) {
  std::vector<std::string> events;
  for (const auto& row : testing::Must(api.ledger().reader().History("tianjin", key))) events.push_back(row.type);
  return events;
}

std::int64_t Version(RegisterApi& api, const ledger::Key& key) {
  const auto record = testing::Must(api.ledger().reader().Get("tianjin", key));
  return record.has_value() ? record->version : 0;
}

TEST_CASE("a leaver's 312 subjects go to the successor in one commit", "[INT-11]") {
  RegisterApi api(GENERATE(false, true));
  REQUIRE_OK(api.CreateArea(kArea));
  REQUIRE_OK(api.CreatePerson(ValidPerson("li")));
  REQUIRE_OK(api.CreatePerson(ValidPerson("wang")));
  REQUIRE_OK(api.Staff(kDesk, "li"));
  api.Fill(0, 312, kArea);
  CHECK(testing::Must(api.GetDesk(kDesk)).subject_count() == 312);
  const std::int64_t subject_before = Version(api, EnterpriseKey(TestUscc(0)));

  INFO("INT-11/accept/1 without successor");
  const auto alone = api.Deactivate("li");
  CHECK(ReasonOf(alone.status()) == REASON_SUBJECTS_UNASSIGNED);
  CHECK(alone.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(MetadataOf(alone.status()) == Metadata{{"count", "312"}});
  CHECK(testing::Must(api.GetPerson("li")).active());

  INFO("INT-11/accept/2 with a successor");
  const auto handed_over = api.Deactivate("li", "wang");
  REQUIRE_OK(handed_over);
  CHECK(handed_over->subject_count() == 312);
  CHECK_FALSE(handed_over->service_person().active());
  CHECK(handed_over->service_person().desks().empty());
  CHECK(testing::Must(api.GetDesk(kDesk)).subject_count() == 312);
  CHECK(testing::Must(api.GetDesk(kDesk)).service_person() == "servicePersons/wang");
  CHECK(testing::Must(api.GetPerson("wang")).desks().Get(0) == kDesk);
  CHECK(testing::Must(api.Unassigned()).total_size() == 0);
  // One commit of three records; the subjects are not touched.
  CHECK(Version(api, EnterpriseKey(TestUscc(0))) == subject_before);
  const auto area_rows = testing::Must(api.ledger().reader().History("tianjin", ServiceAreaKey(kArea)));
  const auto person_rows = testing::Must(api.ledger().reader().History("tianjin", ServicePersonKey("li")));
  CHECK(area_rows.back().block == person_rows.back().block);

  // The subject's own card, from one look to the next.
  identity::Caller own = CallerWith(ROLE_ENTERPRISE, "own", TestUscc(5));
  const auto card = api.Card(TestUscc(5), own);
  REQUIRE_OK(card);
  CHECK(card->person_name() == "李服务");
  CHECK(card->phone() == "022-12345678");
  CHECK(card->unit() == "示例街道办事处");
  CHECK(card->duty() == "为企服务专员");
  CHECK(card->service_area() == "示例片区BH-01");
  CHECK(ReasonOf(api.Card(TestUscc(6), own).status()) == REASON_NOT_FOUND);

  // Nobody is left behind by the last one either.
  CHECK(MetadataOf(api.Deactivate("wang").status()) == Metadata{{"count", "312"}});
  CHECK(ReasonOf(api.Deactivate("wang", "li").status()) == REASON_NO_SERVICE_STAFF);
  CHECK(ReasonOf(api.Deactivate("wang", "wang").status()) == REASON_NO_SERVICE_STAFF);
  CHECK(FieldsOf(api.Deactivate("wang", "nobody").status()) == Fields{{"successor", "NOT_FOUND"}});
  CHECK(ReasonOf(api.Deactivate("nobody").status()) == REASON_NOT_FOUND);
}

TEST_CASE("each subject has exactly one desk, of its own district", "[INT-11]") {
  RegisterApi api(GENERATE(false, true));
  REQUIRE_OK(api.CreateArea(kArea));
  REQUIRE_OK(api.CreateArea("BH-02"));
  REQUIRE_OK(api.CreateArea("HP-01", "120101"));
  REQUIRE_OK(api.CreatePerson(ValidPerson("li")));
  REQUIRE_OK(api.CreatePerson(ValidPerson("zhao", "120101")));
  api.Fill(0, 3);
  CHECK(testing::Must(api.Unassigned()).total_size() == 3);
  CHECK(testing::Must(api.Unassigned(kDistrict)).enterprises(0).uscc() == TestUscc(0));
  CHECK(testing::Must(api.Unassigned("120101")).total_size() == 0);
  CHECK(ReasonOf(api.Card(TestUscc(0), kHubLeader).status()) == REASON_NOT_FOUND);

  INFO("INT-11: a desk without an active person takes nobody");
  const auto vacant = api.Assign(kDesk, {TestUscc(0)});
  CHECK(ReasonOf(vacant.status()) == REASON_NO_SERVICE_STAFF);
  CHECK(MetadataOf(vacant.status()) == Metadata{{"area", kArea}});
  REQUIRE_OK(api.Staff(kDesk, "li"));
  REQUIRE_OK(api.Staff("serviceAreas/BH-02/desks/7", "li"));
  REQUIRE_OK(api.Staff("serviceAreas/HP-01/desks/1", "zhao"));
  CHECK(testing::Must(api.Assign(kDesk, {TestUscc(0), TestUscc(1)})).assigned() == 2);
  CHECK(testing::Must(api.Assign(kDesk, {TestUscc(0)})).assigned() == 0);
  CHECK(testing::Must(api.Unassigned()).total_size() == 1);

  INFO("INT-11/bad/1 two primaries");
  const auto second = api.Assign("serviceAreas/BH-02/desks/7", {TestUscc(2), TestUscc(0)});
  CHECK(second.status().code() == absl::StatusCode::kAlreadyExists);
  CHECK(FieldsOf(second.status()) == Fields{{"enterprises[1]", "PRIMARY_EXISTS"}});
  CHECK(testing::Must(api.Enterprise(TestUscc(0))).service_area() == kArea);
  CHECK(testing::Must(api.Enterprise(TestUscc(2))).service_area().empty());
  CHECK(testing::Must(api.Assign("serviceAreas/BH-02/desks/7", {TestUscc(0)}, true)).assigned() == 1);
  CHECK(testing::Must(api.Enterprise(TestUscc(0))).desk_slot() == 7);
  CHECK(testing::Must(api.GetDesk(kDesk)).subject_count() == 1);

  INFO("INT-11/bad/2 an area of another district");
  const auto other = api.Assign("serviceAreas/HP-01/desks/1", {TestUscc(2)});
  CHECK(other.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldsOf(other.status()) == Fields{{"enterprises[0]", "AREA_OTHER_DISTRICT"}});
  CHECK(FieldsOf(api.Assign(kDesk, {TestUscc(9)}).status()) == Fields{{"enterprises[0]", "NOT_FOUND"}});
  CHECK(FieldsOf(api.Staff("serviceAreas/HP-01/desks/2", "li").status()) ==
        Fields{{"service_person", "AREA_OTHER_DISTRICT"}});
  CHECK(ReasonOf(api.Deactivate("li", "zhao").status()) == REASON_AREA_OTHER_DISTRICT);
  std::vector<std::string> many(91, "x");
  for (int n = 0; n < 91; ++n) many[static_cast<std::size_t>(n)] = TestUscc(n);
  CHECK(FieldsOf(api.Assign(kDesk, many).status()) == Fields{{"enterprises", "TOO_MANY"}});

  // Lists of the subjects of an area and of a desk, by pages.
  v1::ListEnterprisesRequest list;
  list.set_service_area(kArea);
  list.set_with_total(true);
  CHECK(testing::Must(api.Call<v1::ListEnterprisesResponse>("ListEnterprises", list, kHubLeader)).total_size() == 1);
  REQUIRE_OK(api.Assign(kDesk, {TestUscc(2)}));
  REQUIRE_OK(api.Staff("serviceAreas/BH-01/desks/2", "li"));
  REQUIRE_OK(api.Assign("serviceAreas/BH-01/desks/2", {TestUscc(1)}, true));
  list.set_page_size(1);
  std::vector<std::string> seen;
  do {
    const auto page = testing::Must(api.Call<v1::ListEnterprisesResponse>("ListEnterprises", list, kDistrictHub));
    CHECK(page.total_size() == 2);
    REQUIRE(page.enterprises_size() == 1);
    seen.push_back(page.enterprises(0).uscc());
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  // By desk, then by code.
  CHECK(seen == std::vector<std::string>{TestUscc(2), TestUscc(1)});
  list.clear_page_token();
  list.set_desk_slot(2);
  const auto desk = testing::Must(api.Call<v1::ListEnterprisesResponse>("ListEnterprises", list, kHubLeader));
  CHECK(desk.total_size() == 1);
  CHECK(desk.enterprises(0).uscc() == TestUscc(1));
  list.clear_service_area();
  CHECK(FieldsOf(api.Call<v1::ListEnterprisesResponse>("ListEnterprises", list, kHubLeader).status()) ==
        Fields{{"service_area", "REQUIRED"}});
}

TEST_CASE("desks are staffed by who may, on what they saw", "[INT-11]") {
  RegisterApi api(GENERATE(false, true));
  REQUIRE_OK(api.CreateArea(kArea, kDistrict, kDistrictHub));
  CHECK(FieldsOf(api.CreateArea(kArea).status()) == Fields{{"service_area.code", "ALREADY_EXISTS"}});
  CHECK(FieldsOf(api.CreateArea("BH 3").status()) == Fields{{"service_area.code", "FORMAT"}});
  CHECK(FieldsOf(api.CreateArea("BH-03", "120199").status()) ==
        Fields{{"service_area.district_code", "UNKNOWN_VALUE"}});
  CHECK(FieldsOf(api.CreateArea("BH-03", kDistrict, kOtherHub).status()) ==
        Fields{{"service_area.district_code", "AREA_OTHER_DISTRICT"}});
  CHECK(ReasonOf(api.CreateArea("BH-03", kDistrict, kSeat).status()) == REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(api.GetArea(kArea, kOtherHub).status()) == REASON_NOT_FOUND);

  REQUIRE_OK(api.CreatePerson(ValidPerson("li"), kDistrictHub));
  REQUIRE_OK(api.CreatePerson(ValidPerson("wang"), kDistrictHub));
  CHECK(ReasonOf(api.Staff(kDesk, "li", kOtherHub).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Staff(kDesk, "li", kDistrictHub, "9").status()) == REASON_VERSION_CONFLICT);
  CHECK(FieldsOf(api.Staff(kDesk, "nobody").status()) == Fields{{"service_person", "NOT_FOUND"}});
  CHECK(ReasonOf(api.Staff("serviceAreas/BH-01/desks/0", "li").status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Staff("serviceAreas/BH-01/desks/100", "li").status()) == REASON_NOT_FOUND);
  v1::ListServiceAreasRequest vacant;
  vacant.set_vacant(true);
  const auto report = [&] {
    return testing::Must(api.Ask<v1::ListServiceAreasResponse>("ListServiceAreas", vacant, kDistrictHub))
        .service_areas_size();
  };
  CHECK(report() == 1);
  const auto staffed = api.Staff(kDesk, "li", kDistrictHub);
  REQUIRE_OK(staffed);
  CHECK(staffed->service_person() == "servicePersons/li");
  CHECK(staffed->etag() == testing::Must(api.GetArea(kArea)).etag());
  CHECK(report() == 0);

  // A replacement is one commit; who sat there leaves.
  REQUIRE_OK(api.Staff(kDesk, "wang", kDistrictHub));
  CHECK(testing::Must(api.GetPerson("li")).desks().empty());
  CHECK(testing::Must(api.GetPerson("wang")).desks().Get(0) == kDesk);
  CHECK(Events(api, ServicePersonKey("li")) ==
        std::vector<std::string>{"ServicePersonEntered", "DeskTaken", "DeskLeft"});
  const std::int64_t version = Version(api, ServiceAreaKey(kArea));
  REQUIRE_OK(api.Staff(kDesk, "wang"));
  CHECK(Version(api, ServiceAreaKey(kArea)) == version);

  // Without subjects a person may go alone; the area is then reported.
  CHECK(ReasonOf(api.Deactivate("wang", "", kOtherHub).status()) == REASON_NOT_FOUND);
  v1::DeactivateServicePersonRequest stale;
  stale.set_name("servicePersons/wang");
  stale.set_request_id(api.NewKey());
  CHECK(FieldsOf(api.Ask<v1::DeactivateServicePersonResponse>("DeactivateServicePerson", stale, kHubLeader).status()) ==
        Fields{{"etag", "ETAG_REQUIRED"}});
  stale.set_etag("1");
  const auto conflict = api.Ask<v1::DeactivateServicePersonResponse>("DeactivateServicePerson", stale, kHubLeader);
  CHECK(ReasonOf(conflict.status()) == REASON_VERSION_CONFLICT);
  REQUIRE_OK(api.Deactivate("wang", "", kDistrictHub));
  CHECK(report() == 1);
  CHECK(ReasonOf(api.Staff(kDesk, "wang").status()) == REASON_NO_SERVICE_STAFF);
  // And comes back.
  CHECK(FieldsOf(api.CreatePerson(ValidPerson("li")).status()) == Fields{{"account", "ALREADY_EXISTS"}});
  REQUIRE_OK(api.CreatePerson(ValidPerson("wang")));
  REQUIRE_OK(api.Staff(kDesk, "wang"));
  const auto listed = testing::Must(
      api.Ask<v1::ListServiceAreasResponse>("ListServiceAreas", v1::ListServiceAreasRequest(), kDistrictHub));
  REQUIRE(listed.service_areas_size() == 1);
  CHECK(listed.service_areas(0).desks(0).service_person() == "servicePersons/wang");
  CHECK(
      testing::Must(api.Ask<v1::ListServiceAreasResponse>("ListServiceAreas", v1::ListServiceAreasRequest(), kOtherHub))
          .service_areas()
          .empty());

  // Names and phones are in the person row only.
  const auto stored = testing::Must(api.ledger().reader().Get("tianjin", ServicePersonKey("li")));
  CHECK(stored->body.find("李服务") == std::string::npos);
  CHECK(stored->body.find("12345678") == std::string::npos);
  const auto verified = ledger::Verify(
      api.database(), Kinds(), {}, [&api](const std::string& sealed) { return api.intake->privacy.OpenBytes(sealed); });
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

TEST_CASE("no duty for villages and communities, whoever asks", "[INT-12]") {
  RegisterApi api(GENERATE(false, true));
  REQUIRE_OK(api.CreateArea(kArea));
  v1::ServicePerson villager = ValidPerson("cunwei");
  villager.set_unit_type(v1::UNIT_TYPE_VILLAGE_COMMUNITY);

  INFO("INT-12/accept");
  int attempts = 0;
  for (const identity::Caller& caller : {kHubLeader, kDistrictHub}) {
    const auto refused = api.CreatePerson(villager, caller, absl::StrCat("grass-", ++attempts));
    CHECK(refused.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(FieldsOf(refused.status()) == Fields{{"service_person.unit_type", "GRASSROOTS_FORBIDDEN"}});
    // The same request gets the same answer, and is on record once.
    CHECK(ReasonOf(api.CreatePerson(villager, caller, absl::StrCat("grass-", attempts)).status()) ==
          REASON_GRASSROOTS_FORBIDDEN);
  }
  CHECK(ReasonOf(api.GetPerson("cunwei").status()) == REASON_NOT_FOUND);
  CHECK(FieldsOf(api.Staff(kDesk, "cunwei").status()) == Fields{{"service_person", "NOT_FOUND"}});
  auto audit = testing::Must(api.Refused(kAuditor));
  REQUIRE(audit.refused_acts_size() == 2);
  std::set<std::string> accounts;
  for (const v1::RefusedAct& act : audit.refused_acts()) {
    CHECK(act.reason() == REASON_GRASSROOTS_FORBIDDEN);
    CHECK(act.targets(0) == "cunwei");
    CHECK(act.method() == "jinqi.intake.v1.RegisterService/CreateServicePerson");
    CHECK(TimeText(act.time()) == "2026-02-17T03:12:00+08:00");
    accounts.insert(act.account());
  }
  CHECK(accounts == std::set<std::string>{"leader", "hub-116"});
  CHECK(ReasonOf(api.Refused(kHubLeader).status()) == REASON_PERMISSION_DENIED);

  INFO("INT-12/bad/1 in bulk only those rows fail");
  v1::ImportServicePersonsRequest request;
  request.set_request_id(api.NewKey());
  const auto add = [&request](const v1::ServicePerson& person, const std::string& desk) {
    *request.add_rows()->mutable_service_person() = person;
    request.mutable_rows(request.rows_size() - 1)->set_desk(desk);
  };
  add(ValidPerson("li"), kDesk);
  add(villager, "serviceAreas/BH-01/desks/2");
  add(ValidPerson("wang"), "");
  villager.set_account("shequ");
  add(villager, "");
  add(ValidPerson("li"), "");
  add(ValidPerson("zhao"), kDesk);
  add(ValidPerson("qian", "120101"), "serviceAreas/BH-01/desks/3");
  v1::ServicePerson nameless = ValidPerson("sun");
  nameless.clear_person_name();
  add(nameless, "");
  add(ValidPerson("zhou"), "serviceAreas/XX-99/desks/1");
  const auto imported = api.Ask<v1::ImportServicePersonsResponse>("ImportServicePersons", request, kHubLeader);
  REQUIRE_OK(imported);
  CHECK(imported->taken() == 2);
  std::vector<std::string> faults;
  for (const v1::RowFault& fault : imported->faults()) {
    faults.push_back(absl::StrCat(fault.row(), " ", fault.field(), " ", ReasonName(fault.reason())));
    CHECK_FALSE(fault.text().empty());
  }
  CHECK(faults == std::vector<std::string>{"2 unit_type GRASSROOTS_FORBIDDEN", "4 unit_type GRASSROOTS_FORBIDDEN",
                                           "5 account ALREADY_EXISTS", "6 desk ALREADY_EXISTS",
                                           "7 desk AREA_OTHER_DISTRICT", "8 person_name REQUIRED", "9 desk NOT_FOUND"});
  CHECK(testing::Must(api.GetDesk(kDesk)).service_person() == "servicePersons/li");
  CHECK(testing::Must(api.GetPerson("wang")).active());
  audit = testing::Must(api.Refused(kAuditor, REASON_GRASSROOTS_FORBIDDEN));
  REQUIRE(audit.refused_acts_size() == 3);
  const auto bulk = std::find_if(audit.refused_acts().begin(), audit.refused_acts().end(),
                                 [](const v1::RefusedAct& act) { return act.rows_size() > 0; });
  REQUIRE(bulk != audit.refused_acts().end());
  CHECK(std::vector<std::int64_t>(bulk->rows().begin(), bulk->rows().end()) == std::vector<std::int64_t>{2, 4});
  CHECK(std::vector<std::string>(bulk->targets().begin(), bulk->targets().end()) ==
        std::vector<std::string>{"cunwei", "shequ"});
  // A supervisor sees what is his.
  CHECK(testing::Must(api.Refused(kSupervisor)).refused_acts().empty());
  CHECK(ReasonOf(api.Refused(kSupervisor, REASON_GRASSROOTS_FORBIDDEN).status()) == REASON_PERMISSION_DENIED);
}

TEST_CASE("a person's fields are checked together", "[INT-11]") {
  RegisterApi api(false);
  v1::ServicePerson person;
  person.set_account("a/b");
  person.set_phone("12");
  person.set_district_code("1");
  const auto empty = api.CreatePerson(person);
  CHECK(FieldsOf(empty.status()) == Fields{{"service_person.unit_type", "REQUIRED"},
                                           {"service_person.account", "FORMAT"},
                                           {"service_person.person_name", "REQUIRED"},
                                           {"service_person.unit", "REQUIRED"},
                                           {"service_person.duty", "REQUIRED"},
                                           {"service_person.phone", "FORMAT"},
                                           {"service_person.district_code", "UNKNOWN_VALUE"}});
  CHECK(FieldsOf(api.CreatePerson(ValidPerson("li"), kOtherHub).status()) ==
        Fields{{"service_person.district_code", "PERMISSION_DENIED"}});
  const auto created = api.CreatePerson(ValidPerson("li"));
  REQUIRE_OK(created);
  CHECK(created->person_name() == "李服务");
  CHECK(created->active());
  CHECK(created->name() == "servicePersons/li");
  CHECK(ReasonOf(api.GetPerson("li", kOtherHub).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.GetPerson("li", kStaff)).phone() == "022-12345678");
}

}  // namespace
}  // namespace jinqi::intake
