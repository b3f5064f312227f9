#include "common/lifecycle/lifecycle.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "common/status/status.h"

namespace jinqi::lifecycle {
namespace {

using events::v1::OrderState_descriptor;

// C3 once more, written down apart from the table: each line a state and where it may go.
constexpr const char* kC3 = R"(
REGISTERED: ANSWERED NOT_ACCEPTED TRANSFERRED_EMERGENCY MERGED PENDING_DISPATCH WITHDRAWN
PENDING_DISPATCH: DISPATCHED LIAISON_SENT PARTNER_PENDING MERGED WITHDRAWN
DISPATCHED: HANDLING RETURN_REVIEW PENDING_DISPATCH WITHDRAWN
RETURN_REVIEW: PENDING_DISPATCH HANDLING WITHDRAWN
HANDLING: RETURN_REVIEW ESCALATED SUBMITTED WITHDRAWN
ESCALATED: HANDLING WITHDRAWN
SUBMITTED: HANDLING FED_BACK
FED_BACK: FOLLOWED_UP
FOLLOWED_UP: REWORK CLOSED
REWORK: SUBMITTED ESCALATED
CLOSED: REWORK ARCHIVED
LIAISON_SENT: CLOSED WITHDRAWN
PARTNER_PENDING: FED_BACK PENDING_DISPATCH WITHDRAWN
ANSWERED: ARCHIVED
NOT_ACCEPTED: ARCHIVED
TRANSFERRED_EMERGENCY: ARCHIVED
MERGED: ARCHIVED
WITHDRAWN: ARCHIVED
ARCHIVED:
)";

std::map<std::string, std::set<std::string>> Expected() {
  std::map<std::string, std::set<std::string>> expected;
  std::istringstream lines(kC3);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    std::string from;
    words >> from;
    from.pop_back();
    auto& targets = expected[from];
    for (std::string to; words >> to;) targets.insert(to);
  }
  return expected;
}

OrderState State(int number) { return static_cast<OrderState>(number); }

TEST_CASE("all 19 times 19 pairs of states are as C3 says", "[RTE-07][RTE-08][RTE-10][RTE-11][RTE-21][INT-20]") {
  const auto expected = Expected();
  REQUIRE(expected.size() == kStates);
  int lawful = 0;
  for (int from = 1; from <= kStates; ++from) {
    for (int to = 1; to <= kStates; ++to) {
      const std::string from_name(Name(State(from)));
      const std::string to_name(Name(State(to)));
      const bool may = expected.at(from_name).contains(to_name);
      INFO(from_name << " to " << to_name);
      lawful += may ? 1 : 0;
      CHECK(IsLawful(State(from), State(to)) == may);
      const absl::Status status = CheckMove(State(from), State(to));
      CHECK(status.ok() == may);
      if (may) continue;
      for (const Custodian by : {Custodian::kIntake, Custodian::kRouting}) {
        CHECK(ReasonOf(CheckMove(State(from), State(to), by)) == config::v1::REASON_ILLEGAL_MOVE);
      }
      CHECK(ReasonOf(status) == config::v1::REASON_ILLEGAL_MOVE);
      CHECK(MetadataOf(status) == Metadata{{"from", from_name}, {"to", to_name}});
    }
  }
  CHECK(lawful == kMoves);
}

TEST_CASE("the table names each move once", "[RTE-07]") {
  std::set<std::pair<int, int>> seen;
  for (const Move& move : Moves()) CHECK(seen.insert({move.from, move.to}).second);
  CHECK(seen.size() == kMoves);
}

TEST_CASE("states have the names of the interface and Chinese ones of their own", "[INT-18]") {
  const auto* descriptor = OrderState_descriptor();
  REQUIRE(descriptor->value_count() == kStates + 1);
  std::set<std::string_view> chinese;
  for (int number = 1; number <= kStates; ++number) {
    CHECK("ORDER_STATE_" + std::string(Name(State(number))) == descriptor->FindValueByNumber(number)->name());
    CHECK_FALSE(Zh(State(number)).empty());
    CHECK(chinese.insert(Zh(State(number))).second);
  }
  CHECK(Zh(events::v1::ORDER_STATE_HANDLING) == "办理中");
}

TEST_CASE("what is no state goes nowhere and is nothing", "[RTE-27]") {
  const OrderState none = State(GENERATE(-1, 0, 20, 31, 32, 33, 64));
  CHECK_FALSE(IsLawful(none, events::v1::ORDER_STATE_ARCHIVED));
  CHECK_FALSE(IsLawful(events::v1::ORDER_STATE_CLOSED, none));
  CHECK_FALSE(CheckMove(none, none).ok());
  CHECK_FALSE(IsFinal(none));
  CHECK_FALSE(IsOpen(none));
  CHECK(Name(none).empty());
  CHECK(Zh(none).empty());
}

TEST_CASE("open, its clock and the end are told by state", "[INT-09][RTE-16]") {
  const std::set<std::string> clock = {"REGISTERED", "PENDING_DISPATCH", "DISPATCHED",   "RETURN_REVIEW",  "HANDLING",
                                       "ESCALATED",  "SUBMITTED",        "LIAISON_SENT", "PARTNER_PENDING"};
  for (int number = 1; number <= kStates; ++number) {
    const std::string name(Name(State(number)));
    INFO(name);
    CHECK(DueClockRuns(State(number)) == clock.contains(name));
    CHECK(IsOpen(State(number)) == (clock.contains(name) || name == "REWORK"));
    CHECK(IsFinal(State(number)) == (name == "ARCHIVED"));
  }
}

TEST_CASE("each move has its custodian", "[INT-01][RTE-05]") {
  const std::set<std::string> by_intake = {"REGISTERED", "ANSWERED", "NOT_ACCEPTED", "TRANSFERRED_EMERGENCY"};
  const std::set<std::string> by_both = {"MERGED", "WITHDRAWN"};
  for (const Move& move : Moves()) {
    const std::string from(Name(move.from));
    INFO(from << " to " << Name(move.to));
    const bool both = by_both.contains(from);
    const bool intake = both || by_intake.contains(from);
    const bool routing = both || !intake;
    CHECK(move.custodians.Has(Custodian::kIntake) == intake);
    CHECK(move.custodians.Has(Custodian::kRouting) == routing);
    CHECK(CheckMove(move.from, move.to, Custodian::kIntake).ok() == intake);
    CHECK(CheckMove(move.from, move.to, Custodian::kRouting).ok() == routing);
  }
  const absl::Status status =
      CheckMove(events::v1::ORDER_STATE_ARCHIVED, events::v1::ORDER_STATE_REWORK, Custodian::kRouting);
  CHECK(ReasonOf(status) == config::v1::REASON_ILLEGAL_MOVE);
}

}  // namespace
}  // namespace jinqi::lifecycle
