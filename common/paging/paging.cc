#include "common/paging/paging.h"

#include "common/crypto/base64url.h"
#include "common/status/status.h"

namespace jinqi::paging {
namespace {

// What a token holds: version, MAC, keyset.
constexpr std::string_view kVersion = "\x01";
constexpr std::size_t kMacSize = 16;
constexpr std::size_t kFrontSize = 1 + kMacSize;
constexpr std::size_t kMaxTokenSize = 4'096;

// The fingerprint is hashed to a fixed length, so that no end of it can pass for the beginning of a keyset.
std::string MacOf(const crypto::HmacSm3Key& key, std::string_view query_fingerprint, std::string_view keyset) {
  return key.Mac({kVersion, crypto::Sm3(query_fingerprint), keyset}).substr(0, kMacSize);
}

}  // namespace

std::string PageTokens::Make(std::string_view query_fingerprint, std::string_view keyset) const {
  std::string token(kVersion);
  token += MacOf(key_, query_fingerprint, keyset);
  token += keyset;
  return crypto::Base64Url(token);
}

absl::StatusOr<std::string> PageTokens::Open(std::string_view token, std::string_view query_fingerprint) const {
  const absl::Status refused = FieldError("page_token", config::v1::REASON_PAGE_TOKEN_INVALID);
  if (token.size() > kMaxTokenSize) return refused;
  const auto bytes = crypto::FromBase64Url(token);
  if (!bytes || bytes->size() < kFrontSize || !bytes->starts_with(kVersion)) return refused;
  const std::string_view mac = std::string_view(*bytes).substr(1, kMacSize);
  std::string keyset = bytes->substr(kFrontSize);
  if (!crypto::EqualInConstantTime(mac, MacOf(key_, query_fingerprint, keyset))) return refused;
  return keyset;
}

absl::StatusOr<int> PageSize(std::optional<int> requested) {
  if (!requested) return kDefaultPageSize;
  if (*requested < 1 || *requested > kMaxPageSize) {
    return FieldError("page_size", config::v1::REASON_OUT_OF_RANGE,
                      {{"min", "1"}, {"max", std::to_string(kMaxPageSize)}});
  }
  return *requested;
}

}  // namespace jinqi::paging
