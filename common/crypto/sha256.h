// SHA-256 (FIPS 180-4) and HMAC-SHA256, through OpenSSL: for what others check, as the world agrees on it.
#pragma once

#include <string>
#include <string_view>

namespace jinqi::crypto {

// 32 bytes.
std::string Sha256(std::string_view data);
// 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view data);

// 32 bytes.
std::string HmacSha256(std::string_view key, std::string_view data);

}  // namespace jinqi::crypto
