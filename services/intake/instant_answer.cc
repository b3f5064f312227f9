#include "services/intake/instant_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/text/text.h"
#include "services/intake/demand_changes.h"
#include "services/intake/order_view.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

constexpr std::size_t kMinText = 2;
constexpr std::size_t kMaxAnswer = 1000;
constexpr std::size_t kMaxQuestion = 200;
constexpr std::size_t kMaxKbRef = 64;
constexpr std::size_t kMaxTitle = 60;
constexpr std::size_t kMaxContent = 4000;
constexpr std::size_t kMaxLanguage = 35;

// A primary tag of two or three letters, then subtags of up to eight letters and digits.
bool IsLanguageTag(const std::string& tag) {
  if (tag.size() > kMaxLanguage) return false;
  std::size_t length = 0;
  bool primary = true;
  for (std::size_t i = 0; i <= tag.size(); ++i) {
    if (i == tag.size() || tag[i] == '-') {
      if (primary ? (length != 2 && length != 3) : (length < 1 || length > 8)) return false;
      primary = false;
      length = 0;
      continue;
    }
    if (primary ? !absl::ascii_isalpha(static_cast<unsigned char>(tag[i]))
                : !absl::ascii_isalnum(static_cast<unsigned char>(tag[i]))) {
      return false;
    }
    ++length;
  }
  return true;
}

// The demand as its holder saw it.
absl::StatusOr<v1::DemandRecord> ReadHeld(const View& view, const std::string& order_no, const std::string& etag,
                                          const Actor& actor) {
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, DemandKey(order_no)));
  RETURN_IF_ERROR(CheckHolder(record, actor));
  if (record.with_routing()) return Error(config::v1::REASON_ORDER_NOT_HELD);
  RETURN_IF_ERROR(CheckEtag(etag, *view.Find(DemandKey(order_no)), record.demand().state()));
  return record;
}

// The last change of the demand's own record tells that there is no entry.
void ReportGap(const View& view, const AnswerInput& input, const v1::DemandRecord& record, Outcome& outcome) {
  if (input.kb_ref != kNoEntry) return;
  const auto change = std::find_if(outcome.changes.begin(), outcome.changes.end(),
                                   [](const ledger::Change& one) { return one.key.kind == kDemandKind; });
  ledger::Event gap = Note("KnowledgeGapFound", "KNOWLEDGE_GAP", "");
  gap.message = GapMessage(record, input.gap_question, input.submit.actor.caller.subject, view.now());
  change->events.push_back(std::move(gap));
}

absl::StatusOr<Outcome> EndAnswered(const View& view, const AnswerInput& input, v1::DemandRecord record) {
  const ledger::Key key = DemandKey(input.submit.order_no);
  ASSIGN_OR_RETURN(ledger::Event answered,
                   Move(record, events::v1::ORDER_STATE_ANSWERED, view.now(), "DemandAnswered", input.kb_ref));
  v1::Demand& demand = *record.mutable_demand();
  End(demand, events::v1::RESULT_TYPE_SOLVED, view.now());
  demand.clear_refusal_proposal();
  *demand.mutable_feedback_time() = clock::ToProto(view.now());
  record.set_has_result(true);
  answered.message = EndedMessage(record);
  Outcome outcome;
  outcome.changes.push_back(
      {key, record.SerializeAsString(), ArchiveAfter(view.now(), input.archive_after_days), {std::move(answered)}});
  outcome.changes.push_back(ResultChange(input.submit.order_no, view.now(), input.answer.digest, input.kb_ref));
  outcome.persons.push_back(input.answer.person);
  outcome.answer = AnswerOf(record, view.Find(key)->version + 1);
  return outcome;
}

}  // namespace

std::string TranslationId(std::string_view order_no, std::string_view language) {
  return absl::StrCat(std::string(order_no), "/", std::string(language));
}
ledger::Key TranslationKey(std::string_view id) { return {std::string(kTranslationKind), std::string(id)}; }

absl::Status CheckAnswer(const v1::AnswerDemandRequest& request) {
  Faults faults;
  CheckText("answer_text", request.answer_text(), kMinText, kMaxAnswer, faults);
  if (request.accepted() || !request.kb_ref().empty()) CheckText("kb_ref", request.kb_ref(), 1, kMaxKbRef, faults);
  if (request.kb_ref() == kNoEntry) CheckText("gap_question", request.gap_question(), kMinText, kMaxQuestion, faults);
  return faults.ToStatus();
}

absl::StatusOr<Outcome> DecideAnswer(const View& view, const AnswerInput& input) {
  ASSIGN_OR_RETURN(v1::DemandRecord record,
                   ReadHeld(view, input.submit.order_no, input.submit.etag, input.submit.actor));
  RETURN_IF_ERROR(input.entry_fault);
  v1::InstantAnswer& given = *record.mutable_demand()->mutable_instant_answer();
  given.set_kb_ref(input.kb_ref);
  given.set_accepted(input.accepted);
  *given.mutable_time() = clock::ToProto(view.now());
  given.set_by(input.submit.actor.caller.subject);
  ASSIGN_OR_RETURN(Outcome outcome,
                   input.accepted ? EndAnswered(view, input, record) : Submit(view, record, input.submit));
  ReportGap(view, input, record, outcome);
  return outcome;
}

absl::StatusOr<Outcome> DecidePassOn(const View& view, const PassOnInput& input) {
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadHeld(view, input.order_no, input.etag, input.actor));
  if (!input.note.has_value()) return FieldError("note", config::v1::REASON_NOTE_REQUIRED);
  const ledger::Key key = DemandKey(input.order_no);
  Outcome outcome;
  outcome.changes.push_back(AddNote(record, *input.note, view.now(), outcome));
  HandOver(*record.mutable_demand(), v1::HOLDING_LEVEL_DISTRICT, input.actor.caller.subject, view.now());
  outcome.changes.push_back(
      {key, record.SerializeAsString(), std::nullopt, {Note("DemandPassedOn", "PASSED_ON", "DISTRICT")}});
  outcome.answer = AnswerOf(record, view.Find(key)->version + 1);
  return outcome;
}

absl::StatusOr<v1::Translation> CheckTranslation(const v1::Translation& translation) {
  v1::Translation checked;
  checked.set_language(text::Trim(text::Nfkc(translation.language())));
  checked.set_title(text::SingleLine(translation.title()));
  checked.set_content(text::Trim(translation.content()));
  checked.set_source(translation.source());
  Faults faults;
  if (checked.language().empty()) {
    faults.Add("translation.language", config::v1::REASON_REQUIRED);
  } else if (!IsLanguageTag(checked.language())) {
    faults.Add("translation.language", config::v1::REASON_LANGUAGE_TAG);
  }
  CheckText("translation.title", checked.title(), 1, kMaxTitle, faults);
  CheckText("translation.content", checked.content(), 1, kMaxContent, faults);
  if (checked.source() == v1::TRANSLATION_SOURCE_UNSPECIFIED) {
    faults.Add("translation.source", config::v1::REASON_REQUIRED);
  } else if (!v1::TranslationSource_IsValid(checked.source())) {
    faults.Add("translation.source", config::v1::REASON_UNKNOWN_VALUE);
  }
  RETURN_IF_ERROR(faults.ToStatus());
  return checked;
}

absl::StatusOr<Outcome> DecideTranslate(const View& view, const TranslateInput& input) {
  const ledger::Key key = DemandKey(input.order_no);
  ASSIGN_OR_RETURN(v1::DemandRecord record, ReadDemand(view, key));
  if (IsOver(record)) return EndedError(record);
  RETURN_IF_ERROR(CheckEtag(input.etag, *view.Find(key), record.demand().state()));
  v1::TranslationRecord translation;
  *translation.mutable_translation() = input.translation;
  *translation.mutable_translation()->mutable_time() = clock::ToProto(view.now());
  translation.mutable_translation()->set_by(input.by);
  translation.set_person_digest(input.sealed.digest);
  const std::string& language = input.translation.language();
  auto& languages = *record.mutable_translations();
  if (std::find(languages.begin(), languages.end(), language) == languages.end()) record.add_translations(language);

  Outcome outcome;
  outcome.changes.push_back(
      {key, record.SerializeAsString(), std::nullopt, {Note("DemandTranslated", "TRANSLATED", language)}});
  outcome.changes.push_back({TranslationKey(TranslationId(input.order_no, language)),
                             translation.SerializeAsString(),
                             std::nullopt,
                             {Note("DemandTranslated", "TRANSLATED", language)}});
  outcome.persons.push_back(input.sealed.person);
  outcome.answer = AnswerOf(record, view.Find(key)->version + 1);
  return outcome;
}

}  // namespace jinqi::intake
