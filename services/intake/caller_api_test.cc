// Callers and their claims, through the API and on both databases.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "services/intake/test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

constexpr char kNumber[] = "13812345678";

// The marks of a bench.
class Marks {
 public:
  explicit Marks(Api& api) : api_(api) {}

  absl::StatusOr<v1::CallerMark> Set(const identity::Caller& caller, const std::string& phone,
                                     const std::string& reason = "一周内来电四十次，均为辱骂座席",
                                     const std::string& order_no = "") {
    v1::MarkCallerRequest request;
    request.set_phone(phone);
    request.set_order_no(order_no);
    request.set_reason(reason);
    request.set_request_id(absl::StrCat("m", ++requests_));
    return api_.CallOn<v1::CallerMark>("CallerMarkService", "MarkCaller", request, caller);
  }
  template <typename Request>
  absl::StatusOr<v1::CallerMark> Change(const std::string& method, const v1::CallerMark& seen,
                                        const identity::Caller& caller, Request request = {}) {
    request.set_name(seen.name());
    request.set_etag(seen.etag());
    request.set_request_id(absl::StrCat("m", ++requests_));
    return api_.CallOn<v1::CallerMark>("CallerMarkService", method, request, caller);
  }
  absl::StatusOr<v1::CallerMark> Lift(const v1::CallerMark& seen, const identity::Caller& caller = kReviewer) {
    return Change<v1::LiftCallerMarkRequest>("LiftCallerMark", seen, caller);
  }
  absl::StatusOr<v1::ListCallerMarksResponse> List(const std::string& token = "", int size = 50) {
    v1::ListCallerMarksRequest request;
    request.set_page_size(size);
    request.set_page_token(token);
    return api_.CallOn<v1::ListCallerMarksResponse>("CallerMarkService", "ListCallerMarks", request, kReviewer);
  }

 private:
  Api& api_;
  int requests_ = 0;
};

v1::Demand Says(const std::string& content, Urgency urgency = URGENCY_UNSPECIFIED) {
  v1::Demand demand = ValidDemand();
  demand.set_content(content);
  demand.set_urgency(urgency);
  return demand;
}

bool IsFlagged(const v1::Demand& demand) {
  const auto& flags = demand.review_flags();
  return std::find(flags.begin(), flags.end(), "CALLER_MARKED") != flags.end();
}

TEST_CASE("a marked number waits between two demands, but a danger to life is taken always", "[INT-21]") {
  Api api(GENERATE(false, true));
  Marks marks(api);
  INFO("INT-21/bad/1 nobody is marked but by a reviewer with a reason");
  for (const identity::Caller& caller : {CallerWith(ROLE_SERVICE, "counter"), kSeat, kDispatcher, kStaff, kOwner}) {
    CHECK(ReasonOf(marks.Set(caller, kNumber).status()) == REASON_PERMISSION_DENIED);
  }
  CHECK(FieldsOf(marks.Set(kReviewer, kNumber, "").status()) == Fields{{"reason", "REQUIRED"}});
  CHECK(FieldsOf(marks.Set(kReviewer, kNumber, "乱").status()) == Fields{{"reason", "TOO_SHORT"}});
  CHECK(FieldsOf(marks.Set(kReviewer, "").status()) == Fields{{"phone", "REQUIRED"}});
  CHECK(FieldsOf(marks.Set(kReviewer, "1381234567").status()) == Fields{{"phone", "FORMAT"}});
  // However often a number calls, it is not marked for it.
  for (int i = 0; i < 20; ++i) {
    const auto again = api.Create(Says(absl::StrCat("第", i, "次来电：请尽快办理用电报装。")), kSeat);
    REQUIRE_OK(again);
    CHECK_FALSE(IsFlagged(*again));
  }
  CHECK(testing::Must(marks.List()).marks().empty());

  const auto mark = marks.Set(kReviewer, "138-1234-5678", "来电人13812345678多次辱骂座席");
  REQUIRE_OK(mark);
  CHECK(mark->in_force());
  CHECK(mark->set_by() == "reviewer-1");
  CHECK(mark->reason() == "来电人****多次辱骂座席");
  CHECK(TimeText(mark->set_time()) == "2026-02-17T03:12:00+08:00");
  CHECK(TimeText(mark->expire_time()) == "2026-05-18T03:12:00+08:00");
  CHECK(mark->name() == "callerMarks/" + api.intake->privacy.BlindIndex(kNumber));
  CHECK(ReasonOf(marks.Set(kHubLeader, kNumber).status()) == REASON_ALREADY_EXISTS);

  const auto first = api.Create(Says("请问办证需要什么材料？请告知一下。"), kSeat);
  REQUIRE_OK(first);
  CHECK(IsFlagged(*first));
  api.clock.Advance(clock::kMinute);
  for (const identity::Caller& caller : {kSeat, kNobody}) {
    v1::Demand second = Says("再问一次办证材料，请告知一下。");
    if (caller.subject.empty()) second.set_channel(CHANNEL_WECHAT_12345);
    const auto limited = api.Create(second, caller).status();
    CHECK(ReasonOf(limited) == REASON_CALLER_MARKED);
    CHECK(MetadataOf(limited) == Metadata{{"seconds", "540"}});
    CHECK(limited.code() == absl::StatusCode::kResourceExhausted);
  }
  INFO("INT-21/accept");
  const auto gas = api.Create(Says("厂区门口燃气管道泄漏，请马上派人。", URGENCY_LIFE_SAFETY), kSeat);
  REQUIRE_OK(gas);
  CHECK(gas->urgency() == URGENCY_LIFE_SAFETY);
  CHECK(gas->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(IsFlagged(*gas));
  v1::Demand words = Says("车间燃气泄漏，有人被困，快来！");
  words.set_channel(CHANNEL_WECHAT_12345);
  const auto said = api.Create(words, kNobody);
  REQUIRE_OK(said);
  CHECK(said->state() == ORDER_STATE_REGISTERED);
  // Others are not held up by it.
  v1::Demand other = Says("另一家企业的事项，请协调用电。");
  other.set_contact_phone("13912345678");
  CHECK_OK(api.Create(other, kSeat));
  // Ten minutes after the last demand, to the second.
  api.clock.Advance(10 * clock::kMinute - 1);
  CHECK(MetadataOf(api.Create(Says("第三次来问办证材料的事情。"), kSeat).status()) == Metadata{{"seconds", "1"}});
  api.clock.Advance(1);
  CHECK_OK(api.Create(Says("第三次来问办证材料的事情。"), kSeat));
  // Nothing says the number.
  const auto record = testing::Must(api.ledger().reader().Get("tianjin", {"caller_mark", mark->name().substr(12)}));
  REQUIRE(record.has_value());
  CHECK_FALSE(absl::StrContains(record->body, kNumber));
}

TEST_CASE("a mark is lifted, told to the police, listed, and ends by itself", "[INT-21]") {
  Api api(GENERATE(false, true));
  Marks marks(api);
  const auto order = testing::Must(api.Create(Says("请协调解决用电报装问题，谢谢。"), kSeat));
  CHECK(ReasonOf(marks.Set(kReviewer, "", "多次骚扰座席", "TJ0").status()) == REASON_NOT_FOUND);
  const auto mark = marks.Set(kReviewer, "", "多次骚扰座席", order.order_no());
  REQUIRE_OK(mark);
  CHECK(mark->name() == "callerMarks/" + api.intake->privacy.BlindIndex(kNumber));
  v1::ReferCallerToPoliceRequest refer;
  refer.set_reference("津公接〔2026〕17号");
  CHECK(ReasonOf(marks.Change("ReferCallerToPolice", *mark, kSeat, refer).status()) == REASON_PERMISSION_DENIED);
  v1::ReferCallerToPoliceRequest without;
  CHECK(FieldsOf(marks.Change("ReferCallerToPolice", *mark, kReviewer, without).status()) ==
        Fields{{"reference", "REQUIRED"}});
  const auto referred = marks.Change("ReferCallerToPolice", *mark, kReviewer, refer);
  REQUIRE_OK(referred);
  CHECK(referred->police_referred());
  CHECK(referred->police_reference() == "津公接〔2026〕17号");
  CHECK(referred->in_force());
  CHECK(ReasonOf(marks.Lift(*mark).status()) == REASON_VERSION_CONFLICT);
  v1::CallerMark blind = *referred;
  blind.clear_etag();
  CHECK(ReasonOf(marks.Lift(blind).status()) == REASON_ETAG_REQUIRED);
  const auto lifted = marks.Lift(*referred);
  REQUIRE_OK(lifted);
  CHECK_FALSE(lifted->in_force());
  CHECK(lifted->lifted_by() == "reviewer-1");
  CHECK(lifted->has_lift_time());
  INFO("INT-21 what is lifted is lifted");
  CHECK(ReasonOf(marks.Lift(*lifted).status()) == REASON_MARK_EXPIRED);
  CHECK(ReasonOf(marks.Change("ReferCallerToPolice", *lifted, kReviewer, refer).status()) == REASON_MARK_EXPIRED);
  for (int i = 0; i < 2; ++i) {
    const auto free = api.Create(Says(absl::StrCat("解除后的第", i, "件事，请协调。")), kSeat);
    REQUIRE_OK(free);
    CHECK_FALSE(IsFlagged(*free));
  }

  api.clock.Advance(clock::kHour);
  const auto again = marks.Set(kHubLeader, kNumber);
  REQUIRE_OK(again);
  CHECK(again->in_force());
  CHECK_FALSE(again->police_referred());
  CHECK(again->set_by() == "leader");
  INFO("INT-21/bad/1 expires after 90 days");
  api.clock.Advance(90 * clock::kDay - 1);
  CHECK(testing::Must(marks.List()).marks(0).in_force());
  CHECK(IsFlagged(testing::Must(api.Create(Says("到期前的一件事，请协调办理。"), kSeat))));
  api.clock.Advance(1);
  CHECK_FALSE(testing::Must(marks.List()).marks(0).in_force());
  const auto late = api.Create(Says("到期后的一件事，请协调办理。"), kSeat);
  REQUIRE_OK(late);
  CHECK_FALSE(IsFlagged(*late));
  v1::CallerMark seen = testing::Must(marks.List()).marks(0);
  CHECK(ReasonOf(marks.Lift(seen).status()) == REASON_MARK_EXPIRED);

  REQUIRE_OK(marks.Set(kReviewer, "13912345678"));
  const auto page = testing::Must(marks.List("", 1));
  REQUIRE(page.marks_size() == 1);
  CHECK(page.marks(0).name() == "callerMarks/" + api.intake->privacy.BlindIndex("13912345678"));
  const auto rest = testing::Must(marks.List(page.next_page_token(), 1));
  REQUIRE(rest.marks_size() == 1);
  CHECK(rest.marks(0).name() == mark->name());
  CHECK(rest.next_page_token().empty());
  seen.set_name("marks/x");
  CHECK(ReasonOf(marks.Lift(seen).status()) == REASON_NOT_FOUND);
}

v1::Demand Claims(const std::function<void(v1::PaymentClaim&)>& change = {}) {
  v1::Demand demand = Says("某大型企业拖欠我公司货款，请协调尽快支付。");
  demand.set_demand_type(DEMAND_TYPE_COMPLAINT);
  v1::PaymentClaim& claim = *demand.mutable_payment_claim();
  claim.set_contract_relation("2025年3月签订的设备买卖合同");
  claim.set_debtor("天津示例重工集团有限公司");
  claim.set_debtor_kind(v1::DEBTOR_KIND_LARGE_ENTERPRISE);
  claim.set_amount_fen(1'250'000'00);
  claim.set_due_date("2025-06-30");
  if (change) change(claim);
  return demand;
}

TEST_CASE("an overdue payment is marked and has limits of its own", "[INT-22]") {
  Api api(GENERATE(false, true));
  api.clock.Set(At("2025-09-26T10:00:00+08:00"));
  const auto created = api.Create(Claims(), kSeat);
  REQUIRE_OK(created);
  INFO("INT-22/accept");
  CHECK(std::vector<std::string>(created->marks().begin(), created->marks().end()) ==
        std::vector<std::string>{"SME_PAYMENT"});
  CHECK(created->demand_type() == DEMAND_TYPE_COMPLAINT);
  CHECK(TimeText(created->due_time()) == "2025-10-16T23:59:59+08:00");
  CHECK(created->due_basis() == "PAYMENT_TRANSFER");
  CHECK(created->payment_notice().empty());
  CHECK(created->payment_claim().debtor() == "天津示例重工集团有限公司");
  CHECK(created->payment_claim().contract_relation() == "2025年3月签订的设备买卖合同");
  CHECK(created->payment_claim().amount_fen() == 125000000);
  DemandSubmitted message;
  REQUIRE(message.ParseFromString(api.Messages(created->order_no()).at(0).payload));
  CHECK(message.sme_payment());
  const auto record = testing::Must(api.ledger().reader().Get("tianjin", DemandKey(created->order_no())));
  CHECK_FALSE(absl::StrContains(record->body, "重工"));
  CHECK_FALSE(absl::StrContains(record->body, "买卖合同"));
  // Whoever handles it reads the claim; routing's date and its basis are shown.
  REQUIRE_OK(api.Routing(created->order_no(), 1, "OrderSigned", ORDER_STATE_HANDLING, [](OrderEvent& event) {
    event.mutable_order()->set_due_basis("PAYMENT_HANDLE");
    *event.mutable_order()->mutable_due_time() = clock::ToProto(At("2025-10-29T23:59:59+08:00"));
  }));
  const auto seen = testing::Must(api.Get(created->order_no(), kBody));
  CHECK(seen.payment_claim().debtor() == "天津示例重工集团有限公司");
  CHECK(seen.due_basis() == "PAYMENT_HANDLE");
  CHECK(TimeText(seen.due_time()) == "2025-10-29T23:59:59+08:00");
  CHECK(seen.extensions().empty());
  // Any other demand has the general limit.
  const auto plain = testing::Must(api.Create(Says("请协调解决用电报装问题，谢谢。"), kSeat));
  CHECK(plain.due_basis() == "HANDLE_GENERAL");
  CHECK(TimeText(plain.due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK(plain.marks().empty());
}

TEST_CASE("a claim that lacks something is kept as a consultation, and its caller told what", "[INT-22]") {
  Api api(GENERATE(false, true));
  struct Row {
    std::string id, missing;
    std::function<void(v1::PaymentClaim&)> change;
  };
  const std::vector<Row> rows = {
      {"INT-22/bad/1 no contract relation", "合同关系", [](auto& claim) { claim.clear_contract_relation(); }},
      {"no debtor", "欠款单位", [](auto& claim) { claim.clear_debtor(); }},
      {"no kind of debtor", "欠款单位", [](auto& claim) { claim.clear_debtor_kind(); }},
      {"another small company owes", "欠款单位", [](auto& claim) { claim.set_debtor_kind(v1::DEBTOR_KIND_OTHER); }},
      {"no amount", "欠款金额", [](auto& claim) { claim.clear_amount_fen(); }},
      {"no due date", "已到期的付款日期", [](auto& claim) { claim.clear_due_date(); }},
      {"due today", "已到期的付款日期", [](auto& claim) { claim.set_due_date("2026-02-17"); }},
      {"nothing at all", "合同关系、欠款单位、欠款金额、已到期的付款日期", [](auto& claim) { claim.Clear(); }}};
  int n = 0;
  for (const Row& row : rows) {
    INFO(row.id);
    v1::Demand demand = Claims(row.change);
    demand.set_content(absl::StrCat("第", ++n, "次投诉：某企业拖欠我公司货款，请协调。"));
    const auto kept = api.Create(demand, kSeat);
    REQUIRE_OK(kept);
    CHECK(kept->state() == ORDER_STATE_PENDING_DISPATCH);
    CHECK(kept->demand_type() == DEMAND_TYPE_CONSULT);
    CHECK(kept->marks().empty());
    CHECK(kept->due_basis() == "HANDLE_GENERAL");
    CHECK(TimeText(kept->due_time()) == "2026-03-03T23:59:59+08:00");
    CHECK(absl::EndsWith(kept->payment_notice(), absl::StrCat("还缺：", row.missing, "。")));
    CHECK(testing::Must(api.LookUp(kept->order_no(), kNumber)).payment_notice() == kept->payment_notice());
    DemandSubmitted message;
    REQUIRE(message.ParseFromString(api.Messages(kept->order_no()).at(0).payload));
    CHECK_FALSE(message.sme_payment());
    CHECK(message.demand_type() == DEMAND_TYPE_CONSULT);
  }
  for (const auto kind : {v1::DEBTOR_KIND_AUTHORITY, v1::DEBTOR_KIND_PUBLIC_INSTITUTION}) {
    v1::Demand demand = Claims([kind](auto& claim) { claim.set_debtor_kind(kind); });
    demand.set_content(absl::StrCat("第", ++n, "次投诉：某单位拖欠我公司货款，请协调。"));
    demand.mutable_payment_claim()->set_due_date("2026-02-16");
    CHECK(testing::Must(api.Create(demand, kSeat)).marks_size() == 1);
  }
  // What cannot be read is a fault as in any other field.
  const auto faulty = api.Create(Claims([](auto& claim) {
                                   claim.set_amount_fen(-1);
                                   claim.set_due_date("2025-02-30");
                                   claim.set_debtor_kind(static_cast<v1::DebtorKind>(9));
                                   claim.set_contract_relation(std::string(201, 'x'));
                                   claim.set_debtor(std::string(101, 'x'));
                                 }),
                                 kSeat);
  CHECK(FieldsOf(faulty.status()) == Fields{{"demand.payment_claim.amount_fen", "OUT_OF_RANGE"},
                                            {"demand.payment_claim.due_date", "FORMAT"},
                                            {"demand.payment_claim.debtor_kind", "UNKNOWN_VALUE"},
                                            {"demand.payment_claim.contract_relation", "TOO_LONG"},
                                            {"demand.payment_claim.debtor", "TOO_LONG"}});
}

TEST_CASE("after closing a new fact opens the order again, the same words get its result", "[INT-09][INT-20]") {
  Api api(GENERATE(false, true));
  const auto created = testing::Must(api.Create(Online(), kOwner));
  const std::string no = created.order_no();
  const auto close = [&](std::int64_t sequence) {
    REQUIRE_OK(api.Routing(no, sequence, "OrderFedBack", ORDER_STATE_FED_BACK, [&](OrderEvent& event) {
      event.mutable_order()->set_result_text("已完成报装并送电");
      event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
      *event.mutable_order()->mutable_feedback_time() = clock::ToProto(api.clock.Now());
    }));
    REQUIRE_OK(api.Routing(no, sequence + 1, "OrderClosed", ORDER_STATE_CLOSED, [&](OrderEvent& event) {
      event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
      *event.mutable_order()->mutable_feedback_time() = clock::ToProto(api.clock.Now());
      *event.mutable_order()->mutable_close_time() = clock::ToProto(api.clock.Now());
    }));
  };
  close(1);
  INFO("INT-09 after closing, no new fact: answered with the result");
  const auto repeated = testing::Must(api.Create(Online(), kOwner));
  CHECK(repeated.state() == ORDER_STATE_ANSWERED);
  CHECK(repeated.result_text() == "已完成报装并送电");
  CHECK(testing::Must(api.Get(no, kOwner)).state() == ORDER_STATE_CLOSED);
  INFO("INT-09 after closing, a new fact: rework");
  const auto fact = api.Supplement(no, "送电后第二车间电压仍不稳定，没有解决。", kOwner);
  REQUIRE_OK(fact);
  CHECK_FALSE(fact->settled());
  const auto messages = api.Messages(no);
  SupplementAdded message;
  REQUIRE(messages.back().type == "SupplementAdded");
  REQUIRE(message.ParseFromString(messages.back().payload));
  CHECK(message.reopen());
  REQUIRE_OK(api.Routing(no, 3, "SupplementTaken", ORDER_STATE_CLOSED));
  REQUIRE_OK(api.Routing(no, 4, "OrderReworked", ORDER_STATE_REWORK));
  CHECK(testing::Must(api.LookUp(no, kNumber)).state() == ORDER_STATE_REWORK);
  INFO("in rework it runs again: repeats are merged into it");
  const auto urged = testing::Must(api.Create(Online(), kOwner));
  CHECK(urged.state() == ORDER_STATE_MERGED);
  CHECK(urged.merged_into() == no);
  // Archived: nothing is added any more; the same matter is a new order that names the old one.
  close(5);
  REQUIRE_OK(api.Routing(no, 7, "OrderArchived", ORDER_STATE_ARCHIVED));
  CHECK(ReasonOf(api.Supplement(no, "归档后的新情况", kOwner).status()) == REASON_DEMAND_ENDED);
  const auto anew = testing::Must(api.Create(Online(), kOwner));
  CHECK(anew.state() == ORDER_STATE_PENDING_DISPATCH);
  REQUIRE(anew.related_orders_size() == 1);
  CHECK(anew.related_orders(0) == no);
}

}  // namespace
}  // namespace jinqi::intake
