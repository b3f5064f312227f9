// Text as people write it: UTF-8, counted in code points (C2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace jinqi::text {

// Well-formed UTF-8 (no surrogates, no overlong forms). All functions below take such text; bytes that are not become
// U+FFFD.
bool IsUtf8(std::string_view text);

std::size_t CodePoints(std::string_view text);

// Normalization form KC: full-width digits and letters become ASCII. For codes and numbers, not for free text (GWY-07).
std::string Nfkc(std::string_view text);

// Without blanks at both ends: white space of Unicode, U+3000, zero-width characters, BOM and control characters
// (INT-03).
std::string Trim(std::string_view text);

// For fields of one line: control characters, line breaks and bidirectional overrides are removed, a run of tabs and
// line breaks becomes one space, ends are trimmed (GWY-07, SEC-01).
std::string SingleLine(std::string_view text);

// The form in which texts are compared: NFKC, case folded, only letters, digits and marks.
std::string Normalize(std::string_view text);

// SM3 of Normalize(text), 64 hexadecimal digits: equal for texts that differ in form only (INT-09).
std::string Fingerprint(std::string_view text);

// The pairs of neighbouring code points, in order, doubles included. Of a single code point, itself.
std::vector<std::string> Bigrams(std::string_view text);

// A case number of a court stands in the text: （2025）津01民终123号.
bool NamesCourtCase(std::string_view text);

}  // namespace jinqi::text
