// Questions about demands.
#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/identity/phone.h"
#include "common/identity/uscc.h"
#include "common/text/text.h"
#include "services/intake/demand.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/order_view.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using ledger::Condition;
using rpc::CallContext;

constexpr char kGet[] = "jinqi.intake.v1.IntakeService/GetDemand";
constexpr char kList[] = "jinqi.intake.v1.IntakeService/ListDemands";
constexpr char kLookUp[] = "jinqi.intake.v1.IntakeService/LookUpProgress";

constexpr int kMostCounted = 10'000'000;

absl::StatusOr<v1::Demand> GetDemand(Intake& intake, const CallContext& context, const v1::GetDemandRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOfName(request.name()));
  ASSIGN_OR_RETURN(StoredDemand stored, intake.views.Find(actor.caller.tenant, order_no));
  if (SightOf(actor.caller, actor.role, stored.record) == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  if (request.min_order_sequence() > stored.record.demand().order_sequence()) {
    const std::int64_t wanted = request.min_order_sequence();
    ASSIGN_OR_RETURN(stored,
                     intake.waiter.Await(actor.caller.tenant, order_no, [wanted](const v1::DemandRecord& record) {
                       return record.demand().order_sequence() >= wanted;
                     }));
  }
  return intake.views.Shown(actor, stored);
}

// One list, asked of the database once, or twice where a caller sees what is its own and what is its enterprise's.
struct ListPlan {
  std::vector<Condition> common;
  std::vector<std::vector<Condition>> alternatives;
};

Condition Equal(std::string column, ledger::Value value) {
  return {std::move(column), Comparison::kEqual, {std::move(value)}};
}

// States in which only intake holds a demand have an index of their own.
std::string StateColumn(events::v1::OrderState state) {
  switch (state) {
    case events::v1::ORDER_STATE_REGISTERED:
    case events::v1::ORDER_STATE_ANSWERED:
    case events::v1::ORDER_STATE_NOT_ACCEPTED:
    case events::v1::ORDER_STATE_TRANSFERRED_EMERGENCY: return "intake_state";
    default: return "state";
  }
}

absl::Status AddFilters(const Intake& intake, const v1::ListDemandsRequest& request, ListPlan& plan) {
  Faults faults;
  if (!request.accept_date().empty()) {
    const auto day = clock::ParseDate(request.accept_date());
    if (day.ok()) {
      plan.common.push_back({"accept_time", Comparison::kGreaterOrEqual, {clock::StartOfDay(*day)}});
      plan.common.push_back({"accept_time", Comparison::kLess, {clock::StartOfDay(*day + 1)}});
    } else {
      faults.Add("accept_date", config::v1::REASON_FORMAT);
    }
  }
  if (request.channel() != events::v1::CHANNEL_UNSPECIFIED) {
    if (!events::v1::Channel_IsValid(request.channel())) faults.Add("channel", config::v1::REASON_CHANNEL_UNKNOWN);
    plan.common.push_back(Equal("channel", static_cast<std::int64_t>(request.channel())));
  }
  if (!request.district_code().empty()) {
    if (!intake.reference.districts.contains(request.district_code())) {
      faults.Add("district_code", config::v1::REASON_UNKNOWN_VALUE);
    }
    plan.common.push_back(Equal("district", request.district_code()));
  }
  if (request.state() != events::v1::ORDER_STATE_UNSPECIFIED) {
    if (!events::v1::OrderState_IsValid(request.state())) faults.Add("state", config::v1::REASON_UNKNOWN_VALUE);
    plan.common.push_back(Equal(StateColumn(request.state()), static_cast<std::int64_t>(request.state())));
  }
  if (!request.uscc().empty()) {
    const auto uscc = identity::NormalizeUscc(request.uscc());
    if (uscc.ok()) {
      plan.common.push_back(Equal("uscc", *uscc));
    } else {
      faults.Add("uscc", ReasonOf(uscc.status()));
    }
  }
  if (!request.queue().empty()) {
    if (request.queue() != kSeatForeign) faults.Add("queue", config::v1::REASON_UNKNOWN_VALUE);
    plan.common.push_back(Equal("queue", request.queue()));
  }
  return faults.ToStatus();
}

// What the caller may list, in the columns that the database knows; each row is checked once more when it is shown.
void AddRights(const Actor& actor, ListPlan& plan) {
  const identity::Caller& caller = actor.caller;
  switch (actor.role) {
    case config::v1::ROLE_ENTERPRISE:
    case config::v1::ROLE_LEGAL_REPRESENTATIVE:
      plan.alternatives.push_back({Equal("requester", caller.subject)});
      if (!caller.uscc.empty()) plan.alternatives.push_back({Equal("uscc", caller.uscc)});
      return;
    case config::v1::ROLE_DISTRICT_HUB:
    case config::v1::ROLE_SERVICE_STAFF:
      // An account without district sees nothing.
      plan.alternatives.push_back({Equal("district", caller.district)});
      return;
    default: plan.alternatives.emplace_back();
  }
}

std::string Fingerprint(const Actor& actor, const v1::ListDemandsRequest& request) {
  v1::ListDemandsRequest filter = request;
  filter.clear_page_token();
  filter.clear_page_size();
  filter.clear_with_total();
  return absl::StrCat("demands|", actor.caller.tenant, "|", actor.caller.subject, "|", actor.caller.uscc, "|",
                      actor.caller.district, "|", static_cast<int>(actor.role), "|", filter.SerializeAsString());
}

using Keyset = std::pair<ledger::Value, std::string>;

absl::StatusOr<std::optional<Keyset>> OpenPageToken(const Intake& intake, const std::string& token,
                                                    const std::string& fingerprint) {
  if (token.empty()) return std::optional<Keyset>();
  ASSIGN_OR_RETURN(const std::string keyset, intake.page_tokens->Open(token, fingerprint));
  const std::size_t colon = keyset.find(':');
  std::int64_t time = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(keyset.substr(0, colon), &time)) {
    return Error(config::v1::REASON_PAGE_TOKEN_INVALID);
  }
  return std::optional<Keyset>(Keyset(time, keyset.substr(colon + 1)));
}

struct ListedRow {
  std::int64_t time = 0;
  ledger::Record record;
};

// The newest first; what two alternatives both give is there once.
std::vector<ListedRow> Merge(std::vector<ListedRow> rows, std::size_t limit) {
  std::sort(rows.begin(), rows.end(), [](const ListedRow& a, const ListedRow& b) {
    return std::pair(a.time, a.record.key.id) > std::pair(b.time, b.record.key.id);
  });
  rows.erase(std::unique(rows.begin(), rows.end(),
                         [](const ListedRow& a, const ListedRow& b) { return a.record.key.id == b.record.key.id; }),
             rows.end());
  if (rows.size() > limit) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(limit), rows.end());
  return rows;
}

ledger::Query QueryOf(const ListPlan& plan, const std::vector<Condition>& alternative) {
  ledger::Query query;
  query.kind = std::string(kDemandKind);
  query.where = plan.common;
  query.where.insert(query.where.end(), alternative.begin(), alternative.end());
  query.order_by = "accept_time";
  query.descending = true;
  return query;
}

absl::StatusOr<std::int64_t> CountOf(const Intake& intake, const std::string& tenant, const ListPlan& plan) {
  std::int64_t total = 0;
  std::vector<Condition> all;
  for (const auto& alternative : plan.alternatives) {
    ledger::Query query = QueryOf(plan, alternative);
    query.count_only = true;
    query.limit = kMostCounted;
    ASSIGN_OR_RETURN(const auto rows, intake.ledger->reader().List(tenant, query));
    total += rows.count;
    all.insert(all.end(), alternative.begin(), alternative.end());
  }
  if (plan.alternatives.size() < 2) return total;
  // What is in both was counted twice.
  ledger::Query both = QueryOf(plan, all);
  both.count_only = true;
  both.limit = kMostCounted;
  ASSIGN_OR_RETURN(const auto rows, intake.ledger->reader().List(tenant, both));
  return total - rows.count;
}

absl::StatusOr<v1::ListDemandsResponse> ListDemands(const Intake& intake, const CallContext& context,
                                                    const v1::ListDemandsRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(const int page_size,
                   paging::PageSize(request.has_page_size() ? std::optional<int>(request.page_size()) : std::nullopt));
  ListPlan plan;
  RETURN_IF_ERROR(AddFilters(intake, request, plan));
  AddRights(actor, plan);
  const std::string fingerprint = Fingerprint(actor, request);
  ASSIGN_OR_RETURN(const auto after, OpenPageToken(intake, request.page_token(), fingerprint));

  std::vector<ListedRow> rows;
  for (const auto& alternative : plan.alternatives) {
    ledger::Query query = QueryOf(plan, alternative);
    query.after = after;
    query.limit = page_size + 1;
    ASSIGN_OR_RETURN(auto found, intake.ledger->reader().List(tenant, query));
    for (std::size_t i = 0; i < found.records.size(); ++i) {
      rows.push_back({std::get<std::int64_t>(found.order_values[i]), std::move(found.records[i])});
    }
  }
  rows = Merge(std::move(rows), static_cast<std::size_t>(page_size) + 1);
  const bool more = rows.size() > static_cast<std::size_t>(page_size);
  if (more) rows.pop_back();

  v1::ListDemandsResponse response;
  for (const ListedRow& row : rows) {
    ASSIGN_OR_RETURN(const StoredDemand stored, DemandViews::Parse(row.record));
    auto demand = intake.views.ShownInList(actor, stored);
    if (demand.ok()) {
      *response.add_demands() = *std::move(demand);
    } else if (ReasonOf(demand.status()) != config::v1::REASON_NOT_FOUND) {
      return demand.status();
    }
  }
  if (more) {
    response.set_next_page_token(
        intake.page_tokens->Make(fingerprint, absl::StrCat(rows.back().time, ":", rows.back().record.key.id)));
  }
  if (request.with_total()) {
    ASSIGN_OR_RETURN(const std::int64_t total, CountOf(intake, tenant, plan));
    response.set_total_size(total);
  }
  return response;
}

// How the caller proved that the order is its own.
struct Proof {
  bool by_phone = false;
  bool otherwise = false;
};

// Whether the caller proved that the order is its own: logged in, by the phone, or by the code of an anonymous one.
// Every proof that was offered is computed, whether there is such an order or not (INT-18).
Proof Prove(const Intake& intake, const Actor& actor, const v1::LookUpProgressRequest& request,
            const v1::DemandRecord& record, const std::optional<ledger::Person>& person,
            const std::optional<ledger::Person>& told) {
  const auto phone = identity::NormalizePhone(request.phone());
  const ledger::Person nobody{{}, {}, {std::string(64, '0')}};
  const std::string number = phone.ok() ? *phone : request.phone();
  const bool by_demand = intake.privacy.Matches(person.value_or(nobody), number);
  const bool by_told = intake.privacy.Matches(told.value_or(nobody), number);
  const bool by_phone = (by_demand || by_told) && phone.ok();
  const bool by_code =
      intake.privacy.IsQueryCode(request.order_no(), request.query_code()) && record.demand().anonymous();
  const bool logged_in = SightOf(actor.caller, actor.role, record) >= Sight::kMasked;
  return {by_phone, by_code || logged_in};
}

// Whether the link that the caller is shown needs no login: it asked, or sends the link to who asked without an
// account.
bool MayHaveToken(const Actor& actor, const Proof& proof, const v1::DemandRecord& record) {
  if (record.requester().empty() || record.requester() == actor.caller.subject) return true;
  return proof.by_phone && !IsOperator(actor.role);
}

absl::StatusOr<v1::Progress> LookUpProgress(const Intake& intake, const CallContext& context,
                                            const v1::LookUpProgressRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(const auto record, intake.ledger->reader().Get(tenant, DemandKey(request.order_no())));
  ASSIGN_OR_RETURN(const auto person, intake.ledger->reader().FindPerson(tenant, request.order_no()));
  // Of what was erased this one is left.
  ASSIGN_OR_RETURN(const auto told, intake.ledger->reader().FindPerson(tenant, ResultId(request.order_no())));
  StoredDemand stored;
  if (record.has_value()) {
    ASSIGN_OR_RETURN(stored, DemandViews::Parse(*record));
  }
  const Proof proof = Prove(intake, actor, request, stored.record, person, told);
  const bool proven = proof.by_phone || proof.otherwise;
  if (!proven || !record.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(v1::Progress progress, intake.views.ProgressOf(tenant, stored));
  if (!progress.rating_link().empty() && MayHaveToken(actor, proof, stored.record)) {
    const std::string link = intake.rating_links.Of(context, request.order_no(), stored.record.rework_round());
    if (!link.empty()) progress.set_rating_link(link);
  }
  return progress;
}

}  // namespace

void RegisterDemandQueries(rpc::Methods& methods, Intake& intake) {
  methods.Query<v1::GetDemandRequest, v1::Demand>(
      kGet, [&intake](const auto& context, const auto& request) { return GetDemand(intake, context, request); });
  methods.Query<v1::ListDemandsRequest, v1::ListDemandsResponse>(
      kList, [&intake](const auto& context, const auto& request) { return ListDemands(intake, context, request); });
  methods.Query<v1::LookUpProgressRequest, v1::Progress>(kLookUp, [&intake](const auto& context, const auto& request) {
    return LookUpProgress(intake, context, request);
  });
}

}  // namespace jinqi::intake
