// Checks of fields that several calls share. Each adds its fault and goes on, so that all are told at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/status/status.h"

namespace jinqi::feedback {

// Characters of a reason that stands beside a record for good.
inline constexpr std::size_t kMaxReason = 500;

// REQUIRED, TOO_SHORT, TOO_LONG; in characters of the trimmed text.
void CheckLength(std::string_view text, std::string_view field, std::size_t least, std::size_t most, Faults& faults);

// Where a recording is kept: FORMAT for other than ASCII without blanks, TOO_LONG. Empty: there is none.
void CheckRecording(std::string_view recording, std::string_view field, Faults& faults);

// `reason` of a decision: it stands in a history, so it holds no personal data. PERSONAL_DATA_FOUND.
void CheckReason(std::string_view reason, std::string_view field, Faults& faults);

}  // namespace jinqi::feedback
