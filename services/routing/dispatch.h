// 派单: who gets the order (RTE-01, 02, 04, 09–12, 24).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

inline constexpr char kDecidedByHuman[] = "HUMAN";
inline constexpr char kDecidedByAuto[] = "AUTO";

struct DispatchPlan {
  std::string main;
  std::vector<std::string> assists;
  std::string decided_by = kDecidedByHuman;
  std::string rule_id;
  std::string proposal_id;
  std::string reason;
  bool complex = false;
};

// PENDING_DISPATCH → DISPATCHED with all its limits. The one after two agreed returns designates (RTE-09).
absl::Status ApplyDispatch(OrderEdit& edit, const DispatchPlan& plan);

// The order waits in the city hub's exception queue until its body can receive it (RTE-01).
void PutInExceptionQueue(OrderEdit& edit, const std::string& missing);

// Names: the order (changed), reference/head, and the bodies (relied on). Errors: every faulty field at once; then
// LIAISON_ONLY (RTE-10), CONFLICT_OF_INTEREST (RTE-12), AGAIN_NEEDS_LEADER (RTE-09), CATALOGUE_SAYS_OTHER (RTE-02),
// REASON_NEEDED for a body that was not proposed. A body without hub or contact: the order goes to the exception queue.
absl::StatusOr<ledger::Outcome> DecideDispatch(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const v1::DispatchWorkOrderRequest& request);

// PENDING_DISPATCH → LIAISON_SENT: no limit, no rating (RTE-10). NOT_LIAISON for a body that takes orders. Names as
// DecideDispatch.
absl::StatusOr<ledger::Outcome> DecideSendToLiaison(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::SendToLiaisonRequest& request);
// LIAISON_SENT → CLOSED.
absl::StatusOr<ledger::Outcome> DecideCloseLiaison(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::CloseLiaisonRequest& request);

}  // namespace jinqi::routing
