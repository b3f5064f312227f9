#include "services/feedback/feedback_timers.h"

#include "services/feedback/follow_up.h"

namespace jinqi::feedback {

absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record& /*record*/) {
  const auto id = ParseId(firing.key.id);
  if (!id.has_value() || firing.timer.name != kWindowTimer) {
    return absl::InternalError("no rule for timer " + firing.timer.name);
  }
  ledger::Command command;
  command.caller = "timer";
  command.method = "Timer/" + firing.timer.name;
  command.names = Round::Names(*id);
  command.decide = [id = *id](const ledger::View& view) { return DecideWindow(view, id); };
  return command;
}

}  // namespace jinqi::feedback
