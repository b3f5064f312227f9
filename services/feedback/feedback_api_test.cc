// The API of feedback as its callers see it, on both databases.
#include <catch2/catch.hpp>

#include "services/feedback/test_api.h"

namespace jinqi::feedback {
namespace {

using config::v1::Role;

v1::RecordFollowUpRequest Contact(const std::string& order_no, const std::string& etag,
                                  FollowUpContact::Outcome outcome) {
  v1::RecordFollowUpRequest request;
  request.set_name(FollowUpName({order_no, 0}));
  request.set_etag(etag);
  request.set_way(FollowUpContact::WAY_CALL);
  request.set_outcome(outcome);
  return request;
}

TEST_CASE("the hotline follows up, nobody else", "[FBK-04][GWY-04]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ1")));
  const FollowUp task = testing::Must(test.Get(Hotline(), "TJ1"));
  INFO("FBK-04/accept");
  CHECK(clock::ToRfc3339(clock::FromProto(task.due_time())) == "2025-10-16T23:59:59+08:00");
  CHECK(task.unit() == "BMZX");
  CHECK(task.rating_token().empty());
  CHECK_FALSE(testing::Must(test.Get(Enterprise(), "TJ1")).rating_token().empty());
  CHECK(ReasonOf(test.Get(Enterprise("91120101000000001X"), "TJ1").status()) == config::v1::REASON_NOT_FOUND);
  const auto colleague = TestBench::Person({config::v1::ROLE_ENTERPRISE}, "", kUscc, "colleague");
  CHECK(testing::Must(test.Get(colleague, "TJ1")).rating_token().empty());
  const auto intake = TestBench::Person({config::v1::ROLE_SERVICE}, "");
  CHECK(testing::Must(test.Get(intake, "TJ1")).rating_token() == test.Token("TJ1"));
  auto by_phone = FedBack("TJ3");
  by_phone.mutable_order()->clear_requester();
  REQUIRE_OK(test.News("OrderFedBack", by_phone));
  CHECK_FALSE(testing::Must(test.Get(colleague, "TJ3")).rating_token().empty());
  CHECK(ReasonOf(test.Get(Hotline(), "TJ2").status()) == config::v1::REASON_NOT_FOUND);

  INFO("FBK-04/bad/1");
  const auto main_undertaker = TestBench::Person({config::v1::ROLE_UNDERTAKER}, "SCJG");
  auto contact = Contact("TJ1", task.etag(), FollowUpContact::OUTCOME_NOT_REACHED);
  CHECK(ReasonOf(test.Record(main_undertaker, contact).status()) == config::v1::REASON_PERMISSION_DENIED);
  contact.set_name("followUps/TJ9-0");
  CHECK(ReasonOf(test.Record(main_undertaker, contact).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(test.Record(Hotline(), contact).status()) == config::v1::REASON_NOT_FOUND);

  INFO("FBK-04/bad/2");
  contact.set_name(task.name());
  contact.set_text("无人接听");
  std::string etag = task.etag();
  for (const char* day : {"2025-10-13", "2025-10-14"}) {
    test.bench.SetTime(std::string(day) + "T15:00:00+08:00");
    contact.set_etag(etag);
    etag = testing::Must(test.Record(Hotline(), contact)).etag();
    contact.set_etag(etag);
    const auto again = test.Record(Hotline(), contact).status();
    CHECK(ReasonOf(again) == (std::string(day) == "2025-10-14" ? config::v1::REASON_TOO_MANY_CONTACTS
                                                               : config::v1::REASON_CONTACT_SAME_DAY));
  }
  contact.set_etag("1");
  CHECK(ReasonOf(test.Record(Hotline(), contact).status()) == config::v1::REASON_VERSION_CONFLICT);
  const FollowUp done = testing::Must(test.Get(Hotline(), "TJ1"));
  CHECK(done.state() == FollowUp::STATE_DONE);
  REQUIRE(done.contacts_size() == 3);
  CHECK(done.contacts(2).text() == "无人接听");
  CHECK(testing::Must(test.Get(Enterprise(), "TJ1")).contacts(2).text().empty());
  CHECK(done.contacts(0).way() == FollowUpContact::WAY_MESSAGE);
  CHECK(done.contacts(0).text().empty());
  CHECK(test.Outbox() == std::vector<std::string>{"TJ1 FollowUpDone"});
}

TEST_CASE("a rating by the link, changed once", "[FBK-05]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ1")));
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ2")));
  const std::string token = test.Token("TJ1");
  const auto yes = events::v1::SOLVED_YES;

  CHECK(ReasonOf(test.Rate(token, yes, 0).status()) == config::v1::REASON_OUT_OF_RANGE);
  CHECK(ReasonOf(test.Rate(token, yes, 6).status()) == config::v1::REASON_OUT_OF_RANGE);
  CHECK(ReasonOf(test.Rate(token, yes, 5, "", std::string(5000, 'x')).status()) == config::v1::REASON_TOO_LONG);
  INFO("FBK-05/bad/7");
  CHECK(ReasonOf(test.Rate(token, yes, 5, "TJ2").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Rate("unknown", yes, 5).status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Change(token, "TJ1", yes, 5).status()) == config::v1::REASON_NOT_FOUND);

  const Rating first = testing::Must(test.Rate(token, yes, 2, "TJ1", " 办得慢 "));
  CHECK(first.bad());
  CHECK(first.text() == "办得慢");
  INFO("FBK-05/bad/5");
  CHECK(ReasonOf(test.Rate(token, yes, 5, "TJ1").status()) == config::v1::REASON_TOKEN_USED);
  CHECK(ReasonOf(test.Change(token, "TJ2", yes, 4).status()) == config::v1::REASON_NOT_FOUND);

  test.bench.SetTime("2025-10-14T10:00:00+08:00");
  INFO("FBK-05/accept");
  REQUIRE_OK(test.Change(token, "TJ1", yes, 4, "已改进"));
  v1::GetRatingRequest request;
  request.set_name("ratings/TJ1-0");
  const Rating rating = testing::Must(test.bench.Call<Rating>(Enterprise(), Method("GetRating"), request));
  CHECK(rating.satisfaction() == 4);
  REQUIRE(rating.history_size() == 2);
  CHECK(rating.history(0).satisfaction() == 2);
  CHECK(rating.history(1).satisfaction() == 4);
  CHECK(rating.text() == "已改进");
  CHECK(ReasonOf(test.Change(token, "TJ1", yes, 5).status()) == config::v1::REASON_TOKEN_USED);
  CHECK(ReasonOf(test.bench.Call<Rating>(Enterprise("91120101000000001X"), Method("GetRating"), request).status()) ==
        config::v1::REASON_NOT_FOUND);
  request.set_name("ratings/TJ2-0");
  CHECK(ReasonOf(test.bench.Call<Rating>(Hub(), Method("GetRating"), request).status()) ==
        config::v1::REASON_NOT_FOUND);

  INFO("FBK-05/bad/6");
  test.bench.SetTime("2025-10-29T00:00:00+08:00");
  CHECK(ReasonOf(test.Rate(test.Token("TJ2"), yes, 5).status()) == config::v1::REASON_TOKEN_EXPIRED);
  CHECK(test.Outbox() == std::vector<std::string>{"TJ1 Rated", "TJ1 Rated"});
  CHECK(test.Sweep() == 2);
  CHECK(test.Outbox().back() == "TJ1 RatingWindowClosed");
  CHECK(test.Outbox().size() == 3);
  CHECK(test.Sweep() == 0);
}

TEST_CASE("a foreign enterprise cannot use a token that it found", "[FBK-05][GWY-04]") {
  Bench test(TestDatabase::kSqlite);
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ1")));
  v1::CreateRatingRequest request;
  request.set_token(test.Token("TJ1"));
  request.set_request_id("r1");
  request.mutable_rating()->set_solved(events::v1::SOLVED_YES);
  request.mutable_rating()->set_satisfaction(5);
  CHECK(ReasonOf(test.bench.Call<Rating>(Enterprise("91120101000000001X"), Method("CreateRating"), request).status()) ==
        config::v1::REASON_NOT_FOUND);
  const Rating rated = testing::Must(test.bench.Call<Rating>(Enterprise(), Method("CreateRating"), request));
  INFO("the same request again has the same answer");
  CHECK(testing::Must(test.bench.Call<Rating>(Enterprise(), Method("CreateRating"), request)).etag() == rated.etag());
}

TEST_CASE("no token and no text stands in clear where it could leak", "[SEC-09]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  REQUIRE_OK(test.News("OrderFedBack", FedBack("TJ1")));
  const std::string token = test.Token("TJ1");
  REQUIRE_OK(test.Rate(token, events::v1::SOLVED_YES, 5, "", "张三的电话"));
  auto& reader = test.bench.runtime().ledger().reader();
  const auto record = testing::Must(reader.Get("tianjin", FollowUpKey({"TJ1", 0})));
  std::string all = record->body;
  for (const auto& row : testing::Must(reader.History("tianjin", FollowUpKey({"TJ1", 0})))) all += row.data;
  all += testing::Must(reader.FindPerson("tianjin", "TJ1-0"))->sealed;
  CHECK(all.find(token) == std::string::npos);
  CHECK(all.find("张三的电话") == std::string::npos);
}

TEST_CASE("an order that is fed back late counts as late", "[FBK-01]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  auto event = FedBack("TJ1");
  *event.mutable_order()->mutable_feedback_time() = Stamp("2025-10-14T09:00:00+08:00");
  *event.mutable_time() = Stamp("2025-10-14T09:00:00+08:00");
  REQUIRE_OK(test.News("OrderFedBack", event));
  v1::GetOrderScoreRequest request;
  request.set_name("orderScores/TJ1");
  const auto score = testing::Must(test.bench.Call<v1::OrderScore>(Hub(), Method("GetOrderScore"), request));
  INFO("FBK-01/accept");
  CHECK_FALSE(score.on_time());
  CHECK(score.days_late() == 1);
  CHECK(testing::Must(test.Rates("2025-10-13", "2025-10-13")).on_time_rate() == 0.0);
  request.set_name("orderScores/TJ2");
  CHECK(ReasonOf(test.bench.Call<v1::OrderScore>(Hub(), Method("GetOrderScore"), request).status()) ==
        config::v1::REASON_NOT_FOUND);
}

TEST_CASE("an order that was never dispatched counts from the day routing took it", "[FBK-11]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  events::v1::OrderEvent taken;
  taken.set_to(events::v1::ORDER_STATE_PENDING_DISPATCH);
  *taken.mutable_time() = Stamp("2025-10-09T10:00:00+08:00");
  taken.mutable_order()->set_order_no("TJ1");
  taken.mutable_order()->set_state(events::v1::ORDER_STATE_PENDING_DISPATCH);
  *taken.mutable_order()->mutable_due_time() = Stamp("2025-10-13T23:59:59+08:00");
  REQUIRE_OK(test.News("OrderProposed", taken));
  const auto rates = testing::Must(test.Rates("2025-10-13", "2025-10-13"));
  CHECK(rates.orders() == 1);
  CHECK(rates.response_rate() == 0.0);
  CHECK(rates.on_time_rate() == 0.0);
  CHECK(rates.coverage() == 0.0);
}

TEST_CASE("an order of a liaison body is not rated, and only its owner learns why", "[RTE-10][GWY-04]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  auto sent = FedBack("TJ1");
  sent.mutable_order()->set_state(events::v1::ORDER_STATE_LIAISON_SENT);
  sent.mutable_order()->set_liaison(true);
  sent.mutable_order()->set_main_undertaker("GFY");
  REQUIRE_OK(test.News("OrderLiaisonSent", sent));
  v1::CreateRatingRequest request;
  request.set_token("none");
  request.set_order_no("TJ1");
  request.set_request_id("rate-liaison");
  request.mutable_rating()->set_solved(events::v1::SOLVED_NO);
  request.mutable_rating()->set_satisfaction(1);
  INFO("RTE-10/bad/2 rating");
  const auto refused = test.bench.Call<Rating>(Enterprise(), Method("CreateRating"), request).status();
  CHECK(ReasonOf(refused) == config::v1::REASON_LIAISON_ONLY);
  CHECK(refused.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(MetadataOf(refused).at("code") == "GFY");
  CHECK(ReasonOf(test.bench.Call<Rating>(Enterprise("91120101000000001X"), Method("CreateRating"), request).status()) ==
        config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(test.Rate("none", events::v1::SOLVED_NO, 1, "TJ1").status()) == config::v1::REASON_NOT_FOUND);
  v1::GetOrderScoreRequest score;
  score.set_name("orderScores/TJ1");
  const auto seen = testing::Must(test.bench.Call<v1::OrderScore>(Hub(), Method("GetOrderScore"), score));
  CHECK(seen.left_out() == "LIAISON");
  CHECK(seen.uscc().empty());
  CHECK(seen.requester().empty());
}

TEST_CASE("the rates of a period", "[FBK-02][FBK-06][FBK-11]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  INFO("FBK-11/bad/2");
  const auto none = testing::Must(test.Rates("2025-10-13", "2025-10-13"));
  CHECK(none.orders() == 0);
  CHECK_FALSE(none.has_response_rate());
  CHECK_FALSE(none.has_satisfaction_rate());

  for (int i = 0; i < 10; ++i) {
    auto event = FedBack("TJ" + std::to_string(i));
    if (i == 9) event.mutable_order()->clear_first_contact_time();
    if (i >= 7) event.mutable_order()->set_result_type(events::v1::RESULT_TYPE_EXPLAINED);
    if (i == 0) event.mutable_order()->mutable_subject()->set_district_code("120116");
    if (i == 0) event.mutable_order()->set_main_undertaker("TAX");
    REQUIRE_OK(test.News("OrderFedBack", event));
    const auto solved = i < 6 ? events::v1::SOLVED_YES : i == 6 ? events::v1::SOLVED_PARTLY : events::v1::SOLVED_NO;
    if (i < 8) REQUIRE_OK(test.Rate(test.Token("TJ" + std::to_string(i)), solved, i < 7 ? 3 : 2));
  }
  auto withdrawn = FedBack("TJ-withdrawn");
  withdrawn.mutable_order()->set_state(events::v1::ORDER_STATE_WITHDRAWN);
  REQUIRE_OK(test.News("OrderWithdrawn", withdrawn));
  auto next_day = FedBack("TJ-next");
  *next_day.mutable_order()->mutable_due_time() = Stamp("2025-10-14T00:00:00+08:00");
  REQUIRE_OK(test.News("OrderProposed", next_day));

  const auto rates = testing::Must(test.Rates("2025-10-13", "2025-10-13"));
  INFO("FBK-11/accept FBK-06/accept FBK-02/accept");
  CHECK(rates.orders() == 10);
  CHECK(rates.answered() == 8);
  CHECK(rates.response_rate() == 90.0);
  CHECK(rates.solved_rate() == 81.3);
  CHECK(rates.satisfaction_rate() == 87.5);
  CHECK(rates.coverage() == 80.0);
  CHECK(rates.on_time_rate() == 100.0);
  CHECK(rates.results().at("SOLVED") == 7);
  CHECK(rates.results().at("EXPLAINED") == 3);
  CHECK(testing::Must(test.Rates("2025-10-13", "2025-10-14")).orders() == 11);
  CHECK(testing::Must(test.Rates("2025-10-14", "2025-10-14")).orders() == 1);
  CHECK(testing::Must(test.Rates("2025-10-01", "2025-10-12")).orders() == 0);
  CHECK(testing::Must(test.Rates("2025-10-13", "2025-10-13", "TAX")).orders() == 1);
  CHECK(testing::Must(test.Rates("2025-10-13", "2025-10-13", "", "120103")).orders() == 9);
  INFO("FBK-11/bad/1");
  CHECK(ReasonOf(test.Rates("2025-10-14", "2025-10-13").status()) == config::v1::REASON_PERIOD_INVERTED);

  auto district = Hub();
  district.district = "120116";
  v1::GetRatesRequest own;
  own.set_start_date("2025-10-13");
  own.set_end_date("2025-10-13");
  CHECK(testing::Must(test.bench.Call<v1::Rates>(district, Method("GetRates"), own)).orders() == 1);
  own.set_district_code("120103");
  CHECK(ReasonOf(test.bench.Call<v1::Rates>(district, Method("GetRates"), own).status()) ==
        config::v1::REASON_PERMISSION_DENIED);
}

TEST_CASE("bad ratings are all on the list, with those that are not made good", "[FBK-07][FBK-08]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  v1::ListBadRatingsRequest request;
  CHECK_FALSE(testing::Must(test.bench.Call<v1::ListBadRatingsResponse>(Hub(), Method("ListBadRatings"), request))
                  .has_rectification_rate());
  for (int i = 0; i < 9; ++i) {
    const std::string order_no = "TJ" + std::to_string(i);
    REQUIRE_OK(test.News("OrderFedBack", FedBack(order_no)));
    REQUIRE_OK(test.Rate(test.Token(order_no), events::v1::SOLVED_YES, i == 8 ? 5 : 1));
    if (i < 7) {
      REQUIRE_OK(test.News("OrderReworked", FedBack(order_no, 1)));
      REQUIRE_OK(test.News("OrderContacted", FedBack(order_no, 1)));
      REQUIRE_OK(test.News("OrderFedBack", FedBack(order_no, 1)));
    }
  }
  request.set_page_size(5);
  auto page = testing::Must(test.bench.Call<v1::ListBadRatingsResponse>(Hub(), Method("ListBadRatings"), request));
  INFO("FBK-08/accept");
  CHECK(page.rectification_rate() == 87.5);
  REQUIRE(page.missing_size() == 1);
  CHECK(page.missing(0) == "TJ7");
  CHECK(page.ratings_size() == 5);
  request.set_page_token(page.next_page_token());
  page = testing::Must(test.bench.Call<v1::ListBadRatingsResponse>(Hub(), Method("ListBadRatings"), request));
  CHECK(page.ratings_size() == 3);
  CHECK(page.next_page_token().empty());
  request.set_page_token("x");
  CHECK(ReasonOf(test.bench.Call<v1::ListBadRatingsResponse>(Hub(), Method("ListBadRatings"), request).status()) ==
        config::v1::REASON_PAGE_TOKEN_INVALID);

  INFO("the second round has a token of its own, the first can no more be rated");
  CHECK(test.Token("TJ0", 1) != test.Token("TJ0", 0));
  REQUIRE_OK(test.Rate(test.Token("TJ0", 1), events::v1::SOLVED_YES, 2));
  CHECK(testing::Must(test.Get(Hotline(), "TJ0", 1)).rating() == "BAD");
}

TEST_CASE("the hotline's list: by state, by due time, the late ones", "[FBK-04]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  for (int i = 0; i < 3; ++i) {
    auto event = FedBack("TJ" + std::to_string(i));
    *event.mutable_order()->mutable_feedback_time() = clock::ToProto(At("2025-10-14T10:00:00+08:00") - i * clock::kDay);
    REQUIRE_OK(test.News("OrderFedBack", event));
  }
  REQUIRE_OK(test.Rate(test.Token("TJ1"), events::v1::SOLVED_YES, 5));
  const auto list = [&](FollowUp::State state, bool late) {
    v1::ListFollowUpsRequest request;
    request.set_state(state);
    request.set_late_only(late);
    std::string names;
    const auto page =
        testing::Must(test.bench.Call<v1::ListFollowUpsResponse>(Hotline(), Method("ListFollowUps"), request));
    for (const FollowUp& follow_up : page.follow_ups()) names += follow_up.order_no() + " ";
    return names;
  };
  CHECK(list(FollowUp::STATE_UNSPECIFIED, false) == "TJ2 TJ1 TJ0 ");
  CHECK(list(FollowUp::STATE_OPEN, false) == "TJ2 TJ0 ");
  CHECK(list(FollowUp::STATE_DONE, false) == "TJ1 ");
  test.bench.SetTime("2025-10-15T23:59:59+08:00");
  CHECK(list(FollowUp::STATE_UNSPECIFIED, true).empty());
  test.bench.SetTime("2025-10-16T00:00:00+08:00");
  CHECK(list(FollowUp::STATE_UNSPECIFIED, true) == "TJ2 ");
  test.bench.SetTime("2025-10-18T00:00:00+08:00");
  CHECK(list(FollowUp::STATE_UNSPECIFIED, true) == "TJ2 TJ0 ");
}

TEST_CASE("no default answer can be configured", "[FBK-06]") {
  INFO("FBK-06/bad/1 a default of 满意 is refused");
  config::v1::FeedbackConfig config;
  CHECK(config::ParseInto("default_satisfaction: 4", "feedback.cfg", config).code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("the service is ready with its calendar", "[GWY-14][RTE-15]") {
  Bench test(TestDatabase::kSqlite);
  CHECK(test.bench.Ready().first == 200);
  CHECK(test.bench.Ready().second.find("\"calendar\",\"state\":\"ok\"") != std::string::npos);
  test.bench.SetTime("2099-01-05T10:00:00+08:00");
  CHECK(test.bench.Ready().first == 200);
  CHECK(test.bench.Ready().second.find("\"calendar\",\"state\":\"provisional\"") != std::string::npos);
}

// The day off, or at work, beside what the notice of its year says.
void AddDay(config::v1::Calendar& calendar, int index, const char* date, bool off) {
  config::v1::CalendarDay& day = *calendar.mutable_years(index)->add_days();
  day.set_date(date);
  day.set_off(off);
}

TEST_CASE("a follow-up is due by the calendar that routing published last", "[RTE-15][RTE-16]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  // What an order that is fed back now gets.
  auto due = [&, n = 0](const char* fed_back) mutable {
    auto event = FedBack("TJ" + std::to_string(++n));
    *event.mutable_time() = Stamp(fed_back);
    *event.mutable_order()->mutable_feedback_time() = Stamp(fed_back);
    REQUIRE_OK(test.News("OrderFedBack", event));
    const FollowUp task = testing::Must(test.Get(Hotline(), event.order().order_no()));
    return clock::ToRfc3339(clock::FromProto(task.due_time())).substr(0, 10) +
           (task.due_provisional() ? " provisional" : "");
  };
  CHECK(due("2025-10-13T10:00:00+08:00") == "2025-10-16");
  INFO("RTE-16/accept");
  config::v1::Calendar extra = Notices2025();
  extra.set_version(3);
  AddDay(extra, 0, "2025-10-15", true);
  REQUIRE_OK(test.Publish(extra));
  CHECK(due("2025-10-13T10:00:00+08:00") == "2025-10-17");
  CHECK(test.bench.Ready().second.find("\"version 3\"") != std::string::npos);
  INFO("a round that has begun keeps its date");
  CHECK(testing::Must(test.Get(Hotline(), "TJ1")).due_time().seconds() == Stamp("2025-10-16T23:59:59+08:00").seconds());

  INFO("an older calendar, and one that comes again, change nothing");
  const auto kept = [&] {
    return testing::Must(test.bench.runtime().ledger().reader().History("tianjin", calendar::LatestKey())).size();
  };
  config::v1::Calendar older = Notices2025();
  older.set_version(2);
  REQUIRE_OK(test.Publish(older));
  REQUIRE_OK(test.Publish(extra));
  CHECK(due("2025-10-13T10:00:00+08:00") == "2025-10-17");
  CHECK(kept() == 1);

  INFO("RTE-15/accept");
  CHECK(due("2025-12-30T10:00:00+08:00") == "2026-01-05 provisional");
  config::v1::CalendarNotice& notice = *extra.add_years();
  notice.set_year(2026);
  notice.add_papers("a notice for this test");
  for (const char* off : {"2026-01-01", "2026-01-02"}) AddDay(extra, 1, off, true);
  extra.set_version(4);
  REQUIRE_OK(test.Publish(extra));
  CHECK(due("2025-12-30T10:00:00+08:00") == "2026-01-06");

  INFO("RTE-15/bad");
  config::v1::Calendar wrong = extra;
  wrong.set_version(5);
  AddDay(wrong, 1, "2026-01-01", true);
  CHECK(ReasonOf(test.Publish(wrong)) == config::v1::REASON_CALENDAR_DUPLICATE_DATE);
  CHECK(due("2025-12-30T10:00:00+08:00") == "2026-01-06");
  CHECK(kept() == 2);
}

TEST_CASE("events that cannot be read are set aside, those of no use passed over", "[FBK-04]") {
  Bench test(TestDatabase::kSqlite);
  events::v1::Envelope envelope;
  envelope.set_type("OrderFedBack");
  envelope.set_payload("\xff");
  CHECK(OnRouting(envelope, test.rules).status().code() == absl::StatusCode::kDataLoss);
  envelope.set_payload("");
  CHECK(OnRouting(envelope, test.rules).status().code() == absl::StatusCode::kDataLoss);
  envelope.set_type("OrderSigned");
  CHECK_FALSE(testing::Must(OnRouting(envelope, test.rules)).has_value());
  CHECK_FALSE(testing::Must(OnIntake(envelope)).has_value());
  envelope.set_type("DemandEnded");
  CHECK(OnIntake(envelope).status().code() == absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace jinqi::feedback
