#include "tests/harness/cluster.h"

#include <sqlite3.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "common/crypto/jwt.h"
#include "common/rpc/client.h"

// After the others: its macros clash with gRPC's headers.
#include <httplib.h>

namespace jinqi::harness {
namespace {

constexpr testing::Milliseconds kReadyWithin{60'000};
const std::vector<std::string> kServices = {"intake",   "routing", "policy_knowledge", "inspection_scheduling",
                                            "feedback", "gateway"};

bool IsReady(const std::string& admin) {
  if (admin.empty()) return false;
  httplib::Client client("http://" + admin);
  client.set_connection_timeout(1);
  client.set_read_timeout(2);
  const auto result = client.Get("/readyz");
  return result && result->status == 200;
}

// What the program prints; throws when it fails.
std::string Output(std::vector<std::string> argv) {
  testing::Subprocess::Options options;
  options.argv = std::move(argv);
  const testing::RunResult result = testing::RunProgram(options);
  if (result.status != 0) throw std::runtime_error(options.argv.front() + ": " + result.errors);
  return result.output;
}

void RunSqlite(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  const bool done = sqlite3_open(path.c_str(), &database) == SQLITE_OK &&
                    sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  const std::string error = sqlite3_errmsg(database);
  sqlite3_close(database);
  if (!done) throw std::runtime_error(path + ": " + error);
}

}  // namespace

Cluster::Cluster(const ClusterOptions& options)
    : options_(options), services_(options.services.empty() ? kServices : options.services) {
  redis_ = std::make_unique<testing::RedisServer>();
  MakeKeys();
  MakeDatabases();
  if (!options_.clock.empty()) SetClock(options_.clock);
  for (const std::string& service : services_) {
    const int replicas = service == "gateway" ? 1 : options_.replicas;
    for (int replica = 0; replica < replicas; ++replica) {
      WriteConfig(service, replica);
      Start(service, replica);
      // One after the other: the first replica brings the schema up to date.
      WaitReady(service, replica);
    }
  }
}

Cluster::~Cluster() = default;

std::string Cluster::Name(const std::string& service, int replica) const {
  return replica == 0 ? service : service + "-" + std::to_string(replica);
}

std::string Cluster::address_file(const std::string& service, int replica) const {
  return folder_.File(Name(service, replica) + ".json");
}
std::string Cluster::config_file(const std::string& service, int replica) const {
  return folder_.File(Name(service, replica) + ".textproto");
}
std::string Cluster::log(const std::string& service, int replica) const {
  return testing::ReadFile(folder_.File(Name(service, replica) + ".log"));
}
std::string Cluster::service_key() const { return folder_.File("service.pem"); }

std::string Cluster::Address(const std::string& service, int replica, const std::string& field) const {
  const auto json = nlohmann::json::parse(testing::ReadFile(address_file(service, replica)), nullptr, false);
  if (json.is_discarded() || !json.contains(field)) return "";
  return json[field];
}

std::string Cluster::gateway() const { return "http://" + Address("gateway", 0, "http"); }
std::string Cluster::grpc(const std::string& service, int replica) const { return Address(service, replica, "grpc"); }
std::string Cluster::admin(const std::string& service, int replica) const { return Address(service, replica, "admin"); }

void Cluster::MakeKeys() {
  for (const char* name : {"issuer", "service"}) {
    const auto pair = crypto::NewEd25519();
    if (!pair.ok()) throw std::runtime_error("no key pair");
    testing::WriteFile(folder_.File(std::string(name) + ".pem"), pair->private_pem);
    testing::WriteFile(folder_.File(std::string(name) + ".pub.pem"), pair->public_pem);
  }
  testing::WriteFile(folder_.File("vault.keys"), "k1 " + std::string(64, 'a') + "\n");
  testing::WriteFile(folder_.File("page.key"), std::string(64, 'b') + "\n");
}

void Cluster::MakeDatabases() {
  if (options_.database == DatabaseKind::kPostgres)
    postgres_ = std::make_unique<testing::PostgresServer>(options_.postgres_settings);
  for (const std::string& service : services_) {
    databases_[service] = postgres_ != nullptr ? postgres_->NewDatabase() : "sqlite:" + folder_.File(service + ".db");
    if (!options_.databases.empty() && service != "gateway") Restore(service);
  }
}

void Cluster::Restore(const std::string& service) {
  const std::string sql = Output({"xz", "-dc", options_.databases + "/" + service + ".sql.xz"});
  if (postgres_ == nullptr) return RunSqlite(folder_.File(service + ".db"), sql);
  const std::string file = folder_.File(service + ".sql");
  testing::WriteFile(file, sql);
  Output({"psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", file, databases_[service]});
}

void Cluster::SetClock(const std::string& rfc3339) {
  const std::string file = folder_.File("clock");
  testing::WriteFile(file + ".new", rfc3339 + "\n");
  std::filesystem::rename(file + ".new", file);
}

testing::RunResult Cluster::Verify(const std::string& service, const std::string& anchors) const {
  testing::Subprocess::Options options;
  options.argv = {options_.programs + "/jinqi_" + service, "--config", config_file(service), "--verify", anchors};
  return testing::RunProgram(options);
}

std::string Cluster::VerifyAll(const testing::TempDir& folder) const {
  std::string findings;
  for (const std::string& service : services_) {
    if (service == "gateway") continue;
    const testing::RunResult result = Verify(service, folder.File(service + ".anchors"));
    const bool whole = result.status == 0 && result.output.find("whole") != std::string::npos;
    if (!whole) findings += service + ": " + result.output + result.errors;
  }
  return findings;
}

void Cluster::WriteConfig(const std::string& service, int replica) {
  std::ostringstream out;
  const bool test_time = !options_.clock.empty();
  out << "server {\n  address_file: \"" << address_file(service, replica) << "\"\n"
      << "  environment: " << (test_time ? "ENVIRONMENT_TEST" : "ENVIRONMENT_DEVELOPMENT") << "\n";
  if (test_time) out << "  clock_file: \"" << folder_.File("clock") << "\"\n";
  if (service != "gateway") {
    out << "  database: \"" << databases_[service] << "\"\n  redis { address: \"unix:" << redis_->socket() << "\" }\n";
  }
  for (const char* key : {"issuer", "service"}) {
    out << "  token_keys { key: \"" << key << "\" value: \"" << folder_.File(std::string(key) + ".pub.pem") << "\" }\n";
  }
  out << "  service_key_file: \"" << service_key() << "\"\n  service_key_id: \"service\"\n"
      << "  vault_key_file: \"" << folder_.File("vault.keys") << "\"\n"
      << "  page_key_file: \"" << folder_.File("page.key") << "\"\n"
      << "  reference_dir: \"" << options_.reference << "\"\n  drain_seconds: 0\n  replica: \"" << replica << "\"\n";
  for (const std::string& peer : kServices) {
    if (peer != "gateway") {
      out << "  peers { key: \"" << peer << "\" value: \"file:" << address_file(peer, 0) << "\" }\n";
    }
  }
  out << "}\n";
  if (service == "intake") out << "attachment_folder: \"" << folder_.File("attachments") << "\"\n";
  if (service == "gateway") {
    out << "http: \"127.0.0.1:0\"\ndevelopment_key_file: \"" << folder_.File("issuer.pem")
        << "\"\ndevelopment_key_id: \"issuer\"\n"
        << "backends { key: \"jinqi.policy.v1\" value: \"policy_knowledge\" }\n"
        << "backends { key: \"jinqi.inspection.v1\" value: \"inspection_scheduling\" }\n"
        << "lookup_limits { methods: \"jinqi.intake.v1.IntakeService/LookUpProgress\" }\n";
  }
  testing::WriteFile(config_file(service, replica), out.str());
}

void Cluster::Start(const std::string& service, int replica) {
  std::filesystem::remove(address_file(service, replica));
  testing::Subprocess::Options options;
  options.argv = {options_.programs + "/jinqi_" + service, "--config", config_file(service, replica)};
  options.output = folder_.File(Name(service, replica) + ".log");
  processes_[Name(service, replica)] = std::make_unique<testing::Subprocess>(options);
}

void Cluster::WaitReady(const std::string& service, int replica) {
  const bool ready = testing::WaitFor(
      [&] { return IsReady(admin(service, replica)) || !process(service, replica).Running(); }, kReadyWithin);
  if (ready && process(service, replica).Running()) return;
  throw std::runtime_error(Name(service, replica) + " does not become ready:\n" + log(service, replica));
}

testing::Subprocess& Cluster::process(const std::string& service, int replica) {
  return *processes_.at(Name(service, replica));
}

void Cluster::Kill9(const std::string& service, int replica) {
  process(service, replica).Kill(SIGKILL);
  process(service, replica).Wait();
}

void Cluster::Stop(const std::string& service, int replica) {
  process(service, replica).Kill(SIGTERM);
  process(service, replica).Wait();
}

}  // namespace jinqi::harness
