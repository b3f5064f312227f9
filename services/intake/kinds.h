// The kinds of records that intake keeps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ledger/types.h"

namespace jinqi::intake {

std::vector<ledger::Kind> Kinds();
// Of these, the kinds of the register: subjects, areas, persons, visits, imports.
std::vector<ledger::Kind> RegisterKinds();

// File name to SQL.
extern const std::map<std::string, std::string> kMigrations;

}  // namespace jinqi::intake
