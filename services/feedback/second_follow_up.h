// 二次回访: somebody else asks the enterprise again, and what it says is held against the first follow-up (FBK-14).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/feedback/limits.h"
#include "services/feedback/rating.h"
#include "services/feedback/round.h"

namespace jinqi::feedback {

// What the enterprise says of the first follow-up.
struct SecondAnswer {
  v1::SecondFollowUp::FirstCall first_call = v1::SecondFollowUp::FIRST_CALL_UNSPECIFIED;
  // Both or none.
  RatingValues values;
};

// What cannot be true beside what the first follow-up says. An answer that was given on the phone is contradicted by
// one on the other side of bad and good; one that the enterprise gave itself by the link is not the follower's word.
std::vector<v1::SecondFollowUp::Contradiction> Contradictions(const v1::FollowUpRecord& first,
                                                              const SecondAnswer& second);

// Every faulty field at once.
absl::Status CheckSecondFollowUp(const v1::RecordSecondFollowUpRequest& request, const Limits& limits);

struct SecondInput {
  RoundId id;
  std::string etag;
  // The caller's account and body.
  std::string account;
  std::string body;
  v1::FollowUpContact::Outcome outcome = v1::FollowUpContact::OUTCOME_UNSPECIFIED;
  std::string recording;
  SecondAnswer answer;
  // With a text: the new private part, made from the version that `etag` names.
  std::optional<SealedPrivate> sealed;
};

// The round, the second follow-up, and the account whose word is checked.
std::vector<ledger::Name> SecondNames(const RoundId& id, const std::string& follower);

// PERMISSION_DENIED for a body that handled the order, SAME_FOLLOWER for who called in the round, VERSION_CONFLICT,
// FOLLOW_UP_DONE, CONTACT_SAME_DAY. A contradiction marks the round, the order's score and the follower. The answer is
// the SecondFollowUp.
absl::StatusOr<ledger::Outcome> DecideSecondFollowUp(const ledger::View& view, SecondInput input, const Limits& limits);

}  // namespace jinqi::feedback
