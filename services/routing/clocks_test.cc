#include "services/routing/clocks.h"

#include "services/routing/limits.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

const calendar::Calendar& Days() {
  static const calendar::Calendar days = Must(calendar::Calendar::Make(ShippedCalendar()));
  return days;
}

TEST_CASE("an order is due at the end of the 7th working day after its acceptance", "[RTE-14]") {
  struct Row {
    const char* id;
    const char* accepted;
    const char* due;
    bool provisional;
  };
  const Row rows[] = {
      {"RTE-14/accept", "2025-06-03T09:00:00+08:00", "2025-06-12T23:59:59+08:00", false},
      {"RTE-14/accept", "2025-06-12T00:00:00+08:00", "2025-06-23T23:59:59+08:00", false},
      {"RTE-14/accept", "2025-09-26T18:30:00+08:00", "2025-10-13T23:59:59+08:00", false},
      {"RTE-14/accept", "2025-09-27T10:00:00+08:00", "2025-10-13T23:59:59+08:00", false},
      {"RTE-14/accept", "2025-09-28T23:59:59+08:00", "2025-10-14T23:59:59+08:00", false},
      {"RTE-14/accept", "2026-02-13T08:00:00+08:00", "2026-03-02T23:59:59+08:00", false},
      {"RTE-14/accept", "2026-09-24T08:00:00+08:00", "2026-10-12T23:59:59+08:00", false},
      {"RTE-14/bad/1, RTE-15/accept: provisional", "2026-12-28T08:00:00+08:00", "2027-01-07T23:59:59+08:00", true},
  };
  for (const Row& row : rows) {
    INFO(row.id << " " << row.accepted);
    Book book;
    REQUIRE_OK(book.Create(Book::Demand(row.accepted)));
    const v1::WorkOrder order = book.order();
    CHECK(Shown(order.due_time()) == row.due);
    CHECK(order.due_provisional() == row.provisional);
    CHECK(order.due_basis() == "HANDLE_GENERAL");
    CHECK(order.calendar_version() == 1);
  }
}

TEST_CASE("a limit of one working day ends with that day", "[RTE-14]") {
  struct Row {
    const char* start;
    const char* due;
  };
  const Row rows[] = {{"2025-09-26", "2025-09-28T23:59:59+08:00"},
                      {"2025-09-30", "2025-10-09T23:59:59+08:00"},
                      {"2025-12-31", "2026-01-04T23:59:59+08:00"}};
  for (const Row& row : rows) {
    INFO("RTE-14/accept " << row.start);
    const Deadline due = InWorkingDays(Days(), Must(clock::ParseDate(row.start)), 1);
    CHECK(clock::ToRfc3339(due.due) == row.due);
    CHECK(due.missed == due.due + clock::kSecond);
  }
}

TEST_CASE("a limit that makes no sense keeps the service from starting", "[RTE-14]") {
  Limits limits = config::WithDefaults(Limits());
  CHECK_OK(CheckLimits(limits));
  struct Row {
    const char* id;
    void (*set)(Limits&);
  };
  const Row rows[] = {
      {"RTE-14/bad/2: negative", [](Limits& l) { l.set_handle_working_days(-7); }},
      {"RTE-14/bad/2: none", [](Limits& l) { l.set_handle_working_days(0); }},
      {"RTE-14/bad/2: minutes", [](Limits& l) { l.set_sign_life_safety_minutes(-15); }},
      {"RTE-14/bad/2: complex shorter", [](Limits& l) { l.set_return_complex_working_days(0); }},
      {"RTE-14/bad/2: yellow after red", [](Limits& l) { l.set_warn_yellow_working_days(0); }},
      {"RTE-14/bad/2: rounds", [](Limits& l) { l.set_max_rework_rounds(-1); }},
      {"RTE-14/bad/2: score", [](Limits& l) { l.set_self_dispatch_threshold(1.5); }},
      {"RTE-14/bad/2: no score", [](Limits& l) { l.set_self_dispatch_threshold(std::nan("")); }},
      {"RTE-14/bad/2: negative score", [](Limits& l) { l.set_self_dispatch_threshold(-0.1); }},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Limits changed = limits;
    row.set(changed);
    CHECK(Refused(CheckLimits(changed)) == config::v1::REASON_LIMIT_INVALID);
  }
  INFO("RTE-14/bad/2: a fraction is no whole number");
  CHECK_FALSE(config::ParseInto("handle_working_days: 7.5", "test", limits).ok());
}

TEST_CASE("warnings are asked for at exact instants", "[RTE-20]") {
  v1::WorkOrder order;
  *order.mutable_due_time() = Stamp("2025-10-13T23:59:59+08:00");
  const Limits limits = config::WithDefaults(Limits());
  struct Row {
    const char* id;
    const char* now;
    int level;
  };
  const Row rows[] = {
      {"RTE-20/accept", "2025-10-09T23:59:59+08:00", 0}, {"RTE-20/accept", "2025-10-10T00:00:00+08:00", 1},
      {"RTE-20/accept", "2025-10-10T23:59:59+08:00", 1}, {"RTE-20/accept", "2025-10-11T00:00:00+08:00", 2},
      {"RTE-20/accept", "2025-10-13T23:59:59+08:00", 2}, {"RTE-20/accept", "2025-10-14T00:00:00+08:00", 3},
      {"RTE-20/accept", "2025-10-15T23:59:59+08:00", 3}, {"RTE-20/accept", "2025-10-16T00:00:00+08:00", 4},
  };
  for (const Row& row : rows) {
    INFO(row.id << " " << row.now);
    CHECK(WarningLevelAt(order, Days(), limits, At(row.now)) == row.level);
  }
  INFO("RTE-15: a provisional date is never missed");
  order.set_due_provisional(true);
  CHECK(WarningLevelAt(order, Days(), limits, At("2025-11-14T00:00:00+08:00")) == 2);
}

// Accepted on 2025-09-27 and with a body.
v1::WorkOrderRecord Handled() {
  v1::WorkOrderRecord record;
  v1::WorkOrder& order = *record.mutable_order();
  order.set_state(events::v1::ORDER_STATE_HANDLING);
  *order.mutable_accept_time() = Stamp("2025-09-27T10:00:00+08:00");
  return record;
}

TEST_CASE("limits that no longer run are not computed anew", "[RTE-16][RTE-04][RTE-29]") {
  const char* const kOld = "2025-10-01T23:59:59+08:00";
  v1::WorkOrderRecord record = Handled();
  v1::WorkOrder& order = *record.mutable_order();
  *order.mutable_due_time() = Stamp(kOld);
  for (int i = 0; i < 3; ++i) {
    *order.add_assists()->mutable_due_time() = Stamp(kOld);
    v1::Call& call = *order.add_calls();
    *call.mutable_time() = Stamp("2025-09-29T10:00:00+08:00");
    *call.mutable_due_time() = Stamp(kOld);
  }
  *order.mutable_assists(1)->mutable_answer_time() = Stamp(kOld);
  order.mutable_assists(2)->set_removed(true);
  *order.mutable_calls(1)->mutable_report_time() = Stamp(kOld);
  order.mutable_calls(2)->set_late(true);
  CHECK(Recompute(record, Days(), config::WithDefaults(Limits())));
  CHECK(Shown(order.due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK(Shown(order.assists(0).due_time()) == "2025-10-11T23:59:59+08:00");
  CHECK(Shown(order.calls(0).due_time()) == "2025-09-30T23:59:59+08:00");
  for (const int over : {1, 2}) {
    CHECK(Shown(order.assists(over).due_time()) == kOld);
    CHECK(Shown(order.calls(over).due_time()) == kOld);
  }
}

TEST_CASE("an extension into a year without a notice is provisional", "[RTE-15][RTE-18]") {
  v1::WorkOrder order;
  *order.mutable_accept_time() = Stamp("2026-12-21T10:00:00+08:00");
  SetDue(order, Days(), config::WithDefaults(Limits()));
  CHECK_FALSE(order.due_provisional());
  v1::Extension& extension = *order.add_extensions();
  extension.set_agreed(true);
  extension.set_working_days(7);
  SetDue(order, Days(), config::WithDefaults(Limits()));
  CHECK(order.due_provisional());
}

TEST_CASE("an order that no law gives longer has no interim answer", "[RTE-19]") {
  v1::WorkOrder order;
  *order.mutable_accept_time() = Stamp("2025-09-27T10:00:00+08:00");
  *order.mutable_interim_due_time() = Stamp("2025-10-13T23:59:59+08:00");
  SetDue(order, Days(), config::WithDefaults(Limits()));
  CHECK_FALSE(order.has_interim_due_time());
}

TEST_CASE("only the meeting of a round limits that round", "[RTE-16][RTE-22]") {
  struct Row {
    const char* id;
    bool decided;
    int meeting_round;
    bool moves;
  };
  const Row row = GENERATE(Row{"decided in this round", true, 1, false},
                           Row{"decided in the one before", true, 0, true}, Row{"not decided yet", false, 1, true});
  INFO(row.id);
  v1::WorkOrderRecord record = Handled();
  *record.mutable_rework_start_time() = Stamp("2025-10-20T10:00:00+08:00");
  v1::WorkOrder& order = *record.mutable_order();
  order.set_rework_round(1);
  *order.mutable_rework_due_time() = Stamp("2025-12-01T23:59:59+08:00");
  v1::Escalation& escalation = *order.add_escalations();
  escalation.set_rework_round(row.meeting_round);
  if (row.decided) escalation.mutable_decision();
  Recompute(record, Days(), config::WithDefaults(Limits()));
  CHECK((Shown(order.rework_due_time()) != "2025-12-01T23:59:59+08:00") == row.moves);
}

TEST_CASE("working days are told apart by who held the order", "[RTE-17]") {
  Book book;
  INFO("RTE-17/accept");
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00", "FGW")));
  const auto give_back = [&](const char* asked, const char* ruled, const std::string& body) {
    book.SetNow(asked);
    v1::RequestReturnRequest request;
    request.set_name(kName);
    request.set_etag(book.etag());
    request.set_reason_code("NOT_OUR_DUTY");
    request.set_legal_basis("三定方案");
    request.set_proposed_undertaker("ZWFW");
    REQUIRE_OK(book.Keep(DecideRequestReturn(book, book.setting(), Of(body), request)));
    book.SetNow(ruled);
    v1::RuleReturnRequest ruling;
    ruling.set_name(kName);
    ruling.set_etag(book.etag());
    ruling.set_agreed(true);
    ruling.set_reason("同意");
    REQUIRE_OK(book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), ruling)));
  };
  book.SetNow("2025-06-13T10:00:00+08:00");
  REQUIRE_OK(book.Dispatch("FGW"));
  give_back("2025-06-16T10:00:00+08:00", "2025-06-16T15:00:00+08:00", "FGW");
  book.SetNow("2025-06-16T16:00:00+08:00");
  REQUIRE_OK(book.Dispatch("SWJ"));
  give_back("2025-06-17T10:00:00+08:00", "2025-06-18T10:00:00+08:00", "SWJ");
  book.SetNow("2025-06-18T11:00:00+08:00");
  REQUIRE_OK(book.Dispatch("SCJG"));
  CHECK(Shown(book.order().due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(Shown(book.order().accept_time()) == "2025-06-12T09:00:00+08:00");
  const v1::ClockReport report = ReportClock(book.order(), Days(), At("2025-06-18T12:00:00+08:00"));
  CHECK(report.order_no() == book.order().order_no());
  CHECK(Shown(report.due_time()) == "2025-06-23T23:59:59+08:00");
  std::map<std::string, int> days;
  for (const auto& share : report.shares()) days[share.holder()] = share.working_days();
  CHECK(days == std::map<std::string, int>{{"HUB", 2}, {"FGW", 1}, {"SWJ", 1}, {"SCJG", 0}});
}

}  // namespace
}  // namespace jinqi::routing
