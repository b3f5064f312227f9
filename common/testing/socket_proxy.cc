#include "common/testing/socket_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace jinqi::testing {
namespace {

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof(address.sun_path)) throw std::runtime_error("too long for a unix socket: " + path);
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  return address;
}

int ConnectTo(const std::string& path) {
  const sockaddr_un address = AddressOf(path);
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return connection;
  close(connection);
  return -1;
}

bool SendAll(int to, const char* data, std::int64_t size) {
  while (size > 0) {
    const ssize_t sent = send(to, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

SocketProxy::SocketProxy(std::string listen, std::string target)
    : listen_path_(std::move(listen)), target_(std::move(target)) {
  const sockaddr_un address = AddressOf(listen_path_);
  unlink(listen_path_.c_str());
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 64) != 0) {
    throw std::runtime_error("cannot listen on " + listen_path_ + ": " + std::strerror(errno));
  }
  acceptor_ = std::thread([this] { Accept(); });
}

SocketProxy::~SocketProxy() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const Connection& connection : connections_) {
      shutdown(connection.client, SHUT_RDWR);
      shutdown(connection.server, SHUT_RDWR);
    }
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  std::list<Connection> connections;
  {
    const absl::MutexLock lock(&mutex_);
    connections.swap(connections_);
  }
  for (Connection& connection : connections) {
    connection.thread.join();
    close(connection.client);
    close(connection.server);
  }
  close(listener_);
  unlink(listen_path_.c_str());
}

void SocketProxy::CutAnswersAfter(std::int64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  answers_left_ = bytes;
}

void SocketProxy::CutRequestsAfter(std::int64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  requests_left_ = bytes;
}

void SocketProxy::Break() {
  const absl::MutexLock lock(&mutex_);
  broken_ = true;
  for (const Connection& connection : connections_) {
    shutdown(connection.client, SHUT_RDWR);
    shutdown(connection.server, SHUT_RDWR);
  }
}

void SocketProxy::Mend() {
  const absl::MutexLock lock(&mutex_);
  broken_ = false;
}

int SocketProxy::cuts() const {
  const absl::MutexLock lock(&mutex_);
  return cuts_;
}

void SocketProxy::Accept() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const absl::MutexLock lock(&mutex_);
    if (stopping_) {
      if (client >= 0) close(client);
      return;
    }
    if (client < 0) continue;
    const int server = broken_ ? -1 : ConnectTo(target_);
    if (server < 0) {
      close(client);
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.client = client;
    connection.server = server;
    connection.thread = std::thread([this, client, server] { Forward(client, server); });
  }
}

void SocketProxy::Forward(int client, int server) {
  pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
  bool open = true;
  while (open && poll(ends, 2, -1) > 0) {
    if (ends[0].revents != 0) open = Pass(client, server, false);
    if (open && ends[1].revents != 0) open = Pass(server, client, true);
  }
  // The descriptors stay until the end, so that no other connection gets their numbers.
  shutdown(client, SHUT_RDWR);
  shutdown(server, SHUT_RDWR);
}

bool SocketProxy::Pass(int from, int to, bool answer) {
  char buffer[65536];
  const ssize_t got = recv(from, buffer, sizeof(buffer), 0);
  if (got <= 0) return false;
  const std::int64_t allowed = Allowed(answer, got);
  return SendAll(to, buffer, allowed) && allowed == got;
}

std::int64_t SocketProxy::Allowed(bool answer, std::int64_t size) {
  const absl::MutexLock lock(&mutex_);
  std::int64_t& left = answer ? answers_left_ : requests_left_;
  if (left < 0) return size;
  if (left >= size) {
    left -= size;
    return size;
  }
  ++cuts_;
  return std::exchange(left, -1);
}

}  // namespace jinqi::testing
