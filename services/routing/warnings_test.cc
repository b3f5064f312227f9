#include "services/routing/warnings.h"

#include "services/routing/calendars.h"
#include "services/routing/intents.h"
#include "services/routing/supervision.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;

// Accepted 2025-09-27, due 2025-10-13, signed and talked about.
Book Running(const std::string& body = "SCJG") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2025-09-27T10:00:00+08:00", body)));
  REQUIRE_OK(book.Dispatch(body));
  REQUIRE_OK(book.Sign(Of(body)));
  REQUIRE_OK(book.RecordContact(Of(body)));
  return book;
}

Strings Told(const Book& book) {
  Strings out;
  for (const auto& [type, event] : book.all_told) out.push_back(type + " " + event.reason());
  return out;
}

TEST_CASE("an order is warned at the exact instants, each once", "[RTE-20]") {
  const Strings expected = {"DeadlineNear YELLOW",       "DeadlineNear RED",
                            "DeadlineMissed OVERDUE",    "SupervisionOpened OVERDUE BODY_LEADER",
                            "DeadlineMissed OVERDUE_UP", "SupervisionOpened OVERDUE_UP CITY"};
  const Strings instants = {"warn 2025-10-10T00:00:00+08:00", "warn 2025-10-11T00:00:00+08:00",
                            "warn 2025-10-14T00:00:00+08:00", "warn 2025-10-16T00:00:00+08:00"};
  SECTION("RTE-20/accept: step by step") {
    Book book = Running();
    book.RunTimers("2025-10-09T23:59:59+08:00");
    CHECK(book.fired.empty());
    book.RunTimers("2025-10-10T00:00:00+08:00");
    CHECK(book.order().warning_level() == 1);
    book.RunTimers("2025-10-11T00:00:00+08:00");
    CHECK(book.order().warning_level() == 2);
    book.RunTimers("2025-10-13T23:59:59+08:00");
    CHECK(book.order().supervisions().empty());
    book.RunTimers("2025-10-14T00:00:00+08:00");
    CHECK(book.HasMark("OVERDUE"));
    CHECK(book.order().supervisions(0).undertaker() == "SCJG");
    book.RunTimers("2025-10-16T00:00:00+08:00");
    CHECK(Told(book) == expected);
    CHECK(book.fired == instants);
  }
  SECTION("RTE-20/accept: the scheduler was down") {
    Book book = Running();
    book.RunTimers("2025-11-14T00:00:00+08:00");
    CHECK(Told(book) == expected);
    CHECK(book.fired == instants);
  }
  SECTION("RTE-20/accept: the scheduler runs twice") {
    Book book = Running();
    book.RunTimers("2025-10-10T00:00:00+08:00");
    REQUIRE_OK(book.Keep(DecideTimer(book, book.setting(), SystemActor("timer"), kOrder, kTimerWarn)));
    CHECK(book.types.empty());
    CHECK(book.order().warning_level() == 1);
  }
}

TEST_CASE("a district's delay goes to the district", "[RTE-20]") {
  Book book = Running("Q120104");
  book.RunTimers("2025-10-16T00:00:00+08:00");
  REQUIRE(book.order().supervisions_size() == 2);
  CHECK(book.order().supervisions(1).level() == "DISTRICT");
}

TEST_CASE("an order that waits for the hub is the hub's delay", "[RTE-20]") {
  Book book = Running();
  REQUIRE_OK(book.Submit(Of("SCJG")));
  book.RunTimers("2025-10-14T00:00:00+08:00");
  CHECK(book.HasMark("OVERDUE_HUB"));
  CHECK_FALSE(book.HasMark("OVERDUE"));
  CHECK(book.order().supervisions(0).undertaker() == "HUB");
  REQUIRE_OK(book.Review(true));
  REQUIRE_OK(book.FeedBack(Of("SCJG")));
  CHECK(book.timers().empty());
}

TEST_CASE("supervision is closed by a text", "[RTE-20]") {
  Book book = Running();
  v1::OpenSupervisionRequest open;
  open.set_name(kName);
  open.set_etag(book.etag());
  open.set_cause("WEATHER");
  CHECK(Refused(book.Keep(DecideOpenSupervision(book, book.setting(), Reviewer(), open))) ==
        config::v1::REASON_UNKNOWN_VALUE);
  open.set_cause("REFUSAL");
  REQUIRE_OK(book.Keep(DecideOpenSupervision(book, book.setting(), Reviewer(), open)));
  CHECK(book.Told("SupervisionOpened", "REFUSAL BODY_LEADER"));
  v1::AnswerSupervisionRequest answer;
  answer.set_name(kName);
  answer.set_etag(book.etag());
  answer.set_supervision_id("S2");
  CHECK(Refused(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("SCJG"), answer))) ==
        config::v1::REASON_NOT_FOUND);
  answer.set_supervision_id("S1");
  INFO("RTE-20/bad");
  answer.set_answer(" 　");
  CHECK(Refused(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("SCJG"), answer))) ==
        config::v1::REASON_REQUIRED);
  answer.set_answer(std::string(2001, 'x'));
  CHECK(Refused(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("SCJG"), answer))) ==
        config::v1::REASON_TOO_LONG);
  answer.set_answer("已约谈承办人，联系电话 13800001234");
  REQUIRE_OK(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("SCJG"), answer)));
  CHECK(book.order().supervisions(0).answer() == "已约谈承办人，联系电话 ****");
  CHECK(book.Told("SupervisionAnswered", "S1"));
  answer.set_etag(book.etag());
  CHECK(Refused(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("SCJG"), answer))) ==
        config::v1::REASON_SUPERVISION_CLOSED);
  CHECK(Refused(book.Keep(DecideAnswerSupervision(book, book.setting(), Of("TAX"), answer))) ==
        config::v1::REASON_NOT_FOUND);
}

config::v1::CalendarNotice DayOff(const char* date, int year) {
  config::v1::CalendarNotice notice;
  notice.set_year(year);
  notice.add_papers("测试通知");
  auto& day = *notice.add_days();
  day.set_date(date);
  day.set_off(true);
  return notice;
}

config::v1::Calendar NewYear2027(const config::v1::Calendar& calendar) {
  config::v1::CalendarNotice notice = DayOff("2027-01-01", 2027);
  for (const char* date : {"2027-01-02", "2027-01-03", "2027-01-04"}) {
    auto& day = *notice.add_days();
    day.set_date(date);
    day.set_off(true);
  }
  return Must(WithNotice(calendar, notice));
}

TEST_CASE("a provisional date moves when the notice is loaded, and is never missed", "[RTE-15]") {
  INFO("RTE-15/accept");
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2026-12-28T09:00:00+08:00")));
  CHECK(book.order().due_provisional());
  CHECK(Shown(book.order().due_time()) == "2027-01-07T23:59:59+08:00");
  Book unpublished = book;
  book.UseReference(MakeReference(NewYear2027(ShippedCalendar())));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign 2"), kOrder)));
  CHECK_FALSE(book.order().due_provisional());
  CHECK(Shown(book.order().due_time()) == "2027-01-08T23:59:59+08:00");
  CHECK(book.order().calendar_version() == 2);
  CHECK(book.Told("OrderDueChanged", "CALENDAR 2: 2027-01-07 -> 2027-01-08"));

  REQUIRE_OK(unpublished.Dispatch("SCJG"));
  unpublished.RunTimers("2027-03-01T00:00:00+08:00");
  CHECK(unpublished.order().warning_level() == 2);
  CHECK_FALSE(unpublished.HasMark("OVERDUE"));
  CHECK(unpublished.order().supervisions().empty());
}

TEST_CASE("a missing signature on a provisional date is no breach", "[RTE-15]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2026-12-31T09:00:00+08:00")));
  REQUIRE_OK(book.Dispatch("SCJG"));
  book.RunTimers("2027-02-01T00:00:00+08:00");
  CHECK(book.state() == ORDER_STATE_HANDLING);
  CHECK_FALSE(book.HasMark("LATE_SIGN"));
  CHECK_FALSE(book.HasMark("CONTACT_LATE"));
}

TEST_CASE("a calendar file that contradicts itself is refused", "[RTE-15]") {
  const config::v1::Calendar current = ShippedCalendar();
  config::v1::CalendarNotice twice = DayOff("2027-01-01", 2027);
  *twice.add_days() = twice.days(0);
  INFO("RTE-15/bad/1: duplicate dates");
  CHECK(Refused(WithNotice(current, twice).status()) == config::v1::REASON_CALENDAR_DUPLICATE_DATE);
  INFO("RTE-15/bad/2: dates of another year only");
  CHECK(Refused(WithNotice(current, DayOff("2026-06-01", 2027)).status()) == config::v1::REASON_CALENDAR_WRONG_YEAR);
  INFO("RTE-15/bad/3: both off and working");
  config::v1::CalendarNotice both = DayOff("2027-01-01", 2027);
  *both.add_days() = both.days(0);
  both.mutable_days(1)->set_off(false);
  CHECK(Refused(WithNotice(current, both).status()) == config::v1::REASON_CALENDAR_CONTRADICTION);
  INFO("RTE-15/bad: an empty notice says nothing");
  config::v1::CalendarNotice empty;
  empty.set_year(2027);
  CHECK(Refused(WithNotice(current, empty).status()) == config::v1::REASON_CALENDAR_INCOMPLETE);
  config::v1::CalendarNotice no_paper = DayOff("2027-01-01", 2027);
  no_paper.clear_papers();
  CHECK(Refused(WithNotice(current, no_paper).status()) == config::v1::REASON_CALENDAR_INCOMPLETE);
}

TEST_CASE("a day declared off moves open orders, closed ones stay", "[RTE-16]") {
  INFO("RTE-16/accept");
  Book open = Running();
  Book closed;
  closed.TakeToFedBack("2025-09-27T10:00:00+08:00");
  REQUIRE_OK(closed.Rate(5, 0));
  config::v1::Calendar next = ShippedCalendar();
  for (auto& year : *next.mutable_years()) {
    if (year.year() != 2025) continue;
    auto& day = *year.add_days();
    day.set_date("2025-10-10");
    day.set_off(true);
  }
  next.set_version(2);
  for (Book* book : {&open, &closed}) {
    book->UseReference(MakeReference(next));
    book->SetNow("2025-09-29T10:00:00+08:00");
    REQUIRE_OK(book->Keep(DecideRecompute(*book, book->setting(), SystemActor("campaign 2"), kOrder)));
  }
  CHECK(Shown(open.order().due_time()) == "2025-10-14T23:59:59+08:00");
  CHECK(open.Told("OrderDueChanged", "CALENDAR 2: 2025-10-13 -> 2025-10-14"));
  CHECK(open.TimerAt(kTimerWarn) == At("2025-10-11T00:00:00+08:00"));
  CHECK(Shown(closed.order().due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK(closed.order().calendar_version() == 1);
  CHECK(closed.types.empty());
  REQUIRE_OK(open.Keep(DecideRecompute(open, open.setting(), SystemActor("campaign 2"), kOrder)));
  CHECK(open.types.empty());
}

TEST_CASE("a command that meets an order behind the calendar computes it first", "[RTE-16]") {
  Book book = Running();
  config::v1::Calendar next = ShippedCalendar();
  for (auto& year : *next.mutable_years()) {
    if (year.year() != 2025) continue;
    auto& day = *year.add_days();
    day.set_date("2025-09-29");
    day.set_off(true);
  }
  next.set_version(2);
  book.RunTimers("2025-10-11T00:00:00+08:00");
  CHECK(book.order().warning_level() == 2);
  book.UseReference(MakeReference(next));
  REQUIRE_OK(book.Submit(Of("SCJG")));
  CHECK(book.types == Strings{"OrderDueChanged", "OrderSubmitted"});
  CHECK(Shown(book.order().due_time()) == "2025-10-14T23:59:59+08:00");
  INFO("a level that the new date does not ask for yet is given again");
  CHECK(book.order().warning_level() == 1);
}

TEST_CASE("every limit that runs moves with the calendar", "[RTE-16]") {
  config::v1::Calendar next = ShippedCalendar();
  for (auto& year : *next.mutable_years()) {
    if (year.year() != 2025) continue;
    for (const char* date : {"2025-06-13", "2025-06-24"}) {
      auto& day = *year.add_days();
      day.set_date(date);
      day.set_off(true);
    }
  }
  next.set_version(2);
  const auto recompute = [&](Book& book) {
    book.UseReference(MakeReference(next));
    REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign 2"), kOrder)));
  };
  Book sent;
  REQUIRE_OK(sent.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  REQUIRE_OK(sent.Dispatch("SCJG", {"TAX"}));
  Book answered = sent;
  answered.Edit([](v1::WorkOrderRecord& record) {
    *record.mutable_order()->mutable_assists(0)->mutable_answer_time() = Stamp("2025-06-12T10:00:00+08:00");
  });
  recompute(answered);
  CHECK(Shown(answered.order().assists(0).due_time()) == "2025-06-20T23:59:59+08:00");
  Book complex = sent;
  complex.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->mutable_dispatches(0)->set_complex(true); });
  Book signed_order = sent;
  REQUIRE_OK(signed_order.Sign(Of("SCJG")));
  Book talked = signed_order;
  REQUIRE_OK(talked.RecordContact(Of("SCJG")));
  Book returned = sent;
  v1::RequestReturnRequest back;
  back.set_name(kName);
  back.set_etag(returned.etag());
  back.set_reason_code("X");
  back.set_legal_basis("Y");
  back.set_proposed_undertaker("ZWFW");
  REQUIRE_OK(returned.Keep(DecideRequestReturn(returned, returned.setting(), Of("SCJG"), back)));
  for (Book* book : {&sent, &complex, &signed_order, &talked, &returned}) recompute(*book);

  CHECK(Shown(sent.order().due_time()) == "2025-06-25T23:59:59+08:00");
  CHECK(Shown(sent.order().assists(0).due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(Shown(sent.order().dispatches(0).sign_due_time()) == "2025-06-16T23:59:59+08:00");
  CHECK(Shown(sent.order().dispatches(0).return_due_time()) == "2025-06-16T23:59:59+08:00");
  CHECK(Shown(complex.order().dispatches(0).return_due_time()) == "2025-06-17T23:59:59+08:00");
  CHECK(Shown(signed_order.order().first_contact_due_time()) == "2025-06-16T23:59:59+08:00");
  CHECK(Shown(talked.order().first_contact_due_time()) == "2025-06-13T23:59:59+08:00");
  CHECK(Shown(returned.order().returns(0).ruling_due_time()) == "2025-06-16T23:59:59+08:00");

  Book rework;
  rework.TakeToFedBack("2025-06-23T09:00:00+08:00");
  REQUIRE_OK(rework.Rate(1, 0));
  recompute(rework);
  CHECK(Shown(rework.order().rework_due_time()) == "2025-07-01T23:59:59+08:00");
  CHECK(Shown(rework.order().rework_contact_due_time()) == "2025-06-25T23:59:59+08:00");
}

TEST_CASE("an earlier date is told", "[RTE-16]") {
  Book book = Running();
  config::v1::Calendar next = ShippedCalendar();
  for (auto& year : *next.mutable_years()) {
    if (year.year() != 2025) continue;
    for (auto& day : *year.mutable_days()) {
      if (day.date() == "2025-10-08") day.set_off(false);
    }
  }
  next.set_version(2);
  book.UseReference(MakeReference(next));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign 2"), kOrder)));
  CHECK(book.Told("OrderDueChanged", "CALENDAR 2: 2025-10-13 -> 2025-10-11"));
}

TEST_CASE("an order that does not move is still brought up to the calendar", "[RTE-16]") {
  Book book = Running();
  config::v1::Calendar next = ShippedCalendar();
  next.set_version(2);
  book.UseReference(MakeReference(next));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign 2"), kOrder)));
  CHECK(book.types == Strings{"OrderRecomputed"});
  CHECK(book.order().calendar_version() == 2);
}

TEST_CASE("a version in use is not deleted", "[RTE-16]") {
  Book book;
  v1::ReferenceRecord first;
  *first.mutable_calendar()->mutable_calendar() = ShippedCalendar();
  book.Put(CalendarKey(1), first.SerializeAsString());
  INFO("RTE-16/bad: in force");
  CHECK(Refused(book.Keep(DecideDeleteCalendar(book, 1, false))) == config::v1::REASON_CALENDAR_IN_USE);
  config::v1::Calendar second = Must(WithNotice(ShippedCalendar(), DayOff("2027-01-01", 2027)));
  REQUIRE_OK(book.Keep(DecidePublishCalendar(book, second)));
  CHECK(Must(book.Read<v1::ReferenceRecord>(HeadKey())).head().calendar_version() == 2);
  CHECK_FALSE(Must(book.Read<v1::ReferenceRecord>(CampaignKey(2))).campaign().done());
  CHECK(Refused(book.Keep(DecidePublishCalendar(book, second))) == config::v1::REASON_REFERENCE_CHANGING);
  INFO("decisions wait until the new one is loaded");
  CHECK(Refused(book.Create(Book::Demand("2025-06-12T09:00:00+08:00"))) == config::v1::REASON_REFERENCE_CHANGING);
  INFO("RTE-16/bad: used by an order");
  CHECK(Refused(book.Keep(DecideDeleteCalendar(book, 1, true))) == config::v1::REASON_CALENDAR_IN_USE);
  REQUIRE_OK(book.Keep(DecideDeleteCalendar(book, 1, false)));
  CHECK(Refused(book.Keep(DecideDeleteCalendar(book, 1, false))) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(book.Keep(DecideCampaignStep(book, 2, "TJ1", 5, false)));
  REQUIRE_OK(book.Keep(DecideCampaignStep(book, 2, "TJ2", 3, true)));
  const auto campaign = Must(book.Read<v1::ReferenceRecord>(CampaignKey(2))).campaign();
  CHECK(campaign.orders() == 8);
  CHECK(campaign.done());
  CHECK(campaign.cursor() == "TJ2");
  INFO("a campaign that is done stays so");
  REQUIRE_OK(book.Keep(DecideCampaignStep(book, 2, "TJ3", 1, false)));
  CHECK(Must(book.Read<v1::ReferenceRecord>(CampaignKey(2))).campaign().orders() == 8);
}

TEST_CASE("an enterprise may withdraw until the result is handed in", "[INT-20]") {
  WithdrawalAsked message;
  message.set_order_no(kOrder);
  message.set_reason("已自行解决");
  INFO("INT-20/accept");
  Book book = Running();
  REQUIRE_OK(book.Keep(DecideWithdraw(book, book.setting(), SystemActor("queue:intake"), message)));
  CHECK(book.state() == ORDER_STATE_WITHDRAWN);
  CHECK(book.order().result_type() == RESULT_TYPE_WITHDRAWN);
  CHECK(book.Told("OrderWithdrawn"));
  CHECK(book.order().stays(book.order().stays_size() - 1).has_end_time());
  CHECK(book.TimerAt(kTimerArchive) == At("2025-10-12T10:00:00+08:00"));
  CHECK(book.timers().size() == 1);
  Book late = Running();
  REQUIRE_OK(late.Submit(Of("SCJG")));
  REQUIRE_OK(late.Keep(DecideWithdraw(late, late.setting(), SystemActor("queue:intake"), message)));
  CHECK(late.state() == ORDER_STATE_SUBMITTED);
  CHECK(late.Told("WithdrawalRefused", "SUBMITTED"));
}

TEST_CASE("facts are added until the result is handed in", "[INT-20][INT-09]") {
  SupplementAdded message;
  message.set_order_no(kOrder);
  const auto add = [&](Book& book) {
    return book.Keep(DecideSupplement(book, book.setting(), SystemActor("queue:intake"), message, {"t7", "s", "d"}));
  };
  Book book = Running();
  REQUIRE_OK(add(book));
  CHECK(book.Told("SupplementTaken"));
  CHECK(book.order().supplements_size() == 1);
  CHECK(book.state() == ORDER_STATE_HANDLING);
  REQUIRE_OK(book.Submit(Of("SCJG")));
  REQUIRE_OK(add(book));
  CHECK(book.Told("SupplementRefused", "SUBMITTED"));
  CHECK(book.order().supplements_size() == 1);
  REQUIRE_OK(book.Review(true));
  REQUIRE_OK(book.FeedBack(Of("SCJG")));
  REQUIRE_OK(book.Rate(5, 0));
  REQUIRE_OK(add(book));
  CHECK(book.Told("SupplementRefused", "CLOSED"));
  INFO("a new fact on a closed order is a rework");
  message.set_reopen(true);
  REQUIRE_OK(add(book));
  CHECK(book.types == Strings{"SupplementTaken", "OrderReworked"});
  CHECK(book.state() == ORDER_STATE_REWORK);
  CHECK(book.order().rework_round() == 1);
  CHECK(book.record().bad_rounds() == 0);
}

TEST_CASE("repeats urge, and start no clock", "[INT-09][RTE-17]") {
  Book book = Running();
  const auto timers = book.timers();
  DemandMerged message;
  message.set_order_no(kOrder);
  for (int i = 1; i <= 3; ++i) {
    message.set_child(absl::StrCat("TJC", i));
    message.set_urging_count(i);
    REQUIRE_OK(book.Keep(DecideMerged(book, book.setting(), SystemActor("queue:intake"), message)));
  }
  CHECK(book.order().urging_count() == 3);
  CHECK(book.order().merged_children_size() == 3);
  CHECK(book.timers() == timers);
  CHECK(book.state() == ORDER_STATE_HANDLING);
}

TEST_CASE("an escalated ticket is answered by whom it went to", "[RTE-20]") {
  struct Row {
    const char* body;
    Actor who;
    const char* ticket;
    bool may;
  };
  const Actor hub = Person(config::v1::ROLE_DISTRICT_HUB, "Q120104", "120104");
  const Actor other_hub = Person(config::v1::ROLE_DISTRICT_HUB, "Q120101", "120101");
  for (const Row& row :
       {Row{"SCJG", Of("SCJG"), "S1", true}, Row{"SCJG", Leader(), "S1", false}, Row{"SCJG", Of("SCJG"), "S2", false},
        Row{"SCJG", Leader(), "S2", true}, Row{"Q120104", Of("Q120104"), "S2", false}, Row{"Q120104", hub, "S2", true},
        Row{"Q120104", hub, "S1", false}, Row{"Q120104", other_hub, "S2", false}}) {
    INFO(row.body << " " << row.who.body << " " << row.ticket);
    Book book = Running(row.body);
    book.RunTimers("2025-10-16T00:00:00+08:00");
    REQUIRE(book.order().supervisions_size() == 2);
    v1::AnswerSupervisionRequest answer;
    answer.set_name(kName);
    answer.set_etag(book.etag());
    answer.set_supervision_id(row.ticket);
    answer.set_answer("已约谈并限期办结");
    CHECK(book.Keep(DecideAnswerSupervision(book, book.setting(), row.who, answer)).ok() == row.may);
  }
}

}  // namespace
}  // namespace jinqi::routing
