#include "services/intake/pages.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;

constexpr char kSeparator = '\n';

std::string KeysetOf(const ledger::Query& query, const ledger::Value& value, const std::string& id) {
  if (query.order_by.empty()) return id;
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number != nullptr) return absl::StrCat("i", *number, std::string(1, kSeparator), id);
  return absl::StrCat("t", std::get<std::string>(value), std::string(1, kSeparator), id);
}

absl::Status SetAfter(const std::string& keyset, ledger::Query& query) {
  if (query.order_by.empty()) {
    query.after = {ledger::Value(), keyset};
    return absl::OkStatus();
  }
  const std::size_t at = keyset.find(kSeparator);
  if (keyset.empty() || at == std::string::npos) return Error(config::v1::REASON_PAGE_TOKEN_INVALID);
  const std::string text = keyset.substr(1, at - 1);
  std::int64_t number = 0;
  if (keyset[0] == 'i' && !absl::SimpleAtoi(text, &number)) return Error(config::v1::REASON_PAGE_TOKEN_INVALID);
  query.after = {keyset[0] == 'i' ? ledger::Value(number) : ledger::Value(text), keyset.substr(at + 1)};
  return absl::OkStatus();
}

bool IsLocal(const Actor& actor) {
  return actor.role == config::v1::ROLE_DISTRICT_HUB || actor.role == config::v1::ROLE_SERVICE_STAFF;
}

}  // namespace

absl::StatusOr<Page> ReadPage(const Intake& intake, const Actor& actor, std::optional<int> page_size,
                              const std::string& page_token, const std::string& fingerprint, ledger::Query query) {
  ASSIGN_OR_RETURN(const int size, paging::PageSize(page_size));
  query.limit = size + 1;
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(const std::string keyset, intake.page_tokens->Open(page_token, fingerprint));
    RETURN_IF_ERROR(SetAfter(keyset, query));
  }
  ASSIGN_OR_RETURN(auto rows, intake.ledger->reader().List(actor.caller.tenant, query));
  Page page;
  page.records = std::move(rows.records);
  if (page.records.size() <= static_cast<std::size_t>(size)) return page;
  page.records.pop_back();
  const std::size_t last = page.records.size() - 1;
  page.next =
      intake.page_tokens->Make(fingerprint, KeysetOf(query, rows.order_values[last], page.records[last].key.id));
  return page;
}

absl::StatusOr<std::int64_t> CountOf(const Intake& intake, const Actor& actor, ledger::Query query) {
  query.count_only = true;
  query.limit = std::numeric_limits<int>::max();
  ASSIGN_OR_RETURN(const auto rows, intake.ledger->reader().List(actor.caller.tenant, query));
  return rows.count;
}

absl::Status LimitToDistrict(const Intake& intake, const Actor& actor, const std::string& district_code,
                             std::string_view column, ledger::Query& query) {
  if (!district_code.empty()) {
    if (!intake.reference.districts.contains(district_code)) {
      return FieldError("district_code", config::v1::REASON_UNKNOWN_VALUE);
    }
    query.where.push_back({std::string(column), Comparison::kEqual, {district_code}});
  }
  if (IsLocal(actor)) query.where.push_back({std::string(column), Comparison::kEqual, {actor.caller.district}});
  return absl::OkStatus();
}

std::string DistrictFingerprint(const Actor& actor) {
  return absl::StrCat(actor.caller.tenant, "|", IsLocal(actor) ? actor.caller.district : "");
}

}  // namespace jinqi::intake
