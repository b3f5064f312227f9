#include "services/routing/explanation.h"

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Types = std::vector<std::string>;
using v1::CloseWithExplanationRequest;

constexpr char kAccepted[] = "2025-06-23T09:00:00+08:00";
constexpr char kText[] = "经核查，企业要求减免的费用依法必须缴纳，已向企业说明依据和复议途径";

// Rated badly on the day it was fed back: in rework since 09:00.
Book InRework() {
  Book book;
  book.TakeToFedBack(kAccepted);
  REQUIRE_OK(book.Rate(1, 0));
  book.SetNow("2025-06-24T15:00:00+08:00");
  return book;
}

CloseWithExplanationRequest Explanation(const Book& book) {
  CloseWithExplanationRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_judgement("UNLAWFUL_DEMAND");
  request.set_explanation(kText);
  request.add_basis("行政许可法第三十二条");
  *request.mutable_contact_time() = Stamp("2025-06-24T14:30:00+08:00");
  request.set_way("PHONE");
  request.set_person("审核员");
  return request;
}

absl::Status Close(Book& book, const CloseWithExplanationRequest& request, const Actor& actor = Reviewer()) {
  return book.Keep(DecideCloseWithExplanation(book, book.setting(), actor, request, {"t9", "sealed", "digest"}));
}

TEST_CASE("the hub closes with reasons instead of a rework, by lawful moves only", "[FBK-07]") {
  Book book = InRework();
  CloseWithExplanationRequest request = Explanation(book);
  request.set_explanation(std::string(kText) + "，电话13800001234");
  INFO("FBK-07/accept/3");
  REQUIRE_OK(Close(book, request));
  CHECK(book.types == Types{"OrderContacted", "OrderSubmitted", "OrderFedBack", "OrderFollowedUp", "OrderClosed"});
  CHECK(book.state() == ORDER_STATE_CLOSED);
  const v1::WorkOrder order = book.order();
  CHECK(order.result_type() == RESULT_TYPE_EXPLAINED);
  CHECK(Shown(order.close_time()) == "2025-06-24T15:00:00+08:00");
  REQUIRE(order.contacts_size() == 2);
  CHECK(order.contacts(1).rework_round() == 1);
  CHECK(order.contacts(1).by() == Reviewer().text);
  CHECK(Shown(order.contacts(1).time()) == "2025-06-24T14:30:00+08:00");
  REQUIRE(order.submissions_size() == 2);
  CHECK(order.submissions(1).explain_reason() == "UNLAWFUL_DEMAND");
  CHECK(order.submissions(1).basis(0) == "行政许可法第三十二条");
  CHECK(order.submissions(1).approved());
  CHECK(order.feedback().by() == Reviewer().text);
  CHECK(Shown(order.feedback_time()) == "2025-06-24T14:30:00+08:00");
  CHECK_FALSE(order.feedback().late());
  CHECK(book.record().result_text_id() == "t9");
  for (const auto& [type, event] : book.told) CHECK((type == "OrderContacted" || event.reason() == "EXPLAINED"));
  const std::string told = book.told[2].second.order().result_text();
  CHECK(told.find("依法必须缴纳") != std::string::npos);
  CHECK(told.find("13800001234") == std::string::npos);

  INFO("no window of a rating ends it: archived 15 days after the closing");
  CHECK(book.TimerAt(kTimerArchive) == At("2025-07-09T15:00:00+08:00"));
  CHECK(book.TimerAt(kTimerRework) == 0);
  RatingWindowClosed window;
  window.set_order_no(kOrder);
  REQUIRE_OK(book.Keep(DecideWindowClosed(book, book.setting(), SystemActor("queue:feedback"), window)));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  REQUIRE_OK(book.Rate(1, 0, true));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  book.RunTimers("2025-07-09T15:00:00+08:00");
  CHECK(book.state() == ORDER_STATE_ARCHIVED);
}

TEST_CASE("only a rework after a bad rating is explained", "[FBK-07]") {
  Book fed_back;
  fed_back.TakeToFedBack(kAccepted);
  CHECK(Refused(Close(fed_back, Explanation(fed_back))) == config::v1::REASON_EXPLANATION_NOT_ALLOWED);
  REQUIRE_OK(fed_back.Rate(5, 0));
  CHECK(Refused(Close(fed_back, Explanation(fed_back))) == config::v1::REASON_EXPLANATION_NOT_ALLOWED);

  Book handling;
  REQUIRE_OK(handling.Create(Book::Demand(kAccepted)));
  REQUIRE_OK(handling.Dispatch("SCJG"));
  REQUIRE_OK(handling.Sign(Of("SCJG")));
  CHECK(Refused(Close(handling, Explanation(handling))) == config::v1::REASON_EXPLANATION_NOT_ALLOWED);

  Book new_fact = InRework();
  new_fact.Edit([](v1::WorkOrderRecord& record) { record.set_rework_cause("NEW_FACT"); });
  CHECK(Refused(Close(new_fact, Explanation(new_fact))) == config::v1::REASON_EXPLANATION_NOT_ALLOWED);

  INFO("a result of the rework that was sent back is still rework; one that waits for its review is not");
  Book sent_back = InRework();
  REQUIRE_OK(sent_back.RecordContact(Of("SCJG")));
  REQUIRE_OK(sent_back.Submit(Of("SCJG")));
  CHECK(Refused(Close(sent_back, Explanation(sent_back))) == config::v1::REASON_EXPLANATION_NOT_ALLOWED);
  REQUIRE_OK(sent_back.Review(false));
  CHECK_OK(Close(sent_back, Explanation(sent_back)));
}

TEST_CASE("who handled an order does not judge it", "[FBK-07]") {
  struct Row {
    const char* id;
    const char* account;
    const char* body;
    Reason reason;
  };
  const Row rows[] = {
      {"another account of the hub", "reviewer-9", "BMZX", config::v1::REASON_UNSPECIFIED},
      {"a longer name that begins alike", "handler-12", "BMZX", config::v1::REASON_UNSPECIFIED},
      {"FBK-07/bad/2 of the main undertaker", "reviewer-9", "SCJG", config::v1::REASON_REVIEWER_IS_HANDLER},
      {"FBK-07/bad/2 of an assisting body", "reviewer-9", "TAX", config::v1::REASON_REVIEWER_IS_HANDLER},
      {"FBK-07/bad/2 who talked", "handler-1", "BMZX", config::v1::REASON_REVIEWER_IS_HANDLER},
      {"FBK-07/bad/2 who handed in", "handler-2", "BMZX", config::v1::REASON_REVIEWER_IS_HANDLER},
      {"FBK-07/bad/2 who fed back", "handler-3", "BMZX", config::v1::REASON_REVIEWER_IS_HANDLER},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = InRework();
    book.Edit([](v1::WorkOrderRecord& record) {
      record.mutable_order()->add_assists()->set_undertaker("TAX");
      record.mutable_order()->mutable_contacts(0)->set_by("handler-1@SCJG UNDERTAKER");
      record.mutable_order()->mutable_submissions(0)->set_by("handler-2@SCJG UNDERTAKER");
      record.mutable_order()->mutable_feedback()->set_by("handler-3@SCJG UNDERTAKER");
    });
    Actor actor = Person(config::v1::ROLE_REVIEWER, row.body);
    actor.account = row.account;
    CHECK(Refused(Close(book, Explanation(book), actor)) == row.reason);
  }
}

TEST_CASE("an explanation has its judgement, reasons, basis and a new talk", "[FBK-07]") {
  struct Row {
    const char* id;
    void (*spoil)(CloseWithExplanationRequest&);
    Reason reason;
  };
  const Row rows[] = {
      {"no etag", [](CloseWithExplanationRequest& r) { r.clear_etag(); }, config::v1::REASON_ETAG_REQUIRED},
      {"old etag", [](CloseWithExplanationRequest& r) { r.set_etag("\"1\""); }, config::v1::REASON_VERSION_CONFLICT},
      {"no judgement", [](CloseWithExplanationRequest& r) { r.clear_judgement(); }, config::v1::REASON_REQUIRED},
      {"another judgement", [](CloseWithExplanationRequest& r) { r.set_judgement("TOO_MUCH_WORK"); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"rightly done", [](CloseWithExplanationRequest& r) { r.set_judgement("RIGHTLY_DONE"); },
       config::v1::REASON_UNSPECIFIED},
      {"no reasons", [](CloseWithExplanationRequest& r) { r.set_explanation(" "); }, config::v1::REASON_REQUIRED},
      {"thin reasons", [](CloseWithExplanationRequest& r) { r.set_explanation("已处理完毕，请知悉"); },
       config::v1::REASON_RESULT_TOO_THIN},
      {"nine characters", [](CloseWithExplanationRequest& r) { r.set_explanation("该费用依法应当缴纳"); },
       config::v1::REASON_TOO_SHORT},
      {"ten characters", [](CloseWithExplanationRequest& r) { r.set_explanation("该费用依法应当缴纳啊"); },
       config::v1::REASON_UNSPECIFIED},
      {"too long", [](CloseWithExplanationRequest& r) { r.set_explanation(std::string(4001, 'x')); },
       config::v1::REASON_TOO_LONG},
      {"no basis", [](CloseWithExplanationRequest& r) { r.clear_basis(); }, config::v1::REASON_REQUIRED},
      {"no person", [](CloseWithExplanationRequest& r) { r.clear_person(); }, config::v1::REASON_REQUIRED},
      {"no way", [](CloseWithExplanationRequest& r) { r.clear_way(); }, config::v1::REASON_REQUIRED},
      {"not reached is no talk", [](CloseWithExplanationRequest& r) { r.set_way("NOT_POSSIBLE_ANONYMOUS"); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"FBK-07/bad/1 no talk", [](CloseWithExplanationRequest& r) { r.clear_contact_time(); },
       config::v1::REASON_CONTACT_REQUIRED},
      {"FBK-07/bad/1 a talk of before the rework",
       [](CloseWithExplanationRequest& r) { *r.mutable_contact_time() = Stamp("2025-06-23T08:59:59+08:00"); },
       config::v1::REASON_CONTACT_REQUIRED},
      {"a talk as the rework began",
       [](CloseWithExplanationRequest& r) { *r.mutable_contact_time() = Stamp("2025-06-23T09:00:00+08:00"); },
       config::v1::REASON_UNSPECIFIED},
      {"a talk to come",
       [](CloseWithExplanationRequest& r) { *r.mutable_contact_time() = Stamp("2025-06-24T15:00:01+08:00"); },
       config::v1::REASON_FUTURE_TIME},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = InRework();
    CloseWithExplanationRequest request = Explanation(book);
    row.spoil(request);
    CHECK(Refused(Close(book, request)) == row.reason);
  }
}

TEST_CASE("what is not seen is not there", "[FBK-07][GWY-04]") {
  Book book = InRework();
  Actor other = Reviewer();
  other.district = "120116";
  CHECK(Refused(Close(book, Explanation(book), other)) == config::v1::REASON_NOT_FOUND);
}

}  // namespace
}  // namespace jinqi::routing
