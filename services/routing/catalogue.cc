#include "services/routing/catalogue.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"

namespace jinqi::routing {
namespace {

using v1::CatalogueRule;

// Open ends are the ends of time.
absl::CivilDay FirstDay(const CatalogueRule& rule) {
  const auto day = clock::ParseDate(rule.valid_from());
  return day.ok() ? *day : absl::CivilDay::min();
}

absl::CivilDay LastDay(const CatalogueRule& rule) {
  const auto day = clock::ParseDate(rule.valid_to());
  return day.ok() ? *day : absl::CivilDay::max();
}

bool SameSubjects(const CatalogueRule& a, const CatalogueRule& b) {
  // A rule for all subjects stands behind one for some: they do not meet.
  if (a.subject_types().empty() != b.subject_types().empty()) return false;
  if (a.subject_types().empty()) return true;
  return std::any_of(a.subject_types().begin(), a.subject_types().end(), [&](int type) {
    return std::find(b.subject_types().begin(), b.subject_types().end(), type) != b.subject_types().end();
  });
}

bool Overlap(const CatalogueRule& a, const CatalogueRule& b) {
  return a.category_code() == b.category_code() && a.district_code() == b.district_code() && SameSubjects(a, b) &&
         FirstDay(a) <= LastDay(b) && FirstDay(b) <= LastDay(a);
}

void CheckBodies(const CatalogueRule& rule, const std::string& path, const Directory& directory,
                 const DutyLists& duties, Faults& faults) {
  const std::string field = path + ".main_undertaker";
  const std::string& code = rule.main_undertaker();
  const v1::Undertaker* main = directory.Find(code);
  if (IsVillage(directory, code)) {
    faults.Add(field, config::v1::REASON_GRASSROOTS_FORBIDDEN);
  } else if (main == nullptr) {
    faults.Add(field, config::v1::REASON_NOT_IN_DIRECTORY, {{"code", code}});
  } else if (main->receive_mode() == "expand_by_competence") {
    // Nobody can tell by rule which of the bodies it stands for.
    faults.Add(field, config::v1::REASON_UNDERTAKER_COLLECTIVE, {{"code", code}});
  }
  CheckTownship(directory, duties, code, rule.category_code(), field, faults);
  for (const std::string& assist : rule.assist_undertakers()) {
    if (assist == code) {
      faults.Add(path + ".assist_undertakers", config::v1::REASON_MAIN_IS_ASSISTANT);
    } else if (IsVillage(directory, assist)) {
      faults.Add(path + ".assist_undertakers", config::v1::REASON_GRASSROOTS_FORBIDDEN);
    } else if (directory.Find(assist) == nullptr) {
      faults.Add(path + ".assist_undertakers", config::v1::REASON_NOT_IN_DIRECTORY, {{"code", assist}});
    }
  }
}

void CheckRule(const CatalogueRule& rule, const std::string& path, const Directory& directory, const DutyLists& duties,
               Faults& faults) {
  if (rule.rule_id().empty()) faults.Add(path + ".rule_id", config::v1::REASON_REQUIRED);
  if (rule.category_code().empty()) faults.Add(path + ".category_code", config::v1::REASON_REQUIRED);
  if (!rule.valid_from().empty() && !clock::ParseDate(rule.valid_from()).ok()) {
    faults.Add(path + ".valid_from", config::v1::REASON_FORMAT);
  }
  if (!rule.valid_to().empty() && !clock::ParseDate(rule.valid_to()).ok()) {
    faults.Add(path + ".valid_to", config::v1::REASON_FORMAT);
  }
  if (!rule.valid_from().empty() && !rule.valid_to().empty() && rule.valid_from() > rule.valid_to()) {
    faults.Add(path + ".valid_to", config::v1::REASON_OUT_OF_RANGE);
  }
  CheckBodies(rule, path, directory, duties, faults);
}

bool SubjectFits(const CatalogueRule& rule, events::v1::SubjectType subject) {
  return rule.subject_types().empty() ||
         std::find(rule.subject_types().begin(), rule.subject_types().end(), subject) != rule.subject_types().end();
}

// How narrow a rule is; the narrowest holds.
std::tuple<std::size_t, bool, bool> Narrowness(const CatalogueRule& rule) {
  return {rule.category_code().size(), !rule.district_code().empty(), !rule.subject_types().empty()};
}

}  // namespace

bool CategoryFits(std::string_view rule, std::string_view category) {
  return rule == category ||
         (category.size() > rule.size() && category.substr(0, rule.size()) == rule && category[rule.size()] == '-');
}

v1::DispatchCatalogue WithRuling(const v1::DispatchCatalogue& catalogue, const CatalogueRule& ruling) {
  v1::DispatchCatalogue out = catalogue;
  out.clear_rules();
  for (const CatalogueRule& rule : catalogue.rules()) {
    const bool meets = Overlap(rule, ruling);
    if (meets && LastDay(rule) <= LastDay(ruling)) continue;
    CatalogueRule& kept = *out.add_rules();
    kept = rule;
    if (meets) kept.set_valid_from(clock::FormatDate(LastDay(ruling) + 1));
  }
  *out.add_rules() = ruling;
  return out;
}

absl::Status CheckCatalogue(const v1::DispatchCatalogue& catalogue, const Directory& directory,
                            const DutyLists& duties) {
  Faults faults;
  if (!clock::ParseDate(catalogue.effective_date()).ok()) {
    faults.Add("catalogue.effective_date", config::v1::REASON_FORMAT);
  }
  if (catalogue.rules().empty()) faults.Add("catalogue.rules", config::v1::REASON_REQUIRED);
  std::set<std::string> ids;
  for (int i = 0; i < catalogue.rules_size(); ++i) {
    const std::string path = absl::StrCat("catalogue.rules[", i, "]");
    CheckRule(catalogue.rules(i), path, directory, duties, faults);
    if (!catalogue.rules(i).rule_id().empty() && !ids.insert(catalogue.rules(i).rule_id()).second) {
      faults.Add(path + ".rule_id", config::v1::REASON_ALREADY_EXISTS);
    }
  }
  RETURN_IF_ERROR(faults.ToStatus());
  for (int i = 0; i < catalogue.rules_size(); ++i) {
    for (int j = i + 1; j < catalogue.rules_size(); ++j) {
      const CatalogueRule& first = catalogue.rules(i);
      const CatalogueRule& second = catalogue.rules(j);
      if (!Overlap(first, second)) continue;
      return Error(config::v1::REASON_CATALOGUE_OVERLAP, {{"first", first.rule_id()}, {"second", second.rule_id()}});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Catalogue> Catalogue::Make(const std::vector<v1::DispatchCatalogue>& versions) {
  Catalogue catalogue;
  for (const v1::DispatchCatalogue& given : versions) {
    Version version;
    version.number = given.version();
    ASSIGN_OR_RETURN(version.effective, clock::ParseDate(given.effective_date()));
    for (const CatalogueRule& rule : given.rules()) {
      Rule added{rule, {}, {}};
      if (!rule.valid_from().empty()) added.from = FirstDay(rule);
      if (!rule.valid_to().empty()) added.to = LastDay(rule);
      version.rules.push_back(std::move(added));
    }
    catalogue.versions_.push_back(std::move(version));
  }
  std::sort(catalogue.versions_.begin(), catalogue.versions_.end(),
            [](const Version& a, const Version& b) { return a.number < b.number; });
  return catalogue;
}

const Catalogue::Version* Catalogue::InForce(absl::CivilDay day) const {
  const Version* found = nullptr;
  for (const Version& version : versions_) {
    if (version.effective <= day) found = &version;
  }
  return found;
}

std::int64_t Catalogue::VersionOn(absl::CivilDay day) const {
  const Version* version = InForce(day);
  return version == nullptr ? 0 : version->number;
}

bool Catalogue::Has(std::int64_t version, std::string_view rule_id) const {
  return std::any_of(versions_.begin(), versions_.end(), [&](const Version& one) {
    return one.number == version && std::any_of(one.rules.begin(), one.rules.end(),
                                                [&](const Rule& rule) { return rule.rule.rule_id() == rule_id; });
  });
}

std::vector<v1::DispatchCatalogue> Catalogue::From(absl::CivilDay day) const {
  const auto write = [](const Version& version) {
    v1::DispatchCatalogue out;
    out.set_version(version.number);
    out.set_effective_date(clock::FormatDate(version.effective));
    for (const Rule& rule : version.rules) *out.add_rules() = rule.rule;
    return out;
  };
  const Version* current = InForce(day);
  std::vector<v1::DispatchCatalogue> out = {current == nullptr ? v1::DispatchCatalogue() : write(*current)};
  for (const Version& version : versions_) {
    const bool replaced = current != nullptr && version.number < current->number;
    if (day < version.effective && !replaced) out.push_back(write(version));
  }
  return out;
}

std::optional<CatalogueAnswer> Catalogue::Find(std::string_view category_code, std::string_view district_code,
                                               events::v1::SubjectType subject, absl::CivilDay day,
                                               const Directory& directory) const {
  const Version* version = InForce(day);
  if (version == nullptr) return std::nullopt;
  const CatalogueRule* best = nullptr;
  for (const Rule& candidate : version->rules) {
    const CatalogueRule& rule = candidate.rule;
    if (!CategoryFits(rule.category_code(), category_code) || !SubjectFits(rule, subject)) continue;
    if (!rule.district_code().empty() && rule.district_code() != district_code) continue;
    if (candidate.from.has_value() && day < *candidate.from) continue;
    if (candidate.to.has_value() && *candidate.to < day) continue;
    if (best == nullptr || Narrowness(*best) < Narrowness(rule)) best = &rule;
  }
  if (best == nullptr) return std::nullopt;
  CatalogueAnswer answer;
  answer.version = version->number;
  answer.rule_id = best->rule_id();
  answer.main_undertaker = directory.Expand(best->main_undertaker(), district_code);
  for (const std::string& assist : best->assist_undertakers()) {
    answer.assist_undertakers.push_back(directory.Expand(assist, district_code));
  }
  return answer;
}

v1::Proposal WithFirst(v1::Proposal proposal, const std::string& undertaker, const std::string& reason,
                       const Directory& directory) {
  v1::Proposal out = proposal;
  out.clear_candidates();
  out.set_needs_human(false);
  v1::Candidate& first = *out.add_candidates();
  first.set_undertaker(undertaker);
  const v1::Undertaker* body = directory.Find(undertaker);
  if (body != nullptr) {
    first.set_display_name(body->display_name());
    first.set_receive_mode(body->receive_mode());
    *first.mutable_measures() = body->measures();
  }
  first.set_score(1.0);
  first.add_reasons(reason);
  for (v1::Candidate& candidate : *proposal.mutable_candidates()) {
    if (out.candidates_size() == kMaxCandidates) break;
    if (candidate.undertaker() != undertaker) out.add_candidates()->Swap(&candidate);
  }
  return out;
}

v1::Proposal WithCatalogue(v1::Proposal proposal, const CatalogueAnswer& answer, const Directory& directory) {
  const std::string reason = absl::StrCat(answer.rule_id, "：派单目录第 ", answer.version, " 版");
  v1::Proposal out = WithFirst(std::move(proposal), answer.main_undertaker, reason, directory);
  out.set_catalogue_version(answer.version);
  out.mutable_candidates(0)->mutable_assist_undertakers()->Assign(answer.assist_undertakers.begin(),
                                                                  answer.assist_undertakers.end());
  return out;
}

}  // namespace jinqi::routing
