#include "services/policy_knowledge/library.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "common/status/status.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/standard_answer.h"

namespace jinqi::policy {
namespace {

constexpr int kPage = 500;

absl::Status ReadAll(ledger::Ledger& ledger, const std::string& tenant, const std::string& kind,
                     const std::function<absl::Status(const ledger::Record&)>& take) {
  ledger::Query query;
  query.kind = kind;
  query.limit = kPage;
  for (;;) {
    ASSIGN_OR_RETURN(const ledger::Rows rows, ledger.reader().List(tenant, query));
    for (const ledger::Record& record : rows.records) RETURN_IF_ERROR(take(record));
    if (rows.records.size() < kPage) return absl::OkStatus();
    query.after = {ledger::Value(), rows.records.back().key.id};
  }
}

}  // namespace

const v1::PolicyRecord* Shelf::FindPolicy(const std::string& name) const {
  const auto found =
      std::lower_bound(policies.begin(), policies.end(), name,
                       [](const v1::PolicyRecord& a, const std::string& b) { return a.policy().name() < b; });
  return found == policies.end() || found->policy().name() != name ? nullptr : &*found;
}

const v1::Measure* Shelf::FindMeasure(const std::string& name) const {
  const auto found = std::find_if(measures.begin(), measures.end(),
                                  [&name](const v1::Measure& measure) { return measure.name() == name; });
  return found == measures.end() ? nullptr : &*found;
}

const ShelvedAnswer* Shelf::FindAnswer(const std::string& id) const {
  const auto found = std::lower_bound(answers.begin(), answers.end(), id,
                                      [](const ShelvedAnswer& a, const std::string& b) { return a.id < b; });
  return found == answers.end() || found->id != id ? nullptr : &*found;
}

std::int64_t Shelf::VersionOf(const v1::PolicyRecord& policy) const {
  return versions.at(static_cast<std::size_t>(&policy - policies.data()));
}

std::vector<const v1::Measure*> Shelf::MeasuresOf(const std::string& policy_name) const {
  std::vector<const v1::Measure*> own;
  for (const v1::Measure& measure : measures) {
    if (measure.name().rfind(policy_name + "/", 0) == 0) own.push_back(&measure);
  }
  std::stable_sort(own.begin(), own.end(),
                   [](const v1::Measure* a, const v1::Measure* b) { return a->place() < b->place(); });
  return own;
}

absl::StatusOr<std::shared_ptr<const Shelf>> ReadShelf(ledger::Ledger& ledger, const std::string& tenant) {
  std::vector<std::pair<v1::PolicyRecord, std::int64_t>> policies;
  auto shelf = std::make_shared<Shelf>();
  RETURN_IF_ERROR(ReadAll(ledger, tenant, kPolicy, [&](const ledger::Record& record) {
    v1::PolicyRecord policy;
    if (!policy.ParseFromString(record.body)) return absl::DataLossError("policy is not readable");
    shelf->newest = std::max(shelf->newest, clock::FromProto(policy.policy().update_time()));
    policies.emplace_back(std::move(policy), record.version);
    return absl::OkStatus();
  }));
  std::sort(policies.begin(), policies.end(),
            [](const auto& a, const auto& b) { return a.first.policy().name() < b.first.policy().name(); });
  for (auto& [policy, version] : policies) {
    shelf->policies.push_back(std::move(policy));
    shelf->versions.push_back(version);
  }
  RETURN_IF_ERROR(ReadAll(ledger, tenant, kMeasure, [&](const ledger::Record& record) {
    v1::Measure measure;
    if (!measure.ParseFromString(record.body)) return absl::DataLossError("measure is not readable");
    measure.set_etag(std::to_string(record.version));
    shelf->measures.push_back(std::move(measure));
    return absl::OkStatus();
  }));
  RETURN_IF_ERROR(ReadAll(ledger, tenant, kStandardAnswer, [&](const ledger::Record& record) {
    ShelvedAnswer answer{record.key.id, record.version, {}, {}};
    if (!answer.record.ParseFromString(record.body)) return absl::DataLossError("standard answer is not readable");
    for (const v1::StandardAnswer& version : answer.record.versions()) answer.passages.push_back(PassageOf(version));
    shelf->newest_answer = std::max(shelf->newest_answer, UpdateTimeOf(answer.record));
    shelf->answers.push_back(std::move(answer));
    return absl::OkStatus();
  }));
  std::sort(shelf->answers.begin(), shelf->answers.end(),
            [](const ShelvedAnswer& a, const ShelvedAnswer& b) { return a.id < b.id; });
  shelf->index = std::make_unique<const SearchIndex>(shelf->policies, shelf->measures);
  return std::shared_ptr<const Shelf>(std::move(shelf));
}

absl::StatusOr<std::shared_ptr<const Shelf>> Library::Of(const std::string& tenant, clock::Micros now) {
  std::shared_ptr<const Shelf> known;
  bool stale = true;
  {
    absl::MutexLock lock(&mutex_);
    City& city = cities_[tenant];
    const bool fresh = now >= city.looked && now < city.looked + clock::kSecond;
    if (city.shelf != nullptr && !city.stale && fresh) return city.shelf;
    known = city.shelf;
    stale = city.stale;
    city.stale = false;
    city.looked = now;
  }
  if (known != nullptr && !stale) {
    const auto news = HasNews(tenant, *known);
    if (!news.ok() || !*news) return known;
  }
  auto shelf = ReadShelf(ledger_, tenant);
  if (!shelf.ok()) {
    Refresh(tenant);
    if (known != nullptr) return known;
    return shelf.status();
  }
  absl::MutexLock lock(&mutex_);
  cities_[tenant].shelf = *shelf;
  return *std::move(shelf);
}

void Library::Refresh(const std::string& tenant) {
  absl::MutexLock lock(&mutex_);
  cities_[tenant].stale = true;
}

// What was committed in the very microsecond of the newest known one must not be missed: the number of them tells.
absl::StatusOr<bool> Library::HasNews(const std::string& tenant, const Shelf& shelf) {
  const auto differs = [&](const char* kind, clock::Micros newest, std::ptrdiff_t known) -> absl::StatusOr<bool> {
    ledger::Query query;
    query.kind = kind;
    query.where = {{"update_time", ledger::Comparison::kGreaterOrEqual, {newest}}};
    query.limit = kPage;
    query.count_only = true;
    ASSIGN_OR_RETURN(const ledger::Rows rows, ledger_.reader().List(tenant, query));
    return rows.count != known;
  };
  const auto policies = std::count_if(shelf.policies.begin(), shelf.policies.end(), [&shelf](const auto& record) {
    return clock::FromProto(record.policy().update_time()) >= shelf.newest;
  });
  ASSIGN_OR_RETURN(const bool changed, differs(kPolicy, shelf.newest, policies));
  if (changed) return true;
  const auto answers = std::count_if(shelf.answers.begin(), shelf.answers.end(), [&shelf](const ShelvedAnswer& answer) {
    return UpdateTimeOf(answer.record) >= shelf.newest_answer;
  });
  return differs(kStandardAnswer, shelf.newest_answer, answers);
}

}  // namespace jinqi::policy
