#include "services/intake/attachment.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/media/media.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/demand_changes.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

constexpr std::string_view kPrefix = "attachments/";
constexpr std::size_t kMaxFileName = 100;
constexpr char kLimit[] = "limit";

ledger::Micros After(ledger::Micros now, int hours) { return now + hours * clock::kHour; }

// The record after a change; its history row holds what was changed, its SHA-256 included.
ledger::Change AttachmentChange(const std::string& id, const v1::AttachmentRecord& record, std::string_view type,
                                std::optional<std::vector<ledger::Timer>> timers) {
  const std::string body = record.SerializeAsString();
  return {AttachmentKey(id), body, std::move(timers), {{std::string(type), body, std::nullopt}}};
}

void Remove(const View& view, const std::string& id, v1::AttachmentRecord record, std::string_view why,
            Outcome& outcome) {
  record.mutable_attachment()->set_state(v1::ATTACHMENT_STATE_REMOVED);
  record.mutable_attachment()->clear_expire_time();
  outcome.erase_persons.push_back(id);
  outcome.changes.push_back(AttachmentChange(id, record, why, {{{std::string(kTidyTimer), view.now()}}}));
}

// A file without bytes that stands until it is replaced, so that its sender learns of it.
std::vector<ledger::Timer> LeaveAfter(const View& view, int keep_hours, v1::Attachment& attachment) {
  const ledger::Micros end = After(view.now(), keep_hours);
  *attachment.mutable_expire_time() = clock::ToProto(end);
  return {{std::string(kTidyTimer), view.now()}, {std::string(kExpireTimer), end}};
}

absl::Status Drop(const View& view, const std::string& id, const v1::AttachmentRecord& record, AttachmentParent parent,
                  std::string_view why, Outcome& outcome) {
  parent.Forget(AttachmentName(id));
  Remove(view, id, record, why, outcome);
  outcome.changes.push_back(parent.Change(Note(why, "ATTACHMENT_REMOVED", AttachmentName(id))));
  return absl::OkStatus();
}

std::string FinishAnswer(const v1::AttachmentRecord& record) {
  const v1::Attachment& attachment = record.attachment();
  v1::RecordedAnswer answer;
  answer.set_refusal(attachment.refusal());
  if (attachment.refusal() == config::v1::REASON_UNSPECIFIED) {
    answer.set_response(attachment.SerializeAsString());
    return answer.SerializeAsString();
  }
  answer.set_field("attachment");
  answer.mutable_metadata()->insert({kLimit, std::to_string(record.limit_bytes())});
  return answer.SerializeAsString();
}

}  // namespace

ledger::Key AttachmentKey(std::string_view id) { return {std::string(kAttachmentKind), std::string(id)}; }

std::string AttachmentName(std::string_view id) { return std::string(kPrefix) + std::string(id); }

absl::StatusOr<std::string> AttachmentOfName(std::string_view name) {
  if (!name.starts_with(kPrefix) || name == kPrefix) return Error(config::v1::REASON_NOT_FOUND);
  return std::string(name.substr(kPrefix.size()));
}

absl::StatusOr<v1::AttachmentRecord> ReadAttachment(const View& view, std::string_view id) {
  const ledger::Key key = AttachmentKey(id);
  if (view.Find(key) == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(auto record, view.Read<v1::AttachmentRecord>(key));
  if (record.attachment().state() == v1::ATTACHMENT_STATE_REMOVED) return Error(config::v1::REASON_NOT_FOUND);
  return record;
}

int ChunkCount(std::int64_t bytes, int chunk_bytes) {
  return static_cast<int>((bytes + chunk_bytes - 1) / chunk_bytes);
}

Reason FaultOf(const media::Inspection& found, std::size_t bytes, const AttachmentLimits& limits, std::int64_t& limit) {
  switch (found.fault) {
    case media::Fault::kNone: break;
    case media::Fault::kEmpty: return config::v1::REASON_ATTACHMENT_EMPTY;
    case media::Fault::kType: return config::v1::REASON_ATTACHMENT_TYPE;
    case media::Fault::kExecutable: return config::v1::REASON_ATTACHMENT_EXECUTABLE;
    case media::Fault::kBomb: return config::v1::REASON_ATTACHMENT_BOMB;
    case media::Fault::kDamaged: return config::v1::REASON_ATTACHMENT_DAMAGED;
  }
  const std::int64_t most = found.type == media::Type::kMp4 ? limits.max_video_bytes : limits.max_bytes;
  if (static_cast<std::int64_t>(bytes) <= most) return config::v1::REASON_UNSPECIFIED;
  limit = most;
  return config::v1::REASON_ATTACHMENT_TOO_LARGE;
}

absl::Status CheckDownload(const v1::Attachment& attachment, bool redacted) {
  switch (attachment.state()) {
    case v1::ATTACHMENT_STATE_CHECKING: return Error(config::v1::REASON_ATTACHMENT_HELD);
    case v1::ATTACHMENT_STATE_INFECTED: return Error(config::v1::REASON_ATTACHMENT_INFECTED);
    case v1::ATTACHMENT_STATE_READY: break;
    default: return Error(config::v1::REASON_NOT_FOUND);
  }
  return redacted ? Error(config::v1::REASON_CONFIDENTIAL_CONTACT) : absl::OkStatus();
}

bool IsVoid(v1::AttachmentState state) {
  return state == v1::ATTACHMENT_STATE_REFUSED || state == v1::ATTACHMENT_STATE_INFECTED ||
         state == v1::ATTACHMENT_STATE_REMOVED;
}

absl::Status CheckNewAttachment(const v1::Attachment& attachment, const AttachmentLimits& limits) {
  Faults faults;
  if (!media::IsFileName(attachment.file_name(), kMaxFileName)) {
    faults.Add("attachment.file_name", config::v1::REASON_ATTACHMENT_NAME, {{kLimit, std::to_string(kMaxFileName)}});
  }
  const std::int64_t most = std::max(limits.max_bytes, limits.max_video_bytes);
  if (attachment.size_bytes() <= 0) {
    faults.Add("attachment.size_bytes", config::v1::REASON_ATTACHMENT_EMPTY);
  } else if (attachment.size_bytes() > most) {
    faults.Add("attachment.size_bytes", config::v1::REASON_ATTACHMENT_TOO_LARGE, {{kLimit, std::to_string(most)}});
  }
  return faults.ToStatus();
}

absl::Status CheckUploader(const v1::AttachmentRecord& record, const Actor& actor) {
  return record.by() == actor.caller.subject ? absl::OkStatus() : Error(config::v1::REASON_NOT_FOUND);
}

absl::StatusOr<Outcome> DecideBegin(const View& view, const BeginInput& input) {
  ASSIGN_OR_RETURN(AttachmentParent parent, AttachmentParent::Read(view, input.parent));
  RETURN_IF_ERROR(parent.CheckMayAdd(input.actor));
  if (parent.attachments().size() >= input.limits.max_count) {
    return FieldError("attachment.parent", config::v1::REASON_ATTACHMENT_TOO_MANY,
                      {{kLimit, std::to_string(input.limits.max_count)}});
  }
  const std::string name = AttachmentName(input.id);
  parent.attachments().Add(std::string(name));
  v1::AttachmentRecord record;
  record.set_person_digest(input.sealed.digest);
  record.set_by(input.actor.caller.subject);
  record.set_upload_bytes(input.size_bytes);
  v1::Attachment& attachment = *record.mutable_attachment();
  attachment.set_name(name);
  attachment.set_parent(input.parent);
  attachment.set_size_bytes(input.size_bytes);
  attachment.set_state(v1::ATTACHMENT_STATE_UPLOADING);
  attachment.set_chunk_bytes(input.limits.chunk_bytes);
  attachment.set_chunk_count(ChunkCount(input.size_bytes, input.limits.chunk_bytes));
  *attachment.mutable_create_time() = clock::ToProto(view.now());
  const ledger::Micros end = After(view.now(), input.limits.keep_hours);
  *attachment.mutable_expire_time() = clock::ToProto(end);

  Outcome outcome;
  outcome.changes.push_back(
      AttachmentChange(input.id, record, "AttachmentBegun", {{{std::string(kExpireTimer), end}}}));
  outcome.changes.push_back(parent.Change(Note("AttachmentBegun", "ATTACHMENT_BEGUN", name)));
  outcome.persons.push_back(input.sealed.person);
  outcome.answer = attachment.SerializeAsString();
  return outcome;
}

absl::StatusOr<Outcome> DecideFinish(const View& view, const FinishInput& input) {
  ASSIGN_OR_RETURN(v1::AttachmentRecord record, ReadAttachment(view, input.id));
  RETURN_IF_ERROR(CheckUploader(record, input.actor));
  v1::Attachment& attachment = *record.mutable_attachment();
  Outcome outcome;
  if (attachment.state() != v1::ATTACHMENT_STATE_UPLOADING) {
    outcome.answer = FinishAnswer(record);
    return outcome;
  }
  attachment.clear_expire_time();
  if (!input.kept.has_value()) {
    attachment.set_state(v1::ATTACHMENT_STATE_REFUSED);
    attachment.set_refusal(input.fault);
    record.set_limit_bytes(input.limit_bytes);
    auto timers = LeaveAfter(view, input.keep_hours, attachment);
    outcome.changes.push_back(AttachmentChange(input.id, record, "AttachmentRefused", std::move(timers)));
    outcome.answer = FinishAnswer(record);
    return outcome;
  }
  const KeptFile& kept = *input.kept;
  attachment.set_state(input.check ? v1::ATTACHMENT_STATE_CHECKING : v1::ATTACHMENT_STATE_READY);
  attachment.set_media_type(kept.media_type);
  attachment.set_sha256(kept.sha256);
  attachment.set_size_bytes(kept.size_bytes);
  attachment.set_chunk_count(ChunkCount(kept.size_bytes, attachment.chunk_bytes()));
  record.set_person_digest(kept.sealed.digest);
  outcome.persons.push_back(kept.sealed.person);
  std::vector<ledger::Timer> timers = {{std::string(kTidyTimer), view.now()}};
  if (input.check) timers.push_back({std::string(kCheckTimer), view.now()});
  outcome.changes.push_back(AttachmentChange(input.id, record, "AttachmentKept", std::move(timers)));
  ASSIGN_OR_RETURN(const AttachmentParent parent, AttachmentParent::Read(view, input.parent));
  outcome.changes.push_back(
      parent.Change(Note("AttachmentAdded", "ATTACHMENT_ADDED", absl::StrCat(attachment.name(), " ", kept.sha256))));
  outcome.answer = FinishAnswer(record);
  return outcome;
}

void AddFault(const v1::AttachmentRecord& record, const std::string& field, Faults& faults) {
  switch (record.attachment().state()) {
    case v1::ATTACHMENT_STATE_CHECKING:
    case v1::ATTACHMENT_STATE_READY: return;
    case v1::ATTACHMENT_STATE_REFUSED:
    case v1::ATTACHMENT_STATE_INFECTED:
      faults.Add(field, record.attachment().refusal(), {{kLimit, std::to_string(record.limit_bytes())}});
      return;
    default: faults.Add(field, config::v1::REASON_ATTACHMENT_DAMAGED);
  }
}

absl::StatusOr<Outcome> DecideVerdict(const View& view, const std::string& id, const std::string& signature,
                                      int keep_hours) {
  ASSIGN_OR_RETURN(v1::AttachmentRecord record, ReadAttachment(view, id));
  v1::Attachment& attachment = *record.mutable_attachment();
  if (attachment.state() != v1::ATTACHMENT_STATE_CHECKING) return Outcome();
  *attachment.mutable_check_time() = clock::ToProto(view.now());
  Outcome outcome;
  if (signature.empty()) {
    attachment.set_state(v1::ATTACHMENT_STATE_READY);
    outcome.changes.push_back(AttachmentChange(id, record, "AttachmentChecked", std::nullopt));
    return outcome;
  }
  record.set_signature(signature);
  attachment.set_state(v1::ATTACHMENT_STATE_INFECTED);
  attachment.set_refusal(config::v1::REASON_ATTACHMENT_INFECTED);
  auto timers = LeaveAfter(view, keep_hours, attachment);
  outcome.changes.push_back(AttachmentChange(id, record, "AttachmentInfected", std::move(timers)));
  return outcome;
}

absl::StatusOr<Outcome> DecideDelete(const View& view, const std::string& id, const std::string& parent_name,
                                     const Actor& actor) {
  ASSIGN_OR_RETURN(const v1::AttachmentRecord record, ReadAttachment(view, id));
  ASSIGN_OR_RETURN(const AttachmentParent parent, AttachmentParent::Read(view, parent_name));
  RETURN_IF_ERROR(parent.CheckMayAdd(actor));
  const v1::AttachmentState state = record.attachment().state();
  if (!parent.is_draft() && state != v1::ATTACHMENT_STATE_UPLOADING && !IsVoid(state)) {
    return Error(config::v1::REASON_PERMISSION_DENIED);
  }
  Outcome outcome;
  RETURN_IF_ERROR(Drop(view, id, record, parent, "AttachmentDeleted", outcome));
  v1::Attachment gone = record.attachment();
  gone.set_state(v1::ATTACHMENT_STATE_REMOVED);
  outcome.answer = gone.SerializeAsString();
  return outcome;
}

absl::StatusOr<Outcome> DecideExpireAttachment(const View& view, const std::string& id,
                                               const std::string& parent_name) {
  ASSIGN_OR_RETURN(const v1::AttachmentRecord record, ReadAttachment(view, id));
  ASSIGN_OR_RETURN(const AttachmentParent parent, AttachmentParent::Read(view, parent_name));
  Outcome outcome;
  RETURN_IF_ERROR(Drop(view, id, record, parent, "AttachmentExpired", outcome));
  return outcome;
}

absl::StatusOr<Outcome> DecideTidied(const View& view, const std::string& id) {
  ASSIGN_OR_RETURN(const auto record, view.Read<v1::AttachmentRecord>(AttachmentKey(id)));
  Outcome outcome;
  if (!IsVoid(record.attachment().state())) return outcome;
  outcome.changes.push_back(AttachmentChange(id, record, "AttachmentBytesRemoved", std::nullopt));
  return outcome;
}

absl::Status EraseAttachments(const View& view, const google::protobuf::RepeatedPtrField<std::string>& names,
                              std::string_view why, Outcome& outcome) {
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(name));
    ASSIGN_OR_RETURN(v1::AttachmentRecord record, ReadAttachment(view, id));
    Remove(view, id, std::move(record), why, outcome);
  }
  return absl::OkStatus();
}

}  // namespace jinqi::intake
