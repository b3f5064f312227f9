// The records of routing and where they stand.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"

namespace jinqi::routing {

inline constexpr char kWorkOrder[] = "work_order";
inline constexpr char kOrderText[] = "order_text";
inline constexpr char kJointMeeting[] = "joint_meeting";
inline constexpr char kUndertaker[] = "undertaker";
inline constexpr char kReference[] = "reference";

// work_order: by number. Columns: state; main and district; due_time (the order of lists; of an order without a limit
// its acceptance); open_due, exception_due, supervised_due: the same value, absent where the order is not open, not in
// the exception queue, not under supervision; calendar_version; meeting_place (CITY or a district, empty: none) and
// meeting_due of what waits for a joint meeting. Sides: `assist`: assisting bodies; `call`: see CallSides.
// order_text: by <number>/<uuid>. Column: order_no.
// joint_meeting: by uuid. Columns: place, meeting_day.
// undertaker: by code. No columns.
// reference: head, calendar/<n>, catalogue/<n>, campaign/<n>, duties/<district>. Columns: type, number, open (a
// campaign that still runs).
std::vector<ledger::Kind> Kinds();

// File name to SQL.
extern const std::map<std::string, std::string> kMigrations;

ledger::Key OrderKey(std::string_view order_no);
ledger::Key TextKey(std::string_view text_id);
ledger::Key JointMeetingKey(std::string_view id);
ledger::Key UndertakerKey(std::string_view code);
ledger::Key HeadKey();
ledger::Key CalendarKey(std::int64_t version);
ledger::Key CatalogueKey(std::int64_t version);
ledger::Key CampaignKey(std::int64_t version);
ledger::Key DutiesKey(std::string_view district_code);

// The last part of `workOrders/{order_no}`; NOT_FOUND for every other name.
absl::StatusOr<std::string> IdOf(std::string_view name, std::string_view collection);
absl::StatusOr<std::string> OrderNoOf(std::string_view name);

}  // namespace jinqi::routing
