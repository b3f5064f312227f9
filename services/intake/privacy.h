// Personal values on their way into and out of the person rows (contract of the ledger, 12).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/vault.h"
#include "common/ids/ids.h"
#include "common/ledger/types.h"
#include "google/protobuf/message_lite.h"

namespace jinqi::intake {

// A person row, and SM3(salt || values) that the record keeps of it.
struct Sealed {
  ledger::Person person;
  std::string digest;
};

// Seals, opens and indexes. Vault and ids outlive it. Thread-safe.
class Privacy {
 public:
  Privacy(const crypto::Vault* vault, ids::Ids* ids) : vault_(vault), ids_(ids) {}

  // A fresh salt of 128 bits for the field `salt` of a private message.
  std::string Salt() const;

  // A fresh key of 256 bits, for a file that is sealed under its own.
  std::string FileKey() const { return Salt() + Salt(); }

  // The row with the id for values that carry their salt; `blind`: what it is found by, in normal form.
  Sealed Seal(std::string id, const google::protobuf::MessageLite& values, const std::vector<std::string>& blind) const;

  // The values of a row. DATA_LOSS for a row that was changed.
  template <typename Message>
  absl::StatusOr<Message> Open(const ledger::Person& person) const {
    absl::StatusOr<std::string> plain = OpenBytes(person.sealed);
    if (!plain.ok()) return std::move(plain).status();
    Message message;
    if (!message.ParseFromString(*plain)) return absl::DataLossError("person row cannot be read");
    return message;
  }

  // salt || values of a sealed row, as ledger::Verify wants it.
  absl::StatusOr<std::string> OpenBytes(const std::string& sealed) const;

  // Whether the row is found by the value; takes as long for a wrong value as for the right one.
  bool Matches(const ledger::Person& person, std::string_view normalized) const;

  // The code by which an anonymous requester finds its order again: made of the order number and the key, so that it is
  // never stored (INT-15).
  std::string QueryCode(std::string_view order_no) const;
  bool IsQueryCode(std::string_view order_no, std::string_view code) const;

  // What a number is found by: under the current key, and under each that was.
  std::string BlindIndex(std::string_view normalized) const { return vault_->BlindIndex(normalized); }
  std::vector<std::string> BlindIndexes(std::string_view normalized) const { return vault_->BlindIndexes(normalized); }

  // A keyed hash of text that names a subject: an id that tells nothing (INT-09).
  std::string KeyedHash(std::string_view text) const { return vault_->BlindIndex(text); }

 private:
  const crypto::Vault* vault_;
  ids::Ids* ids_;
};

}  // namespace jinqi::intake
