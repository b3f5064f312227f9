// Attachments: requests to commands and questions.
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/sha256.h"
#include "common/log/log.h"
#include "common/media/media.h"
#include "jinqi/intake/v1/attachment_service.pb.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/attachments.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/recorded_change.h"

namespace jinqi::intake {
namespace {

using rpc::CallContext;

constexpr char kCreate[] = "jinqi.intake.v1.AttachmentService/CreateAttachment";
constexpr char kUpload[] = "jinqi.intake.v1.AttachmentService/UploadChunk";
constexpr char kFinish[] = "jinqi.intake.v1.AttachmentService/FinishAttachment";
constexpr char kDelete[] = "jinqi.intake.v1.AttachmentService/DeleteAttachment";
constexpr char kGet[] = "jinqi.intake.v1.AttachmentService/GetAttachment";
constexpr char kList[] = "jinqi.intake.v1.AttachmentService/ListAttachments";
constexpr char kDownload[] = "jinqi.intake.v1.AttachmentService/DownloadChunk";

// What the store says is for the log; the caller is told that it is away.
absl::Status StoreError(const absl::Status& status) {
  if (status.ok()) return status;
  log::Log(log::Level::kWarning, "the store of attachments fails", {{"error", std::string(status.message())}});
  return absl::IsUnavailable(status) ? Error(config::v1::REASON_UNAVAILABLE) : status;
}

absl::StatusOr<ledger::Command> MakeBegin(const Intake& intake, const CallContext& context,
                                          const v1::CreateAttachmentRequest& request) {
  const v1::Attachment& wanted = request.attachment();
  BeginInput input;
  input.actor = ActorOf(context, intake);
  input.limits = intake.attachments->limits;
  RETURN_IF_ERROR(CheckNewAttachment(wanted, input.limits));
  ASSIGN_OR_RETURN(const ledger::Key parent, ParentKey(wanted.parent()));
  input.id = intake.ids->Token();
  input.parent = wanted.parent();
  input.size_bytes = wanted.size_bytes();
  v1::AttachmentPrivate values;
  values.set_salt(intake.privacy.Salt());
  values.set_file_name(wanted.file_name());
  values.set_key(intake.privacy.FileKey());
  input.sealed = intake.privacy.Seal(input.id, values, {});
  ledger::Command command;
  command.tenant = input.actor.caller.tenant;
  command.names = {{parent}, {AttachmentKey(input.id)}};
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideBegin(view, input); };
  return command;
}

// A file that its sender is about to upload.
struct Upload {
  v1::AttachmentRecord record;
  v1::AttachmentPrivate values;
};

absl::StatusOr<Upload> OpenUpload(const Intake& intake, const Actor& actor, const std::string& name) {
  Upload upload;
  ASSIGN_OR_RETURN(upload.record, FindAttachment(intake, actor.caller.tenant, name));
  RETURN_IF_ERROR(CheckUploader(upload.record, actor));
  ASSIGN_OR_RETURN(upload.values, AttachmentValues(intake, actor.caller.tenant, upload.record));
  return upload;
}

absl::Status CheckChunk(const v1::Attachment& attachment, const v1::UploadChunkRequest& request) {
  if (attachment.state() == v1::ATTACHMENT_STATE_REMOVED) return Error(config::v1::REASON_NOT_FOUND);
  if (attachment.state() != v1::ATTACHMENT_STATE_UPLOADING)
    return FieldError("name", config::v1::REASON_ALREADY_EXISTS);
  if (request.number() < 0 || request.number() >= attachment.chunk_count()) {
    return FieldError("number", config::v1::REASON_OUT_OF_RANGE);
  }
  const std::int64_t before = std::int64_t{request.number()} * attachment.chunk_bytes();
  const std::int64_t size = std::min<std::int64_t>(attachment.chunk_bytes(), attachment.size_bytes() - before);
  const bool whole = static_cast<std::int64_t>(request.data().size()) == size;
  return whole ? absl::OkStatus() : FieldError("data", config::v1::REASON_ATTACHMENT_DAMAGED);
}

absl::StatusOr<v1::UploadChunkResponse> UploadChunk(const Intake& intake, const CallContext& context,
                                                    const v1::UploadChunkRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const Upload upload, OpenUpload(intake, actor, request.name()));
  RETURN_IF_ERROR(CheckChunk(upload.record.attachment(), request));
  const AttachmentFiles& files = intake.attachments->files;
  RETURN_IF_ERROR(StoreError(
      files.KeepUploaded(upload.record.attachment(), upload.values.key(), request.number(), request.data())));
  // Whoever removed the file meanwhile did not know of this chunk.
  ASSIGN_OR_RETURN(const auto record, FindAttachment(intake, actor.caller.tenant, request.name()));
  if (record.attachment().state() == v1::ATTACHMENT_STATE_UPLOADING) return v1::UploadChunkResponse();
  RETURN_IF_ERROR(StoreError(files.RemoveUploaded(record)));
  return CheckChunk(record.attachment(), request);
}

// What the whole upload is; what is taken is kept.
absl::Status Judge(const Intake& intake, const Upload& upload, FinishInput& input) {
  ASSIGN_OR_RETURN(const Places::Taken place, intake.attachments->judging.Take());
  const AttachmentFiles& files = intake.attachments->files;
  absl::StatusOr<std::string> bytes = files.Uploaded(upload.record, upload.values.key());
  if (absl::IsNotFound(bytes.status())) return FieldError("name", config::v1::REASON_ATTACHMENT_DAMAGED);
  RETURN_IF_ERROR(StoreError(bytes.status()));
  const media::Inspection found = media::Inspect(*bytes);
  input.fault = FaultOf(found, bytes->size(), intake.attachments->limits, input.limit_bytes);
  if (input.fault != config::v1::REASON_UNSPECIFIED) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string stored, media::WithoutLocation(found.type, *std::move(bytes)));
  KeptFile kept;
  kept.media_type = std::string(media::MimeOf(found.type));
  kept.sha256 = crypto::Sha256Hex(stored);
  kept.size_bytes = static_cast<std::int64_t>(stored.size());
  v1::AttachmentPrivate values = upload.values;
  values.set_salt(intake.privacy.Salt());
  values.set_file_name(media::NameFor(values.file_name(), found.type));
  kept.sealed = intake.privacy.Seal(input.id, values, {});
  RETURN_IF_ERROR(StoreError(files.Keep(upload.record.attachment(), values.key(), kept.sha256, stored)));
  input.kept = std::move(kept);
  return absl::OkStatus();
}

absl::StatusOr<ledger::Command> MakeFinish(const Intake& intake, const CallContext& context,
                                           const v1::FinishAttachmentRequest& request) {
  FinishInput input;
  input.actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(input.id, AttachmentOfName(request.name()));
  ASSIGN_OR_RETURN(const Upload upload, OpenUpload(intake, input.actor, request.name()));
  input.parent = upload.record.attachment().parent();
  input.check = intake.attachments->scanner.has_value();
  input.keep_hours = intake.attachments->limits.keep_hours;
  if (upload.record.attachment().state() == v1::ATTACHMENT_STATE_UPLOADING) {
    RETURN_IF_ERROR(Judge(intake, upload, input));
  }
  ASSIGN_OR_RETURN(const ledger::Key parent, ParentKey(input.parent));
  ledger::Command command;
  command.tenant = input.actor.caller.tenant;
  command.names = {{parent}, {AttachmentKey(input.id)}};
  command.decide = [input = std::move(input)](const ledger::View& view) { return DecideFinish(view, input); };
  return command;
}

// Puts the name back that the stored answer does not hold.
void ShowName(const Intake& intake, const CallContext& context, v1::Attachment& attachment) {
  const std::string tenant = ActorOf(context, intake).caller.tenant;
  const auto record = FindAttachment(intake, tenant, attachment.name());
  if (!record.ok()) return;
  const auto values = AttachmentValues(intake, tenant, *record);
  if (values.ok()) attachment.set_file_name(values->file_name());
}

absl::StatusOr<ledger::Command> MakeDelete(const Intake& intake, const CallContext& context,
                                           const v1::DeleteAttachmentRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(request.name()));
  ASSIGN_OR_RETURN(const auto record, FindAttachment(intake, actor.caller.tenant, request.name()));
  const std::string& parent = record.attachment().parent();
  ASSIGN_OR_RETURN(const ledger::Key parent_key, ParentKey(parent));
  ledger::Command command;
  command.tenant = actor.caller.tenant;
  command.names = {{parent_key}, {AttachmentKey(id)}};
  command.decide = [id, parent, actor](const ledger::View& view) { return DecideDelete(view, id, parent, actor); };
  return command;
}

absl::StatusOr<v1::Attachment> GetAttachment(const Intake& intake, const CallContext& context,
                                             const v1::GetAttachmentRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const auto record, FindAttachment(intake, actor.caller.tenant, request.name()));
  ASSIGN_OR_RETURN(const Sight sight, SightOfParent(intake, actor, record.attachment().parent()));
  return ShownAttachment(intake, actor.caller.tenant, record, sight);
}

// The names of what a parent holds.
absl::StatusOr<google::protobuf::RepeatedPtrField<std::string>> NamesOfParent(const Intake& intake,
                                                                              const std::string& tenant,
                                                                              const std::string& parent) {
  ASSIGN_OR_RETURN(const ledger::Key key, ParentKey(parent));
  if (key.kind == kDraftKind) {
    ASSIGN_OR_RETURN(const StoredDraft draft, FindDraft(intake, tenant, parent));
    return draft.record.attachments();
  }
  ASSIGN_OR_RETURN(const StoredDemand demand, intake.views.Find(tenant, key.id));
  return demand.record.demand().attachments();
}

absl::StatusOr<v1::ListAttachmentsResponse> ListAttachments(const Intake& intake, const CallContext& context,
                                                            const v1::ListAttachmentsRequest& request) {
  const Actor actor = ActorOf(context, intake);
  const std::string& tenant = actor.caller.tenant;
  ASSIGN_OR_RETURN(const Sight sight, SightOfParent(intake, actor, request.parent()));
  ASSIGN_OR_RETURN(const auto names, NamesOfParent(intake, tenant, request.parent()));
  ASSIGN_OR_RETURN(const auto attachments, ShownAttachments(intake, tenant, names, sight));
  v1::ListAttachmentsResponse response;
  response.mutable_attachments()->Add(attachments.begin(), attachments.end());
  return response;
}

absl::StatusOr<v1::DownloadChunkResponse> DownloadChunk(const Intake& intake, const CallContext& context,
                                                        const v1::DownloadChunkRequest& request) {
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const auto record, FindAttachment(intake, actor.caller.tenant, request.name()));
  const v1::Attachment& attachment = record.attachment();
  ASSIGN_OR_RETURN(const Sight sight, SightOfParent(intake, actor, attachment.parent()));
  RETURN_IF_ERROR(CheckDownload(attachment, sight == Sight::kRedacted));
  if (request.number() < 0 || request.number() >= attachment.chunk_count()) {
    return FieldError("number", config::v1::REASON_OUT_OF_RANGE);
  }
  ASSIGN_OR_RETURN(const auto values, AttachmentValues(intake, actor.caller.tenant, record));
  absl::StatusOr<std::string> chunk = intake.attachments->files.Chunk(attachment, values.key(), request.number());
  RETURN_IF_ERROR(StoreError(chunk.status()));
  v1::DownloadChunkResponse response;
  response.set_data(*std::move(chunk));
  return response;
}

}  // namespace

void RegisterAttachments(rpc::Methods& methods, Intake& intake) {
  methods.Change<v1::CreateAttachmentRequest, v1::Attachment>(
      kCreate, [&intake](const auto& context, const auto& request) { return MakeBegin(intake, context, request); },
      [](const auto&, const auto& request, auto& attachment) {
        attachment.set_file_name(request.attachment().file_name());
      });
  methods.Query<v1::UploadChunkRequest, v1::UploadChunkResponse>(
      kUpload, [&intake](const auto& context, const auto& request) { return UploadChunk(intake, context, request); });
  AddRecordedChange<v1::FinishAttachmentRequest, v1::Attachment>(
      methods, intake, kFinish,
      [&intake](const auto& context, const auto& request) { return MakeFinish(intake, context, request); },
      [&intake](const auto& context, const auto&, auto& attachment) { ShowName(intake, context, attachment); });
  methods.ChangeOnPool<v1::DeleteAttachmentRequest, v1::Attachment>(
      kDelete, [&intake](const auto& context, const auto& request) { return MakeDelete(intake, context, request); });
  methods.Query<v1::GetAttachmentRequest, v1::Attachment>(
      kGet, [&intake](const auto& context, const auto& request) { return GetAttachment(intake, context, request); });
  methods.Query<v1::ListAttachmentsRequest, v1::ListAttachmentsResponse>(
      kList, [&intake](const auto& context, const auto& request) { return ListAttachments(intake, context, request); });
  methods.Query<v1::DownloadChunkRequest, v1::DownloadChunkResponse>(
      kDownload,
      [&intake](const auto& context, const auto& request) { return DownloadChunk(intake, context, request); });
}

}  // namespace jinqi::intake
