#include "common/queue/projection.h"

#include <algorithm>
#include <utility>

#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/queue/names.h"
#include "common/status/status.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPauseMin{50};
constexpr milliseconds kPauseMax{2000};

}  // namespace

Follower::Follower(std::string source, const RedisAddress& redis, int partitions, Projection& projection,
                   FollowerOptions options)
    : source_(std::move(source)),
      partition_count_(partitions),
      projection_(projection),
      options_(std::move(options)),
      redis_(redis),
      positions_(static_cast<std::size_t>(partitions), 0),
      health_(absl::UnavailableError("not built yet")) {}

Follower::~Follower() { Stop(); }

void Follower::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Follower::Stop() {
  if (!thread_.joinable()) return;
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  redis_.Interrupt();
  thread_.join();
}

absl::Status Follower::health() const {
  const absl::MutexLock lock(&mutex_);
  return health_;
}

std::vector<std::int64_t> Follower::positions() const {
  const absl::MutexLock lock(&mutex_);
  return positions_;
}

bool Follower::WaitFor(int partition, std::int64_t position, milliseconds time) const {
  const absl::MutexLock lock(&mutex_);
  const auto seen = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return positions_[static_cast<std::size_t>(partition)] >= position;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&seen), absl::FromChrono(time));
}

bool Follower::Stopping() const {
  const absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Follower::Report(absl::Status status) {
  const absl::MutexLock lock(&mutex_);
  if (!status.ok() && health_.code() != status.code()) {
    log::Log(log::Level::kWarning, "a projection does not keep up",
             {{"stream", source_}, {"error", std::string(status.message())}});
  }
  health_ = std::move(status);
}

void Follower::Run() {
  while (!Stopping()) {
    absl::Status status = Round();
    if (Stopping()) return;
    const bool ok = status.ok();
    Report(std::move(status));
    if (ok) {
      pause_ = milliseconds(0);
      continue;
    }
    pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
    const absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), absl::FromChrono(pause_));
  }
}

absl::Status Follower::Rebuild() {
  ASSIGN_OR_RETURN(std::vector<std::int64_t> positions, projection_.Rebuild());
  if (static_cast<int>(positions.size()) != partition_count_) {
    return absl::FailedPreconditionError("the snapshot of " + source_ + " states other partitions");
  }
  const absl::MutexLock lock(&mutex_);
  positions_ = std::move(positions);
  built_ = true;
  return absl::OkStatus();
}

absl::Status Follower::Round() {
  if (!built_) RETURN_IF_ERROR(Rebuild());
  const std::vector<std::int64_t> before = positions();
  Announcement announcement;
  announcement.kind = ReaderKind::kFollower;
  announcement.source = source_;
  announcement.name = options_.name;
  announcement.now_milliseconds = clock::SystemClock().Now() / clock::kMillisecond;
  Arguments read = {"XREAD",  "COUNT", std::to_string(options_.count), "BLOCK", std::to_string(options_.block.count()),
                    "STREAMS"};
  for (int number = 0; number < partition_count_; ++number) read.push_back(StreamKey(source_, number));
  for (int number = 0; number < partition_count_; ++number) {
    announcement.positions[number] = before[static_cast<std::size_t>(number)];
    read.push_back(EntryId(before[static_cast<std::size_t>(number)]));
  }
  ASSIGN_OR_RETURN(const std::vector<Reply> replies,
                   redis_.Pipeline({AnnounceCommand(announcement), std::move(read)}, options_.block));
  ASSIGN_OR_RETURN(const Announced announced, ParseAnnounced(announcement, replies.front()));
  bool whole = true;
  for (const auto& [number, view] : announced.streams) {
    const std::int64_t at = before[static_cast<std::size_t>(number)];
    // Trimmed away before they were read here.
    if (view.next == 0 ? view.last > at : view.next > at + 1) whole = false;
  }
  RETURN_IF_ERROR(replies.back().status());
  for (const Reply& stream : replies.back().items) {
    if (stream.items.size() != 2) return absl::InternalError("redis: unexpected answer to XREAD");
    for (int number = 0; whole && number < partition_count_; ++number) {
      if (stream.items[0].text == StreamKey(source_, number)) whole = Take(number, stream.items[1]);
    }
  }
  if (whole) return absl::OkStatus();
  built_ = false;
  return absl::OutOfRangeError("messages are gone from the stream of " + source_ + ": rebuilding");
}

bool Follower::Take(int number, const Reply& entries) {
  for (const Reply& entry : entries.items) {
    const std::int64_t expected = positions()[static_cast<std::size_t>(number)] + 1;
    const auto position = entry.items.empty() ? std::nullopt : PositionOf(entry.items[0].text);
    Envelope envelope;
    const bool readable = entry.items.size() == 2 && entry.items[1].items.size() == 2 &&
                          envelope.ParseFromString(entry.items[1].items[1].text);
    if (position != expected || !readable) return false;
    projection_.Apply(envelope);
    const absl::MutexLock lock(&mutex_);
    positions_[static_cast<std::size_t>(number)] = expected;
  }
  return true;
}

}  // namespace jinqi::queue
