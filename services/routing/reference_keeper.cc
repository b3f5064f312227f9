#include "services/routing/reference_keeper.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/time.h"
#include "common/config/config.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "services/routing/calendars.h"
#include "services/routing/kinds.h"
#include "services/routing/warnings.h"

namespace jinqi::routing {
namespace {

// Catalogue versions in memory, the newest: nobody asks for one from before that in force.
constexpr int kCatalogues = 100;
// More districts than a city has.
constexpr int kMaxDistricts = 1000;
// Orders of a campaign that are in the ledger's hands at one time.
constexpr int kCampaignPage = 200;
// A command names at most 100 records; one of them is the head.
constexpr std::size_t kBodiesAtOnce = 90;

v1::UndertakerRecord NewBody(const v1::Undertaker& body, const std::map<std::string, v1::Undertaker>& hubs) {
  v1::UndertakerRecord record;
  *record.mutable_undertaker() = body;
  const auto found = hubs.find(body.code());
  if (found != hubs.end()) {
    record.mutable_undertaker()->set_hub(found->second.hub());
    *record.mutable_undertaker()->mutable_contacts() = found->second.contacts();
  }
  return record;
}

ledger::Change MakeChange(const ledger::Key& key, std::string body, std::string event) {
  return {key, std::move(body), std::nullopt, {{std::move(event), "", std::nullopt}}};
}

absl::StatusOr<ledger::Outcome> DecideStoreBodies(const ledger::View& view, const std::vector<v1::Undertaker>& bodies,
                                                  const std::map<std::string, v1::Undertaker>& hubs) {
  ledger::Outcome outcome;
  for (const v1::Undertaker& body : bodies) {
    const ledger::Key key = UndertakerKey(body.code());
    if (view.Find(key) != nullptr) continue;
    outcome.changes.push_back(MakeChange(key, NewBody(body, hubs).SerializeAsString(), "BodyListed"));
  }
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideStoreHead(const ledger::View& view, const config::v1::Calendar& calendar,
                                                std::int64_t directory_version) {
  ledger::Outcome outcome;
  if (view.Find(HeadKey()) != nullptr) return outcome;
  v1::ReferenceRecord head;
  head.mutable_head()->set_calendar_version(calendar.version());
  head.mutable_head()->set_directory_version(directory_version);
  v1::ReferenceRecord stored;
  *stored.mutable_calendar()->mutable_calendar() = calendar;
  *stored.mutable_calendar()->mutable_publish_time() = clock::ToProto(view.now());
  outcome.changes.push_back(MakeChange(HeadKey(), head.SerializeAsString(), "ReferenceLoaded"));
  if (view.Find(CalendarKey(calendar.version())) == nullptr) {
    outcome.changes.push_back(
        MakeChange(CalendarKey(calendar.version()), stored.SerializeAsString(), "CalendarPublished"));
  }
  return outcome;
}

ledger::Command PlatformCommand(const std::string& tenant, std::string method, clock::Micros now) {
  ledger::Command command;
  command.tenant = tenant;
  command.caller = "routing SERVICE";
  command.method = std::move(method);
  command.time = now;
  return command;
}

absl::StatusOr<v1::ReferenceRecord> ReadReference(ledger::Reader& reader, const std::string& tenant,
                                                  const ledger::Key& key) {
  ASSIGN_OR_RETURN(const auto stored, reader.Get(tenant, key));
  if (!stored.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  v1::ReferenceRecord record;
  if (!record.ParseFromString(stored->body)) return absl::DataLossError("body of " + key.id);
  return record;
}

// One list of each district that has published one (RTE-13).
absl::StatusOr<DutyLists> ReadDuties(ledger::Reader& reader, const std::string& tenant) {
  ledger::Query query;
  query.kind = kReference;
  query.where.push_back({"type", ledger::Comparison::kEqual, {std::string("duties")}});
  query.order_by = "number";
  query.limit = kMaxDistricts;
  ASSIGN_OR_RETURN(const ledger::Rows rows, reader.List(tenant, query));
  DutyLists lists;
  for (const ledger::Record& row : rows.records) {
    v1::ReferenceRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of " + row.key.id);
    const v1::TownshipDuties& duties = record.township_duties().duties();
    lists.emplace(duties.district_code(), duties);
  }
  return lists;
}

}  // namespace

absl::StatusOr<ReferenceFiles> ReadReferenceFiles(const Limits& config) {
  const std::string& folder = config.server().reference_dir();
  ReferenceFiles files;
  RETURN_IF_ERROR(config::LoadInto(folder + "/calendar.textproto", files.calendar));
  RETURN_IF_ERROR(config::LoadInto(folder + "/undertakers.textproto", files.directory));
  const bool production = config.server().environment() == config::v1::ENVIRONMENT_PRODUCTION;
  if (!production && !config.hubs_file().empty())
    RETURN_IF_ERROR(config::LoadInto(folder + "/" + config.hubs_file(), files.hubs));
  RETURN_IF_ERROR(calendar::Calendar::Make(files.calendar).status());
  return files;
}

absl::Status StoreReference(ledger::Ledger& ledger, const std::string& tenant, clock::Micros now,
                            const ReferenceFiles& files) {
  std::map<std::string, v1::Undertaker> hubs;
  for (const v1::Undertaker& body : files.hubs.undertakers()) hubs.emplace(body.code(), body);
  std::vector<v1::Undertaker> bodies;
  const auto store = [&]() -> absl::Status {
    ledger::Command command = PlatformCommand(tenant, "StoreDirectory", now);
    for (const v1::Undertaker& body : bodies) command.names.push_back({UndertakerKey(body.code())});
    command.decide = [bodies, hubs](const ledger::View& view) { return DecideStoreBodies(view, bodies, hubs); };
    bodies.clear();
    return ledger.Run(std::move(command)).status();
  };
  for (const v1::Undertaker& body : files.directory.undertakers()) {
    bodies.push_back(body);
    if (bodies.size() == kBodiesAtOnce) RETURN_IF_ERROR(store());
  }
  if (!bodies.empty()) RETURN_IF_ERROR(store());
  ledger::Command command = PlatformCommand(tenant, "StoreReference", now);
  command.names = {{HeadKey()}, {CalendarKey(files.calendar.version())}};
  command.decide = [calendar = files.calendar, version = files.directory.version()](const ledger::View& view) {
    return DecideStoreHead(view, calendar, version);
  };
  return ledger.Run(std::move(command)).status();
}

absl::StatusOr<ReferencePtr> LoadReference(ledger::Reader& reader, const std::string& tenant,
                                           const Directory& directory) {
  ASSIGN_OR_RETURN(const v1::ReferenceRecord head, ReadReference(reader, tenant, HeadKey()));
  ASSIGN_OR_RETURN(const v1::ReferenceRecord calendar,
                   ReadReference(reader, tenant, CalendarKey(head.head().calendar_version())));
  ASSIGN_OR_RETURN(calendar::Calendar days, calendar::Calendar::Make(calendar.calendar().calendar()));
  ledger::Query query;
  query.kind = kReference;
  query.where.push_back({"type", ledger::Comparison::kEqual, {std::string("catalogue")}});
  query.where.push_back({"number", ledger::Comparison::kLessOrEqual, {head.head().catalogue_version()}});
  query.order_by = "number";
  query.descending = true;
  query.limit = kCatalogues;
  ASSIGN_OR_RETURN(const ledger::Rows rows, reader.List(tenant, query));
  std::vector<v1::DispatchCatalogue> catalogues;
  for (const ledger::Record& row : rows.records) {
    v1::ReferenceRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of " + row.key.id);
    catalogues.push_back(record.catalogue().catalogue());
  }
  ASSIGN_OR_RETURN(Catalogue catalogue, Catalogue::Make(catalogues));
  ASSIGN_OR_RETURN(DutyLists duties, ReadDuties(reader, tenant));
  return std::make_shared<const Reference>(Reference{head.head(), std::move(days), calendar.calendar().calendar(),
                                                     std::move(catalogue), directory, std::move(duties)});
}

ReferenceKeeper::ReferenceKeeper(ledger::Ledger& ledger, std::string tenant, clock::Clock& clock,
                                 const Setting& setting, ReferenceStore& store)
    : ledger_(ledger), tenant_(std::move(tenant)), clock_(clock), setting_(setting), store_(store) {
  store_.OnStale([this] { Kick(); });
}

absl::Status ReferenceKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void ReferenceKeeper::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    kicked_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void ReferenceKeeper::Kick() {
  const absl::MutexLock lock(&mutex_);
  kicked_ = true;
}

bool ReferenceKeeper::Stopping() const {
  const absl::MutexLock lock(&mutex_);
  return stopping_;
}

void ReferenceKeeper::Run() {
  const absl::Duration pause = absl::Seconds(setting_.limits->reference_refresh_seconds());
  while (!Stopping()) {
    absl::Status status = Refresh();
    if (status.ok()) status = RunCampaigns().status();
    if (!status.ok()) {
      log::Log(log::Level::kWarning, "reference data cannot be brought up to date",
               {{"error", std::string(status.message())}});
    }
    const absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&kicked_), pause);
    kicked_ = stopping_;
  }
}

absl::Status ReferenceKeeper::Refresh() {
  const ReferencePtr current = store_.Current();
  ASSIGN_OR_RETURN(const v1::ReferenceRecord head, ReadReference(ledger_.reader(), tenant_, HeadKey()));
  if (SameVersions(head.head(), current->head)) return absl::OkStatus();
  ASSIGN_OR_RETURN(ReferencePtr loaded, LoadReference(ledger_.reader(), tenant_, current->directory));
  store_.Set(std::move(loaded));
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> ReferenceKeeper::RunCampaigns() {
  ledger::Query query;
  query.kind = kReference;
  query.order_by = "open";
  ASSIGN_OR_RETURN(const ledger::Rows rows, ledger_.reader().List(tenant_, query));
  std::int64_t orders = 0;
  for (const ledger::Record& row : rows.records) {
    v1::ReferenceRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of " + row.key.id);
    const std::int64_t version = record.campaign().calendar_version();
    if (version > store_.Current()->head.calendar_version()) continue;
    ASSIGN_OR_RETURN(const std::int64_t done, RunCampaign(version, record.campaign().cursor()));
    orders += done;
  }
  return orders;
}

absl::StatusOr<std::int64_t> ReferenceKeeper::RunCampaign(std::int64_t version, std::string cursor) {
  std::int64_t total = 0;
  while (!Stopping()) {
    ledger::Query query;
    query.kind = kWorkOrder;
    query.where.push_back({"open_due", ledger::Comparison::kGreater, {std::int64_t{0}}});
    query.where.push_back({"calendar_version", ledger::Comparison::kLess, {version}});
    query.limit = kCampaignPage;
    if (!cursor.empty()) query.after = {ledger::Value(), cursor};
    ASSIGN_OR_RETURN(const ledger::Rows rows, ledger_.reader().List(tenant_, query));
    std::vector<std::string> orders;
    for (const ledger::Record& row : rows.records) orders.push_back(row.key.id);
    RETURN_IF_ERROR(RecomputeAll(version, orders));
    if (!orders.empty()) cursor = orders.back();
    const bool done = orders.size() < kCampaignPage;
    total += static_cast<std::int64_t>(orders.size());
    RETURN_IF_ERROR(MoveCursor(version, cursor, static_cast<std::int64_t>(orders.size()), done));
    if (done) break;
  }
  return total;
}

absl::Status ReferenceKeeper::RecomputeAll(std::int64_t version, const std::vector<std::string>& orders) {
  struct Results {
    absl::Mutex mutex;
    absl::Status first ABSL_GUARDED_BY(mutex);
  };
  Results results;
  absl::BlockingCounter counter(static_cast<int>(orders.size()));
  for (const std::string& order : orders) {
    ledger::Command command = PlatformCommand(tenant_, "RecomputeOrder", clock_.Now());
    command.request_id = absl::StrCat("campaign-", version, "-", order);
    command.request_hash = command.request_id;
    command.names = {{OrderKey(order)}, {HeadKey(), ledger::Access::kRely}};
    command.decide = [this, order, version](const ledger::View& view) {
      return DecideRecompute(view, setting_, SystemActor(absl::StrCat("campaign ", version)), order);
    };
    ledger_.Submit(std::move(command), [&results, &counter](const absl::StatusOr<ledger::Answer>& answer) {
      {
        const absl::MutexLock lock(&results.mutex);
        // An order with unreadable state stops itself, not the campaign (RTE-25).
        if (!answer.ok() && ReasonOf(answer.status()) != config::v1::REASON_ORDER_STATE_UNKNOWN) {
          results.first.Update(answer.status());
        }
      }
      counter.DecrementCount();
    });
  }
  counter.Wait();
  const absl::MutexLock lock(&results.mutex);
  return results.first;
}

absl::Status ReferenceKeeper::MoveCursor(std::int64_t version, const std::string& cursor, std::int64_t orders,
                                         bool done) {
  ledger::Command command = PlatformCommand(tenant_, "CampaignStep", clock_.Now());
  command.names = {{CampaignKey(version)}};
  command.decide = [=](const ledger::View& view) { return DecideCampaignStep(view, version, cursor, orders, done); };
  return ledger_.Run(std::move(command)).status();
}

}  // namespace jinqi::routing
