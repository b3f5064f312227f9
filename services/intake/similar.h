// Near repeats: by what demands are found that are like a text, and their merging by a person (INT-09). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/text/similarity.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/privacy.h"

namespace jinqi::intake {

inline constexpr std::string_view kLikenessKind = "likeness";
// The side table of its keys.
inline constexpr std::string_view kLikenessKeys = "key";
// The timer after which a demand is no longer found.
inline constexpr std::string_view kForgetTimer = "forget";

ledger::Key LikenessKey(std::string_view order_no);
ledger::Kind LikenessRecords();

// What a text is found by; texts that share pairs of words share keys in proportion. At most 12.
std::vector<std::string> LikenessKeysOf(const Privacy& privacy, const text::Gist& gist);

// Puts the keys of a demand into its likeness record, for so many days from its acceptance. It is named by the command.
void KeepLikeness(const ledger::View& view, v1::DemandRecord& record, int days, ledger::Outcome& outcome);
// Takes them away; nothing where there are none.
absl::Status ForgetLikeness(const ledger::View& view, const std::string& order_no, ledger::Outcome& outcome);
// The same, when the timer falls due.
absl::StatusOr<ledger::Outcome> DecideForgetLikeness(const ledger::View& view, const std::string& order_no);

struct MergeInput {
  std::string order_no;
  std::string etag;
  // The order into which it is merged.
  std::string into;
  // Whether both are of one subject, as far as the person rows tell, and the other is not confidential.
  bool same_subject = false;
  // What its caller is told, for the record `demand_result`.
  std::optional<Sealed> told;
  int archive_after_days = 15;
};

// REGISTERED → MERGED, urging counted on the other. MERGE_SELF, UNKNOWN_VALUE at `into`; ORDER_NOT_HELD; MERGE_NOT_OPEN
// for an order that has ended; MERGE_OTHER_SUBJECT without words for the caller of another subject.
absl::StatusOr<ledger::Outcome> DecideMerge(const ledger::View& view, const MergeInput& input);

}  // namespace jinqi::intake
