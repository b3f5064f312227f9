#include "common/log/log.h"

#include <catch2/catch.hpp>

#include "nlohmann/json.hpp"

namespace jinqi::log {
namespace {

TEST_CASE("a record is one line of JSON", "[log]") {
  const std::string line =
      Format("2026-01-05T09:00:00+08:00", Level::kWarning, "intake", "slow", {{"trace_id", "ab"}, {"n", "1"}});
  CHECK(
      line ==
      R"({"time":"2026-01-05T09:00:00+08:00","level":"warning","service":"intake","msg":"slow","trace_id":"ab","n":"1"})");
}

TEST_CASE("no value can forge a record", "[log][SEC-16]") {
  const std::string value = GENERATE(as<std::string>(), "a\n{\"level\":\"error\"}", "a\r\nb", "a\x1b[2J",
                                     "a\xe2\x80\xa8"
                                     "b",
                                     "\xe2\x80\xae"
                                     "abc",
                                     "\xc4\xe3\xba\xc3", "\"},{\"x\":\"");
  const std::string line = Format("t", Level::kInfo, "s", value, {{"v", value}});
  CAPTURE(line);
  for (const char c : line) CHECK((c >= 0x20 && c < 0x7f));
  const auto record = nlohmann::json::parse(line, nullptr, false);
  REQUIRE(record.is_object());
  CHECK(record.size() == 5);
  CHECK(record["level"] == "info");
}

}  // namespace
}  // namespace jinqi::log
