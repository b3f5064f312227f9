#include "common/crypto/base64url.h"

#include <catch2/catch.hpp>

namespace jinqi::crypto {
namespace {

TEST_CASE("bytes become text that an address takes, and come back", "[SEC-09]") {
  const std::string bytes = GENERATE(std::string(), std::string("f"), std::string("fo"), std::string("foo"),
                                     std::string("\xFB\xFF\x00\xFE", 4));
  const std::string text = Base64Url(bytes);
  CHECK(text.find_first_of("+/= ") == std::string::npos);
  CHECK(FromBase64Url(text) == bytes);
}

TEST_CASE("there is one text for the same bytes", "[SEC-09]") {
  CHECK(FromBase64Url("Zg") == "f");
  const std::string bad = GENERATE("Zg==", "Zh", "Z", " Zg", "Z g", "Zm9v+", "Zm9v/", "津");
  INFO(bad);
  CHECK_FALSE(FromBase64Url(bad).has_value());
}

}  // namespace
}  // namespace jinqi::crypto
