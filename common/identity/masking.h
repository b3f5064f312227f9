// How personal data is shown where it need not be seen in clear: lists, notices, exports, logs (SEC-06). What is too
// short to hide anything becomes all asterisks.
#pragma once

#include <string>
#include <string_view>

#include "common/identity/uscc.h"

namespace jinqi::identity {

// Mobile 138****5678, landline 022-****5678.
std::string MaskPhone(std::string_view phone);
// 居民身份证: 110***********002X.
std::string MaskId(std::string_view id);
// 王**; a compound surname stays whole: 欧阳**.
std::string MaskName(std::string_view name);
// To the district: 天津市河西区****.
std::string MaskAddress(std::string_view address);
// The last four digits.
std::string MaskBankCard(std::string_view card);
// The first character and the domain: z***@example.com.
std::string MaskEmail(std::string_view email);
// In statistics: a code of an 个体工商户 (92) keeps the first 2 and last 4; others are public and stay.
std::string MaskUscc(std::string_view uscc);

// An update brought back what we had shown masked: it must not be stored over the clear value.
bool IsMasked(std::string_view value);

}  // namespace jinqi::identity
