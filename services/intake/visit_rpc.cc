// Service visits: requests to commands and questions.
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/text/text.h"
#include "services/intake/enterprise.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/pages.h"
#include "services/intake/recorded_change.h"
#include "services/intake/rights.h"
#include "services/intake/subject_inspection.h"
#include "services/intake/visit.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using rpc::CallContext;

constexpr char kCreate[] = "jinqi.intake.v1.VisitService/CreateVisit";
constexpr char kGet[] = "jinqi.intake.v1.VisitService/GetVisit";
constexpr char kList[] = "jinqi.intake.v1.VisitService/ListVisits";

constexpr std::size_t kMinPurpose = 2;
constexpr std::size_t kMaxPurpose = 200;

// The register's entry of who is visited, for a caller who serves its district.
absl::StatusOr<v1::Enterprise> VisitedBy(const Intake& intake, const Actor& actor, const std::string& name) {
  const auto uscc = UsccOfName(name);
  if (!uscc.ok()) return FieldError("visit.enterprise", config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(actor.caller.tenant, EnterpriseKey(*uscc)));
  if (!found.has_value()) return FieldError("visit.enterprise", config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(auto record, ParsedBody<v1::EnterpriseRecord>(*found));
  const std::string& district = actor.caller.district;
  const bool theirs = actor.role == config::v1::ROLE_INSPECTOR && district.empty();
  if (!theirs && district != record.enterprise().district_code()) {
    return FieldError("visit.enterprise", config::v1::REASON_NOT_FOUND);
  }
  return std::move(*record.mutable_enterprise());
}

v1::Demand DemandOf(const v1::VisitNeed& need, const v1::Enterprise& enterprise) {
  v1::Demand demand;
  demand.set_channel(events::v1::CHANNEL_STAFF);
  demand.set_demand_type(need.demand_type());
  demand.set_category_code(need.category_code());
  demand.set_title(need.title());
  demand.set_content(need.content());
  demand.set_contact_name(need.contact_name());
  demand.set_contact_phone(need.contact_phone());
  demand.set_urgency(need.urgency());
  if (need.has_confidential()) demand.set_confidential(need.confidential());
  // Who is asked to speak openly on a visit has said so to the staff in person.
  demand.set_open_consent(need.has_confidential() && !need.confidential());
  events::v1::Subject& subject = *demand.mutable_subject();
  subject.set_uscc(enterprise.uscc());
  subject.set_enterprise_name(enterprise.enterprise_name());
  subject.set_type(enterprise.type());
  subject.set_district_code(enterprise.district_code());
  subject.set_township(enterprise.township());
  subject.set_park(enterprise.park());
  subject.set_industry(enterprise.industry());
  // What the register says of a type that does not fit the code was confirmed when it got there.
  demand.set_subject_confirmation("企业库登记");
  return demand;
}

// Each need as a demand of service staff; the same need twice is one too many.
absl::Status AddNeeds(const Intake& intake, const CallContext& context, const v1::CreateVisitRequest& request,
                      const v1::Enterprise& enterprise, NewVisit& visit) {
  const int limit = intake.config.max_visit_needs();
  if (request.needs_size() > limit) {
    return FieldError("needs", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(limit)}});
  }
  Actor staff = visit.attempt.actor;
  staff.role = config::v1::ROLE_SERVICE_STAFF;
  std::set<std::string> texts;
  for (int i = 0; i < request.needs_size(); ++i) {
    const std::string path = absl::StrCat("needs[", i, "]");
    ASSIGN_OR_RETURN(CreateInput need,
                     NewDemand(intake, staff, DemandOf(request.needs(i), enterprise), context.now, path));
    if (!texts.insert(need.input.fingerprint).second) {
      return FieldError(path, config::v1::REASON_ALREADY_EXISTS);
    }
    visit.needs.push_back(std::move(need));
  }
  return absl::OkStatus();
}

absl::Status CheckVisit(const Intake& intake, const CallContext& context, const v1::CreateVisitRequest& request,
                        NewVisit& visit) {
  Faults faults;
  const std::string purpose = text::SingleLine(request.visit().purpose());
  const std::size_t size = text::CodePoints(purpose);
  if (size == 0) {
    faults.Add("visit.purpose", config::v1::REASON_REQUIRED);
  } else if (size < kMinPurpose) {
    faults.Add("visit.purpose", config::v1::REASON_TOO_SHORT);
  } else if (size > kMaxPurpose) {
    faults.Add("visit.purpose", config::v1::REASON_TOO_LONG);
  }
  const ledger::Micros time = clock::FromProto(visit.visit.visit_time());
  if (time > context.now || time < context.now - intake.config.visit_log_days() * clock::kDay) {
    faults.Add("visit.visit_time", config::v1::REASON_OUT_OF_RANGE);
  }
  v1::TextPrivate values;
  values.set_salt(intake.privacy.Salt());
  values.set_text(purpose);
  visit.sealed = intake.privacy.Seal(VisitId(visit.uuid), values, {});
  return faults.ToStatus();
}

absl::StatusOr<ledger::Command> MakeVisit(const Intake& intake, const CallContext& context,
                                          const v1::CreateVisitRequest& request) {
  NewVisit visit;
  visit.attempt = {intake.ids->Uuid(), ActorOf(context, intake), context.method};
  ASSIGN_OR_RETURN(const v1::Enterprise enterprise,
                   VisitedBy(intake, visit.attempt.actor, request.visit().enterprise()));
  visit.uuid = intake.ids->Uuid();
  visit.uscc = enterprise.uscc();
  visit.visit.set_name(absl::StrCat("visits/", visit.uuid));
  visit.visit.set_enterprise(enterprise.name());
  visit.visit.set_account(context.caller.subject);
  visit.visit.set_district_code(enterprise.district_code());
  *visit.visit.mutable_visit_time() =
      request.visit().has_visit_time() ? request.visit().visit_time() : clock::ToProto(context.now);
  visit.has_inspection_items = request.inspection_items_size() > 0;
  visit.by_inspector = context.caller.Has(config::v1::ROLE_INSPECTOR);
  visit.faults = CheckVisit(intake, context, request, visit);
  if (visit.faults.ok()) visit.faults = AddNeeds(intake, context, request, enterprise, visit);
  ledger::Command command;
  command.names = NamesOf(visit);
  command.decide = DecideVisit(std::move(visit), &intake.reference);
  return command;
}

bool MaySeeVisit(const Actor& actor, const v1::Visit& visit) {
  switch (actor.role) {
    case config::v1::ROLE_SERVICE_STAFF:
    case config::v1::ROLE_DISTRICT_HUB:
      return actor.caller.district == visit.district_code() || actor.caller.subject == visit.account();
    case config::v1::ROLE_ENTERPRISE:
    case config::v1::ROLE_LEGAL_REPRESENTATIVE:
      return !actor.caller.uscc.empty() && visit.enterprise() == std::string(kEnterprisePrefix) + actor.caller.uscc;
    default: return true;
  }
}

// A visit with its purpose.
absl::StatusOr<v1::Visit> ShownVisit(const Intake& intake, const Actor& actor, const ledger::Record& found) {
  ASSIGN_OR_RETURN(auto record, ParsedBody<v1::VisitRecord>(found));
  v1::Visit& visit = *record.mutable_visit();
  ASSIGN_OR_RETURN(const auto row, intake.ledger->reader().FindPerson(actor.caller.tenant, found.key.id));
  if (row.has_value()) {
    ASSIGN_OR_RETURN(const auto values, intake.privacy.Open<v1::TextPrivate>(*row));
    visit.set_purpose(values.text());
  }
  return std::move(visit);
}

absl::StatusOr<v1::Visit> GetVisit(const Intake& intake, const CallContext& context,
                                   const v1::GetVisitRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string uuid, VisitOfName(request.name()));
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(actor.caller.tenant, VisitKey(uuid)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(v1::Visit visit, ShownVisit(intake, actor, *found));
  if (!MaySeeVisit(actor, visit)) return Error(config::v1::REASON_NOT_FOUND);
  return visit;
}

absl::StatusOr<v1::ListVisitsResponse> ListVisits(const Intake& intake, const CallContext& context,
                                                  const v1::ListVisitsRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ledger::Query query;
  query.kind = std::string(kVisitKind);
  query.order_by = "time";
  query.descending = true;
  const bool own = actor.role == config::v1::ROLE_ENTERPRISE || actor.role == config::v1::ROLE_LEGAL_REPRESENTATIVE;
  std::string uscc = own ? actor.caller.uscc : "";
  if (own && uscc.empty()) return v1::ListVisitsResponse();
  if (!own && !request.enterprise().empty()) {
    ASSIGN_OR_RETURN(uscc, UsccOfName(request.enterprise()));
  }
  if (!uscc.empty()) query.where.push_back({"uscc", Comparison::kEqual, {uscc}});
  RETURN_IF_ERROR(LimitToDistrict(intake, actor, "", "district", query));
  v1::ListVisitsResponse response;
  const std::string fingerprint = absl::StrCat("visits|", DistrictFingerprint(actor), "|", uscc);
  ASSIGN_OR_RETURN(const auto page, PageOf(intake, actor, request, fingerprint, std::move(query)));
  for (const ledger::Record& found : page.records) {
    ASSIGN_OR_RETURN(*response.add_visits(), ShownVisit(intake, actor, found));
  }
  response.set_next_page_token(page.next);
  return response;
}

}  // namespace

void RegisterVisits(rpc::Methods& methods, Intake& intake) {
  AddRecordedChange<v1::CreateVisitRequest, v1::Visit>(
      methods, intake, kCreate,
      [&intake](const auto& context, const auto& request) { return MakeVisit(intake, context, request); },
      [](const auto&, const auto& request, auto& visit) { visit.set_purpose(request.visit().purpose()); });
  methods.Query<v1::GetVisitRequest, v1::Visit>(
      kGet, [&intake](const auto& context, const auto& request) { return GetVisit(intake, context, request); });
  methods.Query<v1::ListVisitsRequest, v1::ListVisitsResponse>(
      kList, [&intake](const auto& context, const auto& request) { return ListVisits(intake, context, request); });
}

}  // namespace jinqi::intake
