#include <cstdio>

#include "common/ledger/probe.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"
#include "tests/load/benches.h"

namespace jinqi::load {
namespace {

constexpr double kWantedPerSecond = 1'000'000 / 600.0;
constexpr double kWantedMilliseconds = 50;

void Print(const char* name, const std::string& database, int timers) {
  ledger::TimerProbeOptions options;
  options.database = database;
  options.timers = timers;
  const auto result = ledger::ProbeTimers(options);
  if (!result.ok()) {
    std::printf("timers     %-10s cannot be measured: %s\n", name, result.status().ToString().c_str());
    return;
  }
  std::printf(
      "timers     %-10s %lld of %d fired in %.1f s = %.0f/s, wanted >= %.0f/s; %lld not once; meanwhile %d creates at "
      "%d/s, p50 %.1f ms, p99 %.1f ms, wanted < %.0f ms\n",
      name, static_cast<long long>(result->fired), timers, result->seconds,
      static_cast<double>(result->fired) / result->seconds, kWantedPerSecond, static_cast<long long>(result->faults),
      result->creates, options.creates_per_second, result->create_p50, result->create_p99, kWantedMilliseconds);
}

}  // namespace

void BenchTimers(const BenchOptions& options) {
  testing::TempDir folder;
  Print("SQLite", "sqlite:" + folder.File("timers.db"), options.rows);
  testing::PostgresServer server({"max_wal_size=4GB", "shared_buffers=1GB"});
  Print("PostgreSQL", server.NewDatabase(), options.rows);
}

}  // namespace jinqi::load
