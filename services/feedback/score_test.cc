#include "services/feedback/score.h"

#include <catch2/catch.hpp>

#include "services/feedback/rates.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using config::v1::Reason;
using events::v1::OrderEvent;
using v1::OrderScore;

// What the rates are counted by.
std::vector<ledger::Value> Columns(const v1::OrderScore& score) {
  for (const ledger::Kind& kind : Kinds()) {
    if (kind.name == kOrderScore) return testing::Must(kind.extract(score.SerializeAsString()));
  }
  return {};
}

TEST_CASE("an order is late by the days after its due date", "[FBK-01]") {
  struct Row {
    const char* id;
    const char* feedback;
    bool on_time;
    int days;
  };
  const Row row = GENERATE(Row{"on the day", "2025-10-13T23:59:59.999+08:00", true, 0},
                           Row{"before", "2025-10-10T08:00:00+08:00", true, 0},
                           Row{"midnight", "2025-10-14T00:00:00+08:00", false, 1},
                           Row{"FBK-01/accept", "2025-10-14T09:00:00+08:00", false, 1},
                           Row{"a week", "2025-10-20T23:00:00+08:00", false, 7});
  INFO(row.id);
  OrderEvent event = FedBack("TJ1");
  *event.mutable_order()->mutable_submit_time() = Stamp("2025-10-13T16:00:00+08:00");
  *event.mutable_order()->mutable_feedback_time() = Stamp(row.feedback);
  const OrderScore score = NoteOrder({}, "OrderFedBack", event);
  CHECK(score.on_time() == row.on_time);
  CHECK(score.days_late() == row.days);
  CHECK(score.name() == "orderScores/TJ1");
}

TEST_CASE("what was first stays", "[FBK-01][FBK-11]") {
  OrderScore score = NoteOrder({}, "OrderFedBack", FedBack("TJ1"));
  OrderEvent again = FedBack("TJ1", 1);
  *again.mutable_order()->mutable_feedback_time() = Stamp("2025-10-20T10:00:00+08:00");
  *again.mutable_order()->mutable_first_contact_time() = Stamp("2025-10-19T10:00:00+08:00");
  again.mutable_order()->set_main_undertaker("SWJ");
  score = NoteOrder(score, "OrderFedBack", again);
  CHECK(score.on_time());
  CHECK(score.contacted_in_time());
  CHECK(clock::FromProto(score.feedback_time()) == clock::FromProto(Stamp("2025-10-13T10:00:00+08:00")));
  CHECK(clock::FromProto(score.first_contact_time()) == clock::FromProto(Stamp("2025-10-09T09:00:00+08:00")));
  CHECK(score.main_undertaker() == "SWJ");
  CHECK(score.round() == 1);
  CHECK(score.rework_round() == 1);
}

TEST_CASE("a round that is done again is not answered until it is rated", "[FBK-07][FBK-11]") {
  OrderScore rated = NoteOrder({}, "OrderFedBack", FedBack("TJ1"));
  NoteAnswer(rated, 0, events::v1::SOLVED_NO, 1);
  CHECK(rated.answered());
  const OrderScore again = NoteOrder(rated, "OrderFedBack", FedBack("TJ1", 1));
  CHECK_FALSE(again.answered());
  CHECK(again.solved() == events::v1::SOLVED_UNSPECIFIED);
  CHECK(again.satisfaction() == 0);
}

TEST_CASE("lateness is counted anew from what is known now", "[RTE-15][FBK-11]") {
  OrderEvent late = FedBack("TJ1");
  *late.mutable_order()->mutable_feedback_time() = Stamp("2025-10-20T09:00:00+08:00");
  const OrderScore before = NoteOrder({}, "OrderFedBack", late);
  CHECK(before.days_late() == 7);
  SECTION("its date became provisional") {
    late.mutable_order()->set_due_provisional(true);
    CHECK(NoteOrder(before, "OrderDueChanged", late).days_late() == 0);
  }
  SECTION("a score that lost its times is neither") {
    OrderScore bare = before;
    bare.clear_feedback_time();
    bare.set_on_time(true);
    OrderEvent plain;
    plain.mutable_order()->set_order_no("TJ1");
    const OrderScore derived = NoteOrder(bare, "OrderDispatched", plain);
    CHECK_FALSE(derived.on_time());
    CHECK(derived.days_late() == 0);
  }
}

TEST_CASE("an event that does not say something leaves it as it was", "[FBK-11]") {
  OrderEvent closed = FedBack("TJ1");
  *closed.mutable_order()->mutable_close_time() = Stamp("2025-10-13T12:00:00+08:00");
  const OrderScore full = NoteOrder(NoteOrder({}, "OrderFedBack", FedBack("TJ1")), "OrderClosed", closed);
  OrderEvent bare;
  bare.mutable_order()->set_order_no("TJ1");
  CHECK(NoteOrder(full, "OrderDispatched", bare).SerializeAsString() == full.SerializeAsString());
  CHECK(full.has_close_time());
  CHECK(full.main_undertaker() == "SCJG");
  CHECK(full.district_code() == "120103");
  CHECK(full.result_type() == events::v1::RESULT_TYPE_SOLVED);
}

TEST_CASE("an order that was not fed back is neither in time nor late", "[FBK-11]") {
  OrderEvent event = FedBack("TJ1");
  event.mutable_order()->clear_feedback_time();
  const OrderScore score = NoteOrder({}, "OrderProposed", event);
  CHECK_FALSE(score.has_feedback_time());
  CHECK_FALSE(score.on_time());
  CHECK(score.days_late() == 0);
  SECTION("nor is one that was fed back and has no due date") {
    OrderEvent undated = FedBack("TJ1");
    undated.mutable_order()->clear_due_time();
    const OrderScore fed_back = NoteOrder({}, "OrderFedBack", undated);
    CHECK_FALSE(fed_back.on_time());
    CHECK(fed_back.days_late() == 0);
  }
  SECTION("a feedback without a time of its own is that of its event") {
    CHECK(clock::FromProto(NoteOrder({}, "OrderFedBack", event).feedback_time()) ==
          clock::FromProto(Stamp("2025-10-13T10:00:00+08:00")));
  }
  SECTION("an extension moves the due date, nothing else does") {
    OrderEvent extended = FedBack("TJ1");
    *extended.mutable_order()->mutable_due_time() = Stamp("2025-10-10T23:59:59+08:00");
    CHECK_FALSE(NoteOrder(score, "OrderDueChanged", extended).on_time());
    OrderScore done = NoteOrder(NoteOrder({}, "OrderFedBack", FedBack("TJ1")), "OrderDueChanged", extended);
    CHECK_FALSE(done.on_time());
    CHECK(done.days_late() == 3);
  }
}

TEST_CASE("the first contact is in time through the end of its day", "[FBK-11]") {
  struct Row {
    const char* contact;
    const char* due;
    bool in_time;
  };
  const Row row = GENERATE(Row{"2025-10-09T23:59:59.5+08:00", "2025-10-09T23:59:59+08:00", true},
                           Row{"2025-10-10T00:00:00+08:00", "2025-10-09T23:59:59+08:00", false},
                           Row{"2025-10-10T00:00:00+08:00", "", true}, Row{"", "2025-10-09T23:59:59+08:00", false});
  OrderEvent event = FedBack("TJ1");
  event.mutable_order()->clear_first_contact_time();
  event.mutable_order()->clear_first_contact_due_time();
  if (*row.contact != '\0') *event.mutable_order()->mutable_first_contact_time() = Stamp(row.contact);
  if (*row.due != '\0') *event.mutable_order()->mutable_first_contact_due_time() = Stamp(row.due);
  CHECK(NoteOrder({}, "OrderContacted", event).contacted_in_time() == row.in_time);
}

TEST_CASE("a provisional due date is never late", "[RTE-15][FBK-11]") {
  OrderEvent event = FedBack("TJ1");
  *event.mutable_order()->mutable_feedback_time() = Stamp("2025-10-20T09:00:00+08:00");
  event.mutable_order()->set_due_provisional(true);
  const OrderScore score = NoteOrder({}, "OrderFedBack", event);
  CHECK(score.due_provisional());
  CHECK(score.on_time());
  CHECK(score.days_late() == 0);
  const auto rate = [](const OrderScore& scored) {
    Tally tally;
    tally.Add(scored);
    return tally.ToRates(50);
  };
  CHECK(rate(score).orders() == 1);
  CHECK_FALSE(rate(score).has_on_time_rate());
  SECTION("what says nothing of the date leaves it provisional") {
    OrderEvent bare;
    bare.mutable_order()->set_order_no("TJ1");
    CHECK(NoteOrder(score, "OrderDispatched", bare).due_provisional());
  }
  SECTION("with the notice it is a date like others") {
    event.mutable_order()->set_due_provisional(false);
    const OrderScore final_score = NoteOrder(score, "OrderDueChanged", event);
    CHECK_FALSE(final_score.due_provisional());
    CHECK_FALSE(final_score.on_time());
    CHECK(final_score.days_late() == 7);
    CHECK(rate(final_score).on_time_rate() == 0.0);
  }
  SECTION("beside final ones it is not divided by") {
    Tally tally;
    tally.Add(score);
    tally.Add(NoteOrder({}, "OrderFedBack", FedBack("TJ2")));
    CHECK(tally.ToRates(50).on_time_rate() == 100.0);
  }
}

TEST_CASE("only a liaison order keeps whose it is, so that its owner can be told", "[RTE-10]") {
  OrderEvent event = FedBack("TJ1");
  const OrderScore plain = NoteOrder({}, "OrderProposed", event);
  CHECK_FALSE(IsLiaison(plain));
  CHECK(plain.uscc().empty());
  CHECK(plain.requester().empty());
  event.mutable_order()->set_state(events::v1::ORDER_STATE_LIAISON_SENT);
  const OrderScore sent = NoteOrder(plain, "OrderLiaisonSent", event);
  CHECK(IsLiaison(sent));
  CHECK(sent.uscc() == "91120101000000000K");
  CHECK(sent.requester() == "enterprise-91120101000000000K");
  event.mutable_order()->mutable_subject()->clear_uscc();
  event.mutable_order()->clear_requester();
  CHECK(NoteOrder(sent, "OrderClosed", event).SerializeAsString() == sent.SerializeAsString());
}

TEST_CASE("what takes an order out of the rates takes it out for good", "[FBK-11]") {
  struct Row {
    events::v1::OrderState state;
    events::v1::ResultType result;
    const char* left_out;
  };
  const auto none = events::v1::RESULT_TYPE_UNSPECIFIED;
  const auto closed = events::v1::ORDER_STATE_CLOSED;
  const Row row = GENERATE_COPY(
      Row{events::v1::ORDER_STATE_WITHDRAWN, none, "WITHDRAWN"}, Row{events::v1::ORDER_STATE_MERGED, none, "MERGED"},
      Row{events::v1::ORDER_STATE_NOT_ACCEPTED, none, "NOT_ACCEPTED"},
      Row{events::v1::ORDER_STATE_TRANSFERRED_EMERGENCY, none, "TRANSFERRED_EMERGENCY"},
      Row{events::v1::ORDER_STATE_LIAISON_SENT, none, "LIAISON"},
      Row{closed, events::v1::RESULT_TYPE_WITHDRAWN, "WITHDRAWN"},
      Row{closed, events::v1::RESULT_TYPE_MERGED, "MERGED"},
      Row{closed, events::v1::RESULT_TYPE_NOT_ACCEPTED, "NOT_ACCEPTED"},
      Row{closed, events::v1::RESULT_TYPE_TRANSFERRED_EMERGENCY, "TRANSFERRED_EMERGENCY"},
      Row{closed, events::v1::RESULT_TYPE_SOLVED, ""}, Row{closed, events::v1::RESULT_TYPE_EXPLAINED, ""},
      Row{events::v1::ORDER_STATE_ESCALATED, none, ""});
  OrderEvent event = FedBack("TJ1");
  event.mutable_order()->set_state(row.state);
  event.mutable_order()->set_result_type(row.result);
  OrderScore score = NoteOrder({}, "OrderClosed", event);
  CHECK(score.left_out() == row.left_out);
  event.mutable_order()->set_state(closed);
  event.mutable_order()->set_result_type(events::v1::RESULT_TYPE_SOLVED);
  score = NoteOrder(score, "OrderClosed", event);
  CHECK(score.left_out() == row.left_out);
  const auto columns = Columns(score);
  CHECK(std::get<std::int64_t>(columns.at(0)) == (*row.left_out == '\0' ? 1 : 0));
}

TEST_CASE("a demand that ended at intake has no due date to be counted by", "[FBK-11]") {
  events::v1::DemandEnded ended;
  ended.set_order_no("TJ1");
  ended.set_state(events::v1::ORDER_STATE_NOT_ACCEPTED);
  ended.set_result_type(events::v1::RESULT_TYPE_NOT_ACCEPTED);
  ended.mutable_subject()->set_district_code("120103");
  Book book;
  REQUIRE_OK(book.Keep(DecideDemandEnded(book, ended)));
  CHECK(testing::Differences(book.Score("TJ1"), R"({"name": "orderScores/TJ1", "orderNo": "TJ1",
      "districtCode": "120103", "resultType": "RESULT_TYPE_NOT_ACCEPTED", "leftOut": "NOT_ACCEPTED"})") == "");
  ended.set_state(events::v1::ORDER_STATE_ANSWERED);
  const auto columns = Columns(NoteEnded({}, ended));
  CHECK(std::get<std::int64_t>(columns.at(0)) == 0);
}

TEST_CASE("events that tell the rates nothing are passed over", "[FBK-11]") {
  for (const char* type :
       {"OrderProposed", "OrderDispatched", "OrderContacted", "OrderFedBack", "OrderReworked", "OrderClosed",
        "OrderDueChanged", "OrderExtended", "OrderWithdrawn", "OrderMerged", "OrderLiaisonSent"}) {
    CHECK(Matters(type));
  }
  for (const char* type : {"OrderSigned", "OrderAccepted", "DeadlineNear", "OrderArchived", ""})
    CHECK_FALSE(Matters(type));
}

TEST_CASE("percent is exact: one decimal, half up, nothing of nothing", "[FBK-11]") {
  struct Row {
    std::int64_t numerator;
    std::int64_t denominator;
    double percent;
  };
  const Row row = GENERATE(Row{5, 6, 83.3}, Row{65, 80, 81.3}, Row{13, 16, 81.3}, Row{7, 8, 87.5}, Row{1, 3, 33.3},
                           Row{2, 3, 66.7}, Row{1, 16, 6.3}, Row{1, 2000, 0.1}, Row{1, 2001, 0.0}, Row{0, 5, 0.0},
                           Row{5, 5, 100.0}, Row{999, 1000, 99.9}, Row{9995, 10000, 100.0}, Row{9994, 10000, 99.9});
  CHECK(Percent(row.numerator, row.denominator) == row.percent);
  CHECK_FALSE(Percent(0, 0).has_value());
}

OrderScore Scored(bool contacted, bool on_time, events::v1::Solved solved, int satisfaction,
                  events::v1::ResultType result = events::v1::RESULT_TYPE_SOLVED) {
  OrderScore score;
  score.set_contacted_in_time(contacted);
  score.set_on_time(on_time);
  score.set_result_type(result);
  if (solved != events::v1::SOLVED_UNSPECIFIED) {
    score.set_answered(true);
    score.set_solved(solved);
    score.set_satisfaction(satisfaction);
  }
  return score;
}

TEST_CASE("the rates", "[FBK-11]") {
  Tally tally;
  for (int i = 0; i < 6; ++i) tally.Add(Scored(true, true, events::v1::SOLVED_YES, i == 0 ? 3 : 5));
  tally.Add(Scored(true, true, events::v1::SOLVED_PARTLY, 4));
  tally.Add(Scored(true, false, events::v1::SOLVED_NO, 2));
  tally.Add(Scored(true, false, events::v1::SOLVED_UNSPECIFIED, 0));
  tally.Add(Scored(false, false, events::v1::SOLVED_UNSPECIFIED, 0));
  const v1::Rates rates = tally.ToRates(50);
  INFO("FBK-11/accept");
  CHECK(rates.orders() == 10);
  CHECK(rates.answered() == 8);
  CHECK(rates.response_rate() == 90.0);
  CHECK(rates.solved_rate() == 81.3);
  CHECK(rates.satisfaction_rate() == 87.5);
  CHECK(rates.coverage() == 80.0);
  CHECK(rates.on_time_rate() == 70.0);
  CHECK(tally.ToRates(0).solved_rate() == 75.0);
  CHECK(tally.ToRates(100).solved_rate() == 87.5);
}

TEST_CASE("silence is shown as coverage and left out of the rates", "[FBK-06]") {
  Tally tally;
  for (int i = 0; i < 5; ++i) tally.Add(Scored(true, true, events::v1::SOLVED_YES, 3));
  tally.Add(Scored(true, true, events::v1::SOLVED_YES, 2));
  for (int i = 0; i < 4; ++i) tally.Add(Scored(true, true, events::v1::SOLVED_UNSPECIFIED, 0));
  const v1::Rates rates = tally.ToRates(50);
  INFO("FBK-06/accept");
  CHECK(rates.satisfaction_rate() == 83.3);
  CHECK(rates.coverage() == 60.0);
}

TEST_CASE("what was explained is reported apart from what was solved", "[FBK-02]") {
  Tally tally;
  for (int i = 0; i < 7; ++i) tally.Add(Scored(true, true, events::v1::SOLVED_YES, 5));
  for (int i = 0; i < 3; ++i) {
    tally.Add(Scored(true, true, events::v1::SOLVED_YES, 5, events::v1::RESULT_TYPE_EXPLAINED));
  }
  tally.Add(Scored(true, true, events::v1::SOLVED_YES, 5, events::v1::RESULT_TYPE_UNSPECIFIED));
  const v1::Rates rates = tally.ToRates(50);
  INFO("FBK-02/accept");
  CHECK(rates.results().at("SOLVED") == 7);
  CHECK(rates.results().at("EXPLAINED") == 3);
  CHECK(rates.results().size() == 2);
}

TEST_CASE("the rate believes the enterprise, the order keeps its own result", "[FBK-02]") {
  Tally tally;
  tally.Add(Scored(true, true, events::v1::SOLVED_NO, 3, events::v1::RESULT_TYPE_SOLVED));
  const v1::Rates rates = tally.ToRates(50);
  INFO("FBK-02/bad/1");
  CHECK(rates.results().at("SOLVED") == 1);
  CHECK(rates.solved_rate() == 0.0);
}

TEST_CASE("no orders, no rates", "[FBK-11]") {
  INFO("FBK-11/bad/2");
  const v1::Rates rates = Tally().ToRates(50);
  CHECK(rates.orders() == 0);
  CHECK_FALSE(rates.has_response_rate());
  CHECK_FALSE(rates.has_solved_rate());
  CHECK_FALSE(rates.has_satisfaction_rate());
  CHECK_FALSE(rates.has_on_time_rate());
  CHECK_FALSE(rates.has_coverage());
  Tally unanswered;
  unanswered.Add(Scored(true, true, events::v1::SOLVED_UNSPECIFIED, 0));
  CHECK_FALSE(unanswered.ToRates(50).has_solved_rate());
  CHECK_FALSE(unanswered.ToRates(50).has_satisfaction_rate());
  CHECK(unanswered.ToRates(50).coverage() == 0.0);
}

TEST_CASE("a period is two dates in order", "[FBK-11]") {
  struct Row {
    const char* id;
    const char* start;
    const char* end;
    Reason reason;
  };
  const Row row =
      GENERATE(Row{"a month", "2025-10-01", "2025-10-31", config::v1::REASON_UNSPECIFIED},
               Row{"a day", "2025-10-13", "2025-10-13", config::v1::REASON_UNSPECIFIED},
               Row{"FBK-11/bad/1 end before start", "2025-10-14", "2025-10-13", config::v1::REASON_PERIOD_INVERTED},
               Row{"no date", "2025-02-30", "2025-10-13", config::v1::REASON_FORMAT},
               Row{"no end", "2025-10-13", "2025-02-30", config::v1::REASON_FORMAT},
               Row{"no dates", "", "x", config::v1::REASON_FIELDS_INVALID});
  INFO(row.id);
  CHECK(ReasonOf(ParsePeriod(row.start, row.end).status()) == row.reason);
  const Period day = testing::Must(ParsePeriod("2025-10-13", "2025-10-13"));
  CHECK(day.begin == At("2025-10-13T00:00:00+08:00"));
  CHECK(day.end == At("2025-10-14T00:00:00+08:00"));
}

}  // namespace
}  // namespace jinqi::feedback
