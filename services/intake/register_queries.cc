// Questions to the register: areas, desks, persons, cards, reports.
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/intake/enterprise.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/pages.h"
#include "services/intake/refused_act.h"
#include "services/intake/rights.h"
#include "services/intake/service_area.h"
#include "services/intake/service_person.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using rpc::CallContext;

constexpr char kGetArea[] = "jinqi.intake.v1.RegisterService/GetServiceArea";
constexpr char kListAreas[] = "jinqi.intake.v1.RegisterService/ListServiceAreas";
constexpr char kGetDesk[] = "jinqi.intake.v1.RegisterService/GetDesk";
constexpr char kGetPerson[] = "jinqi.intake.v1.RegisterService/GetServicePerson";
constexpr char kGetNamed[] = "jinqi.intake.v1.RegisterService/GetNamedPerson";
constexpr char kListUnassigned[] = "jinqi.intake.v1.RegisterService/ListUnassignedEnterprises";
constexpr char kListRefused[] = "jinqi.intake.v1.RegisterService/ListRefusedActs";

// Whether the caller sees what belongs to the district: staff and district hubs their own.
bool MaySeeDistrict(const Actor& actor, const std::string& district) {
  const bool local = actor.role == config::v1::ROLE_DISTRICT_HUB || actor.role == config::v1::ROLE_SERVICE_STAFF;
  return !local || actor.caller.district == district;
}

absl::StatusOr<v1::ServiceArea> ShownArea(const ledger::Record& found) {
  ASSIGN_OR_RETURN(auto record, ParsedBody<v1::ServiceAreaRecord>(found));
  record.mutable_area()->set_etag(EtagOf(found.version));
  return std::move(*record.mutable_area());
}

absl::StatusOr<v1::ServiceArea> FindArea(const Intake& intake, const Actor& actor, const std::string& code) {
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(actor.caller.tenant, ServiceAreaKey(code)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(v1::ServiceArea area, ShownArea(*found));
  if (!MaySeeDistrict(actor, area.district_code())) return Error(config::v1::REASON_NOT_FOUND);
  return area;
}

absl::StatusOr<v1::ServiceArea> GetArea(const Intake& intake, const CallContext& context,
                                        const v1::GetServiceAreaRequest& request) {
  ASSIGN_OR_RETURN(const std::string code, AreaOfName(request.name()));
  return FindArea(intake, ActorOf(context, intake), code);
}

absl::StatusOr<v1::ListServiceAreasResponse> ListAreas(const Intake& intake, const CallContext& context,
                                                       const v1::ListServiceAreasRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ledger::Query query;
  query.kind = std::string(kServiceAreaKind);
  if (request.vacant()) query.order_by = "vacant";
  RETURN_IF_ERROR(LimitToDistrict(intake, actor, request.district_code(), "district", query));
  v1::ListServiceAreasResponse response;
  const std::string fingerprint =
      absl::StrCat("areas|", DistrictFingerprint(actor), "|", request.district_code(), "|", request.vacant());
  ASSIGN_OR_RETURN(const auto page, PageOf(intake, actor, request, fingerprint, std::move(query)));
  for (const ledger::Record& found : page.records) {
    ASSIGN_OR_RETURN(*response.add_service_areas(), ShownArea(found));
  }
  response.set_next_page_token(page.next);
  return response;
}

absl::StatusOr<v1::Desk> GetDesk(const Intake& intake, const CallContext& context, const v1::GetDeskRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const DeskPlace place, DeskOfName(request.name()));
  ASSIGN_OR_RETURN(const v1::ServiceArea area, FindArea(intake, actor, place.area));
  const v1::Desk* found = FindDesk(area, place.slot);
  if (found == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  v1::Desk desk = *found;
  ASSIGN_OR_RETURN(const auto rows, intake.ledger->reader().List(actor.caller.tenant, SubjectsOf(place)));
  desk.set_subject_count(rows.count);
  desk.set_etag(area.etag());
  return desk;
}

// A person with name and phone.
absl::StatusOr<v1::ServicePerson> ReadPerson(const Intake& intake, const std::string& tenant,
                                             const std::string& account) {
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(tenant, ServicePersonKey(account)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const auto record, ParsedBody<v1::ServicePersonRecord>(*found));
  v1::ServicePerson person = record.person();
  person.set_etag(EtagOf(found->version));
  ASSIGN_OR_RETURN(const auto row, intake.ledger->reader().FindPerson(tenant, ServicePersonId(account)));
  if (!row.has_value()) return person;
  ASSIGN_OR_RETURN(const auto values, intake.privacy.Open<v1::ServicePersonPrivate>(*row));
  person.set_person_name(values.person_name());
  person.set_phone(values.phone());
  return person;
}

absl::StatusOr<v1::ServicePerson> GetPerson(const Intake& intake, const CallContext& context,
                                            const v1::GetServicePersonRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string account, AccountOfName(request.name()));
  ASSIGN_OR_RETURN(v1::ServicePerson person, ReadPerson(intake, actor.caller.tenant, account));
  if (!MaySeeDistrict(actor, person.district_code())) return Error(config::v1::REASON_NOT_FOUND);
  return person;
}

absl::StatusOr<v1::ServiceCard> GetNamed(const Intake& intake, const CallContext& context,
                                         const v1::GetNamedPersonRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(const std::string uscc, UsccOfName(request.name()));
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(tenant, EnterpriseKey(uscc)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const auto record, ParsedBody<v1::EnterpriseRecord>(*found));
  if (!MaySeeEnterprise(actor.caller, actor.role, record.enterprise())) return Error(config::v1::REASON_NOT_FOUND);
  const DeskPlace place = PlaceOf(record.enterprise());
  if (place.area.empty()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const auto stored, intake.ledger->reader().Get(tenant, ServiceAreaKey(place.area)));
  if (!stored.has_value()) return absl::DataLossError("the area of a subject");
  ASSIGN_OR_RETURN(const v1::ServiceArea area, ShownArea(*stored));
  RETURN_IF_ERROR(CheckStaffed(area, place.slot));
  ASSIGN_OR_RETURN(const std::string account, AccountOfName(FindDesk(area, place.slot)->service_person()));
  ASSIGN_OR_RETURN(const v1::ServicePerson person, ReadPerson(intake, tenant, account));
  v1::ServiceCard card;
  card.set_person_name(person.person_name());
  card.set_unit(person.unit());
  card.set_duty(person.duty());
  card.set_phone(person.phone());
  card.set_service_area(area.title());
  return card;
}

absl::StatusOr<v1::ListUnassignedEnterprisesResponse> ListUnassigned(
    const Intake& intake, const CallContext& context, const v1::ListUnassignedEnterprisesRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ledger::Query query;
  query.kind = std::string(kEnterpriseKind);
  query.order_by = "unassigned";
  RETURN_IF_ERROR(LimitToDistrict(intake, actor, request.district_code(), "unassigned", query));
  v1::ListUnassignedEnterprisesResponse response;
  if (request.with_total()) {
    ASSIGN_OR_RETURN(const std::int64_t total, CountOf(intake, actor, query));
    response.set_total_size(total);
  }
  const std::string fingerprint = absl::StrCat("unassigned|", DistrictFingerprint(actor), "|", request.district_code());
  ASSIGN_OR_RETURN(const auto page, PageOf(intake, actor, request, fingerprint, std::move(query)));
  for (const ledger::Record& found : page.records) {
    ASSIGN_OR_RETURN(const auto record, ParsedBody<v1::EnterpriseRecord>(found));
    *response.add_enterprises() = record.enterprise();
  }
  response.set_next_page_token(page.next);
  return response;
}

absl::StatusOr<v1::ListRefusedActsResponse> ListRefused(const Intake& intake, const CallContext& context,
                                                        const v1::ListRefusedActsRequest& request) {
  const Actor actor = ActorOf(context, intake);
  Reason reason = request.reason();
  if (actor.role == config::v1::ROLE_SUPERVISOR) {
    if (reason != config::v1::REASON_UNSPECIFIED && reason != config::v1::REASON_DISGUISED_CHECK_SUSPECT) {
      return Error(config::v1::REASON_PERMISSION_DENIED);
    }
    reason = config::v1::REASON_DISGUISED_CHECK_SUSPECT;
  }
  ledger::Query query;
  query.kind = std::string(kRefusedActKind);
  query.order_by = "time";
  query.descending = true;
  if (reason != config::v1::REASON_UNSPECIFIED) {
    query.where.push_back({"reason", Comparison::kEqual, {std::int64_t{reason}}});
  }
  v1::ListRefusedActsResponse response;
  const std::string fingerprint = absl::StrCat("refused|", actor.caller.tenant, "|", static_cast<int>(reason));
  ASSIGN_OR_RETURN(const auto page, PageOf(intake, actor, request, fingerprint, std::move(query)));
  for (const ledger::Record& found : page.records) {
    ASSIGN_OR_RETURN(const auto record, ParsedBody<v1::RefusedActRecord>(found));
    *response.add_refused_acts() = record.act();
  }
  response.set_next_page_token(page.next);
  return response;
}

}  // namespace

void RegisterServiceAreaQueries(rpc::Methods& methods, Intake& intake) {
  methods.Query<v1::GetServiceAreaRequest, v1::ServiceArea>(
      kGetArea, [&intake](const auto& context, const auto& request) { return GetArea(intake, context, request); });
  methods.Query<v1::ListServiceAreasRequest, v1::ListServiceAreasResponse>(
      kListAreas, [&intake](const auto& context, const auto& request) { return ListAreas(intake, context, request); });
  methods.Query<v1::GetDeskRequest, v1::Desk>(
      kGetDesk, [&intake](const auto& context, const auto& request) { return GetDesk(intake, context, request); });
  methods.Query<v1::GetServicePersonRequest, v1::ServicePerson>(
      kGetPerson, [&intake](const auto& context, const auto& request) { return GetPerson(intake, context, request); });
  methods.Query<v1::GetNamedPersonRequest, v1::ServiceCard>(
      kGetNamed, [&intake](const auto& context, const auto& request) { return GetNamed(intake, context, request); });
  methods.Query<v1::ListUnassignedEnterprisesRequest, v1::ListUnassignedEnterprisesResponse>(
      kListUnassigned,
      [&intake](const auto& context, const auto& request) { return ListUnassigned(intake, context, request); });
  methods.Query<v1::ListRefusedActsRequest, v1::ListRefusedActsResponse>(
      kListRefused,
      [&intake](const auto& context, const auto& request) { return ListRefused(intake, context, request); });
}

}  // namespace jinqi::intake
