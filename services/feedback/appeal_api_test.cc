// Appeals and the mark 恶意 as their callers see them, on both databases.
#include "services/feedback/appeal.h"
#include "services/feedback/test_api.h"

namespace jinqi::feedback {
namespace {

using v1::Appeal;

constexpr char kGrounds[] = "通话录音显示已当场解决，差评与张三所述不符";

identity::Caller Undertaker(const std::string& body = "SCJG") {
  return TestBench::Person({config::v1::ROLE_UNDERTAKER}, body, "", "officer-" + body);
}
identity::Caller Reviewer(const std::string& body = "BMZX", const std::string& account = "reviewer-1") {
  return TestBench::Person({config::v1::ROLE_REVIEWER}, body, "", account);
}

struct AppealApi {
  explicit AppealApi(TestDatabase database) : test(database) {}

  // An order of SCJG that was rated at once.
  void Rate(const std::string& order_no, int satisfaction = 1) {
    REQUIRE_OK(test.News("OrderFedBack", FedBack(order_no)));
    REQUIRE_OK(test.Rate(test.Token(order_no), events::v1::SOLVED_NO, satisfaction));
  }
  absl::StatusOr<Appeal> Create(const identity::Caller& caller, const std::string& order_no) {
    v1::CreateAppealRequest request;
    request.set_rating(RatingName({order_no, 0}));
    request.set_request_id("appeal-" + std::to_string(++requests));
    request.set_grounds(kGrounds);
    request.add_evidence("recordings/1");
    return test.bench.Call<Appeal>(caller, Method("AppealService/CreateAppeal"), request);
  }
  absl::StatusOr<Appeal> Get(const identity::Caller& caller, const std::string& name) {
    v1::GetAppealRequest request;
    request.set_name(name);
    return test.bench.Call<Appeal>(caller, Method("AppealService/GetAppeal"), request);
  }
  absl::StatusOr<Appeal> Decide(const identity::Caller& caller, const Appeal& appeal, bool upheld) {
    v1::DecideAppealRequest request;
    request.set_name(appeal.name());
    request.set_etag(appeal.etag());
    request.set_request_id("decide-" + std::to_string(++requests));
    request.set_upheld(upheld);
    request.set_reason("录音与差评不符");
    return test.bench.Call<Appeal>(caller, Method("AppealService/DecideAppeal"), request);
  }
  absl::StatusOr<Rating> Mark(const identity::Caller& caller, const std::string& order_no) {
    v1::MarkMaliciousRequest request;
    request.set_name(RatingName({order_no, 0}));
    request.set_etag(testing::Must(GetRating(Hub(), order_no)).etag());
    request.set_request_id("mark-" + std::to_string(++requests));
    request.set_reason("同一账号批量差评");
    return test.bench.Call<Rating>(caller, Method("AppealService/MarkMalicious"), request);
  }
  absl::StatusOr<Rating> GetRating(const identity::Caller& caller, const std::string& order_no) {
    v1::GetRatingRequest request;
    request.set_name(RatingName({order_no, 0}));
    return test.bench.Call<Rating>(caller, Method("GetRating"), request);
  }
  v1::Rates Rates(const std::string& undertaker) {
    return testing::Must(test.Rates("2025-10-13", "2025-10-13", undertaker));
  }

  Bench test;
  int requests = 0;
};

TEST_CASE("an upheld appeal takes a rating out of the body's score and out of nothing else", "[FBK-09]") {
  AppealApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  api.Rate("TJ1");
  api.Rate("TJ2", 5);
  INFO("the undertaker sees the value that it appeals against, without the text");
  CHECK(testing::Must(api.GetRating(Undertaker(), "TJ1")).satisfaction() == 1);
  CHECK(ReasonOf(api.GetRating(Undertaker("TAX"), "TJ1").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Create(Undertaker("TAX"), "TJ1").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Create(Undertaker(), "TJ9").status()) == config::v1::REASON_NOT_FOUND);
  const Appeal made = testing::Must(api.Create(Undertaker(), "TJ1"));
  CHECK(made.grounds() == kGrounds);
  CHECK(ReasonOf(api.Create(Undertaker(), "TJ1").status()) == config::v1::REASON_APPEAL_EXISTS);
  CHECK(testing::Must(api.Get(Reviewer(), made.name())).grounds() == kGrounds);
  CHECK(testing::Must(api.Get(Undertaker(), made.name())).grounds() == kGrounds);
  CHECK(ReasonOf(api.Get(Undertaker("TAX"), made.name()).status()) == config::v1::REASON_NOT_FOUND);

  INFO("FBK-09/bad/2");
  const auto own = api.Decide(Reviewer("SCJG"), made, true).status();
  CHECK(ReasonOf(own) == config::v1::REASON_APPEAL_OWN_BODY);
  CHECK(own.code() == absl::StatusCode::kPermissionDenied);
  CHECK(ReasonOf(api.Decide(Undertaker(), made, true).status()) == config::v1::REASON_PERMISSION_DENIED);
  CHECK(api.Rates("SCJG").satisfaction_rate() == 50.0);

  INFO("FBK-09/accept");
  CHECK(testing::Must(api.Decide(Reviewer(), made, true)).state() == Appeal::STATE_UPHELD);
  const v1::Rates body = api.Rates("SCJG");
  CHECK(body.orders() == 2);
  CHECK(body.satisfaction_rate() == 100.0);
  CHECK(body.excluded() == 1);
  CHECK(api.Rates("").satisfaction_rate() == 50.0);
  const Rating raw = testing::Must(api.GetRating(Hub(), "TJ1"));
  CHECK(raw.satisfaction() == 1);
  CHECK(raw.excluded() == "APPEAL_UPHELD");
  CHECK(raw.excluded_reason() == "录音与差评不符");
  const auto bad = testing::Must(
      api.test.bench.Call<v1::ListBadRatingsResponse>(Hub(), Method("ListBadRatings"), v1::ListBadRatingsRequest()));
  CHECK(bad.ratings_size() == 2);
}

TEST_CASE("after the third working day there is no appeal", "[FBK-09]") {
  AppealApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  api.Rate("TJ1");
  api.Rate("TJ2");
  api.test.bench.SetTime("2025-10-16T23:59:59+08:00");
  CHECK_OK(api.Create(Undertaker(), "TJ1"));
  api.test.bench.SetTime("2025-10-17T00:00:00+08:00");
  INFO("FBK-09/bad/1");
  CHECK(ReasonOf(api.Create(Undertaker(), "TJ2").status()) == config::v1::REASON_APPEAL_TOO_LATE);
}

TEST_CASE("appeals are listed: each body its own, by state, page by page", "[FBK-09][GWY-04][GWY-09]") {
  AppealApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  for (int i = 0; i < 3; ++i) {
    const std::string order_no = "TJ" + std::to_string(i);
    api.test.bench.SetTime("2025-10-13T10:0" + std::to_string(i) + ":00+08:00");
    api.Rate(order_no);
    REQUIRE_OK(api.Create(Undertaker(), order_no));
  }
  REQUIRE_OK(api.Decide(Reviewer(), testing::Must(api.Get(Reviewer(), "appeals/TJ1-0")), false));
  const auto list = [&](const identity::Caller& caller, v1::ListAppealsRequest request) {
    return testing::Must(
        api.test.bench.Call<v1::ListAppealsResponse>(caller, Method("AppealService/ListAppeals"), request));
  };
  const auto names = [&](const identity::Caller& caller, const v1::ListAppealsRequest& request) {
    std::string all;
    const auto page = list(caller, request);
    for (const Appeal& appeal : page.appeals()) {
      CHECK(appeal.grounds().empty());
      all += appeal.order_no() + " ";
    }
    return all;
  };
  v1::ListAppealsRequest request;
  CHECK(names(Reviewer(), request) == "TJ0 TJ1 TJ2 ");
  CHECK(names(Undertaker(), request) == "TJ0 TJ1 TJ2 ");
  INFO("another body's name in the request shows nothing of it");
  request.set_undertaker("SCJG");
  CHECK(names(Undertaker("TAX"), request).empty());
  CHECK(names(Reviewer(), request) == "TJ0 TJ1 TJ2 ");
  request.set_undertaker("TAX");
  CHECK(names(Reviewer(), request).empty());
  request.clear_undertaker();
  auto district = Reviewer();
  district.district = "120116";
  CHECK(names(district, request).empty());
  CHECK(ReasonOf(api.Get(district, "appeals/TJ1-0").status()) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Decide(district, testing::Must(api.Get(Reviewer(), "appeals/TJ0-0")), true).status()) ==
        config::v1::REASON_NOT_FOUND);
  district.district = "120103";
  CHECK(names(district, request) == "TJ0 TJ1 TJ2 ");
  request.set_state(Appeal::STATE_OPEN);
  CHECK(names(Reviewer(), request) == "TJ0 TJ2 ");
  request.set_page_size(1);
  const auto page = list(Reviewer(), request);
  REQUIRE(page.appeals_size() == 1);
  request.set_page_token(page.next_page_token());
  CHECK(names(Reviewer(), request) == "TJ2 ");
  request.set_state(Appeal::STATE_REJECTED);
  CHECK(ReasonOf(api.test.bench.Call<v1::ListAppealsResponse>(Reviewer(), Method("AppealService/ListAppeals"), request)
                     .status()) == config::v1::REASON_PAGE_TOKEN_INVALID);
}

TEST_CASE("the grounds of an appeal stand nowhere in clear", "[FBK-09][SEC-09]") {
  AppealApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  api.Rate("TJ1");
  REQUIRE_OK(api.Create(Undertaker(), "TJ1"));
  auto& reader = api.test.bench.runtime().ledger().reader();
  const ledger::Key key = AppealKey({"TJ1", 0});
  std::string all = testing::Must(reader.Get("tianjin", key))->body;
  for (const auto& row : testing::Must(reader.History("tianjin", key))) all += row.data;
  all += testing::Must(reader.FindPerson("tianjin", key.id))->sealed;
  CHECK(all.find("张三") == std::string::npos);
}

TEST_CASE("the mark 恶意 needs two persons and hides nothing", "[FBK-08]") {
  AppealApi api(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  api.Rate("TJ1");
  api.Rate("TJ2", 5);
  CHECK(ReasonOf(api.Mark(Undertaker(), "TJ1").status()) == config::v1::REASON_PERMISSION_DENIED);
  REQUIRE_OK(api.Mark(Reviewer(), "TJ1"));
  INFO("FBK-08/bad/2");
  CHECK(ReasonOf(api.Mark(Reviewer(), "TJ1").status()) == config::v1::REASON_MALICE_SECOND_PERSON);
  CHECK(api.Rates("SCJG").excluded() == 0);
  CHECK(testing::Must(api.Mark(Reviewer("BMZX", "reviewer-2"), "TJ1")).excluded() == "MALICE");
  CHECK(api.Rates("SCJG").excluded() == 1);
  CHECK(testing::Must(api.GetRating(Hub(), "TJ1")).satisfaction() == 1);
  const auto bad = testing::Must(
      api.test.bench.Call<v1::ListBadRatingsResponse>(Hub(), Method("ListBadRatings"), v1::ListBadRatingsRequest()));
  REQUIRE(bad.ratings_size() == 2);
  CHECK(bad.ratings(0).excluded() == "MALICE");
  INFO("FBK-08/bad/1 no method takes a rating away");
  CHECK(FollowUp::descriptor()->file()->FindServiceByName("FeedbackService")->FindMethodByName("DeleteRating") ==
        nullptr);
}

}  // namespace
}  // namespace jinqi::feedback
