// Timers of the rounds, and of draws of second follow-ups.
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"

namespace jinqi::feedback {

// The command of a timer that fell due: the end of the time for ratings, the next second follow-ups of a draw.
absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record& record);

}  // namespace jinqi::feedback
