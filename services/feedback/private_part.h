// The erasable parts: free texts (contract of the ledger, 12).
#pragma once

#include <string>
#include <utility>

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

  // The row of the record with this id, under a new salt. `Message` has a field salt.
  template <typename Message>
  SealedPrivate Seal(const std::string& id, Message values) const {
    values.set_salt(ids_.Token());
    return SealBytes(id, values.SerializeAsString());
  }
  // DATA_LOSS for a row that was changed.
  template <typename Message>
  absl::StatusOr<Message> Open(const ledger::Person& person) const {
    absl::StatusOr<std::string> plain = OpenBytes(person);
    if (!plain.ok()) return std::move(plain).status();
    Message values;
    if (!values.ParseFromString(*plain)) return absl::DataLossError("person row cannot be read");
    return values;
  }

 private:
  SealedPrivate SealBytes(std::string id, const std::string& plain) const;
  absl::StatusOr<std::string> OpenBytes(const ledger::Person& person) const;

  const crypto::Vault& vault_;
  ids::Ids& ids_;
};

// Finds the round of a token that is not signed.
std::string TokenHash(const std::string& token);

}  // namespace jinqi::feedback
