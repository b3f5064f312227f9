// The pieces of which decisions on demands are made: moves, history rows, messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/intake/v1/records.pb.h"

namespace jinqi::intake {

// The demand of a record; NOT_FOUND without it, the same as for one that the caller may not see (GWY-04).
absl::StatusOr<v1::DemandRecord> ReadDemand(const ledger::View& view, const ledger::Key& key);

// The answer after a change: the demand with the etag that the record then has.
std::string AnswerOf(const v1::DemandRecord& record, std::int64_t version);

// Moves the order as its custodian, or ILLEGAL_MOVE; the history row of it. `reason`: without personal values.
absl::StatusOr<ledger::Event> Move(v1::DemandRecord& record, events::v1::OrderState to, ledger::Micros now,
                                   std::string_view type, std::string_view reason = "");

// A history row that is no move. `detail`: codes and numbers only.
ledger::Event Note(std::string_view type, std::string_view what, std::string_view detail);

// No undertaker's clock runs (any more).
void StopClock(v1::Demand& demand);

// It ends here with this result, and no clock runs on.
void End(v1::Demand& demand, events::v1::ResultType result, ledger::Micros now);

// Whether it is one of 110, 119, 120, 122.
bool IsEmergencyTarget(std::string_view target);

// REGISTERED → TRANSFERRED_EMERGENCY, with what is kept of it (INT-07).
absl::StatusOr<ledger::Event> TransferTo(v1::DemandRecord& record, const std::string& target, const std::string& by,
                                         ledger::Micros now);

// The record `demand_result` of what the requester was answered or told; its text is the person row of that digest.
ledger::Change ResultChange(const std::string& order_no, ledger::Micros time, const std::string& digest,
                            std::string_view detail);

std::vector<ledger::Timer> ArchiveAfter(ledger::Micros now, int days);

// The text without what tells who wrote it: numbers and codes, and the names that the demand itself holds.
std::string WithoutIdentity(const v1::Demand& demand, std::string_view text, const v1::DemandPrivate& values);

// The text as routing may hold it: of a confidential demand without what tells who wrote it.
std::string TextForRouting(const v1::DemandRecord& record, const std::string& text, const v1::DemandPrivate& values);

// To routing: from here on the order is yours; with the Chinese text of a foreign one where it was translated.
// Transient, as it carries the text.
ledger::Outgoing SubmittedMessage(const v1::DemandRecord& record, const v1::DemandPrivate& values,
                                  const v1::TranslationPrivate& translation = {});
// To routing: a fact; `text` as TextForRouting gives it. Transient.
ledger::Outgoing SupplementMessage(const v1::DemandRecord& record, std::string_view text);
// To routing: a wish to withdraw. Transient, as people write the reason.
ledger::Outgoing WithdrawalMessage(const v1::DemandRecord& record, std::string_view reason);
// To routing: a repeat was merged into this order.
ledger::Outgoing MergedMessage(const v1::DemandRecord& master);
// To feedback: ended at intake.
ledger::Outgoing EndedMessage(const v1::DemandRecord& record);
// To policy_knowledge: there is no entry for this question, which tells nothing of who asked.
ledger::Outgoing GapMessage(const v1::DemandRecord& record, std::string_view question, const std::string& by,
                            ledger::Micros now);

}  // namespace jinqi::intake
