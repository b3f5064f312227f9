// The rates of FBK-11 and FBK-08, exact to one decimal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"

namespace jinqi::feedback {

// numerator / denominator in percent with one decimal, half up, computed on integers; nullopt for a denominator of 0.
// Neither is negative.
std::optional<double> Percent(std::int64_t numerator, std::int64_t denominator);

// Whose rates they are: what was taken out of a body's score (FBK-08, FBK-09) still counts for the city.
enum class Excluded { kCounted, kLeftOut };

// Counts orders one by one; only those that are in the rates are to be given.
class Tally {
 public:
  explicit Tally(Excluded excluded = Excluded::kCounted) : leaves_out_(excluded == Excluded::kLeftOut) {}

  void Add(const v1::OrderScore& score);
  // `partly_percent`: what “partly solved” counts.
  v1::Rates ToRates(int partly_percent) const;

 private:
  std::int64_t orders_ = 0;
  std::int64_t contacted_ = 0;
  // With a due date that is final (RTE-15), and of those the ones in time.
  std::int64_t dated_ = 0;
  std::int64_t on_time_ = 0;
  std::int64_t answered_ = 0;
  std::int64_t solved_ = 0;
  std::int64_t partly_ = 0;
  std::int64_t satisfied_ = 0;
  bool leaves_out_ = false;
  std::int64_t excluded_ = 0;
  std::map<events::v1::ResultType, std::int64_t> results_;
};

// From the first instant of the first day up to, and not including, the first after the last day.
struct Period {
  clock::Micros begin = 0;
  clock::Micros end = 0;
};

// Dates as YYYY-MM-DD, both inclusive. Faults of both fields at once; PERIOD_INVERTED when the end is before the start.
absl::StatusOr<Period> ParsePeriod(std::string_view start_date, std::string_view end_date);

}  // namespace jinqi::feedback
