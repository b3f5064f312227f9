// Matters of Beijing and Hebei as their hotlines get and answer them: a real receiver for each, a real intake, both
// databases.
#include "common/outbound/test_receiver.h"
#include "jinqi/routing/v1/partner_service.pb.h"
#include "services/intake/test_intake.h"
#include "services/routing/test_api.h"

namespace jinqi::routing {
namespace {

using outbound::Receiver;
using v1::PartnerAnswer;
using v1::PartnerTransfer;

constexpr char kNow[] = "2025-10-13T10:00:00+08:00";
constexpr char kPhone[] = "13800001111";

std::string PartnerMethod(const std::string& name) { return Method("PartnerService/" + name); }

class Bench {
 public:
  explicit Bench(TestDatabase database)
      : intake(database, kNow, JINQI_REFERENCE_DIR),
        api(
            database, kNow, "hubs.textproto", [this](auto& config) { AddPartners(config); }, intake.AsPeer()) {}

  // An order of intake's and routing's.
  std::string Order(const std::function<void(DemandSubmitted&)>& change = {}) {
    const std::string order_no = intake.Create(intake::TestIntake::Demand(kPhone));
    DemandSubmitted demand = api.Demand(order_no, "企业拟迁往廊坊，社会保险关系如何转移接续（13800001111）");
    demand.set_title("跨区迁移");
    if (change) change(demand);
    api.Submit(demand);
    return order_no;
  }
  absl::StatusOr<v1::WorkOrder> Transfer(const std::string& order_no, const std::string& partner = "LF",
                                         bool consent = true) {
    v1::TransferToPartnerRequest request;
    request.set_partner(partner);
    request.set_consent(consent);
    return api.Change(Dispatcher(), "PartnerService/TransferToPartner", order_no, request);
  }
  absl::StatusOr<v1::WorkOrder> Recall(const std::string& order_no) {
    return api.Change(Dispatcher(), "PartnerService/RecallFromPartner", order_no, v1::RecallFromPartnerRequest());
  }
  // As a partner signs it.
  v1::RecordPartnerAnswerRequest Answer(const std::string& order_no, const std::string& body,
                                        const std::string& id = "a1") {
    v1::RecordPartnerAnswerRequest request;
    request.set_name("workOrders/" + order_no);
    request.set_partner("LF");
    request.set_request_id(id);
    request.set_timestamp(api.bench.runtime().clock().Now() / clock::kSecond);
    request.set_answer(body);
    Sign(request);
    return request;
  }
  static void Sign(v1::RecordPartnerAnswerRequest& request) {
    request.set_signature(
        outbound::Sign(outbound::kTestSecret, request.timestamp(), request.request_id(), request.answer()));
  }
  absl::StatusOr<v1::PartnerReceipt> Send(const v1::RecordPartnerAnswerRequest& request) {
    return api.bench.CallAnonymously<v1::PartnerReceipt>(PartnerMethod("RecordPartnerAnswer"), request);
  }
  PartnerTransfer Last(const std::string& order_no) {
    return *Must(api.Get(Dispatcher(), order_no)).partner_transfers().rbegin();
  }
  bool WaitFor(const std::string& order_no, PartnerTransfer::State state) {
    return testing::WaitFor([&] { return Last(order_no).state() == state; });
  }

 private:
  void AddPartners(config::v1::RoutingConfig& config) {
    testing::WriteFile(folder_.path() / "secret", std::string(outbound::kTestSecret) + "\n");
    const auto add = [&](const char* code, const std::string& name, const std::string& url) {
      config::v1::PartnerHotline& hotline = *config.add_partners();
      hotline.set_code(code);
      hotline.set_display_name(name);
      hotline.set_phone(std::string("0000-") + code);
      if (url.empty()) return;
      hotline.mutable_target()->set_url(url);
      hotline.mutable_target()->set_secret_file(folder_.File("secret"));
    };
    add("LF", "廊坊热线", langfang.url());
    add("BJ", "北京热线", beijing.url());
    add("TS", "唐山热线", "");
  }

  testing::TempDir folder_;

 public:
  Receiver langfang;
  Receiver beijing;
  intake::TestIntake intake;
  Api api;
};

std::string Accepts(const std::string& order_no) {
  return nlohmann::json{{"orderNo", order_no}, {"outcome", "OUTCOME_ACCEPTED"}, {"partnerNumber", "LF-1"}}.dump();
}
std::string Solves(const std::string& order_no) {
  return nlohmann::json{{"orderNo", order_no},
                        {"outcome", "OUTCOME_RESULT"},
                        {"resultType", "RESULT_TYPE_SOLVED"},
                        {"text", "已为企业办理社会保险关系转移接续，联系人 13900002222"}}
      .dump();
}

TEST_CASE("a matter of Langfang is passed, accepted and answered", "[RTE-26]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const std::string order = test.Order();
  INFO("RTE-26/accept");
  const v1::WorkOrder passed = Must(test.Transfer(order));
  CHECK(passed.state() == ORDER_STATE_PARTNER_PENDING);
  const v1::WorkOrder seen = Must(test.api.Get(Enterprise(), order));
  REQUIRE(seen.partner_transfers_size() == 1);
  CHECK(seen.partner_transfers(0).phone() == "0000-LF");
  CHECK(seen.due_time().seconds() == passed.due_time().seconds());

  INFO("the partner gets matter and contact, signed, once");
  REQUIRE(test.WaitFor(order, PartnerTransfer::STATE_DELIVERED));
  const auto got = test.langfang.got();
  REQUIRE(got.size() == 1);
  CHECK(got[0].genuine);
  CHECK(got[0].key == "partner-" + order + "-1");
  CHECK(got[0].body["orderNo"] == order);
  CHECK(got[0].body["kind"] == "PARTNER_MESSAGE_KIND_TRANSFER");
  CHECK(got[0].body["title"] == "跨区迁移");
  CHECK(got[0].body["content"] == "企业拟迁往廊坊，社会保险关系如何转移接续（13800001111）");
  CHECK(got[0].body["contactName"] == "王小明");
  CHECK(got[0].body["contactPhone"] == kPhone);
  CHECK(got[0].body["subject"]["uscc"] == "91120104MA05XXXXXX");
  CHECK(test.beijing.got().empty());

  INFO("RTE-26/accept/2");
  CHECK(Must(test.Send(test.Answer(order, Accepts(order)))).state() == ORDER_STATE_PARTNER_PENDING);
  CHECK(test.Last(order).partner_number() == "LF-1");
  INFO("RTE-26/accept/3");
  CHECK(Must(test.Send(test.Answer(order, Solves(order), "a2"))).state() == ORDER_STATE_FED_BACK);
  const v1::WorkOrder answered = Must(test.api.Get(Enterprise(), order));
  CHECK(answered.result_type() == RESULT_TYPE_SOLVED);
  REQUIRE(answered.submissions_size() == 1);
  CHECK(answered.submissions(0).result_text() == "已为企业办理社会保险关系转移接续，联系人 13900002222");
  CHECK(test.api.Sent(order) ==
        std::vector<std::string>{"OrderProposed", "OrderPartnerSent", "OrderPartnerAccepted", "OrderFedBack"});
  CHECK(test.api.Broken().empty());
}

TEST_CASE("without the caller's consent only the number is given", "[RTE-26]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  INFO("RTE-26/bad");
  const std::string order = test.Order();
  const absl::Status refused = test.Transfer(order, "LF", false).status();
  CHECK(ReasonOf(refused) == config::v1::REASON_PARTNER_CONSENT);
  CHECK(MetadataOf(refused).at("phone") == "0000-LF");
  CHECK(Must(test.api.Get(Dispatcher(), order)).state() == ORDER_STATE_PENDING_DISPATCH);
  CHECK(ReasonOf(test.Transfer(order, "TS").status()) == config::v1::REASON_PARTNER_UNKNOWN);
  CHECK(ReasonOf(test.Transfer(order, "XX").status()) == config::v1::REASON_PARTNER_UNKNOWN);
  v1::TransferToPartnerRequest request;
  request.set_partner("LF");
  request.set_consent(true);
  for (const auto& caller : {Unit("SCJG"), Enterprise()}) {
    CHECK(ReasonOf(test.api.Change(caller, "PartnerService/TransferToPartner", order, request).status()) ==
          config::v1::REASON_PERMISSION_DENIED);
  }
  INFO("no data is passed, also not later: what the next one passes is all that comes");
  const std::string next = test.Order();
  REQUIRE_OK(test.Transfer(next));
  REQUIRE(test.WaitFor(next, PartnerTransfer::STATE_DELIVERED));
  REQUIRE(test.langfang.got().size() == 1);
  CHECK(test.langfang.got()[0].body["orderNo"] == next);
}

TEST_CASE("a partner that is away blocks no order, and gets each once", "[RTE-26]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  test.langfang.SetAnswer(503);
  const std::vector<std::string> orders = {test.Order(), test.Order()};
  for (const std::string& order : orders) REQUIRE_OK(test.Transfer(order));
  REQUIRE(testing::WaitFor([&] { return test.langfang.got().size() >= 3; }));
  INFO("another partner, and every other order, go on");
  const std::string other = test.Order();
  REQUIRE_OK(test.Transfer(other, "BJ"));
  REQUIRE(test.WaitFor(other, PartnerTransfer::STATE_DELIVERED));
  REQUIRE_OK(test.api.Dispatch(test.Order(), "SCJG"));
  for (const std::string& order : orders) CHECK(test.Last(order).state() == PartnerTransfer::STATE_SENDING);

  test.langfang.SetAnswer(200, R"({"partnerNumber":"LF-9"})");
  clock::Micros now = Must(clock::FromRfc3339(kNow));
  REQUIRE(testing::WaitFor([&] {
    test.api.bench.SetTime(clock::ToRfc3339(now += clock::kMinute));
    return test.langfang.taken().size() == 2;
  }));
  for (const std::string& order : orders) {
    REQUIRE(test.WaitFor(order, PartnerTransfer::STATE_ACCEPTED));
    CHECK(test.Last(order).partner_number() == "LF-9");
  }
  std::map<std::string, int> times;
  for (const Receiver::Got& one : test.langfang.got()) times[one.key] += one.status == 200 ? 1 : 0;
  CHECK(times.size() == 2);
  for (const auto& [key, count] : times) CHECK(count == 1);
}

TEST_CASE("a partner that stays away, or refuses, gives the order back", "[RTE-26]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  test.beijing.SetAnswer(400);
  const std::string refused = test.Order();
  REQUIRE_OK(test.Transfer(refused, "BJ"));
  REQUIRE(test.WaitFor(refused, PartnerTransfer::STATE_RETURNED));
  CHECK(test.Last(refused).return_reason() == "REFUSED");
  CHECK(Must(test.api.Get(Dispatcher(), refused)).state() == ORDER_STATE_PENDING_DISPATCH);
  REQUIRE_OK(test.api.Dispatch(refused, "SCJG"));

  test.langfang.SetAnswer(503);
  const std::string away = test.Order();
  REQUIRE_OK(test.Transfer(away));
  clock::Micros now = Must(clock::FromRfc3339("2025-10-16T10:00:00+08:00"));
  REQUIRE(testing::WaitFor([&] {
    test.api.bench.SetTime(clock::ToRfc3339(now += clock::kMinute));
    return test.Last(away).state() == PartnerTransfer::STATE_RETURNED;
  }));
  CHECK(test.Last(away).return_reason() == "EXPIRED");
}

TEST_CASE("what was withdrawn or taken back is told to the partner, and what had not left yet never leaves",
          "[RTE-26][INT-20]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const std::string taken = test.Order();
  REQUIRE_OK(test.Transfer(taken));
  REQUIRE(test.WaitFor(taken, PartnerTransfer::STATE_DELIVERED));
  CHECK(Must(test.Recall(taken)).state() == ORDER_STATE_PENDING_DISPATCH);
  REQUIRE(testing::WaitFor([&] { return test.langfang.got().size() == 2; }));
  const Receiver::Got told = test.langfang.got()[1];
  CHECK(told.body == nlohmann::json{{"orderNo", taken},
                                    {"kind", "PARTNER_MESSAGE_KIND_WITHDRAWAL"},
                                    {"number", 2},
                                    {"time", "2025-10-13T02:00:00Z"}});

  test.langfang.SetAnswer(503);
  const std::string withdrawn = test.Order();
  REQUIRE_OK(test.Transfer(withdrawn));
  WithdrawalAsked asked;
  asked.set_order_no(withdrawn);
  REQUIRE_OK(test.api.News("intake", "WithdrawalAsked", asked));
  test.langfang.SetAnswer(200);
  clock::Micros now = Must(clock::FromRfc3339(kNow));
  REQUIRE(testing::WaitFor([&] {
    test.api.bench.SetTime(clock::ToRfc3339(now += clock::kMinute));
    return test.langfang.taken().size() == 3;
  }));
  CHECK(test.langfang.taken()[2].body["kind"] == "PARTNER_MESSAGE_KIND_WITHDRAWAL");
  CHECK(test.langfang.taken()[2].body["orderNo"] == withdrawn);
}

TEST_CASE("of a confidential matter the partner learns nobody's name", "[RTE-26][INT-15]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const std::string order = test.Order([](DemandSubmitted& demand) { demand.set_confidential(true); });
  REQUIRE_OK(test.Transfer(order));
  REQUIRE(test.WaitFor(order, PartnerTransfer::STATE_DELIVERED));
  const std::string sent = test.langfang.got()[0].body.dump();
  for (const char* secret : {kPhone, "王小明", "天津某某有限公司", "91120104MA05XXXXXX"}) {
    INFO(secret);
    CHECK(sent.find(secret) == std::string::npos);
  }
  CHECK(sent.find("社会保险关系") != std::string::npos);
}

TEST_CASE("only the partner's own word counts, and once", "[RTE-26]") {
  Bench test(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  const std::string order = test.Order();
  REQUIRE_OK(test.Transfer(order));
  const auto refused = [&](auto change, bool sign = false) {
    v1::RecordPartnerAnswerRequest request = test.Answer(order, Accepts(order), "a0");
    change(request);
    if (sign) Bench::Sign(request);
    return ReasonOf(test.Send(request).status());
  };
  const auto signature = config::v1::REASON_PARTNER_SIGNATURE;
  CHECK(refused([](auto& request) { request.set_signature("v1=00"); }) == signature);
  CHECK(refused([&](auto& request) { request.set_answer(Solves(order)); }) == signature);
  CHECK(refused([](auto& request) { request.set_request_id("other"); }) == signature);
  CHECK(refused([](auto& request) { request.set_timestamp(request.timestamp() + 1); }) == signature);
  INFO("nor an old one");
  CHECK(refused([](auto& request) { request.set_timestamp(request.timestamp() - 301); }, true) == signature);
  INFO("nor of who is no partner, or has no system");
  CHECK(refused([](auto& request) { request.set_partner("XX"); }, true) == signature);
  CHECK(refused([](auto& request) { request.set_partner("TS"); }, true) == signature);
  INFO("nor about another order, nor of another partner");
  CHECK(refused([&](auto& request) { request.set_name("workOrders/" + order + "X"); }) == config::v1::REASON_NOT_FOUND);
  CHECK(refused([](auto& request) { request.set_partner("BJ"); }, true) == config::v1::REASON_NOT_FOUND);
  CHECK(refused([](auto& request) { request.set_answer("no JSON"); }, true) == config::v1::REASON_FORMAT);

  INFO("sent again under its id, and signed anew, it counts once");
  REQUIRE_OK(test.Send(test.Answer(order, Solves(order), "a1")));
  test.api.bench.SetTime("2025-10-13T10:02:00+08:00");
  const v1::PartnerReceipt again = Must(test.Send(test.Answer(order, Solves(order), "a1")));
  CHECK(again.state() == ORDER_STATE_FED_BACK);
  CHECK(clock::ToRfc3339(clock::FromProto(again.time())) == kNow);
  CHECK(Must(test.api.Get(Dispatcher(), order)).submissions_size() == 1);
  CHECK(ReasonOf(test.Send(test.Answer(order, Solves(order), "a2")).status()) == config::v1::REASON_ILLEGAL_MOVE);
}

TEST_CASE("the partner hotlines are listed, and no secret of theirs", "[RTE-26]") {
  Bench test(TestDatabase::kSqlite);
  const auto listed = Must(test.api.bench.Call<v1::ListPartnersResponse>(Dispatcher(), PartnerMethod("ListPartners"),
                                                                         v1::ListPartnersRequest()));
  REQUIRE(listed.partners_size() == 3);
  CHECK(listed.partners(0).code() == "BJ");
  CHECK(listed.partners(1).display_name() == "廊坊热线");
  CHECK(listed.partners(1).phone() == "0000-LF");
  CHECK(listed.partners(1).reachable());
  CHECK_FALSE(listed.partners(2).reachable());
  CHECK(listed.SerializeAsString().find(outbound::kTestSecret) == std::string::npos);
}

TEST_CASE("partners that make no sense stop the start", "[RTE-26]") {
  testing::TempDir folder;
  const auto read = [&](const std::vector<std::string>& codes, const std::string& name, const std::string& secret) {
    config::v1::RoutingConfig config;
    for (const std::string& code : codes) {
      config::v1::PartnerHotline& hotline = *config.add_partners();
      hotline.set_code(code);
      hotline.set_display_name(name);
      hotline.set_phone("0000");
      hotline.mutable_target()->set_url("http://127.0.0.1:1/");
      hotline.mutable_target()->set_secret_file(secret);
    }
    return ReadPartners(config).status();
  };
  testing::WriteFile(folder.path() / "secret", "s\n");
  const std::string secret = folder.File("secret");
  CHECK_OK(read({"LF", "BJ-1", "ABCDEFGHIJKLMNOP"}, "热线", secret));
  for (const char* code : {"", "lf", "L F", "ABCDEFGHIJKLMNOPQ"}) {
    INFO(code);
    CHECK(absl::IsInvalidArgument(read({code}, "热线", secret)));
  }
  CHECK(absl::IsInvalidArgument(read({"LF", "LF"}, "热线", secret)));
  CHECK(absl::IsInvalidArgument(read({"LF"}, "", secret)));
  CHECK_FALSE(read({"LF"}, "热线", folder.File("none")).ok());
}

}  // namespace
}  // namespace jinqi::routing
