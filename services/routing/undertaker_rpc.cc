// The directory of bodies, their hubs and contacts.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/kinds.h"
#include "services/routing/routing_rpc.h"
#include "services/routing/undertakers.h"

namespace jinqi::routing {
namespace {

using rpc::CallContext;
using v1::Undertaker;

// More open orders of one body than these are not counted.
constexpr int kMaxCounted = 100'000;
// More bodies than a city has.
constexpr int kAllBodies = 1000;

bool IsEnterprise(const CallContext& context) {
  return context.role == config::v1::ROLE_ENTERPRISE || context.role == config::v1::ROLE_LEGAL_REPRESENTATIVE;
}

// The public sees who is responsible, not whose account it is.
Undertaker ShowTo(const CallContext& context, const v1::UndertakerRecord& record, std::int64_t version) {
  Undertaker shown = ShowUndertaker(record, version);
  if (IsEnterprise(context)) {
    shown.clear_contacts();
    shown.clear_hub();
  }
  return shown;
}

absl::StatusOr<Undertaker> GetUndertaker(const Deps& deps, const CallContext& context,
                                         const v1::GetUndertakerRequest& request) {
  ASSIGN_OR_RETURN(const std::string code, IdOf(request.name(), "undertakers"));
  ledger::Reader& reader = deps.ledger.reader();
  ASSIGN_OR_RETURN(const auto stored,
                   ReadStored<v1::UndertakerRecord>(reader, context.caller.tenant, UndertakerKey(code)));
  Undertaker shown = ShowTo(context, stored.body, stored.record.version);
  if (IsEnterprise(context)) return shown;
  ledger::Query open = OpenOrdersOf(code);
  open.limit = kMaxCounted;
  ASSIGN_OR_RETURN(const ledger::Rows rows, reader.List(context.caller.tenant, open));
  shown.set_open_orders(rows.count);
  return shown;
}

absl::StatusOr<v1::ListUndertakersResponse> ListUndertakers(const Deps& deps, const CallContext& context,
                                                            const v1::ListUndertakersRequest& request) {
  ASSIGN_OR_RETURN(const int page_size,
                   paging::PageSize(request.has_page_size() ? std::optional(request.page_size()) : std::nullopt));
  const std::string fingerprint = "undertakers|" + context.caller.tenant;
  ledger::Query query;
  query.kind = kUndertaker;
  query.limit = page_size;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string after, deps.page_tokens.Open(request.page_token(), fingerprint));
    query.after = {ledger::Value(), after};
  }
  ASSIGN_OR_RETURN(const ledger::Rows rows, deps.ledger.reader().List(context.caller.tenant, query));
  v1::ListUndertakersResponse response;
  for (const ledger::Record& row : rows.records) {
    v1::UndertakerRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of an undertaker");
    *response.add_undertakers() = ShowTo(context, record, row.version);
  }
  if (rows.records.size() == static_cast<std::size_t>(page_size)) {
    response.set_next_page_token(deps.page_tokens.Make(fingerprint, rows.records.back().key.id));
  }
  return response;
}

absl::StatusOr<v1::ReadinessReport> Readiness(const Deps& deps, const CallContext& context,
                                              const v1::GetReadinessReportRequest&) {
  ledger::Query bodies;
  bodies.kind = kUndertaker;
  bodies.limit = kAllBodies;
  ASSIGN_OR_RETURN(const ledger::Rows rows, deps.ledger.reader().List(context.caller.tenant, bodies));
  const ReferencePtr reference = deps.store.Current();
  v1::ReadinessReport report;
  for (const ledger::Record& row : rows.records) {
    v1::UndertakerRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of an undertaker");
    const Undertaker& body = record.undertaker();
    if (reference->directory.ModeOf(body.code()) == ReceiveMode::kCollective) continue;
    // A township that may get nothing, as its district has published no list, misses nothing either (RTE-13).
    if (IsTownship(body) && !reference->duties.contains(body.district_code())) continue;
    const std::string missing = MissingOf(body);
    if (missing == kHubMissing) report.add_districts_without_hub(body.code());
    if (missing == kContactMissing) report.add_undertakers_without_contact(body.code());
  }
  ledger::Query waiting;
  waiting.kind = kWorkOrder;
  waiting.order_by = "exception_due";
  waiting.count_only = true;
  waiting.limit = kMaxCounted;
  ASSIGN_OR_RETURN(const ledger::Rows count, deps.ledger.reader().List(context.caller.tenant, waiting));
  report.set_waiting_orders(count.count);
  return report;
}

template <typename Request, typename Response, typename Handle>
void AddQuery(rpc::Methods& methods, const Deps& deps, std::string_view name, Handle handle) {
  methods.Query<Request, Response>(
      MethodName(name),
      [deps, handle](const CallContext& context, const Request& request) { return handle(deps, context, request); });
}

template <typename Request, typename Decide>
void AddChange(rpc::Methods& methods, std::string_view name, bool asks_open_orders, Decide decide) {
  methods.Change<Request, Undertaker>(
      MethodName(name),
      [decide, asks_open_orders](const CallContext& context,
                                 const Request& request) -> absl::StatusOr<ledger::Command> {
        ASSIGN_OR_RETURN(const std::string code, IdOf(request.name(), "undertakers"));
        ledger::Command command;
        command.names = {{UndertakerKey(code)}};
        if (asks_open_orders) command.questions.push_back(OpenOrdersOf(code));
        command.decide = [decide, actor = ActorOf(context), request](const ledger::View& view) {
          return decide(view, actor, request);
        };
        return command;
      });
}

}  // namespace

void RegisterUndertakers(rpc::Methods& methods, const Deps& deps) {
  AddQuery<v1::GetUndertakerRequest, Undertaker>(methods, deps, "GetUndertaker", GetUndertaker);
  AddQuery<v1::ListUndertakersRequest, v1::ListUndertakersResponse>(methods, deps, "ListUndertakers", ListUndertakers);
  AddQuery<v1::GetReadinessReportRequest, v1::ReadinessReport>(methods, deps, "GetReadinessReport", Readiness);
  AddChange<v1::NameDistrictHubRequest>(methods, "NameDistrictHub", false, DecideNameHub);
  AddChange<v1::AddUndertakerContactRequest>(methods, "AddUndertakerContact", false, DecideAddContact);
  AddChange<v1::DeactivateUndertakerContactRequest>(methods, "DeactivateUndertakerContact", true,
                                                    DecideDeactivateContact);
}

}  // namespace jinqi::routing
