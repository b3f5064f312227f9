#include "common/crypto/jwt.h"

#include <openssl/pem.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/crypto/base64url.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"

namespace jinqi::crypto {
namespace {

// Longer ones are none of ours and are not worth decoding.
constexpr std::size_t kMaxTokenSize = 8'192;
constexpr std::string_view kAlgorithm = "EdDSA";

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Bio ReadFrom(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

std::string Content(const Bio& bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

absl::StatusOr<Key> Ed25519Only(EVP_PKEY* read, const char* fault) {
  Key key(read);
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) return absl::InvalidArgumentError(fault);
  return key;
}

bool SignatureHolds(EVP_PKEY* key, std::string_view signature, std::string_view data) {
  const DigestContext context(EVP_MD_CTX_new());
  return context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(data), data.size()) == 1;
}

struct TokenParts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;
};

std::optional<TokenParts> Split(std::string_view token) {
  if (token.size() > kMaxTokenSize) return std::nullopt;
  const auto first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return TokenParts{.header = token.substr(0, first),
                    .payload = token.substr(first + 1, second - first - 1),
                    .signature = token.substr(second + 1),
                    .signed_part = token.substr(0, second)};
}

// The kid of a header that names our algorithm and asks for nothing that we do not know (`crit`).
std::optional<std::string> KidOf(std::string_view encoded_header) {
  const auto text = FromBase64Url(encoded_header);
  if (!text) return std::nullopt;
  const auto header = nlohmann::json::parse(*text, nullptr, false);
  if (!header.is_object() || header.contains("crit")) return std::nullopt;
  const auto algorithm = header.find("alg");
  const auto kid = header.find("kid");
  if (algorithm == header.end() || kid == header.end() || *algorithm != kAlgorithm || !kid->is_string()) {
    return std::nullopt;
  }
  return kid->get<std::string>();
}

}  // namespace

absl::StatusOr<KeyPair> NewEd25519() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Bio secret(BIO_new(BIO_s_mem()));
  const Bio open(BIO_new(BIO_s_mem()));
  if (key == nullptr || secret == nullptr || open == nullptr ||
      PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
    return absl::InternalError("no Ed25519 key could be made");
  }
  return KeyPair{.private_pem = Content(secret), .public_pem = Content(open)};
}

absl::StatusOr<TokenSigner> TokenSigner::Make(std::string_view private_key_pem, std::string kid) {
  const Bio bio = ReadFrom(private_key_pem);
  ASSIGN_OR_RETURN(Key key, Ed25519Only(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr),
                                        "the PEM holds no Ed25519 private key"));
  const nlohmann::json header = {{"alg", kAlgorithm}, {"kid", std::move(kid)}, {"typ", "JWT"}};
  constexpr auto kReplace = nlohmann::json::error_handler_t::replace;
  return TokenSigner(std::move(key), Base64Url(header.dump(-1, ' ', false, kReplace)));
}

absl::StatusOr<std::string> TokenSigner::Sign(std::string_view payload_json) const {
  std::string token = header_ + "." + Base64Url(payload_json);
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(token),
                     token.size()) != 1) {
    return absl::InternalError("a token could not be signed");
  }
  signature.resize(size);
  return token + "." + Base64Url(signature);
}

absl::StatusOr<std::string> SignToken(std::string_view private_key_pem, std::string_view kid,
                                      std::string_view payload_json) {
  ASSIGN_OR_RETURN(const TokenSigner signer, TokenSigner::Make(private_key_pem, std::string(kid)));
  return signer.Sign(payload_json);
}

absl::StatusOr<TokenVerifier> TokenVerifier::Make(const std::map<std::string, std::string>& public_keys) {
  std::map<std::string, Key, std::less<>> keys;
  for (const auto& [kid, pem] : public_keys) {
    const Bio bio = ReadFrom(pem);
    ASSIGN_OR_RETURN(Key key, Ed25519Only(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr),
                                          "the PEM holds no Ed25519 public key"));
    keys.emplace(kid, std::move(key));
  }
  return TokenVerifier(std::move(keys));
}

absl::StatusOr<std::string> TokenVerifier::Verify(std::string_view token) const {
  const absl::Status refused = Error(config::v1::REASON_UNAUTHENTICATED);
  const auto parts = Split(token);
  if (!parts) return refused;
  const auto kid = KidOf(parts->header);
  if (!kid) return refused;
  const auto key = keys_.find(*kid);
  const auto signature = FromBase64Url(parts->signature);
  if (key == keys_.end() || !signature) return refused;
  if (!SignatureHolds(key->second.get(), *signature, parts->signed_part)) return refused;
  auto payload = FromBase64Url(parts->payload);
  if (!payload) return refused;
  return *std::move(payload);
}

}  // namespace jinqi::crypto
