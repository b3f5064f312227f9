#include "common/queue/redis.h"

#include <chrono>
#include <string>
#include <thread>

#include "common/testing/catch_status.h"
#include "common/testing/servers.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::Must;
using testing::RedisServer;
using testing::WaitFor;

RedisAddress AddressOf(const RedisServer& server) { return {.socket = server.socket()}; }

TEST_CASE("replies of each kind, in the order of their commands", "[QUEUE]") {
  RedisServer server;
  Redis redis(AddressOf(server));
  const std::string binary("\0\r\n\xff", 4);
  const auto replies = Must(redis.Pipeline({{"SET", "k", binary},
                                            {"GET", "k"},
                                            {"INCR", "n"},
                                            {"GET", "none"},
                                            {"INCR", "k"},
                                            {"EVAL", "return {1, {'a', false}}", "0"}}));
  REQUIRE(replies.size() == 6);
  CHECK(replies[0].text == "OK");
  CHECK(replies[1].text == binary);
  CHECK(replies[2].integer == 1);
  CHECK(replies[3].IsNil());
  CHECK(replies[4].kind == Reply::Kind::kError);
  CHECK(absl::IsInternal(replies[4].status()));
  REQUIRE(replies[5].items.size() == 2);
  CHECK(replies[5].items[1].items[1].IsNil());
  CHECK_FALSE(redis.Call({"INCR", "k"}).ok());
  // A command that was refused leaves the connection as it was.
  CHECK(redis.connections() == 1);
}

TEST_CASE("many large commands go through at once", "[QUEUE]") {
  RedisServer server;
  Redis redis(AddressOf(server));
  const std::string large(1 << 20, 'x');
  std::vector<Arguments> commands(20, Arguments{"ECHO", large});
  const auto replies = Must(redis.Pipeline(commands));
  REQUIRE(replies.size() == 20);
  CHECK(replies.back().text == large);
}

TEST_CASE("a connection comes back after the server", "[QUEUE]") {
  RedisServer server;
  Redis redis(AddressOf(server));
  REQUIRE_OK(redis.Call({"SET", "k", "v"}));
  server.Kill9();
  CHECK(absl::IsUnavailable(redis.Call({"GET", "k"}).status()));
  CHECK(absl::IsUnavailable(redis.Call({"GET", "k"}).status()));
  server.Start();
  REQUIRE(WaitFor([&] { return redis.Call({"PING"}).ok(); }));
  CHECK(redis.connections() == 2);
}

TEST_CASE("a frozen server is given up after the time limit, also in a blocking read", "[QUEUE]") {
  RedisServer server;
  Redis redis(AddressOf(server), {.timeout = milliseconds(200)});
  REQUIRE_OK(redis.Call({"PING"}));
  server.Pause();
  const auto start = steady_clock::now();
  CHECK(absl::IsUnavailable(redis.Call({"XREAD", "BLOCK", "100", "STREAMS", "s", "0-0"}, milliseconds(100)).status()));
  CHECK(steady_clock::now() - start < milliseconds(2000));
  server.Resume();
  REQUIRE(WaitFor([&] { return redis.Call({"PING"}).ok(); }));
  // A read that ends with nothing is no error, and the connection stays.
  const std::int64_t connections = redis.connections();
  CHECK(Must(redis.Call({"XREAD", "BLOCK", "50", "STREAMS", "s", "0-0"}, milliseconds(50))).IsNil());
  CHECK(redis.connections() == connections);
}

TEST_CASE("a blocking read is interrupted from outside", "[QUEUE]") {
  RedisServer server;
  Redis redis(AddressOf(server));
  Redis other(AddressOf(server));
  absl::Status status;
  std::thread reader([&] {
    status = redis.Call({"XREAD", "BLOCK", "60000", "STREAMS", "s", "0-0"}, milliseconds(60'000)).status();
  });
  REQUIRE(WaitFor([&] {
    return Must(other.Call({"INFO", "clients"})).text.find("blocked_clients:1") != std::string::npos;
  }));
  redis.Interrupt();
  reader.join();
  CHECK(absl::IsCancelled(status));
  CHECK(absl::IsCancelled(redis.Call({"PING"}).status()));
}

TEST_CASE("nobody there: each call answers at once, attempts pause", "[QUEUE]") {
  const testing::TempDir folder;
  Redis redis({.socket = folder.File("none.sock")}, {.pause_min = milliseconds(60'000)});
  CHECK(absl::IsUnavailable(redis.Call({"PING"}).status()));
  testing::RedisServer server;
  CHECK(absl::IsUnavailable(redis.Call({"PING"}).status()));
  CHECK(redis.connections() == 0);
}

TEST_CASE("accounts", "[QUEUE]") {
  RedisServer server;
  Redis admin(AddressOf(server));
  REQUIRE_OK(admin.Call({"ACL", "SETUSER", "relay", "on", ">secret", "~jinqi:*", "+@all", "-flushall"}));
  Redis right({.socket = server.socket(), .user = "relay", .password = "secret"});
  CHECK_OK(right.Call({"SET", "jinqi:k", "v"}));
  CHECK(absl::IsPermissionDenied(right.Call({"FLUSHALL"}).status()));
  Redis wrong({.socket = server.socket(), .user = "relay", .password = "wrong"});
  const absl::Status refused = wrong.Call({"PING"}).status();
  CHECK(absl::IsPermissionDenied(refused));
  CHECK(refused.ToString().find("wrong") == std::string::npos);
}

}  // namespace
}  // namespace jinqi::queue
