#include <cstdio>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/testing/process.h"
#include "tests/load/benches.h"
#include "tests/load/load_client.h"

namespace jinqi::load {
namespace {

constexpr char kCreate[] = "jinqi.intake.v1.IntakeService/CreateDemand";
constexpr double kWantedMegabytes = 40;

struct CreateResult {
  double per_second = 0;
  int failed = 0;
  Percentiles latency;
};

// Keeps `in_flight` creates under way for `seconds`.
class Creator {
 public:
  Creator(rpc::Channel& channel, const rpc::CallOptions& call, std::string run)
      : channel_(channel), call_(call), run_(std::move(run)) {}

  CreateResult Run(int in_flight, int seconds) {
    start_ = absl::Now();
    end_ = start_ + absl::Seconds(seconds);
    for (int i = 0; i < in_flight; ++i) Next();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* open) { return *open == 0; }, &open_));
    CreateResult result;
    result.per_second = static_cast<double>(latencies_.size()) / absl::ToDoubleSeconds(absl::Now() - start_);
    result.failed = failed_;
    result.latency = Of(latencies_);
    return result;
  }

 private:
  void Next() {
    int number = 0;
    {
      absl::MutexLock lock(&mutex_);
      number = next_++;
      ++open_;
    }
    const absl::Time sent = absl::Now();
    channel_.CallAsync<intake::v1::Demand>(kCreate, DemandNumber(run_, number), call_,
                                           [this, sent](absl::StatusOr<intake::v1::Demand> created) {
                                             const absl::Time now = absl::Now();
                                             if (now < end_) Next();
                                             absl::MutexLock lock(&mutex_);
                                             --open_;
                                             if (!created.ok()) ++failed_;
                                             if (created.ok())
                                               latencies_.push_back(absl::ToDoubleMilliseconds(now - sent));
                                           });
  }

  rpc::Channel& channel_;
  const rpc::CallOptions call_;
  const std::string run_;
  absl::Time start_;
  absl::Time end_;
  absl::Mutex mutex_;
  int next_ = 0;
  int open_ = 0;
  int failed_ = 0;
  std::vector<double> latencies_;
};

}  // namespace

void BenchCreate(const BenchOptions& options, harness::DatabaseKind database) {
  harness::ClusterOptions cluster_options;
  cluster_options.programs = options.programs;
  cluster_options.reference = options.reference;
  cluster_options.database = database;
  cluster_options.services = {"intake"};
  harness::Cluster cluster(cluster_options);
  const double idle = AnonymousMegabytes(cluster.process("intake").pid());
  // They outlive the channel, whose threads may still be leaving a callback when the last answer has been counted.
  std::vector<std::unique_ptr<Creator>> creators;
  const auto channel = rpc::Channel::Make(cluster.grpc("intake"));
  const rpc::CallOptions seat = Tokens(cluster).As({config::v1::ROLE_SEAT});
  for (const int in_flight : {64, 256}) {
    creators.push_back(std::make_unique<Creator>(*channel, seat, "create" + std::to_string(in_flight)));
    const CreateResult result = creators.back()->Run(in_flight, options.seconds);
    const int wanted = database == harness::DatabaseKind::kSqlite ? 5000 : 10000;
    std::printf(
        "create     %-10s %3d in flight  %7.0f/s  p50 %6.1f ms  p99 %6.1f ms  failed %d   wanted >= %d/s, p99 < 50 "
        "ms\n",
        DatabaseName(database), in_flight, result.per_second, result.latency.p50_ms, result.latency.p99_ms,
        result.failed, wanted);
  }
  std::printf("memory     %-10s intake idle, anonymous: %.1f MB   wanted < %.0f MB\n", DatabaseName(database), idle,
              kWantedMegabytes);
}

}  // namespace jinqi::load
