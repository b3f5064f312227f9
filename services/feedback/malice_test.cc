#include "services/feedback/malice.h"

#include "services/feedback/rating.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using config::v1::Reason;
using Types = std::vector<std::string>;

const RoundId kRound{"TJ1", 0};

Book RatedBook(int satisfaction) {
  Book book = FedBackBook(kRound);
  RatingInput input;
  input.claim = {kRound, At("2025-10-28T23:59:59+08:00")};
  input.values = {events::v1::SOLVED_YES, satisfaction};
  REQUIRE_OK(book.Keep(DecideCreateRating(book, input)));
  return book;
}

MaliceInput Input(const Book& book, const std::string& account, const std::string& reason = "同一账号批量差评") {
  return {kRound, book.Etag(kRound), account, "BMZX", "", reason};
}

absl::Status Mark(Book& book, const MaliceInput& input) { return book.Keep(DecideMarkMalicious(book, input)); }

TEST_CASE("two persons mark a bad rating, and it stays", "[FBK-08]") {
  Book book = RatedBook(1);
  book.SetNow("2025-10-14T09:00:00+08:00");
  REQUIRE_OK(Mark(book, Input(book, "reviewer-1")));
  CHECK(book.facts == Types{"MaliceProposed"});
  v1::Rating rating = book.Round(kRound).rating();
  CHECK(rating.malice().proposed_by() == "reviewer-1");
  CHECK(rating.malice().reason() == "同一账号批量差评");
  CHECK(clock::FromProto(rating.malice().propose_time()) == book.now());
  CHECK_FALSE(rating.malice().has_confirm_time());
  INFO("a proposal alone takes nothing out");
  CHECK(rating.excluded().empty());
  CHECK(book.Score("TJ1").excluded().empty());

  INFO("FBK-08/bad/2 the same person");
  CHECK(ReasonOf(Mark(book, Input(book, "reviewer-1"))) == config::v1::REASON_MALICE_SECOND_PERSON);
  INFO("FBK-08/bad/2");
  book.SetNow("2025-10-14T10:00:00+08:00");
  REQUIRE_OK(Mark(book, Input(book, "reviewer-2", "复核属实")));
  CHECK(book.facts == Types{"MaliceConfirmed", "RatingExcluded"});
  rating = book.Round(kRound).rating();
  CHECK(rating.malice().proposed_by() == "reviewer-1");
  CHECK(rating.malice().confirmed_by() == "reviewer-2");
  CHECK(rating.malice().confirm_reason() == "复核属实");
  CHECK(clock::FromProto(rating.malice().confirm_time()) == book.now());
  CHECK(rating.excluded() == "MALICE");
  CHECK(rating.excluded_reason() == "同一账号批量差评");
  CHECK(rating.satisfaction() == 1);
  CHECK(rating.bad());
  CHECK(book.Round(kRound).has_bad_time());
  CHECK(book.Score("TJ1").excluded() == "MALICE");
  CHECK(book.Score("TJ1").satisfaction() == 1);
  v1::Rating answer;
  REQUIRE(answer.ParseFromString(book.answer));
  CHECK(answer.etag() == book.Etag(kRound));
  CHECK(ReasonOf(Mark(book, Input(book, "reviewer-3"))) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("who may mark what", "[FBK-08][GWY-04]") {
  struct Row {
    const char* id;
    int satisfaction;
    void (*spoil)(MaliceInput&);
    Reason reason;
  };
  const Row row = GENERATE(
      Row{"a good rating", 3, [](MaliceInput&) {}, config::v1::REASON_NOT_FOUND},
      Row{"a bad rating", 2, [](MaliceInput&) {}, config::v1::REASON_UNSPECIFIED},
      Row{"who led", 2, [](MaliceInput& input) { input.body = "SCJG"; }, config::v1::REASON_PERMISSION_DENIED},
      Row{"who assisted", 2, [](MaliceInput& input) { input.body = "SWJ"; }, config::v1::REASON_PERMISSION_DENIED},
      Row{"another district", 2, [](MaliceInput& input) { input.district = "120116"; }, config::v1::REASON_NOT_FOUND},
      Row{"its own district", 2, [](MaliceInput& input) { input.district = "120103"; }, config::v1::REASON_UNSPECIFIED},
      Row{"no etag", 2, [](MaliceInput& input) { input.etag.clear(); }, config::v1::REASON_ETAG_REQUIRED},
      Row{"old etag", 2, [](MaliceInput& input) { input.etag = "1"; }, config::v1::REASON_VERSION_CONFLICT},
      Row{"no such round", 2, [](MaliceInput& input) { input.id.round = 3; }, config::v1::REASON_NOT_FOUND});
  INFO(row.id);
  Book book = RatedBook(row.satisfaction);
  MaliceInput input = Input(book, "reviewer-1");
  row.spoil(input);
  CHECK(ReasonOf(Mark(book, input)) == row.reason);
}

TEST_CASE("the first reason for leaving an answer out stays", "[FBK-08][FBK-09]") {
  Book book = RatedBook(1);
  auto round = testing::Must(Round::Load(book, kRound));
  round.Exclude("APPEAL_UPHELD", "录音不符");
  round.Note("AppealDecided", round.record.rating());
  REQUIRE_OK(book.Keep(std::move(round).Finish("")));
  REQUIRE_OK(Mark(book, Input(book, "reviewer-1")));
  REQUIRE_OK(Mark(book, Input(book, "reviewer-2")));
  CHECK(book.facts == Types{"MaliceConfirmed"});
  CHECK(book.Round(kRound).rating().excluded() == "APPEAL_UPHELD");
  CHECK(book.Round(kRound).rating().excluded_reason() == "录音不符");
}

}  // namespace
}  // namespace jinqi::feedback
