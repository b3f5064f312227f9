#include "services/routing/calls.h"

#include "services/routing/intents.h"
#include "services/routing/sight.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;

constexpr char kAccepted[] = "2025-09-26T09:00:00+08:00";

// A subdistrict of 120104.
Actor Grassroots(const std::string& district = "120104") {
  return Person(config::v1::ROLE_SERVICE_STAFF, "NK-JD", district);
}

v1::CallUndertakersRequest CallRequest(const Book& book, const Strings& bodies) {
  v1::CallUndertakersRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.mutable_undertakers()->Assign(bodies.begin(), bodies.end());
  return request;
}

absl::Status Call(Book& book, const Strings& bodies, const Actor& actor = Grassroots()) {
  return book.Keep(DecideCall(book, book.setting(), actor, CallRequest(book, bodies)));
}

v1::ReportToCallRequest Report(const Book& book) {
  v1::ReportToCallRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_person("执法二科值班员");
  *request.mutable_arrive_time() = clock::ToProto(book.now());
  return request;
}

absl::Status Report(Book& book, const std::string& body) {
  return book.Keep(DecideReportToCall(book, book.setting(), Of(body), Report(book)));
}

// Handled by the district's government, accepted on 2025-09-26, due on 2025-10-11.
Book Open(Urgency urgency = URGENCY_NORMAL, const char* accepted = kAccepted) {
  NewOrder created = Book::Demand(accepted);
  created.demand.set_urgency(urgency);
  Book book;
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(book.Dispatch("Q120104"));
  REQUIRE_OK(book.Sign(Of("Q120104")));
  REQUIRE_OK(book.RecordContact(Of("Q120104")));
  return book;
}

TEST_CASE("the grass roots call, the departments must come", "[RTE-29]") {
  Book book = Open();
  const v1::WorkOrder before = book.order();
  REQUIRE_OK(Call(book, {"NK-ZJ", "NK-CG"}));
  INFO("RTE-29/accept: until the end of the working Sunday");
  const v1::WorkOrder called = book.order();
  REQUIRE(called.calls_size() == 2);
  for (const v1::Call& call : called.calls()) {
    CHECK(Shown(call.due_time()) == "2025-09-28T23:59:59+08:00");
    CHECK(Shown(call.time()) == kAccepted);
    CHECK(call.caller() == "NK-JD");
    CHECK(call.by() == Grassroots().text);
    CHECK(call.district_code() == "120104");
  }
  CHECK(book.order().calls(0).undertaker() == "NK-ZJ");
  INFO("RTE-29/accept: main undertaker and clock stay");
  CHECK(book.order().main_undertaker() == "Q120104");
  CHECK(Shown(book.order().due_time()) == Shown(before.due_time()));
  CHECK(book.state() == ORDER_STATE_HANDLING);
  CHECK(HolderOf(book.order()) == "Q120104");
  INFO("the called body sees the order");
  CHECK(SightOf(book.record(), Of("NK-ZJ")) == Sight::kBody);
  CHECK(SightOf(book.record(), Of("NK-SC")) == Sight::kNone);
  CHECK(CallSides(book.order()) == Strings{"month/120104/2025-09", "to/NK-CG", "to/NK-ZJ"});

  book.SetNow("2025-09-28T23:59:59+08:00");
  REQUIRE_OK(Report(book, "NK-ZJ"));
  const v1::Call reported = book.order().calls(0);
  CHECK(reported.person() == "执法二科值班员");
  CHECK(Shown(reported.arrive_time()) == "2025-09-28T23:59:59+08:00");
  CHECK(Shown(reported.report_time()) == "2025-09-28T23:59:59+08:00");
  CHECK(reported.reported_by() == Of("NK-ZJ").text);
  CHECK_FALSE(reported.late());
  CHECK(CallSides(book.order()) == Strings{"month/120104/2025-09", "to/NK-CG"});

  INFO("RTE-29/accept: one that does not report is on the hub's list on 2025-09-29");
  book.RunTimers("2025-09-28T23:59:59+08:00");
  CHECK(book.TimerAt(kTimerCall) == At("2025-09-29T00:00:00+08:00"));
  CHECK_FALSE(book.order().calls(1).late());
  book.RunTimers("2025-09-29T00:00:00+08:00");
  CHECK(book.Told("DeadlineMissed", "CALL NK-CG"));
  CHECK(book.order().calls(1).late());
  CHECK_FALSE(book.order().calls(0).late());
  CHECK(book.TimerAt(kTimerCall) == 0);
  CHECK(CallSides(book.order()) == Strings{"missed/120104", "month/120104/2025-09", "to/NK-CG"});
  INFO("a late report takes it off the list, and it stays late");
  REQUIRE_OK(Report(book, "NK-CG"));
  CHECK(book.order().calls(1).late());
  CHECK(CallSides(book.order()) == Strings{"month/120104/2025-09"});
}

TEST_CASE("in an emergency the departments come within two hours", "[RTE-29]") {
  Book book = Open(URGENCY_LIFE_SAFETY);
  REQUIRE_OK(Call(book, {"NK-YJ", "NK-XF"}));
  CHECK(Shown(book.order().calls(0).due_time()) == "2025-09-26T11:00:00+08:00");
  CHECK(book.TimerAt(kTimerCall) == At("2025-09-26T11:00:00+08:00") + 1);
  book.SetNow("2025-09-26T11:00:00+08:00");
  REQUIRE_OK(Report(book, "NK-YJ"));
  CHECK_FALSE(book.order().calls(0).late());
  book.RunTimers("2025-09-26T11:00:01+08:00");
  CHECK(book.order().calls(1).late());
}

TEST_CASE("only departments of the own district are called", "[RTE-29][INT-12]") {
  struct Row {
    const char* id;
    Strings bodies;
    Reason reason;
  };
  const Row rows[] = {
      {"RTE-29/bad/1: another district", {"HP-ZJ"}, config::v1::REASON_CALL_OTHER_DISTRICT},
      {"RTE-29/bad/2: a city body", {"ZJW"}, config::v1::REASON_CALL_OTHER_DISTRICT},
      {"RTE-29/bad/2: a government", {"Q120104"}, config::v1::REASON_CALL_OTHER_DISTRICT},
      {"RTE-29/bad/3: a village", {"某某村委会"}, config::v1::REASON_GRASSROOTS_FORBIDDEN},
      {"RTE-29/bad/3: a community", {"万新社区"}, config::v1::REASON_GRASSROOTS_FORBIDDEN},
      {"RTE-29/bad/3: its committee", {"某居委会"}, config::v1::REASON_GRASSROOTS_FORBIDDEN},
      {"itself", {"NK-JD"}, config::v1::REASON_CALL_TO_SELF},
      {"nobody", {}, config::v1::REASON_REQUIRED},
      {"no code", {""}, config::v1::REASON_REQUIRED},
      {"unknown", {"XXX"}, config::v1::REASON_NOT_IN_DIRECTORY},
      {"twice", {"NK-ZJ", "NK-ZJ"}, config::v1::REASON_ALREADY_EXISTS},
      {"waited for", {"NK-GA"}, config::v1::REASON_ALREADY_EXISTS},
      {"all at once", {"HP-ZJ", "XXX"}, config::v1::REASON_FIELDS_INVALID},
      {"ten",
       {"NK-FG", "NK-SW", "NK-GX", "NK-SC", "NK-ZJ", "NK-CG", "NK-GH", "NK-ST", "NK-YJ", "NK-RS"},
       config::v1::REASON_UNSPECIFIED},
      {"eleven",
       {"NK-FG", "NK-SW", "NK-GX", "NK-SC", "NK-ZJ", "NK-CG", "NK-GH", "NK-ST", "NK-YJ", "NK-RS", "NK-XF"},
       config::v1::REASON_TOO_MANY},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Open();
    REQUIRE_OK(Call(book, {"NK-GA"}));
    CHECK(Refused(Call(book, row.bodies)) == row.reason);
    CHECK(book.order().calls_size() == (row.reason == config::v1::REASON_UNSPECIFIED ? 11 : 1));
  }
}

TEST_CASE("the grass roots and the hub of the district call", "[RTE-29][GWY-04]") {
  struct Row {
    const char* id;
    Actor actor;
    Reason reason;
  };
  const Row rows[] = {
      {"service staff", Grassroots(), config::v1::REASON_UNSPECIFIED},
      {"the hub", Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB", "120104"), config::v1::REASON_UNSPECIFIED},
      {"of another district", Grassroots("120101"), config::v1::REASON_NOT_FOUND},
      {"the main body, which is no township", Of("Q120104"), config::v1::REASON_PERMISSION_DENIED},
      {"of no unit", Person(config::v1::ROLE_SERVICE_STAFF, "", "120104"), config::v1::REASON_PERMISSION_DENIED},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Open();
    CHECK(Refused(Call(book, {"NK-ZJ"}, row.actor)) == row.reason);
  }
  INFO("a township that handles the order itself");
  Book book = Open();
  book.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->set_main_undertaker("T120104001"); });
  REQUIRE_OK(Call(book, {"NK-ZJ"}, Of("T120104001")));
  CHECK(book.order().calls(0).caller() == "T120104001");
  CHECK(Refused(Call(book, {"T120104001"}, Of("T120104001"))) == config::v1::REASON_CALL_TO_SELF);
}

TEST_CASE("calls are made to what is open", "[RTE-29][RTE-25]") {
  for (const OrderState state : {ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_DISPATCHED, ORDER_STATE_SUBMITTED,
                                 ORDER_STATE_ESCALATED, ORDER_STATE_REWORK, ORDER_STATE_FED_BACK, ORDER_STATE_CLOSED}) {
    INFO(state);
    Book book = Open();
    REQUIRE_OK(Call(book, {"NK-GA"}));
    v1::WorkOrderRecord record = book.record();
    record.mutable_order()->set_state(state);
    book.Put(OrderKey(kOrder), record.SerializeAsString());
    const bool open = state != ORDER_STATE_FED_BACK && state != ORDER_STATE_CLOSED;
    const Reason reason = open ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_ILLEGAL_MOVE;
    CHECK((NextCallMiss(record.order()) != 0) == open);
    CHECK(CallSides(record.order()).size() == (open ? 2U : 1U));
    CHECK(Refused(Call(book, {"NK-ZJ"})) == reason);
    CHECK(Refused(Report(book, "NK-GA")) == reason);
  }
}

TEST_CASE("a report says who came and when", "[RTE-29]") {
  struct Row {
    const char* id;
    std::function<void(v1::ReportToCallRequest&)> edit;
    Reason reason;
  };
  const auto ok = config::v1::REASON_UNSPECIFIED;
  const Row rows[] = {
      {"no person", [](auto& r) { r.set_person(" "); }, config::v1::REASON_REQUIRED},
      {"longest person", [](auto& r) { r.set_person(std::string(50, 'x')); }, ok},
      {"too long", [](auto& r) { r.set_person(std::string(51, 'x')); }, config::v1::REASON_TOO_LONG},
      {"no time", [](auto& r) { r.clear_arrive_time(); }, config::v1::REASON_REQUIRED},
      {"tomorrow", [](auto& r) { *r.mutable_arrive_time() = Stamp("2025-09-27T10:00:01+08:00"); },
       config::v1::REASON_FUTURE_TIME},
      {"before the call", [](auto& r) { *r.mutable_arrive_time() = Stamp("2025-09-26T08:59:59+08:00"); },
       config::v1::REASON_TIME_TOO_EARLY},
      {"at once", [](auto& r) { *r.mutable_arrive_time() = Stamp(kAccepted); }, ok},
      {"both", [](auto& r) { r.clear_person(), r.clear_arrive_time(); }, config::v1::REASON_FIELDS_INVALID},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Open();
    REQUIRE_OK(Call(book, {"NK-ZJ"}));
    book.SetNow("2025-09-27T10:00:00+08:00");
    v1::ReportToCallRequest request = Report(book);
    row.edit(request);
    CHECK(Refused(book.Keep(DecideReportToCall(book, book.setting(), Of("NK-ZJ"), request))) == row.reason);
    CHECK(book.order().calls(0).has_report_time() == (row.reason == ok));
  }
  Book book = Open();
  REQUIRE_OK(Call(book, {"NK-ZJ"}));
  INFO("by who was called, once");
  CHECK(Refused(Report(book, "NK-CG")) == config::v1::REASON_NOT_FOUND);
  CHECK(Refused(Report(book, "Q120104")) == config::v1::REASON_NOT_UNDERTAKER);
  REQUIRE_OK(Report(book, "NK-ZJ"));
  CHECK(Refused(Report(book, "NK-ZJ")) == config::v1::REASON_CALL_REPORTED);
  INFO("who came may be called again");
  REQUIRE_OK(Call(book, {"NK-ZJ"}));
  REQUIRE_OK(Report(book, "NK-ZJ"));
  CHECK(book.order().calls(1).has_report_time());
}

TEST_CASE("what is written late is late, whatever time it names", "[RTE-29]") {
  Book book = Open();
  REQUIRE_OK(Call(book, {"NK-ZJ"}));
  book.SetNow("2025-09-29T00:00:00+08:00");
  v1::ReportToCallRequest request = Report(book);
  *request.mutable_arrive_time() = Stamp("2025-09-28T10:00:00+08:00");
  REQUIRE_OK(book.Keep(DecideReportToCall(book, book.setting(), Of("NK-ZJ"), request)));
  CHECK(book.order().calls(0).late());
}

TEST_CASE("a provisional limit of a call gives no breach, and moves with the calendar", "[RTE-15][RTE-16][RTE-29]") {
  Book book = Open(URGENCY_NORMAL, "2026-12-31T09:00:00+08:00");
  REQUIRE_OK(Call(book, {"NK-ZJ"}));
  CHECK(book.order().calls(0).due_provisional());
  CHECK(Shown(book.order().calls(0).due_time()) == "2027-01-04T23:59:59+08:00");
  CHECK(book.TimerAt(kTimerCall) == 0);
  config::v1::Calendar calendar = ShippedCalendar();
  calendar.set_version(calendar.version() + 1);
  config::v1::CalendarNotice& notice = *calendar.add_years();
  notice.set_year(2027);
  notice.add_papers("测试通知");
  for (const char* date : {"2027-01-01", "2027-01-04"}) {
    auto& day = *notice.add_days();
    day.set_date(date);
    day.set_off(true);
  }
  book.UseReference(MakeReference(calendar));
  REQUIRE_OK(book.Keep(DecideRecompute(book, book.setting(), SystemActor("campaign"), kOrder)));
  CHECK_FALSE(book.order().calls(0).due_provisional());
  CHECK(Shown(book.order().calls(0).due_time()) == "2027-01-05T23:59:59+08:00");
  CHECK(book.TimerAt(kTimerCall) == At("2027-01-06T00:00:00+08:00"));
}

TEST_CASE("both who calls and who is called are measured", "[RTE-29]") {
  v1::WorkOrder order;
  const auto add = [&](const char* caller, const char* called, const char* time, bool reported, bool late,
                       const char* district = "120104") {
    v1::Call& call = *order.add_calls();
    call.set_caller(caller);
    call.set_undertaker(called);
    call.set_district_code(district);
    *call.mutable_time() = Stamp(time);
    call.set_late(late);
    if (reported) *call.mutable_report_time() = Stamp(time);
  };
  add("J1", "NK-ZJ", "2025-09-01T00:00:00+08:00", true, false);
  add("J1", "NK-CG", "2025-09-30T23:59:59+08:00", true, true);
  add("J2", "NK-ZJ", "2025-09-10T09:00:00+08:00", false, true);
  add("J2", "NK-ZJ", "2025-09-11T09:00:00+08:00", false, false);
  add("J3", "NK-SC", "2025-09-12T09:00:00+08:00", false, false);
  // Not of the period, not of the month, not of the district.
  add("J1", "NK-ZJ", "2025-08-31T23:59:59+08:00", true, false);
  add("J1", "NK-ZJ", "2025-10-01T00:00:00+08:00", true, false);
  add("J1", "NK-ZJ", "2025-09-02T09:00:00+08:00", true, false, "120101");
  CallTally tally("120104", absl::CivilDay(2025, 9, 1), absl::CivilDay(2025, 9, 30));
  tally.Add(order, absl::CivilMonth(2025, 9));
  const v1::CallReport report = tally.Report();
  struct Row {
    const char* undertaker;
    int calls;
    int in_time;
    int late;
    int missed;
    double share;
  };
  const auto check = [](const auto& rows, const std::vector<Row>& expected) {
    REQUIRE(rows.size() == static_cast<int>(expected.size()));
    for (int i = 0; i < rows.size(); ++i) {
      const Row& row = expected[static_cast<std::size_t>(i)];
      INFO(row.undertaker);
      CHECK(rows[i].undertaker() == row.undertaker);
      CHECK(rows[i].calls() == row.calls);
      CHECK(rows[i].reported_in_time() == row.in_time);
      CHECK(rows[i].reported_late() == row.late);
      CHECK(rows[i].missed() == row.missed);
      CHECK(rows[i].has_share_in_time() == (row.share >= 0));
      if (row.share >= 0) CHECK(rows[i].share_in_time() == Approx(row.share));
    }
  };
  INFO("RTE-29/accept: measured");
  check(report.callers(), {{"J1", 2, 1, 1, 0, 0.5}, {"J2", 2, 0, 0, 1, 0}, {"J3", 1, 0, 0, 0, -1}});
  check(report.called(), {{"NK-CG", 1, 0, 1, 0, 0}, {"NK-SC", 1, 0, 0, 0, -1}, {"NK-ZJ", 3, 1, 0, 1, 0.5}});
}

}  // namespace
}  // namespace jinqi::routing
