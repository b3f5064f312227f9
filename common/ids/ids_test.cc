#include "common/ids/ids.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace jinqi::ids {
namespace {

// 2025-10-01T00:30:00+08:00.
constexpr Micros kNow = 1'759'249'800'000'000;

TEST_CASE("a UUID has version 7, its variant and its time", "[INT-01]") {
  const std::string id = NewUuid7(kNow + 123'456, 0xFFFF'FFFF'FFFF'FFFF);
  CHECK(IsUuid(id));
  // The milliseconds, and 456 of 1,000 in 4,096 steps.
  CHECK(id == "01999b75-9bbb-774b-bfff-ffffffffffff");
  CHECK(NewUuid7(kNow, 0).substr(14) == "7000-8000-000000000000");
  CHECK(NewUuid7(kNow, ~0ULL) < NewUuid7(kNow + 1, 0));
}

TEST_CASE("what is no UUID is told", "[INT-01]") {
  const std::string bad = GENERATE("", "01999b84-a9bb-774b-bfff-fffffffffff", "01999b84-a9bb-774b-bfff-fffffffffffff",
                                   "01999B84-a9bb-774b-bfff-ffffffffffff", "01999b84xa9bb-774b-bfff-ffffffffffff",
                                   "01999b84-a9bb-774b-bfff-ffffffffff-f");
  CHECK_FALSE(IsUuid(bad));
}

TEST_CASE("an order number carries Shanghai's day and a check character", "[INT-01]") {
  const std::string number = OrderNo(kNow, 0);
  CHECK(number.substr(0, 20) == "TJ202510010000000000");
  CHECK(number.size() == 21);
  CHECK(IsOrderNo(number));
  // Only the lowest 50 bits are in it.
  CHECK(OrderNo(kNow, 5ULL << 50) == number);
  CHECK(OrderNo(kNow, 1) != number);
}

TEST_CASE("typing errors in an order number are caught", "[INT-01][INT-18]") {
  Ids ids(7);
  for (int n = 0; n < 50; ++n) {
    const std::string number = OrderNo(kNow + n * clock::kDay, ids.Seed());
    REQUIRE(IsOrderNo(number));
    for (std::size_t i = 2; i < number.size(); ++i) {
      for (const char c : std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ")) {
        std::string wrong = number;
        wrong[i] = c;
        CHECK(IsOrderNo(wrong) == (wrong == number));
      }
      for (std::size_t j = i + 1; j < number.size(); ++j) {
        std::string swapped = number;
        std::swap(swapped[i], swapped[j]);
        CHECK(IsOrderNo(swapped) == (swapped == number));
      }
    }
  }
}

TEST_CASE("what is no order number is told", "[INT-01]") {
  const std::string number = OrderNo(kNow, 42);
  CHECK_FALSE(IsOrderNo(""));
  CHECK_FALSE(IsOrderNo(number.substr(1)));
  CHECK_FALSE(IsOrderNo(number + "0"));
  CHECK_FALSE(IsOrderNo("BJ" + number.substr(2)));
  CHECK_FALSE(IsOrderNo("TJ20251301" + number.substr(10)));
  std::string lower = number;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c == 'T' ? 't' : c; });
  CHECK_FALSE(IsOrderNo(lower));
}

TEST_CASE("identifiers given out at once by many differ", "[INT-17]") {
  Ids ids;
  constexpr std::size_t kEach = 2'000;
  std::vector<std::vector<std::string>> given(4);
  std::vector<std::thread> threads;
  threads.reserve(given.size());
  for (auto& mine : given) {
    threads.emplace_back([&ids, &mine] {
      for (std::size_t n = 0; n < kEach; ++n) mine.push_back(n % 2 == 0 ? ids.Uuid() : ids.Token());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : given) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == given.size() * kEach);
}

TEST_CASE("tokens are 22 characters that an address takes", "[FBK-03]") {
  Ids ids;
  const std::string token = ids.Token();
  CHECK(token.size() == 22);
  CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
}

TEST_CASE("a seed gives the same sequence again", "[INT-01]") {
  Ids one(3);
  Ids same(3);
  Ids other(4);
  for (int n = 0; n < 10; ++n) {
    const std::string id = one.Uuid();
    CHECK(id == same.Uuid());
    CHECK(id != other.Uuid());
    CHECK(one.Token() == same.Token());
    CHECK(one.Seed() == same.Seed());
    CHECK(id < one.Uuid());
    same.Uuid();
  }
}

}  // namespace
}  // namespace jinqi::ids
