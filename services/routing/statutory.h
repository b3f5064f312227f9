// Statutory limits (法定时限): the list, and the orders that are under one of them (RTE-19).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/limit_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// The enterprise was not told the statutory limit within the general one.
inline constexpr char kInterimLate[] = "INTERIM_LATE";

// Every faulty field at once: an empty list, law, name, article or matter (REQUIRED), a number below 1 (OUT_OF_RANGE),
// no unit, an article of a law twice (ALREADY_EXISTS), texts that are too long. A list with faults keeps the service
// from starting.
absl::Status CheckStatutoryLimits(const v1::StatutoryLimits& list);

// nullptr: the list has no such article of that law.
const v1::StatutoryLimit* FindLimit(const v1::StatutoryLimits& list, std::string_view law_id, std::string_view article);

// 依据《行政许可法》第四十二条第一款，办理时限为20个工作日
std::string LimitText(const v1::StatutoryLimit& limit);

// The next two name the order (changed) and reference/head (relied on).

// The due date counts from acceptance by the law's limit, and the enterprise is to be told within the general one where
// that is shorter. Until FED_BACK. REQUIRED without law or article; LAW_UNKNOWN for one that the list does not have;
// UNKNOWN_VALUE at name for an overdue payment (INT-22). The date of a joint meeting stays.
absl::StatusOr<ledger::Outcome> DecideSetStatutoryLimit(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor,
                                                        const v1::SetStatutoryLimitRequest& request);

// Once (ALREADY_EXISTS), by the main body, until FED_BACK. Every faulty field at once.
absl::StatusOr<ledger::Outcome> DecideRecordInterimAnswer(const ledger::View& view, const Setting& setting,
                                                          const Actor& actor,
                                                          const v1::RecordInterimAnswerRequest& request);

}  // namespace jinqi::routing
