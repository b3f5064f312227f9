#include "common/outbound/retry.h"

#include <cmath>

#include "absl/strings/str_cat.h"

namespace jinqi::outbound {
namespace {

using events::v1::Delivery;
using events::v1::DeliveryAttempt;

constexpr int kMostRetries = 20;
constexpr int kLongestPauseSeconds = 24 * 3600;
constexpr int kHighestFactor = 10;
constexpr int kMostHours = 24 * 30;
// Of the pause; more would mix up the order of retries.
constexpr double kJitter = 0.2;

DeliveryAttempt::Outcome ToProto(Outcome outcome) {
  switch (outcome) {
    case Outcome::kDelivered: return DeliveryAttempt::OUTCOME_DELIVERED;
    case Outcome::kRefused: return DeliveryAttempt::OUTCOME_REFUSED;
    default: return DeliveryAttempt::OUTCOME_RETRY;
  }
}

clock::Micros Pause(int tries, double jitter, const config::v1::OutboundRetry& retry) {
  const double seconds =
      retry.first_pause_seconds() * std::pow(retry.pause_factor(), tries - 1) * (1 + kJitter * jitter);
  return static_cast<clock::Micros>(std::min<double>(seconds, kLongestPauseSeconds) * clock::kSecond);
}

}  // namespace

std::string_view Reason(Verdict verdict) {
  if (verdict == Verdict::kRefused) return "REFUSED";
  return verdict == Verdict::kExhausted ? "TRIES" : "";
}

void Begin(Delivery& delivery, clock::Micros now) {
  delivery.set_tries(0);
  *delivery.mutable_next_time() = clock::ToProto(now);
}

Verdict Note(Delivery& delivery, const Report& report, const config::v1::OutboundRetry& retry, clock::Micros now) {
  DeliveryAttempt& attempt = *delivery.add_attempts();
  *attempt.mutable_time() = clock::ToProto(now);
  attempt.set_outcome(ToProto(report.outcome));
  attempt.set_http_status(report.http_status);
  delivery.set_tries(delivery.tries() + 1);
  delivery.clear_next_time();
  if (report.outcome == Outcome::kDelivered) return Verdict::kDelivered;
  if (report.outcome == Outcome::kRefused) return Verdict::kRefused;
  if (delivery.tries() > retry.retries()) return Verdict::kExhausted;
  *delivery.mutable_next_time() = clock::ToProto(now + Pause(delivery.tries(), report.jitter, retry));
  return Verdict::kAgain;
}

bool IsExpired(clock::Micros created, const config::v1::OutboundRetry& retry, clock::Micros now) {
  return now >= created + retry.expire_hours() * clock::kHour;
}

absl::Status CheckRetry(std::string_view name, const config::v1::OutboundRetry& retry) {
  const bool sane = retry.retries() >= 0 && retry.retries() <= kMostRetries && retry.first_pause_seconds() >= 1 &&
                    retry.first_pause_seconds() <= kLongestPauseSeconds && retry.pause_factor() >= 1 &&
                    retry.pause_factor() <= kHighestFactor && retry.expire_hours() >= 1 &&
                    retry.expire_hours() <= kMostHours;
  if (sane) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("configuration: ", std::string(name), ": retries 0 to ", kMostRetries, ", first_pause_seconds 1 to ",
                   kLongestPauseSeconds, ", pause_factor 1 to ", kHighestFactor, ", expire_hours 1 to ", kMostHours));
}

}  // namespace jinqi::outbound
