// Messages that come in: routing's word on the orders.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/envelope.pb.h"
#include "services/intake/privacy.h"

namespace jinqi::intake {

// The command of a message of routing's stream: CalendarPublished, else an OrderEvent. DATA_LOSS for what cannot be
// read, also for one whose payload was erased. `similar_days`: for how long a demand is found by what it is like.
absl::StatusOr<std::optional<ledger::Command>> OnRoutingEvent(const Privacy& privacy, int similar_days,
                                                              const events::v1::Envelope& envelope);

}  // namespace jinqi::intake
