// Attachments as they are found and shown, and what they stand on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clamav/clamav.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "jinqi/intake/v1/attachment_records.pb.h"
#include "services/intake/attachment.h"
#include "services/intake/attachment_files.h"
#include "services/intake/rights.h"

namespace jinqi::intake {

struct Intake;

// Places for work that takes much memory. Thread-safe.
class Places {
 public:
  explicit Places(int count) : free_(count) {}

  // Gives the place back when it goes.
  class Taken {
   public:
    explicit Taken(Places* places) : places_(places) {}
    ~Taken() {
      if (places_ != nullptr) places_->free_.fetch_add(1);
    }
    Taken(Taken&& other) noexcept : places_(std::exchange(other.places_, nullptr)) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

   private:
    Places* places_;
  };

  // OVERLOADED where none is free.
  absl::StatusOr<Taken> Take();

 private:
  std::atomic<int> free_;
};

// Thread-safe.
struct Attachments {
  // The store and the virus check that the configuration names. INVALID_ARGUMENT for a bucket that is named by halves.
  static absl::StatusOr<std::unique_ptr<Attachments>> Make(const config::v1::IntakeConfig& config);

  AttachmentLimits limits;
  int draft_keep_days = 7;
  AttachmentFiles files;
  // Absent: nothing is checked.
  std::optional<clamav::Daemon> scanner;
  // A file that is judged stands in memory.
  Places judging{4};
};

// The record, also of one that was removed; NOT_FOUND for any other name.
absl::StatusOr<v1::AttachmentRecord> FindAttachment(const Intake& intake, const std::string& tenant,
                                                    const std::string& name);
// Its file name and key; empty once they were erased.
absl::StatusOr<v1::AttachmentPrivate> AttachmentValues(const Intake& intake, const std::string& tenant,
                                                       const v1::AttachmentRecord& record);

// A draft's record with its version; NOT_FOUND without it.
struct StoredDraft {
  std::string id;
  std::int64_t version = 0;
  v1::DraftRecord record;
};
absl::StatusOr<StoredDraft> FindDraft(const Intake& intake, const std::string& tenant, const std::string& name);

// How the actor sees what belongs to a parent: NOT_FOUND for what it may not see.
absl::StatusOr<Sight> SightOfParent(const Intake& intake, const Actor& actor, const std::string& parent);

// An attachment as it is seen. NOT_FOUND for one that was removed.
absl::StatusOr<v1::Attachment> ShownAttachment(const Intake& intake, const std::string& tenant,
                                               const v1::AttachmentRecord& record, Sight sight);
// All that stand among these names.
absl::StatusOr<std::vector<v1::Attachment>> ShownAttachments(
    const Intake& intake, const std::string& tenant, const google::protobuf::RepeatedPtrField<std::string>& names,
    Sight sight);

}  // namespace jinqi::intake
