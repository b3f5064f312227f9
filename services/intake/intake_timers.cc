#include "services/intake/intake_timers.h"

#include <string>

#include "services/intake/demand.h"

namespace jinqi::intake {

absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record&) {
  if (firing.key.kind != kDemandKind || firing.timer.name != kArchiveTimer) {
    return absl::UnimplementedError("timer " + firing.timer.name + " of " + firing.key.kind);
  }
  ledger::Command command;
  command.caller = "intake";
  command.method = "Archive";
  command.names = {{firing.key}};
  command.decide = [order_no = firing.key.id](const ledger::View& view) { return DecideArchive(view, order_no); };
  return command;
}

}  // namespace jinqi::intake
