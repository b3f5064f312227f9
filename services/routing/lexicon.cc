#include "services/routing/lexicon.h"

namespace jinqi::routing {
namespace {

constexpr std::size_t kStart = 6;
// Fibonacci hashing: 2^64 over the golden ratio spreads near numbers far apart.
constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15U;

// The first bytes of a word and how many they are; at most kStart count.
std::uint64_t Packed(std::string_view start) {
  std::uint64_t packed = start.size();
  for (const char byte : start) packed = (packed << 8U) | static_cast<unsigned char>(byte);
  return packed;
}

// Where a packed start stands among the known ones; several may share a place.
std::size_t Place(std::uint64_t packed) { return (packed * kSpread) >> 48U; }

bool Continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

int Lexicon::Add(std::string_view word) {
  const auto [entry, added] = ids_.emplace(std::string(word), static_cast<int>(words_.size()));
  if (added) {
    words_.emplace_back(word);
    const std::string_view start = word.substr(0, kStart);
    by_start_[Packed(start)].push_back(entry->second);
    known_starts_.set(Place(Packed(start)));
    start_sizes_.insert(start.size());
  }
  return entry->second;
}

Hits Lexicon::Find(std::string_view text) const {
  Hits hits(words_.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (Continues(text[at])) continue;
    for (const std::size_t size : start_sizes_) {
      if (size > text.size() - at) break;
      const std::uint64_t start = Packed(text.substr(at, size));
      if (!known_starts_.test(Place(start))) continue;
      const auto found = by_start_.find(start);
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
