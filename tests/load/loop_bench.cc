#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/status/status.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "tests/load/benches.h"
#include "tests/load/load_client.h"

namespace jinqi::load {
namespace {

using routing::v1::WorkOrder;

// Calls at once.
constexpr int kClients = 128;
// Demands that are created and not yet rated: as many as the services can take, and at a pace that leaves them air.
constexpr int kFull = 1024;
constexpr int kCalm = 64;
constexpr char kBody[] = "SGCC";
// Until the next person opens a demand: nobody looks for it in the millisecond in which it arrives.
constexpr absl::Duration kNextDesk = absl::Milliseconds(300);

using Channels = std::map<std::string, std::unique_ptr<rpc::Channel>>;

// A demand and who is next to open it.
struct Demand {
  enum class Desk { kSeat, kDispatcher, kEnterprise, kNobody };
  int number = 0;
  Desk desk = Desk::kSeat;
  std::string order_no;
  std::string uscc;
};

// What each desk does with a demand, by gRPC to the services themselves.
class Desks {
 public:
  Desks(const Channels& channels, const Tokens& tokens, std::string run)
      : channels_(channels), tokens_(tokens), run_(std::move(run)) {
    staff_ = tokens_.As({config::v1::ROLE_SEAT, config::v1::ROLE_DISPATCHER, config::v1::ROLE_REVIEWER});
    undertaker_ = tokens_.As({config::v1::ROLE_UNDERTAKER}, kBody);
  }

  // NOT_FOUND before the event that brings it to the desk.
  absl::Status Pass(Demand& demand) const {
    switch (demand.desk) {
      case Demand::Desk::kSeat: return Create(demand);
      case Demand::Desk::kDispatcher: return Handle(demand);
      case Demand::Desk::kEnterprise: return Rate(demand);
      case Demand::Desk::kNobody: break;
    }
    return absl::OkStatus();
  }

 private:
  template <typename Resp>
  absl::StatusOr<Resp> Call(const std::string& service, std::string_view method,
                            const google::protobuf::Message& request, const rpc::CallOptions& options) const {
    return channels_.at(service)->Call<Resp>(method, request, options);
  }

  absl::StatusOr<WorkOrder> Move(const std::string& method, const google::protobuf::Message& request,
                                 const rpc::CallOptions& options) const {
    return Call<WorkOrder>("routing", "jinqi.routing.v1.RoutingService/" + method, request, options);
  }

  template <typename Request>
  static Request On(const WorkOrder& order, std::string_view step) {
    Request request;
    request.set_name(order.name());
    request.set_etag(order.etag());
    request.set_request_id(absl::StrCat(order.order_no(), "-", std::string(step)));
    return request;
  }

  absl::Status Create(Demand& demand) const {
    const auto request = DemandNumber(run_, demand.number);
    ASSIGN_OR_RETURN(const auto created,
                     Call<intake::v1::Demand>("intake", "jinqi.intake.v1.IntakeService/CreateDemand", request, staff_));
    demand.order_no = created.order_no();
    demand.uscc = request.demand().subject().uscc();
    demand.desk = Demand::Desk::kDispatcher;
    return absl::OkStatus();
  }

  // From the dispatch to the feedback.
  absl::Status Handle(Demand& demand) const {
    routing::v1::GetWorkOrderRequest get;
    get.set_name("workOrders/" + demand.order_no);
    ASSIGN_OR_RETURN(WorkOrder order, Move("GetWorkOrder", get, staff_));
    auto dispatch = On<routing::v1::DispatchWorkOrderRequest>(order, "dispatch");
    dispatch.set_main_undertaker(kBody);
    dispatch.set_proposal_id(order.proposal().proposal_id());
    dispatch.set_reason("压测");
    ASSIGN_OR_RETURN(order, Move("DispatchWorkOrder", dispatch, staff_));
    ASSIGN_OR_RETURN(order, Move("SignWorkOrder", On<routing::v1::SignWorkOrderRequest>(order, "sign"), undertaker_));
    auto contact = On<routing::v1::RecordContactRequest>(order, "contact");
    contact.set_way("PHONE");
    contact.set_person("经办人");
    ASSIGN_OR_RETURN(order, Move("RecordContact", contact, undertaker_));
    auto submit = On<routing::v1::SubmitResultRequest>(order, "submit");
    submit.set_result_type(events::v1::RESULT_TYPE_SOLVED);
    submit.set_result_text("经核实已按协议重新核定结算基数，并向企业作了说明");
    submit.add_basis("M08");
    ASSIGN_OR_RETURN(order, Move("SubmitResult", submit, undertaker_));
    auto review = On<routing::v1::ReviewResultRequest>(order, "review");
    review.set_approved(true);
    ASSIGN_OR_RETURN(order, Move("ReviewResult", review, staff_));
    auto feedback = On<routing::v1::RecordFeedbackRequest>(order, "feedback");
    feedback.set_way("PHONE");
    feedback.set_person("经办人");
    *feedback.mutable_feedback_time() = order.update_time();
    RETURN_IF_ERROR(Move("RecordFeedback", feedback, undertaker_).status());
    demand.desk = Demand::Desk::kEnterprise;
    return absl::OkStatus();
  }

  absl::Status Rate(Demand& demand) const {
    feedback::v1::GetFollowUpRequest get;
    get.set_name("followUps/" + demand.order_no + "-0");
    const rpc::CallOptions enterprise = tokens_.As({config::v1::ROLE_ENTERPRISE}, "", demand.uscc);
    ASSIGN_OR_RETURN(
        const auto task,
        Call<feedback::v1::FollowUp>("feedback", "jinqi.feedback.v1.FeedbackService/GetFollowUp", get, enterprise));
    feedback::v1::CreateRatingRequest rating;
    rating.set_token(task.rating_token());
    rating.set_order_no(demand.order_no);
    rating.set_request_id(demand.order_no + "-rate");
    rating.mutable_rating()->set_solved(events::v1::SOLVED_YES);
    rating.mutable_rating()->set_satisfaction(5);
    RETURN_IF_ERROR(
        Call<feedback::v1::Rating>("feedback", "jinqi.feedback.v1.FeedbackService/CreateRating", rating, enterprise)
            .status());
    demand.desk = Demand::Desk::kNobody;
    return absl::OkStatus();
  }

  const Channels& channels_;
  const Tokens& tokens_;
  const std::string run_;
  rpc::CallOptions staff_;
  rpc::CallOptions undertaker_;
};

// Brings demands from desk to desk until `end`; those that are on their way then are finished.
class Procession {
 public:
  Procession(const Desks& desks, int most, absl::Time end) : desks_(desks), most_(most), end_(end) {}

  // On each of the client's threads.
  void Run() {
    while (auto demand = Next()) {
      const absl::Status status = desks_.Pass(*demand);
      const absl::MutexLock lock(&mutex_);
      const bool early = absl::IsNotFound(status) && demand->desk != Demand::Desk::kSeat;
      if (!status.ok() && !early) ++failed_;
      if (status.ok() && demand->desk == Demand::Desk::kNobody) ++done_;
      const bool over = !early && (!status.ok() || demand->desk == Demand::Desk::kNobody);
      if (over) {
        --on_their_way_;
      } else {
        waiting_.emplace(absl::Now() + kNextDesk, *std::move(demand));
      }
    }
  }

  int done() const {
    const absl::MutexLock lock(&mutex_);
    return done_;
  }
  int failed() const {
    const absl::MutexLock lock(&mutex_);
    return failed_;
  }

 private:
  // The demand that has waited longest, or a new one.
  std::optional<Demand> Next() {
    const absl::MutexLock lock(&mutex_);
    while (true) {
      const absl::Time now = absl::Now();
      if (!waiting_.empty() && waiting_.begin()->first <= now) return waiting_.extract(waiting_.begin()).mapped();
      const bool ended = now >= end_;
      if (ended && on_their_way_ == 0) return std::nullopt;
      if (!ended && on_their_way_ < most_) {
        ++on_their_way_;
        return Demand{.number = ++number_, .desk = Demand::Desk::kSeat, .order_no = {}, .uscc = {}};
      }
      mutex_.AwaitWithTimeout(absl::Condition(&never_), absl::Milliseconds(5));
    }
  }

  const Desks& desks_;
  // On their way at once.
  const int most_;
  const absl::Time end_;
  const bool never_ = false;
  mutable absl::Mutex mutex_;
  std::multimap<absl::Time, Demand> waiting_ ABSL_GUARDED_BY(mutex_);
  int number_ ABSL_GUARDED_BY(mutex_) = 0;
  int on_their_way_ ABSL_GUARDED_BY(mutex_) = 0;
  int done_ ABSL_GUARDED_BY(mutex_) = 0;
  int failed_ ABSL_GUARDED_BY(mutex_) = 0;
};

// From a histogram of the scrape: the bucket bound at which the share is reached.
double FromHistogram(const std::string& scrape, const std::string& name, const std::string& labels, double share) {
  const double count = Series(scrape, name + "_count{" + labels + "}");
  double bound = 0;
  for (const char* le :
       {"0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10"}) {
    bound = std::atof(le);
    if (Series(scrape, name + "_bucket{" + labels + ",le=\"" + le + "\"}") >= share * count) return bound * 1000;
  }
  return bound * 1000;
}

void Measure(const BenchOptions& options, harness::DatabaseKind database, int most) {
  harness::ClusterOptions cluster_options;
  cluster_options.programs = options.programs;
  cluster_options.reference = options.reference;
  cluster_options.database = database;
  cluster_options.services = {"intake", "routing", "feedback"};
  harness::Cluster cluster(cluster_options);
  Channels channels;
  for (const char* service : {"intake", "routing", "feedback"}) {
    channels[service] = rpc::Channel::Make(cluster.grpc(service));
  }
  const Tokens tokens(cluster);
  const Desks desks(channels, tokens, "loop");
  double oldest = 0;
  const double client_before = CpuSeconds(getpid());
  const absl::Time start = absl::Now();
  const absl::Time end = start + absl::Seconds(options.seconds);
  Procession procession(desks, most, end);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back([&procession] { procession.Run(); });
  while (absl::Now() < end) {
    absl::SleepFor(absl::Milliseconds(500));
    const std::string scrape = Scrape(cluster.admin("routing"));
    oldest =
        std::max(oldest, Series(scrape, "queue_oldest_unprocessed_age_seconds{group=\"routing\",stream=\"intake\"}"));
  }
  for (std::thread& client : clients) client.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const int done = procession.done();
  const std::string row = absl::StrCat(most == kFull ? "loop       " : "loop, calm ", DatabaseName(database));
  std::printf("%-21s CPU ms a demand:", row.c_str());
  for (const std::string& service : cluster.services()) {
    std::printf("  %s %.2f", service.c_str(), CpuSeconds(cluster.process(service).pid()) * 1000 / done);
  }
  std::printf("  client %.2f\n", (CpuSeconds(getpid()) - client_before) * 1000 / done);
  const std::string scrape = Scrape(cluster.admin("routing"));
  const std::string labels = "group=\"routing\",stream=\"intake\"";
  std::printf(
      "%-21s %5.0f demands/s for %.0f s, failed %d   oldest message %.2f s   accepted to proposed p50 <= %.1f ms p99 "
      "<= "
      "%.1f ms   wanted >= 1000/s, < 1 s, < 10 ms, < 50 ms\n",
      row.c_str(), done / seconds, seconds, procession.failed(), oldest,
      FromHistogram(scrape, "queue_end_to_end_seconds", labels, 0.5),
      FromHistogram(scrape, "queue_end_to_end_seconds", labels, 0.99));
}

}  // namespace

void BenchLoop(const BenchOptions& options, harness::DatabaseKind database) {
  for (const int most : {kFull, kCalm}) Measure(options, database, most);
}

}  // namespace jinqi::load
