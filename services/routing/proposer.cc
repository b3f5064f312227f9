#include "services/routing/proposer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"
#include "common/text/text.h"

namespace jinqi::routing {
namespace {

// A collective name that stands for the government of the subject's district (RTE-03).
constexpr std::string_view kDistricts[] = {"ALLQ", "RELQ"};
// Who leads where a body would judge itself (RTE-12): the supervisor of law enforcement, then the district.
constexpr std::string_view kConductLeads[] = {"SFJ", "ALLQ"};
constexpr double kConductScore = 0.95;
// Later bodies of one rule stand behind its first, but before weaker rules.
constexpr double kSecondBody = 0.97;

constexpr std::string_view kStops[] = {"，", "。", "；", "！", "？", "、", ",", ".", ";", "!", "?", " ", "\n"};

bool IsDistrictName(std::string_view undertaker) {
  return std::find(std::begin(kDistricts), std::end(kDistricts), undertaker) != std::end(kDistricts);
}

std::size_t NextStop(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (std::any_of(std::begin(kStops), std::end(kStops), [rest](auto stop) { return rest.starts_with(stop); })) {
      return at;
    }
  }
  return text.size();
}

std::string Folded(const std::string& text) { return absl::AsciiStrToLower(text::Nfkc(text)); }

}  // namespace

struct Proposer::Scored {
  const Rule* rule;
  double score;
  std::vector<std::string> words;
};

absl::Status Proposer::AddRule(const config::v1::RoutingRule& rule) {
  Rule added{rule.id(), rule.measure(), rule.matter(), {}, {}, {}};
  for (const std::string& undertaker : rule.undertakers()) {
    if (!bodies_.contains(undertaker)) {
      return absl::InvalidArgumentError("routing rule " + rule.id() + " names unknown body " + undertaker);
    }
    added.undertakers.push_back(undertaker);
  }
  if (added.undertakers.empty()) return absl::InvalidArgumentError("routing rule " + rule.id() + " names no body");
  for (const auto& cue : rule.cues()) {
    if (!(cue.weight() > 0 && cue.weight() < 1)) {
      return absl::InvalidArgumentError("routing rule " + rule.id() + " has a weight outside (0, 1)");
    }
    Cue compiled{{}, cue.weight()};
    std::map<int, std::size_t> group_of;
    for (const std::string& group : std::vector<std::string>(absl::StrSplit(cue.when(), '&'))) {
      std::vector<int> words;
      for (const std::string& word : std::vector<std::string>(absl::StrSplit(group, '|', absl::SkipWhitespace()))) {
        words.push_back(lexicon_.Add(Folded(word)));
        if (group_of.emplace(words.back(), compiled.groups.size()).first->second != compiled.groups.size()) {
          return absl::InvalidArgumentError("routing rule " + rule.id() + " has the word " + word + " in two groups");
        }
      }
      if (words.empty()) return absl::InvalidArgumentError("routing rule " + rule.id() + " has a cue without words");
      compiled.groups.push_back(std::move(words));
    }
    added.cues.push_back(std::move(compiled));
  }
  for (const std::string& word : rule.unless()) added.unless.push_back(lexicon_.Add(Folded(word)));
  rules_.push_back(std::move(added));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Proposer>> Proposer::Make(const config::v1::RoutingRules& rules,
                                                         const std::vector<Body>& directory) {
  std::unique_ptr<Proposer> proposer(new Proposer());
  proposer->version_ = rules.version();
  proposer->threshold_ = rules.threshold();
  if (!(rules.threshold() > 0 && rules.threshold() < 1)) {
    return absl::InvalidArgumentError("the threshold of the routing rules must lie between 0 and 1");
  }
  for (const Body& body : directory) {
    proposer->bodies_.emplace(body.code, body);
    if (!body.display_name.empty()) {
      proposer->official_names_.push_back(proposer->lexicon_.Add(Folded(body.display_name)));
    }
    if (!body.district_code.empty()) proposer->district_bodies_.emplace(body.district_code, body.code);
  }
  for (const auto& rule : rules.rules()) RETURN_IF_ERROR(proposer->AddRule(rule));
  for (const std::string& word : rules.instructions()) {
    proposer->instructions_.push_back(proposer->lexicon_.Add(Folded(word)));
  }
  std::vector<int> conduct;
  for (const std::string& word : rules.conduct_words()) conduct.push_back(proposer->lexicon_.Add(Folded(word)));
  for (const auto& names : rules.body_names()) {
    std::vector<int> words;
    for (const std::string& word : names.words()) words.push_back(proposer->lexicon_.Add(Folded(word)));
    proposer->accusations_.emplace_back(names.code(), Cue{{conduct, std::move(words)}, kConductScore});
  }
  return proposer;
}

Proposer::Reading Proposer::Read(const ProposalInput& input) const {
  Reading reading{Folded(input.title + "\n" + input.content), {}};
  reading.hits = lexicon_.Find(reading.text);
  const std::size_t size = reading.text.size();
  for (const int instruction : instructions_) {
    if (reading.hits[static_cast<std::size_t>(instruction)].empty()) continue;
    const std::string& words = lexicon_.word(instruction);
    std::string& text = reading.text;
    for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at)) {
      text.erase(at, NextStop(text, at) - at);
    }
  }
  if (reading.text.size() != size) reading.hits = lexicon_.Find(reading.text);
  return reading;
}

std::optional<Proposer::Reading> Proposer::WithoutNames(const Reading& reading) const {
  std::string text = reading.text;
  for (const int name : official_names_) {
    if (reading.hits[static_cast<std::size_t>(name)].empty()) continue;
    const std::string& words = lexicon_.word(name);
    for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at)) {
      text.replace(at, words.size(), "\n");
    }
  }
  if (text == reading.text) return std::nullopt;
  Hits hits = lexicon_.Find(text);
  return Reading{std::move(text), std::move(hits)};
}

std::optional<Proposer::Passage> Proposer::Match(const Cue& cue, const Reading& reading, std::uint32_t reach) const {
  const Hits& hits = reading.hits;
  struct Place {
    std::uint32_t at;
    std::size_t group;
    int word;
  };
  const auto occurs = [&hits](int word) { return !hits[static_cast<std::size_t>(word)].empty(); };
  for (const std::vector<int>& group : cue.groups) {
    if (std::none_of(group.begin(), group.end(), occurs)) return std::nullopt;
  }
  std::vector<Place> places;
  for (std::size_t group = 0; group < cue.groups.size(); ++group) {
    for (const int word : cue.groups[group]) {
      for (const std::uint32_t at : hits[static_cast<std::size_t>(word)]) places.push_back({at, group, word});
    }
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.at < b.at; });
  // The nearest word of each group up to here.
  std::vector<std::optional<Place>> latest(cue.groups.size());
  std::optional<Passage> passage;
  for (const Place& place : places) {
    latest[place.group] = place;
    std::uint32_t start = place.at;
    bool complete = true;
    for (const auto& word : latest) {
      complete = complete && word.has_value();
      if (word.has_value()) start = std::min(start, word->at);
    }
    if (!complete || place.at - start > reach) continue;
    if (!passage.has_value()) {
      passage = Passage{{}, false};
      for (const auto& word : latest) passage->words.push_back(lexicon_.word(word->word));
    }
    if (start < kFocus || place.at + kFocus >= reading.text.size()) {
      passage->in_focus = true;
      break;
    }
  }
  return passage;
}

std::vector<Proposer::Scored> Proposer::Score(const Reading& reading) const {
  const auto hit = [&reading](int word) { return !reading.hits[static_cast<std::size_t>(word)].empty(); };
  std::vector<Scored> scored;
  for (const Rule& rule : rules_) {
    if (std::any_of(rule.unless.begin(), rule.unless.end(), hit)) continue;
    Scored candidate{&rule, 0, {}};
    double doubt = 1;
    for (const Cue& cue : rule.cues) {
      const std::optional<Passage> passage = Match(cue, reading, kReach);
      if (!passage.has_value()) continue;
      doubt *= 1 - cue.weight * (passage->in_focus ? 1 : kInPassing);
      candidate.words.insert(candidate.words.end(), passage->words.begin(), passage->words.end());
    }
    candidate.score = 1 - doubt;
    if (candidate.score >= threshold_) scored.push_back(std::move(candidate));
  }
  std::stable_sort(scored.begin(), scored.end(), [](const Scored& a, const Scored& b) { return a.score > b.score; });
  return scored;
}

std::string Proposer::Expand(const std::string& undertaker, const std::string& district_code) const {
  if (IsDistrictName(undertaker)) {
    const auto district = district_bodies_.find(district_code);
    return district == district_bodies_.end() ? "" : district->second;
  }
  const auto body = bodies_.find(undertaker);
  if (body == bodies_.end() || body->second.receive_mode == "expand_by_competence") return "";
  return undertaker;
}

std::vector<std::string> Proposer::AccusedIn(const Reading& reading, const std::string& district_code) const {
  std::vector<std::string> accused;
  for (const auto& [name, accusation] : accusations_) {
    if (!Match(accusation, reading, kAccusedReach).has_value()) continue;
    // “区政府” is the government of the subject's district.
    const std::string code = Expand(name, district_code);
    if (!code.empty()) accused.push_back(code);
  }
  return accused;
}

std::vector<std::string> Proposer::Accused(const ProposalInput& input) const {
  return AccusedIn(Read(input), input.district_code);
}

v1::Proposal Proposer::Propose(const ProposalInput& input) const {
  const Reading reading = Read(input);
  v1::Proposal proposal;
  proposal.set_rules_version(version_);
  if (text::NamesCourtCase(reading.text)) proposal.add_hints("LEGAL_CHANNEL");
  const std::vector<std::string> accused = AccusedIn(reading, input.district_code);
  const std::set<std::string> barred(accused.begin(), accused.end());
  std::set<std::string> seen;
  const auto add = [&](const std::string& undertaker, double score, const Rule* rule, const std::string& reason) {
    const std::string code = Expand(undertaker, input.district_code);
    if (code.empty() || barred.contains(code) || proposal.candidates_size() >= kMaxCandidates) return;
    if (!seen.insert(code).second) return;
    const Body& body = bodies_.at(code);
    auto* candidate = proposal.add_candidates();
    candidate->set_undertaker(code);
    candidate->set_display_name(body.display_name);
    candidate->set_receive_mode(body.receive_mode);
    candidate->set_score(score);
    candidate->add_reasons(reason);
    if (rule != nullptr) candidate->add_measures(rule->measure);
  };
  if (!barred.empty()) {
    proposal.add_hints("CONFLICT_OF_INTEREST");
    for (const std::string_view lead : kConductLeads) {
      add(std::string(lead), kConductScore, nullptr, "RTE-12: 被反映单位不得自行主办");
    }
  }
  const std::optional<Reading> matter = WithoutNames(reading);
  for (const Scored& scored : Score(matter.has_value() ? *matter : reading)) {
    std::string reason = scored.rule->id + " " + scored.rule->matter + "：";
    for (const std::string& word : scored.words) reason += (reason.ends_with("：") ? "" : "、") + word;
    double score = scored.score;
    for (const std::string& undertaker : scored.rule->undertakers) {
      add(undertaker, score, scored.rule, reason);
      score *= kSecondBody;
    }
  }
  proposal.set_needs_human(proposal.candidates_size() == 0);
  return proposal;
}

}  // namespace jinqi::routing
