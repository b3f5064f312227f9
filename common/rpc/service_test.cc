#include "common/rpc/service.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <httplib.h>
#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/rpc/test_tokens.h"
#include "common/status/status.h"
#include "jinqi/config/v1/echo.pb.h"
#include "nlohmann/json.hpp"

namespace jinqi::rpc {
namespace {

using Catch::Matchers::Contains;
using config::v1::EchoRequest;
using config::v1::EchoResponse;
using config::v1::IntakeConfig;
using config::v1::KeepRequest;

constexpr char kToSeat[] = "jinqi.config.v1.EchoService/EchoToSeat";
constexpr char kKeep[] = "jinqi.config.v1.EchoService/Keep";

// A folder with keys and the configuration of a service that uses them.
class Home {
 public:
  Home() {
    std::string path = std::filesystem::temp_directory_path() / "jinqi_service_XXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    path_ = path;
    REQUIRE(config::WriteFileAtOnce(File("test.pub"), tokens.keys().public_pem).ok());
    REQUIRE(config::WriteFileAtOnce(File("test.pem"), tokens.keys().private_pem).ok());
    REQUIRE(config::WriteFileAtOnce(File("ring"), "k1 " + std::string(64, 'a') + "\n").ok());
    config::v1::ServerConfig& server = *config.mutable_server();
    server.set_database("sqlite:" + File("db"));
    server.set_address_file(File("address.json"));
    (*server.mutable_token_keys())["test"] = File("test.pub");
    server.set_vault_key_file(File("ring"));
    server.set_service_key_file(File("test.pem"));
    server.set_service_key_id("test");
    server.set_drain_seconds(0);
    config::ApplyDefaults(config);
  }
  ~Home() { std::filesystem::remove_all(path_); }

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  nlohmann::json Addresses() const {
    std::ifstream file(File("address.json"));
    return nlohmann::json::parse(file, nullptr, false);
  }
  std::string WriteConfig() const {
    REQUIRE(config::WriteFileAtOnce(File("service.conf"), config::Print(config)).ok());
    return File("service.conf");
  }

  TestTokens tokens;
  IntakeConfig config;

 private:
  std::string path_;
};

// A kind of record for the tests: one column, the name.
ledger::Kind ItemKind() {
  ledger::Kind kind;
  kind.name = "item";
  kind.columns = {{"name", ledger::ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<ledger::Value>> {
    return std::vector<ledger::Value>{body};
  };
  return kind;
}

std::map<std::string, std::string> Migrations() {
  return {{"0001_item.sql",
           "CREATE TABLE item (tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT "
           "NULL, head BYTEA NOT NULL, sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA "
           "NOT NULL, generation BIGINT NOT NULL, due BIGINT, name TEXT NOT NULL, PRIMARY KEY (tenant, id));"}};
}

absl::StatusOr<ledger::Command> KeepCommand(const CallContext&, const KeepRequest& request) {
  ledger::Command command;
  const ledger::Key key{"item", request.item().name()};
  command.names = {{key, ledger::Access::kChange}};
  command.decide = [key](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
    if (view.Find(key) != nullptr) return Error(config::v1::REASON_ALREADY_EXISTS);
    ledger::Outcome outcome;
    ledger::Change change;
    change.key = key;
    change.body = key.id;
    change.events.push_back({.type = "Kept", .data = "", .message = std::nullopt});
    outcome.changes.push_back(std::move(change));
    EchoResponse response;
    response.set_payload(key.id);
    outcome.answer = response.SerializeAsString();
    return outcome;
  };
  return command;
}

// Serves on a thread of its own until it is told to stop.
class Running {
 public:
  explicit Running(ServiceRuntime& runtime) {
    runtime.AddBackground({"started",
                           [this] {
                             started_.Notify();
                             return absl::OkStatus();
                           },
                           {},
                           false});
    thread_ = std::thread([this, &runtime] {
      ended = runtime.Serve([this] {
        serving_.Notify();
        stop_.WaitForNotification();
      });
      if (!serving_.HasBeenNotified()) serving_.Notify();
    });
    serving_.WaitForNotification();
  }
  ~Running() { Stop(); }
  void Stop() {
    if (!thread_.joinable()) return;
    stop_.Notify();
    thread_.join();
  }

  absl::StatusOr<bool> ended = absl::UnknownError("");

 private:
  absl::Notification started_;
  absl::Notification serving_;
  absl::Notification stop_;
  std::thread thread_;
};

std::unique_ptr<ServiceRuntime> Open(const Home& home, bool has_ledger) {
  auto runtime = ServiceRuntime::Open(
      {.name = "intake", .kinds = {ItemKind()}, .migrations = Migrations(), .has_ledger = has_ledger},
      home.config.server());
  INFO(std::string(runtime.status().message()));
  REQUIRE(runtime.ok());
  return *std::move(runtime);
}

TEST_CASE("a service is built, serves, and ends in order", "[rpc]") {
  const Home home;
  auto runtime = Open(home, false);
  std::vector<std::string> order;
  const auto task = [&](const std::string& name, bool outlives) {
    runtime->AddBackground({name,
                            [&order, name] {
                              order.push_back("+" + name);
                              return absl::OkStatus();
                            },
                            [&order, name] { order.push_back("-" + name); }, outlives});
  };
  task("relay", true);
  task("consumer", false);
  task("sweeper", false);
  runtime->methods().Quick<EchoRequest, EchoResponse>(
      kToSeat, [](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
        EchoResponse response;
        response.set_payload(request.payload());
        return response;
      });
  runtime->AddReadyCheck({"calendar", [] { return ReadyState{Readiness::kProvisional, "2027 is projected"}; }});
  bool failing = false;
  runtime->AddReadyCheck({"database", [&] {
                            return failing ? ReadyState{Readiness::kFailing, "gone"} : ReadyState{};
                          }});
  Running running(*runtime);
  const auto addresses = home.Addresses();
  REQUIRE(addresses.is_object());
  CHECK(addresses["service"] == "intake");
  CHECK(addresses["pid"] == getpid());

  httplib::Client admin("http://" + addresses["admin"].get<std::string>());
  CHECK(admin.Get("/livez")->status == 200);
  const auto ready = admin.Get("/readyz");
  CHECK(ready->status == 200);
  CHECK_THAT(ready->body, Contains(R"({"name":"calendar","state":"provisional","text":"2027 is projected"})"));
  failing = true;
  const auto not_ready = admin.Get("/readyz");
  CHECK(not_ready->status == 503);
  CHECK_THAT(not_ready->body, Contains(R"({"name":"database","state":"failing","text":"gone"})"));
  const auto metrics = admin.Get("/metrics");
  CHECK_THAT(metrics->body, Contains("jinqi_rpc_in_flight 0"));
  CHECK(admin.Get("/other")->status == 404);

  const auto channel = Channel::Make("file:" + home.File("address.json"));
  CallOptions options;
  options.authorization = home.tokens.Authorization({config::v1::ROLE_SEAT}, runtime->clock().Now() + clock::kHour);
  CHECK(channel->Call<EchoResponse>(kToSeat, EchoRequest(), options).ok());

  running.Stop();
  REQUIRE(running.ended.ok());
  CHECK(*running.ended);
  CHECK(order == std::vector<std::string>{"+relay", "+consumer", "+sweeper", "-sweeper", "-consumer", "-relay"});
  CHECK_FALSE(std::filesystem::exists(home.File("address.json")));
}

TEST_CASE("a service calls others in its own name", "[rpc]") {
  const Home home;
  auto runtime = Open(home, false);
  const auto authorization = runtime->ServiceAuthorization();
  REQUIRE(authorization.ok());
  CHECK(runtime->ServiceAuthorization().value() == *authorization);
  const auto caller = runtime->authenticator().Authenticate(*authorization, runtime->clock().Now());
  REQUIRE(caller.ok());
  CHECK(caller->subject == "service:intake");
  CHECK(caller->roles == std::vector<config::v1::Role>{config::v1::ROLE_SERVICE});
  CHECK_FALSE(runtime->Peer("nobody").ok());
}

TEST_CASE("a change is committed once and answered from the ledger", "[rpc][INT-17]") {
  const Home home;
  auto runtime = Open(home, true);
  std::atomic<int> finished = 0;
  runtime->methods().Change<KeepRequest, EchoResponse>(
      kKeep, KeepCommand, [&](const CallContext&, const KeepRequest& request, EchoResponse& response) {
        ++finished;
        response.set_payload(response.payload() + "/" + request.item().state());
      });
  Running running(*runtime);
  CallOptions options;
  options.authorization = home.tokens.Authorization({config::v1::ROLE_SEAT}, runtime->clock().Now() + clock::kHour);
  const auto channel = Channel::Make("file:" + home.File("address.json"));
  KeepRequest request;
  request.set_request_id("k1");
  request.mutable_item()->set_name("one");
  request.mutable_item()->mutable_part()->set_count(1);
  const auto call = [&] { return channel->Call<EchoResponse>(kKeep, request, options); };
  const auto first = call();
  INFO(std::string(first.status().message()));
  REQUIRE(first.ok());
  CHECK(first->payload() == "one/");
  CHECK(call()->payload() == "one/");
  CHECK(finished == 2);
  request.mutable_item()->mutable_part()->set_count(2);
  CHECK(ReasonOf(call().status()) == config::v1::REASON_REQUEST_ID_REUSED);
  request.set_request_id("k2");
  CHECK(ReasonOf(call().status()) == config::v1::REASON_ALREADY_EXISTS);
  request.clear_request_id();
  CHECK(ReasonOf(call().status()) == config::v1::REASON_REQUIRED);
  httplib::Client admin("http://" + home.Addresses()["admin"].get<std::string>());
  CHECK_THAT(admin.Get("/metrics")->body, Contains("jinqi_ledger_commands_total"));
}

TEST_CASE("what does not go together is refused", "[rpc]") {
  Home home;
  struct Row {
    std::function<void(config::v1::ServerConfig&)> change;
    const char* text;
  };
  const std::vector<Row> rows = {
      {[](auto& c) { c.set_clock_file("/tmp/clock"); }, "server.clock_file: the time comes from a file only"},
      {[](auto& c) { c.clear_database(); }, "server.database: is missing"},
      {[](auto& c) { c.set_pool_threads(0); }, "server.pool_threads: must be at least 1"},
      {[](auto& c) { c.set_drain_seconds(-1); }, "server.drain_seconds: must be at least 0"},
      {[](auto& c) { c.set_vault_key_file("/nowhere/ring"); }, "/nowhere/ring: No such file"},
      {[](auto& c) { (*c.mutable_token_keys())["x"] = "/nowhere/key"; }, "/nowhere/key: No such file"}};
  for (const Row& row : rows) {
    config::v1::ServerConfig config = home.config.server();
    row.change(config);
    const auto runtime = ServiceRuntime::Open({.name = "intake"}, config);
    REQUIRE_FALSE(runtime.ok());
    CHECK_THAT(std::string(runtime.status().message()), Contains(row.text));
  }
}

TEST_CASE("a part that cannot start stops the others", "[rpc]") {
  const Home home;
  auto runtime = Open(home, false);
  bool stopped = false;
  runtime->AddBackground({"first", [] { return absl::OkStatus(); }, [&] { stopped = true; }});
  runtime->AddBackground({"second", [] { return absl::UnavailableError("no Redis"); }, [] { FAIL(); }});
  const auto ended = runtime->Serve([] { FAIL(); });
  CHECK(ended.status().message() == "no Redis");
  CHECK(stopped);
}

// Runs RunService in a process of its own, as main() does; gives its exit status.
int RunInProcess(const std::vector<std::string>& words, const std::string& out) {
  const pid_t child = fork();
  if (child == 0) {
    if (freopen(out.c_str(), "w", stdout) == nullptr || freopen(out.c_str(), "a", stderr) == nullptr) _exit(99);
    std::vector<char*> argv;
    std::vector<std::string> copy = words;
    for (std::string& word : copy) argv.push_back(word.data());
    const int code =
        RunService<IntakeConfig>(static_cast<int>(argv.size()), argv.data(), {.name = "intake", .has_ledger = false},
                                 [](ServiceRuntime&, const IntakeConfig&) { return absl::OkStatus(); });
    fflush(nullptr);
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("the command line of a service", "[rpc]") {
  const Home home;
  const std::string out = home.File("out");
  const std::string file = home.WriteConfig();
  const auto text = [&] { return config::ReadFile(out).value(); };
  CHECK(RunInProcess({"intake", "--help"}, out) == 0);
  CHECK_THAT(text(), Contains("--check-config"));
  CHECK(RunInProcess({"intake"}, out) == 2);
  CHECK_THAT(text(), Contains("--config is missing"));
  CHECK(RunInProcess({"intake", "--colour"}, out) == 2);
  CHECK_THAT(text(), Contains("not understood: --colour"));
  CHECK(RunInProcess({"intake", "--config", file, "--check-config"}, out) == 0);
  CHECK(RunInProcess({"intake", "--config=" + file, "--print-config"}, out) == 0);
  CHECK_THAT(text(), Contains("pool_threads: 8"));
  REQUIRE(config::WriteFileAtOnce(file, "server {\n  colour: 1\n}\n").ok());
  CHECK(RunInProcess({"intake", "--config", file, "--check-config"}, out) == 2);
  CHECK_THAT(text(), Contains(file + ":2:9: "));
}

}  // namespace
}  // namespace jinqi::rpc
