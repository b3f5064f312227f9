// A policy's fields, its dates, and its state on a day (POL-01, POL-03).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/ledger/types.h"
#include "jinqi/policy/v1/records.pb.h"

namespace jinqi::policy {

// A lower-case letter, then letters, digits and hyphens, not a hyphen at the end; at most 63 (AIP-122).
bool IsPolicyId(std::string_view id);
// What stands after `policies/`; empty for another name.
std::string PolicyIdOf(std::string_view name);

// Every faulty field at once; `prefix` stands before the names. Dates that contradict each other are told at both
// (POL-01): made before effective before expiry, start of the window before its end.
absl::Status CheckPolicy(const v1::Policy& policy, std::string_view prefix);

// In force from the first instant of the effective day to the last of the expiry day; a repeal holds from its first
// instant (POL-03, POL-04).
v1::Policy::State StateOn(const v1::PolicyRecord& record, absl::CivilDay day);

// 已废止, 已失效 or nothing.
std::string_view MarkOf(v1::Policy::State state);

// The day of a question: YYYY-MM-DD, or `today` when empty. FORMAT for a date that does not exist.
absl::StatusOr<absl::CivilDay> AsOf(std::string_view date, absl::CivilDay today);

// Takes a checked policy in as a draft. ALREADY_EXISTS. The answer is the Policy.
absl::StatusOr<ledger::Outcome> DecideCreatePolicy(const ledger::View& view, const std::string& id, v1::Policy policy);

}  // namespace jinqi::policy
