#include "services/policy_knowledge/seed.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "common/clock/clock.h"
#include "common/crypto/sha256.h"
#include "common/testing/catch_status.h"
#include "services/policy_knowledge/policy.h"
#include "services/policy_knowledge/search.h"

namespace jinqi::policy {
namespace {

using crypto::Sha256Hex;
using Problems = std::vector<std::string>;
using v1::Policy;

const Seed& Shipped() {
  static const auto& seed = *new Seed(testing::Must(ReadSeed(std::string(JINQI_REFERENCE_DIR) + "/policies")));
  return seed;
}

v1::SeedMeasure& Item(Seed& seed, const std::string& code) {
  for (auto& document : *seed.content.mutable_documents()) {
    for (auto& item : *document.mutable_measures()) {
      if (item.measure().code() == code) return item;
    }
  }
  throw std::runtime_error(code);
}

absl::CivilDay Day(const char* date) { return testing::Must(clock::ParseDate(date)); }

TEST_CASE("the shipped documents are whole: 35 measures, 10 sections, the hash of the source", "[POL-23]") {
  INFO("POL-23/accept");
  CHECK(CheckSeed(Shipped()).empty());
  CHECK(SeedMeasures(Shipped()).size() == 45);
  CHECK(SeedCodes().size() == 45);
  CHECK(SeedCodes().front() == "M01");
  CHECK(SeedCodes().at(34) == "M35");
  CHECK(SeedCodes().back() == "S3.3");
  CHECK(Sha256Hex(Shipped().source) == "77f104ebb3d86639d9e689d594ad80b19089b5a282af08e9d466aa9d37427386");
  CHECK(Sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("what is missing or changed is named by its number", "[POL-23]") {
  Seed seed = Shipped();
  SECTION("POL-23/bad/1 34 items") {
    auto& measures = *seed.content.mutable_documents(0)->mutable_measures();
    measures.DeleteSubrange(7, 1);
    CHECK(CheckSeed(seed) == Problems{"M08 missing"});
  }
  SECTION("POL-23/bad/2 a changed byte of a measure") {
    Item(seed, "M08").mutable_measure()->mutable_full_text()->at(10) ^= 1;
    CHECK(CheckSeed(seed) == Problems{"M08 changed"});
  }
  SECTION("a changed byte of a measure's words") {
    Item(seed, "S2.3").mutable_measure()->mutable_text()->at(0) ^= 1;
    CHECK(CheckSeed(seed) == Problems{"S2.3 changed"});
  }
  SECTION("text and hash changed together are not the source's line") {
    auto& measure = *Item(seed, "M35").mutable_measure();
    measure.mutable_full_text()->append("。");
    measure.set_sha256(Sha256Hex(measure.full_text()));
    CHECK(CheckSeed(seed) == Problems{"M35 changed"});
  }
  SECTION("a changed byte of the source") {
    seed.source.back() ^= 1;
    CHECK(CheckSeed(seed) == Problems{"source changed"});
  }
  SECTION("a line that does not exist") {
    Item(seed, "M01").set_line(0);
    CHECK(CheckSeed(seed) == Problems{"M01 changed"});
    Item(seed, "M01").set_line(1000);
    CHECK(CheckSeed(seed) == Problems{"M01 changed"});
  }
  SECTION("one too many") {
    auto& extra = *seed.content.mutable_documents(0)->add_measures();
    extra = Item(seed, "M35");
    extra.mutable_measure()->set_code("M36");
    CHECK(CheckSeed(seed) == Problems{"too many items"});
  }
}

TEST_CASE("what is stored is checked like what is shipped", "[POL-23]") {
  std::vector<v1::Measure> measures = SeedMeasures(Shipped());
  std::vector<v1::PolicyRecord> policies = SeedPolicies(Shipped());
  CHECK(CheckStored(Shipped(), policies, measures).empty());
  SECTION("missing") {
    measures.erase(measures.begin() + 34);
    CHECK(CheckStored(Shipped(), policies, measures) == Problems{"M35 missing"});
  }
  SECTION("full text changed") {
    measures[7].mutable_full_text()->at(10) ^= 1;
    CHECK(CheckStored(Shipped(), policies, measures) == Problems{"M08 changed"});
  }
  SECTION("text changed") {
    measures[7].set_text("优化公共服务接入");
    CHECK(CheckStored(Shipped(), policies, measures) == Problems{"M08 changed"});
  }
  SECTION("a policy's text changed") {
    policies[0].mutable_policy()->mutable_text()->append("。");
    CHECK(CheckStored(Shipped(), policies, measures) == Problems{"policies/tianjin-measures-2025 changed"});
  }
  SECTION("a policy gone") {
    policies.erase(policies.begin());
    CHECK(CheckStored(Shipped(), policies, measures) == Problems{"policies/tianjin-measures-2025 missing"});
  }
}

TEST_CASE("title, issuer, date and text equal the parsed documents byte for byte", "[POL-01]") {
  const char* configured = std::getenv("JINQI_DATA_DIR");
  const std::string data = configured != nullptr ? configured : std::string(JINQI_SOURCE_DIR) + "/../shared/data";
  std::ifstream file(data + "/../spec/measures.json");
  if (!file) {
    std::cout << "skipped: no measures.json beside JINQI_DATA_DIR (" << data << ")\n";
    return;
  }
  const auto parsed = nlohmann::json::parse(file);
  const std::vector<v1::PolicyRecord> policies = SeedPolicies(Shipped());
  const std::vector<v1::Measure> measures = SeedMeasures(Shipped());
  INFO("POL-01/accept");
  const auto& document = parsed["documents"][0];
  CHECK(policies[0].policy().title() == document["title"].get<std::string>());
  CHECK(policies[0].policy().issuer() == document["issuer"].get<std::string>());
  CHECK(policies[0].policy().effective_date() == document["date"].get<std::string>());
  CHECK(policies[0].policy().made_date() == "2025-05-28");
  CHECK(Shipped().content.source_sha256() == parsed["sha256"].get<std::string>());
  std::size_t index = 0;
  for (const auto& parsed_document : parsed["documents"]) {
    for (const auto& item : parsed_document["items"]) {
      const v1::Measure& measure = measures.at(index++);
      CHECK(measure.code() == item["id"].get<std::string>());
      CHECK(measure.title() == item["title"].get<std::string>());
      CHECK(measure.text() == item["text"].get<std::string>());
      CHECK(measure.full_text() == item["full_text"].get<std::string>());
      CHECK(measure.responsible_text() == item["responsible_raw"].get<std::string>());
      CHECK(measure.responsible_size() == static_cast<int>(item["responsible"].size()));
    }
  }
  CHECK(index == 45);
}

class Shelves {
 public:
  Shelves() : policies_(SeedPolicies(Shipped())), measures_(SeedMeasures(Shipped())), index_(policies_, measures_) {}
  std::vector<Hit> Search(const std::string& query, const char* day = "2025-10-13", bool drafts = false) const {
    return index_.Search(query, Day(day), drafts);
  }

 private:
  std::vector<v1::PolicyRecord> policies_;
  std::vector<v1::Measure> measures_;
  SearchIndex index_;
};

TEST_CASE("a document is found by its number in any spelling, repealed or not", "[POL-20]") {
  const Shelves shelves;
  for (const char* query :
       {"津政办发[2023]19号", "津政办发〔2023〕19号", "津政办发〔２０２３〕１９号", "津政办发 2023 19"}) {
    INFO("POL-20/accept " << query);
    const auto hits = shelves.Search(query);
    REQUIRE_FALSE(hits.empty());
    CHECK(hits.front().exact_number);
    CHECK(hits.front().policy->policy().name() == "policies/tianjin-business-environment-2023");
    CHECK(MarkOf(hits.front().state) == "已废止");
    for (std::size_t i = 1; i < hits.size(); ++i) CHECK_FALSE(hits[i].exact_number);
  }
  CHECK(shelves.Search("津政办发〔2023〕19号", "2025-05-27").front().state == Policy::STATE_EFFECTIVE);
}

TEST_CASE("what is in force stands before what is repealed", "[POL-20][POL-04]") {
  const Shelves shelves;
  const auto hits = shelves.Search("优化营商环境");
  REQUIRE(hits.size() >= 2);
  CHECK(hits.front().state == Policy::STATE_EFFECTIVE);
  bool repealed = false;
  for (const Hit& hit : hits) {
    if (hit.state == Policy::STATE_REPEALED) repealed = true;
    CHECK(repealed == (hit.state == Policy::STATE_REPEALED));
  }
  CHECK(repealed);
}

TEST_CASE("measures are found by their words and by questions", "[POL-20]") {
  struct Row {
    const char* query;
    const char* code;
  };
  const Row row =
      GENERATE(Row{"水电气网联合报装", "M08"}, Row{"个体工商户水电气网怎么联合报装", "M08"}, Row{"知识产权保护", "M25"},
               Row{"规制恶意索赔举报", "M26"}, Row{"外国人工作许可证 社会保障卡", "M33"});
  INFO(row.query);
  const Shelves shelves;
  const auto hits = shelves.Search(row.query);
  bool found = false;
  for (std::size_t i = 0; i < hits.size() && i < 3; ++i) {
    found |= hits[i].measure != nullptr && hits[i].measure->code() == row.code;
  }
  CHECK(found);
}

TEST_CASE("what is about something else finds nothing", "[POL-20]") {
  const Shelves shelves;
  CHECK(shelves.Search("zzzz").empty());
  CHECK(shelves.Search("今晚吃火锅还是烧烤").empty());
}

TEST_CASE("a draft is found by its editors only", "[POL-02]") {
  std::vector<v1::PolicyRecord> policies(1);
  policies[0].mutable_policy()->set_name("policies/a");
  policies[0].mutable_policy()->set_title("支持企业用电");
  const SearchIndex index(policies, {});
  CHECK(index.Search("企业用电", Day("2025-10-13"), false).empty());
  CHECK(index.Search("企业用电", Day("2025-10-13"), true).size() == 1);
}

TEST_CASE("only letters, digits and characters can be searched", "[POL-20]") {
  for (const char* query : {"", "*", "%_%", "（）", "  "}) CHECK_FALSE(CheckQuestion(query, 200).ok());
  for (const char* query : {"a", "1", "税"}) CHECK_OK(CheckQuestion(query, 200));
}

TEST_CASE("a snippet is cut between characters around what was asked", "[POL-20]") {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "甲";
  text += "税务";
  for (int i = 0; i < 80; ++i) text += "乙";
  const std::string snippet = SearchIndex::Snippet(text, "税务");
  CHECK(snippet.find("税务") != std::string::npos);
  CHECK(snippet.rfind("…甲", 0) == 0);
  CHECK(snippet.substr(snippet.size() - 6) == "乙…");
  CHECK(SearchIndex::Snippet("短文", "没有") == "短文");
  CHECK(SearchIndex::Snippet("", "税") == "");
}

}  // namespace
}  // namespace jinqi::policy
