// Calendars, dispatch catalogues and township duties.
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/routing/calendars.h"
#include "services/routing/kinds.h"
#include "services/routing/routing_rpc.h"

namespace jinqi::routing {
namespace {

using rpc::CallContext;

constexpr char kLatest[] = "latest";

absl::StatusOr<std::int64_t> Number(const std::string& id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || number < 1) return Error(config::v1::REASON_NOT_FOUND);
  return number;
}

absl::StatusOr<v1::ReferenceRecord> Read(const Deps& deps, const CallContext& context, const ledger::Key& key) {
  ASSIGN_OR_RETURN(const auto stored,
                   ReadStored<v1::ReferenceRecord>(deps.ledger.reader(), context.caller.tenant, key));
  return stored.body;
}

absl::StatusOr<config::v1::Calendar> GetCalendar(const Deps& deps, const CallContext& context,
                                                 const v1::GetCalendarRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, IdOf(request.name(), "calendars"));
  if (id == kLatest) return deps.store.Current()->calendar_config;
  ASSIGN_OR_RETURN(const std::int64_t version, Number(id));
  ASSIGN_OR_RETURN(const v1::ReferenceRecord record, Read(deps, context, CalendarKey(version)));
  if (record.calendar().deleted()) return Error(config::v1::REASON_NOT_FOUND);
  return record.calendar().calendar();
}

absl::StatusOr<v1::DispatchCatalogue> GetCatalogue(const Deps& deps, const CallContext& context,
                                                   const v1::GetDispatchCatalogueRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, IdOf(request.name(), "dispatchCatalogues"));
  std::int64_t version = 0;
  if (id == kLatest) {
    version = deps.store.Current()->catalogue.VersionOn(clock::ShanghaiDate(context.now));
  } else {
    ASSIGN_OR_RETURN(version, Number(id));
  }
  ASSIGN_OR_RETURN(const v1::ReferenceRecord record, Read(deps, context, CatalogueKey(version)));
  v1::DispatchCatalogue catalogue = record.catalogue().catalogue();
  catalogue.set_name(absl::StrCat("dispatchCatalogues/", version));
  return catalogue;
}

absl::StatusOr<ledger::Command> MakePublish(const Deps& deps, const v1::PublishCalendarRequest& request) {
  ASSIGN_OR_RETURN(config::v1::Calendar next, WithNotice(deps.store.Current()->calendar_config, request.notice()));
  ledger::Command command;
  command.names = {{HeadKey()}, {CalendarKey(next.version())}, {CampaignKey(next.version())}};
  command.decide = [next = std::move(next)](const ledger::View& view) { return DecidePublishCalendar(view, next); };
  return command;
}

absl::StatusOr<ledger::Command> MakeDelete(const Deps& deps, const CallContext& context,
                                           const v1::DeleteCalendarRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, IdOf(request.name(), "calendars"));
  ASSIGN_OR_RETURN(const std::int64_t version, Number(id));
  ledger::Query query;
  query.kind = kWorkOrder;
  query.where.push_back({"calendar_version", ledger::Comparison::kEqual, {version}});
  query.count_only = true;
  query.limit = 1;
  ASSIGN_OR_RETURN(const ledger::Rows rows, deps.ledger.reader().List(context.caller.tenant, query));
  ledger::Command command;
  command.names = {{HeadKey(), ledger::Access::kRely}, {CalendarKey(version)}};
  command.decide = [version, used = rows.count > 0](const ledger::View& view) {
    return DecideDeleteCalendar(view, version, used);
  };
  return command;
}

absl::StatusOr<ledger::Command> MakeImport(const Deps& deps, const v1::ImportDispatchCatalogueRequest& request) {
  const ReferencePtr reference = deps.store.Current();
  v1::DispatchCatalogue catalogue = request.catalogue();
  catalogue.clear_name();
  RETURN_IF_ERROR(CheckCatalogue(catalogue, reference->directory, reference->duties));
  if (catalogue.version() == 0) catalogue.set_version(reference->head.catalogue_version() + 1);
  if (catalogue.version() < 0) return FieldError("catalogue.version", config::v1::REASON_OUT_OF_RANGE);
  ledger::Command command;
  command.names = {{HeadKey()}, {CatalogueKey(catalogue.version())}};
  command.decide = [catalogue = std::move(catalogue)](const ledger::View& view) {
    return DecideImportCatalogue(view, catalogue);
  };
  return command;
}

absl::StatusOr<v1::TownshipDuties> GetDuties(const Deps& deps, const CallContext& context,
                                             const v1::GetTownshipDutiesRequest& request) {
  ASSIGN_OR_RETURN(const std::string district, IdOf(request.name(), "townshipDuties"));
  ASSIGN_OR_RETURN(const v1::ReferenceRecord record, Read(deps, context, DutiesKey(district)));
  return ShowDuties(record.township_duties().duties());
}

absl::StatusOr<ledger::Command> MakeDuties(const Deps& deps, const CallContext& context,
                                           const v1::PublishTownshipDutiesRequest& request) {
  RETURN_IF_ERROR(CheckDuties(request.duties(), deps.store.Current()->directory));
  ledger::Command command;
  command.names = {{HeadKey()}, {DutiesKey(request.duties().district_code())}};
  command.decide = [actor = ActorOf(context), duties = request.duties()](const ledger::View& view) {
    return DecidePublishDuties(view, actor, duties);
  };
  return command;
}

}  // namespace

void RefreshReference(const Deps& deps) {
  (void)deps.keeper.Refresh();
  deps.keeper.Kick();
}

void RegisterReference(rpc::Methods& methods, const Deps& deps) {
  methods.Query<v1::GetCalendarRequest, config::v1::Calendar>(
      MethodName("GetCalendar"),
      [deps](const CallContext& context, const auto& request) { return GetCalendar(deps, context, request); });
  methods.Query<v1::GetDispatchCatalogueRequest, v1::DispatchCatalogue>(
      MethodName("GetDispatchCatalogue"),
      [deps](const CallContext& context, const auto& request) { return GetCatalogue(deps, context, request); });
  methods.Change<v1::PublishCalendarRequest, config::v1::Calendar>(
      MethodName("PublishCalendar"),
      [deps](const CallContext&, const auto& request) { return MakePublish(deps, request); },
      [deps](const CallContext&, const auto&, config::v1::Calendar&) { RefreshReference(deps); });
  methods.ChangeOnPool<v1::DeleteCalendarRequest, config::v1::Calendar>(
      MethodName("DeleteCalendar"),
      [deps](const CallContext& context, const auto& request) { return MakeDelete(deps, context, request); });
  methods.Change<v1::ImportDispatchCatalogueRequest, v1::DispatchCatalogue>(
      MethodName("ImportDispatchCatalogue"),
      [deps](const CallContext&, const auto& request) { return MakeImport(deps, request); },
      [deps](const CallContext&, const auto&, v1::DispatchCatalogue&) { RefreshReference(deps); });
  methods.Query<v1::GetTownshipDutiesRequest, v1::TownshipDuties>(
      MethodName("TownshipService/GetTownshipDuties"),
      [deps](const CallContext& context, const auto& request) { return GetDuties(deps, context, request); });
  methods.Change<v1::PublishTownshipDutiesRequest, v1::TownshipDuties>(
      MethodName("TownshipService/PublishTownshipDuties"),
      [deps](const CallContext& context, const auto& request) { return MakeDuties(deps, context, request); },
      [deps](const CallContext&, const auto&, v1::TownshipDuties&) { RefreshReference(deps); });
}

}  // namespace jinqi::routing
