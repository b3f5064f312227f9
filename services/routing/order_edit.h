// One decision on one order: loads it, changes it move by move, and gives back what is to be committed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/actor.h"
#include "services/routing/clocks.h"
#include "services/routing/limits.h"
#include "services/routing/reference.h"

namespace jinqi::routing {

// What every decision is given besides records and request.
struct Setting {
  const Limits* limits = nullptr;
  const ReferenceStore* references = nullptr;
  // The statutory limits in force (RTE-19).
  const v1::StatutoryLimits* laws = nullptr;
};

// A free text that came with a call: sealed before the decision, stored by it (contract 12).
struct SealedText {
  // Empty: there is none.
  std::string id;
  std::string sealed;
  std::string digest;
};

class OrderEdit {
 public:
  // The order with its limits brought up to the calendar in force (contract 5). NOT_FOUND; ORDER_STATE_UNKNOWN for a
  // stored state that is none (RTE-25); REFERENCE_CHANGING.
  static absl::StatusOr<OrderEdit> Open(const ledger::View& view, const Setting& setting, const Actor& actor,
                                        const std::string& order_no);
  // A new order, which is given its number.
  static absl::StatusOr<OrderEdit> New(const ledger::View& view, const Setting& setting, const Actor& actor,
                                       const std::string& order_no);

  // ETAG_REQUIRED without one; VERSION_CONFLICT with the etag and the state that the caller did not see (RTE-24).
  absl::Status CheckEtag(std::string_view etag) const;
  // NOT_FOUND unless the actor may see it.
  absl::Status CheckSight() const;
  // The actor's body leads it. Else `reason`, or NOT_FOUND where `hidden` and the body has nothing to do with it.
  absl::Status CheckMain(config::v1::Reason reason, bool hidden = true) const;

  v1::WorkOrderRecord& record() { return record_; }
  const v1::WorkOrderRecord& record() const { return record_; }
  v1::WorkOrder& order() { return *record_.mutable_order(); }
  const v1::WorkOrder& order() const { return record_.order(); }
  const Reference& reference() const { return *reference_; }
  const calendar::Calendar& calendar() const { return reference_->calendar; }
  const Limits& limits() const { return *limits_; }
  const Actor& actor() const { return actor_; }
  Micros now() const { return now_; }
  absl::CivilDay today() const { return clock::ShanghaiDate(now_); }
  google::protobuf::Timestamp timestamp() const { return clock::ToProto(now_); }

  // ILLEGAL_MOVE unless C3 has it; else an event that others are told (RTE-25).
  absl::Status Move(events::v1::OrderState to, std::string_view type, std::string_view reason = "");
  // The first event of a new order: the hand-over from intake, whose move it is.
  void Begin(std::string_view type, std::string_view reason);
  // An event without a move: told to others, or kept in the history only.
  void Tell(std::string_view type, std::string_view reason = "");
  void Note(std::string_view type, std::string_view reason = "");
  void Mark(std::string_view mark);
  void Unmark(std::string_view mark);
  // Computes the due date anew after what gives it has changed. A warning that the new date does not ask for yet will
  // be given again when it does (RTE-20).
  void SetDueAnew();
  // Stores a text; its place is the index in the list of its kind.
  void AddText(const SealedText& text, v1::TextKind kind, int place);
  void AddPerson(ledger::Person person) { persons_.push_back(std::move(person)); }
  // A change of another record in the same commit.
  void AddChange(ledger::Change change) { changes_.push_back(std::move(change)); }
  // The text that goes out with the events, already masked: their payload is then transient.
  void SetResultText(std::string text) { result_text_ = std::move(text); }

  bool changed() const { return !events_.empty(); }
  // Once, at the end. With the timers computed anew. The answer is the order as the actor sees it; none for the
  // platform itself.
  ledger::Outcome Finish();

 private:
  struct Pending {
    std::string type;
    events::v1::OrderState from;
    events::v1::OrderState to;
    std::string reason;
    bool tells;
  };

  OrderEdit() = default;
  void LowerWarnings();
  void Add(std::string_view type, events::v1::OrderState from, std::string_view reason, bool tells);
  ledger::Event MakeEvent(const Pending& pending) const;

  ReferencePtr reference_;
  const Limits* limits_ = nullptr;
  Actor actor_;
  Micros now_ = 0;
  v1::WorkOrderRecord record_;
  std::int64_t version_ = 0;
  std::int64_t sent_ = 0;
  std::vector<Pending> events_;
  std::vector<std::pair<std::string, v1::TextRecord>> texts_;
  std::vector<ledger::Person> persons_;
  std::vector<ledger::Change> changes_;
  std::string result_text_;
};

// What others may know of an order.
events::v1::OrderSnapshot SnapshotOf(const v1::WorkOrderRecord& record);

}  // namespace jinqi::routing
