#include "common/clamav/clamav.h"

#include <catch2/catch.hpp>

#include "common/clamav/test_clamd.h"
#include "common/testing/catch_status.h"

namespace jinqi::clamav {
namespace {

TEST_CASE("the daemon tells what it finds, and what it cannot look at is not clean", "[INT-16]") {
  constexpr int kMax = 1 << 20;
  TestClamd clamd(kMax);
  const Daemon daemon(clamd.address(), absl::Seconds(10));
  CHECK_FALSE(testing::Must(daemon.Scan("")).infected);
  CHECK_FALSE(testing::Must(daemon.Scan("合同")).infected);
  CHECK_FALSE(testing::Must(daemon.Scan(std::string(kMax, 'a'))).infected);
  // Over the edge of two pieces.
  for (const std::size_t before : {std::size_t{0}, std::size_t{(64 << 10) - 10}}) {
    const Verdict verdict = testing::Must(daemon.Scan(std::string(before, ' ') + Eicar()));
    CHECK(verdict.infected);
    CHECK(verdict.signature == "Test.Eicar.UNOFFICIAL");
  }
  CHECK(absl::IsUnavailable(daemon.Scan(std::string(2 * kMax, 'a')).status()));
  clamd.Stop();
  CHECK(absl::IsUnavailable(daemon.Scan("a").status()));
  clamd.Start();
  CHECK_OK(daemon.Scan("a"));
}

TEST_CASE("a daemon that is not there is unavailable", "[INT-16]") {
  for (const std::string address : {"127.0.0.1:1", "localhost", "unix:/nowhere/s", "nowhere.invalid:3310"}) {
    INFO(address);
    CHECK(absl::IsUnavailable(Daemon(address, absl::Seconds(1)).Scan("a").status()));
  }
  CHECK(absl::IsUnavailable(Daemon("unix:/" + std::string(200, 'a'), absl::Seconds(1)).Scan("a").status()));
}

}  // namespace
}  // namespace jinqi::clamav
