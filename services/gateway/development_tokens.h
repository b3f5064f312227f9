// The development issuer: tokens for whoever asks. Never in production.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/crypto/jwt.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "jinqi/gateway/v1/gateway_service.pb.h"

namespace jinqi::gateway {

class DevelopmentTokens {
 public:
  // nullptr without a key. FAILED_PRECONDITION for a key with ENVIRONMENT_PRODUCTION.
  static absl::StatusOr<std::unique_ptr<DevelopmentTokens>> Make(const config::v1::GatewayConfig& config);

  // UNKNOWN_VALUE for roles that nobody may hold.
  absl::StatusOr<v1::DevelopmentToken> Create(const v1::CreateDevelopmentTokenRequest& request,
                                              clock::Micros now) const;

 private:
  DevelopmentTokens(crypto::TokenSigner signer, std::string tenant, clock::Micros life)
      : signer_(std::move(signer)), tenant_(std::move(tenant)), life_(life) {}

  const crypto::TokenSigner signer_;
  const std::string tenant_;
  const clock::Micros life_;
};

}  // namespace jinqi::gateway
