// Which subjects are being inspected, as inspection_scheduling tells it: a visit of an enforcement account on such a
// day is suspect (INT-13).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/envelope.pb.h"
#include "jinqi/intake/v1/register_records.pb.h"

namespace jinqi::intake {

inline constexpr std::string_view kInspectionKind = "subject_inspection";

ledger::Key InspectionKey(std::string_view uscc);

// Whether an inspection of the subject was open at some time of that day, Asia/Shanghai.
bool IsInspectedOn(const v1::SubjectInspectionRecord& record, ledger::Micros instant);

// The command of a message of inspection_scheduling's stream: InspectionStarted and InspectionFinished; nothing for
// others. What ended more than `keep_days` ago is forgotten. DATA_LOSS for what cannot be read.
absl::StatusOr<std::optional<ledger::Command>> OnInspectionEvent(const events::v1::Envelope& envelope, int keep_days);

}  // namespace jinqi::intake
