#include "services/feedback/opinion.h"

#include <functional>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/testing/field_faults.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using testing::FieldsOf;
using v1::Opinion;
using Fields = std::map<std::string, std::string>;

const RoundId kId{"TJ1", 1};
constexpr char kName[] = "opinions/1";

OpinionTargets Targets() { return {{"SJJ", "SCJG", "GFY", "Q120104"}, {"ALLQ"}}; }

v1::CreateOpinionRequest Request() {
  v1::CreateOpinionRequest request;
  request.set_follow_up("followUps/TJ1-1");
  request.set_kind(Opinion::KIND_DEFECT);
  request.set_subject(Opinion::SUBJECT_MECHANISM);
  request.set_text("小程序上传总失败");
  request.set_target("SJJ");
  return request;
}

OpinionInput Input(bool consent = false) {
  OpinionInput input;
  input.opinion.set_name(kName);
  input.opinion.set_kind(Opinion::KIND_DEFECT);
  input.opinion.set_subject(Opinion::SUBJECT_MECHANISM);
  input.opinion.set_target("SJJ");
  input.opinion.set_identity_consent(consent);
  input.round = kId;
  input.account = "seat-1";
  input.text = {{kName, "sealed", {}}, "digest"};
  return input;
}

absl::Status Create(Book& book, const OpinionInput& input) {
  return book.Keep(DecideCreateOpinion(book, input, Calendar2025(), {}));
}

Book Sent(bool consent = false) {
  Book book = FedBackBook(kId);
  REQUIRE_OK(Create(book, Input(consent)));
  return book;
}

v1::OpinionRecord RecordOf(const Book& book) { return testing::Must(book.Read<v1::OpinionRecord>(OpinionKey(kName))); }

OpinionMove Move(const Book& book, const std::string& body = "SJJ") {
  return {kName, std::to_string(book.Find(OpinionKey(kName))->version), "officer-1", body};
}

absl::Status Receive(Book& book, const OpinionMove& move) { return book.Keep(DecideReceiveOpinion(book, move)); }
absl::Status Answer(Book& book, const OpinionMove& move) {
  return book.Keep(DecideAnswerOpinion(book, move, {{kName, "sealed again", {}}, "digest again"}));
}

Opinion AnswerOf(const Book& book) {
  Opinion opinion;
  REQUIRE(opinion.ParseFromString(book.answer));
  return opinion;
}

TEST_CASE("an opinion goes to one named body", "[FBK-10]") {
  struct Row {
    const char* id;
    std::function<void(v1::CreateOpinionRequest&)> change;
    Fields faults;
  };
  const auto row = GENERATE(values<Row>({
      {"as it should be", [](auto&) {}, {}},
      {"a court takes opinions", [](auto& request) { request.set_target("GFY"); }, {}},
      {"a district", [](auto& request) { request.set_target("Q120104"); }, {}},
      {"FBK-10/bad/1 no target", [](auto& request) { request.clear_target(); }, {{"target", "OPINION_TARGET"}}},
      {"FBK-10/bad/1 a collective name",
       [](auto& request) { request.set_target("ALLQ"); },
       {{"target", "OPINION_TARGET"}}},
      {"nobody's code", [](auto& request) { request.set_target("XXX"); }, {{"target", "NOT_IN_DIRECTORY"}}},
      {"no kind", [](auto& request) { request.clear_kind(); }, {{"kind", "REQUIRED"}}},
      {"a kind of a later version",
       [](auto& request) { request.set_kind(static_cast<Opinion::Kind>(99)); },
       {{"kind", "UNKNOWN_VALUE"}}},
      {"a subject of a later version",
       [](auto& request) { request.set_subject(static_cast<Opinion::Subject>(99)); },
       {{"subject", "UNKNOWN_VALUE"}}},
      {"the longest text", [](auto& request) { request.set_text(std::string(1000, 'x')); }, {}},
      {"too long a text", [](auto& request) { request.set_text(std::string(1001, 'x')); }, {{"text", "TOO_LONG"}}},
      {"every fault at once",
       [](auto& request) { request = v1::CreateOpinionRequest(); },
       {{"kind", "REQUIRED"}, {"subject", "REQUIRED"}, {"text", "REQUIRED"}, {"target", "OPINION_TARGET"}}},
  }));
  INFO(row.id);
  v1::CreateOpinionRequest request = Request();
  row.change(request);
  CHECK(FieldsOf(CheckOpinion(request, Targets(), {})) == row.faults);
}

TEST_CASE("the directory tells bodies from names that stand for many", "[FBK-10]") {
  routing::v1::UndertakerDirectory directory;
  const auto add = [&directory](const char* code, const char* kind) {
    auto& body = *directory.add_undertakers();
    body.set_code(code);
    body.set_kind(kind);
  };
  add("SJJ", "municipal");
  add("ALLQ", "collective");
  const OpinionTargets targets = TargetsOf(directory);
  CHECK(targets.bodies == std::set<std::string>{"SJJ"});
  CHECK(targets.collectives == std::set<std::string>{"ALLQ"});
}

TEST_CASE("rules that lead to nobody stop the start", "[FBK-10]") {
  v1::OpinionRules rules;
  CHECK_OK(CheckOpinionRules(rules, Targets()));
  v1::OpinionMatter& matter = *rules.add_matters();
  matter.set_subject(Opinion::SUBJECT_HANDLING);
  CHECK_FALSE(CheckOpinionRules(rules, Targets()).ok());
  matter.add_words("承办");
  CHECK_OK(CheckOpinionRules(rules, Targets()));
  matter.add_targets("SJJ");
  CHECK_OK(CheckOpinionRules(rules, Targets()));
  matter.add_targets("ALLQ");
  CHECK_FALSE(CheckOpinionRules(rules, Targets()).ok());
  matter.clear_targets();
  matter.clear_subject();
  CHECK_FALSE(CheckOpinionRules(rules, Targets()).ok());
}

TEST_CASE("without consent the text tells nobody who said it", "[FBK-10]") {
  INFO("FBK-10/bad/2");
  v1::CreateOpinionRequest request = Request();
  request.set_text("  津南某厂的联系人张三说，电话13800000000打不通 ");
  CHECK(OpinionText(request).find("13800000000") == std::string::npos);
  CHECK(OpinionText(request).find("张三") == std::string::npos);
  request.set_identity_consent(true);
  CHECK(OpinionText(request) == "津南某厂的联系人张三说，电话13800000000打不通");
}

TEST_CASE("an opinion is due on the tenth working day", "[FBK-10]") {
  Book book = Sent();
  CHECK(book.facts == std::vector<std::string>{"OpinionSent"});
  CHECK(book.persons == std::vector<std::string>{"opinions/1 sealed"});
  // Monday the 13th is not counted.
  const std::string opinion = R"("name": "opinions/1", "state": "STATE_OPEN", "kind": "KIND_DEFECT",
      "subject": "SUBJECT_MECHANISM", "target": "SJJ", "orderNo": "TJ1", "round": 1, "uscc": "91120101000000000K",
      "by": "seat-1", "createTime": "2025-10-13T10:00:00+08:00", "dueTime": "2025-10-27T23:59:59+08:00")";
  CHECK(testing::Differences(RecordOf(book), absl::StrCat(R"({"opinion": {)", opinion, R"(}, "districtCode": "120103",
      "requester": "enterprise-91120101000000000K", "personDigest": "ZGlnZXN0"})")) == "");
  CHECK(testing::Differences(AnswerOf(book), absl::StrCat("{", opinion, R"(, "etag": "1"})")) == "");

  book.SetNow("2025-12-25T10:00:00+08:00");
  OpinionInput late = Input();
  late.opinion.set_name("opinions/2");
  REQUIRE_OK(Create(book, late));
  // No notice for 2026 is known here.
  CHECK(AnswerOf(book).due_provisional());
}

TEST_CASE("an opinion belongs to a round that its sender sees", "[FBK-10]") {
  Book book = FedBackBook(kId);
  OpinionInput input = Input();
  input.district = "120116";
  CHECK(ReasonOf(Create(book, input)) == config::v1::REASON_NOT_FOUND);
  input.district = "120103";
  CHECK_OK(Create(book, input));
  input.round = {"TJ2", 0};
  CHECK(ReasonOf(Create(book, input)) == config::v1::REASON_NOT_FOUND);
  const auto names = OpinionNames(Input());
  REQUIRE(names.size() == 2);
  CHECK(names[0].key == OpinionKey(kName));
  CHECK(names[1].key == FollowUpKey(kId));
  CHECK(names[1].access == ledger::Access::kRely);
}

TEST_CASE("the target receives an opinion and answers it", "[FBK-10]") {
  Book book = Sent();
  CHECK(ReasonOf(Receive(book, Move(book, "SCJG"))) == config::v1::REASON_NOT_FOUND);
  CHECK(ReasonOf(Answer(book, Move(book))) == config::v1::REASON_OPINION_NOT_RECEIVED);
  OpinionMove move = Move(book);
  move.etag.clear();
  CHECK(ReasonOf(Receive(book, move)) == config::v1::REASON_ETAG_REQUIRED);
  move.etag = "2";
  CHECK(ReasonOf(Receive(book, move)) == config::v1::REASON_VERSION_CONFLICT);

  book.SetNow("2025-10-14T10:00:00+08:00");
  REQUIRE_OK(Receive(book, Move(book)));
  CHECK(book.facts == std::vector<std::string>{"OpinionReceived"});
  Opinion opinion = RecordOf(book).opinion();
  CHECK(opinion.state() == Opinion::STATE_RECEIVED);
  CHECK(opinion.received_by() == "officer-1");
  CHECK(clock::FromProto(opinion.receive_time()) == book.now());
  CHECK(AnswerOf(book).etag() == "2");
  CHECK(ReasonOf(Receive(book, Move(book))) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK(ReasonOf(Answer(book, Move(book, ""))) == config::v1::REASON_NOT_FOUND);

  book.SetNow("2025-10-15T10:00:00+08:00");
  REQUIRE_OK(Answer(book, Move(book)));
  CHECK(book.facts == std::vector<std::string>{"OpinionAnswered"});
  opinion = RecordOf(book).opinion();
  CHECK(opinion.state() == Opinion::STATE_ANSWERED);
  CHECK(opinion.answered_by() == "officer-1");
  CHECK(clock::FromProto(opinion.answer_time()) == book.now());
  CHECK(RecordOf(book).person_digest() == "digest again");
  CHECK(book.persons == std::vector<std::string>{"opinions/1 sealed again"});
  CHECK(AnswerOf(book).etag() == "3");
  CHECK(ReasonOf(Answer(book, Move(book))) == config::v1::REASON_OPINION_ANSWERED);
  CHECK(ReasonOf(Receive(book, Move(book))) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("the target is told who said it only with consent", "[FBK-10]") {
  INFO("FBK-10/bad/2");
  const bool consent = GENERATE(false, true);
  CAPTURE(consent);
  Book book = Sent(consent);
  REQUIRE_OK(Receive(book, Move(book)));
  const Opinion shown = AnswerOf(book);
  CHECK(shown.order_no() == (consent ? "TJ1" : ""));
  CHECK(shown.round() == (consent ? 1 : 0));
  CHECK(shown.uscc() == (consent ? "91120101000000000K" : ""));
  CHECK(shown.by().empty());
  CHECK(shown.target() == "SJJ");
}

TEST_CASE("an answer has a text", "[FBK-10]") {
  v1::AnswerOpinionRequest request;
  CHECK(FieldsOf(CheckAnswer(request, {})) == Fields{{"answer", "REQUIRED"}});
  request.set_answer("已修复");
  CHECK_OK(CheckAnswer(request, {}));
  request.set_answer(std::string(1001, 'x'));
  CHECK(FieldsOf(CheckAnswer(request, {})) == Fields{{"answer", "TOO_LONG"}});
}

}  // namespace
}  // namespace jinqi::feedback
