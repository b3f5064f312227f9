// Tokens: compact JWS with EdDSA over Ed25519 (RFC 7515, RFC 8037).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "absl/status/statusor.h"

namespace jinqi::crypto {

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};

// A new Ed25519 key pair, PKCS #8 and SubjectPublicKeyInfo in PEM.
absl::StatusOr<KeyPair> NewEd25519();

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

// Signs payloads under one key. Thread-safe.
class TokenSigner {
 public:
  // INVALID_ARGUMENT for a PEM that holds no Ed25519 private key.
  static absl::StatusOr<TokenSigner> Make(std::string_view private_key_pem, std::string kid);

  absl::StatusOr<std::string> Sign(std::string_view payload_json) const;

 private:
  TokenSigner(Key key, std::string header) : key_(std::move(key)), header_(std::move(header)) {}
  Key key_;
  std::string header_;
};

// For a single token; a service that signs many keeps a TokenSigner.
absl::StatusOr<std::string> SignToken(std::string_view private_key_pem, std::string_view kid,
                                      std::string_view payload_json);

// Verifies tokens of the keys that it was given. Thread-safe.
class TokenVerifier {
 public:
  // Key id to public PEM. INVALID_ARGUMENT for a PEM that holds no Ed25519 public key.
  static absl::StatusOr<TokenVerifier> Make(const std::map<std::string, std::string>& public_keys);

  // The payload's JSON. UNAUTHENTICATED, always the same, for any other algorithm (`none` too), an unknown kid, a
  // changed or malformed token. Whether it has expired is the caller's to check: time is not read here.
  absl::StatusOr<std::string> Verify(std::string_view token) const;

 private:
  explicit TokenVerifier(std::map<std::string, Key, std::less<>> keys) : keys_(std::move(keys)) {}
  std::map<std::string, Key, std::less<>> keys_;
};

}  // namespace jinqi::crypto
