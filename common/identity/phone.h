// Telephone numbers of China.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace jinqi::identity {

// A mobile as 13812345678, a landline as 022-12345678 with -extension where given (1-6 digits), 400/800 numbers as
// 4001234567. Full width, blanks, dashes, brackets and +86 are taken; 8 digits without area code are Tianjin's.
// REASON_REQUIRED when empty, REASON_FORMAT otherwise (INT-03).
absl::StatusOr<std::string> NormalizePhone(std::string_view text);

// For a number in normal form.
bool IsMobile(std::string_view normalized);

}  // namespace jinqi::identity
