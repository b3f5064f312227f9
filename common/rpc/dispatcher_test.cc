#include "common/rpc/dispatcher.h"

#include <stdexcept>

#include <catch2/catch.hpp>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/test_tokens.h"
#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "jinqi/config/v1/echo.pb.h"

namespace jinqi::rpc {
namespace {

using config::v1::EchoRequest;
using config::v1::EchoResponse;

constexpr char kEcho[] = "jinqi.config.v1.EchoService/Echo";
constexpr char kToSeat[] = "jinqi.config.v1.EchoService/EchoToSeat";
constexpr char kToNobody[] = "jinqi.config.v1.EchoService/EchoToNobody";
constexpr char kSoon[] = "jinqi.config.v1.EchoService/EchoSoon";
constexpr char kKeep[] = "jinqi.config.v1.EchoService/Keep";
constexpr clock::Micros kNow = 1'770'000'000 * clock::kSecond;

absl::StatusOr<EchoResponse> Echo(const CallContext&, const EchoRequest& request) {
  EchoResponse response;
  response.set_payload(request.payload());
  return response;
}

ledger::Micros SystemNow() { return absl::ToUnixMicros(absl::Now()); }

// A dispatcher with what the test registers.
class Bench {
 public:
  Dispatcher& Start() {
    dispatcher_ = std::make_unique<Dispatcher>(options, methods, &authenticator, clock, metrics);
    return *dispatcher_;
  }
  Dispatcher& dispatcher() { return *dispatcher_; }

  static Incoming Call(const std::string& method, const std::string& authorization = "") {
    EchoRequest request;
    request.set_payload("hello");
    Incoming incoming;
    incoming.method = "/" + method;
    incoming.authorization = authorization;
    incoming.request = ToBuffer(request);
    return incoming;
  }
  std::string Seat() { return tokens.Authorization({config::v1::ROLE_SEAT}, kNow + clock::kHour); }

  TestTokens tokens;
  Authenticator authenticator{tokens.Verifier()};
  clock::ManualClock clock{kNow};
  metrics::Metrics metrics{"echo"};
  Methods methods;
  DispatcherOptions options{.service = "echo", .tenant = "tianjin", .pool_threads = 2};

 private:
  std::unique_ptr<Dispatcher> dispatcher_;
};

Reason ReasonOf(const Dispatcher::Result& result) { return jinqi::ReasonOf(result.answer.status()); }

TEST_CASE("the chain runs in its written order", "[rpc]") {
  const std::vector<std::string_view> order = {"guard",     "trace", "deadline", "metrics", "authenticate",
                                               "authorise", "limit", "validate", "handle"};
  CHECK(Dispatcher::Steps() == order);
}

TEST_CASE("each step refuses before the ones behind it", "[rpc][GWY-02]") {
  Bench bench;
  int handled = 0;
  bench.methods.Query<config::v1::KeepRequest, EchoResponse>(
      kKeep, [&](const CallContext&, const config::v1::KeepRequest&) -> absl::StatusOr<EchoResponse> {
        ++handled;
        return EchoResponse();
      });
  bench.options.max_in_flight = 0;
  bench.Start();
  // Late, with a forged token, without the role, overloaded and without its required fields: each is told in turn.
  Incoming incoming = Bench::Call(kKeep, "Bearer forged");
  incoming.deadline = SystemNow() - clock::kSecond;
  const auto again = [&] { return ReasonOf(bench.dispatcher().Run(incoming)); };
  CHECK(again() == config::v1::REASON_DEADLINE_EXCEEDED);
  incoming.deadline = 0;
  CHECK(again() == config::v1::REASON_UNAUTHENTICATED);
  incoming.authorization = bench.tokens.Authorization({config::v1::ROLE_INSPECTOR}, kNow + clock::kHour);
  CHECK(again() == config::v1::REASON_PERMISSION_DENIED);
  incoming.authorization = bench.Seat();
  CHECK(again() == config::v1::REASON_OVERLOADED);
  bench.options.max_in_flight = 1;
  bench.Start();
  CHECK(again() == config::v1::REASON_REQUIRED);
  CHECK(handled == 0);
  CHECK(bench.dispatcher().in_flight() == 0);
}

TEST_CASE("a handler is told who calls, when and for how long", "[rpc]") {
  Bench bench;
  CallContext seen;
  bench.methods.Quick<EchoRequest, EchoResponse>(kToSeat, [&](const CallContext& context, const EchoRequest& request) {
    seen = context;
    return Echo(context, request);
  });
  bench.Start();
  Incoming incoming = Bench::Call(kToSeat, bench.Seat());
  incoming.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  incoming.peer = "10.1.2.3";
  const auto result = bench.dispatcher().Run(incoming);
  REQUIRE(result.answer.ok());
  EchoResponse response;
  REQUIRE(FromBuffer(*result.answer, response));
  CHECK(response.payload() == "hello");
  CHECK(seen.caller.subject == "a1");
  CHECK(seen.role == config::v1::ROLE_SEAT);
  CHECK(seen.method == kToSeat);
  CHECK(seen.now == kNow);
  CHECK(seen.peer == "10.1.2.3");
  CHECK(seen.trace_id == "0af7651916cd43dd8448eb211c80319c");
  CHECK(result.trace_id == seen.trace_id);
  CHECK(seen.traceparent.find("b7ad6b7169203331") == std::string::npos);
  CHECK(CallerText(seen) == "a1@HUB SEAT");
}

TEST_CASE("the shorter deadline holds", "[rpc]") {
  Bench bench;
  ledger::Micros deadline = 0;
  const auto handle = [&](const CallContext& context, const EchoRequest& request) {
    deadline = context.deadline;
    return Echo(context, request);
  };
  bench.methods.Quick<EchoRequest, EchoResponse>(kEcho, handle);
  bench.methods.Quick<EchoRequest, EchoResponse>(kSoon, handle);
  bench.Start();
  struct Row {
    const char* method;
    ledger::Micros asked;
    ledger::Micros given;
  };
  for (const Row& row : {Row{kEcho, 0, 5 * clock::kSecond}, Row{kEcho, clock::kSecond, clock::kSecond},
                         Row{kEcho, clock::kHour, 5 * clock::kSecond}, Row{kSoon, 0, 100 * clock::kMillisecond},
                         Row{kSoon, clock::kSecond, 100 * clock::kMillisecond}}) {
    CAPTURE(row.method, row.asked);
    const ledger::Micros before = SystemNow();
    Incoming incoming = Bench::Call(row.method);
    if (row.asked > 0) incoming.deadline = before + row.asked;
    REQUIRE(bench.dispatcher().Run(incoming).answer.ok());
    CHECK(deadline >= before + row.given);
    CHECK(deadline <= SystemNow() + row.given);
  }
}

TEST_CASE("an exception ends the call and says nothing", "[rpc][GWY-08]") {
  Bench bench;
  const bool on_pool = GENERATE(true, false);
  const std::function<absl::StatusOr<EchoResponse>(const CallContext&, const EchoRequest&)> handle =
      [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
    throw std::runtime_error("canary");
  };
  if (on_pool) {
    bench.methods.Query<EchoRequest, EchoResponse>(kEcho, handle);
  } else {
    bench.methods.Quick<EchoRequest, EchoResponse>(kEcho, handle);
  }
  bench.Start();
  const auto result = bench.dispatcher().Run(Bench::Call(kEcho));
  CHECK(result.answer.status().code() == absl::StatusCode::kInternal);
  INFO("GWY-08/bad");
  CHECK(ToProto(result.answer.status()).ShortDebugString().find("canary") == std::string::npos);
  CHECK(bench.dispatcher().in_flight() == 0);
}

TEST_CASE("inner text stays inside, the trace id goes out", "[rpc][GWY-08]") {
  Bench bench;
  bench.methods.Quick<EchoRequest, EchoResponse>(
      kEcho, [](const CallContext&, const EchoRequest&) -> absl::StatusOr<EchoResponse> {
        return absl::InternalError("canary: SELECT * FROM demand");
      });
  bench.Start();
  const auto result = bench.dispatcher().Run(Bench::Call(kEcho));
  const google::rpc::Status told = ToProto(result.answer.status());
  CHECK(told.ShortDebugString().find("canary") == std::string::npos);
  google::rpc::ErrorInfo info;
  REQUIRE(told.details(0).UnpackTo(&info));
  CHECK(info.reason() == "INTERNAL");
  CHECK(info.domain() == "echo.jinqi");
  CHECK(told.ShortDebugString().find(result.trace_id) != std::string::npos);
}

TEST_CASE("a call that is let go of ends", "[rpc]") {
  Bench bench;
  bench.methods.Async<EchoRequest, EchoResponse>(
      kEcho, [](const CallContext&, const EchoRequest&, const std::function<void(absl::StatusOr<EchoResponse>)>&) {});
  bench.Start();
  CHECK(bench.dispatcher().Run(Bench::Call(kEcho)).answer.status().code() == absl::StatusCode::kInternal);
}

TEST_CASE("a call that is answered twice has its first answer", "[rpc]") {
  Bench bench;
  bench.methods.Async<EchoRequest, EchoResponse>(kEcho,
                                                 [](const CallContext& context, const EchoRequest& request,
                                                    const std::function<void(absl::StatusOr<EchoResponse>)>& done) {
                                                   done(Echo(context, request));
                                                   done(absl::InternalError("late"));
                                                 });
  bench.Start();
  CHECK(bench.dispatcher().Run(Bench::Call(kEcho)).answer.ok());
}

TEST_CASE("who may call what", "[rpc][GWY-02]") {
  Bench bench;
  for (const char* method : {kEcho, kToSeat, kToNobody}) bench.methods.Quick<EchoRequest, EchoResponse>(method, Echo);
  bench.Start();
  const std::string seat = bench.Seat();
  const std::string inspector = bench.tokens.Authorization({config::v1::ROLE_INSPECTOR}, kNow + clock::kHour);
  const std::string both =
      bench.tokens.Authorization({config::v1::ROLE_INSPECTOR, config::v1::ROLE_SEAT}, kNow + clock::kHour);
  const std::string expired = bench.tokens.Authorization({config::v1::ROLE_SEAT}, kNow);
  struct Row {
    const char* method;
    std::string authorization;
    Reason reason;
  };
  for (const Row& row :
       {Row{kEcho, "", config::v1::REASON_UNSPECIFIED}, Row{kEcho, seat, config::v1::REASON_UNSPECIFIED},
        Row{kEcho, "Bearer x", config::v1::REASON_UNAUTHENTICATED},
        Row{kEcho, inspector, config::v1::REASON_PERMISSION_DENIED},
        Row{kToSeat, "", config::v1::REASON_UNAUTHENTICATED}, Row{kToSeat, seat, config::v1::REASON_UNSPECIFIED},
        Row{kToSeat, both, config::v1::REASON_UNSPECIFIED},
        Row{kToSeat, inspector, config::v1::REASON_PERMISSION_DENIED},
        Row{kToSeat, expired, config::v1::REASON_UNAUTHENTICATED},
        Row{kToSeat, seat.substr(7), config::v1::REASON_UNAUTHENTICATED},
        Row{kToSeat, seat + "x", config::v1::REASON_UNAUTHENTICATED},
        Row{kToNobody, "", config::v1::REASON_UNAUTHENTICATED},
        Row{kToNobody, seat, config::v1::REASON_PERMISSION_DENIED},
        Row{"jinqi.config.v1.EchoService/Absent", seat, config::v1::REASON_METHOD_UNKNOWN},
        Row{"", "", config::v1::REASON_METHOD_UNKNOWN}}) {
    CAPTURE(row.method, row.authorization);
    const auto result = bench.dispatcher().Run(Bench::Call(row.method, row.authorization));
    CHECK(ReasonOf(result) == row.reason);
    CHECK(result.answer.ok() == (row.reason == config::v1::REASON_UNSPECIFIED));
  }
}

TEST_CASE("a token is good until it expires, remembered or not", "[rpc][GWY-05]") {
  Bench bench;
  bench.methods.Quick<EchoRequest, EchoResponse>(kToSeat, Echo);
  bench.Start();
  const auto call = Bench::Call(kToSeat, bench.Seat());
  CHECK(bench.dispatcher().Run(call).answer.ok());
  CHECK(bench.dispatcher().Run(call).answer.ok());
  CHECK(bench.authenticator.size() == 1);
  bench.clock.Advance(clock::kHour);
  CHECK(ReasonOf(bench.dispatcher().Run(call)) == config::v1::REASON_UNAUTHENTICATED);
  CHECK(bench.authenticator.size() == 0);
}

TEST_CASE("only so many tokens are remembered, those used last", "[rpc]") {
  const TestTokens tokens;
  Authenticator authenticator(tokens.Verifier(), 2);
  for (int i = 1; i <= 5; ++i) {
    const std::string token = tokens.Authorization({config::v1::ROLE_SEAT}, kNow + i * clock::kSecond);
    CHECK(authenticator.Authenticate(token, kNow).ok());
    CHECK(authenticator.Authenticate(token, kNow).ok());
  }
  CHECK(authenticator.size() == 2);
}

TEST_CASE("work whose time is over before it begins does not begin", "[rpc]") {
  Bench bench;
  absl::Notification release;
  std::atomic<int> handled = 0;
  bench.options.pool_threads = 1;
  bench.options.max_queued = 1;
  bench.methods.Query<EchoRequest, EchoResponse>(kEcho, [&](const CallContext& context, const EchoRequest& request) {
    ++handled;
    release.WaitForNotification();
    return Echo(context, request);
  });
  bench.Start();
  std::vector<Dispatcher::Result> results(3);
  std::vector<absl::Notification> ended(3);
  const auto start = [&](std::size_t i, ledger::Micros deadline) {
    Incoming incoming = Bench::Call(kEcho);
    incoming.deadline = deadline;
    bench.dispatcher().Start(incoming, [&results, &ended, i](Dispatcher::Result result) {
      results[i] = std::move(result);
      ended[i].Notify();
    });
  };
  start(0, 0);
  while (handled == 0) std::this_thread::yield();
  const ledger::Micros soon = SystemNow() + 30 * clock::kMillisecond;
  start(1, soon);
  // The queue holds one; the next is refused at once.
  start(2, 0);
  REQUIRE(ended[2].WaitForNotificationWithTimeout(absl::Seconds(10)));
  CHECK(ReasonOf(results[2]) == config::v1::REASON_OVERLOADED);
  while (SystemNow() <= soon) std::this_thread::yield();
  release.Notify();
  ended[0].WaitForNotification();
  ended[1].WaitForNotification();
  CHECK(results[0].answer.ok());
  CHECK(ReasonOf(results[1]) == config::v1::REASON_DEADLINE_EXCEEDED);
  CHECK(handled == 1);
}

TEST_CASE("calls in hand are limited, named and counted", "[rpc]") {
  Bench bench;
  std::function<void(absl::StatusOr<EchoResponse>)> held;
  bench.options.max_in_flight = 1;
  bench.methods.Async<EchoRequest, EchoResponse>(
      kEcho, [&](const CallContext&, const EchoRequest&, std::function<void(absl::StatusOr<EchoResponse>)> done) {
        held = std::move(done);
      });
  bench.Start();
  bool ended = false;
  bench.dispatcher().Start(Bench::Call(kEcho), [&](Dispatcher::Result result) { ended = result.answer.ok(); });
  CHECK(bench.dispatcher().in_flight() == 1);
  CHECK(bench.dispatcher().InHand() == std::vector<std::string>{kEcho});
  CHECK(ReasonOf(bench.dispatcher().Run(Bench::Call(kEcho))) == config::v1::REASON_OVERLOADED);
  held(EchoResponse());
  held = nullptr;
  CHECK(ended);
  CHECK(bench.dispatcher().in_flight() == 0);
  CHECK(bench.dispatcher().InHand().empty());
  CHECK(ReasonOf(bench.dispatcher().Run(Bench::Call("nothing/There"))) == config::v1::REASON_METHOD_UNKNOWN);
  const std::string text = bench.metrics.Scrape();
  using Catch::Matchers::Contains;
  const std::string labels = "grpc_method=\"Echo\",grpc_service=\"jinqi.config.v1.EchoService\",grpc_type=\"unary\"";
  CHECK_THAT(text, Contains("grpc_server_started_total{" + labels + "} 2\n"));
  CHECK_THAT(text, Contains("grpc_server_handled_total{grpc_code=\"OK\"," + labels + "} 1\n"));
  CHECK_THAT(text, Contains("grpc_server_handled_total{grpc_code=\"ResourceExhausted\"," + labels + "} 1\n"));
  CHECK_THAT(text, Contains("grpc_server_handled_total{grpc_code=\"Unimplemented\",grpc_method=\"unknown\","
                            "grpc_service=\"unknown\",grpc_type=\"unary\"} 1\n"));
  CHECK(text.find("nothing") == std::string::npos);
}

TEST_CASE("an ending service takes no calls", "[rpc]") {
  Bench bench;
  bench.methods.Quick<EchoRequest, EchoResponse>(kEcho, Echo);
  bench.Start();
  bench.dispatcher().Refuse();
  CHECK(ReasonOf(bench.dispatcher().Run(Bench::Call(kEcho))) == config::v1::REASON_UNAVAILABLE);
}

TEST_CASE("what cannot be read, or is too large, is refused", "[rpc]") {
  Bench bench;
  bench.options.max_message_bytes = 100;
  bench.methods.Quick<EchoRequest, EchoResponse>(kEcho, Echo);
  bench.Start();
  Incoming incoming = Bench::Call(kEcho);
  incoming.request = ToBuffer("\xff\xff\xff");
  CHECK(ReasonOf(bench.dispatcher().Run(incoming)) == config::v1::REASON_MESSAGE_INVALID);
  incoming.request = ToBuffer(std::string(101, 'x'));
  CHECK(ReasonOf(bench.dispatcher().Run(incoming)) == config::v1::REASON_TOO_LONG);
  incoming.request.Clear();
  CHECK(ReasonOf(bench.dispatcher().Run(incoming)) == config::v1::REASON_MESSAGE_INVALID);
}

TEST_CASE("a mistaken registration keeps a service from starting", "[rpc]") {
  Methods absent;
  absent.Quick<EchoRequest, EchoResponse>("jinqi.config.v1.EchoService/Absent", Echo);
  CHECK(absent.status().message() == "method jinqi.config.v1.EchoService/Absent is in no proto file");
  Methods other;
  other.Quick<EchoRequest, EchoResponse>(kKeep, Echo);
  CHECK(other.status().message() == "method jinqi.config.v1.EchoService/Keep takes another request type");
  Methods twice;
  twice.Quick<EchoRequest, EchoResponse>(kEcho, Echo);
  CHECK(twice.status().ok());
  twice.Quick<EchoRequest, EchoResponse>(kEcho, Echo);
  CHECK(twice.status().message() == "method jinqi.config.v1.EchoService/Echo is registered twice");
  Methods no_ledger;
  no_ledger.Change<config::v1::KeepRequest, EchoResponse>(
      kKeep, [](const CallContext&, const config::v1::KeepRequest&) { return ledger::Command(); });
  CHECK_FALSE(no_ledger.status().ok());
}

TEST_CASE("a command is filled in from its call", "[rpc][INT-17]") {
  CallContext context;
  context.caller.tenant = "tianjin";
  context.caller.subject = "a1";
  context.caller.uscc = "91120000000000000X";
  context.role = config::v1::ROLE_ENTERPRISE;
  context.method = kKeep;
  context.now = kNow;
  config::v1::KeepRequest request;
  request.set_request_id("k1");
  request.mutable_item()->set_name("n");
  ledger::Command command;
  REQUIRE(FillCommand(context, request, command).ok());
  CHECK(command.tenant == "tianjin");
  CHECK(command.caller == "a1@91120000000000000X ENTERPRISE");
  CHECK(command.method == kKeep);
  CHECK(command.time == kNow);
  CHECK(command.request_id == "k1");

  SECTION("the hash is over the request, not its id") {
    config::v1::KeepRequest same = request;
    same.set_request_id("k2");
    ledger::Command other;
    REQUIRE(FillCommand(context, same, other).ok());
    CHECK(other.request_hash == command.request_hash);
    same.mutable_item()->set_name("m");
    ledger::Command changed;
    REQUIRE(FillCommand(context, same, changed).ok());
    CHECK(changed.request_hash != command.request_hash);
  }
  SECTION("what the method set stays") {
    ledger::Command own;
    own.request_id = "derived";
    own.tenant = "other";
    request.clear_request_id();
    REQUIRE(FillCommand(context, request, own).ok());
    CHECK(own.request_id == "derived");
    CHECK(own.tenant == "other");
  }
  SECTION("a request id must be there and printable") {
    struct Row {
      std::string id;
      Reason reason;
    };
    for (const Row& row :
         {Row{"", config::v1::REASON_REQUIRED}, Row{std::string(65, 'x'), config::v1::REASON_TOO_LONG},
          Row{"a b", config::v1::REASON_FORMAT}, Row{"a\x7f", config::v1::REASON_FORMAT},
          Row{"键", config::v1::REASON_FORMAT}, Row{std::string(64, '~'), config::v1::REASON_UNSPECIFIED},
          Row{"!", config::v1::REASON_UNSPECIFIED}}) {
      CAPTURE(row.id);
      request.set_request_id(row.id);
      ledger::Command other;
      CHECK(jinqi::ReasonOf(FillCommand(context, request, other)) == row.reason);
    }
  }
}

}  // namespace
}  // namespace jinqi::rpc
