#include "services/intake/privacy.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"

namespace jinqi::intake {
namespace {

// What every person row of intake is sealed for. A row cannot be moved to another record: the record keeps its digest.
constexpr std::string_view kAssociated = "person";
constexpr std::size_t kQueryCodeSize = 16;

std::string Bytes(std::uint64_t number) {
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

std::string QueryCodeText(std::string_view order_no) { return "query-code:" + std::string(order_no); }

}  // namespace

std::string Privacy::Salt() const { return Bytes(ids_->Seed()) + Bytes(ids_->Seed()); }

Sealed Privacy::Seal(std::string id, const google::protobuf::MessageLite& values,
                     const std::vector<std::string>& blind) const {
  const std::string plain = values.SerializeAsString();
  Sealed sealed;
  sealed.person.id = std::move(id);
  sealed.person.sealed = vault_->Seal(plain, kAssociated);
  for (const std::string& value : blind) sealed.person.blind.push_back(vault_->BlindIndex(value));
  sealed.digest = crypto::Sm3(plain);
  return sealed;
}

absl::StatusOr<std::string> Privacy::OpenBytes(const std::string& sealed) const {
  return vault_->Open(sealed, kAssociated);
}

bool Privacy::Matches(const ledger::Person& person, std::string_view normalized) const {
  bool found = false;
  for (const std::string& index : vault_->BlindIndexes(normalized)) {
    for (const std::string& blind : person.blind) found |= crypto::EqualInConstantTime(index, blind);
  }
  return found;
}

std::string Privacy::QueryCode(std::string_view order_no) const {
  return vault_->BlindIndex(QueryCodeText(order_no)).substr(0, kQueryCodeSize);
}

bool Privacy::IsQueryCode(std::string_view order_no, std::string_view code) const {
  bool found = false;
  for (const std::string& index : vault_->BlindIndexes(QueryCodeText(order_no))) {
    found |= crypto::EqualInConstantTime(std::string_view(index).substr(0, kQueryCodeSize), code);
  }
  return found;
}

}  // namespace jinqi::intake
