// One command of a batch: its decision, and what it changes.
#include <algorithm>
#include <chrono>
#include <exception>

#include "absl/strings/str_cat.h"
#include "common/ledger/batch.h"
#include "common/ledger/codec.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr std::size_t kMaxRequestId = 64;
constexpr Micros kRequestKept = Micros{24} * 3600 * 1'000'000;
constexpr std::size_t kMessageIdBytes = 16;
constexpr char kLapsed[] = "TimerLapsed";

// Whether the timer of the firing still stands on the record.
bool Stands(const Firing& firing, const Record& record) {
  return record.version > 0 && record.generation == firing.generation &&
         std::find(record.timers.begin(), record.timers.end(), firing.timer) != record.timers.end();
}

}  // namespace

absl::Status CheckCommand(const Command& command) {
  if (command.names.size() > kMaxNames) {
    return absl::InvalidArgumentError(absl::StrCat(command.method, " names more than ", kMaxNames, " records"));
  }
  if (command.decide == nullptr) return absl::InvalidArgumentError(command.method + " has no decision");
  const std::string& id = command.request_id;
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || id.size() > kMaxRequestId) {
    return FieldError("request_id", config::v1::REASON_REQUEST_ID_INVALID);
  }
  return absl::OkStatus();
}

class Batch::CommandView final : public View {
 public:
  CommandView(const Named& named, const std::vector<Rows>& answers, std::size_t first)
      : named_(named), answers_(answers), first_(first) {}

  Micros now() const override { return named_.now; }

  const Record* Find(const Key& key) const override {
    const std::vector<Name>& names = named_.command->names;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].key.id != key.id || names[i].key.kind != key.kind) continue;
      const Record& record = named_.entries[i]->record;
      return record.version > 0 ? &record : nullptr;
    }
    if (fault_.empty()) fault_ = absl::StrCat("looked at ", key.kind, "/", key.id, ", which it does not name");
    return nullptr;
  }

  const Rows& Answer(std::size_t question) const override {
    if (question < named_.command->questions.size()) return answers_[first_ + question];
    if (fault_.empty()) fault_ = absl::StrCat("read the answer to question ", question, ", which it does not ask");
    return none_;
  }

  const std::string& fault() const { return fault_; }

 private:
  const Named& named_;
  const std::vector<Rows>& answers_;
  const std::size_t first_;
  const Rows none_;
  mutable std::string fault_;
};

Batch::Named Batch::LookUp(const Command& command) {
  Named named{&command, {}, command.time};
  named.entries.reserve(command.names.size());
  for (const Name& name : command.names) {
    Entry& entry = entries_.find(RecordRef{command.tenant, name.key})->second;
    named.entries.push_back(&entry);
    if (entry.record.version > 0) named.now = std::max(named.now, entry.record.time);
  }
  return named;
}

// The database answered the questions before anything of this batch was decided.
bool Batch::MustWait(const Named& named) const {
  if (named.command->questions.empty()) return false;
  for (std::size_t i = 0; i < named.entries.size(); ++i) {
    const Entry& entry = *named.entries[i];
    // A parent that a command named for change stands for the members that it changed.
    if (entry.changed || entry.touched) return true;
    if (entry.relied && named.command->names[i].access == Access::kChange) return true;
  }
  return false;
}

std::optional<Batch::Step> Batch::Known(const Command& command, const std::string& scope) {
  if (command.request_id.empty()) return std::nullopt;
  Step step;
  const ScopeKey key{command.tenant, scope};
  if (postponed_.contains(key)) {
    step.kind = Step::Kind::kAgain;
    return step;
  }
  const auto found = known_.find(key);
  if (found == known_.end()) return std::nullopt;
  if (found->second.hash == command.request_hash) {
    step.answer = {found->second.answer, true};
    return step;
  }
  step.kind = Step::Kind::kRefused;
  step.refusal = Error(config::v1::REASON_REQUEST_ID_REUSED);
  return step;
}

absl::Status Batch::Fault(const Command& command, std::string_view text) {
  faults_.push_back(absl::StrCat("decision of ", command.method, " ", std::string(text)));
  return absl::InternalError(faults_.back());
}

absl::StatusOr<Outcome> Batch::RunDecide(const Named& named) {
  const auto first = questions_.find(named.command);
  const CommandView view(named, answers_, first == questions_.end() ? 0 : first->second);
  absl::StatusOr<Outcome> outcome = absl::UnknownError("");
  const auto start = std::chrono::steady_clock::now();
  try {
    outcome = named.command->decide(view);
  } catch (const std::exception& error) {
    return Fault(*named.command, absl::StrCat("threw ", error.what()));
  } catch (...) {
    return Fault(*named.command, "threw");
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  decide_seconds_max_ = std::max(decide_seconds_max_, taken.count());
  if (!view.fault().empty()) return Fault(*named.command, view.fault());
  return outcome;
}

Batch::Step Batch::DecideCommand(Command& command, const Firing* firing) {
  const std::string scope = command.request_id.empty() ? "" : hasher_.Scope(command);
  if (auto known = Known(command, scope); known.has_value()) return *std::move(known);
  Step step;
  if (command.names.size() > kMaxNames) {
    step.kind = Step::Kind::kRefused;
    step.refusal = Fault(command, absl::StrCat("asks for more than ", kMaxNames, " records"));
    return step;
  }
  const Named named = LookUp(command);
  if (firing != nullptr) {
    const auto at = entries_.find(RecordRef{firing->tenant, firing->key});
    if (at == entries_.end() || !Stands(*firing, at->second.record)) return step;
  }
  if (MustWait(named)) {
    step.kind = Step::Kind::kAgain;
    return step;
  }
  auto outcome = RunDecide(named);
  if (outcome.ok() && !outcome->need.empty()) {
    step.kind = Step::Kind::kAgain;
    step.need = std::move(outcome->need);
    return step;
  }
  step.refusal = outcome.ok() ? Apply(*outcome, named, firing, scope) : outcome.status();
  if (step.refusal.ok()) {
    step.answer.bytes = std::move(outcome->answer);
  } else {
    step.kind = Step::Kind::kRefused;
  }
  return step;
}

absl::Status Batch::Apply(Outcome& outcome, const Named& named, const Firing* firing, const std::string& scope) {
  const Command& command = *named.command;
  const Savepoint savepoint = Save();
  if (firing != nullptr && std::none_of(outcome.changes.begin(), outcome.changes.end(),
                                        [firing](const Change& change) { return change.key == firing->key; })) {
    const Entry& entry = entries_.at(RecordRef{firing->tenant, firing->key});
    outcome.changes.push_back({firing->key, entry.record.body, std::nullopt, {{kLapsed, firing->timer.name, {}}}});
  }
  RETURN_IF_ERROR(TellErasures(outcome, command));
  for (Change& change : outcome.changes) {
    if (absl::Status status = ApplyChange(change, named, firing); !status.ok()) {
      Restore(savepoint);
      return status;
    }
  }
  if (!outcome.changes.empty()) {
    for (std::size_t i = 0; i < named.entries.size(); ++i) {
      (command.names[i].access == Access::kRely ? named.entries[i]->relied : named.entries[i]->touched) = true;
    }
  }
  for (Person& person : outcome.persons) {
    std::string id = person.id;
    persons_.push_back({command.tenant, std::move(id), std::move(person)});
  }
  for (std::string& id : outcome.erase_persons) persons_.push_back({command.tenant, std::move(id), std::nullopt});
  if (command.request_id.empty()) return absl::OkStatus();
  requests_.push_back({command.tenant, scope, command.request_hash, outcome.answer, command.time + kRequestKept});
  known_.emplace(ScopeKey{command.tenant, scope}, requests_.back());
  return absl::OkStatus();
}

absl::Status Batch::TellErasures(Outcome& outcome, const Command& command) {
  for (const std::string& id : outcome.erase_persons) {
    const auto change = std::find_if(outcome.changes.begin(), outcome.changes.end(), [&](const Change& candidate) {
      const auto kind = environment_.kinds->find(candidate.key.kind);
      return candidate.key.id == id && kind != environment_.kinds->end() && kind->second.person_digest != nullptr;
    });
    if (change == outcome.changes.end()) return Fault(command, "erases a person whose record it does not change");
    change->events.push_back({kPersonErased, environment_.kinds->at(change->key.kind).person_digest(change->body), {}});
  }
  return absl::OkStatus();
}

void Batch::SetTimers(const Change& change, const Firing* firing, Record& record) {
  std::vector<Timer> timers = change.timers.has_value() ? *change.timers : record.timers;
  if (firing != nullptr && firing->key == change.key) {
    std::erase(timers, firing->timer);
  }
  if (timers == record.timers) return;
  record.timers = std::move(timers);
  ++record.generation;
}

absl::Status Batch::ApplyChange(Change& change, const Named& named, const Firing* firing) {
  const Command& command = *named.command;
  const auto name = std::find_if(command.names.begin(), command.names.end(), [&change](const Name& candidate) {
    return candidate.key == change.key && candidate.access == Access::kChange;
  });
  if (name == command.names.end()) {
    return Fault(command, absl::StrCat("changes ", change.key.kind, "/", change.key.id, ", which it does not name so"));
  }
  if (change.events.empty()) return Fault(command, absl::StrCat("changes ", change.key.kind, " without an event"));
  Entry& entry = *named.entries[static_cast<std::size_t>(name - command.names.begin())];
  if (entry.kind == nullptr) return Fault(command, "changes an unknown kind " + change.key.kind);
  std::vector<Value> columns;
  if (entry.kind->extract != nullptr) {
    auto extracted = entry.kind->extract(change.body);
    if (!extracted.ok()) return Fault(command, absl::StrCat("gives a body without columns: ", change.key.kind));
    columns = *std::move(extracted);
  }
  if (columns.size() != entry.kind->columns.size()) return Fault(command, "has a wrong extractor: " + change.key.kind);
  std::vector<std::vector<std::string>> sides;
  if (entry.kind->extract_sides != nullptr) {
    auto extracted = entry.kind->extract_sides(change.body);
    if (!extracted.ok()) return Fault(command, absl::StrCat("gives a body without sides: ", change.key.kind));
    sides = *std::move(extracted);
  }
  Record& record = entry.record;
  std::string body_before = std::move(record.body);
  undo_.emplace_back(&entry, entry);
  undo_.back().second.record.body = std::move(body_before);
  record.body = std::move(change.body);
  ++record.version;
  SetTimers(change, firing, record);
  entry.changed = true;
  entry.columns = std::move(columns);
  entry.sides = std::move(sides);
  AppendHistory(change, named, record);
  return absl::OkStatus();
}

void Batch::AppendHistory(Change& change, const Named& named, Record& record) {
  const Command& command = *named.command;
  const std::int64_t before = record.sequence;
  record.time = named.now;
  record.sequence += static_cast<std::int64_t>(change.events.size());
  std::int64_t key_sequence = record.sent;
  for (const Event& event : change.events) record.sent += event.message.has_value() ? 1 : 0;
  const std::string record_hash = hasher_.RecordHash(record);
  std::int64_t sequence = before;
  for (Event& event : change.events) {
    HistoryRow row;
    row.tenant = command.tenant;
    row.key = record.key;
    row.sequence = ++sequence;
    row.time = named.now;
    row.caller = command.caller;
    row.method = command.method;
    row.type = std::move(event.type);
    row.data = std::move(event.data);
    row.record_hash = record_hash;
    row.hash = hasher_.RowHash(record.head, row);
    record.head = row.hash;
    history_.push_back(std::move(row));
    if (!event.message.has_value()) continue;
    OutboxRow message;
    message.partition = PartitionOf(command.tenant, record.key.id, environment_.partitions);
    message.tenant = command.tenant;
    message.id = crypto::Hex(std::string_view(record.head).substr(0, kMessageIdBytes));
    message.key = record.key.id;
    message.key_sequence = ++key_sequence;
    message.type = std::move(event.message->type);
    message.payload = std::move(event.message->payload);
    message.transient = event.message->transient;
    message.time = named.now;
    message.traceparent = command.traceparent;
    outbox_.push_back(std::move(message));
  }
}

}  // namespace jinqi::ledger
