// Changes of service areas, desks and persons: requests to commands.
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/intake/enterprise.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/recorded_change.h"
#include "services/intake/row_fault.h"
#include "services/intake/service_area.h"
#include "services/intake/service_person.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr char kCreateArea[] = "jinqi.intake.v1.RegisterService/CreateServiceArea";
constexpr char kStaffDesk[] = "jinqi.intake.v1.RegisterService/StaffDesk";
constexpr char kAssign[] = "jinqi.intake.v1.RegisterService/AssignEnterprises";
constexpr char kCreatePerson[] = "jinqi.intake.v1.RegisterService/CreateServicePerson";
constexpr char kImportPersons[] = "jinqi.intake.v1.RegisterService/ImportServicePersons";
constexpr char kDeactivate[] = "jinqi.intake.v1.RegisterService/DeactivateServicePerson";

absl::StatusOr<ledger::Command> MakeCreateArea(const Intake& intake, const CallContext& context,
                                               const v1::CreateServiceAreaRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(v1::ServiceArea area, CheckServiceArea(request.service_area(), actor, intake.reference));
  ledger::Command command;
  command.names = {{ServiceAreaKey(area.code())}};
  command.decide = [area = std::move(area)](const ledger::View& view) { return DecideCreateServiceArea(view, area); };
  return command;
}

absl::StatusOr<ledger::Command> MakeStaffDesk(const Intake& intake, const CallContext& context,
                                              const v1::StaffDeskRequest& request) {
  StaffDesk staff;
  ASSIGN_OR_RETURN(staff.place, DeskOfName(request.name()));
  const auto account = AccountOfName(request.service_person());
  if (!account.ok()) return FieldError("service_person", config::v1::REASON_NOT_FOUND);
  staff.account = *account;
  staff.etag = request.etag();
  staff.actor = ActorOf(context, intake);
  staff.max_area_desks = intake.config.max_area_desks();
  staff.max_person_desks = intake.config.max_person_desks();
  ledger::Command command;
  command.names = NamesOf(staff);
  command.decide = DecideStaffDesk(std::move(staff));
  return command;
}

absl::StatusOr<ledger::Command> MakeAssign(const Intake& intake, const CallContext& context,
                                           const v1::AssignEnterprisesRequest& request) {
  AssignSubjects assign;
  ASSIGN_OR_RETURN(assign.place, DeskOfName(request.name()));
  assign.actor = ActorOf(context, intake);
  assign.move = request.move();
  if (request.enterprises_size() > kMaxAssigned) {
    return FieldError("enterprises", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(kMaxAssigned)}});
  }
  std::set<std::string> subjects;
  for (const std::string& name : request.enterprises()) {
    ASSIGN_OR_RETURN(std::string uscc, UsccOfName(name));
    if (subjects.insert(uscc).second) assign.subjects.push_back(std::move(uscc));
  }
  ledger::Command command;
  command.names = NamesOf(assign);
  command.decide = [assign = std::move(assign)](const ledger::View& view) { return DecideAssign(view, assign); };
  return command;
}

// A row in its normal form, sealed; with the first fault that its fields have.
EnteredPerson MakeRow(const Intake& intake, const Actor& actor, const v1::ServicePerson& given, std::string_view path) {
  EnteredPerson row;
  CheckedPerson checked = CheckServicePerson(given, actor, intake.reference, path);
  row.person = std::move(checked.person);
  if (!checked.faults.ok()) {
    const v1::RowFault fault = FaultOf(row.row, checked.faults);
    row.fault = fault.reason();
    row.field = fault.field();
    return row;
  }
  checked.values.set_salt(intake.privacy.Salt());
  row.sealed = intake.privacy.Seal(ServicePersonId(row.person.account()), checked.values, {checked.values.phone()});
  return row;
}

EnterPersons NewEntry(const Intake& intake, const CallContext& context) {
  EnterPersons enter;
  enter.attempt = {intake.ids->Uuid(), ActorOf(context, intake), context.method};
  enter.max_area_desks = intake.config.max_area_desks();
  enter.max_person_desks = intake.config.max_person_desks();
  return enter;
}

absl::StatusOr<ledger::Command> MakeCreatePerson(const Intake& intake, const CallContext& context,
                                                 const v1::CreateServicePersonRequest& request) {
  EnterPersons enter = NewEntry(intake, context);
  const Actor& actor = enter.attempt.actor;
  const CheckedPerson checked = CheckServicePerson(request.service_person(), actor, intake.reference, "service_person");
  enter.rows.push_back(MakeRow(intake, actor, request.service_person(), "service_person"));
  if (!checked.faults.ok() && enter.rows.front().fault != config::v1::REASON_GRASSROOTS_FORBIDDEN) {
    return checked.faults;
  }
  ledger::Command command;
  command.names = NamesOf(enter);
  command.decide = [enter = std::move(enter)](const ledger::View& view) { return DecideEnterPerson(view, enter); };
  return command;
}

absl::StatusOr<ledger::Command> MakeImportPersons(const Intake& intake, const CallContext& context,
                                                  const v1::ImportServicePersonsRequest& request) {
  EnterPersons enter = NewEntry(intake, context);
  if (request.rows_size() > kMaxPersonRows) {
    return FieldError("rows", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(kMaxPersonRows)}});
  }
  for (const auto& given : request.rows()) {
    EnteredPerson row = MakeRow(intake, enter.attempt.actor, given.service_person(), "");
    row.row = static_cast<std::int64_t>(enter.rows.size()) + 1;
    if (!given.desk().empty()) {
      const auto place = DeskOfName(given.desk());
      if (place.ok()) {
        row.desk = *place;
      } else if (row.fault == config::v1::REASON_UNSPECIFIED) {
        row.fault = config::v1::REASON_NOT_FOUND;
        row.field = "desk";
      }
    }
    enter.rows.push_back(std::move(row));
  }
  ledger::Command command;
  command.names = NamesOf(enter);
  command.decide = [enter = std::move(enter)](const ledger::View& view) { return DecideImportPersons(view, enter); };
  return command;
}

absl::StatusOr<ledger::Command> MakeDeactivate(const Intake& intake, const CallContext& context,
                                               const v1::DeactivateServicePersonRequest& request) {
  Deactivation deactivation;
  ASSIGN_OR_RETURN(deactivation.account, AccountOfName(request.name()));
  if (!request.successor().empty()) {
    const auto successor = AccountOfName(request.successor());
    if (!successor.ok()) return FieldError("successor", config::v1::REASON_NOT_FOUND);
    deactivation.successor = *successor;
  }
  deactivation.actor = ActorOf(context, intake);
  deactivation.etag = request.etag();
  deactivation.max_person_desks = intake.config.max_person_desks();
  const std::string& tenant = deactivation.actor.caller.tenant;
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(tenant, ServicePersonKey(deactivation.account)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  v1::ServicePersonRecord record;
  if (!record.ParseFromString(found->body)) return absl::DataLossError("body of a service person");
  deactivation.read_version = found->version;
  for (const std::string& name : record.person().desks()) {
    ASSIGN_OR_RETURN(DeskPlace place, DeskOfName(name));
    deactivation.desks.push_back(std::move(place));
  }
  ledger::Command command;
  command.names = NamesOf(deactivation);
  command.questions = QuestionsOf(deactivation);
  command.decide = [deactivation = std::move(deactivation)](const ledger::View& view) {
    return DecideDeactivate(view, deactivation);
  };
  return command;
}

}  // namespace

void RegisterServiceAreas(rpc::Methods& methods, Intake& intake) {
  methods.Change<v1::CreateServiceAreaRequest, v1::ServiceArea>(
      kCreateArea,
      [&intake](const auto& context, const auto& request) { return MakeCreateArea(intake, context, request); });
  methods.Change<v1::StaffDeskRequest, v1::Desk>(kStaffDesk, [&intake](const auto& context, const auto& request) {
    return MakeStaffDesk(intake, context, request);
  });
  methods.Change<v1::AssignEnterprisesRequest, v1::AssignEnterprisesResponse>(
      kAssign, [&intake](const auto& context, const auto& request) { return MakeAssign(intake, context, request); });
  AddRecordedChange<v1::CreateServicePersonRequest, v1::ServicePerson>(
      methods, intake, kCreatePerson,
      [&intake](const auto& context, const auto& request) { return MakeCreatePerson(intake, context, request); },
      [](const auto&, const auto& request, auto& person) {
        person.set_person_name(request.service_person().person_name());
        person.set_phone(request.service_person().phone());
      });
  methods.Change<v1::ImportServicePersonsRequest, v1::ImportServicePersonsResponse>(
      kImportPersons,
      [&intake](const auto& context, const auto& request) { return MakeImportPersons(intake, context, request); });
  methods.ChangeOnPool<v1::DeactivateServicePersonRequest, v1::DeactivateServicePersonResponse>(
      kDeactivate,
      [&intake](const auto& context, const auto& request) { return MakeDeactivate(intake, context, request); });
}

}  // namespace jinqi::intake
