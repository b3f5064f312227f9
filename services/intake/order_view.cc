#include "services/intake/order_view.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/demand_changes.h"
#include "services/intake/enterprise.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

using events::v1::OrderEvent;

// What the enterprise is told of a change whose reason is a note of routing's own.
constexpr std::string_view kCalendarNote = "CALENDAR ";
constexpr std::string_view kCalendarReason = "工作日历调整";

// Only what routing says is a change: a date that was provisional here, or reckoned with another limit, is replaced by
// routing's first word without being an extension.
void NoteDueChange(v1::Demand& demand, const OrderEvent& event) {
  const events::v1::OrderSnapshot& order = event.order();
  if (!demand.has_due_time() || !order.has_due_time()) return;
  const auto before = clock::FromProto(demand.due_time());
  if (before == clock::FromProto(order.due_time())) return;
  v1::ProgressExtension& extension = *demand.add_extensions();
  *extension.mutable_old_due_time() = demand.due_time();
  *extension.mutable_new_due_time() = order.due_time();
  const bool calendar = event.reason().compare(0, kCalendarNote.size(), kCalendarNote) == 0;
  extension.set_reason(calendar ? std::string(kCalendarReason) : event.reason());
}

// Asked for by its body and not granted: the enterprise is told why (RTE-18).
void NoteRefusal(v1::Demand& demand, const OrderEvent& event) {
  v1::ProgressExtension& extension = *demand.add_extensions();
  *extension.mutable_old_due_time() = event.order().due_time();
  extension.set_reason(event.reason());
  extension.set_refused(true);
}

void CopySnapshot(v1::DemandRecord& record, const OrderNews& news) {
  const OrderEvent& event = news.event;
  const events::v1::OrderSnapshot& order = event.order();
  v1::Demand& demand = *record.mutable_demand();
  if (news.type == "OrderDueChanged" || news.type == "OrderExtended") NoteDueChange(demand, event);
  if (news.type == "OrderExtensionRefused") NoteRefusal(demand, event);
  demand.set_state(event.to() != events::v1::ORDER_STATE_UNSPECIFIED ? event.to() : order.state());
  demand.set_main_undertaker(order.main_undertaker());
  *record.mutable_assist_undertakers() = order.assist_undertakers();
  *record.mutable_judged_undertakers() = order.judged_undertakers();
  demand.set_liaison_notice(order.liaison_notice());
  demand.set_partner_name(order.partner_name());
  demand.set_partner_phone(order.partner_phone());
  demand.set_partner_number(order.partner_number());
  if (order.has_due_time()) {
    *demand.mutable_due_time() = order.due_time();
    demand.set_due_provisional(order.due_provisional());
    demand.set_due_basis(order.due_basis());
  } else {
    StopClock(demand);
  }
  demand.set_result_type(order.result_type());
  record.set_rework_round(order.rework_round());
  demand.clear_feedback_time();
  if (order.has_feedback_time()) *demand.mutable_feedback_time() = order.feedback_time();
  demand.clear_close_time();
  if (order.has_close_time()) *demand.mutable_close_time() = order.close_time();
}

void SettleWithdrawal(v1::DemandRecord& record, bool granted, const std::string& refusal) {
  if (!record.has_withdrawal() || record.withdrawal().settled()) return;
  v1::WithdrawalIntent& intent = *record.mutable_withdrawal();
  intent.set_settled(true);
  intent.set_granted(granted);
  intent.set_refusal(refusal);
}

void SettleSupplement(v1::DemandRecord& record, const std::string& refusal) {
  if (record.supplements_settled() >= record.supplements_asked()) return;
  record.set_supplements_settled(record.supplements_settled() + 1);
  record.add_supplement_refusals(refusal);
}

void SettleIntents(v1::DemandRecord& record, const OrderNews& news) {
  if (news.type == "WithdrawalRefused") SettleWithdrawal(record, false, news.event.reason());
  if (record.demand().state() == events::v1::ORDER_STATE_WITHDRAWN) SettleWithdrawal(record, true, "");
  if (news.type == "SupplementTaken") SettleSupplement(record, "");
  if (news.type == "SupplementRefused") SettleSupplement(record, news.event.reason());
}

// The event without what is personal, for the history.
std::string HistoryData(OrderEvent event) {
  event.mutable_order()->clear_result_text();
  event.mutable_order()->clear_requester();
  return event.SerializeAsString();
}

}  // namespace

std::string ResultId(std::string_view order_no) { return absl::StrCat(std::string(order_no), "/result"); }
ledger::Key ResultKey(std::string_view order_no) { return {std::string(kResultKind), ResultId(order_no)}; }

Sealed SealResult(const Privacy& privacy, std::string_view order_no, const std::string& text,
                  const std::string& phone) {
  v1::TextPrivate values;
  values.set_salt(privacy.Salt());
  values.set_text(text);
  std::vector<std::string> blind;
  if (!phone.empty()) blind.push_back(phone);
  return privacy.Seal(ResultId(order_no), values, blind);
}

bool BringsResult(std::string_view type, const OrderEvent& event) {
  return !event.order().result_text().empty() && (type == "OrderSubmitted" || type == "OrderFedBack");
}

std::vector<ledger::Name> NamesOf(const OrderNews& news) {
  std::vector<ledger::Name> names = {{DemandKey(news.order_no)}};
  if (news.result.has_value()) names.push_back({ResultKey(news.order_no)});
  if (news.key_sequence != 1) return names;
  names.push_back({LikenessKey(news.order_no)});
  const std::string& uscc = news.event.order().subject().uscc();
  if (!uscc.empty()) names.push_back({EnterpriseKey(uscc)});
  return names;
}

absl::StatusOr<ledger::Outcome> DecideOrderNews(const ledger::View& view, const OrderNews& news) {
  const ledger::Key key = DemandKey(news.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  ledger::Outcome outcome;
  if (news.key_sequence <= record.demand().order_sequence()) return outcome;
  // What the register is told is what the demand says; the message only lets the command name the entry.
  const std::string& uscc = news.event.order().subject().uscc();
  if (news.key_sequence == 1 && uscc == record.demand().subject().uscc()) {
    RETURN_IF_ERROR(KeepSubject(view, record, clock::FromProto(record.demand().accept_time()), outcome));
  }
  if (news.key_sequence == 1) KeepLikeness(view, record, news.similar_days, outcome);
  CopySnapshot(record, news);
  SettleIntents(record, news);
  record.mutable_demand()->set_order_sequence(news.key_sequence);
  *record.mutable_demand()->mutable_as_of() = news.event.time();
  if (news.result.has_value()) {
    record.set_has_result(true);
    outcome.changes.push_back(ResultChange(news.order_no, clock::FromProto(news.event.time()), news.result->digest,
                                           absl::StrCat(news.key_sequence)));
    outcome.persons.push_back(news.result->person);
  }
  outcome.changes.push_back(
      {key, record.SerializeAsString(), std::nullopt, {{news.type, HistoryData(news.event), std::nullopt}}});
  return outcome;
}

}  // namespace jinqi::intake
