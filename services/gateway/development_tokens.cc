#include "services/gateway/development_tokens.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/identity/caller.h"
#include "common/status/status.h"

namespace jinqi::gateway {
namespace {

// dev-seat
std::string DefaultAccount(config::v1::Role role) {
  std::string name = config::v1::Role_Name(role).substr(sizeof("ROLE_") - 1);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return "dev-" + name;
}

bool MayBeHeld(int role) {
  return config::v1::Role_IsValid(role) && role != config::v1::ROLE_UNSPECIFIED && role != config::v1::ROLE_SERVICE &&
         role != config::v1::ROLE_ANONYMOUS;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DevelopmentTokens>> DevelopmentTokens::Make(const config::v1::GatewayConfig& config) {
  if (config.development_key_file().empty()) return nullptr;
  if (config.server().environment() != config::v1::ENVIRONMENT_DEVELOPMENT &&
      config.server().environment() != config::v1::ENVIRONMENT_TEST) {
    return absl::FailedPreconditionError("development_key_file: only with environment DEVELOPMENT or TEST");
  }
  ASSIGN_OR_RETURN(const std::string pem, config::ReadFile(config.development_key_file()));
  ASSIGN_OR_RETURN(crypto::TokenSigner signer, crypto::TokenSigner::Make(pem, config.development_key_id()));
  return std::unique_ptr<DevelopmentTokens>(new DevelopmentTokens(std::move(signer), config.server().tenant(),
                                                                  config.development_token_seconds() * clock::kSecond));
}

absl::StatusOr<v1::DevelopmentToken> DevelopmentTokens::Create(const v1::CreateDevelopmentTokenRequest& request,
                                                               clock::Micros now) const {
  Faults faults;
  identity::Caller caller;
  for (int i = 0; i < request.roles_size(); ++i) {
    if (!MayBeHeld(request.roles(i))) {
      faults.Add(absl::StrCat("roles[", i, "]"), config::v1::REASON_UNKNOWN_VALUE);
      continue;
    }
    caller.roles.push_back(request.roles(i));
  }
  RETURN_IF_ERROR(faults.ToStatus());
  if (caller.roles.empty()) return FieldError("roles", config::v1::REASON_REQUIRED);
  caller.tenant = request.tenant().empty() ? tenant_ : request.tenant();
  caller.subject = request.account().empty() ? DefaultAccount(caller.roles.front()) : request.account();
  caller.body = request.body();
  caller.district = request.district_code();
  caller.uscc = request.uscc();
  caller.name = request.display_name();
  caller.expires = (now + life_) / clock::kSecond * clock::kSecond;
  v1::DevelopmentToken token;
  ASSIGN_OR_RETURN(*token.mutable_token(), signer_.Sign(identity::ClaimsOf(caller)));
  *token.mutable_expire_time() = clock::ToProto(caller.expires);
  return token;
}

}  // namespace jinqi::gateway
