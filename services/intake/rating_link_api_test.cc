// The rating link that an enterprise is shown beside its progress, with a real feedback service, on both databases.
#include <string>

#include <catch2/catch.hpp>

#include "services/feedback/test_api.h"
#include "services/intake/test_api.h"

namespace jinqi::intake {
namespace {

using config::v1::ROLE_SERVICE;
using events::v1::SOLVED_YES;

constexpr char kPhone[] = "13812345678";

// Intake that may ask feedback, both with the same orders.
class Both {
 public:
  explicit Both(bool postgres)
      : api(postgres),
        feedback(postgres ? service::TestDatabase::kPostgres : service::TestDatabase::kSqlite,
                 clock::ToRfc3339(api.clock.Now())) {
    Connect();
  }
  // In intake's own name; the caller's is not passed on.
  void Connect() {
    const std::string authorization = feedback.bench.Authorization(service::TestBench::Person({ROLE_SERVICE}));
    api.intake->rating_links.Connect(
        &feedback.bench.channel(), [authorization] { return authorization; }, absl::Seconds(5));
  }

  // An order whose result was given, at both; `heard`: feedback has taken the event already.
  std::string FedBack(const v1::Demand& demand, const identity::Caller& caller, bool heard = true) {
    const v1::Demand created = testing::Must(api.Create(demand, caller));
    REQUIRE_OK(Round(created.order_no(), 0, caller == kOwner ? kOwner.subject : "", heard));
    return created.order_no();
  }
  absl::Status Round(const std::string& order_no, int round, const std::string& requester, bool heard = true) {
    events::v1::OrderEvent event;
    const auto status =
        api.Routing(order_no, round + 1, "OrderFedBack", events::v1::ORDER_STATE_FED_BACK, [&](auto& fed_back) {
          events::v1::OrderSnapshot& order = *fed_back.mutable_order();
          order.set_requester(requester);
          order.set_rework_round(round);
          order.set_result_text("已完成报装");
          *order.mutable_feedback_time() = clock::ToProto(api.clock.Now());
          event = fed_back;
        });
    if (!status.ok() || !heard) return status;
    return feedback.News("OrderFedBack", event);
  }
  std::string Link(const std::string& order_no, const std::string& phone, const identity::Caller& caller = kNobody) {
    return testing::Must(api.LookUp(order_no, phone, caller)).rating_link();
  }
  // What stands behind # in a link.
  static std::string TokenOf(const std::string& link) {
    const std::size_t hash = link.find('#');
    return hash == std::string::npos ? "" : link.substr(hash + 1);
  }

  Api api;
  feedback::Bench feedback;
};

v1::Demand ByPhone(const std::string& content) {
  v1::Demand demand = ValidDemand();
  demand.set_content(content);
  return demand;
}

TEST_CASE("who asked by phone is shown a link that rates without logging in", "[INT-18][FBK-05]") {
  Both test(GENERATE(false, true));
  const std::string no = test.FedBack(ByPhone("请协调供电部门尽快办理新增用电报装。"), kSeat);
  const std::string other = test.FedBack(ByPhone("请协调供水部门尽快办理新增用水报装。"), kSeat);

  INFO("INT-18/accept");
  const std::string link = test.Link(no, kPhone);
  const std::string token = Both::TokenOf(link);
  CHECK(link == "/rating/" + no + "#" + token);
  CHECK(token.starts_with(no + "-0."));
  INFO("the seat that looks it up for him may send it");
  CHECK(test.Link(no, kPhone, kSeat) == link);
  INFO("INT-18/bad/1");
  CHECK(ReasonOf(test.api.LookUp(no, "13912345678").status()) == config::v1::REASON_NOT_FOUND);

  INFO("FBK-05/bad/7");
  CHECK(ReasonOf(test.feedback.Rate(token, SOLVED_YES, 5, other).status()) == config::v1::REASON_NOT_FOUND);
  INFO("FBK-05/accept");
  REQUIRE_OK(test.feedback.Rate(token, SOLVED_YES, 2, no));
  INFO("FBK-05/bad/5");
  CHECK(ReasonOf(test.feedback.Rate(token, SOLVED_YES, 5, no).status()) == config::v1::REASON_TOKEN_USED);

  INFO("the link of the round that runs");
  REQUIRE_OK(test.Round(no, 1, ""));
  CHECK(Both::TokenOf(test.Link(no, kPhone)).starts_with(no + "-1."));
}

TEST_CASE("where an account asked, the link with its token is for that account and for its own phone",
          "[INT-18][FBK-05]") {
  Both test(GENERATE(false, true));
  v1::Demand demand = ValidDemand();
  demand.set_channel(events::v1::CHANNEL_JINCHANFA);
  const std::string no = test.FedBack(demand, kOwner);
  const std::string page = "/rating/" + no;
  for (const auto& [phone, caller] :
       {std::pair("", kOwner), std::pair(kPhone, kNobody), std::pair(kPhone, kColleague)}) {
    CHECK(Both::TokenOf(test.Link(no, phone, caller)).starts_with(no + "-0."));
  }
  for (const auto& [phone, caller] : {std::pair("", kColleague), std::pair("", kSeat), std::pair(kPhone, kSeat)}) {
    CHECK(test.Link(no, phone, caller) == page);
  }
}

TEST_CASE("without feedback's word the link leads to the page that asks to log in", "[INT-18]") {
  Both test(GENERATE(false, true));
  const std::string no = test.FedBack(ByPhone("请协调供电部门尽快办理新增用电报装。"), kSeat, false);
  INFO("feedback has not heard of it yet");
  CHECK(test.Link(no, kPhone) == "/rating/" + no);
  INFO("intake has no name of its own");
  test.api.intake->rating_links.Connect(
      &test.feedback.bench.channel(), [] { return absl::FailedPreconditionError("no key"); }, absl::Seconds(5));
  CHECK(test.Link(no, kPhone) == "/rating/" + no);
  INFO("feedback is not there");
  const auto nowhere = rpc::Channel::Make("unix:/nonexistent/feedback");
  test.api.intake->rating_links.Connect(
      nowhere.get(), [] { return std::string("Bearer none"); }, absl::Milliseconds(50));
  CHECK(test.Link(no, kPhone) == "/rating/" + no);
  test.api.intake->rating_links.Connect(
      nullptr, [] { return std::string(); }, absl::Seconds(5));
  CHECK(test.Link(no, kPhone) == "/rating/" + no);
}

}  // namespace
}  // namespace jinqi::intake
