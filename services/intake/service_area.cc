#include "services/intake/service_area.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/intake/demand_changes.h"
#include "services/intake/enterprise.h"
#include "services/intake/service_person.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

constexpr std::string_view kPrefix = "serviceAreas/";
constexpr std::string_view kDesks = "/desks/";
constexpr std::size_t kMaxCode = 32;
constexpr std::size_t kMaxPlace = 50;
constexpr int kMaxSlot = 99;
// More subjects than any city has.
constexpr int kMostCounted = 100'000'000;

bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// The area, for a caller who may change it; NOT_FOUND else.
absl::StatusOr<v1::ServiceArea> ReadArea(const View& view, const std::string& code, const Actor& actor) {
  ASSIGN_OR_RETURN(const auto record, view.Read<v1::ServiceAreaRecord>(ServiceAreaKey(code)));
  if (!MayManage(actor, record.area().district_code())) return Error(config::v1::REASON_NOT_FOUND);
  return record.area();
}

std::string DeskAnswer(const v1::ServiceArea& area, int slot, std::int64_t version) {
  v1::Desk desk = *FindDesk(area, slot);
  desk.set_etag(EtagOf(version));
  return desk.SerializeAsString();
}

void DropDesk(v1::ServicePerson& person, const std::string& desk) {
  auto& desks = *person.mutable_desks();
  desks.erase(std::remove(desks.begin(), desks.end(), desk), desks.end());
}

}  // namespace

ledger::Key ServiceAreaKey(std::string_view code) { return {std::string(kServiceAreaKind), std::string(code)}; }

absl::StatusOr<std::string> AreaOfName(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix || !IsCode(name.substr(kPrefix.size()))) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  return std::string(name.substr(kPrefix.size()));
}

absl::StatusOr<DeskPlace> DeskOfName(std::string_view name) {
  const std::size_t at = name.find(kDesks);
  if (at == std::string_view::npos) return Error(config::v1::REASON_NOT_FOUND);
  DeskPlace place;
  ASSIGN_OR_RETURN(place.area, AreaOfName(name.substr(0, at)));
  const std::string slot(name.substr(at + kDesks.size()));
  const bool number = absl::SimpleAtoi(slot, &place.slot) && absl::StrCat(place.slot) == slot;
  if (!number || place.slot < 1 || place.slot > kMaxSlot) return Error(config::v1::REASON_NOT_FOUND);
  return place;
}

std::string DeskName(const DeskPlace& place) {
  return absl::StrCat("serviceAreas/", place.area, "/desks/", place.slot);
}

const v1::Desk* FindDesk(const v1::ServiceArea& area, int slot) {
  const auto found = std::find_if(area.desks().begin(), area.desks().end(),
                                  [slot](const v1::Desk& desk) { return desk.slot() == slot; });
  return found == area.desks().end() ? nullptr : &*found;
}

bool IsStaffed(const v1::ServiceArea& area) {
  return std::any_of(area.desks().begin(), area.desks().end(),
                     [](const v1::Desk& desk) { return !desk.service_person().empty(); });
}

absl::Status CheckStaffed(const v1::ServiceArea& area, int slot) {
  const v1::Desk* desk = FindDesk(area, slot);
  if (desk != nullptr && !desk->service_person().empty()) return absl::OkStatus();
  return Error(config::v1::REASON_NO_SERVICE_STAFF, {{"area", area.code()}});
}

DeskPlace PlaceOf(const v1::Enterprise& enterprise) { return {enterprise.service_area(), enterprise.desk_slot()}; }

ledger::Query SubjectsOf(const DeskPlace& place) {
  ledger::Query query;
  query.kind = std::string(kEnterpriseKind);
  query.where = {{"area", ledger::Comparison::kEqual, {place.area}},
                 {"slot", ledger::Comparison::kEqual, {std::int64_t{place.slot}}}};
  query.count_only = true;
  query.limit = kMostCounted;
  return query;
}

void SeatPerson(const DeskPlace& place, const std::string& person, v1::ServiceArea& area) {
  const auto found = std::find_if(area.mutable_desks()->begin(), area.mutable_desks()->end(),
                                  [&place](const v1::Desk& desk) { return desk.slot() == place.slot; });
  v1::Desk& desk = found == area.mutable_desks()->end() ? *area.add_desks() : *found;
  desk.set_name(DeskName(place));
  desk.set_slot(place.slot);
  desk.set_service_person(person);
}

ledger::Change AreaChange(const v1::ServiceArea& area, std::string_view type, std::string_view detail) {
  v1::ServiceAreaRecord record;
  *record.mutable_area() = area;
  return {ServiceAreaKey(area.code()), record.SerializeAsString(), std::nullopt, {Note(type, type, detail)}};
}

bool MayManage(const Actor& actor, std::string_view district) {
  return actor.role != config::v1::ROLE_DISTRICT_HUB || actor.caller.district == district;
}

absl::StatusOr<v1::ServiceArea> CheckServiceArea(const v1::ServiceArea& area, const Actor& actor,
                                                 const Reference& reference) {
  Faults faults;
  v1::ServiceArea out;
  out.set_code(text::Trim(text::Nfkc(area.code())));
  if (out.code().empty()) {
    faults.Add("service_area.code", config::v1::REASON_REQUIRED);
  } else if (!IsCode(out.code())) {
    faults.Add("service_area.code", config::v1::REASON_FORMAT);
  }
  out.set_district_code(text::Trim(text::Nfkc(area.district_code())));
  if (!reference.districts.contains(out.district_code())) {
    faults.Add("service_area.district_code",
               out.district_code().empty() ? config::v1::REASON_REQUIRED : config::v1::REASON_UNKNOWN_VALUE);
  } else if (!MayManage(actor, out.district_code())) {
    faults.Add("service_area.district_code", config::v1::REASON_AREA_OTHER_DISTRICT, {{"area", out.code()}});
  }
  const auto line = [&faults](const char* field, const std::string& given) {
    std::string text = text::SingleLine(given);
    if (text.empty()) faults.Add(field, config::v1::REASON_REQUIRED);
    if (text::CodePoints(text) > kMaxPlace) faults.Add(field, config::v1::REASON_TOO_LONG);
    return text;
  };
  out.set_township(line("service_area.township", area.township()));
  out.set_title(line("service_area.title", area.title()));
  RETURN_IF_ERROR(faults.ToStatus());
  out.set_name(std::string(kPrefix) + out.code());
  return out;
}

absl::StatusOr<Outcome> DecideCreateServiceArea(const View& view, v1::ServiceArea area) {
  if (view.Find(ServiceAreaKey(area.code())) != nullptr) {
    return FieldError("service_area.code", config::v1::REASON_ALREADY_EXISTS);
  }
  *area.mutable_create_time() = clock::ToProto(view.now());
  Outcome outcome;
  outcome.changes.push_back(AreaChange(area, "ServiceAreaCreated", ""));
  area.set_etag(EtagOf(1));
  outcome.answer = area.SerializeAsString();
  return outcome;
}

std::vector<ledger::Name> NamesOf(const StaffDesk& staff) {
  return {{ServiceAreaKey(staff.place.area)}, {ServicePersonKey(staff.account)}};
}

ledger::Decide DecideStaffDesk(StaffDesk staff) {
  // Who sits there, once that was asked for: a decision may only look at what its command names.
  return [staff = std::move(staff), asked = std::string()](const View& view) mutable -> absl::StatusOr<Outcome> {
    ASSIGN_OR_RETURN(v1::ServiceArea area, ReadArea(view, staff.place.area, staff.actor));
    const ledger::Record& stored = *view.Find(ServiceAreaKey(area.code()));
    const v1::Desk* known = FindDesk(area, staff.place.slot);
    const std::string seated = known == nullptr ? "" : known->service_person();
    const std::string name = ServicePersonName(staff.account);
    if (!seated.empty() && seated != name && seated != asked) {
      asked = seated;
      ASSIGN_OR_RETURN(const std::string account, AccountOfName(seated));
      Outcome more;
      more.need.push_back({ServicePersonKey(account)});
      return more;
    }
    if (staff.etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
    if (staff.etag != EtagOf(stored.version)) {
      return Error(config::v1::REASON_VERSION_CONFLICT,
                   {{"etag", EtagOf(stored.version)}, {"state", IsStaffed(area) ? "STAFFED" : "VACANT"}});
    }
    auto entered = view.Read<v1::ServicePersonRecord>(ServicePersonKey(staff.account));
    if (!entered.ok()) return FieldError("service_person", config::v1::REASON_NOT_FOUND);
    v1::ServicePersonRecord record = *std::move(entered);
    v1::ServicePerson& person = *record.mutable_person();
    if (person.district_code() != area.district_code()) {
      return FieldError("service_person", config::v1::REASON_AREA_OTHER_DISTRICT, {{"area", area.code()}});
    }
    if (!person.active()) {
      return FieldError("service_person", config::v1::REASON_NO_SERVICE_STAFF, {{"area", area.code()}});
    }
    Outcome outcome;
    if (seated == name) {
      outcome.answer = DeskAnswer(area, staff.place.slot, stored.version);
      return outcome;
    }
    if (known == nullptr && area.desks_size() >= staff.max_area_desks) {
      return FieldError("name", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(staff.max_area_desks)}});
    }
    if (person.desks_size() >= staff.max_person_desks) {
      return FieldError("service_person", config::v1::REASON_TOO_MANY,
                        {{"limit", absl::StrCat(staff.max_person_desks)}});
    }
    const std::string desk = DeskName(staff.place);
    SeatPerson(staff.place, name, area);
    outcome.changes.push_back(AreaChange(area, "DeskStaffed", absl::StrCat(staff.place.slot, " ", name)));
    person.add_desks(desk);
    outcome.changes.push_back(PersonChange(record, "DeskTaken", desk));
    if (!seated.empty()) {
      ASSIGN_OR_RETURN(const std::string account, AccountOfName(seated));
      ASSIGN_OR_RETURN(auto before, view.Read<v1::ServicePersonRecord>(ServicePersonKey(account)));
      DropDesk(*before.mutable_person(), desk);
      outcome.changes.push_back(PersonChange(before, "DeskLeft", desk));
    }
    outcome.answer = DeskAnswer(area, staff.place.slot, stored.version + 1);
    return outcome;
  };
}

std::vector<ledger::Name> NamesOf(const AssignSubjects& assign) {
  std::vector<ledger::Name> names = {{ServiceAreaKey(assign.place.area), ledger::Access::kRely}};
  for (const std::string& uscc : assign.subjects) names.push_back({EnterpriseKey(uscc)});
  return names;
}

absl::StatusOr<Outcome> DecideAssign(const View& view, const AssignSubjects& assign) {
  ASSIGN_OR_RETURN(const v1::ServiceArea area, ReadArea(view, assign.place.area, assign.actor));
  RETURN_IF_ERROR(CheckStaffed(area, assign.place.slot));
  Faults faults;
  Outcome outcome;
  v1::AssignEnterprisesResponse answer;
  for (std::size_t i = 0; i < assign.subjects.size(); ++i) {
    const std::string field = absl::StrCat("enterprises[", i, "]");
    auto read = view.Read<v1::EnterpriseRecord>(EnterpriseKey(assign.subjects[i]));
    if (!read.ok()) {
      faults.Add(field, config::v1::REASON_NOT_FOUND);
      continue;
    }
    v1::Enterprise& enterprise = *read->mutable_enterprise();
    if (enterprise.district_code() != area.district_code()) {
      faults.Add(field, config::v1::REASON_AREA_OTHER_DISTRICT, {{"area", area.code()}});
      continue;
    }
    if (PlaceOf(enterprise) == assign.place) continue;
    if (!enterprise.service_area().empty() && !assign.move) {
      faults.Add(field, config::v1::REASON_PRIMARY_EXISTS);
      continue;
    }
    enterprise.set_service_area(assign.place.area);
    enterprise.set_desk_slot(assign.place.slot);
    answer.set_assigned(answer.assigned() + 1);
    outcome.changes.push_back({EnterpriseKey(assign.subjects[i]),
                               read->SerializeAsString(),
                               std::nullopt,
                               {Note("EnterpriseAssigned", "ENTERPRISE_ASSIGNED", DeskName(assign.place))}});
  }
  RETURN_IF_ERROR(faults.ToStatus());
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

}  // namespace jinqi::intake
