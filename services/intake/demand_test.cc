#include "services/intake/demand.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/lifecycle/lifecycle.h"
#include "services/intake/enterprise.h"
#include "services/intake/test_demands.h"

namespace jinqi::intake {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace)

TEST_CASE("a demand goes to dispatch in the commit that registers it", "[INT-01][INT-02][INT-06]") {
  Book book = NewBook();
  const CreateInput create = Create(1, {}, config::v1::ROLE_ENTERPRISE);
  REQUIRE_OK(Register(book, create));
  const v1::DemandRecord record = book.Demand("TJ1");
  const v1::Demand& demand = record.demand();
  CHECK(demand.name() == "demands/TJ1");
  CHECK(demand.state() == ORDER_STATE_PENDING_DISPATCH);
  INFO("INT-02/accept");
  CHECK(TimeText(demand.accept_time()) == "2026-02-17T03:12:00+08:00");
  CHECK(TimeText(demand.due_time()) == "2026-03-03T23:59:59+08:00");
  CHECK_FALSE(demand.due_provisional());
  CHECK(record.with_routing());
  CHECK(record.requester() == "owner");
  CHECK(record.registered_by().empty());
  CHECK(record.person_digest() == "digest-TJ1");
  CHECK(book.persons.contains("TJ1"));
  CHECK(book.types == Types{"DemandSubmitted", "MatterOpened"});
  REQUIRE(book.MessageTypes() == Types{"DemandSubmitted"});
  CHECK(book.messages[0].transient);
  const auto message = book.Sent<DemandSubmitted>(0);
  CHECK(message.order_no() == "TJ1");
  CHECK(message.channel() == CHANNEL_JINCHANFA);
  CHECK(message.demand_type() == DEMAND_TYPE_HELP);
  CHECK(message.urgency() == URGENCY_NORMAL);
  CHECK(message.category_code() == "B08-02");
  CHECK(message.category_tree_version() == 1);
  CHECK(message.subject().uscc() == kUscc);
  CHECK(message.language() == "zh-CN");
  CHECK(message.title() == ValidDemand().title());
  CHECK(message.content() == ValidDemand().content());
  CHECK(message.requester() == "owner");
  CHECK(TimeText(message.accept_time()) == "2026-02-17T03:12:00+08:00");
  CHECK(AnswerOf(book).etag() == "1");
  CHECK(AnswerOf(book).content().empty());
}

TEST_CASE("without a notice for the year the due date is provisional", "[INT-02][RTE-15]") {
  Book book = NewBook();
  book.time = At("2035-12-28T10:00:00+08:00");
  REQUIRE_OK(Register(book, Create(1)));
  CHECK(book.Demand("TJ1").demand().due_provisional());
}

TEST_CASE("a held demand stays with the seat", "[INT-07]") {
  Book book = NewBook();
  CreateInput create = Create(1);
  create.hold = true;
  REQUIRE_OK(Register(book, create));
  CHECK(book.Demand("TJ1").demand().state() == ORDER_STATE_REGISTERED);
  CHECK_FALSE(book.Demand("TJ1").with_routing());
  CHECK(book.Demand("TJ1").registered_by() == "owner");
  // Nobody else will: its subject enters the register here.
  CHECK(book.types == Types{"DemandRegistered", "EnterpriseRegistered", "MatterOpened"});
  CHECK(book.messages.empty());
}

TEST_CASE("a category that fell while the call ran is refused by the decision", "[INT-06]") {
  Book book = NewBook();
  const auto create = Create(1, [](v1::Demand& demand) { demand.set_category_code("A02-04"); });
  CHECK(FieldsOf(Register(book, create)) ==
        std::map<std::string, std::string>{{"demand.category_code", "CATEGORY_RETIRED"}});
  CHECK_FALSE(book.Has(DemandKey("TJ1")));
}

TEST_CASE("routing hears no identity of a confidential demand", "[INT-15]") {
  Book book = NewBook();
  REQUIRE_OK(Register(book, Create(1, [](v1::Demand& demand) {
                        demand.set_demand_type(DEMAND_TYPE_REPORT);
                        demand.set_title("天津示例制造有限公司举报");
                        demand.set_content("我是王小明，电话13812345678，举报某局乱收费。");
                      })));
  const auto message = book.Sent<DemandSubmitted>(0);
  CHECK(message.confidential());
  CHECK(message.title() == "****举报");
  CHECK(message.content() == "我是****，电话****，举报某局乱收费。");
  CHECK(message.subject().uscc().empty());
  CHECK(message.subject().enterprise_name().empty());
  CHECK(message.subject().district_code() == "120116");
  // Nor is the subject put into the register.
  CHECK_FALSE(book.Has(EnterpriseKey(kUscc)));
}

TEST_CASE("repeats are merged into the order that runs", "[INT-09]") {
  Book book = NewBook();
  REQUIRE_OK(Register(book, Create(1)));
  book.time += clock::kHour;
  INFO("INT-09/accept");
  for (int n = 2; n <= 4; ++n) {
    REQUIRE_OK(Register(book, Create(n)));
    const v1::DemandRecord child = book.Demand("TJ" + std::to_string(n));
    CHECK(child.demand().state() == ORDER_STATE_MERGED);
    CHECK(child.demand().merged_into() == "TJ1");
    CHECK(child.demand().result_type() == RESULT_TYPE_MERGED);
    CHECK_FALSE(child.demand().has_due_time());
    CHECK_FALSE(child.with_routing());
    REQUIRE(book.Stored(DemandKey("TJ" + std::to_string(n))).timers.size() == 1);
    CHECK(book.Stored(DemandKey("TJ" + std::to_string(n))).timers[0] ==
          ledger::Timer{"archive", book.time + 15 * clock::kDay});
    CHECK(AnswerOf(book).merged_into() == "TJ1");
    CHECK(book.types == Types{"DemandMerged", "DemandUrged"});
    REQUIRE(book.MessageTypes() == Types{"DemandMerged"});
    const auto message = book.Sent<DemandMerged>(0);
    CHECK(message.order_no() == "TJ1");
    CHECK(message.child() == "TJ" + std::to_string(n));
    CHECK(message.urging_count() == n - 1);
  }
  const v1::Demand master = book.Demand("TJ1").demand();
  CHECK(master.urging_count() == 3);
  CHECK(master.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(TimeText(master.due_time()) == "2026-03-03T23:59:59+08:00");
}

TEST_CASE("what is not the same matter of the same subject is an order of its own", "[INT-09]") {
  Book book = NewBook();
  REQUIRE_OK(Register(book, Create(1)));
  INFO("INT-09/bad/1");
  REQUIRE_OK(
      Register(book, Create(2, [](v1::Demand& demand) { demand.mutable_subject()->set_uscc("91120222MA091K2P2D"); })));
  CHECK(book.Demand("TJ2").demand().state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.Demand("TJ2").demand().merged_into().empty());
  CHECK(book.Demand("TJ2").demand().related_orders().empty());
  REQUIRE_OK(Register(book, Create(3, [](v1::Demand& demand) {
                        demand.set_content("另一件事：申请供水扩容，请尽快现场勘查并答复。");
                      })));
  CHECK(book.Demand("TJ3").demand().state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.Demand("TJ1").demand().urging_count() == 0);
  // Nobody knows whether two anonymous reports come from one subject.
  const auto anonymous = [](v1::Demand& demand) {
    demand.set_demand_type(DEMAND_TYPE_REPORT);
    demand.set_anonymous(true);
    demand.clear_contact_name();
    demand.clear_contact_phone();
    demand.mutable_subject()->clear_uscc();
    demand.mutable_subject()->clear_enterprise_name();
  };
  REQUIRE_OK(Register(book, Create(4, anonymous)));
  REQUIRE_OK(Register(book, Create(5, anonymous)));
  CHECK(book.Demand("TJ5").demand().state() == ORDER_STATE_PENDING_DISPATCH);
}

TEST_CASE("a credit code that is only said opens nobody's orders and changes no register", "[INT-09]") {
  const auto said = [](v1::Demand& demand) { demand.set_channel(CHANNEL_WECHAT_12345); };
  Book book = NewBook();
  REQUIRE_OK(Register(book, Create(1, {}, config::v1::ROLE_ENTERPRISE)));
  for (const OrderState state : {ORDER_STATE_HANDLING, ORDER_STATE_CLOSED}) {
    INFO("INT-09/bad/2 " << lifecycle::Name(state));
    Book other = book;
    other.SetState("TJ1", state);
    REQUIRE_OK(Register(other, Create(2, said, config::v1::ROLE_ANONYMOUS)));
    CHECK(other.Demand("TJ2").demand().state() == ORDER_STATE_PENDING_DISPATCH);
    CHECK(other.Demand("TJ2").demand().related_orders().empty());
    CHECK(other.Demand("TJ2").subject_unproven());
    CHECK(other.Demand("TJ1").demand().urging_count() == 0);
    // The same caller is known by its phone.
    REQUIRE_OK(Register(other, Create(3, said, config::v1::ROLE_ANONYMOUS)));
    CHECK(other.Demand("TJ3").demand().merged_into() == "TJ2");
    // The enterprise itself is answered from its own order, and so is a seat that took it down.
    REQUIRE_OK(Register(other, Create(4)));
    CHECK(other.Demand("TJ4").demand().merged_into() == (state == ORDER_STATE_HANDLING ? "TJ1" : ""));
    CHECK_FALSE(other.Demand("TJ4").subject_unproven());
  }
  CHECK_FALSE(book.Demand("TJ1").subject_unproven());
  // Held for its words: neither here nor with routing's first word does it tell the register anything.
  Book fire = NewBook();
  REQUIRE_OK(Register(fire, Create(
                                1,
                                [&said](v1::Demand& demand) {
                                  said(demand);
                                  demand.set_content("厂房正在起火，有人被困");
                                },
                                config::v1::ROLE_ANONYMOUS)));
  INFO("INT-07/accept");
  CHECK(fire.Demand("TJ1").demand().state() == ORDER_STATE_REGISTERED);
  CHECK(fire.types == Types{"DemandRegistered", "MatterOpened"});
  CHECK(fire.messages.empty());
  CHECK_FALSE(fire.Has(EnterpriseKey(kUscc)));
  // What an operator takes down goes where the operator sends it.
  Book seat = NewBook();
  REQUIRE_OK(Register(seat, Create(1, [](v1::Demand& demand) { demand.set_content("厂房正在起火，有人被困"); })));
  CHECK(seat.Demand("TJ1").demand().review_flags(0) == "EMERGENCY_WORDS");
  CHECK(seat.Demand("TJ1").demand().state() == ORDER_STATE_PENDING_DISPATCH);
}

TEST_CASE("what a repeat becomes depends on the state of its order", "[INT-09]") {
  struct Row {
    OrderState master, child;
    bool related;
  };
  std::vector<Row> rows = {{ORDER_STATE_FED_BACK, ORDER_STATE_ANSWERED, true},
                           {ORDER_STATE_FOLLOWED_UP, ORDER_STATE_ANSWERED, true},
                           {ORDER_STATE_CLOSED, ORDER_STATE_ANSWERED, true},
                           {ORDER_STATE_ANSWERED, ORDER_STATE_ANSWERED, true},
                           {ORDER_STATE_ARCHIVED, ORDER_STATE_PENDING_DISPATCH, true},
                           {ORDER_STATE_WITHDRAWN, ORDER_STATE_PENDING_DISPATCH, false},
                           {ORDER_STATE_NOT_ACCEPTED, ORDER_STATE_PENDING_DISPATCH, false},
                           {ORDER_STATE_TRANSFERRED_EMERGENCY, ORDER_STATE_PENDING_DISPATCH, false},
                           {ORDER_STATE_MERGED, ORDER_STATE_PENDING_DISPATCH, false}};
  for (int state = 1; state <= lifecycle::kStates; ++state) {
    if (!lifecycle::IsOpen(static_cast<OrderState>(state))) continue;
    rows.push_back({static_cast<OrderState>(state), ORDER_STATE_MERGED, false});
  }
  CHECK(rows.size() == lifecycle::kStates);
  for (const Row& row : rows) {
    INFO("INT-09 after " << lifecycle::Name(row.master));
    Book book = NewBook();
    REQUIRE_OK(Register(book, Create(1)));
    v1::DemandRecord master = book.Demand("TJ1");
    master.mutable_demand()->set_state(row.master);
    master.mutable_demand()->set_result_type(RESULT_TYPE_SOLVED);
    book.Put("TJ1", master);
    REQUIRE_OK(Register(book, Create(2)));
    const v1::Demand child = book.Demand("TJ2").demand();
    CHECK(child.state() == row.child);
    CHECK((child.related_orders_size() == 1 && child.related_orders(0) == "TJ1") == row.related);
    CHECK(book.Demand("TJ1").demand().urging_count() == (row.child == ORDER_STATE_MERGED ? 1 : 0));
    // A new order takes the matter over; a repeat leaves it.
    const auto matter = book.Body<v1::MatterRecord>(MatterKey(Create(1).matter_id));
    CHECK(matter.order_no() == (row.child == ORDER_STATE_PENDING_DISPATCH ? "TJ2" : "TJ1"));
    if (row.child != ORDER_STATE_ANSWERED) continue;
    CHECK(child.result_type() == RESULT_TYPE_SOLVED);
    CHECK_FALSE(child.has_due_time());
    CHECK(child.has_close_time());
    REQUIRE(book.MessageTypes() == Types{"DemandEnded"});
    CHECK(book.Sent<DemandEnded>(0).state() == ORDER_STATE_ANSWERED);
    CHECK(book.Sent<DemandEnded>(0).result_type() == RESULT_TYPE_SOLVED);
    CHECK(book.Sent<DemandEnded>(0).order_no() == "TJ2");
    CHECK(book.Stored(DemandKey("TJ2")).timers.size() == 1);
  }
}

TEST_CASE("urging of a held order is told to routing with its submission", "[INT-09]") {
  Book book = NewBook();
  CreateInput held = Create(1);
  held.hold = true;
  REQUIRE_OK(Register(book, held));
  REQUIRE_OK(Register(book, Create(2)));
  CHECK(book.Demand("TJ2").demand().state() == ORDER_STATE_MERGED);
  CHECK(book.messages.empty());
  SubmitInput submit;
  submit.order_no = "TJ1";
  submit.etag = book.Etag("TJ1");
  submit.read_version = 2;
  submit.values = held.input.values;
  submit.supplements = {"补充一", "补充二"};
  submit.actor = Seat();
  REQUIRE_OK(book.Run([&](const ledger::View& view) { return DecideSubmit(view, submit); }, {{DemandKey("TJ1")}}));
  REQUIRE(book.MessageTypes() == Types{"DemandSubmitted", "SupplementAdded", "SupplementAdded", "DemandMerged"});
  CHECK(book.Sent<SupplementAdded>(1).text() == "补充一");
  CHECK(book.Sent<SupplementAdded>(2).text() == "补充二");
  CHECK_FALSE(book.Sent<SupplementAdded>(1).reopen());
  CHECK(book.Sent<DemandMerged>(3).child() == "TJ2");
  CHECK(book.Sent<DemandMerged>(3).urging_count() == 1);
  CHECK(book.Demand("TJ1").supplements_asked() == 2);
  CHECK(book.Demand("TJ1").with_routing());
  CHECK(AnswerOf(book).etag() == "3");
  CHECK(AnswerOf(book).state() == ORDER_STATE_PENDING_DISPATCH);
}

}  // namespace
}  // namespace jinqi::intake
