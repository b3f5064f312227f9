#include "common/crypto/jwt.h"

#include <openssl/pem.h>

#include <catch2/catch.hpp>

#include "common/crypto/base64url.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"

namespace jinqi::crypto {
namespace {

constexpr std::string_view kPayload = R"({"sub":"seat-1","roles":["SEAT"],"exp":1760371199})";

KeyPair NewPair() {
  auto pair = NewEd25519();
  REQUIRE(pair.ok());
  return *std::move(pair);
}

TokenVerifier VerifierOf(const std::map<std::string, std::string>& keys) {
  auto verifier = TokenVerifier::Make(keys);
  REQUIRE(verifier.ok());
  return *std::move(verifier);
}

TEST_CASE("a token of ours gives its payload", "[GWY-02]") {
  const KeyPair one = NewPair();
  const KeyPair two = NewPair();
  const TokenVerifier verifier = VerifierOf({{"one", one.public_pem}, {"two", two.public_pem}});
  CHECK(verifier.Verify(SignToken(one.private_pem, "one", kPayload).value()).value() == kPayload);
  CHECK(verifier.Verify(SignToken(two.private_pem, "two", kPayload).value()).value() == kPayload);
}

TEST_CASE("the example of RFC 8037 holds", "[GWY-02]") {
  // Appendix A.4: its header has no kid, so that only the signature can be compared.
  const KeyPair pair = NewPair();
  const auto signer = TokenSigner::Make(pair.private_pem, "k");
  REQUIRE(signer.ok());
  const std::string token = signer->Sign("Example of Ed25519 signing").value();
  CHECK(token.find("." + std::string("RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc") + ".") != std::string::npos);
  CHECK(FromBase64Url(token.substr(0, token.find('.'))) == R"({"alg":"EdDSA","kid":"k","typ":"JWT"})");
}

TEST_CASE("every token that is not ours gets the same answer", "[GWY-02][SEC-03]") {
  const KeyPair pair = NewPair();
  const KeyPair other = NewPair();
  const TokenVerifier verifier = VerifierOf({{"k", pair.public_pem}});
  const std::string token = SignToken(pair.private_pem, "k", kPayload).value();
  const std::string payload = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
  const std::string signature = token.substr(token.rfind('.') + 1);
  const auto with_header = [&](std::string_view header) { return Base64Url(header) + "." + payload + "." + signature; };
  std::string changed = token;
  changed[token.find('.') + 3] = changed[token.find('.') + 3] == 'A' ? 'B' : 'A';
  struct Row {
    std::string what;
    std::string token;
  };
  const std::vector<Row> rows = {
      {"none", Base64Url(R"({"alg":"none","kid":"k"})") + "." + payload + "."},
      {"none with a signature", with_header(R"({"alg":"none","kid":"k"})")},
      {"HMAC with the public key", with_header(R"({"alg":"HS256","kid":"k"})")},
      {"no kid", with_header(R"({"alg":"EdDSA"})")},
      {"kid of another kind", with_header(R"({"alg":"EdDSA","kid":1})")},
      {"unknown kid", SignToken(pair.private_pem, "x", kPayload).value()},
      {"critical extension", with_header(R"({"alg":"EdDSA","kid":"k","crit":["b64"]})")},
      {"header is a list", with_header(R"(["EdDSA"])")},
      {"header is no JSON", with_header("EdDSA")},
      {"signed by another key", SignToken(other.private_pem, "k", kPayload).value()},
      {"changed payload", changed},
      {"changed signature", token.substr(0, token.size() - 4) + "AAAA"},
      {"padded", token + "="},
      {"cut", token.substr(0, token.size() - 1)},
      {"four parts", token + ".x"},
      {"two parts", token.substr(0, token.rfind('.'))},
      {"one part", "abc"},
      {"empty", ""},
      {"dots", ".."},
      {"endless", token + std::string(10'000, 'A')},
  };
  const absl::Status refused = Error(config::v1::REASON_UNAUTHENTICATED);
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(verifier.Verify(row.token).status() == refused);
  }
  CHECK(verifier.Verify(token).ok());
}

TEST_CASE("only Ed25519 keys are taken", "[GWY-02]") {
  const KeyPair pair = NewPair();
  EVP_PKEY* const curve = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  BIO* const bio = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PUBKEY(bio, curve) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  const std::string other(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(curve);
  CHECK_FALSE(TokenVerifier::Make({{"k", other}}).ok());
  CHECK_FALSE(TokenVerifier::Make({{"k", "no PEM"}}).ok());
  CHECK_FALSE(TokenVerifier::Make({{"k", pair.private_pem}}).ok());
  CHECK_FALSE(TokenSigner::Make(pair.public_pem, "k").ok());
  CHECK_FALSE(SignToken("", "k", kPayload).ok());
}

}  // namespace
}  // namespace jinqi::crypto
