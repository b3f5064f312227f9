#include "common/objects/s3.h"

#include <utility>

#include <httplib.h>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::objects {
namespace {

constexpr int kOk = 200;
constexpr int kNoContent = 204;
constexpr int kNotFound = 404;

absl::Status Refused(const std::string& method, const std::string& name, int status) {
  return absl::UnavailableError(absl::StrCat(method, " ", name, ": the store answers ", status));
}

}  // namespace

S3Store::S3Store(S3Options options) : options_(std::move(options)) {
  const std::size_t scheme = options_.endpoint.find("://");
  host_ = scheme == std::string::npos ? options_.endpoint : options_.endpoint.substr(scheme + 3);
}

absl::StatusOr<S3Store::Answer> S3Store::Ask(const std::string& method, const std::string& name,
                                             std::string_view body) const {
  if (!IsName(name)) return absl::InvalidArgumentError("name of an object");
  httplib::Request request;
  request.method = method;
  // Names need no encoding, see IsName.
  request.path = absl::StrCat("/", options_.bucket, "/", name);
  request.body = std::string(body);
  const SignedRequest to_sign = {method, host_, request.path, {}, body};
  for (const auto& [header, value] : Sign(to_sign, options_.key, options_.region, options_.now())) {
    request.set_header(header, value);
  }
  request.set_header("Host", host_);
  httplib::Client client(options_.endpoint);
  const auto timeout = absl::ToChronoMicroseconds(options_.timeout);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  client.set_url_encode(false);
  const httplib::Result result = client.send(request);
  if (!result) {
    return absl::UnavailableError(absl::StrCat(method, " ", name, ": ", httplib::to_string(result.error())));
  }
  return Answer{result->status, result->body};
}

absl::Status S3Store::Put(const std::string& name, std::string_view bytes) {
  ASSIGN_OR_RETURN(const Answer answer, Ask("PUT", name, bytes));
  return answer.status == kOk ? absl::OkStatus() : Refused("PUT", name, answer.status);
}

absl::StatusOr<std::string> S3Store::Get(const std::string& name) {
  ASSIGN_OR_RETURN(Answer answer, Ask("GET", name, ""));
  if (answer.status == kNotFound) return absl::NotFoundError(name);
  if (answer.status != kOk) return Refused("GET", name, answer.status);
  return std::move(answer.body);
}

absl::Status S3Store::Remove(const std::string& name) {
  ASSIGN_OR_RETURN(const Answer answer, Ask("DELETE", name, ""));
  const bool gone = answer.status == kOk || answer.status == kNoContent || answer.status == kNotFound;
  return gone ? absl::OkStatus() : Refused("DELETE", name, answer.status);
}

}  // namespace jinqi::objects
