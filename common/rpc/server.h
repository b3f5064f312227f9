// gRPC in front of a dispatcher: methods are found by name, bytes go in and out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/dispatcher.h"

namespace jinqi::rpc {

struct ServerOptions {
  // host:port (port 0: any free one) or unix:/path.
  std::string listen = "127.0.0.1:0";
  std::size_t max_message_bytes = 2 << 20;
};

class Server {
 public:
  // Starts to serve; the standard health service (grpc.health.v1) says NOT_SERVING until SetServing(true).
  // UNAVAILABLE when the address is taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Dispatcher& dispatcher);
  // Stops without grace.
  ~Server();

  // With the port that was chosen.
  const std::string& address() const;
  void SetServing(bool serving);

  // Ends: new calls are refused, those in hand have `grace` to finish and are cancelled then. False: some did not end
  // within two seconds after that; the process cannot be left in order (gRPC waits for them for ever).
  bool Stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jinqi::rpc
