// All policies and standard answers of a city in memory, with their index; follows the database.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "services/policy_knowledge/search.h"

namespace jinqi::policy {

// A standard answer with all its versions.
struct ShelvedAnswer {
  std::string id;
  std::int64_t record_version = 0;
  v1::StandardAnswerRecord record;
  // Of each version.
  std::vector<Passage> passages;
};

// What was stored at one time. Immutable.
struct Shelf {
  // By name; versions beside them.
  std::vector<v1::PolicyRecord> policies;
  std::vector<std::int64_t> versions;
  // By policy and place.
  std::vector<v1::Measure> measures;
  std::unique_ptr<const SearchIndex> index;
  // Of the policy that was changed last.
  clock::Micros newest = 0;
  // By id.
  std::vector<ShelvedAnswer> answers;
  // Of the answer that was changed last.
  clock::Micros newest_answer = 0;

  // nullptr: there is none of this name.
  const v1::PolicyRecord* FindPolicy(const std::string& name) const;
  const v1::Measure* FindMeasure(const std::string& name) const;
  std::int64_t VersionOf(const v1::PolicyRecord& policy) const;
  const ShelvedAnswer* FindAnswer(const std::string& id) const;
  // In their order.
  std::vector<const v1::Measure*> MeasuresOf(const std::string& policy_name) const;
};

// Thread-safe. Blocks for the database at most once a second per city.
class Library {
 public:
  explicit Library(ledger::Ledger& ledger) : ledger_(ledger) {}

  // As it is now, or was within the last second of `now` (what this process changed is seen at once: see Refresh). The
  // last good one when the database is away.
  absl::StatusOr<std::shared_ptr<const Shelf>> Of(const std::string& tenant, clock::Micros now);
  // The next question looks into the database.
  void Refresh(const std::string& tenant);

 private:
  struct City {
    std::shared_ptr<const Shelf> shelf;
    clock::Micros looked = 0;
    bool stale = true;
  };

  absl::StatusOr<bool> HasNews(const std::string& tenant, const Shelf& shelf);

  ledger::Ledger& ledger_;
  absl::Mutex mutex_;
  std::map<std::string, City> cities_ ABSL_GUARDED_BY(mutex_);
};

// Everything that is stored of a city, read anew.
absl::StatusOr<std::shared_ptr<const Shelf>> ReadShelf(ledger::Ledger& ledger, const std::string& tenant);

}  // namespace jinqi::policy
