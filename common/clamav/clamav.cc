#include "common/clamav/clamav.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::clamav {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls)

constexpr std::string_view kUnix = "unix:";
// With z, request and reply end in a zero byte.
constexpr std::string_view kCommand = "zINSTREAM\0"sv;
constexpr std::string_view kClean = "stream: OK";
constexpr std::string_view kStream = "stream: ";
constexpr std::string_view kFound = " FOUND";
constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kMaxReply = 4096;

absl::Status Away(const std::string& what) {
  return absl::UnavailableError(absl::StrCat("clamd: ", what, ": ", std::strerror(errno)));
}

class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  ~Connection() {
    if (socket_ >= 0) close(socket_);
  }
  Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static absl::StatusOr<Connection> Open(const std::string& address, absl::Duration timeout) {
    if (address.starts_with(kUnix)) return OpenUnix(address.substr(kUnix.size()), timeout);
    return OpenTcp(address, timeout);
  }

  absl::Status Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return Away("cannot send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return absl::OkStatus();
  }

  // Up to the zero byte.
  absl::StatusOr<std::string> Reply() {
    std::string reply;
    std::array<char, 512> piece;
    while (reply.size() < kMaxReply) {
      const ssize_t got = recv(socket_, piece.data(), piece.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Away("cannot read");
      if (got == 0) return absl::UnavailableError("clamd: broke off");
      reply.append(piece.data(), static_cast<std::size_t>(got));
      if (reply.back() == '\0') {
        reply.pop_back();
        return reply;
      }
    }
    return absl::UnavailableError("clamd: a reply without end");
  }

 private:
  static absl::StatusOr<Connection> Connect(int family, const sockaddr* to, socklen_t size, absl::Duration timeout) {
    Connection connection(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connection.socket_ < 0) return Away("no socket");
    // The time to send is also that to connect.
    const timeval limit = absl::ToTimeval(timeout);
    for (const int which : {SO_SNDTIMEO, SO_RCVTIMEO}) {
      if (setsockopt(connection.socket_, SOL_SOCKET, which, &limit, sizeof(limit)) != 0) return Away("no time limit");
    }
    if (connect(connection.socket_, to, size) != 0) return Away("cannot connect");
    return connection;
  }

  static absl::StatusOr<Connection> OpenUnix(const std::string& path, absl::Duration timeout) {
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    if (path.size() >= sizeof(to.sun_path)) return absl::UnavailableError("clamd: the path of its socket is too long");
    std::copy(path.begin(), path.end(), to.sun_path);
    return Connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&to), sizeof(to), timeout);
  }

  static absl::StatusOr<Connection> OpenTcp(const std::string& address, absl::Duration timeout) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) return absl::UnavailableError("clamd: its address names no port");
    addrinfo wanted = {};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int state = getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &wanted, &found);
    if (state != 0) return absl::UnavailableError(absl::StrCat("clamd: ", address, ": ", gai_strerror(state)));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> hold(found, freeaddrinfo);
    absl::Status failed = absl::UnavailableError("clamd: no address");
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      absl::StatusOr<Connection> connection = Connect(one->ai_family, one->ai_addr, one->ai_addrlen, timeout);
      if (connection.ok()) return connection;
      failed = connection.status();
    }
    return failed;
  }

  int socket_;
};

absl::Status SendPieces(Connection& connection, std::string_view bytes) {
  RETURN_IF_ERROR(connection.Send(kCommand));
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::string_view piece = bytes.substr(at, kPiece);
    const std::uint32_t size = htonl(static_cast<std::uint32_t>(piece.size()));
    RETURN_IF_ERROR(connection.Send({reinterpret_cast<const char*>(&size), sizeof(size)}));
    RETURN_IF_ERROR(connection.Send(piece));
  }
  return connection.Send("\0\0\0\0"sv);
}

}  // namespace

absl::StatusOr<Verdict> Daemon::Scan(std::string_view bytes) const {
  ASSIGN_OR_RETURN(Connection connection, Connection::Open(address_, timeout_));
  // A daemon that refuses a content says so and hangs up while it is still being sent: its reply tells more.
  const absl::Status sent = SendPieces(connection, bytes);
  absl::StatusOr<std::string> reply = connection.Reply();
  if (!reply.ok()) return sent.ok() ? reply.status() : sent;
  if (*reply == kClean) return Verdict{};
  if (!reply->starts_with(kStream) || !reply->ends_with(kFound)) {
    return absl::UnavailableError(absl::StrCat("clamd: ", *reply));
  }
  return Verdict{true, reply->substr(kStream.size(), reply->size() - kStream.size() - kFound.size())};
}

}  // namespace jinqi::clamav
