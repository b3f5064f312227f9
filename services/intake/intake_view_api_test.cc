// What callers see and ask of what is there, through the API and on both databases.
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "services/intake/test_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;

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
        api.LookUp(no, "", kNobody, api.intake->privacy.QueryCode(no)).status()}) {
    CHECK(ReasonOf(status) == REASON_NOT_FOUND);
    CHECK(MetadataOf(status) == MetadataOf(wrong));
    CHECK(FieldsOf(status) == FieldsOf(wrong));
  }
  CHECK(ReasonOf(api.LookUp(no, "13812345678", kBody).status()) == REASON_PERMISSION_DENIED);
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

TEST_CASE("the enterprise is told that its case is with the joint meeting, and what it decided", "[RTE-21][INT-18]") {
  Api api(GENERATE(false, true));
  const auto created = api.Create(Online(), kOwner);
  REQUIRE_OK(created);
  const std::string no = created->order_no();
  REQUIRE_OK(api.Routing(no, 1, "OrderSigned", ORDER_STATE_HANDLING));
  REQUIRE_OK(api.Routing(no, 2, "OrderEscalated", ORDER_STATE_ESCALATED));
  INFO("RTE-21/accept: the enterprise told");
  auto progress = testing::Must(api.LookUp(no, "", kOwner));
  CHECK(progress.state() == ORDER_STATE_ESCALATED);
  CHECK(progress.stage() == "提级研究");
  CHECK(TimeText(progress.due_time()) == "2026-03-03T23:59:59+08:00");
  // Both come in one commit and carry the order as it then is.
  const auto decided = [](OrderEvent& event) {
    event.set_reason("联席会议议定办理时限");
    event.mutable_order()->set_main_undertaker("ZJW");
    *event.mutable_order()->mutable_due_time() = clock::ToProto(At("2026-03-12T23:59:59+08:00"));
  };
  REQUIRE_OK(api.Routing(no, 3, "OrderDueChanged", ORDER_STATE_ESCALATED, decided));
  REQUIRE_OK(api.Routing(no, 4, "OrderMeetingDecided", ORDER_STATE_HANDLING, decided));
  progress = testing::Must(api.LookUp(no, "", kOwner));
  CHECK(progress.stage() == "办理中");
  CHECK(progress.main_undertaker() == "ZJW");
  REQUIRE(progress.extensions_size() == 1);
  CHECK(progress.extensions(0).reason() == "联席会议议定办理时限");
  CHECK(TimeText(progress.extensions(0).new_due_time()) == "2026-03-12T23:59:59+08:00");
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

  // Held: the reason stays in its history, without what tells who wrote it.
  v1::Demand mine = ValidDemand();
  mine.set_content("请协调解决厂区门口夜间照明不足的问题，谢谢。");
  const auto own = api.Create(mine, kSeat, true);
  REQUIRE_OK(own);
  v1::WithdrawDemandRequest withdraw;
  withdraw.set_name(own->name());
  withdraw.set_request_id("w-own");
  withdraw.set_reason("王小明来电13812345678：已自行解决");
  REQUIRE_OK(api.Call<v1::DemandIntent>("WithdrawDemand", withdraw, kSeat));
  const auto rows = testing::Must(api.ledger().reader().History("tianjin", DemandKey(own->order_no())));
  OrderEvent kept;
  REQUIRE(kept.ParseFromString(rows.back().data));
  CHECK(kept.to() == ORDER_STATE_WITHDRAWN);
  CHECK(kept.reason() == "****来电****：已自行解决");

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
  // What is added later says it no more than the demand.
  REQUIRE_OK(api.Supplement(no, "补充：王小明代表天津示例制造有限公司，电话13812345678。", kOwner));
  CHECK(testing::Must(api.Get(no, kBody)).supplements(0).text() == "补充：****代表****，电话****。");
  INFO("INT-20/accept of a confidential one: routing hears no names");
  std::vector<std::string> told;
  for (int partition = 0; partition < 8; ++partition) {
    for (const auto& row : testing::Must(api.ledger().reader().Outbox(partition, 0, 100))) {
      SupplementAdded message;
      if (row.key != no || row.type != "SupplementAdded") continue;
      REQUIRE(message.ParseFromString(row.payload));
      told.push_back(message.text());
    }
  }
  CHECK(told == std::vector<std::string>{"补充：****代表****，电话****。"});
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

TEST_CASE("the body complained of sees what, not who; the enterprise reads that a court answers itself",
          "[RTE-12][RTE-10]") {
  Api api(GENERATE(false, true));
  v1::Demand complaint = Online("某单位未亮码检查并索要餐费，我是王小明，电话13812345678，请查处。");
  complaint.set_demand_type(DEMAND_TYPE_COMPLAINT);
  const auto created = api.Create(complaint, kOwner);
  REQUIRE_OK(created);
  const std::string no = created->order_no();
  CHECK_FALSE(created->confidential());
  REQUIRE_OK(api.Supplement(no, "王小明补充：天津示例制造有限公司有录像。", kOwner));
  REQUIRE_OK(api.Routing(no, 1, "OrderDispatched", ORDER_STATE_DISPATCHED, [](OrderEvent& event) {
    event.mutable_order()->set_main_undertaker("SFJ");
    event.mutable_order()->add_assist_undertakers("GXJ");
    event.mutable_order()->add_judged_undertakers("GXJ");
  }));
  INFO("RTE-12/accept");
  const auto named = api.Get(no, kBody);
  REQUIRE_OK(named);
  CHECK(named->redacted());
  CHECK(named->content() == "某单位未亮码检查并索要餐费，我是****，电话****，请查处。");
  CHECK(named->contact_name().empty());
  CHECK(named->subject().enterprise_name().empty());
  CHECK(named->subject().uscc().empty());
  REQUIRE(named->supplements_size() == 1);
  CHECK(named->supplements(0).text() == "****补充：****有录像。");
  CHECK(named->supplements(0).by().empty());
  const identity::Caller leads = CallerWith(ROLE_UNDERTAKER, "officer-2", "", "", "SFJ");
  CHECK(testing::Must(api.Get(no, leads)).subject().uscc() == kUscc);
  v1::ResolveContactRequest resolve;
  resolve.set_name("demands/" + no);
  resolve.set_request_id("r1");
  resolve.set_purpose("核实情况");
  CHECK(ReasonOf(api.Call<v1::Contact>("ResolveContact", resolve, kBody).status()) == REASON_CONFIDENTIAL_CONTACT);
  CHECK(testing::Must(api.Call<v1::Contact>("ResolveContact", resolve, leads)).contact_phone() == "13812345678");

  const auto asked = api.Create(Online("想了解律师调查令怎么申请，需要哪些材料，请告知。"), kOwner);
  REQUIRE_OK(asked);
  REQUIRE_OK(api.Routing(asked->order_no(), 1, "OrderLiaisonSent", ORDER_STATE_LIAISON_SENT, [](OrderEvent& event) {
    event.mutable_order()->set_main_undertaker("GFY");
    event.mutable_order()->clear_due_time();
    event.mutable_order()->set_liaison(true);
    event.mutable_order()->set_liaison_notice("已转市高级人民法院，由其依法自行答复。");
  }));
  INFO("RTE-10/accept");
  CHECK(testing::Must(api.Get(asked->order_no(), kOwner)).liaison_notice() == "已转市高级人民法院，由其依法自行答复。");
  CHECK(testing::Must(api.LookUp(asked->order_no(), "13812345678")).liaison_notice() ==
        "已转市高级人民法院，由其依法自行答复。");
}

TEST_CASE("who asked is told the partner's number", "[RTE-26]") {
  Api api(GENERATE(false, true));
  const auto asked = api.Create(Online("企业迁往廊坊后的社会保险关系如何转移接续，请告知。"), kOwner);
  REQUIRE_OK(asked);
  const auto news = [](OrderEvent& event) {
    event.mutable_order()->set_partner_name("廊坊热线");
    event.mutable_order()->set_partner_phone("0000-LF");
    event.mutable_order()->set_partner_number("LF-1");
  };
  REQUIRE_OK(api.Routing(asked->order_no(), 1, "OrderPartnerAccepted", ORDER_STATE_PARTNER_PENDING, news));
  INFO("RTE-26/accept");
  const v1::Demand demand = testing::Must(api.Get(asked->order_no(), kOwner));
  CHECK(demand.partner_phone() == "0000-LF");
  CHECK(demand.partner_number() == "LF-1");
  const v1::Progress progress = testing::Must(api.LookUp(asked->order_no(), "13812345678"));
  CHECK(progress.partner_name() == "廊坊热线");
  CHECK(progress.partner_phone() == "0000-LF");
  CHECK(progress.partner_number() == "LF-1");
}

TEST_CASE("a thousand demands are listed once each while others come in", "[GWY-09]") {
  Api api(GENERATE(false, true));
  constexpr std::size_t kThreads = 20;
  constexpr std::size_t kEach = 50;
  std::set<std::string> expected;
  absl::Mutex mutex;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < kEach; ++i) {
        v1::Demand demand = ValidDemand();
        demand.set_content(absl::StrCat("第", t, "组第", i, "件事：请协调有关部门尽快办理并答复。"));
        const auto created = api.Create(demand, kSeat);
        absl::MutexLock lock(&mutex);
        if (created.ok()) expected.insert(created->order_no());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(expected.size() == kThreads * kEach);
  INFO("GWY-09/accept");
  v1::ListDemandsRequest request;
  request.set_page_size(70);
  std::vector<std::string> seen;
  int page_number = 0;
  do {
    const auto page = api.List(request, kHubLeader);
    REQUIRE_OK(page);
    for (const std::string& no : OrderNos(*page)) {
      if (expected.contains(no)) seen.push_back(no);
    }
    api.clock.Advance(clock::kMillisecond);
    v1::Demand late = ValidDemand();
    late.set_content(absl::StrCat("翻页期间第", ++page_number, "件新事：请协调有关部门尽快办理并答复。"));
    REQUIRE_OK(api.Create(late, kSeat));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  CHECK(seen.size() == expected.size());
  CHECK(std::set<std::string>(seen.begin(), seen.end()) == expected);
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
