// Timers of attachments and drafts. What they do to bytes they do first, and may do twice; then it is on record.
#pragma once

#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"
#include "common/ledger/types.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {

// The command of a timer that fell due. Blocks for the store and the virus check; an error leaves the timer standing,
// to be tried again after a pause: a file whose check fails stays held back.
absl::StatusOr<ledger::Command> OnAttachmentTimer(const Intake& intake, const ledger::Firing& firing,
                                                  const ledger::Record& record);

}  // namespace jinqi::intake
