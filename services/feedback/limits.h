// The numbers of this service; all of them are configuration.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::feedback {

struct Limits {
  // Working days after the feedback: C4 followup.start.
  int follow_up_days = 3;
  // Calendar days after the feedback (FBK-05).
  int rating_days = 15;
  // Per round: one message, the rest calls (FBK-04).
  int max_contacts = 3;
  // Whose callers follow up (FBK-04).
  std::string unit = "BMZX";
  // What “partly” counts, in percent (FBK-11).
  int partly_percent = 50;
  // Characters of a free text.
  int max_text = 1000;
  // Where a round is rated, with {order_no} and {token} in it (FBK-05).
  std::string rating_link = "/rating/{order_no}#{token}";
  // Working days after the rating in which the undertaker may appeal (FBK-09).
  int appeal_days = 3;
  // Of a hundred follow-ups, and calls of one (FBK-14).
  int second_follow_up_percent = 2;
  int second_follow_up_calls = 2;
  // Working days within which an opinion is answered (FBK-10).
  int opinion_days = 10;
};

// Every number that makes no sense at once, each with its range: the service does not start with it (RTE-14).
absl::Status CheckLimits(const Limits& limits);

inline Limits LimitsOf(const config::v1::FeedbackConfig& config) {
  return {config.follow_up_days(),
          config.rating_days(),
          config.max_contacts(),
          config.unit(),
          config.partly_percent(),
          config.max_text(),
          config.rating_link(),
          config.appeal_days(),
          config.second_follow_up_percent(),
          config.second_follow_up_calls(),
          config.opinion_days()};
}

}  // namespace jinqi::feedback
