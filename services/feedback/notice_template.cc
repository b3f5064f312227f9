#include "services/feedback/notice_template.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/text/text.h"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {
namespace {

// What one message of the city's gateway holds.
constexpr std::size_t kMaxText = 500;
constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kTemplates = {{
    {"OrderProposed", "accepted"},
    {"OrderDispatched", "dispatched"},
    {"OrderExtended", "extended"},
    {"OrderEscalated", "escalated"},
    {"OrderFedBack", "fed_back"},
    {"OrderReworked", "reworked"},
    {"OrderClosed", "closed"},
    {"OrderLiaisonSent", "liaison"},
    {"OrderPartnerSent", "partner_sent"},
    {"OrderPartnerAccepted", "partner_accepted"},
    {"OrderPartnerReturned", "partner_returned"},
}};

constexpr std::array<std::string_view, 10> kVariables = {
    "order_no",       "accept_date",  "due_date",      "undertaker",     "result",
    "liaison_notice", "partner_name", "partner_phone", "partner_number", kRatingLink};

bool IsTemplate(std::string_view id) {
  return std::any_of(kTemplates.begin(), kTemplates.end(), [id](const auto& entry) { return entry.second == id; });
}

// Gives each variable of a text, and what stands between them, in order. False: a variable does not end.
bool Walk(std::string_view text, const std::function<void(std::string_view)>& plain,
          const std::function<void(std::string_view)>& variable) {
  while (true) {
    const std::size_t open = text.find(kOpen);
    plain(text.substr(0, open));
    if (open == std::string_view::npos) return true;
    text.remove_prefix(open + kOpen.size());
    const std::size_t close = text.find(kClose);
    if (close == std::string_view::npos) return false;
    variable(text.substr(0, close));
    text.remove_prefix(close + kClose.size());
  }
}

void CheckVariables(const v1::NoticeTemplate& given, Faults& faults) {
  for (int i = 0; i < given.variables_size(); ++i) {
    const std::string& name = given.variables(i);
    if (std::find(kVariables.begin(), kVariables.end(), name) != kVariables.end()) continue;
    faults.Add(absl::StrCat("template.variables[", i, "]"), config::v1::REASON_TEMPLATE_INVALID, {{"name", name}});
  }
}

void CheckText(const v1::NoticeTemplate& given, Faults& faults) {
  const auto& declared = given.variables();
  if (text::Trim(given.text()).empty()) faults.Add("template.text", config::v1::REASON_REQUIRED);
  if (text::CodePoints(given.text()) > kMaxText) faults.Add("template.text", config::v1::REASON_TOO_LONG);
  const bool whole = Walk(
      given.text(), [](std::string_view) {},
      [&](std::string_view name) {
        if (std::find(declared.begin(), declared.end(), name) != declared.end()) return;
        faults.Add("template.text", config::v1::REASON_TEMPLATE_INVALID, {{"name", std::string(name)}});
      });
  if (!whole) faults.Add("template.text", config::v1::REASON_FORMAT);
}

ledger::Outcome Append(v1::NoticeTemplateRecord record, v1::NoticeTemplate version, ledger::Micros now) {
  version.set_version(record.versions_size() + 1);
  version.set_name("noticeTemplates/" + TemplateName(version));
  *version.mutable_publish_time() = clock::ToProto(now);
  *record.add_versions() = version;
  ledger::Outcome outcome;
  outcome.answer = version.SerializeAsString();
  outcome.changes.push_back({TemplateKey(version.template_id()),
                             record.SerializeAsString(),
                             std::nullopt,
                             {{"NoticeTemplatePublished", outcome.answer, std::nullopt}}});
  return outcome;
}

}  // namespace

std::string_view TemplateOf(std::string_view event_type) {
  const auto* const found = std::find_if(kTemplates.begin(), kTemplates.end(),
                                         [event_type](const auto& entry) { return entry.first == event_type; });
  return found == kTemplates.end() ? std::string_view() : found->second;
}

void CheckTemplate(const v1::NoticeTemplate& given, Faults& faults) {
  if (!IsTemplate(given.template_id())) faults.Add("template.template_id", config::v1::REASON_UNKNOWN_VALUE);
  CheckVariables(given, faults);
  CheckText(given, faults);
}

absl::StatusOr<std::string> Fill(const std::string& text, const Variables& values) {
  std::string filled;
  std::string missing;
  const bool whole = Walk(
      text, [&](std::string_view plain) { filled.append(plain); },
      [&](std::string_view name) {
        const auto value = values.find(std::string(name));
        const bool has = value != values.end() && !value->second.empty();
        if (has) filled.append(value->second);
        if (!has && missing.empty()) missing = name;
      });
  if (!whole) return absl::InternalError("a template ends in the middle of a variable");
  if (!missing.empty()) return Error(config::v1::REASON_NOTICE_VARIABLE, {{"name", missing}});
  return filled;
}

std::string TemplateName(const v1::NoticeTemplate& version) {
  return absl::StrCat(version.template_id(), "@", version.version());
}

std::string TemplateId(const std::string& template_name) { return template_name.substr(0, template_name.find('@')); }

absl::StatusOr<ledger::Outcome> DecidePublishTemplate(const ledger::View& view, const v1::NoticeTemplate& given) {
  v1::NoticeTemplateRecord record;
  if (view.Find(TemplateKey(given.template_id())) != nullptr) {
    ASSIGN_OR_RETURN(record, view.Read<v1::NoticeTemplateRecord>(TemplateKey(given.template_id())));
  }
  return Append(std::move(record), given, view.now());
}

absl::StatusOr<ledger::Outcome> DecideStoreTemplate(const ledger::View& view, const v1::NoticeTemplate& given) {
  if (view.Find(TemplateKey(given.template_id())) != nullptr) return ledger::Outcome();
  return Append({}, given, view.now());
}

}  // namespace jinqi::feedback
