#include "services/policy_knowledge/document_number.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/text/text.h"

namespace jinqi::policy {
namespace {

constexpr std::size_t kYearDigits = 4;
constexpr std::size_t kMaxNumberDigits = 5;
constexpr std::string_view kEnd = "号";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Only letters, digits and Chinese characters, in runs: what stands between two runs is dropped, but parts them.
struct Piece {
  std::string text;
  bool digits = false;
};

bool IsSeparator(std::string_view character) { return text::Normalize(character).empty(); }

std::size_t CharacterSize(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

std::vector<Piece> Cut(const std::string& text) {
  std::vector<Piece> pieces;
  bool parted = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = std::min(CharacterSize(text[at]), text.size() - at);
    const std::string_view character = std::string_view(text).substr(at, size);
    at += size;
    if (IsSeparator(character)) {
      parted = true;
      continue;
    }
    const bool digit = IsDigit(character[0]);
    if (parted || pieces.back().digits != digit) pieces.push_back({"", digit});
    pieces.back().text += character;
    parted = false;
  }
  return pieces;
}

}  // namespace

std::string CanonicalNumber(std::string_view text) {
  std::vector<Piece> pieces = Cut(text::Nfkc(text));
  if (!pieces.empty() && pieces.back().text == kEnd) pieces.pop_back();
  if (pieces.size() != 3 || pieces[0].digits || !pieces[1].digits || !pieces[2].digits) return {};
  if (pieces[1].text.size() != kYearDigits || pieces[2].text.size() > kMaxNumberDigits) return {};
  const std::size_t significant = std::min(pieces[2].text.find_first_not_of('0'), pieces[2].text.size() - 1);
  return pieces[0].text + "|" + pieces[1].text + "|" + pieces[2].text.substr(significant);
}

}  // namespace jinqi::policy
