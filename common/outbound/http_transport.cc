#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/config/config.h"
#include "common/outbound/signature.h"
#include "common/outbound/transport.h"
#include "common/status/status.h"

// After gRPC's headers.
#include <httplib.h>

namespace jinqi::outbound {
namespace {

constexpr std::size_t kMaxAnswer = 64UL * 1024;

struct Address {
  // http://host:port
  std::string origin;
  std::string path;
};

absl::StatusOr<Address> ParseUrl(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::string name = scheme == std::string::npos ? "" : url.substr(0, scheme);
  const std::size_t host = scheme + 3;
  const std::size_t slash = scheme == std::string::npos ? scheme : url.find('/', host);
  const bool lawful = (name == "http" || name == "https") && url.size() > host && slash != host &&
                      url.find_first_of(" \t\r\n") == std::string::npos;
  if (!lawful) return absl::InvalidArgumentError("no http:// or https:// address: " + url);
  if (slash == std::string::npos) return Address{url, "/"};
  return Address{url.substr(0, slash), url.substr(slash)};
}

// No connection: the other side is away. Everything later may have reached it.
Outcome OutcomeOfError(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
    case httplib::Error::BindIPAddress:
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification: return Outcome::kAway;
    default: return Outcome::kRetry;
  }
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(HttpOptions options, Address address) : options_(std::move(options)), address_(std::move(address)) {}

  // A connection of its own each time: one that was kept may have been closed meanwhile, and that would look like an
  // attempt that failed.
  Result Send(const Message& message, clock::Micros now) override {
    httplib::Client client(address_.origin);
    if (!client.is_valid()) return {Outcome::kAway, 0, {}, "no such address"};
    client.set_connection_timeout(absl::ToChronoMilliseconds(options_.connect_timeout));
    client.set_read_timeout(absl::ToChronoMilliseconds(options_.answer_timeout));
    client.set_write_timeout(absl::ToChronoMilliseconds(options_.answer_timeout));
    if (!options_.ca_file.empty()) client.set_ca_cert_path(options_.ca_file);
    client.enable_server_certificate_verification(true);

    std::string answer;
    const absl::Time deadline = absl::Now() + options_.connect_timeout + options_.answer_timeout;
    const httplib::Request request = MakeRequest(message, now, [&](const char* data, std::size_t size) {
      answer.append(data, std::min(size, kMaxAnswer - std::min(answer.size(), kMaxAnswer)));
      return absl::Now() < deadline;
    });
    const httplib::Result result = client.send(request);
    if (!result) return {OutcomeOfError(result.error()), 0, {}, httplib::to_string(result.error())};
    const int status = result->status;
    return {OutcomeOf(status), status, std::move(answer), status / 100 == 2 ? "" : absl::StrCat("HTTP ", status)};
  }

 private:
  template <typename Receive>
  httplib::Request MakeRequest(const Message& message, clock::Micros now, Receive receive) const {
    const std::int64_t timestamp = now / clock::kSecond;
    httplib::Request request;
    request.method = "POST";
    request.path = address_.path;
    request.headers = {{"Content-Type", "application/json; charset=utf-8"},
                       {kKeyHeader, message.key},
                       {kTimestampHeader, std::to_string(timestamp)},
                       {kSignatureHeader, Sign(options_.secret, timestamp, message.key, message.body)}};
    request.body = message.body;
    request.content_receiver = [receive](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
      return receive(data, size);
    };
    return request;
  }

  const HttpOptions options_;
  const Address address_;
};

}  // namespace

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDelivered: return "delivered";
    case Outcome::kRetry: return "retry";
    case Outcome::kAway: return "away";
    case Outcome::kRefused: return "refused";
  }
  return "";
}

Outcome OutcomeOf(int http_status) {
  if (http_status / 100 == 2) return Outcome::kDelivered;
  if (http_status == 429 || http_status == 502 || http_status == 503 || http_status == 504) return Outcome::kAway;
  if (http_status / 100 == 5 || http_status == 408) return Outcome::kRetry;
  return Outcome::kRefused;
}

absl::StatusOr<std::unique_ptr<Transport>> MakeHttpTransport(const HttpOptions& options) {
  ASSIGN_OR_RETURN(Address address, ParseUrl(options.url));
  if (options.secret.empty()) return absl::InvalidArgumentError("no secret for " + options.url);
  return std::make_unique<HttpTransport>(options, std::move(address));
}

absl::StatusOr<std::unique_ptr<Transport>> MakeHttpTransport(const config::v1::OutboundTarget& target) {
  if (target.connect_milliseconds() < 1 || target.answer_milliseconds() < 1) {
    return absl::InvalidArgumentError("connect_milliseconds and answer_milliseconds must be at least 1");
  }
  HttpOptions options;
  options.url = target.url();
  ASSIGN_OR_RETURN(options.secret, config::ReadSecret(target.secret_file()));
  options.ca_file = target.ca_file();
  options.connect_timeout = absl::Milliseconds(target.connect_milliseconds());
  options.answer_timeout = absl::Milliseconds(target.answer_milliseconds());
  return MakeHttpTransport(options);
}

}  // namespace jinqi::outbound
