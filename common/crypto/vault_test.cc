#include "common/crypto/vault.h"

#include <catch2/catch.hpp>
#include <set>

#include "absl/strings/escaping.h"
#include "common/crypto/openssl.h"

namespace jinqi::crypto {
namespace {

const std::string kOne(32, '\x01');
const std::string kTwo(32, '\x02');

Vault Make(const KeyRing& ring) {
  auto vault = Vault::Make(ring);
  REQUIRE(vault.ok());
  return *std::move(vault);
}

Vault First() { return Make({.keys = {{"2025", kOne}}, .current = "2025"}); }
Vault Rotated() { return Make({.keys = {{"2025", kOne}, {"2026", kTwo}}, .current = "2026"}); }

TEST_CASE("the published vector of SM4 holds in counter mode", "[SEC-09]") {
  INFO("SEC-09/accept");
  // GB/T 32907-2016, annex A: one block. In counter mode the key stream is the cipher of the counter, so that a zero
  // text gives the cipher of the published plain text.
  const std::string key = absl::HexStringToBytes("0123456789abcdeffedcba9876543210");
  const std::string zeros(16, '\0');
  std::string output(16, '\0');
  int written = 0;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  REQUIRE(EVP_EncryptInit_ex2(context, Sm4CtrAlgorithm(), bytes, bytes, nullptr) == 1);
  REQUIRE(EVP_EncryptUpdate(context, reinterpret_cast<unsigned char*>(output.data()), &written,
                            reinterpret_cast<const unsigned char*>(zeros.data()), 16) == 1);
  EVP_CIPHER_CTX_free(context);
  CHECK(Hex(output) == "681edf34d206965e86b3e94f536e4246");
}

TEST_CASE("what is sealed opens again and shows nothing", "[SEC-09]") {
  const Vault vault = First();
  const std::string plain = GENERATE(std::string(), std::string("13812345678"), std::string(5'000, '\xAB'));
  const std::string sealed = vault.Seal(plain, "tianjin/order-1");
  CHECK(vault.Open(sealed, "tianjin/order-1").value() == plain);
  if (!plain.empty()) CHECK(sealed.find(plain) == std::string::npos);
  CHECK(vault.Seal(plain, "tianjin/order-1") != sealed);
  CHECK(sealed.size() == 2 + 4 + 16 + plain.size() + 32);
}

TEST_CASE("any changed byte is noticed", "[SEC-09]") {
  const Vault vault = First();
  const std::string sealed = vault.Seal("13812345678", "tianjin/order-1");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      CHECK_FALSE(vault.Open(changed, "tianjin/order-1").ok());
    }
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    CHECK_FALSE(vault.Open(std::string_view(sealed).substr(0, size), "tianjin/order-1").ok());
  }
  CHECK(vault.Open(sealed + "x", "tianjin/order-1").status().code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("what is sealed for one order does not open for another", "[SEC-09][GWY-04]") {
  const Vault vault = First();
  const std::string sealed = vault.Seal("13812345678", "tianjin/order-1");
  CHECK(vault.Open(sealed, "tianjin/order-2").status().code() == absl::StatusCode::kDataLoss);
  CHECK(vault.Open(sealed, "").status().code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("rotation keeps old records readable", "[SEC-09]") {
  INFO("SEC-09/accept");
  const Vault first = First();
  const Vault rotated = Rotated();
  const std::string old = first.Seal("13812345678", "a");
  CHECK(rotated.Open(old, "a").value() == "13812345678");
  CHECK(rotated.IsOld(old));
  CHECK_FALSE(first.IsOld(old));
  const std::string young = rotated.Seal("13812345678", "a");
  CHECK_FALSE(rotated.IsOld(young));
  CHECK(first.Open(young, "a").status().code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("an unknown algorithm id is refused", "[SEC-09]") {
  INFO("SEC-09/bad");
  const Vault vault = First();
  std::string sealed = vault.Seal("13812345678", "a");
  sealed[0] = '\x02';
  CHECK(vault.Open(sealed, "a").status().code() == absl::StatusCode::kUnimplemented);
  sealed[0] = '\0';
  CHECK(vault.Open(sealed, "a").status().code() == absl::StatusCode::kUnimplemented);
  CHECK(vault.Open("", "a").status().code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("a value is found by its blind index, also after rotation", "[SEC-09]") {
  const Vault first = First();
  const Vault rotated = Rotated();
  const std::string index = first.BlindIndex("13812345678");
  CHECK(index.size() == 64);
  CHECK(index == first.BlindIndex("13812345678"));
  CHECK(index != first.BlindIndex("13812345679"));
  CHECK(index != rotated.BlindIndex("13812345678"));
  CHECK(rotated.BlindIndexes("13812345678") == std::vector<std::string>{rotated.BlindIndex("13812345678"), index});
  CHECK(first.BlindIndexes("13812345678") == std::vector<std::string>{index});
}

TEST_CASE("a ring that cannot be used is refused", "[SEC-09]") {
  CHECK_FALSE(Vault::Make({}).ok());
  CHECK_FALSE(Vault::Make({.keys = {{"a", kOne}}, .current = "b"}).ok());
  CHECK_FALSE(Vault::Make({.keys = {{"a", kOne.substr(1)}}, .current = "a"}).ok());
  CHECK_FALSE(Vault::Make({.keys = {{"", kOne}}, .current = ""}).ok());
  CHECK_FALSE(Vault::Make({.keys = {{std::string(256, 'a'), kOne}}, .current = std::string(256, 'a')}).ok());
  CHECK(Vault::Make({.keys = {{std::string(255, 'a'), kOne}}, .current = std::string(255, 'a')}).ok());
}

TEST_CASE("a longest key id is still read", "[SEC-09]") {
  const std::string id(255, 'a');
  const Vault vault = Make({.keys = {{id, kOne}}, .current = id});
  CHECK(vault.Open(vault.Seal("x", "a"), "a").value() == "x");
}

}  // namespace
}  // namespace jinqi::crypto
