// A client of the gateway's public HTTP+JSON API, as any integrator would write it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"

namespace httplib {
class Client;
}

namespace jinqi::cli {

// For whom a development token is asked; without a role nobody is logged in.
struct Person {
  std::string role;
  std::string account;
  std::string body;
  std::string district;
  std::string uscc;
  auto operator<=>(const Person&) const = default;
};

// Thread-safe. Errors come back with the platform's reason. UNAVAILABLE and lost connections are tried again for
// `patience` seconds: a service may be starting again.
class Api {
 public:
  Api(std::string base_url, int patience_seconds);
  ~Api();

  // A token, from memory if one was given before; empty for nobody.
  absl::StatusOr<std::string> Token(const Person& person);

  template <typename Resp>
  absl::StatusOr<Resp> Get(const Person& person, const std::string& path) {
    return Parse<Resp>(Send("GET", path, "", person));
  }
  template <typename Resp>
  absl::StatusOr<Resp> Post(const Person& person, const std::string& path, const google::protobuf::Message& body) {
    return Parse<Resp>(Send("POST", path, ToJson(body), person));
  }
  // The body of the answer as it came.
  absl::StatusOr<std::string> Send(const std::string& verb, const std::string& path, const std::string& body,
                                   const Person& person);

 private:
  struct Connections;

  static std::string ToJson(const google::protobuf::Message& message);
  static absl::Status FromJson(const std::string& json, google::protobuf::Message& message);
  template <typename Resp>
  static absl::StatusOr<Resp> Parse(absl::StatusOr<std::string> json) {
    if (!json.ok()) return std::move(json).status();
    Resp response;
    absl::Status status = FromJson(*json, response);
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<std::string> Once(const std::string& verb, const std::string& path, const std::string& body,
                                   const std::string& token);
  absl::StatusOr<std::string> Patiently(const std::string& verb, const std::string& path, const std::string& body,
                                        const std::string& token);

  const std::string base_url_;
  const int patience_seconds_;
  std::unique_ptr<Connections> connections_;
  absl::Mutex mutex_;
  std::map<Person, std::string> tokens_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::cli
