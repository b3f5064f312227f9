// What callers bring, through the API and on both databases.
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/synchronization/mutex.h"
#include "common/ledger/sweeper.h"
#include "services/intake/intake_timers.h"
#include "services/intake/test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

TEST_CASE("the first due date follows a calendar that is published later", "[RTE-16][INT-02]") {
  Api api(GENERATE(false, true));
  api.clock.Set(At("2025-06-12T09:00:00+08:00"));
  auto due = [&, n = 0]() mutable {
    v1::Demand demand = ValidDemand();
    demand.set_content(absl::StrCat("第", ++n, "件事：请协调供电部门尽快办理新增用电报装。"));
    return TimeText(testing::Must(api.Create(demand, kSeat)).due_time());
  };
  CHECK(due() == "2025-06-23T23:59:59+08:00");
  config::v1::Calendar calendar;
  REQUIRE_OK(config::LoadInto(std::string(JINQI_SOURCE_DIR) + "/deploy/reference/calendar.textproto", calendar));
  const std::int64_t shipped = calendar.version();
  const auto publish = [&](std::int64_t version, const std::string& off) {
    config::v1::Calendar next = calendar;
    next.set_version(version);
    for (config::v1::CalendarNotice& year : *next.mutable_years()) {
      if (year.year() != 2025) continue;
      config::v1::CalendarDay& day = *year.add_days();
      day.set_date(off);
      day.set_off(true);
    }
    return api.Publish(next);
  };
  INFO("RTE-16/accept");
  REQUIRE_OK(publish(shipped + 2, "2025-06-17"));
  CHECK(due() == "2025-06-24T23:59:59+08:00");
  INFO("an older one that comes late changes nothing");
  REQUIRE_OK(publish(shipped + 1, "2025-06-23"));
  CHECK(due() == "2025-06-24T23:59:59+08:00");
  REQUIRE_OK(publish(shipped + 3, "2025-06-24"));
  CHECK(due() == "2025-06-23T23:59:59+08:00");
  INFO("what contradicts itself is refused, and the one before stays");
  CHECK(ReasonOf(publish(shipped + 4, "2025-06-02")) == config::v1::REASON_CALENDAR_DUPLICATE_DATE);
  CHECK(due() == "2025-06-23T23:59:59+08:00");
  const auto kept = testing::Must(api.ledger().reader().History("tianjin", calendar::LatestKey()));
  CHECK(kept.size() == 2);
}

TEST_CASE("a first due date is provisional until the notice of its year is published", "[RTE-15][INT-02]") {
  Api api(GENERATE(false, true));
  api.clock.Set(At("2026-12-28T09:00:00+08:00"));
  INFO("RTE-15/accept");
  const v1::Demand before = testing::Must(api.Create(ValidDemand(), kSeat));
  CHECK(TimeText(before.due_time()) == "2027-01-07T23:59:59+08:00");
  CHECK(before.due_provisional());
  config::v1::Calendar calendar;
  REQUIRE_OK(config::LoadInto(std::string(JINQI_SOURCE_DIR) + "/deploy/reference/calendar.textproto", calendar));
  calendar.set_version(calendar.version() + 1);
  config::v1::CalendarNotice& notice = *calendar.add_years();
  notice.set_year(2027);
  notice.add_papers("a notice for this test");
  for (int day = 1; day <= 4; ++day) {
    config::v1::CalendarDay& off = *notice.add_days();
    off.set_date(absl::StrCat("2027-01-0", day));
    off.set_off(true);
  }
  REQUIRE_OK(api.Publish(calendar));
  v1::Demand demand = ValidDemand();
  demand.set_content("另一件事：请协调供电部门尽快办理新增用电报装。");
  const v1::Demand after = testing::Must(api.Create(demand, kSeat));
  CHECK(TimeText(after.due_time()) == "2027-01-08T23:59:59+08:00");
  CHECK_FALSE(after.due_provisional());
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
  const auto accept = [&api](const v1::Demand& demand) {
    return api.Routing(demand.order_no(), 1, "OrderProposed", ORDER_STATE_PENDING_DISPATCH,
                       [&demand](OrderEvent& event) { *event.mutable_order()->mutable_subject() = demand.subject(); });
  };
  REQUIRE_OK(accept(*proposed));
  CHECK(proposed->subject().type() == SUBJECT_TYPE_INDIVIDUAL_BUSINESS);
  CHECK(TimeText(proposed->due_time()) == "2026-03-03T23:59:59+08:00");
  INFO("INT-05/bad/1");
  v1::Demand mismatch = ValidDemand();
  mismatch.mutable_subject()->set_type(SUBJECT_TYPE_FARMER_COOP);
  CHECK(FieldsOf(api.Create(mismatch, kSeat).status()) == Fields{{"demand.subject.type", "SUBJECT_MISMATCH"}});
  mismatch.set_content("合作社登记变更后的事项：请协调办理用电过户手续。");
  mismatch.set_subject_confirmation("执照已更换，已核对原件");
  const auto confirmed = testing::Must(api.Create(mismatch, kSeat));
  CHECK(confirmed.subject().type() == SUBJECT_TYPE_FARMER_COOP);

  // The register follows with routing's first word.
  for (const v1::Demand& demand : listed->demands()) REQUIRE_OK(accept(demand));
  REQUIRE_OK(accept(confirmed));
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
  // Nobody else's word goes on to a body before a seat has looked: it hands it over, or sends it on.
  for (const identity::Caller& caller : {kOwner, kNobody}) {
    v1::Demand online = Online(absl::StrCat("车间正在起火，有人被困", caller.subject));
    online.set_channel(CHANNEL_WECHAT_12345);
    const auto waits = api.Create(online, caller);
    REQUIRE_OK(waits);
    INFO("INT-07/accept by WECHAT");
    CHECK(waits->state() == ORDER_STATE_REGISTERED);
    CHECK(waits->review_flags(0) == "EMERGENCY_WORDS");
    if (caller.subject.empty()) {
      transfer.set_name(waits->name());
      transfer.set_etag(waits->etag());
      transfer.set_request_id("t3");
      CHECK(testing::Must(api.Call<v1::Demand>("TransferDemand", transfer, kSeat)).state() ==
            ORDER_STATE_TRANSFERRED_EMERGENCY);
      continue;
    }
    v1::SubmitDemandRequest submit;
    submit.set_name(waits->name());
    submit.set_etag(waits->etag());
    submit.set_request_id("s1");
    CHECK(ReasonOf(api.Call<v1::Demand>("SubmitDemand", submit, kOwner).status()) == REASON_PERMISSION_DENIED);
    CHECK(testing::Must(api.Call<v1::Demand>("SubmitDemand", submit, kSeat)).state() == ORDER_STATE_PENDING_DISPATCH);
  }
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

  // A code that is not one's own opens nothing; one that is only said opens nothing either.
  const identity::Caller codeless = CallerWith(ROLE_ENTERPRISE, "codeless");
  v1::Demand said = Online();
  said.set_channel(CHANNEL_WECHAT_12345);
  CHECK(FieldsOf(api.Create(said, kStranger).status()) == Fields{{"demand.subject.uscc", "USCC_NOT_YOURS"}});
  const auto unproven = api.Create(said, codeless);
  REQUIRE_OK(unproven);
  CHECK(unproven->state() == ORDER_STATE_PENDING_DISPATCH);
  REQUIRE_OK(api.Routing(unproven->order_no(), 1, "OrderProposed", ORDER_STATE_PENDING_DISPATCH,
                         [&](OrderEvent& event) { *event.mutable_order()->mutable_subject() = unproven->subject(); }));
  v1::GetEnterpriseRequest entry;
  entry.set_name(absl::StrCat("enterprises/", kUscc));
  CHECK(ReasonOf(api.Call<v1::Enterprise>("GetEnterprise", entry, kSeat).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.Get(master->order_no(), kOwner)).urging_count() == 3);

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
  INFO("INT-09/bad/2: not to who only says the code");
  said.set_contact_phone("13912345678");
  const auto guess = testing::Must(api.Create(said, kNobody));
  CHECK(guess.state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(guess.result_text().empty());
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
    threads.reserve(50);
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

}  // namespace
}  // namespace jinqi::intake
