// Questions about orders.
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/clocks.h"
#include "services/routing/grounds.h"
#include "services/routing/kinds.h"
#include "services/routing/pages.h"
#include "services/routing/refused_acts.h"
#include "services/routing/routing_rpc.h"
#include "services/routing/sight.h"
#include "services/routing/work_order.h"

namespace jinqi::routing {
namespace {

using ledger::Comparison;
using rpc::CallContext;
using v1::WorkOrder;

using StoredOrder = Stored<v1::WorkOrderRecord>;

// A total beyond this is not counted on.
constexpr int kMaxTotal = 100'000;

absl::StatusOr<StoredOrder> FindOrder(const Deps& deps, const CallContext& context, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(name));
  ASSIGN_OR_RETURN(StoredOrder stored,
                   ReadStored<v1::WorkOrderRecord>(deps.ledger.reader(), context.caller.tenant, OrderKey(order_no)));
  if (SightOf(stored.body, ActorOf(context)) == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  return stored;
}

absl::StatusOr<WorkOrder> GetWorkOrder(const Deps& deps, const CallContext& context,
                                       const v1::GetWorkOrderRequest& request) {
  ASSIGN_OR_RETURN(const StoredOrder stored, FindOrder(deps, context, request.name()));
  const Actor actor = ActorOf(context);
  WorkOrder order = Show(stored.body, stored.record.version, stored.record.sent, actor);
  if (order.state() == events::v1::ORDER_STATE_PENDING_DISPATCH && order.has_proposal()) {
    // The catalogue of the day of dispatch decides (RTE-02).
    *order.mutable_proposal() =
        ProposalOn(stored.body.order(), *deps.store.Current(), clock::ShanghaiDate(context.now));
  }
  RETURN_IF_ERROR(deps.desk.texts->Fill(deps.ledger.reader(), context.caller.tenant, stored.body, actor, order));
  return order;
}

ledger::Condition Is(std::string column, ledger::Value value) {
  return {std::move(column), Comparison::kEqual, {std::move(value)}};
}

// The column that a list is ordered by; one that is empty for an order leaves it out.
std::string ColumnOf(const v1::ListWorkOrdersRequest& request) {
  if (request.exceptions_only()) return "exception_due";
  if (request.supervised_only()) return "supervised_due";
  return request.human_review_only() ? "review_due" : "due_time";
}

// What this caller may list of what was asked for. A body lists its own orders, a district its own.
absl::StatusOr<ledger::Query> ListQuery(const CallContext& context, const v1::ListWorkOrdersRequest& request) {
  ledger::Query query;
  query.kind = kWorkOrder;
  query.order_by = ColumnOf(request);
  std::string main = request.main_undertaker();
  if (context.role == config::v1::ROLE_UNDERTAKER) {
    if (!main.empty() && main != context.caller.body) return Error(config::v1::REASON_PERMISSION_DENIED);
    main = context.caller.body;
    if (main.empty()) return Error(config::v1::REASON_PERMISSION_DENIED);
  }
  std::string district = request.district_code();
  if (!context.caller.district.empty() && context.role != config::v1::ROLE_UNDERTAKER) {
    if (!district.empty() && district != context.caller.district) return Error(config::v1::REASON_PERMISSION_DENIED);
    district = context.caller.district;
  }
  if (context.role == config::v1::ROLE_DISTRICT_HUB && district.empty()) {
    return Error(config::v1::REASON_PERMISSION_DENIED);
  }
  if (!main.empty()) query.where.push_back(Is("main", main));
  if (!district.empty()) query.where.push_back(Is("district", district));
  if (request.state() != events::v1::ORDER_STATE_UNSPECIFIED) {
    query.where.push_back(Is("state", std::int64_t{request.state()}));
  }
  return query;
}

absl::StatusOr<v1::ListWorkOrdersResponse> ListAssisted(const Deps& deps, const CallContext& context,
                                                        const v1::ListWorkOrdersRequest& request, int page_size) {
  if (context.role != config::v1::ROLE_UNDERTAKER || context.caller.body.empty()) {
    return Error(config::v1::REASON_PERMISSION_DENIED);
  }
  return OrdersBySide(deps, context, "assist", context.caller.body, {page_size, request.page_token()});
}

absl::StatusOr<v1::ListWorkOrdersResponse> ListWorkOrders(const Deps& deps, const CallContext& context,
                                                          const v1::ListWorkOrdersRequest& request) {
  ASSIGN_OR_RETURN(const int page_size,
                   paging::PageSize(request.has_page_size() ? std::optional(request.page_size()) : std::nullopt));
  if (request.assisting()) return ListAssisted(deps, context, request, page_size);
  ASSIGN_OR_RETURN(ledger::Query query, ListQuery(context, request));
  v1::ListWorkOrdersRequest filter = request;
  filter.clear_page_token();
  filter.clear_page_size();
  filter.clear_with_total();
  const std::string fingerprint =
      absl::StrCat("workOrders|", context.caller.tenant, "|", context.caller.body, "|", context.caller.district, "|",
                   context.role, "|", absl::BytesToHexString(filter.SerializeAsString()));
  ASSIGN_OR_RETURN(v1::ListWorkOrdersResponse response,
                   OrdersOf(deps, context, query, {page_size, request.page_token()}, fingerprint));
  if (!request.with_total()) return response;
  query.count_only = true;
  query.limit = kMaxTotal;
  ASSIGN_OR_RETURN(const ledger::Rows total, deps.ledger.reader().List(context.caller.tenant, query));
  response.set_total_size(total.count);
  return response;
}

absl::StatusOr<v1::ListWorkOrderEventsResponse> ListEvents(const Deps& deps, const CallContext& context,
                                                           const v1::ListWorkOrderEventsRequest& request) {
  ASSIGN_OR_RETURN(const StoredOrder stored, FindOrder(deps, context, request.parent()));
  ASSIGN_OR_RETURN(const auto history, deps.ledger.reader().History(context.caller.tenant, stored.record.key));
  v1::ListWorkOrderEventsResponse response;
  for (const ledger::HistoryRow& row : history) {
    events::v1::OrderEvent event;
    if (!event.ParseFromString(row.data)) return absl::DataLossError("event of an order");
    auto& out = *response.add_events();
    out.set_sequence(row.sequence);
    *out.mutable_time() = clock::ToProto(row.time);
    out.set_actor(row.caller);
    out.set_type(row.type);
    out.set_from(event.from());
    out.set_to(event.to());
    out.set_reason(event.reason());
    out.set_hash(absl::BytesToHexString(row.hash));
  }
  return response;
}

absl::StatusOr<v1::ClockReport> GetClockReport(const Deps& deps, const CallContext& context,
                                               const v1::GetClockReportRequest& request) {
  ASSIGN_OR_RETURN(const StoredOrder stored, FindOrder(deps, context, request.name()));
  return ReportClock(stored.body.order(), deps.store.Current()->calendar, context.now);
}

// Records as they are now, for decisions that are tried and not committed.
class Snapshot final : public ledger::View {
 public:
  explicit Snapshot(Micros now) : now_(now) {}

  absl::Status Read(ledger::Reader& reader, const std::string& tenant, const ledger::Key& key) {
    ASSIGN_OR_RETURN(auto record, reader.Get(tenant, key));
    if (record.has_value()) records_.emplace(key, *std::move(record));
    return absl::OkStatus();
  }
  Micros now() const override { return now_; }
  const ledger::Record* Find(const ledger::Key& key) const override {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const ledger::Rows& Answer(std::size_t) const override { return no_rows_; }

 private:
  const Micros now_;
  const ledger::Rows no_rows_;
  std::map<ledger::Key, ledger::Record> records_;
};

absl::StatusOr<v1::WorkOrderGrounds> Explain(const Deps& deps, const CallContext& context,
                                             const v1::ExplainWorkOrderRequest& request) {
  ASSIGN_OR_RETURN(const StoredOrder stored, FindOrder(deps, context, request.name()));
  ledger::Reader& reader = deps.ledger.reader();
  const std::string& tenant = context.caller.tenant;
  const Setting& setting = deps.desk.setting;
  std::vector<ledger::Key> keys = TriedRecords(stored.body, deps.store.Current()->directory);
  keys.push_back(stored.record.key);
  keys.push_back(HeadKey());
  Snapshot view(context.now);
  for (const ledger::Key& key : keys) RETURN_IF_ERROR(view.Read(reader, tenant, key));
  const Actor actor = ActorOf(context);
  ASSIGN_OR_RETURN(const OrderEdit edit, OrderEdit::Open(view, setting, actor, stored.body.order().order_no()));
  const ledger::Record& record = *view.Find(stored.record.key);
  const WorkOrder shown = Show(edit.record(), record.version, record.sent, actor);
  ASSIGN_OR_RETURN(const auto history, reader.History(tenant, stored.record.key));
  v1::WorkOrderGrounds grounds = GroundsOf(edit, shown, *setting.laws);
  AddPastRefusals(shown, history, grounds);
  AddPresentRefusals(view, setting, edit, shown, grounds);
  return grounds;
}

absl::StatusOr<v1::Proposal> Propose(const Deps& deps, const CallContext& context,
                                     const v1::ProposeUndertakersRequest& request) {
  ProposalInput input;
  input.title = request.title();
  input.content = request.content();
  input.district_code = request.district_code();
  input.category_code = request.category_code();
  input.demand_type = request.demand_type();
  const ReferencePtr reference = deps.store.Current();
  WorkOrder asked;
  asked.set_category_code(request.category_code());
  asked.mutable_subject()->set_district_code(request.district_code());
  bool doubtful = false;
  *asked.mutable_proposal() = ProposeFor(deps.desk, reference->directory, input, doubtful);
  v1::Proposal proposal = ProposalOn(asked, *reference, clock::ShanghaiDate(context.now));
  // Without an order there is nothing to confirm.
  proposal.clear_proposal_id();
  *proposal.mutable_time() = clock::ToProto(context.now);
  return proposal;
}

template <typename Request, typename Response, typename Handle>
void Add(rpc::Methods& methods, const Deps& deps, std::string_view name, Handle handle) {
  methods.Query<Request, Response>(
      MethodName(name),
      [deps, handle](const CallContext& context, const Request& request) { return handle(deps, context, request); });
}

}  // namespace

void RegisterOrderQueries(rpc::Methods& methods, const Deps& deps) {
  Add<v1::GetWorkOrderRequest, WorkOrder>(methods, deps, "GetWorkOrder", GetWorkOrder);
  Add<v1::ListWorkOrdersRequest, v1::ListWorkOrdersResponse>(methods, deps, "ListWorkOrders", ListWorkOrders);
  Add<v1::ListWorkOrderEventsRequest, v1::ListWorkOrderEventsResponse>(methods, deps, "ListWorkOrderEvents",
                                                                       ListEvents);
  Add<v1::GetClockReportRequest, v1::ClockReport>(methods, deps, "GetClockReport", GetClockReport);
  Add<v1::ExplainWorkOrderRequest, v1::WorkOrderGrounds>(methods, deps, "GroundsService/ExplainWorkOrder", Explain);
  Add<v1::ProposeUndertakersRequest, v1::Proposal>(methods, deps, "ProposeUndertakers", Propose);
}

}  // namespace jinqi::routing
