// Questions for which a seat found no entry, kept as tickets with their limits (POL-24).
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "common/calendar/calendar.h"
#include "common/ledger/types.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "jinqi/events/v1/envelope.pb.h"
#include "jinqi/events/v1/order.pb.h"

namespace jinqi::policy {

// Working days from the report, and the calendar they are counted in.
struct GapLimits {
  calendar::Calendar calendar;
  int answer_working_days = 1;
  int repair_working_days = 3;
};

// From the configuration and calendar.textproto. INVALID_ARGUMENT for limits that nobody can mean.
absl::StatusOr<GapLimits> LoadGapLimits(const config::v1::PolicyConfig& config);

// Keeps the ticket of an order's gap; a second message for the same order changes nothing.
absl::StatusOr<ledger::Outcome> DecideGap(const ledger::View& view, const events::v1::KnowledgeGapFound& found,
                                          const GapLimits& limits);

// A message of intake's stream to a command; nothing for those of others' concern.
absl::StatusOr<std::optional<ledger::Command>> OnIntake(const events::v1::Envelope& envelope, const GapLimits& limits);

}  // namespace jinqi::policy
