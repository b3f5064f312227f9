// The pieces of which kinds are made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"

namespace jinqi::intake {

inline ledger::Value TextOrNull(const std::string& text) {
  return text.empty() ? ledger::Value() : ledger::Value(text);
}

// DATA_LOSS for what is no body of such a record.
template <typename Record>
absl::StatusOr<Record> Parse(const std::string& body) {
  Record record;
  if (!record.ParseFromString(body)) return absl::DataLossError("body of a record");
  return record;
}

template <typename Record>
std::string PersonDigest(const std::string& body) {
  Record record;
  return record.ParseFromString(body) ? record.person_digest() : std::string();
}

// A kind without index columns and without a person row.
inline ledger::Kind Plain(std::string_view name) {
  ledger::Kind kind;
  kind.name = std::string(name);
  kind.extract = [](const std::string&) -> absl::StatusOr<std::vector<ledger::Value>> {
    return std::vector<ledger::Value>{};
  };
  return kind;
}

}  // namespace jinqi::intake
