#include "common/ledger/writer.h"

#include <algorithm>
#include <deque>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/ledger/letter_log.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr int kMaxConflicts = 20;
constexpr int kConflictsPerHalving = 3;
constexpr int kMaxTries = 5;
constexpr std::chrono::milliseconds kShortestPause{20};
constexpr std::chrono::milliseconds kLongestPause{1000};

using Works = Writer::Works;

// Puts the two halves of `works` in front.
void Halve(Works works, std::deque<Works>& chunks) {
  const auto middle = works.begin() + static_cast<std::ptrdiff_t>(works.size() / 2);
  Works second(std::make_move_iterator(middle), std::make_move_iterator(works.end()));
  works.erase(middle, works.end());
  chunks.push_front(std::move(second));
  chunks.push_front(std::move(works));
}

bool IsEmpty(const WriteSet& writes) {
  return writes.records.empty() && writes.history.empty() && writes.outbox.empty() && writes.requests.empty() &&
         writes.persons.empty() && writes.erase_persons.empty() && writes.marks.empty() && writes.park.empty() &&
         writes.unpark.empty();
}

std::chrono::milliseconds PauseAfter(int times) {
  return std::min(kShortestPause * (1 << std::min(times, 6)), kLongestPause);
}

void AddName(Command& command, const Name& name) {
  const auto found = std::find_if(command.names.begin(), command.names.end(),
                                  [&name](const Name& candidate) { return candidate.key == name.key; });
  if (found == command.names.end()) {
    command.names.push_back(name);
  } else if (name.access == Access::kChange) {
    found->access = Access::kChange;
  }
}

void AddResult(const GroupResult& from, GroupResult& to) {
  to.applied += from.applied;
  to.skipped += from.skipped;
  to.parked += from.parked;
}

// Takes the part that has committed out of a work.
void DropCommitted(Work& work, const Batch::Verdict& verdict) {
  const auto count = static_cast<std::ptrdiff_t>(verdict.committed);
  if (count == 0) return;
  work.asked = 0;
  if (work.kind == Work::Kind::kGroup) {
    // What comes behind a part that could be committed is tried in larger parts again.
    work.most *= 2;
    work.group.from.position = work.group.items[verdict.committed - 1].letter.position;
    work.group.items.erase(work.group.items.begin(), work.group.items.begin() + count);
    AddResult(verdict.group, work.group_result);
    return;
  }
  work.commands.erase(work.commands.begin(), work.commands.begin() + count);
  work.letters.erase(work.letters.begin(), work.letters.begin() + count);
}

// After a failure of a group that ran alone: runs half of it the next time, and of a single item a refusal. False when
// there is nothing left to try.
bool Narrow(Work& work, const absl::Status& why) {
  if (work.kind != Work::Kind::kGroup || work.group.items.empty()) return false;
  if (const std::size_t count = work.items_now(); count > 1) {
    work.most = count / 2;
    return true;
  }
  const MessageGroup::Item& item = work.group.items[0];
  if (!item.command.has_value() || work.attempts[item.letter.position].refused) return false;
  RefuseItem(work, 0, why);
  return true;
}

// The item of a group that a command belongs to.
std::size_t ItemOf(const Work& work, const Command* command) {
  const auto& items = work.group.items;
  return static_cast<std::size_t>(std::find_if(items.begin(), items.end(),
                                               [command](const MessageGroup::Item& item) {
                                                 return item.command.has_value() && &*item.command == command;
                                               }) -
                                  items.begin());
}

}  // namespace

void RefuseItem(Work& work, std::size_t item, const absl::Status& why) {
  MessageGroup::Item& refused = work.group.items[item];
  // A refusal that passes would have the group run again.
  const bool passes = absl::IsAborted(why) || absl::IsUnavailable(why);
  const absl::Status status = passes ? absl::FailedPreconditionError(why.message()) : why;
  Command command;
  command.tenant = refused.letter.tenant;
  command.caller = refused.command->caller;
  command.method = refused.command->method;
  command.time = refused.command->time;
  command.names = {{LetterLogKey(refused.letter), Access::kChange}};
  command.decide = [status](const View&) -> absl::StatusOr<Outcome> { return status; };
  refused.command = std::move(command);
  work.attempts[refused.letter.position].refused = true;
}

void Refuse(Work& work, const absl::Status& status) {
  if (work.kind == Work::Kind::kGroup) {
    work.group_done(status);
  } else {
    work.done(status);
  }
}

Writer::Writer(Database* database, const std::map<std::string, Kind>* kinds, Options options, clock::Clock* clock)
    : database_(database), kinds_(kinds), options_(std::move(options)), clock_(clock) {}

absl::Status Writer::Connect() {
  ASSIGN_OR_RETURN(auto driver, database_->NewDriver());
  ASSIGN_OR_RETURN(last_, driver->LastBlock(options_.writer));
  driver_ = std::move(driver);
  return absl::OkStatus();
}

Works Writer::Run(Works works) {
  std::deque<Works> chunks;
  chunks.push_back(std::move(works));
  Works again;
  int conflicts = 0;
  int losses = 0;
  while (!chunks.empty()) {
    Works chunk = std::move(chunks.front());
    chunks.pop_front();
    if (chunk.empty() || (driver_ == nullptr && !Reconnect(chunk))) continue;
    absl::Status why;
    switch (Try(chunk, again, why)) {
      case End::kFinished:
        conflicts = 0;
        losses = 0;
        break;
      case End::kConflict:
        if (++conflicts > kMaxConflicts && chunk.size() == 1) {
          conflicts = 0;
          const absl::Status never = absl::AbortedError("another writer came first, again and again");
          if (Narrow(*chunk[0], never)) {
            chunks.push_front(std::move(chunk));
          } else {
            Refuse(*chunk[0], never);
          }
          break;
        }
        Pause(std::chrono::milliseconds(std::min(conflicts, kMaxConflicts)));
        if (chunk.size() > 1 && conflicts % kConflictsPerHalving == 0) {
          Halve(std::move(chunk), chunks);
        } else {
          chunks.push_front(std::move(chunk));
        }
        break;
      case End::kLost:
        Log(absl::StrCat("the database is away: ", why.ToString()));
        driver_.reset();
        Expire(chunk);
        if (!chunk.empty() && losses > 0) Pause(PauseAfter(losses));
        ++losses;
        chunks.push_front(std::move(chunk));
        break;
      case End::kFull:
        Log("the storage is full");
        for (const auto& work : chunk) Refuse(*work, why);
        break;
      case End::kFailed:
        if (chunk.size() > 1) {
          Halve(std::move(chunk), chunks);
          break;
        }
        Log(absl::StrCat("the database refuses a command: ", why.ToString()));
        if (Narrow(*chunk[0], why)) {
          chunks.push_front(std::move(chunk));
          break;
        }
        Refuse(*chunk[0], ReasonOf(why) == config::v1::REASON_UNSPECIFIED
                              ? absl::InternalError(absl::StrCat("database: ", std::string(why.message())))
                              : why);
        break;
    }
  }
  return again;
}

Writer::End Writer::Failed(absl::Status status, absl::Status& why) {
  why = std::move(status);
  if (ReasonOf(why) == config::v1::REASON_STORAGE_FULL) return End::kFull;
  if (absl::IsUnavailable(why)) return End::kLost;
  return absl::IsAborted(why) ? End::kConflict : End::kFailed;
}

Writer::End Writer::Try(Works& works, Works& again, absl::Status& why) {
  std::vector<Work*> pointers;
  pointers.reserve(works.size());
  for (const auto& work : works) pointers.push_back(work.get());
  Batch batch({kinds_, options_.partitions, options_.writer, last_, clock_->Now()}, pointers);
  auto read = driver_->Begin(batch.reads());
  if (!read.ok()) {
    driver_->Rollback();
    return Failed(read.status(), why);
  }
  batch.Decide(*std::move(read));
  const WriteSet writes = batch.TakeWrites();
  if (IsEmpty(writes)) {
    driver_->Rollback();
    Finish(works, batch, writes, again);
    return End::kFinished;
  }
  const auto committed = driver_->Commit(writes);
  if (!committed.ok()) {
    driver_->Rollback();
    return Failed(committed.status(), why);
  }
  switch (*committed) {
    case CommitResult::kCommitted: Finish(works, batch, writes, again); return End::kFinished;
    case CommitResult::kConflict: driver_->Rollback(); return End::kConflict;
    case CommitResult::kUnknown: return Resolve(works, batch, writes, again);
  }
  return End::kFailed;
}

Writer::End Writer::Resolve(Works& works, Batch& batch, const WriteSet& writes, Works& again) {
  Log("the connection was lost while committing");
  driver_.reset();
  // Without history there is no block to ask for: what then ran twice answers from its request ids and marks.
  const bool has_block = writes.block.sequence > 0;
  for (const auto& work : works) work->unknown = has_block;
  while (Reconnect(works)) {
    const auto there = has_block ? driver_->Committed(writes.block) : absl::StatusOr<bool>(false);
    if (!there.ok()) {
      driver_.reset();
      continue;
    }
    for (const auto& work : works) work->unknown = false;
    if (!*there) return End::kConflict;
    Finish(works, batch, writes, again);
    return End::kFinished;
  }
  return End::kFinished;
}

bool Writer::Reconnect(Works& works) {
  for (int times = 0;; ++times) {
    const absl::Status status = Connect();
    if (status.ok()) return true;
    if (times == 0) Log(absl::StrCat("the database cannot be reached: ", status.ToString()));
    Expire(works);
    if (works.empty()) return false;
    Pause(PauseAfter(times));
  }
}

void Writer::Finish(Works& works, Batch& batch, const WriteSet& writes, Works& again) {
  if (writes.block.sequence > 0) last_ = writes.block;
  Count(batch);
  for (const std::string& fault : batch.faults()) Log(fault);
  if (!writes.outbox.empty()) {
    std::vector<std::function<void()>> callbacks;
    {
      absl::MutexLock lock(&mutex_);
      callbacks = callbacks_;
    }
    for (const auto& callback : callbacks) callback();
  }
  for (std::size_t i = 0; i < works.size(); ++i) FinishOne(std::move(works[i]), batch.verdicts()[i], again);
  works.clear();
}

void Writer::FinishOne(std::unique_ptr<Work> work, Batch::Verdict& verdict, Works& again) {
  switch (verdict.kind) {
    case Batch::Verdict::Kind::kAgain: Again(std::move(work), verdict, again); return;
    case Batch::Verdict::Kind::kRefused: Refuse(*work, verdict.refusal); return;
    case Batch::Verdict::Kind::kDone:
      if (work->kind != Work::Kind::kGroup) {
        work->done(std::move(verdict.answer));
        return;
      }
      AddResult(verdict.group, work->group_result);
      work->group_done(work->group_result);
      return;
  }
}

void Writer::Again(std::unique_ptr<Work> work, Batch::Verdict& verdict, Works& again) {
  DropCommitted(*work, verdict);
  const bool group = work->kind == Work::Kind::kGroup;
  if (verdict.transient.has_value()) {
    const std::int64_t position = work->group.items[*verdict.transient].letter.position;
    if (++work->attempts[position].tries > kMaxTries) {
      if (!absl::IsAborted(verdict.refusal)) {
        Refuse(*work, verdict.refusal);
        return;
      }
      RefuseItem(*work, *verdict.transient, verdict.refusal);
    }
  }
  const absl::Status too_often = absl::AbortedError("a decision asked for more records too often");
  if (!group && !verdict.needs.empty() && ++work->asked > kMaxAsked) {
    Refuse(*work, too_often);
    return;
  }
  for (const auto& [command, names] : verdict.needs) {
    const std::size_t item = group ? ItemOf(*work, command) : 0;
    if (group && ++work->attempts[work->group.items[item].letter.position].asked > kMaxAsked) {
      RefuseItem(*work, item, too_often);
      continue;
    }
    for (const Name& name : names) AddName(*command, name);
  }
  again.push_back(std::move(work));
}

void Writer::Expire(Works& works) {
  bool stopping = false;
  {
    absl::MutexLock lock(&mutex_);
    stopping = stopping_;
  }
  const auto limit = std::chrono::steady_clock::now() - std::chrono::microseconds(options_.wait_limit);
  for (auto& work : works) {
    if (work->submitted > limit || (work->unknown && !stopping)) continue;
    Refuse(*work, Error(config::v1::REASON_UNAVAILABLE));
    work.reset();
  }
  std::erase(works, nullptr);
}

void Writer::Pause(std::chrono::milliseconds duration) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(duration));
}

void Writer::Stopping() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

void Writer::Log(const std::string& line) const {
  if (options_.log != nullptr) {
    options_.log(line);
  } else {
    std::cerr << "ledger " + options_.writer + ": " + line + "\n";
  }
}

void Writer::Count(const Batch& batch) {
  absl::MutexLock lock(&mutex_);
  ++counters_.batches;
  counters_.decide_seconds_max = std::max(counters_.decide_seconds_max, batch.decide_seconds_max());
  for (const Batch::Verdict& verdict : batch.verdicts()) {
    ++counters_.commands;
    counters_.replays += verdict.answer.replayed ? 1 : 0;
    counters_.reruns += verdict.kind == Batch::Verdict::Kind::kAgain ? 1 : 0;
    counters_.refused += verdict.kind == Batch::Verdict::Kind::kRefused ? 1 : 0;
  }
}

Counters Writer::counters() const {
  absl::MutexLock lock(&mutex_);
  return counters_;
}

void Writer::OnCommit(std::function<void()> callback) {
  absl::MutexLock lock(&mutex_);
  callbacks_.push_back(std::move(callback));
}

}  // namespace jinqi::ledger
