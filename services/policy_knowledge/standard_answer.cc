#include "services/policy_knowledge/standard_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/policy.h"

namespace jinqi::policy {
namespace {

using v1::StandardAnswer;
using v1::StandardAnswerRecord;

constexpr std::string_view kPrefix = "standardAnswers/";
constexpr std::string_view kStatePrefix = "STATE_";
constexpr std::size_t kMaxId = 32;
constexpr std::size_t kMinText = 2;
constexpr std::size_t kMaxQuestion = 200;
constexpr std::size_t kMaxShortAnswer = 300;
constexpr std::size_t kMaxFullAnswer = 4000;
constexpr std::size_t kMaxLine = 200;
constexpr int kMaxEntries = 20;

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool IsIdCharacter(char c) { return IsCapital(c) || (c >= '0' && c <= '9') || c == '-'; }

class Checker {
 public:
  explicit Checker(std::string_view prefix) : prefix_(prefix) {}

  // `minimum` 0: it may be missing.
  void Text(std::string_view field, const std::string& text, std::size_t minimum, std::size_t maximum) {
    const std::size_t size = text::CodePoints(text::Trim(text));
    if (size == 0 && minimum > 0) return Add(field, config::v1::REASON_REQUIRED);
    if (size > 0 && size < minimum) Add(field, config::v1::REASON_TOO_SHORT);
    if (size > maximum) Add(field, config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(maximum)}});
  }
  void Texts(std::string_view field, const google::protobuf::RepeatedPtrField<std::string>& texts) {
    if (texts.size() > kMaxEntries) Add(field, config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(kMaxEntries)}});
    for (const std::string& text : texts) Text(field, text, kMinText, kMaxQuestion);
  }
  void Add(std::string_view field, Reason reason, const Metadata& metadata = {}) {
    faults_.Add(absl::StrCat(prefix_, std::string(field)), reason, metadata);
  }
  absl::Status ToStatus() const { return faults_.ToStatus(); }

 private:
  const std::string prefix_;
  Faults faults_;
};

// What a caller may write, and nothing else.
StandardAnswer Written(const StandardAnswer& given) {
  StandardAnswer answer;
  answer.set_question(text::SingleLine(given.question()));
  for (const std::string& variant : given.variants()) answer.add_variants(text::SingleLine(variant));
  answer.set_short_answer(text::Trim(given.short_answer()));
  answer.set_full_answer(text::Trim(given.full_answer()));
  *answer.mutable_basis() = given.basis();
  answer.set_audience(text::SingleLine(given.audience()));
  answer.set_owner(given.owner());
  answer.set_review_due_date(given.review_due_date());
  answer.set_state(StandardAnswer::STATE_DRAFT);
  return answer;
}

absl::Status WrongState(StandardAnswer::State state) {
  return Error(config::v1::REASON_ANSWER_STATE,
               {{"state", StandardAnswer::State_Name(state).substr(kStatePrefix.size())}});
}

// One change of an answer: its record as it was seen, and what is committed.
class Edit {
 public:
  static absl::StatusOr<Edit> Open(const ledger::View& view, const std::string& name, const std::string& etag) {
    ASSIGN_OR_RETURN(AnswerName parsed, ParseAnswerName(name));
    if (parsed.version.has_value()) return Error(config::v1::REASON_NOT_FOUND);
    const ledger::Record* stored = view.Find(StandardAnswerKey(parsed.id));
    if (stored == nullptr) return Error(config::v1::REASON_NOT_FOUND);
    Edit edit(view, std::move(parsed.id), stored->version);
    if (!edit.record_.ParseFromString(stored->body)) return absl::DataLossError("standard answer is not readable");
    if (etag.empty()) return FieldError("etag", config::v1::REASON_ETAG_REQUIRED);
    if (etag != absl::StrCat(stored->version)) {
      return Error(config::v1::REASON_VERSION_CONFLICT,
                   {{"etag", absl::StrCat(stored->version)},
                    {"state", StandardAnswer::State_Name(edit.last().state()).substr(kStatePrefix.size())}});
    }
    return edit;
  }
  static Edit New(const ledger::View& view, std::string id) { return Edit(view, std::move(id), 0); }

  StandardAnswerRecord& record() { return record_; }
  StandardAnswer& last() { return *record_.mutable_versions(record_.versions_size() - 1); }
  absl::CivilDay today() const { return clock::ShanghaiDate(view_.now()); }
  google::protobuf::Timestamp now() const { return clock::ToProto(view_.now()); }

  // The draft that can be written: the last version while it is one, else a new one.
  StandardAnswer& Draft(const StandardAnswer& written) {
    const bool rewrites = record_.versions_size() > 0 && last().state() == StandardAnswer::STATE_DRAFT;
    if (!rewrites) {
      record_.add_versions();
      record_.clear_editors();
    }
    last() = written;
    last().set_name(absl::StrCat(std::string(kPrefix), id_));
    last().set_version(record_.versions_size());
    last().set_kb_ref(absl::StrCat(id_, "@", record_.versions_size()));
    return last();
  }
  void AddEditor(const std::string& account) {
    last().set_editor(account);
    const auto& editors = record_.editors();
    if (std::find(editors.begin(), editors.end(), account) == editors.end()) record_.add_editors(account);
  }

  absl::StatusOr<ledger::Outcome> Finish(std::string type) {
    *last().mutable_update_time() = now();
    ledger::Outcome outcome;
    const std::string body = record_.SerializeAsString();
    outcome.changes.push_back({StandardAnswerKey(id_), body, std::nullopt, {{std::move(type), body, std::nullopt}}});
    outcome.answer = ShownOn(record_, record_.versions_size() - 1, version_ + 1, today()).SerializeAsString();
    return outcome;
  }

 private:
  Edit(const ledger::View& view, std::string id, std::int64_t version)
      : view_(view), id_(std::move(id)), version_(version) {}

  const ledger::View& view_;
  std::string id_;
  std::int64_t version_;
  StandardAnswerRecord record_;
};

absl::StatusOr<absl::CivilDay> DayField(std::string_view field, const std::string& date, absl::CivilDay otherwise) {
  if (date.empty()) return otherwise;
  const auto day = clock::ParseDate(date);
  if (!day.ok()) return FieldError(field, config::v1::REASON_FORMAT);
  return *day;
}

absl::Status CheckReason(const std::string& reason) {
  Checker checker("");
  checker.Text("reason", reason, kMinText, kMaxLine);
  return checker.ToStatus();
}

}  // namespace

bool IsAnswerId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && IsCapital(id.front()) && id.back() != '-' &&
         std::all_of(id.begin(), id.end(), IsIdCharacter);
}

absl::StatusOr<AnswerName> ParseAnswerName(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return Error(config::v1::REASON_NOT_FOUND);
  const std::string_view rest = name.substr(kPrefix.size());
  const std::size_t at = rest.find('@');
  AnswerName parsed{std::string(rest.substr(0, at)), std::nullopt};
  if (!IsAnswerId(parsed.id)) return Error(config::v1::REASON_NOT_FOUND);
  if (at == std::string_view::npos) return parsed;
  int version = 0;
  // Only the spelling that is cited: no sign, no leading zero.
  const std::string digits(rest.substr(at + 1));
  if (!absl::SimpleAtoi(digits, &version) || version < 1 || absl::StrCat(version) != digits) {
    return Error(config::v1::REASON_NOT_FOUND);
  }
  parsed.version = version;
  return parsed;
}

absl::Status CheckAnswer(const StandardAnswer& answer, std::string_view prefix) {
  Checker checker(prefix);
  checker.Text("question", answer.question(), kMinText, kMaxQuestion);
  checker.Texts("variants", answer.variants());
  checker.Text("short_answer", answer.short_answer(), kMinText, kMaxShortAnswer);
  checker.Text("full_answer", answer.full_answer(), 0, kMaxFullAnswer);
  checker.Texts("basis", answer.basis());
  checker.Text("audience", answer.audience(), 0, kMaxLine);
  checker.Text("owner", answer.owner(), 0, kMaxLine);
  if (!answer.review_due_date().empty() && !clock::ParseDate(answer.review_due_date()).ok()) {
    checker.Add("review_due_date", config::v1::REASON_FORMAT);
  }
  return checker.ToStatus();
}

std::int64_t UpdateTimeOf(const StandardAnswerRecord& record) {
  std::int64_t newest = 0;
  for (const StandardAnswer& version : record.versions()) {
    newest = std::max(newest, clock::FromProto(version.update_time()));
  }
  return newest;
}

StandardAnswer::State StateOn(const StandardAnswerRecord& record, int index, absl::CivilDay day) {
  const StandardAnswer& version = record.versions(index);
  if (version.state() != StandardAnswer::STATE_PUBLISHED) return version.state();
  const auto has_come = [day](const StandardAnswer& one) {
    const auto first = clock::ParseDate(one.effective_date());
    return one.has_publish_time() && first.ok() && *first <= day;
  };
  if (!has_come(version)) return StandardAnswer::STATE_PUBLISHED;
  if (std::any_of(record.versions().begin() + index + 1, record.versions().end(), has_come)) {
    return StandardAnswer::STATE_REPLACED;
  }
  const auto last = clock::ParseDate(version.expiry_date());
  return last.ok() && day > *last ? StandardAnswer::STATE_EXPIRED : StandardAnswer::STATE_EFFECTIVE;
}

std::optional<int> InForceOn(const StandardAnswerRecord& record, absl::CivilDay day) {
  for (int i = record.versions_size() - 1; i >= 0; --i) {
    if (StateOn(record, i, day) == StandardAnswer::STATE_EFFECTIVE) return i;
  }
  return std::nullopt;
}

StandardAnswer ShownOn(const StandardAnswerRecord& record, int index, std::int64_t record_version, absl::CivilDay day) {
  StandardAnswer shown = record.versions(index);
  shown.set_state(StateOn(record, index, day));
  shown.set_etag(absl::StrCat(record_version));
  return shown;
}

Passage PassageOf(const StandardAnswer& answer) {
  return Passage(absl::StrCat(answer.question(), " ", absl::StrJoin(answer.variants(), " ")),
                 absl::StrCat(answer.short_answer(), " ", answer.full_answer()));
}

absl::StatusOr<ledger::Outcome> DecideCreateAnswer(const ledger::View& view,
                                                   const v1::CreateStandardAnswerRequest& request,
                                                   const std::string& account) {
  if (view.Find(StandardAnswerKey(request.answer_id())) != nullptr) {
    return FieldError("answer_id", config::v1::REASON_ALREADY_EXISTS);
  }
  Edit edit = Edit::New(view, request.answer_id());
  edit.Draft(Written(request.answer()));
  edit.AddEditor(account);
  return edit.Finish("StandardAnswerCreated");
}

absl::StatusOr<ledger::Outcome> DecideUpdateAnswer(const ledger::View& view,
                                                   const v1::UpdateStandardAnswerRequest& request,
                                                   const std::string& account) {
  ASSIGN_OR_RETURN(Edit edit, Edit::Open(view, request.answer().name(), request.etag()));
  const StandardAnswer::State state = edit.last().state();
  if (state == StandardAnswer::STATE_SUBMITTED || state == StandardAnswer::STATE_APPROVED) return WrongState(state);
  edit.Draft(Written(request.answer()));
  edit.AddEditor(account);
  return edit.Finish("StandardAnswerWritten");
}

absl::StatusOr<ledger::Outcome> DecideSubmitAnswer(const ledger::View& view,
                                                   const v1::SubmitStandardAnswerRequest& request,
                                                   const std::string& account) {
  ASSIGN_OR_RETURN(Edit edit, Edit::Open(view, request.name(), request.etag()));
  if (edit.last().state() != StandardAnswer::STATE_DRAFT) return WrongState(edit.last().state());
  Faults faults;
  if (edit.last().basis().empty()) faults.Add("basis", config::v1::REASON_REQUIRED);
  if (edit.last().owner().empty()) faults.Add("owner", config::v1::REASON_REQUIRED);
  RETURN_IF_ERROR(faults.ToStatus());
  edit.last().set_state(StandardAnswer::STATE_SUBMITTED);
  edit.last().clear_remark();
  edit.AddEditor(account);
  return edit.Finish("StandardAnswerSubmitted");
}

absl::StatusOr<ledger::Outcome> DecideReviewAnswer(const ledger::View& view,
                                                   const v1::ReviewStandardAnswerRequest& request,
                                                   const std::string& account) {
  ASSIGN_OR_RETURN(Edit edit, Edit::Open(view, request.name(), request.etag()));
  if (edit.last().state() != StandardAnswer::STATE_SUBMITTED) return WrongState(edit.last().state());
  const auto& editors = edit.record().editors();
  if (std::find(editors.begin(), editors.end(), account) != editors.end()) {
    return Error(config::v1::REASON_APPROVER_IS_EDITOR);
  }
  if (!request.approved()) {
    RETURN_IF_ERROR(CheckReason(request.reason()));
    edit.last().set_state(StandardAnswer::STATE_DRAFT);
    edit.last().set_remark(text::SingleLine(request.reason()));
    return edit.Finish("StandardAnswerSentBack");
  }
  edit.last().set_state(StandardAnswer::STATE_APPROVED);
  edit.last().set_approver(account);
  return edit.Finish("StandardAnswerApproved");
}

absl::StatusOr<ledger::Outcome> DecidePublishAnswer(const ledger::View& view,
                                                    const v1::PublishStandardAnswerRequest& request,
                                                    const std::string&) {
  ASSIGN_OR_RETURN(Edit edit, Edit::Open(view, request.name(), request.etag()));
  if (edit.last().state() != StandardAnswer::STATE_APPROVED) return WrongState(edit.last().state());
  ASSIGN_OR_RETURN(const absl::CivilDay first, DayField("effective_date", request.effective_date(), edit.today()));
  ASSIGN_OR_RETURN(const absl::CivilDay last, DayField("expiry_date", request.expiry_date(), first));
  if (first < edit.today()) return FieldError("effective_date", config::v1::REASON_OUT_OF_RANGE);
  if (last < first) {
    return FieldError("expiry_date", config::v1::REASON_DATES_OUT_OF_ORDER,
                      {{"earlier", "生效日期"}, {"later", "失效日期"}});
  }
  edit.last().set_state(StandardAnswer::STATE_PUBLISHED);
  edit.last().set_effective_date(absl::FormatCivilTime(first));
  edit.last().set_expiry_date(request.expiry_date());
  *edit.last().mutable_publish_time() = edit.now();
  return edit.Finish("StandardAnswerPublished");
}

absl::StatusOr<ledger::Outcome> DecideRetireAnswer(const ledger::View& view,
                                                   const v1::RetireStandardAnswerRequest& request, const std::string&) {
  ASSIGN_OR_RETURN(Edit edit, Edit::Open(view, request.name(), request.etag()));
  RETURN_IF_ERROR(CheckReason(request.reason()));
  bool retired = false;
  for (StandardAnswer& version : *edit.record().mutable_versions()) {
    if (version.state() != StandardAnswer::STATE_PUBLISHED) continue;
    version.set_state(StandardAnswer::STATE_RETIRED);
    *version.mutable_retire_time() = edit.now();
    version.set_remark(text::SingleLine(request.reason()));
    retired = true;
  }
  if (!retired) return WrongState(edit.last().state());
  return edit.Finish("StandardAnswerRetired");
}

}  // namespace jinqi::policy
