// Service visits 服务走访: what staff found at an enterprise, and what must not pass as a visit (INT-13).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/refused_act.h"

namespace jinqi::intake {

inline constexpr std::string_view kVisitKind = "service_visit";

// The id is that of the person row, too.
std::string VisitId(std::string_view uuid);
ledger::Key VisitKey(std::string_view uuid);

// The uuid of `visits/{uuid}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> VisitOfName(std::string_view name);

// What is given to a visit when it is logged.
struct NewVisit {
  std::string uuid;
  std::string uscc;
  // Without the purpose; its demands are filled in.
  v1::Visit visit;
  Sealed sealed;
  // One for each need.
  std::vector<CreateInput> needs;
  // Inspection items were posted with it.
  bool has_inspection_items = false;
  // The account is one of enforcement, whatever other role it calls in.
  bool by_inspector = false;
  RefusedAttempt attempt;
  // Faults of the fields: told only of what is no suspect.
  absl::Status faults;
};

std::vector<ledger::Name> NamesOf(const NewVisit& visit);

// The visit and its demands in one commit. The answer is a RecordedAnswer: of a suspect the attempt is what is
// committed, for the supervisor.
ledger::Decide DecideVisit(NewVisit visit, const Reference* reference);

}  // namespace jinqi::intake
