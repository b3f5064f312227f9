// Second follow-ups as their callers see them, on both databases (FBK-14).
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/feedback/second_follow_up_draw.h"
#include "services/feedback/test_api.h"

namespace jinqi::feedback {
namespace {

using v1::SecondFollowUp;
using v1::SecondFollowUpDraw;

identity::Caller Seat(const std::string& account, const std::string& body = "BMZX") {
  return TestBench::Person({config::v1::ROLE_FOLLOW_UP_CALLER}, body, "", account);
}
identity::Caller Reviewer() { return TestBench::Person({config::v1::ROLE_REVIEWER}, "BMZX", "", "reviewer-1"); }

struct SecondApi {
  explicit SecondApi(TestDatabase database) : test(database) {}

  // An order whose follow-up `account` made in a call, with the best answer.
  void FollowUpOf(const std::string& order_no, const std::string& account = "seat-1") {
    REQUIRE_OK(test.News("OrderFedBack", FedBack(order_no)));
    v1::RecordFollowUpRequest request;
    request.set_name(FollowUpName({order_no, 0}));
    request.set_etag("1");
    request.set_way(FollowUpContact::WAY_CALL);
    request.set_outcome(FollowUpContact::OUTCOME_REACHED);
    request.set_solved(events::v1::SOLVED_YES);
    request.set_satisfaction(5);
    request.set_recording("calls/" + order_no);
    REQUIRE_OK(test.Record(Seat(account), request));
  }
  absl::StatusOr<SecondFollowUpDraw> Draw(const std::string& start, const std::string& end,
                                          const identity::Caller& caller = Reviewer()) {
    v1::DrawSecondFollowUpsRequest request;
    request.set_start_date(start);
    request.set_end_date(end);
    request.set_request_id("draw-" + std::to_string(++requests));
    return Ask<SecondFollowUpDraw>(caller, "DrawSecondFollowUps", request);
  }
  absl::StatusOr<SecondFollowUp> Get(const std::string& name, const identity::Caller& caller = Reviewer()) {
    v1::GetSecondFollowUpRequest request;
    request.set_name(name);
    return Ask<SecondFollowUp>(caller, "GetSecondFollowUp", request);
  }
  absl::StatusOr<SecondFollowUp> Record(const std::string& name, const identity::Caller& caller,
                                        events::v1::Solved solved = events::v1::SOLVED_YES, int satisfaction = 5) {
    v1::RecordSecondFollowUpRequest request;
    request.set_name(name);
    request.set_etag(testing::Must(Get(name)).etag());
    request.set_request_id("second-" + std::to_string(++requests));
    request.set_outcome(FollowUpContact::OUTCOME_REACHED);
    request.set_first_call(SecondFollowUp::FIRST_CALL_SPOKEN);
    request.set_solved(solved);
    request.set_satisfaction(satisfaction);
    request.set_recording("calls/again");
    request.set_text("张三说没有解决");
    return Ask<SecondFollowUp>(caller, "RecordSecondFollowUp", request);
  }
  v1::ListSecondFollowUpsResponse List(const std::function<void(v1::ListSecondFollowUpsRequest&)>& change = {},
                                       const identity::Caller& caller = Reviewer()) {
    v1::ListSecondFollowUpsRequest request;
    if (change) change(request);
    return testing::Must(Ask<v1::ListSecondFollowUpsResponse>(caller, "ListSecondFollowUps", request));
  }
  template <typename Answer>
  absl::StatusOr<Answer> Ask(const identity::Caller& caller, const std::string& method,
                             const google::protobuf::Message& request) {
    return test.bench.Call<Answer>(caller, Method("SecondFollowUpService/" + method), request);
  }

  Bench test;
  int requests = 0;
};

TEST_CASE("of 500 follow-ups exactly 10 are drawn, and the recorded seed draws them again", "[FBK-14]") {
  SecondApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  for (int i = 0; i < 500; ++i) api.FollowUpOf(absl::StrCat("TJ", i));
  // Another that was only rated by the link is not drawn from.
  REQUIRE_OK(api.test.News("OrderFedBack", FedBack("TJ900")));
  REQUIRE_OK(api.test.Rate(api.test.Token("TJ900"), events::v1::SOLVED_YES, 5));

  CHECK(ReasonOf(api.Draw("2025-10-13", "2025-10-13").status()) == config::v1::REASON_FUTURE_TIME);
  api.test.bench.SetTime("2025-10-14T10:00:00+08:00");
  for (const identity::Caller& caller : {Hotline(), Enterprise()}) {
    CHECK(ReasonOf(api.Draw("2025-10-13", "2025-10-13", caller).status()) == config::v1::REASON_PERMISSION_DENIED);
  }
  INFO("FBK-14/accept");
  const SecondFollowUpDraw draw = testing::Must(api.Draw("2025-10-13", "2025-10-13"));
  CHECK(draw.population() == 500);
  CHECK(draw.percent() == 2);
  CHECK(draw.by() == "reviewer-1");
  REQUIRE(draw.drawn_size() == 10);
  CHECK(draw.seed().size() >= 16);
  Lots again(draw.seed(), 10);
  for (int i = 499; i >= 0; --i) again.Add(absl::StrCat("TJ", i, "-0"));
  CHECK(again.Drawn() == std::vector<std::string>(draw.drawn().begin(), draw.drawn().end()));

  v1::GetSecondFollowUpDrawRequest get;
  get.set_name(draw.name());
  CHECK(testing::Must(api.Ask<SecondFollowUpDraw>(Reviewer(), "GetSecondFollowUpDraw", get)).SerializeAsString() ==
        draw.SerializeAsString());
  for (const char* name : {"secondFollowUpDraws/latest", "secondFollowUpDraws/2025-10-14_2025-10-14", "draws/1"}) {
    get.set_name(name);
    CHECK(ReasonOf(api.Ask<SecondFollowUpDraw>(Reviewer(), "GetSecondFollowUpDraw", get).status()) ==
          config::v1::REASON_NOT_FOUND);
  }
  // Nobody draws until the result is to their liking.
  CHECK(ReasonOf(api.Draw("2025-10-13", "2025-10-13").status()) == config::v1::REASON_DRAW_EXISTS);
  CHECK(api.List().second_follow_ups_size() == 10);
  v1::ListSecondFollowUpDrawsRequest draws;
  const auto listed =
      testing::Must(api.Ask<v1::ListSecondFollowUpDrawsResponse>(Reviewer(), "ListSecondFollowUpDraws", draws));
  REQUIRE(listed.draws_size() == 1);
  CHECK(listed.draws(0).name() == draw.name());
  CHECK(listed.draws(0).drawn().empty());
}

TEST_CASE("another caller asks again, and a contradiction marks order and follower", "[FBK-14]") {
  SecondApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  api.FollowUpOf("TJ1");
  api.test.bench.SetTime("2025-10-14T10:00:00+08:00");
  // One is drawn of one: the part is rounded up.
  REQUIRE_OK(api.Draw("2025-10-13", "2025-10-13"));
  const std::string name = "secondFollowUps/TJ1-0";

  INFO("FBK-14/bad/1");
  CHECK(ReasonOf(api.Record(name, Seat("seat-1")).status()) == config::v1::REASON_SAME_FOLLOWER);
  CHECK(ReasonOf(api.Record(name, Seat("officer", "SCJG")).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(api.Record(name, Reviewer()).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(api.Get("secondFollowUps/TJ2-0").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(testing::Must(api.Get(name)).contacts().empty());

  const auto second = api.Record(name, Seat("seat-2"), events::v1::SOLVED_NO, 1);
  REQUIRE_OK(second);
  CHECK(second->state() == SecondFollowUp::STATE_DONE);
  REQUIRE(second->contradictions_size() == 1);
  CHECK(second->contradictions(0) == SecondFollowUp::CONTRADICTION_ANSWER);
  CHECK(second->contacts(0).text().empty());
  const SecondFollowUp read = testing::Must(api.Get(name));
  CHECK(read.etag() == second->etag());
  CHECK(read.follower() == "seat-1");
  CHECK(read.contacts(0).text() == "张三说没有解决");
  CHECK(read.contacts(0).recording() == "calls/again");
  const FollowUp first = testing::Must(api.test.Get(Hub(), "TJ1"));
  CHECK(first.contradicted());
  CHECK(first.contacts(1).recording() == "calls/TJ1");
  v1::GetOrderScoreRequest score;
  score.set_name("orderScores/TJ1");
  CHECK(testing::Must(api.test.bench.Call<v1::OrderScore>(Hub(), Method("GetOrderScore"), score))
            .follow_up_contradicted());
  const auto marked = testing::Must(
      api.Ask<v1::ListMarkedFollowersResponse>(Reviewer(), "ListMarkedFollowers", v1::ListMarkedFollowersRequest()));
  REQUIRE(marked.followers_size() == 1);
  CHECK(marked.followers(0).account() == "seat-1");
  CHECK(marked.followers(0).second_follow_ups(0) == name);

  const auto size = [&](const std::function<void(v1::ListSecondFollowUpsRequest&)>& change) {
    return api.List(change).second_follow_ups_size();
  };
  CHECK(size([](auto& request) { request.set_state(SecondFollowUp::STATE_OPEN); }) == 0);
  CHECK(size([](auto& request) { request.set_state(SecondFollowUp::STATE_DONE); }) == 1);
  CHECK(size([](auto& request) { request.set_follower("seat-1"); }) == 1);
  CHECK(size([](auto& request) { request.set_follower("seat-2"); }) == 0);
  CHECK(size([](auto& request) { request.set_contradicted_only(true); }) == 1);
  identity::Caller elsewhere = Reviewer();
  elsewhere.district = "120116";
  CHECK(api.List({}, elsewhere).second_follow_ups().empty());
  CHECK(ReasonOf(api.Get(name, elsewhere).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Draw("2025-10-14", "2025-10-14", elsewhere).status()) == config::v1::REASON_PERMISSION_DENIED);
  const auto verified = ledger::Verify(api.test.store.uri(), Kinds(), {}, nullptr);
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

}  // namespace
}  // namespace jinqi::feedback
