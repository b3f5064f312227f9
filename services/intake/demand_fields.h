// What a caller sends of a demand: brought into its normal form, every fault told at once (INT-01…07, 15, 19).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/identity/caller.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/reference.h"

namespace jinqi::intake {

// Review flags: what people should look at.
inline constexpr std::string_view kMissingUscc = "MISSING_USCC";
inline constexpr std::string_view kEmergencyWords = "EMERGENCY_WORDS";
inline constexpr std::string_view kUnknownLanguage = "UNKNOWN_LANGUAGE";
inline constexpr std::string_view kUrgencyByRequester = "URGENCY_BY_REQUESTER";
inline constexpr std::string_view kRefusalProposed = "REFUSAL_PROPOSED";
inline constexpr std::string_view kSubjectConfirmed = "SUBJECT_CONFIRMED";

inline constexpr std::string_view kSeatGeneral = "SEAT_GENERAL";
inline constexpr std::string_view kSeatForeign = "SEAT_FOREIGN";

// A demand in its normal form.
struct DemandInput {
  // All that is not personal; of a confidential one without enterprise name and credit code.
  v1::Demand demand;
  // All that is, without salt.
  v1::DemandPrivate values;
  // Who it is for the question whether a matter is repeated: by a proven credit code, else by phone, with the code that
  // was only said; empty for an anonymous one.
  std::string subject_key;
  // The credit code is what a caller said whose own it is not known to be; operators vouch for it (INT-09).
  bool subject_unproven = false;
  // SM3 of the text in the form in which texts are compared (INT-09).
  std::string fingerprint;
  // The account that made it; empty for operators, callers without login, and anonymous reports.
  std::string requester;
  // The account of the operator that made it for somebody; else empty.
  std::string registered_by;
  bool urgency_given = false;
  // A fault that depends on the tree in force, when it is the only one: told by the decision, so that a repeated
  // request still gets its first answer after the tree has changed (INT-17).
  absl::Status category_fault;
};

// `role`: in which the caller calls. All faults at once, by field below `path`: `demand.title` REQUIRED … (INT-03).
absl::StatusOr<DemandInput> CheckDemand(const v1::Demand& demand, const identity::Caller& caller, config::v1::Role role,
                                        const Reference& reference, const CategoryTree& tree,
                                        std::string_view path = "demand");

// A text that must be there, from `minimum` to `maximum` characters once its ends are trimmed.
void CheckText(std::string_view field, std::string_view text, std::size_t minimum, std::size_t maximum, Faults& faults);

// Whether a caller in this role may register demands of this channel: an enterprise the online ones, a seat those that
// people bring to it, service staff those of its visits and counters, nobody's token the mini-program (INT-01).
bool MayUseChannel(config::v1::Role role, events::v1::Channel channel);

// Whether the caller acts for others: seats and service staff.
bool IsOperator(config::v1::Role role);

// Whether a person must look at it before anything else, where no operator has taken it down: at emergency words, to
// hand it over to 110, 119, 120 or 122 (INT-07); at what could be refused (INT-08); at a foreign language, to translate
// it (INT-19). A seat else sends it on.
bool MustHold(const DemandInput& input, config::v1::Role role);

// The text by which repeats are found: the content; with the title in front when it is too short to tell matters apart.
std::string MatterFingerprint(std::string_view title, std::string_view content);

// The request id for a public call that brought none: one demand per subject, text and minute (INT-17).
std::string DerivedRequestId(const DemandInput& input, std::string_view peer, ledger::Micros now);

}  // namespace jinqi::intake
