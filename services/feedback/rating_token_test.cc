#include "services/feedback/rating_token.h"

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/crypto/vault.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

crypto::Vault Ring(const std::map<std::string, std::string>& keys, const std::string& current) {
  return testing::Must(crypto::Vault::Make({keys, current}));
}

const std::string kFirstKey(32, 'a');
const std::string kSecondKey(32, 'b');
const RatingClaim kClaim{{"TJ1", 1}, At("2025-10-28T23:59:59+08:00")};

TEST_CASE("a rating token says which round may be rated until when, and is signed", "[INT-18][FBK-05]") {
  const crypto::Vault vault = Ring({{"k1", kFirstKey}}, "k1");
  const RatingTokens tokens(vault);
  const std::string token = tokens.Make("tianjin", kClaim);
  CHECK(token.substr(0, 17) == "TJ1-1.1761667199.");
  CHECK(token.size() == 17 + 32);
  const auto read = tokens.Read("tianjin", token);
  REQUIRE(read.has_value());
  CHECK(read->id == kClaim.id);
  CHECK(read->expire_time == kClaim.expire_time);

  struct Row {
    const char* id;
    std::string token;
  };
  const std::string signature = token.substr(17);
  const Row row = GENERATE_COPY(
      Row{"FBK-05/bad/7 another order", "TJ2-1.1761667199." + signature},
      Row{"another round", "TJ1-0.1761667199." + signature}, Row{"a later expiry", "TJ1-1.1761667200." + signature},
      Row{"another signature", "TJ1-1.1761667199." + std::string(32, '0')},
      Row{"a piece of the signature", token.substr(0, token.size() - 1)}, Row{"more than the signature", token + "0"},
      Row{"no signature", "TJ1-1.1761667199"}, Row{"an empty signature", "TJ1-1.1761667199."}, Row{"nothing", ""},
      Row{"dots", ".."}, Row{"a word", "unknown"});
  INFO(row.id);
  CHECK_FALSE(tokens.Read("tianjin", row.token).has_value());
}

TEST_CASE("what is signed for something else is no rating token", "[FBK-05]") {
  const crypto::Vault vault = Ring({{"k1", kFirstKey}}, "k1");
  const RatingTokens tokens(vault);
  const std::string claim = "TJ1-1.1761667199";
  CHECK_FALSE(tokens.Read("tianjin", claim + "." + vault.BlindIndex(claim).substr(0, 32)).has_value());
  INFO("what we signed and is no claim");
  for (const char* text : {"TJ1-1", "nobody.1761667199"}) {
    const std::string signature = vault.BlindIndex(absl::StrCat("rating:tianjin:", text)).substr(0, 32);
    CHECK_FALSE(tokens.Read("tianjin", absl::StrCat(text, ".", signature)).has_value());
  }
  INFO("another city");
  CHECK_FALSE(tokens.Read("beijing", tokens.Make("tianjin", kClaim)).has_value());
}

TEST_CASE("a link that was sent lives on when the key is changed", "[FBK-05][SEC-09]") {
  const crypto::Vault before = Ring({{"k1", kFirstKey}}, "k1");
  const crypto::Vault after = Ring({{"k1", kFirstKey}, {"k2", kSecondKey}}, "k2");
  const crypto::Vault other = Ring({{"k2", kSecondKey}}, "k2");
  const std::string token = RatingTokens(before).Make("tianjin", kClaim);
  CHECK(RatingTokens(after).Read("tianjin", token).has_value());
  CHECK(RatingTokens(after).Make("tianjin", kClaim) != token);
  CHECK_FALSE(RatingTokens(other).Read("tianjin", token).has_value());
}

}  // namespace
}  // namespace jinqi::feedback
