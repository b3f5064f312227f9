#include "services/intake/demand_fields.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/identity/phone.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using config::v1::Role;
using config::v1::ROLE_ANONYMOUS;
using config::v1::ROLE_ENTERPRISE;
using config::v1::ROLE_LEGAL_REPRESENTATIVE;
using config::v1::ROLE_SEAT;
using config::v1::ROLE_SERVICE_STAFF;
using Fields = std::map<std::string, std::string>;

std::string Repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

absl::StatusOr<DemandInput> Check(const v1::Demand& demand, Role role = ROLE_SEAT, const std::string& uscc = "") {
  return CheckDemand(demand, CallerWith(role, "account-1", uscc), role, TestReference(), TestTree());
}

v1::Demand With(const std::function<void(v1::Demand&)>& change) {
  v1::Demand demand = ValidDemand();
  change(demand);
  return demand;
}

v1::Demand AnonymousReport() {
  return With([](v1::Demand& demand) {
    demand.set_channel(events::v1::CHANNEL_WECHAT_12345);
    demand.set_demand_type(events::v1::DEMAND_TYPE_REPORT);
    demand.set_anonymous(true);
    demand.clear_contact_name();
    demand.clear_contact_phone();
    demand.mutable_subject()->clear_enterprise_name();
    demand.mutable_subject()->clear_uscc();
  });
}

struct FaultRow {
  std::string id;
  std::function<void(v1::Demand&)> change;
  Fields faults;
  Role role = ROLE_SEAT;
  // Of the enterprise that the token names.
  std::string uscc = {};
};

TEST_CASE("every faulty field of a demand is told, and nothing else",
          "[INT-01][INT-03][INT-04][INT-05][INT-06][INT-15]") {
  using events::v1::Channel;
  const std::vector<FaultRow> rows = {
      {"INT-03/accept",
       [](auto& d) {
         d.set_title("");
         d.set_content(Repeat("字", 4001));
         d.set_contact_phone("1381234567");
       },
       {{"demand.title", "REQUIRED"}, {"demand.content", "TOO_LONG"}, {"demand.contact_phone", "FORMAT"}}},
      {"INT-03/bad/1 spaces", [](auto& d) { d.set_title("   "); }, {{"demand.title", "REQUIRED"}}},
      {"INT-03/bad/1 U+3000", [](auto& d) { d.set_title("\u3000\u3000"); }, {{"demand.title", "REQUIRED"}}},
      {"INT-03/bad/1 zero width", [](auto& d) { d.set_title("\u200B\uFEFF\u200D"); }, {{"demand.title", "REQUIRED"}}},
      {"INT-03 title at its limit", [](auto& d) { d.set_title(Repeat("字", 60)); }, {}},
      {"INT-03 title beyond", [](auto& d) { d.set_title(Repeat("字", 61)); }, {{"demand.title", "TOO_LONG"}}},
      {"INT-03 no content", [](auto& d) { d.set_content(" \u3000"); }, {{"demand.content", "REQUIRED"}}},
      {"INT-03 content below", [](auto& d) { d.set_content("请协调办"); }, {{"demand.content", "TOO_SHORT"}}},
      {"INT-03 content at its lower limit", [](auto& d) { d.set_content("请协调办理"); }, {}},
      {"INT-03 content at its upper limit", [](auto& d) { d.set_content(Repeat("字", 4000)); }, {}},
      {"INT-03 name below",
       [](auto& d) { d.mutable_subject()->set_enterprise_name("津"); },
       {{"demand.subject.enterprise_name", "TOO_SHORT"}}},
      {"INT-03 name at its lower limit", [](auto& d) { d.mutable_subject()->set_enterprise_name("津企"); }, {}},
      {"INT-03 name at its upper limit",
       [](auto& d) { d.mutable_subject()->set_enterprise_name(Repeat("企", 100)); },
       {}},
      {"INT-03 name beyond",
       [](auto& d) { d.mutable_subject()->set_enterprise_name(Repeat("企", 101)); },
       {{"demand.subject.enterprise_name", "TOO_LONG"}}},
      {"INT-03 no name",
       [](auto& d) { d.mutable_subject()->clear_enterprise_name(); },
       {{"demand.subject.enterprise_name", "REQUIRED"}}},
      {"INT-03 contact at its limit", [](auto& d) { d.set_contact_name(Repeat("名", 50)); }, {}},
      {"INT-03 contact beyond",
       [](auto& d) { d.set_contact_name(Repeat("名", 51)); },
       {{"demand.contact_name", "TOO_LONG"}}},
      {"INT-03 contact name may be missing", [](auto& d) { d.clear_contact_name(); }, {}},
      {"INT-03 no phone", [](auto& d) { d.clear_contact_phone(); }, {{"demand.contact_phone", "REQUIRED"}}},
      {"INT-03 no kind", [](auto& d) { d.clear_demand_type(); }, {{"demand.demand_type", "REQUIRED"}}},
      {"INT-03 unknown kind",
       [](auto& d) { d.set_demand_type(static_cast<events::v1::DemandType>(9)); },
       {{"demand.demand_type", "UNKNOWN_VALUE"}}},
      {"INT-03 unknown urgency",
       [](auto& d) { d.set_urgency(static_cast<events::v1::Urgency>(9)); },
       {{"demand.urgency", "UNKNOWN_VALUE"}}},
      {"INT-03 no district",
       [](auto& d) { d.mutable_subject()->clear_district_code(); },
       {{"demand.subject.district_code", "REQUIRED"}}},
      {"INT-03 not one of the 16 districts",
       [](auto& d) { d.mutable_subject()->set_district_code("110101"); },
       {{"demand.subject.district_code", "UNKNOWN_VALUE"}}},
      {"INT-03 industry", [](auto& d) { d.mutable_subject()->set_industry("c3391"); }, {}},
      {"INT-03 industry last letter", [](auto& d) { d.mutable_subject()->set_industry("T"); }, {}},
      {"INT-03 industry beyond the letters",
       [](auto& d) { d.mutable_subject()->set_industry("U01"); },
       {{"demand.subject.industry", "FORMAT"}}},
      {"INT-03 industry too long",
       [](auto& d) { d.mutable_subject()->set_industry("C33911"); },
       {{"demand.subject.industry", "FORMAT"}}},
      {"INT-03 township beyond",
       [](auto& d) { d.mutable_subject()->set_township(Repeat("镇", 51)); },
       {{"demand.subject.township", "TOO_LONG"}}},
      {"INT-03 park beyond",
       [](auto& d) { d.mutable_subject()->set_park(Repeat("园", 51)); },
       {{"demand.subject.park", "TOO_LONG"}}},

      {"INT-01/bad/1 empty", [](auto& d) { d.clear_channel(); }, {{"demand.channel", "CHANNEL_UNKNOWN"}}},
      {"INT-01/bad/1 unknown",
       [](auto& d) { d.set_channel(static_cast<Channel>(99)); },
       {{"demand.channel", "CHANNEL_UNKNOWN"}}},

      {"INT-04/accept lower case", [](auto& d) { d.mutable_subject()->set_uscc("91120116ma051k2p9x"); }, {}},
      {"INT-04/accept public index prefix", [](auto& d) { d.mutable_subject()->set_uscc("11120000MB1908811Q"); }, {}},
      {"INT-04/accept old region", [](auto& d) { d.mutable_subject()->set_uscc("91120222MA091K2P2D"); }, {}},
      {"INT-04/bad/1",
       [](auto& d) { d.mutable_subject()->set_uscc("91120116MA051K2P90"); },
       {{"demand.subject.uscc", "USCC_CHECKSUM"}}},
      {"INT-04/bad/2",
       [](auto& d) { d.mutable_subject()->set_uscc("91120116MI051K2P9X"); },
       {{"demand.subject.uscc", "USCC_CHARSET"}}},
      {"INT-04/bad/3 17 characters",
       [](auto& d) { d.mutable_subject()->set_uscc("91120116MA051K2P9"); },
       {{"demand.subject.uscc", "USCC_LENGTH"}}},
      {"INT-04/bad/3 19 characters",
       [](auto& d) { d.mutable_subject()->set_uscc("91120116MA051K2P9XX"); },
       {{"demand.subject.uscc", "USCC_LENGTH"}}},
      {"INT-04/bad/3 old number",
       [](auto& d) { d.mutable_subject()->set_uscc("120116000012345"); },
       {{"demand.subject.uscc", "USCC_LENGTH"}}},

      {"INT-05/bad/1",
       [](auto& d) { d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_FARMER_COOP); },
       {{"demand.subject.type", "SUBJECT_MISMATCH"}}},
      {"INT-05/bad/1 a reason of one character is none",
       [](auto& d) {
         d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_FARMER_COOP);
         d.set_subject_confirmation("是");
       },
       {{"demand.subject.type", "SUBJECT_MISMATCH"}}},
      {"INT-05/bad/1 the operator confirms",
       [](auto& d) {
         d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_FARMER_COOP);
         d.set_subject_confirmation("执照已换");
       },
       {}},
      {"INT-05/bad/1 a reason beyond its limit",
       [](auto& d) {
         d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_FARMER_COOP);
         d.set_subject_confirmation(Repeat("由", 201));
       },
       {{"demand.subject_confirmation", "TOO_LONG"}}},
      {"INT-05/bad/1 an enterprise cannot confirm",
       [](auto& d) {
         d.set_channel(events::v1::CHANNEL_WECHAT_12345);
         d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_FARMER_COOP);
         d.set_subject_confirmation("执照已换");
       },
       {{"demand.subject.type", "SUBJECT_MISMATCH"}},
       ROLE_ENTERPRISE},
      {"INT-05 unknown type",
       [](auto& d) { d.mutable_subject()->set_type(static_cast<events::v1::SubjectType>(9)); },
       {
           {"demand.subject.type", "UNKNOWN_VALUE"},
       }},
      {"INT-05 without a code the type must be said",
       [](auto& d) { d.mutable_subject()->clear_uscc(); },
       {{"demand.subject.type", "REQUIRED"}}},
      {"INT-05 other registries propose nothing",
       [](auto& d) {
         d.mutable_subject()->set_uscc("11120000MB1908811Q");
         d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_ENTERPRISE);
       },
       {}},
      {"INT-05 on 津产发 the code is required",
       [](auto& d) {
         d.set_channel(events::v1::CHANNEL_JINCHANFA);
         d.mutable_subject()->clear_uscc();
         d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_ENTERPRISE);
       },
       {{"demand.subject.uscc", "REQUIRED"}},
       ROLE_ENTERPRISE},
      {"INT-05 an enterprise files for itself only",
       [](auto& d) { d.set_channel(events::v1::CHANNEL_WECHAT_12345); },
       {{"demand.subject.uscc", "USCC_NOT_YOURS"}},
       ROLE_ENTERPRISE,
       "91120222MA091K2P2D"},
      {"INT-05 and does so",
       [](auto& d) { d.set_channel(events::v1::CHANNEL_JINCHANFA); },
       {},
       ROLE_ENTERPRISE,
       "91120116MA051K2P9X"},

      {"INT-06/bad/1 first level",
       [](auto& d) { d.set_category_code("A"); },
       {{"demand.category_code", "CATEGORY_NOT_LEAF"}}},
      {"INT-06/bad/1 second level",
       [](auto& d) { d.set_category_code("A02"); },
       {{"demand.category_code", "CATEGORY_NOT_LEAF"}}},
      {"INT-06/bad/2", [](auto& d) { d.set_category_code("A02-04"); }, {{"demand.category_code", "CATEGORY_RETIRED"}}},
      {"INT-06 unknown", [](auto& d) { d.set_category_code("A99-99"); }, {{"demand.category_code", "UNKNOWN_VALUE"}}},
      {"INT-06 told with the others",
       [](auto& d) {
         d.set_category_code("A02");
         d.clear_title();
       },
       {{"demand.category_code", "CATEGORY_NOT_LEAF"}, {"demand.title", "REQUIRED"}}},

      {"INT-15/bad/1",
       [](auto& d) {
         d.set_demand_type(events::v1::DEMAND_TYPE_REPORT);
         d.set_confidential(false);
       },
       {{"demand.open_consent", "CONSENT_REQUIRED"}}},
      {"INT-15/bad/1 with consent",
       [](auto& d) {
         d.set_demand_type(events::v1::DEMAND_TYPE_REPORT);
         d.set_confidential(false);
         d.set_open_consent(true);
       },
       {}},
      {"INT-15 only reports are anonymous",
       [](auto& d) {
         d = AnonymousReport();
         d.set_demand_type(events::v1::DEMAND_TYPE_HELP);
       },
       {{"demand.anonymous", "ANONYMOUS_ONLY_REPORT"}},
       ROLE_ENTERPRISE},
      {"INT-15 anonymous without name and phone", [](auto& d) { d = AnonymousReport(); }, {}, ROLE_ANONYMOUS},
      {"INT-15 anonymous with identity",
       [](auto& d) {
         d = AnonymousReport();
         d.set_contact_name("王小明");
         d.set_contact_phone("13812345678");
         d.mutable_subject()->set_uscc("91120116MA051K2P9X");
         d.mutable_subject()->set_enterprise_name("天津示例制造有限公司");
       },
       {{"demand.contact_name", "ANONYMOUS_WITH_IDENTITY"},
        {"demand.contact_phone", "ANONYMOUS_WITH_IDENTITY"},
        {"demand.subject.uscc", "ANONYMOUS_WITH_IDENTITY"},
        {"demand.subject.enterprise_name", "ANONYMOUS_WITH_IDENTITY"}},
       ROLE_ANONYMOUS},
  };
  for (const FaultRow& row : rows) {
    INFO(row.id);
    const auto input = Check(With(row.change), row.role, row.uscc);
    const absl::Status status = input.ok() ? input->category_fault : input.status();
    CHECK(FieldsOf(status) == row.faults);
    CHECK(status.ok() == row.faults.empty());
  }
}

TEST_CASE("a fault of the category alone waits for the decision", "[INT-06][INT-17]") {
  const auto alone = Check(With([](auto& d) { d.set_category_code("A02-04"); }));
  REQUIRE_OK(alone);
  CHECK(ReasonOf(alone->category_fault) == config::v1::REASON_CATEGORY_RETIRED);
}

TEST_CASE("who may use which channel", "[INT-01]") {
  using namespace events::v1;  // NOLINT(google-build-using-namespace)
  const std::map<Role, std::set<int>> allowed = {
      {ROLE_ENTERPRISE, {CHANNEL_WECHAT_12345, CHANNEL_JINCHANFA}},
      {ROLE_LEGAL_REPRESENTATIVE, {CHANNEL_WECHAT_12345, CHANNEL_JINCHANFA}},
      {ROLE_SEAT,
       {CHANNEL_PHONE_12345, CHANNEL_WECHAT_12345, CHANNEL_COUNTER, CHANNEL_MEETING, CHANNEL_PARTNER, CHANNEL_IMPORT}},
      {ROLE_SERVICE_STAFF, {CHANNEL_STAFF, CHANNEL_COUNTER, CHANNEL_MEETING}},
      {ROLE_ANONYMOUS, {CHANNEL_WECHAT_12345}},
      {config::v1::ROLE_UNDERTAKER, {}}};
  for (const auto& [role, channels] : allowed) {
    for (int channel = 0; channel <= 9; ++channel) {
      INFO(config::v1::Role_Name(role) << " " << channel);
      CHECK(MayUseChannel(role, static_cast<Channel>(channel)) == channels.contains(channel));
    }
  }
  CHECK(FieldsOf(Check(ValidDemand(), ROLE_ENTERPRISE).status()) == Fields{{"demand.channel", "CHANNEL_NOT_ALLOWED"}});
}

TEST_CASE("values come out in their normal form", "[INT-03][INT-04][INT-05][INT-06][GWY-07]") {
  const auto input = Check(With([](v1::Demand& d) {
    d.set_title("\u3000用电\n报装\u202E进度 ");
    d.set_content("  第一行：厂区新增用电报装已提交二十天。\n第二行：𠮷林 ");
    d.mutable_subject()->set_uscc("９２１２０１０１ma071k2p0c");
    d.mutable_subject()->set_district_code("１２０１１６");
    d.set_contact_phone("１３８１２３４５６７８");
    d.clear_category_code();
  }));
  REQUIRE_OK(input);
  CHECK(input->values.title() == "用电 报装进度");
  CHECK(input->values.content() == "第一行：厂区新增用电报装已提交二十天。\n第二行：𠮷林");
  INFO("INT-05/accept");
  CHECK(input->demand.subject().uscc() == "92120101MA071K2P0C");
  CHECK(input->demand.subject().type() == events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS);
  CHECK(input->demand.subject().district_code() == "120116");
  CHECK(input->values.contact_phone() == "13812345678");
  CHECK(input->demand.category_code() == "Z01-99");
  CHECK(input->demand.category_name() == "未分类");
  CHECK(input->demand.category_tree_version() == 1);
  CHECK(input->demand.review_flags().empty());
  // Nothing personal is in what the record keeps.
  CHECK(input->demand.title().empty());
  CHECK(input->demand.content().empty());
  CHECK(input->demand.contact_name().empty());
  CHECK(input->demand.contact_phone().empty());
}

TEST_CASE("a valid code proposes the type of the subject", "[INT-05]") {
  const std::map<std::string, events::v1::SubjectType> rows = {
      {"91120116MA051K2P9X", events::v1::SUBJECT_TYPE_ENTERPRISE},
      {"92120101MA071K2P0C", events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS},
      {"11120000MB1908811Q", events::v1::SUBJECT_TYPE_OTHER}};
  for (const auto& [uscc, type] : rows) {
    const std::string code = uscc;
    const auto input = Check(With([&code](auto& d) { d.mutable_subject()->set_uscc(code); }));
    REQUIRE_OK(input);
    CHECK(input->demand.subject().type() == type);
  }
}

std::set<std::string> FlagsOf(const DemandInput& input) {
  return {input.demand.review_flags().begin(), input.demand.review_flags().end()};
}

TEST_CASE("without a code a demand is taken and flagged", "[INT-05]") {
  for (const Role role : {ROLE_SEAT, ROLE_SERVICE_STAFF}) {
    const auto input =
        Check(With([role](auto& d) {
                d.set_channel(role == ROLE_SEAT ? events::v1::CHANNEL_PHONE_12345 : events::v1::CHANNEL_STAFF);
                d.mutable_subject()->clear_uscc();
                d.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_FARMER_COOP);
              }),
              role);
    REQUIRE_OK(input);
    CHECK(input->demand.subject().uscc().empty());
    CHECK(FlagsOf(*input) == std::set<std::string>{"MISSING_USCC"});
    CHECK(input->subject_key == "phone:13812345678");
    CHECK(input->requester.empty());
    CHECK(input->registered_by == "account-1");
  }
}

TEST_CASE("urgency is what people say, and words only raise a flag", "[INT-07]") {
  struct Row {
    std::string id;
    Role role;
    events::v1::Urgency given;
    std::string content;
    events::v1::Urgency expected;
    std::set<std::string> flags;
  };
  using namespace events::v1;  // NOLINT(google-build-using-namespace)
  const std::string calm = "请问社保缴费基数如何调整，谢谢。";
  const std::string fire = "厂房正在起　火，有人被困";
  const std::vector<Row> rows = {
      {"INT-07/bad/2 words, no urgency", ROLE_SEAT, URGENCY_UNSPECIFIED, fire, URGENCY_NORMAL, {"EMERGENCY_WORDS"}},
      {"INT-07/bad/2 no words", ROLE_SEAT, URGENCY_UNSPECIFIED, calm, URGENCY_NORMAL, {}},
      {"INT-07/bad/1 set by a person", ROLE_SEAT, URGENCY_LIFE_SAFETY, calm, URGENCY_LIFE_SAFETY, {}},
      {"INT-07/bad/1 utility", ROLE_SEAT, URGENCY_UTILITY, fire, URGENCY_UTILITY, {}},
      {"INT-07 said to be normal", ROLE_SEAT, URGENCY_NORMAL, fire, URGENCY_NORMAL, {}},
      {"INT-07 by the requester",
       ROLE_ENTERPRISE,
       URGENCY_LIFE_SAFETY,
       calm,
       URGENCY_LIFE_SAFETY,
       {"URGENCY_BY_REQUESTER"}},
      {"INT-07 requester says normal", ROLE_ENTERPRISE, URGENCY_NORMAL, calm, URGENCY_NORMAL, {}},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    const auto input = Check(With([&row](auto& d) {
                               if (row.role == ROLE_ENTERPRISE) d.set_channel(CHANNEL_WECHAT_12345);
                               d.set_urgency(row.given);
                               d.set_content(row.content);
                             }),
                             row.role);
    REQUIRE_OK(input);
    CHECK(input->demand.urgency() == row.expected);
    CHECK(input->urgency_given == (row.given != URGENCY_UNSPECIFIED));
    CHECK(FlagsOf(*input) == row.flags);
  }
}

TEST_CASE("a language goes to its seat and is never refused", "[INT-19]") {
  struct Row {
    std::string id, given, language, queue;
    bool flagged;
  };
  const std::vector<Row> rows = {
      {"INT-19 default", "", "zh-CN", "SEAT_GENERAL", false},
      {"INT-19 chinese", "zh-TW", "zh-TW", "SEAT_GENERAL", false},
      {"INT-19/accept", "en", "en", "SEAT_FOREIGN", false},
      {"INT-19/accept with region", "en-GB", "en-GB", "SEAT_FOREIGN", false},
      {"INT-19/accept upper case", "JA", "JA", "SEAT_FOREIGN", false},
      {"INT-19/bad/1", "xx", "und", "SEAT_GENERAL", true},
      {"INT-19/bad/1 nonsense", "en-" + std::string(33, 'x'), "und", "SEAT_GENERAL", true},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    const auto input = Check(With([&row](auto& d) { d.set_language(row.given); }));
    REQUIRE_OK(input);
    CHECK(input->demand.language() == row.language);
    CHECK(input->demand.queue() == row.queue);
    CHECK(FlagsOf(*input) == (row.flagged ? std::set<std::string>{"UNKNOWN_LANGUAGE"} : std::set<std::string>{}));
  }
}

TEST_CASE("reports are confidential unless the caller agrees, and then hold no identity", "[INT-15]") {
  struct Row {
    std::string id;
    std::function<void(v1::Demand&)> change;
    bool confidential;
  };
  const std::vector<Row> rows = {
      {"help is open", [](auto&) {}, false},
      {"help may be confidential", [](auto& d) { d.set_confidential(true); }, true},
      {"INT-15/accept a report is confidential", [](auto& d) { d.set_demand_type(events::v1::DEMAND_TYPE_REPORT); },
       true},
      {"an open report with consent",
       [](auto& d) {
         d.set_demand_type(events::v1::DEMAND_TYPE_REPORT);
         d.set_confidential(false);
         d.set_open_consent(true);
       },
       false},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    const auto input = Check(With([&row](auto& d) {
      d.mutable_subject()->set_township("中新天津生态城");
      d.mutable_subject()->set_park("生态科技园");
      row.change(d);
    }));
    REQUIRE_OK(input);
    CHECK(input->demand.confidential() == row.confidential);
    const auto& open = input->demand.subject();
    CHECK(open.uscc() == (row.confidential ? "" : "91120116MA051K2P9X"));
    CHECK(open.enterprise_name() == (row.confidential ? "" : "天津示例制造有限公司"));
    CHECK(open.township() == (row.confidential ? "" : "中新天津生态城"));
    CHECK(open.park() == (row.confidential ? "" : "生态科技园"));
    CHECK(input->values.uscc() == (row.confidential ? "91120116MA051K2P9X" : ""));
    CHECK(input->values.enterprise_name() == (row.confidential ? "天津示例制造有限公司" : ""));
    CHECK(input->values.township() == (row.confidential ? "中新天津生态城" : ""));
    CHECK(input->values.park() == (row.confidential ? "生态科技园" : ""));
    CHECK(input->subject_key == "uscc:91120116MA051K2P9X");
  }
  // Anonymous: nobody is kept, whoever was logged in.
  v1::Demand demand = AnonymousReport();
  demand.set_confidential(false);
  demand.set_open_consent(true);
  const auto anonymous = Check(demand, ROLE_ENTERPRISE);
  REQUIRE_OK(anonymous);
  CHECK(anonymous->demand.confidential());
  CHECK(anonymous->requester.empty());
  CHECK(anonymous->subject_key.empty());
  CHECK(FlagsOf(*anonymous).empty());
}

TEST_CASE("the requester is who is logged in for itself", "[INT-20]") {
  const auto wechat = With([](auto& d) { d.set_channel(events::v1::CHANNEL_WECHAT_12345); });
  CHECK(testing::Must(Check(wechat, ROLE_ENTERPRISE)).requester == "account-1");
  CHECK(testing::Must(Check(wechat, ROLE_LEGAL_REPRESENTATIVE)).requester == "account-1");
  CHECK(testing::Must(Check(wechat, ROLE_ANONYMOUS)).requester.empty());
  CHECK(testing::Must(Check(wechat, ROLE_SEAT)).requester.empty());
  CHECK(testing::Must(Check(wechat, ROLE_ENTERPRISE)).registered_by.empty());
}

TEST_CASE("texts that differ in form only are one matter", "[INT-09]") {
  const std::string content = "厂区新增用电报装已提交二十天，一直没有答复，请协调。";
  const std::string same = " 厂区新增用电报装已提交二十天 一直没有答复！请协调";
  CHECK(MatterFingerprint("甲", content) == MatterFingerprint("乙", same));
  CHECK(MatterFingerprint("甲", content) != MatterFingerprint("甲", content + "另外还有用水"));
  // A short text needs its title: 19 characters do not tell a matter, 20 do.
  const std::string nineteen = Repeat("字", 19);
  const std::string twenty = Repeat("字", 20);
  CHECK(MatterFingerprint("甲", nineteen) != MatterFingerprint("乙", nineteen));
  CHECK(MatterFingerprint("甲", twenty) == MatterFingerprint("乙", twenty));
}

TEST_CASE("a public call without a key gets one of subject, text and minute", "[INT-17]") {
  const auto input = testing::Must(Check(ValidDemand()));
  auto other_text = input;
  other_text.fingerprint = "other";
  auto other_subject = input;
  other_subject.subject_key = "uscc:91120222MA091K2P2D";
  auto nobody = input;
  nobody.subject_key.clear();
  const auto minute = At("2025-06-03T10:00:00+08:00");
  const std::string id = DerivedRequestId(input, "10.0.0.1", minute);
  INFO("INT-17/bad/1");
  CHECK(id.size() <= 64);
  CHECK(DerivedRequestId(input, "10.0.0.2", minute + clock::kMinute - 1) == id);
  CHECK(DerivedRequestId(input, "10.0.0.1", minute + clock::kMinute) != id);
  CHECK(DerivedRequestId(other_text, "10.0.0.1", minute) != id);
  CHECK(DerivedRequestId(other_subject, "10.0.0.1", minute) != id);
  CHECK(DerivedRequestId(nobody, "10.0.0.1", minute) != DerivedRequestId(nobody, "10.0.0.2", minute));
}

}  // namespace
}  // namespace jinqi::intake
