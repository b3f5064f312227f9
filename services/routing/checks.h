// What the calls on an order check alike: texts, times, ways of contact. Each adds its fault and goes on, so that all
// are told at once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "jinqi/events/v1/state.pb.h"

namespace jinqi::routing {

// Characters of a result (RTE-28), and of who talked.
inline constexpr std::size_t kMinResult = 10;
inline constexpr std::size_t kMaxResult = 4000;
inline constexpr std::size_t kMaxPerson = 50;

// REQUIRED for an empty text where `required`; TOO_LONG beyond `most` characters.
void CheckLength(std::string_view text, const char* field, std::size_t most, bool required, Faults& faults);

// FUTURE_TIME; TIME_TOO_EARLY. Callers cut the fraction of a second, and that is not backdating.
void CheckTime(clock::Micros time, clock::Micros earliest, clock::Micros now, const char* field, Faults& faults);

// `way`: PHONE, VISIT, ONLINE, MESSAGE; of an anonymous order also NOT_POSSIBLE_ANONYMOUS. REQUIRED, UNKNOWN_VALUE.
void CheckWay(const std::string& way, bool anonymous, Faults& faults);

// `basis`: REQUIRED, TOO_MANY, TOO_LONG.
void CheckBasis(const google::protobuf::RepeatedPtrField<std::string>& basis, Faults& faults);

// ILLEGAL_MOVE with both names.
absl::Status IllegalMove(events::v1::OrderState from, events::v1::OrderState to);

}  // namespace jinqi::routing
