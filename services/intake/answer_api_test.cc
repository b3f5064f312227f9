// What a person does with a held demand, through the API and on both databases.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "services/intake/similar.h"
#include "services/intake/test_api.h"
#include "services/intake/test_knowledge.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using namespace events::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;
using Types = std::vector<std::string>;

constexpr char kLawsuit[] = "请法院改判(2025)津01民终123号";

Types TypesOf(const std::vector<ledger::OutboxRow>& messages) {
  Types types;
  for (const ledger::OutboxRow& message : messages) types.push_back(message.type);
  return types;
}

std::set<std::string> Flags(const v1::Demand& demand) {
  return {demand.review_flags().begin(), demand.review_flags().end()};
}

v1::Demand Asks(const std::string& content) {
  v1::Demand demand = ValidDemand();
  demand.set_demand_type(DEMAND_TYPE_CONSULT);
  demand.set_content(content);
  return demand;
}

void CheckWhole(Api& api, std::int64_t erased = 0) {
  const auto verified = ledger::Verify(
      api.database(), Kinds(), {}, [&api](const std::string& sealed) { return api.intake->privacy.OpenBytes(sealed); });
  REQUIRE_OK(verified);
  CHECK(verified->findings.empty());
  CHECK(verified->erased == erased);
}

TEST_CASE("what is not taken ends with a reason, a channel, and who told it when", "[INT-08]") {
  Api api(GENERATE(false, true));
  const auto held = api.Create(Asks(kLawsuit), kSeat, true);
  REQUIRE_OK(held);
  const std::string no = held->order_no();
  INFO("INT-08/accept");
  CHECK(Flags(*held) == std::set<std::string>{"REFUSAL_PROPOSED"});
  CHECK(held->refusal_proposal().reason() == v1::REFUSAL_REASON_IN_LITIGATION);
  CHECK(held->refusal_proposal().cue() == "CASE_NUMBER");
  CHECK(held->refusal_proposal().told_channel() == "依法上诉/申诉");
  api.clock.Advance(3 * clock::kMinute);
  const auto refuse = [&](const identity::Caller& caller, const std::function<void(v1::RefuseDemandRequest&)>& change) {
    return api.Handle<v1::RefuseDemandRequest>("RefuseDemand", no, caller, [&](auto& request) {
      request.set_reason(v1::REFUSAL_REASON_IN_LITIGATION);
      request.set_told_text("王小明您好，案件已进入诉讼，请依法上诉或申诉。");
      change(request);
    });
  };
  INFO("INT-08/bad/1 without reason code and told text");
  CHECK(FieldsOf(refuse(kSeat, [](auto& request) {
                   request.clear_reason();
                   request.clear_told_text();
                 }).status()) == Fields{{"reason", "REQUIRED"}, {"told_text", "REQUIRED"}});
  CHECK(FieldsOf(refuse(kSeat, [](auto& request) { request.set_told_text(" \u3000"); }).status()) ==
        Fields{{"told_text", "REQUIRED"}});
  CHECK(FieldsOf(refuse(kSeat, [](auto& request) {
                   request.set_reason(v1::REFUSAL_REASON_OUTSIDE_DUTIES);
                 }).status()) == Fields{{"told_channel", "REQUIRED"}});
  INFO("INT-08/bad/2 only a person decides");
  for (const identity::Caller& caller :
       {CallerWith(ROLE_SERVICE, "model"), kOwner, kDispatcher, kStaff, kDistrictHub, kHubLeader}) {
    CHECK(ReasonOf(refuse(caller, [](auto&) {}).status()) == REASON_PERMISSION_DENIED);
  }
  CHECK(ReasonOf(refuse(kSeat, [](auto& request) { request.clear_etag(); }).status()) == REASON_ETAG_REQUIRED);
  CHECK(ReasonOf(refuse(kSeat, [](auto& request) { request.set_etag("9"); }).status()) == REASON_VERSION_CONFLICT);
  CHECK(testing::Must(api.Get(no, kSeat)).state() == ORDER_STATE_REGISTERED);

  const auto refused = refuse(kSeat, [](auto&) {});
  REQUIRE_OK(refused);
  CHECK(refused->state() == ORDER_STATE_NOT_ACCEPTED);
  for (const auto& shown : {testing::Must(api.Get(no, kSeat)), testing::Must(api.Get(no, kHubLeader))}) {
    CHECK(shown.state() == ORDER_STATE_NOT_ACCEPTED);
    CHECK(shown.result_type() == RESULT_TYPE_NOT_ACCEPTED);
    CHECK(shown.refusal().reason() == v1::REFUSAL_REASON_IN_LITIGATION);
    CHECK(shown.refusal().told_channel() == "依法上诉/申诉");
    CHECK(shown.refusal().told_by() == "seat-1");
    CHECK(TimeText(shown.refusal().told_time()) == "2026-02-17T03:15:00+08:00");
    CHECK(TimeText(shown.close_time()) == "2026-02-17T03:15:00+08:00");
    CHECK(shown.result_text() == "王小明您好，案件已进入诉讼，请依法上诉或申诉。");
    CHECK_FALSE(shown.has_due_time());
    CHECK_FALSE(shown.has_refusal_proposal());
    CHECK(shown.content() == kLawsuit);
  }
  // The caller finds it by number and phone; there is nothing to rate.
  const auto progress = api.LookUp(no, "13812345678");
  REQUIRE_OK(progress);
  CHECK(progress->told_channel() == "依法上诉/申诉");
  CHECK(progress->result_text() == "王小明您好，案件已进入诉讼，请依法上诉或申诉。");
  CHECK(progress->rating_link().empty());
  v1::ListDemandsRequest list;
  list.set_state(ORDER_STATE_NOT_ACCEPTED);
  CHECK(OrderNos(testing::Must(api.List(list, kSeat))) == Types{no});

  INFO("INT-08/accept nothing is dropped without a record");
  const auto history = testing::Must(api.ledger().reader().History("tianjin", DemandKey(no)));
  OrderEvent event;
  REQUIRE(event.ParseFromString(history.back().data));
  CHECK(history.back().type == "DemandRefused");
  CHECK(absl::StrContains(history.back().caller, "seat-1"));
  CHECK(event.to() == ORDER_STATE_NOT_ACCEPTED);
  CHECK(event.reason() == "IN_LITIGATION");
  CHECK_FALSE(absl::StrContains(history.back().data, "王小明"));
  const auto messages = api.Messages(no);
  REQUIRE(TypesOf(messages) == Types{"DemandEnded"});
  DemandEnded ended;
  REQUIRE(ended.ParseFromString(messages[0].payload));
  CHECK(ended.state() == ORDER_STATE_NOT_ACCEPTED);
  CHECK(ended.result_type() == RESULT_TYPE_NOT_ACCEPTED);
  // It is over.
  CHECK(ReasonOf(refuse(kSeat, [](auto&) {}).status()) == REASON_ILLEGAL_MOVE);
  // What went on to dispatch is not refused here.
  const auto sent = api.Create(Asks("请问新增用电报装需要准备哪些材料，谢谢。"), kSeat);
  REQUIRE_OK(sent);
  CHECK(ReasonOf(api.Handle<v1::RefuseDemandRequest>("RefuseDemand", sent->order_no(), kSeat,
                                                     [](auto& request) {
                                                       request.set_reason(v1::REFUSAL_REASON_UNLAWFUL);
                                                       request.set_told_text("依法不予受理");
                                                     })
                     .status()) == REASON_ORDER_NOT_HELD);
  CheckWhole(api);
}

TEST_CASE("what comes online and could be refused waits for a seat, who may send it on", "[INT-08]") {
  Api api(GENERATE(false, true));
  const auto online = api.Create(Online(kLawsuit), kOwner);
  REQUIRE_OK(online);
  INFO("INT-08/accept online");
  CHECK(online->state() == ORDER_STATE_REGISTERED);
  CHECK(Flags(*online) == std::set<std::string>{"REFUSAL_PROPOSED"});
  // What the rules hold of it is for those who decide.
  CHECK_FALSE(online->has_refusal_proposal());
  CHECK_FALSE(testing::Must(api.Get(online->order_no(), kOwner)).has_refusal_proposal());
  const auto shown = testing::Must(api.Get(online->order_no(), kSeat));
  CHECK(shown.refusal_proposal().reason() == v1::REFUSAL_REASON_IN_LITIGATION);
  v1::SubmitDemandRequest submit;
  submit.set_name(online->name());
  submit.set_request_id("s1");
  submit.set_etag(shown.etag());
  const auto sent = api.Call<v1::Demand>("SubmitDemand", submit, kSeat);
  REQUIRE_OK(sent);
  CHECK(sent->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK_FALSE(sent->has_refusal_proposal());
}

TEST_CASE("each of the six answers names its channel", "[INT-08]") {
  Api api(GENERATE(false, true));
  const auto running = api.Create(Online(), kOwner);
  REQUIRE_OK(running);
  v1::Demand theirs = Online();
  theirs.mutable_subject()->set_uscc(kOtherUscc);
  const auto stranger = api.Create(theirs, kStranger);
  REQUIRE_OK(stranger);
  struct Row {
    v1::RefusalReason reason;
    std::string channel;
    std::function<void(v1::RefuseDemandRequest&)> more = [](auto&) {};
  };
  const std::vector<Row> rows = {
      {v1::REFUSAL_REASON_IN_LITIGATION, "依法上诉/申诉"},
      {v1::REFUSAL_REASON_ARBITRATION, "向受理的仲裁机构反映"},
      {v1::REFUSAL_REASON_DISCIPLINE, "向纪检监察机关反映"},
      {v1::REFUSAL_REASON_RECONSIDERATION, "向行政复议机构反映"},
      {v1::REFUSAL_REASON_DISCLOSURE, "向信息公开工作机构申请"},
      {v1::REFUSAL_REASON_IN_PETITION, "向受理的信访机构查询"},
      {v1::REFUSAL_REASON_NO_NEW_FACT, "凭原工单号查询",
       [&](auto& request) { request.set_related_order(running->order_no()); }},
      {v1::REFUSAL_REASON_OUTSIDE_DUTIES, "向邮政管理部门反映",
       [](auto& request) { request.set_told_channel(" 向邮政管理部门反映 "); }},
      {v1::REFUSAL_REASON_UNLAWFUL, "依法不予受理，已说明"},
      {v1::REFUSAL_REASON_DISCIPLINE, "拨打12388", [](auto& request) { request.set_told_channel("拨打12388"); }}};
  int n = 0;
  for (const Row& row : rows) {
    INFO("INT-08/accept " << v1::RefusalReason_Name(row.reason));
    const auto held = api.Create(Asks(absl::StrCat("第", ++n, "件不受理的事项，请答复。")), kSeat, true);
    REQUIRE_OK(held);
    const auto refused =
        api.Handle<v1::RefuseDemandRequest>("RefuseDemand", held->order_no(), kSeat, [&row](auto& request) {
          request.set_reason(row.reason);
          request.set_told_text("已向来电人说明");
          row.more(request);
        });
    REQUIRE_OK(refused);
    CHECK(refused->state() == ORDER_STATE_NOT_ACCEPTED);
    CHECK(refused->refusal().reason() == row.reason);
    CHECK(refused->refusal().told_channel() == row.channel);
    const bool repeats = row.reason == v1::REFUSAL_REASON_NO_NEW_FACT;
    CHECK(refused->refusal().related_order() == (repeats ? running->order_no() : ""));
    CHECK(refused->related_orders_size() == (repeats ? 1 : 0));
  }

  const auto held = api.Create(Asks("同一件事再次来电，没有新的情况。"), kSeat, true);
  REQUIRE_OK(held);
  INFO("INT-08(3) the order is one of the same subject");
  for (const std::string& other : {std::string(), stranger->order_no(), std::string("TJ0"), held->order_no()}) {
    const auto fault = api.Handle<v1::RefuseDemandRequest>("RefuseDemand", held->order_no(), kSeat, [&](auto& request) {
      request.set_reason(v1::REFUSAL_REASON_NO_NEW_FACT);
      request.set_told_text("已告知办理状态");
      request.set_related_order(other);
    });
    CHECK(FieldsOf(fault.status()) == Fields{{"related_order", other.empty() ? "REQUIRED" : "UNKNOWN_VALUE"}});
  }
  INFO("INT-08(1) an emergency is handed over");
  const auto urgent = [&](const std::string& target) {
    return api.Handle<v1::RefuseDemandRequest>("RefuseDemand", held->order_no(), kSeat, [&](auto& request) {
      request.set_reason(v1::REFUSAL_REASON_EMERGENCY);
      request.set_told_text("已转119，请保持电话畅通");
      request.set_emergency_target(target);
    });
  };
  CHECK(FieldsOf(urgent("").status()) == Fields{{"emergency_target", "EMERGENCY_TARGET"}});
  const auto transferred = urgent("119");
  REQUIRE_OK(transferred);
  CHECK(transferred->state() == ORDER_STATE_TRANSFERRED_EMERGENCY);
  CHECK(transferred->result_type() == RESULT_TYPE_TRANSFERRED_EMERGENCY);
  CHECK(transferred->emergency_transfer().target() == "119");
  CHECK(transferred->refusal().told_channel() == "119");
}

TEST_CASE("a secret is told where it belongs, and kept nowhere", "[INT-08][SEC-16]") {
  Api api(GENERATE(false, true));
  v1::Demand secret = Asks("我手里有一份绝密文件的内容：代号甲乙丙，请登记。");
  secret.set_language("en");
  const auto held = api.Create(secret, kSeat, true);
  REQUIRE_OK(held);
  const std::string no = held->order_no();
  CHECK(held->refusal_proposal().reason() == v1::REFUSAL_REASON_SECRET);
  CHECK(held->refusal_proposal().cue() == "绝密文件");
  REQUIRE_OK(api.Supplement(no, "补充：代号丁戊己", kSeat));
  REQUIRE_OK(api.Handle<v1::TranslateDemandRequest>("TranslateDemand", no, kSeat, [](auto& request) {
    request.mutable_translation()->set_language("zh-CN");
    request.mutable_translation()->set_title("代号");
    request.mutable_translation()->set_content("代号庚辛壬");
    request.mutable_translation()->set_source(v1::TRANSLATION_SOURCE_HUMAN);
  }));
  const auto refused = api.Handle<v1::RefuseDemandRequest>("RefuseDemand", no, kSeat, [](auto& request) {
    request.set_reason(v1::REFUSAL_REASON_SECRET);
    request.set_told_text("内容涉密，请勿在电话和网络中透露，请通过保密渠道反映。");
  });
  REQUIRE_OK(refused);
  INFO("INT-08(4)");
  CHECK(refused->refusal().content_erased());
  CHECK(refused->content().empty());
  const auto shown = testing::Must(api.Get(no, kSeat));
  CHECK(shown.title().empty());
  CHECK(shown.content().empty());
  CHECK(shown.contact_phone().empty());
  REQUIRE(shown.supplements_size() == 1);
  CHECK(shown.supplements(0).text().empty());
  REQUIRE(shown.translations_size() == 1);
  CHECK(shown.translations(0).content().empty());
  CHECK(shown.result_text() == "内容涉密，请勿在电话和网络中透露，请通过保密渠道反映。");
  for (const std::string& id : {no, no + "/zh-CN"}) {
    CHECK_FALSE(testing::Must(api.ledger().reader().FindPerson("tianjin", id)).has_value());
  }
  INFO("INT-09: nor is it found by what it is like");
  const auto likeness = testing::Must(api.ledger().reader().Get("tianjin", LikenessKey(no)));
  REQUIRE(likeness.has_value());
  v1::LikenessRecord kept;
  REQUIRE(kept.ParseFromString(likeness->body));
  CHECK(kept.keys().empty());
  // The caller still finds what it was told; nobody else does.
  CHECK(testing::Must(api.LookUp(no, "13812345678")).told_channel() == "通过保密渠道向主管机关反映");
  CHECK(ReasonOf(api.LookUp(no, "13912345678").status()) == REASON_NOT_FOUND);
  // Demand, supplement and translation are erased, not broken.
  CheckWhole(api, 3);
  for (const auto& message : api.Messages(no)) CHECK_FALSE(absl::StrContains(message.payload, "代号"));
}

TEST_CASE("a consultation is answered on the spot with an entry in force and the caller's yes", "[INT-10]") {
  const bool postgres = GENERATE(false, true);
  Api api(postgres);
  Knowledge knowledge(postgres, api.clock, api.tokens());
  api.intake->knowledge.Connect(&knowledge.channel(), absl::Seconds(5));
  for (int version = 1; version <= 5; ++version) knowledge.Publish("K-102");
  int n = 0;
  const auto hold = [&] {
    return testing::Must(api.Create(Asks(absl::StrCat("第", ++n, "次咨询：企业开办要几天？")), kSeat, true)).order_no();
  };
  const auto answer = [&](
                          const std::string& no, const std::string& entry, bool accepted,
                          const std::function<void(v1::AnswerDemandRequest&)>& change = [](auto&) {}) {
    return api.Handle<v1::AnswerDemandRequest>("AnswerDemand", no, kSeat, [&](auto& request) {
      request.set_kb_ref(entry);
      request.set_accepted(accepted);
      request.set_answer_text("材料齐全的，当日办结。");
      change(request);
    });
  };
  INFO("INT-10/accept");
  const std::string yes = hold();
  api.clock.Advance(2 * clock::kMinute);
  const auto answered = answer(yes, "K-102@5", true);
  REQUIRE_OK(answered);
  CHECK(answered->state() == ORDER_STATE_ANSWERED);
  CHECK(answered->instant_answer().kb_ref() == "K-102@5");
  CHECK(answered->instant_answer().accepted());
  CHECK(answered->instant_answer().by() == "seat-1");
  CHECK(TimeText(answered->instant_answer().time()) == "2026-02-17T03:14:00+08:00");
  CHECK_FALSE(answered->has_due_time());
  CHECK(answered->result_type() == RESULT_TYPE_SOLVED);
  CHECK(testing::Must(api.Get(yes, kSeat)).result_text() == "材料齐全的，当日办结。");
  CHECK(testing::Must(api.LookUp(yes, "13812345678")).result_text() == "材料齐全的，当日办结。");
  CHECK(testing::Must(api.LookUp(yes, "13812345678")).rating_link().empty());
  CHECK(TypesOf(api.Messages(yes)) == Types{"DemandEnded"});

  INFO("INT-10/bad/1 not in force");
  knowledge.Draft("K-200");
  knowledge.Publish("K-300", "2026-02-18");
  knowledge.Publish("K-400", "", "2026-02-17");
  const std::string no = hold();
  for (const std::string entry :
       {"K-102@4", "K-102@6", "K-102", "K-102@05", "K-200@1", "K-300@1", "K-999@1", "nonsense"}) {
    INFO(entry);
    const auto fault = answer(no, entry, true);
    CHECK(FieldsOf(fault.status()) == Fields{{"kb_ref", "KB_NOT_IN_FORCE"}});
    CHECK(FieldsOf(answer(no, entry, false).status()) == Fields{{"kb_ref", "KB_NOT_IN_FORCE"}});
  }
  REQUIRE_OK(answer(hold(), "K-400@1", true));
  api.clock.Advance(clock::kDay);
  CHECK(FieldsOf(answer(no, "K-400@1", true).status()) == Fields{{"kb_ref", "KB_NOT_IN_FORCE"}});
  knowledge.Retire("K-300");
  CHECK(FieldsOf(answer(no, "K-300@1", true).status()) == Fields{{"kb_ref", "KB_NOT_IN_FORCE"}});
  CHECK(FieldsOf(answer(no, "", true).status()) == Fields{{"kb_ref", "REQUIRED"}});
  CHECK(FieldsOf(answer(no, "K-102@5", true, [](auto& request) { request.clear_accepted(); }).status()) ==
        Fields{{"accepted", "REQUIRED"}});
  CHECK(FieldsOf(answer(no, "K-102@5", true, [](auto& request) { request.set_answer_text(" "); }).status()) ==
        Fields{{"answer_text", "REQUIRED"}});
  CHECK(testing::Must(api.Get(no, kSeat)).state() == ORDER_STATE_REGISTERED);

  INFO("INT-10/bad/2 the caller says no");
  const auto before = testing::Must(api.Get(no, kSeat));
  const auto order = answer(no, "K-102@5", false);
  REQUIRE_OK(order);
  CHECK(order->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(TimeText(order->accept_time()) == TimeText(before.accept_time()));
  CHECK(TimeText(order->due_time()) == TimeText(before.due_time()));
  CHECK(order->instant_answer().kb_ref() == "K-102@5");
  CHECK_FALSE(order->instant_answer().accepted());
  const auto messages = api.Messages(no);
  REQUIRE(TypesOf(messages) == Types{"DemandSubmitted", "SupplementAdded"});
  DemandSubmitted submitted;
  REQUIRE(submitted.ParseFromString(messages[0].payload));
  CHECK(TimeText(submitted.accept_time()) == TimeText(before.accept_time()));
  SupplementAdded told;
  REQUIRE(told.ParseFromString(messages[1].payload));
  CHECK(told.text() == "材料齐全的，当日办结。");
  CHECK(ReasonOf(answer(no, "K-102@5", true).status()) == REASON_ORDER_NOT_HELD);

  // Without the knowledge base nothing can be cited, but the demand goes on.
  const std::string alone = hold();
  knowledge.Stop();
  api.intake->knowledge.Connect(&knowledge.channel(), absl::Milliseconds(100));
  const auto away = answer(alone, "K-102@5", true);
  CHECK(FieldsOf(away.status()) == Fields{{"kb_ref", "UNAVAILABLE"}});
  CHECK(absl::IsUnavailable(away.status()));
  CHECK(testing::Must(answer(alone, "K-102@5", false)).state() == ORDER_STATE_PENDING_DISPATCH);
  CheckWhole(api);
}

TEST_CASE("a repeated answer gets the first one, also when the knowledge base is away", "[INT-10][INT-17]") {
  const bool postgres = GENERATE(false, true);
  Api api(postgres);
  const auto held = testing::Must(api.Create(Asks("企业开办要几天？请告知。"), kSeat, true));
  v1::AnswerDemandRequest request;
  request.set_name(held.name());
  request.set_etag(held.etag());
  request.set_request_id("a1");
  request.set_kb_ref("K-102@1");
  request.set_accepted(true);
  request.set_answer_text("当日办结。");
  // Not connected at all.
  CHECK(FieldsOf(api.CallOn<v1::Demand>("AnswerService", "AnswerDemand", request, kSeat).status()) ==
        Fields{{"kb_ref", "UNAVAILABLE"}});
  {
    Knowledge knowledge(postgres, api.clock, api.tokens());
    knowledge.Publish("K-102");
    api.intake->knowledge.Connect(&knowledge.channel(), absl::Seconds(5));
    CHECK(testing::Must(api.CallOn<v1::Demand>("AnswerService", "AnswerDemand", request, kSeat)).state() ==
          ORDER_STATE_ANSWERED);
    api.intake->knowledge.Connect(nullptr, absl::Seconds(5));
  }
  CHECK(testing::Must(api.CallOn<v1::Demand>("AnswerService", "AnswerDemand", request, kSeat)).state() ==
        ORDER_STATE_ANSWERED);
}

TEST_CASE("where there is no entry a gap ticket is kept", "[INT-10][POL-24]") {
  const bool postgres = GENERATE(false, true);
  Api api(postgres);
  Knowledge knowledge(postgres, api.clock, api.tokens());
  const auto answer = [&](const std::string& no, bool accepted, const std::string& gap) {
    return api.Handle<v1::AnswerDemandRequest>("AnswerDemand", no, kSeat, [&](auto& request) {
      request.set_kb_ref("无条目");
      request.set_accepted(accepted);
      request.set_answer_text("已口头解答。");
      request.set_gap_question(gap);
    });
  };
  const auto first = testing::Must(api.Create(Asks("跨境资金池如何备案？请告知。"), kSeat, true)).order_no();
  INFO("INT-10 without a gap ticket there is no answer");
  CHECK(FieldsOf(answer(first, true, "").status()) == Fields{{"gap_question", "REQUIRED"}});
  const auto answered = answer(first, true, "王小明13812345678问跨境资金池如何备案");
  REQUIRE_OK(answered);
  CHECK(answered->state() == ORDER_STATE_ANSWERED);
  CHECK(answered->instant_answer().kb_ref() == "无条目");
  CHECK(TypesOf(api.Messages(first)) == Types{"DemandEnded", "KnowledgeGapFound"});
  const auto second = testing::Must(api.Create(Asks("另一个没有条目的问题，请告知。"), kSeat, true)).order_no();
  CHECK(testing::Must(answer(second, false, "另一个问题")).state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(TypesOf(api.Messages(second)) == Types{"DemandSubmitted", "SupplementAdded", "KnowledgeGapFound"});
  for (const std::string& no : {first, second}) {
    for (const ledger::OutboxRow& row : api.Messages(no)) REQUIRE_OK(knowledge.Intake(row));
  }
  const auto gaps = knowledge.Gaps();
  REQUIRE(gaps.gaps_size() == 2);
  const auto& gap = gaps.gaps(0).order_no() == first ? gaps.gaps(0) : gaps.gaps(1);
  CHECK(gap.question() == "********问跨境资金池如何备案");
  CHECK(gap.reported_by() == "seat-1");
  CHECK(gap.category_code() == "B08-02");
  CHECK(TimeText(gap.report_time()) == "2026-02-17T03:12:00+08:00");
}

TEST_CASE("a demand goes from the park to the district and to the hotline as one record", "[INT-14]") {
  Api api(GENERATE(false, true));
  api.clock.Set(At("2025-09-26T10:00:00+08:00"));
  v1::Demand brought = ValidDemand();
  brought.set_channel(CHANNEL_STAFF);
  const auto held = api.Create(brought, kStaff, true);
  REQUIRE_OK(held);
  const std::string no = held->order_no();
  CHECK(held->state() == ORDER_STATE_REGISTERED);
  CHECK(held->holding_level() == v1::HOLDING_LEVEL_TOWNSHIP);
  const auto pass_on = [&](const identity::Caller& caller, const std::string& note) {
    return api.Handle<v1::PassOnDemandRequest>("PassOnDemand", no, caller,
                                               [&note](auto& request) { request.set_note(note); });
  };
  int n = 0;
  const auto submit = [&](const identity::Caller& caller, const std::string& note) {
    v1::SubmitDemandRequest request;
    request.set_name(held->name());
    request.set_request_id(absl::StrCat("s", ++n));
    request.set_etag(testing::Must(api.Get(no, kSeat)).etag());
    request.set_note(note);
    return api.Call<v1::Demand>("SubmitDemand", request, caller);
  };
  INFO("INT-14/bad/1");
  CHECK(FieldsOf(pass_on(kStaff, " ").status()) == Fields{{"note", "NOTE_REQUIRED"}});
  CHECK(FieldsOf(submit(kStaff, "").status()) == Fields{{"note", "NOTE_REQUIRED"}});
  // The district has it only once it was handed up.
  CHECK(ReasonOf(submit(kDistrictHub, "区里已协调").status()) == REASON_PERMISSION_DENIED);
  const identity::Caller elsewhere = CallerWith(ROLE_SERVICE_STAFF, "staff-9", "", "120101");
  CHECK(ReasonOf(pass_on(elsewhere, "已上门").status()) == REASON_NOT_FOUND);
  api.clock.Set(At("2025-09-28T10:00:00+08:00"));
  const auto district = pass_on(kStaff, "园区已上门协调，供电公司未答复。");
  REQUIRE_OK(district);
  CHECK(district->state() == ORDER_STATE_REGISTERED);
  CHECK(district->holding_level() == v1::HOLDING_LEVEL_DISTRICT);
  CHECK(ReasonOf(pass_on(kStaff, "再次上交").status()) == REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(submit(kStaff, "再次上交").status()) == REASON_PERMISSION_DENIED);
  CHECK(FieldsOf(submit(kDistrictHub, "").status()) == Fields{{"note", "NOTE_REQUIRED"}});
  const identity::Caller other_district = CallerWith(ROLE_DISTRICT_HUB, "district-9", "", "120101");
  CHECK(ReasonOf(submit(other_district, "区里已协调").status()) == REASON_NOT_FOUND);

  api.clock.Set(At("2025-09-30T10:00:00+08:00"));
  const auto hotline = submit(kDistrictHub, "区级已召集协调，仍需市级部门办理。");
  REQUIRE_OK(hotline);
  INFO("INT-14/accept");
  CHECK(hotline->order_no() == no);
  CHECK(hotline->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(TimeText(hotline->accept_time()) == "2025-09-26T10:00:00+08:00");
  CHECK(TimeText(hotline->due_time()) == "2025-10-13T23:59:59+08:00");
  REQUIRE(hotline->hand_overs_size() == 2);
  CHECK(hotline->hand_overs(0).from() == v1::HOLDING_LEVEL_TOWNSHIP);
  CHECK(hotline->hand_overs(0).to() == v1::HOLDING_LEVEL_DISTRICT);
  CHECK(TimeText(hotline->hand_overs(0).time()) == "2025-09-28T10:00:00+08:00");
  CHECK(hotline->hand_overs(0).by() == "staff-1");
  CHECK(hotline->hand_overs(1).from() == v1::HOLDING_LEVEL_DISTRICT);
  CHECK(hotline->hand_overs(1).to() == v1::HOLDING_LEVEL_HOTLINE);
  CHECK(hotline->hand_overs(1).by() == "hub-116");
  const auto shown = testing::Must(api.Get(no, kSeat));
  REQUIRE(shown.supplements_size() == 2);
  std::set<std::string> notes = {shown.supplements(0).text(), shown.supplements(1).text()};
  CHECK(notes == std::set<std::string>{"园区已上门协调，供电公司未答复。", "区级已召集协调，仍需市级部门办理。"});
  Types history;
  for (const auto& row : testing::Must(api.ledger().reader().History("tianjin", DemandKey(no)))) {
    history.push_back(row.type);
  }
  CHECK(history ==
        Types{"DemandRegistered", "DemandPassedOn", "DemandSubmitted", "SupplementPassedOn", "SupplementPassedOn"});
  const auto messages = api.Messages(no);
  REQUIRE(TypesOf(messages) == Types{"DemandSubmitted", "SupplementAdded", "SupplementAdded"});
  DemandSubmitted message;
  REQUIRE(message.ParseFromString(messages[0].payload));
  CHECK(TimeText(message.accept_time()) == "2025-09-26T10:00:00+08:00");
  CHECK(ReasonOf(pass_on(kStaff, "再次上交").status()) == REASON_PERMISSION_DENIED);

  // Straight to the hotline, by the one who has it; what is there already is not handed up.
  v1::Demand second = brought;
  second.set_content("另一件事：请协调园区门口道路照明问题。");
  const auto direct = testing::Must(api.Create(second, kStaff, true));
  v1::SubmitDemandRequest request;
  request.set_name(direct.name());
  request.set_request_id("direct");
  request.set_etag(direct.etag());
  request.set_note("园区无权处理。");
  const auto sent = testing::Must(api.Call<v1::Demand>("SubmitDemand", request, kStaff));
  REQUIRE(sent.hand_overs_size() == 1);
  CHECK(sent.hand_overs(0).to() == v1::HOLDING_LEVEL_HOTLINE);
  CHECK(
      ReasonOf(api.Handle<v1::PassOnDemandRequest>("PassOnDemand", direct.order_no(), kSeat, [](auto&) {}).status()) ==
      REASON_PERMISSION_DENIED);
}

TEST_CASE("what is solved in township or district needs no hotline", "[INT-14][INT-10]") {
  const bool postgres = GENERATE(false, true);
  Api api(postgres);
  Knowledge knowledge(postgres, api.clock, api.tokens());
  api.intake->knowledge.Connect(&knowledge.channel(), absl::Seconds(5));
  knowledge.Publish("K-102");
  v1::Demand brought = Asks("企业开办要几天？请园区告知。");
  brought.set_channel(CHANNEL_STAFF);
  const auto held = testing::Must(api.Create(brought, kStaff, true));
  const auto answer = [&](const identity::Caller& caller) {
    return api.Handle<v1::AnswerDemandRequest>("AnswerDemand", held.order_no(), caller, [](auto& request) {
      request.set_kb_ref("K-102@1");
      request.set_accepted(true);
      request.set_answer_text("当日办结。");
    });
  };
  CHECK(ReasonOf(answer(kDistrictHub).status()) == REASON_PERMISSION_DENIED);
  CHECK(testing::Must(answer(kStaff)).state() == ORDER_STATE_ANSWERED);
}

TEST_CASE("an English demand waits for the foreign seat, and is shown beside its Chinese text", "[INT-19]") {
  Api api(GENERATE(false, true));
  v1::Demand english = Online("Our plant has waited twenty days for its power connection. Please help us.");
  english.set_title("Power connection");
  english.set_language("en");
  const auto created = api.Create(english, kOwner);
  REQUIRE_OK(created);
  const std::string no = created->order_no();
  INFO("INT-19/accept");
  CHECK(created->queue() == "SEAT_FOREIGN");
  CHECK(created->state() == ORDER_STATE_REGISTERED);
  v1::ListDemandsRequest list;
  list.set_queue("SEAT_FOREIGN");
  CHECK(OrderNos(testing::Must(api.List(list, kSeat))) == Types{no});
  const auto translate = [&](
                             const identity::Caller& caller,
                             const std::function<void(v1::Translation&)>& change = [](auto&) {}) {
    return api.Handle<v1::TranslateDemandRequest>("TranslateDemand", no, caller, [&](auto& request) {
      v1::Translation& translation = *request.mutable_translation();
      translation.set_language("zh-CN");
      translation.set_title("用电报装");
      translation.set_content("我厂用电报装已等二十天，请协调。");
      translation.set_source(v1::TRANSLATION_SOURCE_MACHINE);
      change(translation);
    });
  };
  CHECK(FieldsOf(translate(kSeat, [](auto& t) { t.Clear(); }).status()) == Fields{{"translation.language", "REQUIRED"},
                                                                                  {"translation.title", "REQUIRED"},
                                                                                  {"translation.content", "REQUIRED"},
                                                                                  {"translation.source", "REQUIRED"}});
  for (const std::string tag : {"chinese", "z", "zh-", "zh-123456789", "12"}) {
    CHECK(FieldsOf(translate(kSeat, [&tag](auto& t) { t.set_language(tag); }).status()) ==
          Fields{{"translation.language", "LANGUAGE_TAG"}});
  }
  CHECK(ReasonOf(translate(kOwner).status()) == REASON_PERMISSION_DENIED);
  REQUIRE_OK(translate(kSeat));
  // A person's takes the place of the machine's.
  REQUIRE_OK(translate(kSeat, [](auto& t) {
    t.set_content("本厂新增用电报装已等候二十天，请协调办理。");
    t.set_source(v1::TRANSLATION_SOURCE_HUMAN);
  }));
  v1::SubmitDemandRequest submit;
  submit.set_name(created->name());
  submit.set_request_id("s1");
  submit.set_etag(testing::Must(api.Get(no, kSeat)).etag());
  REQUIRE_OK(api.Call<v1::Demand>("SubmitDemand", submit, kSeat));
  CHECK(testing::Must(api.List(list, kSeat)).demands().empty());
  list.set_queue("SEAT_GENERAL");
  CHECK(FieldsOf(api.List(list, kSeat).status()) == Fields{{"queue", "UNKNOWN_VALUE"}});
  DemandSubmitted message;
  REQUIRE(message.ParseFromString(api.Messages(no).at(0).payload));
  CHECK(message.content() == english.content());
  CHECK(message.translated_title() == "用电报装");
  CHECK(message.translated_content() == "本厂新增用电报装已等候二十天，请协调办理。");
  REQUIRE_OK(api.Routing(no, 1, "OrderDispatched", ORDER_STATE_DISPATCHED));
  const auto seen = testing::Must(api.Get(no, kBody));
  CHECK(seen.content() == english.content());
  REQUIRE(seen.translations_size() == 1);
  CHECK(seen.translations(0).language() == "zh-CN");
  CHECK(seen.translations(0).title() == "用电报装");
  CHECK(seen.translations(0).content() == "本厂新增用电报装已等候二十天，请协调办理。");
  CHECK(seen.translations(0).source() == v1::TRANSLATION_SOURCE_HUMAN);
  CHECK(seen.translations(0).by() == "seat-1");
  // Of a confidential one no translation says who asked.
  v1::Demand report = english;
  report.set_demand_type(DEMAND_TYPE_REPORT);
  report.set_content("A certain office charges unlawful fees, please look into it.");
  const auto secret = testing::Must(api.Create(report, kOwner));
  REQUIRE_OK(api.Handle<v1::TranslateDemandRequest>("TranslateDemand", secret.order_no(), kSeat, [](auto& request) {
    request.mutable_translation()->set_language("zh-CN");
    request.mutable_translation()->set_title("王小明举报");
    request.mutable_translation()->set_content("我是王小明，电话13812345678，举报乱收费。");
    request.mutable_translation()->set_source(v1::TRANSLATION_SOURCE_HUMAN);
  }));
  submit.set_name(secret.name());
  submit.set_request_id("s2");
  submit.set_etag(testing::Must(api.Get(secret.order_no(), kSeat)).etag());
  REQUIRE_OK(api.Call<v1::Demand>("SubmitDemand", submit, kSeat));
  REQUIRE_OK(api.Routing(secret.order_no(), 1, "OrderDispatched", ORDER_STATE_DISPATCHED));
  const auto redacted = testing::Must(api.Get(secret.order_no(), kBody));
  REQUIRE(redacted.translations_size() == 1);
  CHECK(redacted.translations(0).title() == "****举报");
  CHECK(redacted.translations(0).content() == "我是****，电话****，举报乱收费。");
  CHECK(redacted.translations(0).by().empty());
  REQUIRE(message.ParseFromString(api.Messages(secret.order_no()).at(0).payload));
  CHECK(message.translated_content() == "我是****，电话****，举报乱收费。");

  INFO("INT-19/bad/1");
  v1::Demand unknown = Online("Saluton, ni petas vian helpon pri nia kurento.");
  unknown.set_language("xx");
  const auto taken = api.Create(unknown, kOwner);
  REQUIRE_OK(taken);
  CHECK(taken->language() == "und");
  CHECK(taken->queue() == "SEAT_GENERAL");
  CHECK(taken->state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(Flags(*taken) == std::set<std::string>{"UNKNOWN_LANGUAGE"});
  CheckWhole(api);
}

}  // namespace
}  // namespace jinqi::intake
