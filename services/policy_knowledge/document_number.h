// 文号 in any spelling (POL-20).
#pragma once

#include <string>
#include <string_view>

namespace jinqi::policy {

// The one form of a document number: 津政办发|2023|19 for 津政办发〔2023〕19号, 津政办发[2023]19号, full-width digits
// and 津政办发 2023 19. Empty for a text that is none: no issuer's sign, no year of four digits, or more words.
std::string CanonicalNumber(std::string_view text);

}  // namespace jinqi::policy
