// The rating link through the API, on both databases.
#include <catch2/catch.hpp>

#include "services/feedback/test_api.h"

namespace jinqi::feedback {
namespace {

TEST_CASE("who asked by phone or at a counter rates by the link that the hotline sends, without logging in",
          "[INT-18][FBK-05]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const auto by_phone = [](const std::string& order_no, int round = 0) {
    auto event = FedBack(order_no, round);
    event.mutable_order()->clear_requester();
    return event;
  };
  for (const char* order_no : {"TJ1", "TJ2"}) REQUIRE_OK(test.News("OrderFedBack", by_phone(order_no)));
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ3")));
  const auto yes = events::v1::SOLVED_YES;

  INFO("INT-18/accept");
  const FollowUp task = testing::Must(test.Get(Hotline(), "TJ1"));
  const std::string& token = task.rating_token();
  CHECK(token.starts_with("TJ1-0.1761667199."));
  CHECK(task.rating_link() == "/rating/TJ1#" + token);
  INFO("whoever sends it sends the same");
  const auto service = TestBench::Person({config::v1::ROLE_SERVICE}, "");
  CHECK(testing::Must(test.Get(service, "TJ1")).rating_link() == task.rating_link());
  INFO("not to who neither asked nor sends it");
  const auto elsewhere = TestBench::Person({config::v1::ROLE_FOLLOW_UP_CALLER}, "SCJG");
  for (const auto& caller : {Hub(), elsewhere}) {
    const FollowUp seen = testing::Must(test.Get(caller, "TJ1"));
    CHECK(seen.rating_link().empty());
    CHECK(seen.rating_token().empty());
  }
  INFO("nor to the hotline where an account asked");
  CHECK(testing::Must(test.Get(Hotline(), "TJ3")).rating_link().empty());
  CHECK(testing::Must(test.Get(Enterprise(), "TJ3")).rating_link() == "/rating/TJ3#" + test.Token("TJ3"));

  INFO("FBK-05/bad/7");
  CHECK(ReasonOf(test.Rate(token, yes, 5, "TJ2").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Rate("TJ2" + token.substr(3), yes, 5, "TJ2").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Rate(token + "0", yes, 5).status()) == config::v1::REASON_NOT_FOUND);
  INFO("FBK-05/accept");
  CHECK(testing::Must(test.Rate(token, yes, 2, "TJ1")).name() == "ratings/TJ1-0");
  INFO("FBK-05/bad/5");
  CHECK(ReasonOf(test.Rate(token, yes, 5, "TJ1").status()) == config::v1::REASON_TOKEN_USED);
  INFO("the next round has a link of its own, and the last round's opens nothing more");
  const std::string unused = testing::Must(test.Get(Hotline(), "TJ2")).rating_token();
  for (const char* order_no : {"TJ1", "TJ2"}) REQUIRE_OK(test.News("OrderFedBack", by_phone(order_no, 1)));
  CHECK(ReasonOf(test.Rate(token, yes, 5, "TJ1").status()) == config::v1::REASON_TOKEN_USED);
  CHECK(ReasonOf(test.Rate(unused, yes, 5, "TJ2").status()) == config::v1::REASON_TOKEN_EXPIRED);
  const std::string next = testing::Must(test.Get(Hotline(), "TJ1", 1)).rating_token();
  CHECK(testing::Must(test.Rate(next, yes, 5)).name() == "ratings/TJ1-1");
  INFO("FBK-05/bad/6");
  const std::string late = testing::Must(test.Get(Hotline(), "TJ2", 1)).rating_token();
  test.bench.SetTime("2025-10-29T00:00:00+08:00");
  CHECK(ReasonOf(test.Rate(late, yes, 5).status()) == config::v1::REASON_TOKEN_EXPIRED);
}

TEST_CASE("a link that was sent with a token without signature lives on", "[FBK-05]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ1")));
  ledger::Command command;
  command.tenant = "tianjin";
  command.request_id = "sent";
  command.time = test.bench.runtime().clock().Now();
  command.names = Round::Names({"TJ1", 0});
  command.decide = [](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
    ASSIGN_OR_RETURN(Round round, Round::Load(view, {"TJ1", 0}));
    round.record.set_token_hash(TokenHash("random"));
    round.Note("LinkSent", round.record.follow_up());
    return std::move(round).Finish({});
  };
  REQUIRE_OK(test.bench.runtime().ledger().Run(std::move(command)));
  CHECK(testing::Must(test.Rate("random", events::v1::SOLVED_YES, 4, "TJ1")).name() == "ratings/TJ1-0");
  CHECK(ReasonOf(test.Rate(test.Token("TJ1"), events::v1::SOLVED_YES, 5).status()) == config::v1::REASON_TOKEN_USED);
}

}  // namespace
}  // namespace jinqi::feedback
