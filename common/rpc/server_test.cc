#include "common/rpc/server.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <catch2/catch.hpp>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/config/config.h"
#include "common/rpc/client.h"
#include "common/rpc/test_tokens.h"
#include "common/status/status.h"
#include "jinqi/config/v1/echo.pb.h"

namespace jinqi::rpc {
namespace {

using config::v1::EchoRequest;
using config::v1::EchoResponse;

constexpr char kEcho[] = "jinqi.config.v1.EchoService/Echo";
constexpr char kToSeat[] = "jinqi.config.v1.EchoService/EchoToSeat";
constexpr char kSoon[] = "jinqi.config.v1.EchoService/EchoSoon";

absl::StatusOr<EchoResponse> Echo(const CallContext&, const EchoRequest& request) {
  EchoResponse response;
  response.set_payload(request.payload());
  return response;
}

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string path = std::filesystem::temp_directory_path() / "jinqi_rpc_XXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// An echo service on a real socket.
class Served {
 public:
  Served() = default;
  // Knows the tokens of another one's issuer.
  explicit Served(const TestTokens& others) : authenticator(others.Verifier()) {}

  void Start(const std::string& listen = "127.0.0.1:0") {
    server.reset();
    dispatcher = std::make_unique<Dispatcher>(options, methods, &authenticator, clock, metrics);
    auto started = Server::Start({.listen = listen, .max_message_bytes = options.max_message_bytes}, *dispatcher);
    REQUIRE(started.ok());
    server = *std::move(started);
  }

  TestTokens tokens;
  Authenticator authenticator{tokens.Verifier()};
  clock::SystemClock clock;
  metrics::Metrics metrics{"echo"};
  Methods methods;
  DispatcherOptions options{.service = "echo", .tenant = "tianjin", .pool_threads = 2};
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Server> server;
};

EchoRequest Hello() {
  EchoRequest request;
  request.set_payload("hello");
  return request;
}

// The standard health service, by hand: its proto file is not at hand. HealthCheckResponse.status: 1 SERVING, 2 not.
int HealthOf(const std::string& address) {
  const auto channel = Channel::Make(address);
  const auto answer = channel->CallBytes("grpc.health.v1.Health/Check", ToBuffer(""), {}, false);
  if (!answer.ok()) return -1;
  const std::string bytes = ToString(*answer);
  return bytes.size() == 2 ? bytes[1] : 0;
}

TEST_CASE("a call goes over TCP and over a unix socket", "[rpc]") {
  Served served;
  const Folder folder;
  served.methods.Query<EchoRequest, EchoResponse>(kEcho, Echo);
  const std::string listen = GENERATE(true, false) ? "127.0.0.1:0" : "unix:" + (folder / "s");
  served.Start(listen);
  CHECK((served.server->address() == listen) == (listen.rfind("unix:", 0) == 0));
  const auto channel = Channel::Make(served.server->address());
  const auto response = channel->Call<EchoResponse>(kEcho, Hello());
  REQUIRE(response.ok());
  CHECK(response->payload() == "hello");
}

TEST_CASE("an error comes back whole", "[rpc][GWY-08]") {
  Served served;
  served.methods.Query<EchoRequest, EchoResponse>(
      kEcho, [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
        return FieldError("payload", config::v1::REASON_TOO_LONG, {{"limit", "4000"}});
      });
  served.methods.Query<EchoRequest, EchoResponse>(
      kSoon, [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
        throw std::runtime_error("canary");
      });
  served.Start();
  const auto channel = Channel::Make(served.server->address());
  const auto refused = channel->Call<EchoResponse>(kEcho, Hello());
  CHECK(refused.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(ReasonOf(refused.status()) == config::v1::REASON_TOO_LONG);
  CHECK(MetadataOf(refused.status()).at("limit") == "4000");
  CHECK(ToProto(refused.status()).ShortDebugString().find("payload") != std::string::npos);
  const auto thrown = channel->Call<EchoResponse>(kSoon, Hello());
  CHECK(ReasonOf(thrown.status()) == config::v1::REASON_INTERNAL);
  CHECK(ToProto(thrown.status()).ShortDebugString().find("canary") == std::string::npos);
  const auto unknown = channel->Call<EchoResponse>("jinqi.config.v1.EchoService/Absent", Hello());
  CHECK(unknown.status().code() == absl::StatusCode::kUnimplemented);
}

TEST_CASE("token, trace and deadline travel with a call", "[rpc]") {
  Served inner;
  Served outer(inner.tokens);
  CallContext seen;
  inner.methods.Quick<EchoRequest, EchoResponse>(kToSeat, [&](const CallContext& context, const EchoRequest& request) {
    seen = context;
    return Echo(context, request);
  });
  inner.Start();
  const auto to_inner = Channel::Make(inner.server->address());
  CallContext first;
  outer.methods.Query<EchoRequest, EchoResponse>(kEcho, [&](const CallContext& context, const EchoRequest& request) {
    first = context;
    return to_inner->Call<EchoResponse>(kToSeat, request, OnBehalfOf(context));
  });
  outer.Start();
  CallOptions options;
  options.timeout = absl::Seconds(2);
  options.authorization = inner.tokens.Authorization({config::v1::ROLE_SEAT}, outer.clock.Now() + clock::kHour);
  const auto channel = Channel::Make(outer.server->address());
  const auto response = channel->Call<EchoResponse>(kEcho, Hello(), options);
  REQUIRE(response.ok());
  CHECK(seen.caller.subject == "a1");
  CHECK(seen.trace_id == first.trace_id);
  CHECK(seen.traceparent != first.traceparent);
  CHECK(seen.peer == "127.0.0.1");
  CHECK(seen.deadline < first.deadline);
}

TEST_CASE("the caller's deadline ends the call", "[rpc]") {
  Served served;
  absl::Notification release;
  served.methods.Query<EchoRequest, EchoResponse>(kEcho, [&](const CallContext& context, const EchoRequest& request) {
    release.WaitForNotification();
    return Echo(context, request);
  });
  served.Start();
  const auto channel = Channel::Make(served.server->address());
  const auto response = channel->Call<EchoResponse>(kEcho, Hello(), {.timeout = absl::Milliseconds(50)});
  CHECK(response.status().code() == absl::StatusCode::kDeadlineExceeded);
  release.Notify();
}

TEST_CASE("a request that is too large is refused", "[rpc]") {
  Served served;
  served.options.max_message_bytes = 1000;
  served.methods.Quick<EchoRequest, EchoResponse>(kEcho, Echo);
  served.Start();
  EchoRequest request;
  request.set_payload(std::string(2000, 'x'));
  const auto channel = Channel::Make(served.server->address());
  const auto response = channel->Call<EchoResponse>(kEcho, request);
  CHECK_FALSE(response.ok());
  CHECK(channel->Call<EchoResponse>(kEcho, Hello()).ok());
}

TEST_CASE("an address that is in use is refused with a clear message", "[rpc]") {
  Served served;
  const Folder folder;
  const std::string listen = GENERATE(true, false) ? "127.0.0.1:0" : "unix:" + (folder / "s");
  served.Start(listen);
  const auto second = Server::Start({.listen = served.server->address()}, *served.dispatcher);
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().message() == "cannot listen on " + served.server->address() + ": is it in use already?");
}

TEST_CASE("health follows readiness", "[rpc]") {
  Served served;
  served.Start();
  CHECK(HealthOf(served.server->address()) == 2);
  served.server->SetServing(true);
  CHECK(HealthOf(served.server->address()) == 1);
  served.server->SetServing(false);
  CHECK(HealthOf(served.server->address()) == 2);
}

TEST_CASE("stopping lets calls in hand end", "[rpc]") {
  Served served;
  absl::Notification in_hand;
  absl::Notification release;
  served.methods.Query<EchoRequest, EchoResponse>(kEcho, [&](const CallContext& context, const EchoRequest& request) {
    in_hand.Notify();
    release.WaitForNotification();
    return Echo(context, request);
  });
  served.Start();
  const auto channel = Channel::Make(served.server->address());
  absl::StatusOr<EchoResponse> response = absl::UnknownError("");
  std::thread caller([&] { response = channel->Call<EchoResponse>(kEcho, Hello()); });
  in_hand.WaitForNotification();
  std::thread stopper([&] { CHECK(served.server->Stop(std::chrono::seconds(20))); });
  release.Notify();
  stopper.join();
  caller.join();
  CHECK(response.ok());
}

TEST_CASE("a call that never ends does not keep Stop from returning", "[rpc]") {
  Served served;
  std::function<void(absl::StatusOr<EchoResponse>)> held;
  absl::Notification in_hand;
  served.methods.Async<EchoRequest, EchoResponse>(
      kEcho, [&](const CallContext&, const EchoRequest&, std::function<void(absl::StatusOr<EchoResponse>)> done) {
        held = std::move(done);
        in_hand.Notify();
      });
  served.Start();
  const auto channel = Channel::Make(served.server->address());
  absl::Notification ended;
  channel->CallAsync<EchoResponse>(kEcho, Hello(), {}, [&](absl::StatusOr<EchoResponse>) { ended.Notify(); });
  in_hand.WaitForNotification();
  CHECK_FALSE(served.server->Stop(std::chrono::milliseconds(10)));
  CHECK(served.dispatcher->InHand() == std::vector<std::string>{kEcho});
  held(EchoResponse());
  held = nullptr;
  ended.WaitForNotification();
}

TEST_CASE("a read is tried again where the service moved to", "[rpc]") {
  const Folder folder;
  const std::string file = folder / "echo.json";
  const auto channel = Channel::Make("file:" + file);
  CHECK(channel->Call<EchoResponse>(kEcho, Hello()).status().code() == absl::StatusCode::kUnavailable);
  for (int i = 0; i < 2; ++i) {
    Served served;
    served.methods.Quick<EchoRequest, EchoResponse>(kEcho, Echo);
    served.Start();
    const std::string address = "{\"grpc\": \"" + served.server->address() + "\"}";
    REQUIRE(config::WriteFileAtOnce(file, address).ok());
    // Its attempts are further apart than the file is looked at.
    const auto answer = channel->CallBytes(kEcho, ToBuffer(Hello()), {}, true);
    CHECK(answer.ok());
  }
}

TEST_CASE("replicas are called in turn, the one that is gone is left out", "[rpc]") {
  const Folder folder;
  std::atomic<int> calls[2] = {0, 0};
  std::unique_ptr<Served> replicas[2];
  for (int i = 0; i < 2; ++i) {
    replicas[i] = std::make_unique<Served>();
    replicas[i]->methods.Quick<EchoRequest, EchoResponse>(
        kEcho, [&calls, i](const CallContext& context, const EchoRequest& request) {
          ++calls[i];
          return Echo(context, request);
        });
    replicas[i]->Start();
    const std::string address = "{\"grpc\": \"" + replicas[i]->server->address() + "\"}";
    REQUIRE(config::WriteFileAtOnce(folder / std::to_string(i), address).ok());
  }
  const auto channel = Channel::Make("file:" + (folder / "0") + "," + (folder / "1") + "," + (folder / "absent"));
  const auto both = [&] { return calls[0] > 0 && calls[1] > 0; };
  for (int i = 0; i < 1000 && !both(); ++i) REQUIRE(channel->Call<EchoResponse>(kEcho, Hello()).ok());
  CHECK(both());
  replicas[0].reset();
  for (int i = 0; i < 20; ++i) CHECK(channel->CallBytes(kEcho, ToBuffer(Hello()), {}, true).ok());
}

TEST_CASE("a channel that ends right after its call leaves nothing behind", "[rpc]") {
  // Nothing else of gRPC lives in this process, so that each channel brings gRPC's threads up and down again.
  Folder folder;
  for (int i = 0; i < 5'000; ++i) {
    const auto channel = Channel::Make("unix:" + (folder / "nobody"));
    REQUIRE(channel->Call<EchoResponse>(kSoon, Hello()).status().code() == absl::StatusCode::kUnavailable);
  }
}

TEST_CASE("what may be repeated", "[rpc]") {
  config::v1::KeepRequest request;
  CHECK(Channel::MayRepeat("x.S/GetDemand", request));
  CHECK(Channel::MayRepeat("x.S/ListDemands", request));
  CHECK_FALSE(Channel::MayRepeat("x.S/CreateDemand", request));
  request.set_request_id("k");
  CHECK(Channel::MayRepeat("x.S/CreateDemand", request));
  CHECK_FALSE(Channel::MayRepeat("x.S/Echo", EchoRequest()));
}

TEST_CASE("only UNAVAILABLE is tried again, three times at most", "[rpc]") {
  Served served;
  std::atomic<int> tries = 0;
  const Reason reason = GENERATE(config::v1::REASON_UNAVAILABLE, config::v1::REASON_OVERLOADED);
  served.methods.Quick<EchoRequest, EchoResponse>(
      kEcho, [&](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
        ++tries;
        return Error(reason);
      });
  served.Start();
  metrics::Metrics metrics("caller");
  const auto channel = Channel::Make(served.server->address(), &metrics);
  const bool may_repeat = GENERATE(true, false);
  const auto answer = channel->CallBytes(kEcho, ToBuffer(Hello()), {}, may_repeat);
  CHECK(ReasonOf(answer.status()) == reason);
  CHECK(tries == (may_repeat && reason == config::v1::REASON_UNAVAILABLE ? 3 : 1));
  CHECK(metrics.Scrape().find("grpc_client_started_total") != std::string::npos);
}

}  // namespace
}  // namespace jinqi::rpc
