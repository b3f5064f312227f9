// The measurements of `jinqi bench`; each prints its own lines.
#pragma once

#include <string>

#include "tests/harness/cluster.h"

namespace jinqi::load {

struct BenchOptions {
  std::string programs;
  std::string reference;
  // Of the whole loop and of each create run.
  int seconds = 20;
  // Subjects of the register's import; orders that are listed; timers that are due.
  int rows = 300'000;
};

// The ledger beside a plain loop that writes the same rows, on both databases.
void BenchLedger();
// `rows` timers that are due together, with 500 creates a second going on, on both databases.
void BenchTimers(const BenchOptions& options);
// Durable creates through intake's gRPC, nothing consuming; and the memory of the idle service.
void BenchCreate(const BenchOptions& options, harness::DatabaseKind database);
// The import of the register, sorting included, beside a plain loop that writes the same rows.
void BenchRegister(const BenchOptions& options, harness::DatabaseKind database);
// Pages of 100 orders by body and state, with 10,000 and with `rows` orders in PostgreSQL.
void BenchLists(const BenchOptions& options);
// The whole loop through all services by gRPC.
void BenchLoop(const BenchOptions& options, harness::DatabaseKind database);

const char* DatabaseName(harness::DatabaseKind database);

}  // namespace jinqi::load
