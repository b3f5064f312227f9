// Messages of intake and feedback, and timers, as commands.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/ids/ids.h"
#include "common/ledger/ledger.h"
#include "common/metrics/metrics.h"
#include "jinqi/events/v1/envelope.pb.h"
#include "services/routing/order_edit.h"
#include "services/routing/proposer.h"
#include "services/routing/texts.h"

namespace jinqi::routing {

// What the platform itself acts with; outlives the handlers.
struct Desk {
  Setting setting;
  const Proposer* proposer = nullptr;
  const Texts* texts = nullptr;
  ids::Ids* ids = nullptr;
  // Leaves whose consultations and suggestions may go without a person (RTE-23).
  std::set<std::string> self_dispatch_leaves;
  metrics::Counter* proposed = nullptr;
  metrics::Counter* needs_human = nullptr;
  metrics::Counter* dropped = nullptr;
};

// DemandSubmitted, WithdrawalAsked, SupplementAdded, DemandMerged.
absl::StatusOr<std::optional<ledger::Command>> OnIntake(const Desk& desk, const events::v1::Envelope& envelope);
// FollowUpDone, Rated, RatingWindowClosed.
absl::StatusOr<std::optional<ledger::Command>> OnFeedback(const Desk& desk, const events::v1::Envelope& envelope);
// Any timer of an order.
absl::StatusOr<ledger::Command> OnTimer(const Desk& desk, const ledger::Firing& firing);

// The rules' proposal for a text with the invalid candidates taken out and counted, without the catalogue's word.
v1::Proposal ProposeFor(const Desk& desk, const Directory& directory, const ProposalInput& input, bool& doubtful);

}  // namespace jinqi::routing
