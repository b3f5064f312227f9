// Finds which of some thousand words occur in a text, in one pass over it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jinqi::routing {

// By word id: whether it occurs.
using Hits = std::vector<bool>;

class Lexicon {
 public:
  // The id of a word; the same word has the same id. Words are compared as bytes.
  int Add(std::string_view word);

  Hits Find(std::string_view text) const;

  const std::string& word(int id) const { return words_[static_cast<std::size_t>(id)]; }
  bool empty() const { return words_.empty(); }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, int> ids_;
  // Words by their first three bytes: in UTF-8 Chinese that is the first character.
  std::unordered_map<std::string, std::vector<int>> by_start_;
};

}  // namespace jinqi::routing
