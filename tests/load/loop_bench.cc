#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "tests/load/benches.h"
#include "tests/load/load_client.h"

namespace jinqi::load {
namespace {

using routing::v1::WorkOrder;

constexpr int kWorkers = 96;
constexpr char kBody[] = "SGCC";
constexpr absl::Duration kPollAfter = absl::Milliseconds(10);

// One demand after the other, from creation to the rating, by gRPC to the services themselves.
class Worker {
 public:
  Worker(const harness::Cluster& cluster, std::string run) : cluster_(cluster), run_(std::move(run)) {
    for (const char* service : {"intake", "routing", "feedback"}) {
      channels_[service] = rpc::Channel::Make(cluster.grpc(service));
    }
    staff_ = As(cluster, {config::v1::ROLE_SEAT, config::v1::ROLE_DISPATCHER, config::v1::ROLE_REVIEWER,
                          config::v1::ROLE_FOLLOW_UP_CALLER});
    undertaker_ = As(cluster, {config::v1::ROLE_UNDERTAKER}, kBody);
  }

  absl::Status Drive(int number) {
    const auto request = DemandNumber(run_, number);
    ASSIGN_OR_RETURN(const auto demand,
                     Call<intake::v1::Demand>("intake", "jinqi.intake.v1.IntakeService/CreateDemand", request, staff_));
    ASSIGN_OR_RETURN(WorkOrder order, AwaitOrder(demand.order_no()));
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
    ASSIGN_OR_RETURN(order, Move("RecordFeedback", feedback, undertaker_));
    return Rate(order.order_no(), request.demand().subject().uscc());
  }

 private:
  template <typename Resp>
  absl::StatusOr<Resp> Call(const std::string& service, std::string_view method,
                            const google::protobuf::Message& request, const rpc::CallOptions& options) {
    return channels_.at(service)->Call<Resp>(method, request, options);
  }

  absl::StatusOr<WorkOrder> AwaitOrder(const std::string& order_no) {
    routing::v1::GetWorkOrderRequest request;
    request.set_name("workOrders/" + order_no);
    return Await<WorkOrder>("routing", "jinqi.routing.v1.RoutingService/GetWorkOrder", request, staff_);
  }

  // Until the event has arrived there.
  template <typename Resp>
  absl::StatusOr<Resp> Await(const std::string& service, std::string_view method,
                             const google::protobuf::Message& request, const rpc::CallOptions& options) {
    for (const absl::Time end = absl::Now() + absl::Seconds(30);;) {
      auto found = Call<Resp>(service, method, request, options);
      if (!absl::IsNotFound(found.status()) || absl::Now() > end) return found;
      absl::SleepFor(kPollAfter);
    }
  }

  template <typename Request>
  Request On(const WorkOrder& order, std::string_view step) {
    Request request;
    request.set_name(order.name());
    request.set_etag(order.etag());
    request.set_request_id(absl::StrCat(order.order_no(), "-", std::string(step)));
    return request;
  }

  absl::StatusOr<WorkOrder> Move(const std::string& method, const google::protobuf::Message& request,
                                 const rpc::CallOptions& options) {
    return Call<WorkOrder>("routing", "jinqi.routing.v1.RoutingService/" + method, request, options);
  }

  absl::Status Rate(const std::string& order_no, const std::string& uscc) {
    feedback::v1::GetFollowUpRequest get;
    get.set_name("followUps/" + order_no + "-0");
    const rpc::CallOptions enterprise = As(cluster_, {config::v1::ROLE_ENTERPRISE}, "", uscc);
    ASSIGN_OR_RETURN(
        const auto task,
        Await<feedback::v1::FollowUp>("feedback", "jinqi.feedback.v1.FeedbackService/GetFollowUp", get, enterprise));
    feedback::v1::CreateRatingRequest rating;
    rating.set_token(task.rating_token());
    rating.set_order_no(order_no);
    rating.set_request_id(order_no + "-rate");
    rating.mutable_rating()->set_solved(events::v1::SOLVED_YES);
    rating.mutable_rating()->set_satisfaction(5);
    return Call<feedback::v1::Rating>("feedback", "jinqi.feedback.v1.FeedbackService/CreateRating", rating, enterprise)
        .status();
  }

  const harness::Cluster& cluster_;
  const std::string run_;
  std::map<std::string, std::unique_ptr<rpc::Channel>> channels_;
  rpc::CallOptions staff_;
  rpc::CallOptions undertaker_;
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

}  // namespace

void BenchLoop(const BenchOptions& options, harness::DatabaseKind database) {
  harness::ClusterOptions cluster_options;
  cluster_options.programs = options.programs;
  cluster_options.reference = options.reference;
  cluster_options.database = database;
  cluster_options.services = {"intake", "routing", "feedback"};
  harness::Cluster cluster(cluster_options);
  std::atomic<int> next = 0;
  std::atomic<int> done = 0;
  std::atomic<int> failed = 0;
  std::atomic<double> oldest = 0;
  const absl::Time start = absl::Now();
  const absl::Time end = start + absl::Seconds(options.seconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) {
    threads.emplace_back([&] {
      Worker worker(cluster, "loop");
      while (absl::Now() < end) ++(worker.Drive(next++).ok() ? done : failed);
    });
  }
  while (absl::Now() < end) {
    absl::SleepFor(absl::Milliseconds(500));
    const std::string scrape = Scrape(cluster.admin("routing"));
    oldest = std::max(oldest.load(),
                      Series(scrape, "queue_oldest_unprocessed_age_seconds{group=\"routing\",stream=\"intake\"}"));
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const std::string scrape = Scrape(cluster.admin("routing"));
  const std::string labels = "group=\"routing\",stream=\"intake\"";
  std::printf(
      "loop       %-10s %5.0f demands/s for %.0f s, failed %d   oldest message %.2f s   accepted to proposed p50 <= "
      "%.1f ms"
      " p99 <= %.1f ms   wanted >= 1000/s, < 1 s, < 10 ms, < 50 ms\n",
      DatabaseName(database), done / seconds, seconds, failed.load(), oldest.load(),
      FromHistogram(scrape, "queue_end_to_end_seconds", labels, 0.5),
      FromHistogram(scrape, "queue_end_to_end_seconds", labels, 0.99));
}

}  // namespace jinqi::load
