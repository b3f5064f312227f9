// What intake's rules look up: districts, emergency words, what is not taken, languages, the calendar, and the category
// tree in force.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/calendar/calendar_copy.h"
#include "common/ledger/ledger.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "services/intake/categories.h"
#include "services/intake/refusals.h"

namespace jinqi::intake {

// Immutable while the process lives.
struct Reference {
  // Code to name.
  std::map<std::string, std::string, std::less<>> districts;
  // In the form of text::Normalize.
  std::vector<std::string> emergency_words;
  // Primary tags of the foreign-language seat, such as `en`.
  std::set<std::string, std::less<>> seat_languages;
  std::unique_ptr<calendar::CalendarCopy> calendar;
  int handle_working_days = 7;
  // Codes of GB/T 4754 (INT-05).
  std::set<std::string, std::less<>> industries;
  int payment_transfer_working_days = 10;
  Refusals refusals;
};

// From the files of the reference directory. FAILED_PRECONDITION for a file without content, OUT_OF_RANGE for a limit
// that is no positive number (RTE-14).
absl::StatusOr<Reference> LoadReference(const config::v1::IntakeConfig& config);

// The first tree, from the reference directory.
absl::StatusOr<v1::CategoryTree> LoadCategoryTree(const config::v1::IntakeConfig& config);

// The tree in force, in memory. Thread-safe.
class Trees {
 public:
  std::shared_ptr<const CategoryTree> current() const;
  void Set(std::shared_ptr<const CategoryTree> tree);

  // Reads which tree is in force, and the tree when it is another one. NOT_FOUND when none was ever published.
  absl::Status Refresh(ledger::Reader& reader, const std::string& tenant);

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const CategoryTree> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::intake
