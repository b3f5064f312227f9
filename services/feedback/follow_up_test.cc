#include "services/feedback/follow_up.h"

#include <catch2/catch.hpp>

#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using config::v1::Reason;
using v1::FollowUp;
using v1::FollowUpContact;
using Way = FollowUpContact;
using Types = std::vector<std::string>;

const RoundId kRound{"TJ1", 0};

ContactInput Call(const Book& book, FollowUpContact::Outcome outcome, const RoundId& id = kRound) {
  ContactInput input;
  input.id = id;
  input.etag = book.Etag(id);
  input.account = "caller-1";
  input.body = "BMZX";
  input.way = Way::WAY_CALL;
  input.outcome = outcome;
  return input;
}

ContactInput Message(const Book& book) {
  ContactInput input = Call(book, Way::OUTCOME_SENT);
  input.way = Way::WAY_MESSAGE;
  return input;
}

absl::Status Contact(Book& book, ContactInput input) {
  return book.Keep(DecideContact(book, std::move(input), Limits{}));
}

events::v1::OrderEvent At(events::v1::OrderEvent event, std::string_view time) {
  *event.mutable_time() = Stamp(time);
  return event;
}

absl::Status News(Book& book, const std::string& type, const events::v1::OrderEvent& event) {
  return book.Keep(DecideOrderNews(book, NewsOf(type, event), Calendar2025(), {}));
}

TEST_CASE("a follow-up is due on the third working day after the feedback and belongs to the hotline", "[FBK-04]") {
  struct Row {
    const char* id;
    const char* feedback;
    const char* due;
    const char* expires;
  };
  const Row row = GENERATE(Row{"FBK-04/accept", "2025-10-13T10:00:00+08:00", "2025-10-16", "2025-10-28"},
                           Row{"over the holiday", "2025-09-30T23:59:59+08:00", "2025-10-11", "2025-10-15"},
                           Row{"from a rest day", "2025-10-12T00:00:00+08:00", "2025-10-15", "2025-10-27"});
  INFO(row.id);
  Book book;
  book.SetNow(row.feedback);
  events::v1::OrderEvent event = At(FedBack("TJ1"), row.feedback);
  *event.mutable_order()->mutable_feedback_time() = Stamp(row.feedback);
  REQUIRE_OK(News(book, "OrderFedBack", event));
  const FollowUp follow_up = book.Round(kRound).follow_up();
  CHECK(clock::ToRfc3339(clock::FromProto(follow_up.due_time())) == std::string(row.due) + "T23:59:59+08:00");
  CHECK(clock::ToRfc3339(clock::FromProto(follow_up.rating_expire_time())) ==
        std::string(row.expires) + "T23:59:59+08:00");
  const auto& timers = book.Find(FollowUpKey(kRound))->timers;
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].name == kWindowTimer);
  CHECK(timers[0].due == clock::FromProto(follow_up.rating_expire_time()) + clock::kSecond);
}

TEST_CASE("a round knows whose it is, who handled it, and that the message with the link went out", "[FBK-04]") {
  const Book book = FedBackBook({"TJ1", 1});
  CHECK(testing::Differences(book.Round({"TJ1", 1}), R"({
    "followUp": {"name": "followUps/TJ1-1", "orderNo": "TJ1", "round": 1, "state": "STATE_OPEN", "unit": "BMZX",
                 "mainUndertaker": "SCJG", "feedbackTime": "2025-10-13T10:00:00+08:00",
                 "dueTime": "2025-10-16T23:59:59+08:00", "ratingExpireTime": "2025-10-28T23:59:59+08:00",
                 "contacts": [{"time": "2025-10-13T10:00:00+08:00", "way": "WAY_MESSAGE", "outcome": "OUTCOME_SENT",
                               "by": "platform"}]},
    "uscc": "91120101000000000K", "requester": "enterprise-91120101000000000K", "districtCode": "120103",
    "assistUndertakers": ["SWJ"]})") == "");
}

TEST_CASE("a follow-up beyond the known calendars is provisional", "[FBK-04][RTE-15]") {
  Book book;
  events::v1::OrderEvent event = FedBack("TJ1");
  *event.mutable_order()->mutable_feedback_time() = Stamp("2025-12-31T10:00:00+08:00");
  REQUIRE_OK(News(book, "OrderFedBack", event));
  CHECK(book.Round(kRound).follow_up().due_provisional());
}

TEST_CASE("a feedback that was recorded late leaves the full time to rate", "[FBK-05]") {
  Book book;
  events::v1::OrderEvent event = At(FedBack("TJ1"), "2025-10-20T10:00:00+08:00");
  REQUIRE_OK(News(book, "OrderFedBack", event));
  CHECK(clock::FromProto(book.Round(kRound).follow_up().rating_expire_time()) ==
        clock::FromProto(Stamp("2025-11-04T23:59:59+08:00")));
}

TEST_CASE("anonymous orders and those of liaison bodies are not followed up, and a round begins once", "[FBK-04]") {
  Book book;
  events::v1::OrderEvent anonymous = FedBack("TJ1");
  anonymous.mutable_order()->set_anonymous(true);
  REQUIRE_OK(News(book, "OrderFedBack", anonymous));
  CHECK(book.Find(FollowUpKey(kRound)) == nullptr);
  CHECK(book.Score("TJ1").left_out() == "ANONYMOUS");

  events::v1::OrderEvent liaison = FedBack("TJ2");
  liaison.mutable_order()->set_liaison(true);
  REQUIRE_OK(News(book, "OrderFedBack", liaison));
  CHECK(book.Find(FollowUpKey({"TJ2", 0})) == nullptr);
  CHECK(book.Score("TJ2").left_out() == "LIAISON");

  REQUIRE_OK(News(book, "OrderFedBack", FedBack("TJ3")));
  const std::string etag = book.Etag({"TJ3", 0});
  REQUIRE_OK(News(book, "OrderFedBack", FedBack("TJ3")));
  CHECK(book.Etag({"TJ3", 0}) == etag);
}

TEST_CASE("only the hotline's callers follow up", "[FBK-04]") {
  struct Row {
    const char* id;
    config::v1::Role role;
    const char* body;
    bool may;
  };
  const Row row =
      GENERATE(Row{"a caller of the hotline", config::v1::ROLE_FOLLOW_UP_CALLER, "BMZX", true},
               Row{"FBK-04/bad/1 the main undertaker's user", config::v1::ROLE_UNDERTAKER, "SCJG", false},
               Row{"any undertaker's user", config::v1::ROLE_UNDERTAKER, "SWJ", false},
               Row{"an undertaker's user of the hotline's unit", config::v1::ROLE_UNDERTAKER, "BMZX", false},
               Row{"a follow-up caller of another unit", config::v1::ROLE_FOLLOW_UP_CALLER, "SCJG", false});
  INFO(row.id);
  identity::Caller caller;
  caller.body = row.body;
  caller.roles = {row.role};
  CHECK(ReasonOf(CheckHotline(caller, {})) ==
        (row.may ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_PERMISSION_DENIED));
}

TEST_CASE("the hotline sends the link of an order that no account asked for", "[FBK-04]") {
  identity::Caller caller;
  caller.body = "BMZX";
  caller.roles = {config::v1::ROLE_FOLLOW_UP_CALLER};
  v1::FollowUpRecord record;
  CHECK(MaySendLink(caller, record, {}));
  record.set_requester("enterprise-1");
  CHECK_FALSE(MaySendLink(caller, record, {}));
  record.clear_requester();
  caller.body = "SCJG";
  CHECK_FALSE(MaySendLink(caller, record, {}));
}

TEST_CASE("a body that handled the order does not follow it up, whatever it is", "[FBK-04]") {
  Book book = FedBackBook();
  const char* body = GENERATE("SCJG", "SWJ");
  INFO("FBK-04/bad/1 " << body);
  ContactInput input = Call(book, Way::OUTCOME_REACHED);
  input.body = body;
  CHECK(ReasonOf(Contact(book, input)) == config::v1::REASON_PERMISSION_DENIED);
}

TEST_CASE("the message with the link, then at most two calls on different days", "[FBK-04]") {
  Book book = FedBackBook();
  REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_NOT_REACHED)));
  CHECK(book.messages.empty());
  CHECK(book.facts == Types{"FollowUpContacted"});

  book.SetNow("2025-10-13T23:59:59+08:00");
  CHECK(ReasonOf(Contact(book, Call(book, Way::OUTCOME_REACHED))) == config::v1::REASON_CONTACT_SAME_DAY);
  book.SetNow("2025-10-14T00:00:00+08:00");
  REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_NOT_REACHED)));
  CHECK(book.Types() == Types{"FollowUpDone"});
  CHECK(testing::Differences(book.Sent<events::v1::FollowUpDone>(0), R"({"orderNo": "TJ1", "exhausted": true})") == "");
  const FollowUp follow_up = book.Round(kRound).follow_up();
  CHECK(follow_up.state() == FollowUp::STATE_DONE);
  CHECK(follow_up.contacts_size() == 3);
  CHECK(testing::Differences(follow_up.contacts(1), R"({"time": "2025-10-13T10:00:00+08:00", "way": "WAY_CALL",
      "outcome": "OUTCOME_NOT_REACHED", "by": "caller-1"})") == "");
  CHECK(follow_up.rating().empty());
  CHECK_FALSE(book.Score("TJ1").answered());

  book.SetNow("2025-10-15T09:00:00+08:00");
  INFO("reached by the last call that is allowed");
  Book last = FedBackBook();
  REQUIRE_OK(Contact(last, Call(last, Way::OUTCOME_NOT_REACHED)));
  last.SetNow("2025-10-14T00:00:00+08:00");
  REQUIRE_OK(Contact(last, Call(last, Way::OUTCOME_REACHED)));
  CHECK_FALSE(last.Sent<events::v1::FollowUpDone>(0).exhausted());
  INFO("FBK-04/bad/2 a third call");
  const absl::Status fourth = Contact(book, Call(book, Way::OUTCOME_REACHED));
  CHECK(ReasonOf(fourth) == config::v1::REASON_TOO_MANY_CONTACTS);
  CHECK(MetadataOf(fourth).at("count") == "3");
}

TEST_CASE("the message went out with the follow-up: a second one is too many", "[FBK-04]") {
  Book book = FedBackBook();
  INFO("FBK-04/bad/2 a second message");
  const absl::Status second = Contact(book, Message(book));
  CHECK(ReasonOf(second) == config::v1::REASON_TOO_MANY_CONTACTS);
  CHECK(MetadataOf(second).at("count") == "1");
  REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_NOT_REACHED)));
  CHECK(ReasonOf(Contact(book, Message(book))) == config::v1::REASON_TOO_MANY_CONTACTS);
}

TEST_CASE("with two contacts the one call is the last", "[FBK-04]") {
  Book book = FedBackBook();
  Limits limits;
  limits.max_contacts = 2;
  REQUIRE_OK(book.Keep(DecideContact(book, Call(book, Way::OUTCOME_NOT_REACHED), limits)));
  CHECK(book.Types() == Types{"FollowUpDone"});
  book.SetNow("2025-10-14T09:00:00+08:00");
  CHECK(ReasonOf(book.Keep(DecideContact(book, Call(book, Way::OUTCOME_REACHED), limits))) ==
        config::v1::REASON_TOO_MANY_CONTACTS);
}

TEST_CASE("the end of a round that was done again names that round", "[FBK-04]") {
  const RoundId again{"TJ1", 1};
  Book book = FedBackBook(again);
  REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_REFUSED, again)));
  CHECK(book.Sent<events::v1::FollowUpDone>(0).round() == 1);
  REQUIRE_OK(book.Keep(DecideWindow(book, again)));
  CHECK(book.Sent<events::v1::RatingWindowClosed>(0).round() == 1);
}

TEST_CASE("after a refusal nothing is left to wait for", "[FBK-04]") {
  Book book = FedBackBook();
  REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_REFUSED)));
  CHECK(book.Sent<events::v1::FollowUpDone>(0).exhausted());
  Book reached = FedBackBook();
  REQUIRE_OK(Contact(reached, Call(reached, Way::OUTCOME_REACHED)));
  CHECK_FALSE(reached.Sent<events::v1::FollowUpDone>(0).exhausted());
}

TEST_CASE("who was reached or does not want to answer is not asked again, and has not rated", "[FBK-04][FBK-06]") {
  Book book = FedBackBook();
  const auto outcome = GENERATE(Way::OUTCOME_REACHED, Way::OUTCOME_REFUSED);
  REQUIRE_OK(Contact(book, Call(book, outcome)));
  CHECK(book.Types() == Types{"FollowUpDone"});
  CHECK(book.Sent<events::v1::FollowUpDone>(0).reached());
  CHECK(book.Round(kRound).follow_up().state() == FollowUp::STATE_DONE);
  CHECK(book.Round(kRound).follow_up().has_done_time());
  CHECK_FALSE(book.Round(kRound).has_rating());
  CHECK_FALSE(book.Score("TJ1").answered());
  book.SetNow("2025-10-14T10:00:00+08:00");
  CHECK(ReasonOf(Contact(book, Call(book, Way::OUTCOME_REACHED))) == config::v1::REASON_FOLLOW_UP_DONE);
}

TEST_CASE("an answer on the phone is the rating and ends the follow-up", "[FBK-04][FBK-05]") {
  Book book = FedBackBook();
  ContactInput input = Call(book, Way::OUTCOME_REACHED);
  input.values = {events::v1::SOLVED_PARTLY, 3};
  input.sealed = SealedPrivate{{"TJ1-0", "sealed-1", {}}, "digest-1"};
  REQUIRE_OK(Contact(book, input));
  CHECK(book.Types() == Types{"Rated"});
  CHECK(book.facts == Types{"FollowUpContacted", "Rated", "Rated"});
  const auto record = book.Round(kRound);
  CHECK(record.rating().way() == "CALL");
  CHECK(record.rating().satisfaction() == 3);
  CHECK(record.follow_up().rating() == "GOOD");
  CHECK(record.follow_up().state() == FollowUp::STATE_DONE);
  CHECK(record.person_digest() == "digest-1");
  CHECK(book.persons == Types{"TJ1-0 sealed-1"});
  CHECK(book.Score("TJ1").answered());
  FollowUp answer;
  REQUIRE(answer.ParseFromString(book.answer));
  CHECK(answer.etag() == book.Etag(kRound));
}

TEST_CASE("a contact names the version that it is about", "[FBK-04]") {
  Book book = FedBackBook();
  ContactInput input = Call(book, Way::OUTCOME_REACHED);
  input.etag = "7";
  const absl::Status stale = Contact(book, input);
  CHECK(ReasonOf(stale) == config::v1::REASON_VERSION_CONFLICT);
  CHECK(MetadataOf(stale).at("etag") == "1");
  CHECK(MetadataOf(stale).at("state") == "OPEN");
  input.id = {"TJ9", 0};
  CHECK(ReasonOf(Contact(book, input)) == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("the report of a contact is checked field by field", "[FBK-04][FBK-06]") {
  struct Row {
    const char* id;
    Way::Way way;
    Way::Outcome outcome;
    events::v1::Solved solved;
    int satisfaction;
    std::size_t text;
    Reason reason;
  };
  const auto call = Way::WAY_CALL;
  const auto message = Way::WAY_MESSAGE;
  const auto none = events::v1::SOLVED_UNSPECIFIED;
  const auto yes = events::v1::SOLVED_YES;
  const auto ok = config::v1::REASON_UNSPECIFIED;
  const Row row = GENERATE_COPY(
      Row{"reached without an answer", call, Way::OUTCOME_REACHED, none, 0, 0, ok},
      Row{"reached with both answers", call, Way::OUTCOME_REACHED, yes, 5, 1000, ok},
      Row{"refused", call, Way::OUTCOME_REFUSED, none, 0, 0, ok},
      Row{"message sent", message, Way::OUTCOME_SENT, none, 0, 0, ok},
      Row{"message not delivered", message, Way::OUTCOME_NOT_REACHED, none, 0, 0, ok},
      Row{"no way", Way::WAY_UNSPECIFIED, Way::OUTCOME_REACHED, none, 0, 0, config::v1::REASON_REQUIRED},
      Row{"unknown way", static_cast<Way::Way>(9), Way::OUTCOME_REACHED, none, 0, 0, config::v1::REASON_UNKNOWN_VALUE},
      Row{"no outcome", call, Way::OUTCOME_UNSPECIFIED, none, 0, 0, config::v1::REASON_REQUIRED},
      Row{"unknown outcome", call, static_cast<Way::Outcome>(9), none, 0, 0, config::v1::REASON_UNKNOWN_VALUE},
      Row{"a call is not sent", call, Way::OUTCOME_SENT, none, 0, 0, config::v1::REASON_WAY_OUTCOME},
      Row{"a message reaches nobody yet", message, Way::OUTCOME_REACHED, none, 0, 0, config::v1::REASON_WAY_OUTCOME},
      Row{"a message is not refused", message, Way::OUTCOME_REFUSED, none, 0, 0, config::v1::REASON_WAY_OUTCOME},
      Row{"satisfied without solved", call, Way::OUTCOME_REACHED, none, 4, 0, config::v1::REASON_REQUIRED},
      Row{"solved without satisfied", call, Way::OUTCOME_REACHED, yes, 0, 0, config::v1::REASON_OUT_OF_RANGE},
      Row{"out of range", call, Way::OUTCOME_REACHED, yes, 6, 0, config::v1::REASON_OUT_OF_RANGE},
      Row{"FBK-06/bad/1 nobody answered, 满意 by default", call, Way::OUTCOME_NOT_REACHED, yes, 4, 0,
          config::v1::REASON_ANSWER_WITHOUT_CONTACT},
      Row{"FBK-06/bad/1 refused, 满意 by default", call, Way::OUTCOME_REFUSED, none, 4, 0,
          config::v1::REASON_ANSWER_WITHOUT_CONTACT},
      Row{"solved for one who was not reached", call, Way::OUTCOME_NOT_REACHED, yes, 0, 0,
          config::v1::REASON_ANSWER_WITHOUT_CONTACT},
      Row{"too long", call, Way::OUTCOME_REACHED, none, 0, 1001, config::v1::REASON_TOO_LONG});
  INFO(row.id);
  v1::RecordFollowUpRequest request;
  request.set_etag("1");
  request.set_way(row.way);
  request.set_outcome(row.outcome);
  request.set_solved(row.solved);
  request.set_satisfaction(row.satisfaction);
  for (std::size_t i = 0; i < row.text; ++i) request.mutable_text()->append("好");
  CHECK(ReasonOf(CheckContact(request, {})) == row.reason);
  request.set_recording("a b");
  CHECK(ReasonOf(CheckContact(request, {})) ==
        (row.reason == ok ? config::v1::REASON_FORMAT : config::v1::REASON_FIELDS_INVALID));
  request.clear_recording();
  request.clear_etag();
  CHECK(ReasonOf(CheckContact(request, {})) ==
        (row.reason == ok ? config::v1::REASON_ETAG_REQUIRED : config::v1::REASON_FIELDS_INVALID));
}

TEST_CASE("the end of the time to rate is told once the follow-up is done", "[FBK-05]") {
  Book book = FedBackBook();
  SECTION("done before, unrated") {
    REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_REFUSED)));
    REQUIRE_OK(book.Keep(DecideWindow(book, kRound)));
    CHECK(book.Types() == Types{"RatingWindowClosed"});
    const auto closed = book.Sent<events::v1::RatingWindowClosed>(0);
    CHECK(closed.order_no() == "TJ1");
    CHECK(closed.round() == 0);
    CHECK_FALSE(closed.rated());
  }
  SECTION("rated before") {
    ContactInput input = Call(book, Way::OUTCOME_REACHED);
    input.values = {events::v1::SOLVED_YES, 5};
    REQUIRE_OK(Contact(book, input));
    REQUIRE_OK(book.Keep(DecideWindow(book, kRound)));
    CHECK(book.Sent<events::v1::RatingWindowClosed>(0).rated());
  }
  SECTION("the hotline is late: the order waits for it") {
    REQUIRE_OK(book.Keep(DecideWindow(book, kRound)));
    CHECK(book.messages.empty());
    CHECK(book.facts == Types{"RatingTimeOver"});
    CHECK(book.Round(kRound).follow_up().state() == FollowUp::STATE_OPEN);
    REQUIRE_OK(Contact(book, Call(book, Way::OUTCOME_NOT_REACHED)));
    CHECK(book.messages.empty());
    book.SetNow("2025-10-31T10:00:00+08:00");
    ContactInput input = Call(book, Way::OUTCOME_REACHED);
    input.values = {events::v1::SOLVED_NO, 1};
    REQUIRE_OK(Contact(book, input));
    CHECK(book.Types() == Types{"Rated", "RatingWindowClosed"});
  }
  SECTION("no such round") {
    CHECK(ReasonOf(book.Keep(DecideWindow(book, {"TJ1", 1}))) == config::v1::REASON_NOT_FOUND);
  }
}

Book BadBook() {
  Book book = FedBackBook();
  ContactInput input = Call(book, Way::OUTCOME_REACHED);
  input.values = {events::v1::SOLVED_NO, 2};
  REQUIRE_OK(Contact(book, input));
  return book;
}

bool Missing(const Book& book) {
  const auto kind = KindOf(kFollowUp);
  const auto values = testing::Must(kind.extract(book.Find(FollowUpKey(kRound))->body));
  return std::get<std::int64_t>(values.at(6)) == 1;
}

TEST_CASE("a bad rating is made good by a contact and a new result", "[FBK-07][FBK-08]") {
  Book book = BadBook();
  CHECK(book.Round(kRound).has_bad_time());
  CHECK(Missing(book));
  REQUIRE_OK(News(book, "OrderReworked", At(FedBack("TJ1", 1), "2025-10-13T11:00:00+08:00")));
  CHECK(Missing(book));
  REQUIRE_OK(News(book, "OrderContacted", At(FedBack("TJ1", 1), "2025-10-14T11:00:00+08:00")));
  CHECK(clock::FromProto(book.Round(kRound).bad_contact_time()) ==
        clock::FromProto(Stamp("2025-10-14T11:00:00+08:00")));
  CHECK(Missing(book));
  REQUIRE_OK(News(book, "OrderContacted", At(FedBack("TJ1", 1), "2025-10-15T11:00:00+08:00")));
  CHECK(clock::FromProto(book.Round(kRound).bad_contact_time()) ==
        clock::FromProto(Stamp("2025-10-14T11:00:00+08:00")));
  REQUIRE_OK(News(book, "OrderFedBack", At(FedBack("TJ1", 1), "2025-10-16T11:00:00+08:00")));
  CHECK_FALSE(Missing(book));
  CHECK(book.facts == Types{"OrderFedBack", "BadRatingOrderFedBack", "FollowUpOpened"});
  REQUIRE_OK(News(book, "OrderFedBack", At(FedBack("TJ1", 1), "2025-10-17T11:00:00+08:00")));
  CHECK(clock::FromProto(book.Round(kRound).rectify_time()) == clock::FromProto(Stamp("2025-10-16T11:00:00+08:00")));
  CHECK(book.Round({"TJ1", 1}).follow_up().round() == 1);
  CHECK(book.Score("TJ1").round() == 1);
  CHECK_FALSE(book.Score("TJ1").answered());
}

TEST_CASE("a new result without a contact is not made good", "[FBK-08]") {
  Book book = BadBook();
  REQUIRE_OK(News(book, "OrderFedBack", At(FedBack("TJ1", 1), "2025-10-16T11:00:00+08:00")));
  CHECK(book.Round(kRound).has_rectify_time());
  CHECK(Missing(book));
}

TEST_CASE("a rework that ends with reasons makes a bad rating good and begins no round", "[FBK-07][FBK-08]") {
  Book book = BadBook();
  const std::string etag = book.Etag(kRound);
  events::v1::OrderEvent explained = At(FedBack("TJ1", 1), "2025-10-14T12:00:00+08:00");
  explained.set_reason("EXPLAINED");
  explained.mutable_order()->set_result_type(events::v1::RESULT_TYPE_EXPLAINED);
  SECTION("with the talk that it needs") {
    REQUIRE_OK(News(book, "OrderContacted", explained));
    CHECK(Missing(book));
    REQUIRE_OK(News(book, "OrderFedBack", explained));
    CHECK_FALSE(Missing(book));
    CHECK(clock::FromProto(book.Round(kRound).rectify_time()) == clock::FromProto(explained.time()));
    INFO("the bad rating stays effective");
    CHECK(book.Find(FollowUpKey({"TJ1", 1})) == nullptr);
    const v1::OrderScore score = book.Score("TJ1");
    CHECK(score.round() == 0);
    CHECK(score.answered());
    CHECK(score.satisfaction() == 2);
    CHECK(score.rework_round() == 1);
    CHECK(score.result_type() == events::v1::RESULT_TYPE_EXPLAINED);
    REQUIRE_OK(News(book, "OrderFedBack", At(explained, "2025-10-20T12:00:00+08:00")));
    CHECK(clock::FromProto(book.Round(kRound).rectify_time()) == clock::FromProto(explained.time()));
  }
  SECTION("closing alone tells nothing") {
    REQUIRE_OK(News(book, "OrderClosed", explained));
    CHECK(Missing(book));
    CHECK(book.Etag(kRound) == etag);
  }
}

TEST_CASE("a good rating needs nothing to be made good", "[FBK-08]") {
  Book book = FedBackBook();
  const std::string etag = book.Etag(kRound);
  REQUIRE_OK(News(book, "OrderClosed", At(FedBack("TJ1"), "2025-10-14T10:00:00+08:00")));
  REQUIRE_OK(News(book, "OrderContacted", FedBack("TJ1", 1)));
  CHECK(book.Etag(kRound) == etag);
}

TEST_CASE("an event names its order, its round and the round before", "[FBK-07]") {
  events::v1::OrderSnapshot order;
  order.set_order_no("TJ1");
  CHECK(NamesOf(order).size() == 2);
  order.set_rework_round(2);
  const auto names = NamesOf(order);
  REQUIRE(names.size() == 3);
  CHECK(names[0].key.id == "TJ1-2");
  CHECK(names[1].key.id == "TJ1");
  CHECK(names[2].key.id == "TJ1-1");
}

TEST_CASE("names of rounds are exact", "[FBK-04]") {
  CHECK(ParseName("followUps/TJ1-0", "followUps/") == RoundId{"TJ1", 0});
  CHECK(ParseName("ratings/TJ1-12", "ratings/") == RoundId{"TJ1", 12});
  for (const char* name : {"followUps/", "followUps/TJ1", "followUps/-0", "followUps/TJ1-", "followUps/TJ1-01",
                           "followUps/TJ1-+1", "followUps/TJ1-1x", "followUps/TJ1-99999", "ratings/TJ1-0", "TJ1-0"}) {
    INFO(name);
    CHECK_FALSE(ParseName(name, "followUps/").has_value());
  }
}

}  // namespace
}  // namespace jinqi::feedback
