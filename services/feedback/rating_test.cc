#include "services/feedback/rating.h"

#include <google/protobuf/util/json_util.h>
#include <catch2/catch.hpp>

#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using config::v1::Reason;
using Types = std::vector<std::string>;

const RoundId kRound{"TJ1", 0};

RatingInput Input(events::v1::Solved solved, int satisfaction) {
  RatingInput input;
  input.claim = {kRound, At("2025-10-28T23:59:59+08:00")};
  input.values = {solved, satisfaction};
  return input;
}

absl::Status Create(Book& book, RatingInput input) { return book.Keep(DecideCreateRating(book, std::move(input))); }
absl::Status Update(Book& book, RatingInput input) { return book.Keep(DecideUpdateRating(book, std::move(input))); }

TEST_CASE("what counts as bad", "[FBK-07]") {
  struct Row {
    events::v1::Solved solved;
    int satisfaction;
    bool bad;
  };
  const Row row = GENERATE(Row{events::v1::SOLVED_YES, 1, true}, Row{events::v1::SOLVED_YES, 2, true},
                           Row{events::v1::SOLVED_YES, 3, false}, Row{events::v1::SOLVED_PARTLY, 3, false},
                           Row{events::v1::SOLVED_NO, 5, true}, Row{events::v1::SOLVED_PARTLY, 5, false});
  CHECK(IsBad({row.solved, row.satisfaction}) == row.bad);
}

TEST_CASE("a rating is one of three and one of five", "[FBK-05]") {
  struct Row {
    const char* id;
    int solved;
    int satisfaction;
    Reason reason;
  };
  const auto ok = config::v1::REASON_UNSPECIFIED;
  const Row row = GENERATE_COPY(
      Row{"lowest", 1, 1, ok}, Row{"highest", 3, 5, ok},
      Row{"FBK-05/bad/1 rating 0", 1, 0, config::v1::REASON_OUT_OF_RANGE},
      Row{"FBK-05/bad/2 rating 6", 1, 6, config::v1::REASON_OUT_OF_RANGE},
      Row{"negative", 1, -1, config::v1::REASON_OUT_OF_RANGE}, Row{"not said", 0, 3, config::v1::REASON_REQUIRED},
      Row{"unknown", 4, 3, config::v1::REASON_UNKNOWN_VALUE}, Row{"both", 0, 0, config::v1::REASON_FIELDS_INVALID});
  INFO(row.id);
  Faults faults;
  CheckValues({static_cast<events::v1::Solved>(row.solved), row.satisfaction}, "rating.", faults);
  CHECK(ReasonOf(faults.ToStatus()) == row.reason);
}

TEST_CASE("a rating is a whole number already in JSON", "[FBK-05]") {
  const auto parse = [](const char* json) {
    v1::CreateRatingRequest request;
    return google::protobuf::util::JsonStringToMessage(json, &request).ok();
  };
  CHECK(parse(R"({"rating": {"satisfaction": 3}})"));
  INFO("FBK-05/bad/3 rating 3.5");
  CHECK_FALSE(parse(R"({"rating": {"satisfaction": 3.5}})"));
}

TEST_CASE("a text has at most 1,000 characters, counted as people do", "[FBK-05]") {
  const auto check = [](int characters) {
    std::string text;
    for (int i = 0; i < characters; ++i) text += "好";
    Faults faults;
    CheckText(text, "rating.text", {}, faults);
    return ReasonOf(faults.ToStatus());
  };
  CHECK(check(1000) == config::v1::REASON_UNSPECIFIED);
  CHECK(check(1001) == config::v1::REASON_TOO_LONG);
  INFO("FBK-05/bad/4 text of 5000 characters");
  CHECK(check(5000) == config::v1::REASON_TOO_LONG);
}

TEST_CASE("a rating that comes before the follow-up is the follow-up", "[FBK-05]") {
  Book book = FedBackBook();
  REQUIRE_OK(Create(book, Input(events::v1::SOLVED_YES, 5)));
  CHECK(book.Types() == Types{"Rated"});
  CHECK(book.facts == Types{"Rated", "Rated"});
  CHECK(testing::Differences(book.Sent<events::v1::Rated>(0),
                             R"({"orderNo": "TJ1", "solved": "SOLVED_YES", "satisfaction": 5})") == "");
  const auto record = book.Round(kRound);
  CHECK(record.follow_up().state() == v1::FollowUp::STATE_DONE);
  CHECK(clock::FromProto(record.follow_up().done_time()) == book.now());
  CHECK(record.follow_up().rating() == "GOOD");
  CHECK_FALSE(record.has_bad_time());
  const std::string rating = R"("name": "ratings/TJ1-0", "orderNo": "TJ1", "solved": "SOLVED_YES", "satisfaction": 5,
      "way": "ONLINE", "createTime": "2025-10-13T10:00:00+08:00", "updateTime": "2025-10-13T10:00:00+08:00",
      "expireTime": "2025-10-28T23:59:59+08:00",
      "history": [{"time": "2025-10-13T10:00:00+08:00", "solved": "SOLVED_YES", "satisfaction": 5}])";
  CHECK(testing::Differences(record.rating(), "{" + rating + "}") == "");
  CHECK(testing::DifferencesIn<v1::Rating>(book.answer, "{" + rating + R"(, "etag": "2"})") == "");
  const auto score = book.Score("TJ1");
  CHECK(score.answered());
  CHECK(score.solved() == events::v1::SOLVED_YES);
  CHECK(score.satisfaction() == 5);
}

TEST_CASE("a rating may be changed once; both stay and the last is effective", "[FBK-05]") {
  Book book = FedBackBook();
  REQUIRE_OK(Create(book, Input(events::v1::SOLVED_YES, 2)));
  CHECK(book.Sent<events::v1::Rated>(0).bad());
  CHECK(book.Round(kRound).follow_up().rating() == "BAD");
  book.SetNow("2025-10-14T10:00:00+08:00");
  REQUIRE_OK(Update(book, Input(events::v1::SOLVED_YES, 4)));
  INFO("FBK-05/accept");
  CHECK(book.Types() == Types{"Rated"});
  CHECK(book.facts == Types{"RatingChanged", "Rated"});
  CHECK(book.Sent<events::v1::Rated>(0).changed());
  CHECK_FALSE(book.Sent<events::v1::Rated>(0).bad());
  const auto record = book.Round(kRound);
  CHECK(record.rating().satisfaction() == 4);
  REQUIRE(record.rating().history_size() == 2);
  CHECK(record.rating().history(0).satisfaction() == 2);
  CHECK(record.rating().history(1).satisfaction() == 4);
  CHECK(record.rating().history(1).solved() == events::v1::SOLVED_YES);
  CHECK(clock::FromProto(record.rating().history(0).time()) == At("2025-10-13T10:00:00+08:00"));
  CHECK(clock::FromProto(record.rating().history(1).time()) == At("2025-10-14T10:00:00+08:00"));
  CHECK(clock::FromProto(record.rating().create_time()) == At("2025-10-13T10:00:00+08:00"));
  CHECK(clock::FromProto(record.rating().update_time()) == At("2025-10-14T10:00:00+08:00"));
  INFO("it was done when it was first rated");
  CHECK(clock::FromProto(record.follow_up().done_time()) == At("2025-10-13T10:00:00+08:00"));
  CHECK(record.follow_up().rating() == "GOOD");
  CHECK(book.Score("TJ1").satisfaction() == 4);
  INFO("FBK-08/bad/1: a bad rating is not deleted by its change");
  CHECK(record.has_bad_time());

  INFO("FBK-05/bad/5 re-used");
  CHECK(ReasonOf(Update(book, Input(events::v1::SOLVED_YES, 5))) == config::v1::REASON_TOKEN_USED);
  CHECK(ReasonOf(Create(book, Input(events::v1::SOLVED_YES, 5))) == config::v1::REASON_TOKEN_USED);
}

TEST_CASE("a change for the worse is bad from then on", "[FBK-07]") {
  Book book = FedBackBook();
  REQUIRE_OK(Create(book, Input(events::v1::SOLVED_YES, 4)));
  book.SetNow("2025-10-15T10:00:00+08:00");
  REQUIRE_OK(Update(book, Input(events::v1::SOLVED_NO, 4)));
  CHECK(book.Sent<events::v1::Rated>(0).bad());
  CHECK(clock::FromProto(book.Round(kRound).bad_time()) == clock::FromProto(Stamp("2025-10-15T10:00:00+08:00")));
}

TEST_CASE("bad twice is bad since the first time", "[FBK-08]") {
  Book book = FedBackBook();
  REQUIRE_OK(Create(book, Input(events::v1::SOLVED_NO, 1)));
  book.SetNow("2025-10-15T10:00:00+08:00");
  REQUIRE_OK(Update(book, Input(events::v1::SOLVED_NO, 2)));
  CHECK(clock::FromProto(book.Round(kRound).bad_time()) == At("2025-10-13T10:00:00+08:00"));
}

TEST_CASE("a token is good through its fifteenth day", "[FBK-05]") {
  struct Row {
    const char* id;
    const char* now;
    Reason reason;
  };
  const Row row = GENERATE(Row{"last second", "2025-10-28T23:59:59.999+08:00", config::v1::REASON_UNSPECIFIED},
                           Row{"FBK-05/bad/6 expired", "2025-10-29T00:00:00+08:00", config::v1::REASON_TOKEN_EXPIRED});
  INFO(row.id);
  Book book = FedBackBook();
  book.SetNow(row.now);
  CHECK(ReasonOf(Create(book, Input(events::v1::SOLVED_YES, 5))) == row.reason);
  Book rated = FedBackBook();
  REQUIRE_OK(Create(rated, Input(events::v1::SOLVED_YES, 5)));
  rated.SetNow(row.now);
  CHECK(ReasonOf(Update(rated, Input(events::v1::SOLVED_YES, 4))) == row.reason);
}

TEST_CASE("the token of another round or order opens nothing", "[FBK-05]") {
  Book book = FedBackBook();
  RatingInput input = Input(events::v1::SOLVED_YES, 5);
  input.claim.id = GENERATE(RoundId{"TJ2", 0}, RoundId{"TJ1", 1});
  INFO("FBK-05/bad/7 token of another order");
  CHECK(ReasonOf(Create(book, input)) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(Update(book, input)) == config::v1::REASON_NOT_FOUND);
  INFO("nothing to change");
  CHECK(ReasonOf(Update(book, Input(events::v1::SOLVED_YES, 5))) == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("an unrated round ends with the next; a rated one may still be changed and does not touch the rates",
          "[FBK-05][FBK-11]") {
  Book book = FedBackBook();
  const bool rated = GENERATE(false, true);
  if (rated) REQUIRE_OK(Create(book, Input(events::v1::SOLVED_NO, 1)));
  REQUIRE_OK(book.Keep(DecideOrderNews(book, NewsOf("OrderFedBack", FedBack("TJ1", 1)), Calendar2025(), {})));
  if (!rated) {
    CHECK(ReasonOf(Create(book, Input(events::v1::SOLVED_YES, 5))) == config::v1::REASON_TOKEN_EXPIRED);
    return;
  }
  REQUIRE_OK(Update(book, Input(events::v1::SOLVED_YES, 4)));
  CHECK_FALSE(book.Score("TJ1").answered());
  RatingInput second = Input(events::v1::SOLVED_PARTLY, 3);
  second.claim.id = {"TJ1", 1};
  REQUIRE_OK(Create(book, second));
  CHECK(book.Sent<events::v1::Rated>(0).round() == 1);
  CHECK(book.Round({"TJ1", 1}).rating().round() == 1);
  CHECK(book.Score("TJ1").answered());
  CHECK(book.Score("TJ1").solved() == events::v1::SOLVED_PARTLY);
}

TEST_CASE("a text is kept only if it was sealed together with what stands there", "[FBK-05]") {
  Book book = FedBackBook();
  RatingInput input = Input(events::v1::SOLVED_YES, 5);
  input.sealed = SealedPrivate{{"TJ1-0", "sealed-1", {}}, "digest-1"};
  input.old_digest = "another";
  CHECK(ReasonOf(Create(book, input)) == config::v1::REASON_UNAVAILABLE);
  input.old_digest = "";
  REQUIRE_OK(Create(book, input));
  CHECK(book.Round(kRound).person_digest() == "digest-1");
  CHECK(book.persons == Types{"TJ1-0 sealed-1"});
  INFO("a change without a text leaves the text that stands there");
  REQUIRE_OK(Update(book, Input(events::v1::SOLVED_YES, 4)));
  CHECK(book.Round(kRound).person_digest() == "digest-1");
}

TEST_CASE("an order belongs to its enterprise and to the account that asked", "[GWY-04]") {
  v1::FollowUpRecord record;
  identity::Caller caller;
  CHECK_FALSE(IsOwner(caller, record));
  caller.uscc = "91120101000000000K";
  caller.subject = "enterprise-1";
  CHECK_FALSE(IsOwner(caller, record));
  record.set_uscc("91120101000000000K");
  CHECK(IsOwner(caller, record));
  record.set_uscc("other");
  CHECK_FALSE(IsOwner(caller, record));
  record.set_requester("enterprise-2");
  CHECK_FALSE(IsOwner(caller, record));
  record.set_requester("enterprise-1");
  CHECK(IsOwner(caller, record));
}

TEST_CASE("the token is for the account that asked, and for any of the enterprise where none did", "[FBK-05]") {
  v1::FollowUpRecord record;
  record.set_uscc("91120101000000000K");
  identity::Caller caller;
  caller.subject = "enterprise-1";
  CHECK_FALSE(MayRate(caller, record));
  caller.uscc = "91120101000000000K";
  CHECK(MayRate(caller, record));
  record.set_requester("enterprise-2");
  CHECK_FALSE(MayRate(caller, record));
  record.set_requester("enterprise-1");
  CHECK(MayRate(caller, record));
  caller.uscc.clear();
  CHECK(MayRate(caller, record));
}

}  // namespace
}  // namespace jinqi::feedback
