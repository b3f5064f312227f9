#include "services/feedback/opinion_proposal.h"

#include <algorithm>
#include <utility>

#include "common/text/text.h"

namespace jinqi::feedback {
namespace {

using v1::Opinion;
using v1::OpinionMatter;
using v1::OpinionRules;
using v1::ProposedOpinion;
using Words = google::protobuf::RepeatedPtrField<std::string>;

constexpr std::string_view kPauses[] = {"，", "；", ",", ";"};
constexpr std::string_view kEnds[] = {"。", "！", "？", "!", "?", "\n", "\r"};

struct Clause {
  std::string text;
  // The first of a sentence: what came before is no longer spoken of.
  bool begins_sentence = false;
};

bool Holds(std::string_view text, const Words& words) {
  return std::any_of(words.begin(), words.end(),
                     [text](const std::string& word) { return text.find(word) != std::string_view::npos; });
}

// The length of the one of `marks` that `text` begins with; 0: none.
template <typename Marks>
std::size_t BeginsWith(std::string_view text, const Marks& marks) {
  for (const std::string_view mark : marks) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

std::vector<Clause> Split(std::string_view text, const OpinionRules& rules) {
  std::vector<Clause> clauses;
  Clause clause{"", true};
  const auto end_clause = [&](bool ends_sentence) {
    clause.text = text::Trim(clause.text);
    if (!clause.text.empty()) {
      clauses.push_back(std::exchange(clause, Clause()));
    }
    clause.begins_sentence |= ends_sentence;
  };
  while (!text.empty()) {
    std::size_t length = 1;
    if (const std::size_t end = BeginsWith(text, kEnds); end > 0) {
      end_clause(true);
      length = end;
    } else if (const std::size_t pause = BeginsWith(text, kPauses); pause > 0) {
      end_clause(false);
      length = pause;
    } else if (const std::size_t turn = BeginsWith(text, rules.turns()); turn > 0) {
      end_clause(false);
      length = turn;
    } else {
      clause.text += text.front();
    }
    text.remove_prefix(length);
  }
  end_clause(true);
  return clauses;
}

// 不太满意: a negation stands before the praise, with nothing but a degree between them.
bool IsNegated(std::string_view before, const OpinionRules& rules) {
  for (const std::string& degree : rules.degrees()) {
    if (!before.ends_with(degree)) continue;
    before.remove_suffix(degree.size());
    break;
  }
  return std::any_of(rules.negations().begin(), rules.negations().end(),
                     [before](const std::string& negation) { return before.ends_with(negation); });
}

Opinion::Kind KindOf(std::string_view clause, const OpinionRules& rules) {
  if (Holds(clause, rules.suggestions())) return Opinion::KIND_SUGGESTION;
  if (Holds(clause, rules.defects())) return Opinion::KIND_DEFECT;
  Opinion::Kind kind = Opinion::KIND_UNSPECIFIED;
  for (const std::string& word : rules.praise()) {
    for (std::size_t at = clause.find(word); at != std::string_view::npos; at = clause.find(word, at + word.size())) {
      if (IsNegated(clause.substr(0, at), rules)) return Opinion::KIND_DEFECT;
      kind = Opinion::KIND_PRAISE;
    }
  }
  return kind;
}

const OpinionMatter* MatterOf(std::string_view clause, const OpinionRules& rules) {
  const auto found = std::find_if(rules.matters().begin(), rules.matters().end(),
                                  [clause](const OpinionMatter& matter) { return Holds(clause, matter.words()); });
  return found == rules.matters().end() ? nullptr : &*found;
}

ProposedOpinion Make(Opinion::Kind kind, const OpinionMatter* matter, const std::string& main_undertaker) {
  ProposedOpinion opinion;
  opinion.set_kind(kind);
  opinion.set_subject(matter == nullptr ? Opinion::SUBJECT_HANDLING : matter->subject());
  if (matter != nullptr) *opinion.mutable_targets() = matter->targets();
  if (opinion.targets().empty() && !main_undertaker.empty()) opinion.add_targets(main_undertaker);
  return opinion;
}

bool IsSame(const ProposedOpinion& a, const ProposedOpinion& b) {
  return a.kind() == b.kind() && a.subject() == b.subject() &&
         std::equal(a.targets().begin(), a.targets().end(), b.targets().begin(), b.targets().end());
}

void Append(const std::string& clause, std::string& text) {
  if (!text.empty()) text += "，";
  text += clause;
}

}  // namespace

std::vector<ProposedOpinion> ProposeOpinions(std::string_view text, const OpinionRules& rules,
                                             const std::string& main_undertaker) {
  std::vector<ProposedOpinion> opinions;
  const OpinionMatter* matter = nullptr;
  // Clauses that say what the next ones are about, or nothing yet.
  std::string pending;
  for (const Clause& clause : Split(text, rules)) {
    if (clause.begins_sentence) {
      matter = nullptr;
      pending.clear();
    }
    const OpinionMatter* const named = MatterOf(clause.text, rules);
    if (named != nullptr) matter = named;
    Append(clause.text, pending);
    const Opinion::Kind kind = KindOf(clause.text, rules);
    if (kind == Opinion::KIND_UNSPECIFIED) continue;
    ProposedOpinion opinion = Make(kind, matter, main_undertaker);
    if (opinions.empty() || !IsSame(opinions.back(), opinion)) opinions.push_back(std::move(opinion));
    Append(std::exchange(pending, ""), *opinions.back().mutable_text());
  }
  return opinions;
}

}  // namespace jinqi::feedback
