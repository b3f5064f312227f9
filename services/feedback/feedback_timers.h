// Timers of the rounds.
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"

namespace jinqi::feedback {

// The command of a timer that fell due: the end of the time for ratings.
absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record& record);

}  // namespace jinqi::feedback
