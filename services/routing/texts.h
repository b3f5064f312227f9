// Free texts of an order: sealed before they enter the ledger, opened for those who may read them (contract 12).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/vault.h"
#include "common/ids/ids.h"
#include "common/ledger/ledger.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/actor.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Thread-safe. What it is given outlives it.
class Texts {
 public:
  Texts(const crypto::Vault& vault, ids::Ids& ids) : vault_(vault), ids_(ids) {}

  // The texts of a demand, under the order's number.
  SealedText SealDemand(const std::string& order_no, const v1::WorkOrderPrivate& values) const;
  // One that came later, under an id of its own; an empty text gives none.
  SealedText SealLater(const std::string& order_no, std::string_view text) const;

  // Puts the texts into an order that is shown: redacted where identities are kept from the actor. The one who asked
  // sees results once they were handed over, and no notes.
  absl::Status Fill(ledger::Reader& reader, const std::string& tenant, const v1::WorkOrderRecord& record,
                    const Actor& actor, v1::WorkOrder& order) const;

  // The last result as it goes out with events: without what identifies a person.
  absl::StatusOr<std::string> ResultToTell(ledger::Reader& reader, const std::string& tenant,
                                           const v1::WorkOrderRecord& record) const;

 private:
  SealedText Seal(std::string id, const std::string& values) const;
  absl::StatusOr<std::string> Open(const ledger::Person& person) const;
  absl::StatusOr<std::string> ReadText(ledger::Reader& reader, const std::string& tenant, const std::string& id) const;

  const crypto::Vault& vault_;
  ids::Ids& ids_;
};

}  // namespace jinqi::routing
