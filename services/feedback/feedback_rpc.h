// The services of feedback: from protobuf to commands and questions, and back.
#pragma once

#include "common/calendar/calendar_copy.h"
#include "common/ids/ids.h"
#include "common/ledger/ledger.h"
#include "common/paging/paging.h"
#include "common/rpc/methods.h"
#include "services/feedback/case_sources.h"
#include "services/feedback/limits.h"
#include "services/feedback/opinion.h"
#include "services/feedback/private_part.h"
#include "services/feedback/rating_token.h"

namespace jinqi::feedback {

// All that is given outlives the methods.
struct Deps {
  ledger::Ledger& ledger;
  const PrivateParts& privates;
  const RatingTokens& tokens;
  const paging::PageTokens& page_tokens;
  const Limits& limits;
  const calendar::CalendarCopy& calendar;
  ids::Ids& ids;
};

// FeedbackService.
void AddMethods(rpc::Methods& methods, const Deps& deps);

// AppealService (FBK-08, FBK-09).
void AddAppealMethods(rpc::Methods& methods, const Deps& deps);

// SecondFollowUpService (FBK-14).
void AddSecondFollowUpMethods(rpc::Methods& methods, const Deps& deps);

// How opinions are split, and whom they may go to; outlives the methods.
struct OpinionSetting {
  v1::OpinionRules rules;
  OpinionTargets targets;
};

// OpinionService (FBK-10).
void AddOpinionMethods(rpc::Methods& methods, const Deps& deps, const OpinionSetting& setting);

// ServiceCaseService (FBK-12).
void AddServiceCaseMethods(rpc::Methods& methods, const Deps& deps, const CaseSources& sources);

}  // namespace jinqi::feedback
