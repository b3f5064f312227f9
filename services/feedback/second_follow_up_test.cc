#include "services/feedback/second_follow_up.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/testing/field_faults.h"
#include "services/feedback/feedback_timers.h"
#include "services/feedback/second_follow_up_draw.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using events::v1::SOLVED_NO;
using events::v1::SOLVED_PARTLY;
using events::v1::SOLVED_UNSPECIFIED;
using events::v1::SOLVED_YES;
using testing::FieldsOf;
using v1::FollowUpContact;
using v1::SecondFollowUp;
using Fields = std::map<std::string, std::string>;
using Facts = std::vector<std::string>;

const RoundId kId{"TJ1", 0};
constexpr char kFirst[] = "seat-1";

// One call of the first follow-up, an hour after the feedback.
absl::Status Call(Book& book, FollowUpContact::Outcome outcome, const RatingValues& values = {},
                  const RoundId& id = kId) {
  book.SetNow("2025-10-13T11:00:00+08:00");
  ContactInput input;
  input.id = id;
  input.etag = book.Etag(id);
  input.account = kFirst;
  input.body = "BMZX";
  input.way = FollowUpContact::WAY_CALL;
  input.outcome = outcome;
  input.values = values;
  input.recording = "rec-1";
  return book.Keep(DecideContact(book, input, {}));
}

RatingInput ByLink(const RatingValues& values) {
  RatingInput input;
  input.claim = {kId, At("2025-10-28T23:59:59+08:00")};
  input.values = values;
  return input;
}

v1::SecondFollowUpDraw DrawOf(const std::vector<std::string>& drawn, const std::string& start = "2025-10-13",
                              const std::string& end = "2025-10-13") {
  v1::SecondFollowUpDraw draw;
  draw.set_name(absl::StrCat("secondFollowUpDraws/", DrawId(start, end)));
  draw.set_start_date(start);
  draw.set_end_date(end);
  draw.set_seed("seed");
  for (const std::string& id : drawn) draw.add_drawn(id);
  return draw;
}

// A round with one call by seat-1, done and drawn.
Book Drawn(FollowUpContact::Outcome outcome = FollowUpContact::OUTCOME_REACHED,
           const RatingValues& values = {SOLVED_YES, 5}) {
  Book book = FedBackBook(kId);
  REQUIRE_OK(Call(book, outcome, values));
  book.SetNow("2025-10-14T09:00:00+08:00");
  REQUIRE_OK(book.Keep(DecideDraw(book, DrawOf({"TJ1-0"}))));
  book.SetNow("2025-10-14T10:00:00+08:00");
  return book;
}

v1::SecondFollowUpRecord RecordOf(const Book& book) {
  return testing::Must(book.Read<v1::SecondFollowUpRecord>(SecondFollowUpKey(kId)));
}
SecondFollowUp SecondOf(const Book& book) { return RecordOf(book).second_follow_up(); }

SecondInput Input(const Book& book) {
  SecondInput input;
  input.id = kId;
  input.etag = std::to_string(book.Find(SecondFollowUpKey(kId))->version);
  input.account = "seat-2";
  input.body = "BMZX";
  input.outcome = FollowUpContact::OUTCOME_REACHED;
  input.recording = "rec-2";
  input.answer.first_call = SecondFollowUp::FIRST_CALL_SPOKEN;
  return input;
}

absl::Status Record(Book& book, const SecondInput& input, const Limits& limits = {}) {
  return book.Keep(DecideSecondFollowUp(book, input, limits));
}

TEST_CASE("two of a hundred follow-ups are drawn, and the seed draws the same again", "[FBK-14]") {
  INFO("FBK-14/accept");
  struct Row {
    std::size_t population;
    int percent;
    std::size_t size;
  };
  for (const Row& row :
       {Row{500, 2, 10}, {501, 2, 11}, {499, 2, 10}, {1, 2, 1}, {0, 2, 0}, {50, 2, 1}, {51, 2, 2}, {10, 100, 10}}) {
    CAPTURE(row.population, row.percent);
    CHECK(DrawSize(row.population, row.percent) == row.size);
  }
  const auto draw = [](const std::string& seed, bool backwards) {
    std::vector<std::string> ids;
    for (int i = 0; i < 500; ++i) ids.push_back(absl::StrCat("TJ", i, "-0"));
    if (backwards) std::reverse(ids.begin(), ids.end());
    Lots lots(seed, DrawSize(ids.size(), 2));
    for (const std::string& id : ids) lots.Add(id);
    return lots.Drawn();
  };
  const auto drawn = draw("a seed", false);
  CHECK(drawn.size() == 10);
  CHECK(draw("a seed", true) == drawn);
  CHECK(draw("another", false) != drawn);
  CHECK(Lots("s", 0).Drawn().empty());
}

TEST_CASE("a draw opens a second follow-up for each that it drew, once", "[FBK-14]") {
  Book book = FedBackBook(kId);
  REQUIRE_OK(Call(book, FollowUpContact::OUTCOME_REACHED, {SOLVED_YES, 5}));
  CHECK(book.Round(kId).called_done_time().seconds() == Stamp("2025-10-13T11:00:00+08:00").seconds());
  REQUIRE_OK(book.Keep(DecideDraw(book, DrawOf({"TJ1-0"}))));
  CHECK(book.facts == Facts{"SecondFollowUpOpened", "SecondFollowUpsDrawn", "SecondFollowUpsDrawn"});
  CHECK(book.Find(DrawKey("2025-10-13_2025-10-13"))->timers.empty());
  CHECK(testing::Differences(RecordOf(book), R"({
    "secondFollowUp": {"name": "secondFollowUps/TJ1-0", "orderNo": "TJ1", "state": "STATE_OPEN", "follower": "seat-1",
                       "draw": "secondFollowUpDraws/2025-10-13_2025-10-13", "createTime": "2025-10-13T11:00:00+08:00"},
    "districtCode": "120103"})") == "");
  CHECK(testing::DifferencesIn<v1::SecondFollowUpDraw>(book.answer, R"({"drawn": ["TJ1-0"], "seed": "seed",
      "name": "secondFollowUpDraws/2025-10-13_2025-10-13", "startDate": "2025-10-13", "endDate": "2025-10-13",
      "createTime": "2025-10-13T11:00:00+08:00"})") == "");
  // The last day that was drawn from is over for good.
  CHECK(ReasonOf(book.Keep(DecideDraw(book, DrawOf({}, "2025-10-13", "2025-10-14")))) ==
        config::v1::REASON_DRAW_EXISTS);
  CHECK(ReasonOf(book.Keep(DecideDraw(book, DrawOf({}, "2025-10-01", "2025-10-31")))) ==
        config::v1::REASON_DRAW_EXISTS);
  CHECK_OK(book.Keep(DecideDraw(book, DrawOf({}, "2025-10-14", "2025-10-14"))));
}

TEST_CASE("the follower of a round is who called, whatever came after the call", "[FBK-14]") {
  const RoundId again{"TJ1", 1};
  Book book = FedBackBook(again);
  REQUIRE_OK(Call(book, FollowUpContact::OUTCOME_NOT_REACHED, {}, again));
  v1::FollowUpRecord round = book.Round(again);
  FollowUpContact& message = *round.mutable_follow_up()->add_contacts();
  message.set_way(FollowUpContact::WAY_MESSAGE);
  message.set_by("platform");
  ledger::Outcome later;
  later.changes.push_back(
      {FollowUpKey(again), round.SerializeAsString(), std::nullopt, {{"FollowUpContacted", "", std::nullopt}}});
  REQUIRE_OK(book.Keep(std::move(later)));
  REQUIRE_OK(book.Keep(DecideDraw(book, DrawOf({"TJ1-1"}))));
  const auto second = testing::Must(book.Read<v1::SecondFollowUpRecord>(SecondFollowUpKey(again))).second_follow_up();
  CHECK(second.follower() == kFirst);
  CHECK(second.round() == 1);
}

TEST_CASE("what was drawn and cannot be read stops the draw", "[FBK-14]") {
  Book book = FedBackBook(kId);
  CHECK(absl::IsDataLoss(book.Keep(DecideDraw(book, DrawOf({"nobody"})))));
  v1::SecondFollowUpDrawRecord record;
  *record.mutable_draw() = DrawOf({"nobody"});
  CHECK(DrawNames(record).size() == 2);
}

TEST_CASE("a large draw is opened in steps", "[FBK-14]") {
  Book book;
  std::vector<std::string> drawn;
  for (int i = 0; i < 100; ++i) {
    const RoundId id{absl::StrCat("TJ", i), 0};
    book.SetNow("2025-10-13T10:00:00+08:00");
    REQUIRE_OK(book.Keep(DecideOrderNews(book, NewsOf("OrderFedBack", FedBack(id.order_no)), Calendar2025(), {})));
    drawn.push_back(IdText(id));
  }
  REQUIRE_OK(book.Keep(DecideDraw(book, DrawOf(drawn))));
  const ledger::Key key = DrawKey("2025-10-13_2025-10-13");
  std::size_t opened = 45;
  for (const std::size_t step : {45, 10}) {
    REQUIRE(book.Find(key)->timers == std::vector<ledger::Timer>{{"open_drawn", book.now()}});
    CHECK(book.Find(SecondFollowUpKey({absl::StrCat("TJ", opened - 1), 0})) != nullptr);
    CHECK(book.Find(SecondFollowUpKey({absl::StrCat("TJ", opened), 0})) == nullptr);
    ledger::Firing firing;
    firing.key = key;
    firing.timer = {"open_drawn", book.now()};
    const auto command = OnTimer(firing, *book.Find(key));
    REQUIRE_OK(command);
    CHECK(command->names.size() == 2 + 2 * step);
    REQUIRE_OK(book.Keep(command->decide(book)));
    opened += step;
  }
  CHECK(book.Find(key)->timers.empty());
  CHECK(book.Find(SecondFollowUpKey({"TJ99", 0})) != nullptr);
}

TEST_CASE("only follow-ups in which somebody called can be drawn", "[FBK-14]") {
  Book book = FedBackBook(kId);
  CHECK_FALSE(book.Round(kId).has_called_done_time());
  REQUIRE_OK(Call(book, FollowUpContact::OUTCOME_NOT_REACHED));
  CHECK_FALSE(book.Round(kId).has_called_done_time());
  SECTION("rated by the link after a call") {
    REQUIRE_OK(book.Keep(DecideCreateRating(book, ByLink({SOLVED_YES, 4}))));
    CHECK(book.Round(kId).has_called_done_time());
  }
  SECTION("rated by the link before any") {
    Book other = FedBackBook(kId);
    REQUIRE_OK(other.Keep(DecideCreateRating(other, ByLink({SOLVED_YES, 4}))));
    CHECK(other.Round(kId).follow_up().has_done_time());
    CHECK_FALSE(other.Round(kId).has_called_done_time());
  }
}

TEST_CASE("what cannot both be true is a contradiction", "[FBK-14]") {
  struct Row {
    std::string name;
    FollowUpContact::Outcome written;
    RatingValues answer;
    SecondFollowUp::FirstCall first_call;
    RatingValues said;
    std::vector<SecondFollowUp::Contradiction> found;
  };
  const auto reached = FollowUpContact::OUTCOME_REACHED;
  const auto refused = FollowUpContact::OUTCOME_REFUSED;
  const auto spoken = SecondFollowUp::FIRST_CALL_SPOKEN;
  const auto not_spoken = SecondFollowUp::FIRST_CALL_NOT_SPOKEN;
  const auto unknown = SecondFollowUp::FIRST_CALL_NOT_REMEMBERED;
  const auto called = SecondFollowUp::CONTRADICTION_CALLED;
  const auto not_called = SecondFollowUp::CONTRADICTION_NOT_CALLED;
  const auto answer = SecondFollowUp::CONTRADICTION_ANSWER;
  for (const Row& row :
       std::vector<Row>{{"the same", reached, {SOLVED_YES, 5}, spoken, {SOLVED_YES, 4}, {}},
                        {"still good", reached, {SOLVED_YES, 5}, spoken, {SOLVED_PARTLY, 3}, {}},
                        {"good written for bad", reached, {SOLVED_YES, 5}, spoken, {SOLVED_NO, 1}, {answer}},
                        {"good written for bad by degree", reached, {SOLVED_YES, 3}, spoken, {SOLVED_YES, 2}, {answer}},
                        {"bad written for good", reached, {SOLVED_NO, 1}, spoken, {SOLVED_YES, 5}, {answer}},
                        {"no answer the second time", reached, {SOLVED_YES, 5}, spoken, {}, {}},
                        {"never called", reached, {SOLVED_YES, 5}, not_spoken, {}, {not_called}},
                        {"never called, and not content",
                         reached,
                         {SOLVED_YES, 5},
                         not_spoken,
                         {SOLVED_NO, 1},
                         {not_called, answer}},
                        {"refused, it says it never was called", refused, {}, not_spoken, {}, {not_called}},
                        {"not remembered", reached, {SOLVED_YES, 5}, unknown, {}, {}},
                        {"reached without an answer", reached, {}, spoken, {SOLVED_NO, 1}, {}}}) {
    INFO(row.name);
    Book book = FedBackBook(kId);
    REQUIRE_OK(Call(book, row.written, row.answer));
    CHECK(Contradictions(book.Round(kId), {row.first_call, row.said}) == row.found);
  }
  INFO("written as not reached");
  Book book = FedBackBook(kId);
  REQUIRE_OK(Call(book, FollowUpContact::OUTCOME_NOT_REACHED));
  CHECK(Contradictions(book.Round(kId), {spoken, {}}) == std::vector{called});
  CHECK(Contradictions(book.Round(kId), {not_spoken, {}}).empty());
  INFO("an answer by the link is not the follower's word, not even in the instant of the message");
  Book at_once = FedBackBook(kId);
  REQUIRE_OK(at_once.Keep(DecideCreateRating(at_once, ByLink({SOLVED_YES, 5}))));
  CHECK(Contradictions(at_once.Round(kId), {not_spoken, {SOLVED_NO, 1}}).empty());
  book.SetNow("2025-10-13T12:00:00+08:00");
  REQUIRE_OK(book.Keep(DecideCreateRating(book, ByLink({SOLVED_YES, 5}))));
  CHECK(Contradictions(book.Round(kId), {not_spoken, {SOLVED_NO, 1}}).empty());
}

TEST_CASE("a contradiction marks the order and the follower", "[FBK-14]") {
  Book book = Drawn();
  SecondInput input = Input(book);
  input.answer.values = {SOLVED_NO, 1};
  REQUIRE_OK(Record(book, input));
  CHECK(book.facts ==
        Facts{"FollowUpContradicted", "FollowUpContradicted", "FollowerMarked", "SecondFollowUpContacted"});
  CHECK(book.Round(kId).follow_up().contradicted());
  CHECK(book.Score("TJ1").follow_up_contradicted());
  const auto follower = testing::Must(book.Read<v1::MarkedFollower>(FollowerKey(kFirst)));
  CHECK(follower.account() == kFirst);
  REQUIRE(follower.second_follow_ups_size() == 1);
  CHECK(follower.second_follow_ups(0) == "secondFollowUps/TJ1-0");
  CHECK(follower.mark_time().seconds() == Stamp("2025-10-14T10:00:00+08:00").seconds());
  const std::string second = R"("name": "secondFollowUps/TJ1-0", "orderNo": "TJ1", "state": "STATE_DONE",
      "follower": "seat-1", "draw": "secondFollowUpDraws/2025-10-13_2025-10-13", "solved": "SOLVED_NO",
      "satisfaction": 1, "firstCall": "FIRST_CALL_SPOKEN", "contradictions": ["CONTRADICTION_ANSWER"],
      "createTime": "2025-10-14T09:00:00+08:00", "doneTime": "2025-10-14T10:00:00+08:00",
      "contacts": [{"time": "2025-10-14T10:00:00+08:00", "way": "WAY_CALL", "outcome": "OUTCOME_REACHED",
                    "by": "seat-2", "recording": "rec-2"}])";
  CHECK(testing::Differences(SecondOf(book), "{" + second + "}") == "");
  CHECK(testing::DifferencesIn<SecondFollowUp>(book.answer, "{" + second + R"(, "etag": "2"})") == "");
  // The recording of the first call stands with it.
  CHECK(book.Round(kId).follow_up().contacts(1).recording() == "rec-1");
  // What the second one says is no rating: the order counts as it did.
  CHECK(book.Round(kId).rating().satisfaction() == 5);

  INFO("a follower who was marked before is marked again");
  v1::MarkedFollower before;
  before.add_second_follow_ups("secondFollowUps/TJ0-0");
  ledger::Outcome earlier;
  earlier.changes.push_back(
      {FollowerKey(kFirst), before.SerializeAsString(), std::nullopt, {{"FollowerMarked", "", std::nullopt}}});
  Book twice = Drawn();
  REQUIRE_OK(twice.Keep(std::move(earlier)));
  input = Input(twice);
  input.answer.values = {SOLVED_NO, 1};
  REQUIRE_OK(Record(twice, input));
  CHECK(testing::Must(twice.Read<v1::MarkedFollower>(FollowerKey(kFirst))).second_follow_ups_size() == 2);

  INFO("without one nobody is marked");
  Book content = Drawn();
  input = Input(content);
  input.sealed = SealedPrivate{{"secondFollowUps/TJ1-0", "sealed", {}}, "digest"};
  REQUIRE_OK(Record(content, input));
  CHECK(content.persons == Facts{"secondFollowUps/TJ1-0 sealed"});
  CHECK(RecordOf(content).person_digest() == "digest");
  CHECK(content.facts == Facts{"SecondFollowUpContacted"});
  CHECK_FALSE(content.Round(kId).follow_up().contradicted());
  CHECK_FALSE(content.Score("TJ1").follow_up_contradicted());
  CHECK(content.Find(FollowerKey(kFirst)) == nullptr);
}

TEST_CASE("who called first does not call again, nor does the body that handled it", "[FBK-14]") {
  Book book = Drawn();
  INFO("FBK-14/bad/1");
  SecondInput input = Input(book);
  input.account = kFirst;
  CHECK(ReasonOf(Record(book, input)) == config::v1::REASON_SAME_FOLLOWER);
  // Whatever else is wrong with it.
  input.etag = "9";
  CHECK(ReasonOf(Record(book, input)) == config::v1::REASON_SAME_FOLLOWER);
  input = Input(book);
  for (const char* body : {"SCJG", "SWJ"}) {
    input.body = body;
    CHECK(ReasonOf(Record(book, input)) == config::v1::REASON_PERMISSION_DENIED);
  }
  input = Input(book);
  input.etag = "9";
  CHECK(ReasonOf(Record(book, input)) == config::v1::REASON_VERSION_CONFLICT);
}

TEST_CASE("the enterprise is called twice at most, on two days, and once when it was reached", "[FBK-14]") {
  Book book = Drawn();
  SecondInput input = Input(book);
  input.outcome = FollowUpContact::OUTCOME_NOT_REACHED;
  input.answer = {};
  REQUIRE_OK(Record(book, input));
  CHECK(SecondOf(book).state() == SecondFollowUp::STATE_OPEN);
  input.etag = "2";
  CHECK(ReasonOf(Record(book, input)) == config::v1::REASON_CONTACT_SAME_DAY);
  book.SetNow("2025-10-15T00:00:00+08:00");
  REQUIRE_OK(Record(book, input));
  CHECK(SecondOf(book).state() == SecondFollowUp::STATE_DONE);
  input.etag = "3";
  book.SetNow("2025-10-16T10:00:00+08:00");
  CHECK(ReasonOf(Record(book, input)) == config::v1::REASON_FOLLOW_UP_DONE);

  Book refused = Drawn();
  input = Input(refused);
  input.outcome = FollowUpContact::OUTCOME_REFUSED;
  input.answer = {};
  REQUIRE_OK(Record(refused, input));
  CHECK(SecondOf(refused).state() == SecondFollowUp::STATE_DONE);
}

TEST_CASE("a second call changes its round, its score, itself and the follower's mark", "[FBK-14]") {
  const auto names = SecondNames(kId, kFirst);
  REQUIRE(names.size() == 4);
  CHECK(names[0].key == FollowUpKey(kId));
  CHECK(names[1].key == ScoreKey("TJ1"));
  CHECK(names[2].key == SecondFollowUpKey(kId));
  CHECK(names[3].key == FollowerKey(kFirst));
}

TEST_CASE("every fault of a second call is told at once", "[FBK-14]") {
  v1::RecordSecondFollowUpRequest request;
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"etag", "ETAG_REQUIRED"}, {"outcome", "REQUIRED"}});
  request.set_etag("1");
  request.set_outcome(FollowUpContact::OUTCOME_REACHED);
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"first_call", "REQUIRED"}, {"recording", "REQUIRED"}});
  request.set_first_call(SecondFollowUp::FIRST_CALL_SPOKEN);
  request.set_recording("calls/2025/10/14/7");
  CHECK_OK(CheckSecondFollowUp(request, {}));
  request.set_satisfaction(5);
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"solved", "REQUIRED"}});
  request.set_solved(SOLVED_YES);
  CHECK_OK(CheckSecondFollowUp(request, {}));
  request.set_first_call(static_cast<SecondFollowUp::FirstCall>(99));
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"first_call", "UNKNOWN_VALUE"}});
  request.set_first_call(SecondFollowUp::FIRST_CALL_SPOKEN);
  request.set_text(std::string(1001, 'x'));
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"text", "TOO_LONG"}});
  request.clear_text();
  for (const char* recording : {"a b", "a\x7f", "录音"}) {
    request.set_recording(recording);
    CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"recording", "FORMAT"}});
  }
  request.set_recording("~");
  CHECK_OK(CheckSecondFollowUp(request, {}));
  request.set_recording(std::string(200, 'r'));
  CHECK_OK(CheckSecondFollowUp(request, {}));
  request.set_recording(std::string(201, 'r'));
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"recording", "TOO_LONG"}});
  request.set_recording("");
  request.set_outcome(FollowUpContact::OUTCOME_NOT_REACHED);
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) ==
        Fields{{"first_call", "ANSWER_WITHOUT_CONTACT"}, {"satisfaction", "ANSWER_WITHOUT_CONTACT"}});
  request.set_outcome(FollowUpContact::OUTCOME_SENT);
  request.clear_first_call();
  request.clear_solved();
  request.clear_satisfaction();
  CHECK(FieldsOf(CheckSecondFollowUp(request, {})) == Fields{{"outcome", "WAY_OUTCOME"}});
}

}  // namespace
}  // namespace jinqi::feedback
