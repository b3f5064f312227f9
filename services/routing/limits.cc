#include "services/routing/limits.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "common/status/status.h"

namespace jinqi::routing {
namespace {

struct Number {
  const char* name;
  std::int64_t value;
  std::int64_t least;
};

absl::Status Invalid(const std::string& name, const std::string& least) {
  return Error(config::v1::REASON_LIMIT_INVALID, {{"name", name}, {"least", least}});
}

}  // namespace

absl::Status CheckLimits(const Limits& limits) {
  const Number numbers[] = {
      {"sign_life_safety_minutes", limits.sign_life_safety_minutes(), 1},
      {"sign_utility_minutes", limits.sign_utility_minutes(), 1},
      {"sign_normal_working_days", limits.sign_normal_working_days(), 1},
      {"handle_working_days", limits.handle_working_days(), 1},
      {"consult_target_working_days", limits.consult_target_working_days(), 0},
      {"return_working_days", limits.return_working_days(), 1},
      {"return_complex_working_days", limits.return_complex_working_days(), limits.return_working_days()},
      {"ruling_working_days", limits.ruling_working_days(), 1},
      {"max_dispatches_before_designation", limits.max_dispatches_before_designation(), 1},
      {"dispatch_urgent_minutes", limits.dispatch_urgent_minutes(), 1},
      {"dispatch_normal_minutes", limits.dispatch_normal_minutes(), 1},
      {"first_contact_working_days", limits.first_contact_working_days(), 1},
      {"warn_red_working_days", limits.warn_red_working_days(), 0},
      {"warn_yellow_working_days", limits.warn_yellow_working_days(), limits.warn_red_working_days()},
      {"overdue_up_working_days", limits.overdue_up_working_days(), 1},
      {"rework_working_days", limits.rework_working_days(), 1},
      {"rework_contact_working_days", limits.rework_contact_working_days(), 1},
      {"max_rework_rounds", limits.max_rework_rounds(), 0},
      {"reopen_days", limits.reopen_days(), 0},
      {"assist_lead_working_days", limits.assist_lead_working_days(), 1},
      {"exception_alarm_minutes", limits.exception_alarm_minutes(), 0},
      {"archive_after_days", limits.archive_after_days(), 0},
      {"call_report_working_days", limits.call_report_working_days(), 1},
      {"call_report_life_safety_minutes", limits.call_report_life_safety_minutes(), 1},
      {"extension_max_count", limits.extension_max_count(), 0},
      {"extension_max_working_days", limits.extension_max_working_days(), 1},
      {"extension_ruling_working_days", limits.extension_ruling_working_days(), 1},
      {"reference_refresh_seconds", limits.reference_refresh_seconds(), 1},
      {"payment_transfer_working_days", limits.payment_transfer_working_days(), 1},
      {"payment_handle_days", limits.payment_handle_days(), 1},
      {"payment_max_days", limits.payment_max_days(), limits.payment_handle_days()},
  };
  for (const Number& number : numbers) {
    if (number.value < number.least) return Invalid(number.name, std::to_string(number.least));
  }
  const double threshold = limits.self_dispatch_threshold();
  if (!std::isfinite(threshold) || threshold < 0 || threshold > 1) return Invalid("self_dispatch_threshold", "0");
  return absl::OkStatus();
}

}  // namespace jinqi::routing
