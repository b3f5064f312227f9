// How alike two texts are that different people wrote about what may be one matter (INT-09). Own method, without a
// model: words brought to one form, compared by what they share and in which order. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jinqi::text {

// What a text is compared by.
struct Gist {
  // In their order: Chinese characters one by one, runs of letters, numbers in digits (二十 is 20, 3万 is 30000);
  // expressions of one meaning as the same word (为何, 为啥); without particles and courtesy.
  std::vector<std::string> words;
  // What tells matters apart whose words agree: the numbers, and places by their last characters (某某路, 某某镇).
  std::set<std::string> numbers;
  std::set<std::string> places;
  // Says that something is not so: an odd number of negations.
  bool negated = false;
};

Gist GistOf(std::string_view text);

// 0 nothing in common to 1 the same words in the same order; symmetric. Numbers, places or negations that contradict
// each other make it less. Takes time in proportion to the product of both lengths, of at most 400 words each.
double Similarity(const Gist& one, const Gist& other);

// At most `limit` of the pairs of neighbouring words, chosen by their hash and so alike for all texts: two texts have
// as many keys in common as they have pairs in common, in proportion. Ascending by hash, without doubles. Of a single
// word, itself.
std::vector<std::string> SketchOf(const Gist& gist, std::size_t limit);

// The ids that share the most telling keys with a text, best first, at most `limit`: `found` holds for each key the ids
// that have it, and a key that many have counts for less.
std::vector<std::string> RankBySharedKeys(const std::vector<std::vector<std::string>>& found, std::size_t limit);

}  // namespace jinqi::text
