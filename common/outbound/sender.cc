#include "common/outbound/sender.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace jinqi::outbound {
namespace {

// Longer than all that can happen to three messages in a row, after which the circuit is open.
constexpr clock::Micros kLease = 2 * clock::kMinute;
constexpr absl::Duration kRenewAfter = absl::Seconds(10);
constexpr clock::Micros kFirstPause = clock::kSecond;
constexpr clock::Micros kLongestPause = 5 * clock::kMinute;

std::string LeaseName(const std::string& target) { return "outbound/" + target; }

}  // namespace

Sender::Sender(Options options, Owner& owner, Transport& transport, ledger::Ledger& ledger, clock::Clock& clock,
               metrics::Metrics& metrics)
    : options_(std::move(options)),
      owner_(owner),
      transport_(transport),
      ledger_(ledger),
      clock_(clock),
      seconds_(metrics.MakeHistogram("jinqi_outbound_seconds", "how long an outside system took to answer",
                                     {{"target", options_.target}})),
      open_(metrics.MakeGauge("jinqi_outbound_circuit_open", "1: the outside system is away and left alone",
                              {{"target", options_.target}})),
      oldest_(metrics.MakeGauge("jinqi_outbound_oldest_due_seconds", "since when the first message is due",
                                {{"target", options_.target}})) {
  for (const Outcome outcome : {Outcome::kDelivered, Outcome::kRetry, Outcome::kAway, Outcome::kRefused}) {
    deliveries_[outcome] = &metrics.MakeCounter("jinqi_outbound_deliveries_total", "messages to outside systems",
                                                {{"target", options_.target}, {"outcome", std::string(Name(outcome))}});
  }
}

Sender::~Sender() { Stop(); }

void Sender::Start() {
  thread_ = std::thread([this] { PassOften(); });
}

void Sender::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (!thread_.joinable()) return;
  thread_.join();
  // When it cannot be given back it runs out.
  ledger_.maintenance().ReleaseLease(LeaseName(options_.target), options_.holder).IgnoreError();
}

bool Sender::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Sender::PassOften() {
  while (!stopping()) {
    // A database that is away is tried again after the interval; the ledger's log tells of it.
    Pass().status().IgnoreError();
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.interval);
  }
}

absl::StatusOr<int> Sender::Pass() {
  int settled = 0;
  while (!stopping()) {
    const clock::Micros now = clock_.Now();
    ASSIGN_OR_RETURN(const std::vector<Job> due, FindDue(now));
    oldest_.Set(due.empty() ? 0 : static_cast<double>(std::max<clock::Micros>(now - due.front().due, 0)) / 1e6);
    if (due.empty() || !circuit_.Allows(now)) return settled;
    ASSIGN_OR_RETURN(const bool ours, HoldLease(now));
    if (!ours) return settled;
    for (const Job& job : due) {
      if (stopping() || !Handle(job, settled)) return settled;
    }
  }
  return settled;
}

absl::StatusOr<std::vector<Job>> Sender::FindDue(clock::Micros now) {
  std::erase_if(paused_, [now](const auto& entry) { return entry.second.until + kLongestPause < now; });
  // Those that wait still stand in front.
  ASSIGN_OR_RETURN(std::vector<Job> due, owner_.Due(now, options_.batch + static_cast<int>(paused_.size())));
  std::erase_if(due, [&](const Job& job) {
    const auto paused = paused_.find(job.id);
    return paused != paused_.end() && now < paused->second.until;
  });
  return due;
}

absl::StatusOr<bool> Sender::HoldLease(clock::Micros now) {
  if (absl::Now() - leased_ < kRenewAfter) return true;
  ASSIGN_OR_RETURN(const auto epoch,
                   ledger_.maintenance().Lease(LeaseName(options_.target), options_.holder, now, kLease));
  if (epoch.has_value()) leased_ = absl::Now();
  return epoch.has_value();
}

bool Sender::Handle(const Job& job, int& settled) {
  const auto ours = HoldLease(clock_.Now());
  if (!ours.ok() || !*ours) return false;
  const absl::StatusOr<Letter> letter = owner_.Write(job);
  if (!letter.ok()) {
    PutOff(job, "a message cannot be written", letter.status());
    return true;
  }
  const std::optional<Report> report = Send(*letter);
  if (report.has_value()) {
    const absl::Status status = owner_.Settle(job, *report);
    if (status.ok()) {
      ++settled;
      paused_.erase(job.id);
    } else {
      PutOff(job, "what became of a message cannot be kept", status);
    }
  }
  return circuit_.Allows(clock_.Now());
}

std::optional<Report> Sender::Send(const Letter& letter) {
  Report report;
  report.jitter = Jitter();
  report.unsent = letter.unsent;
  if (!letter.unsent.empty()) return report;
  const absl::Time start = absl::Now();
  Result result = transport_.Send(letter.message, clock_.Now());
  seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - start));
  deliveries_.at(result.outcome)->Increment();
  const bool failed = result.outcome == Outcome::kAway || result.outcome == Outcome::kRetry;
  if (failed) {
    circuit_.Failed(clock_.Now(), Jitter());
  } else {
    circuit_.Succeeded();
  }
  open_.Set(circuit_.open() ? 1 : 0);
  if (result.outcome != Outcome::kDelivered) {
    log::Log(log::Level::kWarning, "an outside system did not take a message",
             {{"target", options_.target},
              {"key", letter.message.key},
              {"outcome", Name(result.outcome)},
              {"error", result.error}});
  }
  if (result.outcome == Outcome::kAway) return std::nullopt;
  report.outcome = result.outcome;
  report.http_status = result.http_status;
  report.body = std::move(result.body);
  return report;
}

void Sender::PutOff(const Job& job, std::string_view what, const absl::Status& why) {
  Pause& pause = paused_[job.id];
  pause.length = pause.length == 0 ? kFirstPause : std::min(pause.length * 2, kLongestPause);
  pause.until = clock_.Now() + pause.length;
  log::Log(log::Level::kWarning, what,
           {{"target", options_.target}, {"id", job.id}, {"error", ReasonName(ReasonOf(why))}});
}

}  // namespace jinqi::outbound
