// A unix socket in front of another one, which can break the line between them at a chosen byte.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace jinqi::testing {

// Forwards each connection on `listen` to the server at `target`. Thread-safe.
class SocketProxy {
 public:
  SocketProxy(std::string listen, std::string target);
  ~SocketProxy();
  SocketProxy(const SocketProxy&) = delete;
  SocketProxy& operator=(const SocketProxy&) = delete;

  // After so many further bytes from the server, what follows is swallowed and the connection closed: the server has
  // done what it was asked, and nobody hears of it. Applies once, to the next connection that gets that far.
  void CutAnswersAfter(std::int64_t bytes);
  // After so many further bytes to the server, what follows is swallowed and the connection closed: the server sees
  // half of what it was sent. Applies once.
  void CutRequestsAfter(std::int64_t bytes);
  // Closes all connections; new ones are refused until Mend.
  void Break();
  void Mend();
  // How many cuts took place.
  int cuts() const;

 private:
  struct Connection {
    int client = -1;
    int server = -1;
    std::thread thread;
  };

  void Accept();
  void Forward(int client, int server);
  // Passes on what can be read; false at the end or at a cut.
  bool Pass(int from, int to, bool answer);
  std::int64_t Allowed(bool answer, std::int64_t size);

  const std::string listen_path_;
  const std::string target_;
  int listener_ = -1;
  mutable absl::Mutex mutex_;
  std::int64_t answers_left_ ABSL_GUARDED_BY(mutex_) = -1;
  std::int64_t requests_left_ ABSL_GUARDED_BY(mutex_) = -1;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int cuts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<Connection> connections_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace jinqi::testing
