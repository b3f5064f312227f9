// The rules of files that go with a demand (INT-16). All decisions are pure: what the bytes are was found out before,
// and where they lie is attachment_files.h. Bytes are only ever written below the id of a record that was committed
// before, and a timer of that record removes what is of no more use: nothing is left that nobody knows of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/media/media.h"
#include "jinqi/intake/v1/attachment_records.pb.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/privacy.h"

namespace jinqi::intake {

inline constexpr std::string_view kAttachmentKind = "attachment";

// An upload that was not finished, and what was refused and not replaced, goes.
inline constexpr std::string_view kExpireTimer = "expire";
// The virus check.
inline constexpr std::string_view kCheckTimer = "check";
// Bytes that are of no more use.
inline constexpr std::string_view kTidyTimer = "tidy";

ledger::Key AttachmentKey(std::string_view id);
std::string AttachmentName(std::string_view id);
// `attachments/{id}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> AttachmentOfName(std::string_view name);

// NOT_FOUND without it, and for one that was removed.
absl::StatusOr<v1::AttachmentRecord> ReadAttachment(const ledger::View& view, std::string_view id);

// In how many chunks so many bytes are uploaded and kept.
int ChunkCount(std::int64_t bytes, int chunk_bytes);

// What the content has to be within.
struct AttachmentLimits {
  int max_count = 9;
  std::int64_t max_bytes = 20 << 20;
  std::int64_t max_video_bytes = 50 << 20;
  int chunk_bytes = 512 << 10;
  int keep_hours = 24;
};

// Why an upload of so many bytes is not taken; UNSPECIFIED where it is. `limit`: set with ATTACHMENT_TOO_LARGE.
Reason FaultOf(const media::Inspection& found, std::size_t bytes, const AttachmentLimits& limits, std::int64_t& limit);

// Whether a file may be read: ATTACHMENT_HELD, ATTACHMENT_INFECTED, NOT_FOUND where there are no bytes,
// CONFIDENTIAL_CONTACT for who sees its demand only redacted.
absl::Status CheckDownload(const v1::Attachment& attachment, bool redacted);

// Whether there is no file (any more).
bool IsVoid(v1::AttachmentState state);

// What is asked for a new file, faults at once: ATTACHMENT_NAME, ATTACHMENT_EMPTY, ATTACHMENT_TOO_LARGE.
absl::Status CheckNewAttachment(const v1::Attachment& attachment, const AttachmentLimits& limits);

// Whether the actor may go on with an upload: NOT_FOUND for any other than the account that began it.
absl::Status CheckUploader(const v1::AttachmentRecord& record, const Actor& actor);

struct BeginInput {
  // Random: the bytes are kept under it.
  std::string id;
  std::string parent;
  std::int64_t size_bytes = 0;
  Sealed sealed;
  Actor actor;
  AttachmentLimits limits;
};

// Begins a file; ATTACHMENT_TOO_MANY.
absl::StatusOr<ledger::Outcome> DecideBegin(const ledger::View& view, const BeginInput& input);

// A file as it is kept.
struct KeptFile {
  std::string media_type;
  std::string sha256;
  std::int64_t size_bytes = 0;
  // The name with the ending of its type.
  Sealed sealed;
};

struct FinishInput {
  std::string id;
  std::string parent;
  Actor actor;
  // Absent: it is refused for `fault`.
  std::optional<KeptFile> kept;
  Reason fault = config::v1::REASON_UNSPECIFIED;
  // With ATTACHMENT_TOO_LARGE: what it may have.
  std::int64_t limit_bytes = 0;
  // It waits for its virus check.
  bool check = false;
  int keep_hours = 24;
};

// UPLOADING → CHECKING, READY or REFUSED; a file that has left UPLOADING stays as it is. Answers with a RecordedAnswer.
absl::StatusOr<ledger::Outcome> DecideFinish(const ledger::View& view, const FinishInput& input);

// CHECKING → READY, or INFECTED where the check found the signature.
absl::StatusOr<ledger::Outcome> DecideVerdict(const ledger::View& view, const std::string& id,
                                              const std::string& signature, int keep_hours);

// Adds why a file cannot be part of a demand; nothing where it can.
void AddFault(const v1::AttachmentRecord& record, const std::string& field, Faults& faults);

// Takes a file away; PERMISSION_DENIED for one that is part of a demand.
absl::StatusOr<ledger::Outcome> DecideDelete(const ledger::View& view, const std::string& id, const std::string& parent,
                                             const Actor& actor);

// An upload that was cut off, or a refused file that nobody replaced, leaves its parent.
absl::StatusOr<ledger::Outcome> DecideExpireAttachment(const ledger::View& view, const std::string& id,
                                                       const std::string& parent);

// The bytes of a file that is gone are removed.
absl::StatusOr<ledger::Outcome> DecideTidied(const ledger::View& view, const std::string& id);

// Erases files, by attachments/{id}: their names and keys in this commit, their bytes as soon as the timer has fired.
// `why`: the type of the event.
absl::Status EraseAttachments(const ledger::View& view, const google::protobuf::RepeatedPtrField<std::string>& names,
                              std::string_view why, ledger::Outcome& outcome);

}  // namespace jinqi::intake
