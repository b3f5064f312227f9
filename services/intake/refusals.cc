#include "services/intake/refusals.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/text/text.h"

namespace jinqi::intake {
namespace {

constexpr char kCaseNumber[] = "CASE_NUMBER";

}  // namespace

absl::StatusOr<Refusals> Refusals::Make(const v1::RefusalRules& rules) {
  Refusals refusals;
  std::set<v1::RefusalReason> reasons;
  for (const v1::RefusalRule& rule : rules.rules()) {
    if (!reasons.insert(rule.reason()).second) {
      return absl::InvalidArgumentError(absl::StrCat("two refusal rules for ", v1::RefusalReason_Name(rule.reason())));
    }
    Rule& added = refusals.rules_.emplace_back();
    added.reason = rule.reason();
    added.told_channel = rule.told_channel();
    added.case_number = rule.case_number();
    for (const std::string& word : rule.words()) added.words.emplace_back(word, text::Normalize(word));
  }
  for (int reason = v1::REFUSAL_REASON_EMERGENCY; reason <= v1::RefusalReason_MAX; ++reason) {
    if (reasons.contains(static_cast<v1::RefusalReason>(reason))) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("no refusal rule for ", v1::RefusalReason_Name(static_cast<v1::RefusalReason>(reason))));
  }
  return refusals;
}

std::optional<v1::RefusalProposal> Refusals::Propose(std::string_view title, std::string_view content) const {
  const std::string all = absl::StrCat(std::string(title), "\n", std::string(content));
  const std::string normalized = text::Normalize(all);
  for (const Rule& rule : rules_) {
    const auto word = std::find_if(rule.words.begin(), rule.words.end(), [&normalized](const auto& one) {
      return normalized.find(one.second) != std::string::npos;
    });
    const bool by_number = rule.case_number && text::NamesCourtCase(all);
    if (!by_number && word == rule.words.end()) continue;
    v1::RefusalProposal proposal;
    proposal.set_reason(rule.reason);
    proposal.set_cue(by_number ? kCaseNumber : word->first);
    proposal.set_told_channel(rule.told_channel);
    return proposal;
  }
  return std::nullopt;
}

std::string Refusals::ChannelOf(v1::RefusalReason reason) const {
  const auto rule =
      std::find_if(rules_.begin(), rules_.end(), [reason](const Rule& one) { return one.reason == reason; });
  return rule == rules_.end() ? std::string() : rule->told_channel;
}

}  // namespace jinqi::intake
