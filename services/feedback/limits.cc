#include "services/feedback/limits.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace jinqi::feedback {
namespace {

// Longer than any limit of the field.
constexpr int kMostDays = 366;
// A message and a call; more than these are harassment.
constexpr int kFewestContacts = 2;
constexpr int kMostContacts = 3;
constexpr int kMostText = 4000;

void CheckRange(const char* name, int value, int least, int most, std::vector<std::string>& faults) {
  if (value >= least && value <= most) return;
  faults.push_back(absl::StrCat(name, " is ", value, ", must be ", least, " to ", most));
}

}  // namespace

absl::Status CheckLimits(const Limits& limits) {
  std::vector<std::string> faults;
  CheckRange("follow_up_days", limits.follow_up_days, 1, kMostDays, faults);
  CheckRange("rating_days", limits.rating_days, 1, kMostDays, faults);
  CheckRange("max_contacts", limits.max_contacts, kFewestContacts, kMostContacts, faults);
  CheckRange("partly_percent", limits.partly_percent, 0, 100, faults);
  CheckRange("max_text", limits.max_text, 1, kMostText, faults);
  CheckRange("appeal_days", limits.appeal_days, 1, kMostDays, faults);
  CheckRange("second_follow_up_percent", limits.second_follow_up_percent, 1, 100, faults);
  CheckRange("second_follow_up_calls", limits.second_follow_up_calls, 1, kMostContacts, faults);
  CheckRange("opinion_days", limits.opinion_days, 1, kMostDays, faults);
  if (limits.unit.empty()) faults.emplace_back("unit is empty");
  if (!absl::StrContains(limits.rating_link, "{token}")) faults.emplace_back("rating_link has no {token}");
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("configuration: ", absl::StrJoin(faults, "; ")));
}

}  // namespace jinqi::feedback
