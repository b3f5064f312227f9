#include "services/policy_knowledge/policy.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/policy_knowledge/kinds.h"

namespace jinqi::policy {
namespace {

using v1::Policy;

constexpr std::size_t kMaxId = 63;
constexpr std::size_t kMaxTitle = 200;
constexpr std::size_t kMaxLine = 500;
constexpr std::size_t kMaxText = 200'000;
constexpr int kMaxTags = 50;
constexpr std::string_view kPrefix = "policies/";

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsIdCharacter(char c) { return IsLower(c) || (c >= '0' && c <= '9') || c == '-'; }

// A date of a policy, with what people call it.
struct Date {
  std::string_view field;
  std::string_view zh;
  const std::string& text;
};

class Checker {
 public:
  explicit Checker(std::string_view prefix) : prefix_(prefix) {}

  void Text(std::string_view field, const std::string& text, std::size_t max, bool required = false) {
    if (required && text::Trim(text).empty()) return Add(field, config::v1::REASON_REQUIRED);
    if (text::CodePoints(text) > max) Add(field, config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(max)}});
  }

  // nullopt when it is empty or no date.
  std::optional<absl::CivilDay> Day(const Date& date) {
    if (date.text.empty()) return std::nullopt;
    const auto day = clock::ParseDate(date.text);
    if (day.ok()) return *day;
    Add(date.field, config::v1::REASON_FORMAT);
    return std::nullopt;
  }

  // Told at both fields; a date that is missing or none is no matter of order.
  void Order(const Date& earlier, const Date& later) {
    const auto first = clock::ParseDate(earlier.text);
    const auto second = clock::ParseDate(later.text);
    if (!first.ok() || !second.ok() || *first <= *second) return;
    const Metadata names{{"earlier", std::string(earlier.zh)}, {"later", std::string(later.zh)}};
    Add(earlier.field, config::v1::REASON_DATES_OUT_OF_ORDER, names);
    Add(later.field, config::v1::REASON_DATES_OUT_OF_ORDER, names);
  }

  void Add(std::string_view field, Reason reason, const Metadata& metadata = {}) {
    faults_.Add(absl::StrCat(prefix_, std::string(field)), reason, metadata);
  }

  absl::Status ToStatus() const { return faults_.ToStatus(); }

 private:
  const std::string prefix_;
  Faults faults_;
};

std::optional<absl::CivilDay> DayOf(const std::string& text) {
  const auto day = clock::ParseDate(text);
  return day.ok() ? std::optional<absl::CivilDay>(*day) : std::nullopt;
}

}  // namespace

bool IsPolicyId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && IsLower(id.front()) && id.back() != '-' &&
         std::all_of(id.begin(), id.end(), IsIdCharacter);
}

std::string PolicyIdOf(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return {};
  const std::string_view id = name.substr(kPrefix.size());
  return IsPolicyId(id) ? std::string(id) : std::string();
}

absl::Status CheckPolicy(const Policy& policy, std::string_view prefix) {
  Checker checker(prefix);
  checker.Text("title", policy.title(), kMaxTitle, true);
  checker.Text("issuer", policy.issuer(), kMaxLine, true);
  checker.Text("document_number", policy.document_number(), kMaxLine);
  checker.Text("drafter", policy.drafter(), kMaxLine);
  checker.Text("text", policy.text(), kMaxText);
  checker.Text("benefit", policy.benefit(), kMaxText);
  checker.Text("amount_rule", policy.amount_rule(), kMaxText);
  checker.Text("interpretation", policy.interpretation(), kMaxText);
  if (!Policy::Level_IsValid(policy.level())) checker.Add("level", config::v1::REASON_UNKNOWN_VALUE);
  if (!Policy::Type_IsValid(policy.type())) checker.Add("type", config::v1::REASON_UNKNOWN_VALUE);
  if (policy.tags_size() > kMaxTags)
    checker.Add("tags", config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(kMaxTags)}});

  const Date made{"made_date", "成文日期", policy.made_date()};
  const Date published{"publish_date", "发布日期", policy.publish_date()};
  const Date effective{"effective_date", "施行日期", policy.effective_date()};
  const Date expiry{"expiry_date", "失效日期", policy.expiry_date()};
  const Date repeal{"repeal_date", "废止日期", policy.repeal_date()};
  const Date start{"window_start_date", "申报开始日期", policy.window_start_date()};
  const Date end{"window_end_date", "申报截止日期", policy.window_end_date()};
  const Date review{"review_due_date", "复审日期", policy.review_due_date()};
  for (const Date& date : {made, published, effective, expiry, repeal, start, end, review}) checker.Day(date);
  checker.Order(made, effective);
  checker.Order(made, published);
  checker.Order(effective, expiry);
  checker.Order(effective, repeal);
  checker.Order(start, end);
  return checker.ToStatus();
}

Policy::State StateOn(const v1::PolicyRecord& record, absl::CivilDay day) {
  const Policy& policy = record.policy();
  if (!record.published()) return Policy::STATE_DRAFT;
  if (const auto published = DayOf(policy.publish_date()); published.has_value() && day < *published) {
    return Policy::STATE_DRAFT;
  }
  if (const auto repeal = DayOf(policy.repeal_date()); repeal.has_value() && day >= *repeal) {
    return Policy::STATE_REPEALED;
  }
  if (const auto effective = DayOf(policy.effective_date()); effective.has_value() && day < *effective) {
    return Policy::STATE_PUBLISHED;
  }
  if (const auto expiry = DayOf(policy.expiry_date()); expiry.has_value() && day > *expiry) {
    return Policy::STATE_EXPIRED;
  }
  return Policy::STATE_EFFECTIVE;
}

std::string_view MarkOf(Policy::State state) {
  if (state == Policy::STATE_REPEALED) return "已废止";
  return state == Policy::STATE_EXPIRED ? "已失效" : "";
}

absl::StatusOr<absl::CivilDay> AsOf(std::string_view date, absl::CivilDay today) {
  if (date.empty()) return today;
  const auto day = clock::ParseDate(date);
  if (!day.ok()) return FieldError("as_of_date", config::v1::REASON_FORMAT);
  return *day;
}

absl::StatusOr<ledger::Outcome> DecideCreatePolicy(const ledger::View& view, const std::string& id, Policy policy) {
  if (view.Find(PolicyKey(id)) != nullptr) {
    return FieldError("policy_id", config::v1::REASON_ALREADY_EXISTS);
  }
  policy.set_name(absl::StrCat(std::string(kPrefix), id));
  *policy.mutable_create_time() = clock::ToProto(view.now());
  *policy.mutable_update_time() = clock::ToProto(view.now());
  v1::PolicyRecord record;
  *record.mutable_policy() = policy;
  policy.set_etag("1");
  policy.set_state(Policy::STATE_DRAFT);
  ledger::Outcome outcome;
  const std::string body = record.SerializeAsString();
  outcome.changes.push_back({PolicyKey(id), body, std::nullopt, {{"PolicyCreated", body, std::nullopt}}});
  outcome.answer = policy.SerializeAsString();
  return outcome;
}

}  // namespace jinqi::policy
