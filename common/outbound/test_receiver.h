// A real HTTP server of an outside system, for tests: checks signatures, and answers as it is told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/outbound/signature.h"

// After gRPC's headers.
#include <httplib.h>

namespace jinqi::outbound {

inline constexpr char kTestSecret[] = "shared-secret-of-the-test";

class Receiver {
 public:
  struct Got {
    std::string key;
    nlohmann::json body;
    bool genuine = false;
    // The status that was answered.
    int status = 0;
  };
  // What to answer to a message; called on the server's threads, one at a time.
  using Answer = std::function<std::pair<int, std::string>(const Got&)>;

  // At a free port; `server` may be one with TLS.
  explicit Receiver(std::unique_ptr<httplib::Server> server = std::make_unique<httplib::Server>())
      : server_(std::move(server)) {
    server_->Post("/in",
                  [this](const httplib::Request& request, httplib::Response& response) { Take(request, response); });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~Receiver() {
    server_->stop();
    thread_.join();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url(const std::string& scheme = "http", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port_) + "/in";
  }
  void SetAnswer(int status, std::string body = "{}") {
    SetAnswer([=](const Got&) { return std::pair(status, body); });
  }
  void SetAnswer(Answer answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  // Everything that came, in order.
  std::vector<Got> got() const {
    absl::MutexLock lock(&mutex_);
    return got_;
  }
  // What was taken, as a receiver has it that drops a key it knows.
  std::vector<Got> taken() const {
    absl::MutexLock lock(&mutex_);
    std::vector<Got> once;
    std::map<std::string, int> seen;
    for (const Got& one : got_) {
      if (one.status == 200 && seen[one.key]++ == 0) once.push_back(one);
    }
    return once;
  }

 private:
  void Take(const httplib::Request& request, httplib::Response& response) {
    absl::MutexLock lock(&mutex_);
    Got got;
    got.key = request.get_header_value(kKeyHeader);
    const std::int64_t timestamp = std::atoll(request.get_header_value(kTimestampHeader).c_str());
    got.genuine = Verify(kTestSecret, timestamp, got.key, request.body, request.get_header_value(kSignatureHeader),
                         timestamp * clock::kSecond);
    got.body = nlohmann::json::parse(request.body, nullptr, false);
    const auto [status, body] = answer_(got);
    got.status = status;
    response.status = status;
    response.set_content(body, "application/json");
    got_.push_back(std::move(got));
  }

  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  mutable absl::Mutex mutex_;
  Answer answer_ ABSL_GUARDED_BY(mutex_) = [](const Got&) { return std::pair(200, std::string("{}")); };
  std::vector<Got> got_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace jinqi::outbound
