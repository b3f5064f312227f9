#include "services/policy_knowledge/search.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/policy_knowledge/document_number.h"
#include "services/policy_knowledge/policy.h"

namespace jinqi::policy {
namespace {

using v1::Policy;

// What a place is worth: the question stands in the title, in the text, or in pieces of which `kPieces` is all.
constexpr int kInTitle = 2000;
constexpr int kInText = 1000;
constexpr int kPieces = 900;
// Fewer pieces than a third are chance.
constexpr int kLeastPieces = kPieces / 3;
constexpr int kSnippet = 60;
constexpr int kSnippetBefore = 12;

std::vector<std::size_t> PairsOf(const std::string& normalized) {
  std::vector<std::size_t> pairs;
  for (const std::string& pair : text::Bigrams(normalized)) pairs.push_back(std::hash<std::string>()(pair));
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

int Pieces(const std::vector<std::size_t>& question, const std::vector<std::size_t>& entry) {
  if (question.empty()) return 0;
  const auto found = std::count_if(question.begin(), question.end(), [&entry](std::size_t pair) {
    return std::binary_search(entry.begin(), entry.end(), pair);
  });
  return static_cast<int>(found * kPieces / static_cast<std::ptrdiff_t>(question.size()));
}

bool InForce(Policy::State state) { return state == Policy::STATE_EFFECTIVE || state == Policy::STATE_PUBLISHED; }

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

// `count` characters on from `at`, or back for a negative count.
std::size_t Step(std::string_view text, std::size_t at, int count) {
  for (; count > 0 && at < text.size(); --count) {
    ++at;
    while (at < text.size() && IsContinuation(text[at])) ++at;
  }
  for (; count < 0 && at > 0; ++count) {
    --at;
    while (at > 0 && IsContinuation(text[at])) --at;
  }
  return at;
}

// What is left of a policy's text without its measures, which stand for themselves.
std::string WithoutMeasures(const v1::PolicyRecord& policy, const std::vector<const v1::Measure*>& measures) {
  std::string text = policy.policy().text();
  for (const v1::Measure* measure : measures) {
    const std::size_t at = text.find(measure->full_text());
    if (at != std::string::npos) text.erase(at, measure->full_text().size());
  }
  return text;
}

}  // namespace

Question::Question(std::string_view query) : normalized_(text::Normalize(query)), pairs_(PairsOf(normalized_)) {}

Passage::Passage(std::string_view title, std::string_view text)
    : title_(text::Normalize(title)), text_(text::Normalize(text)), pairs_(PairsOf(title_ + text_)) {}

int Passage::Score(const Question& question) const {
  int score = Pieces(question.pairs(), pairs_);
  if (score < kLeastPieces) score = 0;
  if (title_.find(question.normalized()) != std::string::npos) score += kInTitle;
  if (text_.find(question.normalized()) != std::string::npos) score += kInText;
  return score;
}

absl::StatusOr<std::string> CheckQuestion(const std::string& text, int max) {
  std::string query = text::SingleLine(text);
  if (query.empty()) return FieldError("query", config::v1::REASON_REQUIRED);
  if (text::CodePoints(query) > static_cast<std::size_t>(max)) {
    return FieldError("query", config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(max)}});
  }
  if (text::Normalize(query).empty()) return FieldError("query", config::v1::REASON_FORMAT);
  return query;
}

SearchIndex::SearchIndex(const std::vector<v1::PolicyRecord>& policies, const std::vector<v1::Measure>& measures) {
  for (const v1::PolicyRecord& policy : policies) {
    std::vector<const v1::Measure*> own;
    for (const v1::Measure& measure : measures) {
      if (measure.name().rfind(policy.policy().name() + "/", 0) == 0) own.push_back(&measure);
    }
    AddEntry(policy, nullptr, policy.policy().title(), WithoutMeasures(policy, own));
    for (const v1::Measure* measure : own) AddEntry(policy, measure, measure->title(), measure->full_text());
  }
}

void SearchIndex::AddEntry(const v1::PolicyRecord& policy, const v1::Measure* measure, std::string_view title,
                           std::string_view text) {
  entries_.push_back({&policy, measure, measure == nullptr ? CanonicalNumber(policy.policy().document_number()) : "",
                      Passage(title, text)});
}

std::vector<Hit> SearchIndex::Search(std::string_view query, absl::CivilDay day, bool with_drafts) const {
  const std::string number = CanonicalNumber(query);
  const Question question(query);
  std::vector<Hit> hits;
  for (const Entry& entry : entries_) {
    Hit hit{entry.policy, entry.measure, StateOn(*entry.policy, day)};
    if (hit.state == Policy::STATE_DRAFT && !with_drafts) continue;
    hit.exact_number = !number.empty() && number == entry.number;
    hit.score = entry.passage.Score(question);
    if (hit.exact_number || hit.score > 0) hits.push_back(hit);
  }
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return std::tuple(!a.exact_number, !InForce(a.state), -a.score) <
           std::tuple(!b.exact_number, !InForce(b.state), -b.score);
  });
  return hits;
}

std::string SearchIndex::Snippet(std::string_view text, std::string_view query) {
  const std::string wanted = text::Trim(query);
  std::size_t at = text.find(wanted);
  if (at == std::string_view::npos) {
    for (const std::string& pair : text::Bigrams(wanted)) {
      at = text.find(pair);
      if (at != std::string_view::npos) break;
    }
  }
  if (at == std::string_view::npos) at = 0;
  const std::size_t begin = Step(text, at, -kSnippetBefore);
  const std::size_t end = Step(text, begin, kSnippet);
  return absl::StrCat(begin > 0 ? "…" : "", std::string(text.substr(begin, end - begin)), end < text.size() ? "…" : "");
}

}  // namespace jinqi::policy
