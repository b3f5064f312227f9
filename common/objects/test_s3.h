// A small server that speaks as much of S3 as objects need, and checks every signature by what the request says when it
// arrives, apart from the code that made it.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <mutex>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace jinqi::objects {

class TestS3 {
 public:
  static constexpr char kKeyId[] = "TESTKEY";
  static constexpr char kSecret[] = "of/the+test";

  TestS3() {
    server_.Put("/.*", [this](const auto& request, auto& response) { Serve(request, response); });
    server_.Get("/.*", [this](const auto& request, auto& response) { Serve(request, response); });
    server_.Delete("/.*", [this](const auto& request, auto& response) { Serve(request, response); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~TestS3() {
    server_.stop();
    thread_.join();
  }
  TestS3(const TestS3&) = delete;
  TestS3& operator=(const TestS3&) = delete;

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int refused() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return refused_;
  }
  // By path.
  std::map<std::string, std::string> objects() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return objects_;
  }

 private:
  static std::string Digest(const std::string& text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), bytes, &size, EVP_sha256(), nullptr);
    return HexOf(std::string(reinterpret_cast<char*>(bytes), size));
  }
  static std::string Mac(const std::string& key, const std::string& text) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
         text.size(), bytes, &size);
    return {reinterpret_cast<char*>(bytes), size};
  }
  static std::string HexOf(const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
      char digits[3];
      std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned char>(c));
      text += digits;
    }
    return text;
  }

  static bool IsSigned(const httplib::Request& request) {
    static const std::regex form(
        "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/s3/aws4_request,\\s*SignedHeaders=([a-z0-9;-]+),"
        "\\s*Signature=([0-9a-f]{64})");
    std::smatch parts;
    const std::string authorization = request.get_header_value("Authorization");
    if (!std::regex_match(authorization, parts, form) || parts[1] != kKeyId) return false;
    const std::string date = request.get_header_value("x-amz-date");
    absl::Time time;
    if (!absl::ParseTime("%E4Y%m%dT%H%M%SZ", date, &time, nullptr)) return false;
    if (absl::AbsDuration(absl::Now() - time) > absl::Minutes(15)) return false;
    if (request.get_header_value("x-amz-content-sha256") != Digest(request.body)) return false;
    std::string canonical = request.method + "\n" + request.path + "\n\n";
    std::istringstream names(parts[4]);
    bool host = false;
    for (std::string name; std::getline(names, name, ';');) {
      canonical += name + ":" + request.get_header_value(name.c_str()) + "\n";
      host |= name == "host";
    }
    canonical += "\n" + parts[4].str() + "\n" + Digest(request.body);
    std::string key = std::string("AWS4") + kSecret;
    for (const std::string& step : {parts[2].str(), parts[3].str(), std::string("s3"), std::string("aws4_request")}) {
      key = Mac(key, step);
    }
    const std::string scope = parts[2].str() + "/" + parts[3].str() + "/s3/aws4_request";
    const std::string text = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + Digest(canonical);
    return host && HexOf(Mac(key, text)) == parts[5];
  }

  void Serve(const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!IsSigned(request)) {
      ++refused_;
      response.status = 403;
    } else if (request.method == "PUT") {
      objects_[request.path] = request.body;
    } else if (request.method == "DELETE") {
      objects_.erase(request.path);
      response.status = 204;
    } else if (const auto found = objects_.find(request.path); found != objects_.end()) {
      response.set_content(found->second, "application/octet-stream");
    } else {
      response.status = 404;
    }
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  int refused_ = 0;
  std::map<std::string, std::string> objects_;
};

}  // namespace jinqi::objects
