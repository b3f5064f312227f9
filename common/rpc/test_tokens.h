// Tokens for tests: an issuer of their own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/crypto/jwt.h"
#include "common/identity/caller.h"

namespace jinqi::rpc {

class TestTokens {
 public:
  TestTokens() : keys_(*crypto::NewEd25519()), signer_(*crypto::TokenSigner::Make(keys_.private_pem, "test")) {}

  const crypto::KeyPair& keys() const { return keys_; }
  crypto::TokenVerifier Verifier() const { return *crypto::TokenVerifier::Make({{"test", keys_.public_pem}}); }

  std::string Authorization(const identity::Caller& caller) const {
    return "Bearer " + *signer_.Sign(identity::ClaimsOf(caller));
  }
  std::string Authorization(std::vector<config::v1::Role> roles, std::int64_t expires) const {
    identity::Caller caller;
    caller.tenant = "tianjin";
    caller.subject = "a1";
    caller.body = "HUB";
    caller.roles = std::move(roles);
    caller.expires = expires;
    return Authorization(caller);
  }

 private:
  crypto::KeyPair keys_;
  crypto::TokenSigner signer_;
};

}  // namespace jinqi::rpc
