#include "common/identity/masking.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/identity/phone.h"
#include "common/text/text.h"

namespace jinqi::identity {
namespace {

constexpr std::size_t kTail = 4;
constexpr std::string_view kHidden = "****";

constexpr std::array<std::string_view, 36> kCompoundSurnames = {
    "欧阳", "上官", "司马", "诸葛", "司徒", "东方", "独孤", "南宫", "夏侯", "尉迟", "公孙", "慕容",
    "令狐", "皇甫", "长孙", "宇文", "轩辕", "东郭", "百里", "呼延", "闻人", "澹台", "公冶", "宗政",
    "濮阳", "淳于", "单于", "太叔", "申屠", "仲孙", "钟离", "鲜于", "闾丘", "司空", "赫连", "端木"};

// What no district has in its name: such a text is no plain list of province, city, district.
constexpr std::array<std::string_view, 8> kNotInDistrict = {"路", "街", "号", "巷", "弄", "村", "镇", "乡"};
// Words ending in 区 that are no district.
constexpr std::array<std::string_view, 9> kNoDistrict = {"小区",   "园区", "社区",   "校区", "厂区",
                                                         "开发区", "景区", "自治区", "库区"};

std::string Stars(std::size_t count) { return std::string(count, '*'); }

std::vector<std::string> Characters(std::string_view text) {
  std::vector<std::string> characters;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (continues && !characters.empty()) {
      characters.back() += c;
    } else {
      characters.emplace_back(1, c);
    }
  }
  return characters;
}

std::string AllHidden(std::string_view text) { return Stars(text::CodePoints(text)); }

// Keeps `head` and `tail` characters of a value that is at least twice as long as the longer of them.
std::string KeepEnds(const std::string& value, std::size_t head, std::size_t tail) {
  const auto characters = Characters(value);
  if (characters.size() < 2 * std::max(head, tail)) return Stars(characters.size());
  std::string masked;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    masked += i < head || i + tail >= characters.size() ? characters[i] : "*";
  }
  return masked;
}

std::string WithoutGaps(std::string_view text) {
  std::string plain = text::Trim(text::Nfkc(text));
  std::erase_if(plain, [](char c) { return c == ' ' || c == '-'; });
  return plain;
}

template <typename Words>
bool ContainsAny(std::string_view text, const Words& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

template <typename Words>
bool EndsInAny(std::string_view text, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.ends_with(word); });
}

// The beginning of an address up to its district; empty where there is no district or it is no plain one.
std::string_view UpToDistrict(std::string_view address) {
  constexpr std::string_view kDistrict = "区";
  constexpr std::string_view kCounty = "县";
  constexpr std::size_t kMostCharacters = 16;
  for (std::size_t at = 0; at < address.size(); ++at) {
    const std::string_view rest = address.substr(at);
    if (!rest.starts_with(kDistrict) && !rest.starts_with(kCounty)) continue;
    const std::string_view kept = address.substr(0, at + kDistrict.size());
    if (kept.ends_with("自治区")) continue;
    const bool plain = !EndsInAny(kept, kNoDistrict) && !ContainsAny(kept, kNotInDistrict) &&
                       kept.find_first_of("0123456789") == std::string_view::npos &&
                       text::CodePoints(kept) <= kMostCharacters;
    return plain ? kept : std::string_view();
  }
  return {};
}

}  // namespace

std::string MaskPhone(std::string_view phone) {
  const auto normalized = NormalizePhone(phone);
  if (!normalized.ok()) return AllHidden(phone);
  if (IsMobile(*normalized)) return KeepEnds(*normalized, 3, kTail);
  const auto dash = normalized->find('-');
  const auto extension = normalized->find('-', dash == std::string::npos ? 0 : dash + 1);
  const bool has_area = normalized->starts_with('0');
  const std::size_t local_at = has_area ? dash + 1 : 3;
  const std::size_t end = has_area ? std::min(extension, normalized->size()) : 10;
  return normalized->substr(0, local_at) + Stars(end - local_at - kTail) + normalized->substr(end - kTail, kTail) +
         Stars(normalized->size() - end);
}

std::string MaskId(std::string_view id) { return KeepEnds(WithoutGaps(id), 3, kTail); }

std::string MaskName(std::string_view name) {
  const std::string plain = text::Trim(name);
  const auto characters = Characters(plain);
  if (characters.size() < 2) return Stars(characters.size());
  const bool compound = characters.size() > 2 && std::find(kCompoundSurnames.begin(), kCompoundSurnames.end(),
                                                           characters[0] + characters[1]) != kCompoundSurnames.end();
  const std::size_t kept = compound ? 2 : 1;
  return (compound ? characters[0] + characters[1] : characters[0]) + Stars(characters.size() - kept);
}

std::string MaskAddress(std::string_view address) {
  constexpr std::string_view kCity = "天津市";
  const std::string plain = text::Nfkc(text::Trim(address));
  if (plain.empty()) return {};
  const std::string_view district = UpToDistrict(plain);
  if (!district.empty()) return std::string(district) + (district.size() == plain.size() ? "" : std::string(kHidden));
  return (plain.starts_with(kCity) ? std::string(kCity) : std::string()) + std::string(kHidden);
}

std::string MaskBankCard(std::string_view card) { return KeepEnds(WithoutGaps(card), 0, kTail); }

std::string MaskEmail(std::string_view email) {
  const std::string plain = text::Trim(email);
  const auto at = plain.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == plain.size()) return AllHidden(plain);
  const auto local = Characters(std::string_view(plain).substr(0, at));
  return (local.size() > 1 ? local.front() : "") + "***" + plain.substr(at);
}

std::string MaskUscc(std::string_view uscc) {
  std::string code = WithoutGaps(uscc);
  return ProposedSubjectType(code) == SubjectType::kIndividualBusiness ? KeepEnds(code, 2, kTail) : code;
}

bool IsMasked(std::string_view value) { return text::Nfkc(value).find('*') != std::string::npos; }

}  // namespace jinqi::identity
