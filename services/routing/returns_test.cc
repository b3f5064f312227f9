#include "services/routing/returns.h"

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

Book Dispatched(const char* accepted = "2025-06-12T09:00:00+08:00", bool complex = false,
                const std::string& body = "SCJG", Urgency urgency = URGENCY_NORMAL) {
  Book book;
  NewOrder created = Book::Demand(accepted, body);
  created.demand.set_urgency(urgency);
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(book.Dispatch(body, {}, Dispatcher(), "", complex));
  return book;
}

v1::RequestReturnRequest Request(const Book& book) {
  v1::RequestReturnRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_reason_code("NOT_OUR_DUTY");
  request.set_legal_basis("天津市市场监督管理委员会职能配置规定");
  request.set_proposed_undertaker("ZWFW");
  return request;
}

absl::Status Ask(Book& book, const v1::RequestReturnRequest& request, const std::string& body = "SCJG") {
  return book.Keep(DecideRequestReturn(book, book.setting(), Of(body), request));
}

absl::Status Rule(Book& book, bool agreed, const std::string& reason = "已核实") {
  v1::RuleReturnRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_agreed(agreed);
  request.set_reason(reason);
  return book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), request));
}

TEST_CASE("an order can be returned within its window", "[RTE-07]") {
  struct Row {
    const char* id;
    const char* asked;
    bool complex;
    Reason refused;
  };
  const Row rows[] = {
      {"RTE-07/accept: next day", "2025-06-13T23:59:59+08:00", false, config::v1::REASON_UNSPECIFIED},
      {"RTE-07/accept: second day, not complex", "2025-06-16T00:00:00+08:00", false,
       config::v1::REASON_RETURN_TOO_LATE},
      {"RTE-07/accept: weekend after the window", "2025-06-14T00:00:00+08:00", false,
       config::v1::REASON_RETURN_TOO_LATE},
      {"RTE-07/accept: second day, complex", "2025-06-16T23:59:59+08:00", true, config::v1::REASON_UNSPECIFIED},
      {"RTE-07/accept: third day", "2025-06-17T00:00:00+08:00", true, config::v1::REASON_RETURN_TOO_LATE},
      {"RTE-07/accept: third day, not complex", "2025-06-17T09:00:00+08:00", false, config::v1::REASON_RETURN_TOO_LATE},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Dispatched("2025-06-12T09:00:00+08:00", row.complex);
    book.SetNow("2025-06-13T09:00:00+08:00");
    REQUIRE_OK(book.Sign(Of("SCJG")));
    book.SetNow(row.asked);
    CHECK(Refused(Ask(book, Request(book))) == row.refused);
    if (row.refused == config::v1::REASON_UNSPECIFIED) {
      CHECK(book.state() == ORDER_STATE_RETURN_REVIEW);
      CHECK(book.types == std::vector<std::string>{"OrderReturnAsked"});
      CHECK(book.order().returns(0).proposed_undertaker() == "ZWFW");
      CHECK(book.order().main_undertaker() == "SCJG");
    }
  }
}

TEST_CASE("a return needs a basis and another body", "[RTE-07]") {
  struct Row {
    const char* id;
    void (*spoil)(v1::RequestReturnRequest&);
    Reason refused;
  };
  const Row rows[] = {
      {"RTE-07/bad/1: no basis", [](auto& r) { r.clear_legal_basis(); }, config::v1::REASON_REQUIRED},
      {"RTE-07/bad/1: blank basis", [](auto& r) { r.set_legal_basis(" 　"); }, config::v1::REASON_REQUIRED},
      {"no reason", [](auto& r) { r.clear_reason_code(); }, config::v1::REASON_REQUIRED},
      {"RTE-07/bad/1: itself", [](auto& r) { r.set_proposed_undertaker("SCJG"); }, config::v1::REASON_RETURN_TO_SELF},
      {"no body", [](auto& r) { r.clear_proposed_undertaker(); }, config::v1::REASON_REQUIRED},
      {"unknown body", [](auto& r) { r.set_proposed_undertaker("NOPE"); }, config::v1::REASON_NOT_IN_DIRECTORY},
      {"collective", [](auto& r) { r.set_proposed_undertaker("ALLQ"); }, config::v1::REASON_NOT_IN_DIRECTORY},
      {"long", [](auto& r) { r.set_text(std::string(1001, 'x')); }, config::v1::REASON_TOO_LONG},
      {"both", [](auto& r) { r.clear_legal_basis(), r.set_proposed_undertaker("SCJG"); },
       config::v1::REASON_FIELDS_INVALID},
      {"no etag", [](auto& r) { r.clear_etag(); }, config::v1::REASON_ETAG_REQUIRED},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Dispatched();
    v1::RequestReturnRequest request = Request(book);
    row.spoil(request);
    CHECK(Refused(Ask(book, request)) == row.refused);
    CHECK(book.state() == ORDER_STATE_DISPATCHED);
  }
}

TEST_CASE("a pressing order is not returned", "[RTE-07]") {
  INFO("RTE-07/bad/2: LIFE_SAFETY");
  Book book = Dispatched("2025-06-12T09:00:00+08:00", false, "SCJG", URGENCY_LIFE_SAFETY);
  CHECK(Refused(Ask(book, Request(book))) == config::v1::REASON_RETURN_NOT_ALLOWED);
  CHECK_OK([&] {
    Book utility = Dispatched("2025-06-12T09:00:00+08:00", false, "SCJG", URGENCY_UTILITY);
    return Ask(utility, Request(utility));
  }());
}

TEST_CASE("another body cannot return it", "[RTE-05]") {
  Book book = Dispatched();
  CHECK(Refused(Ask(book, Request(book), "TAX")) == config::v1::REASON_NOT_FOUND);
  INFO("RTE-05/bad: a body that assists cannot take the order over either");
  Book assisted;
  REQUIRE_OK(assisted.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  REQUIRE_OK(assisted.Dispatch("SCJG", {"TAX"}));
  CHECK(Refused(Ask(assisted, Request(assisted), "TAX")) == config::v1::REASON_NOT_UNDERTAKER);
  CHECK(Refused(assisted.Dispatch("TAX", {}, Of("SCJG"))) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK(assisted.order().main_undertaker() == "SCJG");
}

TEST_CASE("a refused return leaves everything with the body", "[RTE-05]") {
  INFO("RTE-05/accept");
  Book book = Dispatched();
  book.SetNow("2025-06-13T09:00:00+08:00");
  REQUIRE_OK(Ask(book, Request(book)));
  CHECK(Shown(book.order().returns(0).ruling_due_time()) == "2025-06-16T23:59:59+08:00");
  CHECK(book.TimerAt(kTimerRuling) == At("2025-06-17T00:00:00+08:00"));
  CHECK(Refused(Rule(book, false, "")) == config::v1::REASON_REQUIRED);
  book.SetNow("2025-06-16T09:00:00+08:00");
  REQUIRE_OK(Rule(book, false));
  const v1::WorkOrder order = book.order();
  CHECK(order.state() == ORDER_STATE_HANDLING);
  CHECK(order.main_undertaker() == "SCJG");
  CHECK(Shown(order.due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(order.dispatches(0).taken_as_signed());
  CHECK_FALSE(order.dispatches(0).returned());
  CHECK(Shown(order.first_contact_due_time()) == "2025-06-17T23:59:59+08:00");
  REQUIRE(order.stays_size() == 2);
  CHECK(order.stays(1).holder() == "SCJG");
  CHECK_FALSE(order.stays(1).has_end_time());
  CHECK(book.Told("OrderReturnRuled", "REFUSED"));
  CHECK(Refused(Rule(book, false)) == config::v1::REASON_ILLEGAL_MOVE);
  INFO("a dispute is no ground to keep the enterprise waiting");
  book.RunTimers("2025-06-18T00:00:00+08:00");
  CHECK(book.HasMark("CONTACT_REFUSED"));
  CHECK_FALSE(book.HasMark("CONTACT_LATE"));
}

TEST_CASE("a late ruling is the hub's mark", "[RTE-07]") {
  Book book = Dispatched();
  REQUIRE_OK(Ask(book, Request(book)));
  book.RunTimers("2025-06-14T00:00:00+08:00");
  CHECK(book.HasMark("LATE_RULING"));
  CHECK(book.Told("DeadlineMissed", "RULING"));
}

TEST_CASE("an agreed return gives the order back to the hub", "[RTE-05][RTE-17]") {
  Book book = Dispatched();
  REQUIRE_OK(book.Sign(Of("SCJG")));
  book.SetNow("2025-06-13T09:00:00+08:00");
  REQUIRE_OK(Ask(book, Request(book)));
  book.SetNow("2025-06-13T11:00:00+08:00");
  REQUIRE_OK(Rule(book, true));
  const v1::WorkOrder order = book.order();
  CHECK(order.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(order.main_undertaker().empty());
  CHECK_FALSE(order.has_first_contact_due_time());
  CHECK(order.dispatches(0).returned());
  CHECK(order.returns(0).agreed());
  CHECK(Shown(order.stays(1).end_time()) == "2025-06-13T09:00:00+08:00");
  CHECK(order.stays(2).holder() == "HUB");
  CHECK(Shown(order.due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(book.TimerAt(kTimerDispatch) == At("2025-06-13T13:00:00+08:00"));
}

TEST_CASE("a new dispatch starts its own limits", "[RTE-06][RTE-17]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
  book.RunTimers("2025-06-12T11:00:00+08:00");
  CHECK(book.HasMark("LATE_DISPATCH"));
  REQUIRE_OK(book.Dispatch("SCJG", {}, Dispatcher(), "", true));
  book.RunTimers("2025-06-14T00:00:00+08:00");
  CHECK(book.HasMark("LATE_SIGN"));
  CHECK(book.TimerAt(kTimerSign) == 0);
  REQUIRE_OK(Ask(book, Request(book)));
  REQUIRE_OK(Rule(book, true));
  INFO("the hub's limit runs again");
  CHECK(book.TimerAt(kTimerDispatch) == At("2025-06-14T02:00:00+08:00"));
  REQUIRE_OK(book.Dispatch("SWJ"));
  INFO("and so does the limit for signing");
  CHECK(book.TimerAt(kTimerSign) == At("2025-06-17T00:00:00+08:00"));
  CHECK(book.TimerAt(kTimerTake) == At("2025-06-17T00:00:00+08:00"));
  book.RunTimers("2025-06-19T00:00:00+08:00");
  CHECK(book.HasMark("CONTACT_LATE"));
  CHECK_FALSE(book.HasMark("CONTACT_REFUSED"));
  CHECK(Shown(book.order().due_time()) == "2025-06-23T23:59:59+08:00");
}

TEST_CASE("without a return in time the order is the body's", "[RTE-08]") {
  struct Row {
    const char* id;
    bool complex;
    const char* before;
    const char* at;
  };
  const Row rows[] = {
      {"RTE-08/accept: not complex", false, "2025-09-28T23:59:59+08:00", "2025-09-29T00:00:00+08:00"},
      {"RTE-08/accept: complex", true, "2025-09-29T23:59:59+08:00", "2025-09-30T00:00:00+08:00"},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Dispatched("2025-09-26T09:00:00+08:00", row.complex);
    book.RunTimers(row.before);
    CHECK(book.state() == ORDER_STATE_DISPATCHED);
    book.RunTimers(row.at);
    CHECK(book.state() == ORDER_STATE_HANDLING);
    CHECK(book.order().dispatches(0).taken_as_signed());
    CHECK(book.HasMark("LATE_SIGN"));
    CHECK(book.Told("OrderSigned", "TAKEN_AS_SIGNED"));
  }
}

TEST_CASE("the third dispatch designates", "[RTE-09]") {
  Book book = Dispatched("2025-06-12T09:00:00+08:00", false, "FGW");
  CHECK_FALSE(book.order().dispatches(0).designated());
  REQUIRE_OK(Ask(book, Request(book), "FGW"));
  REQUIRE_OK(Rule(book, true));
  INFO("RTE-09/bad: again to a body that gave it back");
  CHECK(Refused(book.Dispatch("FGW", {}, Dispatcher(), "再派")) == config::v1::REASON_AGAIN_NEEDS_LEADER);
  CHECK(Refused(book.Dispatch("FGW", {}, Leader(), "")) == config::v1::REASON_AGAIN_NEEDS_LEADER);
  REQUIRE_OK(book.Dispatch("SWJ"));
  CHECK_FALSE(book.order().dispatches(1).designated());
  REQUIRE_OK(Ask(book, Request(book), "SWJ"));
  REQUIRE_OK(Rule(book, true));
  INFO("RTE-09/accept");
  Book third = book;
  REQUIRE_OK(third.Dispatch("SCJG"));
  CHECK(third.order().dispatches(2).designated());
  CHECK(Refused(Ask(third, Request(third))) == config::v1::REASON_DESIGNATED);
  INFO("RTE-09/bad: the leader may, with a reason");
  REQUIRE_OK(book.Dispatch("FGW", {}, Leader(), "联席会议意见"));
  CHECK(book.order().dispatches(2).designated());
  CHECK(book.order().main_undertaker() == "FGW");
}

TEST_CASE("a participating body may decline within the signing limit", "[RTE-11]") {
  v1::DeclineWorkOrderRequest request;
  request.set_name(kName);
  request.set_reason("不属于海关事权");
  {
    INFO("RTE-11/accept");
    Book book = Dispatched("2025-06-12T09:00:00+08:00", false, "HG");
    book.SetNow("2025-06-13T23:59:59+08:00");
    request.set_etag(book.etag());
    REQUIRE_OK(book.Keep(DecideDecline(book, book.setting(), Of("HG"), request)));
    CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
    CHECK(book.order().marks().empty());
    CHECK(book.order().dispatches(0).declined());
    CHECK_FALSE(book.order().dispatches(0).returned());
    CHECK(book.order().main_undertaker().empty());
    CHECK(book.Told("OrderDeclined"));
  }
  {
    INFO("RTE-11/accept: only within the signing limit, with a reason");
    Book book = Dispatched("2025-06-12T09:00:00+08:00", false, "HG");
    request.set_etag(book.etag());
    v1::DeclineWorkOrderRequest blank = request;
    blank.set_reason(" ");
    CHECK(Refused(book.Keep(DecideDecline(book, book.setting(), Of("HG"), blank))) == config::v1::REASON_REQUIRED);
    book.SetNow("2025-06-14T00:00:00+08:00");
    CHECK(Refused(book.Keep(DecideDecline(book, book.setting(), Of("HG"), request))) ==
          config::v1::REASON_DECLINE_TOO_LATE);
    book.SetNow("2025-06-13T09:00:00+08:00");
    REQUIRE_OK(book.Sign(Of("HG")));
    request.set_etag(book.etag());
    CHECK(Refused(book.Keep(DecideDecline(book, book.setting(), Of("HG"), request))) ==
          config::v1::REASON_ILLEGAL_MOVE);
  }
  INFO("RTE-11/bad");
  for (const char* direct : {"SCJG", "TAX", "GSL"}) {
    Book book = Dispatched("2025-06-12T09:00:00+08:00", false, direct);
    request.set_etag(book.etag());
    CHECK(Refused(book.Keep(DecideDecline(book, book.setting(), Of(direct), request))) ==
          config::v1::REASON_DECLINE_NOT_ALLOWED);
  }
}

}  // namespace
}  // namespace jinqi::routing
