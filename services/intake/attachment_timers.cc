#include "services/intake/attachment_timers.h"

#include <string>
#include <utility>

#include "common/log/log.h"
#include "services/intake/attachments.h"
#include "services/intake/draft.h"

namespace jinqi::intake {
namespace {

using ledger::Command;
using ledger::Firing;

Command CommandFor(const Firing& firing, const std::string& method) {
  Command command;
  command.caller = "intake";
  command.method = method;
  command.names = {{firing.key}};
  return command;
}

absl::StatusOr<Command> Check(const Intake& intake, const Firing& firing, const v1::AttachmentRecord& record) {
  if (!intake.attachments->scanner.has_value()) return absl::FailedPreconditionError("clamd_address is missing");
  ASSIGN_OR_RETURN(const auto values, AttachmentValues(intake, firing.tenant, record));
  ASSIGN_OR_RETURN(const std::string bytes, intake.attachments->files.Whole(record.attachment(), values.key()));
  ASSIGN_OR_RETURN(const clamav::Verdict verdict, intake.attachments->scanner->Scan(bytes));
  Command command = CommandFor(firing, "CheckAttachment");
  const std::string signature = verdict.infected ? verdict.signature : "";
  command.decide = [id = firing.key.id, signature, keep_hours = intake.attachments->limits.keep_hours](
                       const ledger::View& view) { return DecideVerdict(view, id, signature, keep_hours); };
  return command;
}

absl::StatusOr<Command> Tidy(const Intake& intake, const Firing& firing, const v1::AttachmentRecord& record) {
  const AttachmentFiles& files = intake.attachments->files;
  RETURN_IF_ERROR(IsVoid(record.attachment().state()) ? files.RemoveAll(record) : files.RemoveUploaded(record));
  Command command = CommandFor(firing, "TidyAttachment");
  command.decide = [id = firing.key.id](const ledger::View& view) { return DecideTidied(view, id); };
  return command;
}

absl::StatusOr<Command> ExpireAttachment(const Firing& firing, const v1::AttachmentRecord& record) {
  const std::string& parent = record.attachment().parent();
  Command command = CommandFor(firing, "ExpireAttachment");
  ASSIGN_OR_RETURN(const ledger::Key key, ParentKey(parent));
  command.names.push_back({key});
  command.decide = [id = firing.key.id, parent](const ledger::View& view) {
    return DecideExpireAttachment(view, id, parent);
  };
  return command;
}

absl::StatusOr<Command> ExpireDraft(const Firing& firing, const ledger::Record& stored) {
  v1::DraftRecord draft;
  if (!draft.ParseFromString(stored.body)) return absl::DataLossError("body of a draft");
  Command command = CommandFor(firing, "ExpireDraft");
  for (const std::string& name : draft.attachments()) {
    ASSIGN_OR_RETURN(const std::string id, AttachmentOfName(name));
    command.names.push_back({AttachmentKey(id)});
  }
  command.decide = [id = firing.key.id](const ledger::View& view) { return DecideExpireDraft(view, id); };
  return command;
}

absl::StatusOr<Command> MakeCommand(const Intake& intake, const Firing& firing, const ledger::Record& stored) {
  if (firing.key.kind == kDraftKind) return ExpireDraft(firing, stored);
  v1::AttachmentRecord record;
  if (!record.ParseFromString(stored.body)) return absl::DataLossError("body of an attachment");
  if (firing.timer.name == kCheckTimer) return Check(intake, firing, record);
  if (firing.timer.name == kTidyTimer) return Tidy(intake, firing, record);
  return ExpireAttachment(firing, record);
}

}  // namespace

absl::StatusOr<Command> OnAttachmentTimer(const Intake& intake, const Firing& firing, const ledger::Record& record) {
  absl::StatusOr<Command> command = MakeCommand(intake, firing, record);
  if (!command.ok()) {
    log::Log(log::Level::kWarning, "an attachment waits",
             {{"timer", firing.timer.name}, {"error", std::string(command.status().message())}});
  }
  return command;
}

}  // namespace jinqi::intake
