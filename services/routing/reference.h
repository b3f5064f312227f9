// Calendar, catalogue, directory and township duties in memory: immutable versions. What is computed by them relies on
// the record reference/head, so that no commit uses a version that another process has replaced.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/calendar/calendar.h"
#include "common/ledger/types.h"
#include "jinqi/config/v1/calendar.pb.h"
#include "services/routing/catalogue.h"
#include "services/routing/directory.h"
#include "services/routing/grassroots.h"

namespace jinqi::routing {

struct Reference {
  v1::ReferenceHead head;
  calendar::Calendar calendar;
  config::v1::Calendar calendar_config;
  Catalogue catalogue;
  Directory directory;
  DutyLists duties = {};
};

// Of all that is published while services run.
bool SameVersions(const v1::ReferenceHead& a, const v1::ReferenceHead& b);

using ReferencePtr = std::shared_ptr<const Reference>;

// Thread-safe.
class ReferenceStore {
 public:
  explicit ReferenceStore(ReferencePtr current) : current_(std::move(current)) {}

  ReferencePtr Current() const;
  void Set(ReferencePtr reference);
  // Those of the head that the decision sees; REFERENCE_CHANGING, and `on_stale` is called, while they are not loaded.
  absl::StatusOr<ReferencePtr> Of(const ledger::View& view) const;
  // Must not block. Set before the first decision.
  void OnStale(std::function<void()> on_stale) { on_stale_ = std::move(on_stale); }

 private:
  std::function<void()> on_stale_;
  mutable absl::Mutex mutex_;
  ReferencePtr current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::routing
