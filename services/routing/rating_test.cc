#include "services/routing/rating.h"

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Types = std::vector<std::string>;

constexpr char kAccepted[] = "2025-06-23T09:00:00+08:00";

Book FedBack() {
  Book book;
  book.TakeToFedBack(kAccepted);
  return book;
}

absl::Status FollowUp(Book& book, bool reached, bool exhausted, int round = 0) {
  FollowUpDone message;
  message.set_order_no(kOrder);
  message.set_round(round);
  message.set_reached(reached);
  message.set_exhausted(exhausted);
  return book.Keep(DecideFollowUpDone(book, book.setting(), SystemActor("queue:feedback"), message));
}

absl::Status CloseWindow(Book& book, int round = 0) {
  RatingWindowClosed message;
  message.set_order_no(kOrder);
  message.set_round(round);
  return book.Keep(DecideWindowClosed(book, book.setting(), SystemActor("queue:feedback"), message));
}

TEST_CASE("a rating before the follow-up is the follow-up", "[FBK-05]") {
  Book book = FedBack();
  REQUIRE_OK(book.Rate(3, 0));
  CHECK(book.types == Types{"OrderFollowedUp", "OrderClosed"});
  CHECK(book.state() == ORDER_STATE_CLOSED);
  CHECK(book.order().has_close_time());
  REQUIRE(book.told.size() == 2);
  CHECK(book.told[0].second.order().state() == ORDER_STATE_FOLLOWED_UP);
  CHECK(book.told[1].second.order().state() == ORDER_STATE_CLOSED);
}

TEST_CASE("others are told what they need of an order", "[RTE-25]") {
  Book book;
  NewOrder created = Book::Demand(kAccepted);
  created.demand.set_confidential(true);
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(book.Dispatch("SCJG", {"TAX", "RSJ"}));
  book.Edit([](v1::WorkOrderRecord& record) {
    record.mutable_order()->mutable_assists(1)->set_removed(true);
    *record.mutable_order()->mutable_assists(0)->mutable_answer_time() = Stamp(kAccepted);
  });
  book.SetNow("2025-06-23T09:01:00+08:00");
  REQUIRE_OK(book.Sign(Of("SCJG")));
  book.SetNow("2025-06-23T09:02:00+08:00");
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  book.SetNow("2025-06-23T09:03:00+08:00");
  REQUIRE_OK(book.Submit(Of("SCJG")));
  REQUIRE_OK(book.Review(true));
  book.SetNow("2025-06-23T09:04:00+08:00");
  REQUIRE_OK(book.FeedBack(Of("SCJG")));
  REQUIRE_OK(book.Rate(1, 0));
  const OrderSnapshot order = book.told.back().second.order();
  CHECK(order.order_no() == kOrder);
  CHECK(order.state() == ORDER_STATE_REWORK);
  CHECK(order.channel() == CHANNEL_PHONE_12345);
  CHECK(order.demand_type() == DEMAND_TYPE_HELP);
  CHECK(order.urgency() == URGENCY_NORMAL);
  CHECK(order.category_code() == "A02-05");
  CHECK(order.subject().district_code() == "120104");
  CHECK(order.confidential());
  CHECK_FALSE(order.anonymous());
  CHECK(order.requester() == "enterprise-1");
  CHECK(order.main_undertaker() == "SCJG");
  REQUIRE(order.assist_undertakers_size() == 1);
  CHECK(order.assist_undertakers(0) == "TAX");
  CHECK(Shown(order.accept_time()) == kAccepted);
  CHECK(Shown(order.due_time()) == "2025-07-02T23:59:59+08:00");
  CHECK(Shown(order.dispatch_time()) == kAccepted);
  CHECK(Shown(order.sign_time()) == "2025-06-23T09:01:00+08:00");
  CHECK(Shown(order.first_contact_due_time()) == "2025-06-24T23:59:59+08:00");
  CHECK(Shown(order.first_contact_time()) == "2025-06-23T09:02:00+08:00");
  CHECK(Shown(order.submit_time()) == "2025-06-23T09:03:00+08:00");
  CHECK(Shown(order.feedback_time()) == "2025-06-23T09:04:00+08:00");
  CHECK(Shown(order.rework_due_time()) == "2025-06-30T23:59:59+08:00");
  CHECK(order.rework_round() == 1);
  CHECK(order.result_type() == RESULT_TYPE_SOLVED);
  CHECK(order.result_text().empty());
  CHECK_FALSE(order.liaison());
}

TEST_CASE("a follow-up closes only what will not be answered", "[FBK-04]") {
  struct Row {
    const char* id;
    bool reached;
    bool exhausted;
    int round;
    OrderState state;
  };
  const Row rows[] = {
      {"reached", true, false, 0, ORDER_STATE_FOLLOWED_UP}, {"exhausted", false, true, 0, ORDER_STATE_CLOSED},
      {"not yet", false, false, 0, ORDER_STATE_FED_BACK},   {"another round", true, true, 1, ORDER_STATE_FED_BACK},
      {"both", true, true, 0, ORDER_STATE_CLOSED},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = FedBack();
    REQUIRE_OK(FollowUp(book, row.reached, row.exhausted, row.round));
    CHECK(book.state() == row.state);
    CHECK_FALSE(book.types.empty());
  }
  Book book = FedBack();
  REQUIRE_OK(FollowUp(book, true, false));
  REQUIRE_OK(FollowUp(book, true, false));
  CHECK(book.types == Types{"FollowUpNoted"});
  REQUIRE_OK(FollowUp(book, false, true));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  REQUIRE_OK(FollowUp(book, false, true));
  CHECK(book.types == Types{"FollowUpNoted"});
}

TEST_CASE("not satisfied, done again", "[FBK-07]") {
  INFO("FBK-07/accept");
  Book book = FedBack();
  REQUIRE_OK(book.Rate(1, 0));
  CHECK(book.types == Types{"OrderFollowedUp", "OrderReworked"});
  CHECK(book.state() == ORDER_STATE_REWORK);
  CHECK(book.order().rework_round() == 1);
  CHECK(book.order().main_undertaker() == "SCJG");
  CHECK(Shown(book.order().rework_due_time()) == "2025-06-30T23:59:59+08:00");
  CHECK(Shown(book.order().rework_contact_due_time()) == "2025-06-24T23:59:59+08:00");
  CHECK(Shown(book.order().due_time()) == "2025-07-02T23:59:59+08:00");
  CHECK(book.order().supervisions().empty());
  INFO("FBK-07/bad: closing a rework without a new contact record");
  CHECK(Refused(book.Submit(Of("SCJG"))) == config::v1::REASON_CONTACT_REQUIRED);
  book.TakeThroughRework();
  CHECK(book.state() == ORDER_STATE_FED_BACK);
  CHECK(book.order().submissions(0).rework_round() == 0);
  CHECK(book.order().submissions(1).rework_round() == 1);
  INFO("FBK-07/accept: the second bad answer opens supervision");
  REQUIRE_OK(book.Rate(2, 1));
  CHECK(book.types == Types{"OrderFollowedUp", "OrderReworked", "SupervisionOpened"});
  REQUIRE(book.order().supervisions_size() == 1);
  CHECK(book.order().supervisions(0).cause() == "REPEATED_DISSATISFACTION");
  CHECK(book.order().supervisions(0).undertaker() == "SCJG");
  CHECK(book.order().rework_round() == 2);
  book.TakeThroughRework();
  INFO("at most 2 rounds");
  REQUIRE_OK(book.Rate(1, 2));
  CHECK(book.types == Types{"OrderFollowedUp", "OrderClosed"});
  CHECK(book.state() == ORDER_STATE_CLOSED);
  CHECK(book.HasMark("UNRESOLVED"));
  CHECK(book.order().rework_round() == 2);
  REQUIRE_OK(book.Rate(1, 2, true));
  CHECK(book.types == Types{"RatingNoted"});
}

TEST_CASE("a rework that is late is told", "[FBK-07]") {
  Book book = FedBack();
  REQUIRE_OK(book.Rate(1, 0));
  CHECK(book.TimerAt(kTimerReworkContact) == At("2025-06-25T00:00:00+08:00"));
  CHECK(book.TimerAt(kTimerRework) == At("2025-07-01T00:00:00+08:00"));
  CHECK(book.TimerAt(kTimerWarn) == 0);
  book.RunTimers("2025-06-25T00:00:00+08:00");
  CHECK(book.HasMark("REWORK_CONTACT_LATE"));
  CHECK(book.Told("DeadlineMissed", "REWORK_CONTACT"));
  CHECK_FALSE(book.HasMark("REWORK_OVERDUE"));
  book.RunTimers("2025-07-01T00:00:00+08:00");
  CHECK(book.HasMark("REWORK_OVERDUE"));
  CHECK(book.Told("DeadlineMissed", "REWORK"));
  CHECK(book.order().supervisions_size() == 1);
  CHECK(book.timers().empty());
  Book talked = FedBack();
  REQUIRE_OK(talked.Rate(1, 0));
  REQUIRE_OK(talked.RecordContact(Of("SCJG")));
  CHECK(talked.TimerAt(kTimerReworkContact) == 0);
  CHECK(talked.order().contacts(1).rework_round() == 1);
}

TEST_CASE("a changed rating", "[FBK-05]") {
  INFO("good to bad on a closed order opens it again");
  Book book = FedBack();
  REQUIRE_OK(book.Rate(4, 0));
  REQUIRE_OK(book.Rate(2, 0, true));
  CHECK(book.state() == ORDER_STATE_REWORK);
  CHECK_FALSE(book.order().has_close_time());
  INFO("bad to good does not stop a running rework");
  REQUIRE_OK(book.Rate(4, 0, true));
  CHECK(book.state() == ORDER_STATE_REWORK);
  CHECK(book.types == Types{"RatingNoted"});
  CHECK(book.record().ratings_size() == 3);
  CHECK(book.record().ratings(2).changed());
}

TEST_CASE("a bad rating opens a closed order within 15 days", "[FBK-05]") {
  struct Row {
    const char* id;
    const char* time;
    OrderState state;
  };
  const Row rows[] = {{"the last instant", "2025-07-08T09:00:00+08:00", ORDER_STATE_REWORK},
                      {"after it", "2025-07-08T09:00:01+08:00", ORDER_STATE_CLOSED}};
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = FedBack();
    REQUIRE_OK(FollowUp(book, false, true));
    book.SetNow(row.time);
    REQUIRE_OK(book.Rate(1, 0));
    CHECK(book.state() == row.state);
  }
  Book other = FedBack();
  REQUIRE_OK(FollowUp(other, false, true));
  REQUIRE_OK(other.Rate(1, 1));
  CHECK(other.state() == ORDER_STATE_CLOSED);
}

TEST_CASE("an order is archived when no rating can come any more", "[FBK-05]") {
  Book book = FedBack();
  REQUIRE_OK(book.Rate(5, 0));
  REQUIRE_OK(CloseWindow(book, 1));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  REQUIRE_OK(CloseWindow(book));
  CHECK(book.state() == ORDER_STATE_ARCHIVED);
  CHECK(book.types == Types{"OrderArchived"});
  CHECK(book.timers().empty());
  Book unanswered = FedBack();
  REQUIRE_OK(CloseWindow(unanswered));
  CHECK(unanswered.types == Types{"OrderFollowedUp", "OrderClosed", "OrderArchived"});
  Book running = FedBack();
  REQUIRE_OK(running.Rate(1, 0));
  REQUIRE_OK(CloseWindow(running, 1));
  CHECK(running.state() == ORDER_STATE_REWORK);
}

}  // namespace
}  // namespace jinqi::routing
