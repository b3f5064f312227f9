#include "services/routing/refused_acts.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "jinqi/routing/v1/assist_service.pb.h"
#include "jinqi/routing/v1/human_review_service.pb.h"
#include "jinqi/routing/v1/payment_service.pb.h"
#include "services/routing/assists.h"
#include "services/routing/calls.h"
#include "services/routing/dispatch.h"
#include "services/routing/escalation.h"
#include "services/routing/extensions.h"
#include "services/routing/handling.h"
#include "services/routing/human_review.h"
#include "services/routing/kinds.h"
#include "services/routing/payments.h"
#include "services/routing/returns.h"
#include "services/routing/statutory.h"
#include "services/routing/supervision.h"
#include "services/routing/work_order.h"

namespace jinqi::routing {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): result types.

// A text that no rule finds fault with.
constexpr char kText[] = "核对该操作当前能否进行，不作任何登记";

// All that an attempt is made of.
struct Trial {
  const ledger::View& view;
  const Setting& setting;
  const OrderEdit& edit;
  const std::string& name;
  const std::string& etag;

  const v1::WorkOrder& order() const { return edit.order(); }
  const Directory& directory() const { return edit.reference().directory; }
};

struct Act {
  // `<service>/<method>`.
  const char* method;
  const char* title;
  const char* rule;
  std::function<absl::Status(const Trial&)> attempt;
  // Whether it concerns the caller on this order; nothing: it does.
  std::function<bool(const Trial&)> concerns = {};
};

template <typename Request>
Request RequestFor(const Trial& trial) {
  Request request;
  request.set_name(trial.name);
  request.set_etag(trial.etag);
  return request;
}

// Of a decision that needs nothing but the request.
template <typename Request, typename Decide, typename Fill>
auto Plain(Decide decide, Fill fill) {
  return [decide, fill](const Trial& trial) {
    auto request = RequestFor<Request>(trial);
    fill(trial, request);
    return decide(trial.view, trial.setting, trial.edit.actor(), request).status();
  };
}

// Of one with a free text, or another value that is made of it.
template <typename Request, typename Decide, typename Fill, typename Text = SealedText>
auto WithText(Decide decide, Fill fill, Text text = {}) {
  return [decide, fill, text](const Trial& trial) {
    auto request = RequestFor<Request>(trial);
    fill(trial, request);
    return decide(trial.view, trial.setting, trial.edit.actor(), request, text).status();
  };
}

constexpr auto kNothing = [](const Trial&, auto&) {};

bool Leads(const v1::WorkOrderRecord& record, const std::string& code) {
  const auto& judged = record.judged();
  return record.order().main_undertaker() == code || std::find(judged.begin(), judged.end(), code) != judged.end();
}

// A body that takes orders and has nothing to do with this one yet.
std::string OtherBody(const v1::WorkOrderRecord& record, const Directory& directory) {
  const auto& assists = record.order().assists();
  for (const auto& [code, body] : directory.all()) {
    const bool assisting = std::any_of(assists.begin(), assists.end(), [&, &other = code](const v1::Assist& assist) {
      return assist.undertaker() == other;
    });
    const bool direct = directory.ModeOf(code) == ReceiveMode::kDirect && body.kind() == "municipal";
    if (direct && !assisting && !Leads(record, code)) return code;
  }
  return "";
}
std::string OtherBody(const Trial& trial) { return OtherBody(trial.edit.record(), trial.directory()); }

std::string LiaisonBody(const Directory& directory) {
  for (const auto& [code, body] : directory.all()) {
    if (directory.ModeOf(code) == ReceiveMode::kLiaison) return code;
  }
  return "";
}

const v1::Assist* OpenAssist(const v1::WorkOrder& order, std::string_view body = "") {
  for (const v1::Assist& assist : order.assists()) {
    if (!assist.removed() && (body.empty() || assist.undertaker() == body)) return &assist;
  }
  return nullptr;
}

const v1::Supervision* UnansweredTicket(const v1::WorkOrder& order) {
  for (const v1::Supervision& ticket : order.supervisions()) {
    if (!ticket.has_answer_time()) return &ticket;
  }
  return nullptr;
}

std::string DistrictOf(const Trial& trial) {
  const v1::Undertaker* body = trial.directory().Find(trial.edit.actor().body);
  return trial.edit.actor().district.empty() && body != nullptr ? body->district_code() : trial.edit.actor().district;
}

// A department of the caller's district that is not waited for.
std::string DepartmentToCall(const Trial& trial) {
  const auto& calls = trial.order().calls();
  const std::string district = DistrictOf(trial);
  for (const auto& [code, body] : trial.directory().all()) {
    if (body.kind() != kDistrictDepartment || body.district_code() != district) continue;
    const bool called = std::any_of(calls.begin(), calls.end(), [&, &department = code](const v1::Call& call) {
      return call.undertaker() == department;
    });
    if (!called) return code;
  }
  return "";
}

std::string DayAfterDue(const Trial& trial, bool working_day) {
  const absl::CivilDay due = clock::ShanghaiDate(clock::FromProto(trial.order().due_time()));
  return clock::FormatDate(working_day ? trial.edit.calendar().AddWorkingDays(due, 1).day : due + 1);
}

bool IsPayment(const Trial& trial) { return trial.order().sme_payment(); }
bool IsNoPayment(const Trial& trial) { return !trial.order().sme_payment(); }

void AddHubActs(std::vector<Act>& acts) {
  acts.push_back({"RoutingService/SendToLiaison", "转送联络单位", "RTE-10",
                  Plain<v1::SendToLiaisonRequest>(DecideSendToLiaison, [](const Trial& trial, auto& request) {
                    request.set_undertaker(LiaisonBody(trial.directory()));
                  })});
  acts.push_back({"RoutingService/CloseLiaison", "办结转送", "RTE-10",
                  Plain<v1::CloseLiaisonRequest>(DecideCloseLiaison, kNothing),
                  [](const Trial& trial) { return trial.order().liaison(); }});
  acts.push_back(
      {"RoutingService/RuleReturn", "审核退单", "RTE-07",
       Plain<v1::RuleReturnRequest>(DecideRuleReturn, [](const Trial&, auto& request) { request.set_reason(kText); })});
  acts.push_back(
      {"RoutingService/ReviewResult", "审核办理结果", "RTE-28",
       Plain<v1::ReviewResultRequest>(DecideReviewResult, [](const Trial&, auto& r) { r.set_approved(true); })});
  acts.push_back({"AssistService/AddAssist", "增加协办单位", "RTE-04",
                  Plain<v1::AddAssistRequest>(DecideAddAssist, [](const Trial& trial, auto& request) {
                    request.set_undertaker(OtherBody(trial));
                  })});
  acts.push_back({"AssistService/RemoveAssist", "撤销协办单位", "RTE-04",
                  Plain<v1::RemoveAssistRequest>(DecideRemoveAssist,
                                                 [](const Trial& trial, auto& request) {
                                                   request.set_undertaker(OpenAssist(trial.order())->undertaker());
                                                 }),
                  [](const Trial& trial) { return OpenAssist(trial.order()) != nullptr; }});
  acts.push_back(
      {"RoutingService/OpenSupervision", "督办", "RTE-20",
       Plain<v1::OpenSupervisionRequest>(DecideOpenSupervision, [](const Trial&, auto& r) { r.set_cause("OTHER"); })});
  acts.push_back({"LimitService/RuleExtension", "审批延期", "RTE-18",
                  Plain<v1::RuleExtensionRequest>(DecideRuleExtension,
                                                  [](const Trial&, auto& request) { request.set_reason(kText); })});
  acts.push_back({"LimitService/SetStatutoryLimit", "适用法定时限", "RTE-19",
                  Plain<v1::SetStatutoryLimitRequest>(DecideSetStatutoryLimit,
                                                      [](const Trial& trial, auto& request) {
                                                        const v1::StatutoryLimit& law = trial.setting.laws->limits(0);
                                                        request.set_law_id(law.law_id());
                                                        request.set_article(law.article());
                                                      }),
                  IsNoPayment});
  acts.push_back({"HumanReviewService/ReviewAutomaticDispatch", "复核自动派单", "RTE-23",
                  Plain<v1::ReviewAutomaticDispatchRequest>(
                      DecideReviewAutomaticDispatch, [](const Trial&, auto& request) { request.set_reason(kText); })});
  acts.push_back({"PaymentService/ExtendPaymentOrder", "延长账款办理期限", "INT-22",
                  Plain<v1::ExtendPaymentOrderRequest>(DecideExtendPayment,
                                                       [](const Trial& trial, auto& request) {
                                                         request.set_end_date(DayAfterDue(trial, false));
                                                         request.set_reason(kText);
                                                       }),
                  IsPayment});
}

void AddBodyActs(std::vector<Act>& acts) {
  acts.push_back(
      {"RoutingService/SignWorkOrder", "签收", "RTE-06", Plain<v1::SignWorkOrderRequest>(DecideSign, kNothing)});
  acts.push_back({"RoutingService/RequestReturn", "申请退单", "RTE-07",
                  Plain<v1::RequestReturnRequest>(DecideRequestReturn, [](const Trial& trial, auto& request) {
                    request.set_reason_code("NOT_OUR_DUTY");
                    request.set_legal_basis(kText);
                    request.set_proposed_undertaker(OtherBody(trial));
                  })});
  acts.push_back({"RoutingService/DeclineWorkOrder", "谢绝", "RTE-11",
                  Plain<v1::DeclineWorkOrderRequest>(DecideDecline,
                                                     [](const Trial&, auto& request) { request.set_reason(kText); })});
  acts.push_back({"RoutingService/RecordContact", "登记联系", "RTE-28",
                  WithText<v1::RecordContactRequest>(DecideRecordContact, [](const Trial&, auto& request) {
                    request.set_way("PHONE");
                    request.set_person("经办人");
                  })});
  acts.push_back({"RoutingService/SubmitResult", "提交办理结果", "RTE-28",
                  WithText<v1::SubmitResultRequest>(DecideSubmitResult, [](const Trial&, auto& request) {
                    request.set_result_type(RESULT_TYPE_SOLVED);
                    request.set_result_text(kText);
                    request.add_basis(kText);
                  })});
  acts.push_back({"RoutingService/RecordFeedback", "反馈诉求人", "FBK-01",
                  WithText<v1::RecordFeedbackRequest>(
                      DecideRecordFeedback,
                      [](const Trial& trial, auto& request) {
                        *request.mutable_feedback_time() = trial.edit.timestamp();
                        request.set_way("PHONE");
                        request.set_person("经办人");
                      },
                      std::string())});
  acts.push_back({"LimitService/RequestExtension", "申请延期", "RTE-18",
                  Plain<v1::RequestExtensionRequest>(DecideRequestExtension,
                                                     [](const Trial& trial, auto& request) {
                                                       request.set_reason(kText);
                                                       request.set_measures(kText);
                                                       request.set_new_due_date(DayAfterDue(trial, true));
                                                     }),
                  IsNoPayment});
  acts.push_back({"LimitService/RecordInterimAnswer", "登记阶段性答复", "RTE-19",
                  Plain<v1::RecordInterimAnswerRequest>(DecideRecordInterimAnswer,
                                                        [](const Trial&, auto& request) {
                                                          request.set_way("PHONE");
                                                          request.set_person("经办人");
                                                        }),
                  [](const Trial& trial) { return trial.order().has_statutory_limit(); }});
  acts.push_back({"JointMeetingService/EscalateWorkOrder", "提请联席会议", "RTE-21",
                  WithText<v1::EscalateWorkOrderRequest>(DecideEscalate, [](const Trial& trial, auto& request) {
                    request.add_disputed_undertakers(OtherBody(trial));
                    request.set_opinion(kText);
                  })});
}

void AddSharedActs(std::vector<Act>& acts) {
  acts.push_back({"RoutingService/AnswerAssist", "答复协办", "RTE-04",
                  WithText<v1::AnswerAssistRequest>(DecideAnswerAssist,
                                                    [](const Trial&, auto& request) { request.set_answer(kText); }),
                  [](const Trial& trial) { return OpenAssist(trial.order(), trial.edit.actor().body) != nullptr; }});
  acts.push_back({"RoutingService/AnswerSupervision", "答复督办", "RTE-20",
                  Plain<v1::AnswerSupervisionRequest>(DecideAnswerSupervision,
                                                      [](const Trial& trial, auto& request) {
                                                        request.set_supervision_id(
                                                            UnansweredTicket(trial.order())->supervision_id());
                                                        request.set_answer(kText);
                                                      }),
                  [](const Trial& trial) { return UnansweredTicket(trial.order()) != nullptr; }});
  acts.push_back(
      {"RoutingService/AddNote", "备注", "RTE-27",
       WithText<v1::AddNoteRequest>(DecideAddNote, [](const Trial&, auto& request) { request.set_text(kText); })});
  acts.push_back({"HumanReviewService/RequestHumanReview", "申请人工复核", "RTE-23",
                  WithText<v1::RequestHumanReviewRequest>(DecideRequestHumanReview, kNothing)});
  acts.push_back(
      {"CallService/CallUndertakers", "呼叫区级部门", "RTE-29",
       Plain<v1::CallUndertakersRequest>(
           DecideCall, [](const Trial& trial, auto& request) { request.add_undertakers(DepartmentToCall(trial)); }),
       [](const Trial& trial) { return !DepartmentToCall(trial).empty(); }});
  acts.push_back({"CallService/ReportToCall", "报到", "RTE-29",
                  Plain<v1::ReportToCallRequest>(DecideReportToCall,
                                                 [](const Trial& trial, auto& request) {
                                                   request.set_person("经办人");
                                                   *request.mutable_arrive_time() = trial.edit.timestamp();
                                                 }),
                  [](const Trial& trial) {
                    const auto& calls = trial.order().calls();
                    return std::any_of(calls.begin(), calls.end(), [&](const v1::Call& call) {
                      return call.undertaker() == trial.edit.actor().body;
                    });
                  }});
}

// Whether the gateway and the chain let this role in (GWY-02).
bool LetsIn(std::string_view method, config::v1::Role role) {
  const std::string full = absl::StrCat("jinqi.routing.v1.", absl::StrReplaceAll(std::string(method), {{"/", "."}}));
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(full);
  if (descriptor == nullptr) return false;
  const auto& roles = descriptor->options().GetExtension(config::v1::access).roles();
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

// The requirement that speaks in a refusal; most often the act's own.
const char* RuleOfRefusal(Reason reason, const char* own) {
  switch (reason) {
    case config::v1::REASON_ILLEGAL_MOVE: return "RTE-25";
    case config::v1::REASON_DESIGNATED:
    case config::v1::REASON_AGAIN_NEEDS_LEADER: return "RTE-09";
    case config::v1::REASON_LIAISON_ONLY: return "RTE-10";
    case config::v1::REASON_CONFLICT_OF_INTEREST: return "RTE-12";
    case config::v1::REASON_TOWNSHIP_LIST_MISSING:
    case config::v1::REASON_NOT_A_TOWNSHIP_DUTY: return "RTE-13";
    case config::v1::REASON_NOT_UNDERTAKER: return "RTE-05";
    case config::v1::REASON_ASSIST_OPEN: return "RTE-04";
    case config::v1::REASON_DECISION_MISSING: return "FBK-03";
    default: return own;
  }
}

std::string NameOfMethod(std::string_view method) { return std::string(method.substr(method.find('/') + 1)); }

std::string TextOf(const absl::Status& status) {
  const google::rpc::Status proto = ToProto(status);
  for (const auto& detail : proto.details()) {
    google::rpc::LocalizedMessage message;
    if (detail.UnpackTo(&message)) return message.message();
  }
  return "";
}

void AddRefusal(const char* method, const char* title, const char* rule, const absl::Status& status,
                const std::string& undertaker, v1::WorkOrderGrounds& out) {
  const Reason reason = ReasonOf(status);
  v1::RefusedAct& refused = *out.add_refused_acts();
  refused.set_act(NameOfMethod(method));
  refused.set_title(title);
  refused.set_undertaker(undertaker);
  refused.set_reason(ReasonName(reason));
  refused.set_rule(RuleOfRefusal(reason, rule));
  refused.set_text(absl::StrCat(title, "：", TextOf(status), "（", refused.rule(), "）"));
}

// The bodies of which a dispatcher would ask why not: proposed, judged, or given back before.
std::set<std::string> BodiesInQuestion(const OrderEdit& edit) {
  const v1::WorkOrder& order = edit.order();
  std::set<std::string> bodies(edit.record().judged().begin(), edit.record().judged().end());
  const v1::Proposal proposal = ProposalOn(order, edit.reference(), edit.today());
  for (const v1::Candidate& one : proposal.candidates()) bodies.insert(one.undertaker());
  for (const v1::Dispatch& dispatch : order.dispatches()) {
    if (dispatch.returned()) bodies.insert(dispatch.main_undertaker());
  }
  bodies.insert(OtherBody(edit.record(), edit.reference().directory));
  return bodies;
}

void TryDispatch(const Trial& trial, v1::WorkOrderGrounds& out) {
  constexpr char kMethod[] = "RoutingService/DispatchWorkOrder";
  if (!LetsIn(kMethod, trial.edit.actor().role)) return;
  for (const std::string& body : BodiesInQuestion(trial.edit)) {
    auto request = RequestFor<v1::DispatchWorkOrderRequest>(trial);
    request.set_main_undertaker(body);
    request.set_reason(kText);
    const absl::Status status = DecideDispatch(trial.view, trial.setting, trial.edit.actor(), request).status();
    if (status.ok()) continue;
    // What forbids every dispatch is said once.
    const bool any = ReasonOf(status) == config::v1::REASON_ILLEGAL_MOVE;
    AddRefusal(kMethod, "派单", "RTE-04", status, any ? "" : body, out);
    if (any) return;
  }
}

v1::RefusedAct& AddPast(const char* act, const char* title, const char* rule, const google::protobuf::Timestamp& time,
                        const std::string& why, v1::WorkOrderGrounds& out) {
  v1::RefusedAct& refused = *out.add_refused_acts();
  refused.set_act(act);
  refused.set_title(title);
  refused.set_rule(rule);
  *refused.mutable_time() = time;
  const std::string day = clock::FormatDate(clock::ShanghaiDate(clock::FromProto(time)));
  refused.set_text(absl::StrCat(title, day, "未获同意：", why, "（", rule, "）"));
  return refused;
}

}  // namespace

void AddPastRefusals(const v1::WorkOrder& shown, const std::vector<ledger::HistoryRow>& history,
                     v1::WorkOrderGrounds& out) {
  for (const v1::Return& asked : shown.returns()) {
    if (!asked.has_ruling_time() || asked.agreed()) continue;
    AddPast("RequestReturn", "申请退单", "RTE-07", asked.ruling_time(), asked.ruling_reason(), out)
        .set_undertaker(asked.undertaker());
  }
  for (const v1::Extension& asked : shown.extensions()) {
    if (!asked.has_ruling_time() || asked.agreed()) continue;
    AddPast("RequestExtension", "申请延期", "RTE-18", asked.ruling_time(), asked.ruling_reason(), out)
        .set_undertaker(asked.undertaker());
  }
  for (const v1::Submission& submission : shown.submissions()) {
    if (!submission.reviewed() || submission.approved()) continue;
    AddPast("SubmitResult", "提交办理结果", "RTE-28", submission.review_time(), submission.review_reason(), out);
  }
  for (const ledger::HistoryRow& row : history) {
    const bool withdrawal = row.type == "WithdrawalRefused";
    if (!withdrawal && row.type != "SupplementRefused") continue;
    OrderEvent event;
    if (!event.ParseFromString(row.data)) continue;
    AddPast(withdrawal ? "WithdrawDemand" : "AddSupplement", withdrawal ? "撤回诉求" : "补充诉求", "INT-20",
            clock::ToProto(row.time), absl::StrCat("当时状态为 ", event.reason()), out);
  }
}

void AddPresentRefusals(const ledger::View& view, const Setting& setting, const OrderEdit& edit,
                        const v1::WorkOrder& shown, v1::WorkOrderGrounds& out) {
  const Trial trial{view, setting, edit, shown.name(), shown.etag()};
  TryDispatch(trial, out);
  std::vector<Act> acts;
  AddHubActs(acts);
  AddBodyActs(acts);
  AddSharedActs(acts);
  for (const Act& act : acts) {
    if (!LetsIn(act.method, edit.actor().role) || (act.concerns && !act.concerns(trial))) continue;
    const absl::Status status = act.attempt(trial);
    if (!status.ok()) AddRefusal(act.method, act.title, act.rule, status, "", out);
  }
}

std::vector<ledger::Key> TriedRecords(const v1::WorkOrderRecord& record, const Directory& directory) {
  return {UndertakerKey(OtherBody(record, directory))};
}

}  // namespace jinqi::routing
