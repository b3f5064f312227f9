// What the grass roots may be asked to do: a township or subdistrict what its district's list says (街镇职责清单,
// RTE-13), a village or community nothing (INT-12). No role overrides either.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/status/status.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/actor.h"
#include "services/routing/directory.h"

namespace jinqi::routing {

// By district code: the list in force.
using DutyLists = std::map<std::string, v1::TownshipDuties, std::less<>>;

// A village or community (村、社区): one that is listed as such, or, as the directory knows none, its name or its
// twelve digits of the statistics office.
bool IsVillage(const Directory& directory, const std::string& code);

// Adds what stands against a township or subdistrict as the main body: TOWNSHIP_LIST_MISSING while its district has
// published no list, NOT_A_TOWNSHIP_DUTY for a category that the list does not have. Nothing for other bodies.
void CheckTownship(const Directory& directory, const DutyLists& lists, std::string_view code,
                   std::string_view category_code, const std::string& field, Faults& faults);

// Every faulty field at once: a district that is none (UNKNOWN_VALUE), no category, an empty, long or repeated one.
absl::Status CheckDuties(const v1::TownshipDuties& duties, const Directory& directory);

// Names (changed): reference/head, duties/<district>. Of checked duties. A district's hub publishes its own list only
// (PERMISSION_DENIED).
absl::StatusOr<ledger::Outcome> DecidePublishDuties(const ledger::View& view, const Actor& actor,
                                                    const v1::TownshipDuties& duties);

v1::TownshipDuties ShowDuties(v1::TownshipDuties duties);

}  // namespace jinqi::routing
