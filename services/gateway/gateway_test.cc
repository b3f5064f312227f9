#include "services/gateway/gateway.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include <httplib.h>
#include <catch2/catch.hpp>

#include "absl/synchronization/notification.h"
#include "common/config/config.h"
#include "common/rpc/server.h"
#include "common/rpc/test_tokens.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "nlohmann/json.hpp"

namespace jinqi::gateway {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

constexpr char kGet[] = "jinqi.intake.v1.IntakeService/GetDemand";
constexpr char kCreate[] = "jinqi.intake.v1.IntakeService/CreateDemand";
constexpr char kLookUp[] = "jinqi.intake.v1.IntakeService/LookUpProgress";

// A backend that answers what the tests ask, over a real connection.
class Backend {
 public:
  explicit Backend(const rpc::TestTokens& tokens) : authenticator_(tokens.Verifier()) {
    methods_.Quick<intake::v1::GetDemandRequest, intake::v1::Demand>(
        kGet,
        [this](const rpc::CallContext& context,
               const intake::v1::GetDemandRequest& request) -> absl::StatusOr<intake::v1::Demand> {
          seen = context;
          if (request.name() == "demands/none") return Error(config::v1::REASON_NOT_FOUND, {{"id", "none"}});
          if (request.name() == "demands/bug") return absl::InternalError("canary");
          intake::v1::Demand demand;
          demand.set_name(request.name());
          demand.set_title("𠮷林");
          return demand;
        });
    methods_.Quick<intake::v1::CreateDemandRequest, intake::v1::Demand>(
        kCreate,
        [](const rpc::CallContext&,
           const intake::v1::CreateDemandRequest& request) -> absl::StatusOr<intake::v1::Demand> {
          intake::v1::Demand demand = request.demand();
          demand.set_name("demands/" + request.request_id());
          return demand;
        });
    methods_.Quick<intake::v1::LookUpProgressRequest, intake::v1::Progress>(
        kLookUp,
        [](const rpc::CallContext&,
           const intake::v1::LookUpProgressRequest& request) -> absl::StatusOr<intake::v1::Progress> {
          if (request.phone() != "right") return Error(config::v1::REASON_NOT_FOUND);
          intake::v1::Progress progress;
          progress.set_order_no(request.order_no());
          return progress;
        });
    dispatcher_ = std::make_unique<rpc::Dispatcher>(rpc::DispatcherOptions{.service = "intake"}, methods_,
                                                    &authenticator_, clock_, metrics_);
    server_ = *rpc::Server::Start({}, *dispatcher_);
  }
  const std::string& address() const { return server_->address(); }

  rpc::CallContext seen;

 private:
  rpc::Authenticator authenticator_;
  clock::SystemClock clock_;
  metrics::Metrics metrics_{"intake"};
  rpc::Methods methods_;
  std::unique_ptr<rpc::Dispatcher> dispatcher_;
  std::unique_ptr<rpc::Server> server_;
};

// A gateway in front of it, both real, on ports of their own.
class Front {
 public:
  explicit Front(const std::function<void(config::v1::GatewayConfig&)>& change = {}) {
    std::string path = std::filesystem::temp_directory_path() / "jinqi_gateway_XXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    folder_ = path;
    REQUIRE(config::WriteFileAtOnce(folder_ + "/pub", tokens.keys().public_pem).ok());
    REQUIRE(config::WriteFileAtOnce(folder_ + "/pem", tokens.keys().private_pem).ok());
    config::v1::GatewayConfig config;
    auto& server = *config.mutable_server();
    server.set_environment(config::v1::ENVIRONMENT_TEST);
    server.set_address_file(folder_ + "/gateway.json");
    server.set_drain_seconds(0);
    (*server.mutable_token_keys())["test"] = folder_ + "/pub";
    for (const char* peer : {"intake", "routing", "feedback", "policy", "inspection"}) {
      (*server.mutable_peers())[peer] = backend.address();
    }
    config.set_development_key_file(folder_ + "/pem");
    config.set_development_key_id("test");
    config.add_lookup_limits()->add_methods(kLookUp);
    if (change) change(config);
    config::ApplyDefaults(config);
    runtime_ = *rpc::ServiceRuntime::Open({.name = "gateway", .has_ledger = false}, config.server());
    auto made = Gateway::Make(config, *runtime_);
    REQUIRE(made.ok());
    gateway_ = *std::move(made);
    runtime_->AddBackground({"http", [this] { return gateway_->StartHttp(); }, [this] { gateway_->StopHttp(); }});
    thread_ = std::thread([this] {
      const auto ended = runtime_->Serve([this] {
        serving_.Notify();
        stop_.WaitForNotification();
      });
      CHECK(ended.ok());
    });
    serving_.WaitForNotification();
    std::ifstream file(folder_ + "/gateway.json");
    addresses = json::parse(file);
    http = std::make_unique<httplib::Client>("http://" + addresses["http"].get<std::string>());
  }
  ~Front() {
    http.reset();
    stop_.Notify();
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  httplib::Headers As(config::v1::Role role) {
    return {{"Authorization", tokens.Authorization({role}, runtime_->clock().Now() + clock::kHour)}};
  }

  rpc::TestTokens tokens;
  Backend backend{tokens};
  json addresses;
  std::unique_ptr<httplib::Client> http;

 private:
  std::string folder_;
  std::unique_ptr<rpc::ServiceRuntime> runtime_;
  std::unique_ptr<Gateway> gateway_;
  absl::Notification serving_;
  absl::Notification stop_;
  std::thread thread_;
};

std::string ReasonIn(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  return parsed.is_object() ? parsed["error"]["details"][0].value("reason", "") : body;
}

// Bytes over a connection of their own, as no client library would send them; all that comes back.
std::string Send(const std::string& address, const std::string& bytes) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::size_t colon = address.rfind(':');
  REQUIRE(getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found) == 0);
  const int fd = socket(found->ai_family, found->ai_socktype, 0);
  REQUIRE(connect(fd, found->ai_addr, found->ai_addrlen) == 0);
  freeaddrinfo(found);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  std::string answer;
  char chunk[4096];
  for (ssize_t n = 0; (n = recv(fd, chunk, sizeof(chunk), 0)) > 0;) answer.append(chunk, static_cast<std::size_t>(n));
  close(fd);
  return answer;
}

TEST_CASE("a request goes round as JSON", "[gateway][GWY-07]") {
  Front front;
  auto headers = front.As(config::v1::ROLE_SEAT);
  headers.emplace("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto got = front.http->Get("/v1/demands/TJ1", headers);
  REQUIRE(got);
  CHECK(got->status == 200);
  CHECK(json::parse(got->body) == json({{"name", "demands/TJ1"}, {"title", "𠮷林"}}));
  CHECK(got->get_header_value("Trace-Id") == "0af7651916cd43dd8448eb211c80319c");
  CHECK(front.backend.seen.trace_id == "0af7651916cd43dd8448eb211c80319c");
  CHECK(front.backend.seen.caller.subject == "a1");

  headers.emplace("Idempotency-Key", "k1");
  const auto made = front.http->Post("/v1/demands", headers, R"({"demand":{"title":"t"}})", "application/json");
  CHECK(json::parse(made->body)["name"] == "demands/k1");
}

TEST_CASE("errors of all kinds have the one form", "[gateway][GWY-08]") {
  Front front;
  const auto seat = front.As(config::v1::ROLE_SEAT);
  const auto status = [&](const httplib::Result& result, int code, const std::string& reason) {
    INFO("GWY-08/accept " << result->body);
    CHECK(result->status == code);
    CHECK(ReasonIn(result->body) == reason);
    CHECK(json::parse(result->body)["error"]["trace_id"] == result->get_header_value("Trace-Id"));
    CHECK(result->body.find("canary") == std::string::npos);
  };
  status(front.http->Get("/v1/demands/none", seat), 404, "NOT_FOUND");
  status(front.http->Get("/v1/demands/bug", seat), 500, "INTERNAL");
  status(front.http->Get("/v1/demands/TJ1"), 401, "UNAUTHENTICATED");
  status(front.http->Get("/v1/demands/TJ1", {{"Authorization", "Bearer forged"}}), 401, "UNAUTHENTICATED");
  status(front.http->Get("/v1/demands/TJ1", front.As(config::v1::ROLE_KNOWLEDGE_EDITOR)), 403, "PERMISSION_DENIED");
  status(front.http->Get("/v3/demands", seat), 404, "PATH_UNKNOWN");
  status(front.http->Delete("/v1/demands", seat), 405, "VERB_NOT_ALLOWED");
  status(front.http->Post("/v1/demands", seat, "{", "application/json"), 400, "JSON_INVALID");
  // The backend does not serve it: what that means inside is not for the public.
  status(front.http->Post("/v1/demands/TJ1:submit", seat, "", "application/json"), 501, "METHOD_UNKNOWN");
  // Who may not call is not told what is wrong with the request.
  status(front.http->Post("/v1/demands/TJ1:submit", front.As(config::v1::ROLE_ENTERPRISE), "{", "application/json"),
         403, "PERMISSION_DENIED");
}

TEST_CASE("the error of a service is told as it is", "[gateway][GWY-08]") {
  Front front;
  const auto result = front.http->Get("/v1/demands/none", front.As(config::v1::ROLE_SEAT));
  const json details = json::parse(result->body)["error"]["details"];
  CHECK(details[0]["domain"] == "intake.jinqi");
  CHECK(details[0]["metadata"]["id"] == "none");
}

TEST_CASE("what is no request is refused within the limits", "[gateway][GWY-07]") {
  Front front;
  const std::string address = front.addresses["http"];
  const std::string large(1'100'000, 'x');
  struct Row {
    const char* name;
    std::string bytes;
    std::string status;
    std::string reason;
  };
  for (const Row& row :
       {Row{"no HTTP", "hello\r\n\r\n", "400", "HTTP_INVALID"},
        Row{"long header", "GET /v1/demands HTTP/1.1\r\nX: " + large + "\r\n\r\n", "400", "HTTP_INVALID"},
        Row{"announced too large", "POST /v1/demands HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + large, "400",
            "BODY_TOO_LARGE"},
        Row{"too large in pieces", "POST /v1/demands HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10c8e0\r\n" + large,
            "400", "BODY_TOO_LARGE"},
        Row{"bad length", "POST /v1/demands HTTP/1.1\r\nContent-Length: many\r\n\r\n", "400", "HTTP_INVALID"},
        Row{"packed", "POST /v1/demands HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", "400",
            "HTTP_INVALID"}}) {
    INFO(row.name);
    const std::string answer = Send(address, row.bytes);
    CHECK_THAT(answer, Contains("HTTP/1.1 " + row.status + " "));
    CHECK_THAT(answer, Contains("\"reason\":\"" + row.reason + "\""));
    CHECK_THAT(answer, Contains("Connection: close"));
  }
  CHECK(front.http->Get("/v1/demands/TJ1", front.As(config::v1::ROLE_SEAT))->status == 200);
}

TEST_CASE("Expect: 100-continue is answered", "[gateway]") {
  Front front;
  const std::string answer =
      Send(front.addresses["http"],
           "POST /v1/nothing HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
  CHECK_THAT(answer, Contains("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 "));
}

TEST_CASE("requests of one connection are answered in turn", "[gateway]") {
  Front front;
  std::string bytes;
  for (int i = 0; i < 3; ++i) bytes += "GET /v" + std::to_string(i + 2) + "/x HTTP/1.1\r\n\r\n";
  const std::string answer = Send(front.addresses["http"], bytes + "GET /v9/x HTTP/1.0\r\n\r\n");
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answer.find("HTTP/1.1 404", at)) != std::string::npos; ++at) ++count;
  CHECK(count == 4);
}

TEST_CASE("who tries numbers out is stopped, by address", "[gateway][INT-18]") {
  Front front([](config::v1::GatewayConfig& config) { config.add_trusted_proxies("127.0.0.1"); });
  const auto look = [&](const std::string& phone, const std::string& from) {
    return front.http->Post("/v1/demands:lookUpProgress", httplib::Headers{{"X-Forwarded-For", from}},
                            R"({"orderNo":"TJ1","phone":")" + phone + "\"}", "application/json");
  };
  for (int i = 0; i < 10; ++i) CHECK(look("wrong", "6.6.6.6, 10.0.0.1")->status == 404);
  INFO("INT-18/bad/2");
  const auto refused = look("right", "7.7.7.7, 10.0.0.1");
  CHECK(refused->status == 429);
  CHECK(ReasonIn(refused->body) == "TOO_MANY_TRIES");
  CHECK(std::stoi(refused->get_header_value("Retry-After")) > 3500);
  CHECK(look("right", "10.0.0.2")->status == 200);
}

TEST_CASE("a forged X-Forwarded-For counts for nothing", "[gateway][GWY-06]") {
  INFO("GWY-06/bad");
  Front front;
  for (int i = 0; i < 10; ++i) {
    const httplib::Headers headers = {{"X-Forwarded-For", "10.0.0." + std::to_string(i)}};
    CHECK(front.http->Post("/v1/demands:lookUpProgress", headers, R"({"orderNo":"TJ1"})", "application/json")->status ==
          404);
  }
  CHECK(front.http->Post("/v1/demands:lookUpProgress", R"({"orderNo":"TJ1"})", "application/json")->status == 429);
}

TEST_CASE("gRPC passes through, but not what is internal", "[gateway]") {
  Front front;
  const auto channel = rpc::Channel::Make(front.addresses["grpc"]);
  rpc::CallOptions options;
  options.authorization = front.As(config::v1::ROLE_SEAT).find("Authorization")->second;
  intake::v1::GetDemandRequest request;
  request.set_name("demands/TJ1");
  const auto demand = channel->Call<intake::v1::Demand>(kGet, request, options);
  REQUIRE(demand.ok());
  CHECK(demand->title() == "𠮷林");
  request.set_name("demands/none");
  const auto none = channel->Call<intake::v1::Demand>(kGet, request, options);
  CHECK(ReasonOf(none.status()) == config::v1::REASON_NOT_FOUND);
  CHECK(MetadataOf(none.status()).at("id") == "none");
  options.authorization.clear();
  CHECK(ReasonOf(channel->Call<intake::v1::Demand>(kGet, request, options).status()) ==
        config::v1::REASON_UNAUTHENTICATED);
  const auto inner = channel->Call<intake::v1::Demand>("jinqi.config.v1.EchoService/Echo", request, options);
  CHECK(ReasonOf(inner.status()) == config::v1::REASON_METHOD_UNKNOWN);
}

TEST_CASE("development tokens open doors", "[gateway][GWY-02]") {
  Front front;
  const auto token = front.http->Post("/v1/developmentTokens",
                                      R"({"roles":["ROLE_SEAT"],"account":"s1","districtCode":"120103","uscc":"U"})",
                                      "application/json");
  REQUIRE(token->status == 200);
  const std::string bearer = "Bearer " + json::parse(token->body)["token"].get<std::string>();
  CHECK(front.http->Get("/v1/demands/TJ1", {{"Authorization", bearer}})->status == 200);
  CHECK(front.backend.seen.caller.subject == "s1");
  CHECK(front.backend.seen.caller.district == "120103");
  const auto refused = [&](const char* body) {
    const auto result = front.http->Post("/v1/developmentTokens", body, "application/json");
    return std::to_string(result->status) + " " + ReasonIn(result->body);
  };
  CHECK(refused(R"({})") == "400 REQUIRED");
  CHECK(refused(R"({"roles":["ROLE_SERVICE"]})") == "400 UNKNOWN_VALUE");
  CHECK(refused(R"({"roles":["ROLE_ANONYMOUS"]})") == "400 UNKNOWN_VALUE");
  CHECK(refused(R"({"roles":["ROLE_KING"]})") == "400 UNKNOWN_VALUE");
  CHECK(refused(R"({"roles":[99]})") == "400 UNKNOWN_VALUE");
}

TEST_CASE("production has no development tokens", "[gateway][GWY-02]") {
  Front front([](config::v1::GatewayConfig& config) {
    config.mutable_server()->set_environment(config::v1::ENVIRONMENT_PRODUCTION);
    config.clear_development_key_file();
  });
  CHECK(front.http->Post("/v1/developmentTokens", R"({"roles":["ROLE_SEAT"]})", "application/json")->status == 404);
  config::v1::GatewayConfig config;
  config.set_development_key_file("/any");
  config::ApplyDefaults(config);
  CHECK_FALSE(DevelopmentTokens::Make(config).ok());
}

TEST_CASE("a limit that nobody can mean keeps the gateway from starting", "[gateway][INT-18]") {
  for (const auto& [tries, seconds] : {std::pair(0, 3600), std::pair(-1, 3600), std::pair(10, 0), std::pair(10, -1)}) {
    CAPTURE(tries, seconds);
    config::v1::GatewayConfig config;
    auto& limit = *config.add_lookup_limits();
    limit.add_methods(kLookUp);
    limit.set_tries(tries);
    limit.set_seconds(seconds);
    config::ApplyDefaults(config);
    const auto runtime = rpc::ServiceRuntime::Open({.name = "gateway", .has_ledger = false}, config.server());
    REQUIRE(runtime.ok());
    const auto made = Gateway::Make(config, **runtime);
    REQUIRE_FALSE(made.ok());
    CHECK_THAT(std::string(made.status().message()), Contains("lookup_limits"));
  }
}

TEST_CASE("a public package without its service keeps the gateway from starting", "[gateway]") {
  config::v1::GatewayConfig config;
  config::ApplyDefaults(config);
  const auto runtime = rpc::ServiceRuntime::Open({.name = "gateway", .has_ledger = false}, config.server());
  REQUIRE(runtime.ok());
  const auto made = Gateway::Make(config, **runtime);
  REQUIRE_FALSE(made.ok());
  CHECK_THAT(std::string(made.status().message()), Contains("server.peers does not name"));
}

}  // namespace
}  // namespace jinqi::gateway
