// The records of this service.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ledger/types.h"

namespace jinqi::policy {

inline constexpr char kPolicy[] = "policy";
inline constexpr char kMeasure[] = "measure";

// policy: PolicyRecord by its id; measure: Measure by `<policy>/<measure>`.
std::vector<ledger::Kind> Kinds();

// File name to SQL.
extern const std::map<std::string, std::string> kMigrations;

ledger::Key PolicyKey(const std::string& id);
// `name`: policies/<policy>/measures/<measure>.
ledger::Key MeasureKey(const std::string& name);

}  // namespace jinqi::policy
