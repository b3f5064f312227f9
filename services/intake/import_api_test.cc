// The import of the register through the API and on both databases.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/enterprise_import.h"
#include "services/intake/register_test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

TEST_CASE("imported rows are entries of the register, each once", "[INT-05]") {
  RegisterApi api(GENERATE(false, true));
  std::vector<v1::ImportRow> rows;
  for (int n = 0; n < 4; ++n) rows.push_back(ValidRow(n + 1, TestUscc(n)));
  rows[1].set_revenue("1999.9999");
  rows[2].set_employees("");
  rows[3].set_industry("J6621");
  const auto first = api.Import("job-1", 0, 2, rows);
  REQUIRE_OK(first);
  CHECK(first->created() == 4);
  const auto entry = api.Enterprise(TestUscc(0));
  REQUIRE_OK(entry);
  CHECK(entry->enterprise_name() == "天津示例第1公司");
  CHECK(entry->type() == events::v1::SUBJECT_TYPE_ENTERPRISE);
  CHECK(entry->size_class() == v1::SIZE_CLASS_MEDIUM);
  CHECK(entry->employees() == 300);
  CHECK(entry->revenue_yuan() == 20'000'000);
  CHECK(entry->imported());
  CHECK(entry->quality_flags().empty());
  CHECK(entry->etag() == "1");
  CHECK(testing::Must(api.Enterprise(TestUscc(1))).size_class() == v1::SIZE_CLASS_SMALL);
  CHECK(testing::Must(api.Enterprise(TestUscc(1))).revenue_yuan() == 19'999'999);
  CHECK(testing::Must(api.Enterprise(TestUscc(2))).size_class() == v1::SIZE_CLASS_UNKNOWN);
  CHECK(testing::Must(api.Enterprise(TestUscc(2))).quality_flags(0) == kSizeUnknown);
  CHECK(testing::Must(api.Enterprise(TestUscc(3))).size_class() == v1::SIZE_CLASS_NOT_APPLICABLE);

  // The chunk again, under any request id, changes nothing; also when the subject was changed since.
  const auto repeated = api.Import("job-1", 0, 2, rows);
  REQUIRE_OK(repeated);
  CHECK(repeated->repeated());
  CHECK(repeated->created() == 0);
  CHECK(testing::Must(api.Enterprise(TestUscc(0))).etag() == "1");
  auto job = testing::Must(api.Job("job-1"));
  CHECK(job.done_below() == 1);
  CHECK(job.created() == 4);
  CHECK_FALSE(job.has_end_time());

  // The other chunk ends the job; another job that says the same changes nothing, one that says more does.
  REQUIRE_OK(api.Import("job-1", 1, 2, {ValidRow(5, TestUscc(4))}));
  job = testing::Must(api.Job("job-1"));
  CHECK(job.done_below() == 2);
  CHECK(job.created() == 5);
  CHECK(TimeText(job.end_time()) == "2026-02-17T03:12:00+08:00");
  rows[0].set_enterprise_name("天津示例更名公司");
  rows[0].clear_employees();
  const auto second = api.Import("job-2", 0, 1, rows);
  REQUIRE_OK(second);
  CHECK(second->updated() == 1);
  CHECK(second->unchanged() == 3);
  CHECK(testing::Must(api.Enterprise(TestUscc(0))).enterprise_name() == "天津示例更名公司");
  CHECK(testing::Must(api.Enterprise(TestUscc(0))).employees() == 300);

  INFO("INT-05: the same job with another file");
  const auto other = api.Import("job-1", 0, 2, rows, std::string(64, 'b'));
  CHECK(other.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK(ReasonOf(other.status()) == REASON_IMPORT_OTHER_FILE);
  CHECK(ReasonOf(api.Import("job-1", 0, 3, rows).status()) == REASON_IMPORT_OTHER_FILE);
  CHECK(ReasonOf(api.Job("job-9").status()) == REASON_NOT_FOUND);
  v1::ImportEnterprisesRequest request;
  request.set_job("job-3");
  request.set_digest(std::string(64, 'a'));
  request.set_request_id("x");
  CHECK(ReasonOf(
            api.CallOn<v1::ImportEnterprisesResponse>("EnterpriseImportService", "ImportEnterprises", request, kStaff)
                .status()) == REASON_PERMISSION_DENIED);
}

TEST_CASE("chunks may come in any order, and are noted as done", "[INT-05]") {
  RegisterApi api(GENERATE(false, true));
  const auto send = [&api](int chunk) { return api.Import("job", chunk, 2000, {ValidRow(chunk, TestUscc(chunk))}); };
  for (const int chunk : {2, 0, 3}) REQUIRE_OK(send(chunk));
  auto job = testing::Must(api.Job("job"));
  CHECK(job.done_below() == 1);
  CHECK(std::vector<int>(job.done().begin(), job.done().end()) == std::vector<int>{2, 3});
  CHECK(testing::Must(send(2)).repeated());
  REQUIRE_OK(send(1));
  job = testing::Must(api.Job("job"));
  CHECK(job.done_below() == 4);
  CHECK(job.done().empty());
  CHECK(testing::Must(send(3)).repeated());
  CHECK(testing::Must(send(4 + kMaxAhead - 1)).created() == 1);
  CHECK(FieldsOf(send(4 + kMaxAhead).status()) == Fields{{"chunk", "OUT_OF_RANGE"}});
  CHECK(FieldsOf(send(2000).status()) == Fields{{"chunk", "OUT_OF_RANGE"}});
  CHECK(FieldsOf(api.Import("job", -1, 2000, {}).status()) == Fields{{"chunk", "OUT_OF_RANGE"}});
  CHECK(FieldsOf(api.Import("a/b", 0, 1, {}, "short").status()) == Fields{{"job", "FORMAT"}, {"digest", "FORMAT"}});
  std::vector<v1::ImportRow> rows;
  for (int n = 0; n < 99; ++n) rows.push_back(ValidRow(n, TestUscc(100 + n)));
  CHECK(FieldsOf(api.Import("many", 0, 1, rows).status()) == Fields{{"rows", "TOO_MANY"}});
  rows.pop_back();
  CHECK(testing::Must(api.Import("many", 0, 1, rows)).created() == 98);
  CHECK(FieldsOf(api.Import("twice", 0, 1, {rows[0], rows[0]}).status()) == Fields{{"rows", "ALREADY_EXISTS"}});
}

TEST_CASE("faulty rows are reported by number, field and reason, and the others are taken", "[INT-05]") {
  RegisterApi api(GENERATE(false, true));
  REQUIRE_OK(api.CreateArea(kArea));
  REQUIRE_OK(api.CreateArea("BH-02"));
  REQUIRE_OK(api.CreateArea("HP-01", "120101"));
  REQUIRE_OK(api.CreatePerson(ValidPerson("li")));
  REQUIRE_OK(api.Staff(kDesk, "li"));
  REQUIRE_OK(api.Staff("serviceAreas/BH-01/desks/2", "li"));
  std::vector<v1::ImportRow> rows;
  const auto add = [&rows](const std::function<void(v1::ImportRow&)>& change) {
    const int n = static_cast<int>(rows.size()) + 1;
    rows.push_back(ValidRow(n, TestUscc(n)));
    change(rows.back());
  };
  add([](auto& row) { row.set_uscc("91120116MA051K2P90"); });
  add([](auto& row) { row.set_uscc("123"); });
  add([](auto& row) { row.set_subject_type("FARMER_COOP"); });
  add([](auto& row) { row.set_subject_type("公司"); });
  add([](auto& row) { row.set_enterprise_name("津"); });
  add([](auto& row) { row.clear_district_code(); });
  add([](auto& row) { row.set_district_code("110101"); });
  add([](auto& row) { row.set_industry("C9999"); });
  add([](auto& row) { row.set_employees("-1"); });
  add([](auto& row) { row.set_revenue("1.23456"); });
  add([](auto& row) { row.set_assets("100000000001"); });
  add([](auto& row) { row.set_service_area("XX-01"); });
  add([](auto& row) { row.set_service_area("HP-01"); });
  add([](auto& row) { row.set_service_area("BH-02"); });
  add([](auto& row) { row.set_service_area(kArea), row.set_desk_slot("0"); });
  add([](auto& row) { row.set_service_area(kArea), row.set_desk_slot("2"); });
  add([](auto& row) { row.add_replaced_rows(88); });
  const auto done = api.Import("faults", 0, 1, rows);
  REQUIRE_OK(done);
  CHECK(done->created() == 2);
  CHECK(done->faulty() == 16);
  CHECK(api.ImportFaults("faults", 1) ==
        Lines{"1 uscc USCC_CHECKSUM", "2 uscc USCC_LENGTH", "3 subject_type SUBJECT_MISMATCH",
              "4 subject_type UNKNOWN_VALUE", "5 enterprise_name TOO_SHORT", "6 district_code REQUIRED",
              "7 district_code UNKNOWN_VALUE", "8 industry UNKNOWN_VALUE", "9 employees FORMAT", "10 revenue FORMAT",
              "11 assets OUT_OF_RANGE", "12 service_area NOT_FOUND", "13 service_area AREA_OTHER_DISTRICT",
              "14 service_area NO_SERVICE_STAFF", "15 service_area NOT_FOUND", "88 uscc ALREADY_EXISTS"});
  CHECK(testing::Must(api.GetDesk("serviceAreas/BH-01/desks/2")).subject_count() == 1);
  CHECK(testing::Must(api.Job("faults")).faulty() == 16);

  INFO("INT-11/bad/1 an import names no second desk");
  v1::ImportRow moved = rows[15];
  moved.set_desk_slot("1");
  moved.set_enterprise_name("不应生效");
  REQUIRE_OK(api.Import("moved", 0, 1, {moved}));
  CHECK(api.ImportFaults("moved") == Lines{"16 service_area PRIMARY_EXISTS"});
  CHECK(testing::Must(api.Enterprise(TestUscc(16))).enterprise_name() == "天津示例第16公司");
  // A subject that moves to another district leaves its desk.
  moved.clear_service_area();
  moved.set_district_code("120101");
  REQUIRE_OK(api.Import("moved-2", 0, 1, {moved}));
  CHECK(testing::Must(api.Enterprise(TestUscc(16))).service_area().empty());
  CHECK(testing::Must(api.Unassigned("120101")).total_size() == 1);
  // Faults of one job are not those of another whose name begins like it.
  CHECK(api.ImportFaults("move").empty());
}

TEST_CASE("what the import says wins over what callers say, and demands still link", "[INT-05]") {
  RegisterApi api(GENERATE(false, true));
  v1::Demand demand = ValidDemand();
  demand.mutable_subject()->set_township("说的镇");
  const auto said = testing::Must(api.Create(demand, kSeat, true));
  auto entry = testing::Must(api.Enterprise(kUscc));
  CHECK_FALSE(entry.imported());
  CHECK(std::vector<std::string>(entry.quality_flags().begin(), entry.quality_flags().end()) ==
        std::vector<std::string>{std::string(kIndustryMissing), std::string(kSizeUnknown), std::string(kNotImported)});
  v1::ImportRow row = ValidRow(1, kUscc);
  row.set_park("登记园区");
  REQUIRE_OK(api.Import("job", 0, 1, {row}));
  entry = testing::Must(api.Enterprise(kUscc));
  CHECK(entry.enterprise_name() == "天津示例第1公司");
  CHECK(entry.township() == "说的镇");
  CHECK(entry.imported());
  CHECK(entry.demand_count() == 1);
  CHECK(TimeText(entry.create_time()) == "2026-02-17T03:12:00+08:00");

  demand = ValidDemand();
  demand.set_content("又一件事：请协调解决厂区门口道路积水问题。");
  demand.mutable_subject()->set_enterprise_name("来电者说的名称");
  demand.mutable_subject()->set_park("说的园区");
  demand.mutable_subject()->set_district_code("120101");
  demand.mutable_subject()->set_industry("A0111");
  REQUIRE_OK(api.Create(demand, kSeat, true));
  entry = testing::Must(api.Enterprise(kUscc));
  CHECK(entry.enterprise_name() == "天津示例第1公司");
  CHECK(entry.park() == "登记园区");
  CHECK(entry.district_code() == kDistrict);
  CHECK(entry.industry() == "C3391");
  CHECK(entry.demand_count() == 2);
}

}  // namespace
}  // namespace jinqi::intake
