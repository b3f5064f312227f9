#include "common/queue/stream_plan.h"

#include <algorithm>

#include "common/queue/names.h"

namespace jinqi::queue {
namespace {

// The position that follows the stream's last one, when the stream is whole.
std::optional<std::int64_t> Continue(const StreamState& state, std::int64_t base, std::int64_t end) {
  const auto last = PositionOf(state.last_id);
  if (!last || *last > end) return std::nullopt;
  // Nothing in it: all that was in it has been passed.
  if (state.length == 0) return *last <= base ? std::optional(base + 1) : std::nullopt;
  const auto first = PositionOf(state.first_id);
  if (!first || *first > base + 1 || *last < base) return std::nullopt;
  if (state.length != *last - *first + 1) return std::nullopt;
  return *last + 1;
}

}  // namespace

StreamPlan PlanStream(const StreamState& state, const StreamBounds& bounds) {
  if (bounds.low > bounds.end) return {.reset = false, .next = bounds.low + 1, .ahead = true};
  const std::int64_t base = std::max(bounds.low, std::min(bounds.floor, bounds.end));
  if (const auto next = Continue(state, base, bounds.end)) return {.reset = false, .next = *next, .ahead = false};
  return {.reset = true, .next = base + 1, .ahead = false};
}

}  // namespace jinqi::queue
