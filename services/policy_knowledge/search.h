// Plain full text over policies and measures, in memory (POL-20).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "jinqi/policy/v1/records.pb.h"

namespace jinqi::policy {

// What is asked, in the form in which texts are compared.
class Question {
 public:
  explicit Question(std::string_view query);

  const std::string& normalized() const { return normalized_; }
  // Hashes of its pairs of characters, sorted.
  const std::vector<std::size_t>& pairs() const { return pairs_; }

 private:
  std::string normalized_;
  std::vector<std::size_t> pairs_;
};

// A text that can be found by what is asked. Immutable.
class Passage {
 public:
  Passage(std::string_view title, std::string_view text);

  // 0 for what does not fit: the question stands in the title, in the text, or at least a third of its pairs do.
  int Score(const Question& question) const;

 private:
  std::string title_;
  std::string text_;
  std::vector<std::size_t> pairs_;
};

// A question to the search: SingleLine, 1 to `max` characters, REQUIRED or TOO_LONG at the field `query`; FORMAT
// without a letter, digit or Chinese character.
absl::StatusOr<std::string> CheckQuestion(const std::string& text, int max);

// A place that fits.
struct Hit {
  // Into the records that the index was made of.
  const v1::PolicyRecord* policy = nullptr;
  // nullptr: the policy as a whole.
  const v1::Measure* measure = nullptr;
  v1::Policy::State state = v1::Policy::STATE_UNSPECIFIED;
  int score = 0;
  // The very document that was asked for by its number.
  bool exact_number = false;
};

// Immutable. Time is linear in the texts and bounded by the length of the question; nothing in a question is a pattern.
class SearchIndex {
 public:
  // Measures belong to the policy whose name theirs begins with. The records outlive the index.
  SearchIndex(const std::vector<v1::PolicyRecord>& policies, const std::vector<v1::Measure>& measures);

  // The document of that number first; then those in force before the expired and repealed, the best first. A question
  // is found where it stands as it is, or where at least a third of its pairs of characters do. Drafts only if
  // `with_drafts`.
  std::vector<Hit> Search(std::string_view query, absl::CivilDay day, bool with_drafts) const;

  // About 60 characters around the place that fits best.
  static std::string Snippet(std::string_view text, std::string_view query);

 private:
  struct Entry {
    const v1::PolicyRecord* policy = nullptr;
    const v1::Measure* measure = nullptr;
    // CanonicalNumber of a policy; empty for a measure.
    std::string number;
    Passage passage;
  };

  void AddEntry(const v1::PolicyRecord& policy, const v1::Measure* measure, std::string_view title,
                std::string_view text);

  std::vector<Entry> entries_;
};

}  // namespace jinqi::policy
