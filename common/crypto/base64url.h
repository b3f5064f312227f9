// Base64 for addresses and tokens (RFC 4648, section 5) without padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jinqi::crypto {

std::string Base64Url(std::string_view bytes);
// Only the one form that Base64Url gives is taken: no padding, no blanks, no stray bits.
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace jinqi::crypto
