// 为企服务人员: who serves, at which desks, until when (INT-11), and who never can (INT-12).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/privacy.h"
#include "services/intake/reference.h"
#include "services/intake/refused_act.h"
#include "services/intake/service_area.h"

namespace jinqi::intake {

inline constexpr std::string_view kServicePersonKind = "service_person";
// Rows of one import: with their desks and the record of refusals they are what one command may name.
inline constexpr int kMaxPersonRows = 45;

// The id is that of the person row, too.
std::string ServicePersonId(std::string_view account);
ledger::Key ServicePersonKey(std::string_view account);

// The account of `servicePersons/{account}`; NOT_FOUND for any other name.
absl::StatusOr<std::string> AccountOfName(std::string_view name);
std::string ServicePersonName(std::string_view account);

// Records of persons after a change; the history row says what happened.
ledger::Change PersonChange(const v1::ServicePersonRecord& record, std::string_view type, std::string_view detail);

// A person who is to be entered.
struct EnteredPerson {
  // Counted from 1.
  std::int64_t row = 1;
  // Normal form, without personal values.
  v1::ServicePerson person;
  Sealed sealed;
  // The first fault; the row is then not taken. REASON_UNSPECIFIED: none.
  Reason fault = config::v1::REASON_UNSPECIFIED;
  std::string field;
  std::optional<DeskPlace> desk;
};

// The fields of a person: normal form and personal values, or the faults below `path`, all at once.
// GRASSROOTS_FORBIDDEN comes before all others, and for whoever asks (INT-12).
struct CheckedPerson {
  v1::ServicePerson person;
  v1::ServicePersonPrivate values;
  absl::Status faults;
};
CheckedPerson CheckServicePerson(const v1::ServicePerson& person, const Actor& actor, const Reference& reference,
                                 std::string_view path);

struct EnterPersons {
  std::vector<EnteredPerson> rows;
  RefusedAttempt attempt;
  int max_area_desks = 20;
  int max_person_desks = 40;
};

std::vector<ledger::Name> NamesOf(const EnterPersons& enter);
// One person; the answer is a RecordedAnswer: of a villager or community worker the refusal is what is committed.
// ALREADY_EXISTS for an active person; one who was deactivated comes back.
absl::StatusOr<ledger::Outcome> DecideEnterPerson(const ledger::View& view, const EnterPersons& enter);
// Many; a faulty row is left out and told by its number. The answer is an ImportServicePersonsResponse.
absl::StatusOr<ledger::Outcome> DecideImportPersons(const ledger::View& view, const EnterPersons& enter);

struct Deactivation {
  std::string account;
  // Empty: nobody.
  std::string successor;
  std::string etag;
  // Of the person whose desks were read, to be named.
  std::int64_t read_version = 0;
  std::vector<DeskPlace> desks;
  Actor actor;
  int max_person_desks = 40;
};

std::vector<ledger::Name> NamesOf(const Deactivation& deactivation);
// How many subjects point to each desk, counted under the areas' locks.
std::vector<ledger::Query> QuestionsOf(const Deactivation& deactivation);
// SUBJECTS_UNASSIGNED with the count while somebody would be left without a person.
absl::StatusOr<ledger::Outcome> DecideDeactivate(const ledger::View& view, const Deactivation& deactivation);

}  // namespace jinqi::intake
