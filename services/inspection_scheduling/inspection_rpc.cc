#include "services/inspection_scheduling/inspection_rpc.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/inspection_scheduling/item.h"

namespace jinqi::inspection {
namespace {

using ledger::Comparison;
using rpc::CallContext;
using v1::InspectionItem;

constexpr std::string_view kService = "jinqi.inspection.v1.InspectionService/";
constexpr std::string_view kPrefix = "inspectionItems/";

std::string Method(std::string_view name) { return std::string(kService) + std::string(name); }

absl::StatusOr<InspectionItem> ToItem(const ledger::Record& record, absl::CivilDay today) {
  InspectionItem item;
  if (!item.ParseFromString(record.body)) return absl::DataLossError("item is not readable");
  item.set_etag(absl::StrCat(record.version));
  item.set_state(StateOn(item, today));
  return item;
}

class InspectionRpc {
 public:
  explicit InspectionRpc(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<InspectionItem> GetInspectionItem(const CallContext& context,
                                                   const v1::GetInspectionItemRequest& request) const {
    const std::string_view name = request.name();
    if (name.substr(0, kPrefix.size()) != kPrefix) return Error(config::v1::REASON_NOT_FOUND);
    const std::string code(name.substr(kPrefix.size()));
    if (!IsCode(code)) return Error(config::v1::REASON_NOT_FOUND);
    ASSIGN_OR_RETURN(const auto record, deps_.ledger.reader().Get(context.caller.tenant, ItemKey(code)));
    if (!record.has_value()) return Error(config::v1::REASON_NOT_FOUND);
    return ToItem(*record, clock::ShanghaiDate(context.now));
  }

  absl::StatusOr<v1::ListInspectionItemsResponse> ListInspectionItems(
      const CallContext& context, const v1::ListInspectionItemsRequest& request) const {
    ASSIGN_OR_RETURN(const int limit, paging::PageSize(request.has_page_size() ? std::optional<int>(request.page_size())
                                                                               : std::nullopt));
    const std::string fingerprint = absl::StrCat("items|", context.caller.tenant, "|", request.body(), "|",
                                                 request.industry(), "|", request.published_only());
    std::string after;
    if (!request.page_token().empty()) {
      ASSIGN_OR_RETURN(after, deps_.page_tokens.Open(request.page_token(), fingerprint));
    }
    const absl::CivilDay today = clock::ShanghaiDate(context.now);
    v1::ListInspectionItemsResponse response;
    for (;;) {
      ASSIGN_OR_RETURN(const ledger::Rows rows, Rows(context.caller.tenant, request, after, limit));
      for (const ledger::Record& record : rows.records) {
        after = record.key.id;
        ASSIGN_OR_RETURN(InspectionItem item, ToItem(record, today));
        if (!Wanted(item, request)) continue;
        *response.add_items() = std::move(item);
        if (response.items_size() == limit) {
          response.set_next_page_token(deps_.page_tokens.Make(fingerprint, after));
          return response;
        }
      }
      if (rows.records.size() < static_cast<std::size_t>(limit)) return response;
    }
  }

 private:
  // Items of one industry stand in the side rows, those of one body under its code, else all.
  absl::StatusOr<ledger::Rows> Rows(const std::string& tenant, const v1::ListInspectionItemsRequest& request,
                                    const std::string& after, int limit) const {
    if (!request.industry().empty()) {
      return deps_.ledger.reader().ListBySide(tenant, kItem, "industry", request.industry(), after, limit);
    }
    ledger::Query query;
    query.kind = kItem;
    query.limit = limit;
    if (!request.body().empty()) query.where = {{"body_code", Comparison::kEqual, {request.body()}}};
    if (!after.empty()) query.after = {ledger::Value(), after};
    return deps_.ledger.reader().List(tenant, query);
  }

  static bool Wanted(const InspectionItem& item, const v1::ListInspectionItemsRequest& request) {
    if (!request.body().empty() && item.body() != request.body()) return false;
    return !request.published_only() || item.state() == InspectionItem::STATE_PUBLISHED;
  }

  const Deps deps_;
};

}  // namespace

void AddMethods(rpc::Methods& methods, const Deps& deps) {
  const auto rpc = std::make_shared<const InspectionRpc>(deps);
  methods.Query<v1::GetInspectionItemRequest, InspectionItem>(
      Method("GetInspectionItem"),
      [rpc](const auto& context, const auto& request) { return rpc->GetInspectionItem(context, request); });
  methods.Query<v1::ListInspectionItemsRequest, v1::ListInspectionItemsResponse>(
      Method("ListInspectionItems"),
      [rpc](const auto& context, const auto& request) { return rpc->ListInspectionItems(context, request); });
}

}  // namespace jinqi::inspection
