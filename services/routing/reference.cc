#include "services/routing/reference.h"

#include "common/status/status.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {

ReferencePtr ReferenceStore::Current() const {
  const absl::MutexLock lock(&mutex_);
  return current_;
}

void ReferenceStore::Set(ReferencePtr reference) {
  const absl::MutexLock lock(&mutex_);
  current_ = std::move(reference);
}

absl::StatusOr<ReferencePtr> ReferenceStore::Of(const ledger::View& view) const {
  ASSIGN_OR_RETURN(const auto record, view.Read<v1::ReferenceRecord>(HeadKey()));
  const v1::ReferenceHead& head = record.head();
  ReferencePtr current = Current();
  if (current->head.calendar_version() == head.calendar_version() &&
      current->head.catalogue_version() == head.catalogue_version()) {
    return current;
  }
  if (on_stale_) on_stale_();
  return Error(config::v1::REASON_REFERENCE_CHANGING);
}

}  // namespace jinqi::routing
