// The calendar that routing publishes, as the other services keep it: a record, and an immutable version in memory
// (RTE-16).
#pragma once

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/calendar/calendar.h"
#include "common/ledger/ledger.h"
#include "jinqi/events/v1/envelope.pb.h"

namespace jinqi::calendar {

inline constexpr char kCalendarKind[] = "calendar";
inline constexpr char kCalendarPublished[] = "CalendarPublished";

// One record, a config.v1.Calendar: what routing published last. The services of this kind have it in a migration.
ledger::Kind CalendarKind();
ledger::Key LatestKey();
// What a command names whose decision counts working days: it is not decided by a calendar that another process has
// replaced.
ledger::Name RelyOnLatest();

// Names: LatestKey (changed). A calendar that is no later than the one kept changes nothing.
absl::StatusOr<ledger::Outcome> DecideKeep(const ledger::View& view, const config::v1::Calendar& published);
// The command of routing's CalendarPublished. DATA_LOSS for one that cannot be read.
absl::StatusOr<ledger::Command> KeepCommand(const events::v1::Envelope& envelope);

// Thread-safe.
class CalendarCopy {
 public:
  // `shipped`: from the reference directory, in force until routing publishes another.
  explicit CalendarCopy(Calendar shipped) : shipped_(shipped), current_(std::move(shipped)) {}

  // The one that the decision sees; its command names RelyOnLatest().
  absl::StatusOr<Calendar> Of(const ledger::View& view) const;
  // The one in the database. May block.
  absl::StatusOr<Calendar> InForce(ledger::Reader& reader, const std::string& tenant) const;

 private:
  absl::StatusOr<Calendar> Of(const ledger::Record* record) const;

  const Calendar shipped_;
  mutable absl::Mutex mutex_;
  // What `current_` was read from.
  mutable std::int64_t record_version_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable Calendar current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::calendar
