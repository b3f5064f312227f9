#include "services/routing/grassroots.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "services/routing/catalogue.h"
#include "services/routing/checks.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {
namespace {

constexpr char kVillageCommunity[] = "village_community";
constexpr std::size_t kVillageDigits = 12;
constexpr int kMaxCategories = 500;
constexpr std::size_t kMaxCode = 32;

bool IsDuty(const v1::TownshipDuties& duties, std::string_view category_code) {
  const auto& codes = duties.category_codes();
  return std::any_of(codes.begin(), codes.end(),
                     [&](const std::string& code) { return CategoryFits(code, category_code); });
}

ledger::Change Publish(const ledger::Key& key, const v1::ReferenceRecord& record) {
  return {key, record.SerializeAsString(), std::nullopt, {{"TownshipDutiesPublished", "", std::nullopt}}};
}

}  // namespace

bool IsVillage(const Directory& directory, const std::string& code) {
  if (const v1::Undertaker* body = directory.Find(code); body != nullptr) return body->kind() == kVillageCommunity;
  const bool digits = std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  return (digits && code.size() == kVillageDigits) || absl::StrContains(code, "村") ||
         absl::StrContains(code, "社区") || absl::StrContains(code, "居委会");
}

void CheckTownship(const Directory& directory, const DutyLists& lists, std::string_view code,
                   std::string_view category_code, const std::string& field, Faults& faults) {
  const v1::Undertaker* body = directory.Find(code);
  if (body == nullptr || !IsTownship(*body)) return;
  const auto list = lists.find(body->district_code());
  if (list == lists.end()) {
    const v1::Undertaker* district = directory.Find(directory.BodyOfDistrict(body->district_code()));
    faults.Add(field, config::v1::REASON_TOWNSHIP_LIST_MISSING,
               {{"district", district == nullptr ? body->district_code() : district->display_name()}});
  } else if (!IsDuty(list->second, category_code)) {
    faults.Add(field, config::v1::REASON_NOT_A_TOWNSHIP_DUTY);
  }
}

absl::Status CheckDuties(const v1::TownshipDuties& duties, const Directory& directory) {
  constexpr char kField[] = "duties.category_codes";
  Faults faults;
  if (duties.district_code().empty()) {
    faults.Add("duties.district_code", config::v1::REASON_REQUIRED);
  } else if (directory.BodyOfDistrict(duties.district_code()).empty()) {
    faults.Add("duties.district_code", config::v1::REASON_UNKNOWN_VALUE);
  }
  if (duties.category_codes().empty()) faults.Add(kField, config::v1::REASON_REQUIRED);
  if (duties.category_codes_size() > kMaxCategories) {
    faults.Add(kField, config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxCategories)}});
    return faults.ToStatus();
  }
  std::set<std::string> seen;
  for (int i = 0; i < duties.category_codes_size(); ++i) {
    const std::string field = absl::StrCat(kField, "[", i, "]");
    CheckLength(duties.category_codes(i), field.c_str(), kMaxCode, true, faults);
    if (!seen.insert(duties.category_codes(i)).second) faults.Add(field, config::v1::REASON_ALREADY_EXISTS);
  }
  return faults.ToStatus();
}

absl::StatusOr<ledger::Outcome> DecidePublishDuties(const ledger::View& view, const Actor& actor,
                                                    const v1::TownshipDuties& duties) {
  const bool of_district = !actor.district.empty() || actor.role == config::v1::ROLE_DISTRICT_HUB;
  if (of_district && actor.district != duties.district_code()) return Error(config::v1::REASON_PERMISSION_DENIED);
  ASSIGN_OR_RETURN(auto head, view.Read<v1::ReferenceRecord>(HeadKey()));
  const std::int64_t version = head.head().duties_version() + 1;
  head.mutable_head()->set_duties_version(version);
  v1::ReferenceRecord stored;
  v1::TownshipDuties& kept = *stored.mutable_township_duties()->mutable_duties();
  kept = duties;
  kept.clear_name();
  kept.set_version(version);
  *stored.mutable_township_duties()->mutable_publish_time() = clock::ToProto(view.now());
  ledger::Outcome outcome;
  outcome.changes.push_back(Publish(HeadKey(), head));
  outcome.changes.push_back(Publish(DutiesKey(duties.district_code()), stored));
  outcome.answer = ShowDuties(kept).SerializeAsString();
  return outcome;
}

v1::TownshipDuties ShowDuties(v1::TownshipDuties duties) {
  duties.set_name("townshipDuties/" + duties.district_code());
  return duties;
}

}  // namespace jinqi::routing
