// AWS Signature Version 4 in its form for S3: how a store that speaks S3 knows who asks.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace jinqi::objects {

struct AccessKey {
  std::string id;
  std::string secret;
};

struct SignedRequest {
  std::string method;
  // Host header, with the port where it is not the scheme's own.
  std::string host;
  // As it goes over the wire: encoded, without a query.
  std::string path;
  // Names in lower case; signed along with host.
  std::map<std::string, std::string> headers;
  std::string_view body;
};

// The headers to send: the request's, `x-amz-date`, `x-amz-content-sha256` and `Authorization`.
std::map<std::string, std::string> Sign(const SignedRequest& request, const AccessKey& key, const std::string& region,
                                        absl::Time now);

}  // namespace jinqi::objects
