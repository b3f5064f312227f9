// The register of enterprises: reading.
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/intake/demand.h"
#include "services/intake/enterprise.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/pages.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using rpc::CallContext;

constexpr char kGet[] = "jinqi.intake.v1.IntakeService/GetEnterprise";
constexpr char kList[] = "jinqi.intake.v1.IntakeService/ListEnterprises";

constexpr int kMostCounted = 1'000'000;

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
  ASSIGN_OR_RETURN(const std::string uscc, UsccOfName(request.name()));
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(actor.caller.tenant, EnterpriseKey(uscc)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(v1::Enterprise enterprise, Shown(intake, actor.caller.tenant, *found));
  if (!MaySeeEnterprise(actor.caller, actor.role, enterprise)) return Error(config::v1::REASON_NOT_FOUND);
  return enterprise;
}

absl::StatusOr<v1::ListEnterprisesResponse> ListEnterprises(const Intake& intake, const CallContext& context,
                                                            const v1::ListEnterprisesRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ledger::Query query;
  query.kind = std::string(kEnterpriseKind);
  RETURN_IF_ERROR(LimitToDistrict(intake, actor, request.district_code(), "district", query));
  if (!request.service_area().empty()) {
    query.where.push_back({"area", Comparison::kEqual, {request.service_area()}});
    if (request.desk_slot() == 0) query.order_by = "slot";
  }
  if (request.desk_slot() != 0) {
    if (request.service_area().empty()) return FieldError("service_area", config::v1::REASON_REQUIRED);
    query.where.push_back({"slot", Comparison::kEqual, {std::int64_t{request.desk_slot()}}});
  }
  v1::ListEnterprisesResponse response;
  if (request.with_total()) {
    ASSIGN_OR_RETURN(const std::int64_t total, CountOf(intake, actor, query));
    response.set_total_size(total);
  }
  const std::string fingerprint = absl::StrCat("enterprises|", DistrictFingerprint(actor), "|", request.district_code(),
                                               "|", request.service_area(), "|", request.desk_slot());
  ASSIGN_OR_RETURN(const auto page, PageOf(intake, actor, request, fingerprint, std::move(query)));
  for (const ledger::Record& record : page.records) {
    ASSIGN_OR_RETURN(*response.add_enterprises(), Shown(intake, actor.caller.tenant, record));
  }
  response.set_next_page_token(page.next);
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
