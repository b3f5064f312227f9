#include "services/routing/rulings.h"

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

v1::DispatchCatalogue Catalogue1() {
  v1::DispatchCatalogue catalogue;
  catalogue.set_version(1);
  catalogue.set_effective_date("2025-01-01");
  auto& rule = *catalogue.add_rules();
  rule.set_rule_id("R1");
  rule.set_category_code("A02-05");
  rule.set_main_undertaker("SCJG");
  return catalogue;
}

// In the hands of SCJG, which gives it back.
Book Returned(const std::vector<v1::DispatchCatalogue>& catalogues = {}) {
  Book book(catalogues);
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  REQUIRE_OK(book.Dispatch("SCJG"));
  v1::RequestReturnRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_reason_code("NOT_OUR_DUTY");
  request.set_legal_basis("三定方案");
  request.set_proposed_undertaker("SWJ");
  REQUIRE_OK(book.Keep(DecideRequestReturn(book, book.setting(), Of("SCJG"), request)));
  return book;
}

v1::RuleReturnRequest Ruling(const Book& book, bool agreed) {
  v1::RuleReturnRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_agreed(agreed);
  request.set_reason("按三定方案");
  v1::RulingRule& rule = *request.mutable_catalogue_rule();
  if (agreed) rule.set_main_undertaker("SWJ");
  rule.set_valid_to("2025-12-31");
  return request;
}

absl::Status Rule(Book& book, const v1::RuleReturnRequest& request) {
  return book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), request));
}

v1::DispatchCatalogue Stored(const Book& book, std::int64_t version) {
  return Must(book.Read<v1::ReferenceRecord>(CatalogueKey(version))).catalogue().catalogue();
}
std::int64_t LastVersion(const Book& book) {
  return Must(book.Read<v1::ReferenceRecord>(HeadKey())).head().catalogue_version();
}

TEST_CASE("a ruling becomes a rule with a version and an end", "[RTE-09]") {
  struct Row {
    const char* id;
    bool agreed;
    void (*set)(v1::RulingRule&);
    const char* main;
    const char* category;
    const char* district;
  };
  const Row rows[] = {
      {"RTE-09/ruling: agreed, another body is responsible", true, [](auto&) {}, "SWJ", "A02-05", ""},
      {"RTE-09/ruling: refused, the body is", false, [](auto&) {}, "SCJG", "A02-05", ""},
      {"RTE-09/ruling: refused, and named", false, [](auto& r) { r.set_main_undertaker("SCJG"); }, "SCJG", "A02-05",
       ""},
      {"RTE-09/ruling: for the district", true, [](auto& r) { r.set_district_code("120104"); }, "SWJ", "A02-05",
       "120104"},
      {"RTE-09/ruling: for the branch", true, [](auto& r) { r.set_category_code("A02"); }, "SWJ", "A02", ""},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Returned();
    v1::RuleReturnRequest request = Ruling(book, row.agreed);
    row.set(*request.mutable_catalogue_rule());
    REQUIRE_OK(Rule(book, request));
    CHECK(book.state() == (row.agreed ? ORDER_STATE_PENDING_DISPATCH : ORDER_STATE_HANDLING));
    CHECK(book.order().returns(0).stored_rule_id() == absl::StrCat("RULING-", kOrder, "-R1"));
    CHECK(book.order().returns(0).stored_catalogue_version() == 1);
    CHECK(LastVersion(book) == 1);
    const v1::DispatchCatalogue stored = Stored(book, 1);
    CHECK(stored.effective_date() == "2025-06-12");
    REQUIRE(stored.rules_size() == 1);
    CHECK(stored.rules(0).rule_id() == book.order().returns(0).stored_rule_id());
    CHECK(stored.rules(0).main_undertaker() == row.main);
    CHECK(stored.rules(0).category_code() == row.category);
    CHECK(stored.rules(0).district_code() == row.district);
    CHECK(stored.rules(0).valid_from() == "2025-06-12");
    CHECK(stored.rules(0).valid_to() == "2025-12-31");
  }
}

TEST_CASE("a rule of a ruling says what the ruling says", "[RTE-09]") {
  struct Row {
    const char* id;
    bool agreed;
    void (*spoil)(v1::RulingRule&);
    Reason refused;
  };
  const Row rows[] = {
      {"no last day", true, [](auto& r) { r.clear_valid_to(); }, config::v1::REASON_REQUIRED},
      {"no day", true, [](auto& r) { r.set_valid_to("2025-02-30"); }, config::v1::REASON_FORMAT},
      {"the day of the ruling", true, [](auto& r) { r.set_valid_to("2025-06-12"); }, config::v1::REASON_RULE_PERIOD},
      {"the next day", true, [](auto& r) { r.set_valid_to("2025-06-13"); }, config::v1::REASON_UNSPECIFIED},
      {"agreed, but nobody named", true, [](auto& r) { r.clear_main_undertaker(); }, config::v1::REASON_REQUIRED},
      {"agreed, and the same body named", true, [](auto& r) { r.set_main_undertaker("SCJG"); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"refused, but another named", false, [](auto& r) { r.set_main_undertaker("SWJ"); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"unknown body", true, [](auto& r) { r.set_main_undertaker("NOPE"); }, config::v1::REASON_NOT_IN_DIRECTORY},
      {"a collective name", true, [](auto& r) { r.set_main_undertaker("ALLQ"); },
       config::v1::REASON_UNDERTAKER_COLLECTIVE},
      {"another category", true, [](auto& r) { r.set_category_code("A02-06"); }, config::v1::REASON_UNKNOWN_VALUE},
      {"another district", true, [](auto& r) { r.set_district_code("120101"); }, config::v1::REASON_UNKNOWN_VALUE},
      {"two", true, [](auto& r) { r.clear_main_undertaker(), r.clear_valid_to(); }, config::v1::REASON_FIELDS_INVALID},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Returned();
    v1::RuleReturnRequest request = Ruling(book, row.agreed);
    row.spoil(*request.mutable_catalogue_rule());
    CHECK(Refused(Rule(book, request)) == row.refused);
    CHECK(LastVersion(book) == (row.refused == config::v1::REASON_UNSPECIFIED ? 1 : 0));
  }
}

TEST_CASE("a ruling stands in place of the rules that it meets", "[RTE-09]") {
  INFO("for its time, in the version in force and in each that begins later");
  v1::DispatchCatalogue first = Catalogue1();
  first.mutable_rules(0)->set_valid_to("2026-12-31");
  auto& ending = *first.add_rules();
  ending = first.rules(0);
  ending.set_rule_id("ENDS");
  ending.set_district_code("120101");
  v1::DispatchCatalogue later = Catalogue1();
  later.set_version(2);
  later.set_effective_date("2025-09-01");
  later.mutable_rules(0)->set_valid_to("2025-12-31");
  Book book = Returned({first, later});
  REQUIRE_OK(Rule(book, Ruling(book, true)));
  CHECK(LastVersion(book) == 4);
  CHECK(book.order().returns(0).stored_catalogue_version() == 3);
  const v1::DispatchCatalogue now = Stored(book, 3);
  CHECK(now.effective_date() == "2025-06-12");
  REQUIRE(now.rules_size() == 3);
  CHECK(now.rules(0).rule_id() == "R1");
  CHECK(now.rules(0).valid_from() == "2026-01-01");
  CHECK(now.rules(1).rule_id() == "ENDS");
  CHECK(now.rules(1).valid_from().empty());
  const v1::DispatchCatalogue then = Stored(book, 4);
  CHECK(then.effective_date() == "2025-09-01");
  REQUIRE(then.rules_size() == 1);
  CHECK(then.rules(0).main_undertaker() == "SWJ");

  const Catalogue all = Must(Catalogue::Make({first, later, now, then}));
  struct Row {
    const char* day;
    const char* main;
  };
  const Row rows[] = {
      {"2025-06-11", "SCJG"}, {"2025-06-12", "SWJ"}, {"2025-09-01", "SWJ"}, {"2025-12-31", "SWJ"}, {"2026-01-01", ""}};
  for (const Row& row : rows) {
    INFO(row.day);
    const auto found =
        all.Find("A02-05", "120104", SUBJECT_TYPE_ENTERPRISE, Must(clock::ParseDate(row.day)), ShippedDirectory());
    CHECK((found.has_value() ? found->main_undertaker : "") == row.main);
  }
}

TEST_CASE("a version that never begins is not begun by a ruling", "[RTE-09]") {
  v1::DispatchCatalogue overtaken = Catalogue1();
  overtaken.set_effective_date("2025-09-01");
  v1::DispatchCatalogue current = Catalogue1();
  current.set_version(2);
  Book book = Returned({overtaken, current});
  REQUIRE_OK(Rule(book, Ruling(book, true)));
  CHECK(LastVersion(book) == 3);
  CHECK(RulingVersions(*book.store->Current(), absl::CivilDay(2025, 6, 12)) == 1);
}

TEST_CASE("a ruling that a narrower rule would overrule is refused", "[RTE-09][RTE-02]") {
  v1::DispatchCatalogue catalogue = Catalogue1();
  catalogue.mutable_rules(0)->set_district_code("120104");
  Book book = Returned({catalogue});
  v1::RuleReturnRequest request = Ruling(book, true);
  const absl::Status status = Rule(book, request);
  CHECK(Refused(status) == config::v1::REASON_CATALOGUE_OVERLAP);
  CHECK(MetadataOf(status).at("first") == "R1");
  CHECK(book.state() == ORDER_STATE_RETURN_REVIEW);
  request.mutable_catalogue_rule()->set_district_code("120104");
  REQUIRE_OK(Rule(book, request));
}

TEST_CASE("only a designation becomes a rule", "[RTE-09]") {
  Book book = Returned();
  v1::RuleReturnRequest agreed = Ruling(book, true);
  agreed.clear_catalogue_rule();
  REQUIRE_OK(Rule(book, agreed));
  CHECK(book.order().returns(0).stored_rule_id().empty());
  v1::DispatchWorkOrderRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_main_undertaker("SWJ");
  request.set_reason("按职责");
  request.mutable_catalogue_rule()->set_valid_to("2025-12-31");
  CHECK(Refused(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_UNKNOWN_VALUE);

  book.limits.set_max_dispatches_before_designation(2);
  INFO("one that names another body");
  request.mutable_catalogue_rule()->set_main_undertaker("TAX");
  CHECK(Refused(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_UNKNOWN_VALUE);
  request.mutable_catalogue_rule()->clear_main_undertaker();
  REQUIRE_OK(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request)));
  REQUIRE(book.order().dispatches(1).designated());
  CHECK(book.order().dispatches(1).stored_rule_id() == absl::StrCat("RULING-", kOrder, "-D2"));
  CHECK(book.order().dispatches(1).stored_catalogue_version() == 1);
  CHECK(Stored(book, 1).rules(0).main_undertaker() == "SWJ");
}

}  // namespace
}  // namespace jinqi::routing
