#include "services/routing/grounds.h"

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/routing/dispatch.h"
#include "services/routing/escalation.h"
#include "services/routing/statutory.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states and urgencies.
using google::protobuf::Timestamp;

// A limit that a number of the configuration gives.
struct LimitRule {
  const char* limit;
  const char* title;
  const char* rule;
  // The field of RoutingConfig; its name ends in the unit.
  const char* number;
  const char* from;
};

constexpr LimitRule kGeneral = {"DUE", "办理期限", "RTE-14", "handle_working_days", "自受理次日起"};
constexpr LimitRule kTransfer = {"DUE", "转办期限", "INT-22", "payment_transfer_working_days", "自受理次日起"};
constexpr LimitRule kPayment = {"DUE", "办理期限", "INT-22", "payment_handle_days", "自承办单位收到次日起"};
constexpr LimitRule kTarget = {"TARGET", "咨询答复目标", "RTE-14", "consult_target_working_days", "自受理次日起"};
constexpr LimitRule kInterim = {"INTERIM", "阶段性答复期限", "RTE-19", "handle_working_days", "自受理次日起"};
constexpr LimitRule kDispatchUrgent = {"DISPATCH", "派单时限", "RTE-20", "dispatch_urgent_minutes", "自待派单起"};
constexpr LimitRule kDispatchNormal = {"DISPATCH", "派单时限", "RTE-20", "dispatch_normal_minutes", "自待派单起"};
constexpr LimitRule kSignLife = {"SIGN", "签收时限", "RTE-06", "sign_life_safety_minutes", "自派单起"};
constexpr LimitRule kSignUtility = {"SIGN", "签收时限", "RTE-06", "sign_utility_minutes", "自派单起"};
constexpr LimitRule kSignNormal = {"SIGN", "签收时限", "RTE-06", "sign_normal_working_days", "自派单次日起"};
constexpr LimitRule kReturn = {"RETURN", "退单期限", "RTE-07", "return_working_days", "自派单次日起"};
constexpr LimitRule kReturnComplex = {"RETURN", "退单期限", "RTE-07", "return_complex_working_days", "自派单次日起"};
constexpr LimitRule kRuling = {"RULING", "退单审核时限", "RTE-07", "ruling_working_days", "自申请次日起"};
constexpr LimitRule kContact = {"CONTACT", "首次联系时限", "FBK-11", "first_contact_working_days", "自签收次日起"};
constexpr LimitRule kExtension = {"EXTENSION", "延期审批时限", "RTE-18", "extension_ruling_working_days",
                                  "自申请次日起"};
constexpr LimitRule kReview = {"HUMAN_REVIEW", "人工复核时限", "RTE-23", "ruling_working_days", "自申请次日起"};
constexpr LimitRule kRework = {"REWORK", "重新办理期限", "FBK-07", "rework_working_days", "自本轮开始次日起"};
constexpr LimitRule kReworkContact = {"REWORK_CONTACT", "重新办理联系时限", "FBK-07", "rework_contact_working_days",
                                      "自本轮开始次日起"};
constexpr LimitRule kAssist = {"ASSIST", "协办答复期限", "RTE-04", "assist_lead_working_days", "早于主办期限"};
constexpr LimitRule kCall = {"CALL", "报到时限", "RTE-29", "call_report_working_days", "自呼叫次日起"};
constexpr LimitRule kCallLife = {"CALL", "报到时限", "RTE-29", "call_report_life_safety_minutes", "自呼叫起"};

bool CountsMinutes(const LimitRule& rule) { return absl::EndsWith(rule.number, "_minutes"); }

// 7个工作日
std::string CountOf(const LimitRule& rule, const Limits& limits) {
  const auto* field = limits.GetDescriptor()->FindFieldByName(rule.number);
  const char* unit = "日";
  if (CountsMinutes(rule)) unit = "分钟";
  if (absl::EndsWith(rule.number, "_working_days")) unit = "个工作日";
  return absl::StrCat(limits.GetReflection()->GetInt32(limits, field), unit);
}

// 2025-06-23, of a limit in minutes 2025-06-23 09:15.
std::string When(const Timestamp& due, bool with_minute) {
  constexpr std::size_t kDate = sizeof("YYYY-MM-DD") - 1;
  const std::string time = clock::ToRfc3339(clock::FromProto(due));
  const std::string date = time.substr(0, kDate);
  return with_minute ? absl::StrCat(date, " ", time.substr(kDate + 1, sizeof("hh:mm") - 1)) : date;
}

std::string NameOf(const Directory& directory, const std::string& code) {
  const v1::Undertaker* body = directory.Find(code);
  return body == nullptr ? code : body->display_name();
}

// Collects the limits of one order.
class LimitList {
 public:
  LimitList(const OrderEdit& edit, const v1::WorkOrder& shown, v1::WorkOrderGrounds& out)
      : edit_(edit), order_(shown), out_(out) {}

  // By a number of the configuration. Nothing where there is no such limit.
  void Add(const LimitRule& rule, const Timestamp& due, const std::string& undertaker = "") {
    if (due.seconds() == 0) return;
    v1::LimitGround& added = Begin(rule.limit, rule.rule, rule.number, undertaker);
    *added.mutable_due_time() = due;
    const bool minutes = CountsMinutes(rule);
    if (!minutes) added.set_calendar_version(order_.calendar_version());
    added.set_provisional(!minutes && !edit_.calendar().IsPublished(clock::ShanghaiDate(clock::FromProto(due)).year()));
    const std::string whose = undertaker.empty() ? "" : NameOf(edit_.reference().directory, undertaker);
    Write(added, absl::StrCat(whose, rule.title, When(due, minutes)),
          absl::StrCat(rule.from, CountOf(rule, edit_.limits())));
  }

  // The due date by what its basis says.
  void AddDue() {
    const std::string& basis = order_.due_basis();
    const LimitRule* counted = nullptr;
    if (basis == kBasisGeneral) counted = &kGeneral;
    if (basis == kBasisPaymentTransfer) counted = &kTransfer;
    if (basis == kBasisPaymentHandle) counted = &kPayment;
    if (counted != nullptr) {
      Add(*counted, order_.due_time());
      out_.mutable_limits()->rbegin()->set_rule_id(basis);
    } else if (basis == kBasisPaymentMax) {
      AddSet("INT-22", absl::StrCat("经中枢批准延长，", order_.payment_clock().extend_reason()));
    } else if (basis == kBasisJointMeeting) {
      AddSet("RTE-22", absl::StrCat("联席会议议定，", Minutes()));
    } else if (basis == kBasisExtension) {
      AddSet("RTE-18", absl::StrCat("经中枢批准延期", ExtendedDays(), "个工作日，", ExtendReason()))
          .set_calendar_version(order_.calendar_version());
    } else if (order_.has_statutory_limit()) {
      v1::LimitGround& due = AddSet("RTE-19", LimitText(order_.statutory_limit().limit()));
      due.set_calendar_version(order_.calendar_version());
      due.set_list_version(order_.statutory_limit().list_version());
    } else {
      AddSet("RTE-10", "由联络单位依法独立答复，不设办理期限");
    }
  }

 private:
  v1::LimitGround& Begin(const char* limit, const char* rule, const std::string& rule_id,
                         const std::string& undertaker) {
    v1::LimitGround& added = *out_.add_limits();
    added.set_limit(limit);
    added.set_rule(rule);
    added.set_rule_id(rule_id);
    added.set_undertaker(undertaker);
    return added;
  }

  // A due date that is not counted by a number of the configuration.
  v1::LimitGround& AddSet(const char* rule, const std::string& why) {
    v1::LimitGround& due = Begin(kGeneral.limit, rule, order_.due_basis(), "");
    due.set_provisional(order_.due_provisional());
    if (order_.has_due_time()) *due.mutable_due_time() = order_.due_time();
    const std::string when = order_.has_due_time() ? When(order_.due_time(), false) : "";
    Write(due, absl::StrCat(kGeneral.title, when), why);
    return due;
  }

  void Write(v1::LimitGround& limit, const std::string& what, const std::string& why) {
    const char* provisional = limit.provisional() ? "；当年放假通知尚未公布，暂定" : "";
    limit.set_text(absl::StrCat(what, "：", why, provisional, "（", limit.rule(), "）"));
  }

  std::string Minutes() const {
    for (auto it = order_.escalations().rbegin(); it != order_.escalations().rend(); ++it) {
      if (it->has_decision()) return it->decision().minutes_reference();
    }
    return "";
  }
  int ExtendedDays() const {
    int days = 0;
    for (const v1::Extension& one : order_.extensions()) days += one.agreed() ? one.working_days() : 0;
    return days;
  }
  std::string ExtendReason() const {
    for (auto it = order_.extensions().rbegin(); it != order_.extensions().rend(); ++it) {
      if (it->agreed()) return it->reason();
    }
    return "";
  }

  const OrderEdit& edit_;
  const v1::WorkOrder& order_;
  v1::WorkOrderGrounds& out_;
};

const LimitRule& SignRule(Urgency urgency) {
  if (urgency == URGENCY_LIFE_SAFETY) return kSignLife;
  return urgency == URGENCY_UTILITY ? kSignUtility : kSignNormal;
}

void AddPending(const OrderEdit& edit, LimitList& list) {
  const v1::WorkOrder& order = edit.order();
  if (order.state() != ORDER_STATE_PENDING_DISPATCH || !order.exception().empty()) return;
  const bool urgent = order.urgency() == URGENCY_LIFE_SAFETY || order.urgency() == URGENCY_UTILITY;
  const int minutes = urgent ? edit.limits().dispatch_urgent_minutes() : edit.limits().dispatch_normal_minutes();
  const Micros since = clock::FromProto(edit.record().pending_time());
  list.Add(urgent ? kDispatchUrgent : kDispatchNormal, clock::ToProto(InMinutes(since, minutes).due));
}

// Of the body that holds the order now.
void AddHolding(const v1::WorkOrder& order, LimitList& list) {
  if (order.main_undertaker().empty() || order.dispatches().empty()) return;
  const v1::Dispatch& dispatch = *order.dispatches().rbegin();
  const std::string& body = dispatch.main_undertaker();
  list.Add(SignRule(order.urgency()), dispatch.sign_due_time(), body);
  if (!dispatch.designated() && order.urgency() != URGENCY_LIFE_SAFETY) {
    list.Add(dispatch.complex() ? kReturnComplex : kReturn, dispatch.return_due_time(), body);
  }
  list.Add(kContact, order.first_contact_due_time(), body);
}

void AddRulings(const v1::WorkOrder& order, LimitList& list) {
  if (order.state() == ORDER_STATE_RETURN_REVIEW && !order.returns().empty()) {
    list.Add(kRuling, order.returns().rbegin()->ruling_due_time());
  }
  if (const v1::Extension* asked = PendingExtension(order); asked != nullptr) {
    list.Add(kExtension, asked->ruling_due_time());
  }
  if (const v1::HumanReview* asked = PendingHumanReview(order); asked != nullptr) list.Add(kReview, asked->due_time());
}

void AddOthers(const v1::WorkOrder& order, LimitList& list) {
  for (const v1::Assist& assist : order.assists()) {
    if (!assist.removed()) list.Add(kAssist, assist.due_time(), assist.undertaker());
  }
  const LimitRule& call_rule = order.urgency() == URGENCY_LIFE_SAFETY ? kCallLife : kCall;
  for (const v1::Call& call : order.calls()) list.Add(call_rule, call.due_time(), call.undertaker());
}

// What led to a dispatch, from the strongest word on.
void ExplainDispatch(const OrderEdit& edit, const v1::WorkOrder& order, const v1::Dispatch& dispatch,
                     v1::UndertakerGround& out) {
  const std::string& rule = dispatch.rule_id();
  const bool catalogue = edit.reference().catalogue.Has(dispatch.catalogue_version(), rule);
  std::string why;
  if (dispatch.decided_by() == kDecidedByMeeting) {
    out.add_rules("RTE-22");
    why = absl::StrCat("联席会议议定由其牵头", dispatch.reason().empty() ? "" : "，", dispatch.reason());
  } else if (catalogue) {
    out.add_rules("RTE-02");
    out.set_catalogue_version(dispatch.catalogue_version());
    why = absl::StrCat("派单目录第", dispatch.catalogue_version(), "版规则 ", rule);
  } else if (!rule.empty()) {
    out.add_rules("RTE-03");
    why = absl::StrCat("推荐规则 ", rule, "（规则版本 ", order.proposal().rules_version(), "）");
  } else {
    out.add_rules("RTE-23");
    why = absl::StrCat("由派单人员选定", dispatch.reason().empty() ? "" : "，理由：", dispatch.reason());
  }
  if (dispatch.decided_by() == kDecidedByAuto) {
    out.add_rules("RTE-23");
    absl::StrAppend(&why, "，自动派单，可申请人工复核");
  }
  if (dispatch.designated() && dispatch.decided_by() != kDecidedByMeeting) {
    out.add_rules("RTE-09");
    absl::StrAppend(&why, "，多次退单后由中枢指定，不得再退回");
  }
  if (dispatch.township_duties_version() > 0) {
    out.add_rules("RTE-13");
    out.set_township_duties_version(dispatch.township_duties_version());
    absl::StrAppend(&why, "，属街镇职责清单第", dispatch.township_duties_version(), "版所列职责");
  }
  if (dispatch.returned()) absl::StrAppend(&why, "；已同意退单");
  if (dispatch.declined()) absl::StrAppend(&why, "；已谢绝");
  out.set_rule_id(rule);
  out.set_text(absl::StrCat("第", dispatch.number(), "次派单，", out.display_name(), "主办：", why));
}

v1::UndertakerGround& AddBody(const Directory& directory, const std::string& code, const char* part,
                              v1::WorkOrderGrounds& out) {
  v1::UndertakerGround& added = *out.add_undertakers();
  added.set_undertaker(code);
  added.set_display_name(NameOf(directory, code));
  added.set_part(part);
  return added;
}

void AddBodies(const OrderEdit& edit, const v1::WorkOrder& order, v1::WorkOrderGrounds& out) {
  const Directory& directory = edit.reference().directory;
  for (const v1::Dispatch& dispatch : order.dispatches()) {
    v1::UndertakerGround& added = AddBody(directory, dispatch.main_undertaker(), "MAIN", out);
    *added.mutable_time() = dispatch.time();
    ExplainDispatch(edit, order, dispatch, added);
  }
  if (order.liaison()) {
    v1::UndertakerGround& added = AddBody(directory, order.main_undertaker(), "MAIN", out);
    added.add_rules("RTE-10");
    added.set_text(absl::StrCat(added.display_name(), "为联络单位：", order.liaison_notice()));
  }
  for (const v1::Assist& assist : order.assists()) {
    if (assist.removed()) continue;
    v1::UndertakerGround& added = AddBody(directory, assist.undertaker(), "ASSIST", out);
    added.add_rules("RTE-04");
    added.set_text(absl::StrCat(added.display_name(), "协办：由中枢确定，配合主办单位办理"));
  }
  for (const v1::Call& call : order.calls()) {
    v1::UndertakerGround& added = AddBody(directory, call.undertaker(), "CALLED", out);
    *added.mutable_time() = call.time();
    added.add_rules("RTE-29");
    added.set_text(absl::StrCat(added.display_name(), "报到：由", NameOf(directory, call.caller()), "呼叫"));
  }
}

}  // namespace

v1::WorkOrderGrounds GroundsOf(const OrderEdit& edit, const v1::WorkOrder& shown, const v1::StatutoryLimits& laws) {
  v1::WorkOrderGrounds out;
  out.set_name(shown.name());
  LimitList list(edit, shown, out);
  list.AddDue();
  list.Add(kTarget, shown.target_time());
  list.Add(kInterim, shown.interim_due_time());
  AddPending(edit, list);
  AddHolding(shown, list);
  AddRulings(shown, list);
  if (ReworkRuns(shown) && shown.due_basis() != kBasisJointMeeting) {
    list.Add(kReworkContact, shown.rework_contact_due_time());
    list.Add(kRework, shown.rework_due_time());
  }
  AddOthers(shown, list);
  AddBodies(edit, shown, out);
  const Reference& reference = edit.reference();
  out.set_calendar_version(reference.calendar.version());
  out.set_catalogue_version(reference.catalogue.VersionOn(edit.today()));
  out.set_statutory_limits_version(laws.version());
  const auto duties = reference.duties.find(shown.subject().district_code());
  if (duties != reference.duties.end()) out.set_township_duties_version(duties->second.version());
  return out;
}

}  // namespace jinqi::routing
