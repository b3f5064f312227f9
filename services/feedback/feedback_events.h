// Messages of routing and intake on their way into decisions.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "common/calendar/calendar.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/envelope.pb.h"
#include "services/feedback/limits.h"
#include "services/feedback/private_part.h"

namespace jinqi::feedback {

// What events and timers are decided with. Immutable; the private parts outlive it.
struct Rules {
  calendar::Calendar calendar;
  Limits limits;
};

// routing's OrderEvent; nullopt for those that tell feedback nothing. Rules and private parts outlive the command.
absl::StatusOr<std::optional<ledger::Command>> OnRouting(const events::v1::Envelope& envelope, const Rules& rules,
                                                         const PrivateParts& privates);

// intake's DemandEnded; nullopt for the others.
absl::StatusOr<std::optional<ledger::Command>> OnIntake(const events::v1::Envelope& envelope);

}  // namespace jinqi::feedback
