#include "services/intake/payment.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/clock/clock.h"

namespace jinqi::intake {
namespace {

constexpr std::string_view kCondition =
    "投诉拖欠中小企业账款，须写明与欠款单位的合同关系、欠款单位（机关、事业单位或大型企业）、欠款金额和已到期的付款日期"
    "；"
    "本件暂按咨询办理，补全后可另行投诉。还缺：";

bool IsDebtorOfRegulation(v1::DebtorKind kind) {
  return kind == v1::DEBTOR_KIND_AUTHORITY || kind == v1::DEBTOR_KIND_PUBLIC_INSTITUTION ||
         kind == v1::DEBTOR_KIND_LARGE_ENTERPRISE;
}

// What the claim lacks, as people call it.
std::vector<std::string> MissingOf(const v1::PaymentClaim& claim, const v1::DemandPrivate& values,
                                   absl::CivilDay today) {
  std::vector<std::string> missing;
  if (values.contract_relation().empty()) missing.emplace_back("合同关系");
  if (values.debtor().empty() || !IsDebtorOfRegulation(claim.debtor_kind())) missing.emplace_back("欠款单位");
  if (claim.amount_fen() <= 0) missing.emplace_back("欠款金额");
  const auto due = clock::ParseDate(claim.due_date());
  if (!due.ok() || *due >= today) missing.emplace_back("已到期的付款日期");
  return missing;
}

}  // namespace

void JudgePayment(v1::Demand& demand, const v1::DemandPrivate& values, absl::CivilDay today) {
  if (!demand.has_payment_claim()) return;
  const std::vector<std::string> missing = MissingOf(demand.payment_claim(), values, today);
  if (missing.empty()) {
    demand.add_marks(std::string(kSmePayment));
    return;
  }
  demand.set_demand_type(events::v1::DEMAND_TYPE_CONSULT);
  demand.set_payment_notice(absl::StrCat(std::string(kCondition), absl::StrJoin(missing, "、"), "。"));
}

bool IsSmePayment(const v1::Demand& demand) {
  return std::find(demand.marks().begin(), demand.marks().end(), kSmePayment) != demand.marks().end();
}

}  // namespace jinqi::intake
