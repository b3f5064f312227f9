#include "services/feedback/private_part.h"

#include <utility>

#include "common/crypto/sm3.h"
#include "common/status/status.h"

namespace jinqi::feedback {
namespace {

// What every person row is sealed for. A row cannot be moved to another record: the record keeps its digest.
constexpr std::string_view kAssociated = "person";

}  // namespace

SealedPrivate PrivateParts::Seal(const RoundId& id, v1::FollowUpPrivate values) const {
  values.set_salt(ids_.Token());
  const std::string plain = values.SerializeAsString();
  return {{IdText(id), vault_.Seal(plain, kAssociated), {}}, crypto::Sm3(plain)};
}

absl::StatusOr<v1::FollowUpPrivate> PrivateParts::Open(const ledger::Person& person) const {
  ASSIGN_OR_RETURN(const std::string plain, vault_.Open(person.sealed, kAssociated));
  v1::FollowUpPrivate values;
  if (!values.ParseFromString(plain)) return absl::DataLossError("person row cannot be read");
  return values;
}

std::string TokenHash(const std::string& token) { return crypto::Sm3Hex(token); }

}  // namespace jinqi::feedback
