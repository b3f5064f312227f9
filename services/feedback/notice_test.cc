#include "services/feedback/notice.h"

#include <catch2/catch.hpp>

#include "common/config/config.h"
#include "services/feedback/notice_template.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {
namespace {

using testing::Must;
using v1::Notice;

const BodyNames kBodies = {{"SCJG", "市市场监管委"}};

config::v1::OutboundRetry Retry() { return config::WithDefaults(config::v1::OutboundRetry()); }

events::v1::OrderEvent Event(const std::string& order_no = "TJ1") {
  events::v1::OrderEvent event = FedBack(order_no);
  *event.mutable_order()->mutable_accept_time() = Stamp("2025-09-29T09:00:00+08:00");
  return event;
}

absl::Status Tell(Book& book, const std::string& type, std::int64_t number, const events::v1::OrderEvent& event) {
  ledger::Outcome outcome;
  const absl::Status status = AddNotice(book, {type, event, number}, kBodies, outcome);
  if (!status.ok()) return status;
  return book.Keep(std::move(outcome));
}

NoticeReport Report(std::int64_t number, outbound::Outcome outcome, int http_status = 0) {
  NoticeReport report;
  report.order_no = "TJ1";
  report.number = number;
  report.template_name = "dispatched@1";
  report.way = Notice::WAY_WEBHOOK;
  report.report.outcome = outcome;
  report.report.http_status = http_status;
  return report;
}

v1::NoticeRecord RecordOf(const Book& book, std::int64_t number) {
  return Must(book.Read<v1::NoticeRecord>(NoticeKey(NoticeId("TJ1", number))));
}
Notice NoticeOf(const Book& book, std::int64_t number) { return RecordOf(book, number).notice(); }
v1::NoticeQueueRecord QueueOf(const Book& book) { return Must(book.Read<v1::NoticeQueueRecord>(QueueKey("TJ1"))); }
std::vector<std::int64_t> Waiting(const Book& book) {
  const auto queue = QueueOf(book);
  return {queue.waiting().begin(), queue.waiting().end()};
}
std::string NextOf(const Book& book) {
  const auto queue = QueueOf(book);
  return queue.has_next_time() ? clock::ToRfc3339(clock::FromProto(queue.next_time())) : "";
}

void PutTemplate(Book& book, const std::string& id, const std::string& text, std::vector<std::string> variables) {
  v1::NoticeTemplate given;
  given.set_template_id(id);
  given.set_text(text);
  for (std::string& name : variables) given.add_variables(std::move(name));
  REQUIRE_OK(book.Keep(DecidePublishTemplate(book, given)));
}

TEST_CASE("which events the enterprise is told of", "[FBK-13]") {
  const std::vector<std::pair<std::string, std::string>> rows = {{"OrderProposed", "accepted"},
                                                                 {"OrderDispatched", "dispatched"},
                                                                 {"OrderExtended", "extended"},
                                                                 {"OrderEscalated", "escalated"},
                                                                 {"OrderFedBack", "fed_back"},
                                                                 {"OrderReworked", "reworked"},
                                                                 {"OrderClosed", "closed"},
                                                                 {"OrderLiaisonSent", "liaison"},
                                                                 {"OrderPartnerSent", "partner_sent"},
                                                                 {"OrderPartnerAccepted", "partner_accepted"},
                                                                 {"OrderPartnerReturned", "partner_returned"},
                                                                 {"OrderSigned", ""},
                                                                 {"OrderDueChanged", ""},
                                                                 {"OrderWithdrawn", ""}};
  for (const auto& [type, id] : rows) {
    INFO(type);
    CHECK(TemplateOf(type) == id);
    CHECK(ConcernsNotices(type) == (!id.empty() || type == "OrderWithdrawn"));
  }
}

TEST_CASE("a notice says what its event says, and no more", "[FBK-13]") {
  Book book;
  book.SetNow("2025-10-13T10:00:01+08:00");
  events::v1::OrderEvent event = Event();
  event.mutable_order()->set_result_text("机密");
  REQUIRE_OK(Tell(book, "OrderFedBack", 7, event));
  CHECK(book.facts == std::vector<std::string>{"NoticeMade", "NoticeMade"});
  CHECK(testing::Differences(RecordOf(book, 7), R"({
    "notice": {"name": "notices/TJ1-7", "orderNo": "TJ1", "number": 7, "state": "STATE_PENDING",
               "template": "fed_back", "event": "OrderFedBack", "recipient": "RECIPIENT_REQUESTER",
               "createTime": "2025-10-13T10:00:00+08:00",
               "variables": {"order_no": "TJ1", "accept_date": "2025-09-29", "due_date": "2025-10-13",
                             "undertaker": "市市场监管委", "result": "已解决"},
               "delivery": {"nextTime": "2025-10-13T10:00:00+08:00"}},
    "undertaker": "SCJG", "beginTime": "2025-10-13T10:00:00+08:00"})") == "");
  CHECK(Waiting(book) == std::vector<std::int64_t>{7});
  CHECK(NextOf(book) == "2025-10-13T10:00:01+08:00");

  INFO("before a body has it there is neither a date nor a name to tell");
  events::v1::OrderEvent fresh = event;
  fresh.mutable_order()->clear_accept_time();
  fresh.mutable_order()->clear_due_time();
  fresh.mutable_order()->clear_main_undertaker();
  fresh.mutable_order()->clear_result_type();
  REQUIRE_OK(Tell(book, "OrderProposed", 6, fresh));
  CHECK(VariablesOf(RecordOf(book, 6)) == Variables{{"order_no", "TJ1"}});
  INFO("the same event again makes none");
  REQUIRE_OK(Tell(book, "OrderFedBack", 7, event));
  CHECK(book.facts.empty());
  INFO("a provisional date says so, a rework has its own");
  event.mutable_order()->set_due_provisional(true);
  REQUIRE_OK(Tell(book, "OrderExtended", 8, event));
  CHECK(NoticeOf(book, 8).variables().at("due_date") == "2025-10-13（暂定）");
  *event.mutable_order()->mutable_rework_due_time() = Stamp("2025-10-20T23:59:59+08:00");
  REQUIRE_OK(Tell(book, "OrderReworked", 9, event));
  CHECK(NoticeOf(book, 9).variables().at("due_date") == "2025-10-20");
  INFO("only a rework");
  event.mutable_order()->set_rework_round(1);
  REQUIRE_OK(Tell(book, "OrderEscalated", 11, event));
  CHECK(NoticeOf(book, 11).variables().at("due_date") == "2025-10-13（暂定）");
  CHECK(RecordOf(book, 11).round() == 1);
  event.mutable_order()->clear_rework_due_time();
  REQUIRE_OK(Tell(book, "OrderReworked", 12, event));
  CHECK_FALSE(NoticeOf(book, 12).variables().contains("due_date"));
  INFO("what is behind a confidential demand is for the hub alone");
  event.mutable_order()->set_confidential(true);
  event.mutable_order()->set_main_undertaker("XXXX");
  REQUIRE_OK(Tell(book, "OrderClosed", 10, event));
  CHECK(NoticeOf(book, 10).recipient() == Notice::RECIPIENT_HUB);
  CHECK_FALSE(NoticeOf(book, 10).variables().contains("undertaker"));
}

TEST_CASE("a notice says where a matter went that another has to handle", "[RTE-10][RTE-26][FBK-13]") {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  events::v1::OrderEvent event = Event();
  events::v1::OrderSnapshot& order = *event.mutable_order();
  order.set_liaison_notice("由法院依法办理");
  order.set_partner_name("市供电公司");
  order.set_partner_phone("95598");
  order.set_partner_number("P-1");
  REQUIRE_OK(Tell(book, "OrderPartnerSent", 1, event));
  const Variables told = VariablesOf(RecordOf(book, 1));
  CHECK(told.at("liaison_notice") == "由法院依法办理");
  CHECK(told.at("partner_name") == "市供电公司");
  CHECK(told.at("partner_phone") == "95598");
  CHECK(told.at("partner_number") == "P-1");
}

TEST_CASE("a notice says how an order ended in words", "[FBK-02][FBK-13]") {
  const std::vector<std::pair<events::v1::ResultType, std::string>> rows = {
      {events::v1::RESULT_TYPE_SOLVED, "已解决"},
      {events::v1::RESULT_TYPE_PARTLY, "部分解决"},
      {events::v1::RESULT_TYPE_EXPLAINED, "已说明情况"},
      {events::v1::RESULT_TYPE_LEGAL_CHANNEL, "已告知法定途径"},
      {events::v1::RESULT_TYPE_TRANSFERRED_EMERGENCY, ""}};
  for (const auto& [result, text] : rows) {
    INFO(text);
    Book book;
    book.SetNow("2025-10-13T10:00:00+08:00");
    events::v1::OrderEvent event = Event();
    event.mutable_order()->set_result_type(result);
    REQUIRE_OK(Tell(book, "OrderClosed", 1, event));
    CHECK(VariablesOf(RecordOf(book, 1))["result"] == text);
  }
}

TEST_CASE("a notice changes its order's queue and itself", "[FBK-13]") {
  const auto names = NoticeNames({"OrderClosed", Event(), 7});
  REQUIRE(names.size() == 2);
  CHECK(names[0].key == QueueKey("TJ1"));
  CHECK(names[1].key == NoticeKey("TJ1-7"));
  CHECK(NoticeNames({"OrderWithdrawn", Event(), 7}).size() == 1);
}

TEST_CASE("who is anonymous or has withdrawn is told nothing", "[FBK-13]") {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  events::v1::OrderEvent anonymous = Event();
  anonymous.mutable_order()->set_anonymous(true);
  REQUIRE_OK(Tell(book, "OrderClosed", 1, anonymous));
  CHECK(book.facts.empty());
  REQUIRE_OK(Tell(book, "OrderDispatched", 2, Event()));
  REQUIRE_OK(Tell(book, "OrderWithdrawn", 3, Event()));
  CHECK(book.facts == std::vector<std::string>{"NoticesEnded"});
  CHECK(QueueOf(book).withdrawn());
  CHECK(QueueOf(book).order_no() == "TJ1");
  REQUIRE_OK(Tell(book, "OrderClosed", 4, Event()));
  CHECK(book.facts.empty());
  CHECK(Waiting(book) == std::vector<std::int64_t>{2});
}

TEST_CASE("only the first of an order is on its way, and the next follows whatever became of it", "[FBK-13]") {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  for (const std::int64_t number : {1, 2, 3, 4, 5}) REQUIRE_OK(Tell(book, "OrderDispatched", number, Event()));
  CHECK(Waiting(book) == std::vector<std::int64_t>{1, 2, 3, 4, 5});

  INFO("a failed attempt waits five minutes, and those behind it with it");
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(1, outbound::Outcome::kRetry, 500), Retry())));
  CHECK(NoticeOf(book, 1).state() == Notice::STATE_PENDING);
  CHECK(Waiting(book).front() == 1);
  CHECK(NextOf(book) == "2025-10-13T10:05:00+08:00");
  book.SetNow("2025-10-13T10:05:00+08:00");
  INFO("one that comes while others wait does not hurry them");
  REQUIRE_OK(Tell(book, "OrderClosed", 6, Event()));
  CHECK(NextOf(book) == "2025-10-13T10:05:00+08:00");
  INFO("one that is not the first is not settled");
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(2, outbound::Outcome::kDelivered), Retry())));
  CHECK(book.facts.empty());

  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(1, outbound::Outcome::kDelivered, 200), Retry())));
  CHECK(book.facts == std::vector<std::string>{"NoticeTried", "NoticeTried"});
  const Notice sent = NoticeOf(book, 1);
  CHECK(testing::DifferencesIn<Notice>(book.answer, sent) == "");
  CHECK(sent.state() == Notice::STATE_SENT);
  CHECK(sent.template_() == "dispatched@1");
  CHECK(sent.way() == Notice::WAY_WEBHOOK);
  CHECK(sent.send_time().seconds() == Stamp("2025-10-13T10:05:00+08:00").seconds());
  CHECK(sent.delivery().attempts_size() == 2);
  CHECK(NextOf(book) == "2025-10-13T10:05:00+08:00");
  INFO("settled twice it changes nothing");
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(1, outbound::Outcome::kDelivered, 200), Retry())));
  CHECK(book.facts.empty());

  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(2, outbound::Outcome::kRefused, 400), Retry())));
  CHECK(NoticeOf(book, 2).state() == Notice::STATE_FAILED);
  CHECK(NoticeOf(book, 2).reason() == "REFUSED");
  CHECK_FALSE(NoticeOf(book, 2).has_send_time());
  NoticeReport held = Report(3, outbound::Outcome::kDelivered);
  held.unsent = Notice::STATE_HELD;
  held.template_name.clear();
  held.report.unsent = "undertaker";
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, held, Retry())));
  CHECK(NoticeOf(book, 3).state() == Notice::STATE_HELD);
  CHECK(NoticeOf(book, 3).reason() == "undertaker");
  CHECK(NoticeOf(book, 3).template_() == "dispatched");
  CHECK_FALSE(NoticeOf(book, 3).delivery().has_next_time());
  CHECK(NoticeOf(book, 3).delivery().attempts().empty());
  for (int i = 0; i < 4; ++i) {
    REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(4, outbound::Outcome::kRetry), Retry())));
  }
  CHECK(NoticeOf(book, 4).state() == Notice::STATE_FAILED);
  CHECK(NoticeOf(book, 4).reason() == "TRIES");
  for (const std::int64_t number : {5, 6}) {
    REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(number, outbound::Outcome::kDelivered), Retry())));
  }
  CHECK(Waiting(book).empty());
  CHECK(NextOf(book).empty());
  INFO("nor does one that comes when nothing waits");
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(6, outbound::Outcome::kDelivered), Retry())));
  CHECK(book.facts.empty());
}

TEST_CASE("what was held or failed is sent after all when it is asked for", "[FBK-13]") {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  PutTemplate(book, "dispatched", "{{order_no}}由{{partner_name}}办理", {"order_no", "partner_name"});
  events::v1::OrderEvent unnamed = Event();
  unnamed.mutable_order()->set_main_undertaker("NEW");
  REQUIRE_OK(Tell(book, "OrderDispatched", 1, unnamed));
  const auto etag = [&] { return std::to_string(book.Find(NoticeKey("TJ1-1"))->version); };
  const auto retry = [&](const std::string& given) {
    return book.Keep(DecideRetryNotice(book, "TJ1-1", given, {{"NEW", "新设机构"}}));
  };
  CHECK(ReasonOf(retry(etag())) == config::v1::REASON_NOTICE_STATE);
  INFO("what is held is tried again as what failed");
  Book other = book;
  NoticeReport held = Report(1, outbound::Outcome::kDelivered);
  held.unsent = Notice::STATE_HELD;
  held.report.unsent = "partner_name";
  REQUIRE_OK(other.Keep(DecideNoticeReport(other, held, Retry())));
  CHECK(ReasonOf(other.Keep(DecideRetryNotice(other, "TJ1-1", "2", {}))) == config::v1::REASON_NOTICE_VARIABLE);
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(1, outbound::Outcome::kRefused, 400), Retry())));
  CHECK(ReasonOf(retry("")) == config::v1::REASON_ETAG_REQUIRED);
  CHECK(ReasonOf(retry("99")) == config::v1::REASON_VERSION_CONFLICT);
  const absl::Status missing = retry(etag());
  CHECK(ReasonOf(missing) == config::v1::REASON_NOTICE_VARIABLE);
  CHECK(MetadataOf(missing).at("name") == "partner_name");

  PutTemplate(book, "dispatched", "{{order_no}}由{{undertaker}}办理：{{rating_link}}",
              {"order_no", "undertaker", "rating_link"});
  book.SetNow("2025-10-20T10:00:00+08:00");
  REQUIRE_OK(Tell(book, "OrderClosed", 2, Event()));
  REQUIRE_OK(retry(etag()));
  CHECK(book.facts == std::vector<std::string>{"NoticeRetried", "NoticeRetried"});
  const v1::NoticeRecord record = RecordOf(book, 1);
  Notice answer = record.notice();
  answer.set_etag(etag());
  CHECK(testing::DifferencesIn<Notice>(book.answer, answer) == "");
  INFO("the directory knows the body by now");
  CHECK(record.notice().variables().at("undertaker") == "新设机构");
  CHECK(record.notice().state() == Notice::STATE_PENDING);
  CHECK(record.notice().template_() == "dispatched");
  CHECK(record.notice().reason().empty());
  CHECK(record.notice().delivery().tries() == 0);
  CHECK(record.notice().delivery().attempts_size() == 1);
  CHECK(record.notice().delivery().next_time().seconds() == Stamp("2025-10-20T10:00:00+08:00").seconds());
  CHECK(record.begin_time().seconds() == Stamp("2025-10-20T10:00:00+08:00").seconds());
  CHECK(Waiting(book) == std::vector<std::int64_t>{2, 1});
  INFO("not once it was withdrawn");
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(2, outbound::Outcome::kRefused, 400), Retry())));
  REQUIRE_OK(book.Keep(DecideNoticeReport(book, Report(1, outbound::Outcome::kRefused, 400), Retry())));
  REQUIRE_OK(Tell(book, "OrderWithdrawn", 3, Event()));
  const absl::Status withdrawn = retry(etag());
  CHECK(ReasonOf(withdrawn) == config::v1::REASON_NOTICE_STATE);
  CHECK(MetadataOf(withdrawn).at("state") == "WITHDRAWN");
}

TEST_CASE("a published template is a new version, one that was shipped only the first", "[FBK-13]") {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  v1::NoticeTemplate given;
  given.set_template_id("closed");
  given.set_text("{{order_no}}已办结");
  given.add_variables("order_no");
  REQUIRE_OK(book.Keep(DecideStoreTemplate(book, given)));
  CHECK(book.facts == std::vector<std::string>{"NoticeTemplatePublished"});
  CHECK(testing::DifferencesIn<v1::NoticeTemplate>(book.answer, R"({"name": "noticeTemplates/closed@1",
      "templateId": "closed", "version": 1, "text": "{{order_no}}已办结", "variables": ["order_no"],
      "publishTime": "2025-10-13T10:00:00+08:00"})") == "");
  REQUIRE_OK(book.Keep(DecideStoreTemplate(book, given)));
  CHECK(book.facts.empty());
  given.set_text("{{order_no}}办结了");
  REQUIRE_OK(book.Keep(DecidePublishTemplate(book, given)));
  const auto record = Must(book.Read<v1::NoticeTemplateRecord>(TemplateKey("closed")));
  REQUIRE(record.versions_size() == 2);
  CHECK(TemplateName(record.versions(0)) == "closed@1");
  CHECK(TemplateName(record.versions(1)) == "closed@2");
  CHECK(record.versions(1).text() == "{{order_no}}办结了");
}

TEST_CASE("a template is filled in as a whole or not at all", "[FBK-13]") {
  const Variables values = {{"order_no", "TJ1"}, {"due_date", "2025-10-13"}, {"undertaker", ""}};
  CHECK(Must(Fill("编号{{order_no}}，{{due_date}}前", values)) == "编号TJ1，2025-10-13前");
  CHECK(Must(Fill("没有变量", values)) == "没有变量");
  const absl::Status missing = Fill("{{order_no}}{{result}}{{undertaker}}", values).status();
  CHECK(ReasonOf(missing) == config::v1::REASON_NOTICE_VARIABLE);
  CHECK(MetadataOf(missing).at("name") == "result");
  CHECK(MetadataOf(Fill("{{undertaker}}", values).status()).at("name") == "undertaker");
  CHECK(absl::IsInternal(Fill("{{order_no", values).status()));
  INFO("a value is never taken for a variable");
  CHECK(Must(Fill("{{order_no}}", {{"order_no", "{{due_date}}"}})) == "{{due_date}}");
}

TEST_CASE("a template uses what it declares, and declares what there is", "[FBK-13]") {
  struct Row {
    const char* id;
    std::string text;
    std::vector<std::string> variables;
    config::v1::Reason reason;
    const char* field;
  };
  const std::vector<Row> rows = {
      {"closed", "{{order_no}}", {"order_no"}, config::v1::REASON_UNSPECIFIED, ""},
      {"nothing", "{{order_no}}", {"order_no"}, config::v1::REASON_UNKNOWN_VALUE, "template.template_id"},
      {"closed", "{{order_no}}", {}, config::v1::REASON_TEMPLATE_INVALID, "template.text"},
      {"closed", "{{order_no }}", {"order_no"}, config::v1::REASON_TEMPLATE_INVALID, "template.text"},
      {"closed", "x", {"phone"}, config::v1::REASON_TEMPLATE_INVALID, "template.variables[0]"},
      {"closed", "{{order_no", {"order_no"}, config::v1::REASON_FORMAT, "template.text"},
      {"closed", "  ", {}, config::v1::REASON_REQUIRED, "template.text"},
      {"closed", std::string(500, 'x'), {}, config::v1::REASON_UNSPECIFIED, ""},
      {"closed", std::string(501, 'x'), {}, config::v1::REASON_TOO_LONG, "template.text"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    v1::NoticeTemplate given;
    given.set_template_id(row.id);
    given.set_text(row.text);
    for (const std::string& name : row.variables) given.add_variables(name);
    Faults faults;
    CheckTemplate(given, faults);
    const absl::Status status = faults.ToStatus();
    if (row.reason == config::v1::REASON_UNSPECIFIED) {
      CHECK_OK(status);
    } else {
      CHECK(ReasonOf(status) == row.reason);
      CHECK_THAT(ToProto(status).SerializeAsString(), Catch::Contains(row.field));
    }
  }
}

}  // namespace
}  // namespace jinqi::feedback
