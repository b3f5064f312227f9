#include "services/intake/similar.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "common/lifecycle/lifecycle.h"
#include "services/intake/intake_timers.h"
#include "services/intake/order_view.h"
#include "services/intake/test_demands.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)

const ledger::Timer kForget = {"forget", At("2026-08-16T03:12:00+08:00")};

CreateInput Alike(int n, bool hold) {
  CreateInput create = Create(n, [n](v1::Demand& demand) {
    demand.set_content("第" + std::to_string(n) + "号厂房的用电报装一直没有答复，请协调。");
  });
  create.likeness_keys = {"k1", "k2"};
  create.hold = hold;
  return create;
}

// TJ1 is held at intake; TJ2 is in the state given.
Book Pair(OrderState state = ORDER_STATE_HANDLING) {
  Book book = NewBook();
  REQUIRE_OK(Register(book, Alike(1, true)));
  REQUIRE_OK(Register(book, Alike(2, false)));
  book.SetState("TJ2", state);
  book.time += clock::kHour;
  return book;
}

std::optional<Sealed> Told() { return Sealed{{"TJ1/result", "sealed", {}}, "told"}; }

MergeInput Input(const Book& book, bool same_subject) {
  MergeInput input;
  input.order_no = "TJ1";
  input.into = "TJ2";
  input.etag = book.Etag("TJ1");
  input.same_subject = same_subject;
  if (!same_subject) input.told = Told();
  return input;
}

absl::Status Merge(Book& book, const MergeInput& input) {
  return book.Run([&input](const ledger::View& view) { return DecideMerge(view, input); },
                  {{DemandKey(input.order_no)},
                   {DemandKey(input.into)},
                   {LikenessKey(input.order_no)},
                   {ResultKey(input.order_no)}});
}

std::vector<std::string> KeysOf(const Book& book, const std::string& order_no) {
  const auto likeness = book.Body<v1::LikenessRecord>(LikenessKey(order_no));
  return {likeness.keys().begin(), likeness.keys().end()};
}

absl::Status FirstWord(Book& book, std::int64_t sequence) {
  OrderNews news;
  news.order_no = "TJ1";
  news.type = "OrderProposed";
  news.key_sequence = sequence;
  news.event.set_to(ORDER_STATE_PENDING_DISPATCH);
  news.event.mutable_order()->set_order_no("TJ1");
  news.event.mutable_order()->set_state(ORDER_STATE_PENDING_DISPATCH);
  *news.event.mutable_time() = clock::ToProto(book.time);
  return book.Run([&news](const ledger::View& view) { return DecideOrderNews(view, news); }, NamesOf(news));
}

TEST_CASE("a demand is found by what it is like from its registration or routing's first word on", "[INT-09]") {
  SECTION("held: at once") {
    Book book = NewBook();
    REQUIRE_OK(Register(book, Alike(1, true)));
    CHECK(book.types == Types{"LikenessKept", "DemandRegistered", "EnterpriseRegistered", "MatterOpened"});
    CHECK(KeysOf(book, "TJ1") == std::vector<std::string>{"k1", "k2"});
    CHECK(book.Demand("TJ1").likeness_keys().empty());
    CHECK(book.Stored(LikenessKey("TJ1")).timers == std::vector<ledger::Timer>{kForget});
  }
  SECTION("sent on: with the first word") {
    Book book = NewBook();
    REQUIRE_OK(Register(book, Alike(1, false)));
    CHECK_FALSE(book.Has(LikenessKey("TJ1")));
    REQUIRE_OK(FirstWord(book, 1));
    CHECK(book.types == Types{"LikenessKept", "OrderProposed"});
    CHECK(KeysOf(book, "TJ1") == std::vector<std::string>{"k1", "k2"});
    CHECK(book.Demand("TJ1").likeness_keys().empty());
    CHECK(book.Stored(LikenessKey("TJ1")).timers == std::vector<ledger::Timer>{kForget});
    // Told again, it is not kept again.
    REQUIRE_OK(FirstWord(book, 1));
    CHECK(book.types.empty());
  }
  SECTION("with a later word no more") {
    Book book = NewBook();
    REQUIRE_OK(Register(book, Alike(1, false)));
    REQUIRE_OK(FirstWord(book, 2));
    CHECK(book.types == Types{"OrderProposed"});
  }
  SECTION("a text without words has no keys") {
    Book book = NewBook();
    CreateInput create = Alike(1, true);
    create.likeness_keys.clear();
    REQUIRE_OK(Register(book, create));
    CHECK_FALSE(book.Has(LikenessKey("TJ1")));
  }
  SECTION("not when it is too old already") {
    for (const auto& [days, kept] : {std::pair{179, true}, {180, false}, {181, false}}) {
      CAPTURE(days);
      Book book = NewBook();
      REQUIRE_OK(Register(book, Alike(1, false)));
      book.time += days * clock::kDay;
      REQUIRE_OK(FirstWord(book, 1));
      CHECK(book.Has(LikenessKey("TJ1")) == kept);
    }
  }
}

TEST_CASE("what is too old, merged or secret is not found any more", "[INT-09]") {
  SECTION("after its days") {
    Book book = Pair();
    ledger::Firing firing;
    firing.key = LikenessKey("TJ1");
    firing.timer = kForget;
    const auto command = OnTimer(firing, {});
    REQUIRE_OK(command);
    REQUIRE_OK(book.Run(command->decide, command->names));
    CHECK(book.types == Types{"LikenessForgotten"});
    CHECK(KeysOf(book, "TJ1").empty());
    CHECK(book.Stored(LikenessKey("TJ1")).timers.empty());
    REQUIRE_OK(book.Run(command->decide, command->names));
    CHECK(book.types.empty());
  }
  SECTION("merged") {
    Book book = Pair();
    REQUIRE_OK(Merge(book, Input(book, true)));
    CHECK(KeysOf(book, "TJ1").empty());
  }
  SECTION("other timers are not its own") {
    ledger::Firing firing;
    firing.key = LikenessKey("TJ1");
    firing.timer = {"archive", 1};
    CHECK(absl::IsUnimplemented(OnTimer(firing, {}).status()));
    firing.key = DemandKey("TJ1");
    firing.timer = kForget;
    CHECK(absl::IsUnimplemented(OnTimer(firing, {}).status()));
  }
}

TEST_CASE("a person merges a held demand into the order that runs for its subject", "[INT-09]") {
  Book book = Pair();
  REQUIRE_OK(Merge(book, Input(book, true)));
  const v1::DemandRecord child = book.Demand("TJ1");
  CHECK(child.demand().state() == ORDER_STATE_MERGED);
  CHECK(child.demand().merged_into() == "TJ2");
  CHECK(child.demand().result_type() == RESULT_TYPE_MERGED);
  CHECK_FALSE(child.demand().has_due_time());
  CHECK_FALSE(child.has_result());
  CHECK(child.merged_across().empty());
  CHECK(book.Stored(DemandKey("TJ1")).timers == std::vector<ledger::Timer>{{"archive", book.time + 15 * clock::kDay}});
  CHECK(AnswerOf(book).merged_into() == "TJ2");
  CHECK(AnswerOf(book).etag() == book.Etag("TJ1"));
  CHECK(book.types == Types{"LikenessForgotten", "DemandMerged", "DemandUrged"});
  CHECK(book.persons.count("TJ1/result") == 0);
  REQUIRE(book.MessageTypes() == Types{"DemandMerged"});
  const auto message = book.Sent<DemandMerged>(0);
  CHECK(message.order_no() == "TJ2");
  CHECK(message.child() == "TJ1");
  CHECK(message.urging_count() == 1);
  CHECK(book.Demand("TJ2").demand().urging_count() == 1);
  CHECK(book.Demand("TJ2").last_child() == "TJ1");
  // Who repeats the words of the merged one comes to the order that stands for both.
  CreateInput again = Alike(1, false);
  again.order_no = "TJ3";
  REQUIRE_OK(Register(book, again));
  CHECK(book.Demand("TJ3").demand().merged_into() == "TJ2");
  CHECK(book.Demand("TJ2").demand().urging_count() == 2);
}

TEST_CASE("merged across subjects, a demand shows nothing of the other order", "[INT-09]") {
  Book book = Pair();
  INFO("INT-09/bad/2");
  REQUIRE_OK(Merge(book, Input(book, false)));
  const v1::DemandRecord child = book.Demand("TJ1");
  CHECK(child.demand().state() == ORDER_STATE_MERGED);
  CHECK(child.demand().merged_into().empty());
  CHECK(child.demand().related_orders().empty());
  CHECK(child.merged_across() == "TJ2");
  CHECK(child.has_result());
  CHECK(child.demand().feedback_time().seconds() == clock::ToProto(book.time).seconds());
  CHECK(book.Body<v1::ResultRecord>(ResultKey("TJ1")).person_digest() == "told");
  CHECK(book.persons.count("TJ1/result") == 1);
  CHECK(book.types == Types{"ResultKept", "LikenessForgotten", "DemandMerged", "DemandUrged"});
  // The seat that merged it knows where it went.
  CHECK(AnswerOf(book).merged_into() == "TJ2");
  CHECK(book.Demand("TJ2").demand().urging_count() == 1);
  // Repeated, it is an order of its own: the other subject's result is nothing to be told.
  CreateInput again = Alike(1, false);
  again.order_no = "TJ3";
  REQUIRE_OK(Register(book, again));
  CHECK(book.Demand("TJ3").demand().state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(book.Demand("TJ3").demand().related_orders().empty());
}

TEST_CASE("only a held demand is merged, and only into another that is open", "[INT-09]") {
  for (int number = OrderState_MIN + 1; number <= OrderState_MAX; ++number) {
    const auto state = static_cast<OrderState>(number);
    CAPTURE(lifecycle::Name(state));
    Book book = Pair(state);
    const absl::Status merged = Merge(book, Input(book, true));
    if (lifecycle::IsOpen(state)) {
      CHECK_OK(merged);
    } else {
      CHECK(ReasonOf(merged) == REASON_MERGE_NOT_OPEN);
      CHECK(book.Demand("TJ1").demand().state() == ORDER_STATE_REGISTERED);
    }
  }
  Book book = Pair();
  MergeInput input = Input(book, true);
  input.into = "TJ1";
  CHECK(testing::FieldsOf(Merge(book, input)) == std::map<std::string, std::string>{{"into", "MERGE_SELF"}});
  input.into = "TJ9";
  CHECK(testing::FieldsOf(Merge(book, input)) == std::map<std::string, std::string>{{"into", "UNKNOWN_VALUE"}});
  input = Input(book, false);
  input.told.reset();
  CHECK(ReasonOf(Merge(book, input)) == REASON_MERGE_OTHER_SUBJECT);
  input = Input(book, true);
  input.told = Told();
  CHECK(testing::FieldsOf(Merge(book, input)) == std::map<std::string, std::string>{{"told_text", "UNKNOWN_VALUE"}});
  input = Input(book, true);
  input.etag = "7";
  CHECK(ReasonOf(Merge(book, input)) == REASON_VERSION_CONFLICT);
  // What routing has is routing's.
  input = Input(book, true);
  std::swap(input.order_no, input.into);
  CHECK(ReasonOf(Merge(book, input)) == REASON_ORDER_NOT_HELD);
  // Into one that is held as well: routing hears of the urging with its submission.
  Book both = NewBook();
  REQUIRE_OK(Register(both, Alike(1, true)));
  REQUIRE_OK(Register(both, Alike(2, true)));
  REQUIRE_OK(Merge(both, Input(both, true)));
  CHECK(both.messages.empty());
  CHECK(both.Demand("TJ2").demand().urging_count() == 1);
}

}  // namespace
}  // namespace jinqi::intake
