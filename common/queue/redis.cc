#include "common/queue/redis.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::queue {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
// Above this an idle parser gives its memory back.
constexpr std::size_t kParserBytes = std::size_t{4} * 1024 * 1024;

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
    decoded.push_back(static_cast<char>(value));
    i += 2;
  }
  return decoded;
}

absl::Status BadAddress() {
  return absl::InvalidArgumentError("not a Redis address: write unix:PATH or redis://[user[:password]@]host[:port]");
}

// Splits `user:password@rest` and leaves the rest.
absl::Status ParseCredentials(std::string_view& rest, RedisAddress& address) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return absl::OkStatus();
  const std::string_view credentials = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = credentials.find(':');
  const auto user = PercentDecode(credentials.substr(0, colon));
  if (!user) return BadAddress();
  address.user = *user;
  if (colon == std::string_view::npos) return absl::OkStatus();
  const auto password = PercentDecode(credentials.substr(colon + 1));
  if (!password) return BadAddress();
  address.password = *password;
  return absl::OkStatus();
}

// Host and port of `host`, `host:port` and `[v6]:port`.
absl::Status ParseHost(std::string_view rest, RedisAddress& address) {
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return BadAddress();
    address.host = std::string(rest.substr(1, close - 1));
    port = rest.substr(close + 1);
    if (!port.empty() && port.front() != ':') return BadAddress();
  } else {
    const std::size_t colon = rest.find(':');
    address.host = std::string(rest.substr(0, colon));
    if (colon != std::string_view::npos) port = rest.substr(colon);
  }
  if (address.host.empty()) return BadAddress();
  if (port.empty()) return absl::OkStatus();
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return BadAddress();
  if (address.port < 1 || address.port > 65535) return BadAddress();
  return absl::OkStatus();
}

void AppendCommand(const Arguments& command, std::string& bytes) {
  bytes += "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& argument : command) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n";
    bytes += argument;
    bytes += "\r\n";
  }
}

Reply Convert(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = from.integer;
      return reply;
    case REDIS_REPLY_STRING: reply.kind = Reply::Kind::kString; break;
    case REDIS_REPLY_STATUS: reply.kind = Reply::Kind::kStatus; break;
    case REDIS_REPLY_ERROR: reply.kind = Reply::Kind::kError; break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      reply.items.reserve(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) reply.items.push_back(Convert(*from.element[i]));
      return reply;
    default: return reply;
  }
  reply.text.assign(from.str, static_cast<std::size_t>(from.len));
  return reply;
}

timeval ToTimeval(milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

// Half of `pause` to all of it, so that many clients do not come back in one moment.
milliseconds Jittered(milliseconds pause) {
  thread_local std::minstd_rand random(std::random_device{}());
  return milliseconds(std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random));
}

}  // namespace

absl::StatusOr<RedisAddress> ParseRedisAddress(std::string_view uri) {
  RedisAddress address;
  constexpr std::string_view kUnix = "unix:";
  constexpr std::string_view kTcp = "redis://";
  if (uri.starts_with(kUnix)) {
    address.socket = std::string(uri.substr(kUnix.size()));
    if (address.socket.empty()) return BadAddress();
    return address;
  }
  if (!uri.starts_with(kTcp)) return BadAddress();
  uri.remove_prefix(kTcp.size());
  RETURN_IF_ERROR(ParseCredentials(uri, address));
  if (uri.ends_with('/')) uri.remove_suffix(1);
  RETURN_IF_ERROR(ParseHost(uri, address));
  return address;
}

absl::Status Reply::status() const {
  if (kind != Kind::kError) return absl::OkStatus();
  const std::string message = "redis: " + text;
  // A script's error is prefixed by Redis with the code of the command that failed in it.
  const auto has = [this](std::string_view code) { return text.starts_with(code); };
  if (has("OOM")) return absl::ResourceExhaustedError(message);
  if (has("LOADING") || has("READONLY") || has("MASTERDOWN") || has("BUSY") || has("CLUSTERDOWN") || has("MISCONF")) {
    return absl::UnavailableError(message);
  }
  if (has("NOAUTH") || has("WRONGPASS") || has("NOPERM")) return absl::PermissionDeniedError(message);
  return absl::InternalError(message);
}

Arguments Eval(std::string_view script, const std::vector<std::string>& keys, std::vector<std::string> arguments) {
  Arguments command = {"EVAL", std::string(script), std::to_string(keys.size())};
  command.reserve(3 + keys.size() + arguments.size());
  command.insert(command.end(), keys.begin(), keys.end());
  std::move(arguments.begin(), arguments.end(), std::back_inserter(command));
  return command;
}

void Redis::Free::operator()(redisContext* context) const { redisFree(context); }

Redis::Redis(RedisAddress address, Options options)
    : address_(std::move(address)),
      options_(options),
      buffer_(kReadBytes, '\0'),
      interrupt_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Redis::~Redis() {
  if (interrupt_fd_ >= 0) close(interrupt_fd_);
}

void Redis::Interrupt() {
  interrupted_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(interrupt_fd_, &one, sizeof(one));
}

absl::StatusOr<std::vector<Reply>> Redis::Pipeline(const std::vector<Arguments>& commands, milliseconds block) {
  if (interrupted_) return absl::CancelledError("redis: interrupted");
  if (context_ == nullptr) RETURN_IF_ERROR(Connect());
  std::string bytes;
  for (const Arguments& command : commands) AppendCommand(command, bytes);
  return Exchange(bytes, commands.size(), steady_clock::now() + block + options_.timeout);
}

absl::StatusOr<Reply> Redis::Call(const Arguments& command, milliseconds block) {
  ASSIGN_OR_RETURN(std::vector<Reply> replies, Pipeline({command}, block));
  RETURN_IF_ERROR(replies.front().status());
  return std::move(replies.front());
}

absl::Status Redis::Connect() {
  if (steady_clock::now() < next_attempt_) return absl::UnavailableError("redis: " + last_error_);
  const milliseconds pause = std::min(options_.pause_max, options_.pause_min * (1 << std::min(failures_, 10)));
  next_attempt_ = steady_clock::now() + Jittered(pause);
  ++failures_;
  const timeval timeout = ToTimeval(options_.connect_timeout);
  context_.reset(address_.socket.empty() ? redisConnectWithTimeout(address_.host.c_str(), address_.port, timeout)
                                         : redisConnectUnixWithTimeout(address_.socket.c_str(), timeout));
  if (context_ == nullptr) return Failed("no memory for a connection");
  if (context_->err != 0) return Failed(context_->errstr);
  context_->reader->maxbuf = kParserBytes;
  if (address_.socket.empty()) redisEnableKeepAlive(context_.get());
  RETURN_IF_ERROR(Authenticate());
  ++connections_;
  failures_ = 0;
  next_attempt_ = {};
  return absl::OkStatus();
}

absl::Status Redis::Authenticate() {
  if (address_.password.empty()) return absl::OkStatus();
  Arguments command = {"AUTH"};
  if (!address_.user.empty()) command.push_back(address_.user);
  command.push_back(address_.password);
  std::string bytes;
  AppendCommand(command, bytes);
  ASSIGN_OR_RETURN(const std::vector<Reply> replies, Exchange(bytes, 1, steady_clock::now() + options_.timeout));
  absl::Status status = replies.front().status();
  if (!status.ok()) {
    context_.reset();
    last_error_ = replies.front().text;
  }
  return status;
}

absl::StatusOr<std::vector<Reply>> Redis::Exchange(const std::string& bytes, std::size_t replies, Instant deadline) {
  RETURN_IF_ERROR(Send(bytes, deadline));
  std::vector<Reply> result;
  result.reserve(replies);
  while (result.size() < replies) {
    void* parsed = nullptr;
    if (redisReaderGetReply(context_->reader, &parsed) != REDIS_OK) return Failed(context_->reader->errstr);
    if (parsed == nullptr) {
      RETURN_IF_ERROR(Receive(deadline));
      continue;
    }
    const std::unique_ptr<redisReply, void (*)(redisReply*)> reply(static_cast<redisReply*>(parsed),
                                                                   [](redisReply* r) { freeReplyObject(r); });
    result.push_back(Convert(*reply));
  }
  return result;
}

absl::Status Redis::Send(const std::string& bytes, Instant deadline) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(context_->fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return Failed(std::strerror(errno));
    RETURN_IF_ERROR(Await(POLLOUT, deadline));
  }
  return absl::OkStatus();
}

absl::Status Redis::Receive(Instant deadline) {
  RETURN_IF_ERROR(Await(POLLIN, deadline));
  const ssize_t count = recv(context_->fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (count == 0) return Failed("closed by the server");
  if (count < 0) {
    if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return absl::OkStatus();
    return Failed(std::strerror(errno));
  }
  if (redisReaderFeed(context_->reader, buffer_.data(), static_cast<std::size_t>(count)) != REDIS_OK) {
    return Failed(context_->reader->errstr);
  }
  return absl::OkStatus();
}

absl::Status Redis::Await(short events, Instant deadline) {
  while (true) {
    if (interrupted_) {
      context_.reset();
      return absl::CancelledError("redis: interrupted");
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds(0)) return Failed("no answer in time");
    pollfd fds[2] = {{context_->fd, events, 0}, {interrupt_fd_, POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return Failed(std::strerror(errno));
    if (ready > 0 && fds[0].revents != 0) return absl::OkStatus();
  }
}

absl::Status Redis::Failed(const std::string& what) {
  last_error_ = what;
  context_.reset();
  return absl::UnavailableError("redis: " + last_error_);
}

}  // namespace jinqi::queue
