#include "services/intake/caller_mark.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "services/intake/demand_changes.h"

namespace jinqi::intake {
namespace {

constexpr std::string_view kPrefix = "callerMarks/";
constexpr int kPage = 1000;

absl::StatusOr<v1::CallerMarkRecord> ReadMark(const ledger::View& view, const std::string& id) {
  if (view.Find(CallerMarkKey(id)) == nullptr) return Error(config::v1::REASON_NOT_FOUND);
  return view.Read<v1::CallerMarkRecord>(CallerMarkKey(id));
}

ledger::Outcome Changed(const ledger::View& view, const std::string& id, const v1::CallerMarkRecord& record,
                        ledger::Event event) {
  const ledger::Record* before = view.Find(CallerMarkKey(id));
  ledger::Outcome outcome;
  outcome.changes.push_back({CallerMarkKey(id), record.SerializeAsString(), std::nullopt, {std::move(event)}});
  outcome.answer = ShownAt(record, (before == nullptr ? 0 : before->version) + 1, view.now()).SerializeAsString();
  return outcome;
}

// The record of a mark that holds, as the caller saw it.
absl::StatusOr<v1::CallerMarkRecord> ReadHolding(const ledger::View& view, const MarkChange& change) {
  ASSIGN_OR_RETURN(v1::CallerMarkRecord record, ReadMark(view, change.id));
  if (change.etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
  const std::string etag = EtagOf(view.Find(CallerMarkKey(change.id))->version);
  const bool holds = view.now() < HoldsUntil(record.mark());
  if (change.etag != etag) {
    return Error(config::v1::REASON_VERSION_CONFLICT, {{"etag", etag}, {"state", holds ? "IN_FORCE" : "ENDED"}});
  }
  if (!holds) return Error(config::v1::REASON_MARK_EXPIRED);
  return record;
}

// A danger to life is taken from anyone, whether a person said so or the words do.
bool IsDanger(const v1::Demand& demand) {
  const auto& flags = demand.review_flags();
  return demand.urgency() == events::v1::URGENCY_LIFE_SAFETY ||
         std::find(flags.begin(), flags.end(), kEmergencyWords) != flags.end();
}

}  // namespace

ledger::Key CallerMarkKey(std::string_view id) { return {std::string(kCallerMarkKind), std::string(id)}; }

absl::StatusOr<std::string> MarkIdOfName(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix || name.size() == kPrefix.size()) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  return std::string(name.substr(kPrefix.size()));
}

ledger::Micros HoldsUntil(const v1::CallerMark& mark) {
  return mark.has_lift_time() ? 0 : clock::FromProto(mark.expire_time());
}

v1::CallerMark ShownAt(const v1::CallerMarkRecord& record, std::int64_t version, ledger::Micros now) {
  v1::CallerMark mark = record.mark();
  mark.set_etag(EtagOf(version));
  mark.set_in_force(now < HoldsUntil(mark));
  return mark;
}

absl::StatusOr<ledger::Outcome> DecideMark(const ledger::View& view, const MarkInput& input) {
  v1::CallerMarkRecord record;
  if (view.Find(CallerMarkKey(input.id)) != nullptr) {
    ASSIGN_OR_RETURN(record, ReadMark(view, input.id));
    if (view.now() < HoldsUntil(record.mark())) return FieldError("phone", config::v1::REASON_ALREADY_EXISTS);
    record.clear_mark();
  }
  v1::CallerMark& mark = *record.mutable_mark();
  mark.set_name(absl::StrCat(std::string(kPrefix), input.id));
  mark.set_reason(input.reason);
  *mark.mutable_set_time() = clock::ToProto(view.now());
  mark.set_set_by(input.by);
  *mark.mutable_expire_time() = clock::ToProto(view.now() + input.days * clock::kDay);
  return Changed(view, input.id, record, Note("CallerMarked", "CALLER_MARKED", absl::StrCat(input.days)));
}

absl::StatusOr<ledger::Outcome> DecideLiftMark(const ledger::View& view, const MarkChange& change) {
  ASSIGN_OR_RETURN(v1::CallerMarkRecord record, ReadHolding(view, change));
  *record.mutable_mark()->mutable_lift_time() = clock::ToProto(view.now());
  record.mutable_mark()->set_lifted_by(change.by);
  return Changed(view, change.id, record, Note("CallerMarkLifted", "CALLER_MARK_LIFTED", ""));
}

absl::StatusOr<ledger::Outcome> DecideReferMark(const ledger::View& view, const MarkChange& change) {
  ASSIGN_OR_RETURN(v1::CallerMarkRecord record, ReadHolding(view, change));
  record.mutable_mark()->set_police_referred(true);
  record.mutable_mark()->set_police_reference(change.police_reference);
  return Changed(view, change.id, record, Note("CallerReferred", "POLICE_REFERRED", change.police_reference));
}

absl::Status HearMarkedCaller(const ledger::View& view, const CreateInput& create, v1::DemandRecord& record,
                              ledger::Outcome& outcome) {
  if (create.mark_id.empty() || view.Find(CallerMarkKey(create.mark_id)) == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(v1::CallerMarkRecord marked, ReadMark(view, create.mark_id));
  if (view.now() >= HoldsUntil(marked.mark())) return absl::OkStatus();
  const ledger::Micros next =
      clock::FromProto(marked.last_demand_time()) + create.marked_caller_seconds * clock::kSecond;
  if (marked.has_last_demand_time() && view.now() < next && !IsDanger(record.demand())) {
    const ledger::Micros seconds = (next - view.now() + clock::kSecond - 1) / clock::kSecond;
    return Error(config::v1::REASON_CALLER_MARKED, {{"seconds", absl::StrCat(seconds)}});
  }
  record.mutable_demand()->add_review_flags(std::string(kCallerMarked));
  *marked.mutable_last_demand_time() = clock::ToProto(view.now());
  outcome.changes.push_back({CallerMarkKey(create.mark_id),
                             marked.SerializeAsString(),
                             std::nullopt,
                             {Note("MarkedCallerHeard", "HEARD", create.order_no)}});
  return absl::OkStatus();
}

std::string CallerMarks::Find(const std::vector<std::string>& indexes) const {
  absl::MutexLock lock(&mutex_);
  for (const std::string& index : indexes) {
    if (ids_.contains(index)) return index;
  }
  return {};
}

absl::Status CallerMarks::Refresh(ledger::Reader& reader, const std::string& tenant, ledger::Micros now) {
  std::set<std::string> ids;
  ledger::Query query;
  query.kind = std::string(kCallerMarkKind);
  query.where = {{"holds_until", ledger::Comparison::kGreater, {now}}};
  query.limit = kPage;
  for (;;) {
    ASSIGN_OR_RETURN(const ledger::Rows rows, reader.List(tenant, query));
    for (const ledger::Record& row : rows.records) ids.insert(row.key.id);
    if (rows.records.size() < static_cast<std::size_t>(kPage)) break;
    query.after = {ledger::Value(), rows.records.back().key.id};
  }
  absl::MutexLock lock(&mutex_);
  ids_ = std::move(ids);
  return absl::OkStatus();
}

}  // namespace jinqi::intake
