#include "services/intake/rights.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/redact.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using config::v1::Role;

constexpr char kUscc[] = "91120116MA051K2P9X";

v1::DemandRecord Record(bool confidential) {
  v1::DemandRecord record;
  record.set_requester("owner");
  record.set_registered_by("staff-1");
  record.mutable_demand()->set_confidential(confidential);
  record.mutable_demand()->set_main_undertaker("GXJ");
  record.add_assist_undertakers("SFJ");
  record.mutable_demand()->mutable_subject()->set_district_code("120116");
  if (!confidential) record.mutable_demand()->mutable_subject()->set_uscc(kUscc);
  return record;
}

TEST_CASE("who sees how much of a demand", "[INT-15][GWY-04]") {
  struct Row {
    std::string id;
    identity::Caller caller;
    Sight open, confidential;
  };
  using namespace config::v1;  // NOLINT(google-build-using-namespace)
  const std::vector<Row> rows = {
      {"requester", CallerWith(ROLE_ENTERPRISE, "owner", kUscc), Sight::kOwn, Sight::kOwn},
      {"requester acting for none", CallerWith(ROLE_ENTERPRISE, "owner"), Sight::kOwn, Sight::kOwn},
      {"INT-15/accept colleague", CallerWith(ROLE_ENTERPRISE, "other", kUscc), Sight::kMasked, Sight::kNone},
      {"legal representative", CallerWith(ROLE_LEGAL_REPRESENTATIVE, "boss", kUscc), Sight::kMasked, Sight::kNone},
      {"other enterprise", CallerWith(ROLE_ENTERPRISE, "x", "91120222MA091K2P2D"), Sight::kNone, Sight::kNone},
      {"no enterprise", CallerWith(ROLE_ENTERPRISE, "x"), Sight::kNone, Sight::kNone},
      {"seat", CallerWith(ROLE_SEAT, "s"), Sight::kMasked, Sight::kMasked},
      {"dispatcher", CallerWith(ROLE_DISPATCHER, "d"), Sight::kMasked, Sight::kMasked},
      {"reviewer", CallerWith(ROLE_REVIEWER, "r"), Sight::kMasked, Sight::kMasked},
      {"hub leader", CallerWith(ROLE_HUB_LEADER, "h"), Sight::kMasked, Sight::kMasked},
      {"follow-up caller", CallerWith(ROLE_FOLLOW_UP_CALLER, "f"), Sight::kMasked, Sight::kMasked},
      {"service", CallerWith(ROLE_SERVICE, "feedback"), Sight::kMasked, Sight::kMasked},
      {"district hub", CallerWith(ROLE_DISTRICT_HUB, "q", "", "120116"), Sight::kMasked, Sight::kMasked},
      {"other district hub", CallerWith(ROLE_DISTRICT_HUB, "q", "", "120101"), Sight::kNone, Sight::kNone},
      {"district hub of nowhere", CallerWith(ROLE_DISTRICT_HUB, "q"), Sight::kNone, Sight::kNone},
      {"staff who registered it", CallerWith(ROLE_SERVICE_STAFF, "staff-1"), Sight::kMasked, Sight::kMasked},
      {"staff of the district", CallerWith(ROLE_SERVICE_STAFF, "x", "", "120116"), Sight::kMasked, Sight::kRedacted},
      {"staff elsewhere", CallerWith(ROLE_SERVICE_STAFF, "x", "", "120101"), Sight::kNone, Sight::kNone},
      {"INT-15/accept the body that has it", CallerWith(ROLE_UNDERTAKER, "u", "", "", "GXJ"), Sight::kMasked,
       Sight::kRedacted},
      {"the assisting body", CallerWith(ROLE_UNDERTAKER, "u", "", "", "SFJ"), Sight::kMasked, Sight::kRedacted},
      {"another body", CallerWith(ROLE_UNDERTAKER, "u", "", "", "RSJ"), Sight::kNone, Sight::kNone},
      {"no body", CallerWith(ROLE_UNDERTAKER, "u"), Sight::kNone, Sight::kNone},
      {"analyst", CallerWith(ROLE_ANALYST, "a"), Sight::kMasked, Sight::kRedacted},
      {"inspector", CallerWith(ROLE_INSPECTOR, "i"), Sight::kNone, Sight::kNone},
      {"nobody", CallerWith(ROLE_ANONYMOUS, ""), Sight::kNone, Sight::kNone},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    CHECK(SightOf(row.caller, row.caller.roles[0], Record(false)) == row.open);
    CHECK(SightOf(row.caller, row.caller.roles[0], Record(true)) == row.confidential);
  }
  // Without an undertaker, or without a registrar, empty names match nobody.
  v1::DemandRecord fresh = Record(false);
  fresh.mutable_demand()->clear_main_undertaker();
  fresh.clear_registered_by();
  fresh.clear_requester();
  fresh.mutable_demand()->mutable_subject()->clear_uscc();
  for (const Role role : {ROLE_UNDERTAKER, ROLE_ENTERPRISE, ROLE_SERVICE_STAFF}) {
    CHECK(SightOf(CallerWith(role, ""), role, fresh) == Sight::kNone);
  }
}

TEST_CASE("the body complained of does not learn who asked", "[RTE-12][INT-15]") {
  using namespace config::v1;  // NOLINT(google-build-using-namespace)
  v1::DemandRecord record = Record(false);
  record.add_judged_undertakers("SFJ");
  record.add_judged_undertakers("RSJ");
  struct Row {
    std::string id;
    identity::Caller caller;
    Sight sight;
    Reason contact;
  };
  for (const Row& row : std::vector<Row>{
           {"RTE-12/accept the body named, as assistant", CallerWith(ROLE_UNDERTAKER, "u", "", "", "SFJ"),
            Sight::kRedacted, REASON_CONFIDENTIAL_CONTACT},
           {"RTE-12/accept the one that leads", CallerWith(ROLE_UNDERTAKER, "u", "", "", "GXJ"), Sight::kMasked,
            REASON_UNSPECIFIED},
           {"named, but without the order", CallerWith(ROLE_UNDERTAKER, "u", "", "", "RSJ"), Sight::kNone,
            REASON_NOT_FOUND},
           {"the hub of a district that is named", CallerWith(ROLE_DISTRICT_HUB, "q", "", "120116", "SFJ"),
            Sight::kRedacted, REASON_UNSPECIFIED},
           {"another hub of the district", CallerWith(ROLE_DISTRICT_HUB, "q", "", "120116", "BHQ"), Sight::kMasked,
            REASON_UNSPECIFIED},
           {"no body", CallerWith(ROLE_DISTRICT_HUB, "q", "", "120116"), Sight::kMasked, REASON_UNSPECIFIED}}) {
    INFO(row.id);
    CHECK(SightOf(row.caller, row.caller.roles[0], record) == row.sight);
    if (row.caller.roles[0] == ROLE_DISTRICT_HUB) continue;
    CHECK(ReasonOf(MayResolveContact(row.caller, row.caller.roles[0], record)) == row.contact);
  }
  // What the record itself says of the company goes as well, in the fields and in the text.
  v1::Demand demand = record.demand();
  demand.mutable_subject()->set_enterprise_name("天津示例制造有限公司");
  demand.mutable_subject()->set_township("某镇");
  demand.mutable_subject()->set_park("某园");
  v1::DemandPrivate values;
  values.set_title("天津示例制造有限公司投诉");
  values.set_content("我是王小明，91120116MA051K2P9X，要求查处。");
  values.set_contact_name("王小明");
  Show(values, Sight::kRedacted, demand);
  CHECK(demand.title() == "****投诉");
  CHECK(demand.content() == "我是****，****，要求查处。");
  CHECK(demand.subject().enterprise_name().empty());
  CHECK(demand.subject().uscc().empty());
  CHECK(demand.subject().township().empty());
  CHECK(demand.subject().park().empty());
  CHECK(demand.subject().district_code() == "120116");
}

TEST_CASE("contacts are masked, and confidential identity is left out", "[INT-15][SEC-06]") {
  v1::DemandPrivate values;
  values.set_title("举报天津示例制造有限公司");
  values.set_content("我是王小明，电话13812345678，公司代码91120116MA051K2P9X，请查处。");
  values.set_contact_name("王小明");
  values.set_contact_phone("13812345678");
  values.set_enterprise_name("天津示例制造有限公司");
  values.set_uscc(kUscc);
  values.set_township("某镇");
  values.set_park("某园");
  for (const Sight sight : {Sight::kNone, Sight::kRedacted, Sight::kMasked, Sight::kOwn}) {
    v1::Demand demand;
    Show(values, sight, demand);
    const bool whole = sight >= Sight::kMasked;
    CHECK(demand.contact_name() == (whole ? "王**" : ""));
    CHECK(demand.contact_phone() == (whole ? "138****5678" : ""));
    const bool own = sight == Sight::kOwn;
    CHECK(demand.subject().uscc() == (own ? kUscc : ""));
    CHECK(demand.subject().enterprise_name() == (own ? "天津示例制造有限公司" : ""));
    CHECK(demand.subject().township() == (own ? "某镇" : ""));
    CHECK(demand.subject().park() == (own ? "某园" : ""));
    CHECK(demand.redacted() == (sight == Sight::kRedacted));
    if (whole) CHECK(demand.content() == values.content());
    if (sight == Sight::kRedacted) {
      CHECK(demand.title() == "举报****");
      CHECK(demand.content() == "我是****，电话****，公司代码****，请查处。");
    }
    if (sight == Sight::kNone) CHECK(demand.SerializeAsString().empty());
  }
}

TEST_CASE("the contact in clear is for the hub and the body that has an open order", "[INT-15][SEC-06]") {
  using namespace config::v1;  // NOLINT(google-build-using-namespace)
  const auto resolve = [](const identity::Caller& caller, bool confidential, bool anonymous = false) {
    v1::DemandRecord record = Record(confidential);
    record.mutable_demand()->set_anonymous(anonymous);
    return ReasonOf(MayResolveContact(caller, caller.roles[0], record));
  };
  const auto body = CallerWith(ROLE_UNDERTAKER, "u", "", "", "GXJ");
  CHECK(resolve(CallerWith(ROLE_SEAT, "s"), true) == REASON_UNSPECIFIED);
  CHECK(resolve(CallerWith(ROLE_SERVICE, "feedback"), false) == REASON_UNSPECIFIED);
  CHECK(resolve(body, false) == REASON_UNSPECIFIED);
  CHECK(resolve(body, true) == REASON_CONFIDENTIAL_CONTACT);
  CHECK(resolve(CallerWith(ROLE_UNDERTAKER, "u", "", "", "RSJ"), true) == REASON_NOT_FOUND);
  CHECK(resolve(CallerWith(ROLE_SEAT, "s"), true, true) == REASON_NO_CONTACT);
}

TEST_CASE("who reads a result before it was given, and who sees the register", "[INT-18][GWY-04]") {
  using namespace config::v1;  // NOLINT(google-build-using-namespace)
  for (const Role role : {ROLE_ENTERPRISE, ROLE_LEGAL_REPRESENTATIVE, ROLE_ANONYMOUS, ROLE_SERVICE_STAFF}) {
    CHECK_FALSE(SeesUnsentResult(role));
  }
  for (const Role role : {ROLE_SEAT, ROLE_REVIEWER, ROLE_UNDERTAKER}) CHECK(SeesUnsentResult(role));

  v1::Enterprise enterprise;
  enterprise.set_uscc(kUscc);
  enterprise.set_district_code("120116");
  const auto sees = [&enterprise](const identity::Caller& caller) {
    return MaySeeEnterprise(caller, caller.roles[0], enterprise);
  };
  CHECK(sees(CallerWith(ROLE_ENTERPRISE, "a", kUscc)));
  CHECK_FALSE(sees(CallerWith(ROLE_ENTERPRISE, "a", "91120222MA091K2P2D")));
  CHECK_FALSE(sees(CallerWith(ROLE_ENTERPRISE, "a")));
  CHECK(sees(CallerWith(ROLE_DISTRICT_HUB, "a", "", "120116")));
  CHECK_FALSE(sees(CallerWith(ROLE_DISTRICT_HUB, "a", "", "120101")));
  CHECK_FALSE(sees(CallerWith(ROLE_SERVICE_STAFF, "a")));
  CHECK(sees(CallerWith(ROLE_SEAT, "a")));
  CHECK_FALSE(sees(CallerWith(ROLE_UNDERTAKER, "a", "", "120116", "GXJ")));
  enterprise.clear_uscc();
  enterprise.clear_district_code();
  CHECK_FALSE(sees(CallerWith(ROLE_ENTERPRISE, "a")));
  CHECK_FALSE(sees(CallerWith(ROLE_DISTRICT_HUB, "a")));
}

TEST_CASE("what tells who wrote a text is taken out", "[INT-15]") {
  struct Row {
    std::string id, text, redacted;
  };
  const std::vector<Row> rows = {
      {"mobile", "电话13812345678。", "电话****。"},
      {"mobile in groups", "请打 138-1234 5678 联系", "请打 **** 联系"},
      {"mobile with country code", "（+86 13812345678）", "（+****）"},
      {"full width", "电话１３８１２３４５６７８", "电话****"},
      {"chinese numerals", "幺三八一二三四五六七八", "****"},
      {"landline", "座机022-12345678", "座机****"},
      {"seven digits", "号码1234567", "号码****"},
      {"six digits stay", "邮编300450", "邮编300450"},
      {"identity card", "身份证11010519491231002X号", "身份证****号"},
      {"credit code", "代码91120116MA051K2P9X", "代码****"},
      {"mail", "写信到 zhang@example.com 即可", "写信到 **** 即可"},
      {"date stays", "2025-09-26 起", "2025-09-26 起"},
      {"eight digits that are no date", "20250926", "****"},
      {"year and amounts stay", "2025年欠款50000元，共12笔", "2025年欠款50000元，共12笔"},
      {"a long word stays", "internationalisation", "internationalisation"},
      {"rare characters stay", "𠮷林路3号", "𠮷林路3号"},
      {"ends with a separator", "电话 13812345678 ", "电话 **** "},
      {"empty", "", ""},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    CHECK(Redact(row.text, {}) == row.redacted);
  }
  CHECK(Redact("甲公司和甲公司的王五", {"甲公司", "王五", ""}) == "****和****的****");
}

}  // namespace
}  // namespace jinqi::intake
