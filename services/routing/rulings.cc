#include "services/routing/rulings.h"

#include <utility>

#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/routing/calendars.h"
#include "services/routing/dispatch.h"

namespace jinqi::routing {
namespace {

constexpr char kMainField[] = "catalogue_rule.main_undertaker";

const std::string& MainOf(const v1::RulingRule& rule, const std::string& holder) {
  return rule.main_undertaker().empty() ? holder : rule.main_undertaker();
}

const std::string& CategoryOf(const v1::RulingRule& rule, const v1::WorkOrder& order) {
  return rule.category_code().empty() ? order.category_code() : rule.category_code();
}

void CheckMain(const OrderEdit& edit, const v1::RulingRule& rule, const std::string& holder, Faults& faults) {
  const Reference& reference = edit.reference();
  const std::string& main = MainOf(rule, holder);
  // Without a holder the order is given back by the one that has it.
  const bool contradicts = holder.empty() ? main == edit.order().main_undertaker() : main != holder;
  if (contradicts) {
    faults.Add(kMainField, config::v1::REASON_UNKNOWN_VALUE);
  } else {
    CheckBody(reference.directory, main, kMainField, faults);
    CheckTownship(reference.directory, reference.duties, main, CategoryOf(rule, edit.order()), kMainField, faults);
  }
}

}  // namespace

void CheckRulingRule(const OrderEdit& edit, const v1::RulingRule& rule, const std::string& holder, Faults& faults) {
  const v1::WorkOrder& order = edit.order();
  if (!rule.category_code().empty() && !CategoryFits(rule.category_code(), order.category_code())) {
    faults.Add("catalogue_rule.category_code", config::v1::REASON_UNKNOWN_VALUE);
  }
  if (!rule.district_code().empty() && rule.district_code() != order.subject().district_code()) {
    faults.Add("catalogue_rule.district_code", config::v1::REASON_UNKNOWN_VALUE);
  }
  CheckMain(edit, rule, holder, faults);
  const auto last = clock::ParseDate(rule.valid_to());
  if (!last.ok()) {
    faults.Add("catalogue_rule.valid_to",
               rule.valid_to().empty() ? config::v1::REASON_REQUIRED : config::v1::REASON_FORMAT);
  } else if (*last <= edit.today()) {
    faults.Add("catalogue_rule.valid_to", config::v1::REASON_RULE_PERIOD);
  }
}

absl::StatusOr<StoredRule> KeepAsRule(const ledger::View& view, OrderEdit& edit, const v1::RulingRule& rule,
                                      const std::string& holder, const std::string& rule_id) {
  const v1::WorkOrder& order = edit.order();
  const Reference& reference = edit.reference();
  v1::CatalogueRule kept;
  kept.set_rule_id(rule_id);
  kept.set_category_code(CategoryOf(rule, order));
  kept.set_district_code(rule.district_code());
  kept.set_main_undertaker(MainOf(rule, holder));
  kept.set_valid_from(clock::FormatDate(edit.today()));
  kept.set_valid_to(rule.valid_to());
  auto versions = reference.catalogue.From(edit.today());
  versions.front().set_effective_date(kept.valid_from());
  std::int64_t number = reference.head.catalogue_version();
  for (v1::DispatchCatalogue& version : versions) {
    version = WithRuling(version, kept);
    version.set_version(++number);
  }
  ASSIGN_OR_RETURN(const Catalogue today, Catalogue::Make({versions.front()}));
  const auto found = today.Find(order.category_code(), order.subject().district_code(), order.subject().type(),
                                edit.today(), reference.directory);
  if (found->rule_id != rule_id) {
    return Error(config::v1::REASON_CATALOGUE_OVERLAP, {{"first", found->rule_id}, {"second", rule_id}});
  }
  ASSIGN_OR_RETURN(auto changes, CatalogueChanges(view, versions));
  for (ledger::Change& change : changes) edit.AddChange(std::move(change));
  return StoredRule{rule_id, versions.front().version()};
}

std::size_t RulingVersions(const Reference& reference, absl::CivilDay today) {
  return reference.catalogue.From(today).size();
}

}  // namespace jinqi::routing
