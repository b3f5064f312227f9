#include "common/outbound/signature.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/sha256.h"
#include "common/crypto/sm3.h"

namespace jinqi::outbound {

std::string Sign(std::string_view secret, std::int64_t timestamp, std::string_view key, std::string_view body) {
  std::string signed_text = absl::StrCat(timestamp, ".");
  signed_text.append(key).append(".").append(body);
  return "v1=" + crypto::Hex(crypto::HmacSha256(secret, signed_text));
}

bool Verify(std::string_view secret, std::int64_t timestamp, std::string_view key, std::string_view body,
            std::string_view signature, clock::Micros now) {
  // A full stop in the key would let its end pass for the beginning of the body.
  if (secret.empty() || key.find('.') != std::string_view::npos) return false;
  const std::int64_t seconds = now / clock::kSecond;
  constexpr std::int64_t kSeconds = kTolerance / clock::kSecond;
  const bool near = timestamp >= seconds - kSeconds && timestamp <= seconds + kSeconds;
  return crypto::EqualInConstantTime(Sign(secret, timestamp, key, body), signature) && near;
}

}  // namespace jinqi::outbound
