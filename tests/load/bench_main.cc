// jinqi_bench --programs DIR --reference DIR [--seconds N] [--rows N] [--only
// echo|ledger|timers|create|loop|register|lists]
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "common/testing/process.h"
#include "tests/load/benches.h"

int main(int argc, char** argv) {
  using jinqi::harness::DatabaseKind;
  jinqi::load::BenchOptions options;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--programs") options.programs = argv[i + 1];
    if (name == "--reference") options.reference = argv[i + 1];
    if (name == "--seconds") options.seconds = std::atoi(argv[i + 1]);
    if (name == "--rows") options.rows = std::atoi(argv[i + 1]);
    if (name == "--only") only = argv[i + 1];
  }
  const auto asked = [&only](const char* name) { return only.empty() || only == name; };
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%u cores; client, services and databases on this machine\n", std::thread::hardware_concurrency());
  if (asked("echo")) {
    jinqi::testing::Subprocess::Options echo;
    echo.argv = {options.programs + "/echo_bench"};
    std::printf("%s", jinqi::testing::RunProgram(echo).output.c_str());
  }
  if (asked("ledger")) jinqi::load::BenchLedger();
  if (asked("timers")) jinqi::load::BenchTimers(options);
  if (asked("lists")) jinqi::load::BenchLists(options);
  for (const DatabaseKind database : {DatabaseKind::kSqlite, DatabaseKind::kPostgres}) {
    if (asked("create")) jinqi::load::BenchCreate(options, database);
    if (asked("register")) jinqi::load::BenchRegister(options, database);
    if (asked("loop")) jinqi::load::BenchLoop(options, database);
  }
  return 0;
}
