#include "common/ledger/batch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

bool IsTransient(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsAborted(status); }

// What may be written down of a refusal: never its text, which may quote what the message held.
std::string RefusalName(const absl::Status& status) {
  const Reason reason = ReasonOf(status);
  return reason == config::v1::REASON_UNSPECIFIED ? absl::StatusCodeToString(status.code()) : ReasonName(reason);
}

std::tuple<std::string, std::string, std::string> ParkKey(const DeadLetter& letter) {
  return {letter.source, letter.tenant, letter.key};
}

void AddNames(const Command& command, ReadSet& reads) {
  for (const Name& name : command.names) {
    const auto [at, added] = reads.records.emplace(RecordRef{command.tenant, name.key}, name.access);
    if (name.access == Access::kChange) at->second = Access::kChange;
  }
}

}  // namespace

Batch::Batch(Environment environment, std::vector<Work*> works)
    : environment_(std::move(environment)), works_(std::move(works)) {
  for (Work* work : works_) {
    for (const Command& command : work->commands) Ask(command);
    for (const DeadLetter& letter : work->letters) {
      reads_.keys.insert(ParkKey(letter));
      reads_.records[{letter.tenant, LetterLogKey(letter)}] = Access::kChange;
    }
    if (work->kind != Work::Kind::kGroup) continue;
    reads_.marks.emplace(work->group.from.source, work->group.from.partition);
    for (std::size_t i = 0; i < work->items_now(); ++i) {
      const MessageGroup::Item& item = work->group.items[i];
      if (!item.command.has_value()) continue;
      Ask(*item.command);
      reads_.keys.insert(ParkKey(item.letter));
    }
  }
}

void Batch::Ask(const Command& command) {
  AddNames(command, reads_);
  if (!command.request_id.empty()) reads_.requests.emplace(command.tenant, hasher_.Scope(command));
  if (command.questions.empty()) return;
  questions_.emplace(&command, reads_.questions.size());
  for (const Query& query : command.questions) reads_.questions.emplace_back(command.tenant, query);
}

void Batch::Decide(ReadResult result) {
  answers_ = std::move(result.answers);
  answers_.resize(reads_.questions.size());
  known_ = std::move(result.requests);
  parked_ = std::move(result.parked);
  for (const auto& mark : reads_.marks) {
    const auto found = result.marks.find(mark);
    marks_before_[mark] = found == result.marks.end() ? 0 : found->second;
  }
  marks_ = marks_before_;
  for (const auto& [ref, access] : reads_.records) {
    Entry entry;
    const auto kind = environment_.kinds->find(ref.key.kind);
    if (kind != environment_.kinds->end()) entry.kind = &kind->second;
    const auto found = result.records.find(ref);
    entry.in_database = found != result.records.end();
    if (entry.in_database) entry.record = std::move(found->second);
    entry.record.key = ref.key;
    entries_.emplace_hint(entries_.end(), ref, std::move(entry));
  }
  verdicts_.reserve(works_.size());
  for (Work* work : works_) {
    verdicts_.push_back(DecideWork(*work));
    undo_.clear();
  }
}

WriteSet Batch::TakeWrites() {
  WriteSet writes;
  for (auto& [ref, entry] : entries_) {
    if (!entry.changed) continue;
    writes.records.push_back(
        {ref.tenant, std::move(entry.record), !entry.in_database, std::move(entry.columns), std::move(entry.sides)});
  }
  writes.history = std::move(history_);
  writes.outbox = std::move(outbox_);
  writes.requests = std::move(requests_);
  writes.park = std::move(park_);
  writes.unpark = std::move(unpark_);
  std::map<std::pair<std::string, std::string>, std::optional<Person>> persons;
  for (PersonWrite& write : persons_) persons[{write.tenant, write.id}] = std::move(write.person);
  for (auto& [key, person] : persons) {
    if (person.has_value()) {
      writes.persons.emplace_back(key.first, *std::move(person));
    } else {
      writes.erase_persons.push_back(key);
    }
  }
  for (const auto& [mark, position] : marks_) {
    const std::int64_t before = marks_before_.at(mark);
    if (position != before) writes.marks.emplace_back(Mark{mark.first, mark.second, before}, position);
  }
  std::string covers = Covers(writes);
  if (writes.history.empty() && covers.empty()) return writes;
  BlockRow& block = writes.block;
  block = {environment_.writer,    environment_.last.sequence + 1,
           environment_.now,       static_cast<std::int64_t>(writes.history.size()),
           environment_.last.hash, "",
           std::move(covers)};
  hasher_.BeginBlock(block);
  std::int64_t place = 0;
  for (HistoryRow& row : writes.history) {
    row.writer = block.writer;
    row.block = block.sequence;
    row.place = ++place;
    hasher_.AddRow(row.hash);
  }
  block.hash = hasher_.EndBlock(block.covers);
  return writes;
}

std::string Batch::Covers(const WriteSet& writes) {
  std::string covers;
  for (const RequestRow& row : writes.requests) covers += hasher_.CoverOf(row);
  for (const OutboxRow& row : writes.outbox) covers += hasher_.CoverOf(row);
  for (const auto& [from, to] : writes.marks) covers += hasher_.CoverOf(Mark{from.source, from.partition, to});
  for (const DeadLetter& row : writes.park) covers += hasher_.CoverOf(row);
  return covers;
}

Batch::Savepoint Batch::Save() const {
  return {undo_.size(), history_.size(), outbox_.size(), requests_.size(), persons_.size(), park_.size()};
}

void Batch::Restore(const Savepoint& savepoint) {
  while (undo_.size() > savepoint.undo) {
    *undo_.back().first = std::move(undo_.back().second);
    undo_.pop_back();
  }
  history_.resize(savepoint.history);
  outbox_.resize(savepoint.outbox);
  for (std::size_t i = savepoint.requests; i < requests_.size(); ++i) {
    known_.erase({requests_[i].tenant, requests_[i].scope});
  }
  requests_.resize(savepoint.requests);
  persons_.resize(savepoint.persons);
  park_.resize(savepoint.park);
}

Batch::Verdict Batch::Refused(absl::Status status) const {
  Verdict verdict;
  verdict.kind = Verdict::Kind::kRefused;
  verdict.refusal = std::move(status);
  return verdict;
}

Batch::Verdict Batch::DecideWork(Work& work) {
  switch (work.kind) {
    case Work::Kind::kGroup: return DecideGroup(work);
    case Work::Kind::kUnpark: return DecideUnpark(work);
    case Work::Kind::kCall:
    case Work::Kind::kFiring: return DecideSingle(work);
  }
  return Refused(absl::InternalError("unknown work"));
}

Batch::Verdict Batch::DecideSingle(Work& work) {
  Command& command = work.commands[0];
  Step step = DecideCommand(command, work.kind == Work::Kind::kFiring ? &work.firing : nullptr);
  if (step.kind == Step::Kind::kRefused) return Refused(std::move(step.refusal));
  Verdict verdict;
  verdict.answer = std::move(step.answer);
  if (step.kind == Step::Kind::kApplied) return verdict;
  if (!command.request_id.empty()) postponed_.emplace(command.tenant, hasher_.Scope(command));
  verdict.kind = Verdict::Kind::kAgain;
  if (!step.need.empty()) verdict.needs.emplace_back(&command, std::move(step.need));
  return verdict;
}

// What is refused for good must name its log, to be parked.
Batch::Step Batch::DecideItem(MessageGroup::Item& item, const ParkKeys& parked_here) {
  Command& command = *item.command;
  const auto key = ParkKey(item.letter);
  Step step;
  if (parked_.contains(key) || parked_here.contains(key)) {
    step.kind = Step::Kind::kRefused;
    step.refusal = Error(config::v1::REASON_KEY_PARKED);
  } else {
    step = DecideCommand(command, nullptr);
  }
  if (step.kind != Step::Kind::kRefused || IsTransient(step.refusal)) return step;
  const Key log = LetterLogKey(item.letter);
  const bool named =
      std::any_of(command.names.begin(), command.names.end(), [&log](const Name& name) { return name.key == log; });
  if (named) return step;
  step.kind = Step::Kind::kAgain;
  step.need = {{log, Access::kChange}};
  return step;
}

// Asks the rest of the group as well, so that all of its names are there the next time; nothing of it stays.
Batch::Verdict Batch::GroupNeeds(Work& work, std::size_t from, const ParkKeys& parked_here, const Savepoint& savepoint,
                                 Step first) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::kAgain;
  if (!first.need.empty()) verdict.needs.emplace_back(&*work.group.items[from].command, std::move(first.need));
  for (std::size_t i = from + 1; i < work.items_now(); ++i) {
    auto& command = work.group.items[i].command;
    if (!command.has_value()) continue;
    Step step = DecideItem(work.group.items[i], parked_here);
    if (!step.need.empty()) verdict.needs.emplace_back(&*command, std::move(step.need));
  }
  Restore(savepoint);
  return verdict;
}

void Batch::LogLetter(const DeadLetter& letter, const Command& by, events::v1::DeadLetterState state) {
  Command command;
  command.tenant = by.tenant;
  command.caller = by.caller;
  command.method = by.method;
  command.time = by.time;
  command.names = {{LetterLogKey(letter), Access::kChange}};
  command.decide = LogLetterAs(letter, state);
  DecideCommand(command, nullptr);
}

Batch::Verdict Batch::DecideGroup(Work& work) {
  MessageGroup& group = work.group;
  std::int64_t& mark = marks_.at({group.from.source, group.from.partition});
  if (mark != group.from.position) return Refused(Error(config::v1::REASON_MARK_MOVED));
  const Savepoint savepoint = Save();
  ParkKeys parked_here;
  Verdict verdict;
  const auto park = [&](const MessageGroup::Item& item, std::string reason) {
    DeadLetter& letter = park_.emplace_back(item.letter);
    letter.reason = std::move(reason);
    if (group.seal != nullptr) group.seal(letter);
    LogLetter(letter, *item.command, events::v1::DEAD_LETTER_STATE_PARKED);
    parked_here.insert(ParkKey(letter));
    ++verdict.group.parked;
  };
  const std::size_t count = work.items_now();
  for (std::size_t i = 0; i < count; ++i) {
    MessageGroup::Item& item = group.items[i];
    if (!item.command.has_value()) {
      ++verdict.group.skipped;
      continue;
    }
    Step step = DecideItem(item, parked_here);
    if (step.kind == Step::Kind::kApplied) {
      ++verdict.group.applied;
    } else if (step.kind == Step::Kind::kRefused && !IsTransient(step.refusal)) {
      park(item, RefusalName(step.refusal));
    } else if (step.kind == Step::Kind::kAgain && step.need.empty() && i > 0) {
      // Its question must see the items before it: those commit now.
      verdict.kind = Verdict::Kind::kAgain;
      verdict.committed = i;
      mark = group.items[i - 1].letter.position;
      parked_.merge(parked_here);
      return verdict;
    } else if (step.kind == Step::Kind::kAgain) {
      return GroupNeeds(work, i, parked_here, savepoint, std::move(step));
    } else {
      Restore(savepoint);
      Verdict again;
      again.kind = Verdict::Kind::kAgain;
      again.transient = i;
      again.refusal = std::move(step.refusal);
      return again;
    }
  }
  if (count > 0) mark = group.items[count - 1].letter.position;
  parked_.merge(parked_here);
  if (count < group.items.size()) {
    verdict.kind = Verdict::Kind::kAgain;
    verdict.committed = count;
  }
  return verdict;
}

Batch::Verdict Batch::DecideUnpark(Work& work) {
  for (const DeadLetter& letter : work.letters) {
    if (!parked_.contains(ParkKey(letter))) return Refused(Error(config::v1::REASON_NOT_FOUND, {{"id", letter.key}}));
  }
  const Savepoint savepoint = Save();
  Verdict verdict;
  for (std::size_t i = 0; i < work.commands.size(); ++i) {
    Step step = DecideCommand(work.commands[i], nullptr);
    if (step.kind == Step::Kind::kApplied) continue;
    if (step.kind == Step::Kind::kRefused) {
      Restore(savepoint);
      return Refused(std::move(step.refusal));
    }
    verdict.kind = Verdict::Kind::kAgain;
    if (step.need.empty() && i > 0 && work.commands.size() == work.letters.size()) {
      verdict.committed = i;
      Unpark(work, i);
      return verdict;
    }
    Restore(savepoint);
    if (!step.need.empty()) verdict.needs.emplace_back(&work.commands[i], std::move(step.need));
    if (step.need.empty() && i > 0) {
      return Refused(absl::AbortedError("a question of these commands must see another of them committed"));
    }
    return verdict;
  }
  Unpark(work, work.letters.size());
  return verdict;
}

// Takes the first `count` letters away.
void Batch::Unpark(const Work& work, std::size_t count) {
  Command by;
  by.caller = work.decision.caller;
  by.method = work.decision.method;
  by.time = work.decision.time;
  const auto state =
      work.decision.discard ? events::v1::DEAD_LETTER_STATE_DISCARDED : events::v1::DEAD_LETTER_STATE_APPLIED;
  std::set<Key> taken;
  for (std::size_t i = 0; i < count; ++i) {
    const DeadLetter& letter = work.letters[i];
    if (!taken.insert(LetterLogKey(letter)).second) continue;
    by.tenant = letter.tenant;
    LogLetter(letter, by, state);
    unpark_.push_back(letter);
  }
}

}  // namespace jinqi::ledger
