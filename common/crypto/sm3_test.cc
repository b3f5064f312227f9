#include "common/crypto/sm3.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "common/crypto/openssl.h"

namespace jinqi::crypto {
namespace {

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("the published vectors of SM3 hold", "[SEC-09]") {
  INFO("SEC-09/accept");
  // GB/T 32905-2016, annex A.
  CHECK(Sm3Hex("abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  CHECK(Sm3Hex(Repeated("abcd", 16)) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
  CHECK(Sm3Hex("") == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
}

TEST_CASE("a digest in pieces is the digest of the whole", "[SEC-09]") {
  const std::string text = Repeated("政企同行，有需必应。", 40);
  Sm3Hasher hasher;
  for (const std::size_t size : {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, text.size()}) {
    for (std::size_t at = 0; at < text.size(); at += size) hasher.Update(std::string_view(text).substr(at, size));
    CHECK(hasher.Finish() == Sm3(text));
  }
}

// By OpenSSL's own HMAC.
std::string Reference(std::string_view key, std::string_view data) {
  unsigned char mac[kSm3Size];
  std::size_t size = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SM3", nullptr, key.data(), key.size(),
            reinterpret_cast<const unsigned char*>(data.data()), data.size(), mac, sizeof(mac), &size);
  return {reinterpret_cast<char*>(mac), size};
}

TEST_CASE("HMAC-SM3 is OpenSSL's, for keys of any length", "[SEC-09]") {
  const std::string key = Repeated("k", GENERATE(1, 32, 63, 64, 65, 200));
  const HmacSm3Key reused(key);
  for (const std::string& data : {std::string(), std::string("abc"), Repeated("abc", 500)}) {
    CHECK(reused.Mac(data) == Reference(key, data));
    CHECK(reused.Mac({data, data}) == Reference(key, data + data));
    CHECK(HmacSm3(key, data) == Reference(key, data));
  }
}

TEST_CASE("HMAC-SM3 gives the published value", "[SEC-09]") {
  // GM/T 0042-2015, annex D.3.
  std::string key;
  for (char c = 1; c <= 32; ++c) key += c;
  CHECK(Hex(HmacSm3(key, Repeated("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 2))) ==
        "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a");
}

TEST_CASE("digests on many threads do not mix", "[SEC-09]") {
  const HmacSm3Key key("shared");
  const std::string right = Hex(key.Mac("津企"));
  const std::string digest = Sm3("津企");
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  threads.reserve(wrong.size());
  for (int& mine : wrong) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2'000; ++n) mine += (Hex(key.Mac("津企")) != right) + (Sm3("津企") != digest);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4));
}

TEST_CASE("equality in constant time is equality", "[SEC-09]") {
  CHECK(EqualInConstantTime("", ""));
  CHECK(EqualInConstantTime("abc", "abc"));
  CHECK_FALSE(EqualInConstantTime("abc", "abd"));
  CHECK_FALSE(EqualInConstantTime("abc", "ab"));
}

}  // namespace
}  // namespace jinqi::crypto
