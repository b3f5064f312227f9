// Personal data at rest: sealed under a key of a ring, found again by a blind index (SEC-09).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/sm3.h"

namespace jinqi::crypto {

// Key id (1-255 bytes) to key (32 random bytes). Rotation adds a key and names it current; the others only open.
struct KeyRing {
  std::map<std::string, std::string> keys;
  std::string current;
};

// SM4-CTR, then HMAC-SM3 over everything and the associated data. In front of what is sealed stand the algorithm id and
// the key id. Each key gives three by HMAC: to encrypt, to authenticate, to index. Thread-safe.
class Vault {
 public:
  // INVALID_ARGUMENT for a ring without its current key, or with a key that is not 32 bytes.
  static absl::StatusOr<Vault> Make(const KeyRing& ring);

  Vault(Vault&&) = default;
  Vault& operator=(Vault&&) = default;

  // Sealed under the current key. `associated` (tenant, order) is not stored: the same must be given to open.
  std::string Seal(std::string_view plain, std::string_view associated) const;

  // UNIMPLEMENTED for an algorithm id that is unknown (never a fallback), FAILED_PRECONDITION for a key that the ring
  // has not, DATA_LOSS for anything changed. These carry no reason: a caller outside is told INTERNAL.
  absl::StatusOr<std::string> Open(std::string_view sealed, std::string_view associated) const;

  // Sealed under another key than the current: to be sealed again when next written.
  bool IsOld(std::string_view sealed) const;

  // 64 hexadecimal digits for a value in normal form, under the current key: equal values, equal index.
  std::string BlindIndex(std::string_view normalized) const;
  // Under every key, the current first: look up all of them, as records keep the index of their time.
  std::vector<std::string> BlindIndexes(std::string_view normalized) const;

 private:
  struct Keys {
    std::string cipher;
    HmacSm3Key mac;
    HmacSm3Key index;
  };
  Vault(std::map<std::string, Keys, std::less<>> keys, std::string current);

  std::map<std::string, Keys, std::less<>> keys_;
  std::string current_;
};

}  // namespace jinqi::crypto
