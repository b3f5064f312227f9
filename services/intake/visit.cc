#include "services/intake/visit.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "services/intake/demand_changes.h"
#include "services/intake/subject_inspection.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

constexpr std::string_view kPrefix = "visits/";

// What makes the visit an inspection in disguise; empty: nothing.
absl::StatusOr<std::string> SuspicionOf(const View& view, const NewVisit& visit) {
  if (visit.has_inspection_items) return std::string("INSPECTION_ITEMS");
  if (!visit.by_inspector || view.Find(InspectionKey(visit.uscc)) == nullptr) return std::string();
  ASSIGN_OR_RETURN(const auto record, view.Read<v1::SubjectInspectionRecord>(InspectionKey(visit.uscc)));
  const bool open = IsInspectedOn(record, clock::FromProto(visit.visit.visit_time()));
  return std::string(open ? "OPEN_INSPECTION" : "");
}

void Append(Outcome from, Outcome& to) {
  std::move(from.changes.begin(), from.changes.end(), std::back_inserter(to.changes));
  std::move(from.persons.begin(), from.persons.end(), std::back_inserter(to.persons));
  std::move(from.need.begin(), from.need.end(), std::back_inserter(to.need));
}

}  // namespace

std::string VisitId(std::string_view uuid) { return absl::StrCat("visit/", std::string(uuid)); }
ledger::Key VisitKey(std::string_view uuid) { return {std::string(kVisitKind), VisitId(uuid)}; }

absl::StatusOr<std::string> VisitOfName(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return Error(config::v1::REASON_NOT_FOUND);
  return std::string(name.substr(kPrefix.size()));
}

std::vector<ledger::Name> NamesOf(const NewVisit& visit) {
  std::vector<ledger::Name> names = {{VisitKey(visit.uuid)}, {RefusedActKey(visit.attempt.id)}};
  if (visit.by_inspector) names.push_back({InspectionKey(visit.uscc), ledger::Access::kRely});
  for (const CreateInput& need : visit.needs) {
    for (ledger::Name& name : NamesOf(need)) names.push_back(std::move(name));
  }
  return names;
}

ledger::Decide DecideVisit(NewVisit visit, const Reference* reference) {
  std::vector<ledger::Decide> creates;
  for (const CreateInput& need : visit.needs) creates.push_back(DecideCreate(need, reference));
  return [visit = std::move(visit), creates = std::move(creates)](const View& view) -> absl::StatusOr<Outcome> {
    ASSIGN_OR_RETURN(const std::string suspicion, SuspicionOf(view, visit));
    Outcome outcome;
    if (!suspicion.empty()) {
      const Reason reason = config::v1::REASON_DISGUISED_CHECK_SUSPECT;
      outcome.changes.push_back(RefusedActChange(visit.attempt, reason, {visit.uscc}, {}, suspicion, view.now()));
      outcome.answer = RefusedAnswer(reason, visit.has_inspection_items ? "inspection_items" : "visit.enterprise");
      return outcome;
    }
    RETURN_IF_ERROR(visit.faults);
    v1::VisitRecord record;
    *record.mutable_visit() = visit.visit;
    *record.mutable_visit()->mutable_create_time() = clock::ToProto(view.now());
    record.set_person_digest(visit.sealed.digest);
    for (std::size_t i = 0; i < creates.size(); ++i) {
      ASSIGN_OR_RETURN(Outcome created, creates[i](view));
      Append(std::move(created), outcome);
      record.mutable_visit()->add_demands(absl::StrCat("demands/", visit.needs[i].order_no));
    }
    if (!outcome.need.empty()) return outcome;
    outcome.changes.push_back({VisitKey(visit.uuid),
                               record.SerializeAsString(),
                               std::nullopt,
                               {Note("VisitLogged", "VISIT_LOGGED", absl::StrCat(creates.size()))}});
    outcome.persons.push_back(visit.sealed.person);
    v1::RecordedAnswer answer;
    answer.set_response(record.visit().SerializeAsString());
    outcome.answer = answer.SerializeAsString();
    return outcome;
  };
}

}  // namespace jinqi::intake
