// When a delivery is tried again, and when it is given up. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/outbound/transport.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "jinqi/events/v1/delivery.pb.h"

namespace jinqi::outbound {

// What became of one attempt, as the owner's decision is told it.
struct Report {
  // Never kAway: that is no attempt.
  Outcome outcome = Outcome::kDelivered;
  int http_status = 0;
  // Of the answer.
  std::string body = {};
  // 0 to 1, drawn once, for the pause.
  double jitter = 0;
  // Not empty: nothing was sent, for this reason of the owner's; the rest is without meaning.
  std::string unsent = {};
};

enum class Verdict { kDelivered, kAgain, kRefused, kExhausted };

// Why a delivery ended without arriving: REFUSED, TRIES.
std::string_view Reason(Verdict verdict);

// Puts something on its way: from now on, with all its retries.
void Begin(events::v1::Delivery& delivery, clock::Micros now);

// Notes an attempt, and sets the time of the next one or takes it away. The pause grows by `pause_factor`.
Verdict Note(events::v1::Delivery& delivery, const Report& report, const config::v1::OutboundRetry& retry,
             clock::Micros now);

// Whether what began at `created` is too old to be sent.
bool IsExpired(clock::Micros created, const config::v1::OutboundRetry& retry, clock::Micros now);

// INVALID_ARGUMENT for numbers that nobody can mean; `name` is the field's.
absl::Status CheckRetry(std::string_view name, const config::v1::OutboundRetry& retry);

}  // namespace jinqi::outbound
