// The six real programs with a Redis and databases of their own, in a temporary folder, for tests and benchmarks that
// look at the whole. Ports are chosen by the system; nothing outlives the object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/testing/process.h"
#include "common/testing/servers.h"

namespace jinqi::harness {

enum class DatabaseKind { kSqlite, kPostgres };

struct ClusterOptions {
  // Where the programs are, and the reference data.
  std::string programs;
  std::string reference;
  DatabaseKind database = DatabaseKind::kSqlite;
  // Replicas of each service; only with PostgreSQL more than one. The gateway has one.
  int replicas = 1;
  // Starts these only; empty: all six.
  std::vector<std::string> services;
  // An RFC 3339 instant at which the time stands; empty: the system's time.
  std::string clock;
  // Further settings of the PostgreSQL, like "shared_buffers=1GB".
  std::vector<std::string> postgres_settings;
  // A folder with <service>.sql.xz: what the databases hold before the services start; empty: nothing.
  std::string databases;
};

class Cluster {
 public:
  // Returns when all are ready. Throws when one does not start.
  explicit Cluster(const ClusterOptions& options);
  ~Cluster();

  // http://127.0.0.1:port of the gateway.
  std::string gateway() const;
  // Where a service's gRPC is.
  std::string grpc(const std::string& service, int replica = 0) const;
  std::string admin(const std::string& service, int replica = 0) const;
  std::string address_file(const std::string& service, int replica = 0) const;
  // The key that all services trust, under the key id `service`.
  std::string service_key() const;
  std::string config_file(const std::string& service, int replica = 0) const;
  std::string log(const std::string& service, int replica = 0) const;
  std::string programs() const { return options_.programs; }
  testing::Subprocess& process(const std::string& service, int replica = 0);
  testing::RedisServer& redis() { return *redis_; }
  // Only with DatabaseKind::kPostgres.
  testing::PostgresServer& postgres() { return *postgres_; }
  const std::vector<std::string>& services() const { return services_; }
  std::string database_uri(const std::string& service) const { return databases_.at(service); }

  void Start(const std::string& service, int replica = 0);
  void WaitReady(const std::string& service, int replica = 0);
  void Kill9(const std::string& service, int replica = 0);
  // SIGTERM, and waits for the end.
  void Stop(const std::string& service, int replica = 0);
  // Sets the clock of all services.
  void SetClock(const std::string& rfc3339);
  // Runs the service's program with --verify, against the heads of chains that the file remembers and is to remember.
  testing::RunResult Verify(const std::string& service, const std::string& anchors) const;
  // Verifies all, with <service>.anchors in the folder; what is found, empty when every history is whole.
  std::string VerifyAll(const testing::TempDir& folder) const;

 private:
  std::string Name(const std::string& service, int replica) const;
  std::string Address(const std::string& service, int replica, const std::string& field) const;
  void MakeKeys();
  void MakeDatabases();
  void Restore(const std::string& service);
  void WriteConfig(const std::string& service, int replica);

  const ClusterOptions options_;
  std::vector<std::string> services_;
  testing::TempDir folder_;
  std::unique_ptr<testing::RedisServer> redis_;
  std::unique_ptr<testing::PostgresServer> postgres_;
  std::map<std::string, std::string> databases_;
  std::map<std::string, std::unique_ptr<testing::Subprocess>> processes_;
};

}  // namespace jinqi::harness
