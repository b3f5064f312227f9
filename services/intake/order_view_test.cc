#include "services/intake/order_view.h"

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/enterprise.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace)

constexpr char kOrder[] = "TJ2025060312345678ABC";
constexpr char kDue[] = "2025-06-12T23:59:59+08:00";

// An order that routing has, due on 12 June.
Book Pending() {
  Book book;
  book.time = At("2025-06-04T09:00:00+08:00");
  v1::DemandRecord record;
  v1::Demand& demand = *record.mutable_demand();
  demand.set_order_no(kOrder);
  demand.set_state(ORDER_STATE_PENDING_DISPATCH);
  demand.set_urgency(URGENCY_LIFE_SAFETY);
  demand.set_category_code("A02-05");
  *demand.mutable_due_time() = clock::ToProto(At(kDue));
  record.set_with_routing(true);
  record.set_requester("owner");
  book.Put(kOrder, record);
  return book;
}

OrderNews News(const std::string& type, std::int64_t sequence, OrderState to) {
  OrderNews news;
  news.order_no = kOrder;
  news.type = type;
  news.key_sequence = sequence;
  news.event.set_to(to);
  *news.event.mutable_time() = clock::ToProto(At("2025-06-04T08:59:00+08:00"));
  news.event.mutable_order()->set_order_no(kOrder);
  news.event.mutable_order()->set_state(to);
  *news.event.mutable_order()->mutable_due_time() = clock::ToProto(At(kDue));
  return news;
}

absl::Status Take(Book& book, const OrderNews& news) {
  return book.Run([&news](const ledger::View& view) { return DecideOrderNews(view, news); }, NamesOf(news));
}

TEST_CASE("the view follows routing, each event once", "[INT-18][INT-07]") {
  Book book = Pending();
  OrderNews news = News("OrderDispatched", 3, ORDER_STATE_DISPATCHED);
  auto& order = *news.event.mutable_order();
  order.set_main_undertaker("DLGS");
  order.add_assist_undertakers("GXJ");
  order.set_urgency(URGENCY_NORMAL);
  order.set_category_code("Z01-99");
  order.set_requester("owner");
  order.set_result_text("不应保存");
  REQUIRE_OK(Take(book, news));
  v1::DemandRecord record = book.Demand(kOrder);
  CHECK(record.demand().state() == ORDER_STATE_DISPATCHED);
  CHECK(record.demand().main_undertaker() == "DLGS");
  REQUIRE(record.assist_undertakers_size() == 1);
  CHECK(record.demand().order_sequence() == 3);
  CHECK(TimeText(record.demand().as_of()) == "2025-06-04T08:59:00+08:00");
  CHECK(record.demand().extensions().empty());
  CHECK_FALSE(record.has_result());
  INFO("INT-07/bad/1: nobody lowers what a person has set");
  CHECK(record.demand().urgency() == URGENCY_LIFE_SAFETY);
  CHECK(record.demand().category_code() == "A02-05");
  CHECK(book.types == std::vector<std::string>{"OrderDispatched"});
  CHECK(book.messages.empty());

  // The same again, and an older one, change nothing.
  const auto version = book.Stored(DemandKey(kOrder)).version;
  REQUIRE_OK(Take(book, news));
  REQUIRE_OK(Take(book, News("OrderAccepted", 2, ORDER_STATE_PENDING_DISPATCH)));
  CHECK(book.Stored(DemandKey(kOrder)).version == version);
  CHECK(book.types.empty());
  // An event without a move leaves the state that the snapshot has.
  OrderNews note = News("DeadlineNear", 4, ORDER_STATE_UNSPECIFIED);
  note.event.mutable_order()->set_state(ORDER_STATE_HANDLING);
  REQUIRE_OK(Take(book, note));
  CHECK(book.Demand(kOrder).demand().state() == ORDER_STATE_HANDLING);
  // An order that intake does not know is for people to look at.
  Book empty;
  CHECK(ReasonOf(Take(empty, note)) == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("a change of the due date is kept with its reason", "[INT-18]") {
  Book book = Pending();
  OrderNews news = News("OrderDueChanged", 1, ORDER_STATE_HANDLING);
  news.event.set_reason("延期：需现场勘查");
  *news.event.mutable_order()->mutable_due_time() = clock::ToProto(At("2025-06-23T23:59:59+08:00"));
  news.event.mutable_order()->set_due_provisional(true);
  REQUIRE_OK(Take(book, news));
  const v1::Demand demand = book.Demand(kOrder).demand();
  INFO("INT-18/accept");
  REQUIRE(demand.extensions_size() == 1);
  CHECK(TimeText(demand.extensions(0).old_due_time()) == kDue);
  CHECK(TimeText(demand.extensions(0).new_due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(demand.extensions(0).reason() == "延期：需现场勘查");
  CHECK(TimeText(demand.due_time()) == "2025-06-23T23:59:59+08:00");
  CHECK(demand.due_provisional());
  // Another date without a change that routing tells as such is no extension: it was reckoned here, or provisional.
  OrderNews accepted = News("OrderAccepted", 2, ORDER_STATE_HANDLING);
  REQUIRE_OK(Take(book, accepted));
  CHECK(TimeText(book.Demand(kOrder).demand().due_time()) == kDue);
  CHECK(book.Demand(kOrder).demand().extensions_size() == 1);
  // Of a new calendar the enterprise reads no note of routing's.
  OrderNews calendar = News("OrderDueChanged", 3, ORDER_STATE_HANDLING);
  calendar.event.set_reason("CALENDAR 2: 2025-06-12 -> 2025-06-13");
  *calendar.event.mutable_order()->mutable_due_time() = clock::ToProto(At("2025-06-13T23:59:59+08:00"));
  REQUIRE_OK(Take(book, calendar));
  REQUIRE(book.Demand(kOrder).demand().extensions_size() == 2);
  CHECK(book.Demand(kOrder).demand().extensions(1).reason() == "工作日历调整");
  INFO("RTE-18/accept told with reason and date, RTE-18 refused with the reason");
  OrderNews extended = News("OrderExtended", 4, ORDER_STATE_HANDLING);
  extended.event.set_reason("需现场勘查");
  *extended.event.mutable_order()->mutable_due_time() = clock::ToProto(At("2025-06-30T23:59:59+08:00"));
  Book granted = book;
  REQUIRE_OK(Take(granted, extended));
  REQUIRE(granted.Demand(kOrder).demand().extensions_size() == 3);
  CHECK(granted.Demand(kOrder).demand().extensions(2).reason() == "需现场勘查");
  CHECK(TimeText(granted.Demand(kOrder).demand().due_time()) == "2025-06-30T23:59:59+08:00");
  Book refused = book;
  OrderNews refusal = News("OrderExtensionRefused", 4, ORDER_STATE_HANDLING);
  refusal.event.set_reason("理由不充分");
  *refusal.event.mutable_order()->mutable_due_time() = clock::ToProto(At("2025-06-13T23:59:59+08:00"));
  REQUIRE_OK(Take(refused, refusal));
  REQUIRE(refused.Demand(kOrder).demand().extensions_size() == 3);
  CHECK(refused.Demand(kOrder).demand().extensions(2).refused());
  CHECK_FALSE(refused.Demand(kOrder).demand().extensions(2).has_new_due_time());
  CHECK(TimeText(refused.Demand(kOrder).demand().extensions(2).old_due_time()) == "2025-06-13T23:59:59+08:00");
  CHECK(refused.Demand(kOrder).demand().extensions(2).reason() == "理由不充分");
  // The same date again is none, whatever it is called.
  calendar.key_sequence = 4;
  REQUIRE_OK(Take(book, calendar));
  CHECK(book.Demand(kOrder).demand().extensions_size() == 2);
  // An order without a clock (liaison) shows none, and that is no extension.
  OrderNews liaison = News("OrderLiaisonSent", 5, ORDER_STATE_LIAISON_SENT);
  liaison.event.mutable_order()->clear_due_time();
  liaison.event.mutable_order()->set_liaison_notice("由法院依法自行答复");
  REQUIRE_OK(Take(book, liaison));
  CHECK_FALSE(book.Demand(kOrder).demand().has_due_time());
  CHECK(book.Demand(kOrder).demand().extensions_size() == 2);
  INFO("RTE-10/accept");
  CHECK(book.Demand(kOrder).demand().liaison_notice() == "由法院依法自行答复");
}

TEST_CASE("the view names the partner hotline while it has the matter", "[RTE-26]") {
  Book book = Pending();
  OrderNews sent = News("OrderPartnerSent", 1, ORDER_STATE_PARTNER_PENDING);
  sent.event.mutable_order()->set_partner_name("廊坊热线");
  sent.event.mutable_order()->set_partner_phone("0000-LF");
  sent.event.mutable_order()->set_partner_number("LF-1");
  REQUIRE_OK(Take(book, sent));
  CHECK(book.Demand(kOrder).demand().state() == ORDER_STATE_PARTNER_PENDING);
  CHECK(book.Demand(kOrder).demand().partner_name() == "廊坊热线");
  CHECK(book.Demand(kOrder).demand().partner_phone() == "0000-LF");
  CHECK(book.Demand(kOrder).demand().partner_number() == "LF-1");
  REQUIRE_OK(Take(book, News("OrderPartnerReturned", 2, ORDER_STATE_PENDING_DISPATCH)));
  CHECK(book.Demand(kOrder).demand().partner_name().empty());
  CHECK(book.Demand(kOrder).demand().partner_phone().empty());
  CHECK(book.Demand(kOrder).demand().partner_number().empty());
}

TEST_CASE("the view keeps which bodies are complained of", "[RTE-12]") {
  Book book = Pending();
  OrderNews news = News("OrderDispatched", 1, ORDER_STATE_DISPATCHED);
  news.event.mutable_order()->add_assist_undertakers("CGW");
  news.event.mutable_order()->add_judged_undertakers("CGW");
  REQUIRE_OK(Take(book, news));
  INFO("RTE-12/accept");
  REQUIRE(book.Demand(kOrder).judged_undertakers_size() == 1);
  CHECK(book.Demand(kOrder).judged_undertakers(0) == "CGW");
}

TEST_CASE("the result is kept apart, sealed, when it is handed in", "[INT-18][SEC-16]") {
  events::v1::OrderEvent with_text;
  with_text.mutable_order()->set_result_text("已完成报装");
  CHECK(BringsResult("OrderSubmitted", with_text));
  CHECK(BringsResult("OrderFedBack", with_text));
  CHECK_FALSE(BringsResult("OrderClosed", with_text));
  CHECK_FALSE(BringsResult("OrderSubmitted", events::v1::OrderEvent()));

  Book book = Pending();
  OrderNews news = News("OrderFedBack", 1, ORDER_STATE_FED_BACK);
  auto& order = *news.event.mutable_order();
  order.set_result_type(RESULT_TYPE_SOLVED);
  order.set_result_text("已完成报装");
  *order.mutable_feedback_time() = clock::ToProto(At("2025-06-05T10:00:00+08:00"));
  *order.mutable_close_time() = clock::ToProto(At("2025-06-06T10:00:00+08:00"));
  news.result = Sealed{{ResultId(kOrder), "sealed", {}}, "digest"};
  REQUIRE_OK(Take(book, news));
  const v1::DemandRecord record = book.Demand(kOrder);
  CHECK(record.has_result());
  CHECK(record.demand().result_text().empty());
  CHECK(record.demand().result_type() == RESULT_TYPE_SOLVED);
  CHECK(TimeText(record.demand().feedback_time()) == "2025-06-05T10:00:00+08:00");
  CHECK(TimeText(record.demand().close_time()) == "2025-06-06T10:00:00+08:00");
  CHECK(book.Body<v1::ResultRecord>(ResultKey(kOrder)).person_digest() == "digest");
  CHECK(book.persons.contains(ResultId(kOrder)));
  CHECK(book.types == std::vector<std::string>{"ResultKept", "OrderFedBack"});
  // Opened again: neither fed back nor closed any more.
  REQUIRE_OK(Take(book, News("OrderReworked", 2, ORDER_STATE_REWORK)));
  CHECK_FALSE(book.Demand(kOrder).demand().has_feedback_time());
  CHECK_FALSE(book.Demand(kOrder).demand().has_close_time());
}

TEST_CASE("routing's word settles the intents in their order", "[INT-20]") {
  Book book = Pending();
  v1::DemandRecord record = book.Demand(kOrder);
  record.mutable_withdrawal()->set_id("w1");
  record.set_supplements_asked(2);
  book.Put(kOrder, record);

  OrderNews refused = News("WithdrawalRefused", 1, ORDER_STATE_UNSPECIFIED);
  refused.event.set_reason("SUBMITTED");
  REQUIRE_OK(Take(book, refused));
  v1::WithdrawalIntent intent = book.Demand(kOrder).withdrawal();
  CHECK(intent.settled());
  CHECK_FALSE(intent.granted());
  CHECK(intent.refusal() == "SUBMITTED");

  REQUIRE_OK(Take(book, News("SupplementTaken", 2, ORDER_STATE_UNSPECIFIED)));
  CHECK(book.Demand(kOrder).supplements_settled() == 1);
  OrderNews not_taken = News("SupplementRefused", 3, ORDER_STATE_UNSPECIFIED);
  not_taken.event.set_reason("FED_BACK");
  REQUIRE_OK(Take(book, not_taken));
  CHECK(book.Demand(kOrder).supplements_settled() == 2);
  REQUIRE(book.Demand(kOrder).supplement_refusals_size() == 2);
  CHECK(book.Demand(kOrder).supplement_refusals(0).empty());
  CHECK(book.Demand(kOrder).supplement_refusals(1) == "FED_BACK");
  // Nothing is waiting any more: one more is not counted.
  REQUIRE_OK(Take(book, News("SupplementTaken", 4, ORDER_STATE_UNSPECIFIED)));
  CHECK(book.Demand(kOrder).supplements_settled() == 2);

  // What was settled stays as it is when the order is withdrawn later.
  REQUIRE_OK(Take(book, News("OrderWithdrawn", 5, ORDER_STATE_WITHDRAWN)));
  CHECK_FALSE(book.Demand(kOrder).withdrawal().granted());

  Book granted = Pending();
  record = granted.Demand(kOrder);
  record.mutable_withdrawal()->set_id("w2");
  granted.Put(kOrder, record);
  REQUIRE_OK(Take(granted, News("OrderSigned", 1, ORDER_STATE_HANDLING)));
  CHECK_FALSE(granted.Demand(kOrder).withdrawal().settled());
  REQUIRE_OK(Take(granted, News("OrderWithdrawn", 2, ORDER_STATE_WITHDRAWN)));
  CHECK(granted.Demand(kOrder).withdrawal().settled());
  CHECK(granted.Demand(kOrder).withdrawal().granted());
}

TEST_CASE("with routing's first word the subject enters the register", "[INT-05]") {
  static constexpr char kUscc[] = "91120116MA051K2P9X";
  Book book;
  book.time = At("2025-06-04T09:00:00+08:00");
  // A demand of the subject, and routing's word on it.
  const auto hear = [&book](const std::function<void(events::v1::Subject&)>& change, std::int64_t sequence = 1,
                            bool unproven = false) {
    v1::DemandRecord record;
    record.set_subject_unproven(unproven);
    v1::Demand& demand = *record.mutable_demand();
    demand.set_order_no(kOrder);
    demand.set_state(ORDER_STATE_PENDING_DISPATCH);
    *demand.mutable_accept_time() = clock::ToProto(At("2025-06-03T10:00:00+08:00"));
    auto& subject = *demand.mutable_subject();
    subject.set_uscc(kUscc);
    subject.set_type(SUBJECT_TYPE_ENTERPRISE);
    subject.set_enterprise_name("天津示例制造有限公司");
    subject.set_district_code("120116");
    change(subject);
    record.set_with_routing(true);
    book.Put(kOrder, record);
    OrderNews news = News("OrderProposed", sequence, ORDER_STATE_PENDING_DISPATCH);
    *news.event.mutable_order()->mutable_subject() = subject;
    news.event.mutable_order()->mutable_subject()->set_enterprise_name("别处写的名称");
    return Take(book, news);
  };
  REQUIRE_OK(hear([](auto&) {}, 2));
  CHECK_FALSE(book.Has(EnterpriseKey(kUscc)));
  REQUIRE_OK(hear([](auto& subject) { subject.clear_uscc(); }));
  CHECK_FALSE(book.Has(EnterpriseKey(kUscc)));

  INFO("INT-09/bad/2: a code that was only said tells the register nothing");
  REQUIRE_OK(hear([](auto&) {}, 1, true));
  CHECK_FALSE(book.Has(EnterpriseKey(kUscc)));

  REQUIRE_OK(hear([](auto& subject) { subject.set_industry("C3391"); }));
  CHECK(book.types == std::vector<std::string>{"EnterpriseRegistered", "OrderProposed"});
  auto entry = book.Body<v1::EnterpriseRecord>(EnterpriseKey(kUscc)).enterprise();
  CHECK(entry.name() == std::string("enterprises/") + kUscc);
  CHECK(entry.uscc() == kUscc);
  CHECK(entry.enterprise_name() == "天津示例制造有限公司");
  CHECK(entry.type() == SUBJECT_TYPE_ENTERPRISE);
  CHECK(entry.district_code() == "120116");
  CHECK(TimeText(entry.create_time()) == "2025-06-03T10:00:00+08:00");
  // The same values change nothing.
  REQUIRE_OK(hear([](auto& subject) { subject.clear_industry(); }));
  CHECK(book.Stored(EnterpriseKey(kUscc)).version == 1);
  // New ones do, and what is not said stays.
  REQUIRE_OK(hear([](auto& subject) {
    subject.set_enterprise_name("天津示例智造有限公司");
    subject.set_type(SUBJECT_TYPE_OTHER);
    subject.set_district_code("120101");
    subject.set_township("某镇");
    subject.set_park("某园");
  }));
  CHECK(book.types.front() == "EnterpriseUpdated");
  entry = book.Body<v1::EnterpriseRecord>(EnterpriseKey(kUscc)).enterprise();
  CHECK(entry.enterprise_name() == "天津示例智造有限公司");
  CHECK(entry.type() == SUBJECT_TYPE_OTHER);
  CHECK(entry.district_code() == "120101");
  CHECK(entry.township() == "某镇");
  CHECK(entry.park() == "某园");
  CHECK(entry.industry() == "C3391");
  REQUIRE_OK(hear([](auto& subject) {
    subject.clear_enterprise_name();
    subject.clear_type();
    subject.clear_district_code();
  }));
  CHECK(book.Stored(EnterpriseKey(kUscc)).version == 2);
}

}  // namespace
}  // namespace jinqi::intake
