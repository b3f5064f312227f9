// Working days of the People's Republic, 调休 included, and due dates counted in them (C5).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "jinqi/config/v1/calendar.pb.h"

namespace jinqi::calendar {

struct Due {
  absl::CivilDay day;
  // Some day that was looked at lies in a year without notice: the date may still move, and missing it is no breach
  // (RTE-15).
  bool provisional = false;
  bool operator==(const Due&) const = default;
};

// Immutable; a copy is cheap and shares its days. In a year without notice Monday to Friday are working days, less
// 1 January, 1-2 May and 1-3 October (全国年节及纪念日放假办法).
class Calendar {
 public:
  // Refuses a notice that says a date twice (CALENDAR_DUPLICATE_DATE) or both off and working (CALENDAR_CONTRADICTION),
  // that has a date outside of December before to January after, or none of its own year (CALENDAR_WRONG_YEAR), a date
  // that is none (CALENDAR_DATE_FORMAT), papers without days or days without papers (CALENDAR_INCOMPLETE), and a second
  // notice for a year (CALENDAR_DUPLICATE_YEAR). Metadata: year, date. An empty notice is none. Where notices of two
  // years name the same date, the later year's holds (E36).
  static absl::StatusOr<Calendar> Make(const config::v1::Calendar& config);

  std::int64_t version() const;
  bool IsPublished(std::int64_t year) const;
  bool IsWorkingDay(absl::CivilDay day) const;

  // The n-th working day after start, which is not counted (民法典201). For n = 0 it is start itself; n < 0 counts
  // back.
  Due AddWorkingDays(absl::CivilDay start, int n) const;
  // The n-th working day before day, which is not counted.
  Due WorkingDayBefore(absl::CivilDay day, int n) const;
  // The same day number n months on, or the last day of a shorter month (民法典202); from a day off it moves to the
  // first working day after (民法典203). n is not negative.
  Due AddMonths(absl::CivilDay start, int n) const;
  // The n-th day after start, which is not counted (民法典201); from a day off it moves to the first working day after
  // (民法典203). n is not negative.
  Due AddDays(absl::CivilDay start, int n) const;

  // Working days after today up to and including due; 0 once due is not after today (RTE-20).
  int WorkingDaysLeft(absl::CivilDay today, absl::CivilDay due) const;
  // Working days after from up to and including to; negative when to is before from.
  int WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to) const;

 private:
  struct Days;
  explicit Calendar(std::shared_ptr<const Days> days) : days_(std::move(days)) {}
  // The day itself, or the first working day after it.
  Due WorkingDayFrom(absl::CivilDay day) const;
  std::shared_ptr<const Days> days_;
};

// A notice from the public year file: {"year": 2025, "papers": [..], "days": [{"name", "date", "isOffDay"}]}. Its shape
// is checked (CALENDAR_FILE), what it says is checked by Calendar::Make.
absl::StatusOr<config::v1::CalendarNotice> ParseNotice(std::string_view json);

}  // namespace jinqi::calendar
