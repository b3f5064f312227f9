// 申诉: one word of the undertaker against one rating (FBK-09).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/calendar/calendar.h"
#include "common/ledger/types.h"
#include "services/feedback/limits.h"
#include "services/feedback/round.h"

namespace jinqi::feedback {

// Every faulty field at once.
absl::Status CheckAppeal(const v1::CreateAppealRequest& request, const Limits& limits);
absl::Status CheckDecision(const v1::DecideAppealRequest& request);

struct AppealInput {
  RoundId id;
  // The caller's account and body.
  std::string account;
  std::string body;
  std::vector<std::string> evidence;
  SealedPrivate grounds;
};

// What the command names: the round (relied on) and the appeal (changed).
std::vector<ledger::Name> AppealNames(const RoundId& id);

// NOT_FOUND unless the body led the order; APPEAL_NOT_RATED, APPEAL_EXISTS; APPEAL_TOO_LATE after the third working day
// that follows the rating's last value. The answer is the Appeal.
absl::StatusOr<ledger::Outcome> DecideCreateAppeal(const ledger::View& view, AppealInput input,
                                                   const calendar::Calendar& calendar, const Limits& limits);

struct DecisionInput {
  RoundId id;
  std::string etag;
  std::string account;
  std::string body;
  // That the account is limited to; empty: none.
  std::string district;
  bool upheld = false;
  std::string reason;
};

// Names the round (both records) and the appeal (all changed). NOT_FOUND in another district; APPEAL_OWN_BODY for a
// body that handled the order; VERSION_CONFLICT; ILLEGAL_MOVE once decided. Upheld: the rating is out of the body's
// score. The answer is the Appeal.
absl::StatusOr<ledger::Outcome> DecideDecideAppeal(const ledger::View& view, const DecisionInput& input);

}  // namespace jinqi::feedback
