#include "common/ledger/codec.h"

#include <algorithm>
#include <cstring>

namespace jinqi::ledger {
namespace {

constexpr std::uint64_t kFnvOffset = 14695981039346656037ULL;
constexpr std::uint64_t kFnvPrime = 1099511628211ULL;
constexpr std::size_t kNumberSize = 8;

std::uint64_t Fnv(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return hash;
}

std::optional<std::int64_t> TakeNumber(std::string_view& from) {
  if (from.size() < kNumberSize) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = kNumberSize; i-- > 0;) number = number << 8 | static_cast<unsigned char>(from[i]);
  from.remove_prefix(kNumberSize);
  return static_cast<std::int64_t>(number);
}

}  // namespace

void AppendNumber(std::string& to, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  char bytes[kNumberSize];
  for (std::size_t i = 0; i < kNumberSize; ++i) bytes[i] = static_cast<char>(bits >> (8 * i) & 0xff);
  to.append(bytes, kNumberSize);
}

void AppendText(std::string& to, std::string_view text) {
  AppendNumber(to, static_cast<std::int64_t>(text.size()));
  to.append(text);
}

std::string EncodeTimers(const std::vector<Timer>& timers) {
  std::string bytes;
  for (const Timer& timer : timers) {
    AppendNumber(bytes, timer.due);
    AppendText(bytes, timer.name);
  }
  return bytes;
}

absl::StatusOr<std::vector<Timer>> DecodeTimers(std::string_view bytes) {
  std::vector<Timer> timers;
  while (!bytes.empty()) {
    const auto due = TakeNumber(bytes);
    const auto size = TakeNumber(bytes);
    if (!due.has_value() || !size.has_value() || *size < 0 || static_cast<std::size_t>(*size) > bytes.size()) {
      return absl::DataLossError("timers of a record cannot be read");
    }
    timers.push_back({std::string(bytes.substr(0, static_cast<std::size_t>(*size))), *due});
    bytes.remove_prefix(static_cast<std::size_t>(*size));
  }
  return timers;
}

std::optional<Micros> EarliestDue(const std::vector<Timer>& timers) {
  if (timers.empty()) return std::nullopt;
  return std::min_element(timers.begin(), timers.end(), [](const Timer& a, const Timer& b) { return a.due < b.due; })
      ->due;
}

int PartitionOf(std::string_view tenant, std::string_view key, int partitions) {
  const std::uint64_t hash = Fnv(Fnv(Fnv(kFnvOffset, tenant), "|"), key);
  return static_cast<int>(hash % static_cast<std::uint64_t>(std::max(partitions, 1)));
}

}  // namespace jinqi::ledger
