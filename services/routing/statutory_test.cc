#include "services/routing/statutory.h"

#include "common/testing/field_faults.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace): reasons.
using testing::FieldsOf;
using Fields = testing::FieldFaults;

constexpr char kPermit[] = "第四十二条第一款";

// Accepted on 2025-07-15: due on 2025-07-24 by the general rule.
Book Handled(const std::string& accepted = "2025-07-15T09:00:00+08:00") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand(accepted)));
  REQUIRE_OK(book.Dispatch("SCJG"));
  REQUIRE_OK(book.Sign(Of("SCJG")));
  return book;
}

absl::Status Limit(Book& book, const std::string& law, const std::string& article, const Actor& actor = Reviewer()) {
  v1::SetStatutoryLimitRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_law_id(law);
  request.set_article(article);
  return book.Keep(DecideSetStatutoryLimit(book, book.setting(), actor, request));
}

absl::Status Interim(Book& book, const std::string& way = "PHONE", const std::string& body = "SCJG") {
  v1::RecordInterimAnswerRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_way(way);
  request.set_person("经办人");
  return book.Keep(DecideRecordInterimAnswer(book, book.setting(), Of(body), request));
}

TEST_CASE("a law's own limit prevails, and the enterprise is told it within seven working days", "[RTE-19]") {
  Book book = Handled();
  CHECK(Shown(book.order().due_time()) == "2025-07-24T23:59:59+08:00");
  INFO("RTE-19/accept");
  REQUIRE_OK(Limit(book, "XZXKF", kPermit));
  CHECK(Shown(book.order().due_time()) == "2025-08-12T23:59:59+08:00");
  CHECK(book.order().due_basis() == "STATUTORY XZXKF 第四十二条第一款");
  CHECK(Shown(book.order().interim_due_time()) == "2025-07-24T23:59:59+08:00");
  CHECK(book.order().statutory_limit().list_version() == ShippedLaws().version());
  CHECK(book.order().statutory_limit().by() == Reviewer().text);
  CHECK(book.Told("OrderDueChanged", "依据《行政许可法》第四十二条第一款，办理时限为20个工作日"));
  CHECK(book.TimerAt("interim") == At("2025-07-25T00:00:00+08:00"));
  book.SetNow("2025-07-24T23:59:59+08:00");
  REQUIRE_OK(Interim(book));
  CHECK(book.Told("OrderInterimAnswered", "PHONE"));
  CHECK(book.TimerAt("interim") == 0);
  CHECK_FALSE(book.HasMark("INTERIM_LATE"));
  CHECK(Refused(Interim(book)) == REASON_ALREADY_EXISTS);
}

TEST_CASE("an interim answer that does not come in time is a breach", "[RTE-19]") {
  Book silent = Handled();
  REQUIRE_OK(Limit(silent, "XZXKF", kPermit));
  silent.RunTimers("2025-07-25T00:00:00+08:00");
  CHECK(silent.HasMark("INTERIM_LATE"));
  CHECK(silent.Told("DeadlineMissed", "INTERIM"));
  CHECK(silent.TimerAt("interim") == 0);
  Book late = Handled();
  REQUIRE_OK(Limit(late, "XZXKF", kPermit));
  late.SetNow("2025-07-25T00:00:00+08:00");
  REQUIRE_OK(Interim(late));
  CHECK(late.HasMark("INTERIM_LATE"));
}

TEST_CASE("a limit counts as its law does, longer or shorter", "[RTE-19]") {
  struct Row {
    const char* id;
    const char* law;
    const char* article;
    const char* due;
    bool interim;
  };
  const Row rows[] = {
      {"shorter: no interim answer", "SCZTDJ", "第十九条", "2025-07-18T23:59:59+08:00", false},
      {"as long: no interim answer", "XFZQY", "第四十六条", "2025-07-24T23:59:59+08:00", false},
      {"calendar days, on a Saturday: the Monday after", "GSBX", "第二十条第一款", "2025-09-15T23:59:59+08:00", true},
      {"months", "QYMC", "第二十一条", "2025-10-15T23:59:59+08:00", true},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handled();
    REQUIRE_OK(Limit(book, row.law, row.article));
    CHECK(Shown(book.order().due_time()) == row.due);
    CHECK(book.order().has_interim_due_time() == row.interim);
  }
}

TEST_CASE("a limit needs a law of the list with its article", "[RTE-19]") {
  Book book = Handled();
  INFO("RTE-19/bad/1: no article");
  CHECK(FieldsOf(Limit(book, "XZXKF", " ")) == Fields{{"article", "REQUIRED"}});
  CHECK(FieldsOf(Limit(book, "", "")) == Fields{{"law_id", "REQUIRED"}, {"article", "REQUIRED"}});
  INFO("RTE-19/bad/2: a law that is not in the list, or not that article");
  CHECK(FieldsOf(Limit(book, "MADEUP", kPermit)) == Fields{{"law_id", "LAW_UNKNOWN"}});
  CHECK(FieldsOf(Limit(book, "XZXKF", "第一条")) == Fields{{"law_id", "LAW_UNKNOWN"}});
  CHECK(book.order().due_basis() == "HANDLE_GENERAL");
  book.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->set_state(ORDER_STATE_FED_BACK); });
  CHECK(Refused(Limit(book, "XZXKF", kPermit)) == REASON_ILLEGAL_MOVE);
  CHECK(Refused(Interim(book)) == REASON_ILLEGAL_MOVE);
  Book rework = Handled();
  rework.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->set_rework_round(1); });
  CHECK(Refused(Limit(rework, "XZXKF", kPermit)) == REASON_ILLEGAL_MOVE);
  Book payment = Handled();
  payment.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->set_sme_payment(true); });
  CHECK(FieldsOf(Limit(payment, "XZXKF", kPermit)) == Fields{{"name", "UNKNOWN_VALUE"}});
}

TEST_CASE("who tells the enterprise, when and how is checked", "[RTE-19]") {
  Book book = Handled();
  REQUIRE_OK(Limit(book, "XZXKF", kPermit));
  v1::RecordInterimAnswerRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  *request.mutable_contact_time() = Stamp("2025-07-14T09:00:00+08:00");
  const auto tell = [&](const Actor& actor) {
    return FieldsOf(book.Keep(DecideRecordInterimAnswer(book, book.setting(), actor, request)));
  };
  CHECK(tell(Of("SCJG")) == Fields{{"way", "REQUIRED"}, {"person", "REQUIRED"}, {"contact_time", "TIME_TOO_EARLY"}});
  *request.mutable_contact_time() = Stamp("2025-07-16T09:00:00+08:00");
  request.set_way("PIGEON");
  request.set_person("经办人");
  CHECK(tell(Of("SCJG")) == Fields{{"way", "UNKNOWN_VALUE"}, {"contact_time", "FUTURE_TIME"}});
  CHECK(Refused(Interim(book, "PHONE", "TAX")) == REASON_NOT_FOUND);
}

TEST_CASE("a statutory limit is extended like any other", "[RTE-19][RTE-18]") {
  Book book = Handled();
  REQUIRE_OK(Limit(book, "XZXKF", kPermit));
  book.Edit([](v1::WorkOrderRecord& record) {
    v1::Extension& extension = *record.mutable_order()->add_extensions();
    extension.set_agreed(true);
    extension.set_working_days(3);
  });
  v1::WorkOrderRecord record = book.record();
  CHECK(Recompute(record, book.store->Current()->calendar, book.limits));
  CHECK(Shown(record.order().due_time()) == "2025-08-15T23:59:59+08:00");
  CHECK(record.order().due_basis() == "EXTENSION");
  CHECK(Shown(record.order().interim_due_time()) == "2025-07-24T23:59:59+08:00");
}

TEST_CASE("a list of limits without faults is shipped, and one with faults is not taken", "[RTE-19]") {
  CHECK_OK(CheckStatutoryLimits(ShippedLaws()));
  CHECK(ShippedLaws().version() > 0);
  v1::StatutoryLimits list;
  CHECK(FieldsOf(CheckStatutoryLimits(list)) == Fields{{"limits", "REQUIRED"}});
  list.add_limits();
  CHECK(FieldsOf(CheckStatutoryLimits(list)) == Fields{{"limits[0].law_id", "REQUIRED"},
                                                       {"limits[0].law_name", "REQUIRED"},
                                                       {"limits[0].article", "REQUIRED"},
                                                       {"limits[0].matter", "REQUIRED"},
                                                       {"limits[0].number", "OUT_OF_RANGE"},
                                                       {"limits[0].unit", "REQUIRED"}});
  list = ShippedLaws();
  *list.add_limits() = list.limits(0);
  const std::string path = "limits[" + std::to_string(list.limits_size() - 1) + "].article";
  CHECK(FieldsOf(CheckStatutoryLimits(list)) == Fields{{path, "ALREADY_EXISTS"}});
}

}  // namespace
}  // namespace jinqi::routing
