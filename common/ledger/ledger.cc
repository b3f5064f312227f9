#include "common/ledger/ledger.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/ledger/driver.h"
#include "common/ledger/letter_log.h"
#include "common/ledger/migrate.h"
#include "common/ledger/work.h"
#include "common/ledger/writer.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

// Of each batch at least this part is for firings, when some wait.
constexpr int kFiringShare = 8;

class LedgerCore final : public Ledger {
 public:
  LedgerCore(Options options, std::map<std::string, Kind> kinds, std::unique_ptr<Database> database,
             clock::Clock* clock)
      : options_(std::move(options)),
        kinds_(std::move(kinds)),
        database_(std::move(database)),
        writer_(database_.get(), &kinds_, options_, clock) {}

  ~LedgerCore() override { Stop(); }

  absl::Status Start() {
    RETURN_IF_ERROR(writer_.Connect());
    absl::MutexLock lock(&join_mutex_);
    thread_ = std::thread([this] { WriteAll(); });
    return absl::OkStatus();
  }

  void Submit(Command command, Done done) override {
    auto work = std::make_unique<Work>();
    work->kind = Work::Kind::kCall;
    work->done = std::move(done);
    work->commands.push_back(std::move(command));
    Enqueue(std::move(work));
  }

  void SubmitGroup(MessageGroup group, GroupDone done) override {
    auto work = std::make_unique<Work>();
    work->kind = Work::Kind::kGroup;
    work->group_done = std::move(done);
    work->group = std::move(group);
    Enqueue(std::move(work));
  }

  void SubmitFiring(Firing firing, Command command, Done done) override {
    auto work = std::make_unique<Work>();
    work->kind = Work::Kind::kFiring;
    work->done = std::move(done);
    command.tenant = firing.tenant;
    command.names.push_back({firing.key, Access::kChange});
    work->firing = std::move(firing);
    work->commands.push_back(std::move(command));
    Enqueue(std::move(work));
  }

  void SubmitUnpark(std::vector<DeadLetter> letters, std::vector<Command> commands, LetterDecision decision,
                    Done done) override {
    auto work = std::make_unique<Work>();
    work->kind = Work::Kind::kUnpark;
    work->done = std::move(done);
    work->letters = std::move(letters);
    work->decision = std::move(decision);
    work->commands = std::move(commands);
    Enqueue(std::move(work));
  }

  Reader& reader() override { return database_->reader(); }
  Maintenance& maintenance() override { return database_->maintenance(); }

  Counters counters() const override {
    Counters counters = writer_.counters();
    absl::MutexLock lock(&mutex_);
    counters.waiting = static_cast<std::int64_t>(calls_.size() + firings_.size());
    return counters;
  }

  void OnCommit(std::function<void()> callback) override { writer_.OnCommit(std::move(callback)); }

  void Stop() override {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    writer_.Stopping();
    absl::MutexLock lock(&join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  // A message that cannot be run is parked; the others of its group are run.
  static absl::Status Check(Work& work) {
    for (const Command& command : work.commands) RETURN_IF_ERROR(CheckCommand(command));
    for (std::size_t i = 0; i < work.group.items.size(); ++i) {
      const std::optional<Command>& command = work.group.items[i].command;
      if (!command.has_value()) continue;
      if (const absl::Status status = CheckCommand(*command); !status.ok()) RefuseItem(work, i, status);
    }
    return absl::OkStatus();
  }

  void Enqueue(std::unique_ptr<Work> work) {
    work->submitted = std::chrono::steady_clock::now();
    absl::Status status = Check(*work);
    if (status.ok()) status = TryEnqueue(work);
    if (!status.ok()) Refuse(*work, status);
  }

  // Takes the work, or says why not.
  absl::Status TryEnqueue(std::unique_ptr<Work>& work) {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return Error(config::v1::REASON_UNAVAILABLE);
    if (static_cast<int>(calls_.size() + firings_.size()) >= options_.max_waiting) {
      return Error(config::v1::REASON_OVERLOADED);
    }
    auto& queue = work->kind == Work::Kind::kFiring ? firings_ : calls_;
    queue.push_back(std::move(work));
    return absl::OkStatus();
  }

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !calls_.empty() || !firings_.empty();
  }

  static int Take(std::deque<std::unique_ptr<Work>>& from, int room, Writer::Works& to) {
    int taken = 0;
    while (!from.empty() && taken < room) {
      taken += from.front()->weight();
      to.push_back(std::move(from.front()));
      from.pop_front();
    }
    return taken;
  }

  // What comes next, after those that are `carried` over from the batch before; empty when all is done and stopped.
  Writer::Works NextBatch(Writer::Works carried) {
    Writer::Works batch = std::move(carried);
    int room = options_.max_batch;
    for (const auto& work : batch) room -= work->weight();
    absl::MutexLock lock(&mutex_);
    if (batch.empty()) mutex_.Await(absl::Condition(this, &LedgerCore::HasWork));
    const int kept = firings_.empty() ? 0 : std::max(options_.max_batch / kFiringShare, 1);
    room -= Take(calls_, std::max(room - kept, 1), batch);
    Take(firings_, std::max(room, kept), batch);
    return batch;
  }

  void WriteAll() {
    Writer::Works carried;
    while (true) {
      Writer::Works batch = NextBatch(std::move(carried));
      if (batch.empty()) return;
      carried = writer_.Run(std::move(batch));
    }
  }

  const Options options_;
  const std::map<std::string, Kind> kinds_;
  const std::unique_ptr<Database> database_;
  Writer writer_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::unique_ptr<Work>> calls_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<Work>> firings_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex join_mutex_;
  std::thread thread_ ABSL_GUARDED_BY(join_mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const Options& options, std::vector<Kind> kinds,
                                                     const std::map<std::string, std::string>& migrations,
                                                     clock::Clock* clock) {
  kinds.push_back(LetterLogKind());
  ASSIGN_OR_RETURN(auto database, OpenDatabase(kinds, options));
  RETURN_IF_ERROR(database->CheckDurable());
  RETURN_IF_ERROR(database->Migrate(AllMigrations(migrations)));
  RETURN_IF_ERROR(database->ClaimWriter(options.writer));
  std::map<std::string, Kind> by_name;
  for (Kind& kind : kinds) {
    std::string name = kind.name;
    by_name.emplace(std::move(name), std::move(kind));
  }
  auto ledger = std::make_unique<LedgerCore>(options, std::move(by_name), std::move(database), clock);
  RETURN_IF_ERROR(ledger->Start());
  return std::unique_ptr<Ledger>(std::move(ledger));
}

absl::StatusOr<Answer> Ledger::Run(Command command) {
  absl::StatusOr<Answer> answer = absl::UnknownError("");
  absl::Notification finished;
  Submit(std::move(command), [&](absl::StatusOr<Answer> result) {
    answer = std::move(result);
    finished.Notify();
  });
  finished.WaitForNotification();
  return answer;
}

}  // namespace jinqi::ledger
