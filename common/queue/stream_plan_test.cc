#include "common/queue/stream_plan.h"

#include <string>

#include <catch2/catch.hpp>

namespace jinqi::queue {
namespace {

struct Row {
  std::string what;
  StreamState state;
  StreamBounds bounds;
  StreamPlan plan;
};

StreamState Entries(std::int64_t first, std::int64_t last) {
  return {std::to_string(last) + "-0", std::to_string(first) + "-0", last - first + 1};
}

StreamState Empty(std::int64_t last) { return {std::to_string(last) + "-0", "", 0}; }

constexpr StreamPlan Go(std::int64_t next) { return {.reset = false, .next = next, .ahead = false}; }
constexpr StreamPlan Again(std::int64_t next) { return {.reset = true, .next = next, .ahead = false}; }

TEST_CASE("a relay finds out where to go on", "[QUEUE]") {
  const Row row = GENERATE(values<Row>({
      {"nothing was ever sent", Empty(0), {0, 0, 0}, Go(1)},
      {"first messages", Empty(0), {0, 0, 5}, Go(1)},
      {"whole, all published", Entries(1, 5), {0, 0, 5}, Go(6)},
      {"whole, some to publish", Entries(1, 5), {2, 0, 9}, Go(6)},
      {"trimmed to the mark", Entries(4, 5), {3, 0, 5}, Go(6)},
      {"trimmed beyond the mark", Entries(5, 6), {3, 0, 6}, Again(4)},
      {"trimmed empty, all passed", Empty(5), {5, 0, 5}, Go(6)},
      {"trimmed empty, not all passed", Empty(5), {4, 0, 5}, Again(5)},
      {"gone, all passed", Empty(0), {5, 0, 5}, Go(6)},
      {"gone, some not passed", Empty(0), {3, 0, 5}, Go(4)},
      {"a hole", {"5-0", "1-0", 4}, {0, 0, 5}, Again(1)},
      {"lost its tail, which is passed", Entries(1, 3), {4, 0, 5}, Again(5)},
      {"lost its tail up to the mark", Entries(1, 4), {4, 0, 5}, Go(5)},
      {"lost its tail, which is not passed", Entries(1, 3), {2, 0, 5}, Go(4)},
      {"lost its tail, empty now", Empty(3), {4, 0, 5}, Go(5)},
      {"foreign entries", {"1700000000000-3", "1-0", 6}, {2, 0, 5}, Again(3)},
      {"no stream under the key", {"unreadable", "", 0}, {2, 0, 5}, Again(3)},
      {"more than was sent", Entries(1, 6), {2, 0, 5}, Again(3)},
      {"empty, but of more than was sent", Empty(6), {5, 0, 5}, Again(6)},
      {"consumers passed more than was sent", Entries(1, 5), {6, 0, 5}, {false, 7, true}},
      {"a new consumer below what still exists", Entries(8, 9), {0, 7, 9}, Go(10)},
      {"the same with nothing left", Empty(9), {0, 9, 9}, Go(10)},
      {"the same, wiped", Empty(0), {0, 7, 9}, Go(8)},
      {"a floor of another time", Empty(0), {0, 20, 5}, Go(6)},
  }));
  INFO(row.what);
  const StreamPlan plan = PlanStream(row.state, row.bounds);
  CHECK(plan.reset == row.plan.reset);
  CHECK(plan.next == row.plan.next);
  CHECK(plan.ahead == row.plan.ahead);
}

}  // namespace
}  // namespace jinqi::queue
