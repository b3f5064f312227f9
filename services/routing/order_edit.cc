#include "services/routing/order_edit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/status/status.h"
#include "services/routing/escalation.h"
#include "services/routing/kinds.h"
#include "services/routing/partner.h"
#include "services/routing/sight.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

using events::v1::OrderState;

std::string Etag(std::int64_t version) { return absl::StrCat("\"", version, "\""); }

std::string DateText(const google::protobuf::Timestamp& time) {
  return clock::FormatDate(clock::ShanghaiDate(clock::FromProto(time)));
}

const v1::Dispatch* LastDispatch(const v1::WorkOrder& order) {
  return order.dispatches_size() == 0 ? nullptr : &order.dispatches(order.dispatches_size() - 1);
}

}  // namespace

events::v1::OrderSnapshot SnapshotOf(const v1::WorkOrderRecord& record) {
  const v1::WorkOrder& order = record.order();
  events::v1::OrderSnapshot out;
  out.set_order_no(order.order_no());
  out.set_state(order.state());
  out.set_channel(order.channel());
  out.set_demand_type(order.demand_type());
  out.set_urgency(order.urgency());
  out.set_category_code(order.category_code());
  *out.mutable_subject() = order.subject();
  out.set_confidential(order.confidential());
  out.set_anonymous(order.anonymous());
  out.set_requester(order.requester());
  out.set_main_undertaker(order.main_undertaker());
  for (const v1::Assist& assist : order.assists()) {
    if (!assist.removed()) out.add_assist_undertakers(assist.undertaker());
  }
  *out.mutable_accept_time() = order.accept_time();
  if (order.has_due_time()) *out.mutable_due_time() = order.due_time();
  out.set_due_provisional(order.due_provisional());
  if (const v1::Dispatch* dispatch = LastDispatch(order); dispatch != nullptr) {
    *out.mutable_dispatch_time() = dispatch->time();
    if (dispatch->has_sign_time()) *out.mutable_sign_time() = dispatch->sign_time();
  }
  if (order.has_first_contact_due_time()) *out.mutable_first_contact_due_time() = order.first_contact_due_time();
  if (order.has_first_contact_time()) *out.mutable_first_contact_time() = order.first_contact_time();
  if (order.submissions_size() > 0) {
    *out.mutable_submit_time() = order.submissions(order.submissions_size() - 1).time();
  }
  if (order.has_feedback_time()) *out.mutable_feedback_time() = order.feedback_time();
  if (order.has_close_time()) *out.mutable_close_time() = order.close_time();
  out.set_result_type(order.result_type());
  out.set_rework_round(order.rework_round());
  if (order.has_rework_due_time()) *out.mutable_rework_due_time() = order.rework_due_time();
  out.set_liaison(order.liaison());
  out.set_liaison_notice(order.liaison_notice());
  out.set_supervision_count(order.supervisions_size());
  *out.mutable_judged_undertakers() = record.judged();
  out.set_due_basis(order.due_basis());
  if (const v1::Escalation* waiting = WaitingEscalation(order); waiting != nullptr) {
    out.set_meeting_place(PlaceOf(waiting->level(), waiting->district_code()));
  }
  if (const v1::PartnerTransfer* transfer = TransferOf(order); transfer != nullptr) {
    out.set_partner(transfer->partner());
    out.set_partner_name(transfer->display_name());
    out.set_partner_phone(transfer->phone());
    out.set_partner_number(transfer->partner_number());
  }
  return out;
}

absl::StatusOr<OrderEdit> OrderEdit::Open(const ledger::View& view, const Setting& setting, const Actor& actor,
                                          const std::string& order_no) {
  OrderEdit edit;
  const ledger::Record* stored = view.Find(OrderKey(order_no));
  if (stored == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  if (!edit.record_.ParseFromString(stored->body)) return absl::DataLossError("body of order " + order_no);
  if (lifecycle::Name(edit.order().state()).empty()) return Error(config::v1::REASON_ORDER_STATE_UNKNOWN);
  ASSIGN_OR_RETURN(edit.reference_, setting.references->Of(view));
  edit.limits_ = setting.limits;
  edit.actor_ = actor;
  edit.now_ = view.now();
  edit.version_ = stored->version;
  edit.sent_ = stored->sent;
  v1::WorkOrder& order = edit.order();
  if (order.calendar_version() >= edit.calendar().version() || !lifecycle::IsOpen(order.state())) return edit;
  const std::string before = DateText(order.due_time());
  const bool earlier_provisional = order.due_provisional();
  const bool moved = Recompute(edit.record_, edit.calendar(), *setting.limits);
  if (!moved && earlier_provisional == order.due_provisional()) return edit;
  edit.LowerWarnings();
  edit.Tell("OrderDueChanged",
            absl::StrCat("CALENDAR ", edit.calendar().version(), ": ", before, " -> ", DateText(order.due_time())));
  return edit;
}

void OrderEdit::LowerWarnings() {
  order().set_warning_level(std::min(order().warning_level(), WarningLevelAt(order(), calendar(), *limits_, now_)));
}

void OrderEdit::SetDueAnew() {
  SetDue(order(), calendar(), *limits_);
  LowerWarnings();
}

absl::StatusOr<OrderEdit> OrderEdit::New(const ledger::View& view, const Setting& setting, const Actor& actor,
                                         const std::string& order_no) {
  OrderEdit edit;
  ASSIGN_OR_RETURN(edit.reference_, setting.references->Of(view));
  edit.limits_ = setting.limits;
  edit.actor_ = actor;
  edit.now_ = view.now();
  edit.order().set_order_no(order_no);
  *edit.order().mutable_create_time() = edit.timestamp();
  return edit;
}

absl::Status OrderEdit::CheckEtag(std::string_view etag) const {
  if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  const std::string current = Etag(version_);
  if (etag == current) return absl::OkStatus();
  return Error(config::v1::REASON_VERSION_CONFLICT,
               {{"etag", current}, {"state", std::string(lifecycle::Name(order().state()))}});
}

absl::Status OrderEdit::CheckSight() const {
  if (SightOf(record_, actor_) == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  return absl::OkStatus();
}

absl::Status OrderEdit::CheckMain(config::v1::Reason reason, bool hidden) const {
  if (!actor_.body.empty() && order().main_undertaker() == actor_.body) return absl::OkStatus();
  const auto& dispatches = order().dispatches();
  const bool had_it = std::any_of(dispatches.begin(), dispatches.end(), [&](const v1::Dispatch& dispatch) {
    return dispatch.main_undertaker() == actor_.body;
  });
  if (hidden && !had_it && SightOf(record_, actor_) == Sight::kNone) return Error(config::v1::REASON_NOT_FOUND);
  return Error(reason);
}

absl::Status OrderEdit::Move(OrderState to, std::string_view type, std::string_view reason) {
  const OrderState from = order().state();
  RETURN_IF_ERROR(lifecycle::CheckMove(from, to, lifecycle::Custodian::kRouting));
  order().set_state(to);
  Add(type, from, reason, true);
  return absl::OkStatus();
}

void OrderEdit::Begin(std::string_view type, std::string_view reason) {
  order().set_state(events::v1::ORDER_STATE_PENDING_DISPATCH);
  Add(type, events::v1::ORDER_STATE_REGISTERED, reason, true);
}

void OrderEdit::Tell(std::string_view type, std::string_view reason) { Add(type, order().state(), reason, true); }

void OrderEdit::Note(std::string_view type, std::string_view reason) { Add(type, order().state(), reason, false); }

void OrderEdit::Add(std::string_view type, OrderState from, std::string_view reason, bool tells) {
  events_.push_back({std::string(type), from, order().state(), std::string(reason), tells});
}

void OrderEdit::Mark(std::string_view mark) {
  const auto& marks = order().marks();
  if (std::find(marks.begin(), marks.end(), mark) == marks.end()) order().add_marks(std::string(mark));
}

void OrderEdit::Unmark(std::string_view mark) {
  auto& marks = *order().mutable_marks();
  marks.erase(std::remove(marks.begin(), marks.end(), mark), marks.end());
}

void OrderEdit::AddText(const SealedText& text, v1::TextKind kind, int place) {
  if (text.id.empty()) return;
  v1::TextRecord stored;
  stored.set_order_no(order().order_no());
  stored.set_kind(kind);
  stored.set_place(place);
  *stored.mutable_time() = timestamp();
  stored.set_person_digest(text.digest);
  texts_.emplace_back(text.id, std::move(stored));
  persons_.push_back({text.id, text.sealed, {}});
  record_.set_texts(record_.texts() + 1);
}

ledger::Event OrderEdit::MakeEvent(const Pending& pending) const {
  events::v1::OrderEvent event;
  event.set_from(pending.from);
  event.set_to(pending.to);
  *event.mutable_time() = timestamp();
  event.set_actor(actor_.text);
  event.set_reason(pending.reason);
  ledger::Event out{pending.type, event.SerializeAsString(), std::nullopt};
  if (!pending.tells) return out;
  *event.mutable_order() = SnapshotOf(record_);
  event.mutable_order()->set_state(pending.to);
  const bool tells_result = pending.to == events::v1::ORDER_STATE_FED_BACK && !result_text_.empty();
  if (tells_result) event.mutable_order()->set_result_text(result_text_);
  out.message = ledger::Outgoing{pending.type, event.SerializeAsString(), tells_result};
  return out;
}

ledger::Outcome OrderEdit::Finish() {
  ledger::Outcome outcome;
  const bool tells_caller = actor_.role != config::v1::ROLE_SERVICE;
  if (!changed()) {
    if (tells_caller) outcome.answer = Show(std::move(record_), version_, sent_, actor_).SerializeAsString();
    return outcome;
  }
  *order().mutable_update_time() = timestamp();
  ledger::Change change;
  change.key = OrderKey(order().order_no());
  for (const Pending& pending : events_) change.events.push_back(MakeEvent(pending));
  change.timers = TimersOf(record_, calendar(), *limits_);
  change.body = record_.SerializeAsString();
  outcome.changes.push_back(std::move(change));
  for (const auto& [id, text] : texts_) {
    ledger::Change added;
    added.key = TextKey(id);
    added.body = text.SerializeAsString();
    added.events.push_back({"TextAdded", "", std::nullopt});
    outcome.changes.push_back(std::move(added));
  }
  for (ledger::Change& other : changes_) outcome.changes.push_back(std::move(other));
  outcome.persons = std::move(persons_);
  if (tells_caller) {
    const auto told = std::count_if(events_.begin(), events_.end(), [](const Pending& event) { return event.tells; });
    outcome.answer = Show(std::move(record_), version_ + 1, sent_ + told, actor_).SerializeAsString();
  }
  return outcome;
}

}  // namespace jinqi::routing
