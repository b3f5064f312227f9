// What verify proves of the rows beside records and history: request ids, messages, marks, dead letters.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/ledger/driver.h"

namespace jinqi::ledger {

// Each row against the block that covers it, as far as `heads` (by writer): what is written meanwhile is for the next
// time. `report` gets a finding and its place.
absl::Status CheckCovers(Database& database, const std::map<std::string, BlockRow>& heads,
                         const std::function<void(const char* what, std::string where)>& report);

}  // namespace jinqi::ledger
