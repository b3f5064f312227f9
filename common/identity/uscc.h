// 统一社会信用代码 (GB 32100-2015).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace jinqi::identity {

// The code in half width and upper case without blanks. REASON_REQUIRED when empty, USCC_LENGTH unless 18 characters,
// USCC_CHARSET for a character that cannot stand where it does, USCC_CHECKSUM for a wrong last character (INT-04). The
// region in it is not compared with today's districts: codes of abolished ones live on.
absl::StatusOr<std::string> NormalizeUscc(std::string_view text);

// For a code in normal form: one of the pilot period (Fujian, main part from M0), lawful although its last character
// does not check; NormalizeUscc takes it where the check character of its main part (GB 11714) holds. Worth a flag.
bool IsPilotUscc(std::string_view uscc);

// C1.
enum class SubjectType { kEnterprise, kIndividualBusiness, kFarmerCoop, kOther };

// From the first two characters of a code in normal form: 91, 92, 93, and all others kOther (INT-05).
SubjectType ProposedSubjectType(std::string_view uscc);

// ENTERPRISE, INDIVIDUAL_BUSINESS, FARMER_COOP, OTHER.
std::string_view SubjectTypeName(SubjectType type);

}  // namespace jinqi::identity
