#include "services/routing/lexicon.h"

#include <algorithm>

namespace jinqi::routing {
namespace {

constexpr std::size_t kStart = 3;

}  // namespace

int Lexicon::Add(std::string_view word) {
  const auto [entry, added] = ids_.emplace(std::string(word), static_cast<int>(words_.size()));
  if (added) {
    words_.emplace_back(word);
    by_start_[std::string(word.substr(0, kStart))].push_back(entry->second);
  }
  return entry->second;
}

Hits Lexicon::Find(std::string_view text) const {
  Hits hits(words_.size(), false);
  std::string start;
  for (std::size_t at = 0; at < text.size(); ++at) {
    // Words shorter than a start stand under their own length.
    for (std::size_t length = 1; length <= std::min(kStart, text.size() - at); ++length) {
      start.assign(text.substr(at, length));
      const auto found = by_start_.find(start);
      if (found == by_start_.end()) continue;
      for (const int id : found->second) {
        const std::string& candidate = word(id);
        if (text.compare(at, candidate.size(), candidate) == 0) hits[static_cast<std::size_t>(id)] = true;
      }
    }
  }
  return hits;
}

}  // namespace jinqi::routing
