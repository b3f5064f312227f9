#include "services/intake/demand_changes.h"

#include <algorithm>
#include <array>

#include "common/clock/clock.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "services/intake/demand.h"
#include "services/intake/order_view.h"
#include "services/intake/payment.h"
#include "services/intake/redact.h"

namespace jinqi::intake {
namespace {

constexpr std::array<std::string_view, 4> kEmergencyTargets = {"110", "119", "120", "122"};

}  // namespace

absl::StatusOr<v1::DemandRecord> ReadDemand(const ledger::View& view, const ledger::Key& key) {
  if (view.Find(key) == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  return view.Read<v1::DemandRecord>(key);
}

std::string AnswerOf(const v1::DemandRecord& record, std::int64_t version) {
  v1::Demand demand = record.demand();
  demand.set_etag(EtagOf(version));
  return demand.SerializeAsString();
}

absl::StatusOr<ledger::Event> Move(v1::DemandRecord& record, events::v1::OrderState to, ledger::Micros now,
                                   std::string_view type, std::string_view reason) {
  v1::Demand& demand = *record.mutable_demand();
  const events::v1::OrderState from = demand.state();
  RETURN_IF_ERROR(lifecycle::CheckMove(from, to, lifecycle::Custodian::kIntake));
  demand.set_state(to);
  events::v1::OrderEvent event;
  event.set_from(from);
  event.set_to(to);
  *event.mutable_time() = clock::ToProto(now);
  event.set_reason(std::string(reason));
  return ledger::Event{std::string(type), event.SerializeAsString(), std::nullopt};
}

ledger::Event Note(std::string_view type, std::string_view what, std::string_view detail) {
  v1::DemandNote note;
  note.set_what(std::string(what));
  note.set_detail(std::string(detail));
  return {std::string(type), note.SerializeAsString(), std::nullopt};
}

void StopClock(v1::Demand& demand) {
  demand.clear_due_time();
  demand.clear_due_provisional();
  demand.clear_due_basis();
}

void End(v1::Demand& demand, events::v1::ResultType result, ledger::Micros now) {
  demand.set_result_type(result);
  *demand.mutable_close_time() = clock::ToProto(now);
  StopClock(demand);
}

bool IsEmergencyTarget(std::string_view target) {
  return std::find(kEmergencyTargets.begin(), kEmergencyTargets.end(), target) != kEmergencyTargets.end();
}

absl::StatusOr<ledger::Event> TransferTo(v1::DemandRecord& record, const std::string& target, const std::string& by,
                                         ledger::Micros now) {
  ASSIGN_OR_RETURN(ledger::Event transferred,
                   Move(record, events::v1::ORDER_STATE_TRANSFERRED_EMERGENCY, now, "DemandTransferred"));
  v1::Demand& demand = *record.mutable_demand();
  demand.mutable_emergency_transfer()->set_target(target);
  *demand.mutable_emergency_transfer()->mutable_time() = clock::ToProto(now);
  demand.mutable_emergency_transfer()->set_by(by);
  End(demand, events::v1::RESULT_TYPE_TRANSFERRED_EMERGENCY, now);
  return transferred;
}

ledger::Change ResultChange(const std::string& order_no, ledger::Micros time, const std::string& digest,
                            std::string_view detail) {
  v1::ResultRecord record;
  record.set_order_no(order_no);
  *record.mutable_time() = clock::ToProto(time);
  record.set_person_digest(digest);
  return {ResultKey(order_no), record.SerializeAsString(), std::nullopt, {Note("ResultKept", "RESULT_KEPT", detail)}};
}

std::vector<ledger::Timer> ArchiveAfter(ledger::Micros now, int days) {
  return {{"archive", now + days * clock::kDay}};
}

std::string WithoutIdentity(const v1::Demand& demand, std::string_view text, const v1::DemandPrivate& values) {
  const events::v1::Subject& subject = demand.subject();
  return Redact(text, {values.contact_name(), values.contact_phone(), values.enterprise_name(), values.uscc(),
                       subject.enterprise_name(), subject.uscc()});
}

std::string TextForRouting(const v1::DemandRecord& record, const std::string& text, const v1::DemandPrivate& values) {
  if (!record.demand().confidential()) return text;
  return WithoutIdentity(record.demand(), text, values);
}

ledger::Outgoing SubmittedMessage(const v1::DemandRecord& record, const v1::DemandPrivate& values,
                                  const v1::TranslationPrivate& translation) {
  const v1::Demand& demand = record.demand();
  events::v1::DemandSubmitted message;
  message.set_order_no(demand.order_no());
  message.set_channel(demand.channel());
  message.set_demand_type(demand.demand_type());
  message.set_urgency(demand.urgency());
  message.set_category_code(demand.category_code());
  message.set_category_tree_version(demand.category_tree_version());
  *message.mutable_subject() = demand.subject();
  message.set_confidential(demand.confidential());
  message.set_anonymous(demand.anonymous());
  message.set_language(demand.language());
  *message.mutable_accept_time() = demand.accept_time();
  message.set_title(TextForRouting(record, values.title(), values));
  message.set_content(TextForRouting(record, values.content(), values));
  message.set_requester(record.requester());
  message.set_sme_payment(IsSmePayment(demand));
  message.set_translated_title(TextForRouting(record, translation.title(), values));
  message.set_translated_content(TextForRouting(record, translation.content(), values));
  return {"DemandSubmitted", message.SerializeAsString(), true};
}

ledger::Outgoing SupplementMessage(const v1::DemandRecord& record, std::string_view text) {
  events::v1::SupplementAdded message;
  message.set_order_no(record.demand().order_no());
  message.set_text(std::string(text));
  message.set_requester(record.requester());
  message.set_reopen(record.demand().state() == events::v1::ORDER_STATE_CLOSED);
  return {"SupplementAdded", message.SerializeAsString(), true};
}

ledger::Outgoing WithdrawalMessage(const v1::DemandRecord& record, std::string_view reason) {
  events::v1::WithdrawalAsked message;
  message.set_order_no(record.demand().order_no());
  message.set_reason(std::string(reason));
  message.set_requester(record.requester());
  return {"WithdrawalAsked", message.SerializeAsString(), true};
}

ledger::Outgoing MergedMessage(const v1::DemandRecord& master) {
  events::v1::DemandMerged message;
  message.set_order_no(master.demand().order_no());
  message.set_child(master.last_child());
  message.set_urging_count(master.demand().urging_count());
  return {"DemandMerged", message.SerializeAsString(), false};
}

ledger::Outgoing EndedMessage(const v1::DemandRecord& record) {
  events::v1::DemandEnded message;
  message.set_order_no(record.demand().order_no());
  message.set_state(record.demand().state());
  message.set_result_type(record.demand().result_type());
  *message.mutable_subject() = record.demand().subject();
  return {"DemandEnded", message.SerializeAsString(), false};
}

ledger::Outgoing GapMessage(const v1::DemandRecord& record, std::string_view question, const std::string& by,
                            ledger::Micros now) {
  events::v1::KnowledgeGapFound message;
  message.set_order_no(record.demand().order_no());
  message.set_question(std::string(question));
  message.set_category_code(record.demand().category_code());
  message.set_language(record.demand().language());
  *message.mutable_time() = clock::ToProto(now);
  message.set_reported_by(by);
  return {"KnowledgeGapFound", message.SerializeAsString(), false};
}

}  // namespace jinqi::intake
