#include "common/ledger/probe.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/crypto/sm3.h"
#include "common/ledger/driver.h"
#include "common/ledger/ledger.h"
#include "common/ledger/migrate.h"
#include "common/ledger/sweeper.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

using Steady = std::chrono::steady_clock;

// About what an order weighs.
constexpr std::size_t kBodySize = 500;
constexpr std::size_t kEventSize = 120;
constexpr std::size_t kMessageSize = 250;
constexpr std::size_t kAnswerSize = 60;
constexpr Micros kTime = 1'760'000'000'000'000;
constexpr Micros kKept = 86'400'000'000;
constexpr char kTenant[] = "120000";
constexpr char kWriter[] = "probe";

const char* const kTable =
    "CREATE TABLE probe (tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, "
    "head BYTEA NOT NULL, sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, "
    "generation BIGINT NOT NULL, due BIGINT, state BIGINT NOT NULL, district TEXT NOT NULL, "
    "PRIMARY KEY (tenant, id));"
    "CREATE INDEX probe_due ON probe (due) WHERE due IS NOT NULL;"
    "CREATE INDEX probe_state ON probe (tenant, state, time, id);";

Kind ProbeKind() {
  Kind kind;
  kind.name = "probe";
  kind.columns = {{"state", ColumnType::kInteger}, {"district", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    return std::vector<Value>{std::int64_t{body[0]}, std::string("120101")};
  };
  return kind;
}

// A state, then filling.
std::string Body(char state) { return std::string(1, state) + std::string(kBodySize, 'b'); }

// Of a fixed length, in no order: as the ids that the services give out.
std::string Id(int number) { return crypto::Sm3Hex(std::to_string(number)).substr(0, 36); }

double Rate(int count, Steady::duration taken) { return count / std::chrono::duration<double>(taken).count(); }

// Of this process so far, seconds.
double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double CpuMicros(double seconds_before, int records) { return (CpuSeconds() - seconds_before) * 1e6 / (2.0 * records); }

class Loop {
 public:
  explicit Loop(ProbeOptions options) : options_(std::move(options)) {}

  absl::StatusOr<ProbeResult> Run() {
    Options opening;
    opening.database = options_.database;
    opening.writer = kWriter;
    ASSIGN_OR_RETURN(database_, OpenDatabase({ProbeKind()}, opening));
    RETURN_IF_ERROR(database_->Migrate(AllMigrations({{"0001_probe.sql", kTable}})));
    ASSIGN_OR_RETURN(driver_, database_->NewDriver());
    ProbeResult result;
    ASSIGN_OR_RETURN(result.creates_per_second, RunAll(1));
    ASSIGN_OR_RETURN(result.moves_per_second, RunAll(2));
    result.cpu = cpu_ * 1e6 / (2.0 * options_.records);
    result.commands_per_commit = options_.per_commit;
    return result;
  }

 private:
  absl::StatusOr<double> RunAll(std::int64_t version) {
    Steady::duration taken{};
    for (int first = 0; first < options_.records; first += options_.per_commit) {
      ReadSet reads;
      WriteSet writes;
      Fill(version, first, reads, writes);
      const double cpu = CpuSeconds();
      const auto start = Steady::now();
      RETURN_IF_ERROR(driver_->Begin(reads).status());
      ASSIGN_OR_RETURN(const CommitResult result, driver_->Commit(writes));
      taken += Steady::now() - start;
      cpu_ += CpuSeconds() - cpu;
      if (result != CommitResult::kCommitted) return absl::AbortedError("the database of the probe is not empty");
    }
    return Rate(options_.records, taken);
  }

  void Fill(std::int64_t version, int first, ReadSet& reads, WriteSet& writes) {
    writes.block = {kWriter, ++block_, kTime, 0, std::string(32, 'h'), std::string(32, 'h'), ""};
    for (int i = first; i < std::min(first + options_.per_commit, options_.records); ++i) {
      const std::string id = Id(i);
      const Key key{"probe", id};
      const std::string scope = crypto::Sm3(absl::StrCat(i, "/", version));
      reads.requests.emplace(kTenant, scope);
      reads.records.emplace(RecordRef{kTenant, key}, Access::kChange);
      Record record{key, version, version, std::string(32, 'h'), version, kTime, Body(static_cast<char>('0' + version)),
                    {},  0};
      record.timers = {{"warn", kTime + 1}};
      writes.records.push_back({kTenant, record, version == 1, {version, std::string("120101")}, {}});
      writes.history.push_back({kTenant, key, version, kTime, "prober", "Set", "Set", std::string(kEventSize, 'e'),
                                std::string(32, 'h'), std::string(32, 'h'), kWriter, block_, ++writes.block.rows});
      writes.outbox.push_back(
          {i % 8, 0, kTenant, id.substr(0, 32), id, version, "Set", std::string(kMessageSize, 'm'), false, kTime, ""});
      writes.requests.push_back({kTenant, scope, std::string(32, 'h'), std::string(kAnswerSize, 'a'), kTime + kKept});
    }
    std::sort(writes.records.begin(), writes.records.end(),
              [](const RecordWrite& a, const RecordWrite& b) { return a.record.key.id < b.record.key.id; });
  }

  const ProbeOptions options_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Driver> driver_;
  std::int64_t block_ = 0;
  double cpu_ = 0;
};

Command ProbeCommand(const std::string& id, int version, const std::vector<Timer>& timers) {
  Command command;
  command.tenant = kTenant;
  command.caller = "prober";
  command.method = "Set";
  command.request_id = absl::StrCat(id, "/", version);
  command.request_hash = std::string(32, 'h');
  command.time = kTime;
  const Key key{"probe", id};
  command.names.push_back({key, Access::kChange});
  command.decide = [key, timers](const View& view) -> absl::StatusOr<Outcome> {
    const Record* record = view.Find(key);
    Outcome outcome;
    Change change;
    change.key = key;
    change.body = Body(record == nullptr ? '1' : '2');
    change.timers = timers;
    change.events.push_back({"Set", std::string(kEventSize, 'e'), Outgoing{"Set", std::string(kMessageSize, 'm')}});
    outcome.changes.push_back(std::move(change));
    outcome.answer.assign(kAnswerSize, 'a');
    return outcome;
  };
  return command;
}

std::vector<Timer> DueTimer() { return {{"warn", kTime + 1}}; }

// Keeps a number of commands in flight: each answer submits the next.
class Flight {
 public:
  Flight(Ledger* ledger, const ProbeOptions& options, int version)
      : ledger_(ledger), records_(options.records), version_(version) {
    milliseconds_.reserve(static_cast<std::size_t>(records_));
    for (int i = 0; i < records_; ++i) ids_.push_back(Id(i));
  }

  absl::StatusOr<double> Run(int in_flight) {
    const auto start = Steady::now();
    for (int i = 0; i < in_flight; ++i) SubmitNext();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](Flight* flight)
             ABSL_EXCLUSIVE_LOCKS_REQUIRED(flight->mutex_) { return flight->ended_ == flight->records_; },
        this));
    RETURN_IF_ERROR(failure_);
    return Rate(records_, Steady::now() - start);
  }

  std::vector<double> TakeMilliseconds() {
    absl::MutexLock lock(&mutex_);
    return std::move(milliseconds_);
  }

 private:
  void SubmitNext() {
    std::size_t number = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (next_ == ids_.size()) return;
      number = next_++;
    }
    const auto start = Steady::now();
    ledger_->Submit(ProbeCommand(ids_[number], version_, DueTimer()),
                    [this, start](const absl::StatusOr<Answer>& answer) {
                      const double taken = std::chrono::duration<double, std::milli>(Steady::now() - start).count();
                      SubmitNext();
                      // Counted last: who waits for the last answer may then end this flight.
                      absl::MutexLock lock(&mutex_);
                      ++ended_;
                      failure_.Update(answer.status());
                      milliseconds_.push_back(taken);
                    });
  }

  Ledger* const ledger_;
  const int records_;
  const int version_;
  std::vector<std::string> ids_;
  absl::Mutex mutex_;
  std::size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<double> milliseconds_ ABSL_GUARDED_BY(mutex_);
};

double Quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// New records at an even pace, until it is told to stop.
class Pace {
 public:
  Pace(Ledger* ledger, int first, int per_second) : ledger_(ledger), first_(first), per_second_(per_second) {
    thread_ = std::thread([this] { Run(); });
  }

  // Waits for every answer; their milliseconds.
  absl::StatusOr<std::vector<double>> Stop() {
    stopping_ = true;
    thread_.join();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](Pace* pace) ABSL_EXCLUSIVE_LOCKS_REQUIRED(pace->mutex_) { return pace->ended_ == pace->sent_; }, this));
    RETURN_IF_ERROR(failure_);
    return std::move(milliseconds_);
  }

 private:
  void Run() {
    const auto start = Steady::now();
    for (int i = 0; !stopping_; ++i) {
      std::this_thread::sleep_until(start + std::chrono::microseconds(1'000'000LL * i / per_second_));
      const auto sent = Steady::now();
      {
        absl::MutexLock lock(&mutex_);
        ++sent_;
      }
      ledger_->Submit(ProbeCommand(Id(first_ + i), 1, {}), [this, sent](const absl::StatusOr<Answer>& answer) {
        absl::MutexLock lock(&mutex_);
        ++ended_;
        failure_.Update(answer.status());
        milliseconds_.push_back(std::chrono::duration<double, std::milli>(Steady::now() - sent).count());
      });
    }
  }

  Ledger* const ledger_;
  const int first_;
  const int per_second_;
  std::atomic<bool> stopping_ = false;
  absl::Mutex mutex_;
  int sent_ ABSL_GUARDED_BY(mutex_) = 0;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<double> milliseconds_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Fired once, a record has its second version and no timer.
absl::StatusOr<std::int64_t> CountFaults(Ledger& ledger, int timers) {
  std::int64_t faults = 0;
  for (int i = 0; i < timers; ++i) {
    ASSIGN_OR_RETURN(const auto record, ledger.reader().Get(kTenant, {"probe", Id(i)}));
    if (!record.has_value() || record->version != 2 || !record->timers.empty()) ++faults;
  }
  return faults;
}

}  // namespace

absl::StatusOr<TimerProbeResult> ProbeTimers(const TimerProbeOptions& options) {
  Options opening;
  opening.database = options.database;
  opening.writer = kWriter;
  clock::SystemClock clock;
  ASSIGN_OR_RETURN(auto ledger, Ledger::Open(opening, {ProbeKind()}, {{"0001_probe.sql", kTable}}, &clock));
  ProbeOptions filling;
  filling.records = options.timers;
  RETURN_IF_ERROR(Flight(ledger.get(), filling, 1).Run(filling.in_flight).status());
  Sweeper::Options sweeping;
  sweeping.holder = kWriter;
  Sweeper sweeper(
      ledger.get(), &clock, {"probe"},
      [](const Firing& firing, const Record&) { return ProbeCommand(firing.key.id, 2, {}); }, sweeping);
  Pace creates(ledger.get(), options.timers, options.creates_per_second);
  TimerProbeResult result;
  const auto start = Steady::now();
  const auto fired = sweeper.Sweep();
  result.seconds = std::chrono::duration<double>(Steady::now() - start).count();
  ASSIGN_OR_RETURN(auto milliseconds, creates.Stop());
  RETURN_IF_ERROR(fired.status());
  result.fired = *fired;
  ASSIGN_OR_RETURN(result.faults, CountFaults(*ledger, options.timers));
  result.creates = static_cast<int>(milliseconds.size());
  result.create_p50 = Quantile(milliseconds, 0.5);
  result.create_p99 = Quantile(milliseconds, 0.99);
  ledger->Stop();
  return result;
}

absl::StatusOr<ProbeResult> ProbeLoop(const ProbeOptions& options) { return Loop(options).Run(); }

absl::StatusOr<ProbeResult> ProbeLedger(const ProbeOptions& options) {
  Options opening;
  opening.database = options.database;
  opening.writer = kWriter;
  clock::SystemClock clock;
  ASSIGN_OR_RETURN(auto ledger, Ledger::Open(opening, {ProbeKind()}, {{"0001_probe.sql", kTable}}, &clock));
  ProbeResult result;
  const double cpu = CpuSeconds();
  Flight creates(ledger.get(), options, 1);
  ASSIGN_OR_RETURN(result.creates_per_second, creates.Run(options.in_flight));
  Flight moves(ledger.get(), options, 2);
  ASSIGN_OR_RETURN(result.moves_per_second, moves.Run(options.in_flight));
  const Counters counters = ledger->counters();
  ledger->Stop();
  result.cpu = CpuMicros(cpu, options.records);
  auto milliseconds = creates.TakeMilliseconds();
  const auto more = moves.TakeMilliseconds();
  milliseconds.insert(milliseconds.end(), more.begin(), more.end());
  result.p50 = Quantile(milliseconds, 0.5);
  result.p99 = Quantile(milliseconds, 0.99);
  result.commands_per_commit = static_cast<double>(counters.commands) / static_cast<double>(counters.batches);
  return result;
}

}  // namespace jinqi::ledger
