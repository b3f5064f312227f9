// The clocks of an order: when something is due, and when it has been missed (C5, RTE-14, RTE-17).
#pragma once

#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/calendar/calendar.h"
#include "common/clock/clock.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/limits.h"

namespace jinqi::routing {

using clock::Micros;

inline constexpr char kHubHolder[] = "HUB";

// due_basis: 7 working days from acceptance (RTE-14); a law, followed by its id and article (RTE-19); an extension that
// the hub agreed to (RTE-18).
inline constexpr char kBasisGeneral[] = "HANDLE_GENERAL";
inline constexpr char kBasisStatutory[] = "STATUTORY";
inline constexpr char kBasisExtension[] = "EXTENSION";
// The date that a joint meeting set, which no calendar moves (RTE-22).
inline constexpr char kBasisJointMeeting[] = "JOINT_MEETING";
// Overdue payments (INT-22): until the handler has it, from its receipt on, and as the hub has extended it.
inline constexpr char kBasisPaymentTransfer[] = "PAYMENT_TRANSFER";
inline constexpr char kBasisPaymentHandle[] = "PAYMENT_HANDLE";
inline constexpr char kBasisPaymentMax[] = "PAYMENT_MAX";

// A limit as it is shown, and the first instant at which it is missed: the next day's first for one that is counted in
// days (C5.3), the one after the shown for one in minutes.
struct Deadline {
  Micros due = 0;
  Micros missed = 0;
  bool provisional = false;
};

Deadline InWorkingDays(const calendar::Calendar& calendar, absl::CivilDay start, int days);
Deadline InMinutes(Micros start, int minutes);
// Of a limit that was counted in days and is stored as the last second of its last day.
Micros MissedFrom(const google::protobuf::Timestamp& due);

// due_time, due_provisional, due_basis, calendar_version and target_time from accept_time (RTE-14, RTE-15), of an
// overdue payment from the handler's receipt (INT-22), by the law it is under with interim_due_time (RTE-19), and with
// the extensions that were agreed to (RTE-18), unless a joint meeting set the date (RTE-22); the limits of assisting
// bodies from due_time (RTE-04).
void SetDue(v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits);

// By when an assisting body answers: working days before the running limit of the main one (RTE-04).
google::protobuf::Timestamp AssistDue(const v1::WorkOrder& order, const calendar::Calendar& calendar,
                                      const Limits& limits);

// By when a called body reports (RTE-29); the first instant at which a stored limit of a call is missed.
Deadline CallDeadline(const v1::WorkOrder& order, const v1::Call& call, const calendar::Calendar& calendar,
                      const Limits& limits);
Micros CallMissedFrom(const v1::WorkOrder& order, const v1::Call& call);

// A rework round is under way, and rework_due_time limits it.
bool ReworkRuns(const v1::WorkOrder& order);

// The limit for signing a dispatch, by urgency (RTE-06).
Deadline SignDeadline(const v1::WorkOrder& order, const v1::Dispatch& dispatch, const calendar::Calendar& calendar,
                      const Limits& limits);

// The enterprise's clock runs: neither a rework, which has a limit of its own, nor a matter of a liaison body.
bool DueClockRuns(const v1::WorkOrder& order);
// The extension that the hub has to rule on; nullptr: none waits. A request of a body that has lost the order does not.
const v1::Extension* PendingExtension(const v1::WorkOrder& order);
// The review of the automatic dispatch that the hub owes; nullptr: none waits. Not once another body was chosen by a
// person, or the order is with nobody.
const v1::HumanReview* PendingHumanReview(const v1::WorkOrder& order);

// Computes the limits that still run by another calendar: those of due_time, and of the last dispatch, contact, return
// and rework. True where the due date moved (RTE-16).
bool Recompute(v1::WorkOrderRecord& record, const calendar::Calendar& calendar, const Limits& limits);

// From now on `holder` (HUB or a body's code) holds the order.
void Hold(v1::WorkOrder& order, std::string_view holder, Micros from);
// Nobody does any more.
void EndStay(v1::WorkOrder& order, Micros now);
// HUB where nobody holds it.
std::string_view HolderOf(const v1::WorkOrder& order);

// The working days that each one held the order until now: the days after its start up to and including its end, so
// that all shares add up to those from acceptance on (RTE-17).
v1::ClockReport ReportClock(const v1::WorkOrder& order, const calendar::Calendar& calendar, Micros now);

// The level of warning that an order's due date asks for at an instant (RTE-20): 0 none, 1 yellow, 2 red, 3 overdue,
// 4 overdue and one level up. A provisional date never asks for more than 2 (RTE-15).
int WarningLevelAt(const v1::WorkOrder& order, const calendar::Calendar& calendar, const Limits& limits, Micros now);
// The instant from which a level (1–4) is asked for.
Micros WarningInstant(const v1::WorkOrder& order, int level, const calendar::Calendar& calendar, const Limits& limits);

}  // namespace jinqi::routing
