#include "services/intake/attachments.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/config/config.h"
#include "common/objects/disk.h"
#include "common/objects/s3.h"
#include "common/status/status.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {
namespace {

// Longer than any write takes.
constexpr std::chrono::hours kUnfinishedAge{1};

absl::StatusOr<std::unique_ptr<objects::Store>> MakeBucket(const config::v1::S3Config& config) {
  if (config.endpoint().empty() || config.bucket().empty() || config.access_key_file().empty()) {
    return absl::InvalidArgumentError("attachment_bucket needs endpoint, bucket and access_key_file");
  }
  ASSIGN_OR_RETURN(const std::string text, config::ReadFile(config.access_key_file()));
  const std::vector<std::string> lines = absl::StrSplit(text, absl::ByAnyChar("\r\n"), absl::SkipEmpty());
  if (lines.size() != 2) {
    return absl::InvalidArgumentError(config.access_key_file() + ": two lines are needed, key id and secret");
  }
  objects::S3Options options;
  options.endpoint = config.endpoint();
  options.bucket = config.bucket();
  options.region = config.region();
  options.key = {lines[0], lines[1]};
  options.timeout = absl::Milliseconds(config.timeout_milliseconds());
  return std::make_unique<objects::S3Store>(std::move(options));
}

absl::StatusOr<std::unique_ptr<objects::Store>> MakeStore(const config::v1::IntakeConfig& config) {
  const config::v1::S3Config& bucket = config.attachment_bucket();
  if (!bucket.endpoint().empty() || !bucket.bucket().empty()) return MakeBucket(bucket);
  auto folder = std::make_unique<objects::DiskStore>(config.attachment_folder());
  RETURN_IF_ERROR(folder->RemoveUnfinished(kUnfinishedAge).status());
  return folder;
}

}  // namespace

absl::StatusOr<Places::Taken> Places::Take() {
  if (free_.fetch_sub(1) > 0) return Taken(this);
  free_.fetch_add(1);
  return Error(config::v1::REASON_OVERLOADED);
}

absl::StatusOr<std::unique_ptr<Attachments>> Attachments::Make(const config::v1::IntakeConfig& config) {
  AttachmentLimits limits;
  limits.max_count = config.max_attachments();
  limits.max_bytes = config.max_attachment_bytes();
  limits.max_video_bytes = config.max_video_bytes();
  limits.chunk_bytes = config.attachment_chunk_bytes();
  limits.keep_hours = config.upload_keep_hours();
  ASSIGN_OR_RETURN(auto store, MakeStore(config));
  std::optional<clamav::Daemon> scanner;
  if (!config.clamd_address().empty()) {
    scanner.emplace(config.clamd_address(), absl::Milliseconds(config.clamd_timeout_milliseconds()));
  }
  // An aggregate that is not moved.
  return std::unique_ptr<Attachments>(  // NOLINT(modernize-make-unique)
      new Attachments{limits, config.draft_keep_days(), AttachmentFiles(std::move(store)), std::move(scanner)});
}

absl::StatusOr<v1::AttachmentRecord> FindAttachment(const Intake& intake, const std::string& tenant,
                                                    const std::string& name) {
  ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(name));
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(tenant, AttachmentKey(id)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  v1::AttachmentRecord record;
  if (!record.ParseFromString(found->body)) return absl::DataLossError("body of an attachment");
  return record;
}

absl::StatusOr<v1::AttachmentPrivate> AttachmentValues(const Intake& intake, const std::string& tenant,
                                                       const v1::AttachmentRecord& record) {
  ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(record.attachment().name()));
  ASSIGN_OR_RETURN(const auto person, intake.ledger->reader().FindPerson(tenant, id));
  if (!person.has_value()) return v1::AttachmentPrivate();
  return intake.privacy.Open<v1::AttachmentPrivate>(*person);
}

absl::StatusOr<StoredDraft> FindDraft(const Intake& intake, const std::string& tenant, const std::string& name) {
  StoredDraft draft;
  ASSIGN_OR_RETURN(draft.id, DraftOfName(name));
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(tenant, DraftKey(draft.id)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  draft.version = found->version;
  if (!draft.record.ParseFromString(found->body)) return absl::DataLossError("body of a draft");
  return draft;
}

absl::StatusOr<Sight> SightOfParent(const Intake& intake, const Actor& actor, const std::string& parent) {
  ASSIGN_OR_RETURN(const ledger::Key key, ParentKey(parent));
  if (key.kind == kDraftKind) {
    ASSIGN_OR_RETURN(const StoredDraft draft, FindDraft(intake, actor.caller.tenant, parent));
    RETURN_IF_ERROR(CheckDraftOwner(draft.record, actor));
    return Sight::kOwn;
  }
  ASSIGN_OR_RETURN(const StoredDemand demand, intake.views.Find(actor.caller.tenant, key.id));
  const Sight sight = SightOf(actor.caller, actor.role, demand.record);
  if (sight == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  return sight;
}

absl::StatusOr<v1::Attachment> ShownAttachment(const Intake& intake, const std::string& tenant,
                                               const v1::AttachmentRecord& record, Sight sight) {
  v1::Attachment attachment = record.attachment();
  if (attachment.state() == v1::ATTACHMENT_STATE_REMOVED) return Error(config::v1::REASON_NOT_FOUND);
  if (sight == Sight::kRedacted) return attachment;
  ASSIGN_OR_RETURN(const v1::AttachmentPrivate values, AttachmentValues(intake, tenant, record));
  attachment.set_file_name(values.file_name());
  return attachment;
}

absl::StatusOr<std::vector<v1::Attachment>> ShownAttachments(
    const Intake& intake, const std::string& tenant, const google::protobuf::RepeatedPtrField<std::string>& names,
    Sight sight) {
  std::vector<v1::Attachment> attachments;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const v1::AttachmentRecord record, FindAttachment(intake, tenant, name));
    // Removed since the names were read.
    if (record.attachment().state() == v1::ATTACHMENT_STATE_REMOVED) continue;
    ASSIGN_OR_RETURN(v1::Attachment attachment, ShownAttachment(intake, tenant, record, sight));
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

}  // namespace jinqi::intake
