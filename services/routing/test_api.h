// Routing as its callers see it: a real server on either database, with the messages of intake and feedback.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/config/config.h"
#include "common/ledger/sweeper.h"
#include "common/queue/handler.h"
#include "common/service/test_bench.h"
#include "services/routing/kinds.h"
#include "services/routing/reference_keeper.h"
#include "services/routing/routing_events.h"
#include "services/routing/routing_rpc.h"
#include "services/routing/service.h"
#include "services/routing/texts.h"

namespace jinqi::routing {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using testing::Must;
using namespace events::v1;  // NOLINT(google-build-using-namespace): states and messages.

// Of another service of the package: `<service>/<name>`.
inline std::string Method(const std::string& name) { return MethodName(name); }

inline identity::Caller As(config::v1::Role role, std::string body = "BMZX", std::string district = "") {
  identity::Caller caller = TestBench::Person({role}, std::move(body));
  caller.district = std::move(district);
  return caller;
}
inline identity::Caller Dispatcher() { return As(config::v1::ROLE_DISPATCHER); }
inline identity::Caller Leader() { return As(config::v1::ROLE_HUB_LEADER); }
inline identity::Caller Reviewer() { return As(config::v1::ROLE_REVIEWER); }
inline identity::Caller Unit(std::string code) { return As(config::v1::ROLE_UNDERTAKER, std::move(code)); }
inline identity::Caller Enterprise(std::string account = "enterprise-1") {
  return TestBench::Person({config::v1::ROLE_ENTERPRISE}, "", "91120104MA05XXXXXX", std::move(account));
}

// A calendar with one more day off.
inline config::v1::CalendarNotice NoticeWith(config::v1::Calendar calendar, int year, const char* date) {
  for (const config::v1::CalendarNotice& one : calendar.years()) {
    if (one.year() != year) continue;
    config::v1::CalendarNotice notice = one;
    auto& day = *notice.add_days();
    day.set_date(date);
    day.set_off(true);
    return notice;
  }
  config::v1::CalendarNotice notice;
  notice.set_year(year);
  notice.add_papers("测试通知");
  auto& day = *notice.add_days();
  day.set_date(date);
  day.set_off(true);
  return notice;
}

class Api {
 public:
  using Configure = std::function<void(config::v1::RoutingConfig&)>;

  explicit Api(TestDatabase database, const std::string& now, const std::string& hubs_file = "hubs.textproto",
               const Configure& configure = {}, const TestBench::Adjust& adjust = {})
      : store_(database),
        bench(
            store_, Definition(),
            [hubs_file, configure](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::RoutingConfig config;
              *config.mutable_server() = server;
              config.set_hubs_file(hubs_file);
              config.set_reference_refresh_seconds(1);
              if (configure) configure(config);
              return Build(runtime, config::WithDefaults(config));
            },
            now, JINQI_REFERENCE_DIR, "0", adjust),
        limits_(config::WithDefaults(Limits())),
        texts_(*bench.runtime().vault(), ids_) {
    v1::UndertakerDirectory file;
    REQUIRE_OK(config::LoadInto(std::string(JINQI_REFERENCE_DIR) + "/undertakers.textproto", file));
    directory_ = std::make_unique<Directory>(Must(Directory::Make(file)));
    config::v1::RoutingRules rules;
    REQUIRE_OK(config::LoadInto(std::string(JINQI_REFERENCE_DIR) + "/routing_rules.textproto", rules));
    proposer_ = Must(Proposer::Make(rules, directory_->Bodies()));
    references_ = std::make_unique<ReferenceStore>(Load());
    REQUIRE_OK(config::LoadInto(std::string(JINQI_REFERENCE_DIR) + "/statutory_limits.textproto", laws_));
    desk_.setting = {&limits_, references_.get(), &laws_};
    desk_.proposer = proposer_.get();
    desk_.texts = &texts_;
    desk_.ids = &ids_;
    desk_.self_dispatch_leaves = {"A04-01"};
    metrics::Metrics& metrics = bench.runtime().metrics();
    desk_.proposed = &metrics.MakeCounter("test_proposed_total", "test");
    desk_.needs_human = &metrics.MakeCounter("test_needs_human_total", "test");
    desk_.dropped = &metrics.MakeCounter("test_dropped_total", "test");
  }

  ReferencePtr Load() { return Must(LoadReference(bench.runtime().ledger().reader(), "tianjin", *directory_)); }

  // A message of another service, as its consumer takes it.
  template <typename Message>
  absl::Status News(const std::string& source, const std::string& type, const Message& message) {
    references_->Set(Load());
    events::v1::Envelope envelope;
    envelope.set_id("event-" + std::to_string(++messages_));
    envelope.set_tenant("tianjin");
    envelope.set_source(source);
    envelope.set_type(type);
    envelope.set_key(message.order_no());
    *envelope.mutable_time() = clock::ToProto(bench.runtime().clock().Now());
    envelope.set_payload(message.SerializeAsString());
    const auto handler = [&](const auto& taken) {
      return source == "intake" ? OnIntake(desk_, taken) : OnFeedback(desk_, taken);
    };
    auto command = queue::CommandOf(handler, envelope);
    if (!command.ok()) return command.status();
    if (!command->has_value()) return absl::NotFoundError("of no use");
    return bench.runtime().ledger().Run(**std::move(command)).status();
  }

  DemandSubmitted Demand(const std::string& order_no, const std::string& content) {
    DemandSubmitted demand;
    demand.set_order_no(order_no);
    demand.set_channel(CHANNEL_PHONE_12345);
    demand.set_demand_type(DEMAND_TYPE_HELP);
    demand.set_urgency(URGENCY_NORMAL);
    demand.set_category_code("B09-01");
    demand.mutable_subject()->set_type(SUBJECT_TYPE_ENTERPRISE);
    demand.mutable_subject()->set_enterprise_name("天津某某有限公司");
    demand.mutable_subject()->set_uscc("91120104MA05XXXXXX");
    demand.mutable_subject()->set_district_code("120104");
    demand.set_requester("enterprise-1");
    *demand.mutable_accept_time() = clock::ToProto(bench.runtime().clock().Now());
    demand.set_title("企业诉求");
    demand.set_content(content);
    return demand;
  }
  void Submit(const DemandSubmitted& demand) { REQUIRE_OK(News("intake", "DemandSubmitted", demand)); }
  void Submit(const std::string& order_no, const std::string& content = "数电发票额度不够，申请更高额度") {
    Submit(Demand(order_no, content));
  }

  absl::StatusOr<v1::WorkOrder> Get(const identity::Caller& caller, const std::string& order_no) {
    v1::GetWorkOrderRequest request;
    request.set_name("workOrders/" + order_no);
    return bench.Call<v1::WorkOrder>(caller, Method("GetWorkOrder"), request);
  }
  // A change of an order with its present etag.
  template <typename Request>
  absl::StatusOr<v1::WorkOrder> Change(const identity::Caller& caller, const std::string& method,
                                       const std::string& order_no, Request request) {
    request.set_name("workOrders/" + order_no);
    if (request.etag().empty()) request.set_etag(Must(Get(Dispatcher(), order_no)).etag());
    if (request.request_id().empty()) request.set_request_id("r-" + std::to_string(++requests_));
    return bench.Call<v1::WorkOrder>(caller, Method(method), request);
  }
  absl::StatusOr<v1::WorkOrder> Dispatch(const std::string& order_no, const std::string& main,
                                         const std::string& reason = "按职责",
                                         const std::vector<std::string>& assists = {}) {
    v1::DispatchWorkOrderRequest request;
    request.set_main_undertaker(main);
    request.set_reason(reason);
    request.mutable_assist_undertakers()->Assign(assists.begin(), assists.end());
    return Change(Dispatcher(), "DispatchWorkOrder", order_no, request);
  }
  absl::StatusOr<v1::WorkOrder> Sign(const std::string& order_no, const std::string& body) {
    return Change(Unit(body), "SignWorkOrder", order_no, v1::SignWorkOrderRequest());
  }
  static v1::SubmitResultRequest Result(const std::string& text = "经核实已按规定调增额度并电话告知企业办理结果") {
    v1::SubmitResultRequest request;
    request.set_result_type(RESULT_TYPE_SOLVED);
    request.set_result_text(text);
    request.add_basis("M13");
    return request;
  }
  // From a signed order to FED_BACK.
  void TakeToFedBack(const std::string& order_no, const std::string& body) {
    v1::RecordContactRequest contact;
    contact.set_way("PHONE");
    contact.set_person("经办人");
    contact.set_summary("与企业王经理 13800001234 通话");
    REQUIRE_OK(Change(Unit(body), "RecordContact", order_no, contact));
    REQUIRE_OK(Change(Unit(body), "SubmitResult", order_no, Result()));
    v1::ReviewResultRequest review;
    review.set_approved(true);
    REQUIRE_OK(Change(Reviewer(), "ReviewResult", order_no, review));
    v1::RecordFeedbackRequest feedback;
    feedback.set_way("PHONE");
    feedback.set_person("经办人");
    *feedback.mutable_feedback_time() = clock::ToProto(bench.runtime().clock().Now());
    REQUIRE_OK(Change(Unit(body), "RecordFeedback", order_no, feedback));
  }
  absl::Status Rate(const std::string& order_no, int satisfaction, int round = 0) {
    Rated message;
    message.set_order_no(order_no);
    message.set_round(round);
    message.set_satisfaction(satisfaction);
    message.set_bad(satisfaction <= 2);
    return News("feedback", "Rated", message);
  }

  // Fires the timers that are due. The service's own sweeper may be first.
  void Sweep() {
    ledger::Sweeper::Options options;
    options.lease = "test";
    options.holder = "test";
    ledger::Sweeper sweeper(
        &bench.runtime().ledger(), &bench.runtime().clock(), {kWorkOrder},
        [this](const ledger::Firing& firing, const ledger::Record&) { return OnTimer(desk_, firing); }, options);
    references_->Set(Load());
    REQUIRE_OK(sweeper.Sweep());
  }

  // What does not fit together in the whole database (contract 11).
  std::vector<std::string> Broken() {
    const auto open = [this](const std::string& sealed) { return bench.runtime().vault()->Open(sealed, "person"); };
    std::vector<std::string> broken;
    for (const ledger::Finding& finding : Must(ledger::Verify(store_.uri(), Kinds(), {}, open)).findings) {
      broken.push_back(finding.what + " " + finding.where);
    }
    return broken;
  }

  // `type` of every message that was sent about an order, in order.
  std::vector<std::string> Sent(const std::string& order_no) {
    std::vector<std::string> types;
    for (int partition = 0; partition < bench.runtime().config().partitions(); ++partition) {
      for (const auto& row : Must(bench.runtime().ledger().reader().Outbox(partition, 0, 10'000))) {
        if (row.key == order_no) types.push_back(row.type);
      }
    }
    return types;
  }

 private:
  TestStore store_;

 public:
  TestBench bench;

 private:
  ids::Ids ids_;
  const Limits limits_;
  const Texts texts_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Proposer> proposer_;
  v1::StatutoryLimits laws_;
  std::unique_ptr<ReferenceStore> references_;
  Desk desk_;
  int messages_ = 0;
  int requests_ = 0;
};

}  // namespace jinqi::routing
