// The dispatch catalogue (派单目录): category and place to the main undertaker, in versions (RTE-02).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/directory.h"
#include "services/routing/grassroots.h"

namespace jinqi::routing {

// A leaf, or a branch with all that is below it.
bool CategoryFits(std::string_view rule, std::string_view category);

// Every faulty field at once: dates that are none, a body that the directory does not know (NOT_IN_DIRECTORY), a main
// one that also assists (MAIN_IS_ASSISTANT), a township beyond its duties or a village (see grassroots.h), ids missing
// or twice. Then CATALOGUE_OVERLAP with the ids of two rules of one category, place and subject type whose validity
// overlaps.
absl::Status CheckCatalogue(const v1::DispatchCatalogue& catalogue, const Directory& directory,
                            const DutyLists& duties);

// The catalogue with a rule that stands in place of those it meets: they hold again after its last day (RTE-09).
v1::DispatchCatalogue WithRuling(const v1::DispatchCatalogue& catalogue, const v1::CatalogueRule& ruling);

// What a catalogue says about a demand.
struct CatalogueAnswer {
  std::int64_t version = 0;
  std::string rule_id;
  std::string main_undertaker;
  std::vector<std::string> assist_undertakers;
};

// All versions; immutable.
class Catalogue {
 public:
  // Of checked ones.
  static absl::StatusOr<Catalogue> Make(const std::vector<v1::DispatchCatalogue>& versions);

  // The version in force that day: of those that have begun the highest number. 0: none.
  std::int64_t VersionOn(absl::CivilDay day) const;
  // Whether a version that is kept has a rule.
  bool Has(std::int64_t version, std::string_view rule_id) const;
  // What holds from a day on: the version in force, an empty one where there is none, then those that begin later.
  std::vector<v1::DispatchCatalogue> From(absl::CivilDay day) const;
  // The rule of the version in force that day. A rule for the leaf goes before one for its branch, then one for the
  // district before one for all, then one for the subject type.
  std::optional<CatalogueAnswer> Find(std::string_view category_code, std::string_view district_code,
                                      events::v1::SubjectType subject, absl::CivilDay day,
                                      const Directory& directory) const;

 private:
  struct Rule {
    v1::CatalogueRule rule;
    std::optional<absl::CivilDay> from;
    std::optional<absl::CivilDay> to;
  };
  struct Version {
    std::int64_t number = 0;
    absl::CivilDay effective;
    std::vector<Rule> rules;
  };
  const Version* InForce(absl::CivilDay day) const;

  std::vector<Version> versions_;
};

// The proposal with a body in front, as certain; at most three candidates stay. `reason` begins with the id of a rule.
v1::Proposal WithFirst(v1::Proposal proposal, const std::string& undertaker, const std::string& reason,
                       const Directory& directory);

// The proposal with what the catalogue says in front, as certain; at most three candidates stay.
v1::Proposal WithCatalogue(v1::Proposal proposal, const CatalogueAnswer& answer, const Directory& directory);

}  // namespace jinqi::routing
