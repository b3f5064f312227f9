// Industry codes and size classes (INT-05, C6).
#include "services/intake/subject.h"

#include <catch2/catch.hpp>

#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

// A row of C6: an industry of it, and the lower limits of large, medium and small; persons, and 万元.
struct C6Row {
  std::string id;
  std::vector<std::string> industries;
  std::vector<std::int64_t> employees;
  std::vector<std::int64_t> revenue;
  std::vector<std::int64_t> assets;
};

const std::vector<C6Row>& C6() {
  static const std::vector<C6Row> rows = {
      {"C6/1", {"A", "A0111", "A05"}, {}, {20000, 500, 50}, {}},
      {"C6/2", {"B0610", "C3391", "D44"}, {1000, 300, 20}, {40000, 2000, 300}, {}},
      {"C6/3", {"E", "E4710"}, {}, {80000, 6000, 300}, {80000, 5000, 300}},
      {"C6/4", {"F51", "F5111"}, {200, 20, 5}, {40000, 5000, 1000}, {}},
      {"C6/5", {"F52", "F5211"}, {300, 50, 10}, {20000, 500, 100}, {}},
      {"C6/6", {"G54", "G5511", "G56", "G57", "G58", "G5910"}, {1000, 300, 20}, {30000, 3000, 200}, {}},
      {"C6/7", {"G592", "G5930", "G594", "G5951", "G596", "G5990"}, {200, 100, 20}, {30000, 1000, 100}, {}},
      {"C6/8", {"G60", "G6010"}, {1000, 300, 20}, {30000, 2000, 100}, {}},
      {"C6/9", {"H61", "H6110"}, {300, 100, 10}, {10000, 2000, 100}, {}},
      {"C6/10", {"H62", "H6210"}, {300, 100, 10}, {10000, 2000, 100}, {}},
      {"C6/11", {"I63", "I6410"}, {2000, 100, 10}, {100000, 1000, 100}, {}},
      {"C6/12", {"I65", "I6511"}, {300, 100, 10}, {10000, 1000, 50}, {}},
      {"C6/13", {"K701", "K7010"}, {}, {200000, 1000, 100}, {10000, 5000, 2000}},
      {"C6/14", {"K702", "K7020"}, {1000, 300, 100}, {5000, 1000, 500}, {}},
      {"C6/15", {"L", "L7211"}, {300, 100, 10}, {}, {120000, 8000, 100}},
      {"C6/16", {"M", "N7711", "O80", "Q85", "Q8511", "R", "K703", "K7090"}, {300, 100, 10}, {}, {}},
  };
  return rows;
}

constexpr v1::SizeClass kClasses[] = {v1::SIZE_CLASS_LARGE, v1::SIZE_CLASS_MEDIUM, v1::SIZE_CLASS_SMALL,
                                      v1::SIZE_CLASS_MICRO};
constexpr std::int64_t kWan = 10'000;

// All indicators of the row at their lower limit of that class.
Indicators AtLimit(const C6Row& row, std::size_t level) {
  Indicators indicators;
  if (!row.employees.empty()) indicators.employees = row.employees[level];
  if (!row.revenue.empty()) indicators.revenue_yuan = row.revenue[level] * kWan;
  if (!row.assets.empty()) indicators.assets_yuan = row.assets[level] * kWan;
  return indicators;
}

TEST_CASE("the 16 rows of C6: lower limits inclusive, upper exclusive, all indicators at once", "[INT-05]") {
  for (const C6Row& row : C6()) {
    INFO(row.id);
    for (const std::string& industry : row.industries) {
      INFO(industry);
      CHECK(TestReference().industries.contains(industry));
      for (std::size_t level = 0; level < 3; ++level) {
        const Indicators limit = AtLimit(row, level);
        CHECK(SizeClassOf(industry, limit) == kClasses[level]);
        // A hair below in one indicator is one class down, whatever the others say.
        const auto below = [&](std::optional<std::int64_t> Indicators::*field) {
          if (!(limit.*field).has_value()) return;
          Indicators one = limit;
          *(one.*field) -= 1;
          CHECK(SizeClassOf(industry, one) == kClasses[level + 1]);
        };
        below(&Indicators::employees);
        below(&Indicators::revenue_yuan);
        below(&Indicators::assets_yuan);
      }
    }
  }
}

TEST_CASE("a size class needs its indicators and an industry that says enough", "[INT-05]") {
  struct Row {
    std::string id, industry;
    Indicators indicators;
    v1::SizeClass expected;
  };
  for (const Row& row : std::vector<Row>{
           {"none is unknown", "C3391", {}, v1::SIZE_CLASS_UNKNOWN},
           {"one of two is unknown", "C3391", {5000, {}, {}}, v1::SIZE_CLASS_UNKNOWN},
           {"the other of two is unknown", "C3391", {{}, 90000 * kWan, {}}, v1::SIZE_CLASS_UNKNOWN},
           {"micro needs only one", "C3391", {19, {}, {}}, v1::SIZE_CLASS_MICRO},
           {"an indicator that does not count", "C3391", {1000, 40000 * kWan, 1}, v1::SIZE_CLASS_LARGE},
           {"far apart: down to the lowest", "C3391", {1000, 300 * kWan, {}}, v1::SIZE_CLASS_SMALL},
           {"no industry", "", {1000, 40000 * kWan, {}}, v1::SIZE_CLASS_UNKNOWN},
           {"a section of several rows", "G", {1000, 40000 * kWan, {}}, v1::SIZE_CLASS_UNKNOWN},
           {"a division of several rows", "G59", {1000, 40000 * kWan, {}}, v1::SIZE_CLASS_UNKNOWN},
           {"trade without its division", "F", {1000, 40000 * kWan, {}}, v1::SIZE_CLASS_UNKNOWN},
           {"real estate without its group", "K70", {1000, 40000 * kWan, 1}, v1::SIZE_CLASS_UNKNOWN},
           {"finance", "J6621", {1000, 40000 * kWan, {}}, v1::SIZE_CLASS_NOT_APPLICABLE},
           {"education", "P8321", {}, v1::SIZE_CLASS_NOT_APPLICABLE},
           {"public administration", "S91", {}, v1::SIZE_CLASS_NOT_APPLICABLE},
           {"rail", "G5311", {}, v1::SIZE_CLASS_NOT_APPLICABLE},
           {"health", "Q8411", {}, v1::SIZE_CLASS_NOT_APPLICABLE},
           {"international organisations", "T", {}, v1::SIZE_CLASS_NOT_APPLICABLE},
           {"own real estate", "K7040", {}, v1::SIZE_CLASS_NOT_APPLICABLE},
       }) {
    INFO(row.id);
    CHECK(SizeClassOf(row.industry, row.indicators) == row.expected);
  }
}

TEST_CASE("industry codes are those of GB/T 4754", "[INT-05]") {
  const auto normal = [](const std::string& code) { return NormalizeIndustry(code, TestReference()); };
  CHECK(testing::Must(normal(" ｃ3391 ")) == "C3391");
  CHECK(testing::Must(normal("")).empty());
  CHECK(ReasonOf(normal("3391").status()) == config::v1::REASON_FORMAT);
  CHECK(ReasonOf(normal("C33911").status()) == config::v1::REASON_FORMAT);
  CHECK(ReasonOf(normal("U01").status()) == config::v1::REASON_FORMAT);
  CHECK(ReasonOf(normal("C9999").status()) == config::v1::REASON_UNKNOWN_VALUE);
  CHECK(TestReference().industries.size() == 1971);
}

TEST_CASE("a credit code proposes the type of its subject", "[INT-05]") {
  INFO("INT-05/accept");
  CHECK(ProposedType("92120101MA071K2P0C") == events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS);
  CHECK(ProposedType("91120116MA051K2P9X") == events::v1::SUBJECT_TYPE_ENTERPRISE);
  CHECK(ProposedType("93120116MA051K2P9X") == events::v1::SUBJECT_TYPE_FARMER_COOP);
  CHECK(ProposedType("11120000MB1908811Q") == events::v1::SUBJECT_TYPE_OTHER);
}

}  // namespace
}  // namespace jinqi::intake
