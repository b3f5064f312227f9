#include "services/routing/self_dispatch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/grassroots.h"

namespace jinqi::routing {
namespace {

// False for NaN as well.
bool IsScore(double score) { return score >= 0 && score <= 1; }

}  // namespace

CheckedProposal CheckProposal(v1::Proposal proposal, const Directory& directory) {
  CheckedProposal out;
  out.proposal = proposal;
  out.proposal.clear_candidates();
  for (v1::Candidate& candidate : *proposal.mutable_candidates()) {
    const bool known = directory.ModeOf(candidate.undertaker()) != ReceiveMode::kCollective;
    if (!known || !IsScore(candidate.score())) {
      out.dropped.push_back(absl::StrCat(candidate.undertaker(), ": ", candidate.score()));
    } else if (out.proposal.candidates_size() < kMaxCandidates) {
      out.proposal.add_candidates()->Swap(&candidate);
    }
  }
  if (out.proposal.candidates().empty()) out.proposal.set_needs_human(true);
  return out;
}

bool MayGoAlone(const v1::WorkOrderRecord& record, const Reference& reference, const Limits& limits) {
  const v1::WorkOrder& order = record.order();
  const v1::Proposal& proposal = order.proposal();
  if (!limits.self_dispatch() || proposal.needs_human() || proposal.candidates().empty()) return false;
  if (order.demand_type() != events::v1::DEMAND_TYPE_CONSULT &&
      order.demand_type() != events::v1::DEMAND_TYPE_SUGGEST) {
    return false;
  }
  if (order.urgency() == events::v1::URGENCY_LIFE_SAFETY || !proposal.hints().empty()) return false;
  const v1::Candidate& first = proposal.candidates(0);
  if (!IsScore(first.score()) || first.score() < limits.self_dispatch_threshold()) return false;
  if (std::find(record.judged().begin(), record.judged().end(), first.undertaker()) != record.judged().end()) {
    return false;
  }
  Faults against;
  CheckTownship(reference.directory, reference.duties, first.undertaker(), order.category_code(), "", against);
  if (!against.ToStatus().ok()) return false;
  const ReceiveMode mode = reference.directory.ModeOf(first.undertaker());
  return mode == ReceiveMode::kDirect || mode == ReceiveMode::kParticipating;
}

std::string RuleOf(const v1::Candidate& candidate) {
  if (candidate.reasons().empty()) return "";
  const std::string& reason = candidate.reasons(0);
  // An id is ASCII; what follows is Chinese.
  const auto end = std::find_if(reason.begin(), reason.end(),
                                [](char c) { return c == ' ' || c == ':' || static_cast<unsigned char>(c) >= 0x80; });
  return {reason.begin(), end};
}

}  // namespace jinqi::routing
