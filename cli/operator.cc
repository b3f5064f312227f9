#include "cli/operator.h"

#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "common/crypto/jwt.h"
#include "common/identity/caller.h"
#include "common/status/status.h"

namespace jinqi::cli {

absl::StatusOr<rpc::CallOptions> OperatorCall(const std::string& key_file, absl::Duration good_for) {
  std::ifstream file(key_file);
  if (!file) return absl::NotFoundError("cannot read " + key_file);
  std::stringstream pem;
  pem << file.rdbuf();
  identity::Caller caller;
  caller.tenant = "tianjin";
  caller.subject = "operator";
  caller.roles = {config::v1::ROLE_SYSTEM_ADMINISTRATOR};
  caller.expires = absl::ToUnixSeconds(absl::Now() + good_for) * 1'000'000;
  ASSIGN_OR_RETURN(const std::string token, crypto::SignToken(pem.str(), "service", identity::ClaimsOf(caller)));
  rpc::CallOptions options;
  options.authorization = "Bearer " + token;
  return options;
}

}  // namespace jinqi::cli
