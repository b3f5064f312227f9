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
inline constexpr char kDecidedByMeeting[] = "JOINT_MEETING";

struct DispatchPlan {
  std::string main;
  std::vector<std::string> assists;
  std::string decided_by = kDecidedByHuman;
  std::string rule_id;
  std::string proposal_id;
  std::string reason;
  bool complex = false;
};

// What dispatch, joint meeting and the hub's later choice of assistants ask alike (RTE-04): a body of the directory
// that is none of the collective names and no village (INT-12); as the main one no township beyond its duties (RTE-13);
// assistants that are each named once, are not the main one and no liaison body,
// at most 10.
void CheckBody(const Directory& directory, const std::string& code, const char* field, Faults& faults);
void CheckMainBody(const OrderEdit& edit, const std::string& code, const char* field, Faults& faults);
void CheckAssist(const Directory& directory, const std::string& main, const std::string& code, const char* field,
                 Faults& faults);
void CheckAssists(const Directory& directory, const std::string& main,
                  const google::protobuf::RepeatedPtrField<std::string>& assists, Faults& faults);
inline constexpr int kMaxAssists = 10;

// What stands against a body as the main one: LIAISON_ONLY (RTE-10), CONFLICT_OF_INTEREST (RTE-12).
absl::Status CheckMayLead(const OrderEdit& edit, const std::string& main);

// What the first of these bodies lacks to receive orders (RTE-01); empty: nothing.
std::string FirstMissing(const ledger::View& view, const Directory& directory, const std::vector<std::string>& bodies);

// The next dispatch in the list, with its limits: `plan.main` leads and holds the order, `plan.assists` assist in place
// of those that have not answered.
v1::Dispatch& AddDispatch(OrderEdit& edit, const DispatchPlan& plan);

// One more assisting body with its limit, never before today.
void AddAssist(OrderEdit& edit, const std::string& code);

// PENDING_DISPATCH → DISPATCHED with all its limits. The one after two agreed returns designates (RTE-09).
absl::Status ApplyDispatch(OrderEdit& edit, const DispatchPlan& plan);

// The order waits in the city hub's exception queue until its body can receive it (RTE-01).
void PutInExceptionQueue(OrderEdit& edit, const std::string& missing);

// Names: the order (changed), reference/head, and the bodies (relied on). Errors: every faulty field at once; then
// LIAISON_ONLY (RTE-10), CONFLICT_OF_INTEREST (RTE-12), AGAIN_NEEDS_LEADER (RTE-09), CATALOGUE_SAYS_OTHER (RTE-02),
// REASON_NEEDED for a body that was not proposed. A body without hub or contact: the order goes to the exception queue.
// A designation with a rule for the catalogue names what rulings.h says as well.
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
