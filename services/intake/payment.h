// Complaints about overdue payments to small and medium enterprises (INT-22).
#pragma once

#include <string_view>

#include "absl/time/civil_time.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/intake/v1/records.pb.h"

namespace jinqi::intake {

inline constexpr std::string_view kSmePayment = "SME_PAYMENT";

// Judges the claim of a demand on the day of its acceptance. One that names contract relation, debtor, amount and a
// due date that is over, against a debtor of the regulation (条例 art. 24), marks it SME_PAYMENT. Any other makes it a
// CONSULT whose caller is told the condition and what is missing. A demand without a claim stays as it is.
void JudgePayment(v1::Demand& demand, const v1::DemandPrivate& values, absl::CivilDay today);

bool IsSmePayment(const v1::Demand& demand);

}  // namespace jinqi::intake
