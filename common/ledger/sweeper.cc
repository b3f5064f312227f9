#include "common/ledger/sweeper.h"

#include <algorithm>

#include "absl/synchronization/blocking_counter.h"
#include "absl/time/time.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr Micros kFirstPause = 1'000'000;
constexpr Micros kLongestPause = Micros{5} * 60 * 1'000'000;

bool IsBlocked(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsResourceExhausted(status); }

}  // namespace

Sweeper::Sweeper(Ledger* ledger, clock::Clock* clock, std::vector<std::string> kinds, MakeCommand make, Options options)
    : ledger_(ledger), clock_(clock), kinds_(std::move(kinds)), make_(std::move(make)), options_(std::move(options)) {}

Sweeper::~Sweeper() { Stop(); }

void Sweeper::Start() {
  thread_ = std::thread([this] { SweepOften(); });
}

void Sweeper::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (!thread_.joinable()) return;
  thread_.join();
  // When it cannot be given back it runs out.
  ledger_->maintenance().ReleaseLease(options_.lease, options_.holder).IgnoreError();
}

bool Sweeper::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Sweeper::SweepOften() {
  while (!stopping()) {
    // A database that is away is tried again after the interval; the ledger's log tells of it.
    Sweep().status().IgnoreError();
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::Microseconds(options_.interval));
  }
}

absl::StatusOr<std::int64_t> Sweeper::Sweep() {
  std::int64_t count = 0;
  while (!stopping()) {
    const Micros now = clock_->Now();
    ASSIGN_OR_RETURN(const auto epoch,
                     ledger_->maintenance().Lease(options_.lease, options_.holder, now, options_.lease_duration));
    if (!epoch.has_value()) return count;
    ASSIGN_OR_RETURN(auto due, FindDue(now));
    if (due.empty()) return count;
    const Fired fired = FireAll(std::move(due));
    count += fired.count;
    if (fired.blocked) return count;
  }
  return count;
}

bool Sweeper::Waits(const FiringId& id, std::int64_t generation, Micros now) const {
  const auto found = refused_.find(id);
  return found != refused_.end() && found->second.generation == generation && now < found->second.until;
}

void Sweeper::NoteRefusal(const Firing& firing, Micros now) {
  Refused& refused = refused_[{firing.tenant, firing.key}];
  const bool again = refused.pause > 0 && refused.generation == firing.generation;
  refused.generation = firing.generation;
  refused.pause = again ? std::min(refused.pause * 2, kLongestPause) : kFirstPause;
  refused.until = now + refused.pause;
}

absl::StatusOr<std::vector<Sweeper::Due>> Sweeper::FindDue(Micros now) {
  // What was not refused again for so long is no longer due.
  std::erase_if(refused_, [now](const auto& entry) { return entry.second.until + kLongestPause < now; });
  std::vector<Due> due;
  // Those that wait still stand in front.
  const int limit = options_.batch + static_cast<int>(refused_.size());
  for (const std::string& kind : kinds_) {
    ASSIGN_OR_RETURN(auto records, ledger_->reader().Due(kind, now, limit));
    for (auto& [tenant, record] : records) {
      if (record.timers.empty() || Waits({tenant, record.key}, record.generation, now)) continue;
      const Timer timer = *std::min_element(record.timers.begin(), record.timers.end(),
                                            [](const Timer& a, const Timer& b) { return a.due < b.due; });
      due.push_back({{tenant, record.key, timer, record.generation}, std::move(record)});
    }
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const Due& a, const Due& b) { return a.firing.timer.due < b.firing.timer.due; });
  if (due.size() > static_cast<std::size_t>(options_.batch)) due.resize(static_cast<std::size_t>(options_.batch));
  return due;
}

Sweeper::Fired Sweeper::FireAll(std::vector<Due> due) {
  std::vector<absl::Status> results(due.size());
  absl::BlockingCounter waiting(static_cast<int>(due.size()));
  for (std::size_t i = 0; i < due.size(); ++i) {
    auto command = make_(due[i].firing, due[i].record);
    if (!command.ok()) {
      results[i] = command.status();
      waiting.DecrementCount();
      continue;
    }
    command->time = due[i].firing.timer.due;
    ledger_->SubmitFiring(due[i].firing, *std::move(command),
                          [&results, &waiting, i](const absl::StatusOr<Answer>& answer) {
                            results[i] = answer.status();
                            waiting.DecrementCount();
                          });
  }
  waiting.Wait();
  const Micros now = clock_->Now();
  Fired fired;
  for (std::size_t i = 0; i < due.size(); ++i) {
    const Firing& firing = due[i].firing;
    if (results[i].ok()) {
      ++fired.count;
      refused_.erase({firing.tenant, firing.key});
      if (options_.lateness != nullptr) options_.lateness(std::max<Micros>(now - firing.timer.due, 0));
      continue;
    }
    if (IsBlocked(results[i])) {
      fired.blocked = true;
      continue;
    }
    NoteRefusal(firing, now);
    if (options_.failed != nullptr) options_.failed(firing, results[i]);
  }
  return fired;
}

}  // namespace jinqi::ledger
