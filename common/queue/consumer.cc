#include "common/queue/consumer.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/queue/names.h"
#include "common/status/status.h"
#include "common/trace/trace.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Between two attempts to get more partitions, and after a commit that another consumer forestalled.
constexpr milliseconds kTakeInterval{1000};
constexpr milliseconds kForestalled{100};
// Marks that moved are announced so often, those that did not once in a `block`.
constexpr milliseconds kAnnounceMoved{250};
// Until a missing message is looked for again.
constexpr milliseconds kGapPause{100};
constexpr milliseconds kCommitWait{5};
constexpr milliseconds kIdleWait{200};
constexpr milliseconds kPauseMin{50};
constexpr milliseconds kPauseMax{1000};
constexpr milliseconds kLetters{10'000};
constexpr int kLettersCounted = 10'000;

std::string LeaseName(const std::string& source, int number) {
  return "consume:" + source + ":" + PartitionName(number);
}

// The value of the field `e`.
const Reply* EnvelopeField(const Reply& entry) {
  if (entry.items.size() != 2) return nullptr;
  const std::vector<Reply>& fields = entry.items[1].items;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == "e") return &fields[i + 1];
  }
  return nullptr;
}

std::string TraceIdOf(std::string_view traceparent) {
  const auto trace = trace::Parse(traceparent);
  return trace.has_value() ? trace->trace_id : "";
}

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

}  // namespace

Consumer::Consumer(std::string name, std::string source, ledger::Ledger& ledger, const RedisAddress& redis,
                   int partitions, Handler handler, clock::Clock* clock, metrics::Metrics& metrics,
                   ConsumerOptions options)
    : name_(std::move(name)),
      source_(std::move(source)),
      ledger_(ledger),
      address_(redis),
      partition_count_(partitions),
      handler_(std::move(handler)),
      clock_(clock),
      options_(std::move(options)),
      lease_clock_(options_.lease_clock != nullptr ? options_.lease_clock : &system_clock_),
      metrics_(metrics, source_, name_),
      redis_(redis),
      shared_(std::make_shared<Shared>()),
      health_(absl::UnavailableError("not started")) {}

Consumer::~Consumer() { Stop(); }

void Consumer::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Consumer::Stop() {
  if (!thread_.joinable()) return;
  {
    const absl::MutexLock lock(&shared_->mutex);
    shared_->stopping = true;
  }
  redis_.Interrupt();
  thread_.join();
}

absl::Status Consumer::health() const {
  const absl::MutexLock lock(&health_mutex_);
  return health_;
}

bool Consumer::Stopping() const {
  const absl::MutexLock lock(&shared_->mutex);
  return shared_->stopping;
}

void Consumer::Run() {
  while (!Stopping()) {
    const absl::Status status = Round();
    if (Stopping()) break;
    if (!status.ok()) {
      Fail(status);
      continue;
    }
    pause_ = milliseconds(0);
    const absl::MutexLock lock(&health_mutex_);
    health_ = absl::OkStatus();
  }
  Leave();
}

void Consumer::Leave() {
  {
    const absl::MutexLock lock(&shared_->mutex);
    const auto settled = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex) { return shared_->in_flight == 0; };
    shared_->mutex.AwaitWithTimeout(absl::Condition(&settled), absl::FromChrono(options_.grace));
  }
  for (auto& [number, partition] : partitions_) partition.next.reset();
  Settle();
  // The connection of the reads was cut to end the one that waited.
  Redis goodbye(address_, {.connect_timeout = kIdleWait, .timeout = kIdleWait});
  Announcement announcement = MakeAnnouncement();
  // What is not said now is said by the next one that holds the partition; a lease that is not given up runs out.
  goodbye.Pipeline({AnnounceCommand(announcement), LeaveCommand(source_, name_, options_.holder)})
      .status()
      .IgnoreError();
  for (const auto& [number, partition] : partitions_) Release(number);
}

void Consumer::Fail(const absl::Status& status) {
  {
    const absl::MutexLock lock(&health_mutex_);
    if (health_.code() != status.code()) {
      log::Log(log::Level::kWarning, "messages wait in the stream",
               {{"stream", source_}, {"error", std::string(status.message())}});
    }
    health_ = status;
  }
  announce_due_ = {};
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  const absl::MutexLock lock(&shared_->mutex);
  shared_->mutex.AwaitWithTimeout(absl::Condition(&shared_->stopping), absl::FromChrono(pause_));
}

absl::Status Consumer::Round() {
  Settle();
  RETURN_IF_ERROR(RenewLeases());
  GiveUpSurplus();
  RETURN_IF_ERROR(TakeLeases());
  CountDeadLetters();
  return Read();
}

// --- Partitions

absl::StatusOr<std::optional<Consumer::Instant>> Consumer::Lease(int number) {
  // Counted from before the question, so that it never lasts longer here than in the database.
  const Instant asked = steady_clock::now();
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(options_.lease).count();
  ASSIGN_OR_RETURN(const auto epoch, ledger_.maintenance().Lease(LeaseName(source_, number), options_.holder,
                                                                 lease_clock_->Now(), duration));
  if (!epoch) return std::nullopt;
  return asked + options_.lease;
}

void Consumer::Release(int number) {
  ledger_.maintenance().ReleaseLease(LeaseName(source_, number), options_.holder).IgnoreError();
}

absl::Status Consumer::RenewLeases() {
  if (steady_clock::now() < leases_due_) return absl::OkStatus();
  for (auto at = partitions_.begin(); at != partitions_.end();) {
    ASSIGN_OR_RETURN(const auto until, Lease(at->first));
    if (until) at->second.held_until = *until;
    at = until ? std::next(at) : partitions_.erase(at);
  }
  leases_due_ = steady_clock::now() + options_.lease / 2;
  return absl::OkStatus();
}

int Consumer::FairShare() const { return (partition_count_ + members_ - 1) / std::max(members_, 1); }

void Consumer::GiveUpSurplus() {
  int surplus = static_cast<int>(partitions_.size()) - FairShare();
  for (auto at = partitions_.end(); at != partitions_.begin();) {
    --at;
    Partition& partition = at->second;
    partition.leaving = surplus-- > 0;
    if (!partition.leaving || partition.in_flight) continue;
    Release(at->first);
    at = partitions_.erase(at);
  }
}

absl::Status Consumer::TakeLeases() {
  const Instant now = steady_clock::now();
  if (now < take_due_ || static_cast<int>(partitions_.size()) >= FairShare()) return absl::OkStatus();
  take_due_ = now + kTakeInterval;
  for (int number = 0; number < partition_count_ && static_cast<int>(partitions_.size()) < FairShare(); ++number) {
    if (partitions_.contains(number)) continue;
    ASSIGN_OR_RETURN(const auto until, Lease(number));
    if (!until) continue;
    // Under the lease: nobody else moves it now.
    ASSIGN_OR_RETURN(const std::int64_t mark, ReadMark(number));
    Partition& partition = partitions_[number];
    partition.generation = ++generation_;
    partition.held_until = *until;
    partition.mark = partition.cursor = mark;
    announce_due_ = {};
  }
  metrics_.partitions.Set(static_cast<double>(partitions_.size()));
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Consumer::ReadMark(int number) {
  ASSIGN_OR_RETURN(const auto marks, ledger_.reader().Marks());
  for (const ledger::Mark& mark : marks) {
    if (mark.source == source_ && mark.partition == number) return mark.position;
  }
  return 0;
}

// --- Reading

bool Consumer::Readable(const Partition& partition, Instant now) const {
  return !partition.leaving && !partition.next && now >= partition.resume && now < partition.held_until;
}

Announcement Consumer::MakeAnnouncement() const {
  Announcement announcement;
  announcement.source = source_;
  announcement.name = name_;
  announcement.holder = options_.holder;
  announcement.now_milliseconds = lease_clock_->Now() / clock::kMillisecond;
  announcement.member_milliseconds = options_.lease.count();
  for (const auto& [number, partition] : partitions_) announcement.positions[number] = partition.mark;
  return announcement;
}

milliseconds Consumer::BlockTime(Instant now) const {
  milliseconds block = options_.block;
  for (const auto& [number, partition] : partitions_) {
    // Its next group goes when the one before has committed, which a wait in Redis would not notice.
    if (partition.next || (partition.leaving && partition.in_flight)) return milliseconds(0);
    if (partition.resume > now) block = std::min(block, std::chrono::ceil<milliseconds>(partition.resume - now));
  }
  return block;
}

Arguments Consumer::ReadCommand(const std::vector<int>& numbers, milliseconds block) const {
  Arguments command = {"XREAD", "COUNT", std::to_string(options_.count)};
  // BLOCK 0 would be for ever.
  if (block.count() > 0) command.insert(command.end(), {"BLOCK", std::to_string(block.count())});
  command.push_back("STREAMS");
  for (const int number : numbers) command.push_back(StreamKey(source_, number));
  for (const int number : numbers) command.push_back(EntryId(partitions_.at(number).cursor));
  return command;
}

absl::Status Consumer::Read() {
  const Instant now = steady_clock::now();
  std::vector<int> numbers;
  for (const auto& [number, partition] : partitions_) {
    if (Readable(partition, now)) numbers.push_back(number);
  }
  const milliseconds block = BlockTime(now);
  std::vector<Arguments> commands;
  const bool announce = now >= announce_due_ || (marks_moved_ && now >= announced_ + kAnnounceMoved);
  const Announcement announcement = MakeAnnouncement();
  if (announce) commands.push_back(AnnounceCommand(announcement));
  if (!numbers.empty()) commands.push_back(ReadCommand(numbers, block));
  if (commands.empty()) {
    WaitForCommit(block.count() > 0 ? std::min(block, kIdleWait) : kCommitWait);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<Reply> replies, redis_.Pipeline(commands, block));
  if (announce) {
    ASSIGN_OR_RETURN(const Announced announced, ParseAnnounced(announcement, replies.front()));
    RETURN_IF_ERROR(Note(announced));
    announced_ = steady_clock::now();
    announce_due_ = announced_ + options_.block;
    marks_moved_ = false;
  }
  if (numbers.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(replies.back().status());
  for (const Reply& stream : replies.back().items) {
    if (stream.items.size() != 2) return absl::InternalError("redis: unexpected answer to XREAD");
    for (const int number : numbers) {
      if (stream.items[0].text == StreamKey(source_, number)) TakeStream(number, stream.items[1]);
    }
  }
  if (replies.back().items.empty() && block.count() == 0) WaitForCommit(kCommitWait);
  return absl::OkStatus();
}

absl::Status Consumer::Note(const Announced& announced) {
  if (announced.partitions != 0 && announced.partitions != partition_count_) {
    return absl::FailedPreconditionError("the stream of " + source_ + " has " + std::to_string(announced.partitions) +
                                         " partitions, configured are " + std::to_string(partition_count_));
  }
  members_ = std::max(announced.members, 1);
  std::int64_t pending = 0;
  double oldest = 0;
  for (const auto& [number, view] : announced.streams) {
    Partition& partition = partitions_.at(number);
    partition.floor = view.floor;
    pending += std::max<std::int64_t>(0, view.last - partition.mark);
    if (view.next > partition.mark) {
      oldest = std::max(oldest, static_cast<double>(clock_->Now() - view.next_time) / clock::kSecond);
    }
  }
  metrics_.pending.Set(static_cast<double>(pending));
  metrics_.oldest_unprocessed_age_seconds.Set(oldest);
  return absl::OkStatus();
}

void Consumer::TakeStream(int number, const Reply& entries) {
  Partition& partition = partitions_.at(number);
  Group group = {.partition = number, .generation = partition.generation};
  group.messages.from = {source_, number, partition.cursor};
  group.messages.seal = [vault = options_.vault](ledger::DeadLetter& letter) { SealLetter(vault, letter); };
  for (const Reply& entry : entries.items) {
    const auto position = entry.items.empty() ? std::nullopt : PositionOf(entry.items[0].text);
    if (!position || *position != partition.cursor + 1) {
      // What was read before the gap is committed first.
      if (!group.messages.items.empty()) break;
      if (!position || !PassOver(number, partition, *position)) return;
    }
    const absl::Status status = AddEntry(group, *position, entry);
    if (!status.ok()) {
      log::Log(log::Level::kWarning, "a message waits for what its handler needs",
               {{"stream", source_}, {"error", std::string(status.message())}});
      metrics_.retry.Increment();
      partition.resume = steady_clock::now() + kPauseMax;
      break;
    }
    partition.cursor = *position;
  }
  if (group.messages.items.empty()) return;
  group.last = partition.cursor;
  if (partition.in_flight) {
    partition.next = std::move(group);
  } else {
    Submit(std::move(group));
  }
}

bool Consumer::PassOver(int number, Partition& partition, std::int64_t found) {
  if (partition.floor < found - 1) {
    // The announced mark tells the relay that the stream is not whole.
    metrics_.gaps.Increment();
    partition.resume = steady_clock::now() + kGapPause;
    announce_due_ = {};
    return false;
  }
  const std::int64_t lost = found - partition.cursor - 1;
  metrics_.lost.Increment(static_cast<double>(lost));
  log::Log(log::Level::kError, "messages that exist nowhere any more are passed over",
           {{"stream", source_},
            {"partition", PartitionName(number)},
            {"from", std::to_string(partition.cursor + 1)},
            {"to", std::to_string(found - 1)}});
  partition.cursor = found - 1;
  return true;
}

absl::Status Consumer::AddEntry(Group& group, std::int64_t position, const Reply& entry) {
  const Reply* bytes = EnvelopeField(entry);
  Envelope envelope;
  const bool readable = bytes != nullptr && envelope.ParseFromString(bytes->text) && envelope.source() == source_ &&
                        envelope.partition() == group.partition && envelope.position() == position;
  if (!readable) envelope = Unreadable(group.partition, position);
  const Instant start = steady_clock::now();
  absl::StatusOr<std::optional<ledger::Command>> command =
      readable ? CommandOf(handler_, envelope)
               : CommandOf([](const Envelope&) { return absl::DataLossError("unreadable message"); }, envelope);
  if (!command.ok()) return command.status();
  metrics_.handler_seconds.Observe(SecondsSince(start));
  if (command->has_value()) {
    log::Log(log::Level::kDebug, "message taken",
             {{"trace_id", TraceIdOf((*command)->traceparent)},
              {"stream", source_},
              {"type", envelope.type()},
              {"key", envelope.key()},
              {"position", std::to_string(position)}});
  }
  group.messages.items.push_back({*std::move(command), LetterOf(envelope, bytes != nullptr ? bytes->text : "")});
  group.times.push_back(clock::FromProto(envelope.time()));
  return absl::OkStatus();
}

Envelope Consumer::Unreadable(int number, std::int64_t position) const {
  const std::string place = PartitionName(number) + "-" + std::to_string(position);
  Envelope envelope;
  envelope.set_id("unreadable-" + place);
  envelope.set_tenant("-");
  envelope.set_source(source_);
  envelope.set_type("unreadable");
  envelope.set_key(envelope.id());
  envelope.set_partition(number);
  envelope.set_position(position);
  *envelope.mutable_time() = clock::ToProto(clock_->Now());
  return envelope;
}

// --- Committing

void Consumer::Submit(Group group) {
  partitions_.at(group.partition).in_flight = true;
  {
    const absl::MutexLock lock(&shared_->mutex);
    ++shared_->in_flight;
  }
  Finished finished = {group.partition,        group.generation,      group.last, 0,
                       std::move(group.times), absl::UnknownError("")};
  ledger_.SubmitGroup(std::move(group.messages), [shared = shared_, clock = clock_, on_commit = options_.on_commit,
                                                  finished](absl::StatusOr<ledger::GroupResult> result) mutable {
    if (result.ok() && on_commit) on_commit(finished.partition, finished.last);
    finished.committed = clock->Now();
    finished.result = std::move(result);
    const absl::MutexLock lock(&shared->mutex);
    --shared->in_flight;
    shared->finished.push_back(std::move(finished));
  });
}

void Consumer::Settle() {
  std::vector<Finished> finished;
  {
    const absl::MutexLock lock(&shared_->mutex);
    finished.swap(shared_->finished);
  }
  for (Finished& one : finished) SettleOne(std::move(one));
}

void Consumer::SettleOne(Finished finished) {
  const auto at = partitions_.find(finished.partition);
  const bool current = at != partitions_.end() && at->second.generation == finished.generation;
  if (!finished.result.ok()) {
    metrics_.retry.Increment(static_cast<double>(finished.times.size()));
    const bool forestalled = absl::IsAborted(finished.result.status());
    log::Log(forestalled ? log::Level::kInfo : log::Level::kWarning, "messages were not committed and are read again",
             {{"stream", source_}, {"error", std::string(finished.result.status().message())}});
    if (!current) return;
    // Taken again with the mark as it stands in the database.
    partitions_.erase(at);
    take_due_ = steady_clock::now() + (forestalled ? kForestalled : kTakeInterval);
    return;
  }
  metrics_.ok.Increment(static_cast<double>(finished.result->applied));
  metrics_.skipped.Increment(static_cast<double>(finished.result->skipped));
  metrics_.dead.Increment(static_cast<double>(finished.result->parked));
  if (finished.result->parked > 0) letters_due_ = {};
  for (const clock::Micros time : finished.times) {
    metrics_.end_to_end_seconds.Observe(static_cast<double>(finished.committed - time) / clock::kSecond);
  }
  if (!current) return;
  Partition& partition = at->second;
  partition.mark = finished.last;
  partition.in_flight = false;
  marks_moved_ = true;
  if (!partition.next) return;
  Group next = *std::move(partition.next);
  partition.next.reset();
  Submit(std::move(next));
}

void Consumer::CountDeadLetters() {
  if (steady_clock::now() < letters_due_) return;
  letters_due_ = steady_clock::now() + kLetters;
  const auto letters = ledger_.reader().DeadLetters(kLettersCounted);
  if (!letters.ok()) return;
  const auto count = std::count_if(letters->begin(), letters->end(),
                                   [this](const ledger::DeadLetter& letter) { return letter.source == source_; });
  metrics_.dead_letters.Set(static_cast<double>(count));
}

void Consumer::WaitForCommit(milliseconds time) {
  const absl::MutexLock lock(&shared_->mutex);
  const auto called = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_->mutex) {
    return !shared_->finished.empty() || shared_->stopping;
  };
  shared_->mutex.AwaitWithTimeout(absl::Condition(&called), absl::FromChrono(time));
}

}  // namespace jinqi::queue
