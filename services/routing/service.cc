#include "services/routing/service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/outbound/transport.h"
#include "common/service/contacts.h"
#include "common/service/wiring.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "services/routing/kinds.h"
#include "services/routing/partner_sender.h"
#include "services/routing/partners.h"
#include "services/routing/reference_keeper.h"
#include "services/routing/routing_events.h"
#include "services/routing/routing_rpc.h"
#include "services/routing/statutory.h"

namespace jinqi::routing {
namespace {

absl::StatusOr<std::unique_ptr<Proposer>> MakeProposer(const Limits& config, const Directory& directory) {
  config::v1::RoutingRules rules;
  RETURN_IF_ERROR(config::LoadInto(config.server().reference_dir() + "/routing_rules.textproto", rules));
  return Proposer::Make(rules, directory.Bodies());
}

absl::StatusOr<std::set<std::string>> SelfDispatchLeaves(const Limits& config) {
  intake::v1::CategoryTree tree;
  RETURN_IF_ERROR(config::LoadInto(config.server().reference_dir() + "/category_tree.textproto", tree));
  std::set<std::string> leaves;
  for (const intake::v1::Category& category : tree.categories()) {
    if (category.self_dispatch() && !category.retired()) leaves.insert(category.code());
  }
  return leaves;
}

absl::StatusOr<std::unique_ptr<v1::StatutoryLimits>> LoadLaws(const Limits& config) {
  auto laws = std::make_unique<v1::StatutoryLimits>();
  RETURN_IF_ERROR(config::LoadInto(config.server().reference_dir() + "/statutory_limits.textproto", *laws));
  RETURN_IF_ERROR(CheckStatutoryLimits(*laws));
  return laws;
}

// A due date of today may lie in a year without notice: then dates are provisional (RTE-15).
rpc::ReadyState CalendarState(const Reference& reference, const Limits& limits, Micros now) {
  const auto due = reference.calendar.AddWorkingDays(clock::ShanghaiDate(now), limits.handle_working_days());
  if (!due.provisional) return {rpc::Readiness::kOk, absl::StrCat("version ", reference.calendar.version())};
  return {rpc::Readiness::kProvisional, absl::StrCat("no notice for ", due.day.year())};
}

absl::StatusOr<ReferencePtr> PrepareReference(rpc::ServiceRuntime& runtime, const Limits& limits) {
  ASSIGN_OR_RETURN(const ReferenceFiles files, ReadReferenceFiles(limits));
  ASSIGN_OR_RETURN(const Directory directory, Directory::Make(files.directory));
  const std::string& tenant = runtime.config().tenant();
  RETURN_IF_ERROR(StoreReference(runtime.ledger(), tenant, runtime.clock().Now(), files));
  return LoadReference(runtime.ledger().reader(), tenant, directory);
}

std::unique_ptr<Desk> MakeDesk(rpc::ServiceRuntime& runtime, const Setting& setting, const Proposer& proposer,
                               const Texts& texts, std::set<std::string> leaves) {
  auto desk = std::make_unique<Desk>();
  desk->setting = setting;
  desk->proposer = &proposer;
  desk->texts = &texts;
  desk->ids = &runtime.ids();
  desk->self_dispatch_leaves = std::move(leaves);
  metrics::Metrics& metrics = runtime.metrics();
  const char* const help = "demands for which the rules named a body, or none";
  desk->proposed = &metrics.MakeCounter("jinqi_routing_proposals_total", help, {{"outcome", "proposed"}});
  desk->needs_human = &metrics.MakeCounter("jinqi_routing_proposals_total", help, {{"outcome", "needs_human"}});
  desk->dropped = &metrics.MakeCounter("jinqi_routing_candidates_dropped_total",
                                       "proposed bodies with an impossible score or code");
  return desk;
}

// A sender for each partner hotline whose system is known, so that one that is away holds up no other (RTE-26).
absl::Status AddPartners(rpc::ServiceRuntime& runtime, const Limits& limits, const Desk& desk,
                         const Partners& partners) {
  RETURN_IF_ERROR(outbound::CheckRetry("partner_retry", limits.partner_retry()));
  const bool any =
      std::any_of(partners.begin(), partners.end(), [](const auto& entry) { return entry.second.partner.reachable(); });
  if (!any) return absl::OkStatus();
  ASSIGN_OR_RETURN(service::Contacts made, service::Contacts::Make(runtime));
  const auto& contacts = runtime.Keep(std::make_unique<service::Contacts>(made));
  for (const config::v1::PartnerHotline& hotline : limits.partners()) {
    if (hotline.target().url().empty()) continue;
    ASSIGN_OR_RETURN(auto way_out, outbound::MakeHttpTransport(hotline.target()));
    auto& transport = runtime.Keep(std::move(way_out));
    PartnerOwner::Options options{runtime.config().tenant(), hotline.code(), desk.setting};
    auto& owner = runtime.Keep(
        std::make_unique<PartnerOwner>(std::move(options), runtime.ledger(), runtime.clock(), *desk.texts, contacts));
    service::AddSender(runtime, "partner-" + hotline.code(), owner, transport);
  }
  return absl::OkStatus();
}

}  // namespace

rpc::ServiceDefinition Definition() {
  rpc::ServiceDefinition definition;
  definition.name = "routing";
  definition.kinds = Kinds();
  definition.migrations = kMigrations;
  return definition;
}

absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::RoutingConfig& config) {
  if (runtime.vault() == nullptr) return absl::FailedPreconditionError("server.vault_key_file is needed");
  if (const absl::Status status = CheckLimits(config); !status.ok()) {
    const Metadata fault = MetadataOf(status);
    return absl::FailedPreconditionError(absl::StrCat(fault.at("name"), " must be at least ", fault.at("least")));
  }
  const Limits& limits = runtime.Keep(std::make_unique<Limits>(config));
  ASSIGN_OR_RETURN(ReferencePtr reference, PrepareReference(runtime, limits));
  ASSIGN_OR_RETURN(auto made, MakeProposer(limits, reference->directory));
  const Proposer& proposer = runtime.Keep(std::move(made));
  ASSIGN_OR_RETURN(auto leaves, SelfDispatchLeaves(limits));
  ReferenceStore& store = runtime.Keep(std::make_unique<ReferenceStore>(std::move(reference)));
  const Texts& texts = runtime.Keep(std::make_unique<Texts>(*runtime.vault(), runtime.ids()));
  ASSIGN_OR_RETURN(auto laws, LoadLaws(limits));
  const Setting setting{&limits, &store, &runtime.Keep(std::move(laws))};
  const Desk& desk = runtime.Keep(MakeDesk(runtime, setting, proposer, texts, std::move(leaves)));
  ReferenceKeeper& keeper = runtime.Keep(
      std::make_unique<ReferenceKeeper>(runtime.ledger(), runtime.config().tenant(), runtime.clock(), setting, store));
  runtime.AddBackground({"reference data", [&keeper] { return keeper.Start(); }, [&keeper] { keeper.Stop(); }, false});
  runtime.AddReadyCheck({"calendar", [&store, &limits, &clock = runtime.clock()] {
                           return CalendarState(*store.Current(), limits, clock.Now());
                         }});
  service::Messages messages;
  messages.consumers = {"intake", "feedback"};
  messages.sources = {{"intake", [&desk](const auto& envelope) { return OnIntake(desk, envelope); }},
                      {"feedback", [&desk](const auto& envelope) { return OnFeedback(desk, envelope); }}};
  RETURN_IF_ERROR(service::AddMessages(runtime, std::move(messages)));
  service::AddTimers(runtime, {kWorkOrder},
                     [&desk](const ledger::Firing& firing, const ledger::Record&) { return OnTimer(desk, firing); });
  service::AddRequestExpiry(runtime);
  ASSIGN_OR_RETURN(Partners read, ReadPartners(config));
  const Partners& partners = runtime.Keep(std::make_unique<Partners>(std::move(read)));
  RETURN_IF_ERROR(AddPartners(runtime, limits, desk, partners));
  RegisterMethods(runtime.methods(),
                  {runtime.ledger(), runtime.page_tokens(), runtime.config().tenant(), desk, store, keeper, partners});
  return runtime.methods().status();
}

}  // namespace jinqi::routing
