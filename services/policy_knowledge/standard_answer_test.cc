#include "services/policy_knowledge/standard_answer.h"

#include <functional>

#include <catch2/catch.hpp>

#include "common/testing/field_faults.h"
#include "services/policy_knowledge/test_book.h"

namespace jinqi::policy {
namespace {

using config::v1::REASON_ANSWER_STATE;
using config::v1::REASON_APPROVER_IS_EDITOR;
using config::v1::REASON_NOT_FOUND;
using testing::FieldsOf;
using v1::StandardAnswer;
using Fields = testing::FieldFaults;

StandardAnswer Draft() {
  StandardAnswer answer;
  answer.set_question("企业开办当天能领到执照吗？");
  answer.add_variants("开公司几天拿证");
  answer.set_short_answer("材料齐全的，当日办结。");
  answer.add_basis("policies/tianjin-measures-2025");
  answer.set_owner("ZWFW");
  return answer;
}

// An answer K-102 in a book, moved as its people do.
class Desk {
 public:
  Desk() : book("2025-10-13T10:00:00+08:00") {}

  absl::Status Create(const StandardAnswer& answer = Draft()) {
    v1::CreateStandardAnswerRequest request;
    request.set_answer_id("K-102");
    *request.mutable_answer() = answer;
    return Run(DecideCreateAnswer, request, "editor");
  }
  absl::Status Update(const StandardAnswer& written = Draft(), const std::string& account = "editor") {
    v1::UpdateStandardAnswerRequest request;
    *request.mutable_answer() = written;
    request.mutable_answer()->set_name("standardAnswers/K-102");
    request.set_etag(etag);
    return Run(DecideUpdateAnswer, request, account);
  }
  absl::Status Submit(const std::string& account = "editor") {
    return Run(DecideSubmitAnswer, Move<v1::SubmitStandardAnswerRequest>(), account);
  }
  absl::Status Review(bool approved, const std::string& account = "approver", const std::string& reason = "") {
    auto request = Move<v1::ReviewStandardAnswerRequest>();
    request.set_approved(approved);
    request.set_reason(reason);
    return Run(DecideReviewAnswer, request, account);
  }
  absl::Status Publish(const std::string& first = "", const std::string& last = "") {
    auto request = Move<v1::PublishStandardAnswerRequest>();
    request.set_effective_date(first);
    request.set_expiry_date(last);
    return Run(DecidePublishAnswer, request, "approver");
  }
  absl::Status Retire(const std::string& reason = "依据已废止") {
    auto request = Move<v1::RetireStandardAnswerRequest>();
    request.set_reason(reason);
    return Run(DecideRetireAnswer, request, "editor");
  }
  // A further version that is published for these days.
  void NextVersion(const std::string& first, const std::string& last = "") {
    REQUIRE_OK(record().versions().empty() ? Create() : Update());
    REQUIRE_OK(Submit());
    REQUIRE_OK(Review(true));
    REQUIRE_OK(Publish(first, last));
  }

  v1::StandardAnswerRecord record() const {
    v1::StandardAnswerRecord record;
    const ledger::Record* stored = book.Find({"standard_answer", "K-102"});
    if (stored != nullptr && !record.ParseFromString(stored->body)) throw std::logic_error("body");
    return record;
  }
  StandardAnswer answer() const {
    StandardAnswer parsed;
    if (!parsed.ParseFromString(book.answer)) throw std::logic_error("answer");
    return parsed;
  }

  Book book;
  std::string etag;

 private:
  template <typename Request>
  Request Move() const {
    Request request;
    request.set_name("standardAnswers/K-102");
    request.set_etag(etag);
    return request;
  }
  template <typename Decision, typename Request>
  absl::Status Run(Decision decide, const Request& request, const std::string& account) {
    const absl::Status status = book.Run([&](const ledger::View& view) { return decide(view, request, account); });
    if (status.ok()) etag = answer().etag();
    return status;
  }
};

TEST_CASE("an answer goes from draft to publication through two persons", "[POL-15][INT-10]") {
  Desk desk;
  REQUIRE_OK(desk.Create());
  CHECK(desk.answer().kb_ref() == "K-102@1");
  CHECK(desk.answer().state() == StandardAnswer::STATE_DRAFT);
  CHECK(desk.answer().editor() == "editor");
  CHECK(FieldsOf(desk.Create()) == Fields{{"answer_id", "ALREADY_EXISTS"}});
  CHECK(ReasonOf(desk.Review(true)) == REASON_ANSWER_STATE);
  CHECK(ReasonOf(desk.Publish()) == REASON_ANSWER_STATE);
  CHECK(ReasonOf(desk.Retire()) == REASON_ANSWER_STATE);
  REQUIRE_OK(desk.Update(Draft(), "second"));
  CHECK(desk.answer().version() == 1);
  REQUIRE_OK(desk.Submit("third"));
  CHECK(desk.answer().state() == StandardAnswer::STATE_SUBMITTED);
  CHECK(MetadataOf(desk.Submit()) == Metadata{{"state", "SUBMITTED"}});
  CHECK(ReasonOf(desk.Update()) == REASON_ANSWER_STATE);
  for (const std::string account : {"editor", "second", "third"}) {
    INFO("whoever wrote it or handed it in does not approve it: " << account);
    CHECK(ReasonOf(desk.Review(true, account)) == REASON_APPROVER_IS_EDITOR);
    CHECK(ReasonOf(desk.Review(false, account, "不准确")) == REASON_APPROVER_IS_EDITOR);
  }
  CHECK(FieldsOf(desk.Review(false)) == Fields{{"reason", "REQUIRED"}});
  REQUIRE_OK(desk.Review(false, "approver", "请补充依据"));
  CHECK(desk.answer().state() == StandardAnswer::STATE_DRAFT);
  CHECK(desk.answer().remark() == "请补充依据");
  REQUIRE_OK(desk.Submit());
  CHECK(desk.answer().remark().empty());
  REQUIRE_OK(desk.Review(true));
  CHECK(desk.answer().state() == StandardAnswer::STATE_APPROVED);
  CHECK(desk.answer().approver() == "approver");
  CHECK(ReasonOf(desk.Update()) == REASON_ANSWER_STATE);
  REQUIRE_OK(desk.Publish());
  CHECK(desk.answer().state() == StandardAnswer::STATE_EFFECTIVE);
  CHECK(desk.answer().effective_date() == "2025-10-13");
  CHECK(desk.answer().expiry_date().empty());
  CHECK(clock::ToRfc3339(clock::FromProto(desk.answer().publish_time())) == "2025-10-13T10:00:00+08:00");
  CHECK(desk.book.types == std::vector<std::string>{"StandardAnswerPublished"});
  REQUIRE_OK(desk.Update(Draft(), "second"));
  CHECK(desk.answer().kb_ref() == "K-102@2");
  // Its editors are those of the new version only.
  REQUIRE_OK(desk.Submit("second"));
  CHECK_OK(desk.Review(true, "editor"));
}

TEST_CASE("an answer without basis or owner stays a draft", "[POL-15]") {
  INFO("POL-15/bad/1");
  StandardAnswer bare = Draft();
  bare.clear_basis();
  bare.clear_owner();
  Desk desk;
  REQUIRE_OK(desk.Create(bare));
  CHECK(FieldsOf(desk.Submit()) == Fields{{"basis", "REQUIRED"}, {"owner", "REQUIRED"}});
  bare.set_owner("ZWFW");
  REQUIRE_OK(desk.Update(bare));
  CHECK(FieldsOf(desk.Submit()) == Fields{{"basis", "REQUIRED"}});
  CHECK(desk.record().versions(0).state() == StandardAnswer::STATE_DRAFT);
}

TEST_CASE("the dates of an answer say which version is in force", "[POL-15][INT-10]") {
  using State = StandardAnswer::State;
  Desk desk;
  REQUIRE_OK(desk.Create());
  REQUIRE_OK(desk.Submit());
  REQUIRE_OK(desk.Review(true));
  CHECK(FieldsOf(desk.Publish("2025-10-12")) == Fields{{"effective_date", "OUT_OF_RANGE"}});
  CHECK(FieldsOf(desk.Publish("2025-02-30")) == Fields{{"effective_date", "FORMAT"}});
  CHECK(FieldsOf(desk.Publish("", "2025-02-30")) == Fields{{"expiry_date", "FORMAT"}});
  CHECK(FieldsOf(desk.Publish("2025-10-15", "2025-10-14")) == Fields{{"expiry_date", "DATES_OUT_OF_ORDER"}});
  REQUIRE_OK(desk.Publish("2025-10-15", "2025-10-31"));
  desk.NextVersion("2025-10-20", "2025-10-20");
  const v1::StandardAnswerRecord record = desk.record();
  struct Row {
    int day;
    State first, second;
    std::optional<int> in_force;
  };
  for (const Row& row :
       std::vector<Row>{{14, StandardAnswer::STATE_PUBLISHED, StandardAnswer::STATE_PUBLISHED, std::nullopt},
                        {15, StandardAnswer::STATE_EFFECTIVE, StandardAnswer::STATE_PUBLISHED, 0},
                        {19, StandardAnswer::STATE_EFFECTIVE, StandardAnswer::STATE_PUBLISHED, 0},
                        {20, StandardAnswer::STATE_REPLACED, StandardAnswer::STATE_EFFECTIVE, 1},
                        // What was replaced does not come back.
                        {21, StandardAnswer::STATE_REPLACED, StandardAnswer::STATE_EXPIRED, std::nullopt}}) {
    INFO("on 2025-10-" << row.day);
    const absl::CivilDay day(2025, 10, row.day);
    CHECK(StateOn(record, 0, day) == row.first);
    CHECK(StateOn(record, 1, day) == row.second);
    CHECK(InForceOn(record, day) == row.in_force);
  }
}

TEST_CASE("an answer that is taken back is in force no more, until a new version is", "[POL-15]") {
  Desk desk;
  desk.NextVersion("");
  desk.NextVersion("2025-12-01");
  CHECK(FieldsOf(desk.Retire(" ")) == Fields{{"reason", "REQUIRED"}});
  REQUIRE_OK(desk.Retire());
  for (int version = 0; version < 2; ++version) {
    CHECK(desk.record().versions(version).state() == StandardAnswer::STATE_RETIRED);
    CHECK(desk.record().versions(version).remark() == "依据已废止");
    CHECK(desk.record().versions(version).has_retire_time());
  }
  CHECK(InForceOn(desk.record(), absl::CivilDay(2025, 12, 2)) == std::nullopt);
  CHECK(ReasonOf(desk.Retire()) == REASON_ANSWER_STATE);
  desk.NextVersion("");
  CHECK(desk.answer().kb_ref() == "K-102@3");
  CHECK(InForceOn(desk.record(), absl::CivilDay(2025, 10, 13)) == 2);
}

TEST_CASE("a change of an answer needs the etag that was seen", "[POL-15][RTE-24]") {
  Desk desk;
  REQUIRE_OK(desk.Create());
  desk.etag = "";
  CHECK(FieldsOf(desk.Submit()) == Fields{{"etag", "ETAG_REQUIRED"}});
  desk.etag = "7";
  CHECK(MetadataOf(desk.Submit()) == Metadata{{"etag", "1"}, {"state", "DRAFT"}});
}

TEST_CASE("names of answers are read strictly", "[INT-10]") {
  const AnswerName plain = testing::Must(ParseAnswerName("standardAnswers/K-102"));
  CHECK(plain.id == "K-102");
  CHECK_FALSE(plain.version.has_value());
  CHECK(testing::Must(ParseAnswerName("standardAnswers/K-102@5")).version == 5);
  for (const std::string name :
       {"K-102", "standardAnswers/", "standardAnswers/k-102", "standardAnswers/K-102@", "standardAnswers/K-102@0",
        "standardAnswers/K-102@05", "standardAnswers/K-102@+5", "standardAnswers/K-102@x", "standardAnswers/K-@1",
        "standardAnswers/9K", "policies/K-102"}) {
    INFO(name);
    CHECK(ReasonOf(ParseAnswerName(name).status()) == REASON_NOT_FOUND);
  }
  CHECK(IsAnswerId(std::string(32, 'K')));
  CHECK_FALSE(IsAnswerId(std::string(33, 'K')));
}

TEST_CASE("every faulty field of an answer is told at once", "[POL-15]") {
  StandardAnswer answer;
  answer.set_short_answer(std::string(301, 'x'));
  answer.set_full_answer(std::string(4001, 'x'));
  answer.set_audience(std::string(201, 'x'));
  answer.set_owner(std::string(201, 'x'));
  answer.set_review_due_date("2025-02-30");
  for (int i = 0; i < 21; ++i) answer.add_variants("怎么办");
  answer.add_basis("x");
  CHECK(FieldsOf(CheckAnswer(answer, "answer.")) == Fields{{"answer.question", "REQUIRED"},
                                                           {"answer.variants", "TOO_LONG"},
                                                           {"answer.short_answer", "TOO_LONG"},
                                                           {"answer.full_answer", "TOO_LONG"},
                                                           {"answer.basis", "TOO_SHORT"},
                                                           {"answer.audience", "TOO_LONG"},
                                                           {"answer.owner", "TOO_LONG"},
                                                           {"answer.review_due_date", "FORMAT"}});
  answer = Draft();
  answer.set_short_answer(std::string(300, 'x'));
  answer.set_full_answer(std::string(4000, 'x'));
  CHECK_OK(CheckAnswer(answer, "answer."));
}

}  // namespace
}  // namespace jinqi::policy
