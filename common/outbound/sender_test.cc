// The sender with the ledger's leases and a transport that says what it is told.
#include "common/outbound/sender.h"

#include <catch2/catch.hpp>
#include <deque>

#include "common/ledger/test_fixture.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"

namespace jinqi::outbound {
namespace {

using clock::kMinute;
using clock::kSecond;
using testing::Must;

constexpr clock::Micros kNow = 1'760'000'000 * kSecond;

// Jobs are there until they are settled.
class Jobs final : public Owner {
 public:
  absl::StatusOr<std::vector<Job>> Due(clock::Micros, int limit) override {
    asked = limit;
    std::vector<Job> due;
    for (const std::string& id : open) due.push_back({id, kNow});
    return due;
  }
  absl::StatusOr<Letter> Write(const Job& job) override {
    if (job.id == unwritable) return absl::UnavailableError("intake");
    if (job.id == unsent) return Letter{{}, "NO_CONTACT"};
    return Letter{{"key-" + job.id, "{}"}, {}};
  }
  absl::Status Settle(const Job& job, const Report& report) override {
    if (job.id == unsettled) return absl::UnavailableError("database");
    settled.emplace_back(job.id, report.unsent.empty() ? std::string(Name(report.outcome)) : report.unsent);
    std::erase(open, job.id);
    return absl::OkStatus();
  }

  std::vector<std::string> open;
  std::string unwritable, unsent, unsettled;
  std::vector<std::pair<std::string, std::string>> settled;
  int asked = 0;
};

class Told final : public Transport {
 public:
  Result Send(const Message& message, clock::Micros) override {
    keys.push_back(message.key);
    if (outcomes.empty()) return {Outcome::kDelivered, 200};
    const Outcome outcome = outcomes.front();
    outcomes.pop_front();
    return {outcome};
  }
  std::vector<std::string> keys;
  std::deque<Outcome> outcomes;
};

class Bench {
 public:
  Bench() {
    ledger::Options options;
    options.database = "sqlite:" + folder_.File("db");
    options.writer = "test";
    ledger_ = Must(ledger::Ledger::Open(options, {ledger::NoteKind()}, ledger::NoteMigrations(), &clock));
    sender = MakeSender("a");
  }
  std::unique_ptr<Sender> MakeSender(const std::string& holder) {
    Sender::Options options;
    options.target = "test";
    options.holder = holder;
    return std::make_unique<Sender>(options, jobs, transport, *ledger_, clock, metrics);
  }
  double Count(const std::string& outcome) {
    return metrics.MakeCounter("jinqi_outbound_deliveries_total", "", {{"target", "test"}, {"outcome", outcome}})
        .Value();
  }

  clock::ManualClock clock{kNow};
  metrics::Metrics metrics{"test"};
  Jobs jobs;
  Told transport;

 private:
  testing::TempDir folder_;
  std::unique_ptr<ledger::Ledger> ledger_;

 public:
  std::unique_ptr<Sender> sender;
};

using Keys = std::vector<std::string>;
using Settled = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("what is due is sent and settled, in order", "[FBK-13]") {
  Bench bench;
  bench.jobs.open = {"1", "2", "3", "4"};
  bench.jobs.unsent = "3";
  bench.transport.outcomes = {Outcome::kDelivered, Outcome::kRetry, Outcome::kRefused};
  CHECK(Must(bench.sender->Pass()) == 4);
  CHECK(bench.transport.keys == Keys{"key-1", "key-2", "key-4"});
  CHECK(bench.jobs.settled == Settled{{"1", "delivered"}, {"2", "retry"}, {"3", "NO_CONTACT"}, {"4", "refused"}});
  CHECK(bench.Count("delivered") == 1);
  CHECK(bench.Count("retry") == 1);
  CHECK(bench.Count("refused") == 1);
}

TEST_CASE("who is away is left alone, and nothing counts as an attempt", "[FBK-13]") {
  Bench bench;
  bench.jobs.open = {"1", "2", "3", "4"};
  bench.transport.outcomes = {Outcome::kAway, Outcome::kAway, Outcome::kAway, Outcome::kAway};
  CHECK(Must(bench.sender->Pass()) == 0);
  CHECK(bench.transport.keys == Keys{"key-1", "key-2", "key-3"});
  CHECK(bench.jobs.settled.empty());
  CHECK(bench.Count("away") == 3);
  CHECK(Must(bench.sender->Pass()) == 0);
  CHECK(bench.transport.keys.size() == 3);
  INFO("one attempt after the pause, and all goes on when it is back");
  bench.clock.Advance(7 * kSecond);
  CHECK(Must(bench.sender->Pass()) == 0);
  CHECK(bench.transport.keys.size() == 4);
  bench.clock.Advance(kMinute);
  CHECK(Must(bench.sender->Pass()) == 4);
  CHECK(bench.jobs.open.empty());
}

TEST_CASE("one that cannot be written or settled holds up no other", "[FBK-13]") {
  Bench bench;
  bench.jobs.open = {"1", "2", "3"};
  bench.jobs.unwritable = "1";
  bench.jobs.unsettled = "2";
  CHECK(Must(bench.sender->Pass()) == 1);
  CHECK(bench.jobs.settled == Settled{{"3", "delivered"}});
  CHECK(bench.jobs.open == Keys{"1", "2"});
  CHECK(bench.transport.keys == Keys{"key-2", "key-3"});
  INFO("the question leaves room for those that wait");
  CHECK(bench.jobs.asked == 64 + 2);
  bench.jobs.unwritable.clear();
  bench.jobs.unsettled.clear();
  bench.clock.Advance(kSecond - 1);
  CHECK(Must(bench.sender->Pass()) == 0);
  bench.clock.Advance(1);
  CHECK(Must(bench.sender->Pass()) == 2);
  INFO("again under its key");
  CHECK(bench.transport.keys == Keys{"key-2", "key-3", "key-1", "key-2"});
}

TEST_CASE("of two replicas one sends, and the other goes on when it is gone", "[FBK-13]") {
  Bench bench;
  const auto other = bench.MakeSender("b");
  bench.jobs.open = {"1"};
  REQUIRE(Must(bench.sender->Pass()) == 1);
  bench.jobs.open = {"2"};
  CHECK(Must(other->Pass()) == 0);
  CHECK(bench.transport.keys == Keys{"key-1"});
  bench.clock.Advance(2 * kMinute + kSecond);
  CHECK(Must(other->Pass()) == 1);
  CHECK(bench.transport.keys == Keys{"key-1", "key-2"});
}

TEST_CASE("a sender that stops gives its lease back", "[FBK-13]") {
  Bench bench;
  const auto other = bench.MakeSender("b");
  bench.jobs.open = {"1"};
  bench.sender->Start();
  REQUIRE(testing::WaitFor([&] { return bench.Count("delivered") == 1; }));
  bench.sender->Stop();
  bench.jobs.open = {"2"};
  CHECK(Must(other->Pass()) == 1);
}

}  // namespace
}  // namespace jinqi::outbound
