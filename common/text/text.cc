#include "common/text/text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <regex>

#include "common/crypto/sm3.h"

namespace jinqi::text {
namespace {

// The next code point at `at`, which moves on; negative for bytes that are no UTF-8.
UChar32 Next(std::string_view text, std::size_t& at) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int64_t>(text.size());
  auto index = static_cast<std::int64_t>(at);
  UChar32 c = 0;
  U8_NEXT(bytes, index, size, c);
  at = static_cast<std::size_t>(index);
  return c;
}

void Append(std::string& text, UChar32 c) {
  std::uint8_t bytes[U8_MAX_LENGTH];
  std::size_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c < 0 ? 0xFFFD : c);
  text.append(reinterpret_cast<const char*>(bytes), size);
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool IsControl(UChar32 c) { return u_charType(c) == U_CONTROL_CHAR; }

// Shows as nothing. Marks that change how the character before them looks are not among these.
bool IsBlank(UChar32 c) {
  if (c < 0) return false;
  if (u_isUWhiteSpace(c) != 0 || IsControl(c)) return true;
  return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 && u_charType(c) != U_NON_SPACING_MARK;
}

bool IsLineBreak(UChar32 c) { return (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0x2028 || c == 0x2029; }

bool IsWordPart(UChar32 c) { return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)) != 0; }

// ICU carries its own data: without a normalizer the installation is broken, and nothing read here could be trusted.
const icu::Normalizer2& Loaded(const icu::Normalizer2* normalizer, UErrorCode error) {
  if (U_FAILURE(error) != 0 || normalizer == nullptr) std::terminate();
  return *normalizer;
}

const icu::Normalizer2& NfkcNormalizer() {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const normalizer = icu::Normalizer2::getNFKCInstance(error);
  return Loaded(normalizer, error);
}

const icu::Normalizer2& CasefoldNormalizer() {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
  return Loaded(normalizer, error);
}

icu::UnicodeString Apply(const icu::Normalizer2& normalizer, std::string_view text) {
  const auto source =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString result = normalizer.normalize(source, error);
  if (U_FAILURE(error) != 0) std::terminate();
  return result;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (Next(text, at) < 0) return false;
  }
  return true;
}

std::size_t CodePoints(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) Next(text, at);
  return count;
}

std::string Nfkc(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  std::string result;
  return Apply(NfkcNormalizer(), text).toUTF8String(result);
}

std::string Trim(std::string_view text) {
  std::size_t first = text.size();
  std::size_t last = text.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (IsBlank(Next(text, at))) continue;
    first = std::min(first, start);
    last = at;
  }
  return std::string(text.substr(first, last - first));
}

std::string SingleLine(std::string_view text) {
  std::string line;
  bool broken = false;
  for (std::size_t at = 0; at < text.size();) {
    const UChar32 c = Next(text, at);
    if (IsLineBreak(c)) {
      if (!broken) line += ' ';
      broken = true;
      continue;
    }
    if (c >= 0 && (IsControl(c) || u_hasBinaryProperty(c, UCHAR_BIDI_CONTROL) != 0)) continue;
    broken = false;
    Append(line, c);
  }
  return Trim(line);
}

std::string Normalize(std::string_view text) {
  const icu::UnicodeString folded = Apply(CasefoldNormalizer(), text);
  std::string words;
  words.reserve(text.size());
  for (std::int32_t at = 0; at < folded.length(); at = folded.moveIndex32(at, 1)) {
    const UChar32 c = folded.char32At(at);
    if (IsWordPart(c)) Append(words, c);
  }
  return words;
}

std::string Fingerprint(std::string_view text) { return crypto::Sm3Hex(Normalize(text)); }

std::vector<std::string> Bigrams(std::string_view text) {
  std::vector<std::string> bigrams;
  std::string previous;
  for (std::size_t at = 0; at < text.size();) {
    std::string current;
    Append(current, Next(text, at));
    if (!previous.empty()) bigrams.push_back(previous + current);
    previous = std::move(current);
  }
  if (bigrams.empty() && !previous.empty()) bigrams.push_back(std::move(previous));
  return bigrams;
}

bool NamesCourtCase(std::string_view text) {
  // NFKC turns full-width brackets into ASCII ones. A court's short name is one or more characters and digits.
  static const std::regex number(R"([(\[]20\d{2}[)\]][^\s()\[\]]{1,12}(民|刑|行|执|破|商|知)[^\s()\[\]]{0,9}\d+号)");
  const std::string plain = Nfkc(text);
  // Regular expressions are slow on long texts, and few texts hold a bracketed year.
  if (plain.find("(20") == std::string::npos && plain.find("[20") == std::string::npos) return false;
  return std::regex_search(plain, number);
}

}  // namespace jinqi::text
