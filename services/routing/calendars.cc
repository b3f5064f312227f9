#include "services/routing/calendars.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/calendar/calendar.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "jinqi/events/v1/calendar.pb.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {
namespace {

ledger::Change MakeChange(const ledger::Key& key, const v1::ReferenceRecord& record, std::string event) {
  return {key, record.SerializeAsString(), std::nullopt, {{std::move(event), "", std::nullopt}}};
}

}  // namespace

absl::StatusOr<config::v1::Calendar> WithNotice(const config::v1::Calendar& current,
                                                const config::v1::CalendarNotice& notice) {
  if (notice.papers().empty() || notice.days().empty()) {
    return Error(config::v1::REASON_CALENDAR_INCOMPLETE, {{"year", std::to_string(notice.year())}});
  }
  config::v1::Calendar next = current;
  next.set_version(current.version() + 1);
  auto& years = *next.mutable_years();
  years.erase(std::remove_if(years.begin(), years.end(),
                             [&](const config::v1::CalendarNotice& one) { return one.year() == notice.year(); }),
              years.end());
  *next.add_years() = notice;
  RETURN_IF_ERROR(calendar::Calendar::Make(next).status());
  return next;
}

absl::StatusOr<ledger::Outcome> DecidePublishCalendar(const ledger::View& view, const config::v1::Calendar& calendar) {
  ASSIGN_OR_RETURN(auto head, view.Read<v1::ReferenceRecord>(HeadKey()));
  const std::int64_t version = calendar.version();
  if (head.head().calendar_version() + 1 != version) return Error(config::v1::REASON_REFERENCE_CHANGING);
  head.mutable_head()->set_calendar_version(version);
  v1::ReferenceRecord stored;
  *stored.mutable_calendar()->mutable_calendar() = calendar;
  *stored.mutable_calendar()->mutable_publish_time() = clock::ToProto(view.now());
  v1::ReferenceRecord campaign;
  campaign.mutable_campaign()->set_calendar_version(version);
  ledger::Outcome outcome;
  events::v1::CalendarPublished published;
  *published.mutable_calendar() = calendar;
  outcome.changes.push_back(MakeChange(HeadKey(), head, "CalendarPublished"));
  // Under the head's key, so that versions reach the others in their order.
  outcome.changes.back().events.back().message = ledger::Outgoing{"CalendarPublished", published.SerializeAsString()};
  outcome.changes.push_back(MakeChange(CalendarKey(version), stored, "CalendarPublished"));
  outcome.changes.push_back(MakeChange(CampaignKey(version), campaign, "CampaignStarted"));
  outcome.answer = calendar.SerializeAsString();
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideDeleteCalendar(const ledger::View& view, std::int64_t version, bool used) {
  ASSIGN_OR_RETURN(const auto head, view.Read<v1::ReferenceRecord>(HeadKey()));
  ASSIGN_OR_RETURN(auto record, view.Read<v1::ReferenceRecord>(CalendarKey(version)));
  if (record.calendar().deleted()) return Error(config::v1::REASON_NOT_FOUND);
  if (used || head.head().calendar_version() == version) {
    return Error(config::v1::REASON_CALENDAR_IN_USE, {{"version", std::to_string(version)}});
  }
  record.mutable_calendar()->set_deleted(true);
  ledger::Outcome outcome;
  outcome.answer = record.calendar().calendar().SerializeAsString();
  outcome.changes.push_back(MakeChange(CalendarKey(version), record, "CalendarDeleted"));
  return outcome;
}

absl::StatusOr<std::vector<ledger::Change>> CatalogueChanges(const ledger::View& view,
                                                             const std::vector<v1::DispatchCatalogue>& versions) {
  ASSIGN_OR_RETURN(auto head, view.Read<v1::ReferenceRecord>(HeadKey()));
  std::vector<ledger::Change> changes;
  for (const v1::DispatchCatalogue& catalogue : versions) {
    if (catalogue.version() <= head.head().catalogue_version()) return Error(config::v1::REASON_ALREADY_EXISTS);
    head.mutable_head()->set_catalogue_version(catalogue.version());
    v1::ReferenceRecord stored;
    *stored.mutable_catalogue()->mutable_catalogue() = catalogue;
    *stored.mutable_catalogue()->mutable_publish_time() = clock::ToProto(view.now());
    changes.push_back(MakeChange(CatalogueKey(catalogue.version()), stored, "CatalogueImported"));
  }
  changes.push_back(MakeChange(HeadKey(), head, "CatalogueImported"));
  return changes;
}

absl::StatusOr<ledger::Outcome> DecideImportCatalogue(const ledger::View& view,
                                                      const v1::DispatchCatalogue& catalogue) {
  ledger::Outcome outcome;
  ASSIGN_OR_RETURN(outcome.changes, CatalogueChanges(view, {catalogue}));
  v1::DispatchCatalogue shown = catalogue;
  shown.set_name(absl::StrCat("dispatchCatalogues/", catalogue.version()));
  outcome.answer = shown.SerializeAsString();
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideCampaignStep(const ledger::View& view, std::int64_t version,
                                                   const std::string& cursor, std::int64_t orders, bool done) {
  ASSIGN_OR_RETURN(auto record, view.Read<v1::ReferenceRecord>(CampaignKey(version)));
  v1::CampaignRecord& campaign = *record.mutable_campaign();
  if (campaign.done()) return ledger::Outcome{};
  campaign.set_cursor(cursor);
  campaign.set_orders(campaign.orders() + orders);
  campaign.set_done(done);
  ledger::Outcome outcome;
  outcome.changes.push_back(MakeChange(CampaignKey(version), record, done ? "CampaignDone" : "CampaignMoved"));
  return outcome;
}

}  // namespace jinqi::routing
