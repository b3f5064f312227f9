#include "services/feedback/rates.h"

#include "common/status/status.h"

namespace jinqi::feedback {
namespace {

// 基本满意 and better.
constexpr int kSatisfied = 3;
constexpr std::string_view kResultPrefix = "RESULT_TYPE_";

void Set(std::optional<double> rate, void (v1::Rates::*setter)(double), v1::Rates& rates) {
  if (rate.has_value()) (rates.*setter)(*rate);
}

}  // namespace

std::optional<double> Percent(std::int64_t numerator, std::int64_t denominator) {
  if (denominator == 0) return std::nullopt;
  const std::int64_t tenths = (2000 * numerator + denominator) / (2 * denominator);
  return static_cast<double>(tenths) / 10.0;
}

void Tally::Add(const v1::OrderScore& score) {
  ++orders_;
  if (score.contacted_in_time()) ++contacted_;
  if (!score.due_provisional()) ++dated_;
  if (!score.due_provisional() && score.on_time()) ++on_time_;
  if (score.result_type() != events::v1::RESULT_TYPE_UNSPECIFIED) ++results_[score.result_type()];
  if (!score.answered()) return;
  if (!score.excluded().empty()) ++excluded_;
  if (!score.excluded().empty() && leaves_out_) return;
  ++answered_;
  if (score.solved() == events::v1::SOLVED_YES) ++solved_;
  if (score.solved() == events::v1::SOLVED_PARTLY) ++partly_;
  if (score.satisfaction() >= kSatisfied) ++satisfied_;
}

v1::Rates Tally::ToRates(int partly_percent) const {
  v1::Rates rates;
  rates.set_orders(orders_);
  rates.set_answered(answered_);
  Set(Percent(contacted_, orders_), &v1::Rates::set_response_rate, rates);
  Set(Percent(on_time_, dated_), &v1::Rates::set_on_time_rate, rates);
  const std::int64_t left_out = leaves_out_ ? excluded_ : 0;
  rates.set_excluded(excluded_);
  Set(Percent(answered_, orders_ - left_out), &v1::Rates::set_coverage, rates);
  Set(Percent(100 * solved_ + partly_percent * partly_, 100 * answered_), &v1::Rates::set_solved_rate, rates);
  Set(Percent(satisfied_, answered_), &v1::Rates::set_satisfaction_rate, rates);
  for (const auto& [result, count] : results_) {
    (*rates.mutable_results())[events::v1::ResultType_Name(result).substr(kResultPrefix.size())] = count;
  }
  return rates;
}

absl::StatusOr<Period> ParsePeriod(std::string_view start_date, std::string_view end_date) {
  const auto start = clock::ParseDate(start_date);
  const auto end = clock::ParseDate(end_date);
  Faults faults;
  if (!start.ok()) faults.Add("start_date", config::v1::REASON_FORMAT);
  if (!end.ok()) faults.Add("end_date", config::v1::REASON_FORMAT);
  if (start.ok() && end.ok() && *end < *start) faults.Add("end_date", config::v1::REASON_PERIOD_INVERTED);
  RETURN_IF_ERROR(faults.ToStatus());
  return Period{clock::StartOfDay(*start), clock::StartOfDay(*end + 1)};
}

}  // namespace jinqi::feedback
