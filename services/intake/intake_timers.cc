#include "services/intake/intake_timers.h"

#include <string>

#include "services/intake/demand.h"
#include "services/intake/similar.h"

namespace jinqi::intake {

absl::StatusOr<ledger::Command> OnTimer(const ledger::Firing& firing, const ledger::Record&) {
  ledger::Command command;
  command.caller = "intake";
  command.names = {{firing.key}};
  const std::string& order_no = firing.key.id;
  if (firing.key.kind == kDemandKind && firing.timer.name == kArchiveTimer) {
    command.method = "Archive";
    command.decide = [order_no](const ledger::View& view) { return DecideArchive(view, order_no); };
    return command;
  }
  if (firing.key.kind == kLikenessKind && firing.timer.name == kForgetTimer) {
    command.method = "Forget";
    command.decide = [order_no](const ledger::View& view) { return DecideForgetLikeness(view, order_no); };
    return command;
  }
  return absl::UnimplementedError("timer " + firing.timer.name + " of " + firing.key.kind);
}

}  // namespace jinqi::intake
