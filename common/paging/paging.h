// Pages of lists (GWY-09, AIP-158).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/sm3.h"

namespace jinqi::paging {

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 100;

// The place where the next page starts, in the client's hands: signed and bound to the query, but readable, so that a
// keyset holds no personal data. Thread-safe. All replicas need the same key.
class PageTokens {
 public:
  explicit PageTokens(std::string_view key) : key_(key) {}

  // `query_fingerprint`: tenant, filter and order of the list, in any form that is stable.
  std::string Make(std::string_view query_fingerprint, std::string_view keyset) const;
  // The keyset. PAGE_TOKEN_INVALID for a token that is not ours, changed, or of another query.
  absl::StatusOr<std::string> Open(std::string_view token, std::string_view query_fingerprint) const;

 private:
  crypto::HmacSm3Key key_;
};

// 50 when absent, else 1 to 100 as asked; a fault OUT_OF_RANGE of the field page_size for others.
absl::StatusOr<int> PageSize(std::optional<int> requested);

}  // namespace jinqi::paging
