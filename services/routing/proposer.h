// Proposes up to three bodies for a text, by rules alone (RTE-03, RTE-23). Pure and immutable once made.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "jinqi/config/v1/routing_rules.pb.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "services/routing/lexicon.h"

namespace jinqi::routing {

// What the proposer knows of the directory: only bodies that stand here are ever proposed.
struct Body {
  std::string code;
  std::string display_name;
  // direct, participating, liaison; collective names have expand_by_location or expand_by_competence.
  std::string receive_mode;
  // Of a district government.
  std::string district_code;
};

struct ProposalInput {
  std::string title;
  std::string content;
  std::string district_code;
  std::string category_code;
  events::v1::DemandType demand_type = events::v1::DEMAND_TYPE_UNSPECIFIED;
  events::v1::Urgency urgency = events::v1::URGENCY_UNSPECIFIED;
  events::v1::Channel channel = events::v1::CHANNEL_UNSPECIFIED;
};

// A candidate more than this many is not shown.
inline constexpr int kMaxCandidates = 3;

// A cue's words speak of one thing where they start within this many bytes of each other: about 60 Chinese characters.
inline constexpr std::uint32_t kReach = 180;
// A text says what it is about in its title, at its start and at its end: about 150 Chinese characters each.
inline constexpr std::size_t kFocus = 450;
// What only the middle of a long text mentions counts this much.
inline constexpr double kInPassing = 0.6;
// The conduct complained of and the body complained of may stand farther apart: missing one would let it judge itself.
inline constexpr std::uint32_t kAccusedReach = 450;

class Proposer {
 public:
  // Refuses rules that name a body which the directory does not know, a weight outside (0, 1), a cue without words or
  // with one word in two groups (it would stand for both).
  static absl::StatusOr<std::unique_ptr<Proposer>> Make(const config::v1::RoutingRules& rules,
                                                        const std::vector<Body>& directory);

  // Without candidates needs_human is set. The caller fills proposal_id, catalogue_version and time. Hints:
  // LEGAL_CHANNEL where the text names a court case (INT-08, RTE-10), CONFLICT_OF_INTEREST where a body named in the
  // text was taken out as its own judge (RTE-12).
  v1::Proposal Propose(const ProposalInput& input) const;

  const std::string& rules_version() const { return version_; }

  // The bodies whose conduct the text complains of (RTE-12): they may not lead. Empty where nothing is said about
  // conduct.
  std::vector<std::string> Accused(const ProposalInput& input) const;

 private:
  struct Cue {
    // Of each group one word must occur, all of them within a reach.
    std::vector<std::vector<int>> groups;
    double weight;
  };
  // Where a cue's words were found together.
  struct Passage {
    // One of each group, at the first such place.
    std::vector<std::string> words;
    // One such place stands at the start or the end of the text.
    bool in_focus;
  };
  struct Rule {
    std::string id;
    std::string measure;
    std::string matter;
    std::vector<std::string> undertakers;
    std::vector<Cue> cues;
    std::vector<int> unless;
  };
  // A text in one spelling and what words stand where in it.
  struct Reading {
    std::string text;
    Hits hits;
  };
  struct Scored;

  Proposer() = default;
  // The text without what it orders the machine to do.
  Reading Read(const ProposalInput& input) const;
  // Nothing where the text names no body.
  std::optional<Reading> WithoutNames(const Reading& reading) const;
  absl::Status AddRule(const config::v1::RoutingRule& rule);
  std::optional<Passage> Match(const Cue& cue, const Reading& reading, std::uint32_t reach) const;
  std::vector<Scored> Score(const Reading& reading) const;
  std::vector<std::string> AccusedIn(const Reading& reading, const std::string& district_code) const;
  // The body that a name of a rule stands for here; empty where a collective name has nobody to stand for.
  std::string Expand(const std::string& undertaker, const std::string& district_code) const;

  std::string version_;
  double threshold_ = 0;
  Lexicon lexicon_;
  std::vector<Rule> rules_;
  std::vector<int> instructions_;
  // Of the directory: whom a text names says nothing about who is responsible.
  std::vector<int> official_names_;
  // Code to words of conduct together with the words by which people call the body.
  std::vector<std::pair<std::string, Cue>> accusations_;
  std::map<std::string, Body> bodies_;
  std::map<std::string, std::string> district_bodies_;
};

}  // namespace jinqi::routing
