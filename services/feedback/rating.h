// 评价: one honest rating per round (FBK-05), and what follows from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/identity/caller.h"
#include "common/ledger/types.h"
#include "services/feedback/limits.h"
#include "services/feedback/rating_token.h"
#include "services/feedback/round.h"

namespace jinqi::feedback {

// What the enterprise says.
struct RatingValues {
  events::v1::Solved solved = events::v1::SOLVED_UNSPECIFIED;
  int satisfaction = 0;
};

// Not solved, or 1–2 (FBK-07).
bool IsBad(const RatingValues& values);

// False only when neither half of it was given.
bool HasAnswer(const RatingValues& values);

// Adds a fault for each value that is missing or out of its range; `prefix` stands before the field names (`rating.`).
void CheckValues(const RatingValues& values, std::string_view prefix, Faults& faults);
// TOO_LONG beyond the limit.
void CheckText(std::string_view text, std::string_view field, const Limits& limits, Faults& faults);

// Whether the caller is the enterprise whose order it is, or the account that asked.
bool IsOwner(const identity::Caller& caller, const v1::FollowUpRecord& record);
bool IsOwner(const identity::Caller& caller, const v1::OrderScore& score);
bool IsOwner(const identity::Caller& caller, const v1::OpinionRecord& record);

// Whether the caller is given the token of a round: the account that asked, any account of the enterprise where none
// did (FBK-05).
bool MayRate(const identity::Caller& caller, const v1::FollowUpRecord& record);

struct RatingInput {
  // What the token that was shown allows.
  RatingClaim claim;
  RatingValues values;
  // With a text: the new private part, and the digest of the one that it was made from.
  std::optional<SealedPrivate> sealed;
  std::string old_digest;
};

// A rating by the link. TOKEN_USED, TOKEN_EXPIRED (also for a round that a later one has replaced), NOT_FOUND. The
// answer is the Rating.
absl::StatusOr<ledger::Outcome> DecideCreateRating(const ledger::View& view, RatingInput input);

// The one change that is allowed within the same time; both values stay, the last is effective. TOKEN_USED for a second
// change, NOT_FOUND where nothing was rated.
absl::StatusOr<ledger::Outcome> DecideUpdateRating(const ledger::View& view, RatingInput input);

// Puts the values on the round and tells it: Rated, and what follows. A rating that comes before the follow-up is the
// follow-up. `way`: ONLINE or CALL.
void ApplyRating(Round& round, const RatingValues& values, std::string_view way, ledger::Micros now);

}  // namespace jinqi::feedback
