// The register of enterprises: reading.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/intake/demand.h"
#include "services/intake/enterprise.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using rpc::CallContext;

constexpr char kGet[] = "jinqi.intake.v1.IntakeService/GetEnterprise";
constexpr char kList[] = "jinqi.intake.v1.IntakeService/ListEnterprises";

constexpr int kMostCounted = 1'000'000;
constexpr std::string_view kPrefix = "enterprises/";

absl::StatusOr<v1::Enterprise> Shown(const Intake& intake, const std::string& tenant, const ledger::Record& found) {
  v1::EnterpriseRecord record;
  if (!record.ParseFromString(found.body)) return absl::DataLossError("body of an enterprise");
  v1::Enterprise enterprise = record.enterprise();
  enterprise.set_etag(EtagOf(found.version));
  ledger::Query query;
  query.kind = std::string(kDemandKind);
  query.where = {{"uscc", Comparison::kEqual, {enterprise.uscc()}}};
  query.count_only = true;
  query.limit = kMostCounted;
  ASSIGN_OR_RETURN(const auto rows, intake.ledger->reader().List(tenant, query));
  enterprise.set_demand_count(rows.count);
  return enterprise;
}

absl::StatusOr<v1::Enterprise> GetEnterprise(const Intake& intake, const CallContext& context,
                                             const v1::GetEnterpriseRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string_view name = request.name();
  if (name.substr(0, kPrefix.size()) != kPrefix) return Error(config::v1::REASON_NOT_FOUND);
  const ledger::Key key = EnterpriseKey(name.substr(kPrefix.size()));
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(actor.caller.tenant, key));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(v1::Enterprise enterprise, Shown(intake, actor.caller.tenant, *found));
  if (!MaySeeEnterprise(actor.caller, actor.role, enterprise)) return Error(config::v1::REASON_NOT_FOUND);
  return enterprise;
}

absl::StatusOr<v1::ListEnterprisesResponse> ListEnterprises(const Intake& intake, const CallContext& context,
                                                            const v1::ListEnterprisesRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const int page_size,
                   paging::PageSize(request.has_page_size() ? std::optional<int>(request.page_size()) : std::nullopt));
  ledger::Query query;
  query.kind = std::string(kEnterpriseKind);
  query.limit = page_size + 1;
  if (!request.district_code().empty()) {
    if (!intake.reference.districts.contains(request.district_code())) {
      return FieldError("district_code", config::v1::REASON_UNKNOWN_VALUE);
    }
    query.where.push_back({"district", Comparison::kEqual, {request.district_code()}});
  }
  if (actor.role == config::v1::ROLE_DISTRICT_HUB || actor.role == config::v1::ROLE_SERVICE_STAFF) {
    query.where.push_back({"district", Comparison::kEqual, {actor.caller.district}});
  }
  const std::string fingerprint = absl::StrCat("enterprises|", actor.caller.tenant, "|", actor.caller.district, "|",
                                               static_cast<int>(actor.role), "|", request.district_code());
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(std::string last, intake.page_tokens->Open(request.page_token(), fingerprint));
    query.after = {ledger::Value(), std::move(last)};
  }
  ASSIGN_OR_RETURN(auto rows, intake.ledger->reader().List(actor.caller.tenant, query));
  const bool more = rows.records.size() > static_cast<std::size_t>(page_size);
  if (more) rows.records.pop_back();
  v1::ListEnterprisesResponse response;
  for (const ledger::Record& record : rows.records) {
    ASSIGN_OR_RETURN(*response.add_enterprises(), Shown(intake, actor.caller.tenant, record));
  }
  if (more) response.set_next_page_token(intake.page_tokens->Make(fingerprint, rows.records.back().key.id));
  return response;
}

}  // namespace

void RegisterEnterprises(rpc::Methods& methods, Intake& intake) {
  methods.Query<v1::GetEnterpriseRequest, v1::Enterprise>(
      kGet, [&intake](const auto& context, const auto& request) { return GetEnterprise(intake, context, request); });
  methods.Query<v1::ListEnterprisesRequest, v1::ListEnterprisesResponse>(
      kList, [&intake](const auto& context, const auto& request) { return ListEnterprises(intake, context, request); });
}

}  // namespace jinqi::intake
