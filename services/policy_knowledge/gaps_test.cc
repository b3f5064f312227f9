#include "services/policy_knowledge/gaps.h"

#include <catch2/catch.hpp>

#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/testing/catch_status.h"
#include "jinqi/policy/v1/records.pb.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/test_book.h"

namespace jinqi::policy {
namespace {

config::v1::PolicyConfig Config() {
  config::v1::PolicyConfig config;
  config.mutable_server()->set_reference_dir(JINQI_REFERENCE_DIR);
  return config::WithDefaults(config);
}

events::v1::Envelope GapEnvelope(const std::string& type = "KnowledgeGapFound") {
  events::v1::KnowledgeGapFound found;
  found.set_order_no("TJ1");
  found.set_question("外资企业如何办理跨境资金池备案？");
  found.set_category_code("A01-01");
  found.set_language("zh-CN");
  *found.mutable_time() = clock::ToProto(testing::Must(clock::FromRfc3339("2025-09-30T17:00:00+08:00")));
  found.set_reported_by("seat-1");
  events::v1::Envelope envelope;
  envelope.set_type(type);
  envelope.set_payload(found.SerializeAsString());
  return envelope;
}

TEST_CASE("a question without entry becomes a ticket with its limits, once", "[POL-24][INT-10]") {
  const GapLimits limits = testing::Must(LoadGapLimits(Config()));
  Book book("2025-09-30T17:00:05+08:00");
  const auto command = testing::Must(OnIntake(GapEnvelope(), limits));
  REQUIRE(command.has_value());
  REQUIRE_OK(book.Run(command->decide));
  const auto gap = book.Body<v1::KnowledgeGapRecord>(KnowledgeGapKey("TJ1")).gap();
  INFO("POL-24/accept");
  CHECK(clock::ToRfc3339(clock::FromProto(gap.answer_due_time())) == "2025-10-09T23:59:59+08:00");
  CHECK(clock::ToRfc3339(clock::FromProto(gap.repair_due_time())) == "2025-10-11T23:59:59+08:00");
  CHECK(gap.name() == "knowledgeGaps/TJ1");
  CHECK(gap.order_no() == "TJ1");
  CHECK(gap.question() == "外资企业如何办理跨境资金池备案？");
  CHECK(gap.category_code() == "A01-01");
  CHECK(gap.language() == "zh-CN");
  CHECK(gap.reported_by() == "seat-1");
  CHECK(clock::ToRfc3339(clock::FromProto(gap.report_time())) == "2025-09-30T17:00:00+08:00");
  CHECK(book.types == std::vector<std::string>{"KnowledgeGapReported"});
  REQUIRE_OK(book.Run(command->decide));
  CHECK(book.types.empty());
}

TEST_CASE("only gaps are taken from intake's stream, and only readable ones", "[POL-24]") {
  const GapLimits limits = testing::Must(LoadGapLimits(Config()));
  CHECK_FALSE(testing::Must(OnIntake(GapEnvelope("DemandSubmitted"), limits)).has_value());
  events::v1::Envelope broken = GapEnvelope();
  broken.set_payload("");
  CHECK(absl::IsDataLoss(OnIntake(broken, limits).status()));
  broken.set_payload("\xff");
  CHECK(absl::IsDataLoss(OnIntake(broken, limits).status()));
}

TEST_CASE("limits of gaps that nobody can mean are refused at the start", "[POL-24]") {
  config::v1::PolicyConfig config = Config();
  config.set_gap_answer_working_days(0);
  CHECK(absl::IsInvalidArgument(LoadGapLimits(config).status()));
  config = Config();
  config.set_gap_answer_working_days(4);
  CHECK(absl::IsInvalidArgument(LoadGapLimits(config).status()));
  config.set_gap_repair_working_days(4);
  CHECK_OK(LoadGapLimits(config));
}

}  // namespace
}  // namespace jinqi::policy
