// Finds where some thousand words occur in a text, in one pass over it.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jinqi::routing {

// Where a word starts, in bytes, ascending. Of a word that occurs more often only the first kMaxPositions are kept, so
// that a text of one word over and over costs no more than another.
using Positions = std::vector<std::uint32_t>;
inline constexpr std::size_t kMaxPositions = 32;

// By word id; a word without positions does not occur.
using Hits = std::vector<Positions>;

class Lexicon {
 public:
  // The id of a word; the same word has the same id. Words are UTF-8 and compared as bytes.
  int Add(std::string_view word);

  Hits Find(std::string_view text) const;

  const std::string& word(int id) const { return words_[static_cast<std::size_t>(id)]; }
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, int> ids_;
  // Words by their first six bytes, packed: in UTF-8 Chinese those are two characters, and few words share them. A
  // shorter word stands under itself.
  std::unordered_map<std::uint64_t, std::vector<int>> by_start_;
  // Says quickly that no word starts so: nearly every place of a text is such a place.
  std::bitset<1U << 16U> known_starts_;
  // How many bytes the starts have, ascending.
  std::set<std::size_t> start_sizes_;
};

}  // namespace jinqi::routing
