// New programs on the databases of earlier ones: record.sh cut their demo off in the middle and kept what stood there.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/csv.h"
#include "cli/demo.h"
#include "tests/harness/cluster.h"

namespace jinqi {
namespace {

using harness::Cluster;
using harness::ClusterOptions;
using harness::DatabaseKind;
using nlohmann::json;

const std::string kSource = JINQI_SOURCE_DIR;
const std::string kHere = kSource + "/tests/upgrade";
const std::string kDemands = kHere + "/demands.csv";
constexpr int kOrders = 12;
// An hour after the earlier programs stopped: no answer under a request id is forgotten, no day has ended.
constexpr const char* kUpgradeTime = "2026-11-26T09:00:00+08:00";

json Get(const Cluster& cluster, const std::string& path) {
  cli::Api api(cluster.gateway(), 10);
  const auto answer = api.Send("GET", path, "", {"DISPATCHER", "dispatcher-1", "BMZX", "", ""});
  INFO(path << ": " << answer.status().message());
  REQUIRE(answer.ok());
  return json::parse(*answer);
}

// Order number to state.
std::map<std::string, std::string> States(const Cluster& cluster) {
  std::map<std::string, std::string> states;
  const json listed = Get(cluster, "/v1/workOrders?pageSize=100");
  for (const json& order : listed["workOrders"]) states[order["orderNo"]] = order["state"];
  return states;
}

std::set<std::string> Values(const std::map<std::string, std::string>& states) {
  std::set<std::string> values;
  for (const auto& [order, state] : states) values.insert(state);
  return values;
}

std::multiset<std::string> WrittenTexts() {
  std::ifstream file(kDemands);
  auto csv = cli::CsvReader::Open(file);
  REQUIRE(csv.ok());
  const auto column = static_cast<std::size_t>(csv->Column("text"));
  std::multiset<std::string> texts;
  for (std::vector<std::string> row; csv->Next(row);) texts.insert(row.at(column));
  return texts;
}

// What the enterprises wrote, opened from where the earlier programs sealed it.
std::multiset<std::string> OpenedTexts(const Cluster& cluster, const std::map<std::string, std::string>& states) {
  std::multiset<std::string> texts;
  for (const auto& [order, state] : states) texts.insert(Get(cluster, "/v1/demands/" + order).value("content", ""));
  return texts;
}

// Copies, as the earlier programs' anchors are to stay as they are.
void CopyAnchors(const std::string& from, const testing::TempDir& folder) {
  for (const auto& file : std::filesystem::directory_iterator(from)) {
    if (file.path().extension() == ".anchors") std::filesystem::copy(file.path(), folder.path());
  }
}

void Upgrade(DatabaseKind database, const std::string& recorded) {
  ClusterOptions options;
  options.programs = JINQI_PROGRAMS;
  options.reference = kSource + "/deploy/reference";
  options.database = database;
  options.databases = recorded;
  options.clock = kUpgradeTime;
  Cluster cluster(options);
  testing::TempDir folder;
  CopyAnchors(recorded, folder);
  CHECK(cluster.VerifyAll(folder) == "");

  const auto before = States(cluster);
  CHECK(before.size() == kOrders);
  CHECK(Values(before).size() >= 4);
  CHECK(OpenedTexts(cluster, before) == WrittenTexts());

  cli::DemoOptions demo;
  demo.gateway = cluster.gateway();
  demo.resume = true;
  demo.state_directory = folder.path();
  demo.parallel = 4;
  testing::WriteFile(folder.File("run"), testing::ReadFile(recorded + "/run") + kDemands + "\n0\n");
  const absl::Status resumed = cli::RunDemo(demo);
  INFO(resumed.message());
  CHECK(resumed.ok());

  auto closed = before;
  for (auto& [order, state] : closed) state = "ORDER_STATE_CLOSED";
  CHECK(States(cluster) == closed);
  CHECK(cluster.VerifyAll(folder) == "");
}

TEST_CASE("orders that earlier programs began on SQLite go on to their end, and no history breaks", "[SEC-01]") {
  Upgrade(DatabaseKind::kSqlite, kHere + "/sqlite");
}

TEST_CASE("orders that earlier programs began on PostgreSQL go on to their end, and no history breaks", "[SEC-01]") {
  Upgrade(DatabaseKind::kPostgres, kHere + "/postgres");
}

}  // namespace
}  // namespace jinqi
