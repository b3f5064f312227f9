#include "common/queue/relay.h"

#include <algorithm>
#include <limits>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/queue/names.h"
#include "common/status/status.h"
#include "jinqi/events/v1/envelope.pb.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kSchema = 1;
constexpr milliseconds kPauseMin{50};
constexpr milliseconds kPauseMax{2000};
// A follower that said nothing for so long is gone.
constexpr std::int64_t kFollowerMilliseconds = 30'000;
// Old rows are deleted at least this often, even when no mark moved.
constexpr std::chrono::hours kExpiryInterval{1};

// Writes messages, in the order of their positions, if the epoch is not older than the last one that wrote and the
// stream ends where the relay thinks. Nothing is written when Redis has no memory: the first write is refused then.
// A stream that is to be reset goes first, which makes room.
constexpr std::string_view kPublish = R"lua(
local stream, relay = KEYS[1], KEYS[2]
local name, epoch, expected, reset, force, floor, partitions =
  ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local stored = tonumber(redis.call('HGET', relay, name .. ':epoch') or '0')
if epoch < stored and force == '0' then return {'STALE'} end
if reset == '1' then
  redis.call('DEL', stream)
else
  local last = '0-0'
  local info = redis.pcall('XINFO', 'STREAM', stream)
  if not info.err then
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = info[i + 1] end
    end
  end
  if last ~= expected then return {'AT', last} end
end
if epoch ~= stored then
  redis.call('HSET', relay, name .. ':epoch', ARGV[2], 'partitions', partitions)
end
if floor ~= '0' then redis.call('HSET', relay, name .. ':floor', floor) end
for i = 8, #ARGV, 2 do
  redis.call('XADD', stream, ARGV[i], 'e', ARGV[i + 1])
end
return {'OK'}
)lua";

// Marks, what relays left, followers; and of each stream its last id, first id and length.
constexpr std::string_view kSurvey = R"lua(
local streams = {}
for k = 4, #KEYS do
  local last, first, length = '0-0', '', 0
  local info = redis.pcall('XINFO', 'STREAM', KEYS[k])
  if info.err then
    if not string.find(info.err, 'no such key') then last = 'unreadable' end
  else
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = info[i + 1] end
      if info[i] == 'length' then length = info[i + 1] end
      if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
    end
  end
  streams[#streams + 1] = {last, first, length}
end
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]), streams}
)lua";

std::string EnvelopeOf(const ledger::OutboxRow& row, const std::string& source) {
  events::v1::Envelope envelope;
  envelope.set_id(row.id);
  envelope.set_tenant(row.tenant);
  envelope.set_source(source);
  envelope.set_type(row.type);
  envelope.set_key(row.key);
  envelope.set_key_sequence(row.key_sequence);
  envelope.set_partition(row.partition);
  envelope.set_position(row.position);
  *envelope.mutable_time() = clock::ToProto(row.time);
  envelope.set_traceparent(row.traceparent);
  envelope.set_schema(kSchema);
  envelope.set_payload(row.payload);
  envelope.set_transient(row.transient);
  return envelope.SerializeAsString();
}

// Field and value of each pair of a HGETALL.
template <typename Visit>
void ForEachField(const Reply& hash, const Visit& visit) {
  for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) visit(hash.items[i].text, hash.items[i + 1].text);
}

milliseconds Jittered(milliseconds time) {
  thread_local std::minstd_rand random(std::random_device{}());
  const std::int64_t quarter = time.count() / 4;
  return milliseconds(
      std::uniform_int_distribution<std::int64_t>(time.count() - quarter, time.count() + quarter)(random));
}

}  // namespace

Relay::Relay(std::string source, ledger::Ledger& ledger, const RedisAddress& redis, int partitions,
             std::vector<std::string> consumers, clock::Clock* clock, metrics::Metrics& metrics, RelayOptions options)
    : source_(std::move(source)),
      ledger_(ledger),
      consumers_(std::move(consumers)),
      clock_(clock),
      options_(std::move(options)),
      lease_clock_(options_.lease_clock != nullptr ? options_.lease_clock : &system_clock_),
      metrics_(metrics, source_),
      redis_(redis),
      waker_(std::make_shared<Waker>()),
      partitions_(static_cast<std::size_t>(partitions)),
      health_(absl::UnavailableError("not started")) {}

Relay::~Relay() { Stop(); }

void Relay::Start() {
  ledger_.OnCommit([waker = waker_] {
    const absl::MutexLock lock(&waker->mutex);
    waker->woken = true;
  });
  thread_ = std::thread([this] { Run(); });
}

void Relay::Stop() {
  if (!thread_.joinable()) return;
  {
    const absl::MutexLock lock(&waker_->mutex);
    waker_->stopping = true;
  }
  redis_.Interrupt();
  thread_.join();
}

absl::Status Relay::health() const {
  const absl::MutexLock lock(&health_mutex_);
  return health_;
}

bool Relay::Stopping() const {
  const absl::MutexLock lock(&waker_->mutex);
  return waker_->stopping;
}

void Relay::Run() {
  while (!Stopping()) {
    const absl::StatusOr<bool> more = Round();
    if (Stopping()) break;
    if (!more.ok()) {
      Fail(more.status());
      continue;
    }
    pause_ = milliseconds(0);
    {
      const absl::MutexLock lock(&health_mutex_);
      health_ = absl::OkStatus();
    }
    if (!*more) Wait(Jittered(options_.poll));
  }
  for (std::size_t number = 0; number < partitions_.size(); ++number) {
    if (!partitions_[number].epoch) continue;
    // A lease that cannot be given up runs out.
    ledger_.maintenance()
        .ReleaseLease("relay:" + PartitionName(static_cast<int>(number)), options_.holder)
        .IgnoreError();
  }
}

void Relay::Wait(milliseconds time) {
  const absl::MutexLock lock(&waker_->mutex);
  const auto called = [this]()
                          ABSL_EXCLUSIVE_LOCKS_REQUIRED(waker_->mutex) { return waker_->woken || waker_->stopping; };
  waker_->mutex.AwaitWithTimeout(absl::Condition(&called), absl::FromChrono(time));
  waker_->woken = false;
}

void Relay::Fail(const absl::Status& status) {
  metrics_.publish_errors.Increment();
  {
    const absl::MutexLock lock(&health_mutex_);
    if (health_.code() != status.code()) {
      log::Log(log::Level::kWarning, "messages wait in the outbox", {{"error", std::string(status.message())}});
    }
    health_ = status;
  }
  for (Partition& partition : partitions_) partition.plan.reset();
  survey_due_ = {};
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  const Instant until = steady_clock::now() + Jittered(pause_);
  // Commits do not shorten this wait.
  while (!Stopping() && steady_clock::now() < until) {
    Wait(std::chrono::ceil<milliseconds>(until - steady_clock::now()));
  }
}

absl::StatusOr<bool> Relay::Round() {
  RETURN_IF_ERROR(RenewLeases());
  if (!HoldsAny()) return false;
  if (steady_clock::now() >= survey_due_ || redis_.connections() != connections_seen_) {
    RETURN_IF_ERROR(SurveyStreams());
    survey_due_ = steady_clock::now() + options_.survey;
    connections_seen_ = redis_.connections();
  }
  return Publish();
}

bool Relay::Holds(const Partition& partition) const {
  return partition.epoch.has_value() && steady_clock::now() < partition.held_until;
}

bool Relay::HoldsAny() const {
  return std::any_of(partitions_.begin(), partitions_.end(), [this](const Partition& p) { return Holds(p); });
}

absl::Status Relay::RenewLeases() {
  if (steady_clock::now() < leases_due_) return absl::OkStatus();
  absl::Status result;
  for (std::size_t number = 0; number < partitions_.size(); ++number) {
    result.Update(RenewLease(static_cast<int>(number), partitions_[number]));
  }
  RETURN_IF_ERROR(result);
  leases_due_ = steady_clock::now() + options_.lease / 2;
  return absl::OkStatus();
}

absl::Status Relay::RenewLease(int number, Partition& partition) {
  // Counted from before the question, so that it never lasts longer here than in the database.
  const Instant asked = steady_clock::now();
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(options_.lease).count();
  ASSIGN_OR_RETURN(const auto epoch, ledger_.maintenance().Lease("relay:" + PartitionName(number), options_.holder,
                                                                 lease_clock_->Now(), duration));
  if (!epoch || epoch != partition.epoch) {
    partition = Partition();
    survey_due_ = {};
  }
  partition.epoch = epoch;
  partition.held_until = asked + options_.lease;
  return absl::OkStatus();
}

absl::StatusOr<Relay::Survey> Relay::ReadSurvey() {
  std::vector<std::string> keys = {MarksKey(source_), RelayKey(source_), FollowersKey(source_)};
  for (std::size_t i = 0; i < partitions_.size(); ++i) keys.push_back(StreamKey(source_, static_cast<int>(i)));
  ASSIGN_OR_RETURN(const Reply reply, redis_.Call(Eval(kSurvey, keys, {})));
  if (reply.items.size() != 4 || reply.items[3].items.size() != partitions_.size()) {
    return absl::InternalError("redis: unexpected answer to the survey");
  }
  Survey survey;
  ForEachField(reply.items[0], [&survey](const std::string& field, const std::string& value) {
    if (const auto position = ParseNumber(value)) survey.marks[field] = *position;
  });
  ForEachField(reply.items[1], [&survey](const std::string& field, const std::string& value) {
    if (const auto position = ParseNumber(value)) survey.floors[field] = *position;
  });
  const std::int64_t now = lease_clock_->Now() / clock::kMillisecond;
  ForEachField(reply.items[2], [&survey, now](const std::string& field, const std::string& value) {
    const std::size_t colon = value.find(':');
    const std::size_t name_end = field.rfind(":p");
    if (colon == std::string::npos || name_end == std::string::npos) return;
    const auto position = ParseNumber(std::string_view(value).substr(0, colon));
    const auto said = ParseNumber(std::string_view(value).substr(colon + 1));
    const auto number = ParseNumber(std::string_view(field).substr(name_end + 2));
    if (!position || !said || !number || now - *said > kFollowerMilliseconds) return;
    const auto [at, added] = survey.followers.try_emplace(static_cast<int>(*number), *position);
    if (!added) at->second = std::min(at->second, *position);
  });
  for (const Reply& stream : reply.items[3].items) {
    if (stream.items.size() != 3) return absl::InternalError("redis: unexpected answer to the survey");
    survey.streams.push_back({stream.items[0].text, stream.items[1].text, stream.items[2].integer});
  }
  return survey;
}

std::int64_t Relay::LowOf(const Survey& survey, int number, std::int64_t end, bool& all_announced) const {
  const std::string suffix = ":" + PartitionName(number);
  std::int64_t low = consumers_.empty() ? end : std::numeric_limits<std::int64_t>::max();
  all_announced = true;
  for (const std::string& consumer : consumers_) {
    const auto mark = survey.marks.find(consumer + suffix);
    if (mark == survey.marks.end()) all_announced = false;
    // One that said nothing yet stands at least where it was when the database was told last.
    low =
        std::min(low, mark == survey.marks.end() ? partitions_[static_cast<std::size_t>(number)].passed : mark->second);
  }
  return low;
}

absl::Status Relay::SurveyStreams() {
  ASSIGN_OR_RETURN(const Survey survey, ReadSurvey());
  // After the survey: what is in a stream was in the outbox before.
  ASSIGN_OR_RETURN(const auto ends, OutboxEnds());
  ASSIGN_OR_RETURN(auto passed, ledger_.maintenance().PassedOutbox());
  passed.resize(partitions_.size());
  int ahead = 0;
  std::vector<Arguments> trims;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    if (!Holds(partition)) continue;
    const int number = static_cast<int>(i);
    const std::string name = PartitionName(number);
    partition.passed = passed[i];
    bool all_announced = true;
    partition.low = LowOf(survey, number, ends[i], all_announced);
    const auto floor = survey.floors.find(name + ":floor");
    const StreamBounds bounds = {partition.low, floor == survey.floors.end() ? 0 : floor->second, ends[i]};
    partition.plan = PlanStream(survey.streams[i], bounds);
    partition.last_id = survey.streams[i].last_id;
    if (partition.plan->ahead) {
      ++ahead;
      log::Log(log::Level::kError, "consumers have passed more than this database has sent: was it restored?",
               {{"stream", source_}, {"partition", name}});
      continue;
    }
    if (!all_announced || partition.plan->reset) continue;
    const auto follower = survey.followers.find(number);
    const std::int64_t trim =
        follower == survey.followers.end() ? partition.low : std::min(partition.low, follower->second);
    const auto first = PositionOf(survey.streams[i].first_id);
    if (first && *first <= trim) {
      // Exactly, not `~`: a transient payload must be gone.
      trims.push_back({"XTRIM", StreamKey(source_, number), "MINID", "=", EntryId(trim + 1)});
    }
    Pass(number, partition);
  }
  metrics_.ahead.Set(ahead);
  UpdateGauges(ends);
  if (trims.empty()) return absl::OkStatus();
  return redis_.Pipeline(trims).status();
}

absl::StatusOr<std::vector<std::int64_t>> Relay::OutboxEnds() {
  ASSIGN_OR_RETURN(std::vector<std::int64_t> ends, ledger_.reader().OutboxEnds());
  if (ends.size() > partitions_.size()) {
    return absl::FailedPreconditionError("the outbox has more partitions than the relay");
  }
  ends.resize(partitions_.size());
  return ends;
}

void Relay::Pass(int number, Partition& partition) {
  const Instant now = steady_clock::now();
  const bool moved = partition.low > partition.passed && now >= partition.pass_due;
  if (partition.low == 0 || (!moved && now < partition.expiry_due)) return;
  partition.pass_due = now + options_.pass;
  const absl::Status passed = ledger_.maintenance().PassOutbox(number, partition.low, clock_->Now() - options_.keep);
  if (!passed.ok()) {
    // Rows that stay for now do not keep others from being sent.
    partition.expiry_due = now + options_.pass;
    log::Log(log::Level::kWarning, "passed messages stay in the outbox",
             {{"stream", source_}, {"partition", PartitionName(number)}, {"error", std::string(passed.message())}});
    return;
  }
  partition.passed = partition.low;
  partition.expiry_due = now + kExpiryInterval;
}

void Relay::UpdateGauges(const std::vector<std::int64_t>& ends) {
  std::int64_t unpublished = 0;
  double oldest = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    if (!Holds(partition) || !partition.plan || partition.plan->next > ends[i]) continue;
    unpublished += ends[i] - partition.plan->next + 1;
    const auto rows = ledger_.reader().Outbox(static_cast<int>(i), partition.plan->next - 1, 1);
    if (!rows.ok() || rows->empty()) continue;
    oldest = std::max(oldest, static_cast<double>(clock_->Now() - rows->front().time) / clock::kSecond);
  }
  metrics_.unpublished.Set(static_cast<double>(unpublished));
  metrics_.oldest_age_seconds.Set(oldest);
}

absl::StatusOr<bool> Relay::Publish() {
  ASSIGN_OR_RETURN(const auto ends, OutboxEnds());
  std::vector<Arguments> commands;
  std::vector<Batch> batches;
  bool more = false;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    if (!Holds(partition) || !partition.plan || partition.plan->ahead) continue;
    Batch batch;
    ASSIGN_OR_RETURN(auto command, Prepare(static_cast<int>(i), partition, ends[i], batch));
    if (!command) continue;
    more = more || batch.last < ends[i];
    commands.push_back(*std::move(command));
    batches.push_back(batch);
  }
  if (commands.empty()) return false;
  ASSIGN_OR_RETURN(const std::vector<Reply> replies, redis_.Pipeline(commands));
  absl::Status result;
  for (std::size_t i = 0; i < replies.size(); ++i) result.Update(Settle(batches[i], replies[i]));
  RETURN_IF_ERROR(result);
  return more || survey_due_ == Instant{};
}

absl::StatusOr<std::optional<Arguments>> Relay::Prepare(int number, Partition& partition, std::int64_t end,
                                                        Batch& batch) {
  const StreamPlan plan = *partition.plan;
  if (plan.next > end && !plan.reset) return std::nullopt;
  std::vector<ledger::OutboxRow> rows;
  std::int64_t floor = 0;
  if (plan.next <= end) {
    ASSIGN_OR_RETURN(rows, ledger_.reader().Outbox(number, plan.next - 1, options_.batch));
    // What a consumer still wants, or a new one has never seen, is older than what is kept.
    const std::int64_t first = rows.empty() ? end + 1 : rows.front().position;
    if (first > plan.next) floor = first - 1;
  }
  batch = {.partition = number, .last = std::max(plan.next - 1, floor), .count = 0};
  std::vector<std::string> arguments = {PartitionName(number),
                                        std::to_string(*partition.epoch),
                                        partition.last_id,
                                        plan.reset ? "1" : "0",
                                        partition.force ? "1" : "0",
                                        std::to_string(floor),
                                        std::to_string(partitions_.size())};
  std::size_t bytes = 0;
  for (const ledger::OutboxRow& row : rows) {
    if (bytes > options_.batch_bytes) break;
    arguments.push_back(EntryId(row.position));
    arguments.push_back(EnvelopeOf(row, source_));
    bytes += arguments.back().size();
    batch.last = row.position;
    ++batch.count;
  }
  return Eval(kPublish, {StreamKey(source_, number), RelayKey(source_)}, std::move(arguments));
}

absl::Status Relay::Settle(const Batch& batch, const Reply& reply) {
  Partition& partition = partitions_[static_cast<std::size_t>(batch.partition)];
  RETURN_IF_ERROR(reply.status());
  const std::string outcome = reply.items.empty() ? "" : reply.items.front().text;
  if (outcome == "OK") {
    if (partition.plan->reset) {
      metrics_.republished.Increment();
      log::Log(log::Level::kWarning, "a stream was not whole and is published again",
               {{"stream", source_},
                {"partition", PartitionName(batch.partition)},
                {"from", std::to_string(partition.plan->next)}});
    }
    if (batch.count > 0) partition.last_id = EntryId(batch.last);
    if (batch.count == 0 && partition.plan->reset) partition.last_id = "0-0";
    partition.plan = StreamPlan{.reset = false, .next = batch.last + 1, .ahead = false};
    partition.force = false;
    metrics_.published.Increment(static_cast<double>(batch.count));
    return absl::OkStatus();
  }
  survey_due_ = {};
  partition.plan.reset();
  if (outcome != "STALE") return absl::OkStatus();
  metrics_.stale.Increment();
  // The database says who holds it. If this relay does, Redis knows an epoch of a database that is no more.
  const auto epoch = partition.epoch;
  RETURN_IF_ERROR(RenewLease(batch.partition, partition));
  partition.force = partition.epoch.has_value() && partition.epoch == epoch;
  return absl::OkStatus();
}

}  // namespace jinqi::queue
