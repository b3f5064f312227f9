#include "services/inspection_scheduling/item.h"

#include <catch2/catch.hpp>

#include "common/clock/clock.h"
#include "common/status/status.h"
#include "common/testing/catch_status.h"
#include "services/inspection_scheduling/service.h"

namespace jinqi::inspection {
namespace {

using config::v1::Reason;
using v1::InspectionItem;
using v1::LegalBasis;

absl::CivilDay Day(const char* date) { return testing::Must(clock::ParseDate(date)); }

InspectionItem Published() {
  InspectionItem item;
  item.set_code("xfzd-fire");
  item.set_title("消防监督抽查");
  item.set_object("单位");
  item.set_body("XFZD");
  item.set_standard("消防监督检查记录项目");
  item.set_level(InspectionItem::LEVEL_CITY);
  item.set_publish_date("2025-07-01");
  LegalBasis& basis = *item.add_legal_bases();
  basis.set_kind(LegalBasis::KIND_LAW);
  basis.set_title("中华人民共和国消防法");
  return item;
}

TEST_CASE("an item may be used from its publication until its withdrawal", "[INS-02]") {
  struct Row {
    const char* id;
    const char* day;
    InspectionItem::State state;
  };
  const Row row = GENERATE(Row{"INS-02/accept the day before", "2025-06-30", InspectionItem::STATE_DRAFT},
                           Row{"first day", "2025-07-01", InspectionItem::STATE_PUBLISHED},
                           Row{"last day", "2025-12-31", InspectionItem::STATE_PUBLISHED},
                           Row{"withdrawn", "2026-01-01", InspectionItem::STATE_WITHDRAWN});
  INFO(row.id);
  InspectionItem item = Published();
  item.set_withdraw_date("2026-01-01");
  CHECK(StateOn(item, Day(row.day)) == row.state);
  const absl::Status usable = CheckUsable(item, Day(row.day));
  const bool may = row.state == InspectionItem::STATE_PUBLISHED;
  CHECK(ReasonOf(usable) == (may ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_ITEM_NOT_PUBLISHED));
  if (!may) CHECK(MetadataOf(usable).at("item") == "xfzd-fire");
  item.clear_publish_date();
  CHECK(StateOn(item, Day(row.day)) == InspectionItem::STATE_DRAFT);
}

TEST_CASE("only law gives ground to inspect", "[INS-02]") {
  struct Row {
    const char* id;
    LegalBasis::Kind kind;
    Reason reason;
  };
  const auto ok = config::v1::REASON_UNSPECIFIED;
  const Row row = GENERATE_COPY(
      Row{"law", LegalBasis::KIND_LAW, ok}, Row{"regulation", LegalBasis::KIND_REGULATION, ok},
      Row{"rule", LegalBasis::KIND_RULE, ok}, Row{"decision", LegalBasis::KIND_STATE_COUNCIL_DECISION, ok},
      Row{"INS-02/bad/1 internal notice only", LegalBasis::KIND_NOTICE, config::v1::REASON_ITEM_WITHOUT_BASIS},
      Row{"nothing said", LegalBasis::KIND_UNSPECIFIED, config::v1::REASON_ITEM_WITHOUT_BASIS},
      Row{"unknown", static_cast<LegalBasis::Kind>(9), config::v1::REASON_ITEM_WITHOUT_BASIS});
  INFO(row.id);
  InspectionItem item = Published();
  item.mutable_legal_bases(0)->set_kind(row.kind);
  CHECK(ReasonOf(CheckItem(item)) == row.reason);
  LegalBasis& law = *item.add_legal_bases();
  law.set_kind(LegalBasis::KIND_LAW);
  law.set_title("中华人民共和国安全生产法");
  CHECK_OK(CheckItem(item));
  law.clear_title();
  CHECK(ReasonOf(CheckItem(item)) == row.reason);
  INFO("a draft may still look for its ground");
  item.clear_publish_date();
  CHECK_OK(CheckItem(item));
}

TEST_CASE("every part of an item is needed", "[INS-02]") {
  struct Row {
    const char* id;
    void (*spoil)(InspectionItem&);
    Reason reason;
  };
  const Row row = GENERATE(
      Row{"code", [](InspectionItem& i) { i.set_code("XFZD"); }, config::v1::REASON_FORMAT},
      Row{"title", [](InspectionItem& i) { i.clear_title(); }, config::v1::REASON_REQUIRED},
      Row{"object", [](InspectionItem& i) { i.clear_object(); }, config::v1::REASON_REQUIRED},
      Row{"body", [](InspectionItem& i) { i.clear_body(); }, config::v1::REASON_REQUIRED},
      Row{"standard", [](InspectionItem& i) { i.clear_standard(); }, config::v1::REASON_REQUIRED},
      Row{"level", [](InspectionItem& i) { i.clear_level(); }, config::v1::REASON_REQUIRED},
      Row{"industry", [](InspectionItem& i) { i.add_industries("U"); }, config::v1::REASON_UNKNOWN_VALUE},
      Row{"date", [](InspectionItem& i) { i.set_publish_date("2025-02-30"); }, config::v1::REASON_FORMAT},
      Row{"withdrawal", [](InspectionItem& i) { i.set_withdraw_date("x"); }, config::v1::REASON_FORMAT},
      Row{"order", [](InspectionItem& i) { i.set_withdraw_date("2025-06-30"); }, config::v1::REASON_OUT_OF_RANGE});
  INFO(row.id);
  InspectionItem item = Published();
  CHECK_OK(CheckItem(item));
  row.spoil(item);
  CHECK(ReasonOf(CheckItem(item)) == row.reason);
}

TEST_CASE("codes", "[INS-02]") {
  CHECK(IsCode("xfzd-fire-2"));
  CHECK(IsCode(std::string(63, 'a')));
  for (const std::string& code : {std::string(), std::string(64, 'a'), std::string("A"), std::string("a/b")}) {
    CHECK_FALSE(IsCode(code));
  }
}

TEST_CASE("the shipped catalogue is whole", "[INS-02]") {
  const auto catalogue = testing::Must(ReadCatalogue(std::string(JINQI_REFERENCE_DIR) + "/inspection_items.textproto"));
  CHECK(catalogue.items_size() >= 30);
  for (const InspectionItem& item : catalogue.items()) {
    INFO(item.code());
    CHECK(StateOn(item, Day("2025-10-13")) == InspectionItem::STATE_PUBLISHED);
    CHECK_FALSE(item.provenance().empty());
  }
}

}  // namespace
}  // namespace jinqi::inspection
