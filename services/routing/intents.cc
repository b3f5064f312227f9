#include "services/routing/intents.h"

#include <algorithm>

#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/partner.h"
#include "services/routing/rating.h"
#include "services/routing/sight.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states and messages.

bool TakesFacts(OrderState state) { return lifecycle::IsOpen(state) && state != ORDER_STATE_SUBMITTED; }

}  // namespace

absl::StatusOr<ledger::Outcome> DecideWithdraw(const ledger::View& view, const Setting& setting, const Actor& actor,
                                               const WithdrawalAsked& message) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, message.order_no()));
  v1::WorkOrder& order = edit.order();
  if (!lifecycle::IsLawful(order.state(), ORDER_STATE_WITHDRAWN)) {
    edit.Tell("WithdrawalRefused", std::string(lifecycle::Name(order.state())));
    return edit.Finish();
  }
  order.set_result_type(RESULT_TYPE_WITHDRAWN);
  order.clear_exception();
  *order.mutable_close_time() = edit.timestamp();
  EndStay(order, edit.now());
  EndTransfer(edit, v1::PartnerTransfer::STATE_WITHDRAWN, "");
  const std::string reason = text::SingleLine(message.reason());
  RETURN_IF_ERROR(
      edit.Move(ORDER_STATE_WITHDRAWN, "OrderWithdrawn", Redact(reason, {order.subject().enterprise_name()})));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideSupplement(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                 const SupplementAdded& message, const SealedText& text) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, message.order_no()));
  v1::WorkOrder& order = edit.order();
  const bool reopens =
      message.reopen() && order.state() == ORDER_STATE_CLOSED && !order.liaison() && !AnsweredByPartner(order);
  if (!reopens && !TakesFacts(order.state())) {
    edit.Tell("SupplementRefused", std::string(lifecycle::Name(order.state())));
    return edit.Finish();
  }
  *order.add_supplements()->mutable_time() = edit.timestamp();
  edit.AddText(text, v1::TEXT_KIND_SUPPLEMENT, order.supplements_size() - 1);
  edit.Tell("SupplementTaken");
  if (reopens) RETURN_IF_ERROR(StartRework(edit, edit.now(), "NEW_FACT"));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideMerged(const ledger::View& view, const Setting& setting, const Actor& actor,
                                             const DemandMerged& message) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, message.order_no()));
  v1::WorkOrder& order = edit.order();
  order.set_urging_count(std::max(order.urging_count(), message.urging_count()));
  order.add_merged_children(message.child());
  edit.Tell("OrderMerged", message.child());
  return edit.Finish();
}

}  // namespace jinqi::routing
