#include "cli/api.h"

#include <google/protobuf/util/json_util.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace jinqi::cli {
namespace {

using nlohmann::json;

constexpr int kTimeoutSeconds = 15;
constexpr absl::Duration kFirstPause = absl::Milliseconds(20);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

// The error body of the platform back to a status.
absl::Status FromErrorBody(int http_status, const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("error")) {
    return absl::UnavailableError("HTTP " + std::to_string(http_status) + " without the platform's error form");
  }
  const json& error = parsed["error"];
  google::rpc::Status status;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  json plain = {{"message", error.value("message", "")}, {"details", error.value("details", json::array())}};
  if (!google::protobuf::util::JsonStringToMessage(plain.dump(), &status, options).ok()) {
    return absl::InternalError("the error body cannot be read: " + body);
  }
  const std::string name = error.value("status", "UNKNOWN");
  google::rpc::Code code = google::rpc::UNKNOWN;
  google::rpc::Code_Parse(name, &code);
  status.set_code(code);
  return FromProto(status);
}

}  // namespace

// Connections that nobody uses at the moment; each thread takes one and gives it back.
struct Api::Connections {
  absl::Mutex mutex;
  std::vector<std::unique_ptr<httplib::Client>> idle ABSL_GUARDED_BY(mutex);

  std::unique_ptr<httplib::Client> Take(const std::string& url) {
    {
      absl::MutexLock lock(&mutex);
      if (!idle.empty()) {
        auto client = std::move(idle.back());
        idle.pop_back();
        return client;
      }
    }
    auto client = std::make_unique<httplib::Client>(url);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);
    client->set_read_timeout(kTimeoutSeconds);
    return client;
  }
  void Give(std::unique_ptr<httplib::Client> client) {
    absl::MutexLock lock(&mutex);
    idle.push_back(std::move(client));
  }
};

Api::Api(std::string base_url, int patience_seconds)
    : base_url_(std::move(base_url)),
      patience_seconds_(patience_seconds),
      connections_(std::make_unique<Connections>()) {}

Api::~Api() = default;

std::string Api::ToJson(const google::protobuf::Message& message) {
  std::string out;
  (void)google::protobuf::util::MessageToJsonString(message, &out);
  return out;
}

absl::Status Api::FromJson(const std::string& text, google::protobuf::Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(text, &message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::DataLossError("the answer is no " + message.GetTypeName());
}

absl::StatusOr<std::string> Api::Once(const std::string& verb, const std::string& path, const std::string& body,
                                      const std::string& token) {
  httplib::Headers headers;
  if (!token.empty()) headers.emplace("Authorization", "Bearer " + token);
  auto client = connections_->Take(base_url_);
  const auto ask = [&]() -> httplib::Result {
    if (verb == "GET") return client->Get(path, headers);
    if (verb == "DELETE") return client->Delete(path, headers);
    return client->Post(path, headers, body, "application/json; charset=utf-8");
  };
  const httplib::Result result = ask();
  if (!result) return absl::UnavailableError("no answer from " + base_url_);
  connections_->Give(std::move(client));
  if (result->status == 200) return result->body;
  return FromErrorBody(result->status, result->body);
}

absl::StatusOr<std::string> Api::Patiently(const std::string& verb, const std::string& path, const std::string& body,
                                           const std::string& token) {
  const absl::Time end = absl::Now() + absl::Seconds(patience_seconds_);
  for (absl::Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    absl::StatusOr<std::string> answer = Once(verb, path, body, token);
    const bool again = absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status()) ||
                       absl::IsResourceExhausted(answer.status());
    if (!again || absl::Now() + pause > end) return answer;
    absl::SleepFor(pause);
  }
}

absl::StatusOr<std::string> Api::Token(const Person& person) {
  if (person.role.empty()) return std::string();
  {
    absl::MutexLock lock(&mutex_);
    const auto known = tokens_.find(person);
    if (known != tokens_.end()) return known->second;
  }
  json request = {{"roles", {"ROLE_" + person.role}}};
  if (!person.account.empty()) request["account"] = person.account;
  if (!person.body.empty()) request["body"] = person.body;
  if (!person.district.empty()) request["districtCode"] = person.district;
  if (!person.uscc.empty()) request["uscc"] = person.uscc;
  auto answer = Patiently("POST", "/v1/developmentTokens", request.dump(), "");
  if (!answer.ok()) return answer.status();
  const json parsed = json::parse(*answer, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("token")) return absl::InternalError("the gateway gave no token");
  const std::string token = parsed["token"];
  absl::MutexLock lock(&mutex_);
  tokens_[person] = token;
  return token;
}

absl::StatusOr<std::string> Api::Send(const std::string& verb, const std::string& path, const std::string& body,
                                      const Person& person) {
  ASSIGN_OR_RETURN(const std::string token, Token(person));
  return Patiently(verb, path, body, token);
}

}  // namespace jinqi::cli
