// What readers of a stream tell Redis and learn from it, in one exchange.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/queue/redis.h"

namespace jinqi::queue {

// How readers speak up: consumers by marks that relays keep messages for, followers by positions that relays trim
// behind while they live.
enum class ReaderKind { kConsumer, kFollower };

struct Announcement {
  ReaderKind kind = ReaderKind::kConsumer;
  std::string source;
  // The name of the consumer; of a follower, unique among replicas.
  std::string name;
  // The replica; only of a consumer.
  std::string holder;
  // Now, and after how long a silent replica counts as gone.
  std::int64_t now_milliseconds = 0;
  std::int64_t member_milliseconds = 30'000;
  // Partition to position.
  std::map<int, std::int64_t> positions;
};

// What is known of a partition besides the reader's own position.
struct StreamView {
  // The stream's last position; 0 without a stream.
  std::int64_t last = 0;
  // Of the first entry after the reader's position: its own position, and when it happened; 0 without one.
  std::int64_t next = 0;
  clock::Micros next_time = 0;
  // The last position that exists nowhere any more.
  std::int64_t floor = 0;
};

struct Announced {
  // Replicas of the consumer that live, this one included.
  int members = 1;
  // How many partitions the source has; 0: no relay has written yet.
  int partitions = 0;
  std::map<int, StreamView> streams;
};

// The script call. It is allowed when Redis has no memory left: else marks could not move, nothing could be trimmed
// and no memory would ever become free.
Arguments AnnounceCommand(const Announcement& announcement);
absl::StatusOr<Announced> ParseAnnounced(const Announcement& announcement, const Reply& reply);

// Takes a replica off the list, so that the others share its partitions out at once.
Arguments LeaveCommand(const std::string& source, const std::string& name, const std::string& holder);

}  // namespace jinqi::queue
