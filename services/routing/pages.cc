#include "services/routing/pages.h"

#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/kinds.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

std::string KeysetText(const ledger::Value& value, const std::string& id) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return absl::StrCat(number == nullptr ? 0 : *number, ":", id);
}

absl::StatusOr<std::pair<ledger::Value, std::string>> ParseKeyset(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') {
    return Error(config::v1::REASON_PAGE_TOKEN_INVALID);
  }
  return std::pair<ledger::Value, std::string>(number, std::string(end + 1, text.data() + text.size()));
}

bool IsFull(const ledger::Rows& rows, const Page& page) {
  return rows.records.size() == static_cast<std::size_t>(page.size);
}

absl::Status AddOrders(const ledger::Rows& rows, const Actor& actor, v1::ListWorkOrdersResponse& response) {
  for (const ledger::Record& row : rows.records) {
    v1::WorkOrderRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of an order");
    if (SightOf(record, actor) == Sight::kNone) continue;
    *response.add_work_orders() = Show(record, row.version, row.sent, actor);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ledger::Rows> RowsOf(const Deps& deps, const std::string& tenant, ledger::Query query, const Page& page,
                                    const std::string& fingerprint) {
  query.limit = page.size;
  if (!page.token.empty()) {
    ASSIGN_OR_RETURN(const std::string keyset, deps.page_tokens.Open(page.token, fingerprint));
    ASSIGN_OR_RETURN(query.after, ParseKeyset(keyset));
  }
  return deps.ledger.reader().List(tenant, query);
}

std::string NextToken(const Deps& deps, const ledger::Rows& rows, const Page& page, const std::string& fingerprint) {
  if (!IsFull(rows, page)) return "";
  return deps.page_tokens.Make(fingerprint, KeysetText(rows.order_values.back(), rows.records.back().key.id));
}

absl::StatusOr<v1::ListWorkOrdersResponse> OrdersOf(const Deps& deps, const rpc::CallContext& context,
                                                    ledger::Query query, const Page& page,
                                                    const std::string& fingerprint) {
  ASSIGN_OR_RETURN(const ledger::Rows rows, RowsOf(deps, context.caller.tenant, std::move(query), page, fingerprint));
  v1::ListWorkOrdersResponse response;
  RETURN_IF_ERROR(AddOrders(rows, ActorOf(context), response));
  response.set_next_page_token(NextToken(deps, rows, page, fingerprint));
  return response;
}

absl::StatusOr<v1::ListWorkOrdersResponse> OrdersBySide(const Deps& deps, const rpc::CallContext& context,
                                                        const std::string& side, const std::string& value,
                                                        const Page& page) {
  const std::string fingerprint = absl::StrCat(side, "|", context.caller.tenant, "|", value);
  std::string after;
  if (!page.token.empty()) {
    ASSIGN_OR_RETURN(after, deps.page_tokens.Open(page.token, fingerprint));
  }
  ASSIGN_OR_RETURN(const ledger::Rows rows,
                   deps.ledger.reader().ListBySide(context.caller.tenant, kWorkOrder, side, value, after, page.size));
  v1::ListWorkOrdersResponse response;
  RETURN_IF_ERROR(AddOrders(rows, ActorOf(context), response));
  if (IsFull(rows, page)) {
    response.set_next_page_token(deps.page_tokens.Make(fingerprint, rows.records.back().key.id));
  }
  return response;
}

}  // namespace jinqi::routing
