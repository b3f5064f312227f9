#include "services/routing/handling.h"

#include "services/routing/supervision.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

Book Dispatched(const char* at, Urgency urgency = URGENCY_NORMAL, const std::vector<std::string>& assists = {}) {
  Book book;
  NewOrder created = Book::Demand(at);
  created.demand.set_urgency(urgency);
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(book.Dispatch("SCJG", assists));
  return book;
}

Book Handling(const std::vector<std::string>& assists = {}) {
  Book book = Dispatched("2025-06-12T09:00:00+08:00", URGENCY_NORMAL, assists);
  REQUIRE_OK(book.Sign(Of("SCJG")));
  return book;
}

TEST_CASE("a pressing order is signed within minutes", "[RTE-06]") {
  struct Row {
    const char* id;
    Urgency urgency;
    const char* dispatched;
    const char* last;
    const char* alarm;
    const char* late;
  };
  const Row rows[] = {
      {"RTE-06/accept: LIFE_SAFETY", URGENCY_LIFE_SAFETY, "2025-10-01T02:00:00+08:00", "2025-10-01T02:14:59+08:00",
       "2025-10-01T02:15:00+08:00", "2025-10-01T02:15:01+08:00"},
      {"RTE-06/accept: UTILITY", URGENCY_UTILITY, "2025-10-01T02:00:00+08:00", "2025-10-01T02:30:00+08:00",
       "2025-10-01T02:30:00+08:00", "2025-10-01T02:30:01+08:00"},
      {"RTE-06/accept: NORMAL", URGENCY_NORMAL, "2025-09-30T17:50:00+08:00", "2025-10-09T23:59:59+08:00",
       "2025-10-10T00:00:00+08:00", "2025-10-10T00:00:00+08:00"},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book in_time = Dispatched(row.dispatched, row.urgency);
    in_time.SetNow(row.last);
    REQUIRE_OK(in_time.Sign(Of("SCJG")));
    CHECK_FALSE(in_time.order().dispatches(0).signed_late());
    CHECK(in_time.order().marks().empty());
    CHECK(in_time.types == std::vector<std::string>{"OrderSigned"});

    Book late = Dispatched(row.dispatched, row.urgency);
    late.SetNow(row.late);
    REQUIRE_OK(late.Sign(Of("SCJG")));
    CHECK(late.order().dispatches(0).signed_late());
    CHECK(late.HasMark("LATE_SIGN"));
    CHECK(late.Told("DeadlineMissed", "SIGN"));
    CHECK(late.state() == ORDER_STATE_HANDLING);

    Book alarmed = Dispatched(row.dispatched, row.urgency);
    CHECK(alarmed.TimerAt(kTimerSign) >= At(row.last));
    alarmed.RunTimers(row.alarm);
    CHECK(alarmed.HasMark("LATE_SIGN"));
    CHECK(std::any_of(alarmed.all_told.begin(), alarmed.all_told.end(),
                      [](const auto& told) { return told.first == "DeadlineMissed"; }));
  }
}

TEST_CASE("handling never waits for a signature", "[RTE-06]") {
  INFO("RTE-06/accept: LIFE_SAFETY is taken as signed at its limit");
  Book book = Dispatched("2025-10-01T02:00:00+08:00", URGENCY_LIFE_SAFETY);
  book.RunTimers("2025-10-01T02:14:59+08:00");
  CHECK(book.state() == ORDER_STATE_DISPATCHED);
  book.RunTimers("2025-10-01T02:15:00+08:00");
  CHECK(book.state() == ORDER_STATE_HANDLING);
  CHECK(book.order().dispatches(0).signed_late());
  const auto taken = book.order().dispatches(0).sign_time();
  book.SetNow("2025-10-01T02:15:01+08:00");
  REQUIRE_OK(book.Sign(Of("SCJG")));
  CHECK(book.order().dispatches(0).signed_by() == Of("SCJG").text);
  CHECK(Shown(book.order().dispatches(0).sign_time()) == Shown(taken));
  CHECK(book.types == std::vector<std::string>{"OrderSignedLate"});

  Book utility = Dispatched("2025-10-01T02:00:00+08:00", URGENCY_UTILITY);
  utility.RunTimers("2025-10-01T02:30:00+08:00");
  CHECK(utility.state() == ORDER_STATE_DISPATCHED);
  utility.RunTimers("2025-10-10T00:00:00+08:00");
  CHECK(utility.state() == ORDER_STATE_HANDLING);
}

TEST_CASE("only the body signs, and only once", "[RTE-06]") {
  Book book = Dispatched("2025-06-12T09:00:00+08:00");
  INFO("RTE-06/bad/1");
  CHECK(Refused(book.Sign(Of("TAX"))) == config::v1::REASON_NOT_UNDERTAKER);
  CHECK(Refused(book.Sign(Of(""))) == config::v1::REASON_NOT_UNDERTAKER);
  v1::SignWorkOrderRequest request;
  request.set_name(kName);
  CHECK(Refused(book.Keep(DecideSign(book, book.setting(), Of("SCJG"), request))) == config::v1::REASON_ETAG_REQUIRED);
  request.set_etag("\"1\"");
  CHECK(Refused(book.Keep(DecideSign(book, book.setting(), Of("SCJG"), request))) ==
        config::v1::REASON_VERSION_CONFLICT);
  REQUIRE_OK(book.Sign(Of("SCJG")));
  const std::string etag = book.etag();
  const auto first = book.order().dispatches(0).sign_time();
  CHECK(Shown(book.order().first_contact_due_time()) == "2025-06-13T23:59:59+08:00");
  INFO("RTE-06/bad/2: the first time is kept");
  book.SetNow("2025-06-12T15:00:00+08:00");
  REQUIRE_OK(book.Sign(Of("SCJG")));
  REQUIRE_OK(book.Keep(DecideSign(book, book.setting(), Of("SCJG"), request)));
  CHECK(Shown(book.order().dispatches(0).sign_time()) == Shown(first));
  CHECK(book.etag() == etag);
  CHECK(book.types.empty());
}

TEST_CASE("a first contact stops its clock", "[RTE-28]") {
  Book book = Handling();
  CHECK(book.TimerAt(kTimerContact) == At("2025-06-14T00:00:00+08:00"));
  book.SetNow("2025-06-12T10:00:00+08:00");
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  CHECK(book.order().contacts(0).way() == "PHONE");
  CHECK(book.order().contacts(0).summary().empty());
  CHECK(Shown(book.order().first_contact_time()) == "2025-06-12T10:00:00+08:00");
  CHECK(book.TimerAt(kTimerContact) == 0);
  CHECK(book.types == std::vector<std::string>{"OrderContacted"});
  CHECK(book.record().texts() == 1);

  Book late = Handling();
  late.RunTimers("2025-06-14T00:00:00+08:00");
  CHECK(late.HasMark("CONTACT_LATE"));
  CHECK(late.Told("DeadlineMissed", "CONTACT"));
  Book before_timer = Handling();
  before_timer.SetNow("2025-06-14T00:00:00+08:00");
  REQUIRE_OK(before_timer.RecordContact(Of("SCJG")));
  CHECK(before_timer.HasMark("CONTACT_LATE"));
  Book last_second = Handling();
  last_second.SetNow("2025-06-13T23:59:59+08:00");
  REQUIRE_OK(last_second.RecordContact(Of("SCJG")));
  CHECK_FALSE(last_second.HasMark("CONTACT_LATE"));
}

TEST_CASE("a contact has a time, a way and a person", "[RTE-28]") {
  struct Row {
    const char* id;
    void (*spoil)(v1::RecordContactRequest&);
    Reason refused;
  };
  const Row rows[] = {
      {"no way", [](auto& r) { r.clear_way(); }, config::v1::REASON_REQUIRED},
      {"another way", [](auto& r) { r.set_way("TELEPATHY"); }, config::v1::REASON_UNKNOWN_VALUE},
      {"not possible, but not anonymous", [](auto& r) { r.set_way("NOT_POSSIBLE_ANONYMOUS"); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"no person", [](auto& r) { r.set_person(" "); }, config::v1::REASON_REQUIRED},
      {"long person", [](auto& r) { r.set_person(std::string(51, 'x')); }, config::v1::REASON_TOO_LONG},
      {"future", [](auto& r) { *r.mutable_contact_time() = Stamp("2025-06-12T09:00:00.000001+08:00"); },
       config::v1::REASON_FUTURE_TIME},
      {"before the dispatch", [](auto& r) { *r.mutable_contact_time() = Stamp("2025-06-12T08:59:59+08:00"); },
       config::v1::REASON_TIME_TOO_EARLY},
      {"two", [](auto& r) { r.clear_way(), r.clear_person(); }, config::v1::REASON_FIELDS_INVALID},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handling();
    v1::RecordContactRequest request = book.Contact();
    row.spoil(request);
    CHECK(Refused(book.Keep(DecideRecordContact(book, book.setting(), Of("SCJG"), request, {}))) == row.refused);
  }
  Book book = Handling();
  CHECK(Refused(book.RecordContact(Of("TAX"))) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  REQUIRE_OK(book.Submit(Of("SCJG")));
  CHECK(Refused(book.RecordContact(Of("SCJG"))) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("a submission holds what the enterprise can check", "[RTE-28][FBK-02]") {
  struct Row {
    const char* id;
    void (*spoil)(v1::SubmitResultRequest&);
    Reason refused;
  };
  const auto explain = [](v1::SubmitResultRequest& r) {
    r.set_result_type(RESULT_TYPE_EXPLAINED);
    r.set_considered("研究了容缺受理");
    r.set_help_offered("可先行办理变更登记");
    r.set_explain_reason("NO_LEGAL_BASIS");
  };
  static const auto kExplain = explain;
  const Row rows[] = {
      {"no type", [](auto& r) { r.clear_result_type(); }, config::v1::REASON_REQUIRED},
      {"not a handled result", [](auto& r) { r.set_result_type(RESULT_TYPE_MERGED); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"no text", [](auto& r) { r.set_result_text(" "); }, config::v1::REASON_REQUIRED},
      {"9 characters", [](auto& r) { r.set_result_text("依规为企业办理变更"); }, config::v1::REASON_TOO_SHORT},
      {"4001 characters", [](auto& r) { r.set_result_text(std::string(4001, 'x')); }, config::v1::REASON_TOO_LONG},
      {"RTE-28/bad/2: only 已处理", [](auto& r) { r.set_result_text("已处理"); }, config::v1::REASON_RESULT_TOO_THIN},
      {"RTE-28/bad/2: 已处理 over and over",
       [](auto& r) { r.set_result_text("该事项已处理完毕，问题已解决，请知悉。"); },
       config::v1::REASON_RESULT_TOO_THIN},
      {"no basis", [](auto& r) { r.clear_basis(); }, config::v1::REASON_REQUIRED},
      {"blank basis", [](auto& r) { r.set_basis(0, " "); }, config::v1::REASON_REQUIRED},
      {"FBK-02: what was considered", [](auto& r) { kExplain(r), r.set_considered(" "); }, config::v1::REASON_REQUIRED},
      {"FBK-02: which help", [](auto& r) { kExplain(r), r.clear_help_offered(); }, config::v1::REASON_REQUIRED},
      {"FBK-02: a reason code", [](auto& r) { kExplain(r), r.clear_explain_reason(); }, config::v1::REASON_REQUIRED},
      {"FBK-02: a known reason", [](auto& r) { kExplain(r), r.set_explain_reason("BECAUSE"); },
       config::v1::REASON_UNKNOWN_VALUE},
      {"two", [](auto& r) { r.clear_basis(), r.set_result_text("已处理"); }, config::v1::REASON_FIELDS_INVALID},
      {"complete", [](auto&) {}, config::v1::REASON_UNSPECIFIED},
      {"10 characters", [](auto& r) { r.set_result_text("依规为企业办理了变更"); }, config::v1::REASON_UNSPECIFIED},
      {"4000 characters", [](auto& r) { r.set_result_text(std::string(4000, 'x')); }, config::v1::REASON_UNSPECIFIED},
      {"RTE-28/accept: EXPLAINED with all", [](auto& r) { kExplain(r); }, config::v1::REASON_UNSPECIFIED},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Handling();
    REQUIRE_OK(book.RecordContact(Of("SCJG")));
    v1::SubmitResultRequest request = book.Result();
    row.spoil(request);
    const absl::Status status = book.Submit(Of("SCJG"), request);
    CHECK(Refused(status) == row.refused);
    CHECK(book.state() == (status.ok() ? ORDER_STATE_SUBMITTED : ORDER_STATE_HANDLING));
    if (!status.ok()) continue;
    CHECK(book.types == std::vector<std::string>{"OrderSubmitted"});
    CHECK(book.order().result_type() == request.result_type());
    CHECK(book.order().submissions(0).result_text().empty());
    CHECK(book.record().result_text_id() == "t2");
  }
}

TEST_CASE("no result without a talk with the enterprise", "[RTE-28]") {
  INFO("RTE-28/accept");
  Book book = Handling();
  v1::SubmitResultRequest request = book.Result();
  request.set_result_type(RESULT_TYPE_EXPLAINED);
  request.set_considered("研究了容缺受理");
  request.set_help_offered("可先行办理变更登记");
  request.set_explain_reason("OTHER");
  CHECK(Refused(book.Submit(Of("SCJG"), request)) == config::v1::REASON_CONTACT_REQUIRED);
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  request.set_etag(book.etag());
  REQUIRE_OK(book.Submit(Of("SCJG"), request));
  CHECK(book.state() == ORDER_STATE_SUBMITTED);
}

TEST_CASE("the same text again is too thin after it was sent back", "[RTE-28]") {
  INFO("RTE-28/bad/1");
  Book book = Handling();
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  REQUIRE_OK(book.Submit(Of("SCJG")));
  CHECK(Refused(book.Review(false, " ")) == config::v1::REASON_REQUIRED);
  REQUIRE_OK(book.Review(false));
  CHECK(book.state() == ORDER_STATE_HANDLING);
  CHECK(book.Told("OrderSentBack"));
  CHECK(book.order().result_type() == RESULT_TYPE_UNSPECIFIED);
  v1::SubmitResultRequest request = book.Result();
  CHECK(Refused(book.Submit(Of("SCJG"), request)) == config::v1::REASON_RESULT_TOO_THIN);
  request.set_result_text("经核实，已为企业办理跨区迁移登记；并告知税务联动流程。");
  CHECK(Refused(book.Submit(Of("SCJG"), request)) == config::v1::REASON_RESULT_TOO_THIN);
  request.set_result_text("经核实已为企业办理跨区迁移登记，并逐项告知税务与社保联动流程");
  REQUIRE_OK(book.Submit(Of("SCJG"), request));
}

TEST_CASE("the main body gathers what the others answer", "[RTE-04]") {
  INFO("RTE-04/accept: open sub-orders hold the submission");
  Book book = Handling({"TAX"});
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  CHECK(Refused(book.Submit(Of("SCJG"))) == config::v1::REASON_ASSIST_OPEN);
  Book unasked = book;
  v1::SubmitResultRequest request = unasked.Result();
  request.set_open_assist_reason("协办单位意见不影响结论");
  REQUIRE_OK(unasked.Submit(Of("SCJG"), request));

  v1::AnswerAssistRequest answer;
  answer.set_name(kName);
  answer.set_etag(book.etag());
  answer.set_answer("税务迁移已同步办理");
  CHECK(Refused(book.Keep(DecideAnswerAssist(book, book.setting(), Of("SCJG"), answer, {}))) ==
        config::v1::REASON_NOT_UNDERTAKER);
  CHECK(Refused(book.Keep(DecideAnswerAssist(book, book.setting(), Of("RSJ"), answer, {}))) ==
        config::v1::REASON_NOT_FOUND);
  v1::AnswerAssistRequest blank = answer;
  blank.set_answer(" ");
  CHECK(Refused(book.Keep(DecideAnswerAssist(book, book.setting(), Of("TAX"), blank, {}))) ==
        config::v1::REASON_REQUIRED);
  REQUIRE_OK(book.Keep(DecideAnswerAssist(book, book.setting(), Of("TAX"), answer, {"t9", "s", "d"})));
  answer.set_etag(book.etag());
  CHECK(Refused(book.Keep(DecideAnswerAssist(book, book.setting(), Of("TAX"), answer, {}))) ==
        config::v1::REASON_ALREADY_EXISTS);
  REQUIRE_OK(book.Submit(Of("SCJG")));
}

TEST_CASE("only a reviewed result is fed back, by the main body", "[FBK-01][FBK-03]") {
  Book book = Handling({"GHZY"});
  book.Edit([](v1::WorkOrderRecord& record) {
    *record.mutable_order()->mutable_assists(0)->mutable_answer_time() = Stamp("2025-06-12T09:00:00+08:00");
  });
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  INFO("FBK-03/bad: before there is a result");
  CHECK(Refused(book.FeedBack(Of("SCJG"))) == config::v1::REASON_ILLEGAL_MOVE);
  REQUIRE_OK(book.Submit(Of("SCJG")));
  CHECK(Refused(book.FeedBack(Of("SCJG"))) == config::v1::REASON_RESULT_NOT_REVIEWED);
  REQUIRE_OK(book.Review(true));
  CHECK(book.state() == ORDER_STATE_SUBMITTED);
  CHECK(book.types == std::vector<std::string>{"OrderReviewed"});
  CHECK(book.told.empty());
  CHECK(Refused(book.Review(true)) == config::v1::REASON_ALREADY_REVIEWED);
  INFO("FBK-03/accept");
  CHECK(Refused(book.FeedBack(Of("GHZY"))) == config::v1::REASON_NOT_LEAD);
  CHECK(Refused(book.FeedBack(Of("ZJW"))) == config::v1::REASON_NOT_LEAD);
  struct Row {
    const char* id;
    void (*spoil)(v1::RecordFeedbackRequest&);
    Reason refused;
  };
  const Row rows[] = {
      {"FBK-01/bad/1: no person", [](auto& r) { r.clear_person(); }, config::v1::REASON_REQUIRED},
      {"FBK-01/bad/1: no way", [](auto& r) { r.clear_way(); }, config::v1::REASON_REQUIRED},
      {"FBK-01/bad/1: no time", [](auto& r) { r.clear_feedback_time(); }, config::v1::REASON_REQUIRED},
      {"FBK-01/bad/2: future", [](auto& r) { *r.mutable_feedback_time() = Stamp("2025-06-12T09:00:01+08:00"); },
       config::v1::REASON_FUTURE_TIME},
      {"before the review", [](auto& r) { *r.mutable_feedback_time() = Stamp("2025-06-12T08:59:59+08:00"); },
       config::v1::REASON_TIME_TOO_EARLY},
      {"stale", [](auto& r) { r.set_etag("\"1\""); }, config::v1::REASON_VERSION_CONFLICT},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    v1::RecordFeedbackRequest request = book.Feedback();
    row.spoil(request);
    CHECK(Refused(book.FeedBack(Of("SCJG"), request)) == row.refused);
  }
  REQUIRE_OK(book.FeedBack(Of("SCJG")));
  CHECK(book.state() == ORDER_STATE_FED_BACK);
  CHECK_FALSE(book.order().feedback().late());
  REQUIRE(book.Told("OrderFedBack"));
  CHECK(book.told[0].second.order().result_text() == "结果");
  CHECK(book.order().stays(book.order().stays_size() - 1).has_end_time());
}

TEST_CASE("feedback is late by the day", "[FBK-01]") {
  struct Row {
    const char* id;
    const char* time;
    bool late;
    int days;
  };
  const Row rows[] = {{"FBK-01/accept", "2025-10-14T09:00:00+08:00", true, 1},
                      {"FBK-01/accept: the last second", "2025-10-13T23:59:59+08:00", false, 0},
                      {"FBK-01/accept: the first instant after", "2025-10-14T00:00:00+08:00", true, 1}};
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Dispatched("2025-09-26T09:00:00+08:00");
    REQUIRE_OK(book.Sign(Of("SCJG")));
    REQUIRE_OK(book.RecordContact(Of("SCJG")));
    book.SetNow("2025-10-13T16:00:00+08:00");
    REQUIRE_OK(book.Submit(Of("SCJG")));
    REQUIRE_OK(book.Review(true));
    book.SetNow(row.time);
    REQUIRE_OK(book.FeedBack(Of("SCJG")));
    CHECK(book.order().feedback().late() == row.late);
    CHECK(book.order().feedback().late_days() == row.days);
    CHECK(book.HasMark("FEEDBACK_LATE") == row.late);
  }
}

TEST_CASE("an anonymous order has nobody to follow up", "[RTE-28]") {
  Book book;
  NewOrder created = Book::Demand("2025-06-12T09:00:00+08:00");
  created.demand.set_anonymous(true);
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(book.Dispatch("SCJG"));
  REQUIRE_OK(book.Sign(Of("SCJG")));
  v1::RecordContactRequest contact = book.Contact();
  contact.set_way("NOT_POSSIBLE_ANONYMOUS");
  REQUIRE_OK(book.Keep(DecideRecordContact(book, book.setting(), Of("SCJG"), contact, {})));
  REQUIRE_OK(book.Submit(Of("SCJG")));
  REQUIRE_OK(book.Review(true));
  REQUIRE_OK(book.FeedBack(Of("SCJG")));
  CHECK(book.types == std::vector<std::string>{"OrderFedBack", "OrderFollowedUp", "OrderClosed"});
  CHECK(book.state() == ORDER_STATE_CLOSED);
  CHECK(book.told[0].second.order().state() == ORDER_STATE_FED_BACK);
  CHECK(book.told[0].second.order().result_text() == "结果");
  CHECK(book.told[2].second.order().result_text().empty());
}

TEST_CASE("a note stops no clock", "[RTE-27]") {
  Book book = Handling();
  v1::AddNoteRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  CHECK(Refused(book.Keep(DecideAddNote(book, book.setting(), Of("SCJG"), request, {}))) ==
        config::v1::REASON_REQUIRED);
  request.set_text("等待企业补充材料");
  CHECK(Refused(book.Keep(DecideAddNote(book, book.setting(), Of("TAX"), request, {}))) ==
        config::v1::REASON_NOT_FOUND);
  const auto timers = book.timers();
  REQUIRE_OK(book.Keep(DecideAddNote(book, book.setting(), Of("SCJG"), request, {"t5", "s", "d"})));
  INFO("RTE-27/accept");
  CHECK(Shown(book.order().due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(book.timers() == timers);
  CHECK(book.order().notes_size() == 1);
  CHECK(book.order().notes(0).text().empty());
}

TEST_CASE("an unknown state stops its order only", "[RTE-25]") {
  INFO("RTE-25/bad/2");
  Book book = Handling();
  v1::WorkOrderRecord record = book.record();
  record.mutable_order()->set_state(static_cast<OrderState>(77));
  book.Put(OrderKey(kOrder), record.SerializeAsString());
  CHECK(Refused(book.RecordContact(Of("SCJG"))) == config::v1::REASON_ORDER_STATE_UNKNOWN);
}

}  // namespace
}  // namespace jinqi::routing
