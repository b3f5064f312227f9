// Ways out of the house.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::outbound {

// A JSON text under its idempotency key: the same key, however often it is sent.
struct Message {
  std::string key;
  std::string body;
};

enum class Outcome {
  // Taken (2xx).
  kDelivered,
  // Not taken now: 5xx, 408, or no answer in time. Counts as an attempt.
  kRetry,
  // The other side is not there, or has no time for anybody: no connection, 429, 502, 503, 504. Says nothing about this
  // message and counts as no attempt.
  kAway,
  // Not taken for good: any other answer.
  kRefused,
};

// `delivered`, `retry`, `away`, `refused`: for metrics and logs.
std::string_view Name(Outcome outcome);

struct Result {
  Outcome outcome = Outcome::kAway;
  // 0: there was no answer, or the way is not HTTP.
  int http_status = 0;
  // Of the answer, at most 64 KiB.
  std::string body = {};
  // What went wrong, without anything of the message.
  std::string error = {};
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Blocks, within the deadlines of the way. `now` is signed.
  virtual Result Send(const Message& message, clock::Micros now) = 0;
};

// What the status of an answer means.
Outcome OutcomeOf(int http_status);

struct HttpOptions {
  // http://host[:port]/path or https://…
  std::string url;
  std::string secret;
  // PEM; empty: the system's.
  std::string ca_file = {};
  absl::Duration connect_timeout = absl::Seconds(2);
  // For the whole answer.
  absl::Duration answer_timeout = absl::Seconds(10);
};

// POSTs signed JSON. Follows no redirect. INVALID_ARGUMENT for an address that is none.
absl::StatusOr<std::unique_ptr<Transport>> MakeHttpTransport(const HttpOptions& options);

// As configured: reads the secret's file. The target must have a url.
absl::StatusOr<std::unique_ptr<Transport>> MakeHttpTransport(const config::v1::OutboundTarget& target);

// Appends a line {"key","message"} to a file that only its owner may read.
std::unique_ptr<Transport> MakeFileTransport(const std::string& path);

}  // namespace jinqi::outbound
