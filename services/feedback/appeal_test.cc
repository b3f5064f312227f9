#include "services/feedback/appeal.h"

#include "services/feedback/rates.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using config::v1::Reason;
using v1::Appeal;
using Types = std::vector<std::string>;

const RoundId kRound{"TJ1", 0};

// Rated with 1 on Monday 2025-10-13 at eleven.
Book RatedBook(int satisfaction = 1) {
  Book book = FedBackBook(kRound);
  book.SetNow("2025-10-13T11:00:00+08:00");
  RatingInput input;
  input.claim = {kRound, At("2025-10-28T23:59:59+08:00")};
  input.values = {events::v1::SOLVED_NO, satisfaction};
  REQUIRE_OK(book.Keep(DecideCreateRating(book, input)));
  return book;
}

AppealInput Input(const std::string& body = "SCJG") {
  return {kRound, "officer-1", body, {"录音-1"}, SealedPrivate{{"appeals/TJ1-0", "sealed", {}}, "digest"}};
}

absl::Status Create(Book& book, AppealInput input = Input(), const Limits& limits = {}) {
  return book.Keep(DecideCreateAppeal(book, std::move(input), Calendar2025(), limits));
}

DecisionInput Decision(const Book& book, bool upheld) {
  const ledger::Record* stored = book.Find(AppealKey(kRound));
  return {kRound, std::to_string(stored->version), "reviewer-1", "BMZX", "", upheld, "通话录音与差评内容不符"};
}

absl::Status Decide(Book& book, const DecisionInput& input) { return book.Keep(DecideDecideAppeal(book, input)); }

void Put(Book& book, const v1::FollowUpRecord& round) {
  ledger::Outcome outcome;
  outcome.changes.push_back(
      {FollowUpKey(kRound), round.SerializeAsString(), std::nullopt, {{"RoundPut", "", std::nullopt}}});
  REQUIRE_OK(book.Keep(std::move(outcome)));
}

v1::AppealRecord Stored(const Book& book) { return testing::Must(book.Read<v1::AppealRecord>(AppealKey(kRound))); }

TEST_CASE("one appeal of the undertaker within three working days", "[FBK-09]") {
  struct Row {
    const char* id;
    const char* now;
    const char* body;
    Reason reason;
  };
  const Row row = GENERATE(Row{"at once", "2025-10-13T11:00:00+08:00", "SCJG", config::v1::REASON_UNSPECIFIED},
                           Row{"the last second", "2025-10-16T23:59:59+08:00", "SCJG", config::v1::REASON_UNSPECIFIED},
                           Row{"FBK-09/bad/1", "2025-10-17T00:00:00+08:00", "SCJG", config::v1::REASON_APPEAL_TOO_LATE},
                           Row{"who assisted", "2025-10-13T11:00:00+08:00", "SWJ", config::v1::REASON_NOT_FOUND},
                           Row{"another body", "2025-10-13T11:00:00+08:00", "TAX", config::v1::REASON_NOT_FOUND},
                           Row{"no body", "2025-10-13T11:00:00+08:00", "", config::v1::REASON_NOT_FOUND});
  INFO(row.id);
  Book book = RatedBook();
  book.SetNow(row.now);
  CHECK(ReasonOf(Create(book, Input(row.body))) == row.reason);
}

TEST_CASE("the days to appeal are configured, and count from the last value", "[FBK-09]") {
  Limits limits;
  limits.appeal_days = 1;
  Book book = RatedBook();
  book.SetNow("2025-10-15T00:00:00+08:00");
  const absl::Status late = Create(book, Input(), limits);
  CHECK(ReasonOf(late) == config::v1::REASON_APPEAL_TOO_LATE);
  CHECK(MetadataOf(late).at("due") == "2025-10-14");
  RatingInput change;
  change.claim = {kRound, At("2025-10-28T23:59:59+08:00")};
  change.values = {events::v1::SOLVED_NO, 2};
  REQUIRE_OK(book.Keep(DecideUpdateRating(book, change)));
  CHECK_OK(Create(book, Input(), limits));
}

TEST_CASE("an appeal stands as it was made, once", "[FBK-09]") {
  Book book = FedBackBook(kRound);
  CHECK(ReasonOf(Create(book)) == config::v1::REASON_APPEAL_NOT_RATED);
  book = RatedBook();
  REQUIRE_OK(Create(book));
  CHECK(book.facts == Types{"AppealCreated"});
  CHECK(book.persons == Types{"appeals/TJ1-0 sealed"});
  CHECK(Stored(book).person_digest() == "digest");
  CHECK(Stored(book).district_code() == "120103");
  const std::string appeal = R"("name": "appeals/TJ1-0", "orderNo": "TJ1", "state": "STATE_OPEN",
      "undertaker": "SCJG", "by": "officer-1", "evidence": ["录音-1"], "createTime": "2025-10-13T11:00:00+08:00")";
  CHECK(testing::Differences(Stored(book).appeal(), "{" + appeal + "}") == "");
  CHECK(testing::DifferencesIn<Appeal>(book.answer, "{" + appeal + R"(, "etag": "1"})") == "");
  CHECK(ReasonOf(Create(book)) == config::v1::REASON_APPEAL_EXISTS);
  INFO("also after it was decided");
  REQUIRE_OK(Decide(book, Decision(book, false)));
  CHECK(ReasonOf(Create(book)) == config::v1::REASON_APPEAL_EXISTS);
}

TEST_CASE("a round that nobody led is nobody's to appeal", "[FBK-09]") {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  events::v1::OrderEvent event = FedBack("TJ1");
  event.mutable_order()->clear_main_undertaker();
  REQUIRE_OK(book.Keep(DecideOrderNews(book, NewsOf("OrderFedBack", event), Calendar2025(), {})));
  RatingInput rating;
  rating.claim = {kRound, At("2025-10-28T23:59:59+08:00")};
  rating.values = {events::v1::SOLVED_NO, 1};
  REQUIRE_OK(book.Keep(DecideCreateRating(book, rating)));
  CHECK(ReasonOf(Create(book, Input(""))) == config::v1::REASON_NOT_FOUND);
  INFO("who decides for no body handled nothing");
  v1::FollowUpRecord round = book.Round(kRound);
  round.mutable_follow_up()->set_main_undertaker("SCJG");
  Put(book, round);
  REQUIRE_OK(Create(book));
  round.mutable_follow_up()->clear_main_undertaker();
  Put(book, round);
  DecisionInput decision = Decision(book, true);
  decision.body.clear();
  CHECK_OK(Decide(book, decision));
}

TEST_CASE("upheld: out of the body's score with the reason, still in the raw data", "[FBK-09]") {
  Book book = RatedBook();
  REQUIRE_OK(Create(book));
  book.SetNow("2025-10-14T09:00:00+08:00");
  REQUIRE_OK(Decide(book, Decision(book, true)));
  INFO("FBK-09/accept");
  CHECK(book.facts == Types{"AppealDecided", "RatingExcluded", "AppealDecided"});
  const v1::FollowUpRecord round = book.Round(kRound);
  CHECK(round.rating().excluded() == "APPEAL_UPHELD");
  CHECK(round.rating().excluded_reason() == "通话录音与差评内容不符");
  CHECK(round.rating().satisfaction() == 1);
  CHECK(round.rating().bad());
  CHECK(round.rating().history_size() == 1);
  CHECK(round.has_bad_time());
  const v1::OrderScore score = book.Score("TJ1");
  CHECK(score.excluded() == "APPEAL_UPHELD");
  CHECK(score.answered());
  CHECK(score.satisfaction() == 1);
  const v1::AppealRecord record = Stored(book);
  CHECK(record.appeal().state() == Appeal::STATE_UPHELD);
  CHECK(record.appeal().decided_by() == "reviewer-1");
  CHECK(record.appeal().decision_reason() == "通话录音与差评内容不符");
  CHECK(clock::FromProto(record.appeal().decide_time()) == book.now());
  Appeal answer;
  REQUIRE(answer.ParseFromString(book.answer));
  CHECK(answer.etag() == "2");

  INFO("the next round is rated anew");
  REQUIRE_OK(book.Keep(DecideOrderNews(book, NewsOf("OrderFedBack", FedBack("TJ1", 1)), Calendar2025(), {})));
  CHECK(book.Score("TJ1").excluded().empty());
}

TEST_CASE("rejected: it counts on", "[FBK-09]") {
  Book book = RatedBook();
  REQUIRE_OK(Create(book));
  REQUIRE_OK(Decide(book, Decision(book, false)));
  CHECK(Stored(book).appeal().state() == Appeal::STATE_REJECTED);
  CHECK(book.Round(kRound).rating().excluded().empty());
  CHECK(book.Score("TJ1").excluded().empty());
}

TEST_CASE("an appeal names the round that was done again", "[FBK-09]") {
  const RoundId again{"TJ1", 1};
  Book book = FedBackBook(again);
  RatingInput rating;
  rating.claim = {again, At("2025-10-28T23:59:59+08:00")};
  rating.values = {events::v1::SOLVED_NO, 1};
  REQUIRE_OK(book.Keep(DecideCreateRating(book, rating)));
  AppealInput input = Input();
  input.id = again;
  REQUIRE_OK(Create(book, input));
  Appeal answer;
  REQUIRE(answer.ParseFromString(book.answer));
  CHECK(answer.round() == 1);
}

TEST_CASE("an appeal of a round that was done again leaves the new round's score", "[FBK-09]") {
  Book book = RatedBook();
  REQUIRE_OK(Create(book));
  REQUIRE_OK(book.Keep(DecideOrderNews(book, NewsOf("OrderFedBack", FedBack("TJ1", 1)), Calendar2025(), {})));
  REQUIRE_OK(Decide(book, Decision(book, true)));
  CHECK(book.Round(kRound).rating().excluded() == "APPEAL_UPHELD");
  CHECK(book.Score("TJ1").excluded().empty());
}

TEST_CASE("who decides", "[FBK-09][GWY-04]") {
  struct Row {
    const char* id;
    void (*spoil)(DecisionInput&);
    Reason reason;
  };
  const Row row = GENERATE(
      Row{"FBK-09/bad/2 the same body", [](DecisionInput& input) { input.body = "SCJG"; },
          config::v1::REASON_APPEAL_OWN_BODY},
      Row{"FBK-09/bad/2 a body that assisted", [](DecisionInput& input) { input.body = "SWJ"; },
          config::v1::REASON_APPEAL_OWN_BODY},
      Row{"another body", [](DecisionInput& input) { input.body = "TAX"; }, config::v1::REASON_UNSPECIFIED},
      Row{"its own district", [](DecisionInput& input) { input.district = "120103"; }, config::v1::REASON_UNSPECIFIED},
      Row{"another district", [](DecisionInput& input) { input.district = "120116"; }, config::v1::REASON_NOT_FOUND},
      Row{"no etag", [](DecisionInput& input) { input.etag.clear(); }, config::v1::REASON_ETAG_REQUIRED},
      Row{"old etag", [](DecisionInput& input) { input.etag = "0"; }, config::v1::REASON_VERSION_CONFLICT});
  INFO(row.id);
  Book book = RatedBook();
  REQUIRE_OK(Create(book));
  DecisionInput input = Decision(book, true);
  row.spoil(input);
  CHECK(ReasonOf(Decide(book, input)) == row.reason);
}

TEST_CASE("a decision is not taken twice", "[FBK-09]") {
  Book book = RatedBook();
  REQUIRE_OK(Create(book));
  REQUIRE_OK(Decide(book, Decision(book, false)));
  const absl::Status again = Decide(book, Decision(book, true));
  CHECK(ReasonOf(again) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK(MetadataOf(again).at("from") == "REJECTED");
  CHECK(MetadataOf(again).at("to") == "UPHELD");
  CHECK(book.Score("TJ1").excluded().empty());
}

TEST_CASE("an appeal has grounds and evidence", "[FBK-09]") {
  struct Row {
    const char* id;
    void (*spoil)(v1::CreateAppealRequest&);
    Reason reason;
  };
  const Row row = GENERATE(
      Row{"as it should be", [](v1::CreateAppealRequest&) {}, config::v1::REASON_UNSPECIFIED},
      Row{"no grounds", [](v1::CreateAppealRequest& r) { r.set_grounds("  "); }, config::v1::REASON_REQUIRED},
      Row{"nine characters", [](v1::CreateAppealRequest& r) { r.set_grounds("差评与办理过程不符"); },
          config::v1::REASON_TOO_SHORT},
      Row{"ten characters", [](v1::CreateAppealRequest& r) { r.set_grounds("差评与办理过程不符合"); },
          config::v1::REASON_UNSPECIFIED},
      Row{"1000 characters", [](v1::CreateAppealRequest& r) { r.set_grounds(std::string(1000, 'x')); },
          config::v1::REASON_UNSPECIFIED},
      Row{"1001 characters", [](v1::CreateAppealRequest& r) { r.set_grounds(std::string(1001, 'x')); },
          config::v1::REASON_TOO_LONG},
      Row{"no evidence", [](v1::CreateAppealRequest& r) { r.clear_evidence(); }, config::v1::REASON_REQUIRED},
      Row{"empty evidence", [](v1::CreateAppealRequest& r) { r.set_evidence(0, " "); }, config::v1::REASON_REQUIRED},
      Row{"200 characters of evidence", [](v1::CreateAppealRequest& r) { r.set_evidence(0, std::string(200, 'x')); },
          config::v1::REASON_UNSPECIFIED},
      Row{"201 characters of evidence", [](v1::CreateAppealRequest& r) { r.set_evidence(0, std::string(201, 'x')); },
          config::v1::REASON_TOO_LONG},
      Row{"nine pieces",
          [](v1::CreateAppealRequest& r) {
            for (int i = 0; i < 8; ++i) r.add_evidence("录音");
          },
          config::v1::REASON_UNSPECIFIED},
      Row{"ten pieces",
          [](v1::CreateAppealRequest& r) {
            for (int i = 0; i < 9; ++i) r.add_evidence("录音");
          },
          config::v1::REASON_TOO_MANY});
  INFO(row.id);
  v1::CreateAppealRequest request;
  request.set_grounds("通话录音显示已当场解决，差评与办理过程不符");
  request.add_evidence("recordings/2025-10-13-1");
  row.spoil(request);
  CHECK(ReasonOf(CheckAppeal(request, {})) == row.reason);
}

TEST_CASE("a decision says why, and names nobody", "[FBK-09]") {
  v1::DecideAppealRequest request;
  CHECK(ReasonOf(CheckDecision(request)) == config::v1::REASON_REQUIRED);
  request.set_reason("录音与差评不符");
  CHECK_OK(CheckDecision(request));
  request.set_reason(std::string(501, 'x'));
  CHECK(ReasonOf(CheckDecision(request)) == config::v1::REASON_TOO_LONG);
  request.set_reason("王经理13800001234说不是他打的分");
  CHECK(ReasonOf(CheckDecision(request)) == config::v1::REASON_PERSONAL_DATA_FOUND);
}

TEST_CASE("what is excluded leaves the body's rates and stays in the city's", "[FBK-08][FBK-09]") {
  v1::OrderScore good;
  good.set_answered(true);
  good.set_solved(events::v1::SOLVED_YES);
  good.set_satisfaction(5);
  v1::OrderScore excluded = good;
  excluded.set_solved(events::v1::SOLVED_NO);
  excluded.set_satisfaction(1);
  excluded.set_excluded("MALICE");
  const auto rates = [&](Excluded how) {
    Tally tally(how);
    tally.Add(good);
    tally.Add(good);
    tally.Add(excluded);
    return tally.ToRates(50);
  };
  const v1::Rates body = rates(Excluded::kLeftOut);
  CHECK(body.orders() == 3);
  CHECK(body.answered() == 2);
  CHECK(body.excluded() == 1);
  CHECK(body.satisfaction_rate() == 100.0);
  CHECK(body.solved_rate() == 100.0);
  CHECK(body.coverage() == 100.0);
  const v1::Rates city = rates(Excluded::kCounted);
  CHECK(city.answered() == 3);
  CHECK(city.excluded() == 1);
  CHECK(city.satisfaction_rate() == 66.7);
  CHECK(city.coverage() == 100.0);
}

}  // namespace
}  // namespace jinqi::feedback
