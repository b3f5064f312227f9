// From a token to who calls.
#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/jwt.h"
#include "common/identity/caller.h"
#include "common/ledger/types.h"

namespace jinqi::rpc {

// Verifies tokens and remembers those that were good until they expire, so that a signature is checked once per token
// and process. Thread-safe.
class Authenticator {
 public:
  explicit Authenticator(crypto::TokenVerifier verifier, std::size_t remembered = 10000)
      : verifier_(std::move(verifier)), remembered_(remembered) {}

  // `authorization`: `Bearer <token>`. REASON_UNAUTHENTICATED, always the same, for anything else and for a token that
  // is forged or has expired (GWY-05).
  absl::StatusOr<identity::Caller> Authenticate(std::string_view authorization, ledger::Micros now);

  std::size_t size() const;

 private:
  using Entry = std::pair<std::string, identity::Caller>;

  crypto::TokenVerifier verifier_;
  const std::size_t remembered_;
  mutable absl::Mutex mutex_;
  // The last used one first.
  std::list<Entry> recent_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_token_ ABSL_GUARDED_BY(mutex_);
};

// From configuration: key id to the file of its public key.
absl::StatusOr<crypto::TokenVerifier> ReadVerifier(const std::map<std::string, std::string>& key_files);

}  // namespace jinqi::rpc
