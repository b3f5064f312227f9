#include "services/feedback/feedback_timers.h"

#include "common/status/status.h"
#include "services/feedback/follow_up.h"
#include "services/feedback/second_follow_up_draw.h"

namespace jinqi::feedback {

namespace {

absl::Status OnWindow(const ledger::Key& key, ledger::Command& command) {
  const auto id = ParseId(key.id);
  if (!id.has_value()) return absl::InternalError("no round " + key.id);
  command.names = Round::Names(*id);
  command.decide = [id = *id](const ledger::View& view) { return DecideWindow(view, id); };
  return absl::OkStatus();
}

absl::Status OnOpen(const ledger::Record& stored, ledger::Command& command) {
  v1::SecondFollowUpDrawRecord record;
  if (!record.ParseFromString(stored.body)) return absl::DataLossError("draw is not readable");
  command.names = DrawNames(record);
  command.decide = [id = stored.key.id](const ledger::View& view) { return DecideOpenDrawn(view, id); };
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record& record) {
  ledger::Command command;
  command.caller = "timer";
  command.method = "Timer/" + firing.timer.name;
  if (firing.timer.name == kWindowTimer) {
    RETURN_IF_ERROR(OnWindow(firing.key, command));
  } else if (firing.timer.name == kOpenTimer) {
    RETURN_IF_ERROR(OnOpen(record, command));
  } else {
    return absl::InternalError("no rule for timer " + firing.timer.name);
  }
  return command;
}

}  // namespace jinqi::feedback
