#include <catch2/catch.hpp>
#include <future>

#include "common/config/config.h"
#include "common/outbound/circuit.h"
#include "common/outbound/retry.h"
#include "common/outbound/signature.h"
#include "common/outbound/test_receiver.h"
#include "common/outbound/transport.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"

namespace jinqi::outbound {
namespace {

using clock::kHour;
using clock::kMinute;
using clock::kSecond;
using testing::Must;

constexpr clock::Micros kNow = 1'760'000'000 * kSecond;

TEST_CASE("a signature fits one secret, time, key and body", "[FBK-13][RTE-26]") {
  // By `printf '1760000000.k1.{"a":1}' | openssl dgst -sha256 -hmac secret`.
  const std::string signature = Sign("secret", 1'760'000'000, "k1", R"({"a":1})");
  CHECK(signature == "v1=a0642e4b00d12775e997f6618a9346fa57d07d76c137e5a87ac82993d694c5f9");
  const auto verify = [&](std::string_view secret, std::int64_t time, std::string_view key, std::string_view body,
                          std::string_view made,
                          clock::Micros now) { return Verify(secret, time, key, body, made, now); };
  CHECK(verify("secret", 1'760'000'000, "k1", R"({"a":1})", signature, kNow));
  CHECK(verify("secret", 1'760'000'000, "k1", R"({"a":1})", signature, kNow + kTolerance));
  CHECK(verify("secret", 1'760'000'000, "k1", R"({"a":1})", signature, kNow - kTolerance));
  CHECK_FALSE(verify("secret", 1'760'000'000, "k1", R"({"a":1})", signature, kNow + kTolerance + kSecond));
  CHECK_FALSE(verify("secret", 1'760'000'000, "k1", R"({"a":1})", signature, kNow - kTolerance - kSecond));
  CHECK_FALSE(verify("other", 1'760'000'000, "k1", R"({"a":1})", signature, kNow));
  CHECK_FALSE(verify("secret", 1'760'000'001, "k1", R"({"a":1})", signature, kNow));
  CHECK_FALSE(verify("secret", 1'760'000'000, "k2", R"({"a":1})", signature, kNow));
  CHECK_FALSE(verify("secret", 1'760'000'000, "k1", R"({"a":2})", signature, kNow));
  CHECK_FALSE(verify("secret", 1'760'000'000, "k1", R"({"a":1})", "", kNow));
  INFO("the end of a key is not the beginning of a body, and no secret signs nothing");
  CHECK_FALSE(verify("secret", 1, "k.", "b", Sign("secret", 1, "k.", "b"), kSecond));
  CHECK_FALSE(verify("", 1, "k", "b", Sign("", 1, "k", "b"), kSecond));
}

TEST_CASE("three failures in a row open the circuit, for longer each time", "[FBK-13]") {
  Circuit circuit;
  circuit.Failed(kNow, 0);
  circuit.Failed(kNow, 0);
  circuit.Succeeded();
  circuit.Failed(kNow, 0);
  circuit.Failed(kNow, 0);
  CHECK(circuit.Allows(kNow));
  CHECK_FALSE(circuit.open());
  circuit.Failed(kNow, 1);
  CHECK(circuit.open());
  CHECK_FALSE(circuit.Allows(kNow + 6 * kSecond - 1));
  CHECK(circuit.Allows(kNow + 6 * kSecond));
  for (const int pause : {10, 20, 40, 80, 160, 300, 300}) {
    circuit.Failed(kNow, 0);
    CHECK_FALSE(circuit.Allows(kNow + pause * kSecond - 1));
    CHECK(circuit.Allows(kNow + pause * kSecond));
  }
  circuit.Succeeded();
  CHECK(circuit.Allows(kNow));
}

TEST_CASE("a failed delivery is tried three times more, with growing pauses", "[FBK-13]") {
  const auto retry = config::WithDefaults(config::v1::OutboundRetry());
  events::v1::Delivery delivery;
  Begin(delivery, kNow);
  Report failed{Outcome::kRetry, 500};
  clock::Micros now = kNow;
  for (const int minutes : {5, 15, 45}) {
    INFO(minutes);
    REQUIRE(clock::FromProto(delivery.next_time()) == now);
    REQUIRE(Note(delivery, failed, retry, now) == Verdict::kAgain);
    now += minutes * kMinute;
  }
  CHECK(Note(delivery, failed, retry, now) == Verdict::kExhausted);
  CHECK_FALSE(delivery.has_next_time());
  CHECK(delivery.attempts_size() == 4);
  CHECK(delivery.attempts(3).http_status() == 500);
  CHECK(clock::FromProto(delivery.attempts(3).time()) == now);
  CHECK(delivery.attempts(3).outcome() == events::v1::DeliveryAttempt::OUTCOME_RETRY);

  INFO("put on its way again it has all its tries, and keeps what was");
  Begin(delivery, now);
  failed.jitter = 1;
  CHECK(Note(delivery, failed, retry, now) == Verdict::kAgain);
  CHECK(clock::FromProto(delivery.next_time()) == now + 6 * kMinute);
  CHECK(Note(delivery, {Outcome::kDelivered, 200}, retry, now) == Verdict::kDelivered);
  CHECK_FALSE(delivery.has_next_time());
  CHECK(delivery.attempts_size() == 6);
  Begin(delivery, now);
  CHECK(Note(delivery, {Outcome::kRefused, 400}, retry, now) == Verdict::kRefused);
  CHECK_FALSE(delivery.has_next_time());
  CHECK(Reason(Verdict::kRefused) == "REFUSED");
  CHECK(Reason(Verdict::kExhausted) == "TRIES");

  CHECK_FALSE(IsExpired(kNow, retry, kNow + 72 * kHour - 1));
  CHECK(IsExpired(kNow, retry, kNow + 72 * kHour));
}

TEST_CASE("numbers of retries that nobody can mean stop the start", "[FBK-13]") {
  const auto with = [](auto change) {
    auto retry = config::WithDefaults(config::v1::OutboundRetry());
    change(retry);
    return CheckRetry("retry", retry);
  };
  CHECK_OK(with([](auto&) {}));
  CHECK_OK(with([](auto& retry) { retry.set_retries(0); }));
  CHECK_FALSE(with([](auto& retry) { retry.set_retries(-1); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_retries(21); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_first_pause_seconds(0); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_first_pause_seconds(86'401); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_pause_factor(0); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_pause_factor(11); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_expire_hours(0); }).ok());
  CHECK_FALSE(with([](auto& retry) { retry.set_expire_hours(721); }).ok());
}

TEST_CASE("what an answer means", "[FBK-13]") {
  const std::vector<std::pair<int, Outcome>> rows = {
      {200, Outcome::kDelivered}, {202, Outcome::kDelivered}, {204, Outcome::kDelivered}, {301, Outcome::kRefused},
      {400, Outcome::kRefused},   {403, Outcome::kRefused},   {404, Outcome::kRefused},   {408, Outcome::kRetry},
      {409, Outcome::kRefused},   {429, Outcome::kAway},      {500, Outcome::kRetry},     {501, Outcome::kRetry},
      {502, Outcome::kAway},      {503, Outcome::kAway},      {504, Outcome::kAway}};
  Receiver receiver;
  const auto transport = Must(MakeHttpTransport({receiver.url(), kTestSecret}));
  for (const auto& [status, outcome] : rows) {
    INFO(status);
    receiver.SetAnswer(status, "{\"n\":1}");
    const Result result = transport->Send({"k1", "{\"a\":1}"}, kNow);
    CHECK(result.outcome == outcome);
    CHECK(result.http_status == status);
    if (outcome == Outcome::kDelivered && status != 204) CHECK(result.body == "{\"n\":1}");
  }
  for (const Receiver::Got& got : receiver.got()) {
    CHECK(got.genuine);
    CHECK(got.key == "k1");
    CHECK(got.body == nlohmann::json{{"a", 1}});
  }
}

TEST_CASE("no connection is away, no answer is an attempt", "[FBK-13]") {
  std::string url;
  {
    Receiver gone;
    url = gone.url();
  }
  CHECK(Must(MakeHttpTransport({url, kTestSecret}))->Send({"k", "{}"}, kNow).outcome == Outcome::kAway);
  CHECK(Must(MakeHttpTransport({"http://no-such-host.invalid/", kTestSecret}))->Send({"k", "{}"}, kNow).outcome ==
        Outcome::kAway);

  Receiver silent;
  std::promise<void> end;
  silent.SetAnswer([waits = end.get_future().share()](const Receiver::Got&) {
    waits.wait();
    return std::pair(200, std::string("{}"));
  });
  HttpOptions options{silent.url(), kTestSecret};
  options.answer_timeout = absl::Milliseconds(50);
  const Result result = Must(MakeHttpTransport(options))->Send({"k", "{}"}, kNow);
  end.set_value();
  CHECK(result.outcome == Outcome::kRetry);
  CHECK(result.http_status == 0);
}

TEST_CASE("a huge answer is cut", "[FBK-13]") {
  Receiver receiver;
  receiver.SetAnswer(200, std::string(1 << 20, 'x'));
  const Result result = Must(MakeHttpTransport({receiver.url(), kTestSecret}))->Send({"k", "{}"}, kNow);
  CHECK(result.outcome == Outcome::kDelivered);
  CHECK(result.body.size() == 64 * 1024);
}

TEST_CASE("over TLS only to a server that the certificates know", "[FBK-13]") {
  testing::TempDir folder;
  testing::Subprocess::Options openssl;
  openssl.argv = {"openssl",
                  "req",
                  "-x509",
                  "-newkey",
                  "ec",
                  "-pkeyopt",
                  "ec_paramgen_curve:P-256",
                  "-nodes",
                  "-days",
                  "2",
                  "-subj",
                  "/CN=localhost",
                  "-addext",
                  "subjectAltName=DNS:localhost",
                  "-keyout",
                  folder.File("key.pem"),
                  "-out",
                  folder.File("cert.pem")};
  REQUIRE(testing::RunProgram(openssl).status == 0);
  Receiver receiver(
      std::make_unique<httplib::SSLServer>(folder.File("cert.pem").c_str(), folder.File("key.pem").c_str()));
  HttpOptions options{receiver.url("https", "localhost"), kTestSecret};
  CHECK(Must(MakeHttpTransport(options))->Send({"k", "{}"}, kNow).outcome == Outcome::kAway);
  CHECK(receiver.got().empty());
  options.ca_file = folder.File("cert.pem");
  CHECK(Must(MakeHttpTransport(options))->Send({"k", "{}"}, kNow).outcome == Outcome::kDelivered);
  REQUIRE(receiver.got().size() == 1);
  CHECK(receiver.got()[0].genuine);
}

TEST_CASE("a target that makes no sense stops the start", "[FBK-13]") {
  testing::TempDir folder;
  testing::WriteFile(folder.path() / "secret", "s\n");
  auto target = config::WithDefaults(config::v1::OutboundTarget());
  target.set_secret_file(folder.File("secret"));
  for (const char* url : {"", "host/path", "ftp://host/", "http://", "http:///path", "https://a b/"}) {
    INFO(url);
    target.set_url(url);
    CHECK(absl::IsInvalidArgument(MakeHttpTransport(target).status()));
  }
  target.set_url("https://host:8443");
  CHECK_OK(MakeHttpTransport(target).status());
  target.set_answer_milliseconds(0);
  CHECK_FALSE(MakeHttpTransport(target).ok());
  target.set_answer_milliseconds(1);
  target.set_connect_milliseconds(0);
  CHECK_FALSE(MakeHttpTransport(target).ok());
  target.set_connect_milliseconds(1);
  target.set_secret_file(folder.File("none"));
  CHECK_FALSE(MakeHttpTransport(target).ok());
}

TEST_CASE("the file has a line for each message, for its owner only", "[FBK-13]") {
  testing::TempDir folder;
  const auto transport = MakeFileTransport(folder.File("notices.jsonl"));
  CHECK(transport->Send({"k1", R"({"text":"一"})"}, kNow).outcome == Outcome::kDelivered);
  CHECK(transport->Send({"k2", R"({"text":"二"})"}, kNow).outcome == Outcome::kDelivered);
  CHECK(testing::ReadFile(folder.path() / "notices.jsonl") ==
        "{\"key\":\"k1\",\"message\":{\"text\":\"一\"}}\n{\"key\":\"k2\",\"message\":{\"text\":\"二\"}}\n");
  using std::filesystem::perms;
  CHECK(std::filesystem::status(folder.File("notices.jsonl")).permissions() ==
        (perms::owner_read | perms::owner_write));
  CHECK(MakeFileTransport(folder.File("no/such/folder"))->Send({"k", "{}"}, kNow).outcome == Outcome::kAway);
}

}  // namespace
}  // namespace jinqi::outbound
