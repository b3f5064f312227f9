#include "services/routing/grounds.h"

#include <functional>

#include "services/routing/extensions.h"
#include "services/routing/refused_acts.h"
#include "services/routing/sight.h"
#include "services/routing/statutory.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using Strings = std::vector<std::string>;

v1::WorkOrderGrounds Explain(const Book& book, const Actor& actor) {
  const OrderEdit edit = Must(OrderEdit::Open(book, book.setting(), actor, kOrder));
  const ledger::Record* stored = book.Find(OrderKey(kOrder));
  const v1::WorkOrder shown = Show(edit.record(), stored->version, stored->sent, actor);
  v1::WorkOrderGrounds grounds = GroundsOf(edit, shown, ShippedLaws());
  AddPastRefusals(shown, {}, grounds);
  AddPresentRefusals(book, book.setting(), edit, shown, grounds);
  return grounds;
}

const v1::LimitGround* Limit(const v1::WorkOrderGrounds& grounds, std::string_view name) {
  for (const v1::LimitGround& limit : grounds.limits()) {
    if (limit.limit() == name) return &limit;
  }
  return nullptr;
}
std::string TextOf(const v1::WorkOrderGrounds& grounds, std::string_view name) {
  const v1::LimitGround* limit = Limit(grounds, name);
  return limit == nullptr ? "" : limit->text();
}

// `act reason rule` of what would be refused now.
Strings Refusals(const v1::WorkOrderGrounds& grounds) {
  Strings refusals;
  for (const v1::RefusedAct& act : grounds.refused_acts()) {
    if (!act.has_time()) refusals.push_back(absl::StrCat(act.act(), " ", act.reason(), " ", act.rule()));
  }
  return refusals;
}
bool Has(const Strings& refusals, const std::string& refusal) {
  return std::find(refusals.begin(), refusals.end(), refusal) != refusals.end();
}
bool Names(const Strings& refusals, const std::string& act) {
  return std::any_of(refusals.begin(), refusals.end(),
                     [&](const std::string& refusal) { return refusal.starts_with(act + " "); });
}

Book Created(const std::string& body = "SCJG") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00", body)));
  return book;
}
Book Signed() {
  Book book = Created();
  REQUIRE_OK(book.Dispatch("SCJG", {"SWJ"}));
  REQUIRE_OK(book.Sign(Of("SCJG")));
  return book;
}
void AskReturn(Book& book, const std::string& body) {
  v1::RequestReturnRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_reason_code("NOT_OUR_DUTY");
  request.set_legal_basis("三定方案");
  request.set_proposed_undertaker("ZWFW");
  REQUIRE_OK(book.Keep(DecideRequestReturn(book, book.setting(), Of(body), request)));
}
void RuleReturn(Book& book, bool agreed) {
  v1::RuleReturnRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_agreed(agreed);
  request.set_reason("按三定方案");
  REQUIRE_OK(book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), request)));
}

TEST_CASE("each limit says which rule gave it", "[RTE-14][RTE-17]") {
  INFO("before the dispatch");
  v1::WorkOrderGrounds grounds = Explain(Created(), Dispatcher());
  CHECK(grounds.name() == kName);
  CHECK(grounds.calendar_version() == ShippedCalendar().version());
  CHECK(grounds.statutory_limits_version() == ShippedLaws().version());
  REQUIRE(grounds.limits_size() == 2);
  CHECK(TextOf(grounds, "DUE") == "办理期限2025-06-23：自受理次日起7个工作日（RTE-14）");
  CHECK(Limit(grounds, "DUE")->rule_id() == "HANDLE_GENERAL");
  CHECK(Limit(grounds, "DUE")->calendar_version() == ShippedCalendar().version());
  CHECK_FALSE(Limit(grounds, "DUE")->provisional());
  CHECK(TextOf(grounds, "DISPATCH") == "派单时限2025-06-12 11:00：自待派单起120分钟（RTE-20）");
  CHECK(Limit(grounds, "DISPATCH")->calendar_version() == 0);

  INFO("of the body that handles it, and of one that assists");
  Book book = Signed();
  grounds = Explain(book, Dispatcher());
  CHECK(TextOf(grounds, "DISPATCH").empty());
  CHECK(TextOf(grounds, "SIGN") == "市市场监管委签收时限2025-06-13：自派单次日起1个工作日（RTE-06）");
  CHECK(Limit(grounds, "SIGN")->undertaker() == "SCJG");
  CHECK(Limit(grounds, "SIGN")->rule_id() == "sign_normal_working_days");
  CHECK(TextOf(grounds, "RETURN") == "市市场监管委退单期限2025-06-13：自派单次日起1个工作日（RTE-07）");
  CHECK(TextOf(grounds, "CONTACT") == "市市场监管委首次联系时限2025-06-13：自签收次日起1个工作日（FBK-11）");
  CHECK(TextOf(grounds, "ASSIST") == "市商务局协办答复期限2025-06-20：早于主办期限1个工作日（RTE-04）");
  AskReturn(book, "SCJG");
  CHECK(TextOf(Explain(book, Dispatcher()), "RULING") == "退单审核时限2025-06-13：自申请次日起1个工作日（RTE-07）");
}

TEST_CASE("a due date says what has moved it", "[RTE-18][RTE-19][RTE-22]") {
  struct Row {
    const char* id;
    std::function<void(v1::WorkOrder&)> set;
    const char* rule;
    const char* text;
  };
  const Row rows[] = {
      {"a provisional one", [](auto& order) { order.set_due_provisional(true); }, "RTE-14",
       "办理期限2025-06-23：自受理次日起7个工作日（RTE-14）"},
      {"a meeting's",
       [](auto& order) {
         order.set_due_basis("JOINT_MEETING");
         order.add_escalations()->mutable_decision()->set_minutes_reference("津联席纪要〔2025〕3号");
       },
       "RTE-22", "办理期限2025-06-23：联席会议议定，津联席纪要〔2025〕3号（RTE-22）"},
      {"an extended one",
       [](auto& order) {
         order.set_due_basis("EXTENSION");
         auto& extension = *order.add_extensions();
         extension.set_agreed(true);
         extension.set_working_days(5);
         extension.set_reason("需现场勘查");
       },
       "RTE-18", "办理期限2025-06-23：经中枢批准延期5个工作日，需现场勘查（RTE-18）"},
      {"of an overdue payment, before the transfer", [](auto& order) { order.set_due_basis("PAYMENT_TRANSFER"); },
       "INT-22", "转办期限2025-06-23：自受理次日起10个工作日（INT-22）"},
      {"after it", [](auto& order) { order.set_due_basis("PAYMENT_HANDLE"); }, "INT-22",
       "办理期限2025-06-23：自承办单位收到次日起30日（INT-22）"},
      {"extended",
       [](auto& order) {
         order.set_due_basis("PAYMENT_MAX");
         order.mutable_payment_clock()->set_extend_reason("账目核对");
       },
       "INT-22", "办理期限2025-06-23：经中枢批准延长，账目核对（INT-22）"},
      {"of a liaison body",
       [](auto& order) {
         order.set_due_basis("LIAISON");
         order.clear_due_time();
       },
       "RTE-10", "办理期限：由联络单位依法独立答复，不设办理期限（RTE-10）"},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = Signed();
    book.Edit([&](v1::WorkOrderRecord& record) { row.set(*record.mutable_order()); });
    const v1::WorkOrderGrounds grounds = Explain(book, Dispatcher());
    CHECK(Limit(grounds, "DUE")->rule() == row.rule);
    CHECK(Limit(grounds, "DUE")->rule_id() == book.order().due_basis());
    CHECK(TextOf(grounds, "DUE") == row.text);
  }
  INFO("a law's, with the version of the list, and when the enterprise is told");
  Book book = Signed();
  v1::SetStatutoryLimitRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_law_id("XZXKF");
  request.set_article("第四十二条第一款");
  REQUIRE_OK(book.Keep(DecideSetStatutoryLimit(book, book.setting(), Reviewer(), request)));
  const v1::WorkOrderGrounds grounds = Explain(book, Dispatcher());
  CHECK(Limit(grounds, "DUE")->rule() == "RTE-19");
  CHECK(Limit(grounds, "DUE")->rule_id() == "STATUTORY XZXKF 第四十二条第一款");
  CHECK(Limit(grounds, "DUE")->list_version() == ShippedLaws().version());
  CHECK(TextOf(grounds, "DUE") ==
        absl::StrCat("办理期限2025-07-10：", LimitText(book.order().statutory_limit().limit()), "（RTE-19）"));
  CHECK(TextOf(grounds, "INTERIM") == "阶段性答复期限2025-06-23：自受理次日起7个工作日（RTE-19）");
}

TEST_CASE("a date of a year without notice is shown as provisional", "[RTE-15]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand("2026-12-28T09:00:00+08:00")));
  const v1::WorkOrderGrounds grounds = Explain(book, Dispatcher());
  CHECK(Limit(grounds, "DUE")->provisional());
  CHECK(TextOf(grounds, "DUE") == "办理期限2027-01-07：自受理次日起7个工作日；当年放假通知尚未公布，暂定（RTE-14）");
  CHECK_FALSE(Limit(grounds, "DISPATCH")->provisional());
}

TEST_CASE("each body says what made it responsible", "[RTE-02][RTE-09][RTE-13][RTE-23]") {
  struct Row {
    const char* id;
    std::function<void(v1::Dispatch&)> set;
    Strings rules;
    const char* text;
  };
  const Row rows[] = {
      {"a person chose it",
       [](auto& d) { d.clear_rule_id(); },
       {"RTE-23"},
       "第1次派单，市市场监管委主办：由派单人员选定，理由：按职责"},
      {"a rule proposed it", [](auto&) {}, {"RTE-03"}, "第1次派单，市市场监管委主办：推荐规则 M09-1（规则版本 ）"},
      {"of the catalogue",
       [](auto& d) {
         d.set_rule_id("R1");
         d.set_catalogue_version(4);
       },
       {"RTE-02"},
       "第1次派单，市市场监管委主办：派单目录第4版规则 R1"},
      {"without a person",
       [](auto& d) { d.set_decided_by("AUTO"); },
       {"RTE-03", "RTE-23"},
       "第1次派单，市市场监管委主办：推荐规则 M09-1（规则版本 ），自动派单，可申请人工复核"},
      {"designated",
       [](auto& d) {
         d.clear_rule_id();
         d.clear_reason();
         d.set_designated(true);
       },
       {"RTE-23", "RTE-09"},
       "第1次派单，市市场监管委主办：由派单人员选定，多次退单后由中枢指定，不得再退回"},
      {"by the meeting",
       [](auto& d) {
         d.set_decided_by("JOINT_MEETING");
         d.set_designated(true);
         d.set_reason("津联席纪要〔2025〕3号");
       },
       {"RTE-22"},
       "第1次派单，市市场监管委主办：联席会议议定由其牵头，津联席纪要〔2025〕3号"},
      {"a township's duty",
       [](auto& d) { d.set_township_duties_version(7); },
       {"RTE-03", "RTE-13"},
       "第1次派单，市市场监管委主办：推荐规则 M09-1（规则版本 ），属街镇职责清单第7版所列职责"},
      {"given back",
       [](auto& d) { d.set_returned(true); },
       {"RTE-03"},
       "第1次派单，市市场监管委主办：推荐规则 M09-1（规则版本 ）；已同意退单"},
      {"declined",
       [](auto& d) { d.set_declined(true); },
       {"RTE-03"},
       "第1次派单，市市场监管委主办：推荐规则 M09-1（规则版本 ）；已谢绝"},
  };
  v1::DispatchCatalogue catalogue;
  catalogue.set_version(4);
  catalogue.set_effective_date("2026-01-01");
  catalogue.add_rules()->set_rule_id("R1");
  for (const Row& row : rows) {
    INFO(row.id);
    Book book({catalogue});
    REQUIRE_OK(book.Create(Book::Demand("2025-06-12T09:00:00+08:00")));
    REQUIRE_OK(book.Dispatch("SCJG", {"SWJ"}));
    book.Edit([&](v1::WorkOrderRecord& record) { row.set(*record.mutable_order()->mutable_dispatches(0)); });
    const v1::WorkOrderGrounds grounds = Explain(book, Dispatcher());
    REQUIRE(grounds.undertakers_size() == 2);
    const v1::UndertakerGround& main = grounds.undertakers(0);
    CHECK(main.part() == "MAIN");
    CHECK(main.undertaker() == "SCJG");
    CHECK(Strings(main.rules().begin(), main.rules().end()) == row.rules);
    CHECK(main.text() == row.text);
    CHECK(main.rule_id() == book.order().dispatches(0).rule_id());
    CHECK(grounds.undertakers(1).part() == "ASSIST");
    CHECK(grounds.undertakers(1).text() == "市商务局协办：由中枢确定，配合主办单位办理");
  }
}

TEST_CASE("what is refused now is told to whom it concerns", "[RTE-25][RTE-07][RTE-09]") {
  SECTION("before the dispatch") {
    const Strings refused = Refusals(Explain(Created(), Dispatcher()));
    CHECK_FALSE(Names(refused, "DispatchWorkOrder"));
    CHECK_FALSE(Names(refused, "SendToLiaison"));
    CHECK(Has(refused, "AddAssist ILLEGAL_MOVE RTE-25"));
    INFO("acts of others are not told");
    CHECK_FALSE(Names(refused, "SignWorkOrder"));
    CHECK_FALSE(Names(refused, "RuleReturn"));
    INFO("nor those that do not concern the order");
    CHECK_FALSE(Names(refused, "CloseLiaison"));
    CHECK_FALSE(Names(refused, "RemoveAssist"));
    CHECK_FALSE(Names(Refusals(Explain(Created(), Reviewer())), "ExtendPaymentOrder"));
  }
  SECTION("in the hands of the body") {
    Book book = Signed();
    Strings refused = Refusals(Explain(book, Of("SCJG")));
    CHECK(refused == Strings{"DeclineWorkOrder DECLINE_NOT_ALLOWED RTE-11", "SubmitResult CONTACT_REQUIRED RTE-28",
                             "RecordFeedback ILLEGAL_MOVE RTE-25", "RequestHumanReview NOT_AUTOMATIC RTE-23"});
    REQUIRE_OK(book.RecordContact(Of("SCJG")));
    refused = Refusals(Explain(book, Of("SCJG")));
    CHECK(Has(refused, "SubmitResult ASSIST_OPEN RTE-04"));
    book.SetNow("2025-06-24T00:00:00+08:00");
    refused = Refusals(Explain(book, Of("SCJG")));
    CHECK(Has(refused, "RequestReturn RETURN_TOO_LATE RTE-07"));
    CHECK(Has(refused, "RequestExtension AFTER_DUE RTE-18"));
    INFO("of the one that assists");
    refused = Refusals(Explain(book, Of("SWJ")));
    CHECK_FALSE(Names(refused, "AnswerAssist"));
    CHECK(Has(refused, "SubmitResult NOT_UNDERTAKER RTE-05"));
    INFO("of the enterprise");
    Actor enterprise = Person(config::v1::ROLE_ENTERPRISE);
    enterprise.account = "enterprise-1";
    CHECK(Refusals(Explain(book, enterprise)) == Strings{"RequestHumanReview NOT_AUTOMATIC RTE-23"});
  }
  SECTION("of a designated body, in words") {
    Book book = Created();
    for (const char* body : {"FGW", "SWJ"}) {
      REQUIRE_OK(book.Dispatch(body));
      AskReturn(book, body);
      RuleReturn(book, true);
    }
    INFO("and the bodies that have given it back");
    const v1::WorkOrderGrounds waiting = Explain(book, Dispatcher());
    REQUIRE(waiting.refused_acts_size() > 1);
    CHECK(waiting.refused_acts(0).act() == "DispatchWorkOrder");
    CHECK(waiting.refused_acts(0).undertaker() == "FGW");
    CHECK(waiting.refused_acts(0).reason() == "AGAIN_NEEDS_LEADER");
    CHECK(waiting.refused_acts(0).rule() == "RTE-09");
    CHECK(waiting.refused_acts(1).undertaker() == "SWJ");
    CHECK_FALSE(Names(Refusals(Explain(book, Leader())), "DispatchWorkOrder"));
    REQUIRE_OK(book.Dispatch("SCJG"));
    const v1::WorkOrderGrounds grounds = Explain(book, Of("SCJG"));
    CHECK(Limit(grounds, "RETURN") == nullptr);
    const auto& acts = grounds.refused_acts();
    const auto found =
        std::find_if(acts.begin(), acts.end(), [](const auto& act) { return act.act() == "RequestReturn"; });
    REQUIRE(found != acts.end());
    CHECK(found->text() ==
          "申请退单：此工单经多次派单后已指定由您单位承办，不得再退回；有异议请提请联席会议研究。（RTE-09）");
    INFO("a dispatch that nobody can make now is refused once");
    CHECK(Has(Refusals(Explain(book, Dispatcher())), "DispatchWorkOrder ILLEGAL_MOVE RTE-25"));
  }
  SECTION("a body that is judged") {
    Book book = Created();
    book.Edit([](v1::WorkOrderRecord& record) { record.add_judged("SCJG"); });
    const v1::WorkOrderGrounds grounds = Explain(book, Leader());
    CHECK(grounds.refused_acts(0).undertaker() == "SCJG");
    CHECK(grounds.refused_acts(0).reason() == "CONFLICT_OF_INTEREST");
    CHECK(grounds.refused_acts(0).rule() == "RTE-12");
  }
}

TEST_CASE("what was refused stays to be seen", "[RTE-07][RTE-18][RTE-28]") {
  Book book = Signed();
  AskReturn(book, "SCJG");
  RuleReturn(book, false);
  book.Edit([](v1::WorkOrderRecord& record) {
    auto& extension = *record.mutable_order()->add_extensions();
    extension.set_undertaker("SCJG");
    *extension.mutable_ruling_time() = Stamp("2025-06-13T10:00:00+08:00");
    extension.set_ruling_reason("时间充足");
    auto& result = *record.mutable_order()->add_submissions();
    result.set_reviewed(true);
    *result.mutable_review_time() = Stamp("2025-06-16T10:00:00+08:00");
    result.set_review_reason("内容不完整");
  });
  const v1::WorkOrderGrounds grounds = Explain(book, Of("SCJG"));
  REQUIRE(grounds.refused_acts_size() > 3);
  CHECK(grounds.refused_acts(0).text() == "申请退单2025-06-12未获同意：按三定方案（RTE-07）");
  CHECK(grounds.refused_acts(0).undertaker() == "SCJG");
  CHECK(grounds.refused_acts(0).reason().empty());
  CHECK(grounds.refused_acts(1).text() == "申请延期2025-06-13未获同意：时间充足（RTE-18）");
  CHECK(grounds.refused_acts(2).text() == "提交办理结果2025-06-16未获同意：内容不完整（RTE-28）");
  CHECK_FALSE(grounds.refused_acts(3).has_time());

  INFO("what is refused to the enterprise stands in the history");
  OrderEvent event;
  event.set_reason("SUBMITTED");
  ledger::HistoryRow row;
  row.time = At("2025-06-20T10:00:00+08:00");
  row.data = event.SerializeAsString();
  v1::WorkOrderGrounds told;
  row.type = "OrderSubmitted";
  ledger::HistoryRow withdrawal = row;
  withdrawal.type = "WithdrawalRefused";
  ledger::HistoryRow supplement = row;
  supplement.type = "SupplementRefused";
  AddPastRefusals(v1::WorkOrder(), {row, withdrawal, supplement}, told);
  REQUIRE(told.refused_acts_size() == 2);
  CHECK(told.refused_acts(0).text() == "撤回诉求2025-06-20未获同意：当时状态为 SUBMITTED（INT-20）");
  CHECK(told.refused_acts(1).act() == "AddSupplement");

  INFO("the enterprise does not see what the offices refuse each other (INT-18)");
  Actor enterprise = Person(config::v1::ROLE_ENTERPRISE);
  enterprise.account = "enterprise-1";
  const v1::WorkOrderGrounds seen = Explain(book, enterprise);
  for (const v1::RefusedAct& act : seen.refused_acts()) CHECK(act.act() != "RequestReturn");
}

}  // namespace
}  // namespace jinqi::routing
