#include "common/calendar/calendar.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"

namespace jinqi::calendar {
namespace {

namespace fs = std::filesystem;
using absl::CivilDay;

CivilDay Day(std::string_view date) {
  INFO(date);
  const auto day = clock::ParseDate(date);
  REQUIRE(day.ok());
  return *day;
}

std::string Text(CivilDay day) { return clock::FormatDate(day); }

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  INFO(path);
  REQUIRE(file.good());
  return content.str();
}

config::v1::Calendar Parse(const std::string& text) {
  config::v1::Calendar config;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

config::v1::Calendar Reference() { return Parse(ReadFile(fs::path(JINQI_REFERENCE_DIR) / "calendar.textproto")); }

Calendar Make(const config::v1::Calendar& config) {
  auto calendar = Calendar::Make(config);
  INFO(calendar.status().ToString());
  REQUIRE(calendar.ok());
  return *std::move(calendar);
}

const Calendar& OfReference() {
  static const Calendar calendar = Make(Reference());
  return calendar;
}

// Empty, with a warning, where the published tables are not at hand.
fs::path DataDir() {
  const char* const named = std::getenv("JINQI_DATA_DIR");
  fs::path path = fs::path(named == nullptr ? JINQI_DATA_DIR : named) / "calendar";
  if (fs::is_directory(path)) return path;
  WARN("SKIPPED: no calendar data in " << path << "; name its folder in JINQI_DATA_DIR");
  return {};
}

TEST_CASE("due dates are those of C5", "[RTE-14]") {
  struct Row {
    std::string id;
    std::string start;
    int days;
    std::string due;
  };
  const auto row = GENERATE(Row{"RTE-14/accept", "2025-06-03", 7, "2025-06-12"},
                            Row{"RTE-14/accept/C5-2", "2025-09-26", 1, "2025-09-28"},
                            Row{"RTE-14/accept/C5-3", "2025-09-27", 7, "2025-10-13"},
                            Row{"RTE-14/accept/C5-4", "2025-09-28", 7, "2025-10-14"},
                            Row{"RTE-14/accept/C5-5", "2025-09-30", 1, "2025-10-09"},
                            Row{"RTE-14/accept/C5-6", "2025-12-31", 1, "2026-01-04"},
                            Row{"RTE-14/accept/C5-7", "2026-02-13", 7, "2026-03-02"},
                            Row{"RTE-14/accept/C5-8", "2026-09-24", 7, "2026-10-12"},
                            Row{"RTE-14/accept/2020", "2020-01-23", 1, "2020-02-03"},
                            Row{"RTE-14/accept/2023", "2023-09-28", 1, "2023-10-07"});
  INFO(row.id << " " << row.start);
  const Due due = OfReference().AddWorkingDays(Day(row.start), row.days);
  CHECK(Text(due.day) == row.due);
  CHECK_FALSE(due.provisional);
}

TEST_CASE("the last second of the due day is in time", "[RTE-14]") {
  const Due due = OfReference().AddWorkingDays(Day("2025-09-27"), 7);
  CHECK(clock::ToRfc3339(clock::EndOfDay(due.day)) == "2025-10-13T23:59:59+08:00");
}

TEST_CASE("without a notice a date is provisional until one is loaded", "[RTE-15]") {
  INFO("RTE-15/accept");
  const Due before = OfReference().AddWorkingDays(Day("2026-12-28"), 7);
  CHECK(before == Due{Day("2027-01-07"), true});
  CHECK(clock::ToRfc3339(clock::EndOfDay(before.day)) == "2027-01-07T23:59:59+08:00");
  CHECK_FALSE(OfReference().IsPublished(2027));

  auto config = Reference();
  config.set_version(2);
  *config.add_years() = Parse(R"(years {
    year: 2027 papers: "hypothetical"
    days { date: "2027-01-01" off: true } days { date: "2027-01-02" off: true }
    days { date: "2027-01-03" off: true } days { date: "2027-01-04" off: true }
  })")
                            .years(0);
  const Calendar later = Make(config);
  CHECK(later.AddWorkingDays(Day("2026-12-28"), 7) == Due{Day("2027-01-08"), false});
  CHECK(later.version() == 2);
  CHECK(later.IsPublished(2027));
}

TEST_CASE("an empty year file is no notice", "[RTE-15]") {
  auto config = Reference();
  config.add_years()->set_year(2027);
  const Calendar calendar = Make(config);
  CHECK_FALSE(calendar.IsPublished(2027));
  CHECK(calendar.AddWorkingDays(Day("2026-12-28"), 7).provisional);
  CHECK(calendar.AddWorkingDays(Day("2026-12-28"), 3) == Due{Day("2026-12-31"), false});
  CHECK(calendar.AddWorkingDays(Day("2026-12-28"), 4) == Due{Day("2027-01-04"), true});
}

TEST_CASE("a calendar without any notice still counts", "[RTE-15]") {
  const Calendar calendar = Make({});
  struct Row {
    std::string day;
    bool works;
  };
  const auto row =
      GENERATE(Row{"2027-01-01", false}, Row{"2027-01-04", true}, Row{"2028-05-01", false}, Row{"2028-05-02", false},
               Row{"2028-05-03", true}, Row{"2029-10-01", false}, Row{"2029-10-02", false}, Row{"2029-10-03", false},
               Row{"2029-10-04", true}, Row{"2027-01-02", false}, Row{"2027-01-03", false}, Row{"2027-12-31", true});
  INFO(row.day);
  CHECK(calendar.IsWorkingDay(Day(row.day)) == row.works);
  CHECK(calendar.AddWorkingDays(Day(row.day), 1).provisional);
}

// A notice for 2027 with two days off.
std::string Notice(const std::string& one, const std::string& other) {
  return R"(years { year: 2027 papers: "p" days { date: ")" + one + R"(" off: true } days { date: ")" + other +
         R"(" off: true } })";
}

TEST_CASE("a calendar that contradicts itself is refused", "[RTE-15]") {
  struct Row {
    std::string id;
    std::string text;
    config::v1::Reason reason;
    std::string date;
  };
  const auto row = GENERATE(
      Row{"RTE-15/bad/1 duplicate date", Notice("2027-01-01", "2027-01-01"), config::v1::REASON_CALENDAR_DUPLICATE_DATE,
          "2027-01-01"},
      Row{"RTE-15/bad/2 another year only", R"(years { year: 2027 papers: "p" days { date: "2026-12-31" off: true } })",
          config::v1::REASON_CALENDAR_WRONG_YEAR, "2026-12-31"},
      Row{"RTE-15/bad/2 far from its year", Notice("2027-01-01", "2028-02-01"), config::v1::REASON_CALENDAR_WRONG_YEAR,
          "2028-02-01"},
      Row{"RTE-15/bad/2 before its December", Notice("2027-01-01", "2026-11-30"),
          config::v1::REASON_CALENDAR_WRONG_YEAR, "2026-11-30"},
      Row{"RTE-15/bad/3 off and working",
          R"(years { year: 2027 papers: "p" days { date: "2027-01-04" off: true }
                                              days { date: "2027-01-04" off: false } })",
          config::v1::REASON_CALENDAR_CONTRADICTION, "2027-01-04"},
      Row{"RTE-15/bad/4 no such day", R"(years { year: 2027 papers: "p" days { date: "2027-02-29" off: true } })",
          config::v1::REASON_CALENDAR_DATE_FORMAT, "2027-02-29"},
      Row{"RTE-15/bad/4 form of the date", R"(years { year: 2027 papers: "p" days { date: "20270101" off: true } })",
          config::v1::REASON_CALENDAR_DATE_FORMAT, "20270101"},
      Row{"RTE-15/bad/5 papers without days", R"(years { year: 2027 papers: "p" })",
          config::v1::REASON_CALENDAR_INCOMPLETE, ""},
      Row{"RTE-15/bad/5 days without papers", R"(years { year: 2027 days { date: "2027-01-01" off: true } })",
          config::v1::REASON_CALENDAR_INCOMPLETE, ""},
      Row{"RTE-15/bad/6 two notices for a year",
          R"(years { year: 2027 papers: "p" days { date: "2027-01-01" off: true } }
             years { year: 2027 papers: "q" days { date: "2027-01-02" off: true } })",
          config::v1::REASON_CALENDAR_DUPLICATE_YEAR, ""});
  INFO(row.id);
  const absl::Status status = Calendar::Make(Parse(row.text)).status();
  CHECK(ReasonOf(status) == row.reason);
  CHECK(MetadataOf(status) == Metadata{{"year", "2027"}, {"date", row.date}});
}

TEST_CASE("the next year's notice may change December, this year's January", "[RTE-15]") {
  const Calendar calendar = Make(Parse(R"(
    years { year: 2028 papers: "p" days { date: "2027-12-31" off: true } days { date: "2028-01-03" off: true } }
    years { year: 2027 papers: "p" days { date: "2027-01-01" off: true } days { date: "2027-12-31" off: false }
                                   days { date: "2028-01-03" off: false } })"));
  CHECK_FALSE(calendar.IsWorkingDay(Day("2027-12-31")));
  CHECK_FALSE(calendar.IsWorkingDay(Day("2028-01-03")));
}

TEST_CASE("an added day off moves what is due", "[RTE-16]") {
  auto config = Reference();
  auto* const day = config.mutable_years(config.years_size() - 1)->add_days();
  day->set_date("2026-07-01");
  day->set_off(true);
  CHECK(Text(OfReference().AddWorkingDays(Day("2026-06-30"), 7).day) == "2026-07-09");
  CHECK(Text(Make(config).AddWorkingDays(Day("2026-06-30"), 7).day) == "2026-07-10");
}

TEST_CASE("working days left are counted after today up to the due day", "[RTE-20]") {
  INFO("RTE-20/accept");
  const CivilDay due = Day("2025-10-13");
  struct Row {
    std::string today;
    int left;
  };
  const auto row = GENERATE(Row{"2025-10-09", 3}, Row{"2025-10-10", 2}, Row{"2025-10-11", 1}, Row{"2025-10-12", 1},
                            Row{"2025-10-13", 0}, Row{"2025-10-14", 0}, Row{"2025-09-30", 4});
  INFO(row.today);
  CHECK(OfReference().WorkingDaysLeft(Day(row.today), due) == row.left);
}

TEST_CASE("working days between two days have a sign", "[RTE-20]") {
  const Calendar& calendar = OfReference();
  CHECK(calendar.WorkingDaysBetween(Day("2025-09-27"), Day("2025-10-13")) == 7);
  CHECK(calendar.WorkingDaysBetween(Day("2025-10-13"), Day("2025-09-27")) == -7);
  CHECK(calendar.WorkingDaysBetween(Day("2025-10-13"), Day("2025-10-13")) == 0);
}

TEST_CASE("counting back meets counting on", "[RTE-14]") {
  const Calendar& calendar = OfReference();
  for (CivilDay day = Day("2018-02-01"); day < Day("2026-12-01"); ++day) {
    if (!calendar.IsWorkingDay(day)) continue;
    for (const int n : {1, 5, 7}) {
      const Due due = calendar.AddWorkingDays(day, n);
      REQUIRE(calendar.WorkingDayBefore(due.day, n).day == day);
      REQUIRE(calendar.WorkingDaysBetween(day, due.day) == n);
      REQUIRE(calendar.IsWorkingDay(due.day));
    }
  }
  CHECK(calendar.AddWorkingDays(Day("2025-10-09"), -1) == Due{Day("2025-09-30"), false});
  CHECK(calendar.AddWorkingDays(Day("2025-10-09"), 0) == Due{Day("2025-10-09"), false});
  CHECK(calendar.WorkingDayBefore(Day("2018-01-02"), 1) == Due{Day("2017-12-29"), true});
}

TEST_CASE("months end on their day, or after the holiday", "[RTE-19]") {
  struct Row {
    std::string what;
    std::string start;
    int months;
    std::string due;
  };
  const auto row = GENERATE(
      Row{"same day number", "2025-06-03", 1, "2025-07-03"},
      Row{"shorter month, 民法典202", "2025-10-31", 1, "2025-12-01"},
      Row{"shorter month on a working day", "2024-12-31", 2, "2025-02-28"},
      Row{"leap year", "2024-01-31", 1, "2024-02-29"}, Row{"holiday, 民法典203", "2025-09-01", 1, "2025-10-09"},
      Row{"weekend", "2025-05-21", 1, "2025-06-23"}, Row{"worked Sunday stays", "2025-08-28", 1, "2025-09-28"},
      Row{"over the year", "2025-11-20", 3, "2026-02-24"}, Row{"a year", "2024-02-29", 12, "2025-02-28"},
      Row{"none", "2025-06-03", 0, "2025-06-03"});
  INFO(row.what);
  CHECK(OfReference().AddMonths(Day(row.start), row.months) == Due{Day(row.due), false});
  CHECK(OfReference().AddMonths(Day("2026-12-01"), 1) == Due{Day("2027-01-04"), true});
}

TEST_CASE("a limit in days ends on the day, or on the first working day after it", "[RTE-19]") {
  struct Row {
    std::string what;
    std::string start;
    int days;
    std::string due;
  };
  const auto row =
      GENERATE(Row{"working day", "2025-06-03", 30, "2025-07-03"}, Row{"weekend", "2025-06-06", 30, "2025-07-07"},
               Row{"holiday", "2025-09-02", 30, "2025-10-09"},
               Row{"worked Sunday stays", "2025-08-29", 30, "2025-09-28"}, Row{"none", "2025-06-03", 0, "2025-06-03"});
  INFO(row.what);
  CHECK(OfReference().AddDays(Day(row.start), row.days) == Due{Day(row.due), false});
  CHECK(OfReference().AddDays(Day("2026-12-01"), 60) == Due{Day("2027-02-01"), true});
}

TEST_CASE("the public year file is read", "[RTE-15]") {
  const auto notice = ParseNotice(R"({"$schema": "s", "year": 2025, "papers": ["https://www.gov.cn/x"], "days": [
    {"name": "元旦", "date": "2025-01-01", "isOffDay": true},
    {"name": "春节", "date": "2025-01-26", "isOffDay": false}]})");
  REQUIRE(notice.ok());
  CHECK(notice->year() == 2025);
  CHECK(notice->papers(0) == "https://www.gov.cn/x");
  REQUIRE(notice->days_size() == 2);
  CHECK(notice->days(0).off());
  CHECK(notice->days(0).name() == "元旦");
  CHECK_FALSE(notice->days(1).off());
  const auto none = ParseNotice(R"({"year": 2027, "papers": [], "days": []})");
  REQUIRE(none.ok());
  CHECK(none->days().empty());
}

TEST_CASE("the first and the last year that can be told are read, and days without a name", "[RTE-15]") {
  for (const std::int32_t year : {1, 9998}) {
    const auto notice = ParseNotice(absl::StrCat(R"({"year": )", year, R"(, "papers": [], "days": []})"));
    REQUIRE(notice.ok());
    CHECK(notice->year() == year);
  }
  const auto unnamed =
      ParseNotice(R"({"year": 2027, "papers": ["p"], "days": [{"date": "2027-01-01", "isOffDay": true}]})");
  REQUIRE(unnamed.ok());
  CHECK(unnamed->days(0).name().empty());
}

TEST_CASE("a date that was counted through a year without a notice stays provisional", "[RTE-15]") {
  const Calendar gap = Make(Parse(R"(
    version: 1
    years { year: 2025 papers: "a" days { date: "2025-01-01" off: true } }
    years { year: 2027 papers: "b" days { date: "2027-01-01" off: true } })"));
  const Due due = gap.AddWorkingDays(Day("2025-12-31"), 300);
  CHECK(due.day.year() == 2027);
  CHECK(due.provisional);
}

TEST_CASE("a year file of another shape is refused", "[RTE-15]") {
  const std::string bad = GENERATE(
      "", "2025", "[]", "{", R"({"year": 2025})", R"({"papers": [], "days": []})", R"({"year": 2025, "days": []})",
      R"({"year": 2025, "papers": []})", R"({"year": 9999, "papers": [], "days": []})",
      R"({"year": "2025", "papers": [], "days": []})", R"({"year": 2025.5, "papers": [], "days": []})",
      R"({"year": 0, "papers": [], "days": []})", R"({"year": 99999999999, "papers": [], "days": []})",
      R"({"year": 2025, "papers": "p", "days": []})", R"({"year": 2025, "papers": [1], "days": []})",
      R"({"year": 2025, "papers": [], "days": {}})", R"({"year": 2025, "papers": [], "days": ["2025-01-01"]})",
      R"({"year": 2025, "papers": [], "days": [{"date": "2025-01-01"}]})",
      R"({"year": 2025, "papers": [], "days": [{"date": 20250101, "isOffDay": true}]})",
      R"({"year": 2025, "papers": [], "days": [{"date": "2025-01-01", "isOffDay": 1}]})",
      R"({"year": 2025, "papers": [], "days": [{"date": "2025-01-01", "isOffDay": true, "name": 1}]})");
  INFO(bad);
  CHECK(ReasonOf(ParseNotice(bad).status()) == config::v1::REASON_CALENDAR_FILE);
}

TEST_CASE("the shipped calendar is the public year files", "[RTE-14][RTE-15]") {
  const fs::path data = DataDir();
  if (data.empty()) return;
  const auto config = Reference();
  for (const auto& year : config.years()) {
    const auto notice = ParseNotice(ReadFile(data / "json" / (std::to_string(year.year()) + ".json")));
    REQUIRE(notice.ok());
    REQUIRE(notice->days_size() == year.days_size());
    for (int i = 0; i < year.days_size(); ++i) {
      INFO(year.days(i).date());
      CHECK(notice->days(i).SerializeAsString() == year.days(i).SerializeAsString());
    }
  }
  const auto none = ParseNotice(ReadFile(data / "json" / "2027.json"));
  REQUIRE(none.ok());
  auto with_none = config;
  *with_none.add_years() = *none;
  CHECK_FALSE(Make(with_none).IsPublished(2027));
}

std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) {
    while (!field.empty() && field.back() == '\r') field.pop_back();
    fields.push_back(field);
  }
  return fields;
}

TEST_CASE("each of 3,271 published due dates is met", "[RTE-14]") {
  const fs::path data = DataDir();
  if (data.empty()) return;
  std::istringstream table(ReadFile(data / "deadlines_2018_2026.csv"));
  std::string line;
  std::getline(table, line);
  REQUIRE(Fields(line) == std::vector<std::string>{"start", "plus1wd", "plus5wd", "plus7wd", "plus15wd"});
  int rows = 0;
  for (; std::getline(table, line); ++rows) {
    auto fields = Fields(line);
    // A row that ends early has a due date in 2027, which was not published.
    fields.resize(5);
    const std::vector<int> days = {1, 5, 7, 15};
    for (std::size_t i = 0; i < days.size(); ++i) {
      INFO(fields[0] << " + " << days[i]);
      const Due due = OfReference().AddWorkingDays(Day(fields[0]), days[i]);
      REQUIRE(due.provisional == fields[i + 1].empty());
      if (!due.provisional) REQUIRE(Text(due.day) == fields[i + 1]);
    }
  }
  CHECK(rows == 3'271);
}

TEST_CASE("each published day is a working day or not as published", "[RTE-14]") {
  const fs::path data = DataDir();
  if (data.empty()) return;
  std::istringstream table(ReadFile(data / "calendar_2015_2026.csv"));
  std::string line;
  std::getline(table, line);
  int rows = 0;
  while (std::getline(table, line)) {
    const auto fields = Fields(line);
    const CivilDay day = Day(fields.at(0));
    if (day.year() < 2018) continue;
    ++rows;
    INFO(fields[0]);
    REQUIRE(OfReference().IsWorkingDay(day) == (fields.at(2) == "1"));
  }
  CHECK(rows == 3'287);
}

}  // namespace
}  // namespace jinqi::calendar
