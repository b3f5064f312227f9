// What an order waits for: computed anew after each change from what the record says.
#pragma once

#include <string_view>
#include <vector>

#include "common/calendar/calendar.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/limits.h"

namespace jinqi::routing {

// The hub has not dispatched it (C4 dispatch.*); it stands in the exception queue (RTE-01).
inline constexpr char kTimerDispatch[] = "dispatch";
inline constexpr char kTimerException[] = "exception";
// Not signed in time; taken as signed (RTE-06, RTE-08).
inline constexpr char kTimerSign[] = "sign";
inline constexpr char kTimerTake[] = "take";
// No contact with the enterprise; no ruling on a return.
inline constexpr char kTimerContact[] = "contact";
inline constexpr char kTimerRuling[] = "ruling";
// The enterprise was not told that a statutory limit holds (RTE-19); no ruling on an extension (RTE-18).
inline constexpr char kTimerInterim[] = "interim";
inline constexpr char kTimerExtension[] = "extension";
// Nobody has reviewed an automatic dispatch (RTE-23).
inline constexpr char kTimerHumanReview[] = "human_review";
// The next level of warning (RTE-20).
inline constexpr char kTimerWarn[] = "warn";
// A rework without contact, and one that is late (FBK-07).
inline constexpr char kTimerReworkContact[] = "rework_contact";
inline constexpr char kTimerRework[] = "rework";
// An assisting body has not answered (RTE-04); a called one has not reported (RTE-29).
inline constexpr char kTimerAssist[] = "assist";
inline constexpr char kTimerCall[] = "call";
inline constexpr char kTimerArchive[] = "archive";

std::vector<ledger::Timer> TimersOf(const v1::WorkOrderRecord& record, const calendar::Calendar& calendar,
                                    const Limits& limits);

// Each of these fires once until it is armed again.
bool HasFired(const v1::WorkOrderRecord& record, std::string_view timer);
void MarkFired(v1::WorkOrderRecord& record, std::string_view timer);
void Rearm(v1::WorkOrderRecord& record, std::string_view timer);

}  // namespace jinqi::routing
