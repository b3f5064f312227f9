// Timers of intake's records.
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"
#include "common/ledger/types.h"

namespace jinqi::intake {

// The command of a timer that fell due.
absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record& record);

}  // namespace jinqi::intake
