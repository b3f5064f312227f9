// The hard courses of the demo: what an order goes through besides the common way.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/demo_order.h"
#include "common/clock/clock.h"
#include "common/status/status.h"
#include "jinqi/routing/v1/joint_meeting_service.pb.h"
#include "jinqi/routing/v1/limit_service.pb.h"

namespace jinqi::cli {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): states.

constexpr int kHandlingWorkingDays = 7;
constexpr int kExtensionWorkingDays = 2;
constexpr int kMeetingWorkingDays = 3;
constexpr int kReturns = 2;
constexpr absl::Duration kPatience = absl::Seconds(60);
// Every one of so many orders is rated badly at first, and done again.
constexpr int kBadOneIn = 6;
// After so many bad ratings an order may go to the joint meeting.
constexpr int kBadBeforeMeeting = 2;

// City departments that take orders directly.
constexpr std::array<std::string_view, 4> kBodies = {"FGW", "KJJ", "RSJ", "SFJ"};

const Person kReviewer{"REVIEWER", "reviewer-1", "BMZX", "", ""};
const Person kLeader{"HUB_LEADER", "leader-1", "BMZX", "", ""};
const Person kDispatcher{"DISPATCHER", "dispatcher-1", "BMZX", "", ""};

absl::CivilDay DayOf(const google::protobuf::Timestamp& time) { return clock::ShanghaiDate(clock::FromProto(time)); }

absl::CivilDay Today() { return clock::ShanghaiDate(absl::ToUnixMicros(absl::Now())); }

template <typename Request>
Request On(const routing::v1::WorkOrder& order, const std::string& request_id) {
  Request request;
  request.set_etag(order.etag());
  request.set_request_id(request_id);
  return request;
}

}  // namespace

std::string_view CourseText(Course course) {
  switch (course) {
    case Course::kCommon: return "";
    case Course::kReturned: return "given back twice, then designated";
    case Course::kExtended: return "extended";
    case Course::kMeeting: return "decided on by a joint meeting";
    case Course::kMerged: return "asked for again and merged";
    case Course::kLateWithdrawal: return "withdrawn too late";
    case Course::kEscalated: return "escalated after two bad ratings";
    case Course::kSupervised: return "supervised";
  }
  return "";
}

Course CourseOf(int number) {
  switch (number) {
    case 2: return Course::kReturned;
    case 3: return Course::kExtended;
    case 4: return Course::kMeeting;
    case 5: return Course::kMerged;
    case 7: return Course::kLateWithdrawal;
    case 9: return Course::kSupervised;
    case 10: return Course::kEscalated;
    default: return Course::kCommon;
  }
}

std::string DemoOrder::OtherBody() const {
  const auto& dispatches = result_.order.dispatches();
  for (const std::string_view body : kBodies) {
    const bool had = std::any_of(dispatches.begin(), dispatches.end(),
                                 [body](const auto& one) { return one.main_undertaker() == body; });
    if (!had) return std::string(body);
  }
  return "";
}

int DemoOrder::BadRatings() const {
  if (result_.row.course == Course::kEscalated) return kBadBeforeMeeting;
  return result_.row.number % kBadOneIn == 0 ? 1 : 0;
}

absl::CivilDay DemoOrder::ExpectedDue() const {
  const absl::CivilDay general = calendar_.AddWorkingDays(DayOf(result_.order.accept_time()), kHandlingWorkingDays).day;
  const auto& escalations = result_.order.escalations();
  switch (result_.row.course) {
    case Course::kExtended: return calendar_.AddWorkingDays(general, kExtensionWorkingDays).day;
    case Course::kMeeting:
    case Course::kEscalated:
      if (escalations.empty()) return general;
      return calendar_.AddWorkingDays(DayOf(escalations.rbegin()->decision().time()), kMeetingWorkingDays).day;
    default: return general;
  }
}

absl::StatusOr<bool> DemoOrder::Detour() {
  const OrderState state = result_.order.state();
  switch (result_.row.course) {
    case Course::kCommon: return false;
    case Course::kReturned: return state == ORDER_STATE_PENDING_DISPATCH ? Designate() : GiveBack();
    case Course::kExtended: return Extend();
    case Course::kMeeting:
    case Course::kEscalated: return state == ORDER_STATE_ESCALATED ? Meet() : Escalate();
    case Course::kMerged: return AskAgain();
    case Course::kLateWithdrawal: return WithdrawLate();
    case Course::kSupervised: return Supervise();
  }
  return false;
}

absl::StatusOr<bool> DemoOrder::GiveBack() {
  const routing::v1::WorkOrder& order = result_.order;
  const int returned = order.returns_size();
  if (order.state() == ORDER_STATE_RETURN_REVIEW) {
    auto request = On<routing::v1::RuleReturnRequest>(order, RequestId(absl::StrCat("rule", returned)));
    request.set_agreed(true);
    request.set_reason("经核对职责清单，同意改派");
    return Move(kReviewer, "ruleReturn", request);
  }
  if (order.state() != ORDER_STATE_DISPATCHED || returned == kReturns) return false;
  auto request = On<routing::v1::RequestReturnRequest>(order, RequestId(absl::StrCat("return", returned)));
  request.set_reason_code("NOT_OUR_DUTY");
  request.set_legal_basis("三定规定：该事项不属本单位职责");
  request.set_proposed_undertaker(OtherBody());
  return Move(Undertaker(), "requestReturn", request);
}

absl::StatusOr<bool> DemoOrder::Designate() {
  const routing::v1::WorkOrder& order = result_.order;
  if (order.returns().empty()) return false;
  auto request =
      On<routing::v1::DispatchWorkOrderRequest>(order, RequestId(absl::StrCat("again", order.returns_size())));
  request.set_main_undertaker(order.returns().rbegin()->proposed_undertaker());
  request.set_reason("按退单建议改派");
  return Move(kDispatcher, "dispatch", request);
}

absl::StatusOr<bool> DemoOrder::Extend() {
  const routing::v1::WorkOrder& order = result_.order;
  if (order.state() != ORDER_STATE_HANDLING) return false;
  if (order.extensions().empty()) {
    auto request = On<routing::v1::RequestExtensionRequest>(order, RequestId("extend"));
    request.set_reason("需现场勘查");
    request.set_measures("已与企业约定勘查时间");
    request.set_new_due_date(
        absl::FormatCivilTime(calendar_.AddWorkingDays(DayOf(order.due_time()), kExtensionWorkingDays).day));
    return Move(Undertaker(), "requestExtension", request);
  }
  if (order.extensions().rbegin()->has_ruling_time()) return false;
  auto request = On<routing::v1::RuleExtensionRequest>(order, RequestId("ruleExtension"));
  request.set_agreed(true);
  return Move(kReviewer, "ruleExtension", request);
}

absl::StatusOr<bool> DemoOrder::Escalate() {
  const routing::v1::WorkOrder& order = result_.order;
  const bool escalated = result_.row.course == Course::kEscalated;
  const bool due = escalated ? order.state() == ORDER_STATE_REWORK && order.rework_round() == kBadBeforeMeeting
                             : order.state() == ORDER_STATE_HANDLING;
  if (!due || !order.escalations().empty()) return false;
  auto request = On<routing::v1::EscalateWorkOrderRequest>(order, RequestId("escalate"));
  request.add_disputed_undertakers(OtherBody());
  request.set_opinion("涉及两个部门职责，经研判难以协调一致，提请研究");
  return Move(Undertaker(), "escalate", request);
}

// Each call is answered once: who comes this way again is given the meeting as it stands.
absl::StatusOr<bool> DemoOrder::Meet() {
  using routing::v1::JointMeeting;
  routing::v1::CreateJointMeetingRequest create;
  create.set_request_id(RequestId("meeting"));
  create.set_level(routing::v1::MEETING_LEVEL_CITY);
  create.set_meeting_date(absl::FormatCivilTime(Today()));
  ASSIGN_OR_RETURN(const auto created, api_.Post<JointMeeting>(kLeader, "/v1/jointMeetings", create));
  const std::string path = "/v1/" + created.name();
  ASSIGN_OR_RETURN(auto meeting, api_.Get<JointMeeting>(kLeader, path));
  if (meeting.items().empty()) {
    routing::v1::AddAgendaItemRequest add;
    add.set_etag(meeting.etag());
    add.set_request_id(RequestId("item"));
    add.set_work_order(result_.order.name());
    ASSIGN_OR_RETURN(meeting, api_.Post<JointMeeting>(kLeader, path + ":addItem", add));
  }
  routing::v1::DecideAgendaItemRequest decide;
  decide.set_etag(meeting.etag());
  decide.set_request_id(RequestId("decide"));
  decide.set_work_order(result_.order.name());
  decide.add_lead_undertakers(OtherBody());
  decide.set_completion_date(absl::FormatCivilTime(calendar_.AddWorkingDays(Today(), kMeetingWorkingDays).day));
  decide.set_minutes_reference("演示纪要1号");
  decide.set_minutes("议定由牵头部门办理");
  ASSIGN_OR_RETURN(meeting, api_.Post<JointMeeting>(kLeader, path + ":decide", decide));
  routing::v1::ConcludeJointMeetingRequest conclude;
  conclude.set_etag(meeting.etag());
  conclude.set_request_id(RequestId("conclude"));
  RETURN_IF_ERROR(api_.Post<JointMeeting>(kLeader, path + ":conclude", conclude).status());
  return true;
}

absl::StatusOr<bool> DemoOrder::AskAgain() {
  const routing::v1::WorkOrder& order = result_.order;
  if (order.state() != ORDER_STATE_HANDLING || !order.merged_children().empty()) return false;
  const auto again = api_.Post<intake::v1::Demand>(Filer(), "/v1/demands", Filing(RequestId("again")));
  if (!again.ok()) return again.status();
  if (again->merged_into() != order.order_no()) {
    return absl::InternalError("the same matter was not merged into the running order");
  }
  // Routing hears of it soon.
  const absl::Time patience_ends = absl::Now() + kPatience;
  while (result_.order.merged_children().empty() && absl::Now() < patience_ends) {
    auto seen = api_.Get<routing::v1::WorkOrder>(kDispatcher, OrderPath(""));
    if (!seen.ok()) return seen.status();
    result_.order = *std::move(seen);
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

absl::StatusOr<bool> DemoOrder::WithdrawLate() {
  const OrderState state = result_.order.state();
  if ((state != ORDER_STATE_FED_BACK && state != ORDER_STATE_CLOSED) || refused_) return false;
  intake::v1::WithdrawDemandRequest request;
  request.set_request_id(RequestId("withdraw"));
  request.set_reason("已自行解决");
  const auto intent = api_.Post<intake::v1::DemandIntent>(
      Enterprise(), "/v1/demands/" + result_.order.order_no() + ":withdraw", request);
  if (!intent.ok()) return intent.status();
  if (intent->granted()) return absl::InternalError("a withdrawal after the answer was granted");
  refused_ = intent->settled() && !intent->refusal().empty();
  return false;
}

absl::StatusOr<bool> DemoOrder::Supervise() {
  const routing::v1::WorkOrder& order = result_.order;
  if (order.state() != ORDER_STATE_HANDLING) return false;
  if (order.supervisions().empty()) {
    auto request = On<routing::v1::OpenSupervisionRequest>(order, RequestId("supervise"));
    request.set_cause("OTHER");
    return Move(kReviewer, "openSupervision", request);
  }
  const routing::v1::Supervision& ticket = *order.supervisions().rbegin();
  if (ticket.has_answer_time()) return false;
  auto request = On<routing::v1::AnswerSupervisionRequest>(order, RequestId("answer"));
  request.set_supervision_id(ticket.supervision_id());
  request.set_answer("已约谈经办人，限期办结");
  return Move(Undertaker(), "answerSupervision", request);
}

absl::Status DemoOrder::CheckCourse() const {
  const routing::v1::WorkOrder& order = result_.order;
  const auto shown = [&] {
    switch (result_.row.course) {
      case Course::kCommon: return true;
      case Course::kReturned: return order.dispatches_size() == kReturns + 1 && order.dispatches(kReturns).designated();
      case Course::kExtended: return order.due_basis() == "EXTENSION";
      case Course::kMeeting:
      case Course::kEscalated: return order.due_basis() == "JOINT_MEETING";
      case Course::kMerged: return order.merged_children_size() == 1 && order.urging_count() == 1;
      case Course::kLateWithdrawal: return refused_;
      case Course::kSupervised: return order.supervisions_size() == 1 && order.supervisions(0).has_answer_time();
    }
    return false;
  };
  if (shown()) return absl::OkStatus();
  return absl::InternalError("does not show: " + std::string(CourseText(result_.row.course)));
}

}  // namespace jinqi::cli
