// 片区 and their desks: which person answers for which subjects (INT-11). The area's record is the parent of its desks
// and of all subjects that point to them: who assigns a subject relies on it, who staffs or vacates a desk changes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/reference.h"

namespace jinqi::intake {

inline constexpr std::string_view kServiceAreaKind = "service_area";
// Subjects that one call may assign: with the area they are what one command may name.
inline constexpr int kMaxAssigned = 90;

ledger::Key ServiceAreaKey(std::string_view code);

// The code of `serviceAreas/{code}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> AreaOfName(std::string_view name);

struct DeskPlace {
  std::string area;
  int slot = 0;
  bool operator==(const DeskPlace&) const = default;
};

// `serviceAreas/{code}/desks/{slot}`, slot 1–99 without leading zeros; NOT_FOUND for any other name.
absl::StatusOr<DeskPlace> DeskOfName(std::string_view name);
std::string DeskName(const DeskPlace& place);

// nullptr: the area has no such desk.
const v1::Desk* FindDesk(const v1::ServiceArea& area, int slot);

// Whether an active person sits at some desk of the area.
bool IsStaffed(const v1::ServiceArea& area);

// NO_SERVICE_STAFF unless an active person sits at the desk.
absl::Status CheckStaffed(const v1::ServiceArea& area, int slot);

// The desk that a subject of the register points to; an empty area: none.
DeskPlace PlaceOf(const v1::Enterprise& enterprise);

// The question how many subjects point to a desk.
ledger::Query SubjectsOf(const DeskPlace& place);

// Puts the person (a name, or empty) at the desk, which is made if it is new.
void SeatPerson(const DeskPlace& place, const std::string& person, v1::ServiceArea& area);

// The area's record after a change.
ledger::Change AreaChange(const v1::ServiceArea& area, std::string_view type, std::string_view detail);

// Whether the caller may change what belongs to the district: a district hub in its own only.
bool MayManage(const Actor& actor, std::string_view district);

// The area in normal form, without desks; all faults at once below `service_area`.
absl::StatusOr<v1::ServiceArea> CheckServiceArea(const v1::ServiceArea& area, const Actor& actor,
                                                 const Reference& reference);

// ALREADY_EXISTS for a code that was ever used.
absl::StatusOr<ledger::Outcome> DecideCreateServiceArea(const ledger::View& view, v1::ServiceArea area);

struct StaffDesk {
  DeskPlace place;
  std::string account;
  std::string etag;
  Actor actor;
  int max_area_desks = 20;
  int max_person_desks = 40;
};

// Area and person, for change; who sits there before is asked for.
std::vector<ledger::Name> NamesOf(const StaffDesk& staff);
// Names the person of a desk in one commit with the lists of desks of both persons.
ledger::Decide DecideStaffDesk(StaffDesk staff);

struct AssignSubjects {
  DeskPlace place;
  // Credit codes.
  std::vector<std::string> subjects;
  bool move = false;
  Actor actor;
};

std::vector<ledger::Name> NamesOf(const AssignSubjects& assign);
// All subjects or none; faults by `enterprises[i]`. Exactly one desk per subject: PRIMARY_EXISTS unless it is to move.
absl::StatusOr<ledger::Outcome> DecideAssign(const ledger::View& view, const AssignSubjects& assign);

}  // namespace jinqi::intake
