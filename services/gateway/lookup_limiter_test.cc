#include "services/gateway/lookup_limiter.h"

#include <catch2/catch.hpp>

namespace jinqi::gateway {
namespace {

using clock::kHour;
using clock::kMinute;

TEST_CASE("ten wrong tries an hour, then the address waits", "[gateway][INT-18]") {
  LookupLimiter limiter(10, kHour);
  clock::Micros now = kHour;
  for (int i = 0; i < 10; ++i) {
    CHECK(limiter.Wait("10.0.0.1", now) == 0);
    limiter.Missed("10.0.0.1", now);
    now += kMinute;
  }
  INFO("INT-18/bad/2");
  CHECK(limiter.Wait("10.0.0.1", now) == 50 * kMinute);
  CHECK(limiter.Wait("10.0.0.2", now) == 0);
  CHECK(limiter.Wait("10.0.0.1", now + 50 * kMinute - 1) == 1);
  CHECK(limiter.Wait("10.0.0.1", now + 50 * kMinute) == 0);
  // The window slides: the next miss leaves nine of the hour before.
  limiter.Missed("10.0.0.1", now + 50 * kMinute);
  CHECK(limiter.Wait("10.0.0.1", now + 50 * kMinute) == kMinute);
}

TEST_CASE("only so many addresses are remembered", "[gateway]") {
  LookupLimiter limiter(1, kHour, 2);
  limiter.Missed("a", 1);
  limiter.Missed("b", 2);
  limiter.Missed("a", 3);
  limiter.Missed("c", 4);
  CHECK(limiter.Wait("a", 4) > 0);
  CHECK(limiter.Wait("b", 4) == 0);
  CHECK(limiter.Wait("c", 4) > 0);
}

}  // namespace
}  // namespace jinqi::gateway
