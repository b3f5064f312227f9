#include "services/inspection_scheduling/item.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/status/status.h"

namespace jinqi::inspection {
namespace {

using ledger::ColumnType;
using ledger::Value;
using v1::InspectionItem;
using v1::LegalBasis;

constexpr std::size_t kMaxCode = 63;

absl::StatusOr<InspectionItem> Parse(const std::string& body) {
  InspectionItem item;
  if (!item.ParseFromString(body)) return absl::DataLossError("body cannot be read");
  return item;
}

absl::StatusOr<std::vector<Value>> Extract(const std::string& body) {
  ASSIGN_OR_RETURN(const InspectionItem item, Parse(body));
  return std::vector<Value>{item.body(), item.publish_date(), item.withdraw_date()};
}

absl::StatusOr<std::vector<std::vector<std::string>>> ExtractSides(const std::string& body) {
  ASSIGN_OR_RETURN(const InspectionItem item, Parse(body));
  return std::vector<std::vector<std::string>>{{item.industries().begin(), item.industries().end()}};
}

bool IsIndustry(const std::string& letter) { return letter.size() == 1 && letter[0] >= 'A' && letter[0] <= 'T'; }

bool IsGround(const LegalBasis& basis) {
  return !basis.title().empty() && basis.kind() != LegalBasis::KIND_UNSPECIFIED &&
         basis.kind() != LegalBasis::KIND_NOTICE && LegalBasis::Kind_IsValid(basis.kind());
}

void CheckDates(const InspectionItem& item, Faults& faults) {
  const bool published = item.publish_date().empty() || clock::ParseDate(item.publish_date()).ok();
  const bool withdrawn = item.withdraw_date().empty() || clock::ParseDate(item.withdraw_date()).ok();
  if (!published) faults.Add("publish_date", config::v1::REASON_FORMAT);
  if (!withdrawn) faults.Add("withdraw_date", config::v1::REASON_FORMAT);
  // Dates of this form are in the order of their texts.
  if (published && withdrawn && !item.withdraw_date().empty() && item.withdraw_date() < item.publish_date()) {
    faults.Add("withdraw_date", config::v1::REASON_OUT_OF_RANGE);
  }
}

}  // namespace

std::vector<ledger::Kind> Kinds() {
  ledger::Kind item;
  item.name = kItem;
  item.columns = {
      {"body_code", ColumnType::kText}, {"publish_date", ColumnType::kText}, {"withdraw_date", ColumnType::kText}};
  item.extract = Extract;
  item.sides = {"industry"};
  item.extract_sides = ExtractSides;
  return {std::move(item)};
}

ledger::Key ItemKey(const std::string& code) { return {kItem, code}; }

bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

absl::Status CheckItem(const InspectionItem& item) {
  Faults faults;
  if (!IsCode(item.code())) faults.Add("code", config::v1::REASON_FORMAT);
  if (item.title().empty()) faults.Add("title", config::v1::REASON_REQUIRED);
  if (item.object().empty()) faults.Add("object", config::v1::REASON_REQUIRED);
  if (item.body().empty()) faults.Add("body", config::v1::REASON_REQUIRED);
  if (item.standard().empty()) faults.Add("standard", config::v1::REASON_REQUIRED);
  if (item.level() == InspectionItem::LEVEL_UNSPECIFIED) faults.Add("level", config::v1::REASON_REQUIRED);
  if (!std::all_of(item.industries().begin(), item.industries().end(), IsIndustry)) {
    faults.Add("industries", config::v1::REASON_UNKNOWN_VALUE);
  }
  CheckDates(item, faults);
  const auto& bases = item.legal_bases();
  if (!item.publish_date().empty() && std::none_of(bases.begin(), bases.end(), IsGround)) {
    faults.Add("legal_bases", config::v1::REASON_ITEM_WITHOUT_BASIS, {{"item", item.code()}});
  }
  return faults.ToStatus();
}

InspectionItem::State StateOn(const InspectionItem& item, absl::CivilDay day) {
  const auto published = clock::ParseDate(item.publish_date());
  if (!published.ok() || day < *published) return InspectionItem::STATE_DRAFT;
  const auto withdrawn = clock::ParseDate(item.withdraw_date());
  if (withdrawn.ok() && day >= *withdrawn) return InspectionItem::STATE_WITHDRAWN;
  return InspectionItem::STATE_PUBLISHED;
}

absl::Status CheckUsable(const InspectionItem& item, absl::CivilDay day) {
  if (StateOn(item, day) == InspectionItem::STATE_PUBLISHED) return absl::OkStatus();
  return Error(config::v1::REASON_ITEM_NOT_PUBLISHED, {{"item", item.code()}, {"date", clock::FormatDate(day)}});
}

absl::StatusOr<ledger::Outcome> DecideLoadItem(const ledger::View& view, const InspectionItem& item) {
  RETURN_IF_ERROR(CheckItem(item));
  InspectionItem stored = item;
  stored.set_name(absl::StrCat("inspectionItems/", item.code()));
  const std::string body = stored.SerializeAsString();
  const ledger::Record* record = view.Find(ItemKey(item.code()));
  ledger::Outcome outcome;
  if (record != nullptr && record->body == body) return outcome;
  const char* type = record == nullptr ? "ItemLoaded" : "ItemChanged";
  outcome.changes.push_back({ItemKey(item.code()), body, std::nullopt, {{type, body, std::nullopt}}});
  return outcome;
}

}  // namespace jinqi::inspection
