#include <cstdio>

#include "common/ledger/probe.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"
#include "tests/load/benches.h"

namespace jinqi::load {
namespace {

constexpr double kWanted = 0.6;

void Print(const char* database, const std::string& loop_database, const std::string& ledger_database) {
  ledger::ProbeOptions options;
  options.database = loop_database;
  const auto loop = ledger::ProbeLoop(options);
  options.database = ledger_database;
  const auto ledger = ledger::ProbeLedger(options);
  if (!loop.ok() || !ledger.ok()) {
    std::printf("ledger     %-10s cannot be measured: %s %s\n", database, loop.status().ToString().c_str(),
                ledger.status().ToString().c_str());
    return;
  }
  const double creates = ledger->creates_per_second / loop->creates_per_second;
  const double moves = ledger->moves_per_second / loop->moves_per_second;
  std::printf(
      "ledger     %-10s creates %7.0f/s of %7.0f/s raw = %.2f   moves %7.0f/s of %7.0f/s raw = %.2f   p99 %.1f ms"
      "   wanted >= %.1f\n",
      database, ledger->creates_per_second, loop->creates_per_second, creates, ledger->moves_per_second,
      loop->moves_per_second, moves, ledger->p99, kWanted);
}

}  // namespace

const char* DatabaseName(harness::DatabaseKind database) {
  return database == harness::DatabaseKind::kSqlite ? "SQLite" : "PostgreSQL";
}

void BenchLedger() {
  testing::TempDir folder;
  Print("SQLite", "sqlite:" + folder.File("loop.db"), "sqlite:" + folder.File("ledger.db"));
  testing::PostgresServer server;
  Print("PostgreSQL", server.NewDatabase(), server.NewDatabase());
}

}  // namespace jinqi::load
