// The birth of a work order: from a demand that intake has handed over (RTE-14, RTE-23).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// A demand with all that was worked out for it before the decision.
struct NewOrder {
  // Without title and content.
  events::v1::DemandSubmitted demand;
  // Checked (see self_dispatch.h) and given its id; without the catalogue's word.
  v1::Proposal proposal;
  // Bodies whose conduct the text complains of (RTE-12).
  std::vector<std::string> judged;
  // The body whose record the command names: the first candidate's, by the catalogue at hand. Another first candidate
  // in the decision is left to a person.
  std::string body;
  // Some candidate was thrown away as invalid: a person looks at it.
  bool doubtful = false;
  // The leaf is marked for self-dispatch.
  bool leaf_allows = false;
  // Title and content.
  SealedText text;
};

// Names: the order (changed), reference/head and the first candidate's body (relied on). With the catalogue's word in
// front; into the exception queue where the first body cannot receive it (RTE-01); dispatched at once where RTE-23
// allows it. An order that is there already stays as it is.
absl::StatusOr<ledger::Outcome> DecideCreate(const ledger::View& view, const Setting& setting, const Actor& actor,
                                             const NewOrder& created);

// The proposal for an order by the catalogue in force on a day.
v1::Proposal ProposalOn(const v1::WorkOrder& order, const Reference& reference, absl::CivilDay day);

}  // namespace jinqi::routing
