// Pages of records by keyset, each record exactly once (GWY-09).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/routing/routing_rpc.h"

namespace jinqi::routing {

// What a caller asks of a list: how many, and after which page.
struct Page {
  int size = 0;
  std::string token;
};
template <typename Request>
absl::StatusOr<Page> PageOf(const Request& request) {
  ASSIGN_OR_RETURN(const int size,
                   paging::PageSize(request.has_page_size() ? std::optional(request.page_size()) : std::nullopt));
  return Page{size, request.page_token()};
}

// The rows of a query that is ordered by a number. `fingerprint`: tenant, filter and order.
absl::StatusOr<ledger::Rows> RowsOf(const Deps& deps, const std::string& tenant, ledger::Query query, const Page& page,
                                    const std::string& fingerprint);
// The token of the next page; empty where these rows are the last.
std::string NextToken(const Deps& deps, const ledger::Rows& rows, const Page& page, const std::string& fingerprint);

// Work orders as the caller may see them.
absl::StatusOr<v1::ListWorkOrdersResponse> OrdersOf(const Deps& deps, const rpc::CallContext& context,
                                                    ledger::Query query, const Page& page,
                                                    const std::string& fingerprint);
// Those with a value in a side of theirs, by number.
absl::StatusOr<v1::ListWorkOrdersResponse> OrdersBySide(const Deps& deps, const rpc::CallContext& context,
                                                        const std::string& side, const std::string& value,
                                                        const Page& page);

}  // namespace jinqi::routing
