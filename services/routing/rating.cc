#include "services/routing/rating.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/kinds.h"
#include "services/routing/partner.h"
#include "services/routing/supervision.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states and messages.

absl::Status Close(OrderEdit& edit, std::string_view reason) {
  *edit.order().mutable_close_time() = edit.timestamp();
  return edit.Move(ORDER_STATE_CLOSED, "OrderClosed", reason);
}

absl::Status FollowUp(OrderEdit& edit, std::string_view reason) {
  if (edit.order().state() != ORDER_STATE_FED_BACK) return absl::OkStatus();
  return edit.Move(ORDER_STATE_FOLLOWED_UP, "OrderFollowedUp", reason);
}

void Keep(OrderEdit& edit, const Rated& message, Micros rated) {
  v1::RatingEntry& entry = *edit.record().add_ratings();
  entry.set_round(message.round());
  entry.set_solved(message.solved());
  entry.set_satisfaction(message.satisfaction());
  entry.set_bad(message.bad());
  entry.set_changed(message.changed());
  *entry.mutable_time() = clock::ToProto(rated);
}

// From FOLLOWED_UP or CLOSED.
absl::Status TakeBadRating(OrderEdit& edit, Micros rated) {
  v1::WorkOrderRecord& record = edit.record();
  if (record.bad_rounds() >= edit.limits().max_rework_rounds() || AnsweredByPartner(record.order())) {
    edit.Mark("UNRESOLVED");
    if (edit.order().state() == ORDER_STATE_CLOSED) {
      edit.Note("RatingNoted", "UNRESOLVED");
      return absl::OkStatus();
    }
    return Close(edit, "UNRESOLVED");
  }
  record.set_bad_rounds(record.bad_rounds() + 1);
  const bool repeated = record.bad_rounds() > 1;
  RETURN_IF_ERROR(StartRework(edit, rated, kBadRating));
  if (repeated) OpenTicket(edit, "REPEATED_DISSATISFACTION", kLevelBodyLeader);
  return absl::OkStatus();
}

bool MayReopen(const OrderEdit& edit, Micros rated) {
  const Micros closed = clock::FromProto(edit.order().close_time());
  return rated <= closed + edit.limits().reopen_days() * clock::kDay;
}

absl::Status Weigh(OrderEdit& edit, const Rated& message, Micros rated) {
  const OrderState state = edit.order().state();
  const bool this_round = message.round() == edit.order().rework_round();
  if (this_round && (state == ORDER_STATE_FED_BACK || state == ORDER_STATE_FOLLOWED_UP)) {
    RETURN_IF_ERROR(FollowUp(edit, "RATED"));
    return message.bad() ? TakeBadRating(edit, rated) : Close(edit, "RATED");
  }
  if (this_round && state == ORDER_STATE_CLOSED && message.bad() && !edit.order().anonymous() &&
      MayReopen(edit, rated)) {
    return TakeBadRating(edit, rated);
  }
  edit.Note("RatingNoted");
  return absl::OkStatus();
}

}  // namespace

absl::Status StartRework(OrderEdit& edit, Micros from, std::string_view reason) {
  v1::WorkOrder& order = edit.order();
  const absl::CivilDay day = clock::ShanghaiDate(from);
  order.set_rework_round(order.rework_round() + 1);
  *edit.record().mutable_rework_start_time() = clock::ToProto(from);
  edit.record().set_rework_cause(std::string(reason));
  *order.mutable_rework_due_time() =
      clock::ToProto(InWorkingDays(edit.calendar(), day, edit.limits().rework_working_days()).due);
  *order.mutable_rework_contact_due_time() =
      clock::ToProto(InWorkingDays(edit.calendar(), day, edit.limits().rework_contact_working_days()).due);
  order.clear_close_time();
  Rearm(edit.record(), kTimerRework);
  Rearm(edit.record(), kTimerReworkContact);
  Hold(order, order.main_undertaker(), edit.now());
  return edit.Move(ORDER_STATE_REWORK, "OrderReworked", reason);
}

absl::StatusOr<ledger::Outcome> DecideFollowUpDone(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const FollowUpDone& message) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, message.order_no()));
  const OrderState state = edit.order().state();
  const bool waits = state == ORDER_STATE_FED_BACK || state == ORDER_STATE_FOLLOWED_UP;
  if (!waits || message.round() != edit.order().rework_round() || !(message.reached() || message.exhausted())) {
    edit.Note("FollowUpNoted");
    return edit.Finish();
  }
  RETURN_IF_ERROR(FollowUp(edit, message.reached() ? "REACHED" : "NOT_REACHED"));
  if (message.exhausted()) RETURN_IF_ERROR(Close(edit, "NO_ANSWER"));
  if (!edit.changed()) edit.Note("FollowUpNoted");
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRated(const ledger::View& view, const Setting& setting, const Actor& actor,
                                            const Rated& message, Micros rated) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, message.order_no()));
  if (edit.order().liaison()) return Error(config::v1::REASON_LIAISON_ONLY, {{"code", edit.order().main_undertaker()}});
  Keep(edit, message, rated);
  RETURN_IF_ERROR(Weigh(edit, message, rated));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideWindowClosed(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const RatingWindowClosed& message) {
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, message.order_no()));
  const OrderState state = edit.order().state();
  const bool ends = state == ORDER_STATE_FED_BACK || state == ORDER_STATE_FOLLOWED_UP || state == ORDER_STATE_CLOSED;
  if (!ends || message.round() != edit.order().rework_round()) {
    edit.Note("RatingWindowNoted");
    return edit.Finish();
  }
  RETURN_IF_ERROR(FollowUp(edit, "WINDOW_CLOSED"));
  if (edit.order().state() == ORDER_STATE_FOLLOWED_UP) RETURN_IF_ERROR(Close(edit, "WINDOW_CLOSED"));
  RETURN_IF_ERROR(edit.Move(ORDER_STATE_ARCHIVED, "OrderArchived"));
  return edit.Finish();
}

}  // namespace jinqi::routing
