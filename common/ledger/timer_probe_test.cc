#include <catch2/catch.hpp>

#include "common/ledger/probe.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"

namespace jinqi::ledger {
namespace {

void CheckFiredOnce(const std::string& database) {
  TimerProbeOptions options;
  options.database = database;
  const TimerProbeResult result = testing::Must(ProbeTimers(options));
  CHECK(result.fired == options.timers);
  CHECK(result.faults == 0);
  CHECK(result.creates > 0);
}

TEST_CASE("50,000 timers that fell due together fire once each while new records come in", "[RTE-16][RTE-20]") {
  SECTION("SQLite") {
    testing::TempDir folder;
    CheckFiredOnce("sqlite:" + folder.File("timers.db"));
  }
  SECTION("PostgreSQL") {
    testing::PostgresServer server;
    CheckFiredOnce(server.NewDatabase());
  }
}

}  // namespace
}  // namespace jinqi::ledger
