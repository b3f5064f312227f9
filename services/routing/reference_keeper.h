// Keeps the reference data in memory up with the database, and runs the campaigns that a new calendar started (RTE-16).
#pragma once

#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "services/routing/limits.h"
#include "services/routing/order_edit.h"
#include "services/routing/reference.h"

namespace jinqi::routing {

// What the files of the reference directory say.
struct ReferenceFiles {
  config::v1::Calendar calendar;
  v1::UndertakerDirectory directory;
  // Hubs and contacts; empty in production.
  v1::HubDirectory hubs;
};
absl::StatusOr<ReferenceFiles> ReadReferenceFiles(const Limits& config);

// Writes what is not there yet: head, calendar and every body of the directory. Hubs and contacts are set once, with
// the body's record.
absl::Status StoreReference(ledger::Ledger& ledger, const std::string& tenant, clock::Micros now,
                            const ReferenceFiles& files);

// The versions in force.
absl::StatusOr<ReferencePtr> LoadReference(ledger::Reader& reader, const std::string& tenant,
                                           const Directory& directory);

class ReferenceKeeper {
 public:
  // What it is given outlives it.
  ReferenceKeeper(ledger::Ledger& ledger, std::string tenant, clock::Clock& clock, const Setting& setting,
                  ReferenceStore& store);
  ~ReferenceKeeper() { Stop(); }

  absl::Status Start();
  void Stop();
  // Looks soon; does not block.
  void Kick();

  // Loads what is newer in the database. May block.
  absl::Status Refresh();
  // Takes every open campaign to its end; the number of orders it computed. May block.
  absl::StatusOr<std::int64_t> RunCampaigns();

 private:
  void Run();
  absl::StatusOr<std::int64_t> RunCampaign(std::int64_t version, std::string cursor);
  absl::Status RecomputeAll(std::int64_t version, const std::vector<std::string>& orders);
  absl::Status MoveCursor(std::int64_t version, const std::string& cursor, std::int64_t orders, bool done);
  bool Stopping() const;

  ledger::Ledger& ledger_;
  const std::string tenant_;
  clock::Clock& clock_;
  const Setting setting_;
  ReferenceStore& store_;
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool kicked_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace jinqi::routing
