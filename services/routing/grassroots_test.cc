#include "services/routing/grassroots.h"

#include <functional>

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

// 南开区长虹街道.
constexpr char kTownship[] = "T120104001";

v1::TownshipDuties Duties(const std::vector<std::string>& categories, const std::string& district = "120104") {
  v1::TownshipDuties duties;
  duties.set_district_code(district);
  duties.set_version(7);
  duties.mutable_category_codes()->Assign(categories.begin(), categories.end());
  return duties;
}

Reason Against(const std::string& code, const std::string& category, const DutyLists& lists) {
  Faults faults;
  CheckTownship(ShippedDirectory(), lists, code, category, "main_undertaker", faults);
  return Refused(faults.ToStatus());
}

TEST_CASE("a township leads what its district's list says", "[RTE-13]") {
  struct Row {
    const char* id;
    DutyLists lists;
    const char* code;
    const char* category;
    Reason reason;
  };
  const DutyLists garbage = {{"120104", Duties({"C01-02", "D03"})}};
  const Row rows[] = {
      {"RTE-13/accept: 施工许可", garbage, kTownship, "B10-03", config::v1::REASON_NOT_A_TOWNSHIP_DUTY},
      {"a duty", garbage, kTownship, "C01-02", config::v1::REASON_UNSPECIFIED},
      {"its sister", garbage, kTownship, "C01-03", config::v1::REASON_NOT_A_TOWNSHIP_DUTY},
      {"its branch", garbage, kTownship, "C01", config::v1::REASON_NOT_A_TOWNSHIP_DUTY},
      {"below a branch that is a duty", garbage, kTownship, "D03-09", config::v1::REASON_UNSPECIFIED},
      {"RTE-13/bad: no list", {}, kTownship, "C01-02", config::v1::REASON_TOWNSHIP_LIST_MISSING},
      {"RTE-13/bad: the list of another district",
       {{"120101", Duties({"C01-02"}, "120101")}},
       kTownship,
       "C01-02",
       config::v1::REASON_TOWNSHIP_LIST_MISSING},
      {"a department", garbage, "ZJW", "B10-03", config::v1::REASON_UNSPECIFIED},
      {"a district", garbage, "Q120104", "B10-03", config::v1::REASON_UNSPECIFIED},
      {"nobody", garbage, "NOPE", "B10-03", config::v1::REASON_UNSPECIFIED},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    CHECK(Against(row.code, row.category, row.lists) == row.reason);
  }
}

TEST_CASE("a village or community is known by its kind, name or number", "[INT-12]") {
  v1::UndertakerDirectory file;
  auto& village = *file.add_undertakers();
  village.set_code("V1");
  village.set_display_name("某村");
  village.set_kind("village_community");
  village.set_receive_mode("direct");
  const Directory directory = Must(Directory::Make(file));
  struct Row {
    const char* code;
    bool village;
  };
  const Row rows[] = {{"V1", true},           {"某某村委会", true},   {"万新社区", true}, {"某居委会", true},
                      {"120104001001", true}, {"12010400100", false}, {"NOPE", false},    {"", false},
                      {"12010400100X", false}};
  for (const Row& row : rows) {
    INFO(row.code);
    CHECK(IsVillage(directory, row.code) == row.village);
  }
  CHECK_FALSE(IsVillage(ShippedDirectory(), kTownship));
}

TEST_CASE("a list with faults is refused", "[RTE-13]") {
  struct Row {
    const char* id;
    std::function<void(v1::TownshipDuties&)> spoil;
    Reason refused;
  };
  const Row rows[] = {
      {"whole", [](auto&) {}, config::v1::REASON_UNSPECIFIED},
      {"no district", [](auto& d) { d.clear_district_code(); }, config::v1::REASON_REQUIRED},
      {"unknown district", [](auto& d) { d.set_district_code("999999"); }, config::v1::REASON_UNKNOWN_VALUE},
      {"no category", [](auto& d) { d.clear_category_codes(); }, config::v1::REASON_REQUIRED},
      {"an empty one", [](auto& d) { d.add_category_codes(""); }, config::v1::REASON_REQUIRED},
      {"a long one", [](auto& d) { d.add_category_codes(std::string(33, 'A')); }, config::v1::REASON_TOO_LONG},
      {"one twice", [](auto& d) { d.add_category_codes("C01-02"); }, config::v1::REASON_ALREADY_EXISTS},
      {"500",
       [](auto& d) {
         for (int i = 1; i < 500; ++i) d.add_category_codes(absl::StrCat("X", i));
       },
       config::v1::REASON_UNSPECIFIED},
      {"501",
       [](auto& d) {
         for (int i = 1; i < 501; ++i) d.add_category_codes(absl::StrCat("X", i));
       },
       config::v1::REASON_TOO_MANY},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    v1::TownshipDuties duties = Duties({"C01-02"});
    row.spoil(duties);
    CHECK(Refused(CheckDuties(duties, ShippedDirectory())) == row.refused);
  }
}

TEST_CASE("a district publishes its own list", "[RTE-13]") {
  struct Row {
    const char* id;
    Actor actor;
    Reason refused;
  };
  const Row rows[] = {
      {"the city", Leader(), config::v1::REASON_UNSPECIFIED},
      {"its hub", Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB", "120104"), config::v1::REASON_UNSPECIFIED},
      {"another's hub", Person(config::v1::ROLE_DISTRICT_HUB, "Q120101-HUB", "120101"),
       config::v1::REASON_PERMISSION_DENIED},
      {"a hub of nowhere", Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB"), config::v1::REASON_PERMISSION_DENIED},
      {"a leader of another district", Person(config::v1::ROLE_HUB_LEADER, "BMZX", "120101"),
       config::v1::REASON_PERMISSION_DENIED},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book;
    CHECK(Refused(book.Keep(DecidePublishDuties(book, row.actor, Duties({"C01-02"})))) == row.refused);
  }
  INFO("the version is given to it");
  Book book;
  REQUIRE_OK(book.Keep(DecidePublishDuties(book, Leader(), Duties({"C01-02"}))));
  REQUIRE_OK(book.Keep(DecidePublishDuties(book, Leader(), Duties({"D03"}, "120101"))));
  REQUIRE_OK(book.Keep(DecidePublishDuties(book, Leader(), Duties({"D03"}))));
  v1::TownshipDuties shown;
  REQUIRE(shown.ParseFromString(book.answer));
  CHECK(shown.name() == "townshipDuties/120104");
  CHECK(shown.version() == 3);
  CHECK(Must(book.Read<v1::ReferenceRecord>(HeadKey())).head().duties_version() == 3);
  const auto kept = Must(book.Read<v1::ReferenceRecord>(DutiesKey("120104"))).township_duties().duties();
  CHECK(kept.name().empty());
  CHECK(kept.category_codes(0) == "D03");
}

// An order of category A02-05 that waits for dispatch.
Book Waiting(const DutyLists& lists) {
  Book book;
  const Reference& shipped = *book.store->Current();
  book.UseReference(std::make_shared<const Reference>(
      Reference{shipped.head, shipped.calendar, shipped.calendar_config, shipped.catalogue, shipped.directory, lists}));
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  return book;
}

TEST_CASE("no dispatch lays a department's duty on a township", "[RTE-13]") {
  const DutyLists other = {{"120104", Duties({"D03"})}};
  const DutyLists own = {{"120104", Duties({"A02"})}};
  INFO("RTE-13/accept: nor may the leader, with a reason");
  for (const Actor& actor : {Dispatcher(), Leader()}) {
    Book book = Waiting(other);
    CHECK(Refused(book.Dispatch(kTownship, {}, actor, "就近处理")) == config::v1::REASON_NOT_A_TOWNSHIP_DUTY);
    CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  }
  INFO("RTE-13/bad");
  Book closed = Waiting({});
  CHECK(Refused(closed.Dispatch(kTownship)) == config::v1::REASON_TOWNSHIP_LIST_MISSING);
  INFO("it may assist");
  Book assisted = Waiting({});
  REQUIRE_OK(assisted.Dispatch("SCJG", {kTownship}));
  CHECK(assisted.order().dispatches(0).township_duties_version() == 0);
  INFO("a village may not even assist (INT-12)");
  CHECK(Refused(Waiting({}).Dispatch("SCJG", {"120104001001"})) == config::v1::REASON_GRASSROOTS_FORBIDDEN);
  CHECK(Refused(Waiting({}).Dispatch("万新社区")) == config::v1::REASON_GRASSROOTS_FORBIDDEN);
  INFO("its own duty, with the version of the list that says so");
  Book book = Waiting(own);
  REQUIRE_OK(book.Dispatch(kTownship));
  CHECK(book.order().main_undertaker() == kTownship);
  CHECK(book.order().dispatches(0).township_duties_version() == 7);
}

TEST_CASE("no rule leads a department's duty to a township", "[RTE-13][RTE-02]") {
  struct Row {
    const char* id;
    const char* category;
    const char* main;
    const char* assist;
    Reason refused;
  };
  const Row rows[] = {
      {"a duty", "C01-02", kTownship, "SWJ", config::v1::REASON_UNSPECIFIED},
      {"none", "B10-03", kTownship, "SWJ", config::v1::REASON_NOT_A_TOWNSHIP_DUTY},
      {"wider than the duty", "C01", kTownship, "SWJ", config::v1::REASON_NOT_A_TOWNSHIP_DUTY},
      {"a district without list", "C01-02", "T120101001", "SWJ", config::v1::REASON_TOWNSHIP_LIST_MISSING},
      {"an assisting township", "B10-03", "SWJ", kTownship, config::v1::REASON_UNSPECIFIED},
      {"a village", "C01-02", "万新社区", "SWJ", config::v1::REASON_GRASSROOTS_FORBIDDEN},
      {"an assisting village", "C01-02", "SWJ", "万新社区", config::v1::REASON_GRASSROOTS_FORBIDDEN},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    v1::DispatchCatalogue catalogue;
    catalogue.set_effective_date("2025-01-01");
    auto& rule = *catalogue.add_rules();
    rule.set_rule_id("R1");
    rule.set_category_code(row.category);
    rule.set_main_undertaker(row.main);
    rule.add_assist_undertakers(row.assist);
    CHECK(Refused(CheckCatalogue(catalogue, ShippedDirectory(), {{"120104", Duties({"C01-02"})}})) == row.refused);
  }
}

TEST_CASE("no program sends an order to a township beyond its duties", "[RTE-13][RTE-23]") {
  for (const bool duty : {false, true}) {
    INFO(duty);
    NewOrder created = Book::Demand("2025-06-12T09:00:00+08:00", kTownship);
    created.demand.set_demand_type(DEMAND_TYPE_CONSULT);
    created.proposal.mutable_candidates(0)->set_score(1.0);
    created.leaf_allows = true;
    Book book = Waiting({{"120104", Duties({duty ? "A02" : "D03"})}});
    created.demand.set_order_no("TJ20250612ABCDEFGHJKN");
    REQUIRE_OK(book.Create(created));
    const auto order = Must(book.Read<v1::WorkOrderRecord>(OrderKey("TJ20250612ABCDEFGHJKN"))).order();
    CHECK(order.state() == (duty ? ORDER_STATE_DISPATCHED : ORDER_STATE_PENDING_DISPATCH));
  }
}

}  // namespace
}  // namespace jinqi::routing
