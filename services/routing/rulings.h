// A ruling on who is responsible, kept as a rule of the dispatch catalogue, so that the next like order is proposed
// right (RTE-09).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/ledger/types.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Where a ruling stands in the catalogue.
struct StoredRule {
  std::string rule_id;
  std::int64_t catalogue_version = 0;
};

// Every faulty field: a category or a district that the order is not in, and a body other than `holder`, to whom the
// ruling leaves or gives the order (UNKNOWN_VALUE); without a holder, none (REQUIRED), one that takes no orders, or the
// one that gives it back; the last day: REQUIRED, FORMAT, RULE_PERIOD.
void CheckRulingRule(const OrderEdit& edit, const v1::RulingRule& rule, const std::string& holder, Faults& faults);

// A checked rule into the catalogue of today and into each that begins later, as new versions; where it stands in the
// first of them. CATALOGUE_OVERLAP where a narrower rule would hold for the order. The command names, beside the order,
// reference/head and catalogue/<n> for as many numbers after the last (all changed), see RulingVersions.
absl::StatusOr<StoredRule> KeepAsRule(const ledger::View& view, OrderEdit& edit, const v1::RulingRule& rule,
                                      const std::string& holder, const std::string& rule_id);
std::size_t RulingVersions(const Reference& reference, absl::CivilDay today);

}  // namespace jinqi::routing
