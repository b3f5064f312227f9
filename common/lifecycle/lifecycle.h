// The lawful moves of an order (C3) in one table, which every service reads.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "jinqi/events/v1/state.pb.h"

namespace jinqi::lifecycle {

using events::v1::OrderState;

// The service that holds the record at a move and alone may make it.
enum class Custodian : std::uint8_t { kIntake = 1, kRouting = 2 };

class Custodians {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): one custodian is a set of one.
  constexpr Custodians(Custodian one) : bits_(static_cast<std::uint8_t>(one)) {}
  static constexpr Custodians Both() {
    Custodians both(Custodian::kIntake);
    both.bits_ |= static_cast<std::uint8_t>(Custodian::kRouting);
    return both;
  }
  constexpr bool Has(Custodian one) const { return (bits_ & static_cast<std::uint8_t>(one)) != 0; }

 private:
  std::uint8_t bits_;
};

struct Move {
  OrderState from;
  OrderState to;
  // Both where the record may have ended with either: the archive of what was merged or withdrawn.
  Custodians custodians;
};

inline constexpr int kStates = 19;
inline constexpr int kMoves = 43;

// Every lawful move, once.
const std::array<Move, kMoves>& Moves();

bool IsLawful(OrderState from, OrderState to);

// OK, or ILLEGAL_MOVE with the metadata from and to (names as Name gives them).
absl::Status CheckMove(OrderState from, OrderState to);
// Also ILLEGAL_MOVE where the move is not this custodian's.
absl::Status CheckMove(OrderState from, OrderState to, Custodian by);

// No move leads out: ARCHIVED.
bool IsFinal(OrderState state);

// Work on it is owed: until FED_BACK, and again in REWORK. Repeats are merged into such an order (INT-09) and a new
// calendar moves its dates (RTE-16).
bool IsOpen(OrderState state);

// The clock of due_time runs: until FED_BACK. In REWORK it does not, there rework_due_time holds.
bool DueClockRuns(OrderState state);

// Without prefix: HANDLING. Empty for a number that is no state.
std::string_view Name(OrderState state);
// 办理中 for HANDLING. Empty for a number that is no state.
std::string_view Zh(OrderState state);

}  // namespace jinqi::lifecycle
