#include "services/feedback/service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/outbound/transport.h"
#include "common/service/wiring.h"
#include "common/status/status.h"
#include "jinqi/routing/v1/records.pb.h"
#include "services/feedback/feedback_rpc.h"
#include "services/feedback/feedback_timers.h"
#include "services/feedback/kinds.h"
#include "services/feedback/notice_rpc.h"
#include "services/feedback/notice_sender.h"

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

absl::StatusOr<routing::v1::UndertakerDirectory> ReadDirectory(const std::string& reference_dir) {
  routing::v1::UndertakerDirectory directory;
  RETURN_IF_ERROR(config::LoadInto(absl::StrCat(reference_dir, "/undertakers.textproto"), directory));
  return directory;
}

// For notices.
BodyNames NamesIn(const routing::v1::UndertakerDirectory& directory) {
  BodyNames names;
  for (const auto& body : directory.undertakers()) names[body.code()] = body.display_name();
  return names;
}

absl::StatusOr<OpinionSetting> ReadOpinionSetting(const std::string& reference_dir,
                                                  const routing::v1::UndertakerDirectory& directory) {
  OpinionSetting setting;
  setting.targets = TargetsOf(directory);
  RETURN_IF_ERROR(config::LoadInto(absl::StrCat(reference_dir, "/opinion_rules.textproto"), setting.rules));
  RETURN_IF_ERROR(CheckOpinionRules(setting.rules, setting.targets));
  return setting;
}

// The shipped templates, where there is none yet.
absl::Status StoreTemplates(rpc::ServiceRuntime& runtime) {
  v1::NoticeTemplates shipped;
  const std::string& folder = runtime.config().reference_dir();
  RETURN_IF_ERROR(config::LoadInto(absl::StrCat(folder, "/notice_templates.textproto"), shipped));
  for (const v1::NoticeTemplate& given : shipped.templates()) {
    Faults faults;
    CheckTemplate(given, faults);
    RETURN_IF_ERROR(faults.ToStatus());
    ledger::Command command;
    command.tenant = runtime.config().tenant();
    command.caller = "start";
    command.method = "Start/StoreTemplate";
    command.time = runtime.clock().Now();
    command.names = {{TemplateKey(given.template_id())}};
    command.decide = [given](const ledger::View& view) { return DecideStoreTemplate(view, given); };
    RETURN_IF_ERROR(runtime.ledger().Run(std::move(command)).status());
  }
  return absl::OkStatus();
}

// Phones in clear belong on no disk of a city.
absl::Status CheckNotices(const config::v1::FeedbackConfig& config) {
  RETURN_IF_ERROR(outbound::CheckRetry("notice_retry", config.notice_retry()));
  if (config.notice_file().empty()) return absl::OkStatus();
  if (!config.notice_gateway().url().empty()) {
    return absl::InvalidArgumentError("configuration: notice_gateway and notice_file exclude each other");
  }
  if (config.server().environment() != config::v1::ENVIRONMENT_PRODUCTION) return absl::OkStatus();
  return absl::FailedPreconditionError("configuration: notice_file is not for ENVIRONMENT_PRODUCTION");
}

absl::StatusOr<std::unique_ptr<outbound::Transport>> WayOut(const config::v1::FeedbackConfig& config) {
  if (!config.notice_file().empty()) return outbound::MakeFileTransport(config.notice_file());
  return outbound::MakeHttpTransport(config.notice_gateway());
}

absl::Status AddNotices(rpc::ServiceRuntime& runtime, const config::v1::FeedbackConfig& config,
                        const RatingTokens& tokens) {
  RETURN_IF_ERROR(CheckNotices(config));
  RETURN_IF_ERROR(StoreTemplates(runtime));
  const bool file = !config.notice_file().empty();
  if (!file && config.notice_gateway().url().empty()) {
    runtime.AddReadyCheck({"notices", [] { return rpc::ReadyState{rpc::Readiness::kProvisional, "no way out"}; }});
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto way_out, WayOut(config));
  ASSIGN_OR_RETURN(service::Contacts contacts, service::Contacts::Make(runtime));
  NoticeOwner::Setting setting;
  setting.tenant = runtime.config().tenant();
  setting.way = file ? v1::Notice::WAY_FILE : v1::Notice::WAY_WEBHOOK;
  setting.retry = config.notice_retry();
  setting.rating_link = config.rating_link();
  setting.hub = config.unit();
  auto& transport = runtime.Keep(std::move(way_out));
  auto& owner = runtime.Keep(std::make_unique<NoticeOwner>(std::move(setting), runtime.ledger(), runtime.clock(),
                                                           tokens, contacts, runtime.metrics()));
  service::AddSender(runtime, "notices", owner, transport);
  return absl::OkStatus();
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
  const std::string& reference_dir = config.server().reference_dir();
  ASSIGN_OR_RETURN(calendar::Calendar calendar, ReadCalendar(reference_dir));
  ASSIGN_OR_RETURN(const auto directory, ReadDirectory(reference_dir));
  ASSIGN_OR_RETURN(OpinionSetting opinions, ReadOpinionSetting(reference_dir, directory));
  const Rules& rules = runtime.Keep(std::make_unique<Rules>(std::move(calendar), LimitsOf(config), NamesIn(directory)));
  const PrivateParts& privates = runtime.Keep(std::make_unique<PrivateParts>(*runtime.vault(), runtime.ids()));
  runtime.AddReadyCheck({"calendar", [&] { return CalendarState(rules, runtime); }});

  service::Messages messages;
  messages.consumers = {"routing"};
  messages.sources = {{"routing", [&](const auto& envelope) { return OnRouting(envelope, rules); }},
                      {"intake", [](const auto& envelope) { return OnIntake(envelope); }}};
  RETURN_IF_ERROR(service::AddMessages(runtime, std::move(messages)));
  service::AddTimers(runtime, {kFollowUp, kSecondFollowUpDraw}, OnTimer);
  service::AddRequestExpiry(runtime);
  const RatingTokens& tokens = runtime.Keep(std::make_unique<RatingTokens>(*runtime.vault()));
  const Deps deps{runtime.ledger(), privates,       tokens,       runtime.page_tokens(),
                  rules.limits,     rules.calendar, runtime.ids()};
  RETURN_IF_ERROR(AddNotices(runtime, config, tokens));
  AddMethods(runtime.methods(), deps);
  AddAppealMethods(runtime.methods(), deps);
  AddSecondFollowUpMethods(runtime.methods(), deps);
  AddOpinionMethods(runtime.methods(), deps, runtime.Keep(std::make_unique<OpinionSetting>(std::move(opinions))));
  AddServiceCaseMethods(runtime.methods(), deps, CaseSources(runtime));
  AddNoticeMethods(runtime.methods(), {runtime.ledger(), runtime.page_tokens(), rules.bodies});
  return runtime.methods().status();
}

}  // namespace jinqi::feedback
