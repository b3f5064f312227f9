#include "common/identity/uscc.h"

#include <algorithm>
#include <array>

#include "common/status/status.h"
#include "common/text/text.h"

namespace jinqi::identity {
namespace {

constexpr std::size_t kSize = 18;
constexpr std::string_view kCharset = "0123456789ABCDEFGHJKLMNPQRTUWXY";
constexpr int kModulus = 31;
constexpr std::array<int, 17> kWeights = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};

// GB 11714: the main part, positions 9-16, checked by position 17.
constexpr std::size_t kMainAt = 8;
constexpr std::array<int, 8> kMainWeights = {3, 7, 9, 10, 5, 8, 4, 2};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ASCII in upper case; blanks within, as people group the digits, are left out.
std::string HalfWidthUpper(std::string_view text) {
  std::string code = text::Trim(text::Nfkc(text));
  std::erase(code, ' ');
  std::transform(code.begin(), code.end(), code.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return code;
}

bool CharactersHold(std::string_view code) {
  const std::string_view region = code.substr(2, 6);
  return code.find_first_not_of(kCharset) == std::string_view::npos &&
         std::all_of(region.begin(), region.end(), IsDigit);
}

bool CheckHolds(std::string_view code) {
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += static_cast<int>(kCharset.find(code[i])) * kWeights[i];
  return kCharset[static_cast<std::size_t>((kModulus - sum % kModulus) % kModulus)] == code.back();
}

bool MainCheckHolds(std::string_view code) {
  int sum = 0;
  for (std::size_t i = 0; i < kMainWeights.size(); ++i) {
    const char c = code[kMainAt + i];
    sum += (IsDigit(c) ? c - '0' : c - 'A' + 10) * kMainWeights[i];
  }
  constexpr std::string_view kCheckCharacters = "0X987654321";
  return kCheckCharacters[static_cast<std::size_t>(sum % 11)] == code[kMainAt + kMainWeights.size()];
}

bool IsPilotForm(std::string_view code) {
  return code.front() == '9' && code.substr(2, 2) == "35" && code.substr(kMainAt, 2) == "M0" && MainCheckHolds(code);
}

}  // namespace

absl::StatusOr<std::string> NormalizeUscc(std::string_view text) {
  std::string code = HalfWidthUpper(text);
  if (code.empty()) return Error(config::v1::REASON_REQUIRED);
  if (text::CodePoints(code) != kSize) return Error(config::v1::REASON_USCC_LENGTH);
  if (code.size() != kSize || !CharactersHold(code)) return Error(config::v1::REASON_USCC_CHARSET);
  if (!CheckHolds(code) && !IsPilotForm(code)) return Error(config::v1::REASON_USCC_CHECKSUM);
  return code;
}

bool IsPilotUscc(std::string_view uscc) {
  return uscc.size() == kSize && CharactersHold(uscc) && !CheckHolds(uscc) && IsPilotForm(uscc);
}

SubjectType ProposedSubjectType(std::string_view uscc) {
  if (uscc.starts_with("91")) return SubjectType::kEnterprise;
  if (uscc.starts_with("92")) return SubjectType::kIndividualBusiness;
  if (uscc.starts_with("93")) return SubjectType::kFarmerCoop;
  return SubjectType::kOther;
}

std::string_view SubjectTypeName(SubjectType type) {
  switch (type) {
    case SubjectType::kEnterprise: return "ENTERPRISE";
    case SubjectType::kIndividualBusiness: return "INDIVIDUAL_BUSINESS";
    case SubjectType::kFarmerCoop: return "FARMER_COOP";
    case SubjectType::kOther: return "OTHER";
  }
  return "OTHER";
}

}  // namespace jinqi::identity
