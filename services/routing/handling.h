// What the body does with an order: sign, talk, hand in, and tell the enterprise; and what the hub says to it
// (RTE-04–06, 25, 28, FBK-01–03, 07).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// Each names the order (changed) and reference/head (relied on); a text also the record that it becomes (changed).

// DISPATCHED → HANDLING. Late signing is marked and alarmed. A second signature changes nothing; one after the order
// was taken as signed is kept beside it. NOT_UNDERTAKER for another body.
absl::StatusOr<ledger::Outcome> DecideSign(const ledger::View& view, const Setting& setting, const Actor& actor,
                                           const v1::SignWorkOrderRequest& request);

// The first contact stops its clock. Every faulty field at once; FUTURE_TIME, TIME_TOO_EARLY before the dispatch.
absl::StatusOr<ledger::Outcome> DecideRecordContact(const ledger::View& view, const Setting& setting,
                                                    const Actor& actor, const v1::RecordContactRequest& request,
                                                    const SealedText& summary);

// HANDLING or REWORK → SUBMITTED. Every faulty field at once: RESULT_TOO_THIN, CONTACT_REQUIRED in this round, a basis,
// of EXPLAINED its reason, what was considered and which help is offered. ASSIST_OPEN unless a reason is given.
absl::StatusOr<ledger::Outcome> DecideSubmitResult(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::SubmitResultRequest& request, const SealedText& result);

// Approved: the result may be fed back. Sent back: SUBMITTED → HANDLING, with a reason.
absl::StatusOr<ledger::Outcome> DecideReviewResult(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::ReviewResultRequest& request);

// SUBMITTED → FED_BACK by the main body only (NOT_LEAD; DECISION_MISSING before a joint meeting has decided), with
// person, way and time. An anonymous order has nobody to follow up and closes at once. `result_text`: what the
// enterprise is told, already redacted.
absl::StatusOr<ledger::Outcome> DecideRecordFeedback(const ledger::View& view, const Setting& setting,
                                                     const Actor& actor, const v1::RecordFeedbackRequest& request,
                                                     const std::string& result_text);

// A note stops no clock (RTE-27).
absl::StatusOr<ledger::Outcome> DecideAddNote(const ledger::View& view, const Setting& setting, const Actor& actor,
                                              const v1::AddNoteRequest& request, const SealedText& note);

// An assisting body has done its part (RTE-04).
absl::StatusOr<ledger::Outcome> DecideAnswerAssist(const ledger::View& view, const Setting& setting, const Actor& actor,
                                                   const v1::AnswerAssistRequest& request, const SealedText& answer);

// REQUIRED, UNKNOWN_VALUE for what is no result of handling.
void CheckResultType(events::v1::ResultType type, const char* field, Faults& faults);

// → FED_BACK with the result, late or not; an anonymous order closes at once.
absl::Status ApplyFeedback(OrderEdit& edit, Micros time, const std::string& way, const std::string& person,
                           std::string result_text);

// Holds nothing but words like 已处理.
bool IsThin(std::string_view text);

// Puts on the order who gave the result to the enterprise, how and when, and whether that was late (FBK-01).
void HandOver(OrderEdit& edit, Micros time, const std::string& way, const std::string& person);

}  // namespace jinqi::routing
