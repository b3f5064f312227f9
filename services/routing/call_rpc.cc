// CallService: calls of the grass roots, and how they were answered.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/calls.h"
#include "services/routing/kinds.h"
#include "services/routing/order_rpc.h"
#include "services/routing/pages.h"

namespace jinqi::routing {
namespace {

using rpc::CallContext;

constexpr char kSide[] = "call";
constexpr int kMaxDays = 366;
// Orders that a report reads at one time.
constexpr int kReportPage = 500;

// Who has a district sees its own; others name one.
absl::StatusOr<std::string> DistrictFor(const CallContext& context, const std::string& asked) {
  const std::string& own = context.caller.district;
  if (own.empty() && context.role == config::v1::ROLE_DISTRICT_HUB) return Error(config::v1::REASON_PERMISSION_DENIED);
  if (own.empty() && asked.empty()) return FieldError("district_code", config::v1::REASON_REQUIRED);
  if (!own.empty() && !asked.empty() && asked != own) return Error(config::v1::REASON_PERMISSION_DENIED);
  return own.empty() ? asked : own;
}

absl::StatusOr<v1::ListWorkOrdersResponse> ListToReport(const Deps& deps, const CallContext& context,
                                                        const v1::ListCallsToReportRequest& request) {
  ASSIGN_OR_RETURN(const Page page, PageOf(request));
  return OrdersBySide(deps, context, kSide, ToReportSide(context.caller.body), page);
}

absl::StatusOr<v1::ListWorkOrdersResponse> ListMissed(const Deps& deps, const CallContext& context,
                                                      const v1::ListMissedCallsRequest& request) {
  ASSIGN_OR_RETURN(const Page page, PageOf(request));
  ASSIGN_OR_RETURN(const std::string district, DistrictFor(context, request.district_code()));
  return OrdersBySide(deps, context, kSide, MissedSide(district), page);
}

absl::Status TallyMonth(ledger::Reader& reader, const std::string& tenant, const std::string& district,
                        absl::CivilMonth month, CallTally& tally) {
  std::string after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(const ledger::Rows rows,
                     reader.ListBySide(tenant, kWorkOrder, kSide, MonthSide(district, month), after, kReportPage));
    for (const ledger::Record& row : rows.records) {
      v1::WorkOrderRecord record;
      if (!record.ParseFromString(row.body)) return absl::DataLossError("body of an order");
      tally.Add(record.order(), month);
      after = row.key.id;
    }
    more = rows.records.size() == kReportPage;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CallReport> GetReport(const Deps& deps, const CallContext& context,
                                         const v1::GetCallReportRequest& request) {
  ASSIGN_OR_RETURN(const std::string district, DistrictFor(context, request.district_code()));
  const auto from = clock::ParseDate(request.from_date());
  const auto to = clock::ParseDate(request.to_date());
  Faults faults;
  if (!from.ok()) faults.Add("from_date", config::v1::REASON_FORMAT);
  if (!to.ok()) faults.Add("to_date", config::v1::REASON_FORMAT);
  if (from.ok() && to.ok() && (*to < *from || *to - *from >= kMaxDays)) {
    faults.Add("to_date", config::v1::REASON_OUT_OF_RANGE);
  }
  RETURN_IF_ERROR(faults.ToStatus());
  CallTally tally(district, *from, *to);
  for (absl::CivilMonth month(*from); month <= absl::CivilMonth(*to); ++month) {
    RETURN_IF_ERROR(TallyMonth(deps.ledger.reader(), context.caller.tenant, district, month, tally));
  }
  return tally.Report();
}

template <typename Request, typename Response, typename Handle>
void Ask(rpc::Methods& methods, const Deps& deps, std::string_view name, Handle handle) {
  methods.Query<Request, Response>(
      MethodName(absl::StrCat("CallService/", std::string(name))),
      [deps, handle](const CallContext& context, const Request& request) { return handle(deps, context, request); });
}

}  // namespace

void RegisterCalls(rpc::Methods& methods, const Deps& deps) {
  AddPlain<v1::CallUndertakersRequest>(methods, deps, "CallService/CallUndertakers", DecideCall);
  AddPlain<v1::ReportToCallRequest>(methods, deps, "CallService/ReportToCall", DecideReportToCall);
  Ask<v1::ListCallsToReportRequest, v1::ListWorkOrdersResponse>(methods, deps, "ListCallsToReport", ListToReport);
  Ask<v1::ListMissedCallsRequest, v1::ListWorkOrdersResponse>(methods, deps, "ListMissedCalls", ListMissed);
  Ask<v1::GetCallReportRequest, v1::CallReport>(methods, deps, "GetCallReport", GetReport);
}

}  // namespace jinqi::routing
