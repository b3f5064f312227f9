#include "common/queue/dead_letters.h"

#include <atomic>
#include <memory>
#include <string>

#include "common/ledger/letter_log.h"
#include "common/queue/queue_fixture.h"

namespace jinqi::queue {
namespace {

using testing::Must;
using testing::WaitFor;

const ledger::LetterDecision kOperator{"operator", "Decide", 0, false};

struct Ward {
  Ward() : relay(pair.NewRelay()), consumer(pair.NewConsumer(FastConsumer("sink-1"), NoteHandler(cured))) {}

  std::shared_ptr<std::atomic<bool>> cured = std::make_shared<std::atomic<bool>>(false);
  Pair pair;
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Consumer> consumer;
  DeadLetters letters{pair.sink.ledger(), {{"source", NoteHandler(cured)}}, nullptr};
};

TEST_CASE("a poisoned message is parked, its key waits behind it, others go on", "[QUEUE]") {
  Ward ward;
  ward.pair.source.SayText("sick", "1");
  ward.pair.source.SayText("sick", "poison");
  ward.pair.source.SayText("sick", "3");
  ward.pair.source.Say(100, 10);
  REQUIRE(WaitFor([&] { return ward.pair.Caught(); }));
  ward.pair.CheckAll(100, 10);
  CHECK(ward.pair.sink.Read("sick") == "1;");
  auto parked = Must(ward.letters.List(10));
  REQUIRE(parked.size() == 2);
  CHECK(parked[0].key == "sick");
  CHECK(parked[0].reason == "FORMAT");
  CHECK(parked[1].reason == "KEY_PARKED");
  CHECK(WaitFor(
      [&] { return MetricValue(ward.pair.metrics, R"(queue_dead_letters{group="sink",stream="source"})") == 2; }));
  CHECK(MetricValue(ward.pair.metrics, R"(queue_deliveries_total{group="sink",outcome="dead",stream="source"})") == 2);
  // What comes later waits as well.
  ward.pair.source.SayText("sick", "4");
  REQUIRE(WaitFor([&] { return ward.pair.Caught(); }));
  CHECK(ward.pair.sink.Read("sick") == "1;");
  CHECK(Must(ward.letters.List(10)).size() == 3);

  SECTION("a retry that is refused again leaves all") {
    CHECK(ReasonOf(ward.letters.Retry({kTenant, "source", "sick"}, kOperator).status()) == config::v1::REASON_FORMAT);
    CHECK(Must(ward.letters.List(10)).size() == 3);
    CHECK(ward.pair.sink.Read("sick") == "1;");
  }
  SECTION("a retry after the cure applies all in order") {
    *ward.cured = true;
    CHECK(Must(ward.letters.Retry({kTenant, "source", "sick"}, kOperator)) == 3);
    CHECK(ward.pair.sink.Read("sick") == "1;poison;3;4;");
    CHECK(Must(ward.letters.List(10)).empty());
    CHECK(ReasonOf(ward.letters.Retry({kTenant, "source", "sick"}, kOperator).status()) ==
          config::v1::REASON_NOT_FOUND);
  }
  SECTION("the poison is discarded, the rest retried") {
    const LetterPlace place = {"source", parked[0].partition, parked[0].position};
    REQUIRE_OK(ward.letters.Discard(place, kOperator));
    CHECK(ReasonOf(ward.letters.Discard(place, kOperator)) == config::v1::REASON_NOT_FOUND);
    CHECK(Must(ward.letters.List(10)).size() == 2);
    CHECK(Must(ward.letters.Retry({kTenant, "source", "sick"}, kOperator)) == 2);
    CHECK(ward.pair.sink.Read("sick") == "1;3;4;");
  }
  if (!Must(ward.letters.List(10)).empty()) return;
  // The key is free again.
  ward.pair.source.SayText("sick", "5");
  REQUIRE(WaitFor([&] { return ward.pair.Caught(); }));
  CHECK(ward.pair.sink.Read("sick").ends_with("4;5;"));
}

TEST_CASE("a message that the handler refuses is parked; one that it has no use for is skipped", "[QUEUE]") {
  Ward ward;
  ward.pair.source.SayText("a", "unfit");
  ward.pair.source.SayText("b", "ignore");
  ward.pair.source.SayText("b", "2");
  REQUIRE(WaitFor([&] { return ward.pair.Caught(); }));
  CHECK(ward.pair.sink.Read("b") == "2;");
  const auto parked = Must(ward.letters.List(10));
  REQUIRE(parked.size() == 1);
  CHECK(parked[0].key == "a");
  CHECK(WaitFor([&] {
    return MetricValue(ward.pair.metrics,
                       R"(queue_deliveries_total{group="sink",outcome="skipped",stream="source"})") == 1;
  }));
}

TEST_CASE("what is decided about a letter stands in its log", "[QUEUE]") {
  Ward ward;
  ward.pair.source.SayText("sick", "poison");
  ward.pair.source.SayText("other", "poison");
  REQUIRE(WaitFor([&] { return ward.pair.Caught(); }));
  auto parked = Must(ward.letters.List(10));
  REQUIRE(parked.size() == 2);
  if (parked[0].key != "sick") std::swap(parked[0], parked[1]);
  *ward.cured = true;
  CHECK(Must(ward.letters.Retry({kTenant, "source", "sick"}, kOperator)) == 1);
  REQUIRE_OK(ward.letters.Discard({"source", parked[1].partition, parked[1].position}, kOperator));
  const auto last = [&](const ledger::DeadLetter& letter) {
    return Must(ward.pair.sink.ledger().reader().History(kTenant, ledger::LetterLogKey(letter))).back();
  };
  CHECK(last(parked[0]).type == "LetterApplied");
  CHECK(last(parked[0]).caller == "operator");
  CHECK(last(parked[1]).type == "LetterDiscarded");
  CHECK(last(parked[1]).method == "Decide");
}

TEST_CASE("a handler that lacks something for a while parks nothing", "[QUEUE]") {
  Pair pair;
  const auto relay = pair.NewRelay();
  const auto there = std::make_shared<std::atomic<bool>>(false);
  const auto asked = std::make_shared<std::atomic<int>>(0);
  const Handler handler =
      [=, notes = NoteHandler()](const Envelope& envelope) -> absl::StatusOr<std::optional<ledger::Command>> {
    if (envelope.payload() == "2" && !*there) {
      ++*asked;
      return absl::UnavailableError("not now");
    }
    return notes(envelope);
  };
  const auto consumer = pair.NewConsumer(FastConsumer("sink-1"), handler);
  for (const char* text : {"1", "2", "3"}) pair.source.SayText("k0", text);
  REQUIRE(WaitFor([&] { return *asked > 0; }));
  REQUIRE(WaitFor([&] { return pair.sink.Read("k0") == "1;"; }));
  *there = true;
  REQUIRE(WaitFor([&] { return pair.Caught(); }));
  CHECK(pair.sink.Read("k0") == "1;2;3;");
  CHECK(Must(pair.sink.ledger().reader().DeadLetters(10)).empty());
}

}  // namespace
}  // namespace jinqi::queue
