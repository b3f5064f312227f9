#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/outbound/transport.h"
#include "nlohmann/json.hpp"

namespace jinqi::outbound {
namespace {

class FileTransport final : public Transport {
 public:
  explicit FileTransport(std::string path) : path_(std::move(path)) {}

  Result Send(const Message& message, clock::Micros /*now*/) override {
    const nlohmann::json line = {{"key", message.key},
                                 {"message", nlohmann::json::parse(message.body, nullptr, false)}};
    const std::string text = line.dump() + "\n";
    const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return {Outcome::kAway, 0, {}, std::strerror(errno)};
    const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const bool closed = close(fd) == 0;
    if (!written || !closed) return {Outcome::kAway, 0, {}, std::strerror(errno)};
    return {Outcome::kDelivered};
  }

 private:
  const std::string path_;
};

}  // namespace

std::unique_ptr<Transport> MakeFileTransport(const std::string& path) { return std::make_unique<FileTransport>(path); }

}  // namespace jinqi::outbound
