// Intake on a database of its own behind a real server, for tests through its API.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/client.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/server.h"
#include "common/rpc/test_tokens.h"
#include "common/testing/servers.h"
#include "jinqi/events/v1/calendar.pb.h"
#include "jinqi/intake/v1/answer_service.pb.h"
#include "services/intake/intake_events.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/kinds.h"
#include "services/intake/subject_inspection.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {

inline constexpr char kUscc[] = "91120116MA051K2P9X";
inline constexpr char kOtherUscc[] = "91120222MA091K2P2D";

inline const identity::Caller kSeat = CallerWith(config::v1::ROLE_SEAT, "seat-1", "", "", "BMZX");
inline const identity::Caller kOwner = CallerWith(config::v1::ROLE_ENTERPRISE, "owner", kUscc);
inline const identity::Caller kColleague = CallerWith(config::v1::ROLE_ENTERPRISE, "colleague", kUscc);
inline const identity::Caller kStranger = CallerWith(config::v1::ROLE_ENTERPRISE, "stranger", kOtherUscc);
inline const identity::Caller kStaff = CallerWith(config::v1::ROLE_SERVICE_STAFF, "staff-1", "", "120116");
inline const identity::Caller kDistrictHub = CallerWith(config::v1::ROLE_DISTRICT_HUB, "hub-116", "", "120116", "BHQ");
inline const identity::Caller kReviewer = CallerWith(config::v1::ROLE_REVIEWER, "reviewer-1", "", "", "BMZX");
inline const identity::Caller kHubLeader = CallerWith(config::v1::ROLE_HUB_LEADER, "leader", "", "", "BMZX");
inline const identity::Caller kDispatcher = CallerWith(config::v1::ROLE_DISPATCHER, "dispatcher", "", "", "BMZX");
inline const identity::Caller kBody = CallerWith(config::v1::ROLE_UNDERTAKER, "officer", "", "", "GXJ");
inline const identity::Caller kNobody;

inline crypto::Vault TestVault() { return testing::Must(crypto::Vault::Make({{{"k1", std::string(32, 'k')}}, "k1"})); }

// Intake on a database of its own, behind a real server on a unix socket, at a time that stands still.
class Api {
 public:
  explicit Api(bool postgres, const std::function<void(config::v1::IntakeConfig&)>& change = {})
      : database_(postgres ? testing::PostgresServer::Shared().NewDatabase() : "sqlite:" + folder_.File("intake.db")) {
    ledger::Options options;
    options.database = database_;
    options.writer = "intake-0";
    ledger_ = testing::Must(ledger::Ledger::Open(options, Kinds(), kMigrations, &clock));
    config::v1::IntakeConfig config = TestConfig();
    config.set_settle_milliseconds(200);
    config.set_attachment_folder(folder_.File("attachments"));
    if (change) change(config);
    intake = std::make_unique<Intake>(config, testing::Must(LoadReference(config)), ledger_.get(), &vault_, &ids_,
                                      &page_tokens_);
    intake->attachments = testing::Must(Attachments::Make(config));
    if (absl::Status status = intake->LoadTrees(clock.Now()); !status.ok()) throw std::runtime_error("trees");
    methods_ = std::make_unique<rpc::Methods>(ledger_.get());
    RegisterMethods(*methods_, *intake);
    if (!methods_->status().ok()) throw std::runtime_error(std::string(methods_->status().message()));
    rpc::DispatcherOptions dispatch;
    dispatch.service = "intake";
    dispatcher_ = std::make_unique<rpc::Dispatcher>(dispatch, *methods_, &authenticator_, clock, metrics_);
    rpc::ServerOptions serve;
    serve.listen = "unix:" + folder_.File("s");
    server_ = testing::Must(rpc::Server::Start(serve, *dispatcher_));
    channel_ = rpc::Channel::Make(server_->address());
  }

  template <typename Resp>
  absl::StatusOr<Resp> Call(const std::string& method, const google::protobuf::Message& request,
                            const identity::Caller& caller) {
    return CallOn<Resp>("IntakeService", method, request, caller);
  }
  template <typename Resp>
  absl::StatusOr<Resp> CallOn(const std::string& service, const std::string& method,
                              const google::protobuf::Message& request, identity::Caller caller) {
    rpc::CallOptions options;
    if (!caller.subject.empty()) {
      caller.expires = clock.Now() + clock::kDay;
      options.authorization = tokens_.Authorization(caller);
    }
    return channel_->Call<Resp>(absl::StrCat("jinqi.intake.v1.", service, "/", method), request, options);
  }

  absl::StatusOr<v1::Demand> Create(const v1::Demand& demand, const identity::Caller& caller, bool hold = false,
                                    const std::string& key = "-") {
    v1::CreateDemandRequest request;
    *request.mutable_demand() = demand;
    request.set_request_id(key == "-" ? absl::StrCat("k", ++keys_) : key);
    request.set_hold_for_answer(hold);
    return Call<v1::Demand>("CreateDemand", request, caller);
  }
  absl::StatusOr<v1::Demand> Get(const std::string& order_no, const identity::Caller& caller, std::int64_t wait = 0) {
    v1::GetDemandRequest request;
    request.set_name("demands/" + order_no);
    request.set_min_order_sequence(wait);
    return Call<v1::Demand>("GetDemand", request, caller);
  }
  absl::StatusOr<v1::DemandIntent> Withdraw(const std::string& order_no, const identity::Caller& caller) {
    v1::WithdrawDemandRequest request;
    request.set_name("demands/" + order_no);
    request.set_request_id(absl::StrCat("k", ++keys_));
    request.set_reason("已自行解决");
    return Call<v1::DemandIntent>("WithdrawDemand", request, caller);
  }
  absl::StatusOr<v1::DemandIntent> Supplement(const std::string& order_no, const std::string& text,
                                              const identity::Caller& caller) {
    v1::SupplementDemandRequest request;
    request.set_name("demands/" + order_no);
    request.set_request_id(absl::StrCat("k", ++keys_));
    request.set_text(text);
    return Call<v1::DemandIntent>("SupplementDemand", request, caller);
  }
  absl::StatusOr<v1::Progress> LookUp(const std::string& order_no, const std::string& phone,
                                      const identity::Caller& caller = kNobody, const std::string& code = "") {
    v1::LookUpProgressRequest request;
    request.set_order_no(order_no);
    request.set_phone(phone);
    request.set_query_code(code);
    return Call<v1::Progress>("LookUpProgress", request, caller);
  }
  absl::StatusOr<v1::ListDemandsResponse> List(const v1::ListDemandsRequest& request, const identity::Caller& caller) {
    return Call<v1::ListDemandsResponse>("ListDemands", request, caller);
  }

  // A message of routing's stream, as the consumer runs it.
  absl::Status Routing(const std::string& order_no, std::int64_t sequence, const std::string& type,
                       events::v1::OrderState to, const std::function<void(events::v1::OrderEvent&)>& change = {}) {
    events::v1::OrderEvent event;
    event.set_to(to);
    *event.mutable_time() = clock::ToProto(clock.Now());
    event.mutable_order()->set_order_no(order_no);
    event.mutable_order()->set_state(to);
    event.mutable_order()->set_main_undertaker("GXJ");
    *event.mutable_order()->mutable_due_time() = clock::ToProto(At("2026-03-03T23:59:59+08:00"));
    if (change) change(event);
    events::v1::Envelope envelope;
    envelope.set_id(absl::StrCat("e-", order_no, "-", sequence));
    envelope.set_type(type);
    envelope.set_key(order_no);
    envelope.set_key_sequence(sequence);
    envelope.set_payload(event.SerializeAsString());
    return Take(envelope.id(), OnRoutingEvent(intake->privacy, intake->config.similar_days(), envelope));
  }
  // The same of a calendar.
  absl::Status Publish(const config::v1::Calendar& calendar) {
    events::v1::CalendarPublished published;
    *published.mutable_calendar() = calendar;
    events::v1::Envelope envelope;
    envelope.set_type("CalendarPublished");
    envelope.set_payload(published.SerializeAsString());
    return Take(absl::StrCat("c-", ++keys_), OnRoutingEvent(intake->privacy, intake->config.similar_days(), envelope));
  }

  // A message of inspection_scheduling's stream, as the consumer runs it.
  absl::Status Inspection(const std::string& type, const google::protobuf::Message& event) {
    events::v1::Envelope envelope;
    envelope.set_id(absl::StrCat("i-", ++keys_));
    envelope.set_type(type);
    envelope.set_payload(event.SerializeAsString());
    return Take(envelope.id(), OnInspectionEvent(envelope, intake->config.visit_log_days()));
  }
  std::string NewKey() { return absl::StrCat("k", ++keys_); }

  ledger::Ledger& ledger() { return *ledger_; }
  const std::string& database() const { return database_; }
  const crypto::Vault& vault() const { return vault_; }
  rpc::Channel& channel() { return *channel_; }
  rpc::TestTokens& tokens() { return tokens_; }

  // All messages of an order that were sent out, in their order.
  std::vector<ledger::OutboxRow> Messages(const std::string& order_no) {
    std::vector<ledger::OutboxRow> messages;
    for (int partition = 0; partition < 8; ++partition) {
      for (auto& row : testing::Must(ledger_->reader().Outbox(partition, 0, 100))) {
        if (row.key == order_no) messages.push_back(std::move(row));
      }
    }
    return messages;
  }

  // A change of a demand of AnswerService as it is now: name, request id, and the etag unless `change` sets one.
  template <typename Request>
  absl::StatusOr<v1::Demand> Handle(const std::string& method, const std::string& order_no,
                                    const identity::Caller& caller, const std::function<void(Request&)>& change) {
    Request request;
    request.set_name("demands/" + order_no);
    request.set_request_id(absl::StrCat("k", ++keys_));
    request.set_etag(testing::Must(Get(order_no, kSeat)).etag());
    change(request);
    return CallOn<v1::Demand>("AnswerService", method, request, caller);
  }

  clock::ManualClock clock{At("2026-02-17T03:12:00+08:00")};
  std::unique_ptr<Intake> intake;

 private:
  // Runs the command of a message as the consumer does.
  absl::Status Take(const std::string& id, absl::StatusOr<std::optional<ledger::Command>> command) {
    if (!command.ok()) return command.status();
    (*command)->tenant = "tianjin";
    (*command)->request_id = id;
    (*command)->time = clock.Now();
    return ledger_->Run(**std::move(command)).status();
  }

  const testing::TempDir folder_;
  const std::string database_;
  const crypto::Vault vault_ = TestVault();
  ids::Ids ids_{7};
  const paging::PageTokens page_tokens_{"key"};
  std::unique_ptr<ledger::Ledger> ledger_;
  rpc::TestTokens tokens_;
  rpc::Authenticator authenticator_{tokens_.Verifier()};
  metrics::Metrics metrics_{"intake"};
  std::unique_ptr<rpc::Methods> methods_;
  std::unique_ptr<rpc::Dispatcher> dispatcher_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Channel> channel_;
  std::atomic<int> keys_ = 0;
};

inline v1::Demand Online(const std::string& content = ValidDemand().content()) {
  v1::Demand demand = ValidDemand();
  demand.set_channel(events::v1::CHANNEL_JINCHANFA);
  demand.set_content(content);
  return demand;
}

inline std::vector<std::string> OrderNos(const v1::ListDemandsResponse& response) {
  std::vector<std::string> numbers;
  for (const v1::Demand& demand : response.demands()) numbers.push_back(demand.order_no());
  return numbers;
}

}  // namespace jinqi::intake
