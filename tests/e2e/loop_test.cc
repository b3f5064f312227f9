// The whole, as a newcomer runs it: six real programs, real Redis, both databases, the public API.
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "cli/api.h"
#include "cli/demo.h"
#include "common/status/status.h"
#include "common/testing/process.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "tests/harness/cluster.h"

// After gRPC's headers.
#include <httplib.h>

namespace jinqi {
namespace {

using harness::Cluster;
using harness::ClusterOptions;
using harness::DatabaseKind;

const std::string kSource = JINQI_SOURCE_DIR;

ClusterOptions Options(DatabaseKind database) {
  ClusterOptions options;
  options.programs = JINQI_PROGRAMS;
  options.reference = kSource + "/deploy/reference";
  options.database = database;
  return options;
}

cli::DemoOptions Demo(const Cluster& cluster, const testing::TempDir& folder) {
  cli::DemoOptions demo;
  demo.gateway = cluster.gateway();
  demo.input = kSource + "/deploy/sample/demands.csv";
  demo.state_directory = folder.path();
  demo.parallel = 8;
  return demo;
}

// Runs SQL on the file of a service that stands still; the number of rows that it changed.
int Tamper(const Cluster& cluster, const std::string& service, const std::string& sql) {
  const std::string path = cluster.database_uri(service).substr(sizeof("sqlite:") - 1);
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  char* error = nullptr;
  const int status = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error);
  INFO(sql << ": " << (error == nullptr ? "" : error));
  CHECK(status == SQLITE_OK);
  sqlite3_free(error);
  const int changed = sqlite3_changes(database);
  sqlite3_close(database);
  return changed;
}

// name, type and labels of every family that the services show after a demo: an interface for dashboards and alarms.
std::set<std::string> MetricFamilies(const std::string& admin) {
  httplib::Client client("http://" + admin);
  const auto scraped = client.Get("/metrics");
  REQUIRE(scraped);
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  std::istringstream lines(scraped->body);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, keyword, name, type;
    if (line.starts_with("# TYPE")) {
      words >> hash >> keyword >> name >> type;
      types[name] = type;
    }
    if (line.starts_with("#") || types.empty()) continue;
    const std::string family = std::prev(types.upper_bound(line.substr(0, line.find_first_of("{ "))))->first;
    const std::size_t brace = line.find('{');
    if (brace == std::string::npos) continue;
    std::istringstream pairs(line.substr(brace + 1, line.find('}') - brace - 1));
    for (std::string pair; std::getline(pairs, pair, ',');) {
      const std::string label = pair.substr(0, pair.find('='));
      if (label != "le") labels[family].insert(label);
    }
  }
  std::set<std::string> families;
  for (const auto& [name, type] : types) {
    std::string text = name + " " + type;
    for (const std::string& label : labels[name]) text += " " + label;
    families.insert(text);
  }
  return families;
}

void CheckMetrics(const Cluster& cluster) {
  std::set<std::string> shown;
  for (const std::string& service : cluster.services()) shown.merge(MetricFamilies(cluster.admin(service)));
  std::string text;
  for (const std::string& family : shown) text += family + "\n";
  const std::string golden = kSource + "/tests/contract/metrics.golden";
  // Set it to write down a change that is meant.
  if (std::getenv("JINQI_WRITE_GOLDEN") != nullptr) testing::WriteFile(golden, text);
  CHECK(text == testing::ReadFile(golden));
}

// Orders that were asked for by phone or at a counter were rated by their links; nothing more can be done with these.
void CheckRatingLinks(const Cluster& cluster) {
  cli::Api api(cluster.gateway(), 10);
  const cli::Person hotline{"FOLLOW_UP_CALLER", "caller-1", "BMZX", "", ""};
  const auto list = api.Send("GET", "/v1/followUps?pageSize=100", "", hotline);
  REQUIRE(list.ok());
  const auto tasks = nlohmann::json::parse(*list)["followUps"];
  // Order number and token.
  std::vector<std::pair<std::string, std::string>> links;
  for (const auto& listed : tasks) {
    const auto got = api.Send("GET", "/v1/" + listed["name"].get<std::string>(), "", hotline);
    REQUIRE(got.ok());
    const auto task = nlohmann::json::parse(*got);
    const std::string link = task.value("ratingLink", "");
    if (!link.empty()) links.emplace_back(task["orderNo"], link.substr(link.find('#') + 1));
  }
  REQUIRE(links.size() > 1);
  auto rate = [&, n = 0](const std::string& order_no, const std::string& token) mutable {
    const nlohmann::json body = {{"requestId", "link-" + std::to_string(++n)},
                                 {"orderNo", order_no},
                                 {"token", token},
                                 {"rating", {{"solved", "SOLVED_YES"}, {"satisfaction", 5}}}};
    return ReasonOf(api.Send("POST", "/v1/ratings", body.dump(), cli::Person()).status());
  };
  const auto& [order_no, token] = links.front();
  INFO("FBK-05/bad/5");
  const Reason used = rate(order_no, token);
  CHECK(used == config::v1::REASON_TOKEN_USED);
  INFO("FBK-05/bad/7");
  const Reason other = rate(links.back().first, token);
  CHECK(other == config::v1::REASON_NOT_FOUND);
  const Reason changed = rate(order_no, token + "0");
  CHECK(changed == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("35 demands go all the way round on SQLite, and what is altered afterwards is found",
          "[INT-18][RTE-03][RTE-14][FBK-05][FBK-07][SEC-01]") {
  Cluster cluster(Options(DatabaseKind::kSqlite));
  testing::TempDir folder;
  const absl::Status status = cli::RunDemo(Demo(cluster, folder));
  INFO(status.message());
  REQUIRE(status.ok());
  CheckRatingLinks(cluster);
  CHECK(cluster.VerifyAll(folder) == "");
  CheckMetrics(cluster);

  cluster.Stop("routing");
  const std::string backup = cluster.database_uri("routing").substr(sizeof("sqlite:") - 1);
  struct Attack {
    std::string sql;
    std::string finding;
  };
  const std::vector<Attack> attacks = {
      {"UPDATE work_order SET body = body || x'00' WHERE id = (SELECT min(id) FROM work_order)", "CHANGED_RECORD"},
      {"UPDATE history SET data = data || x'00' WHERE rowid = (SELECT max(rowid) / 2 FROM history)", "CHANGED_ROW"},
      {"DELETE FROM work_order WHERE id = (SELECT max(id) FROM work_order)", "MISSING_RECORD"},
      {"DELETE FROM history WHERE rowid = (SELECT max(rowid) FROM history)", "MISSING"},
      {"DELETE FROM block WHERE sequence = (SELECT max(sequence) FROM block)", "MISSING_TAIL"},
  };
  for (const Attack& attack : attacks) {
    const std::string whole = folder.File("whole.db");
    std::filesystem::copy_file(backup, whole, std::filesystem::copy_options::overwrite_existing);
    CHECK(Tamper(cluster, "routing", attack.sql) == 1);
    const testing::RunResult found = cluster.Verify("routing", folder.File("routing.anchors"));
    INFO(attack.sql << ": " << found.output << found.errors);
    CHECK(found.status == 1);
    CHECK((found.output + found.errors).find(attack.finding) != std::string::npos);
    std::filesystem::remove(backup + "-wal");
    std::filesystem::remove(backup + "-shm");
    std::filesystem::copy_file(whole, backup, std::filesystem::copy_options::overwrite_existing);
  }
  CHECK(cluster.Verify("routing", folder.File("routing.anchors")).status == 0);
  cluster.Start("routing");
  cluster.WaitReady("routing");
}

TEST_CASE("35 demands go all the way round on PostgreSQL", "[INT-18][RTE-03][RTE-14][FBK-05][FBK-07]") {
  Cluster cluster(Options(DatabaseKind::kPostgres));
  testing::TempDir folder;
  const absl::Status status = cli::RunDemo(Demo(cluster, folder));
  INFO(status.message());
  REQUIRE(status.ok());
  CheckRatingLinks(cluster);
  CHECK(cluster.VerifyAll(folder) == "");
}

const cli::Person kAgent{"ENTERPRISE", "agent", "", "", "91120116MA051K2P9X"};

nlohmann::json DemandBody(const std::string& request_id, const std::string& content) {
  return {{"requestId", request_id},
          {"demand",
           {{"channel", "CHANNEL_JINCHANFA"},
            {"demandType", "DEMAND_TYPE_HELP"},
            {"title", "企业诉求"},
            {"content", content},
            {"contactPhone", "13800000001"},
            {"subject",
             {{"type", "SUBJECT_TYPE_ENTERPRISE"},
              {"enterpriseName", "津企演示公司"},
              {"uscc", "91120116MA051K2P9X"},
              {"districtCode", "120116"}}}}}};
}

TEST_CASE("acceptance in the night of the Spring Festival", "[INT-02]") {
  INFO("INT-02/accept");
  ClusterOptions options = Options(DatabaseKind::kSqlite);
  options.clock = "2026-02-17T03:12:00+08:00";
  options.services = {"intake", "routing", "gateway"};
  Cluster cluster(options);
  cli::Api api(cluster.gateway(), 10);
  nlohmann::json body = DemandBody("night-1", "用电协议变更后电费结算基数不对");
  const auto created = api.Send("POST", "/v1/demands", body.dump(), kAgent);
  INFO(created.status().message());
  REQUIRE(created.ok());
  const auto demand = nlohmann::json::parse(*created);
  CHECK(demand["acceptTime"] == "2026-02-16T19:12:00Z");
  CHECK(demand["dueTime"] == "2026-03-03T15:59:59Z");

  INFO("INT-02/bad");
  body = DemandBody("night-2", "另一件事：供水水压不足影响生产");
  body["demand"]["acceptTime"] = "2020-01-01T00:00:00Z";
  const auto other = api.Send("POST", "/v1/demands", body.dump(), kAgent);
  REQUIRE(other.ok());
  CHECK(nlohmann::json::parse(*other)["acceptTime"] == "2026-02-16T19:12:00Z");
}

TEST_CASE("intake and feedback count by the calendar that routing publishes", "[RTE-15][RTE-16]") {
  ClusterOptions options = Options(GENERATE(DatabaseKind::kSqlite, DatabaseKind::kPostgres));
  options.clock = "2026-12-28T09:00:00+08:00";
  options.services = {"intake", "routing", "feedback", "gateway"};
  Cluster cluster(options);
  cli::Api api(cluster.gateway(), 10);
  // Of one more demand that is made now.
  auto first_due = [&, n = 0]() mutable {
    const std::string number = std::to_string(++n);
    const auto body = DemandBody("calendar-" + number, "第" + number + "件事：用电协议变更后电费结算基数不对");
    const auto created = api.Send("POST", "/v1/demands", body.dump(), kAgent);
    REQUIRE(created.ok());
    const auto demand = nlohmann::json::parse(*created);
    return demand.value("dueTime", "") + (demand.value("dueProvisional", false) ? " provisional" : "");
  };
  std::string due = first_due();
  INFO("RTE-15/accept");
  CHECK(due == "2027-01-07T15:59:59Z provisional");
  nlohmann::json notice = {{"year", 2027}, {"papers", {"a notice for this test"}}};
  for (const char* date : {"2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"}) {
    notice["days"].push_back({{"date", date}, {"off", true}});
  }
  const nlohmann::json publication = {{"requestId", "notice-2027"}, {"notice", notice}};
  const auto published =
      api.Send("POST", "/v1/calendars", publication.dump(), {"HUB_LEADER", "hub-leader-1", "BMZX", "", ""});
  INFO(published.status().message());
  REQUIRE(published.ok());
  INFO("RTE-16/accept");
  CHECK(testing::WaitFor([&] { return (due = first_due()) == "2027-01-08T15:59:59Z"; }));
  INFO(due);
  const std::string version = "version " + nlohmann::json::parse(*published).value("version", std::string());
  httplib::Client feedback("http://" + cluster.admin("feedback"));
  CHECK(testing::WaitFor([&] {
    const auto ready = feedback.Get("/readyz");
    return ready && ready->body.find(version) != std::string::npos;
  }));
}

}  // namespace
}  // namespace jinqi
