#include "common/calendar/calendar_copy.h"

#include <utility>

#include "common/status/status.h"
#include "jinqi/events/v1/calendar.pb.h"

namespace jinqi::calendar {

ledger::Kind CalendarKind() {
  ledger::Kind kind;
  kind.name = kCalendarKind;
  kind.extract = [](const std::string&) { return std::vector<ledger::Value>(); };
  return kind;
}

ledger::Key LatestKey() { return {kCalendarKind, "latest"}; }

ledger::Name RelyOnLatest() { return {LatestKey(), ledger::Access::kRely}; }

absl::StatusOr<ledger::Outcome> DecideKeep(const ledger::View& view, const config::v1::Calendar& published) {
  ledger::Outcome outcome;
  if (view.Find(LatestKey()) != nullptr) {
    ASSIGN_OR_RETURN(const auto kept, view.Read<config::v1::Calendar>(LatestKey()));
    if (published.version() <= kept.version()) return outcome;
  }
  RETURN_IF_ERROR(Calendar::Make(published).status());
  outcome.changes.push_back(
      {LatestKey(), published.SerializeAsString(), std::nullopt, {{kCalendarPublished, "", std::nullopt}}});
  return outcome;
}

absl::StatusOr<ledger::Command> KeepCommand(const events::v1::Envelope& envelope) {
  events::v1::CalendarPublished published;
  if (!published.ParseFromString(envelope.payload()) || !published.has_calendar()) {
    return absl::DataLossError("CalendarPublished cannot be read");
  }
  ledger::Command command;
  command.names = {{LatestKey()}};
  command.decide = [calendar = published.calendar()](const ledger::View& view) { return DecideKeep(view, calendar); };
  return command;
}

absl::StatusOr<Calendar> CalendarCopy::Of(const ledger::View& view) const { return Of(view.Find(LatestKey())); }

absl::StatusOr<Calendar> CalendarCopy::InForce(ledger::Reader& reader, const std::string& tenant) const {
  ASSIGN_OR_RETURN(const auto record, reader.Get(tenant, LatestKey()));
  return Of(record.has_value() ? &*record : nullptr);
}

absl::StatusOr<Calendar> CalendarCopy::Of(const ledger::Record* record) const {
  if (record == nullptr) return shipped_;
  const absl::MutexLock lock(&mutex_);
  if (record->version != record_version_) {
    config::v1::Calendar published;
    if (!published.ParseFromString(record->body)) return absl::DataLossError("body of calendar/latest");
    ASSIGN_OR_RETURN(current_, Calendar::Make(published));
    record_version_ = record->version;
  }
  return current_;
}

}  // namespace jinqi::calendar
