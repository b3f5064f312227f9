#include "services/routing/dispatch.h"

#include "services/routing/supervision.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

constexpr char kAccepted[] = "2025-09-26T09:00:00+08:00";

Book Pending(const std::string& proposed = "SCJG", std::vector<std::string> judged = {}) {
  Book book;
  NewOrder created = Book::Demand(kAccepted, proposed);
  created.judged = std::move(judged);
  REQUIRE_OK(book.Create(created));
  return book;
}

TEST_CASE("a dispatch names one main body and starts its clocks", "[RTE-04][RTE-06]") {
  Book book = Pending();
  CHECK(book.TimerAt(kTimerDispatch) == At("2025-09-26T11:00:00+08:00"));
  REQUIRE_OK(book.Dispatch("SCJG", {"TAX", "RSJ"}));
  const v1::WorkOrder order = book.order();
  CHECK(order.state() == ORDER_STATE_DISPATCHED);
  CHECK(order.main_undertaker() == "SCJG");
  REQUIRE(order.dispatches_size() == 1);
  CHECK(order.dispatches(0).number() == 1);
  CHECK(order.dispatches(0).decided_by() == "HUMAN");
  CHECK(order.dispatches(0).rule_id() == "M09-1");
  CHECK(Shown(order.dispatches(0).sign_due_time()) == "2025-09-28T23:59:59+08:00");
  CHECK(Shown(order.dispatches(0).return_due_time()) == "2025-09-28T23:59:59+08:00");
  INFO("RTE-04/accept");
  REQUIRE(order.assists_size() == 2);
  CHECK(Shown(order.due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK(Shown(order.assists(0).due_time()) == "2025-10-11T23:59:59+08:00");
  CHECK(book.types == std::vector<std::string>{"OrderDispatched"});
  REQUIRE(book.told.size() == 1);
  CHECK(book.told[0].second.from() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.told[0].second.to() == ORDER_STATE_DISPATCHED);
  CHECK(book.told[0].second.order().main_undertaker() == "SCJG");
  CHECK(book.told[0].second.order().assist_undertakers_size() == 2);
}

TEST_CASE("a dispatch with faults names all of them", "[RTE-04]") {
  struct Row {
    const char* id;
    std::string main;
    std::vector<std::string> assists;
    std::string reason;
    Reason refused;
  };
  const Row rows[] = {
      {"RTE-04/bad/1", "SCJG", {"SCJG"}, "", config::v1::REASON_MAIN_IS_ASSISTANT},
      {"RTE-04/bad/2: none", "", {}, "", config::v1::REASON_REQUIRED},
      {"RTE-04/bad/2: two", "SCJG,TAX", {}, "", config::v1::REASON_NOT_IN_DIRECTORY},
      {"a code that is none", "NOPE", {}, "理由", config::v1::REASON_NOT_IN_DIRECTORY},
      {"a collective name", "ALLQ", {}, "理由", config::v1::REASON_UNDERTAKER_COLLECTIVE},
      {"an assistant twice", "SCJG", {"TAX", "TAX"}, "", config::v1::REASON_ALREADY_EXISTS},
      {"an assistant that is none", "SCJG", {"NOPE"}, "", config::v1::REASON_NOT_IN_DIRECTORY},
      {"a liaison assistant", "SCJG", {"GFY"}, "", config::v1::REASON_LIAISON_ONLY},
      {"two faults", "NOPE", {"NOPE"}, "", config::v1::REASON_FIELDS_INVALID},
      {"not proposed, no reason", "TAX", {}, "", config::v1::REASON_REASON_NEEDED},
      {"blank reason", "TAX", {}, " \t", config::v1::REASON_REASON_NEEDED},
      {"a long reason", "TAX", {}, std::string(501, 'x'), config::v1::REASON_TOO_LONG},
      {"eleven assistants",
       "SCJG",
       {"TAX", "RSJ", "FGW", "SWJ", "GSL", "SFJ", "SJJ", "CGW", "SHUIW", "GHZY", "GXJ"},
       "",
       config::v1::REASON_TOO_MANY},
      {"RTE-10: a liaison body takes no order", "GFY", {}, "理由", config::v1::REASON_LIAISON_ONLY},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Pending();
    CHECK(Refused(book.Dispatch(row.main, row.assists, Dispatcher(), row.reason)) == row.refused);
    CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  }
  Book book = Pending();
  CHECK_OK(book.Dispatch("TAX", {}, Dispatcher(), "企业要求"));
}

TEST_CASE("the second of two dispatchers gets the state that he did not see", "[RTE-24]") {
  Book book = Pending();
  v1::DispatchWorkOrderRequest request;
  request.set_name(kName);
  request.set_main_undertaker("SCJG");
  INFO("RTE-24/bad");
  CHECK(Refused(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_ETAG_REQUIRED);
  INFO("RTE-24/accept");
  request.set_etag(book.etag());
  REQUIRE_OK(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request)));
  request.set_main_undertaker("TAX");
  request.set_reason("另派");
  const absl::Status second = book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request));
  CHECK(Refused(second) == config::v1::REASON_VERSION_CONFLICT);
  CHECK(MetadataOf(second).at("state") == "DISPATCHED");
  CHECK(MetadataOf(second).at("etag") == book.etag());
  CHECK(book.order().main_undertaker() == "SCJG");
  CHECK(book.order().dispatches_size() == 1);
}

TEST_CASE("a dispatcher confirms the proposal that he saw", "[RTE-23]") {
  Book book = Pending();
  v1::DispatchWorkOrderRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_main_undertaker("SCJG");
  request.set_proposal_id("p0");
  CHECK(Refused(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_PROPOSAL_UNKNOWN);
  request.set_proposal_id("p1");
  REQUIRE_OK(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request)));
  CHECK(book.order().dispatches(0).proposal_id() == "p1");
  request.set_etag(book.etag());
  CHECK(Refused(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_ILLEGAL_MOVE);
  request.set_name("workOrders/unknown");
  CHECK(Refused(book.Keep(DecideDispatch(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_NOT_FOUND);
}

TEST_CASE("a district's dispatcher sees only his district", "[GWY-04]") {
  Book book = Pending();
  const Actor elsewhere = Person(config::v1::ROLE_DISPATCHER, "Q120116-HUB", "120116");
  CHECK(Refused(book.Dispatch("SCJG", {}, elsewhere)) == config::v1::REASON_NOT_FOUND);
  CHECK_OK(book.Dispatch("SCJG", {}, Person(config::v1::ROLE_DISPATCHER, "Q120104-HUB", "120104")));
}

TEST_CASE("nobody judges himself", "[RTE-12]") {
  Book book = Pending("SFJ", {"CGW", "SFJ"});
  INFO("RTE-12/bad");
  const absl::Status refused = book.Dispatch("SFJ");
  CHECK(Refused(refused) == config::v1::REASON_CONFLICT_OF_INTEREST);
  CHECK(MetadataOf(refused).at("code") == "SFJ");
  INFO("RTE-12/accept: at most assistant");
  CHECK_OK(book.Dispatch("Q120104", {"CGW"}));
  v1::SendToLiaisonRequest request;
  request.set_name(kName);
  Book court = Pending("", {"GFY"});
  request.set_etag(court.etag());
  request.set_undertaker("GFY");
  CHECK(Refused(court.Keep(DecideSendToLiaison(court, court.setting(), Dispatcher(), request))) ==
        config::v1::REASON_CONFLICT_OF_INTEREST);
}

TEST_CASE("an order waits in the exception queue for a body that cannot receive it", "[RTE-01]") {
  INFO("RTE-01/accept: HUB_MISSING");
  Book book;
  book.PutUndertaker("Q120104", [](v1::Undertaker& body) { body.clear_hub(); });
  REQUIRE_OK(book.Create(Book::Demand(kAccepted, "Q120104")));
  CHECK(book.order().exception() == "HUB_MISSING");
  CHECK(book.order().state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.types == std::vector<std::string>{"OrderProposed", "OrderExcepted"});
  CHECK(book.TimerAt(kTimerException) == At("2025-09-26T09:09:00+08:00"));
  CHECK(book.TimerAt(kTimerDispatch) == 0);
  REQUIRE_OK(book.Dispatch("Q120104"));
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.TimerAt(kTimerException) == At("2025-09-26T09:09:00+08:00"));
  book.RunTimers("2025-09-26T09:30:00+08:00");
  CHECK(book.Told("DeadlineMissed", "EXCEPTION HUB_MISSING"));
  CHECK(book.TimerAt(kTimerException) == 0);
  book.PutUndertaker("Q120104", [](v1::Undertaker& body) { body.set_hub("Q120104-HUB"); });
  REQUIRE_OK(book.Dispatch("Q120104"));
  CHECK(book.state() == ORDER_STATE_DISPATCHED);
  CHECK(book.order().exception().empty());
}

TEST_CASE("a city body needs an active contact, an assistant too", "[RTE-01]") {
  Book book = Pending();
  book.PutUndertaker("SCJG", [](v1::Undertaker& body) { body.mutable_contacts(0)->set_active(false); });
  REQUIRE_OK(book.Dispatch("SCJG"));
  CHECK(book.order().exception() == "CONTACT_MISSING");
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  REQUIRE_OK(book.Dispatch("TAX", {"SCJG"}));
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  REQUIRE_OK(book.Dispatch("TAX"));
  CHECK(book.state() == ORDER_STATE_DISPATCHED);
}

TEST_CASE("the catalogue of the day of dispatch decides", "[RTE-02]") {
  v1::DispatchCatalogue old;
  old.set_version(6);
  old.set_effective_date("2025-01-01");
  auto* rule = old.add_rules();
  rule->set_rule_id("X6");
  rule->set_category_code("A02-05");
  rule->set_main_undertaker("SWJ");
  v1::DispatchCatalogue next = old;
  next.set_version(7);
  next.set_effective_date("2026-01-01");
  next.mutable_rules(0)->set_rule_id("X7");
  next.mutable_rules(0)->set_main_undertaker("FGW");
  Book book({old, next});
  REQUIRE_OK(book.Create([] {
    NewOrder created = Book::Demand("2025-12-31T10:00:00+08:00", "SCJG");
    created.body = "SWJ";
    return created;
  }()));
  CHECK(book.order().proposal().candidates(0).undertaker() == "SWJ");
  CHECK(book.order().proposal().candidates(1).undertaker() == "SCJG");
  CHECK(book.order().proposal().catalogue_version() == 6);
  INFO("RTE-02/accept");
  book.SetNow("2026-01-04T10:00:00+08:00");
  const absl::Status refused = book.Dispatch("SWJ", {}, Dispatcher(), "");
  CHECK(Refused(refused) == config::v1::REASON_CATALOGUE_SAYS_OTHER);
  CHECK(MetadataOf(refused).at("code") == "FGW");
  CHECK(MetadataOf(refused).at("version") == "7");
  REQUIRE_OK(book.Dispatch("FGW", {}, Dispatcher(), ""));
  CHECK(book.order().main_undertaker() == "FGW");
  CHECK(book.order().dispatches(0).catalogue_version() == 7);
  CHECK(book.order().dispatches(0).rule_id() == "X7");
}

TEST_CASE("a liaison body is sent an opinion, not an order", "[RTE-10]") {
  Book book = Pending("GFY");
  v1::SendToLiaisonRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_undertaker("SCJG");
  CHECK(Refused(book.Keep(DecideSendToLiaison(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_NOT_LIAISON);
  request.set_undertaker("");
  CHECK(Refused(book.Keep(DecideSendToLiaison(book, book.setting(), Dispatcher(), request))) ==
        config::v1::REASON_REQUIRED);
  INFO("RTE-10/accept");
  request.set_undertaker("GFY");
  REQUIRE_OK(book.Keep(DecideSendToLiaison(book, book.setting(), Dispatcher(), request)));
  CHECK(book.state() == ORDER_STATE_LIAISON_SENT);
  CHECK(book.order().liaison());
  CHECK(book.order().liaison_notice() == "该事项已转送相关单位，由其依法独立答复。");
  CHECK(book.told.back().second.order().liaison_notice() == book.order().liaison_notice());
  CHECK_FALSE(book.order().has_due_time());
  CHECK(book.timers().empty());
  REQUIRE(book.Told("OrderLiaisonSent"));
  CHECK_FALSE(book.told[0].second.reason().empty());
  CHECK(book.told[0].second.order().liaison());

  INFO("RTE-10/bad: supervision");
  v1::OpenSupervisionRequest supervise;
  supervise.set_name(kName);
  supervise.set_etag(book.etag());
  supervise.set_cause("REFUSAL");
  CHECK(Refused(book.Keep(DecideOpenSupervision(book, book.setting(), Reviewer(), supervise))) ==
        config::v1::REASON_LIAISON_ONLY);
  INFO("RTE-10/bad: rating");
  CHECK(Refused(book.Rate(1, 0)) == config::v1::REASON_LIAISON_ONLY);

  v1::CloseLiaisonRequest close;
  close.set_name(kName);
  close.set_etag(book.etag());
  REQUIRE_OK(book.Keep(DecideCloseLiaison(book, book.setting(), Dispatcher(), close)));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  CHECK(book.TimerAt(kTimerArchive) == At("2025-10-11T09:00:00+08:00"));
  close.set_etag(book.etag());
  CHECK(Refused(book.Keep(DecideCloseLiaison(book, book.setting(), Dispatcher(), close))) ==
        config::v1::REASON_ILLEGAL_MOVE);
  book.RunTimers("2025-10-11T09:00:00+08:00");
  CHECK(book.state() == ORDER_STATE_ARCHIVED);
}

TEST_CASE("the hub's own delay is told", "[RTE-06]") {
  Book book = Pending();
  book.RunTimers("2025-09-26T10:59:59+08:00");
  CHECK(book.fired.empty());
  book.RunTimers("2025-09-26T11:00:00+08:00");
  CHECK(book.HasMark("LATE_DISPATCH"));
  CHECK(book.Told("DeadlineMissed", "DISPATCH"));
  CHECK(book.TimerAt(kTimerDispatch) == 0);
  Book urgent;
  NewOrder created = Book::Demand(kAccepted);
  created.demand.set_urgency(URGENCY_UTILITY);
  REQUIRE_OK(urgent.Create(created));
  CHECK(urgent.TimerAt(kTimerDispatch) == At("2025-09-26T09:15:00+08:00"));
}

}  // namespace
}  // namespace jinqi::routing
