// Identifiers: of records, of orders as people see them, and secrets that open something.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/clock/clock.h"

namespace jinqi::ids {

using clock::Micros;

// A UUID of version 7 (RFC 9562): milliseconds, then 12 bits of the fraction of the millisecond, then 62 bits of
// `random`. Sorts by time.
std::string NewUuid7(Micros now, std::uint64_t random);

bool IsUuid(std::string_view text);

// The number of an order that the enterprise is told: TJ, the day in Shanghai, 10 characters of `random` (its lowest 50
// bits) and a check character that catches every single wrong character and every swapped pair: 21 characters without
// I, L, O and U after TJ.
std::string OrderNo(Micros now, std::uint64_t random);
bool IsOrderNo(std::string_view text);

// Gives out identifiers. Thread-safe.
class Ids {
 public:
  // From the system's random source and clock.
  Ids();
  // The same sequence for the same seed; for tests only, as its tokens can be guessed.
  explicit Ids(std::uint64_t seed);
  ~Ids();

  std::string Uuid();
  std::uint64_t Seed();
  // 128 random bits in base64url, 22 characters: may be handed out as the only key to something.
  std::string Token();

 private:
  class Source;
  class SystemSource;
  class SeededSource;
  std::unique_ptr<Source> source_;
};

}  // namespace jinqi::ids
