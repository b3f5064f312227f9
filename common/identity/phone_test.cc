#include "common/identity/phone.h"

#include <catch2/catch.hpp>

#include "common/status/status.h"

namespace jinqi::identity {
namespace {

TEST_CASE("telephone numbers come into one form", "[INT-03][GWY-07]") {
  struct Row {
    std::string id;
    std::string given;
    std::string stored;
  };
  const auto row = GENERATE(
      Row{"mobile", "13812345678", "13812345678"}, Row{"GWY-07/accept", "１３８１２３４５６７８", "13812345678"},
      Row{"blanks", " 138 1234 5678 ", "13812345678"}, Row{"dashes", "138-1234-5678", "13812345678"},
      Row{"long dashes", "138—1234–5678", "13812345678"}, Row{"country", "+86 138-1234-5678", "13812345678"},
      Row{"country with 00", "008613812345678", "13812345678"},
      Row{"full width country", "＋８６１３８１２３４５６７８", "13812345678"},
      Row{"landline", "022-12345678", "022-12345678"}, Row{"landline in one", "02223456789", "022-23456789"},
      Row{"landline in brackets", "（022）2345 6789", "022-23456789"}, Row{"Tianjin's own", "23456789", "022-23456789"},
      Row{"Tianjin's own with dash", "2345-6789", "022-23456789"}, Row{"grouped", "022-2345-6789", "022-23456789"},
      Row{"extension", "022-23456789-123", "022-23456789-123"},
      Row{"extension by 转", "022-23456789转123", "022-23456789-123"},
      Row{"four digits of area", "0311-1234567", "0311-1234567"},
      Row{"four digits, eight local", "0311-1234-5678", "0311-12345678"},
      Row{"country and area", "+86-22-23456789", "022-23456789"},
      Row{"Beijing from abroad", "+86 10 61234567", "010-61234567"}, Row{"toll free", "400-123-4567", "4001234567"},
      Row{"toll free with extension", "4001234567-8", "4001234567-8"});
  INFO(row.id);
  const auto phone = NormalizePhone(row.given);
  REQUIRE(phone.ok());
  CHECK(*phone == row.stored);
  CHECK(NormalizePhone(*phone).value() == row.stored);
}

TEST_CASE("what is no telephone number is refused", "[INT-03]") {
  struct Row {
    std::string id;
    std::string given;
  };
  const auto row = GENERATE(
      Row{"INT-03/accept", "1381234567"}, Row{"12 digits", "138123456789"}, Row{"no such mobile", "12812345678"},
      Row{"letters", "1381234567a"}, Row{"two numbers", "13812345678,13812345679"}, Row{"hotline", "12345"},
      Row{"short landline", "022-1234567"}, Row{"long landline", "022-123456789"}, Row{"area 00", "001-23456789"},
      Row{"area 011", "011-23456789"}, Row{"local from 0", "022-02345678"},
      Row{"mobile with extension", "13812345678-1"}, Row{"endless extension", "022-23456789-1234567"},
      Row{"masked", "138****5678"}, Row{"words", "无"}, Row{"abroad", "+1 202 555 0100"},
      Row{"bad bytes", "1381234567\xFF"}, Row{"signs only", "--"});
  INFO(row.id);
  CHECK(ReasonOf(NormalizePhone(row.given).status()) == config::v1::REASON_FORMAT);
}

TEST_CASE("a number that is not given is told as such", "[INT-03]") {
  const std::string blank = GENERATE("", "  ", "\u3000\u200B");
  CHECK(ReasonOf(NormalizePhone(blank).status()) == config::v1::REASON_REQUIRED);
}

TEST_CASE("mobiles are told from landlines", "[SEC-06]") {
  CHECK(IsMobile("13812345678"));
  CHECK_FALSE(IsMobile("022-12345678"));
  CHECK_FALSE(IsMobile("4001234567"));
  CHECK_FALSE(IsMobile(""));
}

}  // namespace
}  // namespace jinqi::identity
