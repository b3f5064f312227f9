// Publishing reference data: calendars and dispatch catalogues, as new versions (RTE-02, RTE-15, RTE-16).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/routing/reference.h"

namespace jinqi::routing {

// The calendar with this notice in place of the year's former one, as the next version. The errors of Calendar::Make;
// CALENDAR_INCOMPLETE for a notice that says nothing.
absl::StatusOr<config::v1::Calendar> WithNotice(const config::v1::Calendar& current,
                                                const config::v1::CalendarNotice& notice);

// Names (all changed): reference/head, calendar/<version>, campaign/<version>. Commits the cause; the campaign then
// computes the open orders again, and CalendarPublished tells the other services. REFERENCE_CHANGING when another
// version was published in between.
absl::StatusOr<ledger::Outcome> DecidePublishCalendar(const ledger::View& view, const config::v1::Calendar& calendar);

// Names: reference/head (relied on), calendar/<version> (changed). `used`: an order was computed by it; it can only
// become less used once it is not in force any more, so the answer may be from before. CALENDAR_IN_USE.
absl::StatusOr<ledger::Outcome> DecideDeleteCalendar(const ledger::View& view, std::int64_t version, bool used);

// The records of new catalogue versions, and the head that names the last of them. ALREADY_EXISTS unless their numbers
// rise from the last.
absl::StatusOr<std::vector<ledger::Change>> CatalogueChanges(const ledger::View& view,
                                                             const std::vector<v1::DispatchCatalogue>& versions);

// Names (all changed): reference/head, catalogue/<version>. The catalogue is checked. ALREADY_EXISTS unless its version
// is a later one than the last.
absl::StatusOr<ledger::Outcome> DecideImportCatalogue(const ledger::View& view, const v1::DispatchCatalogue& catalogue);

// Names: campaign/<version> (changed). How far it has come.
absl::StatusOr<ledger::Outcome> DecideCampaignStep(const ledger::View& view, std::int64_t version,
                                                   const std::string& cursor, std::int64_t orders, bool done);

}  // namespace jinqi::routing
