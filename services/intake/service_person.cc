#include "services/intake/service_person.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/identity/phone.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/intake/demand_changes.h"
#include "services/intake/row_fault.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

constexpr std::string_view kPrefix = "servicePersons/";
constexpr std::size_t kMaxAccount = 64;
constexpr std::size_t kMaxPersonName = 50;
constexpr std::size_t kMaxUnit = 100;

bool IsAccount(std::string_view account) {
  return !account.empty() && account.size() <= kMaxAccount &&
         std::all_of(account.begin(), account.end(), [](char c) { return c > ' ' && c <= '~' && c != '/'; });
}

std::string PersonAnswer(v1::ServicePerson person, std::int64_t version) {
  person.set_etag(EtagOf(version));
  return person.SerializeAsString();
}

// Enters persons into the records as they stand after the rows before.
class Entry {
 public:
  Entry(const View& view, const EnterPersons& enter) : view_(view), enter_(enter) {}

  // Why the row is not taken, with the faulty field; OK when it was.
  absl::Status Take(const EnteredPerson& row) {
    if (row.fault != config::v1::REASON_UNSPECIFIED) return FieldError(row.field, row.fault);
    const std::string& account = row.person.account();
    v1::ServicePersonRecord record;
    if (view_.Find(ServicePersonKey(account)) != nullptr) {
      ASSIGN_OR_RETURN(record, view_.Read<v1::ServicePersonRecord>(ServicePersonKey(account)));
    }
    if (record.person().active() || persons_.contains(account)) {
      return FieldError("account", config::v1::REASON_ALREADY_EXISTS);
    }
    const bool known = record.person().has_create_time();
    const auto create_time = known ? record.person().create_time() : clock::ToProto(view_.now());
    *record.mutable_person() = row.person;
    record.mutable_person()->set_active(true);
    *record.mutable_person()->mutable_create_time() = create_time;
    record.set_person_digest(row.sealed.digest);
    if (row.desk.has_value()) RETURN_IF_ERROR(Seat(*row.desk, *record.mutable_person()));
    persons_[account] = record;
    outcome_.changes.push_back(PersonChange(record, known ? "ServicePersonReturned" : "ServicePersonEntered",
                                            v1::UnitType_Name(record.person().unit_type())));
    outcome_.persons.push_back(row.sealed.person);
    return absl::OkStatus();
  }

  const v1::ServicePerson& person(const std::string& account) const { return persons_.at(account).person(); }

  Outcome Finish() {
    for (const auto& [code, area] : areas_) {
      if (seated_.contains(code)) outcome_.changes.push_back(AreaChange(area, "DesksStaffed", ""));
    }
    return std::move(outcome_);
  }

 private:
  absl::Status Seat(const DeskPlace& place, v1::ServicePerson& person) {
    if (!areas_.contains(place.area)) {
      const auto read = view_.Read<v1::ServiceAreaRecord>(ServiceAreaKey(place.area));
      if (!read.ok()) return FieldError("desk", config::v1::REASON_NOT_FOUND);
      areas_[place.area] = read->area();
    }
    v1::ServiceArea& area = areas_[place.area];
    if (area.district_code() != person.district_code()) {
      return FieldError("desk", config::v1::REASON_AREA_OTHER_DISTRICT, {{"area", area.code()}});
    }
    const v1::Desk* desk = FindDesk(area, place.slot);
    if (desk != nullptr && !desk->service_person().empty()) {
      return FieldError("desk", config::v1::REASON_ALREADY_EXISTS);
    }
    if (desk == nullptr && area.desks_size() >= enter_.max_area_desks) {
      return FieldError("desk", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(enter_.max_area_desks)}});
    }
    SeatPerson(place, ServicePersonName(person.account()), area);
    seated_.insert(place.area);
    person.add_desks(DeskName(place));
    return absl::OkStatus();
  }

  const View& view_;
  const EnterPersons& enter_;
  std::map<std::string, v1::ServicePersonRecord> persons_;
  std::map<std::string, v1::ServiceArea> areas_;
  std::set<std::string> seated_;
  Outcome outcome_;
};

// The successor with the desks of the person, if it may take them.
absl::StatusOr<v1::ServicePersonRecord> SuccessorOf(const View& view, const Deactivation& deactivation,
                                                    const v1::ServicePerson& person) {
  auto read = view.Read<v1::ServicePersonRecord>(ServicePersonKey(deactivation.successor));
  if (!read.ok()) return FieldError("successor", config::v1::REASON_NOT_FOUND);
  v1::ServicePerson& successor = *read->mutable_person();
  const std::string area = deactivation.desks.empty() ? "" : deactivation.desks.front().area;
  if (successor.district_code() != person.district_code()) {
    return FieldError("successor", config::v1::REASON_AREA_OTHER_DISTRICT, {{"area", area}});
  }
  if (!successor.active() || deactivation.successor == deactivation.account) {
    return FieldError("successor", config::v1::REASON_NO_SERVICE_STAFF, {{"area", area}});
  }
  if (successor.desks_size() + person.desks_size() > deactivation.max_person_desks) {
    return FieldError("successor", config::v1::REASON_TOO_MANY,
                      {{"limit", absl::StrCat(deactivation.max_person_desks)}});
  }
  successor.mutable_desks()->MergeFrom(person.desks());
  return *std::move(read);
}

// The areas of the desks, each once.
absl::StatusOr<std::vector<v1::ServiceArea>> AreasOf(const View& view, const std::vector<DeskPlace>& desks) {
  std::set<std::string> codes;
  for (const DeskPlace& place : desks) codes.insert(place.area);
  std::vector<v1::ServiceArea> areas;
  for (const std::string& code : codes) {
    ASSIGN_OR_RETURN(auto record, view.Read<v1::ServiceAreaRecord>(ServiceAreaKey(code)));
    areas.push_back(std::move(*record.mutable_area()));
  }
  return areas;
}

}  // namespace

std::string ServicePersonId(std::string_view account) { return absl::StrCat("staff/", std::string(account)); }
ledger::Key ServicePersonKey(std::string_view account) {
  return {std::string(kServicePersonKind), ServicePersonId(account)};
}

absl::StatusOr<std::string> AccountOfName(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix || !IsAccount(name.substr(kPrefix.size()))) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  return std::string(name.substr(kPrefix.size()));
}

std::string ServicePersonName(std::string_view account) { return std::string(kPrefix) + std::string(account); }

ledger::Change PersonChange(const v1::ServicePersonRecord& record, std::string_view type, std::string_view detail) {
  return {ServicePersonKey(record.person().account()),
          record.SerializeAsString(),
          std::nullopt,
          {Note(type, type, detail)}};
}

CheckedPerson CheckServicePerson(const v1::ServicePerson& person, const Actor& actor, const Reference& reference,
                                 std::string_view path) {
  CheckedPerson checked;
  Faults faults;
  const auto fault = [&](std::string_view field, Reason reason, const Metadata& metadata = {}) {
    faults.Add(path.empty() ? std::string(field) : absl::StrCat(std::string(path), ".", std::string(field)), reason,
               metadata);
  };
  v1::ServicePerson& out = checked.person;
  out.set_account(text::Trim(person.account()));
  out.set_unit_type(person.unit_type());
  if (person.unit_type() == v1::UNIT_TYPE_VILLAGE_COMMUNITY) {
    fault("unit_type", config::v1::REASON_GRASSROOTS_FORBIDDEN);
    checked.faults = faults.ToStatus();
    return checked;
  }
  if (person.unit_type() == v1::UNIT_TYPE_UNSPECIFIED) {
    fault("unit_type", config::v1::REASON_REQUIRED);
  } else if (!v1::UnitType_IsValid(person.unit_type())) {
    fault("unit_type", config::v1::REASON_UNKNOWN_VALUE);
  }
  if (out.account().empty()) {
    fault("account", config::v1::REASON_REQUIRED);
  } else if (!IsAccount(out.account())) {
    fault("account", config::v1::REASON_FORMAT);
  }
  const auto line = [&](std::string_view field, const std::string& given, std::size_t maximum) {
    std::string text = text::SingleLine(given);
    if (text.empty()) fault(field, config::v1::REASON_REQUIRED);
    if (text::CodePoints(text) > maximum) fault(field, config::v1::REASON_TOO_LONG);
    return text;
  };
  checked.values.set_person_name(line("person_name", person.person_name(), kMaxPersonName));
  out.set_unit(line("unit", person.unit(), kMaxUnit));
  out.set_duty(line("duty", person.duty(), kMaxUnit));
  const auto phone = identity::NormalizePhone(person.phone());
  if (phone.ok()) {
    checked.values.set_phone(*phone);
  } else {
    fault("phone", ReasonOf(phone.status()));
  }
  out.set_district_code(text::Trim(text::Nfkc(person.district_code())));
  if (!reference.districts.contains(out.district_code())) {
    fault("district_code",
          out.district_code().empty() ? config::v1::REASON_REQUIRED : config::v1::REASON_UNKNOWN_VALUE);
  } else if (!MayManage(actor, out.district_code())) {
    fault("district_code", config::v1::REASON_PERMISSION_DENIED);
  }
  out.set_name(ServicePersonName(out.account()));
  checked.faults = faults.ToStatus();
  return checked;
}

std::vector<ledger::Name> NamesOf(const EnterPersons& enter) {
  std::set<ledger::Key> keys = {RefusedActKey(enter.attempt.id)};
  for (const EnteredPerson& row : enter.rows) {
    if (row.fault != config::v1::REASON_UNSPECIFIED) continue;
    keys.insert(ServicePersonKey(row.person.account()));
    if (row.desk.has_value()) keys.insert(ServiceAreaKey(row.desk->area));
  }
  std::vector<ledger::Name> names;
  for (const ledger::Key& key : keys) names.push_back({key});
  return names;
}

absl::StatusOr<Outcome> DecideEnterPerson(const View& view, const EnterPersons& enter) {
  const EnteredPerson& row = enter.rows.front();
  if (row.fault == config::v1::REASON_GRASSROOTS_FORBIDDEN) {
    Outcome outcome;
    outcome.changes.push_back(
        RefusedActChange(enter.attempt, row.fault, {row.person.account()}, {}, row.person.unit(), view.now()));
    outcome.answer = RefusedAnswer(row.fault, row.field);
    return outcome;
  }
  Entry entry(view, enter);
  RETURN_IF_ERROR(entry.Take(row));
  const ledger::Record* known = view.Find(ServicePersonKey(row.person.account()));
  v1::RecordedAnswer answer;
  answer.set_response(PersonAnswer(entry.person(row.person.account()), known == nullptr ? 1 : known->version + 1));
  Outcome outcome = entry.Finish();
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

absl::StatusOr<Outcome> DecideImportPersons(const View& view, const EnterPersons& enter) {
  Entry entry(view, enter);
  v1::ImportServicePersonsResponse response;
  std::vector<std::string> accounts;
  std::vector<std::int64_t> rows;
  for (const EnteredPerson& row : enter.rows) {
    const absl::Status taken = entry.Take(row);
    if (taken.ok()) {
      response.set_taken(response.taken() + 1);
      continue;
    }
    *response.add_faults() = FaultOf(row.row, taken);
    if (row.fault != config::v1::REASON_GRASSROOTS_FORBIDDEN) continue;
    accounts.push_back(row.person.account());
    rows.push_back(row.row);
  }
  Outcome outcome = entry.Finish();
  if (!rows.empty()) {
    outcome.changes.push_back(
        RefusedActChange(enter.attempt, config::v1::REASON_GRASSROOTS_FORBIDDEN, accounts, rows, "", view.now()));
  }
  outcome.answer = response.SerializeAsString();
  return outcome;
}

std::vector<ledger::Name> NamesOf(const Deactivation& deactivation) {
  std::set<ledger::Key> keys = {ServicePersonKey(deactivation.account)};
  if (!deactivation.successor.empty()) keys.insert(ServicePersonKey(deactivation.successor));
  for (const DeskPlace& place : deactivation.desks) keys.insert(ServiceAreaKey(place.area));
  std::vector<ledger::Name> names;
  for (const ledger::Key& key : keys) names.push_back({key});
  return names;
}

std::vector<ledger::Query> QuestionsOf(const Deactivation& deactivation) {
  std::vector<ledger::Query> questions;
  for (const DeskPlace& place : deactivation.desks) questions.push_back(SubjectsOf(place));
  return questions;
}

absl::StatusOr<Outcome> DecideDeactivate(const View& view, const Deactivation& deactivation) {
  const ledger::Key key = ServicePersonKey(deactivation.account);
  ASSIGN_OR_RETURN(auto record, view.Read<v1::ServicePersonRecord>(key));
  v1::ServicePerson& person = *record.mutable_person();
  if (!MayManage(deactivation.actor, person.district_code())) return Error(config::v1::REASON_NOT_FOUND);
  const ledger::Record& stored = *view.Find(key);
  if (deactivation.etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (deactivation.etag != EtagOf(stored.version) || deactivation.read_version != stored.version) {
    return Error(config::v1::REASON_VERSION_CONFLICT,
                 {{"etag", EtagOf(stored.version)}, {"state", person.active() ? "ACTIVE" : "INACTIVE"}});
  }
  std::int64_t subjects = 0;
  for (std::size_t i = 0; i < deactivation.desks.size(); ++i) subjects += view.Answer(i).count;
  if (deactivation.successor.empty() && subjects > 0) {
    return Error(config::v1::REASON_SUBJECTS_UNASSIGNED, {{"count", absl::StrCat(subjects)}});
  }

  Outcome outcome;
  std::string named;
  if (!deactivation.successor.empty()) {
    ASSIGN_OR_RETURN(const auto successor, SuccessorOf(view, deactivation, person));
    named = successor.person().name();
    outcome.changes.push_back(PersonChange(successor, "DesksTakenOver", person.name()));
  }
  ASSIGN_OR_RETURN(const auto areas, AreasOf(view, deactivation.desks));
  for (v1::ServiceArea area : areas) {
    for (const DeskPlace& place : deactivation.desks) {
      if (place.area == area.code()) SeatPerson(place, named, area);
    }
    outcome.changes.push_back(AreaChange(area, named.empty() ? "DesksVacated" : "DesksTakenOver", named));
  }
  person.set_active(false);
  person.clear_desks();
  outcome.changes.push_back(PersonChange(record, "ServicePersonDeactivated", named));
  v1::DeactivateServicePersonResponse response;
  *response.mutable_service_person() = person;
  response.mutable_service_person()->set_etag(EtagOf(stored.version + 1));
  response.set_subject_count(subjects);
  outcome.answer = response.SerializeAsString();
  return outcome;
}

}  // namespace jinqi::intake
