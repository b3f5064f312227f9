// The token of the rating link: who has it rates one round of one order without logging in (INT-18, FBK-05).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock/clock.h"
#include "common/crypto/vault.h"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {

// What a token allows: to rate this round until then.
struct RatingClaim {
  RoundId id;
  clock::Micros expire_time = 0;
};

// Where a round is rated: `pattern` with {order_no} and {token} in it.
std::string RatingLink(const std::string& pattern, const RoundId& id, const std::string& token);

// Signs tokens and reads them: `<order number>-<round>.<expiry, seconds since 1970>.<signature>`. A token names nobody,
// opens nothing else, and is stored nowhere. Thread-safe; the vault outlives it.
class RatingTokens {
 public:
  explicit RatingTokens(const crypto::Vault& vault) : vault_(vault) {}

  // Expires with the second that `claim` names.
  std::string Make(const std::string& tenant, const RatingClaim& claim) const;
  // nullopt for one that this city has not signed, under any key of the ring.
  std::optional<RatingClaim> Read(const std::string& tenant, const std::string& token) const;

 private:
  const crypto::Vault& vault_;
};

}  // namespace jinqi::feedback
