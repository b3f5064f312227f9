#include "common/paging/paging.h"

#include <catch2/catch.hpp>

#include "common/status/status.h"

namespace jinqi::paging {
namespace {

TEST_CASE("a page token gives its keyset back to the same query only", "[GWY-09]") {
  const PageTokens tokens("key");
  const PageTokens replica("key");
  const PageTokens other("other key");
  const std::string keyset = GENERATE(std::string(), std::string("2025-10-13|TJ1"), std::string("\0\xFF", 2));
  const std::string token = tokens.Make("tianjin|state=HANDLING", keyset);
  CHECK(replica.Open(token, "tianjin|state=HANDLING").value() == keyset);
  CHECK(ReasonOf(tokens.Open(token, "tianjin|state=CLOSED").status()) == config::v1::REASON_PAGE_TOKEN_INVALID);
  CHECK(ReasonOf(tokens.Open(token, "").status()) == config::v1::REASON_PAGE_TOKEN_INVALID);
  CHECK(ReasonOf(other.Open(token, "tianjin|state=HANDLING").status()) == config::v1::REASON_PAGE_TOKEN_INVALID);
}

TEST_CASE("a changed page token is refused", "[GWY-09]") {
  const PageTokens tokens("key");
  const std::string token = tokens.Make("q", "2025-10-13|TJ1");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(tokens.Open(changed, "q").ok());
    CHECK_FALSE(tokens.Open(token.substr(0, i), "q").ok());
  }
  for (const std::string& bad : {std::string("津"), token + "=", std::string(10'000, 'A'), std::string("AQ")}) {
    CHECK(ReasonOf(tokens.Open(bad, "q").status()) == config::v1::REASON_PAGE_TOKEN_INVALID);
  }
  // A fingerprint cannot lend its end to the keyset.
  CHECK_FALSE(tokens.Open(tokens.Make("ab", "c"), "a").ok());
}

TEST_CASE("a page has 1 to 100 entries, 50 when nothing is said", "[GWY-09]") {
  CHECK(PageSize(std::nullopt).value() == 50);
  CHECK(PageSize(1).value() == 1);
  CHECK(PageSize(100).value() == 100);
  const int bad = GENERATE(0, -1, 101, INT32_MAX, INT32_MIN);
  const absl::Status status = PageSize(bad).status();
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(ReasonOf(status) == config::v1::REASON_OUT_OF_RANGE);
}

}  // namespace
}  // namespace jinqi::paging
