#include "services/routing/reference.h"

#include "common/status/status.h"
#include "services/routing/kinds.h"

namespace jinqi::routing {

bool SameVersions(const v1::ReferenceHead& a, const v1::ReferenceHead& b) {
  return a.calendar_version() == b.calendar_version() && a.catalogue_version() == b.catalogue_version() &&
         a.duties_version() == b.duties_version();
}

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
  ReferencePtr current = Current();
  if (SameVersions(current->head, record.head())) return current;
  if (on_stale_) on_stale_();
  return Error(config::v1::REASON_REFERENCE_CHANGING);
}

}  // namespace jinqi::routing
