// Pages of intake's lists by keyset (GWY-09).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {

struct Page {
  std::vector<ledger::Record> records;
  // The token of the next page; empty at the end.
  std::string next;
};

// A page of the query, whose order and conditions the fingerprint tells. OUT_OF_RANGE, PAGE_TOKEN_INVALID.
absl::StatusOr<Page> ReadPage(const Intake& intake, const Actor& actor, std::optional<int> page_size,
                              const std::string& page_token, const std::string& fingerprint, ledger::Query query);

// As ReadPage, for a request with page_size and page_token.
template <typename Request>
absl::StatusOr<Page> PageOf(const Intake& intake, const Actor& actor, const Request& request,
                            const std::string& fingerprint, ledger::Query query) {
  return ReadPage(intake, actor, request.has_page_size() ? std::optional<int>(request.page_size()) : std::nullopt,
                  request.page_token(), fingerprint, std::move(query));
}

// How many records fit the query.
absl::StatusOr<std::int64_t> CountOf(const Intake& intake, const Actor& actor, ledger::Query query);

// Limits the query to the asked district, and of a district hub or service staff to its own; `column` holds the
// district. UNKNOWN_VALUE of district_code.
absl::Status LimitToDistrict(const Intake& intake, const Actor& actor, const std::string& district_code,
                             std::string_view column, ledger::Query& query);
// Of a page: what LimitToDistrict makes of the caller.
std::string DistrictFingerprint(const Actor& actor);

template <typename Record>
absl::StatusOr<Record> ParsedBody(const ledger::Record& found) {
  Record record;
  if (!record.ParseFromString(found.body)) return absl::DataLossError("body of " + found.key.kind);
  return record;
}

}  // namespace jinqi::intake
