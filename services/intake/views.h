// Demands as callers see them: records with their person rows, read together (INT-15, INT-18, SEC-06).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/privacy.h"
#include "services/intake/rights.h"

namespace jinqi::intake {

// A demand's record, parsed.
struct StoredDemand {
  std::int64_t version = 0;
  v1::DemandRecord record;
};

// Blocks for the database. Thread-safe.
class DemandViews {
 public:
  // The link to rate an order, with {order_no} in it. All outlive it.
  DemandViews(ledger::Reader* reader, const Privacy* privacy, std::string rating_link)
      : reader_(reader), privacy_(privacy), rating_link_(std::move(rating_link)) {}

  // NOT_FOUND without it.
  absl::StatusOr<StoredDemand> Find(const std::string& tenant, const std::string& order_no) const;
  static absl::StatusOr<StoredDemand> Parse(const ledger::Record& record);

  // Its personal values; empty once they were erased.
  absl::StatusOr<v1::DemandPrivate> Values(const std::string& tenant, const std::string& order_no) const;

  // What was added, oldest first, in clear.
  absl::StatusOr<std::vector<v1::Supplement>> Supplements(const std::string& tenant, const std::string& order_no) const;

  // Its translations, in clear.
  absl::StatusOr<std::vector<v1::Translation>> Translations(const std::string& tenant,
                                                            const v1::DemandRecord& record) const;

  // All supplements and translations.
  absl::StatusOr<std::vector<ledger::Key>> TextKeys(const std::string& tenant, const v1::DemandRecord& record) const;

  // The demand as the actor may see it, in full. NOT_FOUND for what it may not see.
  absl::StatusOr<v1::Demand> Shown(const Actor& actor, const StoredDemand& stored) const;
  // As in a list: without supplements and result.
  absl::StatusOr<v1::Demand> ShownInList(const Actor& actor, const StoredDemand& stored) const;

  // What the requester may see of its progress; without a check of rights.
  absl::StatusOr<v1::Progress> ProgressOf(const std::string& tenant, const StoredDemand& stored) const;

 private:
  absl::StatusOr<std::vector<ledger::Record>> SupplementRows(const std::string& tenant,
                                                             const std::string& order_no) const;
  absl::StatusOr<std::string> Text(const std::string& tenant, const std::string& id) const;
  // A text that came later, without what tells who asked.
  absl::StatusOr<std::string> WithoutIdentityOf(const std::string& tenant, const StoredDemand& stored,
                                                const std::string& text) const;
  // The order that holds the result of a repeat; the demand itself else.
  absl::StatusOr<StoredDemand> ResultHolder(const std::string& tenant, const StoredDemand& stored) const;
  absl::StatusOr<std::string> ResultText(const std::string& tenant, const StoredDemand& holder) const;
  absl::Status ShowResult(const Actor& actor, const StoredDemand& stored, Sight sight, v1::Demand& demand) const;

  ledger::Reader* reader_;
  const Privacy* privacy_;
  std::string rating_link_;
};

// Waits until a record is as wanted: routing's word on an intent, a view that catches up (contract of the ledger, 18).
// Only so many wait at one time, so that they cannot use up the threads. Thread-safe.
class Waiter {
 public:
  using Wanted = std::function<bool(const v1::DemandRecord&)>;

  Waiter(const DemandViews* views, std::chrono::milliseconds limit, int max_waiting)
      : views_(views), limit_(limit), max_waiting_(max_waiting) {}

  // The demand once it is as wanted, or as it is when the time is over.
  absl::StatusOr<StoredDemand> Await(const std::string& tenant, const std::string& order_no, const Wanted& wanted);

 private:
  const DemandViews* views_;
  const std::chrono::milliseconds limit_;
  const int max_waiting_;
  std::atomic<int> waiting_ = 0;
};

}  // namespace jinqi::intake
