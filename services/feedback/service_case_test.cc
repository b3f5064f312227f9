#include "services/feedback/service_case.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/testing/field_faults.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using testing::FieldsOf;
using v1::ServiceCase;
using v1::ServiceCaseTexts;
using Fields = std::map<std::string, std::string>;
using Facts = std::vector<std::string>;

constexpr char kName[] = "serviceCases/1";
constexpr char kMeasure[] = "policies/tianjin-measures-2025/measures/m09";

CaseActor Actor(config::v1::Role role, const std::string& account, const std::string& body = "",
                const std::string& district = "") {
  return {role, account, body, district};
}
CaseActor Officer(const std::string& body = "SCJG") {
  return Actor(config::v1::ROLE_UNDERTAKER, "officer-" + body, body);
}
CaseActor Editor(const std::string& account = "editor-1") { return Actor(config::v1::ROLE_KNOWLEDGE_EDITOR, account); }

ServiceCaseTexts Texts() {
  ServiceCaseTexts texts;
  texts.set_title("跨区迁移怎么办");
  texts.set_problem("企业拟迁往他区");
  texts.set_handling("两区一次受理");
  texts.set_result("三日办结");
  texts.set_transferable("迁出迁入并联办理");
  return texts;
}

SealedPrivate Sealed(const std::string& digest) { return {{kName, "sealed " + digest, {}}, digest}; }

ProposeInput Input(const CaseActor& actor = Officer()) {
  ProposeInput input;
  input.proposed.set_name(kName);
  input.proposed.set_kind(ServiceCase::KIND_TYPICAL_CASE);
  input.proposed.set_order_no("TJ1");
  input.proposed.add_policies(kMeasure);
  input.actor = actor;
  input.texts = Sealed("digest");
  return input;
}

Book ClosedBook() {
  Book book = FedBackBook({"TJ1", 0});
  events::v1::OrderEvent closed = FedBack("TJ1");
  closed.mutable_order()->set_state(events::v1::ORDER_STATE_CLOSED);
  *closed.mutable_order()->mutable_close_time() = Stamp("2025-10-14T10:00:00+08:00");
  *closed.mutable_time() = Stamp("2025-10-14T10:00:00+08:00");
  book.SetNow("2025-10-14T10:00:00+08:00");
  REQUIRE_OK(book.Keep(DecideOrderNews(book, NewsOf("OrderClosed", closed), Calendar2025(), {})));
  book.SetNow("2025-10-15T10:00:00+08:00");
  return book;
}

Book Proposed() {
  Book book = ClosedBook();
  REQUIRE_OK(book.Keep(DecideProposeCase(book, Input())));
  return book;
}

CaseMove Move(const Book& book, const CaseActor& actor) {
  return {kName, std::to_string(book.Find(ServiceCaseKey(kName))->version), actor};
}

ServiceCase CaseOf(const Book& book) {
  return testing::Must(book.Read<v1::ServiceCaseRecord>(ServiceCaseKey(kName))).service_case();
}
std::string DigestOf(const Book& book) {
  return testing::Must(book.Read<v1::ServiceCaseRecord>(ServiceCaseKey(kName))).person_digest();
}

absl::Status Edit(Book& book, const CaseMove& move) {
  ServiceCase edited;
  edited.set_kind(ServiceCase::KIND_FAQ);
  edited.add_policies("policies/p");
  return book.Keep(DecideEditCase(book, move, edited, Sealed("digest again")));
}
absl::Status Check(Book& book, const CaseActor& actor = Officer()) {
  return book.Keep(DecideCheckCase(book, Move(book, actor)));
}
absl::Status Approve(Book& book, const CaseActor& actor = Editor()) {
  return book.Keep(DecideApproveCase(book, Move(book, actor), Texts()));
}
absl::Status Reject(Book& book, const CaseActor& actor = Editor()) {
  return book.Keep(DecideRejectCase(book, Move(book, actor), "与事实不符"));
}

TEST_CASE("a case says what was asked, done and achieved", "[FBK-12]") {
  struct Row {
    const char* id;
    std::function<void(ServiceCase&)> change;
    Fields faults;
  };
  const auto row = GENERATE(values<Row>({
      {"as it should be", [](auto&) {}, {}},
      {"without a kind", [](auto& given) { given.clear_kind(); }, {{"kind", "REQUIRED"}}},
      {"a kind of a later version",
       [](auto& given) { given.set_kind(static_cast<ServiceCase::Kind>(99)); },
       {{"kind", "UNKNOWN_VALUE"}}},
      {"an empty case",
       [](auto& given) { given.clear_texts(); },
       {{"texts.title", "REQUIRED"},
        {"texts.problem", "REQUIRED"},
        {"texts.handling", "REQUIRED"},
        {"texts.result", "REQUIRED"}}},
      {"an empty FAQ",
       [](auto& given) {
         given.clear_texts();
         given.set_kind(ServiceCase::KIND_FAQ);
       },
       {{"texts.title", "REQUIRED"}, {"texts.result", "REQUIRED"}}},
      {"a short title", [](auto& given) { given.mutable_texts()->set_title("迁"); }, {{"texts.title", "TOO_SHORT"}}},
      {"the longest title", [](auto& given) { given.mutable_texts()->set_title(std::string(200, 'x')); }, {}},
      {"too long a title",
       [](auto& given) { given.mutable_texts()->set_title(std::string(201, 'x')); },
       {{"texts.title", "TOO_LONG"}}},
      {"the longest text", [](auto& given) { given.mutable_texts()->set_transferable(std::string(4000, 'x')); }, {}},
      {"too long texts",
       [](auto& given) {
         for (auto* text : {given.mutable_texts()->mutable_problem(), given.mutable_texts()->mutable_handling(),
                            given.mutable_texts()->mutable_result(), given.mutable_texts()->mutable_transferable()}) {
           *text = std::string(4001, 'x');
         }
       },
       {{"texts.problem", "TOO_LONG"},
        {"texts.handling", "TOO_LONG"},
        {"texts.result", "TOO_LONG"},
        {"texts.transferable", "TOO_LONG"}}},
      {"no policy yet", [](auto& given) { given.clear_policies(); }, {}},
      {"policies and measures",
       [](auto& given) {
         given.add_policies("policies/tianjin-measures-2025");
         given.add_policies("policies/" + std::string(63, 'x'));
         given.add_policies("policies/azAZ09-");
       },
       {}},
      {"what is no policy",
       [](auto& given) {
         for (const char* name :
              {"", "policies/", "measures/m09", "policies/a/measures/", "policies/a b", "policies/a/measures/m09/x",
               "policies/天津", "policies/{", "policies/[", "policies/:", "policies//measures/m09"}) {
           given.add_policies(name);
         }
         given.add_policies("policies/" + std::string(64, 'x'));
       },
       {{"policies[1]", "FORMAT"},
        {"policies[2]", "FORMAT"},
        {"policies[3]", "FORMAT"},
        {"policies[4]", "FORMAT"},
        {"policies[5]", "FORMAT"},
        {"policies[6]", "FORMAT"},
        {"policies[7]", "FORMAT"},
        {"policies[8]", "FORMAT"},
        {"policies[9]", "FORMAT"},
        {"policies[10]", "FORMAT"},
        {"policies[11]", "FORMAT"},
        {"policies[12]", "FORMAT"}}},
      {"the most policies",
       [](auto& given) {
         for (int i = 1; i < 20; ++i) given.add_policies("policies/p");
       },
       {}},
      {"too many policies",
       [](auto& given) {
         for (int i = 1; i < 21; ++i) given.add_policies("policies/p");
       },
       {{"policies", "TOO_MANY"}}},
  }));
  INFO(row.id);
  ServiceCase given;
  given.set_kind(ServiceCase::KIND_TYPICAL_CASE);
  *given.mutable_texts() = Texts();
  given.add_policies(kMeasure);
  row.change(given);
  CHECK(FieldsOf(CheckServiceCase(given.kind(), given.texts(), given.policies())) == row.faults);
}

TEST_CASE("a case tells nobody whose order it was", "[FBK-12]") {
  INFO("FBK-12/accept");
  ServiceCaseTexts texts = Texts();
  texts.set_title(" 海河之光的\n迁移 ");
  texts.set_problem("天津海河测试有限公司（91120116MA051K2P9X）的联系人王小明，电话13800000000");
  texts.set_handling(" 到滨海新区第三大街5号楼办理 ");
  const std::vector<std::string> known = {"海河之光", "王小明"};
  CHECK_FALSE(CheckDeidentified(texts, known).ok());
  texts = Deidentified(CleanTexts(std::move(texts)), known);
  CHECK_OK(CheckDeidentified(texts, known));
  CHECK(texts.title().find("海河之光") == std::string::npos);
  CHECK(texts.title().find('\n') == std::string::npos);
  for (const char* word : {"海河测试有限公司", "91120116MA051K2P9X", "王小明", "13800000000"}) {
    CHECK(texts.problem().find(word) == std::string::npos);
  }
  CHECK(texts.handling().find("5号楼") == std::string::npos);
  CHECK(texts.handling().find(' ') == std::string::npos);
  CHECK(texts.result() == "三日办结");
}

TEST_CASE("what the detector finds in any text blocks publication", "[FBK-12]") {
  struct Row {
    const char* id;
    std::function<void(ServiceCaseTexts&)> change;
    // What the caller is told; empty: it may be published.
    const char* kinds;
  };
  const auto row = GENERATE(values<Row>({
      {"nothing", [](auto&) {}, ""},
      {"FBK-12/bad/1 a phone in the title", [](auto& texts) { texts.set_title("拨打13800000000"); }, "电话"},
      {"FBK-12/bad/1 an identity number in the problem",
       [](auto& texts) { texts.set_problem("身份证110101199003074610"); }, "身份证号"},
      {"FBK-12/bad/1 a code in the handling", [](auto& texts) { texts.set_handling("代码91120116MA051K2P9X"); },
       "信用代码"},
      {"a mail address in the result", [](auto& texts) { texts.set_result("发到a@b.cn"); }, "邮箱"},
      {"a known name in the points", [](auto& texts) { texts.set_transferable("学海河之光"); }, "姓名"},
      {"two kinds, each once",
       [](auto& texts) {
         texts.set_title("拨打13800000000");
         texts.set_problem("发到a@b.cn");
         texts.set_result("或13900000000");
       },
       "电话、邮箱"},
  }));
  INFO(row.id);
  ServiceCaseTexts texts = Texts();
  row.change(texts);
  const absl::Status status = CheckDeidentified(texts, {"海河之光"});
  const bool blocked = row.kinds[0] != '\0';
  CHECK(status.ok() != blocked);
  if (!blocked) return;
  CHECK(ReasonOf(status) == config::v1::REASON_PERSONAL_DATA_FOUND);
  CHECK(MetadataOf(status).at("kinds") == row.kinds);
}

TEST_CASE("who works on a case", "[FBK-12]") {
  using config::v1::Role;
  struct Row {
    const char* id;
    CaseActor actor;
    bool works;
  };
  const auto row = GENERATE(values<Row>({
      {"the undertaker", Officer(), true},
      {"another body", Officer("SWJ"), false},
      {"an undertaker without a body", Officer(""), false},
      {"the hub", Actor(config::v1::ROLE_HUB_LEADER, "a"), true},
      {"a reviewer", Actor(config::v1::ROLE_REVIEWER, "a"), true},
      {"a reviewer of the district", Actor(config::v1::ROLE_REVIEWER, "a", "", "120103"), true},
      {"a reviewer of another district", Actor(config::v1::ROLE_REVIEWER, "a", "", "120116"), false},
      {"an editor", Editor(), true},
      {"an approver", Actor(config::v1::ROLE_KNOWLEDGE_APPROVER, "a"), true},
      {"a seat", Actor(config::v1::ROLE_SEAT, "a", "SCJG"), false},
      {"an enterprise", Actor(config::v1::ROLE_ENTERPRISE, "a"), false},
  }));
  INFO(row.id);
  CHECK(WorksOn(row.actor, "SCJG", "120103") == row.works);
}

TEST_CASE("nobody works on a case that no body led, as its undertaker", "[FBK-12]") {
  CHECK_FALSE(WorksOn(Officer(""), "", "120103"));
}

TEST_CASE("only a closed order is proposed, by those who work on it", "[FBK-12]") {
  Book book = FedBackBook({"TJ1", 0});
  CHECK(ReasonOf(book.Keep(DecideProposeCase(book, Input()))) == config::v1::REASON_CASE_NOT_CLOSED);
  book = ClosedBook();
  CHECK(ReasonOf(book.Keep(DecideProposeCase(book, Input(Officer("SWJ"))))) == config::v1::REASON_NOT_FOUND);
  ProposeInput other = Input();
  other.proposed.set_order_no("TJ2");
  CHECK(ReasonOf(book.Keep(DecideProposeCase(book, other))) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(book.Keep(DecideProposeCase(book, Input())));
  CHECK(book.facts == Facts{"ServiceCaseProposed"});
  CHECK(book.persons == Facts{"serviceCases/1 sealed digest"});
  const std::string stored = R"("name": "serviceCases/1", "state": "STATE_DRAFT", "kind": "KIND_TYPICAL_CASE",
      "orderNo": "TJ1", "policies": ["policies/tianjin-measures-2025/measures/m09"], "undertaker": "SCJG",
      "districtCode": "120103", "proposedBy": "officer-SCJG", "editedBy": "officer-SCJG",
      "createTime": "2025-10-15T10:00:00+08:00", "editTime": "2025-10-15T10:00:00+08:00")";
  CHECK(testing::Differences(CaseOf(book), absl::StrCat("{", stored, "}")) == "");
  CHECK(testing::DifferencesIn<ServiceCase>(book.answer, absl::StrCat("{", stored, R"(, "etag": "1"})")) == "");
  CHECK(DigestOf(book) == "digest");
  const auto names = ProposeNames(Input());
  REQUIRE(names.size() == 2);
  CHECK(names[0].key == ServiceCaseKey(kName));
  CHECK(names[1].key == ScoreKey("TJ1"));
  CHECK(names[1].access == ledger::Access::kRely);
}

TEST_CASE("the undertaker checks, and another than the editor approves", "[FBK-12]") {
  Book book = Proposed();
  CHECK(ReasonOf(Approve(book)) == config::v1::REASON_CASE_STATE);
  CHECK(ReasonOf(Check(book, Officer("SWJ"))) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(Check(book));
  CHECK(book.facts == Facts{"ServiceCaseChecked"});
  CHECK(CaseOf(book).checked_by() == "officer-SCJG");
  CHECK(clock::FromProto(CaseOf(book).check_time()) == book.now());
  const absl::Status again = Check(book);
  CHECK(ReasonOf(again) == config::v1::REASON_CASE_STATE);
  CHECK(MetadataOf(again).at("state") == "CHECKED");

  book.SetNow("2025-10-15T11:00:00+08:00");
  REQUIRE_OK(Edit(book, Move(book, Editor())));
  CHECK(book.facts == Facts{"ServiceCaseEdited"});
  ServiceCase stored = CaseOf(book);
  CHECK(stored.state() == ServiceCase::STATE_DRAFT);
  CHECK(stored.kind() == ServiceCase::KIND_FAQ);
  REQUIRE(stored.policies_size() == 1);
  CHECK(stored.policies(0) == "policies/p");
  CHECK(stored.edited_by() == "editor-1");
  CHECK(clock::FromProto(stored.edit_time()) == book.now());
  CHECK(clock::FromProto(stored.create_time()) == At("2025-10-15T10:00:00+08:00"));
  CHECK(stored.proposed_by() == "officer-SCJG");
  CHECK(book.persons == Facts{"serviceCases/1 sealed digest again"});
  // What was checked is no longer what it says.
  CHECK(stored.checked_by().empty());
  CHECK_FALSE(stored.has_check_time());
  CHECK(DigestOf(book) == "digest again");
  CHECK(ReasonOf(Approve(book, Editor("editor-2"))) == config::v1::REASON_CASE_STATE);

  REQUIRE_OK(Check(book));
  CHECK(ReasonOf(Approve(book)) == config::v1::REASON_APPROVER_IS_EDITOR);
  book.SetNow("2025-10-16T10:00:00+08:00");
  auto approved = DecideApproveCase(book, Move(book, Editor("editor-2")), Texts());
  REQUIRE_OK(approved);
  CHECK(approved->erase_persons == std::vector<std::string>{kName});
  REQUIRE_OK(book.Keep(std::move(approved)));
  CHECK(book.facts == Facts{"ServiceCaseApproved"});
  stored = CaseOf(book);
  CHECK(stored.state() == ServiceCase::STATE_APPROVED);
  CHECK(stored.approved_by() == "editor-2");
  CHECK(clock::FromProto(stored.approve_time()) == book.now());
  CHECK(stored.texts().SerializeAsString() == Texts().SerializeAsString());
  // What everybody reads stays as it was approved.
  CHECK(ReasonOf(Edit(book, Move(book, Editor()))) == config::v1::REASON_CASE_STATE);
  CHECK(ReasonOf(Check(book)) == config::v1::REASON_CASE_STATE);
  CHECK(ReasonOf(Approve(book, Editor("editor-2"))) == config::v1::REASON_CASE_STATE);
  CHECK(ReasonOf(Reject(book)) == config::v1::REASON_CASE_STATE);
}

TEST_CASE("a case that links no policy is not approved", "[FBK-12]") {
  Book book = ClosedBook();
  ProposeInput input = Input();
  input.proposed.clear_policies();
  REQUIRE_OK(book.Keep(DecideProposeCase(book, input)));
  REQUIRE_OK(Check(book));
  CHECK(FieldsOf(Approve(book)) == Fields{{"policies", "REQUIRED"}});
}

TEST_CASE("a rejected case may be written anew", "[FBK-12]") {
  Book book = Proposed();
  REQUIRE_OK(Check(book));
  book.SetNow("2025-10-16T10:00:00+08:00");
  REQUIRE_OK(Reject(book));
  CHECK(book.facts == Facts{"ServiceCaseRejected"});
  const ServiceCase stored = CaseOf(book);
  CHECK(stored.state() == ServiceCase::STATE_REJECTED);
  CHECK(stored.rejected_by() == "editor-1");
  CHECK(stored.reject_reason() == "与事实不符");
  CHECK(clock::FromProto(stored.reject_time()) == book.now());
  CHECK(stored.checked_by().empty());
  CHECK(ReasonOf(Reject(book)) == config::v1::REASON_CASE_STATE);
  CHECK(ReasonOf(Check(book)) == config::v1::REASON_CASE_STATE);
  REQUIRE_OK(Edit(book, Move(book, Officer())));
  CHECK(CaseOf(book).state() == ServiceCase::STATE_DRAFT);
  REQUIRE_OK(Reject(book, Officer()));
}

TEST_CASE("a case is changed as it was read", "[FBK-12]") {
  Book book = Proposed();
  CaseMove move = Move(book, Editor());
  move.etag.clear();
  CHECK(ReasonOf(Edit(book, move)) == config::v1::REASON_ETAG_REQUIRED);
  move.etag = "7";
  CHECK(ReasonOf(Edit(book, move)) == config::v1::REASON_VERSION_CONFLICT);
  move.name = "serviceCases/2";
  CHECK(ReasonOf(Edit(book, move)) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(Edit(book, Move(book, Editor())));
  ServiceCase answer;
  REQUIRE(answer.ParseFromString(book.answer));
  CHECK(answer.etag() == "2");
}

TEST_CASE("everybody reads what a case says, not who worked on it", "[FBK-12]") {
  Book book = Proposed();
  REQUIRE_OK(Check(book));
  book.SetNow("2025-10-15T12:00:00+08:00");
  REQUIRE_OK(Approve(book));
  ServiceCase shown = CaseOf(book);
  shown.set_etag("3");
  HideWork(shown);
  CHECK(testing::Differences(shown, R"({"name": "serviceCases/1", "state": "STATE_APPROVED",
      "kind": "KIND_TYPICAL_CASE", "etag": "3", "policies": ["policies/tianjin-measures-2025/measures/m09"],
      "texts": {"title": "跨区迁移怎么办", "problem": "企业拟迁往他区", "handling": "两区一次受理",
                "result": "三日办结", "transferable": "迁出迁入并联办理"},
      "undertaker": "SCJG", "districtCode": "120103",
      "createTime": "2025-10-15T10:00:00+08:00", "approveTime": "2025-10-15T12:00:00+08:00"})") == "");
}

}  // namespace
}  // namespace jinqi::feedback
