// HTTP/1.1 for the public: asynchronous, so that many connections need few threads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace jinqi::gateway {

struct HttpRequest {
  std::string verb;
  // Path and query.
  std::string target;
  std::string authorization;
  std::string traceparent;
  std::string idempotency_key;
  std::string forwarded_for;
  std::string body;
  // The address at the other end of the connection.
  std::string peer;
};

struct HttpResponse {
  int status = 200;
  // JSON.
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct HttpOptions {
  // host:port, port 0: any free one.
  std::string listen = "127.0.0.1:0";
  int threads = 2;
  std::size_t max_body_bytes = 1 << 20;
  int max_connections = 4096;
  std::chrono::seconds idle{60};
};

class HttpServer {
 public:
  // To be called once, on any thread; `make` then runs on a thread of the server.
  using Respond = std::function<void(std::function<HttpResponse()> make)>;
  // Must not block.
  using Handler = std::function<void(HttpRequest request, Respond respond)>;
  // The answer to what is no HTTP request that we take: HTTP_INVALID, BODY_TOO_LARGE.
  using Refuse = std::function<HttpResponse(const absl::Status& status)>;

  // UNAVAILABLE when the address is taken.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpOptions& options, Handler handler, Refuse refuse);
  ~HttpServer();

  const std::string& address() const;
  int connections() const;

  // Takes no more connections, answers the requests in hand within `grace`, and ends.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jinqi::gateway
