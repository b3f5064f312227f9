#include "services/routing/extensions.h"

#include "common/testing/field_faults.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace): reasons.
using testing::FieldsOf;
using Fields = testing::FieldFaults;

// Accepted on 2025-06-12, so due on 2025-06-23; with SCJG, which signed the day after.
Book Handled() {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  REQUIRE_OK(book.Dispatch("SCJG", {"TAX"}));
  book.SetNow("2025-06-13T09:00:00+08:00");
  REQUIRE_OK(book.Sign(Of("SCJG")));
  CHECK(Shown(book.order().due_time()) == "2025-06-23T23:59:59+08:00");
  book.SetNow("2025-06-20T10:00:00+08:00");
  return book;
}

v1::RequestExtensionRequest Request(const Book& book, const std::string& date = "2025-06-30") {
  v1::RequestExtensionRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_reason("需现场勘查，请天津某某有限公司稍候");
  request.set_measures("已联系企业并约定勘查时间");
  request.set_new_due_date(date);
  return request;
}

absl::Status Ask(Book& book, const v1::RequestExtensionRequest& request, const std::string& body = "SCJG") {
  return book.Keep(DecideRequestExtension(book, book.setting(), Of(body), request));
}

absl::Status Rule(Book& book, bool agreed, const std::string& reason = "") {
  v1::RuleExtensionRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_agreed(agreed);
  request.set_reason(reason);
  return book.Keep(DecideRuleExtension(book, book.setting(), Reviewer(), request));
}

TEST_CASE("an extension that was asked for in time and agreed to moves the due date", "[RTE-18]") {
  Book book = Handled();
  INFO("RTE-18/accept");
  REQUIRE_OK(Ask(book, Request(book)));
  CHECK(book.Told("OrderExtensionAsked"));
  CHECK(book.state() == ORDER_STATE_HANDLING);
  // Nothing moves before the hub has ruled.
  CHECK(Shown(book.order().due_time()) == "2025-06-23T23:59:59+08:00");
  const v1::Extension asked = book.order().extensions(0);
  CHECK(asked.undertaker() == "SCJG");
  CHECK(asked.working_days() == 5);
  CHECK(asked.reason() == "需现场勘查，请****稍候");
  CHECK(Shown(asked.old_due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(Shown(asked.new_due_time()) == "2025-06-30T23:59:59+08:00");
  CHECK(Shown(asked.ruling_due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(book.TimerAt("extension") == At("2025-06-24T00:00:00+08:00"));
  REQUIRE_OK(Rule(book, true));
  CHECK(Shown(book.order().due_time()) == "2025-06-30T23:59:59+08:00");
  CHECK(book.order().due_basis() == "EXTENSION");
  CHECK(book.order().extensions(0).agreed());
  CHECK(book.order().extensions(0).ruled_by() == Reviewer().text);
  // The enterprise is told reason and date at once.
  REQUIRE(book.Told("OrderExtended", asked.reason()));
  CHECK(Shown(book.told.back().second.order().due_time()) == "2025-06-30T23:59:59+08:00");
  // An assisting body's limit follows; warnings are given anew.
  CHECK(Shown(book.order().assists(0).due_time()) == "2025-06-27T23:59:59+08:00");
  CHECK(book.order().warning_level() == 0);
  CHECK(book.TimerAt("extension") == 0);
  book.RunTimers("2025-07-01T00:00:00+08:00");
  CHECK(book.HasMark("OVERDUE"));
  CHECK_FALSE(book.HasMark("LATE_EXTENSION_RULING"));
}

TEST_CASE("an extension is asked for before the due date has passed, once, and for seven days at most", "[RTE-18]") {
  struct Row {
    const char* id;
    const char* now;
    const char* date;
    Reason refused;
  };
  const Row rows[] = {
      {"RTE-18/bad/1: the last instant is in time", "2025-06-23T23:59:59+08:00", "2025-06-30", REASON_UNSPECIFIED},
      {"RTE-18/bad/1: after due", "2025-06-24T00:00:00+08:00", "2025-06-30", REASON_AFTER_DUE},
      {"RTE-18/bad/3: seven days", "2025-06-20T10:00:00+08:00", "2025-07-02", REASON_UNSPECIFIED},
      {"RTE-18/bad/3: eight days", "2025-06-20T10:00:00+08:00", "2025-07-03", REASON_EXTENSION_TOO_LONG},
      {"RTE-18/bad/3: years", "2025-06-20T10:00:00+08:00", "2035-07-03", REASON_EXTENSION_TOO_LONG},
      {"the due date itself", "2025-06-20T10:00:00+08:00", "2025-06-23", REASON_EXTENSION_DATE},
      {"a day off", "2025-06-20T10:00:00+08:00", "2025-06-28", REASON_EXTENSION_DATE},
      {"no date", "2025-06-20T10:00:00+08:00", "", REASON_REQUIRED},
      {"no day", "2025-06-20T10:00:00+08:00", "2025-06-31", REASON_FORMAT},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handled();
    book.SetNow(row.now);
    CHECK(Refused(Ask(book, Request(book, row.date))) == row.refused);
    CHECK(book.order().extensions_size() == (row.refused == REASON_UNSPECIFIED ? 1 : 0));
  }
  INFO("RTE-18/bad/2: a second request, also after a refusal");
  for (const bool agreed : {true, false}) {
    Book book = Handled();
    REQUIRE_OK(Ask(book, Request(book)));
    CHECK(Refused(Ask(book, Request(book))) == REASON_EXTENSION_USED);
    REQUIRE_OK(Rule(book, agreed, "理由不充分"));
    CHECK(Refused(Ask(book, Request(book, "2025-07-02"))) == REASON_EXTENSION_USED);
  }
}

TEST_CASE("an extension needs a reason and what was done", "[RTE-18]") {
  Book book = Handled();
  v1::RequestExtensionRequest request = Request(book);
  request.set_reason(" 　");
  request.set_measures(std::string(501, 'x'));
  request.set_new_due_date("2025-06-23");
  INFO("RTE-18/bad/4: blank reason, and every fault at once");
  CHECK(FieldsOf(Ask(book, request)) ==
        Fields{{"reason", "REQUIRED"}, {"measures", "TOO_LONG"}, {"new_due_date", "EXTENSION_DATE"}});
  request = Request(book);
  request.clear_etag();
  CHECK(Refused(Ask(book, request)) == REASON_ETAG_REQUIRED);
  CHECK(Refused(Ask(book, Request(book), "TAX")) == REASON_NOT_UNDERTAKER);
  CHECK(Refused(Ask(book, Request(book), "HG")) == REASON_NOT_FOUND);
}

TEST_CASE("a refused extension leaves the date, and the enterprise is told why", "[RTE-18]") {
  Book book = Handled();
  CHECK(Refused(Rule(book, true)) == REASON_EXTENSION_NONE);
  REQUIRE_OK(Ask(book, Request(book)));
  CHECK(FieldsOf(Rule(book, false)) == Fields{{"reason", "REQUIRED"}});
  REQUIRE_OK(Rule(book, false, "理由不充分"));
  CHECK(book.Told("OrderExtensionRefused", "理由不充分"));
  CHECK(Shown(book.order().due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(book.order().due_basis() == "HANDLE_GENERAL");
  CHECK_FALSE(book.order().extensions(0).agreed());
  CHECK(Refused(Rule(book, true)) == REASON_EXTENSION_NONE);
}

TEST_CASE("a hub that rules late is marked, and not the body", "[RTE-18][RTE-20]") {
  Book book = Handled();
  book.SetNow("2025-06-23T10:00:00+08:00");
  REQUIRE_OK(Ask(book, Request(book)));
  book.RunTimers("2025-06-25T00:00:00+08:00");
  CHECK(book.HasMark("LATE_EXTENSION_RULING"));
  CHECK(book.HasMark("OVERDUE"));
  REQUIRE_OK(Rule(book, true));
  CHECK_FALSE(book.HasMark("OVERDUE"));
  CHECK(book.HasMark("OVERDUE_HUB"));
  CHECK(Shown(book.order().due_time()) == "2025-06-30T23:59:59+08:00");
  INFO("nobody is given time that is gone");
  Book late = Handled();
  REQUIRE_OK(Ask(late, Request(late)));
  late.SetNow("2025-06-30T23:59:59+08:00");
  CHECK_OK(DecideRuleExtension(late, late.setting(), Reviewer(),
                               [&] {
                                 v1::RuleExtensionRequest request;
                                 request.set_name(kName);
                                 request.set_etag(late.etag());
                                 request.set_agreed(true);
                                 return request;
                               }())
               .status());
  late.SetNow("2025-07-01T00:00:00+08:00");
  CHECK(Refused(Rule(late, true)) == REASON_AFTER_DUE);
}

TEST_CASE("what is not with a body, or dated otherwise, is not extended", "[RTE-18][RTE-22]") {
  Book dispatched;
  REQUIRE_OK(dispatched.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  REQUIRE_OK(dispatched.Dispatch("SCJG"));
  CHECK_OK(Ask(dispatched, Request(dispatched)));
  struct Row {
    const char* id;
    void (*edit)(v1::WorkOrder&);
    Reason refused;
  };
  const Row rows[] = {
      {"submitted", [](v1::WorkOrder& order) { order.set_state(ORDER_STATE_SUBMITTED); }, REASON_ILLEGAL_MOVE},
      {"rework", [](v1::WorkOrder& order) { order.set_rework_round(1); }, REASON_ILLEGAL_MOVE},
      {"a meeting's date", [](v1::WorkOrder& order) { order.set_due_basis(kBasisJointMeeting); }, REASON_ILLEGAL_MOVE},
      {"an overdue payment", [](v1::WorkOrder& order) { order.set_sme_payment(true); }, REASON_UNKNOWN_VALUE},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handled();
    book.Edit([&](v1::WorkOrderRecord& record) { row.edit(*record.mutable_order()); });
    CHECK(Refused(Ask(book, Request(book))) == row.refused);
  }
}

TEST_CASE("a new body may ask anew, and a new calendar moves what was granted", "[RTE-18][RTE-16]") {
  Book book = Handled();
  REQUIRE_OK(Ask(book, Request(book)));
  book.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->mutable_extensions(0)->set_undertaker("TAX"); });
  INFO("a request of a body that lost the order does not wait any more");
  CHECK(book.TimerAt("extension") == 0);
  CHECK(Refused(Rule(book, true)) == REASON_EXTENSION_NONE);
  REQUIRE_OK(Ask(book, Request(book)));
  REQUIRE_OK(Rule(book, true));
  calendar::Calendar calendar = book.store->Current()->calendar;
  v1::WorkOrderRecord record = book.record();
  CHECK_FALSE(Recompute(record, calendar, book.limits));
  CHECK(Shown(record.order().due_time()) == "2025-06-30T23:59:59+08:00");
  CHECK(record.order().due_basis() == "EXTENSION");
}

}  // namespace
}  // namespace jinqi::routing
