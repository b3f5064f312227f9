// Which proposals count, and which orders go without a person (自助派单, RTE-23).
#pragma once

#include <string>
#include <vector>

#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/limits.h"
#include "services/routing/reference.h"

namespace jinqi::routing {

struct CheckedProposal {
  v1::Proposal proposal;
  // What was thrown away, for the log: `code: score`.
  std::vector<std::string> dropped;
};

// Without candidates whose score is no number from 0 to 1, or whose code the directory does not have or is collective;
// at most three. Without any left a person is needed.
CheckedProposal CheckProposal(v1::Proposal proposal, const Directory& directory);

// Whether the first candidate may have the order without a person's word: CONSULT or SUGGEST, not LIFE_SAFETY, a score
// of at least the threshold, a body that takes orders and is not judged, no hint that stands against it.
bool MayGoAlone(const v1::WorkOrderRecord& record, const Reference& reference, const Limits& limits);

// The rule id in front of a candidate's first reason.
std::string RuleOf(const v1::Candidate& candidate);

}  // namespace jinqi::routing
