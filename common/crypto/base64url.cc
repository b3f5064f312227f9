#include "common/crypto/base64url.h"

#include "absl/strings/escaping.h"

namespace jinqi::crypto {

std::string Base64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape(absl::string_view(bytes.data(), bytes.size()));
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(absl::string_view(text.data(), text.size()), &bytes)) return std::nullopt;
  // Abseil also takes padding, blanks and stray low bits: two texts for the same bytes.
  if (Base64Url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace jinqi::crypto
