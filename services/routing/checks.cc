#include "services/routing/checks.h"

#include "absl/strings/str_cat.h"
#include "common/lifecycle/lifecycle.h"
#include "common/text/text.h"

namespace jinqi::routing {
namespace {

constexpr int kMaxBasis = 20;
constexpr std::size_t kMaxBasisLength = 100;
constexpr char kWayAnonymous[] = "NOT_POSSIBLE_ANONYMOUS";

clock::Micros WholeSecond(clock::Micros time) { return time - time % clock::kSecond; }

bool IsWay(std::string_view way, bool anonymous) {
  return way == "PHONE" || way == "VISIT" || way == "ONLINE" || way == "MESSAGE" || (anonymous && way == kWayAnonymous);
}

}  // namespace

void CheckLength(std::string_view text, const char* field, std::size_t most, bool required, Faults& faults) {
  if (required && text.empty()) {
    faults.Add(field, config::v1::REASON_REQUIRED);
  } else if (text::CodePoints(text) > most) {
    faults.Add(field, config::v1::REASON_TOO_LONG);
  }
}

void CheckTime(clock::Micros time, clock::Micros earliest, clock::Micros now, const char* field, Faults& faults) {
  if (time > now) {
    faults.Add(field, config::v1::REASON_FUTURE_TIME);
  } else if (time < WholeSecond(earliest)) {
    faults.Add(field, config::v1::REASON_TIME_TOO_EARLY);
  }
}

void CheckWay(const std::string& way, bool anonymous, Faults& faults) {
  if (way.empty()) {
    faults.Add("way", config::v1::REASON_REQUIRED);
  } else if (!IsWay(way, anonymous)) {
    faults.Add("way", config::v1::REASON_UNKNOWN_VALUE);
  }
}

void CheckBasis(const google::protobuf::RepeatedPtrField<std::string>& basis, Faults& faults) {
  if (basis.empty()) faults.Add("basis", config::v1::REASON_REQUIRED);
  if (basis.size() > kMaxBasis) {
    faults.Add("basis", config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxBasis)}});
  }
  for (int i = 0; i < basis.size(); ++i) {
    const std::string field = absl::StrCat("basis[", i, "]");
    CheckLength(text::SingleLine(basis[i]), field.c_str(), kMaxBasisLength, true, faults);
  }
}

absl::Status IllegalMove(events::v1::OrderState from, events::v1::OrderState to) {
  return Error(config::v1::REASON_ILLEGAL_MOVE,
               {{"from", std::string(lifecycle::Name(from))}, {"to", std::string(lifecycle::Name(to))}});
}

}  // namespace jinqi::routing
