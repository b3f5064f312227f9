#include "common/calendar/calendar_copy.h"

#include <catch2/catch.hpp>
#include <optional>

#include "common/testing/catch_status.h"
#include "jinqi/events/v1/calendar.pb.h"

namespace jinqi::calendar {
namespace {

using testing::Must;

constexpr absl::CivilDay kMonday(2025, 6, 16);

config::v1::Calendar Version(std::int64_t version, const char* off) {
  config::v1::Calendar calendar;
  calendar.set_version(version);
  config::v1::CalendarNotice& notice = *calendar.add_years();
  notice.set_year(2025);
  notice.add_papers("a notice for this test");
  config::v1::CalendarDay& day = *notice.add_days();
  day.set_date(off);
  day.set_off(true);
  return calendar;
}

// The one record, as a decision sees it.
class LatestView final : public ledger::View {
 public:
  ledger::Micros now() const override { return 0; }
  const ledger::Record* Find(const ledger::Key& key) const override {
    return key == LatestKey() && record.has_value() ? &*record : nullptr;
  }
  const ledger::Rows& Answer(std::size_t) const override { return none_; }

  absl::Status Keep(const config::v1::Calendar& calendar) {
    ASSIGN_OR_RETURN(const ledger::Outcome outcome, DecideKeep(*this, calendar));
    for (const ledger::Change& change : outcome.changes) {
      record =
          ledger::Record{change.key, record.has_value() ? record->version + 1 : 1, 0, "", 0, 0, change.body, {}, 0};
    }
    return absl::OkStatus();
  }

  std::optional<ledger::Record> record;

 private:
  ledger::Rows none_;
};

TEST_CASE("the latest calendar that was published holds", "[RTE-16]") {
  CalendarCopy copy(Must(Calendar::Make(Version(1, "2025-06-16"))));
  LatestView view;
  CHECK(Must(copy.Of(view)).version() == 1);
  CHECK_FALSE(Must(copy.Of(view)).IsWorkingDay(kMonday));
  REQUIRE_OK(view.Keep(Version(3, "2025-06-17")));
  CHECK(Must(copy.Of(view)).version() == 3);
  CHECK(Must(copy.Of(view)).IsWorkingDay(kMonday));
  for (const std::int64_t late : {2, 3}) {
    REQUIRE_OK(view.Keep(Version(late, "2025-06-18")));
    CHECK(view.record->version == 1);
  }
  REQUIRE_OK(view.Keep(Version(4, "2025-06-16")));
  CHECK(Must(copy.Of(view)).version() == 4);
  CHECK_FALSE(Must(copy.Of(view)).IsWorkingDay(kMonday));
  INFO("a decision of before sees what was in force then");
  LatestView before;
  CHECK(Must(copy.Of(before)).version() == 1);
}

TEST_CASE("what is no calendar is not kept", "[RTE-16]") {
  LatestView view;
  config::v1::Calendar wrong = Version(2, "2025-06-16");
  *wrong.mutable_years(0)->add_days() = wrong.years(0).days(0);
  CHECK(ReasonOf(view.Keep(wrong)) == config::v1::REASON_CALENDAR_DUPLICATE_DATE);
  CHECK_FALSE(view.record.has_value());
  events::v1::Envelope envelope;
  envelope.set_payload("\xff");
  CHECK(absl::IsDataLoss(KeepCommand(envelope).status()));
  envelope.set_payload("");
  CHECK(absl::IsDataLoss(KeepCommand(envelope).status()));
  events::v1::CalendarPublished published;
  *published.mutable_calendar() = Version(2, "2025-06-17");
  envelope.set_payload(published.SerializeAsString());
  const ledger::Command command = Must(KeepCommand(envelope));
  REQUIRE(command.names.size() == 1);
  CHECK(command.names[0].key == LatestKey());
  CHECK(command.names[0].access == ledger::Access::kChange);
  CHECK(Must(command.decide(view)).changes.size() == 1);
}

}  // namespace
}  // namespace jinqi::calendar
