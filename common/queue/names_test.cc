#include "common/queue/names.h"

#include <catch2/catch.hpp>

#include "common/queue/redis.h"

namespace jinqi::queue {
namespace {

TEST_CASE("keys of one source share a hash tag", "[QUEUE]") {
  CHECK(StreamKey("routing", 7) == "jinqi:{routing}:p07");
  CHECK(StreamKey("routing", 107) == "jinqi:{routing}:p107");
  CHECK(MarksKey("routing") == "jinqi:{routing}:marks");
  CHECK(MembersKey("routing", "intake") == "jinqi:{routing}:members:intake");
}

TEST_CASE("an entry's id is its position", "[QUEUE]") {
  CHECK(EntryId(17) == "17-0");
  CHECK(PositionOf("17-0") == 17);
  for (const char* foreign : {"17-1", "17", "-0", "x-0", "-5-0", "99999999999999999999-0", ""}) {
    INFO(foreign);
    CHECK_FALSE(PositionOf(foreign).has_value());
  }
}

TEST_CASE("addresses of Redis", "[QUEUE]") {
  const auto local = ParseRedisAddress("unix:/run/redis.sock");
  REQUIRE(local.ok());
  CHECK(local->socket == "/run/redis.sock");
  const auto full = ParseRedisAddress("redis://relay:p%40ss%3A@[::1]:6380/");
  REQUIRE(full.ok());
  CHECK(full->user == "relay");
  CHECK(full->password == "p@ss:");
  CHECK(full->host == "::1");
  CHECK(full->port == 6380);
  const auto plain = ParseRedisAddress("redis://redis.jinqi");
  REQUIRE(plain.ok());
  CHECK(plain->host == "redis.jinqi");
  CHECK(plain->port == 6379);
  for (const char* bad : {"", "redis", "unix:", "redis://", "redis://h:0", "redis://h:70000", "redis://h:x",
                          "redis://%zz@h", "redis://[::1", "http://h"}) {
    INFO(bad);
    CHECK_FALSE(ParseRedisAddress(bad).ok());
  }
  CHECK(ParseRedisAddress("redis://u:secret@h:x").status().ToString().find("secret") == std::string::npos);
}

}  // namespace
}  // namespace jinqi::queue
