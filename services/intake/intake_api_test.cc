// Intake through its gRPC API, on both databases: each clause as its callers meet it.
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/ledger/sweeper.h"
#include "common/rpc/client.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/server.h"
#include "common/rpc/test_tokens.h"
#include "common/testing/servers.h"
#include "services/intake/intake_events.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/intake_timers.h"
#include "services/intake/kinds.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

constexpr char kUscc[] = "91120116MA051K2P9X";
constexpr char kOtherUscc[] = "91120222MA091K2P2D";

const identity::Caller kSeat = CallerWith(ROLE_SEAT, "seat-1", "", "", "BMZX");
const identity::Caller kOwner = CallerWith(ROLE_ENTERPRISE, "owner", kUscc);
const identity::Caller kColleague = CallerWith(ROLE_ENTERPRISE, "colleague", kUscc);
const identity::Caller kStranger = CallerWith(ROLE_ENTERPRISE, "stranger", kOtherUscc);
const identity::Caller kStaff = CallerWith(ROLE_SERVICE_STAFF, "staff-1", "", "120116");
const identity::Caller kHubLeader = CallerWith(ROLE_HUB_LEADER, "leader", "", "", "BMZX");
const identity::Caller kDispatcher = CallerWith(ROLE_DISPATCHER, "dispatcher", "", "", "BMZX");
const identity::Caller kBody = CallerWith(ROLE_UNDERTAKER, "officer", "", "", "GXJ");
const identity::Caller kNobody;

crypto::Vault TestVault() { return testing::Must(crypto::Vault::Make({{{"k1", std::string(32, 'k')}}, "k1"})); }

// Intake on a database of its own, behind a real server on a unix socket, at a time that stands still.
class Api {
 public:
  explicit Api(bool postgres)
      : database_(postgres ? testing::PostgresServer::Shared().NewDatabase() : "sqlite:" + folder_.File("intake.db")) {
    ledger::Options options;
    options.database = database_;
    options.writer = "intake-0";
    ledger_ = testing::Must(ledger::Ledger::Open(options, Kinds(), kMigrations, &clock));
    config::v1::IntakeConfig config = TestConfig();
    config.set_settle_milliseconds(200);
    intake = std::make_unique<Intake>(config, testing::Must(LoadReference(config)), ledger_.get(), &vault_, &ids_,
                                      &page_tokens_);
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
                            identity::Caller caller) {
    rpc::CallOptions options;
    if (!caller.subject.empty()) {
      caller.expires = clock.Now() + clock::kDay;
      options.authorization = tokens_.Authorization(caller);
    }
    return channel_->Call<Resp>("jinqi.intake.v1.IntakeService/" + method, request, options);
  }

  absl::StatusOr<v1::Demand> Create(const v1::Demand& demand, const identity::Caller& caller, bool hold = false,
                                    std::string key = "-") {
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
  absl::Status Routing(const std::string& order_no, std::int64_t sequence, const std::string& type, OrderState to,
                       const std::function<void(OrderEvent&)>& change = {}) {
    OrderEvent event;
    event.set_to(to);
    *event.mutable_time() = clock::ToProto(clock.Now());
    event.mutable_order()->set_order_no(order_no);
    event.mutable_order()->set_state(to);
    event.mutable_order()->set_main_undertaker("GXJ");
    *event.mutable_order()->mutable_due_time() = clock::ToProto(At("2026-03-03T23:59:59+08:00"));
    if (change) change(event);
    Envelope envelope;
    envelope.set_id(absl::StrCat("e-", order_no, "-", sequence));
    envelope.set_type(type);
    envelope.set_key(order_no);
    envelope.set_key_sequence(sequence);
    envelope.set_payload(event.SerializeAsString());
    auto command = OnRoutingEvent(intake->privacy, envelope);
    if (!command.ok()) return command.status();
    (*command)->tenant = "tianjin";
    (*command)->request_id = envelope.id();
    (*command)->time = clock.Now();
    return ledger_->Run(**std::move(command)).status();
  }

  ledger::Ledger& ledger() { return *ledger_; }
  const std::string& database() const { return database_; }
  const crypto::Vault& vault() const { return vault_; }
  rpc::Channel& channel() { return *channel_; }

  clock::ManualClock clock{At("2026-02-17T03:12:00+08:00")};
  std::unique_ptr<Intake> intake;

 private:
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

v1::Demand Online(const std::string& content = ValidDemand().content()) {
  v1::Demand demand = ValidDemand();
  demand.set_channel(CHANNEL_JINCHANFA);
  demand.set_content(content);
  return demand;
}

std::vector<std::string> OrderNos(const v1::ListDemandsResponse& response) {
  std::vector<std::string> numbers;
  for (const v1::Demand& demand : response.demands()) numbers.push_back(demand.order_no());
  return numbers;
}

TEST_CASE("demands of every channel are in one store, taken round the clock",
          "[INT-01][INT-02][INT-03][INT-04][INT-05]") {
  Api api(GENERATE(false, true));
  struct Door {
    Channel channel;
    identity::Caller caller;
  };
  std::set<Channel> expected;
  int n = 0;
  for (const Door& door : std::vector<Door>{{CHANNEL_PHONE_12345, kSeat},
                                            {CHANNEL_WECHAT_12345, kOwner},
                                            {CHANNEL_JINCHANFA, kOwner},
                                            {CHANNEL_STAFF, kStaff}}) {
    v1::Demand demand = ValidDemand();
    demand.set_channel(door.channel);
    demand.set_content(absl::StrCat("第", ++n, "件事：请协调供电部门尽快办理新增用电报装。"));
    // INT-02/bad/1: what the client says of time is nothing.
    *demand.mutable_accept_time() = clock::ToProto(At("2020-01-01T00:00:00+08:00"));
    *demand.mutable_due_time() = clock::ToProto(At("2020-01-01T00:00:00+08:00"));
    demand.set_state(ORDER_STATE_CLOSED);
    const auto created = api.Create(demand, door.caller);
    REQUIRE_OK(created);
    INFO("INT-02/accept INT-02/bad/1");
    CHECK(TimeText(created->accept_time()) == "2026-02-17T03:12:00+08:00");
    CHECK(TimeText(created->due_time()) == "2026-03-03T23:59:59+08:00");
    CHECK(created->state() == ORDER_STATE_PENDING_DISPATCH);
    CHECK(ids::IsOrderNo(created->order_no()));
    CHECK(created->title() == demand.title());
    CHECK(created->contact_name() == "王**");
    CHECK(created->contact_phone() == "138****5678");
    expected.insert(door.channel);
  }
  INFO("INT-01/accept");
  v1::ListDemandsRequest list;
  list.set_accept_date("2026-02-17");
  list.set_with_total(true);
  const auto listed = api.List(list, kHubLeader);
  REQUIRE_OK(listed);
  std::set<Channel> channels;
  for (const v1::Demand& demand : listed->demands()) {
    channels.insert(demand.channel());
    std::vector<const google::protobuf::FieldDescriptor*> set;
    demand.GetReflection()->ListFields(demand, &set);
    std::vector<const google::protobuf::FieldDescriptor*> first;
    listed->demands(0).GetReflection()->ListFields(listed->demands(0), &first);
    CHECK(set == first);
  }
  CHECK(channels == expected);
  CHECK(listed->total_size() == 4);
  list.set_accept_date("2026-02-16");
  CHECK(testing::Must(api.List(list, kHubLeader)).demands().empty());

  INFO("INT-01/bad/1");
  v1::Demand bad = ValidDemand();
  bad.clear_channel();
  const auto refused = api.Create(bad, kSeat);
  CHECK(ReasonOf(refused.status()) == REASON_CHANNEL_UNKNOWN);
  CHECK(FieldsOf(refused.status()) == Fields{{"demand.channel", "CHANNEL_UNKNOWN"}});
  list.set_accept_date("2026-02-17");
  CHECK(testing::Must(api.List(list, kHubLeader)).total_size() == 4);

  INFO("INT-03/accept");
  bad = ValidDemand();
  bad.set_title("");
  bad.set_content(std::string(4001, 'x'));
  bad.set_contact_phone("1381234567");
  CHECK(FieldsOf(api.Create(bad, kSeat).status()) ==
        Fields{{"demand.title", "REQUIRED"}, {"demand.content", "TOO_LONG"}, {"demand.contact_phone", "FORMAT"}});
  INFO("INT-03/bad/1");
  bad = ValidDemand();
  bad.set_title("\u3000\u200B ");
  CHECK(FieldsOf(api.Create(bad, kSeat).status()) == Fields{{"demand.title", "REQUIRED"}});
  INFO("INT-03/bad/2: what is no request is refused, not a fault of ours");
  const auto garbage = api.channel().CallBytes("jinqi.intake.v1.IntakeService/CreateDemand",
                                               rpc::ToBuffer(std::string_view("\x0a\xff\xff")), {}, false);
  CHECK(garbage.status().code() == absl::StatusCode::kInvalidArgument);

  INFO("INT-04/accept");
  v1::Demand lower = Online("按小写代码提交：请协调解决厂区门口道路积水问题。");
  lower.mutable_subject()->set_uscc("91120116ma051k2p9x");
  CHECK(testing::Must(api.Create(lower, kOwner)).subject().uscc() == kUscc);
  struct Code {
    std::string id, uscc, reason;
  };
  for (const Code& code : std::vector<Code>{{"INT-04/bad/1", "91120116MA051K2P90", "USCC_CHECKSUM"},
                                            {"INT-04/bad/2", "9112011OMA051K2P9X", "USCC_CHARSET"},
                                            {"INT-04/bad/3", "91120116MA051K2P9", "USCC_LENGTH"}}) {
    INFO(code.id);
    v1::Demand demand = ValidDemand();
    demand.mutable_subject()->set_uscc(code.uscc);
    CHECK(FieldsOf(api.Create(demand, kSeat).status()) == Fields{{"demand.subject.uscc", code.reason}});
  }

  INFO("INT-05/accept");
  v1::Demand individual = ValidDemand();
  individual.mutable_subject()->set_uscc("92120101MA071K2P0C");
  const auto proposed = api.Create(individual, kSeat);
  REQUIRE_OK(proposed);
  CHECK(proposed->subject().type() == SUBJECT_TYPE_INDIVIDUAL_BUSINESS);
  CHECK(TimeText(proposed->due_time()) == "2026-03-03T23:59:59+08:00");
  INFO("INT-05/bad/1");
  v1::Demand mismatch = ValidDemand();
  mismatch.mutable_subject()->set_type(SUBJECT_TYPE_FARMER_COOP);
  CHECK(FieldsOf(api.Create(mismatch, kSeat).status()) == Fields{{"demand.subject.type", "SUBJECT_MISMATCH"}});
  mismatch.set_content("合作社登记变更后的事项：请协调办理用电过户手续。");
  mismatch.set_subject_confirmation("执照已更换，已核对原件");
  CHECK(testing::Must(api.Create(mismatch, kSeat)).subject().type() == SUBJECT_TYPE_FARMER_COOP);

  // The register follows.
  v1::GetEnterpriseRequest get;
  get.set_name(std::string("enterprises/") + kUscc);
  const auto enterprise = api.Call<v1::Enterprise>("GetEnterprise", get, kOwner);
  REQUIRE_OK(enterprise);
  CHECK(enterprise->demand_count() == 6);
  CHECK(enterprise->etag() == "2");
  CHECK(ReasonOf(api.Call<v1::Enterprise>("GetEnterprise", get, kStranger).status()) == REASON_NOT_FOUND);
  v1::ListEnterprisesRequest enterprises;
  enterprises.set_page_size(1);
  const auto first = api.Call<v1::ListEnterprisesResponse>("ListEnterprises", enterprises, kSeat);
  REQUIRE_OK(first);
  REQUIRE(first->enterprises_size() == 1);
  enterprises.set_page_token(first->next_page_token());
  const auto second = api.Call<v1::ListEnterprisesResponse>("ListEnterprises", enterprises, kSeat);
  REQUIRE_OK(second);
  REQUIRE(second->enterprises_size() == 1);
  CHECK(second->next_page_token().empty());
  CHECK(first->enterprises(0).uscc() != second->enterprises(0).uscc());
}

TEST_CASE("a category lives on with the demands that were filed under it", "[INT-06]") {
  Api api(GENERATE(false, true));
  const auto publish = [&api](const std::function<void(v1::CategoryTree&)>& change) {
    v1::GetCategoryTreeRequest get;
    get.set_name("categoryTrees/latest");
    v1::CategoryTree tree = testing::Must(api.Call<v1::CategoryTree>("GetCategoryTree", get, kHubLeader));
    tree.set_version(tree.version() + 1);
    change(tree);
    v1::PublishCategoryTreeRequest request;
    *request.mutable_tree() = tree;
    request.set_request_id(absl::StrCat("tree-", tree.version()));
    return api.Call<v1::CategoryTree>("PublishCategoryTree", request, kHubLeader);
  };
  const auto change_leaf = [](const std::function<void(v1::Category&)>& change) {
    return [change](v1::CategoryTree& tree) {
      for (v1::Category& category : *tree.mutable_categories()) {
        if (category.code() == "A02-05") change(category);
      }
    };
  };
  REQUIRE_OK(publish([](auto&) {}));
  REQUIRE_OK(publish(change_leaf([](auto& category) { category.set_title("第三版名称"); })));
  v1::Demand demand = Online();
  demand.set_category_code("A02-05");
  const auto old = api.Create(demand, kOwner);
  REQUIRE_OK(old);
  CHECK(old->category_tree_version() == 3);

  REQUIRE_OK(publish(change_leaf([](auto& category) {
    category.set_title("第四版名称");
    category.set_retired(true);
    category.set_successor("A02-01");
  })));
  INFO("INT-06/accept");
  const auto shown = api.Get(old->order_no(), kOwner);
  REQUIRE_OK(shown);
  CHECK(shown->category_code() == "A02-05");
  CHECK(shown->category_name() == "第三版名称");
  CHECK(shown->category_tree_version() == 3);
  v1::CountByCategoryRequest count;
  count.set_start_date("2026-02-17");
  count.set_end_date("2026-02-17");
  const auto counted = api.Call<v1::CountByCategoryResponse>("CountByCategory", count, kHubLeader);
  REQUIRE_OK(counted);
  CHECK(counted->category_tree_version() == 4);
  REQUIRE(counted->rows_size() == 1);
  CHECK(counted->rows(0).code() == "A02-01");
  CHECK(counted->rows(0).title() == "座谈会与圆桌会参会");
  CHECK(counted->rows(0).count() == 1);
  count.set_start_date("2026-02-18");
  CHECK(FieldsOf(api.Call<v1::CountByCategoryResponse>("CountByCategory", count, kHubLeader).status()) ==
        Fields{{"end_date", "OUT_OF_RANGE"}});
  count.set_end_date("2026-02-30");
  CHECK(FieldsOf(api.Call<v1::CountByCategoryResponse>("CountByCategory", count, kHubLeader).status()) ==
        Fields{{"end_date", "FORMAT"}});

  for (const auto& [code, reason] : std::map<std::string, std::string>{
           {"A02-05", "CATEGORY_RETIRED"}, {"A02", "CATEGORY_NOT_LEAF"}, {"X", "UNKNOWN_VALUE"}}) {
    INFO("INT-06/bad/1 INT-06/bad/2 " << code);
    demand.set_category_code(code);
    demand.set_content("另一件事：请协调参加本季度圆桌会的报名安排。");
    CHECK(FieldsOf(api.Create(demand, kOwner).status()) == Fields{{"demand.category_code", reason}});
  }
  // Old versions stay readable; what is none is not found.
  v1::GetCategoryTreeRequest get;
  get.set_name("categoryTrees/1");
  CHECK(testing::Must(api.Call<v1::CategoryTree>("GetCategoryTree", get, kSeat)).version() == 1);
  for (const std::string name : {"categoryTrees/5", "categoryTrees/0", "categoryTrees/x", "trees/1"}) {
    get.set_name(name);
    CHECK(ReasonOf(api.Call<v1::CategoryTree>("GetCategoryTree", get, kSeat).status()) == REASON_NOT_FOUND);
  }
  CHECK(ReasonOf(publish([](auto& tree) { tree.set_version(9); }).status()) == REASON_CATEGORY_TREE_VERSION);
}

TEST_CASE("an emergency is handed over and stays to be found", "[INT-07]") {
  Api api(GENERATE(false, true));
  v1::Demand demand = ValidDemand();
  demand.set_content("厂房正在起火，有人被困");
  const auto held = api.Create(demand, kSeat, true);
  REQUIRE_OK(held);
  INFO("INT-07/bad/2");
  CHECK(held->state() == ORDER_STATE_REGISTERED);
  CHECK(held->urgency() == URGENCY_NORMAL);
  CHECK(std::set<std::string>(held->review_flags().begin(), held->review_flags().end()) ==
        std::set<std::string>{"EMERGENCY_WORDS"});
  api.clock.Advance(40 * clock::kSecond);
  v1::TransferDemandRequest transfer;
  transfer.set_name(held->name());
  transfer.set_etag(held->etag());
  transfer.set_request_id("t1");
  transfer.set_target("119");
  const auto transferred = api.Call<v1::Demand>("TransferDemand", transfer, kSeat);
  REQUIRE_OK(transferred);
  INFO("INT-07/accept");
  CHECK(transferred->state() == ORDER_STATE_TRANSFERRED_EMERGENCY);
  CHECK(transferred->emergency_transfer().target() == "119");
  CHECK(TimeText(transferred->emergency_transfer().time()) == "2026-02-17T03:12:40+08:00");
  CHECK_FALSE(transferred->has_due_time());
  CHECK(transferred->content() == "厂房正在起火，有人被困");
  v1::ListDemandsRequest list;
  list.set_state(ORDER_STATE_TRANSFERRED_EMERGENCY);
  CHECK(OrderNos(testing::Must(api.List(list, kSeat))) == std::vector<std::string>{held->order_no()});
  // The same request again gives the first answer; another change meets the new version.
  CHECK(testing::Must(api.Call<v1::Demand>("TransferDemand", transfer, kSeat)).etag() == transferred->etag());
  transfer.set_request_id("t2");
  CHECK(ReasonOf(api.Call<v1::Demand>("TransferDemand", transfer, kSeat).status()) == REASON_VERSION_CONFLICT);
  // Only operators hold.
  CHECK(ReasonOf(api.Create(Online(), kOwner, true).status()) == REASON_PERMISSION_DENIED);

  INFO("INT-07/bad/1: routing's view lowers nothing");
  v1::Demand urgent = ValidDemand();
  urgent.set_urgency(URGENCY_LIFE_SAFETY);
  urgent.set_content("请尽快派人查看配电室异常响声，我们担心安全。");
  const auto created = api.Create(urgent, kSeat);
  REQUIRE_OK(created);
  REQUIRE_OK(api.Routing(created->order_no(), 1, "OrderAccepted", ORDER_STATE_PENDING_DISPATCH,
                         [](OrderEvent& event) { event.mutable_order()->set_urgency(URGENCY_NORMAL); }));
  CHECK(testing::Must(api.Get(created->order_no(), kSeat)).urgency() == URGENCY_LIFE_SAFETY);
}

TEST_CASE("repeats are merged, and answered after closing", "[INT-09]") {
  Api api(GENERATE(false, true));
  const auto master = api.Create(Online(), kOwner);
  REQUIRE_OK(master);
  INFO("INT-09/accept");
  std::vector<std::string> children;
  for (int i = 0; i < 3; ++i) {
    const auto child = api.Create(Online(), kOwner);
    REQUIRE_OK(child);
    CHECK(child->state() == ORDER_STATE_MERGED);
    CHECK(child->merged_into() == master->order_no());
    CHECK_FALSE(child->has_due_time());
    children.push_back(child->order_no());
  }
  auto running = testing::Must(api.Get(master->order_no(), kOwner));
  CHECK(running.urging_count() == 3);
  CHECK(running.state() == ORDER_STATE_PENDING_DISPATCH);
  v1::ListDemandsRequest open;
  open.set_state(ORDER_STATE_PENDING_DISPATCH);
  CHECK(testing::Must(api.List(open, kSeat)).demands_size() == 1);

  INFO("INT-09/bad/1 INT-09/bad/2");
  v1::Demand other = Online();
  other.mutable_subject()->set_uscc(kOtherUscc);
  other.set_contact_phone("13912345678");
  const auto apart = api.Create(other, kStranger);
  REQUIRE_OK(apart);
  CHECK(apart->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(apart->merged_into().empty());
  CHECK(apart->related_orders().empty());
  CHECK(ReasonOf(api.Get(master->order_no(), kStranger).status()) == REASON_NOT_FOUND);

  // The result of the order that ran is told to who repeats it, and shows in the children.
  REQUIRE_OK(api.Routing(master->order_no(), 1, "OrderFedBack", ORDER_STATE_FED_BACK, [&](OrderEvent& event) {
    event.mutable_order()->set_result_text("已完成报装并送电");
    event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
    *event.mutable_order()->mutable_feedback_time() = clock::ToProto(api.clock.Now());
  }));
  REQUIRE_OK(api.Routing(master->order_no(), 2, "OrderClosed", ORDER_STATE_CLOSED, [&](OrderEvent& event) {
    event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
    *event.mutable_order()->mutable_feedback_time() = clock::ToProto(api.clock.Now());
    *event.mutable_order()->mutable_close_time() = clock::ToProto(api.clock.Now());
  }));
  CHECK(testing::Must(api.Get(children[0], kOwner)).result_text() == "已完成报装并送电");
  CHECK(testing::Must(api.LookUp(children[0], "13812345678")).result_text() == "已完成报装并送电");
  const auto again = api.Create(Online(), kOwner);
  REQUIRE_OK(again);
  CHECK(again->state() == ORDER_STATE_ANSWERED);
  REQUIRE(again->related_orders_size() == 1);
  CHECK(again->related_orders(0) == master->order_no());
  CHECK(again->result_text() == "已完成报装并送电");
  CHECK(testing::Must(api.Get(again->order_no(), kOwner)).result_text() == "已完成报装并送电");

  // What ended here is archived after 15 days, by the real sweeper.
  ledger::Sweeper sweeper(&api.ledger(), &api.clock, {std::string(kDemandKind)}, OnTimer,
                          {.holder = "sweeper-0", .lateness = {}, .failed = {}});
  api.clock.Advance(15 * clock::kDay - 1);
  CHECK(testing::Must(sweeper.Sweep()) == 0);
  api.clock.Advance(1);
  CHECK(testing::Must(sweeper.Sweep()) == 4);
  CHECK(testing::Must(api.Get(children[0], kOwner)).state() == ORDER_STATE_ARCHIVED);
  CHECK(testing::Must(api.Get(again->order_no(), kOwner)).result_text() == "已完成报装并送电");
}

TEST_CASE("a create that is sent twice makes one order", "[INT-17]") {
  Api api(GENERATE(false, true));
  const auto fifty = [&api](const std::string& key, const identity::Caller& caller, const v1::Demand& demand) {
    std::vector<std::thread> threads;
    absl::Mutex mutex;
    std::set<std::string> numbers;
    int failed = 0;
    for (int i = 0; i < 50; ++i) {
      threads.emplace_back([&] {
        const auto created = api.Create(demand, caller, false, key);
        absl::MutexLock lock(&mutex);
        if (created.ok()) numbers.insert(created->order_no());
        failed += created.ok() ? 0 : 1;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(numbers.size() == 1);
  };
  INFO("INT-17/accept");
  fifty("k1", kSeat, ValidDemand());
  v1::ListDemandsRequest all;
  all.set_with_total(true);
  CHECK(testing::Must(api.List(all, kSeat)).total_size() == 1);
  v1::Demand other = ValidDemand();
  other.set_title("别的标题");
  CHECK(ReasonOf(api.Create(other, kSeat, false, "k1").status()) == REASON_REQUEST_ID_REUSED);
  INFO("INT-17/bad/1");
  fifty("", kOwner, Online("没有请求号的公开提交：请协调解决厂区供水压力不足。"));
  v1::Demand report = Online("没有请求号的匿名举报：有人违规收费，请查处。");
  report.set_channel(CHANNEL_WECHAT_12345);
  report.set_demand_type(DEMAND_TYPE_REPORT);
  report.set_anonymous(true);
  report.clear_contact_name();
  report.clear_contact_phone();
  report.mutable_subject()->clear_uscc();
  report.mutable_subject()->clear_enterprise_name();
  fifty("", kNobody, report);
  CHECK(testing::Must(api.List(all, kSeat)).total_size() == 3);
  // An operator brings its own.
  CHECK(ReasonOf(api.Create(other, kSeat, false, "").status()) == REASON_REQUIRED);
  // The stored answer stands when the category has fallen since, and holds nothing personal.
  const auto tree = api.intake->trees.current();
  CHECK(testing::Must(api.Create(ValidDemand(), kSeat, false, "k1")).content() == ValidDemand().content());
}

TEST_CASE("the enterprise sees how far its order is", "[INT-18]") {
  Api api(GENERATE(false, true));
  const auto created = api.Create(Online(), kOwner);
  REQUIRE_OK(created);
  const std::string no = created->order_no();
  REQUIRE_OK(api.Routing(no, 1, "OrderSigned", ORDER_STATE_HANDLING));
  REQUIRE_OK(api.Routing(no, 2, "OrderDueChanged", ORDER_STATE_HANDLING, [](OrderEvent& event) {
    event.set_reason("需现场勘查，经批准延期");
    *event.mutable_order()->mutable_due_time() = clock::ToProto(At("2026-03-12T23:59:59+08:00"));
  }));
  INFO("INT-18/accept");
  for (const auto& progress : {api.LookUp(no, "138-1234-5678"), api.LookUp(no, "", kOwner)}) {
    REQUIRE_OK(progress);
    CHECK(progress->stage() == "办理中");
    CHECK(progress->state() == ORDER_STATE_HANDLING);
    CHECK(progress->main_undertaker() == "GXJ");
    CHECK(TimeText(progress->due_time()) == "2026-03-12T23:59:59+08:00");
    REQUIRE(progress->extensions_size() == 1);
    CHECK(TimeText(progress->extensions(0).old_due_time()) == "2026-03-03T23:59:59+08:00");
    CHECK(TimeText(progress->extensions(0).new_due_time()) == "2026-03-12T23:59:59+08:00");
    CHECK(progress->extensions(0).reason() == "需现场勘查，经批准延期");
    CHECK(progress->rating_link().empty());
  }
  INFO("INT-18/bad/1");
  const auto wrong = api.LookUp(no, "13912345678").status();
  const std::string unknown_no = ids::OrderNo(api.clock.Now(), 99);
  for (const absl::Status& status :
       {wrong, api.LookUp(unknown_no, "13812345678").status(), api.LookUp(no, "").status(),
        api.LookUp(no, "abc").status(), api.LookUp("x", "13812345678").status(), api.LookUp(no, "", kStranger).status(),
        api.LookUp(no, "", kBody).status(), api.LookUp(no, "", kNobody, api.intake->privacy.QueryCode(no)).status()}) {
    CHECK(ReasonOf(status) == REASON_NOT_FOUND);
    CHECK(MetadataOf(status) == MetadataOf(wrong));
    CHECK(FieldsOf(status) == FieldsOf(wrong));
  }
  // The result is there once it was given, with the way to rate it.
  REQUIRE_OK(api.Routing(no, 3, "OrderSubmitted", ORDER_STATE_SUBMITTED, [](OrderEvent& event) {
    event.mutable_order()->set_result_text("已完成报装");
    event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
  }));
  CHECK(testing::Must(api.LookUp(no, "13812345678")).result_text().empty());
  CHECK(testing::Must(api.Get(no, kOwner)).result_text().empty());
  CHECK(testing::Must(api.Get(no, kOwner)).result_type() == RESULT_TYPE_UNSPECIFIED);
  CHECK(testing::Must(api.Get(no, kBody)).result_text() == "已完成报装");
  REQUIRE_OK(api.Routing(no, 4, "OrderFedBack", ORDER_STATE_FED_BACK, [&](OrderEvent& event) {
    event.mutable_order()->set_result_text("已完成报装");
    event.mutable_order()->set_result_type(RESULT_TYPE_SOLVED);
    *event.mutable_order()->mutable_feedback_time() = clock::ToProto(api.clock.Now());
  }));
  const auto fed_back = api.LookUp(no, "13812345678");
  REQUIRE_OK(fed_back);
  CHECK(fed_back->result_text() == "已完成报装");
  CHECK(fed_back->rating_link() == "/rating/" + no);
  CHECK(testing::Must(api.Get(no, kOwner)).result_type() == RESULT_TYPE_SOLVED);

  // Read your writes: an event that is on its way is waited for, and one that never comes is not waited for long.
  std::thread later([&] { CHECK_OK(api.Routing(no, 5, "OrderClosed", ORDER_STATE_CLOSED)); });
  CHECK(testing::Must(api.Get(no, kOwner, 5)).order_sequence() == 5);
  later.join();
  CHECK(testing::Must(api.Get(no, kOwner, 9)).order_sequence() == 5);
}

TEST_CASE("facts are added and demands withdrawn, by routing's word where it holds them", "[INT-20]") {
  Api api(GENERATE(false, true));
  const auto created = api.Create(Online(), kOwner);
  REQUIRE_OK(created);
  const std::string no = created->order_no();
  REQUIRE_OK(api.Routing(no, 1, "OrderSigned", ORDER_STATE_HANDLING));
  // Nobody answers: not settled, but kept.
  const auto added = api.Supplement(no, "补充：第二车间也已停工，联系电话不变。", kOwner);
  REQUIRE_OK(added);
  CHECK_FALSE(added->settled());
  REQUIRE_OK(api.Routing(no, 2, "SupplementTaken", ORDER_STATE_HANDLING));
  const auto shown = api.Get(no, kOwner);
  REQUIRE_OK(shown);
  REQUIRE(shown->supplements_size() == 1);
  CHECK(shown->supplements(0).text() == "补充：第二车间也已停工，联系电话不变。");
  CHECK(shown->content() == ValidDemand().content());
  // Routing refuses while the call waits.
  std::thread refuses([&] {
    testing::WaitFor([&] {
      const auto record = DemandViews::Parse(*testing::Must(api.ledger().reader().Get("tianjin", DemandKey(no))));
      return record.ok() && record->record.supplements_asked() == 2;
    });
    CHECK_OK(api.Routing(no, 3, "SupplementRefused", ORDER_STATE_HANDLING,
                         [](OrderEvent& event) { event.set_reason("SUBMITTED"); }));
  });
  const auto refused = api.Supplement(no, "再补充一点：请尽快。", kOwner);
  refuses.join();
  REQUIRE_OK(refused);
  CHECK(refused->settled());
  CHECK_FALSE(refused->granted());
  CHECK(refused->refusal() == "SUBMITTED");

  INFO("INT-20/bad/1");
  CHECK(ReasonOf(api.Withdraw(no, kColleague).status()) == REASON_WITHDRAW_NOT_YOURS);
  CHECK(ReasonOf(api.Supplement(no, "同事补充的情况", kColleague).status()) == REASON_SUPPLEMENT_NOT_YOURS);
  INFO("INT-20/bad/2");
  v1::Demand report = Online("举报某单位违规收费，请依法查处并保密。");
  report.set_demand_type(DEMAND_TYPE_REPORT);
  const auto secret = api.Create(report, kOwner);
  REQUIRE_OK(secret);
  CHECK(ReasonOf(api.Withdraw(secret->order_no(), kStranger).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Withdraw(secret->order_no(), kColleague).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Withdraw("TJ0", kOwner).status()) == REASON_NOT_FOUND);

  INFO("INT-20/accept");
  std::thread grants([&] {
    testing::WaitFor([&] {
      const auto record = DemandViews::Parse(*testing::Must(api.ledger().reader().Get("tianjin", DemandKey(no))));
      return record.ok() && record->record.has_withdrawal();
    });
    CHECK_OK(api.Routing(no, 4, "OrderWithdrawn", ORDER_STATE_WITHDRAWN));
  });
  const auto withdrawn = api.Withdraw(no, kOwner);
  grants.join();
  REQUIRE_OK(withdrawn);
  CHECK(withdrawn->settled());
  CHECK(withdrawn->granted());
  CHECK(withdrawn->state() == ORDER_STATE_WITHDRAWN);
  CHECK(testing::Must(api.Get(no, kOwner)).state() == ORDER_STATE_WITHDRAWN);
  CHECK(ReasonOf(api.Supplement(no, "撤回以后的补充", kOwner).status()) == REASON_DEMAND_ENDED);

  // Held: decided at once; texts have their limits.
  const auto held = api.Create(ValidDemand(), kSeat, true);
  REQUIRE_OK(held);
  CHECK(FieldsOf(api.Supplement(held->order_no(), " ", kSeat).status()) == Fields{{"text", "REQUIRED"}});
  CHECK(FieldsOf(api.Supplement(held->order_no(), std::string(4001, 'x'), kSeat).status()) ==
        Fields{{"text", "TOO_LONG"}});
  REQUIRE_OK(api.Supplement(held->order_no(), "补充：已联系物业", kSeat));
  v1::SubmitDemandRequest submit;
  submit.set_name(held->name());
  submit.set_request_id("s1");
  submit.set_etag(held->etag());
  CHECK(ReasonOf(api.Call<v1::Demand>("SubmitDemand", submit, kSeat).status()) == REASON_VERSION_CONFLICT);
  submit.set_etag(testing::Must(api.Get(held->order_no(), kSeat)).etag());
  submit.set_note("已现场协调");
  const auto submitted = api.Call<v1::Demand>("SubmitDemand", submit, kSeat);
  REQUIRE_OK(submitted);
  CHECK(submitted->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(testing::Must(api.Get(held->order_no(), kSeat)).supplements_size() == 2);
  // Routing gets the demand, then all that was added, in order.
  std::vector<std::string> types;
  for (int partition = 0; partition < 8; ++partition) {
    for (const auto& row : testing::Must(api.ledger().reader().Outbox(partition, 0, 100))) {
      if (row.key == held->order_no()) types.push_back(row.type);
    }
  }
  CHECK(types == std::vector<std::string>{"DemandSubmitted", "SupplementAdded", "SupplementAdded"});
}

TEST_CASE("an informant stays unknown to all but the hub", "[INT-15][SEC-06]") {
  Api api(GENERATE(false, true));
  v1::Demand report = Online("我是天津示例制造有限公司的王小明，电话13812345678，举报某局乱收费。");
  report.set_demand_type(DEMAND_TYPE_REPORT);
  const auto created = api.Create(report, kOwner);
  REQUIRE_OK(created);
  const std::string no = created->order_no();
  CHECK(created->confidential());
  REQUIRE_OK(api.Routing(no, 1, "OrderDispatched", ORDER_STATE_DISPATCHED));
  INFO("INT-15/accept");
  const auto body = api.Get(no, kBody);
  REQUIRE_OK(body);
  CHECK(body->category_code() == "B08-02");
  CHECK(body->redacted());
  CHECK(body->content() == "我是****的****，电话****，举报某局乱收费。");
  CHECK(body->contact_name().empty());
  CHECK(body->contact_phone().empty());
  CHECK(body->subject().uscc().empty());
  CHECK(body->subject().enterprise_name().empty());
  CHECK(ReasonOf(api.Get(no, kColleague).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.Get(no, kOwner)).subject().uscc() == kUscc);
  const auto hub = api.Get(no, kDispatcher);
  REQUIRE_OK(hub);
  CHECK(hub->contact_phone() == "138****5678");
  CHECK(hub->subject().uscc().empty());

  v1::ResolveContactRequest resolve;
  resolve.set_name("demands/" + no);
  resolve.set_request_id("r1");
  resolve.set_purpose("回访");
  CHECK(ReasonOf(api.Call<v1::Contact>("ResolveContact", resolve, kBody).status()) == REASON_CONFIDENTIAL_CONTACT);
  const auto contact = api.Call<v1::Contact>("ResolveContact", resolve, kDispatcher);
  REQUIRE_OK(contact);
  CHECK(contact->contact_name() == "王小明");
  CHECK(contact->contact_phone() == "13812345678");
  CHECK(contact->uscc() == kUscc);
  CHECK(contact->enterprise_name() == "天津示例制造有限公司");
  const auto looks = testing::Must(api.ledger().reader().History("tianjin", {"contact_access", no}));
  REQUIRE(looks.size() == 1);
  v1::ContactResolved resolved;
  REQUIRE(resolved.ParseFromString(looks[0].data));
  CHECK(resolved.purpose() == "回访");
  CHECK(absl::StrContains(looks[0].caller, "dispatcher"));
  CHECK(testing::Must(api.Get(no, kDispatcher)).etag() == hub->etag());
  resolve.set_request_id("r2");
  resolve.set_purpose("");
  CHECK(ReasonOf(api.Call<v1::Contact>("ResolveContact", resolve, kDispatcher).status()) == REASON_REQUIRED);

  INFO("INT-15/bad/1");
  v1::Demand open = report;
  open.set_confidential(false);
  CHECK(FieldsOf(api.Create(open, kOwner).status()) == Fields{{"demand.open_consent", "CONSENT_REQUIRED"}});

  // Anonymous: found again by its code only.
  v1::Demand anonymous = report;
  anonymous.set_channel(CHANNEL_WECHAT_12345);
  anonymous.set_anonymous(true);
  anonymous.set_content("有人违规收费，请查处，不留姓名。");
  anonymous.clear_contact_name();
  anonymous.clear_contact_phone();
  anonymous.mutable_subject()->clear_uscc();
  anonymous.mutable_subject()->clear_enterprise_name();
  const auto unnamed = api.Create(anonymous, kNobody);
  REQUIRE_OK(unnamed);
  CHECK(unnamed->query_code().size() == 16);
  CHECK_OK(api.LookUp(unnamed->order_no(), "", kNobody, unnamed->query_code()));
  CHECK(ReasonOf(api.LookUp(unnamed->order_no(), "", kNobody, created->query_code()).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.Get(unnamed->order_no(), kSeat)).query_code().empty());
  resolve.set_name(unnamed->name());
  resolve.set_purpose("回访");
  CHECK(ReasonOf(api.Call<v1::Contact>("ResolveContact", resolve, kDispatcher).status()) == REASON_NO_CONTACT);

  // Nothing of it is in records, history, messages or answers; and the chain is whole.
  for (const auto& row : testing::Must(api.ledger().reader().History("tianjin", DemandKey(no)))) {
    for (const std::string value : {"王小明", "13812345678", kUscc, "乱收费"}) {
      CHECK_FALSE(absl::StrContains(row.data, value));
    }
  }
  const auto record = testing::Must(api.ledger().reader().Get("tianjin", DemandKey(no)));
  for (const std::string value : {"王小明", "13812345678", kUscc, "乱收费"}) {
    CHECK_FALSE(absl::StrContains(record->body, value));
  }
  const auto verified = ledger::Verify(
      api.database(), Kinds(), {}, [&api](const std::string& sealed) { return api.intake->privacy.OpenBytes(sealed); });
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
}

TEST_CASE("lists are paged to the end, each row once, and only one's own", "[GWY-09][GWY-04]") {
  Api api(GENERATE(false, true));
  constexpr int kDemands = 23;
  std::set<std::string> mine;
  for (int i = 0; i < kDemands; ++i) {
    v1::Demand demand = Online(absl::StrCat("第", i, "件不同的事：请协调有关部门尽快办理并答复。"));
    // By two accounts of one enterprise, several in one instant; some without credit code, of the account only.
    const bool own = i % 2 == 0;
    if (i % 5 == 0) {
      demand.set_channel(CHANNEL_WECHAT_12345);
      demand.mutable_subject()->clear_uscc();
      demand.mutable_subject()->set_type(SUBJECT_TYPE_ENTERPRISE);
    }
    if (i % 3 == 0) api.clock.Advance(clock::kSecond);
    const auto created = api.Create(demand, own ? kOwner : kColleague);
    REQUIRE_OK(created);
    if (own || i % 5 != 0) mine.insert(created->order_no());
    v1::Demand other = Online(absl::StrCat("第", i, "件别家的事：请协调有关部门尽快办理并答复。"));
    other.mutable_subject()->set_uscc(kOtherUscc);
    REQUIRE_OK(api.Create(other, kStranger));
  }
  v1::ListDemandsRequest request;
  request.set_page_size(4);
  request.set_with_total(true);
  std::vector<std::string> seen;
  do {
    const auto page = api.List(request, kOwner);
    REQUIRE_OK(page);
    CHECK(page->demands_size() <= 4);
    CHECK(page->total_size() == static_cast<std::int64_t>(mine.size()));
    for (const std::string& no : OrderNos(*page)) seen.push_back(no);
    request.set_page_token(page->next_page_token());
    // What comes in meanwhile is newer and does not move the pages.
    if (seen.size() == 4) {
      api.clock.Advance(clock::kSecond);
      v1::Demand late = Online("翻页期间新提交的另一件事：请协调办理。");
      late.mutable_subject()->set_uscc(kOtherUscc);
      REQUIRE_OK(api.Create(late, kStranger));
    }
  } while (!request.page_token().empty());
  CHECK(seen.size() == mine.size());
  CHECK(std::set<std::string>(seen.begin(), seen.end()) == mine);

  v1::ListDemandsRequest all;
  all.set_with_total(true);
  CHECK(testing::Must(api.List(all, kHubLeader)).total_size() == 2 * kDemands + 1);
  all.set_uscc(kOtherUscc);
  CHECK(testing::Must(api.List(all, kHubLeader)).total_size() == kDemands + 1);
  CHECK(testing::Must(api.List(all, kOwner)).total_size() == 0);
  all.clear_uscc();
  all.set_channel(CHANNEL_WECHAT_12345);
  CHECK(testing::Must(api.List(all, kHubLeader)).total_size() == 5);
  all.clear_channel();
  all.set_district_code("120101");
  CHECK(testing::Must(api.List(all, kHubLeader)).total_size() == 0);
  all.clear_district_code();
  const identity::Caller hub = CallerWith(ROLE_DISTRICT_HUB, "q", "", "120116");
  const identity::Caller nowhere = CallerWith(ROLE_DISTRICT_HUB, "q");
  CHECK(testing::Must(api.List(all, hub)).total_size() == 2 * kDemands + 1);
  CHECK(testing::Must(api.List(all, nowhere)).total_size() == 0);

  for (const int size : {0, -1, 101}) {
    INFO("GWY-09/bad/1 " << size);
    request.Clear();
    request.set_page_size(size);
    CHECK(FieldsOf(api.List(request, kOwner).status()) == Fields{{"page_size", "OUT_OF_RANGE"}});
  }
  request.Clear();
  request.set_page_size(4);
  const std::string token = testing::Must(api.List(request, kOwner)).next_page_token();
  request.set_page_token(token);
  INFO("GWY-09/bad/2 another's page, and one of another query");
  CHECK(ReasonOf(api.List(request, kStranger).status()) == REASON_PAGE_TOKEN_INVALID);
  request.set_channel(CHANNEL_JINCHANFA);
  CHECK(ReasonOf(api.List(request, kOwner).status()) == REASON_PAGE_TOKEN_INVALID);
  request.Clear();
  request.set_accept_date("2026-02-30");
  request.set_district_code("999999");
  request.set_uscc("x");
  request.set_state(static_cast<OrderState>(77));
  request.set_channel(static_cast<Channel>(77));
  CHECK(FieldsOf(api.List(request, kHubLeader).status()) == Fields{{"accept_date", "FORMAT"},
                                                                   {"district_code", "UNKNOWN_VALUE"},
                                                                   {"uscc", "USCC_LENGTH"},
                                                                   {"state", "UNKNOWN_VALUE"},
                                                                   {"channel", "CHANNEL_UNKNOWN"}});
}

}  // namespace
}  // namespace jinqi::intake
