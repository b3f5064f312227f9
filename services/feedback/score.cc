#include "services/feedback/score.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace jinqi::feedback {
namespace {

using clock::Micros;
using events::v1::OrderEvent;
using events::v1::OrderSnapshot;
using events::v1::OrderState;
using events::v1::ResultType;
using v1::OrderScore;

constexpr std::string_view kLiaison = "LIAISON";
// The reason of routing's OrderFedBack for a rework that ends with reasons.
constexpr std::string_view kExplained = "EXPLAINED";

// The first of them is what routing tells when it has taken an order.
constexpr std::array<std::string_view, 11> kTypes = {
    "OrderProposed",   "OrderDispatched", "OrderContacted", "OrderFedBack", "OrderReworked",   "OrderClosed",
    "OrderDueChanged", "OrderExtended",   "OrderWithdrawn", "OrderMerged",  "OrderLiaisonSent"};

std::string_view LeftOutByState(OrderState state) {
  switch (state) {
    case events::v1::ORDER_STATE_WITHDRAWN: return "WITHDRAWN";
    case events::v1::ORDER_STATE_MERGED: return "MERGED";
    case events::v1::ORDER_STATE_NOT_ACCEPTED: return "NOT_ACCEPTED";
    case events::v1::ORDER_STATE_TRANSFERRED_EMERGENCY: return "TRANSFERRED_EMERGENCY";
    case events::v1::ORDER_STATE_LIAISON_SENT: return kLiaison;
    default: return "";
  }
}

std::string_view LeftOutByResult(ResultType result) {
  switch (result) {
    case events::v1::RESULT_TYPE_WITHDRAWN: return "WITHDRAWN";
    case events::v1::RESULT_TYPE_MERGED: return "MERGED";
    case events::v1::RESULT_TYPE_NOT_ACCEPTED: return "NOT_ACCEPTED";
    case events::v1::RESULT_TYPE_TRANSFERRED_EMERGENCY: return "TRANSFERRED_EMERGENCY";
    default: return "";
  }
}

std::string_view LeftOut(const OrderSnapshot& order) {
  if (const auto state = LeftOutByState(order.state()); !state.empty()) return state;
  if (const auto result = LeftOutByResult(order.result_type()); !result.empty()) return result;
  if (order.liaison()) return kLiaison;
  return order.anonymous() ? "ANONYMOUS" : "";
}

void Derive(OrderScore& score) {
  score.set_name("orderScores/" + score.order_no());
  score.set_contacted_in_time(
      score.has_first_contact_time() &&
      (!score.has_first_contact_due_time() ||
       InTime(clock::FromProto(score.first_contact_time()), clock::FromProto(score.first_contact_due_time()))));
  score.set_on_time(false);
  score.set_days_late(0);
  if (!score.has_feedback_time() || !score.has_due_time()) return;
  const Micros feedback = clock::FromProto(score.feedback_time());
  const Micros due = clock::FromProto(score.due_time());
  score.set_on_time(score.due_provisional() || InTime(feedback, due));
  if (score.due_provisional()) return;
  const auto days = clock::ShanghaiDate(feedback) - clock::ShanghaiDate(due);
  score.set_days_late(static_cast<std::int32_t>(std::max<std::int64_t>(days, 0)));
}

void NoteFeedback(OrderScore& score, const OrderEvent& event) {
  if (!score.has_feedback_time()) {
    *score.mutable_feedback_time() = event.order().has_feedback_time() ? event.order().feedback_time() : event.time();
  }
  score.set_round(event.order().rework_round());
  score.set_answered(false);
  score.set_solved(events::v1::SOLVED_UNSPECIFIED);
  score.set_satisfaction(0);
  score.clear_excluded();
}

void NoteFirstContact(OrderScore& score, const OrderSnapshot& order) {
  if (score.has_first_contact_time()) return;
  if (order.has_first_contact_due_time()) *score.mutable_first_contact_due_time() = order.first_contact_due_time();
  if (order.has_first_contact_time()) *score.mutable_first_contact_time() = order.first_contact_time();
}

void NoteOwner(OrderScore& score, const OrderSnapshot& order) {
  if (!order.subject().uscc().empty()) score.set_uscc(order.subject().uscc());
  if (!order.requester().empty()) score.set_requester(order.requester());
}

}  // namespace

bool InTime(Micros time, Micros due) { return time < due + clock::kSecond; }

bool Matters(const std::string& type) { return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end(); }

bool BeginsRound(const std::string& type, const OrderEvent& event) {
  return type == "OrderFedBack" && event.reason() != kExplained;
}

OrderScore NoteOrder(OrderScore before, const std::string& type, const OrderEvent& event) {
  OrderScore score = std::move(before);
  const OrderSnapshot& order = event.order();
  score.set_order_no(order.order_no());
  if (!order.main_undertaker().empty()) score.set_main_undertaker(order.main_undertaker());
  if (!order.subject().district_code().empty()) score.set_district_code(order.subject().district_code());
  if (order.has_due_time()) {
    *score.mutable_due_time() = order.due_time();
    score.set_due_provisional(order.due_provisional());
  }
  if (order.has_close_time()) *score.mutable_close_time() = order.close_time();
  if (order.result_type() != events::v1::RESULT_TYPE_UNSPECIFIED) score.set_result_type(order.result_type());
  score.set_rework_round(order.rework_round());
  NoteFirstContact(score, order);
  if (BeginsRound(type, event)) NoteFeedback(score, event);
  if (score.left_out().empty()) score.set_left_out(std::string(LeftOut(order)));
  if (IsLiaison(score)) NoteOwner(score, order);
  Derive(score);
  return score;
}

bool IsLiaison(const OrderScore& score) { return score.left_out() == kLiaison; }

OrderScore NoteEnded(OrderScore before, const events::v1::DemandEnded& ended) {
  OrderScore score = std::move(before);
  score.set_order_no(ended.order_no());
  score.set_district_code(ended.subject().district_code());
  score.set_result_type(ended.result_type());
  score.set_left_out(std::string(LeftOutByState(ended.state())));
  Derive(score);
  return score;
}

void NoteAnswer(OrderScore& score, int round, events::v1::Solved solved, int satisfaction) {
  if (score.round() != round) return;
  score.set_answered(true);
  score.set_solved(solved);
  score.set_satisfaction(satisfaction);
}

}  // namespace jinqi::feedback
