// How both databases keep what is not a plain column, and how the outbox is divided.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

// The `timers` column: empty without timers; the same bytes for the same timers.
std::string EncodeTimers(const std::vector<Timer>& timers);
absl::StatusOr<std::vector<Timer>> DecodeTimers(std::string_view bytes);

// The `due` column.
std::optional<Micros> EarliestDue(const std::vector<Timer>& timers);

// The outbox partition of a key: the same for ever (FNV-1a over tenant and key).
int PartitionOf(std::string_view tenant, std::string_view key, int partitions);

// Appends a number in eight bytes, and a text with its length before it.
void AppendNumber(std::string& to, std::int64_t number);
void AppendText(std::string& to, std::string_view text);

}  // namespace jinqi::ledger
