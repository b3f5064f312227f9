#include "services/feedback/private_part.h"

#include <utility>

#include "common/crypto/sm3.h"
#include "common/status/status.h"

namespace jinqi::feedback {
namespace {

// What every person row is sealed for. A row cannot be moved to another record: the record keeps its digest.
constexpr std::string_view kAssociated = "person";

}  // namespace

SealedPrivate PrivateParts::SealBytes(std::string id, const std::string& plain) const {
  return {{std::move(id), vault_.Seal(plain, kAssociated), {}}, crypto::Sm3(plain)};
}

absl::StatusOr<std::string> PrivateParts::OpenBytes(const ledger::Person& person) const {
  return vault_.Open(person.sealed, kAssociated);
}

std::string TokenHash(const std::string& token) { return crypto::Sm3Hex(token); }

}  // namespace jinqi::feedback
