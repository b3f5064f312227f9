// What makes this service: its records, its rules, messages in and out, timers, methods.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/service.h"
#include "jinqi/config/v1/service_config.pb.h"
#include "services/feedback/feedback_events.h"

namespace jinqi::feedback {

rpc::ServiceDefinition Definition();

// The calendar that due dates are counted by until routing publishes another.
absl::StatusOr<calendar::Calendar> ReadCalendar(const std::string& reference_dir);

// FAILED_PRECONDITION without a key ring: texts are kept sealed, rating tokens are signed.
absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::FeedbackConfig& config);

}  // namespace jinqi::feedback
