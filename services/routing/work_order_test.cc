#include "services/routing/work_order.h"

#include <cmath>

#include "services/routing/self_dispatch.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

constexpr char kAccepted[] = "2025-06-12T09:00:00+08:00";

TEST_CASE("a demand becomes an order with its proposal in one event", "[RTE-23][RTE-25]") {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand(kAccepted)));
  CHECK(book.types == std::vector<std::string>{"OrderProposed"});
  REQUIRE(book.told.size() == 1);
  const OrderEvent& event = book.told[0].second;
  CHECK(event.from() == ORDER_STATE_REGISTERED);
  CHECK(event.to() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(event.reason() == "SCJG");
  CHECK(event.order().order_no() == kOrder);
  CHECK(event.order().has_due_time());
  const v1::WorkOrder order = book.order();
  CHECK(order.title().empty());
  CHECK(order.content().empty());
  CHECK(order.stays(0).holder() == "HUB");
  CHECK(book.record().person_digest() == "digest");
  INFO("the same demand again changes nothing");
  REQUIRE_OK(book.Create(Book::Demand(kAccepted, "TAX")));
  CHECK(book.types.empty());
  CHECK(book.order().proposal().candidates(0).undertaker() == "SCJG");
}

TEST_CASE("a demand that fits nothing is for a person", "[RTE-03]") {
  INFO("RTE-03/bad/1");
  Book book;
  REQUIRE_OK(book.Create(Book::Demand(kAccepted, "")));
  CHECK(book.order().proposal().needs_human());
  CHECK(book.order().proposal().candidates().empty());
  CHECK(book.told[0].second.reason() == "NEEDS_HUMAN");
  CHECK(book.state() == ORDER_STATE_PENDING_DISPATCH);
}

TEST_CASE("only a consultation's target is set", "[RTE-14]") {
  Book help;
  REQUIRE_OK(help.Create(Book::Demand(kAccepted)));
  CHECK_FALSE(help.order().has_target_time());
  Book consult;
  NewOrder created = Book::Demand(kAccepted);
  created.demand.set_demand_type(DEMAND_TYPE_CONSULT);
  REQUIRE_OK(consult.Create(created));
  CHECK(Shown(consult.order().target_time()) == "2025-06-16T23:59:59+08:00");
}

v1::Proposal WithScores(const std::vector<std::pair<std::string, double>>& candidates) {
  v1::Proposal proposal;
  for (const auto& [code, score] : candidates) {
    auto& candidate = *proposal.add_candidates();
    candidate.set_undertaker(code);
    candidate.set_score(score);
  }
  return proposal;
}

TEST_CASE("impossible proposals are ignored", "[RTE-23][RTE-03]") {
  struct Row {
    const char* id;
    std::string code;
    double score;
    bool kept;
  };
  const Row rows[] = {
      {"RTE-23/bad/1: NaN", "SCJG", std::nan(""), false},
      {"RTE-23/bad/1: negative", "SCJG", -0.01, false},
      {"RTE-23/bad/1: above 1", "SCJG", 1.01, false},
      {"RTE-23/bad/1: infinite", "SCJG", INFINITY, false},
      {"RTE-23/bad/1: unknown code", "NOPE", 0.9, false},
      {"RTE-03/bad/2: not in the directory", "XYZ", 0.9, false},
      {"a collective name", "ALLQ", 0.9, false},
      {"0", "SCJG", 0, true},
      {"1", "SCJG", 1, true},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    const CheckedProposal checked = CheckProposal(WithScores({{row.code, row.score}}), ShippedDirectory());
    CHECK(checked.proposal.candidates_size() == (row.kept ? 1 : 0));
    CHECK(checked.proposal.needs_human() == !row.kept);
    CHECK(checked.dropped.size() == (row.kept ? 0 : 1));
  }
  CHECK(CheckProposal(WithScores({{"SCJG", 0.9}, {"TAX", 0.8}, {"RSJ", 0.7}, {"FGW", 0.6}}), ShippedDirectory())
            .proposal.candidates_size() == 3);
}

TEST_CASE("few orders go without a person", "[RTE-23]") {
  struct Row {
    const char* id;
    void (*change)(Book&, NewOrder&);
    bool alone;
  };
  const Row rows[] = {
      {"RTE-23/accept: 0.90", [](Book&, NewOrder&) {}, true},
      {"RTE-23/accept: 0.89", [](Book&, NewOrder& n) { n.proposal.mutable_candidates(0)->set_score(0.89); }, false},
      {"a suggestion", [](Book&, NewOrder& n) { n.demand.set_demand_type(DEMAND_TYPE_SUGGEST); }, true},
      {"help", [](Book&, NewOrder& n) { n.demand.set_demand_type(DEMAND_TYPE_HELP); }, false},
      {"a complaint", [](Book&, NewOrder& n) { n.demand.set_demand_type(DEMAND_TYPE_COMPLAINT); }, false},
      {"a report", [](Book&, NewOrder& n) { n.demand.set_demand_type(DEMAND_TYPE_REPORT); }, false},
      {"LIFE_SAFETY", [](Book&, NewOrder& n) { n.demand.set_urgency(URGENCY_LIFE_SAFETY); }, false},
      {"UTILITY", [](Book&, NewOrder& n) { n.demand.set_urgency(URGENCY_UTILITY); }, true},
      {"a leaf that is not switched on", [](Book&, NewOrder& n) { n.leaf_allows = false; }, false},
      {"a candidate was ignored", [](Book&, NewOrder& n) { n.doubtful = true; }, false},
      {"a hint", [](Book&, NewOrder& n) { n.proposal.add_hints("LEGAL_CHANNEL"); }, false},
      {"a judged body", [](Book&, NewOrder& n) { n.judged = {"SCJG"}; }, false},
      {"another body is judged", [](Book&, NewOrder& n) { n.judged = {"CGW"}; }, true},
      {"a liaison body",
       [](Book&, NewOrder& n) {
         n.proposal.mutable_candidates(0)->set_undertaker("GFY");
         n.body = "GFY";
       },
       false},
      {"a participating body",
       [](Book&, NewOrder& n) {
         n.proposal.mutable_candidates(0)->set_undertaker("HG");
         n.body = "HG";
       },
       true},
      {"the body was not looked at", [](Book&, NewOrder& n) { n.body = "TAX"; }, false},
      {"switched off", [](Book& b, NewOrder&) { b.limits.set_self_dispatch(false); }, false},
      {"a higher threshold", [](Book& b, NewOrder&) { b.limits.set_self_dispatch_threshold(0.95); }, false},
      {"no contact",
       [](Book& b, NewOrder&) { b.PutUndertaker("SCJG", [](v1::Undertaker& body) { body.clear_contacts(); }); }, false},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book;
    NewOrder created = Book::Demand(kAccepted);
    created.demand.set_demand_type(DEMAND_TYPE_CONSULT);
    created.leaf_allows = true;
    row.change(book, created);
    REQUIRE_OK(book.Create(created));
    CHECK(book.state() == (row.alone ? ORDER_STATE_DISPATCHED : ORDER_STATE_PENDING_DISPATCH));
    CHECK(book.record().self_dispatched() == row.alone);
    if (!row.alone) continue;
    CHECK(book.types == std::vector<std::string>{"OrderProposed", "OrderDispatched"});
    CHECK(book.order().dispatches(0).decided_by() == "AUTO");
    CHECK_FALSE(book.order().dispatches(0).reason().empty());
    CHECK(book.order().dispatches(0).rule_id() == "M09-1");
    CHECK(book.order().dispatches(0).proposal_id() == "p1");
  }
}

}  // namespace
}  // namespace jinqi::routing
