// An explanation instead of a rework as the hub gives it, on both databases.
#include "jinqi/routing/v1/explanation_service.pb.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;

constexpr char kOrder[] = "TJ1";
constexpr char kNow[] = "2025-06-12T09:00:00+08:00";

v1::CloseWithExplanationRequest Explanation() {
  v1::CloseWithExplanationRequest request;
  request.set_judgement("RIGHTLY_DONE");
  request.set_explanation("已按规定为企业办结，所求退税不符合条件，已说明依据");
  request.add_basis("M13");
  *request.mutable_contact_time() = clock::ToProto(Must(clock::FromRfc3339(kNow)));
  request.set_way("VISIT");
  request.set_person("审核员");
  return request;
}

TEST_CASE("the hub ends a rework with reasons", "[FBK-07]") {
  Api api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres), kNow);
  const auto close = [&](const identity::Caller& caller, const v1::CloseWithExplanationRequest& request) {
    return api.Change(caller, "ExplanationService/CloseWithExplanation", kOrder, request);
  };
  const auto hub = TestBench::Person({config::v1::ROLE_REVIEWER}, "HUB", "", "reviewer-2");
  api.Submit(kOrder);
  REQUIRE_OK(api.Dispatch(kOrder, "TAX"));
  REQUIRE_OK(api.Sign(kOrder, "TAX"));
  CHECK(ReasonOf(close(hub, Explanation()).status()) == config::v1::REASON_EXPLANATION_NOT_ALLOWED);
  api.TakeToFedBack(kOrder, "TAX");
  REQUIRE_OK(api.Rate(kOrder, 1));
  CHECK(ReasonOf(close(Unit("TAX"), Explanation()).status()) == config::v1::REASON_PERMISSION_DENIED);
  INFO("FBK-07/bad/2");
  const absl::Status own = close(Reviewer(), Explanation()).status();
  CHECK(ReasonOf(own) == config::v1::REASON_REVIEWER_IS_HANDLER);
  CHECK(own.code() == absl::StatusCode::kPermissionDenied);
  INFO("FBK-07/bad/1");
  auto without_talk = Explanation();
  without_talk.clear_contact_time();
  CHECK(ReasonOf(close(hub, without_talk).status()) == config::v1::REASON_CONTACT_REQUIRED);
  INFO("FBK-07/accept/3");
  const v1::WorkOrder closed = Must(close(hub, Explanation()));
  CHECK(closed.state() == ORDER_STATE_CLOSED);
  CHECK(closed.rework_round() == 1);
  const v1::WorkOrder seen = Must(api.Get(Enterprise(), kOrder));
  CHECK(seen.result_type() == RESULT_TYPE_EXPLAINED);
  REQUIRE(seen.submissions_size() == 2);
  CHECK(seen.submissions(1).result_text() == "已按规定为企业办结，所求退税不符合条件，已说明依据");
  const Strings sent = api.Sent(kOrder);
  CHECK(Strings(sent.end() - 5, sent.end()) ==
        Strings{"OrderContacted", "OrderSubmitted", "OrderFedBack", "OrderFollowedUp", "OrderClosed"});
}

}  // namespace
}  // namespace jinqi::routing
