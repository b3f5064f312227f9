// What the rates know of one order: how it is kept up to date from routing's events, and how it counts (FBK-01,
// FBK-11).
#pragma once

#include <string>

#include "common/clock/clock.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"

namespace jinqi::feedback {

// Whether `time` is not after what is due; both by the second, as due times end at 23:59:59 (C5.3).
bool InTime(clock::Micros time, clock::Micros due);

// Whether an event of this type tells the rates something.
bool Matters(const std::string& type);

// Whether the event hands a result over that is to be rated: not the reasons by which the hub ends a rework (FBK-07).
bool BeginsRound(const std::string& type, const events::v1::OrderEvent& event);

// The score after an event of an order. `before` is empty for the first one. What was first stays: the first contact,
// the first feedback (rework moves no due date); what takes an order out of the rates takes it out for good.
v1::OrderScore NoteOrder(v1::OrderScore before, const std::string& type, const events::v1::OrderEvent& event);

// Whether the order went to a liaison body: no rating is counted (RTE-10).
bool IsLiaison(const v1::OrderScore& score);

// The score of a demand that ended at intake.
v1::OrderScore NoteEnded(v1::OrderScore before, const events::v1::DemandEnded& ended);

// The answer of a round; only the last round counts.
void NoteAnswer(v1::OrderScore& score, int round, events::v1::Solved solved, int satisfaction);

}  // namespace jinqi::feedback
