// A whole service for tests through its API: a real server on a unix socket, a database of its own, a clock that is
// set.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <httplib.h>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/service.h"
#include "common/rpc/test_tokens.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"

namespace jinqi::service {

// An empty database of each kind: for GENERATE.
enum class TestDatabase { kSqlite, kPostgres };

// Where a bench keeps its data, so that another one can go on with it.
class TestStore {
 public:
  explicit TestStore(TestDatabase kind)
      : uri_(kind == TestDatabase::kPostgres ? testing::PostgresServer::Shared().NewDatabase()
                                             : "sqlite:" + folder_.File("data.db")) {
    testing::WriteFile(folder_.path() / "ring", "k1 " + std::string(64, 'a') + "\n");
  }

  const std::string& uri() const { return uri_; }
  std::string File(std::string_view name) const { return folder_.File(name); }

 private:
  testing::TempDir folder_;
  std::string uri_;
};

class TestBench {
 public:
  using Build = std::function<absl::Status(rpc::ServiceRuntime&, const config::v1::ServerConfig&)>;

  using Adjust = std::function<void(config::v1::ServerConfig&)>;

  // Serves from now on; `now` as RFC 3339. Two on one store need different replicas. `adjust` may change what the
  // service is configured with.
  TestBench(const TestStore& store, rpc::ServiceDefinition definition, const Build& build, std::string_view now,
            const std::string& reference_dir, const std::string& replica = "0", const Adjust& adjust = {}) {
    SetTime(now);
    testing::WriteFile(folder_.path() / "key.pem", tokens_.keys().public_pem);
    config::v1::ServerConfig server;
    server.set_listen("unix:" + folder_.File("grpc"));
    server.set_address_file(folder_.File("address"));
    server.set_environment(config::v1::ENVIRONMENT_TEST);
    server.set_clock_file(folder_.File("clock"));
    server.set_database(store.uri());
    server.set_vault_key_file(store.File("ring"));
    server.set_reference_dir(reference_dir);
    server.set_replica(replica);
    (*server.mutable_token_keys())["test"] = folder_.File("key.pem");
    if (adjust) adjust(server);
    server = config::WithDefaults(std::move(server));
    runtime_ = testing::Must(rpc::ServiceRuntime::Open(std::move(definition), server));
    REQUIRE_OK(build(*runtime_, server));
    thread_ = std::thread(
        [this] { served_ = runtime_->Serve([this] { stop_.WaitForNotification(); }, [](absl::Duration) {}).status(); });
    REQUIRE(testing::WaitFor([this] { return std::filesystem::exists(folder_.File("address")); }));
    channel_ = rpc::Channel::Make("unix:" + folder_.File("grpc"));
  }

  ~TestBench() {
    stop_.Notify();
    thread_.join();
    CHECK_OK(served_);
  }
  TestBench(const TestBench&) = delete;
  TestBench& operator=(const TestBench&) = delete;

  // The time in which the service lives.
  void SetTime(std::string_view rfc3339) {
    testing::WriteFile(folder_.path() / "clock.new", rfc3339);
    std::filesystem::rename(folder_.path() / "clock.new", folder_.path() / "clock");
  }

  // Somebody of the city; the token never expires before the test does.
  static identity::Caller Person(std::vector<config::v1::Role> roles, std::string body = "", std::string uscc = "",
                                 std::string subject = "account-1") {
    identity::Caller caller;
    caller.tenant = "tianjin";
    caller.subject = std::move(subject);
    caller.body = std::move(body);
    caller.uscc = std::move(uscc);
    caller.roles = std::move(roles);
    caller.expires = 4'000'000'000 * clock::kSecond;
    return caller;
  }

  template <typename Response>
  absl::StatusOr<Response> Call(const identity::Caller& caller, std::string_view method,
                                const google::protobuf::Message& request) {
    rpc::CallOptions options;
    options.authorization = tokens_.Authorization(caller);
    options.timeout = absl::Seconds(30);
    return channel_->Call<Response>(method, request, options);
  }

  // For calls of another service.
  rpc::Channel& channel() { return *channel_; }
  std::string Authorization(const identity::Caller& caller) { return tokens_.Authorization(caller); }

  // As a caller without a token.
  template <typename Response>
  absl::StatusOr<Response> CallAnonymously(std::string_view method, const google::protobuf::Message& request) {
    return channel_->Call<Response>(method, request);
  }

  // The status and the body of /readyz.
  std::pair<int, std::string> Ready() const {
    const std::string file = testing::ReadFile(folder_.path() / "address");
    const std::string key = "\"admin\":\"";
    const std::size_t begin = file.find(key) + key.size();
    httplib::Client client("http://" + file.substr(begin, file.find('"', begin) - begin));
    const auto answer = client.Get("/readyz");
    return answer ? std::pair(answer->status, answer->body) : std::pair(0, std::string());
  }

  rpc::ServiceRuntime& runtime() { return *runtime_; }
  // Where others reach it.
  std::string address() const { return "unix:" + folder_.File("grpc"); }

 private:
  testing::TempDir folder_;
  rpc::TestTokens tokens_;
  absl::Notification stop_;
  absl::Status served_;
  std::unique_ptr<rpc::ServiceRuntime> runtime_;
  std::unique_ptr<rpc::Channel> channel_;
  std::thread thread_;
};

}  // namespace jinqi::service
