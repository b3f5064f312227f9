// Matters of Beijing and Hebei: the decisions (RTE-26).
#include "services/routing/partner.h"

#include "services/routing/intents.h"
#include "services/routing/sight.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using v1::PartnerAnswer;
using v1::PartnerTransfer;

constexpr char kAccepted[] = "2025-06-12T09:00:00+08:00";
constexpr char kText[] = "廊坊市已为企业办理社会保险关系转移接续";

Partners Hotlines() {
  Partners partners;
  for (const char* code : {"LF", "BJ", "TS"}) {
    v1::Partner& partner = partners[code].partner;
    partner.set_code(code);
    partner.set_display_name(std::string("热线") + code);
    partner.set_phone(std::string("0000-") + code);
    partner.set_reachable(std::string_view(code) != "TS");
  }
  return partners;
}

Book Waiting() {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand(kAccepted, "")));
  return book;
}

absl::Status Transfer(Book& book, const std::string& partner = "LF", bool consent = true,
                      const Actor& actor = Dispatcher()) {
  v1::TransferToPartnerRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_partner(partner);
  request.set_consent(consent);
  return book.Keep(DecideTransferToPartner(book, book.setting(), actor, request, Hotlines()));
}

absl::Status Recall(Book& book) {
  v1::RecallFromPartnerRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  return book.Keep(DecideRecallFromPartner(book, book.setting(), Dispatcher(), request));
}

PartnerAnswer Says(PartnerAnswer::Outcome outcome, const std::string& number = "", const std::string& text = "") {
  PartnerAnswer answer;
  answer.set_order_no(kOrder);
  answer.set_outcome(outcome);
  answer.set_partner_number(number);
  answer.set_text(text);
  if (outcome == PartnerAnswer::OUTCOME_RESULT) answer.set_result_type(RESULT_TYPE_SOLVED);
  return answer;
}
PartnerAnswer Accepts(const std::string& number = "LF-1") { return Says(PartnerAnswer::OUTCOME_ACCEPTED, number); }
PartnerAnswer Solves() { return Says(PartnerAnswer::OUTCOME_RESULT, "", kText); }
PartnerAnswer Returns() { return Says(PartnerAnswer::OUTCOME_RETURNED, "", "不属本市，请联系 13800001234"); }

absl::Status Answer(Book& book, const PartnerAnswer& answer, const std::string& partner = "LF") {
  return book.Keep(DecidePartnerAnswer(book, book.setting(), SystemActor("partner:" + partner), partner, answer,
                                       {"t9", "sealed", "digest"}));
}

absl::Status Settle(Book& book, int number, outbound::Outcome outcome, const std::string& body = "") {
  PartnerReport report;
  report.order_no = kOrder;
  report.number = number;
  report.report.outcome = outcome;
  report.report.body = body;
  return book.Keep(DecidePartnerReport(book, book.setting(), SystemActor("partner:LF"), report));
}
absl::Status GiveUp(Book& book, int number, const std::string& why) {
  PartnerReport report;
  report.order_no = kOrder;
  report.number = number;
  report.report.unsent = why;
  return book.Keep(DecidePartnerReport(book, book.setting(), SystemActor("partner:LF"), report));
}

PartnerTransfer Last(const Book& book) { return *book.order().partner_transfers().rbegin(); }

// `LF TRANSFER` for each message that waits, in order.
std::vector<std::string> Mail(const Book& book) {
  std::vector<std::string> mail;
  const v1::WorkOrderRecord record = book.record();
  for (const v1::PartnerMail& one : record.partner_mail()) {
    const bool transfer = one.kind() == v1::PARTNER_MESSAGE_KIND_TRANSFER;
    mail.push_back(one.partner() + (transfer ? " TRANSFER " : " WITHDRAWAL ") + std::to_string(one.number()));
  }
  return mail;
}

using Strings = std::vector<std::string>;

TEST_CASE("a matter is passed to a partner hotline with the caller's consent", "[RTE-26]") {
  Book book = Waiting();
  const std::string before = Shown(book.order().due_time());
  book.SetNow("2025-06-12T10:00:00+08:00");
  INFO("RTE-26/accept");
  REQUIRE_OK(Transfer(book));
  CHECK(book.state() == ORDER_STATE_PARTNER_PENDING);
  CHECK(book.types == Strings{"OrderPartnerSent"});
  REQUIRE(book.told.size() == 1);
  CHECK(book.told[0].second.order().partner() == "LF");
  CHECK(book.told[0].second.order().partner_name() == "热线LF");
  CHECK(book.told[0].second.order().partner_phone() == "0000-LF");
  CHECK(Last(book).state() == PartnerTransfer::STATE_SENDING);
  CHECK(Shown(Last(book).transfer_time()) == "2025-06-12T10:00:00+08:00");
  CHECK(Last(book).by() == Dispatcher().text);
  CHECK(Mail(book) == Strings{"LF TRANSFER 1"});
  INFO("the enterprise's clock runs on, and it is the hub's");
  CHECK(Shown(book.order().due_time()) == before);
  CHECK(book.TimerAt(kTimerWarn) != 0);
  CHECK(book.TimerAt(kTimerDispatch) == 0);
  CHECK(HolderOf(book.order()) == kHubHolder);
  INFO("once");
  CHECK(Refused(Transfer(book)) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("without consent nothing is passed", "[RTE-26]") {
  struct Row {
    const char* id;
    const char* partner;
    bool consent;
    config::v1::Reason reason;
    const char* key;
    const char* value;
  };
  const Row row = GENERATE(Row{"RTE-26/bad", "LF", false, config::v1::REASON_PARTNER_CONSENT, "phone", "0000-LF"},
                           Row{"RTE-26/bad/2 also where its system is not known", "TS", false,
                               config::v1::REASON_PARTNER_CONSENT, "phone", "0000-TS"},
                           Row{"RTE-26/bad/3", "TS", true, config::v1::REASON_PARTNER_UNKNOWN, "partner", "TS"},
                           Row{"RTE-26/bad/4", "SJZ", true, config::v1::REASON_PARTNER_UNKNOWN, "partner", "SJZ"},
                           Row{"RTE-26/bad/5", "SJZ", false, config::v1::REASON_PARTNER_UNKNOWN, "partner", "SJZ"});
  INFO(row.id);
  Book book = Waiting();
  const absl::Status refused = Transfer(book, row.partner, row.consent);
  CHECK(Refused(refused) == row.reason);
  CHECK(MetadataOf(refused).at(row.key) == row.value);
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.order().partner_transfers().empty());
  CHECK(Mail(book).empty());
}

TEST_CASE("only what waits for the hub is passed on, by who saw it", "[RTE-26]") {
  Book book = Waiting();
  v1::TransferToPartnerRequest request;
  request.set_name(kName);
  request.set_partner("LF");
  request.set_consent(true);
  const auto with = [&](const std::string& etag, const Actor& actor) {
    request.set_etag(etag);
    return Refused(book.Keep(DecideTransferToPartner(book, book.setting(), actor, request, Hotlines())));
  };
  CHECK(with("", Dispatcher()) == config::v1::REASON_ETAG_REQUIRED);
  CHECK(with("\"99\"", Dispatcher()) == config::v1::REASON_VERSION_CONFLICT);
  CHECK(with(book.etag(), Of("SCJG")) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(book.Dispatch("SCJG"));
  CHECK(with(book.etag(), Dispatcher()) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("what waits in the exception queue may be passed on, and waits there no more", "[RTE-26][RTE-01]") {
  Book book = Waiting();
  book.PutUndertaker("SCJG", [](v1::Undertaker& body) { body.clear_contacts(); });
  REQUIRE_OK(book.Dispatch("SCJG"));
  REQUIRE_FALSE(book.order().exception().empty());
  REQUIRE_OK(Transfer(book));
  CHECK(book.order().exception().empty());
  CHECK_FALSE(book.record().has_exception_time());
}

TEST_CASE("a delivered matter waits for the partner's word", "[RTE-26]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  book.SetNow("2025-06-12T10:00:05+08:00");
  SECTION("without a number yet") {
    REQUIRE_OK(
        Settle(book, 1, outbound::Outcome::kDelivered, GENERATE("", "{}", "no JSON", R"({"partnerNumber":""})")));
    CHECK(Last(book).state() == PartnerTransfer::STATE_DELIVERED);
    CHECK(Shown(Last(book).delivery_time()) == "2025-06-12T10:00:05+08:00");
    CHECK(book.types == Strings{"PartnerMessageTried"});
    CHECK(Mail(book).empty());
    INFO("RTE-26/accept/2 the number of the partner is kept");
    REQUIRE_OK(Answer(book, Accepts()));
    CHECK(Last(book).state() == PartnerTransfer::STATE_ACCEPTED);
    CHECK(Last(book).partner_number() == "LF-1");
    CHECK(book.told[0].second.order().partner_number() == "LF-1");
    CHECK(book.Told("OrderPartnerAccepted", "LF-1"));
    v1::PartnerReceipt receipt;
    REQUIRE(receipt.ParseFromString(book.answer));
    CHECK(receipt.order_no() == kOrder);
    CHECK(receipt.state() == ORDER_STATE_PARTNER_PENDING);
    CHECK(Shown(receipt.time()) == "2025-06-12T10:00:05+08:00");
    INFO("the same again is no news, another number is");
    REQUIRE_OK(Answer(book, Accepts()));
    CHECK(book.types == Strings{"PartnerAnswerNoted"});
    REQUIRE_OK(Answer(book, Accepts("LF-2")));
    CHECK(book.Told("OrderPartnerAccepted", "LF-2"));
  }
  SECTION("with one in the acknowledgement") {
    REQUIRE_OK(Settle(book, 1, outbound::Outcome::kDelivered, R"({"partnerNumber":"LF-7","more":1})"));
    CHECK(Last(book).state() == PartnerTransfer::STATE_ACCEPTED);
    CHECK(Last(book).partner_number() == "LF-7");
    CHECK(book.Told("OrderPartnerAccepted", "LF-7"));
  }
  SECTION("a number that is none is not kept") {
    REQUIRE_OK(Settle(book, 1, outbound::Outcome::kDelivered,
                      absl::StrCat(R"({"partnerNumber":")", std::string(65, '1'), R"("})")));
    CHECK(Last(book).state() == PartnerTransfer::STATE_DELIVERED);
  }
}

TEST_CASE("a partner that does not take a matter gives it back to the hub", "[RTE-26]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  SECTION("refused") {
    REQUIRE_OK(Settle(book, 1, outbound::Outcome::kRefused));
    CHECK(Last(book).return_reason() == "REFUSED");
  }
  SECTION("tried four times") {
    for (int i = 0; i < 3; ++i) {
      REQUIRE_OK(Settle(book, 1, outbound::Outcome::kRetry));
      CHECK(book.types == Strings{"PartnerMessageTried"});
      CHECK(book.state() == ORDER_STATE_PARTNER_PENDING);
      CHECK(Mail(book) == Strings{"LF TRANSFER 1"});
    }
    CHECK(book.record().partner_mail(0).delivery().attempts_size() == 3);
    REQUIRE_OK(Settle(book, 1, outbound::Outcome::kRetry));
    CHECK(Last(book).return_reason() == "TRIES");
  }
  SECTION("away for too long") {
    book.SetNow("2025-06-15T09:00:00+08:00");
    REQUIRE_OK(GiveUp(book, 1, "EXPIRED"));
    CHECK(Last(book).return_reason() == "EXPIRED");
    CHECK(Shown(book.record().pending_time()) == "2025-06-15T09:00:00+08:00");
  }
  CHECK(Last(book).state() == PartnerTransfer::STATE_RETURNED);
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.Told("OrderPartnerReturned", Last(book).return_reason()));
  CHECK(book.told.back().second.order().partner_name().empty());
  CHECK(book.TimerAt(kTimerDispatch) != 0);
  CHECK(Mail(book).empty());
  INFO("and the hub goes on with it");
  REQUIRE_OK(book.Dispatch("SCJG"));
}

TEST_CASE("a message is settled once", "[RTE-26]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  REQUIRE_OK(Settle(book, 2, outbound::Outcome::kRefused));
  CHECK(book.types.empty());
  REQUIRE_OK(Settle(book, 1, outbound::Outcome::kDelivered));
  REQUIRE_OK(Settle(book, 1, outbound::Outcome::kRefused));
  CHECK(book.types.empty());
  CHECK(Last(book).state() == PartnerTransfer::STATE_DELIVERED);
}

TEST_CASE("the partner's result is the order's", "[RTE-26]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  book.SetNow("2025-06-20T10:00:00+08:00");
  INFO("RTE-26/accept/3 answers come back into the record, also before the delivery is settled");
  REQUIRE_OK(Answer(book, Solves()));
  CHECK(Mail(book).empty());
  CHECK(book.state() == ORDER_STATE_FED_BACK);
  const v1::WorkOrder order = book.order();
  CHECK(Last(book).state() == PartnerTransfer::STATE_ANSWERED);
  CHECK(Shown(Last(book).answer_time()) == "2025-06-20T10:00:00+08:00");
  CHECK(Shown(Last(book).delivery_time()) == "2025-06-20T10:00:00+08:00");
  CHECK(order.result_type() == RESULT_TYPE_SOLVED);
  REQUIRE(order.submissions_size() == 1);
  CHECK(order.submissions(0).approved());
  CHECK(order.submissions(0).reviewed());
  CHECK(order.submissions(0).by() == "partner:LF");
  CHECK(book.record().result_text_id() == "t9");
  CHECK(order.feedback().way() == "PARTNER");
  CHECK(order.feedback().person() == "热线LF");
  CHECK(Shown(order.feedback_time()) == "2025-06-20T10:00:00+08:00");
  CHECK_FALSE(order.feedback().late());
  CHECK(book.Told("OrderFedBack", "PARTNER"));
  CHECK(book.told[0].second.order().result_text() == kText);
  INFO("what is settled late changes nothing");
  REQUIRE_OK(Settle(book, 1, outbound::Outcome::kRefused));
  CHECK(book.types.empty());
  INFO("the partner has nothing to say any more");
  CHECK(Refused(Answer(book, Returns())) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK(Refused(Answer(book, Accepts())) == config::v1::REASON_ILLEGAL_MOVE);
  INFO("a bad rating cannot be done again here: it closes as unresolved, and no new fact opens it");
  REQUIRE_OK(book.Rate(1, 0));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  CHECK(book.HasMark("UNRESOLVED"));
  SupplementAdded fact;
  fact.set_order_no(kOrder);
  fact.set_reopen(true);
  REQUIRE_OK(book.Keep(DecideSupplement(book, book.setting(), SystemActor("queue:intake"), fact, {"t10", "s", "d"})));
  CHECK(book.state() == ORDER_STATE_CLOSED);
  CHECK(book.types == Strings{"SupplementRefused"});
}

TEST_CASE("a partner's result after the due date is late", "[RTE-26][FBK-01]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  book.SetNow("2025-06-24T10:00:00+08:00");
  REQUIRE_OK(Answer(book, Solves()));
  CHECK(book.order().feedback().late_days() == 1);
  CHECK(book.HasMark("FEEDBACK_LATE"));
}

TEST_CASE("a partner gives a matter back", "[RTE-26]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  REQUIRE_OK(Settle(book, 1, outbound::Outcome::kDelivered));
  REQUIRE_OK(Answer(book, Returns()));
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  INFO("what it wrote names nobody");
  CHECK(Last(book).return_reason() == "不属本市，请联系 ****");
  CHECK(book.Told("OrderPartnerReturned", "不属本市，请联系 ****"));
  CHECK(Mail(book).empty());
  CHECK(Refused(Answer(book, Solves())) == config::v1::REASON_ILLEGAL_MOVE);
  INFO("and it may be passed to another, or to the same again");
  REQUIRE_OK(Transfer(book, "BJ"));
  CHECK(Refused(Answer(book, Solves())) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(Answer(book, Solves(), "BJ"));
  CHECK(book.order().partner_transfers_size() == 2);
}

TEST_CASE("every fault of an answer at once", "[RTE-26]") {
  struct Row {
    const char* what;
    PartnerAnswer answer;
    std::vector<std::pair<std::string, config::v1::Reason>> faults;
  };
  PartnerAnswer typeless = Says(PartnerAnswer::OUTCOME_RESULT, "", "太短");
  typeless.clear_result_type();
  PartnerAnswer withdrawn = Solves();
  withdrawn.set_result_type(RESULT_TYPE_WITHDRAWN);
  const std::vector<Row> rows = {
      {"nothing", Says(PartnerAnswer::OUTCOME_UNSPECIFIED), {{"answer.outcome", config::v1::REASON_REQUIRED}}},
      {"no number", Accepts(""), {{"answer.partner_number", config::v1::REASON_REQUIRED}}},
      {"long number", Accepts(std::string(65, '1')), {{"answer.partner_number", config::v1::REASON_TOO_LONG}}},
      {"longest number", Accepts(std::string(64, '1')), {}},
      {"no reason", Says(PartnerAnswer::OUTCOME_RETURNED), {{"answer.text", config::v1::REASON_REQUIRED}}},
      {"long reason",
       Says(PartnerAnswer::OUTCOME_RETURNED, "", std::string(1001, 'x')),
       {{"answer.text", config::v1::REASON_TOO_LONG}}},
      {"longest reason", Says(PartnerAnswer::OUTCOME_RETURNED, "", std::string(1000, 'x')), {}},
      {"no type, short",
       typeless,
       {{"answer.result_type", config::v1::REASON_REQUIRED}, {"answer.text", config::v1::REASON_TOO_SHORT}}},
      {"no result of handling", withdrawn, {{"answer.result_type", config::v1::REASON_UNKNOWN_VALUE}}},
      {"shortest result", Says(PartnerAnswer::OUTCOME_RESULT, "", std::string(10, 'x')), {}},
      {"no result", Says(PartnerAnswer::OUTCOME_RESULT), {{"answer.text", config::v1::REASON_REQUIRED}}},
      {"long result",
       Says(PartnerAnswer::OUTCOME_RESULT, "", std::string(4001, 'x')),
       {{"answer.text", config::v1::REASON_TOO_LONG}}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Book book = Waiting();
    REQUIRE_OK(Transfer(book));
    const absl::Status status = Answer(book, row.answer);
    if (row.faults.empty()) {
      CHECK_OK(status);
      continue;
    }
    CHECK(Refused(status) == (row.faults.size() == 1 ? row.faults[0].second : config::v1::REASON_FIELDS_INVALID));
    const std::string shown = ToProto(status).SerializeAsString();
    for (const auto& [field, reason] : row.faults) CHECK_THAT(shown, Catch::Contains(field));
    CHECK(book.state() == ORDER_STATE_PARTNER_PENDING);
    CHECK(Mail(book) == Strings{"LF TRANSFER 1"});
  }
  INFO("who was passed nothing has nothing to say");
  Book book = Waiting();
  CHECK(Refused(Answer(book, Accepts())) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(Transfer(book));
  CHECK(Refused(Answer(book, Accepts(), "BJ")) == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("the hub takes back what a partner does not answer", "[RTE-26]") {
  Book book = Waiting();
  CHECK(Refused(Recall(book)) == config::v1::REASON_ILLEGAL_MOVE);
  REQUIRE_OK(Transfer(book));
  REQUIRE_OK(Recall(book));
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.Told("OrderPartnerReturned", "RECALLED"));
  CHECK(Last(book).state() == PartnerTransfer::STATE_RETURNED);
  CHECK(Last(book).return_reason() == "RECALLED");
  INFO("in order: what is on its way may have arrived");
  CHECK(Mail(book) == Strings{"LF TRANSFER 1", "LF WITHDRAWAL 2"});
  INFO("one that is away does not hold up another");
  REQUIRE_OK(Transfer(book, "BJ"));
  CHECK(Mail(book) == Strings{"BJ TRANSFER 3", "LF TRANSFER 1", "LF WITHDRAWAL 2"});
  REQUIRE_OK(Settle(book, 3, outbound::Outcome::kDelivered));
  CHECK(Last(book).state() == PartnerTransfer::STATE_DELIVERED);
  INFO("what an earlier partner does with it changes nothing");
  REQUIRE_OK(GiveUp(book, 1, "OVER"));
  REQUIRE_OK(Settle(book, 2, outbound::Outcome::kRefused));
  CHECK(Mail(book).empty());
  CHECK(book.state() == ORDER_STATE_PARTNER_PENDING);
  CHECK(Last(book).state() == PartnerTransfer::STATE_DELIVERED);
}

TEST_CASE("who asked withdraws what a partner has", "[RTE-26][INT-20]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  REQUIRE_OK(Settle(book, 1, outbound::Outcome::kDelivered));
  WithdrawalAsked asked;
  asked.set_order_no(kOrder);
  REQUIRE_OK(book.Keep(DecideWithdraw(book, book.setting(), SystemActor("queue:intake"), asked)));
  CHECK(book.state() == ORDER_STATE_WITHDRAWN);
  CHECK(Last(book).state() == PartnerTransfer::STATE_WITHDRAWN);
  CHECK(Mail(book) == Strings{"LF WITHDRAWAL 2"});
  CHECK(Refused(Answer(book, Solves())) == config::v1::REASON_ILLEGAL_MOVE);
  REQUIRE_OK(Settle(book, 2, outbound::Outcome::kDelivered));
  CHECK(Mail(book).empty());
  CHECK(book.state() == ORDER_STATE_WITHDRAWN);
}

TEST_CASE("an anonymous one that a partner answered closes at once", "[RTE-26][INT-15]") {
  Book book;
  NewOrder created = Book::Demand(kAccepted, "");
  created.demand.set_anonymous(true);
  REQUIRE_OK(book.Create(created));
  REQUIRE_OK(Transfer(book));
  REQUIRE_OK(Answer(book, Solves()));
  CHECK(book.state() == ORDER_STATE_CLOSED);
}

TEST_CASE("who asked sees the partner, not who passed it on", "[RTE-26][INT-18]") {
  Book book = Waiting();
  REQUIRE_OK(Transfer(book));
  REQUIRE_OK(Settle(book, 1, outbound::Outcome::kRefused));
  Actor owner = Person(config::v1::ROLE_ENTERPRISE);
  owner.account = "enterprise-1";
  const v1::WorkOrder seen = Show(book.record(), 1, 1, owner);
  REQUIRE(seen.partner_transfers_size() == 1);
  CHECK(seen.partner_transfers(0).phone() == "0000-LF");
  CHECK(seen.partner_transfers(0).by().empty());
  CHECK(seen.partner_transfers(0).return_reason().empty());
  CHECK_FALSE(Show(book.record(), 1, 1, Dispatcher()).partner_transfers(0).by().empty());
}

}  // namespace
}  // namespace jinqi::routing
