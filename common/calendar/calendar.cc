#include "common/calendar/calendar.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/clock/clock.h"
#include "common/status/status.h"

namespace jinqi::calendar {
namespace {

using config::v1::CalendarNotice;
using OffByDay = absl::flat_hash_map<absl::CivilDay, bool>;

absl::Status Refuse(config::v1::Reason reason, const CalendarNotice& notice, const std::string& date = "") {
  return Error(reason, {{"year", std::to_string(notice.year())}, {"date", date}});
}

bool IsEmpty(const CalendarNotice& notice) { return notice.papers().empty() && notice.days().empty(); }

// A notice may also speak of the turns of its year (E36).
bool IsNear(absl::CivilDay day, int year) {
  return absl::CivilMonth(day) >= absl::CivilMonth(year - 1, 12) && absl::CivilMonth(day) <= absl::CivilMonth(year + 1);
}

absl::StatusOr<OffByDay> DaysOf(const CalendarNotice& notice) {
  OffByDay days;
  bool own = false;
  for (const auto& entry : notice.days()) {
    const auto day = clock::ParseDate(entry.date());
    if (!day.ok()) return Refuse(config::v1::REASON_CALENDAR_DATE_FORMAT, notice, entry.date());
    if (!IsNear(*day, notice.year())) return Refuse(config::v1::REASON_CALENDAR_WRONG_YEAR, notice, entry.date());
    own = own || day->year() == notice.year();
    const auto [known, is_new] = days.emplace(*day, entry.off());
    if (is_new) continue;
    return Refuse(known->second == entry.off() ? config::v1::REASON_CALENDAR_DUPLICATE_DATE
                                               : config::v1::REASON_CALENDAR_CONTRADICTION,
                  notice, entry.date());
  }
  if (!own) return Refuse(config::v1::REASON_CALENDAR_WRONG_YEAR, notice, notice.days(0).date());
  return days;
}

bool IsFixedHoliday(absl::CivilDay day) {
  switch (day.month()) {
    case 1: return day.day() == 1;
    case 5: return day.day() <= 2;
    case 10: return day.day() <= 3;
    default: return false;
  }
}

bool IsWeekend(absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  return weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
}

const nlohmann::json* Member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(name);
  return member == object.end() ? nullptr : &*member;
}

bool ParseDay(const nlohmann::json& json, config::v1::CalendarDay& day) {
  const nlohmann::json* const date = Member(json, "date");
  const nlohmann::json* const off = Member(json, "isOffDay");
  const nlohmann::json* const name = Member(json, "name");
  if (date == nullptr || !date->is_string() || off == nullptr || !off->is_boolean()) return false;
  if (name != nullptr && !name->is_string()) return false;
  day.set_date(date->get<std::string>());
  day.set_off(off->get<bool>());
  if (name != nullptr) day.set_name(name->get<std::string>());
  return true;
}

bool ParseFile(const nlohmann::json& json, CalendarNotice& notice) {
  constexpr std::int64_t kLastYear = 9998;
  const nlohmann::json* const year = Member(json, "year");
  const nlohmann::json* const papers = Member(json, "papers");
  const nlohmann::json* const days = Member(json, "days");
  if (year == nullptr || papers == nullptr || days == nullptr) return false;
  if (!year->is_number_integer() || !papers->is_array() || !days->is_array()) return false;
  const auto number = year->get<std::int64_t>();
  if (number < 1 || number > kLastYear) return false;
  notice.set_year(static_cast<std::int32_t>(number));
  for (const auto& paper : *papers) {
    if (!paper.is_string()) return false;
    notice.add_papers(paper.get<std::string>());
  }
  return std::all_of(days->begin(), days->end(),
                     [&notice](const nlohmann::json& day) { return ParseDay(day, *notice.add_days()); });
}

}  // namespace

struct Calendar::Days {
  std::int64_t version = 0;
  std::set<std::int64_t> published;
  OffByDay off;
};

absl::StatusOr<Calendar> Calendar::Make(const config::v1::Calendar& config) {
  auto days = std::make_shared<Days>();
  days->version = config.version();
  std::vector<const CalendarNotice*> notices;
  for (const auto& notice : config.years()) {
    if (!IsEmpty(notice)) notices.push_back(&notice);
  }
  std::sort(notices.begin(), notices.end(), [](const auto* a, const auto* b) { return a->year() < b->year(); });
  for (const CalendarNotice* const notice : notices) {
    if (notice->papers().empty() || notice->days().empty()) {
      return Refuse(config::v1::REASON_CALENDAR_INCOMPLETE, *notice);
    }
    if (!days->published.insert(notice->year()).second) {
      return Refuse(config::v1::REASON_CALENDAR_DUPLICATE_YEAR, *notice);
    }
    ASSIGN_OR_RETURN(const OffByDay own, DaysOf(*notice));
    for (const auto& [day, off] : own) days->off.insert_or_assign(day, off);
  }
  return Calendar(std::move(days));
}

std::int64_t Calendar::version() const { return days_->version; }

bool Calendar::IsPublished(std::int64_t year) const { return days_->published.contains(year); }

bool Calendar::IsWorkingDay(absl::CivilDay day) const {
  const auto entry = days_->off.find(day);
  if (entry != days_->off.end()) return !entry->second;
  if (IsWeekend(day)) return false;
  return IsPublished(day.year()) || !IsFixedHoliday(day);
}

Due Calendar::AddWorkingDays(absl::CivilDay start, int n) const {
  if (n < 0) return WorkingDayBefore(start, -n);
  Due due{.day = start};
  while (n > 0) {
    ++due.day;
    due.provisional = due.provisional || !IsPublished(due.day.year());
    if (IsWorkingDay(due.day)) --n;
  }
  return due;
}

Due Calendar::WorkingDayBefore(absl::CivilDay day, int n) const {
  Due due{.day = day};
  while (n > 0) {
    --due.day;
    due.provisional = due.provisional || !IsPublished(due.day.year());
    if (IsWorkingDay(due.day)) --n;
  }
  return due;
}

Due Calendar::AddMonths(absl::CivilDay start, int n) const {
  const absl::CivilMonth month = absl::CivilMonth(start) + n;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return WorkingDayFrom(std::min(absl::CivilDay(month) + (start.day() - 1), last));
}

Due Calendar::AddDays(absl::CivilDay start, int n) const { return WorkingDayFrom(start + n); }

Due Calendar::WorkingDayFrom(absl::CivilDay day) const {
  Due due{.day = day};
  due.provisional = !IsPublished(due.day.year());
  while (!IsWorkingDay(due.day)) {
    ++due.day;
    due.provisional = due.provisional || !IsPublished(due.day.year());
  }
  return due;
}

int Calendar::WorkingDaysLeft(absl::CivilDay today, absl::CivilDay due) const {
  return std::max(0, WorkingDaysBetween(today, due));
}

int Calendar::WorkingDaysBetween(absl::CivilDay from, absl::CivilDay to) const {
  if (to < from) return -WorkingDaysBetween(to, from);
  int count = 0;
  for (absl::CivilDay day = from + 1; day <= to; ++day) count += IsWorkingDay(day) ? 1 : 0;
  return count;
}

absl::StatusOr<CalendarNotice> ParseNotice(std::string_view json) {
  CalendarNotice notice;
  if (!ParseFile(nlohmann::json::parse(json, nullptr, false), notice)) return Error(config::v1::REASON_CALENDAR_FILE);
  return notice;
}

}  // namespace jinqi::calendar
