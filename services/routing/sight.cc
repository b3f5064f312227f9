#include "services/routing/sight.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace jinqi::routing {
namespace {

using config::v1::Role;

constexpr std::size_t kIdentifyingDigits = 7;
constexpr char kHidden[] = "****";

bool IsHub(Role role) {
  switch (role) {
    case config::v1::ROLE_SEAT:
    case config::v1::ROLE_DISPATCHER:
    case config::v1::ROLE_REVIEWER:
    case config::v1::ROLE_HUB_LEADER:
    case config::v1::ROLE_FOLLOW_UP_CALLER:
    case config::v1::ROLE_AUDIT_ADMINISTRATOR:
    case config::v1::ROLE_SUPERVISOR:
    case config::v1::ROLE_SERVICE: return true;
    default: return false;
  }
}

bool IsAssisting(const v1::WorkOrder& order, const std::string& body) {
  return std::any_of(order.assists().begin(), order.assists().end(),
                     [&](const v1::Assist& assist) { return !assist.removed() && assist.undertaker() == body; });
}

// Who was called to an order must see it (RTE-29).
bool IsCalled(const v1::WorkOrder& order, const std::string& body) {
  return std::any_of(order.calls().begin(), order.calls().end(),
                     [&](const v1::Call& call) { return call.undertaker() == body; });
}

bool IsRequester(const v1::WorkOrder& order, const Actor& actor) {
  if (!actor.account.empty() && order.requester() == actor.account) return true;
  if (order.confidential() || order.anonymous()) return false;
  return !actor.uscc.empty() && order.subject().uscc() == actor.uscc;
}

// The government of a district and its townships have the district's digits in their codes.
bool InDistrict(const v1::WorkOrder& order, const Actor& actor) {
  const std::string& main = order.main_undertaker();
  return !actor.district.empty() && (order.subject().district_code() == actor.district ||
                                     main == "Q" + actor.district || absl::StartsWith(main, "T" + actor.district));
}

// The one who asked sees how it goes, not what the offices write to each other (INT-18).
void KeepProgress(v1::WorkOrder& order) {
  order.clear_proposal();
  order.clear_returns();
  order.clear_supervisions();
  order.clear_marks();
  order.clear_notes();
  order.clear_exception();
  order.clear_stays();
  order.clear_merged_children();
  order.clear_warning_level();
  order.clear_contacts();
  order.clear_requester();
  order.clear_calls();
  for (v1::Escalation& escalation : *order.mutable_escalations()) {
    escalation.clear_by();
    escalation.clear_parties();
    if (escalation.has_decision()) escalation.mutable_decision()->clear_by();
  }
  for (v1::Dispatch& dispatch : *order.mutable_dispatches()) {
    dispatch.clear_by();
    dispatch.clear_signed_by();
    dispatch.clear_reason();
    dispatch.clear_proposal_id();
  }
  // What was not told to the enterprise is no progress yet: results that were sent back, or are not handed over.
  if (!order.has_feedback_time()) {
    order.clear_submissions();
    order.clear_result_type();
  }
  auto& submissions = *order.mutable_submissions();
  submissions.erase(std::remove_if(submissions.begin(), submissions.end(),
                                   [](const v1::Submission& submission) { return !submission.approved(); }),
                    submissions.end());
  for (v1::Submission& submission : submissions) {
    submission.clear_by();
    submission.clear_reviewed_by();
    submission.clear_review_reason();
    submission.clear_open_assist_reason();
    submission.clear_fingerprint();
  }
  for (v1::PartnerTransfer& transfer : *order.mutable_partner_transfers()) {
    transfer.clear_by();
    transfer.clear_return_reason();
  }
  if (order.has_feedback()) order.mutable_feedback()->clear_by();
  if (order.has_human_review()) order.mutable_human_review()->clear_reviewed_by();
}

// Letters, digits and what holds a mail address together.
bool IsToken(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '@' || c == '.' || c == '_'; }

bool Identifies(std::string_view token) {
  std::size_t digits = 0;
  std::size_t run = 0;
  for (const char c : token) {
    run = std::isdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
    digits = std::max(digits, run);
  }
  return digits >= kIdentifyingDigits || token.find('@') != std::string_view::npos;
}

}  // namespace

Sight SightOf(const v1::WorkOrderRecord& record, const Actor& actor) {
  const v1::WorkOrder& order = record.order();
  if (IsHub(actor.role)) {
    return actor.district.empty() || InDistrict(order, actor) ? Sight::kHub : Sight::kNone;
  }
  switch (actor.role) {
    case config::v1::ROLE_UNDERTAKER:
      if (actor.body.empty()) return Sight::kNone;
      return order.main_undertaker() == actor.body || IsAssisting(order, actor.body) || IsCalled(order, actor.body)
                 ? Sight::kBody
                 : Sight::kNone;
    case config::v1::ROLE_DISTRICT_HUB:
    case config::v1::ROLE_SERVICE_STAFF: return InDistrict(order, actor) ? Sight::kBody : Sight::kNone;
    case config::v1::ROLE_ANALYST:
      return actor.district.empty() || InDistrict(order, actor) ? Sight::kBody : Sight::kNone;
    case config::v1::ROLE_ENTERPRISE:
    case config::v1::ROLE_LEGAL_REPRESENTATIVE: return IsRequester(order, actor) ? Sight::kEnterprise : Sight::kNone;
    default: return Sight::kNone;
  }
}

bool IsRedacted(const v1::WorkOrderRecord& record, const Actor& actor) {
  const v1::WorkOrder& order = record.order();
  const Sight sight = SightOf(record, actor);
  if (sight == Sight::kEnterprise) return false;
  if (order.confidential() || order.anonymous()) return true;
  if (sight != Sight::kBody) return false;
  return std::find(record.judged().begin(), record.judged().end(), actor.body) != record.judged().end();
}

v1::WorkOrder Show(v1::WorkOrderRecord record, std::int64_t version, std::int64_t sent, const Actor& actor) {
  const bool redacted = IsRedacted(record, actor);
  const Sight sight = SightOf(record, actor);
  v1::WorkOrder order = std::move(*record.mutable_order());
  order.set_name(absl::StrCat("workOrders/", order.order_no()));
  order.set_etag(absl::StrCat("\"", version, "\""));
  order.set_event_sequence(sent);
  if (redacted) {
    order.mutable_subject()->clear_enterprise_name();
    order.mutable_subject()->clear_uscc();
    order.clear_requester();
  }
  if (sight == Sight::kBody) order.clear_requester();
  if (sight == Sight::kEnterprise) KeepProgress(order);
  return order;
}

std::string Redact(std::string_view text, const std::vector<std::string>& names) {
  std::string plain(text);
  for (const std::string& name : names) {
    if (!name.empty()) absl::StrReplaceAll({{name, kHidden}}, &plain);
  }
  std::string out;
  out.reserve(plain.size());
  std::size_t at = 0;
  while (at < plain.size()) {
    if (!IsToken(plain[at])) {
      out.push_back(plain[at++]);
      continue;
    }
    std::size_t end = at;
    // 022-2345 6789 is one number.
    while (end < plain.size() &&
           (IsToken(plain[end]) || ((plain[end] == '-' || plain[end] == ' ') && end + 1 < plain.size() &&
                                    std::isdigit(static_cast<unsigned char>(plain[end + 1])) != 0 &&
                                    std::isdigit(static_cast<unsigned char>(plain[end - 1])) != 0))) {
      ++end;
    }
    std::string digits = plain.substr(at, end - at);
    digits.erase(std::remove_if(digits.begin(), digits.end(), [](char c) { return c == '-' || c == ' '; }),
                 digits.end());
    if (Identifies(digits)) {
      absl::StrAppend(&out, kHidden);
    } else {
      out.append(plain, at, end - at);
    }
    at = end;
  }
  return out;
}

}  // namespace jinqi::routing
