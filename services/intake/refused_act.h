// Acts that are refused and stay on record: who tried to shift a duty to a village or community (INT-12), or to inspect
// in the guise of a visit (INT-13).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/ledger/types.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/demand.h"

namespace jinqi::intake {

inline constexpr std::string_view kRefusedActKind = "refused_act";

ledger::Key RefusedActKey(std::string_view id);

struct RefusedAttempt {
  // Given when the call entered.
  std::string id;
  Actor actor;
  std::string method;
};

// The record of an attempt. The command must name its key. `targets`, `rows`, `detail`: as in RefusedAct.
ledger::Change RefusedActChange(const RefusedAttempt& attempt, Reason reason, const std::vector<std::string>& targets,
                                const std::vector<std::int64_t>& rows, std::string_view detail, ledger::Micros now);

// The answer that tells the caller of the refusal once it is committed.
std::string RefusedAnswer(Reason reason, std::string_view field);

}  // namespace jinqi::intake
