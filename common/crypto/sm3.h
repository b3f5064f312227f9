// SM3 (GB/T 32905) and HMAC-SM3, through OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace jinqi::crypto {

inline constexpr std::size_t kSm3Size = 32;

// 32 bytes.
std::string Sm3(std::string_view data);
// 64 lower-case hexadecimal digits.
std::string Sm3Hex(std::string_view data);

std::string Hex(std::string_view bytes);

// Takes as long for equal as for different contents.
bool EqualInConstantTime(std::string_view a, std::string_view b);

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextDeleter>;

// The digest of data that comes in pieces.
class Sm3Hasher {
 public:
  Sm3Hasher();
  void Update(std::string_view data);
  // 32 bytes; the hasher then starts anew.
  std::string Finish();

 private:
  DigestContext context_;
};

// A key for HMAC-SM3 with its first blocks computed once. Thread-safe.
class HmacSm3Key {
 public:
  explicit HmacSm3Key(std::string_view key);
  // 32 bytes over the parts, one after the other. Parts are not told apart: give lengths where that matters.
  std::string Mac(std::initializer_list<std::string_view> parts) const;
  std::string Mac(std::string_view data) const { return Mac({data}); }

 private:
  DigestContext inner_;
  DigestContext outer_;
};

// 32 bytes. For more than one message under a key use HmacSm3Key.
std::string HmacSm3(std::string_view key, std::string_view data);

}  // namespace jinqi::crypto
