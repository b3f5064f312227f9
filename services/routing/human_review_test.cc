#include "services/routing/human_review.h"

#include <catch2/catch.hpp>

#include "common/lifecycle/lifecycle.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace): reasons and roles.
using Types = std::vector<std::string>;

// Accepted on Thursday 2025-06-12 and dispatched to SCJG at once, without a person.
Book Automatic() {
  Book book;
  NewOrder created = Book::Demand("2025-06-12T09:00:00+08:00");
  created.demand.set_demand_type(DEMAND_TYPE_CONSULT);
  created.leaf_allows = true;
  REQUIRE_OK(book.Create(created));
  REQUIRE(book.order().dispatches(0).decided_by() == "AUTO");
  book.SetNow("2025-06-12T10:00:00+08:00");
  return book;
}

Actor Asker(std::string account = "enterprise-1") {
  Actor actor = Person(ROLE_ENTERPRISE);
  actor.account = std::move(account);
  return actor;
}

absl::Status Ask(Book& book, const Actor& actor = Of("SCJG"), const std::string& reason = "此事不属我局职责") {
  v1::RequestHumanReviewRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_reason(reason);
  return book.Keep(DecideRequestHumanReview(book, book.setting(), actor, request, {"t9", "sealed", "digest"}));
}

v1::ReviewAutomaticDispatchRequest Review(const Book& book, bool confirmed) {
  v1::ReviewAutomaticDispatchRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_confirmed(confirmed);
  request.set_reason("经核对职责，天津某某有限公司的事项");
  return request;
}

absl::Status Answer(Book& book, const v1::ReviewAutomaticDispatchRequest& request) {
  return book.Keep(DecideReviewAutomaticDispatch(book, book.setting(), Dispatcher(), request));
}
absl::Status Answer(Book& book, bool confirmed) { return Answer(book, Review(book, confirmed)); }

TEST_CASE("who got the order and who asked may have an automatic dispatch reviewed", "[RTE-23]") {
  struct Row {
    const char* id;
    Actor actor;
    Reason reason;
    // Who asked, where it is taken.
    const char* asker;
  };
  const Row rows[] = {
      {"RTE-23/review: the body", Of("SCJG"), REASON_UNSPECIFIED, "UNDERTAKER"},
      {"RTE-23/review: the enterprise", Asker(), REASON_UNSPECIFIED, "ENTERPRISE"},
      {"RTE-23/review: by phone", Person(ROLE_SEAT, "BMZX"), REASON_UNSPECIFIED, "SEAT"},
      {"RTE-23/review/bad/1: another body", Of("TAX"), REASON_NOT_FOUND, ""},
      {"RTE-23/review/bad/2: another enterprise", Asker("enterprise-2"), REASON_NOT_FOUND, ""},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Automatic();
    CHECK(ReasonOf(Ask(book, row.actor)) == row.reason);
    const v1::WorkOrder order = book.order();
    CHECK(order.human_review().asker() == row.asker);
    CHECK(order.has_human_review() == (row.reason == REASON_UNSPECIFIED));
    CHECK(order.state() == ORDER_STATE_DISPATCHED);
    CHECK(order.main_undertaker() == "SCJG");
    if (!order.has_human_review()) continue;
    CHECK(book.types == Types{"HumanReviewAsked"});
    CHECK(book.Told("HumanReviewAsked", row.asker));
    CHECK(Shown(order.human_review().ask_time()) == "2025-06-12T10:00:00+08:00");
    CHECK(Shown(order.human_review().due_time()) == "2025-06-13T23:59:59+08:00");
    CHECK_FALSE(order.human_review().has_review_time());
    CHECK(order.human_review().reason().empty());
    CHECK(book.record().texts() == 1);
    CHECK(Must(book.Read<v1::TextRecord>(TextKey("t9"))).kind() == v1::TEXT_KIND_HUMAN_REVIEW);
  }
}

TEST_CASE("an assistant asks for no review", "[RTE-23]") {
  Book book = Automatic();
  book.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->add_assists()->set_undertaker("TAX"); });
  INFO("RTE-23/review/bad/1");
  CHECK(ReasonOf(Ask(book, Of("TAX"))) == REASON_NOT_UNDERTAKER);
}

TEST_CASE("only what no person has decided is reviewed", "[RTE-23]") {
  struct Row {
    const char* id;
    void (*bring)(Book&);
    Reason ask;
    // To confirm, and to take the order back.
    Reason confirm;
    Reason overturn;
  };
  const Row rows[] = {
      {"dispatched", [](Book&) {}, REASON_UNSPECIFIED, REASON_UNSPECIFIED, REASON_UNSPECIFIED},
      {"signed", [](Book& b) { REQUIRE_OK(b.Sign(Of("SCJG"))); }, REASON_UNSPECIFIED, REASON_UNSPECIFIED,
       REASON_UNSPECIFIED},
      {"RTE-23/review/bad/3: a person dispatched it",
       [](Book& b) {
         b = Book();
         REQUIRE_OK(b.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
         REQUIRE_OK(b.Dispatch("SCJG"));
       },
       REASON_NOT_AUTOMATIC, REASON_NOT_AUTOMATIC, REASON_NOT_AUTOMATIC},
      {"RTE-23/review/bad/3: it was confirmed", [](Book& b) { REQUIRE_OK(Answer(b, true)); }, REASON_NOT_AUTOMATIC,
       REASON_NOT_AUTOMATIC, REASON_NOT_AUTOMATIC},
      {"RTE-23/review/bad/3: another body was chosen by a person",
       [](Book& b) {
         REQUIRE_OK(Answer(b, false));
         REQUIRE_OK(b.Dispatch("SCJG"));
       },
       REASON_NOT_AUTOMATIC, REASON_NOT_AUTOMATIC, REASON_NOT_AUTOMATIC},
      {"RTE-23/review/bad/4: it is waited for already", [](Book& b) { REQUIRE_OK(Ask(b, Person(ROLE_SEAT, "BMZX"))); },
       REASON_ALREADY_EXISTS, REASON_UNSPECIFIED, REASON_UNSPECIFIED},
      {"RTE-23/review/bad/5: the result was handed in",
       [](Book& b) {
         REQUIRE_OK(b.Sign(Of("SCJG")));
         REQUIRE_OK(b.RecordContact(Of("SCJG")));
         REQUIRE_OK(b.Submit(Of("SCJG")));
       },
       REASON_ILLEGAL_MOVE, REASON_UNSPECIFIED, REASON_ILLEGAL_MOVE},
      {"RTE-23/review/bad/5: it was fed back",
       [](Book& b) {
         REQUIRE_OK(b.Sign(Of("SCJG")));
         b.TakeThroughRework();
       },
       REASON_ILLEGAL_MOVE, REASON_ILLEGAL_MOVE, REASON_ILLEGAL_MOVE},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Automatic();
    row.bring(book);
    book.SetNow("2025-06-12T11:00:00+08:00");
    Book other = book;
    CHECK(ReasonOf(Ask(other)) == row.ask);
    other = book;
    CHECK(ReasonOf(Answer(other, true)) == row.confirm);
    other = book;
    CHECK(ReasonOf(Answer(other, false)) == row.overturn);
  }
}

TEST_CASE("before anybody got the order there is nothing to review", "[RTE-23]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  CHECK(ReasonOf(Ask(book, Asker())) == REASON_NOT_AUTOMATIC);
  CHECK(ReasonOf(Answer(book, true)) == REASON_NOT_AUTOMATIC);
}

TEST_CASE("requests name the version that they saw and say enough", "[RTE-23][RTE-24]") {
  Book book = Automatic();
  v1::RequestHumanReviewRequest ask;
  ask.set_name(kName);
  const auto asked = [&] {
    return ReasonOf(DecideRequestHumanReview(book, book.setting(), Of("SCJG"), ask, {}).status());
  };
  CHECK(asked() == REASON_ETAG_REQUIRED);
  ask.set_etag("\"9\"");
  CHECK(asked() == REASON_VERSION_CONFLICT);
  const auto reasons = [&](const std::string& reason) {
    v1::ReviewAutomaticDispatchRequest answer = Review(book, true);
    answer.set_reason(reason);
    return ReasonOf(DecideReviewAutomaticDispatch(book, book.setting(), Dispatcher(), answer).status());
  };
  std::string long_text;
  for (int i = 0; i < 501; ++i) long_text += "长";
  CHECK(ReasonOf(Ask(book, Of("SCJG"), long_text)) == REASON_TOO_LONG);
  CHECK(reasons(long_text) == REASON_TOO_LONG);
  CHECK(reasons(long_text.substr(0, 1500)) == REASON_UNSPECIFIED);
  INFO("RTE-23/review/bad/6: a review without a reason");
  CHECK(reasons(" ") == REASON_REQUIRED);
  v1::ReviewAutomaticDispatchRequest answer = Review(book, true);
  answer.clear_etag();
  CHECK(ReasonOf(Answer(book, answer)) == REASON_ETAG_REQUIRED);
  Actor elsewhere = Person(ROLE_DISPATCHER, "BMZX", "120101");
  CHECK(ReasonOf(DecideReviewAutomaticDispatch(book, book.setting(), elsewhere, Review(book, true)).status()) ==
        REASON_NOT_FOUND);
  INFO("a request needs no reason");
  REQUIRE_OK(Ask(book, Of("SCJG"), ""));
}

TEST_CASE("a review that confirms leaves the order where it is", "[RTE-23]") {
  Book book = Automatic();
  const bool asked = GENERATE(true, false);
  if (asked) REQUIRE_OK(Ask(book));
  book.SetNow("2025-06-13T09:00:00+08:00");
  INFO("RTE-23/review/confirmed");
  REQUIRE_OK(Answer(book, true));
  CHECK(book.types == Types{"HumanReviewDone"});
  CHECK(book.Told("HumanReviewDone", "CONFIRMED"));
  const v1::WorkOrder order = book.order();
  CHECK(order.state() == ORDER_STATE_DISPATCHED);
  CHECK(order.main_undertaker() == "SCJG");
  const v1::HumanReview& review = order.human_review();
  CHECK(review.asker() == (asked ? "UNDERTAKER" : ""));
  CHECK(review.confirmed());
  CHECK(Shown(review.review_time()) == "2025-06-13T09:00:00+08:00");
  CHECK(review.reviewed_by() == Dispatcher().text);
  CHECK(review.review_reason() == "经核对职责，****的事项");
  CHECK(book.TimerAt(kTimerHumanReview) == 0);
}

TEST_CASE("a review that overturns gives the order back to the hub, which dispatches it anew", "[RTE-23][RTE-17]") {
  Book book = Automatic();
  const bool is_signed = GENERATE(false, true);
  if (is_signed) REQUIRE_OK(book.Sign(Of("SCJG")));
  REQUIRE_OK(Ask(book, Asker()));
  const std::string due = Shown(book.order().due_time());
  book.SetNow("2025-06-13T09:00:00+08:00");
  INFO("RTE-23/review/overturned");
  REQUIRE_OK(Answer(book, false));
  Types types = {"HumanReviewDone", "DispatchOverturned"};
  if (is_signed) types.push_back("DispatchOverturned");
  CHECK(book.types == types);
  CHECK(book.Told("HumanReviewDone", "OVERTURNED"));
  for (std::size_t i = 1; i < book.told.size(); ++i) {
    CHECK(lifecycle::IsLawful(book.told[i].second.from(), book.told[i].second.to()));
  }
  v1::WorkOrder order = book.order();
  CHECK(order.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(order.main_undertaker().empty());
  CHECK_FALSE(order.human_review().confirmed());
  CHECK_FALSE(order.dispatches(0).returned());
  CHECK(HolderOf(order) == kHubHolder);
  CHECK(Shown(order.stays(order.stays_size() - 1).start_time()) == "2025-06-13T09:00:00+08:00");
  CHECK(Shown(book.record().pending_time()) == "2025-06-13T09:00:00+08:00");
  CHECK(book.TimerAt(kTimerDispatch) != 0);
  CHECK(book.TimerAt(kTimerHumanReview) == 0);

  REQUIRE_OK(book.Dispatch("TAX"));
  order = book.order();
  CHECK(order.state() == ORDER_STATE_DISPATCHED);
  CHECK(order.dispatches(1).decided_by() == "HUMAN");
  CHECK(Shown(order.due_time()) == due);
}

TEST_CASE("a review that nobody makes in time is the hub's breach", "[RTE-23]") {
  Book book = Automatic();
  REQUIRE_OK(Ask(book, Asker()));
  CHECK(clock::ToRfc3339(book.TimerAt(kTimerHumanReview)) == "2025-06-14T00:00:00+08:00");
  book.RunTimers("2025-06-13T23:59:59+08:00");
  CHECK_FALSE(book.HasMark("LATE_HUMAN_REVIEW"));
  book.RunTimers("2025-06-14T00:00:00+08:00");
  CHECK(book.HasMark("LATE_HUMAN_REVIEW"));
  const auto told = [&](const std::string& reason) {
    return std::count_if(book.all_told.begin(), book.all_told.end(),
                         [&](const auto& message) { return message.second.reason() == reason; });
  };
  CHECK(told("HUMAN_REVIEW") == 1);
  CHECK(book.TimerAt(kTimerHumanReview) == 0);
  INFO("late, but it is made");
  REQUIRE_OK(Answer(book, true));
}

TEST_CASE("a review waits until it is made, the order is fed back, or a person chose another body", "[RTE-23]") {
  Book book = Automatic();
  CHECK(PendingHumanReview(book.order()) == nullptr);
  REQUIRE_OK(Ask(book, Asker()));
  CHECK(PendingHumanReview(book.order()) != nullptr);
  struct Row {
    const char* id;
    void (*bring)(v1::WorkOrder&);
  };
  const Row row = GENERATE(Row{"fed back", [](v1::WorkOrder& o) { o.set_state(ORDER_STATE_FED_BACK); }},
                           Row{"given back", [](v1::WorkOrder& o) { o.clear_main_undertaker(); }},
                           Row{"dispatched again", [](v1::WorkOrder& o) { o.add_dispatches(); }},
                           Row{"reviewed", [](v1::WorkOrder& o) { o.mutable_human_review()->mutable_review_time(); }});
  INFO(row.id);
  v1::WorkOrder order = book.order();
  row.bring(order);
  CHECK(PendingHumanReview(order) == nullptr);
}

TEST_CASE("a new calendar moves the date of the review", "[RTE-16][RTE-23]") {
  Book book = Automatic();
  REQUIRE_OK(Ask(book, Asker()));
  config::v1::Calendar calendar = ShippedCalendar();
  calendar.set_version(calendar.version() + 1);
  for (config::v1::CalendarNotice& year : *calendar.mutable_years()) {
    if (year.year() != 2025) continue;
    config::v1::CalendarDay& day = *year.add_days();
    day.set_date("2025-06-13");
    day.set_off(true);
  }
  book.UseReference(MakeReference(calendar));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign"), kOrder)));
  CHECK(Shown(book.order().human_review().due_time()) == "2025-06-16T23:59:59+08:00");
}

}  // namespace
}  // namespace jinqi::routing
