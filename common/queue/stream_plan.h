// What a relay does about the stream of a partition: pure, from what it found there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace jinqi::queue {

// A stream as XINFO shows it.
struct StreamState {
  // The id that was generated last, as it stands there; 0-0 where there is no stream.
  std::string last_id = "0-0";
  // The id of the first entry; empty where there is none.
  std::string first_id;
  std::int64_t length = 0;
};

// Positions of a partition that bound what its stream has to hold.
struct StreamBounds {
  // Every consumer has passed it.
  std::int64_t low = 0;
  // The outbox has nothing up to here any more, and said so to the consumers.
  std::int64_t floor = 0;
  // The last one in the outbox.
  std::int64_t end = 0;
};

struct StreamPlan {
  // The stream has a hole, too little or something foreign: it is deleted first.
  bool reset = false;
  // What is published next.
  std::int64_t next = 1;
  // A consumer has passed more than was ever sent: the source's database is older than its consumers' (restored from a
  // copy). Nothing may be published until an operator has decided, as positions would be given twice.
  bool ahead = false;
  bool operator==(const StreamPlan&) const = default;
};

// A stream is whole when its entries go on without a gap from the lowest position that is still needed to its last id.
// As ids are positions, first id, last id and length tell that without reading an entry.
StreamPlan PlanStream(const StreamState& state, const StreamBounds& bounds);

}  // namespace jinqi::queue
