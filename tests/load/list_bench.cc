// Pages of orders by body and state, with few and with many orders in PostgreSQL: time, and buffers read a page.
#include <algorithm>
#include <cstdio>
#include <random>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "tests/load/benches.h"
#include "tests/load/load_client.h"

namespace jinqi::load {
namespace {

constexpr char kList[] = "jinqi.routing.v1.RoutingService/ListWorkOrders";
constexpr int kFew = 10'000;
constexpr int kBodies = 20;
constexpr int kPages = 1'500;
constexpr double kWantedMilliseconds = 10;
constexpr int kWantedBuffers = 150;
// Enough to hold the page that is looked at.
constexpr int kLookedAt = 20;

// Copies of one real order, each under a number of its own, spread over bodies, states and days.
std::string CopiesSql(int from, int to) {
  return absl::StrCat(
      "INSERT INTO work_order (tenant, id, version, sequence, head, sent, time, body, timers, generation, due, state, "
      "main, district, due_time, open_due, exception_due, supervised_due, calendar_version) "
      "SELECT w.tenant, 'L' || lpad(n::text, 9, '0'), w.version, w.sequence, w.head, w.sent, w.time, w.body, '', 0, "
      "NULL, "
      "CASE WHEN n % 7 = 0 THEN 5 ELSE 11 END, 'B' || (n % ",
      kBodies,
      "), w.district, w.due_time + (n::bigint * 7919) % 100000000 * 1000000, "
      "CASE WHEN n % 7 = 0 THEN w.due_time END, NULL, NULL, w.calendar_version "
      "FROM (SELECT * FROM work_order WHERE id NOT LIKE 'L%' LIMIT 1) AS w, generate_series(",
      from, ", ", to, ") AS n");
}

class Lists {
 public:
  explicit Lists(const BenchOptions& options) : cluster_(Options(options)) {
    channel_ = rpc::Channel::Make(cluster_.grpc("routing"));
    dispatcher_ = Tokens(cluster_).As({config::v1::ROLE_DISPATCHER});
    MakeOrder();
  }

  void FillTo(int count) {
    constexpr int kAtOnce = 500'000;
    for (; filled_ < count; filled_ = std::min(count, filled_ + kAtOnce)) {
      Psql(CopiesSql(filled_ + 1, std::min(count, filled_ + kAtOnce)));
    }
    Psql("VACUUM ANALYZE work_order");
  }

  // One after the other; each two pages deep, of any body.
  Percentiles Measure() {
    std::mt19937 random(7);
    std::vector<double> latencies;
    for (int i = 0; i < kPages; ++i) {
      routing::v1::ListWorkOrdersRequest request;
      request.set_page_size(100);
      request.set_state(events::v1::ORDER_STATE_CLOSED);
      request.set_main_undertaker(absl::StrCat("B", random() % kBodies));
      for (int page = 0; page < 2; ++page) {
        const absl::Time sent = absl::Now();
        const auto listed =
            testing::Must(channel_->Call<routing::v1::ListWorkOrdersResponse>(kList, request, dispatcher_));
        latencies.push_back(absl::ToDoubleMilliseconds(absl::Now() - sent));
        if (listed.work_orders_size() != 100) throw std::runtime_error("a page is not full");
        request.set_page_token(listed.next_page_token());
      }
    }
    return Of(latencies);
  }

  // The most buffers that PostgreSQL says to have touched for one page.
  int Buffers() {
    Psql("ALTER SYSTEM SET auto_explain.log_min_duration = 0");
    Psql("SELECT pg_reload_conf()");
    const std::size_t before = cluster_.postgres().log().size();
    int most = 0;
    testing::WaitFor([&] {
      routing::v1::ListWorkOrdersRequest request;
      request.set_page_size(100);
      request.set_state(events::v1::ORDER_STATE_CLOSED);
      for (int body = 0; body < kLookedAt; ++body) {
        request.set_main_undertaker(absl::StrCat("B", body));
        if (!channel_->Call<routing::v1::ListWorkOrdersResponse>(kList, request, dispatcher_).ok()) return false;
      }
      most = MostOf(cluster_.postgres().log().substr(before));
      return most > 0;
    });
    Psql("ALTER SYSTEM RESET auto_explain.log_min_duration");
    Psql("SELECT pg_reload_conf()");
    return most;
  }

 private:
  static harness::ClusterOptions Options(const BenchOptions& bench) {
    harness::ClusterOptions options;
    options.programs = bench.programs;
    options.reference = bench.reference;
    options.database = harness::DatabaseKind::kPostgres;
    options.services = {"intake", "routing"};
    options.postgres_settings = {"shared_preload_libraries=auto_explain", "auto_explain.log_analyze=on",
                                 "auto_explain.log_buffers=on", "max_wal_size=4GB", "shared_buffers=1GB"};
    return options;
  }

  void Psql(const std::string& sql) {
    // postgresql:///NAME?host=…
    const std::string uri = cluster_.database_uri("routing");
    const std::size_t slash = uri.rfind('/', uri.find('?'));
    cluster_.postgres().Psql(uri.substr(slash + 1, uri.find('?') - slash - 1), sql);
  }

  // Through intake, as every order comes.
  void MakeOrder() {
    const auto intake = rpc::Channel::Make(cluster_.grpc("intake"));
    const auto demand = testing::Must(intake->Call<intake::v1::Demand>("jinqi.intake.v1.IntakeService/CreateDemand",
                                                                       DemandNumber("list", 1),
                                                                       Tokens(cluster_).As({config::v1::ROLE_SEAT})));
    routing::v1::GetWorkOrderRequest request;
    request.set_name("workOrders/" + demand.order_no());
    const bool there = testing::WaitFor([&] {
      return channel_
          ->Call<routing::v1::WorkOrder>("jinqi.routing.v1.RoutingService/GetWorkOrder", request, dispatcher_)
          .ok();
    });
    if (!there) throw std::runtime_error("the order does not arrive");
  }

  // Of each plan of a list: the buffers of its topmost node, which hold those below.
  static int MostOf(const std::string& log) {
    int most = 0;
    bool list = false;
    for (const absl::string_view line : absl::StrSplit(log, '\n')) {
      if (absl::StrContains(line, "Query Text:")) {
        list = absl::StrContains(line, "FROM \"work_order\"") && absl::StrContains(line, "ORDER BY");
      }
      if (!list || !absl::StrContains(line, "Buffers: shared")) continue;
      int touched = 0;
      for (const absl::string_view word : absl::StrSplit(line, ' ')) {
        int number = 0;
        const std::size_t equals = word.find('=');
        const bool read = absl::StartsWith(word, "hit=") || absl::StartsWith(word, "read=");
        if (read && absl::SimpleAtoi(word.substr(equals + 1), &number)) touched += number;
      }
      most = std::max(most, touched);
      list = false;
    }
    return most;
  }

  harness::Cluster cluster_;
  std::unique_ptr<rpc::Channel> channel_;
  rpc::CallOptions dispatcher_;
  int filled_ = 0;
};

}  // namespace

void BenchLists(const BenchOptions& options) {
  Lists lists(options);
  for (const int orders : {kFew, std::max(options.rows, kFew)}) {
    const absl::Time start = absl::Now();
    lists.FillTo(orders);
    const double filled = absl::ToDoubleSeconds(absl::Now() - start);
    lists.Measure();
    const Percentiles latency = lists.Measure();
    std::printf(
        "lists      PostgreSQL %9d orders (filled in %.0f s)  pages of 100: p50 %.1f ms  p99 %.1f ms  at most %d "
        "buffers   "
        "wanted p99 < %.0f ms, <= %d buffers\n",
        orders, filled, latency.p50_ms, latency.p99_ms, lists.Buffers(), kWantedMilliseconds, kWantedBuffers);
  }
}

}  // namespace jinqi::load
