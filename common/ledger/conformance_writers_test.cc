// Points 2, 6 and 9 of the contract: two writers on one PostgreSQL database.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/ledger/conformance.h"
#include "common/testing/process.h"

namespace jinqi::ledger::conformance {
namespace {

TEST_CASE("two writers and 5,000 conflicting commands on 20 records: answers OK are effects", "[ledger-6][ledger-9]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  constexpr int kRequests = 2500;
  constexpr int kRecords = 20;
  // Each request goes to both writers: moves one from a record to another, relying on a third.
  const auto make = [](int i) {
    const std::string from = absl::StrCat("k", (i * 7) % kRecords);
    const std::string to = absl::StrCat("k", (i * 7 + 1 + i % 19) % kRecords);
    const std::string relied = absl::StrCat("k", (i * 3 + 5) % kRecords);
    std::vector<Name> names = {{ItemKey(from)}, {ItemKey(to)}};
    if (relied != from && relied != to) names.push_back({ItemKey(relied), Access::kRely});
    return MakeCommand(absl::StrCat("r", i), names, [from, to](const View& view) -> absl::StatusOr<Outcome> {
      ASSIGN_OR_RETURN(Item a, ReadItem(view, ItemKey(from)));
      ASSIGN_OR_RETURN(Item b, ReadItem(view, ItemKey(to)));
      --a.count;
      ++b.count;
      return Outcomes({SetItem(ItemKey(from), a), SetItem(ItemKey(to), b)});
    });
  };
  std::vector<std::atomic<int>> accepted(kRequests);
  std::vector<std::atomic<int>> fresh(kRequests);
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  for (int t = 0; t < 32; ++t) {
    threads.emplace_back([&, t] {
      Bench& bench = t % 2 == 0 ? first : second;
      for (int i = t / 2; i < kRequests; i += 16) {
        const absl::StatusOr<Answer> answer = bench.Try(make(i));
        if (!answer.ok()) ++refused;
        if (answer.ok()) ++accepted[static_cast<std::size_t>(i)];
        if (answer.ok() && !answer->replayed) ++fresh[static_cast<std::size_t>(i)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 0);
  std::int64_t effects = 0;
  for (std::size_t i = 0; i < kRequests; ++i) {
    effects += accepted[i] > 0 ? 1 : 0;
    if (fresh[i] > 1) FAIL_CHECK("request " << i << " took effect twice");
  }
  std::int64_t sum = 0;
  std::int64_t versions = 0;
  for (int i = 0; i < kRecords; ++i) {
    const Key key = ItemKey(absl::StrCat("k", i));
    CHECK(HistoryFault(first, key).empty());
    sum += first.CountOf(key.id);
    versions += first.Get(key).version;
  }
  CHECK(sum == 0);
  CHECK(versions == 2 * effects);
  CHECK(OutboxFault(first).empty());
  CHECK(VerifyFindings(database).empty());
  // All writers lock in one order; sessions tell of themselves when they end.
  first.Close();
  second.Close();
  CHECK(database.Ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == "0");
}

TEST_CASE("two writers that make the same records agree on one of them", "[ledger-6]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string id = absl::StrCat("new", i);
        const auto make = MakeCommand("", {{ItemKey(id)}}, [id](const View& view) -> absl::StatusOr<Outcome> {
          if (view.Find(ItemKey(id)) != nullptr) return Error(config::v1::REASON_ALREADY_EXISTS);
          return Outcomes({SetItem(ItemKey(id), Item())});
        });
        if ((t % 2 == 0 ? first : second).Try(make).ok()) ++made;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(made == 50);
  CHECK(database.Ask("SELECT count(*) FROM item WHERE version = 1") == "50");
  CHECK(VerifyFindings(database).empty());
}

TEST_CASE("what a decision relied on does not change until it has committed", "[ledger-2]") {
  const TestDatabase database(Backend::kPostgres);
  Bench first(database, "w1");
  Bench second(database, "w2");
  first.Run(AddTo("relied", 1));
  absl::Notification entered;
  absl::Notification released;
  const auto relying = MakeCommand("", {{ItemKey("relied"), Access::kRely}, {ItemKey("effect")}},
                                   [&](const View& view) -> absl::StatusOr<Outcome> {
                                     ASSIGN_OR_RETURN(const Item item, ReadItem(view, ItemKey("relied")));
                                     if (!entered.HasBeenNotified()) entered.Notify();
                                     released.WaitForNotification();
                                     return Outcomes({SetItem(ItemKey("effect"), item)});
                                   });
  std::thread slow([&] { first.Run(relying); });
  entered.WaitForNotification();
  // Comes while the other decides; sees his effect, as it waits for him.
  std::int64_t seen = 0;
  const auto changing = MakeCommand("", {{ItemKey("relied")}, {ItemKey("effect"), Access::kRely}},
                                    [&seen](const View& view) -> absl::StatusOr<Outcome> {
                                      ASSIGN_OR_RETURN(Item item, ReadItem(view, ItemKey("relied")));
                                      ASSIGN_OR_RETURN(const Item effect, ReadItem(view, ItemKey("effect")));
                                      seen = effect.count;
                                      ++item.count;
                                      return Outcomes({SetItem(ItemKey("relied"), item)});
                                    });
  std::thread quick([&] { second.Run(changing); });
  CHECK(testing::WaitFor([&] {
    return database.Ask(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
               "current_database()") == "1";
  }));
  released.Notify();
  slow.join();
  quick.join();
  CHECK(first.CountOf("effect") == 1);
  CHECK(first.CountOf("relied") == 2);
  CHECK(seen == 1);
}

}  // namespace
}  // namespace jinqi::ledger::conformance
