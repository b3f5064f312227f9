#include "services/intake/demand.h"

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/lifecycle/lifecycle.h"
#include "services/intake/contact.h"
#include "services/intake/enterprise.h"
#include "services/intake/intake_timers.h"
#include "services/intake/order_view.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace)
using config::v1::Role;
using Types = std::vector<std::string>;

constexpr char kUscc[] = "91120116MA051K2P9X";

// A create as the method makes it; `n` tells demands apart, the matter is that of subject and text.
CreateInput Create(int n, const std::function<void(v1::Demand&)>& change = {}, Role role = config::v1::ROLE_SEAT) {
  v1::Demand demand = ValidDemand();
  if (role == config::v1::ROLE_ENTERPRISE) demand.set_channel(CHANNEL_JINCHANFA);
  if (change) change(demand);
  CreateInput create;
  create.order_no = "TJ" + std::to_string(n);
  create.input =
      testing::Must(CheckDemand(demand, CallerWith(role, "owner", role == config::v1::ROLE_SEAT ? "" : kUscc), role,
                                TestReference(), TestTree()));
  create.sealed = {{create.order_no, "sealed", {"blind"}}, "digest-" + create.order_no};
  if (!create.input.subject_key.empty()) create.matter_id = create.input.subject_key + "|" + create.input.fingerprint;
  return create;
}

absl::Status Register(Book& book, const CreateInput& create) {
  return book.Run(DecideCreate(create, &TestReference()), NamesOf(create));
}

Book NewBook() {
  Book book;
  book.time = At("2026-02-17T03:12:00+08:00");
  return book;
}

v1::Demand AnswerOf(const Book& book) {
  v1::Demand demand;
  if (!demand.ParseFromString(book.answer)) throw std::logic_error("answer");
  return demand;
}

v1::DemandIntent IntentOf(const Book& book) {
  v1::DemandIntent intent;
  if (!intent.ParseFromString(book.answer)) throw std::logic_error("answer");
  return intent;
}

Actor Owner() { return {CallerWith(config::v1::ROLE_ENTERPRISE, "owner", kUscc), config::v1::ROLE_ENTERPRISE}; }
Actor Seat() { return {CallerWith(config::v1::ROLE_SEAT, "seat-1"), config::v1::ROLE_SEAT}; }

NewSupplement Fact(const std::string& id, const std::string& text) {
  return {id, "owner", {{id, "sealed", {}}, "digest"}, text};
}

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
  CHECK(book.types == Types{"DemandSubmitted", "MatterOpened", "EnterpriseRegistered"});
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
  CHECK(book.messages.empty());
  CHECK(book.types.front() == "DemandRegistered");
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

TEST_CASE("the register is kept from demands", "[INT-05]") {
  Book book = NewBook();
  REQUIRE_OK(Register(book, Create(1, [](v1::Demand& demand) { demand.mutable_subject()->set_industry("C3391"); })));
  auto entry = book.Body<v1::EnterpriseRecord>(EnterpriseKey(kUscc)).enterprise();
  CHECK(entry.name() == std::string("enterprises/") + kUscc);
  CHECK(entry.enterprise_name() == "天津示例制造有限公司");
  CHECK(entry.type() == SUBJECT_TYPE_ENTERPRISE);
  CHECK(entry.district_code() == "120116");
  CHECK(TimeText(entry.create_time()) == "2026-02-17T03:12:00+08:00");
  // The same values change nothing.
  book.time += clock::kHour;
  const auto other = [](const std::string& content) {
    return [content](v1::Demand& demand) { demand.set_content(content); };
  };
  REQUIRE_OK(Register(book, Create(2, other("第二件事：申请供水扩容，请尽快现场勘查并答复。"))));
  CHECK(book.Stored(EnterpriseKey(kUscc)).version == 1);
  // New ones do, and what is not said stays.
  REQUIRE_OK(Register(book, Create(3, [](v1::Demand& demand) {
                        demand.set_content("第三件事：申请燃气接入，请尽快现场勘查并答复。");
                        demand.mutable_subject()->set_enterprise_name("天津示例智造有限公司");
                        demand.mutable_subject()->set_district_code("120101");
                        demand.mutable_subject()->set_township("某镇");
                        demand.mutable_subject()->set_park("某园");
                      })));
  entry = book.Body<v1::EnterpriseRecord>(EnterpriseKey(kUscc)).enterprise();
  CHECK(book.types.back() == "EnterpriseUpdated");
  CHECK(entry.enterprise_name() == "天津示例智造有限公司");
  CHECK(entry.district_code() == "120101");
  CHECK(entry.township() == "某镇");
  CHECK(entry.park() == "某园");
  CHECK(entry.industry() == "C3391");
  CHECK(TimeText(entry.create_time()) == "2026-02-17T03:12:00+08:00");
}

Book Held() {
  Book book = NewBook();
  CreateInput create = Create(1, {}, config::v1::ROLE_SEAT);
  create.hold = true;
  create.input.requester = "owner";
  create.input.registered_by = "staff-1";
  if (!Register(book, create).ok()) throw std::logic_error("held");
  return book;
}

Book WithRouting(OrderState state = ORDER_STATE_HANDLING, bool confidential = false) {
  Book book = NewBook();
  CreateInput create = Create(
      1, [confidential](v1::Demand& demand) { demand.set_confidential(confidential); }, config::v1::ROLE_ENTERPRISE);
  if (!Register(book, create).ok()) throw std::logic_error("with routing");
  book.SetState("TJ1", state);
  return book;
}

TEST_CASE("a held demand is sent on with the version that was seen", "[INT-14][INT-20]") {
  const auto submit = [](Book& book, const std::function<void(SubmitInput&)>& change) {
    SubmitInput input;
    input.order_no = "TJ1";
    input.etag = book.Etag("TJ1");
    input.read_version = 1;
    input.actor = Seat();
    change(input);
    std::vector<ledger::Name> names = {{DemandKey(input.order_no)}};
    if (input.note.has_value()) names.push_back({SupplementKey(input.note->id)});
    return book.Run([&](const ledger::View& view) { return DecideSubmit(view, input); }, names);
  };
  Book book = Held();
  CHECK(ReasonOf(submit(book, [](auto& i) { i.etag.clear(); })) == config::v1::REASON_ETAG_REQUIRED);
  const absl::Status stale = submit(book, [](auto& i) { i.etag = "7"; });
  CHECK(ReasonOf(stale) == config::v1::REASON_VERSION_CONFLICT);
  CHECK(MetadataOf(stale) == Metadata{{"etag", "1"}, {"state", "REGISTERED"}});
  CHECK(ReasonOf(submit(book, [](auto& i) { i.read_version = 2; })) == config::v1::REASON_VERSION_CONFLICT);
  CHECK(ReasonOf(submit(book, [](auto& i) { i.order_no = "TJ9"; })) == config::v1::REASON_NOT_FOUND);
  const Actor staff{CallerWith(config::v1::ROLE_SERVICE_STAFF, "staff-1"), config::v1::ROLE_SERVICE_STAFF};
  INFO("INT-14/bad/1");
  CHECK(FieldsOf(submit(book, [&](auto& i) { i.actor = staff; })) ==
        std::map<std::string, std::string>{{"note", "NOTE_REQUIRED"}});
  REQUIRE_OK(submit(book, [&](auto& i) {
    i.actor = staff;
    i.note = Fact("TJ1/a", "已上门协调，未能解决");
  }));
  CHECK(book.types == Types{"SupplementAdded", "DemandSubmitted", "SupplementPassedOn"});
  CHECK(book.Sent<SupplementAdded>(1).text() == "已上门协调，未能解决");
  CHECK(book.Demand("TJ1").supplement_count() == 1);
  CHECK(book.Demand("TJ1").supplements_asked() == 1);
  CHECK(book.persons.contains("TJ1/a"));
  CHECK(TimeText(book.Demand("TJ1").demand().accept_time()) == "2026-02-17T03:12:00+08:00");
  // Routing has it now.
  CHECK(ReasonOf(submit(book, [](auto& i) { i.read_version = 2; })) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("an emergency is handed over at once", "[INT-07]") {
  const auto transfer = [](Book& book, const std::string& target, const std::string& etag) {
    const TransferInput input{"TJ1", etag, target, "seat-1", 15};
    return book.Run([&](const ledger::View& view) { return DecideTransfer(view, input); }, {{DemandKey("TJ1")}});
  };
  for (const std::string target : {"110", "119", "120", "122"}) {
    Book book = Held();
    book.time += 59 * clock::kSecond;
    INFO("INT-07/accept " << target);
    REQUIRE_OK(transfer(book, target, "1"));
    const v1::Demand demand = book.Demand("TJ1").demand();
    CHECK(demand.state() == ORDER_STATE_TRANSFERRED_EMERGENCY);
    CHECK(demand.emergency_transfer().target() == target);
    CHECK(TimeText(demand.emergency_transfer().time()) == "2026-02-17T03:12:59+08:00");
    CHECK(demand.emergency_transfer().by() == "seat-1");
    CHECK(demand.result_type() == RESULT_TYPE_TRANSFERRED_EMERGENCY);
    CHECK_FALSE(demand.has_due_time());
    CHECK(demand.has_close_time());
    REQUIRE(book.MessageTypes() == Types{"DemandEnded"});
    CHECK(book.Sent<DemandEnded>(0).state() == ORDER_STATE_TRANSFERRED_EMERGENCY);
    CHECK(book.Stored(DemandKey("TJ1")).timers ==
          std::vector<ledger::Timer>{{"archive", book.time + 15 * clock::kDay}});
    CHECK(ReasonOf(transfer(book, target, book.Etag("TJ1"))) == config::v1::REASON_ILLEGAL_MOVE);
  }
  Book book = Held();
  for (const std::string target : {"", "114", "1190"}) {
    CHECK(FieldsOf(transfer(book, target, "1")) == std::map<std::string, std::string>{{"target", "EMERGENCY_TARGET"}});
  }
  CHECK(ReasonOf(transfer(book, "119", "2")) == config::v1::REASON_VERSION_CONFLICT);
  CHECK(ReasonOf(transfer(book, "119", "")) == config::v1::REASON_ETAG_REQUIRED);
  Book dispatched = WithRouting(ORDER_STATE_PENDING_DISPATCH);
  CHECK(ReasonOf(transfer(dispatched, "119", dispatched.Etag("TJ1"))) == config::v1::REASON_ILLEGAL_MOVE);
}

absl::Status Add(Book& book, const NewSupplement& fact, const Actor& actor) {
  return book.Run([&](const ledger::View& view) { return DecideSupplement(view, "TJ1", fact, actor); },
                  {{DemandKey("TJ1")}, {SupplementKey(fact.id)}});
}

absl::Status Withdraw(Book& book, const Actor& actor, const std::string& id = "w1") {
  const WithdrawInput input{"TJ1", "已自行解决", id, actor, 15};
  return book.Run([&](const ledger::View& view) { return DecideWithdraw(view, input); }, {{DemandKey("TJ1")}});
}

TEST_CASE("facts are appended; on an order that routing holds they are an intent", "[INT-20][INT-09]") {
  Book held = Held();
  REQUIRE_OK(Add(held, Fact("TJ1/a", "补充：已停工"), Owner()));
  CHECK(held.Demand("TJ1").supplement_count() == 1);
  CHECK(held.Demand("TJ1").supplements_asked() == 0);
  CHECK(held.messages.empty());
  CHECK(IntentOf(held).settled());
  CHECK(IntentOf(held).granted());
  CHECK(IntentOf(held).number() == 0);
  CHECK(held.Body<v1::SupplementRecord>(SupplementKey("TJ1/a")).order_no() == "TJ1");
  CHECK(held.Body<v1::SupplementRecord>(SupplementKey("TJ1/a")).by() == "owner");
  CHECK(held.persons.contains("TJ1/a"));

  Book book = WithRouting();
  REQUIRE_OK(Add(book, Fact("TJ1/a", "补充：已停工"), Owner()));
  REQUIRE_OK(Add(book, Fact("TJ1/b", "补充：电话13812345678"), Seat()));
  CHECK(book.Has(SupplementKey("TJ1/a")));
  CHECK(book.Demand("TJ1").supplements_asked() == 2);
  CHECK(book.Demand("TJ1").supplement_count() == 2);
  CHECK_FALSE(IntentOf(book).settled());
  CHECK_FALSE(IntentOf(book).granted());
  CHECK(IntentOf(book).number() == 2);
  CHECK(IntentOf(book).order_no() == "TJ1");
  CHECK(IntentOf(book).state() == ORDER_STATE_HANDLING);
  REQUIRE(book.MessageTypes() == Types{"SupplementAdded"});
  CHECK(book.messages[0].transient);
  CHECK(book.Sent<SupplementAdded>(0).text() == "补充：电话13812345678");
  CHECK(book.Sent<SupplementAdded>(0).requester() == "owner");
  CHECK_FALSE(book.Sent<SupplementAdded>(0).reopen());

  // A new fact after closing opens the order again.
  Book closed = WithRouting(ORDER_STATE_CLOSED);
  REQUIRE_OK(Add(closed, Fact("TJ1/a", "又发生了"), Owner()));
  CHECK(closed.Sent<SupplementAdded>(0).reopen());
  // Of a confidential one routing hears no numbers.
  Book secret = WithRouting(ORDER_STATE_HANDLING, true);
  REQUIRE_OK(Add(secret, Fact("TJ1/a", "我的电话13812345678"), Owner()));
  CHECK(secret.Sent<SupplementAdded>(0).text() == "我的电话****");
}

TEST_CASE("what is over takes no facts and cannot be withdrawn", "[INT-20]") {
  for (int state = 1; state <= lifecycle::kStates; ++state) {
    const auto order_state = static_cast<OrderState>(state);
    INFO(lifecycle::Name(order_state));
    const bool over_there = order_state == ORDER_STATE_WITHDRAWN || order_state == ORDER_STATE_MERGED ||
                            order_state == ORDER_STATE_ARCHIVED;
    Book there = WithRouting(order_state);
    CHECK(ReasonOf(Add(there, Fact("TJ1/a", "新情况"), Owner())) ==
          (over_there ? config::v1::REASON_DEMAND_ENDED : config::v1::REASON_UNSPECIFIED));
    CHECK(ReasonOf(Withdraw(there, Owner())) ==
          (over_there ? config::v1::REASON_DEMAND_ENDED : config::v1::REASON_UNSPECIFIED));
    Book here = Held();
    here.SetState("TJ1", order_state);
    const bool over_here = order_state != ORDER_STATE_REGISTERED;
    CHECK(ReasonOf(Add(here, Fact("TJ1/a", "新情况"), Owner())) ==
          (over_here ? config::v1::REASON_DEMAND_ENDED : config::v1::REASON_UNSPECIFIED));
    CHECK(ReasonOf(Withdraw(here, Owner())) ==
          (over_here ? config::v1::REASON_DEMAND_ENDED : config::v1::REASON_UNSPECIFIED));
  }
}

TEST_CASE("a held demand is withdrawn at once, one with routing by intent", "[INT-20]") {
  Book held = Held();
  held.time += clock::kHour;
  REQUIRE_OK(Withdraw(held, Owner()));
  const v1::Demand demand = held.Demand("TJ1").demand();
  CHECK(demand.state() == ORDER_STATE_WITHDRAWN);
  CHECK(demand.result_type() == RESULT_TYPE_WITHDRAWN);
  CHECK_FALSE(demand.has_due_time());
  CHECK(TimeText(demand.close_time()) == "2026-02-17T04:12:00+08:00");
  CHECK(held.messages.empty());
  CHECK(held.types == Types{"DemandWithdrawn"});
  CHECK(IntentOf(held).settled());
  CHECK(IntentOf(held).granted());
  CHECK(IntentOf(held).state() == ORDER_STATE_WITHDRAWN);
  CHECK(held.Stored(DemandKey("TJ1")).timers == std::vector<ledger::Timer>{{"archive", held.time + 15 * clock::kDay}});

  Book book = WithRouting();
  REQUIRE_OK(Withdraw(book, Owner()));
  CHECK(book.Demand("TJ1").demand().state() == ORDER_STATE_HANDLING);
  CHECK_FALSE(IntentOf(book).settled());
  CHECK(book.Demand("TJ1").withdrawal().id() == "w1");
  REQUIRE(book.MessageTypes() == Types{"WithdrawalAsked"});
  CHECK(book.messages[0].transient);
  CHECK(book.Sent<WithdrawalAsked>(0).reason() == "已自行解决");
  CHECK(book.Sent<WithdrawalAsked>(0).order_no() == "TJ1");
  CHECK(book.Sent<WithdrawalAsked>(0).requester() == "owner");
  CHECK(ReasonOf(Withdraw(book, Owner(), "w2")) == config::v1::REASON_WITHDRAWAL_PENDING);
  // After a refusal it may be asked again, and the old answer is gone.
  v1::DemandRecord record = book.Demand("TJ1");
  record.mutable_withdrawal()->set_settled(true);
  record.mutable_withdrawal()->set_refusal("SUBMITTED");
  book.Put("TJ1", record);
  REQUIRE_OK(Withdraw(book, Owner(), "w3"));
  CHECK(book.Demand("TJ1").withdrawal().id() == "w3");
  CHECK_FALSE(book.Demand("TJ1").withdrawal().settled());
  CHECK(book.Demand("TJ1").withdrawal().refusal().empty());
}

TEST_CASE("who may add and withdraw", "[INT-20][GWY-04]") {
  using namespace config::v1;  // NOLINT(google-build-using-namespace)
  struct Row {
    std::string id;
    Actor actor;
    Reason open, confidential;
  };
  const auto actor = [](Role role, const std::string& subject, const std::string& uscc = "",
                        const std::string& district = "") {
    return Actor{CallerWith(role, subject, uscc, district), role};
  };
  const std::vector<Row> rows = {
      {"the requester", Owner(), REASON_UNSPECIFIED, REASON_UNSPECIFIED},
      {"a seat for it", Seat(), REASON_UNSPECIFIED, REASON_UNSPECIFIED},
      {"INT-20/bad/1 another account of the enterprise", actor(ROLE_ENTERPRISE, "other", kUscc),
       REASON_WITHDRAW_NOT_YOURS, REASON_NOT_FOUND},
      {"its legal representative", actor(ROLE_LEGAL_REPRESENTATIVE, "boss", kUscc), REASON_UNSPECIFIED,
       REASON_NOT_FOUND},
      {"INT-20/bad/2 the reported unit", actor(ROLE_ENTERPRISE, "u", "91120222MA091K2P2D"), REASON_NOT_FOUND,
       REASON_NOT_FOUND},
      {"the reported unit's legal representative", actor(ROLE_LEGAL_REPRESENTATIVE, "u", "91120222MA091K2P2D"),
       REASON_NOT_FOUND, REASON_NOT_FOUND},
      {"an account without enterprise", actor(ROLE_ENTERPRISE, "x"), REASON_NOT_FOUND, REASON_NOT_FOUND},
      {"staff of the district", actor(ROLE_SERVICE_STAFF, "s", "", "120116"), REASON_UNSPECIFIED, REASON_NOT_FOUND},
      {"staff of another district", actor(ROLE_SERVICE_STAFF, "s", "", "120101"), REASON_NOT_FOUND, REASON_NOT_FOUND},
      {"staff of nowhere", actor(ROLE_SERVICE_STAFF, "s"), REASON_NOT_FOUND, REASON_NOT_FOUND},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    for (const bool confidential : {false, true}) {
      Book book = WithRouting(ORDER_STATE_HANDLING, confidential);
      const Reason expected = confidential ? row.confidential : row.open;
      const absl::Status status = Withdraw(book, row.actor);
      CHECK(ReasonOf(status) == expected);
      // What it may not see looks as if it were not there.
      if (expected == REASON_NOT_FOUND) CHECK(MetadataOf(status).empty());
      Book again = WithRouting(ORDER_STATE_HANDLING, confidential);
      CHECK(ReasonOf(Add(again, Fact("TJ1/a", "新情况"), row.actor)) ==
            (expected == REASON_WITHDRAW_NOT_YOURS ? REASON_SUPPLEMENT_NOT_YOURS : expected));
    }
  }
  // The staff who registered it, wherever it is.
  Book held = Held();
  CHECK_OK(Add(held, Fact("TJ1/a", "新情况"), actor(ROLE_SERVICE_STAFF, "staff-1")));
  // A demand without account belongs to no account without a name.
  Book nobody = Held();
  v1::DemandRecord record = nobody.Demand("TJ1");
  record.clear_requester();
  record.clear_registered_by();
  record.mutable_demand()->mutable_subject()->clear_uscc();
  nobody.Put("TJ1", record);
  CHECK(ReasonOf(Withdraw(nobody, actor(ROLE_ENTERPRISE, ""))) == REASON_NOT_FOUND);
  CHECK(ReasonOf(Withdraw(nobody, actor(ROLE_SERVICE_STAFF, ""))) == REASON_NOT_FOUND);
  Book empty;
  CHECK(ReasonOf(Withdraw(empty, Owner())) == REASON_NOT_FOUND);
  CHECK(MetadataOf(Withdraw(empty, Owner())).empty());
  CHECK(ReasonOf(Add(empty, Fact("TJ1/a", "新情况"), Owner())) == REASON_NOT_FOUND);
}

TEST_CASE("what ended at intake is archived when its timer falls due", "[INT-09][INT-20]") {
  Book book = Held();
  REQUIRE_OK(Withdraw(book, Owner()));
  const ledger::Firing firing{"tianjin", DemandKey("TJ1"), book.Stored(DemandKey("TJ1")).timers[0], 1};
  ledger::Command command = testing::Must(OnTimer(firing, book.Stored(DemandKey("TJ1"))));
  REQUIRE_OK(book.Run(command.decide, command.names));
  CHECK(book.Demand("TJ1").demand().state() == ORDER_STATE_ARCHIVED);
  CHECK(book.types == Types{"DemandArchived"});
  CHECK(book.Stored(DemandKey("TJ1")).timers.empty());
  // Not what routing holds, nor what still waits here.
  Book there = WithRouting(ORDER_STATE_WITHDRAWN);
  REQUIRE_OK(there.Run([](const ledger::View& view) { return DecideArchive(view, "TJ1"); }, {{DemandKey("TJ1")}}));
  CHECK(there.Demand("TJ1").demand().state() == ORDER_STATE_WITHDRAWN);
  Book waiting = Held();
  CHECK(ReasonOf(waiting.Run([](const ledger::View& view) { return DecideArchive(view, "TJ1"); },
                             {{DemandKey("TJ1")}})) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK_FALSE(OnTimer({"tianjin", DemandKey("TJ1"), {"other", 0}, 1}, {}).ok());
  CHECK_FALSE(OnTimer({"tianjin", MatterKey("TJ1"), {"archive", 0}, 1}, {}).ok());
}

TEST_CASE("each look at a contact is on record, and leaves the demand as it is", "[INT-15][SEC-06]") {
  Book book = WithRouting();
  const auto look = [&book](const Actor& actor) {
    const ContactLook input{"TJ1", "FOLLOW_UP", actor};
    return book.Run([&](const ledger::View& view) { return DecideContactLook(view, input); },
                    {{DemandKey("TJ1")}, {ContactKey("TJ1")}});
  };
  const auto before = book.Stored(DemandKey("TJ1")).version;
  REQUIRE_OK(look(Seat()));
  CHECK(book.types == Types{"ContactResolved"});
  CHECK(book.answer.empty());
  REQUIRE_OK(look(Seat()));
  CHECK(book.Body<v1::ContactAccessRecord>(ContactKey("TJ1")).looks() == 2);
  CHECK(book.Stored(DemandKey("TJ1")).version == before);
  const Actor stranger{CallerWith(config::v1::ROLE_UNDERTAKER, "u", "", "", "RSJ"), config::v1::ROLE_UNDERTAKER};
  CHECK(ReasonOf(look(stranger)) == config::v1::REASON_NOT_FOUND);
  CHECK(book.Body<v1::ContactAccessRecord>(ContactKey("TJ1")).looks() == 2);
}

TEST_CASE("names of demands", "[GWY-04]") {
  CHECK(testing::Must(OrderNoOfName("demands/TJ1")) == "TJ1");
  for (const std::string name : {"", "demands/", "demand/TJ1", "workOrders/TJ1", "demands"}) {
    CHECK(ReasonOf(OrderNoOfName(name).status()) == config::v1::REASON_NOT_FOUND);
  }
}

}  // namespace
}  // namespace jinqi::intake
