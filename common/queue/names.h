// The names of what the queue keeps in Redis. The braces put all keys of one source on one node of a cluster.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jinqi::queue {

// `p07`.
std::string PartitionName(int partition);

// `jinqi:{routing}:p07`: the stream of a partition.
std::string StreamKey(std::string_view source, int partition);

// Hash: `<consumer>:p07` to the position that the consumer has committed.
std::string MarksKey(std::string_view source);

// Hash: `p07:epoch` of the relay that wrote last; `p07:floor`, the last position that exists nowhere any more;
// `partitions`, how many there are.
std::string RelayKey(std::string_view source);

// Hash: `<follower>:p07` to `position:milliseconds` of those that read without a mark (projections).
std::string FollowersKey(std::string_view source);

// Hash: replica of a consumer to the milliseconds when it last said that it lives.
std::string MembersKey(std::string_view source, std::string_view consumer);

// `17-0`.
std::string EntryId(std::int64_t position);
// nullopt for an id that no relay wrote.
std::optional<std::int64_t> PositionOf(std::string_view entry_id);

// Decimal digits of a number that is not negative.
std::optional<std::int64_t> ParseNumber(std::string_view text);

}  // namespace jinqi::queue
