#include "services/intake/demand.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/lifecycle/lifecycle.h"
#include "common/text/text.h"
#include "services/intake/caller_mark.h"
#include "services/intake/demand_changes.h"
#include "services/intake/enterprise.h"
#include "services/intake/payment.h"
#include "services/intake/similar.h"

namespace jinqi::intake {
namespace {

using events::v1::OrderState;
using ledger::Outcome;
using ledger::View;

// The demand as it stands when it is registered.
v1::DemandRecord NewRecord(const CreateInput& create, const Reference& reference, const calendar::Calendar& calendar,
                           ledger::Micros now) {
  v1::DemandRecord record;
  v1::Demand& demand = *record.mutable_demand();
  demand = create.input.demand;
  demand.set_name(absl::StrCat("demands/", create.order_no));
  demand.set_order_no(create.order_no);
  demand.set_state(events::v1::ORDER_STATE_REGISTERED);
  *demand.mutable_accept_time() = clock::ToProto(now);
  const absl::CivilDay today = clock::ShanghaiDate(now);
  JudgePayment(demand, create.input.values, today);
  const bool payment = IsSmePayment(demand);
  const int days = payment ? reference.payment_transfer_working_days : reference.handle_working_days;
  const calendar::Due due = calendar.AddWorkingDays(today, days);
  *demand.mutable_due_time() = clock::ToProto(clock::EndOfDay(due.day));
  demand.set_due_provisional(due.provisional);
  demand.set_due_basis(payment ? "PAYMENT_TRANSFER" : "HANDLE_GENERAL");
  record.set_person_digest(create.sealed.digest);
  record.set_requester(create.input.requester);
  record.set_registered_by(create.input.registered_by);
  record.set_urgency_given(create.input.urgency_given);
  record.set_subject_unproven(create.input.subject_unproven);
  return record;
}

// What becomes of a demand whose matter is known.
enum class Repeat { kNo, kRunning, kHasResult, kArchived };

Repeat RepeatOf(const v1::DemandRecord& master) {
  const OrderState state = master.demand().state();
  if (lifecycle::IsOpen(state)) return Repeat::kRunning;
  switch (state) {
    case events::v1::ORDER_STATE_FED_BACK:
    case events::v1::ORDER_STATE_FOLLOWED_UP:
    case events::v1::ORDER_STATE_CLOSED:
    case events::v1::ORDER_STATE_ANSWERED: return Repeat::kHasResult;
    case events::v1::ORDER_STATE_ARCHIVED: return Repeat::kArchived;
    default: return Repeat::kNo;
  }
}

class Creation {
 public:
  Creation(const View& view, const CreateInput& create, v1::DemandRecord record, const std::string& master)
      : view_(view), create_(create), record_(std::move(record)), master_no_(master) {}

  absl::StatusOr<Outcome> Run() {
    RETURN_IF_ERROR(create_.input.category_fault);
    RETURN_IF_ERROR(HearMarkedCaller(view_, create_, record_, outcome_));
    Repeat repeat = Repeat::kNo;
    if (!master_no_.empty()) {
      ASSIGN_OR_RETURN(master_, ReadDemand(view_, DemandKey(master_no_)));
      repeat = RepeatOf(master_);
    }
    if (repeat == Repeat::kRunning) {
      RETURN_IF_ERROR(Merge());
    } else if (repeat == Repeat::kHasResult) {
      RETURN_IF_ERROR(AnswerWithResult());
    } else {
      if (repeat == Repeat::kArchived) record_.mutable_demand()->add_related_orders(master_no_);
      RETURN_IF_ERROR(Open());
      if (!create_.matter_id.empty()) KeepMatter();
    }
    outcome_.persons.push_back(create_.sealed.person);
    outcome_.answer = AnswerOf(record_, 1);
    return std::move(outcome_);
  }

 private:
  v1::Demand& demand() { return *record_.mutable_demand(); }
  std::vector<ledger::Timer> ArchiveTimer() const { return ArchiveAfter(view_.now(), create_.archive_after_days); }

  // INT-09: the child ends here; urging counts on the order that runs, whose clock is the only one.
  absl::Status Merge() {
    ASSIGN_OR_RETURN(ledger::Event merged, Move(record_, events::v1::ORDER_STATE_MERGED, view_.now(), "DemandMerged"));
    demand().set_merged_into(master_no_);
    demand().set_result_type(events::v1::RESULT_TYPE_MERGED);
    StopClock(demand());
    Add(create_.order_no, record_, std::move(merged), ArchiveTimer());

    v1::Demand& master = *master_.mutable_demand();
    master.set_urging_count(master.urging_count() + 1);
    master_.set_last_child(create_.order_no);
    ledger::Event urged = Note("DemandUrged", "URGED", create_.order_no);
    // Routing does not know an order yet that is still held here; it is told of the urging with the submission.
    if (master_.with_routing()) urged.message = MergedMessage(master_);
    Add(master_no_, master_, std::move(urged), std::nullopt);
    return absl::OkStatus();
  }

  // INT-09, after closing: the result is told again.
  absl::Status AnswerWithResult() {
    ASSIGN_OR_RETURN(ledger::Event answered,
                     Move(record_, events::v1::ORDER_STATE_ANSWERED, view_.now(), "DemandAnswered"));
    demand().add_related_orders(master_no_);
    End(demand(), master_.demand().result_type(), view_.now());
    answered.message = EndedMessage(record_);
    Add(create_.order_no, record_, std::move(answered), ArchiveTimer());
    return absl::OkStatus();
  }

  absl::Status Open() {
    *record_.mutable_likeness_keys() = {create_.likeness_keys.begin(), create_.likeness_keys.end()};
    if (create_.hold) {
      KeepLikeness(view_, record_, create_.similar_days, outcome_);
      demand().set_holding_level(create_.level);
      Add(create_.order_no, record_, Note("DemandRegistered", "REGISTERED", ""), std::nullopt);
      return KeepSubject(view_, record_, view_.now(), outcome_);
    }
    ASSIGN_OR_RETURN(ledger::Event submitted,
                     Move(record_, events::v1::ORDER_STATE_PENDING_DISPATCH, view_.now(), "DemandSubmitted"));
    record_.set_with_routing(true);
    submitted.message = SubmittedMessage(record_, create_.input.values);
    Add(create_.order_no, record_, std::move(submitted), std::nullopt);
    return absl::OkStatus();
  }

  void KeepMatter() {
    v1::MatterRecord matter;
    matter.set_order_no(create_.order_no);
    outcome_.changes.push_back({MatterKey(create_.matter_id),
                                matter.SerializeAsString(),
                                std::nullopt,
                                {Note("MatterOpened", "MATTER_OPENED", create_.order_no)}});
  }

  void Add(const std::string& order_no, const v1::DemandRecord& record, ledger::Event event,
           std::optional<std::vector<ledger::Timer>> timers) {
    outcome_.changes.push_back(
        {DemandKey(order_no), record.SerializeAsString(), std::move(timers), {std::move(event)}});
  }

  const View& view_;
  const CreateInput& create_;
  v1::DemandRecord record_;
  const std::string& master_no_;
  v1::DemandRecord master_;
  Outcome outcome_;
};

// The order that a matter names; empty for a new matter.
absl::StatusOr<std::string> OrderOfMatter(const View& view, const std::string& matter_id) {
  if (matter_id.empty() || view.Find(MatterKey(matter_id)) == nullptr) return std::string();
  ASSIGN_OR_RETURN(const auto matter, view.Read<v1::MatterRecord>(MatterKey(matter_id)));
  return matter.order_no();
}

ledger::Change SupplementChange(const NewSupplement& supplement, const std::string& order_no, ledger::Micros now) {
  v1::SupplementRecord record;
  record.set_order_no(order_no);
  *record.mutable_time() = clock::ToProto(now);
  record.set_by(supplement.by);
  record.set_person_digest(supplement.sealed.digest);
  return {SupplementKey(supplement.id),
          record.SerializeAsString(),
          std::nullopt,
          {Note("SupplementAdded", "SUPPLEMENT_ADDED", order_no)}};
}

v1::DemandIntent IntentAnswer(const v1::DemandRecord& record, bool settled) {
  v1::DemandIntent intent;
  intent.set_order_no(record.demand().order_no());
  intent.set_settled(settled);
  intent.set_granted(settled);
  intent.set_state(record.demand().state());
  return intent;
}

}  // namespace

absl::Status EndedError(const v1::DemandRecord& record) {
  return Error(config::v1::REASON_DEMAND_ENDED, {{"state", std::string(lifecycle::Zh(record.demand().state()))}});
}

bool IsOver(const v1::DemandRecord& record) {
  const OrderState state = record.demand().state();
  if (!record.with_routing()) return state != events::v1::ORDER_STATE_REGISTERED;
  return state == events::v1::ORDER_STATE_WITHDRAWN || state == events::v1::ORDER_STATE_MERGED ||
         state == events::v1::ORDER_STATE_ARCHIVED;
}

ledger::Key DemandKey(std::string_view order_no) { return {std::string(kDemandKind), std::string(order_no)}; }
ledger::Key SupplementKey(std::string_view id) { return {std::string(kSupplementKind), std::string(id)}; }
ledger::Key MatterKey(std::string_view id) { return {std::string(kMatterKind), std::string(id)}; }

absl::StatusOr<std::string> OrderNoOfName(std::string_view name) {
  static constexpr std::string_view kPrefix = "demands/";
  if (name.substr(0, kPrefix.size()) != kPrefix || name.size() == kPrefix.size()) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  return std::string(name.substr(kPrefix.size()));
}

std::string EtagOf(std::int64_t version) { return absl::StrCat(version); }

absl::Status CheckEtag(std::string_view etag, const ledger::Record& record, OrderState state) {
  if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  if (etag == EtagOf(record.version)) return absl::OkStatus();
  return Error(config::v1::REASON_VERSION_CONFLICT,
               {{"etag", EtagOf(record.version)}, {"state", std::string(lifecycle::Name(state))}});
}

absl::Status CheckRequester(const v1::DemandRecord& record, const Actor& actor, Reason not_yours) {
  if (actor.role == config::v1::ROLE_SEAT) return absl::OkStatus();
  const identity::Caller& caller = actor.caller;
  if (!record.requester().empty() && record.requester() == caller.subject) return absl::OkStatus();
  const events::v1::Subject& subject = record.demand().subject();
  if (actor.role == config::v1::ROLE_SERVICE_STAFF) {
    if (!record.registered_by().empty() && record.registered_by() == caller.subject) return absl::OkStatus();
    const bool theirs = !caller.district.empty() && caller.district == subject.district_code();
    return theirs && !record.demand().confidential() ? absl::OkStatus() : Error(config::v1::REASON_NOT_FOUND);
  }
  // A confidential demand carries no credit code here, so nobody but its requester gets past this line.
  if (caller.uscc.empty() || caller.uscc != subject.uscc()) return Error(config::v1::REASON_NOT_FOUND);
  return actor.role == config::v1::ROLE_LEGAL_REPRESENTATIVE ? absl::OkStatus() : Error(not_yours);
}

std::vector<ledger::Name> NamesOf(const CreateInput& create) {
  std::vector<ledger::Name> names = {{DemandKey(create.order_no)}, calendar::RelyOnLatest()};
  if (!create.matter_id.empty()) names.push_back({MatterKey(create.matter_id)});
  if (!create.mark_id.empty()) names.push_back({CallerMarkKey(create.mark_id)});
  if (!create.hold) return names;
  names.push_back({LikenessKey(create.order_no)});
  const std::string& uscc = create.input.demand.subject().uscc();
  if (!uscc.empty()) names.push_back({EnterpriseKey(uscc)});
  return names;
}

ledger::Decide DecideCreate(CreateInput create, const Reference* reference) {
  // Which orders it asked for: a decision may only look at what its command names.
  return [create = std::move(create), reference,
          asked = std::set<std::string>()](const View& view) mutable -> absl::StatusOr<Outcome> {
    ASSIGN_OR_RETURN(std::string running, OrderOfMatter(view, create.matter_id));
    while (!running.empty()) {
      if (asked.insert(running).second) {
        Outcome more;
        more.need.push_back({DemandKey(running)});
        return more;
      }
      ASSIGN_OR_RETURN(const v1::DemandRecord master, ReadDemand(view, DemandKey(running)));
      if (master.demand().merged_into().empty()) break;
      running = master.demand().merged_into();
    }
    ASSIGN_OR_RETURN(const calendar::Calendar calendar, reference->calendar->Of(view));
    return Creation(view, create, NewRecord(create, *reference, calendar, view.now()), running).Run();
  };
}

absl::Status CheckHolder(const v1::DemandRecord& record, const Actor& actor) {
  const v1::HoldingLevel level = record.demand().holding_level();
  if (actor.role == config::v1::ROLE_SERVICE_STAFF) {
    RETURN_IF_ERROR(CheckRequester(record, actor, config::v1::REASON_PERMISSION_DENIED));
    return level == v1::HOLDING_LEVEL_TOWNSHIP ? absl::OkStatus() : Error(config::v1::REASON_PERMISSION_DENIED);
  }
  if (actor.role != config::v1::ROLE_DISTRICT_HUB) return absl::OkStatus();
  const std::string& district = record.demand().subject().district_code();
  if (actor.caller.district.empty() || actor.caller.district != district) return Error(config::v1::REASON_NOT_FOUND);
  return level == v1::HOLDING_LEVEL_DISTRICT ? absl::OkStatus() : Error(config::v1::REASON_PERMISSION_DENIED);
}

ledger::Change AddNote(v1::DemandRecord& record, const NewSupplement& note, ledger::Micros now, Outcome& outcome) {
  record.set_supplement_count(record.supplement_count() + 1);
  outcome.persons.push_back(note.sealed.person);
  return SupplementChange(note, record.demand().order_no(), now);
}

void HandOver(v1::Demand& demand, v1::HoldingLevel to, const std::string& by, ledger::Micros now) {
  if (demand.holding_level() == to) return;
  v1::HandOver& step = *demand.add_hand_overs();
  step.set_from(demand.holding_level());
  step.set_to(to);
  *step.mutable_time() = clock::ToProto(now);
  step.set_by(by);
  demand.set_holding_level(to);
}

absl::StatusOr<Outcome> DecideSubmit(const View& view, const SubmitInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  return Submit(view, std::move(record), input);
}

absl::StatusOr<Outcome> Submit(const View& view, v1::DemandRecord record, const SubmitInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  RETURN_IF_ERROR(CheckHolder(record, input.actor));
  const ledger::Record& stored = *view.Find(key);
  RETURN_IF_ERROR(CheckEtag(input.etag, stored, record.demand().state()));
  RETURN_IF_ERROR(CheckEtag(EtagOf(input.read_version), stored, record.demand().state()));
  if (input.actor.role != config::v1::ROLE_SEAT && !input.note.has_value()) {
    return FieldError("note", config::v1::REASON_NOTE_REQUIRED);
  }
  ASSIGN_OR_RETURN(ledger::Event submitted,
                   Move(record, events::v1::ORDER_STATE_PENDING_DISPATCH, view.now(), "DemandSubmitted"));
  record.set_with_routing(true);
  HandOver(*record.mutable_demand(), v1::HOLDING_LEVEL_HOTLINE, input.actor.caller.subject, view.now());
  record.mutable_demand()->clear_refusal_proposal();
  submitted.message = SubmittedMessage(record, input.values, input.translation);
  ledger::Change change{key, {}, std::nullopt, {std::move(submitted)}};

  Outcome outcome;
  std::vector<std::string> texts = input.supplements;
  if (input.note.has_value()) {
    texts.push_back(input.note->text);
    outcome.changes.push_back(AddNote(record, *input.note, view.now(), outcome));
  }
  for (const std::string& text : texts) {
    record.set_supplements_asked(record.supplements_asked() + 1);
    ledger::Event added = Note("SupplementPassedOn", "SUPPLEMENT_PASSED_ON", "");
    added.message = SupplementMessage(record, text);
    change.events.push_back(std::move(added));
  }
  if (record.demand().urging_count() > 0) {
    ledger::Event urged = Note("UrgingPassedOn", "URGED", record.last_child());
    urged.message = MergedMessage(record);
    change.events.push_back(std::move(urged));
  }
  change.body = record.SerializeAsString();
  outcome.changes.push_back(std::move(change));
  outcome.answer = AnswerOf(record, view.Find(key)->version + 1);
  return outcome;
}

absl::StatusOr<Outcome> DecideTransfer(const View& view, const TransferInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  if (!IsEmergencyTarget(input.target)) return FieldError("target", config::v1::REASON_EMERGENCY_TARGET);
  RETURN_IF_ERROR(CheckEtag(input.etag, *view.Find(key), record.demand().state()));
  ASSIGN_OR_RETURN(ledger::Event transferred, TransferTo(record, input.target, input.by, view.now()));
  transferred.message = EndedMessage(record);
  Outcome outcome;
  outcome.changes.push_back(
      {key, record.SerializeAsString(), ArchiveAfter(view.now(), input.archive_after_days), {std::move(transferred)}});
  outcome.answer = AnswerOf(record, view.Find(key)->version + 1);
  return outcome;
}

absl::StatusOr<Outcome> DecideSupplement(const View& view, const std::string& order_no, const NewSupplement& supplement,
                                         const Actor& actor) {
  const ledger::Key key = DemandKey(order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  RETURN_IF_ERROR(CheckRequester(record, actor, config::v1::REASON_SUPPLEMENT_NOT_YOURS));
  if (IsOver(record)) return EndedError(record);
  Outcome outcome;
  ledger::Change fact = AddNote(record, supplement, view.now(), outcome);
  ledger::Event added = Note("SupplementAdded", "SUPPLEMENT_ADDED", supplement.id);
  v1::DemandIntent answer = IntentAnswer(record, !record.with_routing());
  if (record.with_routing()) {
    record.set_supplements_asked(record.supplements_asked() + 1);
    added.message = SupplementMessage(record, supplement.text);
    answer.set_number(record.supplements_asked());
  }
  outcome.changes.push_back({key, record.SerializeAsString(), std::nullopt, {std::move(added)}});
  outcome.changes.push_back(std::move(fact));
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

absl::StatusOr<Outcome> DecideWithdraw(const View& view, const WithdrawInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  RETURN_IF_ERROR(CheckRequester(record, input.actor, config::v1::REASON_WITHDRAW_NOT_YOURS));
  if (IsOver(record)) return EndedError(record);
  v1::DemandIntent answer;
  ledger::Change change{key, {}, std::nullopt, {}};
  if (record.with_routing()) {
    if (record.has_withdrawal() && !record.withdrawal().settled()) {
      return Error(config::v1::REASON_WITHDRAWAL_PENDING);
    }
    v1::WithdrawalIntent& intent = *record.mutable_withdrawal();
    intent.Clear();
    intent.set_id(input.request_id);
    *intent.mutable_time() = clock::ToProto(view.now());
    ledger::Event asked = Note("WithdrawalAsked", "WITHDRAWAL_ASKED", "");
    asked.message = WithdrawalMessage(record, input.reason);
    change.events.push_back(std::move(asked));
    answer = IntentAnswer(record, false);
  } else {
    ASSIGN_OR_RETURN(ledger::Event withdrawn,
                     Move(record, events::v1::ORDER_STATE_WITHDRAWN, view.now(), "DemandWithdrawn", input.kept_reason));
    End(*record.mutable_demand(), events::v1::RESULT_TYPE_WITHDRAWN, view.now());
    change.events.push_back(std::move(withdrawn));
    change.timers = ArchiveAfter(view.now(), input.archive_after_days);
    answer = IntentAnswer(record, true);
  }
  change.body = record.SerializeAsString();
  Outcome outcome;
  outcome.changes.push_back(std::move(change));
  outcome.answer = answer.SerializeAsString();
  return outcome;
}

absl::StatusOr<Outcome> DecideArchive(const View& view, const std::string& order_no) {
  const ledger::Key key = DemandKey(order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  if (record.with_routing()) return Outcome{};
  ASSIGN_OR_RETURN(ledger::Event archived,
                   Move(record, events::v1::ORDER_STATE_ARCHIVED, view.now(), "DemandArchived"));
  Outcome outcome;
  outcome.changes.push_back({key, record.SerializeAsString(), std::vector<ledger::Timer>{}, {std::move(archived)}});
  return outcome;
}

}  // namespace jinqi::intake
