// The register of enterprises 企业库: what demands and imports say about the subjects behind them (INT-05).
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
inline constexpr std::string_view kEnterprisePrefix = "enterprises/";

// What is doubtful or missing in an entry.
inline constexpr std::string_view kTypeUnlikeCode = "TYPE_UNLIKE_CODE";
inline constexpr std::string_view kPilotCode = "PILOT_CODE";
inline constexpr std::string_view kNameMissing = "NAME_MISSING";
inline constexpr std::string_view kIndustryMissing = "INDUSTRY_MISSING";
inline constexpr std::string_view kSizeUnknown = "SIZE_UNKNOWN";
inline constexpr std::string_view kNotImported = "NOT_IMPORTED";

ledger::Key EnterpriseKey(std::string_view uscc);

// The credit code of `enterprises/{uscc}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> UsccOfName(std::string_view name);

// What a demand's subject changes in the register: a new entry, newer values of the old one, or nothing. Values that
// the demand does not give stay; of an imported entry what the import said stays too, and nobody's words move a subject
// out of the district of its desk. `known`: nullptr for a subject that is not in the register.
std::optional<ledger::Change> RegisterSubject(const v1::EnterpriseRecord* known, const events::v1::Subject& subject,
                                              ledger::Micros now);

// What an imported row changes: its values win over those of demands, what it does not give stays. `facts`: as far as
// the row gives them, checked. A subject that has moved to another district leaves its desk.
std::optional<ledger::Change> ImportSubject(const v1::EnterpriseRecord* known, const v1::Enterprise& facts,
                                            ledger::Micros now);

// Adds that change for the subject of a demand to the outcome; nothing for one that is confidential, gave no code or
// did not prove it (INT-09).
// The command must name the enterprise.
absl::Status KeepSubject(const ledger::View& view, const v1::DemandRecord& demand, ledger::Micros now,
                         ledger::Outcome& outcome);

}  // namespace jinqi::intake
