// A standard answer on its way from the draft to the end of its validity (POL-15, INT-10).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/ledger/types.h"
#include "jinqi/policy/v1/records.pb.h"
#include "services/policy_knowledge/search.h"

namespace jinqi::policy {

// A capital letter, then capitals, digits and hyphens, not a hyphen at the end; at most 32.
bool IsAnswerId(std::string_view id);

// What a name says: standardAnswers/K-102@5, or without version.
struct AnswerName {
  std::string id;
  std::optional<int> version;
};
// NOT_FOUND for any other name.
absl::StatusOr<AnswerName> ParseAnswerName(std::string_view name);

// Every faulty field at once; `prefix` stands before the names.
absl::Status CheckAnswer(const v1::StandardAnswer& answer, std::string_view prefix);

// Of the version that was changed last.
std::int64_t UpdateTimeOf(const v1::StandardAnswerRecord& record);

// Where the version at `index` stands on a day. The highest version whose first day has come is in the place of all
// before it, also once its own last day is over.
v1::StandardAnswer::State StateOn(const v1::StandardAnswerRecord& record, int index, absl::CivilDay day);
// The index of the version in force; nullopt: there is none.
std::optional<int> InForceOn(const v1::StandardAnswerRecord& record, absl::CivilDay day);
// The version as it is shown: state of the day, etag of the record.
v1::StandardAnswer ShownOn(const v1::StandardAnswerRecord& record, int index, std::int64_t record_version,
                           absl::CivilDay day);

// What it is found by.
Passage PassageOf(const v1::StandardAnswer& answer);

// The answer of each is the StandardAnswer. `account`: who acts. `today`: for the shown state and for dates.
absl::StatusOr<ledger::Outcome> DecideCreateAnswer(const ledger::View& view,
                                                   const v1::CreateStandardAnswerRequest& request,
                                                   const std::string& account);
absl::StatusOr<ledger::Outcome> DecideUpdateAnswer(const ledger::View& view,
                                                   const v1::UpdateStandardAnswerRequest& request,
                                                   const std::string& account);
absl::StatusOr<ledger::Outcome> DecideSubmitAnswer(const ledger::View& view,
                                                   const v1::SubmitStandardAnswerRequest& request,
                                                   const std::string& account);
absl::StatusOr<ledger::Outcome> DecideReviewAnswer(const ledger::View& view,
                                                   const v1::ReviewStandardAnswerRequest& request,
                                                   const std::string& account);
absl::StatusOr<ledger::Outcome> DecidePublishAnswer(const ledger::View& view,
                                                    const v1::PublishStandardAnswerRequest& request,
                                                    const std::string& account);
absl::StatusOr<ledger::Outcome> DecideRetireAnswer(const ledger::View& view,
                                                   const v1::RetireStandardAnswerRequest& request,
                                                   const std::string& account);

}  // namespace jinqi::policy
