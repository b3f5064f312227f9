// policy_knowledge on a database of its own behind a real server, for intake's questions to it.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/client.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/server.h"
#include "common/rpc/test_tokens.h"
#include "common/testing/servers.h"
#include "jinqi/policy/v1/standard_answer_service.pb.h"
#include "services/intake/test_book.h"
#include "services/policy_knowledge/gaps.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/standard_answer_rpc.h"

namespace jinqi::intake {

class Knowledge {
 public:
  Knowledge(bool postgres, clock::ManualClock& clock, rpc::TestTokens& tokens)
      : clock_(clock), tokens_(tokens), authenticator_(tokens.Verifier()) {
    ledger::Options options;
    options.database =
        postgres ? testing::PostgresServer::Shared().NewDatabase() : "sqlite:" + folder_.File("policy.db");
    options.writer = "policy-0";
    ledger_ = testing::Must(ledger::Ledger::Open(options, policy::Kinds(), policy::kMigrations, &clock));
    library_ = std::make_unique<policy::Library>(*ledger_);
    methods_ = std::make_unique<rpc::Methods>(ledger_.get());
    policy::AddStandardAnswerMethods(*methods_, {*library_, page_tokens_, 200}, *ledger_);
    rpc::DispatcherOptions dispatch;
    dispatch.service = "policy_knowledge";
    dispatcher_ = std::make_unique<rpc::Dispatcher>(dispatch, *methods_, &authenticator_, clock, metrics_);
    rpc::ServerOptions serve;
    serve.listen = "unix:" + folder_.File("s");
    server_ = testing::Must(rpc::Server::Start(serve, *dispatcher_));
    channel_ = rpc::Channel::Make(server_->address());
  }

  rpc::Channel& channel() { return *channel_; }
  // Answers no more.
  void Stop() { server_.reset(); }

  // Publishes the next version of an answer for these days, through its two persons.
  policy::v1::StandardAnswer Publish(const std::string& id, const std::string& first = "",
                                     const std::string& last = "") {
    policy::v1::StandardAnswer answer = Draft(id);
    answer = Move<policy::v1::SubmitStandardAnswerRequest>("SubmitStandardAnswer", answer, kEditor);
    policy::v1::ReviewStandardAnswerRequest review;
    review.set_approved(true);
    answer = Move("ReviewStandardAnswer", answer, kApprover, review);
    policy::v1::PublishStandardAnswerRequest publish;
    publish.set_effective_date(first);
    publish.set_expiry_date(last);
    return last_[id] = Move("PublishStandardAnswer", answer, kApprover, publish);
  }
  // A version that nobody has approved.
  policy::v1::StandardAnswer Draft(const std::string& id) {
    policy::v1::StandardAnswer written;
    written.set_question("企业开办要几天？");
    written.set_short_answer("材料齐全的，当日办结。");
    written.add_basis("policies/tianjin-measures-2025");
    written.set_owner("ZWFW");
    if (!last_.contains(id)) {
      policy::v1::CreateStandardAnswerRequest request;
      request.set_answer_id(id);
      *request.mutable_answer() = written;
      return last_[id] = Call("CreateStandardAnswer", request, kEditor);
    }
    policy::v1::UpdateStandardAnswerRequest request;
    written.set_name(last_[id].name());
    *request.mutable_answer() = written;
    request.set_etag(last_[id].etag());
    return last_[id] = Call("UpdateStandardAnswer", request, kEditor);
  }
  void Retire(const std::string& id) {
    policy::v1::RetireStandardAnswerRequest retire;
    retire.set_reason("依据已废止");
    last_[id] = Move("RetireStandardAnswer", last_[id], kEditor, retire);
  }

  // A message of intake's stream, as the consumer runs it.
  absl::Status Intake(const ledger::OutboxRow& row) {
    events::v1::Envelope envelope;
    envelope.set_id(row.id);
    envelope.set_type(row.type);
    envelope.set_payload(row.payload);
    auto command = policy::OnIntake(envelope, limits_);
    if (!command.ok()) return command.status();
    if (!command->has_value()) return absl::OkStatus();
    (*command)->tenant = "tianjin";
    (*command)->request_id = envelope.id();
    (*command)->time = clock_.Now();
    return ledger_->Run(**std::move(command)).status();
  }
  policy::v1::ListKnowledgeGapsResponse Gaps() {
    rpc::CallOptions options;
    options.authorization = Authorization(kEditor);
    return testing::Must(channel_->Call<policy::v1::ListKnowledgeGapsResponse>(
        "jinqi.policy.v1.StandardAnswerService/ListKnowledgeGaps", policy::v1::ListKnowledgeGapsRequest(), options));
  }

 private:
  inline static const identity::Caller kEditor = CallerWith(config::v1::ROLE_KNOWLEDGE_EDITOR, "editor");
  inline static const identity::Caller kApprover = CallerWith(config::v1::ROLE_KNOWLEDGE_APPROVER, "approver");

  std::string Authorization(identity::Caller caller) {
    caller.expires = clock_.Now() + clock::kDay;
    return tokens_.Authorization(caller);
  }
  template <typename Request>
  policy::v1::StandardAnswer Call(const std::string& method, Request request, const identity::Caller& caller) {
    request.set_request_id(absl::StrCat("k", ++keys_));
    rpc::CallOptions options;
    options.authorization = Authorization(caller);
    return testing::Must(channel_->Call<policy::v1::StandardAnswer>("jinqi.policy.v1.StandardAnswerService/" + method,
                                                                    request, options));
  }
  template <typename Request>
  policy::v1::StandardAnswer Move(const std::string& method, const policy::v1::StandardAnswer& seen,
                                  const identity::Caller& caller, Request request = {}) {
    request.set_name(seen.name());
    request.set_etag(seen.etag());
    return Call(method, request, caller);
  }

  static config::v1::PolicyConfig Config() {
    config::v1::PolicyConfig config;
    *config.mutable_server() = TestConfig().server();
    return config::WithDefaults(config);
  }

  const testing::TempDir folder_;
  clock::ManualClock& clock_;
  rpc::TestTokens& tokens_;
  const policy::GapLimits limits_ = testing::Must(policy::LoadGapLimits(Config()));
  const paging::PageTokens page_tokens_{"key"};
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<policy::Library> library_;
  rpc::Authenticator authenticator_;
  metrics::Metrics metrics_{"policy_knowledge"};
  std::unique_ptr<rpc::Methods> methods_;
  std::unique_ptr<rpc::Dispatcher> dispatcher_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Channel> channel_;
  std::map<std::string, policy::v1::StandardAnswer> last_;
  int keys_ = 0;
};

}  // namespace jinqi::intake
