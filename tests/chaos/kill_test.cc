// kill -9 of anything in the middle of the demo: what was accepted is there once, and goes on to the end.
#include <csignal>

#include <catch2/catch.hpp>
#include <fstream>

#include "cli/api.h"
#include "cli/demo.h"
#include "common/status/status.h"
#include "common/testing/process.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "tests/harness/cluster.h"

namespace jinqi {
namespace {

using harness::Cluster;

constexpr int kOrders = 60;
const std::string kSource = JINQI_SOURCE_DIR;

// The 35 sample sentences again and again: the demo gives each row an enterprise of its own, so none is merged with
// another of the same text.
void WriteInput(const std::string& path) {
  const std::string sample = testing::ReadFile(kSource + "/deploy/sample/demands.csv");
  std::ofstream out(path);
  out << "text\n";
  std::size_t at = sample.find('\n') + 1;
  for (int i = 0; i < kOrders; ++i) {
    if (at >= sample.size()) at = sample.find('\n') + 1;
    const std::size_t end = sample.find('\n', at);
    const std::string line = sample.substr(at, end - at);
    const std::size_t first = line.find(',');
    out << line.substr(first + 1, line.rfind(',') - first - 1) << "\n";
    at = end + 1;
  }
}

std::unique_ptr<testing::Subprocess> StartDemo(const Cluster& cluster, const testing::TempDir& folder) {
  testing::Subprocess::Options options;
  options.argv = {cluster.programs() + "/jinqi_cli", "demo",    "--gateway",   cluster.gateway(), "--sample",
                  folder.File("input.csv"),          "--state", folder.path(), "--parallel",      "8"};
  options.output = folder.File("demo.txt");
  return std::make_unique<testing::Subprocess>(options);
}

std::int64_t CountDemands(const Cluster& cluster) {
  cli::Api api(cluster.gateway(), 60);
  const auto listed = api.Get<intake::v1::ListDemandsResponse>({"SEAT", "seat-1", "BMZX", "", ""},
                                                               "/v1/demands?page_size=1&with_total=true");
  INFO(listed.status().message());
  REQUIRE(listed.ok());
  return listed->total_size();
}

absl::Status Resume(const Cluster& cluster, const testing::TempDir& folder) {
  cli::DemoOptions demo;
  demo.gateway = cluster.gateway();
  demo.state_directory = folder.path();
  demo.resume = true;
  demo.parallel = 8;
  return cli::RunDemo(demo);
}

void RunKilling(Cluster& cluster, const std::string& victim, std::int64_t before,
                const std::function<void()>& kill_and_start) {
  INFO("victim: " << victim);
  testing::TempDir folder;
  WriteInput(folder.File("input.csv"));
  auto demo = StartDemo(cluster, folder);
  // In the middle: some demands are in, none has been waited for.
  REQUIRE(testing::WaitFor([&] { return CountDemands(cluster) >= before + kOrders / 4; }));
  kill_and_start();
  demo->Kill(SIGKILL);
  demo->Wait();
  const absl::Status status = Resume(cluster, folder);
  INFO(status.message());
  CHECK(status.ok());
  CHECK(CountDemands(cluster) == before + kOrders);
}

TEST_CASE("any service or Redis is killed in the middle of the demo", "[GWY-11][GWY-12]") {
  INFO("GWY-11/accept");
  harness::ClusterOptions options;
  options.programs = JINQI_PROGRAMS;
  options.reference = kSource + "/deploy/reference";
  Cluster cluster(options);
  std::int64_t before = 0;
  for (const std::string victim :
       {"intake", "routing", "feedback", "gateway", "policy_knowledge", "inspection_scheduling"}) {
    RunKilling(cluster, victim, before, [&] {
      cluster.Kill9(victim);
      cluster.Start(victim);
      cluster.WaitReady(victim);
    });
    before += kOrders;
  }
  RunKilling(cluster, "Redis with its data", before, [&] {
    cluster.redis().Kill9();
    cluster.redis().Start();
  });
  before += kOrders;
  RunKilling(cluster, "Redis without its data", before, [&] {
    cluster.redis().Kill9();
    cluster.redis().WipeData();
    cluster.redis().Start();
  });
  // Recovered: one more run without any fault.
  before += kOrders;
  testing::TempDir folder;
  WriteInput(folder.File("input.csv"));
  CHECK(StartDemo(cluster, folder)->Wait(testing::Milliseconds(120'000)) == 0);
  CHECK(CountDemands(cluster) == before + kOrders);
}

}  // namespace
}  // namespace jinqi
