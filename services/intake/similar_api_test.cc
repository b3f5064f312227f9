// Repeats that are not word for word, through the API and on both databases (INT-09).
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/ledger/sweeper.h"
#include "jinqi/intake/v1/repeat_service.pb.h"
#include "services/intake/intake_timers.h"
#include "services/intake/similar.h"
#include "services/intake/test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

constexpr char kText[] = "厂区新增用电报装已提交二十天，一直没有答复，请协调供电部门尽快办理。";
constexpr char kLike[] = "厂区新增用电的报装提交了20天，供电部门一直没答复，请尽快协调办理！";
constexpr char kUnlike[] = "申请稳岗返还补贴，材料已经在窗口交齐，想知道什么时候发放。";

v1::Demand Of(const std::string& content, const std::string& uscc, const std::string& phone) {
  v1::Demand demand = Online(content);
  demand.mutable_subject()->set_uscc(uscc);
  demand.set_contact_phone(phone);
  return demand;
}

absl::StatusOr<v1::FindSimilarDemandsResponse> Find(Api& api, const std::string& content,
                                                    const identity::Caller& caller, const std::string& uscc = "") {
  v1::FindSimilarDemandsRequest request;
  request.set_content(content);
  request.set_uscc(uscc);
  return api.CallOn<v1::FindSimilarDemandsResponse>("RepeatService", "FindSimilarDemands", request, caller);
}

absl::StatusOr<v1::FindSimilarDemandsResponse> Similar(Api& api, const std::string& order_no,
                                                       const identity::Caller& caller) {
  v1::GetSimilarDemandsRequest request;
  request.set_name("demands/" + order_no);
  return api.CallOn<v1::FindSimilarDemandsResponse>("RepeatService", "GetSimilarDemands", request, caller);
}

absl::StatusOr<v1::Demand> Merge(Api& api, const std::string& order_no, const std::string& into,
                                 const std::string& told, const identity::Caller& caller = kSeat) {
  v1::MergeDemandRequest request;
  request.set_name("demands/" + order_no);
  request.set_request_id(api.NewKey());
  request.set_etag(testing::Must(api.Get(order_no, kSeat)).etag());
  request.set_into(into);
  request.set_told_text(told);
  return api.CallOn<v1::Demand>("RepeatService", "MergeDemand", request, caller);
}

// The order number of a demand that routing has heard of.
std::string SentOn(Api& api, const v1::Demand& demand, const identity::Caller& caller) {
  const auto created = testing::Must(api.Create(demand, caller));
  REQUIRE_OK(api.Routing(created.order_no(), 1, "OrderProposed", ORDER_STATE_PENDING_DISPATCH));
  return created.order_no();
}

// The number of a demand that a seat took down and holds.
std::string Held(Api& api, const std::string& content, const std::string& uscc, const std::string& phone) {
  v1::Demand demand = Of(content, uscc, phone);
  demand.set_channel(CHANNEL_PHONE_12345);
  return testing::Must(api.Create(demand, kSeat, true)).order_no();
}

void CheckWhole(Api& api) {
  const auto verified = ledger::Verify(
      api.database(), Kinds(), {}, [&api](const std::string& sealed) { return api.intake->privacy.OpenBytes(sealed); });
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

TEST_CASE("before a demand is sent, its enterprise sees what is like it", "[INT-09]") {
  Api api(GENERATE(false, true));
  const std::string own = SentOn(api, Of(kText, kUscc, "13812345678"), kOwner);
  SentOn(api, Of(kUnlike, kUscc, "13812345678"), kOwner);

  const auto found = testing::Must(Find(api, kLike, kOwner));
  REQUIRE(found.demands_size() == 1);
  const v1::SimilarDemand& mine = found.demands(0);
  CHECK(mine.order_no() == own);
  CHECK(mine.title() == "用电报装进度");
  CHECK(mine.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(mine.same_subject());
  CHECK(mine.score() >= 0.5);
  CHECK(mine.category_name() == "供电");
  CHECK_FALSE(mine.answered());

  INFO("INT-09/bad/2: another subject learns that there is one, not whose, which, or how like");
  const auto hint = testing::Must(Find(api, kText, kStranger));
  REQUIRE(hint.demands_size() == 1);
  CHECK(hint.demands(0).order_no().empty());
  CHECK(hint.demands(0).title().empty());
  CHECK(hint.demands(0).score() == 0);
  CHECK(hint.demands(0).state() == ORDER_STATE_UNSPECIFIED);
  CHECK_FALSE(hint.demands(0).same_subject());
  CHECK(hint.demands(0).category_name() == "供电");
  CHECK(TimeText(hint.demands(0).accept_time()) == "2026-02-17T00:00:00+08:00");

  // A seat sees which it is, and of which subject, for whom it asks.
  CHECK(testing::Must(Find(api, kLike, kSeat, kUscc)).demands(0).same_subject());
  CHECK(testing::Must(Find(api, kLike, kSeat, kUscc)).demands(0).order_no() == own);
  CHECK_FALSE(testing::Must(Find(api, kLike, kSeat, kOtherUscc)).demands(0).same_subject());

  CHECK(testing::Must(Find(api, "请问小微企业名录在哪里查询？", kOwner)).demands().empty());
  CHECK(FieldsOf(Find(api, "短", kOwner).status()) == Fields{{"content", "TOO_SHORT"}});
  CHECK(FieldsOf(Find(api, std::string(4001, 'x'), kOwner).status()) == Fields{{"content", "TOO_LONG"}});
  for (const identity::Caller& caller : {kNobody, kBody, kDispatcher}) CHECK_FALSE(Find(api, kText, caller).ok());
  // It asks and changes nothing.
  CHECK(testing::Must(api.Get(own, kOwner)).urging_count() == 0);
}

TEST_CASE("equal words of two subjects are linked, not merged", "[INT-09]") {
  Api api(GENERATE(false, true));
  const std::string one = SentOn(api, Of(kText, kUscc, "13812345678"), kOwner);
  const std::string other = SentOn(api, Of(kText, kOtherUscc, "13912345678"), kStranger);
  INFO("INT-09/bad/1");
  for (const std::string& order_no : {one, other}) {
    CHECK(testing::Must(api.Get(order_no, kSeat)).state() == ORDER_STATE_PENDING_DISPATCH);
    const auto linked = testing::Must(Similar(api, order_no, kDispatcher));
    REQUIRE(linked.demands_size() == 1);
    CHECK(linked.demands(0).order_no() == (order_no == one ? other : one));
    CHECK(linked.demands(0).score() == Approx(1.0));
    CHECK_FALSE(linked.demands(0).same_subject());
  }
  for (const identity::Caller& caller : {kOwner, kBody, kStaff, kNobody}) {
    CHECK_FALSE(Similar(api, one, caller).ok());
  }
  CHECK(ReasonOf(Similar(api, "TJ2026021700000000000", kSeat).status()) == REASON_NOT_FOUND);
}

TEST_CASE("a confidential demand is not even hinted at", "[INT-09][INT-15]") {
  Api api(GENERATE(false, true));
  v1::Demand secret = Of(kText, kUscc, "13812345678");
  secret.set_confidential(true);
  const std::string own = SentOn(api, secret, kOwner);
  CHECK(testing::Must(Find(api, kText, kStranger)).demands().empty());
  CHECK(testing::Must(Find(api, kText, kColleague)).demands().empty());
  CHECK(testing::Must(Find(api, kText, kOwner)).demands_size() == 1);

  // Nor is its result told to a colleague by a merge.
  const std::string held = Held(api, kLike, kUscc, "13912345678");
  CHECK(ReasonOf(Merge(api, held, own, "").status()) == REASON_MERGE_OTHER_SUBJECT);
}

TEST_CASE("a seat merges a held demand into the order that runs for its subject", "[INT-09]") {
  Api api(GENERATE(false, true));
  const std::string running = SentOn(api, Of(kText, kUscc, "13812345678"), kOwner);
  const std::string held = Held(api, kLike, kUscc, "13812345678");
  CHECK(FieldsOf(Merge(api, held, running, "x").status()) == Fields{{"told_text", "TOO_SHORT"}});
  CHECK(FieldsOf(Merge(api, held, running, "已并入").status()) == Fields{{"told_text", "UNKNOWN_VALUE"}});
  CHECK(FieldsOf(Merge(api, held, "", "").status()) == Fields{{"into", "REQUIRED"}});
  CHECK(FieldsOf(Merge(api, held, held, "").status()) == Fields{{"into", "MERGE_SELF"}});
  for (const identity::Caller& caller : {kOwner, kDispatcher, kStaff, kNobody}) {
    CHECK_FALSE(Merge(api, held, running, "", caller).ok());
  }
  const auto merged = Merge(api, held, running, "");
  REQUIRE_OK(merged);
  CHECK(merged->state() == ORDER_STATE_MERGED);
  CHECK(merged->merged_into() == running);
  CHECK(testing::Must(api.Get(held, kOwner)).merged_into() == running);
  CHECK(testing::Must(api.Get(running, kOwner)).urging_count() == 1);
  CHECK(ReasonOf(Merge(api, held, running, "").status()) == REASON_ILLEGAL_MOVE);
  // Found is what runs, not what was merged into it.
  CHECK(testing::Must(Similar(api, running, kSeat)).demands().empty());
  CheckWhole(api);
}

TEST_CASE("a seat merges demands of two subjects and neither sees the other's", "[INT-09]") {
  Api api(GENERATE(false, true));
  const std::string running = SentOn(api, Of(kText, kUscc, "13812345678"), kOwner);
  const std::string child = Held(api, kText, kOtherUscc, "13912345678");
  INFO("INT-09/bad/2");
  CHECK(ReasonOf(Merge(api, child, running, "").status()) == REASON_MERGE_OTHER_SUBJECT);
  const auto merged = Merge(api, child, running, "您反映的问题已有专人统一协调，办结后将电话告知。");
  REQUIRE_OK(merged);
  CHECK(merged->state() == ORDER_STATE_MERGED);

  const auto theirs = testing::Must(api.Get(child, kStranger));
  CHECK(theirs.state() == ORDER_STATE_MERGED);
  CHECK(theirs.merged_into().empty());
  CHECK(theirs.related_orders().empty());
  CHECK(theirs.result_text() == "您反映的问题已有专人统一协调，办结后将电话告知。");
  CHECK(ReasonOf(api.Get(running, kStranger).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Get(child, kOwner).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.Get(running, kOwner)).urging_count() == 1);
  CHECK(testing::Must(api.Get(child, kSeat)).merged_into() == running);

  // The result of the other one is told to its own requester only.
  REQUIRE_OK(api.Routing(running, 2, "OrderFedBack", ORDER_STATE_FED_BACK, [&](OrderEvent& event) {
    event.mutable_order()->set_result_text("已完成报装并送电");
    event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
    *event.mutable_order()->mutable_feedback_time() = clock::ToProto(api.clock.Now());
  }));
  const auto progress = testing::Must(api.LookUp(child, "13912345678"));
  CHECK(progress.result_text() == "您反映的问题已有专人统一协调，办结后将电话告知。");
  CHECK(progress.main_undertaker().empty());
  CHECK(testing::Must(api.Get(running, kOwner)).result_text() == "已完成报装并送电");
  CheckWhole(api);
}

TEST_CASE("what is like a text is found for some days, best first and so many at most", "[INT-09]") {
  Api api(GENERATE(false, true), [](IntakeConfig& config) {
    config.set_similar_shown(2);
    config.set_similar_days(30);
  });
  const std::string exact = SentOn(api, Of(kText, kUscc, "13812345678"), kOwner);
  const std::string like = SentOn(api, Of(kLike, kUscc, "13812345678"), kOwner);
  SentOn(api, Of(kLike, kOtherUscc, "13912345678"), kStranger);
  const auto found = testing::Must(Find(api, kText, kSeat));
  REQUIRE(found.demands_size() == 2);
  CHECK(found.demands(0).order_no() == exact);
  CHECK(found.demands(0).score() > found.demands(1).score());

  api.clock.Advance(30 * clock::kDay + clock::kHour);
  ledger::Sweeper sweeper(&api.ledger(), &api.clock, {std::string(kLikenessKind)}, OnTimer,
                          {.holder = "sweeper-0", .lateness = {}, .failed = {}});
  CHECK(testing::Must(sweeper.Sweep()) == 3);
  CHECK(testing::Must(Find(api, kText, kSeat)).demands().empty());
  CheckWhole(api);
}

}  // namespace
}  // namespace jinqi::intake
