#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

#include "common/testing/process.h"
#include "common/testing/servers.h"
#include "common/testing/socket_proxy.h"

namespace jinqi::testing {
namespace {

TEST_CASE("a program runs with its words, environment and output, and its end is told", "[testing]") {
  const RunResult result =
      RunProgram({.argv = {"sh", "-c", "echo $WORD; echo wrong >&2; exit 3"}, .env = {{"WORD", "津"}}});
  CHECK(result.status == 3);
  CHECK(result.output == "津\n");
  CHECK(result.errors == "wrong\n");
  CHECK_THROWS(Subprocess({.argv = {"no-such-program"}}));
  CHECK_THROWS(Subprocess({.argv = {"/etc/passwd"}}));

  Subprocess sleeper({.argv = {"sleep", "100"}});
  CHECK(sleeper.Running());
  CHECK_FALSE(sleeper.Wait(Milliseconds(1)).has_value());
  sleeper.Kill(SIGTERM);
  CHECK(sleeper.Wait() == 128 + SIGTERM);
}

TEST_CASE("a temporary folder is gone with its object", "[testing]") {
  std::filesystem::path path;
  {
    const TempDir folder;
    path = folder.path();
    WriteFile(folder.File("a"), "text");
    CHECK(ReadFile(folder.File("a")) == "text");
    CHECK(ReadFile(folder.File("none")).empty());
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

std::string Redis(const RedisServer& server, const std::string& command) {
  return RunProgram({.argv = {"sh", "-c", "redis-cli -s " + server.socket() + " " + command}}).output;
}

TEST_CASE("a redis-server keeps its data over a kill, unless they are wiped", "[testing]") {
  RedisServer server({.append_only = true, .more = {"--appendfsync", "always"}});
  CHECK(Redis(server, "SET a 1") == "OK\n");
  server.Kill9();
  server.Start();
  CHECK(Redis(server, "GET a") == "1\n");
  server.Stop();
  server.WipeData();
  server.Start();
  CHECK(Redis(server, "GET a") == "\n");
  CHECK(Redis(server, "CONFIG GET maxmemory-policy").find("noeviction") != std::string::npos);
}

TEST_CASE("a PostgreSQL server gives fresh databases and keeps what was committed over a kill", "[testing]") {
  PostgresServer server;
  CHECK(server.NewDatabase() != server.NewDatabase());
  CHECK(server.Psql("test1", "SHOW fsync") == "on\n");
  server.Psql("test1", "CREATE TABLE t (x int); INSERT INTO t VALUES (7)");
  server.Kill9();
  server.Start();
  CHECK(server.Psql("test1", "SELECT x FROM t") == "7\n");
  CHECK_THROWS(server.Psql("test1", "SELECT y FROM t"));
  server.Stop();
  server.Start();
  CHECK(server.Psql("test1", "SELECT x FROM t") == "7\n");
}

TEST_CASE("a proxy cuts answers, cuts requests, breaks and mends", "[testing]") {
  RedisServer server;
  const TempDir folder;
  SocketProxy proxy(folder.File("proxy.sock"), server.socket());
  const auto ask = [&](const std::string& command) {
    return RunProgram({.argv = {"sh", "-c", "redis-cli -s " + folder.File("proxy.sock") + " " + command}}).output;
  };
  CHECK(ask("SET a 1") == "OK\n");

  proxy.CutAnswersAfter(0);
  CHECK(ask("SET a 2") != "OK\n");
  CHECK(ask("GET a") == "2\n");

  proxy.CutRequestsAfter(10);
  CHECK(ask("SET a 3") != "OK\n");
  CHECK(ask("GET a") == "2\n");
  CHECK(proxy.cuts() == 2);

  proxy.Break();
  CHECK(ask("GET a") != "2\n");
  proxy.Mend();
  CHECK(ask("GET a") == "2\n");
}

}  // namespace
}  // namespace jinqi::testing
