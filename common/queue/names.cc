#include "common/queue/names.h"

#include <charconv>

namespace jinqi::queue {
namespace {

std::string Prefix(std::string_view source) { return "jinqi:{" + std::string(source) + "}:"; }

}  // namespace

std::string PartitionName(int partition) {
  std::string number = std::to_string(partition);
  if (number.size() < 2) number.insert(0, 1, '0');
  return "p" + number;
}

std::string StreamKey(std::string_view source, int partition) { return Prefix(source) + PartitionName(partition); }

std::string MarksKey(std::string_view source) { return Prefix(source) + "marks"; }

std::string RelayKey(std::string_view source) { return Prefix(source) + "relay"; }

std::string FollowersKey(std::string_view source) { return Prefix(source) + "followers"; }

std::string MembersKey(std::string_view source, std::string_view consumer) {
  return Prefix(source) + "members:" + std::string(consumer);
}

std::string EntryId(std::int64_t position) { return std::to_string(position) + "-0"; }

std::optional<std::int64_t> PositionOf(std::string_view entry_id) {
  if (!entry_id.ends_with("-0")) return std::nullopt;
  return ParseNumber(entry_id.substr(0, entry_id.size() - 2));
}

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace jinqi::queue
