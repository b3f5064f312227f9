// Messages of routing and intake on their way into decisions.
#pragma once

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/calendar/calendar_copy.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/envelope.pb.h"
#include "services/feedback/limits.h"
#include "services/feedback/notice.h"

namespace jinqi::feedback {

// What events and timers are decided with. Thread-safe.
struct Rules {
  // `shipped`: the calendar until routing publishes another (RTE-16).
  Rules(calendar::Calendar shipped, Limits given_limits, BodyNames given_bodies = {})
      : calendar(std::move(shipped)), limits(std::move(given_limits)), bodies(std::move(given_bodies)) {}

  const calendar::CalendarCopy calendar;
  const Limits limits;
  // For notices.
  const BodyNames bodies;
};

// routing's CalendarPublished and OrderEvent; nullopt for those that tell feedback nothing. The rules outlive the
// command.
absl::StatusOr<std::optional<ledger::Command>> OnRouting(const events::v1::Envelope& envelope, const Rules& rules);

// intake's DemandEnded; nullopt for the others.
absl::StatusOr<std::optional<ledger::Command>> OnIntake(const events::v1::Envelope& envelope);

}  // namespace jinqi::feedback
