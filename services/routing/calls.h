// 吹哨报到: the grass roots call district departments to an order (RTE-29).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/call_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Both name the order (changed) and reference/head (relied on).

// Main undertaker and clock stay. PERMISSION_DENIED for an undertaker that is no township, ILLEGAL_MOVE unless the
// order is open; every faulty field at once.
absl::StatusOr<ledger::Outcome> DecideCall(const ledger::View& view, const Setting& setting, const Actor& actor,
                                           const v1::CallUndertakersRequest& request);

// Late where the limit has passed when it is recorded, whatever time it names. NOT_UNDERTAKER for a body that was not
// called, CALL_REPORTED for a second report.
absl::StatusOr<ledger::Outcome> DecideReportToCall(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::ReportToCallRequest& request);

// The next instant at which a called body will have missed its limit; 0: none. A provisional date gives no breach.
Micros NextCallMiss(const v1::WorkOrder& order);
// Marks and tells each that has missed it by now.
absl::Status MissCalls(OrderEdit& edit);

// Values of the order's side `call`: of an open order `to/<body>` for each call that is not reported and
// `missed/<district>` where one was missed; of every order `month/<district>/<YYYY-MM>` for the months of its calls.
std::vector<std::string> CallSides(const v1::WorkOrder& order);
std::string ToReportSide(std::string_view body);
std::string MissedSide(std::string_view district_code);
std::string MonthSide(std::string_view district_code, absl::CivilMonth month);

// Counts calls by who called and who was called. What is still within its limit has no outcome and no share.
class CallTally {
 public:
  // Both days inclusive.
  CallTally(std::string district_code, absl::CivilDay from, absl::CivilDay to)
      : district_code_(std::move(district_code)), from_(from), to_(to) {}
  // The calls of one month, so that an order with calls in several is counted once in each.
  void Add(const v1::WorkOrder& order, absl::CivilMonth month);
  v1::CallReport Report() const;

 private:
  std::string district_code_;
  absl::CivilDay from_;
  absl::CivilDay to_;
  std::map<std::string, v1::CallReport::Row> callers_;
  std::map<std::string, v1::CallReport::Row> called_;
};

}  // namespace jinqi::routing
