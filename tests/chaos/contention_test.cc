// Two replicas each of intake, routing and feedback on PostgreSQL; one is killed every two seconds, one stands frozen
// for thirty; 5,000 conflicting commands on 20 orders: every OK is one effect, and nothing else has one.
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "cli/demo_order.h"
#include "common/crypto/jwt.h"
#include "common/identity/caller.h"
#include "common/rpc/client.h"
#include "common/status/status.h"
#include "common/testing/process.h"
#include "jinqi/events/v1/dead_letter_service.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "tests/harness/cluster.h"

namespace jinqi {
namespace {

using harness::Cluster;

constexpr int kReplicas = 2;
constexpr int kOrders = 20;
constexpr int kCommands = 5000;
constexpr int kThreads = 16;
constexpr int kCreateEvery = 10;
constexpr auto kKillEvery = absl::Seconds(2);
constexpr auto kFrozen = absl::Seconds(30);
const std::vector<std::string> kVictims = {"intake", "routing", "feedback"};

// Calls one replica, then the other, until there is an answer that says something.
class Client {
 public:
  explicit Client(const Cluster& cluster) {
    for (const std::string& service : kVictims) {
      for (int replica = 0; replica < kReplicas; ++replica) {
        channels_[service].push_back(rpc::Channel::Make("file:" + cluster.address_file(service, replica)));
      }
    }
    identity::Caller caller;
    caller.tenant = "tianjin";
    caller.subject = "chaos-1";
    caller.body = "BMZX";
    caller.roles = {config::v1::ROLE_DISPATCHER, config::v1::ROLE_SEAT, config::v1::ROLE_HUB_LEADER,
                    config::v1::ROLE_SYSTEM_ADMINISTRATOR};
    caller.expires = (absl::ToUnixSeconds(absl::Now()) + 3600) * 1'000'000;
    const auto token =
        crypto::SignToken(testing::ReadFile(cluster.service_key()), "service", identity::ClaimsOf(caller));
    if (!token.ok()) throw std::runtime_error("no token");
    options_.authorization = "Bearer " + *token;
    options_.timeout = absl::Seconds(3);
  }

  template <typename Resp>
  absl::StatusOr<Resp> Call(const std::string& service, std::string_view method,
                            const google::protobuf::Message& request) {
    const absl::Time end = absl::Now() + absl::Seconds(120);
    for (int attempt = static_cast<int>(next_++);; ++attempt) {
      auto answer = CallReplica<Resp>(service, attempt % kReplicas, method, request);
      const bool says_nothing = absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status()) ||
                                absl::IsCancelled(answer.status()) || absl::IsResourceExhausted(answer.status());
      if (!says_nothing || absl::Now() > end) return answer;
    }
  }

  template <typename Resp>
  absl::StatusOr<Resp> CallReplica(const std::string& service, int replica, std::string_view method,
                                   const google::protobuf::Message& request) {
    return channels_.at(service)[static_cast<std::size_t>(replica)]->Call<Resp>(method, request, options_);
  }

 private:
  std::map<std::string, std::vector<std::unique_ptr<rpc::Channel>>> channels_;
  rpc::CallOptions options_;
  std::atomic<unsigned> next_ = 0;
};

absl::StatusOr<std::string> Create(Client& client, int number) {
  intake::v1::CreateDemandRequest request;
  request.set_request_id(absl::StrCat("contention-", number));
  auto& demand = *request.mutable_demand();
  demand.set_channel(events::v1::CHANNEL_PHONE_12345);
  demand.set_demand_type(events::v1::DEMAND_TYPE_HELP);
  demand.set_title("用电结算");
  demand.set_content("用电协议变更后电费结算基数不对");
  demand.set_contact_phone("13800000000");
  demand.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_ENTERPRISE);
  demand.mutable_subject()->set_enterprise_name("津企演示公司");
  demand.mutable_subject()->set_district_code("120104");
  demand.mutable_subject()->set_uscc(cli::SyntheticUscc("120104", absl::StrCat("contention/", number), false));
  const auto created = client.Call<intake::v1::Demand>("intake", "jinqi.intake.v1.IntakeService/CreateDemand", request);
  if (!created.ok()) return created.status();
  return created->order_no();
}

absl::StatusOr<routing::v1::WorkOrder> Get(Client& client, const std::string& order_no) {
  routing::v1::GetWorkOrderRequest request;
  request.set_name("workOrders/" + order_no);
  return client.Call<routing::v1::WorkOrder>("routing", "jinqi.routing.v1.RoutingService/GetWorkOrder", request);
}

// One conflicting command: true when it was answered OK.
absl::StatusOr<bool> AddNote(Client& client, const std::string& order_no, int number) {
  const auto order = Get(client, order_no);
  if (!order.ok()) return order.status();
  routing::v1::AddNoteRequest request;
  request.set_name(order->name());
  request.set_etag(order->etag());
  request.set_request_id(absl::StrCat("note-", number));
  request.set_text(absl::StrCat("note ", number));
  const auto noted = client.Call<routing::v1::WorkOrder>("routing", "jinqi.routing.v1.RoutingService/AddNote", request);
  if (noted.ok()) return true;
  if (ReasonOf(noted.status()) == config::v1::REASON_VERSION_CONFLICT) return false;
  return noted.status();
}

struct Tally {
  std::array<std::atomic<int>, kOrders> notes{};
  std::atomic<int> created = 0;
  std::atomic<int> conflicts = 0;
  absl::Mutex mutex;
  std::vector<std::string> faults ABSL_GUARDED_BY(mutex);
};

void Work(Client& client, const std::vector<std::string>& orders, std::atomic<int>& next, Tally& tally) {
  for (int number = next++; number < kCommands; number = next++) {
    absl::Status status;
    if (number % kCreateEvery == 0) {
      const auto created = Create(client, kOrders + number);
      status = created.status();
      if (created.ok()) ++tally.created;
    } else {
      // All threads on one order at a time: that is where they conflict.
      const std::size_t order = static_cast<std::size_t>(number / kThreads) % kOrders;
      const auto noted = AddNote(client, orders[order], number);
      status = noted.status();
      if (noted.ok()) ++(*noted ? tally.notes[order] : tally.conflicts);
    }
    if (status.ok()) continue;
    absl::MutexLock lock(&tally.mutex);
    tally.faults.push_back(absl::StrCat("command ", number, ": ", status.ToString()));
  }
}

// Kills a replica every two seconds while the commands run; freezes another one once.
void Torment(Cluster& cluster, const std::function<bool()>& done) {
  std::mt19937 random(20251013);
  INFO("seed 20251013");
  const absl::Time frozen_until = absl::Now() + kFrozen;
  bool frozen = true;
  // The replica whose relay holds the leases first.
  cluster.process("intake", 0).Kill(SIGSTOP);
  const auto thaw = [&] {
    if (!frozen) return;
    cluster.process("intake", 0).Kill(SIGCONT);
    frozen = false;
  };
  while (!done() || frozen) {
    if (absl::Now() > frozen_until) thaw();
    const std::string victim = kVictims[random() % kVictims.size()];
    const int replica = frozen && victim == "intake" ? 1 : static_cast<int>(random() % kReplicas);
    cluster.Kill9(victim, replica);
    cluster.Start(victim, replica);
    cluster.WaitReady(victim, replica);
    testing::WaitFor([&] { return done() && !frozen; }, testing::Milliseconds(absl::ToInt64Milliseconds(kKillEvery)));
  }
}

TEST_CASE("two replicas each, killed and frozen, under conflicting commands", "[RTE-24][GWY-11][GWY-12]") {
  INFO("RTE-24/accept");
  harness::ClusterOptions options;
  options.programs = JINQI_PROGRAMS;
  options.reference = std::string(JINQI_SOURCE_DIR) + "/deploy/reference";
  options.database = harness::DatabaseKind::kPostgres;
  options.replicas = kReplicas;
  options.services = kVictims;
  Cluster cluster(options);
  Client client(cluster);
  std::vector<std::string> orders;
  for (int i = 0; i < kOrders; ++i) {
    const auto created = Create(client, i);
    INFO(created.status().ToString());
    REQUIRE(created.ok());
    orders.push_back(*created);
    REQUIRE(testing::WaitFor([&] { return Get(client, orders.back()).ok(); }));
  }

  Tally tally;
  std::atomic<int> next = 0;
  std::atomic<int> running = kThreads;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Work(client, orders, next, tally);
      --running;
    });
  }
  Torment(cluster, [&] { return running == 0; });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& service : kVictims) {
    for (int replica = 0; replica < kReplicas; ++replica) cluster.WaitReady(service, replica);
  }

  {
    absl::MutexLock lock(&tally.mutex);
    for (const std::string& fault : tally.faults) FAIL_CHECK(fault);
  }
  CHECK(tally.created == kCommands / kCreateEvery);
  int effects = 0;
  for (std::size_t i = 0; i < kOrders; ++i) {
    const auto order = Get(client, orders[i]);
    REQUIRE(order.ok());
    CHECK(order->notes_size() == tally.notes[i]);
    effects += order->notes_size();
    routing::v1::ListWorkOrderEventsRequest request;
    request.set_parent(order->name());
    const auto events = client.Call<routing::v1::ListWorkOrderEventsResponse>(
        "routing", "jinqi.routing.v1.RoutingService/ListWorkOrderEvents", request);
    REQUIRE(events.ok());
    for (int e = 0; e < events->events_size(); ++e) CHECK(events->events(e).sequence() == e + 1);
  }
  WARN(effects << " notes, " << tally.conflicts << " conflicts, " << tally.created << " demands");
  // Every demand reaches routing, once.
  CHECK(testing::WaitFor(
      [&] {
        routing::v1::ListWorkOrdersRequest request;
        request.set_page_size(1);
        request.set_with_total(true);
        const auto listed = client.Call<routing::v1::ListWorkOrdersResponse>(
            "routing", "jinqi.routing.v1.RoutingService/ListWorkOrders", request);
        return listed.ok() && listed->total_size() == kOrders + tally.created;
      },
      testing::Milliseconds(60'000)));
  for (const std::string& service : kVictims) {
    const auto letters = client.Call<events::v1::ListDeadLettersResponse>(
        service, "jinqi.events.v1.DeadLetterService/ListDeadLetters", events::v1::ListDeadLettersRequest());
    REQUIRE(letters.ok());
    CHECK(letters->dead_letters_size() == 0);
  }
  testing::TempDir folder;
  for (const std::string& service : kVictims) {
    testing::Subprocess::Options verify;
    verify.argv = {cluster.programs() + "/jinqi_" + service, "--config", cluster.config_file(service), "--verify",
                   folder.File(service)};
    const testing::RunResult result = testing::RunProgram(verify);
    INFO(result.output << result.errors);
    CHECK(result.status == 0);
  }
}

}  // namespace
}  // namespace jinqi
