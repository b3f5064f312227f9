#include "services/intake/subject.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "common/identity/uscc.h"
#include "common/text/text.h"

namespace jinqi::intake {
namespace {

constexpr std::int64_t kWan = 10'000;

// The lower limits of large, medium and small; what is below the last is micro.
struct Limits {
  std::int64_t large = 0;
  std::int64_t medium = 0;
  std::int64_t small = 0;
};

struct Row {
  std::optional<Limits> employees;
  // In 万元.
  std::optional<Limits> revenue;
  std::optional<Limits> assets;
};

constexpr Row kFarming{{}, Limits{20000, 500, 50}, {}};
constexpr Row kIndustry{Limits{1000, 300, 20}, Limits{40000, 2000, 300}, {}};
constexpr Row kConstruction{{}, Limits{80000, 6000, 300}, Limits{80000, 5000, 300}};
constexpr Row kWholesale{Limits{200, 20, 5}, Limits{40000, 5000, 1000}, {}};
constexpr Row kRetail{Limits{300, 50, 10}, Limits{20000, 500, 100}, {}};
constexpr Row kTransport{Limits{1000, 300, 20}, Limits{30000, 3000, 200}, {}};
constexpr Row kStorage{Limits{200, 100, 20}, Limits{30000, 1000, 100}, {}};
constexpr Row kPost{Limits{1000, 300, 20}, Limits{30000, 2000, 100}, {}};
constexpr Row kLodgingCatering{Limits{300, 100, 10}, Limits{10000, 2000, 100}, {}};
constexpr Row kTelecom{Limits{2000, 100, 10}, Limits{100000, 1000, 100}, {}};
constexpr Row kSoftware{Limits{300, 100, 10}, Limits{10000, 1000, 50}, {}};
constexpr Row kRealEstate{{}, Limits{200000, 1000, 100}, Limits{10000, 5000, 2000}};
constexpr Row kProperty{Limits{1000, 300, 100}, Limits{5000, 1000, 500}, {}};
constexpr Row kLeasing{Limits{300, 100, 10}, {}, Limits{120000, 8000, 100}};
constexpr Row kOther{Limits{300, 100, 10}, {}, {}};

// Which codes belong to a row, by the longest prefix; nullptr: left out of the classification.
struct Rule {
  std::string_view prefix;
  const Row* row;
};

constexpr std::array kRules = {
    Rule{"A", &kFarming},
    Rule{"B", &kIndustry},
    Rule{"C", &kIndustry},
    Rule{"D", &kIndustry},
    Rule{"E", &kConstruction},
    Rule{"F51", &kWholesale},
    Rule{"F52", &kRetail},
    Rule{"G53", nullptr},
    Rule{"G54", &kTransport},
    Rule{"G55", &kTransport},
    Rule{"G56", &kTransport},
    Rule{"G57", &kTransport},
    Rule{"G58", &kTransport},
    Rule{"G591", &kTransport},
    Rule{"G592", &kStorage},
    Rule{"G593", &kStorage},
    Rule{"G594", &kStorage},
    Rule{"G595", &kStorage},
    Rule{"G596", &kStorage},
    Rule{"G599", &kStorage},
    Rule{"G60", &kPost},
    Rule{"H61", &kLodgingCatering},
    Rule{"H62", &kLodgingCatering},
    Rule{"I63", &kTelecom},
    Rule{"I64", &kTelecom},
    Rule{"I65", &kSoftware},
    Rule{"J", nullptr},
    Rule{"K701", &kRealEstate},
    Rule{"K702", &kProperty},
    Rule{"K703", &kOther},
    // 房地产租赁经营, before 2017 自有房地产经营活动.
    Rule{"K704", nullptr},
    Rule{"K709", &kOther},
    Rule{"L", &kLeasing},
    Rule{"M", &kOther},
    Rule{"N", &kOther},
    Rule{"O", &kOther},
    Rule{"P", nullptr},
    Rule{"Q84", nullptr},
    Rule{"Q85", &kOther},
    Rule{"R", &kOther},
    Rule{"S", nullptr},
    Rule{"T", nullptr},
};

v1::SizeClass ClassBy(const Limits& limits, std::int64_t unit, std::int64_t value) {
  if (value >= limits.large * unit) return v1::SIZE_CLASS_LARGE;
  if (value >= limits.medium * unit) return v1::SIZE_CLASS_MEDIUM;
  return value >= limits.small * unit ? v1::SIZE_CLASS_SMALL : v1::SIZE_CLASS_MICRO;
}

}  // namespace

events::v1::SubjectType ProposedType(std::string_view uscc) {
  switch (identity::ProposedSubjectType(uscc)) {
    case identity::SubjectType::kEnterprise: return events::v1::SUBJECT_TYPE_ENTERPRISE;
    case identity::SubjectType::kIndividualBusiness: return events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS;
    case identity::SubjectType::kFarmerCoop: return events::v1::SUBJECT_TYPE_FARMER_COOP;
    case identity::SubjectType::kOther: break;
  }
  return events::v1::SUBJECT_TYPE_OTHER;
}

absl::StatusOr<std::string> NormalizeIndustry(std::string_view code, const Reference& reference) {
  std::string normal = absl::AsciiStrToUpper(text::Trim(text::Nfkc(code)));
  if (normal.empty()) return normal;
  const bool good = normal.size() <= 5 && normal[0] >= 'A' && normal[0] <= 'T' &&
                    std::all_of(normal.begin() + 1, normal.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!good) return Error(config::v1::REASON_FORMAT);
  if (!reference.industries.contains(normal)) return Error(config::v1::REASON_UNKNOWN_VALUE);
  return normal;
}

v1::SizeClass SizeClassOf(std::string_view industry, const Indicators& indicators) {
  const auto rule = std::find_if(kRules.begin(), kRules.end(), [industry](const Rule& candidate) {
    return industry.substr(0, candidate.prefix.size()) == candidate.prefix;
  });
  if (rule == kRules.end()) return v1::SIZE_CLASS_UNKNOWN;
  if (rule->row == nullptr) return v1::SIZE_CLASS_NOT_APPLICABLE;
  // The enum counts down from LARGE to MICRO: the largest number is the lowest class.
  v1::SizeClass lowest = v1::SIZE_CLASS_LARGE;
  bool missing = false;
  const auto judge = [&](const std::optional<Limits>& limits, std::int64_t unit, std::optional<std::int64_t> value) {
    if (!limits.has_value()) return;
    missing |= !value.has_value();
    if (value.has_value()) lowest = std::max(lowest, ClassBy(*limits, unit, *value));
  };
  judge(rule->row->employees, 1, indicators.employees);
  judge(rule->row->revenue, kWan, indicators.revenue_yuan);
  judge(rule->row->assets, kWan, indicators.assets_yuan);
  return missing && lowest != v1::SIZE_CLASS_MICRO ? v1::SIZE_CLASS_UNKNOWN : lowest;
}

}  // namespace jinqi::intake
