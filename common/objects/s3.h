// Objects in a bucket of a store that speaks S3 (a city's own, MinIO, Ceph and the like).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/objects/objects.h"
#include "common/objects/signature_v4.h"

namespace jinqi::objects {

struct S3Options {
  // https://host or http://host:port, without a path.
  std::string endpoint;
  // Addressed by path (endpoint/bucket/name), which every such store understands.
  std::string bucket;
  std::string region = "us-east-1";
  AccessKey key;
  absl::Duration timeout = absl::Seconds(10);
  // Signatures carry the time of the world, also where the platform's clock is set for a test.
  std::function<absl::Time()> now = absl::Now;
};

class S3Store final : public Store {
 public:
  explicit S3Store(S3Options options);

  absl::Status Put(const std::string& name, std::string_view bytes) override;
  absl::StatusOr<std::string> Get(const std::string& name) override;
  absl::Status Remove(const std::string& name) override;

 private:
  struct Answer {
    int status = 0;
    std::string body;
  };
  absl::StatusOr<Answer> Ask(const std::string& method, const std::string& name, std::string_view body) const;

  const S3Options options_;
  std::string host_;
};

}  // namespace jinqi::objects
