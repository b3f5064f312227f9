// The register of enterprises 企业库: what demands say about the subjects behind them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/intake/v1/records.pb.h"

namespace jinqi::intake {

inline constexpr std::string_view kEnterpriseKind = "enterprise";

ledger::Key EnterpriseKey(std::string_view uscc);

// What a demand's subject changes in the register: a new entry, newer values of the old one, or nothing. Values that
// the demand does not give stay. `known`: nullptr for a subject that is not in the register.
std::optional<ledger::Change> RegisterSubject(const v1::EnterpriseRecord* known, const events::v1::Subject& subject,
                                              ledger::Micros now);

// Adds that change for the subject of a demand to the outcome; nothing for one that is confidential, gave no code or
// did not prove it (INT-09).
// The command must name the enterprise.
absl::Status KeepSubject(const ledger::View& view, const v1::DemandRecord& demand, ledger::Micros now,
                         ledger::Outcome& outcome);

}  // namespace jinqi::intake
