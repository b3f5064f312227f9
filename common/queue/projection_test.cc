#include "common/queue/projection.h"

#include <algorithm>
#include <map>
#include <string>

#include "common/queue/names.h"
#include "common/queue/queue_fixture.h"

namespace jinqi::queue {
namespace {

using std::chrono::milliseconds;
using testing::Must;
using testing::WaitFor;

// Counts the messages of each key. Its snapshot is the owner's records, which know how many they sent.
class CountView final : public Projection {
 public:
  explicit CountView(NoteBook& owner) : owner_(owner) {}

  absl::StatusOr<std::vector<std::int64_t>> Rebuild() override {
    const std::vector<std::int64_t> positions = owner_.Ends();
    ledger::Query query;
    query.kind = "note";
    query.limit = 100;
    ASSIGN_OR_RETURN(const ledger::Rows rows, owner_.ledger().reader().List(kTenant, query));
    const absl::MutexLock lock(&mutex_);
    ++rebuilds_;
    counts_.clear();
    for (const ledger::Record& record : rows.records) counts_[record.key.id] = record.sent;
    return positions;
  }

  void Apply(const Envelope& envelope) override {
    const absl::MutexLock lock(&mutex_);
    std::int64_t& count = counts_[envelope.key()];
    if (envelope.key_sequence() > count + 1) ++holes_;
    count = std::max(count, envelope.key_sequence());
  }

  std::int64_t Total() const {
    const absl::MutexLock lock(&mutex_);
    std::int64_t total = 0;
    for (const auto& [key, count] : counts_) total += count;
    return total;
  }
  int rebuilds() const {
    const absl::MutexLock lock(&mutex_);
    return rebuilds_;
  }
  int holes() const {
    const absl::MutexLock lock(&mutex_);
    return holes_;
  }

 private:
  NoteBook& owner_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::int64_t> counts_ ABSL_GUARDED_BY(mutex_);
  int rebuilds_ ABSL_GUARDED_BY(mutex_) = 0;
  int holes_ ABSL_GUARDED_BY(mutex_) = 0;
};

FollowerOptions Named(const std::string& name) { return {.name = name, .block = milliseconds(100)}; }

TEST_CASE("a projection is built from the snapshot and follows", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  pair.source.Say(500, 10);
  CountView view(pair.source);
  Follower follower("source", AddressOf(pair.server), kPartitions, view, Named("replica-1"));
  CHECK(absl::IsUnavailable(follower.health()));
  follower.Start();
  REQUIRE(WaitFor([&] { return follower.health().ok(); }));
  const int rebuilds = view.rebuilds();
  pair.source.Say(500, 10);
  const auto ends = pair.source.Ends();
  for (int partition = 0; partition < kPartitions; ++partition) {
    CHECK(follower.WaitFor(partition, ends[static_cast<std::size_t>(partition)], milliseconds(10'000)));
    CHECK_FALSE(follower.WaitFor(partition, ends[static_cast<std::size_t>(partition)] + 1, milliseconds(1)));
  }
  CHECK(follower.positions() == ends);
  CHECK(view.Total() == 1000);
  // While it lives, nothing is trimmed before it has read it.
  CHECK(view.rebuilds() == rebuilds);
  CHECK(view.holes() == 0);
}

TEST_CASE("a projection that missed messages rebuilds", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto consumer = pair.NewConsumer();
  CountView view(pair.source);
  Follower follower("source", AddressOf(pair.server), kPartitions, view, Named("replica-1"));
  follower.Start();
  REQUIRE(WaitFor([&] { return follower.health().ok(); }));
  SECTION("Redis was wiped") {
    pair.server.Kill9();
    pair.server.WipeData();
    pair.source.Say(500, 10);
    pair.server.Start();
  }
  SECTION("the stream was trimmed") {
    pair.source.Say(500, 10);
    for (int partition = 0; partition < kPartitions; ++partition) {
      Must(pair.redis.Call({"XTRIM", StreamKey("source", partition), "MAXLEN", "0"}));
    }
  }
  REQUIRE(WaitFor([&] { return view.Total() == 500 && follower.health().ok(); }));
  pair.source.Say(500, 10);
  REQUIRE(WaitFor([&] { return view.Total() == 1000; }));
  CHECK(view.holes() == 0);
}

}  // namespace
}  // namespace jinqi::queue
