// 恶意: two persons say that a bad rating is none of the handling (FBK-08). It is never deleted and stays on every
// list.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/feedback/round.h"

namespace jinqi::feedback {

struct MaliceInput {
  RoundId id;
  std::string etag;
  std::string account;
  std::string body;
  // That the account is limited to; empty: none.
  std::string district;
  std::string reason;
};

// Names the round. The first person proposes, another one confirms: then the rating is out of the body's score.
// NOT_FOUND for a round that was never rated badly, and in another district; PERMISSION_DENIED for a body that handled
// the order; VERSION_CONFLICT; MALICE_SECOND_PERSON for the same person; ILLEGAL_MOVE once confirmed. The answer is the
// Rating.
absl::StatusOr<ledger::Outcome> DecideMarkMalicious(const ledger::View& view, const MaliceInput& input);

}  // namespace jinqi::feedback
