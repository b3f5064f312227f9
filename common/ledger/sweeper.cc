#include "common/ledger/sweeper.h"

#include <algorithm>

#include "absl/synchronization/blocking_counter.h"
#include "absl/time/time.h"
#include "common/status/status.h"

namespace jinqi::ledger {

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
  std::set<FiringId> failed;
  std::int64_t fired = 0;
  while (!stopping()) {
    const Micros now = clock_->Now();
    ASSIGN_OR_RETURN(const auto epoch,
                     ledger_->maintenance().Lease(options_.lease, options_.holder, now, options_.lease_duration));
    if (!epoch.has_value()) return fired;
    ASSIGN_OR_RETURN(auto due, FindDue(now, failed));
    if (due.empty()) return fired;
    fired += FireAll(std::move(due), failed);
  }
  return fired;
}

absl::StatusOr<std::vector<Sweeper::Due>> Sweeper::FindDue(Micros now, const std::set<FiringId>& failed) {
  std::vector<Due> due;
  // Those that failed still stand in front.
  const int limit = options_.batch + static_cast<int>(failed.size());
  for (const std::string& kind : kinds_) {
    ASSIGN_OR_RETURN(auto records, ledger_->reader().Due(kind, now, limit));
    for (auto& [tenant, record] : records) {
      if (record.timers.empty() || failed.contains({tenant, record.key})) continue;
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

std::int64_t Sweeper::FireAll(std::vector<Due> due, std::set<FiringId>& failed) {
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
    ledger_->SubmitFiring(due[i].firing, *std::move(command), [&results, &waiting, i](absl::StatusOr<Answer> answer) {
      results[i] = answer.status();
      waiting.DecrementCount();
    });
  }
  waiting.Wait();
  const Micros now = clock_->Now();
  std::int64_t fired = 0;
  for (std::size_t i = 0; i < due.size(); ++i) {
    const Firing& firing = due[i].firing;
    if (results[i].ok()) {
      ++fired;
      if (options_.lateness != nullptr) options_.lateness(std::max<Micros>(now - firing.timer.due, 0));
      continue;
    }
    failed.emplace(firing.tenant, firing.key);
    if (options_.failed != nullptr) options_.failed(firing, results[i]);
  }
  return fired;
}

}  // namespace jinqi::ledger
