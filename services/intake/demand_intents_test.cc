#include "services/intake/demand.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/lifecycle/lifecycle.h"
#include "services/intake/contact.h"
#include "services/intake/intake_timers.h"
#include "services/intake/test_demands.h"

namespace jinqi::intake {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace)

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
  const WithdrawInput input{"TJ1", "已自行解决", "已****解决", id, actor, 15};
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
