// The rules on what is not taken, as reference data (INT-08).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "jinqi/intake/v1/reference.pb.h"

namespace jinqi::intake {

// Immutable.
class Refusals {
 public:
  Refusals() = default;
  // INVALID_ARGUMENT where a reason has no rule or two: a seat must find each.
  static absl::StatusOr<Refusals> Make(const v1::RefusalRules& rules);

  // What a text could be refused for; the first rule that matches. Only a proposal.
  std::optional<v1::RefusalProposal> Propose(std::string_view title, std::string_view content) const;

  // Where its caller is sent; empty where the seat names it.
  std::string ChannelOf(v1::RefusalReason reason) const;

 private:
  struct Rule {
    v1::RefusalReason reason = v1::REFUSAL_REASON_UNSPECIFIED;
    std::string told_channel;
    // As written, and in the form of text::Normalize.
    std::vector<std::pair<std::string, std::string>> words;
    bool case_number = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace jinqi::intake
