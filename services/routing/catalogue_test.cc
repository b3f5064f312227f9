#include "services/routing/catalogue.h"

#include "services/routing/calendars.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

v1::CatalogueRule* AddRule(v1::DispatchCatalogue& catalogue, const char* id, const char* category,
                           const char* main = "SWJ", const char* district = "") {
  v1::CatalogueRule* rule = catalogue.add_rules();
  rule->set_rule_id(id);
  rule->set_category_code(category);
  rule->set_main_undertaker(main);
  rule->set_district_code(district);
  return rule;
}

v1::DispatchCatalogue Empty(std::int64_t version = 1, const char* date = "2025-01-01") {
  v1::DispatchCatalogue catalogue;
  catalogue.set_version(version);
  catalogue.set_effective_date(date);
  return catalogue;
}

TEST_CASE("rules of one category and place do not overlap", "[RTE-02]") {
  struct Row {
    const char* id;
    void (*set)(v1::CatalogueRule&, v1::CatalogueRule&);
    bool overlap;
  };
  const Row rows[] = {
      {"RTE-02/bad: always", [](auto&, auto&) {}, true},
      {"RTE-02/bad: one day in common",
       [](auto& a, auto& b) { a.set_valid_to("2025-06-30"), b.set_valid_from("2025-06-30"); }, true},
      {"one after the other", [](auto& a, auto& b) { a.set_valid_to("2025-06-30"), b.set_valid_from("2025-07-01"); },
       false},
      {"one before the other", [](auto& a, auto& b) { a.set_valid_from("2025-07-01"), b.set_valid_to("2025-06-30"); },
       false},
      {"another place", [](auto& a, auto&) { a.set_district_code("120104"); }, false},
      {"another category", [](auto& a, auto&) { a.set_category_code("A02-06"); }, false},
      {"for some subjects", [](auto& a, auto&) { a.add_subject_types(SUBJECT_TYPE_ENTERPRISE); }, false},
      {"for the same subjects",
       [](auto& a, auto& b) {
         a.add_subject_types(SUBJECT_TYPE_ENTERPRISE), b.add_subject_types(SUBJECT_TYPE_ENTERPRISE);
       },
       true},
      {"for other subjects",
       [](auto& a, auto& b) { a.add_subject_types(SUBJECT_TYPE_ENTERPRISE), b.add_subject_types(SUBJECT_TYPE_OTHER); },
       false},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    v1::DispatchCatalogue catalogue = Empty();
    AddRule(catalogue, "R1", "A02-05");
    AddRule(catalogue, "R2", "A02-05", "TAX");
    row.set(*catalogue.mutable_rules(0), *catalogue.mutable_rules(1));
    const absl::Status status = CheckCatalogue(catalogue, ShippedDirectory(), {});
    CHECK(Refused(status) == (row.overlap ? config::v1::REASON_CATALOGUE_OVERLAP : config::v1::REASON_UNSPECIFIED));
    if (!row.overlap) continue;
    CHECK(MetadataOf(status).at("first") == "R1");
    CHECK(MetadataOf(status).at("second") == "R2");
  }
}

TEST_CASE("a catalogue with faults is refused as a whole", "[RTE-02]") {
  struct Row {
    const char* id;
    void (*spoil)(v1::DispatchCatalogue&);
    Reason refused;
  };
  const Row rows[] = {
      {"no date", [](auto& c) { c.clear_effective_date(); }, config::v1::REASON_FORMAT},
      {"no rules", [](auto& c) { c.clear_rules(); }, config::v1::REASON_REQUIRED},
      {"a collective name", [](auto& c) { c.mutable_rules(0)->set_main_undertaker("ALLZF"); },
       config::v1::REASON_UNDERTAKER_COLLECTIVE},
      {"ends before it begins",
       [](auto& c) {
         c.mutable_rules(0)->set_valid_from("2025-07-02"), c.mutable_rules(0)->set_valid_to("2025-07-01");
       },
       config::v1::REASON_OUT_OF_RANGE},
      {"no id", [](auto& c) { c.mutable_rules(0)->clear_rule_id(); }, config::v1::REASON_REQUIRED},
      {"no category", [](auto& c) { c.mutable_rules(0)->clear_category_code(); }, config::v1::REASON_REQUIRED},
      {"unknown body", [](auto& c) { c.mutable_rules(0)->set_main_undertaker("NOPE"); },
       config::v1::REASON_NOT_IN_DIRECTORY},
      {"unknown assistant", [](auto& c) { c.mutable_rules(0)->add_assist_undertakers("NOPE"); },
       config::v1::REASON_NOT_IN_DIRECTORY},
      {"main assists", [](auto& c) { c.mutable_rules(0)->add_assist_undertakers("SWJ"); },
       config::v1::REASON_MAIN_IS_ASSISTANT},
      {"no day", [](auto& c) { c.mutable_rules(0)->set_valid_from("2025-02-30"); }, config::v1::REASON_FORMAT},
      {"no last day", [](auto& c) { c.mutable_rules(0)->set_valid_to("tomorrow"); }, config::v1::REASON_FORMAT},
      {"id twice", [](auto& c) { AddRule(c, "R1", "B01-01"); }, config::v1::REASON_ALREADY_EXISTS},
      {"two", [](auto& c) { c.clear_effective_date(), c.mutable_rules(0)->clear_rule_id(); },
       config::v1::REASON_FIELDS_INVALID},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    v1::DispatchCatalogue catalogue = Empty();
    AddRule(catalogue, "R1", "A02-05");
    row.spoil(catalogue);
    CHECK(Refused(CheckCatalogue(catalogue, ShippedDirectory(), {})) == row.refused);
  }
}

TEST_CASE("the narrowest rule of the version in force holds", "[RTE-02]") {
  v1::DispatchCatalogue first = Empty(1, "2025-01-01");
  AddRule(first, "BRANCH", "A02", "ZWFW");
  AddRule(first, "LEAF", "A02-05", "SWJ");
  AddRule(first, "PLACE", "A02-05", "ALLQ", "120104");
  AddRule(first, "SUBJECT", "A02-05", "SCJG", "120104")->add_subject_types(SUBJECT_TYPE_FARMER_COOP);
  AddRule(first, "DATED", "A03", "FGW")->set_valid_to("2025-06-30");
  v1::DispatchCatalogue second = Empty(2, "2026-01-01");
  AddRule(second, "NEXT", "A02-05", "TAX");
  const Catalogue catalogue = Must(Catalogue::Make({second, first}));
  struct Row {
    const char* category;
    const char* district;
    SubjectType subject;
    absl::CivilDay day;
    const char* rule;
    const char* main;
  };
  const Row rows[] = {
      {"A02-05", "120101", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 6, 1), "LEAF", "SWJ"},
      {"A02-05", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 6, 1), "PLACE", "Q120104"},
      {"A02-05", "120104", SUBJECT_TYPE_FARMER_COOP, absl::CivilDay(2025, 6, 1), "SUBJECT", "SCJG"},
      {"A02-06", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 6, 1), "BRANCH", "ZWFW"},
      {"A021", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 6, 1), "", ""},
      {"A03-01", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 6, 30), "DATED", "FGW"},
      {"A03-01", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 7, 1), "", ""},
      {"A02-05", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2025, 12, 31), "PLACE", "Q120104"},
      {"A02-05", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2026, 1, 1), "NEXT", "TAX"},
      {"A02-05", "120104", SUBJECT_TYPE_ENTERPRISE, absl::CivilDay(2024, 12, 31), "", ""},
  };
  for (const Row& row : rows) {
    INFO(row.category << " " << row.district << " " << clock::FormatDate(row.day));
    const auto found = catalogue.Find(row.category, row.district, row.subject, row.day, ShippedDirectory());
    CHECK((found.has_value() ? found->rule_id : "") == row.rule);
    CHECK((found.has_value() ? found->main_undertaker : "") == row.main);
  }
  CHECK(catalogue.VersionOn(absl::CivilDay(2024, 1, 1)) == 0);
  CHECK(catalogue.VersionOn(absl::CivilDay(2025, 12, 31)) == 1);
  CHECK(catalogue.VersionOn(absl::CivilDay(2026, 1, 1)) == 2);
}

TEST_CASE("the catalogue's word stands in front of a proposal", "[RTE-02]") {
  v1::Proposal proposal;
  proposal.set_needs_human(true);
  CatalogueAnswer answer{3, "R1", "SWJ", {"TAX"}};
  v1::Proposal out = WithCatalogue(proposal, answer, ShippedDirectory());
  CHECK_FALSE(out.needs_human());
  REQUIRE(out.candidates_size() == 1);
  CHECK(out.candidates(0).score() == 1.0);
  CHECK(out.candidates(0).display_name() == "市商务局");
  CHECK(out.candidates(0).assist_undertakers(0) == "TAX");
  CHECK(out.catalogue_version() == 3);
  for (const char* code : {"TAX", "SWJ", "RSJ", "FGW"}) proposal.add_candidates()->set_undertaker(code);
  out = WithCatalogue(proposal, answer, ShippedDirectory());
  REQUIRE(out.candidates_size() == 3);
  CHECK(out.candidates(0).undertaker() == "SWJ");
  CHECK(out.candidates(1).undertaker() == "TAX");
  CHECK(out.candidates(2).undertaker() == "RSJ");
}

TEST_CASE("a catalogue is a later version than the last", "[RTE-02]") {
  Book book;
  v1::DispatchCatalogue catalogue = Empty(7);
  AddRule(catalogue, "R1", "A02-05");
  REQUIRE_OK(book.Keep(DecideImportCatalogue(book, catalogue)));
  CHECK(Must(book.Read<v1::ReferenceRecord>(HeadKey())).head().catalogue_version() == 7);
  CHECK(Must(book.Read<v1::ReferenceRecord>(CatalogueKey(7))).catalogue().catalogue().rules_size() == 1);
  CHECK(Refused(book.Keep(DecideImportCatalogue(book, catalogue))) == config::v1::REASON_ALREADY_EXISTS);
}

}  // namespace
}  // namespace jinqi::routing
