// ledger_probe DATABASE-FOR-THE-LOOP DATABASE-FOR-THE-LEDGER [records]: prints both rates and their ratio.
#include <cstdio>
#include <cstdlib>

#include "common/ledger/probe.h"

int main(int argc, char** argv) {
  using jinqi::ledger::ProbeOptions;
  if (argc < 3) return std::fputs("ledger_probe LOOP-DATABASE LEDGER-DATABASE [records]\n", stderr), 2;
  ProbeOptions options;
  if (argc > 3) options.records = std::atoi(argv[3]);
  options.database = argv[1];
  const auto loop = jinqi::ledger::ProbeLoop(options);
  options.database = argv[2];
  const auto ledger = jinqi::ledger::ProbeLedger(options);
  if (!loop.ok() || !ledger.ok()) {
    std::fprintf(stderr, "%s %s\n", loop.status().ToString().c_str(), ledger.status().ToString().c_str());
    return 1;
  }
  std::printf("loop    %8.0f creates/s %8.0f moves/s  cpu %.1f us\n", loop->creates_per_second, loop->moves_per_second,
              loop->cpu);
  std::printf("ledger  %8.0f creates/s %8.0f moves/s  p50 %.1f ms p99 %.1f ms, cpu %.1f us, %.0f commands per commit\n",
              ledger->creates_per_second, ledger->moves_per_second, ledger->p50, ledger->p99, ledger->cpu,
              ledger->commands_per_commit);
  std::printf("ratio   %8.2f           %8.2f\n", ledger->creates_per_second / loop->creates_per_second,
              ledger->moves_per_second / loop->moves_per_second);
  return 0;
}
