#include "common/rpc/authenticator.h"

#include "common/config/config.h"
#include "common/status/status.h"

namespace jinqi::rpc {
namespace {

constexpr std::string_view kScheme = "Bearer ";
// Longer than any token of ours; longer ones cost no signature check.
constexpr std::size_t kMaxToken = 8192;

}  // namespace

absl::StatusOr<identity::Caller> Authenticator::Authenticate(std::string_view authorization, ledger::Micros now) {
  const auto refused = [] { return Error(config::v1::REASON_UNAUTHENTICATED); };
  if (authorization.substr(0, kScheme.size()) != kScheme) return refused();
  const std::string_view token = authorization.substr(kScheme.size());
  if (token.empty() || token.size() > kMaxToken) return refused();
  {
    absl::MutexLock lock(&mutex_);
    const auto found = by_token_.find(absl::string_view(token.data(), token.size()));
    if (found != by_token_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      if (found->second->second.expires > now) return found->second->second;
      recent_.pop_front();
      by_token_.erase(found);
      return refused();
    }
  }
  const auto claims = verifier_.Verify(token);
  if (!claims.ok()) return refused();
  auto caller = identity::CallerFromClaims(*claims);
  if (!caller.ok() || caller->expires <= now) return refused();
  absl::MutexLock lock(&mutex_);
  if (by_token_.contains(absl::string_view(token.data(), token.size()))) return *caller;
  recent_.emplace_front(std::string(token), *caller);
  by_token_.emplace(std::string(token), recent_.begin());
  if (recent_.size() > remembered_) {
    by_token_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return *caller;
}

std::size_t Authenticator::size() const {
  absl::MutexLock lock(&mutex_);
  return recent_.size();
}

absl::StatusOr<crypto::TokenVerifier> ReadVerifier(const std::map<std::string, std::string>& key_files) {
  std::map<std::string, std::string> keys;
  for (const auto& [id, path] : key_files) {
    ASSIGN_OR_RETURN(keys[id], config::ReadFile(path));
  }
  return crypto::TokenVerifier::Make(keys);
}

}  // namespace jinqi::rpc
