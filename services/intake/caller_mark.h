// Marks on the numbers of disturbing callers (INT-21): set by a person, for a time, never in the way of a danger to
// life.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/ledger/ledger.h"
#include "services/intake/demand.h"

namespace jinqi::intake {

inline constexpr std::string_view kCallerMarkKind = "caller_mark";
// Review flag of a demand from a marked number.
inline constexpr std::string_view kCallerMarked = "CALLER_MARKED";

// `id`: the blind index of the number.
ledger::Key CallerMarkKey(std::string_view id);
// `callerMarks/{id}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> MarkIdOfName(std::string_view name);

// Until when the mark holds; 0 once it was lifted.
ledger::Micros HoldsUntil(const v1::CallerMark& mark);
// The mark as it is shown at an instant.
v1::CallerMark ShownAt(const v1::CallerMarkRecord& record, std::int64_t version, ledger::Micros now);

struct MarkInput {
  std::string id;
  // What the review found, without the number.
  std::string reason;
  std::string by;
  int days = 90;
};

// Marks a number, or marks it anew once its mark has ended; ALREADY_EXISTS while it holds.
absl::StatusOr<ledger::Outcome> DecideMark(const ledger::View& view, const MarkInput& input);

struct MarkChange {
  std::string id;
  std::string etag;
  std::string by;
  // Of a referral.
  std::string police_reference;
};

// MARK_EXPIRED for a mark that holds no more.
absl::StatusOr<ledger::Outcome> DecideLiftMark(const ledger::View& view, const MarkChange& change);
absl::StatusOr<ledger::Outcome> DecideReferMark(const ledger::View& view, const MarkChange& change);

// Hears a demand whose caller's number is marked: flags it, notes when, and refuses it as CALLER_MARKED within
// `marked_caller_seconds` of the last. Dangers to life, also those that words tell of, are taken always. Nothing where
// the create names no mark, or one that holds no more.
absl::Status HearMarkedCaller(const ledger::View& view, const CreateInput& create, v1::DemandRecord& record,
                              ledger::Outcome& outcome);

// The ids of the marks that hold, in memory, so that a create asks the ledger only where there is one. Thread-safe.
class CallerMarks {
 public:
  // Of the blind indexes of one number the one that is marked; empty: none.
  std::string Find(const std::vector<std::string>& indexes) const;

  // Reads which marks hold at `now`.
  absl::Status Refresh(ledger::Reader& reader, const std::string& tenant, ledger::Micros now);

 private:
  mutable absl::Mutex mutex_;
  std::set<std::string> ids_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::intake
