#include "services/routing/sight.h"

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

v1::WorkOrderRecord Record() {
  v1::WorkOrderRecord record;
  v1::WorkOrder& order = *record.mutable_order();
  order.set_order_no(kOrder);
  order.set_main_undertaker("SCJG");
  order.add_assists()->set_undertaker("TAX");
  order.add_assists()->set_undertaker("RSJ");
  order.mutable_assists(1)->set_removed(true);
  order.set_requester("enterprise-1");
  order.mutable_subject()->set_uscc("91120104MA05XXXXXX");
  order.mutable_subject()->set_enterprise_name("天津某某有限公司");
  order.mutable_subject()->set_district_code("120104");
  order.add_notes()->set_by("x");
  order.add_marks("OVERDUE");
  return record;
}

Actor Enterprise(std::string account, std::string uscc = "") {
  Actor actor = Person(config::v1::ROLE_ENTERPRISE);
  actor.account = std::move(account);
  actor.uscc = std::move(uscc);
  return actor;
}

TEST_CASE("each sees the orders that are his", "[GWY-04]") {
  struct Row {
    const char* id;
    Actor actor;
    Sight sight;
  };
  const Row rows[] = {
      {"the hub", Dispatcher(), Sight::kHub},
      {"the hub of another district", Person(config::v1::ROLE_DISPATCHER, "h", "120116"), Sight::kNone},
      {"the hub of the district", Person(config::v1::ROLE_DISPATCHER, "h", "120104"), Sight::kHub},
      {"the main body", Of("SCJG"), Sight::kBody},
      {"an assisting body", Of("TAX"), Sight::kBody},
      {"one that does not assist any more", Of("RSJ"), Sight::kNone},
      {"another body", Of("FGW"), Sight::kNone},
      {"no body", Of(""), Sight::kNone},
      {"the district", Person(config::v1::ROLE_DISTRICT_HUB, "h", "120104"), Sight::kBody},
      {"another district", Person(config::v1::ROLE_DISTRICT_HUB, "h", "120116"), Sight::kNone},
      {"a district hub of nowhere", Person(config::v1::ROLE_DISTRICT_HUB, "h"), Sight::kNone},
      {"the one who asked", Enterprise("enterprise-1"), Sight::kEnterprise},
      {"a colleague", Enterprise("enterprise-2", "91120104MA05XXXXXX"), Sight::kEnterprise},
      {"another enterprise", Enterprise("enterprise-3", "91120104MA05YYYYYY"), Sight::kNone},
      {"an enterprise without code", Enterprise("enterprise-3"), Sight::kNone},
      {"an inspector", Person(config::v1::ROLE_INSPECTOR, "SCJG"), Sight::kNone},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    CHECK(SightOf(Record(), row.actor) == row.sight);
  }
  v1::WorkOrderRecord confidential = Record();
  confidential.mutable_order()->set_confidential(true);
  CHECK(SightOf(confidential, Enterprise("enterprise-2", "91120104MA05XXXXXX")) == Sight::kNone);
  CHECK(SightOf(confidential, Enterprise("enterprise-1")) == Sight::kEnterprise);
}

TEST_CASE("a confidential order shows nobody's name", "[INT-15][RTE-12]") {
  INFO("INT-15/accept");
  v1::WorkOrderRecord record = Record();
  CHECK(Show(record, 3, 2, Of("SCJG")).subject().enterprise_name() == "天津某某有限公司");
  record.add_judged("TAX");
  INFO("RTE-12/accept: without the caller's identity");
  CHECK(Show(record, 3, 2, Of("TAX")).subject().enterprise_name().empty());
  CHECK(Show(record, 3, 2, Of("TAX")).subject().uscc().empty());
  CHECK_FALSE(Show(record, 3, 2, Of("SCJG")).subject().uscc().empty());
  record.mutable_order()->set_confidential(true);
  for (const Actor& actor : {Of("SCJG"), Dispatcher()}) {
    const v1::WorkOrder shown = Show(record, 3, 2, actor);
    CHECK(shown.subject().enterprise_name().empty());
    CHECK(shown.subject().uscc().empty());
    CHECK(shown.requester().empty());
    CHECK(shown.subject().district_code() == "120104");
  }
  CHECK_FALSE(Show(record, 3, 2, Enterprise("enterprise-1")).subject().uscc().empty());
}

TEST_CASE("the one who asked sees progress, not papers", "[INT-18]") {
  const v1::WorkOrder shown = Show(Record(), 3, 2, Enterprise("enterprise-1"));
  CHECK(shown.name() == kName);
  CHECK(shown.etag() == "\"3\"");
  CHECK(shown.event_sequence() == 2);
  CHECK(shown.notes().empty());
  CHECK(shown.marks().empty());
  CHECK(shown.main_undertaker() == "SCJG");
  CHECK(Show(Record(), 3, 2, Dispatcher()).notes_size() == 1);
  CHECK(Show(Record(), 3, 2, Of("SCJG")).requester().empty());
  CHECK(Show(Record(), 3, 2, Dispatcher()).requester() == "enterprise-1");
}

TEST_CASE("no paper of the offices is shown to the one who asked", "[INT-18]") {
  v1::WorkOrderRecord record = Record();
  v1::WorkOrder& order = *record.mutable_order();
  order.mutable_proposal()->set_proposal_id("p");
  order.add_returns()->set_text("x");
  order.add_supervisions()->set_cause("x");
  order.set_exception("x");
  order.add_stays()->set_holder("HUB");
  order.add_merged_children("x");
  order.set_warning_level(2);
  order.add_contacts()->set_by("x");
  auto& dispatch = *order.add_dispatches();
  dispatch.set_by("x");
  dispatch.set_signed_by("x");
  dispatch.set_reason("x");
  dispatch.set_proposal_id("x");
  dispatch.set_main_undertaker("SCJG");
  auto& submission = *order.add_submissions();
  submission.set_by("x");
  submission.set_reviewed_by("x");
  submission.set_review_reason("x");
  submission.set_open_assist_reason("x");
  submission.set_fingerprint("x");
  submission.set_result_type(RESULT_TYPE_SOLVED);
  submission.set_approved(true);
  order.add_submissions()->set_considered("sent back");
  order.set_result_type(RESULT_TYPE_SOLVED);
  order.mutable_feedback_time()->set_seconds(1);
  order.mutable_feedback()->set_by("x");
  order.mutable_feedback()->set_way("PHONE");
  const v1::WorkOrder shown = Show(record, 3, 2, Enterprise("enterprise-1"));
  v1::WorkOrder expected;
  expected.set_name(kName);
  expected.set_order_no(kOrder);
  expected.set_etag("\"3\"");
  expected.set_event_sequence(2);
  expected.set_main_undertaker("SCJG");
  *expected.mutable_subject() = order.subject();
  *expected.mutable_assists() = order.assists();
  expected.add_dispatches()->set_main_undertaker("SCJG");
  expected.add_submissions()->set_result_type(RESULT_TYPE_SOLVED);
  expected.mutable_submissions(0)->set_approved(true);
  *expected.mutable_feedback_time() = order.feedback_time();
  expected.mutable_submissions(0)->set_approved(true);
  expected.set_result_type(RESULT_TYPE_SOLVED);
  expected.mutable_feedback_time()->set_seconds(1);
  expected.mutable_feedback()->set_way("PHONE");
  CHECK(shown.DebugString() == expected.DebugString());
  // Nothing of a result before it was handed over (INT-18).
  order.clear_feedback_time();
  const v1::WorkOrder before = Show(record, 3, 2, Enterprise("enterprise-1"));
  CHECK(before.submissions().empty());
  CHECK(before.result_type() == events::v1::RESULT_TYPE_UNSPECIFIED);
}

TEST_CASE("what identifies is taken out of free text", "[INT-15]") {
  struct Row {
    const char* text;
    const char* shown;
  };
  const Row rows[] = {
      {"请回电13800001234。", "请回电****。"},
      {"尾号1234567", "尾号****"},
      {"编号123456", "编号123456"},
      {"座机022-2345 6789，找王先生", "座机****，找王先生"},
      {"身份证11010519491231002X", "身份证****"},
      {"邮箱zhang@example.com谢谢", "邮箱****谢谢"},
      {"天津某某有限公司反映", "****反映"},
      {"2025年6月12日申请的第120104号", "2025年6月12日申请的第120104号"},
      {"", ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(Redact(row.text, {"天津某某有限公司", ""}) == row.shown);
  }
}

}  // namespace
}  // namespace jinqi::routing
