// The erasable part of a follow-up: its texts (contract of the ledger, 12).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/vault.h"
#include "common/ids/ids.h"
#include "common/ledger/types.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {

// A person row, and the digest that the record keeps of it.
struct SealedPrivate {
  ledger::Person person;
  std::string digest;
};

// Seals and opens. Thread-safe; vault and ids outlive it.
class PrivateParts {
 public:
  PrivateParts(const crypto::Vault& vault, ids::Ids& ids) : vault_(vault), ids_(ids) {}

  // Under a new salt.
  SealedPrivate Seal(const RoundId& id, v1::FollowUpPrivate values) const;
  // DATA_LOSS for a row that was changed.
  absl::StatusOr<v1::FollowUpPrivate> Open(const ledger::Person& person) const;

 private:
  const crypto::Vault& vault_;
  ids::Ids& ids_;
};

// Finds the round of a token that is not signed.
std::string TokenHash(const std::string& token);

}  // namespace jinqi::feedback
