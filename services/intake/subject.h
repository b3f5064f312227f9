// What can be said of an operating subject from its codes and numbers alone (INT-05, C6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "services/intake/reference.h"

namespace jinqi::intake {

// The type that a credit code in normal form proposes: 91, 92, 93; OTHER for codes of other registries, which
// contradict no type (INT-05).
events::v1::SubjectType ProposedType(std::string_view uscc);

// A code of GB/T 4754 in upper case and half width; empty stays empty. FORMAT for what is no letter with up to four
// digits, UNKNOWN_VALUE for a code that the classification does not have.
absl::StatusOr<std::string> NormalizeIndustry(std::string_view code, const Reference& reference);

// What a size class is judged by (C6).
struct Indicators {
  // 从业人员, persons.
  std::optional<std::int64_t> employees;
  // 营业收入 and 资产总额, in yuan.
  std::optional<std::int64_t> revenue_yuan;
  std::optional<std::int64_t> assets_yuan;
};

// 统计上大中小微型企业划分办法(2017), the 16 rows of C6. A class needs all indicators of its row at their lower limits,
// else it is one lower, and so on; MICRO needs only one below. UNKNOWN while an indicator that could decide is missing,
// or the code does not reach down to a row; NOT_APPLICABLE for industries that the classification leaves out.
v1::SizeClass SizeClassOf(std::string_view industry, const Indicators& indicators);

}  // namespace jinqi::intake
