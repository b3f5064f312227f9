#include "cli/demo_order.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"
#include "common/text/text.h"

namespace jinqi::cli {
namespace {

constexpr std::size_t kMaxContent = 4000;
constexpr std::size_t kMinContent = 5;
constexpr std::size_t kTitle = 20;
constexpr std::string_view kEnterprise = "ENTERPRISE";
constexpr absl::Duration kFirstPause = absl::Milliseconds(3);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);
constexpr absl::Duration kPatience = absl::Seconds(120);

constexpr std::array<std::string_view, 16> kDistricts = {"120101", "120102", "120103", "120104", "120105", "120106",
                                                         "120110", "120111", "120112", "120113", "120114", "120115",
                                                         "120116", "120117", "120118", "120119"};

constexpr std::array<DemoOrder::Door, 5> kDoors = {{{events::v1::CHANNEL_JINCHANFA, "ENTERPRISE"},
                                                    {events::v1::CHANNEL_PHONE_12345, "SEAT"},
                                                    {events::v1::CHANNEL_WECHAT_12345, "ENTERPRISE"},
                                                    {events::v1::CHANNEL_STAFF, "SERVICE_STAFF"},
                                                    {events::v1::CHANNEL_COUNTER, "SEAT"}}};

// Not logged in.
const Person kNobody;
const Person kDispatcher{"DISPATCHER", "dispatcher-1", "BMZX", "", ""};
const Person kReviewer{"REVIEWER", "reviewer-1", "BMZX", "", ""};
const Person kCaller{"FOLLOW_UP_CALLER", "caller-1", "BMZX", "", ""};

// The first code points of a text, as one line.
std::string Beginning(const std::string& text) {
  const std::string line = text::SingleLine(text);
  std::size_t bytes = 0;
  for (std::size_t points = 0; bytes < line.size() && points < kTitle; ++points) {
    do {
      ++bytes;
    } while (bytes < line.size() && (static_cast<unsigned char>(line[bytes]) & 0xC0) == 0x80);
  }
  return line.substr(0, bytes);
}

bool IsStale(const absl::Status& status) {
  const Reason reason = ReasonOf(status);
  return reason == config::v1::REASON_VERSION_CONFLICT || reason == config::v1::REASON_ILLEGAL_MOVE;
}

template <typename Request>
Request On(const routing::v1::WorkOrder& order, const std::string& request_id) {
  Request request;
  request.set_etag(order.etag());
  request.set_request_id(request_id);
  return request;
}

}  // namespace

std::string SyntheticUscc(const std::string& district, const std::string& seed, bool individual) {
  static constexpr std::string_view kCharset = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  static constexpr std::array<int, 17> kWeights = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  std::string code = (individual ? "92" : "91") + district;
  const std::string digest = crypto::Sm3(seed);
  for (std::size_t i = 0; code.size() < 17; ++i) {
    code += kCharset[static_cast<unsigned char>(digest[i]) % kCharset.size()];
  }
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    sum += static_cast<int>(kCharset.find(code[i])) * kWeights[i];
  }
  return code + kCharset[static_cast<std::size_t>((31 - sum % 31) % 31)];
}

std::string_view EndingText(Ending ending) {
  switch (ending) {
    case Ending::kClosed: return "closed";
    case Ending::kLiaison: return "liaison";
    case Ending::kTooLong: return "TOO_LONG";
    case Ending::kTooShort: return "TOO_SHORT";
    case Ending::kFailed: break;
  }
  return "FAILED";
}

std::string DemoOrder::RequestId(const std::string& step) const {
  return absl::StrCat(run_, "-", result_.row.number, "-", step);
}

const DemoOrder::Door& DemoOrder::door() const {
  return kDoors[static_cast<std::size_t>(result_.row.number) % kDoors.size()];
}

std::string DemoOrder::Phone() const {
  return absl::StrCat("1380000", absl::Dec(result_.row.number % 10000, absl::kZeroPad4));
}

Person DemoOrder::Enterprise() const { return {std::string(kEnterprise), "agent-" + uscc_, "", "", uscc_}; }

Person DemoOrder::Undertaker() const {
  const std::string& body = result_.order.main_undertaker();
  return {"UNDERTAKER", "handler-" + body, body, "", ""};
}

std::string DemoOrder::OrderPath(const std::string& verb) const {
  return "/v1/" + result_.order.name() + (verb.empty() ? "" : ":" + verb);
}

std::string DemoOrder::FollowUpName() const {
  return absl::StrCat("followUps/", result_.order.order_no(), "-", result_.order.rework_round());
}

DemoResult DemoOrder::Run() {
  district_ = kDistricts[static_cast<std::size_t>(result_.row.number) % kDistricts.size()];
  uscc_ = SyntheticUscc(district_, absl::StrCat(run_, "/", result_.row.number), result_.row.number % 10 == 9);
  const std::size_t length = text::CodePoints(text::Trim(result_.row.text));
  const absl::Status created = Create();
  if (length > kMaxContent || length < kMinContent) {
    const bool refused =
        ReasonOf(created) == (length > kMaxContent ? config::v1::REASON_TOO_LONG : config::v1::REASON_TOO_SHORT);
    if (refused) result_.ending = length > kMaxContent ? Ending::kTooLong : Ending::kTooShort;
    if (!refused) result_.fault = "a text of the wrong length was not refused as such";
    return result_;
  }
  absl::Status status = created;
  if (status.ok()) status = Drive();
  if (status.ok()) status = CheckEnd();
  if (!status.ok()) {
    result_.ending = Ending::kFailed;
    result_.fault = std::string(status.message());
  }
  return result_;
}

intake::v1::CreateDemandRequest DemoOrder::Filing(const std::string& request_id) const {
  const DemoRow& row = result_.row;
  const bool individual = row.number % 10 == 9;
  intake::v1::CreateDemandRequest request;
  request.set_request_id(request_id);
  auto& demand = *request.mutable_demand();
  demand.set_channel(door().channel);
  demand.set_demand_type(events::v1::DEMAND_TYPE_HELP);
  demand.set_title(row.title.empty() ? Beginning(row.text) : Beginning(row.title));
  demand.set_content(row.text);
  demand.set_contact_name("演示");
  demand.set_contact_phone(Phone());
  auto& subject = *demand.mutable_subject();
  subject.set_type(individual ? events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS : events::v1::SUBJECT_TYPE_ENTERPRISE);
  subject.set_enterprise_name(absl::StrCat("津企演示", row.number, "号"));
  subject.set_uscc(uscc_);
  subject.set_district_code(district_);
  return request;
}

Person DemoOrder::Filer() const {
  const std::string role(door().role);
  if (role == kEnterprise) return Enterprise();
  if (role == "SERVICE_STAFF") return {role, role + "-1", "Q" + district_, district_, ""};
  return {role, role + "-1", "BMZX", "", ""};
}

absl::Status DemoOrder::Create() {
  const intake::v1::CreateDemandRequest request = Filing(RequestId("create"));
  if (wrong_) RETURN_IF_ERROR(MustRefuse("/v1/demands", request));
  const auto created = api_.Post<intake::v1::Demand>(Filer(), "/v1/demands", request);
  if (!created.ok()) return created.status();
  result_.order.set_order_no(created->order_no());
  result_.order.set_name("workOrders/" + created->order_no());
  if (created->state() != events::v1::ORDER_STATE_REGISTERED) return absl::OkStatus();
  // Emergency words keep a demand for a seat (INT-07); this one is none and goes on to dispatch.
  intake::v1::SubmitDemandRequest submit;
  submit.set_etag(created->etag());
  submit.set_request_id(RequestId("release"));
  return api_.Post<intake::v1::Demand>({"SEAT", "SEAT-1", "BMZX", "", ""}, "/v1/" + created->name() + ":submit", submit)
      .status();
}

absl::Status DemoOrder::Drive() {
  absl::Time patience_ends = absl::Now() + kPatience;
  absl::Duration pause = kFirstPause;
  while (true) {
    auto order = api_.Get<routing::v1::WorkOrder>(kDispatcher, OrderPath(""));
    const bool not_there_yet = absl::IsNotFound(order.status());
    if (!order.ok() && !not_there_yet) return order.status();
    bool moved = false;
    if (order.ok()) {
      moved = order->etag() != result_.order.etag();
      result_.order = *std::move(order);
      if (result_.order.state() == events::v1::ORDER_STATE_CLOSED) return absl::OkStatus();
      absl::StatusOr<bool> done = Detour();
      if (done.ok() && !*done) done = Step();
      // Another writer was first: look again.
      if (!done.ok() && !IsStale(done.status())) return done.status();
      moved = moved || (done.ok() && *done);
    }
    if (moved) {
      patience_ends = absl::Now() + kPatience;
      pause = kFirstPause;
      continue;
    }
    if (absl::Now() > patience_ends) {
      return absl::DeadlineExceededError(absl::StrCat("nothing moved for ", absl::ToInt64Seconds(kPatience),
                                                      " s in state ",
                                                      events::v1::OrderState_Name(result_.order.state())));
    }
    absl::SleepFor(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

absl::StatusOr<bool> DemoOrder::Step() {
  switch (result_.order.state()) {
    case events::v1::ORDER_STATE_PENDING_DISPATCH: return Dispatch();
    case events::v1::ORDER_STATE_DISPATCHED: {
      auto request = On<routing::v1::SignWorkOrderRequest>(result_.order, RequestId("sign"));
      return Move(Undertaker(), "sign", request);
    }
    case events::v1::ORDER_STATE_HANDLING:
    case events::v1::ORDER_STATE_REWORK: return Handle();
    case events::v1::ORDER_STATE_SUBMITTED: return AfterSubmission();
    case events::v1::ORDER_STATE_FED_BACK: return FollowUp();
    case events::v1::ORDER_STATE_FOLLOWED_UP: return Rate();
    case events::v1::ORDER_STATE_LIAISON_SENT: {
      auto request = On<routing::v1::CloseLiaisonRequest>(result_.order, RequestId("close"));
      request.set_note("已转有关单位依法自行答复");
      return Move(kDispatcher, "closeLiaison", request);
    }
    default:
      return absl::InternalError("no step is known in state " + events::v1::OrderState_Name(result_.order.state()));
  }
}

absl::StatusOr<bool> DemoOrder::Dispatch() {
  const routing::v1::Proposal& proposal = result_.order.proposal();
  const bool human = proposal.candidates_size() == 0;
  if (human && !proposal.needs_human()) return false;
  result_.needed_human = human;
  const std::string body = human ? "Q" + district_ : proposal.candidates(0).undertaker();
  const std::vector<std::string>& expected = result_.row.expected;
  const bool by_district = std::any_of(expected.begin(), expected.end(),
                                       [](const std::string& code) { return code == "ALLQ" || code == "RELQ"; });
  const bool right =
      std::find(expected.begin(), expected.end(), body) != expected.end() || (by_district && body == "Q" + district_);
  if (!expected.empty() && !right) result_.fault = "first proposal " + body + " is not among the expected bodies";
  if (!human && proposal.candidates(0).receive_mode() == "liaison") {
    auto request = On<routing::v1::SendToLiaisonRequest>(result_.order, RequestId("liaison"));
    request.set_undertaker(body);
    request.set_notice("该事项由有关单位依法自行答复");
    return Move(kDispatcher, "sendToLiaison", request);
  }
  auto request = On<routing::v1::DispatchWorkOrderRequest>(result_.order, RequestId("dispatch"));
  request.set_main_undertaker(body);
  request.set_proposal_id(proposal.proposal_id());
  if (human) request.set_reason("规则无对应单位，按属地派单");
  return Move(kDispatcher, "dispatch", request);
}

absl::StatusOr<bool> DemoOrder::Handle() {
  const routing::v1::WorkOrder& order = result_.order;
  const int round = order.rework_round();
  const auto& contacts = order.contacts();
  const bool contacted = std::any_of(contacts.begin(), contacts.end(),
                                     [round](const auto& contact) { return contact.rework_round() == round; });
  if (!contacted) {
    auto request = On<routing::v1::RecordContactRequest>(order, RequestId(absl::StrCat("contact", round)));
    request.set_way("PHONE");
    request.set_person("经办人");
    request.set_summary("已与企业沟通了解情况");
    return Move(Undertaker(), "recordContact", request);
  }
  auto request = On<routing::v1::SubmitResultRequest>(order, RequestId(absl::StrCat("submit", round)));
  request.set_result_type(events::v1::RESULT_TYPE_SOLVED);
  request.set_result_text(
      absl::StrCat("经核实已按政策规定办理完毕，并向企业说明了办理依据（第", round + 1, "次办理）"));
  request.add_basis(result_.row.measure.empty() ? "S2.3" : result_.row.measure);
  return Move(Undertaker(), "submitResult", request);
}

absl::StatusOr<bool> DemoOrder::AfterSubmission() {
  const routing::v1::WorkOrder& order = result_.order;
  const int round = order.rework_round();
  if (order.submissions_size() == 0) return absl::InternalError("SUBMITTED without a submission");
  if (!order.submissions(order.submissions_size() - 1).reviewed()) {
    auto request = On<routing::v1::ReviewResultRequest>(order, RequestId(absl::StrCat("review", round)));
    request.set_approved(true);
    return Move(kReviewer, "reviewResult", request);
  }
  auto request = On<routing::v1::RecordFeedbackRequest>(order, RequestId(absl::StrCat("feedback", round)));
  request.set_way("PHONE");
  request.set_person("经办人");
  *request.mutable_feedback_time() = order.update_time();
  return Move(Undertaker(), "recordFeedback", request);
}

absl::StatusOr<bool> DemoOrder::FollowUp() {
  auto task = api_.Get<feedback::v1::FollowUp>(kCaller, "/v1/" + FollowUpName());
  if (absl::IsNotFound(task.status())) return false;
  if (!task.ok()) return task.status();
  // Followed up already: routing's next state is on its way.
  if (task->state() != feedback::v1::FollowUp::STATE_OPEN) return false;
  feedback::v1::RecordFollowUpRequest request;
  request.set_etag(task->etag());
  request.set_request_id(RequestId(absl::StrCat("follow", result_.order.rework_round())));
  request.set_way(feedback::v1::FollowUpContact::WAY_CALL);
  request.set_outcome(feedback::v1::FollowUpContact::OUTCOME_REACHED);
  const std::string path = "/v1/" + FollowUpName() + ":record";
  if (wrong_) RETURN_IF_ERROR(MustRefuse(path, request));
  const auto recorded = api_.Post<feedback::v1::FollowUp>(kCaller, path, request);
  if (!recorded.ok()) return recorded.status();
  return true;
}

absl::StatusOr<std::string> DemoOrder::RatingToken() {
  if (door().role == kEnterprise) {
    auto task = api_.Get<feedback::v1::FollowUp>(Enterprise(), "/v1/" + FollowUpName());
    if (!task.ok()) return task.status();
    return task->rating_token();
  }
  intake::v1::LookUpProgressRequest request;
  request.set_order_no(result_.order.order_no());
  request.set_phone(Phone());
  auto progress = api_.Post<intake::v1::Progress>(kNobody, "/v1/demands:lookUpProgress", request);
  if (!progress.ok()) return progress.status();
  const std::string& link = progress->rating_link();
  const std::size_t token = link.find('#');
  return token == std::string::npos ? std::string() : link.substr(token + 1);
}

absl::StatusOr<bool> DemoOrder::Rate() {
  auto task = api_.Get<feedback::v1::FollowUp>(kCaller, "/v1/" + FollowUpName());
  if (absl::IsNotFound(task.status())) return false;
  if (!task.ok()) return task.status();
  // Rated already: routing's next state is on its way.
  if (!task->rating().empty()) return false;
  ASSIGN_OR_RETURN(const std::string token, RatingToken());
  // What routing said is on its way to intake.
  if (token.empty()) return false;
  const bool bad = result_.order.rework_round() < BadRatings();
  feedback::v1::CreateRatingRequest request;
  request.set_token(token);
  request.set_order_no(result_.order.order_no());
  request.set_request_id(RequestId(absl::StrCat("rate", result_.order.rework_round())));
  request.mutable_rating()->set_solved(bad ? events::v1::SOLVED_NO : events::v1::SOLVED_YES);
  request.mutable_rating()->set_satisfaction(bad ? 2 : 5);
  if (wrong_) RETURN_IF_ERROR(MustRefuse("/v1/ratings", request));
  const auto rated = api_.Post<feedback::v1::Rating>(kNobody, "/v1/ratings", request);
  if (!rated.ok()) return rated.status();
  return true;
}

absl::StatusOr<bool> DemoOrder::Move(const Person& person, const std::string& verb,
                                     google::protobuf::Message& request) {
  const std::string path = OrderPath(verb);
  if (wrong_) RETURN_IF_ERROR(MustRefuse(path, request));
  auto moved = api_.Post<routing::v1::WorkOrder>(person, path, request);
  if (!moved.ok()) return moved.status();
  result_.order = *std::move(moved);
  return true;
}

// An analyst may read rates, and do nothing to an order.
absl::Status DemoOrder::MustRefuse(const std::string& path, const google::protobuf::Message& request) {
  const Person wrong{"ANALYST", "analyst-1", "BMZX", "", ""};
  const auto answer = api_.Post<intake::v1::Demand>(wrong, path, request);
  if (absl::IsPermissionDenied(answer.status())) return absl::OkStatus();
  return absl::InternalError("a wrong role was not refused at " + path + ": " + std::string(answer.status().message()));
}

absl::Status DemoOrder::CheckEnd() {
  const routing::v1::WorkOrder& order = result_.order;
  const bool liaison = order.dispatches_size() == 0;
  result_.ending = liaison ? Ending::kLiaison : Ending::kClosed;
  result_.reworked = order.rework_round() > 0;
  if (!result_.fault.empty()) return absl::InternalError(result_.fault);
  const absl::CivilDay expected = ExpectedDue();
  const absl::CivilDay due = clock::ShanghaiDate(clock::FromProto(order.due_time()));
  if (!liaison && due != expected) {
    return absl::InternalError(
        absl::StrCat("due ", absl::FormatCivilTime(due), " instead of ", absl::FormatCivilTime(expected)));
  }
  if (!liaison && BadRatings() != order.rework_round()) {
    return absl::InternalError(absl::StrCat("rated badly ", BadRatings(), " times, done again ", order.rework_round()));
  }
  // A run that goes on finds the order closed; asked for again, the same is answered.
  if (result_.row.course == Course::kLateWithdrawal) RETURN_IF_ERROR(WithdrawLate().status());
  return CheckCourse();
}

}  // namespace jinqi::cli
