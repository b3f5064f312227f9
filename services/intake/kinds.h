// The kinds of records that intake keeps.
#pragma once

#include <vector>

#include "common/ledger/types.h"

namespace jinqi::intake {

std::vector<ledger::Kind> Kinds();

}  // namespace jinqi::intake
