#include "common/crypto/sha256.h"

#include <openssl/hmac.h>

#include "common/crypto/openssl.h"
#include "common/crypto/sm3.h"

namespace jinqi::crypto {
namespace {

constexpr std::size_t kSize = 32;

}  // namespace

std::string Sha256(std::string_view data) {
  std::string digest(kSize, '\0');
  unsigned int size = 0;
  Require(EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                     nullptr));
  return digest;
}

std::string Sha256Hex(std::string_view data) { return Hex(Sha256(data)); }

std::string HmacSha256(std::string_view key, std::string_view data) {
  std::string mac(kSize, '\0');
  unsigned int size = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
           data.size(), reinterpret_cast<unsigned char*>(mac.data()), &size);
  Require(made != nullptr ? 1 : 0);
  return mac;
}

}  // namespace jinqi::crypto
