#include "common/objects/signature_v4.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crypto/sha256.h"
#include "common/crypto/sm3.h"

namespace jinqi::objects {
namespace {

constexpr char kAlgorithm[] = "AWS4-HMAC-SHA256";
constexpr char kService[] = "s3";
constexpr char kEnd[] = "aws4_request";

}  // namespace

std::map<std::string, std::string> Sign(const SignedRequest& request, const AccessKey& key, const std::string& region,
                                        absl::Time now) {
  const std::string time = absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
  const std::string day = time.substr(0, 8);
  std::map<std::string, std::string> headers = request.headers;
  headers["x-amz-date"] = time;
  headers["x-amz-content-sha256"] = crypto::Sha256Hex(request.body);

  std::map<std::string, std::string> given = headers;
  given["host"] = request.host;
  std::vector<std::string> names;
  std::string lines;
  for (const auto& [name, value] : given) {
    names.push_back(name);
    absl::StrAppend(&lines, name, ":", value, "\n");
  }
  const std::string signed_names = absl::StrJoin(names, ";");
  // The empty line stands for the query.
  const std::string canonical = absl::StrCat(request.method, "\n", request.path, "\n\n", lines, "\n", signed_names,
                                             "\n", headers["x-amz-content-sha256"]);
  const std::string scope = absl::StrCat(day, "/", region, "/", kService, "/", kEnd);
  const std::string text = absl::StrCat(kAlgorithm, "\n", time, "\n", scope, "\n", crypto::Sha256Hex(canonical));

  std::string derived = absl::StrCat("AWS4", key.secret);
  for (const std::string& part : {day, region, std::string(kService), std::string(kEnd)}) {
    derived = crypto::HmacSha256(derived, part);
  }
  headers["Authorization"] =
      absl::StrCat(kAlgorithm, " Credential=", key.id, "/", scope, ",SignedHeaders=", signed_names,
                   ",Signature=", crypto::Hex(crypto::HmacSha256(derived, text)));
  return headers;
}

}  // namespace jinqi::objects
