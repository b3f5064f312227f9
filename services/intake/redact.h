// Free text without what tells who wrote it (INT-15).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jinqi::intake {

// Asterisks in place of telephone numbers, identity and bank card numbers, credit codes and e-mail addresses (also in
// full width, in Chinese numerals, and with blanks or dashes between the digits), and in place of each of `known`: the
// names and codes that the record itself holds. Dates YYYY-MM-DD and numbers of up to six digits stay.
std::string Redact(std::string_view text, const std::vector<std::string>& known);

}  // namespace jinqi::intake
