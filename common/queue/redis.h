// A connection to Redis. hiredis connects and parses; the bytes are moved here, because its own calls raise SIGPIPE on
// a closed socket and know no time limit for a whole exchange.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct redisContext;

namespace jinqi::queue {

struct RedisAddress {
  // The path of a unix socket; empty: TCP.
  std::string socket{};
  std::string host{};
  int port = 6379;
  // Empty without a password: no AUTH. Empty with one: AUTH with the password alone.
  std::string user{};
  std::string password{};
};

// unix:PATH or redis://[user[:password]@]host[:port]; user and password may be percent-encoded. INVALID_ARGUMENT for
// anything else; the text never shows the password.
absl::StatusOr<RedisAddress> ParseRedisAddress(std::string_view uri);

struct Reply {
  enum class Kind { kNil, kInteger, kString, kStatus, kArray, kError };

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  // Of a string, a status or an error.
  std::string text;
  std::vector<Reply> items;

  bool IsNil() const { return kind == Kind::kNil; }
  // Of an error: RESOURCE_EXHAUSTED when Redis has no memory left, UNAVAILABLE while it loads or is a replica,
  // PERMISSION_DENIED, else INTERNAL. OK for everything else.
  absl::Status status() const;
};

using Arguments = std::vector<std::string>;

// EVAL of a script. The text goes with each call: Redis finds the compiled script by it, and there is no NOSCRIPT to
// recover from after a restart.
Arguments Eval(std::string_view script, const std::vector<std::string>& keys, std::vector<std::string> arguments);

// Connects when it is first used and again after each failure, not before a pause that grows with each attempt. Used by
// one thread; only Interrupt may be called by others.
class Redis {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{1000};
    // For one exchange, beyond the time that the command itself blocks.
    std::chrono::milliseconds timeout{2000};
    std::chrono::milliseconds pause_min{20};
    std::chrono::milliseconds pause_max{1000};
  };

  explicit Redis(RedisAddress address) : Redis(std::move(address), Options()) {}
  Redis(RedisAddress address, Options options);
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  // The replies, one for each command; those that Redis refused are of kind kError. UNAVAILABLE when there is no
  // connection or it broke: what was sent may have been done or not. CANCELLED after Interrupt. `block`: how long the
  // commands may block in Redis (BLOCK); the whole exchange is given up `timeout` later, however it is held up.
  absl::StatusOr<std::vector<Reply>> Pipeline(const std::vector<Arguments>& commands,
                                              std::chrono::milliseconds block = std::chrono::milliseconds(0));

  // One command; an error reply is an error.
  absl::StatusOr<Reply> Call(const Arguments& command, std::chrono::milliseconds block = std::chrono::milliseconds(0));

  // Ends the call that runs, and all later ones, with CANCELLED. From any thread.
  void Interrupt();

  // How often a connection was made. A change means that Redis may be another one now, without the data.
  std::int64_t connections() const { return connections_; }

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Free {
    void operator()(redisContext* context) const;
  };

  absl::Status Connect();
  absl::Status Authenticate();
  absl::StatusOr<std::vector<Reply>> Exchange(const std::string& bytes, std::size_t replies, Instant deadline);
  absl::Status Send(const std::string& bytes, Instant deadline);
  absl::Status Receive(Instant deadline);
  // Waits until the socket is ready for `events`.
  absl::Status Await(short events, Instant deadline);
  absl::Status Failed(const std::string& what);

  const RedisAddress address_;
  const Options options_;
  std::unique_ptr<redisContext, Free> context_;
  std::string buffer_;
  std::int64_t connections_ = 0;
  // Attempts that failed since the last connection, when the next may be made, and why the last one failed.
  int failures_ = 0;
  Instant next_attempt_{};
  std::string last_error_ = "not connected yet";
  std::atomic<bool> interrupted_ = false;
  int interrupt_fd_ = -1;
};

}  // namespace jinqi::queue
