#include "services/feedback/service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/service/wiring.h"
#include "common/status/status.h"
#include "services/feedback/feedback_rpc.h"
#include "services/feedback/feedback_timers.h"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {
namespace {

// A year without notice is counted by projection: that is provisional, not a failure (RTE-15).
rpc::ReadyState CalendarState(const Rules& rules, rpc::ServiceRuntime& runtime) {
  const auto calendar = rules.calendar.InForce(runtime.ledger().reader(), runtime.config().tenant());
  if (!calendar.ok()) return {rpc::Readiness::kFailing, std::string(calendar.status().message())};
  const auto year = clock::ShanghaiDate(runtime.clock().Now()).year();
  if (calendar->IsPublished(year)) return {rpc::Readiness::kOk, absl::StrCat("version ", calendar->version())};
  return {rpc::Readiness::kProvisional, absl::StrCat("no notice for ", year)};
}

}  // namespace

rpc::ServiceDefinition Definition() {
  rpc::ServiceDefinition definition;
  definition.name = "feedback";
  definition.kinds = Kinds();
  definition.migrations = kMigrations;
  return definition;
}

absl::StatusOr<calendar::Calendar> ReadCalendar(const std::string& reference_dir) {
  config::v1::Calendar notices;
  RETURN_IF_ERROR(config::LoadInto(absl::StrCat(reference_dir, "/calendar.textproto"), notices));
  return calendar::Calendar::Make(notices);
}

absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::FeedbackConfig& config) {
  if (runtime.vault() == nullptr) return absl::FailedPreconditionError("server.vault_key_file is needed");
  RETURN_IF_ERROR(CheckLimits(LimitsOf(config)));
  ASSIGN_OR_RETURN(calendar::Calendar calendar, ReadCalendar(config.server().reference_dir()));
  const Rules& rules = runtime.Keep(std::make_unique<Rules>(std::move(calendar), LimitsOf(config)));
  const PrivateParts& privates = runtime.Keep(std::make_unique<PrivateParts>(*runtime.vault(), runtime.ids()));
  runtime.AddReadyCheck({"calendar", [&] { return CalendarState(rules, runtime); }});

  service::Messages messages;
  messages.consumers = {"routing"};
  messages.sources = {{"routing", [&](const auto& envelope) { return OnRouting(envelope, rules); }},
                      {"intake", [](const auto& envelope) { return OnIntake(envelope); }}};
  RETURN_IF_ERROR(service::AddMessages(runtime, std::move(messages)));
  service::AddTimers(runtime, {kFollowUp}, OnTimer);
  service::AddRequestExpiry(runtime);
  const RatingTokens& tokens = runtime.Keep(std::make_unique<RatingTokens>(*runtime.vault()));
  const Deps deps{runtime.ledger(), privates, tokens, runtime.page_tokens(), rules.limits, rules.calendar};
  AddMethods(runtime.methods(), deps);
  AddAppealMethods(runtime.methods(), deps);
  return runtime.methods().status();
}

}  // namespace jinqi::feedback
