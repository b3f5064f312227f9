#include "common/queue/announce.h"

#include "common/queue/names.h"
#include "jinqi/events/v1/envelope.pb.h"

namespace jinqi::queue {
namespace {

// KEYS: marks or followers, relay, members, streams. ARGV: kind, holder, now, lifetime; of each stream its field, name
// and position.
constexpr std::string_view kAnnounce = R"lua(#!lua flags=allow-oom
local members = 1
if ARGV[1] == 'consumer' then
  redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
  local seen = redis.call('HGETALL', KEYS[3])
  members = 0
  for i = 1, #seen, 2 do
    if tonumber(ARGV[3]) - tonumber(seen[i + 1]) > tonumber(ARGV[4]) then
      redis.call('HDEL', KEYS[3], seen[i])
    else
      members = members + 1
    end
  end
end
local streams = {}
for k = 4, #KEYS do
  local at = 5 + (k - 4) * 3
  local field, name, position = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if ARGV[1] == 'consumer' then
    redis.call('HSET', KEYS[1], field, position)
  else
    redis.call('HSET', KEYS[1], field, position .. ':' .. ARGV[3])
  end
  local last, id, envelope = '0-0', '', ''
  local info = redis.pcall('XINFO', 'STREAM', KEYS[k])
  if not info.err then
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = info[i + 1] end
    end
    local entries = redis.call('XRANGE', KEYS[k], '(' .. position .. '-0', '+', 'COUNT', 1)
    if entries[1] then
      id = entries[1][1]
      envelope = entries[1][2][2]
    end
  end
  streams[#streams + 1] = {last, id, envelope, redis.call('HGET', KEYS[2], name .. ':floor') or '0'}
end
return {members, redis.call('HGET', KEYS[2], 'partitions') or '0', streams}
)lua";

StreamView ParseStream(const Reply& reply) {
  StreamView view;
  view.last = PositionOf(reply.items[0].text).value_or(0);
  view.next = PositionOf(reply.items[1].text).value_or(0);
  view.floor = ParseNumber(reply.items[3].text).value_or(0);
  events::v1::Envelope envelope;
  if (view.next > 0 && envelope.ParseFromString(reply.items[2].text))
    view.next_time = clock::FromProto(envelope.time());
  return view;
}

}  // namespace

Arguments AnnounceCommand(const Announcement& announcement) {
  const bool consumer = announcement.kind == ReaderKind::kConsumer;
  std::vector<std::string> keys = {consumer ? MarksKey(announcement.source) : FollowersKey(announcement.source),
                                   RelayKey(announcement.source), MembersKey(announcement.source, announcement.name)};
  std::vector<std::string> arguments = {consumer ? "consumer" : "follower", announcement.holder,
                                        std::to_string(announcement.now_milliseconds),
                                        std::to_string(announcement.member_milliseconds)};
  for (const auto& [partition, position] : announcement.positions) {
    const std::string name = PartitionName(partition);
    keys.push_back(StreamKey(announcement.source, partition));
    arguments.push_back(announcement.name + ":" + name);
    arguments.push_back(name);
    arguments.push_back(std::to_string(position));
  }
  return Eval(kAnnounce, keys, std::move(arguments));
}

absl::StatusOr<Announced> ParseAnnounced(const Announcement& announcement, const Reply& reply) {
  if (absl::Status status = reply.status(); !status.ok()) return status;
  if (reply.items.size() != 3 || reply.items[2].items.size() != announcement.positions.size()) {
    return absl::InternalError("redis: unexpected answer to an announcement");
  }
  Announced announced;
  announced.members = static_cast<int>(reply.items[0].integer);
  announced.partitions = static_cast<int>(ParseNumber(reply.items[1].text).value_or(0));
  std::size_t i = 0;
  for (const auto& [partition, position] : announcement.positions) {
    const Reply& stream = reply.items[2].items[i++];
    if (stream.items.size() != 4) return absl::InternalError("redis: unexpected answer to an announcement");
    announced.streams[partition] = ParseStream(stream);
  }
  return announced;
}

Arguments LeaveCommand(const std::string& source, const std::string& name, const std::string& holder) {
  return {"HDEL", MembersKey(source, name), holder};
}

}  // namespace jinqi::queue
