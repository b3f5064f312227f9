// What a person does with a held demand besides sending it on and refusing it: answers it on the spot (INT-10), hands
// it up (INT-14), puts a translation beside it (INT-19).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/answer_service.pb.h"
#include "services/intake/demand.h"

namespace jinqi::intake {

// What is cited where the knowledge base has no entry.
inline constexpr std::string_view kNoEntry = "无条目";

inline constexpr std::string_view kTranslationKind = "translation";
std::string TranslationId(std::string_view order_no, std::string_view language);
ledger::Key TranslationKey(std::string_view id);

struct AnswerInput {
  // What a no becomes: the demand goes on to dispatch, with what was answered as its note.
  SubmitInput submit;
  std::string kb_ref;
  bool accepted = false;
  // Why the entry cannot be cited; told by the decision, so that a repeated request gets its first answer.
  absl::Status entry_fault;
  // What was answered, for the record `demand_result`.
  Sealed answer;
  // Of 无条目: what is lacking, without what tells who asked.
  std::string gap_question;
  int archive_after_days = 15;
};

// Every fault of the fields at once.
absl::Status CheckAnswer(const v1::AnswerDemandRequest& request);

// REGISTERED → ANSWERED with the caller's yes, → PENDING_DISPATCH with its no. ORDER_NOT_HELD for what routing has.
absl::StatusOr<ledger::Outcome> DecideAnswer(const ledger::View& view, const AnswerInput& input);

struct PassOnInput {
  std::string order_no;
  std::string etag;
  // What was tried; nullopt: NOTE_REQUIRED.
  std::optional<NewSupplement> note;
  Actor actor;
};

// From township or park to the district.
absl::StatusOr<ledger::Outcome> DecidePassOn(const ledger::View& view, const PassOnInput& input);

struct TranslateInput {
  std::string order_no;
  std::string etag;
  // Without its texts.
  v1::Translation translation;
  Sealed sealed;
  std::string by;
};

// Every fault of the fields at once; the translation in its normal form.
absl::StatusOr<v1::Translation> CheckTranslation(const v1::Translation& translation);

// Puts it beside the original, in place of an earlier one of the language. DEMAND_ENDED where nothing can be added.
absl::StatusOr<ledger::Outcome> DecideTranslate(const ledger::View& view, const TranslateInput& input);

}  // namespace jinqi::intake
