#include "services/routing/lexicon.h"

#include <algorithm>

namespace jinqi::routing {
namespace {

constexpr std::size_t kStart = 3;
// The lowest byte that leads a character of three bytes or more.
constexpr unsigned char kLongLead = 0xE0;

// The first bytes of a word and how many they are; at most kStart count.
std::uint32_t Packed(std::string_view start) {
  std::uint32_t packed = static_cast<std::uint32_t>(start.size());
  for (const char byte : start) packed = (packed << 8U) | static_cast<unsigned char>(byte);
  return packed;
}

bool Continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

int Lexicon::Add(std::string_view word) {
  const auto [entry, added] = ids_.emplace(std::string(word), static_cast<int>(words_.size()));
  if (added) {
    words_.emplace_back(word);
    by_start_[Packed(word.substr(0, kStart))].push_back(entry->second);
  }
  return entry->second;
}

Hits Lexicon::Find(std::string_view text) const {
  Hits hits(words_.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (Continues(text[at])) continue;
    const std::size_t longest = std::min(kStart, text.size() - at);
    // Words shorter than a start stand under their own length, and only short characters make such words.
    const bool long_character = static_cast<unsigned char>(text[at]) >= kLongLead;
    for (std::size_t length = long_character ? longest : 1; length <= longest; ++length) {
      const auto found = by_start_.find(Packed(text.substr(at, length)));
      if (found == by_start_.end()) continue;
      for (const int id : found->second) {
        Positions& positions = hits[static_cast<std::size_t>(id)];
        if (positions.size() < kMaxPositions && text.substr(at).starts_with(word(id))) {
          positions.push_back(static_cast<std::uint32_t>(at));
        }
      }
    }
  }
  return hits;
}

}  // namespace jinqi::routing
