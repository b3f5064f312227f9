#include "common/identity/phone.h"

#include <algorithm>

#include "common/status/status.h"
#include "common/text/text.h"

namespace jinqi::identity {
namespace {

constexpr std::size_t kMobileSize = 11;
constexpr std::size_t kTollFreeSize = 10;
constexpr std::string_view kTianjin = "022";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

bool IsTollFree(std::string_view digits) {
  return digits.size() == kTollFreeSize && (digits.starts_with("400") || digits.starts_with("800"));
}

// Of 3 digits for 010 and 02x, of 4 for all others; 0 where it is none.
std::size_t AreaSize(std::string_view digits) {
  if (digits.size() < 3 || digits[0] != '0' || digits[1] == '0') return 0;
  if (digits[1] == '1') return digits[2] == '0' ? 3 : 0;
  return digits[1] == '2' ? 3 : 4;
}

// The normal form of what has no extension, of digits only; empty where it is no number of China.
std::string Complete(const std::string& digits) {
  if (digits.empty() || !AllDigits(digits)) return {};
  if (IsMobile(digits) || IsTollFree(digits)) return digits;
  if (digits.size() == 8 && digits[0] >= '2' && digits[0] <= '8') return std::string(kTianjin) + "-" + digits;
  const std::size_t area = AreaSize(digits);
  if (area == 0 || digits.size() <= area || digits[area] == '0') return {};
  const std::size_t local = digits.size() - area;
  const bool complete = area == 3 ? local == 8 : local == 7 || local == 8;
  return complete ? digits.substr(0, area) + "-" + digits.substr(area) : std::string();
}

std::string WithoutSigns(std::string_view text) {
  std::string plain(text);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '-' || c == '(' || c == ')'; });
  return plain;
}

// NFKC leaves the dashes that are not hyphen-minus; people paste these, and say 转 before an extension.
std::string PlainDashes(std::string text) {
  for (const std::string_view dash : {"‐", "‑", "‒", "–", "—", "―", "−", "ー", "转"}) {
    for (auto at = text.find(dash); at != std::string::npos; at = text.find(dash, at)) {
      text.replace(at, dash.size(), "-");
    }
  }
  return text;
}

// Takes +86 and 0086 off; behind them the 0 of an area code is left out.
std::string National(std::string_view text) {
  for (const std::string_view country : {"+86", "0086"}) {
    if (!text.starts_with(country)) continue;
    const std::string_view rest = text.substr(country.size());
    const std::string digits = WithoutSigns(rest);
    const bool as_it_is = digits.starts_with('0') || IsMobile(digits) || IsTollFree(digits);
    return (as_it_is ? "" : "0") + std::string(rest);
  }
  return std::string(text);
}

// An extension stands behind the last dash of a number that is complete without it and is no mobile.
std::string WithExtension(std::string_view text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos) return {};
  const std::string number = Complete(WithoutSigns(text.substr(0, dash)));
  const std::string extension = WithoutSigns(text.substr(dash + 1));
  constexpr std::size_t kLongest = 6;
  if (number.empty() || IsMobile(number) || extension.empty() || extension.size() > kLongest) return {};
  return AllDigits(extension) ? number + "-" + extension : std::string();
}

}  // namespace

absl::StatusOr<std::string> NormalizePhone(std::string_view text) {
  if (text::Trim(text).empty()) return Error(config::v1::REASON_REQUIRED);
  const std::string plain = National(PlainDashes(text::Trim(text::Nfkc(text))));
  std::string number = WithExtension(plain);
  if (number.empty()) number = Complete(WithoutSigns(plain));
  if (number.empty()) return Error(config::v1::REASON_FORMAT);
  return number;
}

bool IsMobile(std::string_view normalized) {
  return normalized.size() == kMobileSize && AllDigits(normalized) && normalized[0] == '1' && normalized[1] >= '3';
}

}  // namespace jinqi::identity
