#include "services/policy_knowledge/policy.h"

#include <catch2/catch.hpp>

#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/testing/catch_status.h"
#include "common/testing/proto_json.h"
#include "google/rpc/error_details.pb.h"
#include "services/policy_knowledge/document_number.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/test_book.h"

namespace jinqi::policy {
namespace {

using config::v1::Reason;
using v1::Policy;

Policy Draft() {
  Policy policy;
  policy.set_title("若干措施");
  policy.set_issuer("天津市人民政府办公厅");
  return policy;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  const google::rpc::Status proto = ToProto(status);
  for (const auto& detail : proto.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

absl::CivilDay Day(const char* date) { return testing::Must(clock::ParseDate(date)); }

TEST_CASE("dates that contradict each other are told at both fields", "[POL-01]") {
  struct Row {
    const char* id;
    void (*set)(Policy&);
    std::vector<std::string> fields;
  };
  const Row row =
      GENERATE(Row{"in order",
                   [](Policy& p) {
                     p.set_made_date("2025-05-27");
                     p.set_publish_date("2025-05-28");
                     p.set_effective_date("2025-05-28");
                     p.set_expiry_date("2025-05-28");
                     p.set_window_start_date("2025-06-01");
                     p.set_window_end_date("2025-06-01");
                   },
                   {}},
               Row{"POL-01/bad/1 effective before made",
                   [](Policy& p) {
                     p.set_made_date("2025-05-28");
                     p.set_effective_date("2025-05-27");
                   },
                   {"policy.made_date", "policy.effective_date"}},
               Row{"POL-01/bad/2 expiry before effective",
                   [](Policy& p) {
                     p.set_effective_date("2025-05-28");
                     p.set_expiry_date("2025-05-27");
                   },
                   {"policy.effective_date", "policy.expiry_date"}},
               Row{"POL-01/bad/3 end of window before start",
                   [](Policy& p) {
                     p.set_window_start_date("2025-06-02");
                     p.set_window_end_date("2025-06-01");
                   },
                   {"policy.window_start_date", "policy.window_end_date"}},
               Row{"published before made",
                   [](Policy& p) {
                     p.set_made_date("2025-05-28");
                     p.set_publish_date("2025-05-27");
                   },
                   {"policy.made_date", "policy.publish_date"}},
               Row{"repealed before in force",
                   [](Policy& p) {
                     p.set_effective_date("2025-05-28");
                     p.set_repeal_date("2025-05-27");
                   },
                   {"policy.effective_date", "policy.repeal_date"}},
               Row{"no date", [](Policy& p) { p.set_review_due_date("2025-02-30"); }, {"policy.review_due_date"}});
  INFO(row.id);
  Policy policy = Draft();
  row.set(policy);
  CHECK(FieldsOf(CheckPolicy(policy, "policy.")) == row.fields);
}

TEST_CASE("every faulty field of a policy is told at once", "[POL-01]") {
  Policy policy;
  policy.set_title(" ");
  policy.set_level(static_cast<Policy::Level>(9));
  policy.set_type(static_cast<Policy::Type>(9));
  policy.set_drafter(std::string(501, 'x'));
  for (int i = 0; i < 51; ++i) policy.add_tags("x");
  CHECK(FieldsOf(CheckPolicy(policy, "")) ==
        std::vector<std::string>{"title", "issuer", "drafter", "level", "type", "tags"});
  policy = Draft();
  policy.set_title(std::string(201, 'x'));
  CHECK(ReasonOf(CheckPolicy(policy, "")) == config::v1::REASON_TOO_LONG);
  policy.set_title(std::string(200, 'x'));
  policy.set_drafter(std::string(500, 'x'));
  for (int i = 0; i < 50; ++i) policy.add_tags("x");
  CHECK_OK(CheckPolicy(policy, ""));
}

TEST_CASE("the state follows from the dates, both ends included", "[POL-03][POL-04]") {
  struct Row {
    const char* id;
    const char* day;
    Policy::State state;
  };
  const Row row = GENERATE(Row{"before publication", "2025-05-25", Policy::STATE_DRAFT},
                           Row{"published", "2025-05-26", Policy::STATE_PUBLISHED},
                           Row{"eve", "2025-05-27", Policy::STATE_PUBLISHED},
                           Row{"first day", "2025-05-28", Policy::STATE_EFFECTIVE},
                           Row{"POL-03/accept last day", "2030-05-27", Policy::STATE_EFFECTIVE},
                           Row{"POL-03/accept day after", "2030-05-28", Policy::STATE_EXPIRED});
  INFO(row.id);
  v1::PolicyRecord record;
  record.set_published(true);
  record.mutable_policy()->set_publish_date("2025-05-26");
  record.mutable_policy()->set_effective_date("2025-05-28");
  record.mutable_policy()->set_expiry_date("2030-05-27");
  CHECK(StateOn(record, Day(row.day)) == row.state);
  record.set_published(false);
  CHECK(StateOn(record, Day(row.day)) == Policy::STATE_DRAFT);
}

TEST_CASE("a repeal holds from its first day", "[POL-04]") {
  v1::PolicyRecord record;
  record.set_published(true);
  record.mutable_policy()->set_repeal_date("2025-05-28");
  CHECK(StateOn(record, Day("2025-05-27")) == Policy::STATE_EFFECTIVE);
  CHECK(StateOn(record, Day("2025-05-28")) == Policy::STATE_REPEALED);
  CHECK(MarkOf(Policy::STATE_REPEALED) == "已废止");
  CHECK(MarkOf(Policy::STATE_EXPIRED) == "已失效");
  CHECK(MarkOf(Policy::STATE_EFFECTIVE).empty());
}

TEST_CASE("the day of a question", "[POL-03]") {
  CHECK(testing::Must(AsOf("", Day("2025-05-28"))) == Day("2025-05-28"));
  CHECK(testing::Must(AsOf("2025-05-27", Day("2025-05-28"))) == Day("2025-05-27"));
  INFO("POL-03/bad/1");
  CHECK(ReasonOf(AsOf("2025-02-30", Day("2025-05-28")).status()) == config::v1::REASON_FORMAT);
}

TEST_CASE("each text of a policy has its limit", "[POL-01]") {
  Policy policy = Draft();
  policy.set_document_number(std::string(501, 'x'));
  policy.set_text(std::string(200'001, 'x'));
  policy.set_benefit(std::string(200'001, 'x'));
  policy.set_amount_rule(std::string(200'001, 'x'));
  policy.set_interpretation(std::string(200'001, 'x'));
  CHECK(FieldsOf(CheckPolicy(policy, "")) ==
        std::vector<std::string>{"document_number", "text", "benefit", "amount_rule", "interpretation"});
}

TEST_CASE("a new policy is a draft with the id that was asked for, once", "[POL-01]") {
  Book book("2025-10-13T10:00:00+08:00");
  const auto create = [](const ledger::View& view) { return DecideCreatePolicy(view, "measures", Draft()); };
  REQUIRE_OK(book.Run(create));
  CHECK(book.types == std::vector<std::string>{"PolicyCreated"});
  const std::string policy = R"("name": "policies/measures", "title": "若干措施", "issuer": "天津市人民政府办公厅",
      "createTime": "2025-10-13T10:00:00+08:00", "updateTime": "2025-10-13T10:00:00+08:00")";
  CHECK(testing::Differences(book.Body<v1::PolicyRecord>(PolicyKey("measures")), R"({"policy": {)" + policy + "}}") ==
        "");
  CHECK(testing::DifferencesIn<Policy>(book.answer, "{" + policy + R"(, "state": "STATE_DRAFT", "etag": "1"})") == "");
  CHECK(ReasonOf(book.Run(create)) == config::v1::REASON_ALREADY_EXISTS);
}

TEST_CASE("ids of policies", "[POL-01]") {
  for (const char* id : {"a", "z", "tianjin-measures-2025", "a19"}) CHECK(IsPolicyId(id));
  for (const char* id : {"", "A", "1a", "a-", "-a", "a_b", "a/b", "{", "a{", "a:"}) CHECK_FALSE(IsPolicyId(id));
  CHECK(IsPolicyId(std::string(63, 'a')));
  CHECK_FALSE(IsPolicyId(std::string(64, 'a')));
  CHECK(PolicyIdOf("policies/abc") == "abc");
  CHECK(PolicyIdOf("policies/abc/measures/m01").empty());
  CHECK(PolicyIdOf("demands/abc").empty());
}

TEST_CASE("a document number has one form in all spellings", "[POL-20]") {
  for (const char* text :
       {"津政办发〔2023〕19号", "津政办发[2023]19号", "津政办发（2023）19号", "津政办发【2023】１９号",
        "津政办发〔２０２３〕１９号", "津政办发 2023 19", "津政办发2023-19", "津政办发〔2023〕019号"}) {
    INFO(text);
    CHECK(CanonicalNumber(text) == "津政办发|2023|19");
  }
  for (const char* text :
       {"", "津政办发", "津政办发〔2023〕", "津政办发〔23〕19号", "2023 19", "2023 津 19", "津政办发〔年号〕19号",
        "津政办发〔2023〕甲号", "津政办发〔2023〕19号 通知", "津政办发〔2023〕123456号", "津政办发202319号"}) {
    INFO(text);
    CHECK(CanonicalNumber(text).empty());
  }
  CHECK(CanonicalNumber("津政办发〔2023〕1号") != CanonicalNumber("津政办发〔2023〕19号"));
  CHECK(CanonicalNumber("津政办发〔2023〕0号") == "津政办发|2023|0");
  CHECK(CanonicalNumber("津政办发〔2023〕12345号") == "津政办发|2023|12345");
}

}  // namespace
}  // namespace jinqi::policy
