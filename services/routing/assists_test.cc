#include "services/routing/assists.h"

#include "services/routing/calendars.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;

absl::Status Add(Book& book, const std::string& code, const Actor& actor = Dispatcher()) {
  v1::AddAssistRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_undertaker(code);
  return book.Keep(DecideAddAssist(book, book.setting(), actor, request));
}

absl::Status Remove(Book& book, const std::string& code) {
  v1::RemoveAssistRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_undertaker(code);
  return book.Keep(DecideRemoveAssist(book, book.setting(), Dispatcher(), request));
}

absl::Status Answer(Book& book, const std::string& body) {
  v1::AnswerAssistRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_answer("已办理本单位部分");
  return book.Keep(DecideAnswerAssist(book, book.setting(), Of(body), request, {"t4", "sealed", "digest"}));
}

// Accepted 2025-09-27, due 2025-10-13, with an assistant.
Book Running(const Strings& assists = {"TAX"}) {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2025-09-27T10:00:00+08:00")));
  REQUIRE_OK(book.Dispatch("SCJG", assists));
  REQUIRE_OK(book.Sign(Of("SCJG")));
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  return book;
}

TEST_CASE("one more body assists, until a working day before the main limit", "[RTE-04]") {
  Book book = Running();
  book.SetNow("2025-09-29T09:00:00+08:00");
  REQUIRE_OK(Add(book, "RSJ"));
  INFO("RTE-04/accept");
  REQUIRE(book.order().assists_size() == 2);
  CHECK(book.order().assists(1).undertaker() == "RSJ");
  CHECK(Shown(book.order().assists(1).due_time()) == "2025-10-11T23:59:59+08:00");
  CHECK(Shown(book.order().due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK(book.Told("AssistAdded", "RSJ"));
  CHECK(book.told.back().second.order().assist_undertakers(1) == "RSJ");
  CHECK(book.state() == ORDER_STATE_HANDLING);
  INFO("RTE-04/accept: it is waited for as the others are");
  REQUIRE_OK(Answer(book, "TAX"));
  CHECK(Refused(book.Submit(Of("SCJG"))) == config::v1::REASON_ASSIST_OPEN);
  REQUIRE_OK(Answer(book, "RSJ"));
  CHECK_OK(book.Submit(Of("SCJG")));
}

TEST_CASE("an assistant added at the end has the day", "[RTE-04]") {
  Book book = Running();
  book.SetNow("2025-10-13T15:00:00+08:00");
  REQUIRE_OK(Add(book, "RSJ"));
  CHECK(Shown(book.order().assists(1).due_time()) == "2025-10-13T23:59:59+08:00");
}

TEST_CASE("who cannot assist is not added", "[RTE-04][RTE-10]") {
  struct Row {
    const char* id;
    const char* code;
    Reason reason;
  };
  const Row rows[] = {{"RTE-04/bad/1", "SCJG", config::v1::REASON_MAIN_IS_ASSISTANT},
                      {"twice", "TAX", config::v1::REASON_ALREADY_EXISTS},
                      {"nobody", "", config::v1::REASON_REQUIRED},
                      {"unknown", "XXX", config::v1::REASON_NOT_IN_DIRECTORY},
                      {"collective", "ALLQ", config::v1::REASON_UNDERTAKER_COLLECTIVE},
                      {"a court", "GFY", config::v1::REASON_LIAISON_ONLY},
                      {"RTE-01: without contact", "KJJ", config::v1::REASON_UNKNOWN_VALUE}};
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Running();
    book.PutUndertaker("KJJ", [](v1::Undertaker& body) { body.clear_contacts(); });
    CHECK(Refused(Add(book, row.code)) == row.reason);
    CHECK(book.order().assists_size() == 1);
  }
  INFO("ten at most");
  Book book = Running({"RSJ", "FGW", "SWJ", "GSL", "SFJ", "SJJ", "CGW", "SHUIW", "GHZY"});
  REQUIRE_OK(Add(book, "GXJ"));
  CHECK(Refused(Add(book, "ZJW")) == config::v1::REASON_TOO_MANY);
  REQUIRE_OK(Remove(book, "RSJ"));
  CHECK_OK(Add(book, "ZJW"));
}

TEST_CASE("an assistant that is removed is waited for no more", "[RTE-04]") {
  Book book = Running({"TAX", "RSJ"});
  CHECK(Refused(Remove(book, "FGW")) == config::v1::REASON_ASSIST_UNKNOWN);
  CHECK(Refused(Remove(book, "SCJG")) == config::v1::REASON_ASSIST_UNKNOWN);
  REQUIRE_OK(Answer(book, "TAX"));
  CHECK(Refused(Remove(book, "TAX")) == config::v1::REASON_ASSIST_ANSWERED);
  REQUIRE_OK(Remove(book, "RSJ"));
  CHECK(book.Told("AssistRemoved", "RSJ"));
  CHECK(book.order().assists(1).removed());
  CHECK(book.told.back().second.order().assist_undertakers_size() == 1);
  CHECK(Refused(Remove(book, "RSJ")) == config::v1::REASON_ASSIST_UNKNOWN);
  CHECK(Refused(Answer(book, "RSJ")) == config::v1::REASON_NOT_FOUND);
  SECTION("and holds nothing up") { CHECK_OK(book.Submit(Of("SCJG"))); }
  SECTION("or is asked again") {
    REQUIRE_OK(Add(book, "RSJ"));
    CHECK(Refused(book.Submit(Of("SCJG"))) == config::v1::REASON_ASSIST_OPEN);
    CHECK_OK(Answer(book, "RSJ"));
  }
}

TEST_CASE("assistants change while a body has the order", "[RTE-04][RTE-25]") {
  for (int state = 1; state <= ORDER_STATE_ARCHIVED; ++state) {
    const auto at = static_cast<OrderState>(state);
    const bool may = at == ORDER_STATE_DISPATCHED || at == ORDER_STATE_HANDLING || at == ORDER_STATE_ESCALATED ||
                     at == ORDER_STATE_REWORK;
    INFO(state);
    Book book = Running();
    v1::WorkOrderRecord record = book.record();
    record.mutable_order()->set_state(at);
    book.Put(OrderKey(kOrder), record.SerializeAsString());
    CHECK(Refused(Add(book, "RSJ")) == (may ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_ILLEGAL_MOVE));
    CHECK(Refused(Remove(book, "TAX")) == (may ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_ILLEGAL_MOVE));
  }
}

TEST_CASE("an assistant that misses its limit is marked once", "[RTE-04]") {
  Book book = Running({"TAX", "RSJ"});
  REQUIRE_OK(Answer(book, "RSJ"));
  CHECK(book.TimerAt(kTimerAssist) == At("2025-10-12T00:00:00+08:00"));
  book.RunTimers("2025-10-11T23:59:59+08:00");
  CHECK_FALSE(book.order().assists(0).late());
  book.RunTimers("2025-10-12T00:00:00+08:00");
  CHECK(book.Told("DeadlineMissed", "ASSIST TAX"));
  CHECK(book.order().assists(0).late());
  CHECK_FALSE(book.order().assists(1).late());
  CHECK(book.TimerAt(kTimerAssist) == 0);
  REQUIRE_OK(Answer(book, "TAX"));
  CHECK(book.order().assists(0).late());
  INFO("the main body's own limit is not missed by that");
  CHECK(book.order().marks().empty());
}

TEST_CASE("an answer after the limit is late, also before its timer", "[RTE-04]") {
  for (const bool late : {false, true}) {
    Book book = Running();
    book.SetNow(late ? "2025-10-12T00:00:00+08:00" : "2025-10-11T23:59:59+08:00");
    REQUIRE_OK(Answer(book, "TAX"));
    CHECK(book.order().assists(0).late() == late);
    CHECK(book.TimerAt(kTimerAssist) == 0);
  }
}

TEST_CASE("a provisional limit makes no assistant late", "[RTE-15][RTE-04]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2026-12-28T10:00:00+08:00")));
  REQUIRE_OK(book.Dispatch("SCJG", {"TAX"}));
  REQUIRE(book.order().due_provisional());
  CHECK(book.TimerAt(kTimerAssist) == 0);
  book.SetNow("2027-01-07T10:00:00+08:00");
  REQUIRE_OK(Answer(book, "TAX"));
  CHECK_FALSE(book.order().assists(0).late());
}

}  // namespace
}  // namespace jinqi::routing
