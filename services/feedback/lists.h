// Lists by keyset: what all of this service's lists share (GWY-09).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/paging/paging.h"

namespace jinqi::feedback {

inline ledger::Condition Is(std::string column, ledger::Value value) {
  return {std::move(column), ledger::Comparison::kEqual, {std::move(value)}};
}

// Limit and place of the page that is asked for. `fingerprint`: what is listed, for whom; a token of another list is
// PAGE_TOKEN_INVALID.
absl::StatusOr<ledger::Query> PageOf(const paging::PageTokens& tokens, std::optional<int> page_size,
                                     const std::string& page_token, const std::string& fingerprint);

template <typename Request>
absl::StatusOr<ledger::Query> PageOf(const paging::PageTokens& tokens, const Request& request,
                                     const std::string& fingerprint) {
  return PageOf(tokens, request.has_page_size() ? std::optional<int>(request.page_size()) : std::nullopt,
                request.page_token(), fingerprint);
}

// Of the page after these rows; empty when they are the last ones. The rows were ordered by a number, or by id alone.
std::string NextToken(const paging::PageTokens& tokens, const ledger::Rows& rows, int limit,
                      const std::string& fingerprint);

}  // namespace jinqi::feedback
