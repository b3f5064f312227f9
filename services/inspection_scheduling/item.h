// 检查事项: what may be inspected, and since when (INS-02).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/ledger/types.h"
#include "jinqi/inspection/v1/inspection_service.pb.h"

namespace jinqi::inspection {

inline constexpr char kItem[] = "item";

// item: InspectionItem by its code.
std::vector<ledger::Kind> Kinds();

// File name to SQL.
extern const std::map<std::string, std::string> kMigrations;

ledger::Key ItemKey(const std::string& code);

// Lower-case letters, digits and hyphens, at most 63.
bool IsCode(std::string_view code);

// Every fault at once. An item that is published needs a law, regulation, rule or State Council decision as its ground:
// ITEM_WITHOUT_BASIS; a notice alone is none.
absl::Status CheckItem(const v1::InspectionItem& item);

// Published from the first instant of its publication date until its withdrawal.
v1::InspectionItem::State StateOn(const v1::InspectionItem& item, absl::CivilDay day);

// ITEM_NOT_PUBLISHED unless the item may be inspected on that day.
absl::Status CheckUsable(const v1::InspectionItem& item, absl::CivilDay day);

// Puts an item of the catalogue file on record, or its new content; nothing when it stands there already.
absl::StatusOr<ledger::Outcome> DecideLoadItem(const ledger::View& view, const v1::InspectionItem& item);

}  // namespace jinqi::inspection
