#include "services/routing/statutory.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/text/text.h"
#include "services/routing/checks.h"
#include "services/routing/kinds.h"
#include "services/routing/timers.h"

namespace jinqi::routing {
namespace {

constexpr int kMaxLimits = 1000;
constexpr int kMaxNumber = 3650;
constexpr std::size_t kMaxCode = 64;
constexpr std::size_t kMaxName = 200;

void CheckLimit(const v1::StatutoryLimit& limit, const std::string& path, Faults& faults) {
  CheckLength(limit.law_id(), (path + ".law_id").c_str(), kMaxCode, true, faults);
  CheckLength(limit.law_name(), (path + ".law_name").c_str(), kMaxName, true, faults);
  CheckLength(limit.article(), (path + ".article").c_str(), kMaxCode, true, faults);
  CheckLength(limit.matter(), (path + ".matter").c_str(), kMaxName, true, faults);
  if (limit.number() < 1 || limit.number() > kMaxNumber) {
    faults.Add(path + ".number", config::v1::REASON_OUT_OF_RANGE);
  }
  if (limit.unit() == v1::LIMIT_UNIT_UNSPECIFIED) {
    faults.Add(path + ".unit", config::v1::REASON_REQUIRED);
  } else if (!v1::LimitUnit_IsValid(limit.unit())) {
    faults.Add(path + ".unit", config::v1::REASON_UNKNOWN_VALUE);
  }
}

std::string UnitText(v1::LimitUnit unit) {
  if (unit == v1::LIMIT_UNIT_DAYS) return "日";
  return unit == v1::LIMIT_UNIT_MONTHS ? "个月" : "个工作日";
}

// Who waits for an answer, and whose clock runs; a rework has a limit of its own.
absl::Status CheckClock(const v1::WorkOrder& order) {
  if (DueClockRuns(order)) return absl::OkStatus();
  const bool rework = order.rework_round() > 0;
  return IllegalMove(rework ? events::v1::ORDER_STATE_REWORK : order.state(), events::v1::ORDER_STATE_HANDLING);
}

}  // namespace

absl::Status CheckStatutoryLimits(const v1::StatutoryLimits& list) {
  Faults faults;
  if (list.limits().empty()) faults.Add("limits", config::v1::REASON_REQUIRED);
  if (list.limits_size() > kMaxLimits) {
    return FieldError("limits", config::v1::REASON_TOO_MANY, {{"limit", std::to_string(kMaxLimits)}});
  }
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < list.limits_size(); ++i) {
    const v1::StatutoryLimit& limit = list.limits(i);
    const std::string path = absl::StrCat("limits[", i, "]");
    CheckLimit(limit, path, faults);
    if (!seen.emplace(limit.law_id(), limit.article()).second) {
      faults.Add(path + ".article", config::v1::REASON_ALREADY_EXISTS);
    }
  }
  return faults.ToStatus();
}

const v1::StatutoryLimit* FindLimit(const v1::StatutoryLimits& list, std::string_view law_id,
                                    std::string_view article) {
  for (const v1::StatutoryLimit& limit : list.limits()) {
    if (limit.law_id() == law_id && limit.article() == article) return &limit;
  }
  return nullptr;
}

std::string LimitText(const v1::StatutoryLimit& limit) {
  return absl::StrCat("依据《", limit.law_name(), "》", limit.article(), "，办理时限为", limit.number(),
                      UnitText(limit.unit()));
}

absl::StatusOr<ledger::Outcome> DecideSetStatutoryLimit(const ledger::View& view, const Setting& setting,
                                                        const Actor& actor,
                                                        const v1::SetStatutoryLimitRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckSight());
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(CheckClock(order));
  if (order.sme_payment()) return FieldError("name", config::v1::REASON_UNKNOWN_VALUE);
  const std::string law_id = text::SingleLine(request.law_id());
  const std::string article = text::SingleLine(request.article());
  Faults faults;
  CheckLength(law_id, "law_id", kMaxCode, true, faults);
  CheckLength(article, "article", kMaxCode, true, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  const v1::StatutoryLimits& list = *setting.laws;
  const v1::StatutoryLimit* limit = FindLimit(list, law_id, article);
  if (limit == nullptr) {
    return FieldError("law_id", config::v1::REASON_LAW_UNKNOWN, {{"law", absl::StrCat(law_id, " ", article)}});
  }
  v1::AppliedLimit& applied = *order.mutable_statutory_limit();
  *applied.mutable_limit() = *limit;
  applied.set_list_version(list.version());
  *applied.mutable_time() = edit.timestamp();
  applied.set_by(actor.text);
  Rearm(edit.record(), kTimerInterim);
  edit.SetDueAnew();
  edit.Tell("OrderDueChanged", LimitText(*limit));
  return edit.Finish();
}

absl::StatusOr<ledger::Outcome> DecideRecordInterimAnswer(const ledger::View& view, const Setting& setting,
                                                          const Actor& actor,
                                                          const v1::RecordInterimAnswerRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ASSIGN_OR_RETURN(OrderEdit edit, OrderEdit::Open(view, setting, actor, order_no));
  RETURN_IF_ERROR(edit.CheckMain(config::v1::REASON_NOT_UNDERTAKER));
  RETURN_IF_ERROR(edit.CheckEtag(request.etag()));
  v1::WorkOrder& order = edit.order();
  RETURN_IF_ERROR(CheckClock(order));
  if (order.has_interim_answer()) return Error(config::v1::REASON_ALREADY_EXISTS);
  const std::string person = text::SingleLine(request.person());
  const Micros time = request.has_contact_time() ? clock::FromProto(request.contact_time()) : edit.now();
  Faults faults;
  CheckWay(request.way(), order.anonymous(), faults);
  CheckLength(person, "person", kMaxPerson, true, faults);
  CheckTime(time, clock::FromProto(order.dispatches(0).time()), edit.now(), "contact_time", faults);
  RETURN_IF_ERROR(faults.ToStatus());
  v1::InterimAnswer& answer = *order.mutable_interim_answer();
  *answer.mutable_time() = clock::ToProto(time);
  answer.set_way(request.way());
  answer.set_person(person);
  answer.set_by(actor.text);
  if (order.has_interim_due_time() && time >= MissedFrom(order.interim_due_time()) &&
      edit.calendar().IsPublished(clock::ShanghaiDate(clock::FromProto(order.interim_due_time())).year())) {
    edit.Mark(kInterimLate);
  }
  edit.Tell("OrderInterimAnswered", request.way());
  return edit.Finish();
}

}  // namespace jinqi::routing
