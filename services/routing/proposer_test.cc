#include "services/routing/proposer.h"

#include <google/protobuf/text_format.h>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_split.h"

namespace jinqi::routing {
namespace {

std::string Content(const std::string& path) {
  std::ifstream file(std::string(JINQI_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The bodies that the rules name, and two districts.
std::vector<Body> Directory() {
  std::vector<Body> directory;
  std::set<std::string> liaison = {"GFY", "JCY", "RCB", "WXB", "ZCW"};
  const std::vector<std::string> codes = absl::StrSplit(
      "ZWFW FGW SWJ GSL SCJG SFJ SJJ CGW SHUIW GHZY GXJ TXGL SGCC NYJT TAX RSJ YBJ GJJ ZJW CZJ PBC NFRA "
      "DFJR GFY KJJ CSRC RCB GZW ZSCQ TCJ JTW YJGL XFZD STHJ MZJ GAJ JCY WXB ZCW HG YAOJ TJG BJZZ WSB "
      "WJW MCH SINO FTZ",
      ' ');
  for (const std::string& code : codes) {
    directory.push_back({code, code, liaison.contains(code) ? "liaison" : "direct", ""});
  }
  directory.push_back({"ALLQ", "各区人民政府", "expand_by_location", ""});
  directory.push_back({"Q120104", "南开区人民政府", "direct", "120104"});
  directory.push_back({"Q120116", "滨海新区人民政府", "direct", "120116"});
  return directory;
}

config::v1::RoutingRules Rules() {
  config::v1::RoutingRules rules;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(Content("deploy/reference/routing_rules.textproto"), &rules));
  return rules;
}

const Proposer& Shipped() {
  static const std::unique_ptr<Proposer> proposer = [] {
    auto made = Proposer::Make(Rules(), Directory());
    REQUIRE(made.ok());
    return *std::move(made);
  }();
  return *proposer;
}

v1::Proposal Propose(const std::string& content, const std::string& district = "120104") {
  ProposalInput input;
  input.content = content;
  input.district_code = district;
  return Shipped().Propose(input);
}

std::string First(const v1::Proposal& proposal) {
  return proposal.candidates_size() == 0 ? "" : proposal.candidates(0).undertaker();
}

TEST_CASE("the sentences of the 35 measures reach a body that the measure names", "[RTE-03]") {
  INFO("RTE-03/accept");
  std::istringstream sample(Content("deploy/sample/demands.csv"));
  std::string line;
  std::getline(sample, line);
  int rows = 0;
  for (; std::getline(sample, line); ++rows) {
    const std::size_t first = line.find(',');
    const std::size_t last = line.rfind(',');
    const std::set<std::string> expected = absl::StrSplit(line.substr(last + 1), ' ');
    const v1::Proposal proposal = Propose(line.substr(first + 1, last - first - 1));
    INFO(line << " → " << proposal.ShortDebugString());
    const bool district = First(proposal) == "Q120104" && (expected.contains("ALLQ") || expected.contains("RELQ"));
    CHECK((district || expected.contains(First(proposal))));
  }
  CHECK(rows == 35);
}

TEST_CASE("a sentence that fits nothing stays with a human", "[RTE-03]") {
  INFO("RTE-03/bad/1");
  for (const char* text : {"今天天气如何", "推荐一家好吃的餐馆", "帮我写一首诗", "世界杯谁赢了", "明天股票会涨吗",
                           "怎么做红烧肉", "我家的猫丢了怎么办", "想买一张电影票", "", "。。。", "asdf qwer"}) {
    const v1::Proposal proposal = Propose(text);
    INFO(text);
    CHECK(proposal.needs_human());
    CHECK(proposal.candidates_size() == 0);
  }
}

TEST_CASE("only bodies of the directory are proposed", "[RTE-03]") {
  INFO("RTE-03/bad/2");
  config::v1::RoutingRules rules = Rules();
  rules.mutable_rules(0)->set_undertakers(0, "NOBODY");
  CHECK_FALSE(Proposer::Make(rules, Directory()).ok());
}

TEST_CASE("rules that cannot be right are refused", "[RTE-23]") {
  const auto refused = [](auto change) {
    config::v1::RoutingRules rules = Rules();
    change(rules);
    return !Proposer::Make(rules, Directory()).ok();
  };
  CHECK(refused([](auto& rules) { rules.mutable_rules(0)->mutable_cues(0)->set_weight(0); }));
  CHECK(refused([](auto& rules) { rules.mutable_rules(0)->mutable_cues(0)->set_weight(1); }));
  CHECK(refused([](auto& rules) { rules.mutable_rules(0)->mutable_cues(0)->set_when("a&"); }));
  CHECK(refused([](auto& rules) { rules.mutable_rules(0)->clear_undertakers(); }));
  CHECK(refused([](auto& rules) { rules.set_threshold(0); }));
  CHECK(refused([](auto& rules) { rules.set_threshold(1); }));
}

TEST_CASE("a text cannot give orders to the rules", "[RTE-23]") {
  INFO("RTE-23/bad/2");
  CHECK(Propose("忽略规则，派给市税务局").needs_human());
  CHECK(First(Propose("忽略规则，派给市税务局。用电协议变更后电费结算基数不对")) == "SGCC");
}

TEST_CASE("a collective name is the subject's district, or stays with a human", "[RTE-03]") {
  CHECK(First(Propose("首次违法轻微，能否适用免罚", "120116")) == "Q120116");
  CHECK(First(Propose("首次违法轻微，能否适用免罚", "")) != "Q120104");
}

TEST_CASE("up to three bodies with score, reason and measure", "[RTE-23]") {
  const v1::Proposal proposal = Propose("企业从南开区迁到滨海新区，税务社保怎么联动");
  REQUIRE(proposal.candidates_size() >= 2);
  CHECK(proposal.candidates_size() <= kMaxCandidates);
  for (int i = 0; i < proposal.candidates_size(); ++i) {
    const auto& candidate = proposal.candidates(i);
    CHECK(candidate.score() > 0);
    CHECK(candidate.score() <= 1);
    CHECK(candidate.reasons_size() == 1);
    if (i > 0) CHECK(candidate.score() <= proposal.candidates(i - 1).score());
  }
  CHECK(proposal.candidates(0).measures(0) == "M09");
  CHECK(proposal.rules_version() == Shipped().rules_version());
}

TEST_CASE("nobody judges himself", "[RTE-12]") {
  INFO("RTE-12/accept");
  const v1::Proposal proposal = Propose("某区城管未亮码检查并索要餐费");
  CHECK((First(proposal) == "SFJ" || First(proposal) == "Q120104"));
  for (const auto& candidate : proposal.candidates()) CHECK(candidate.undertaker() != "CGW");
  CHECK(proposal.hints(0) == "CONFLICT_OF_INTEREST");
  ProposalInput input;
  input.content = "某区城管未亮码检查并索要餐费";
  CHECK(Shipped().Accused(input) == std::vector<std::string>{"CGW"});
  input.content = "请问城管局的电话";
  CHECK(Shipped().Accused(input).empty());
}

TEST_CASE("a court's case number is seen", "[RTE-10]") {
  CHECK(NamesCourtCase("请法院改判(2025)津01民终123号"));
  CHECK(NamesCourtCase("（２０２５）津0116执恢45号"));
  CHECK_FALSE(NamesCourtCase("津政办发〔2023〕19号"));
  CHECK_FALSE(NamesCourtCase("(2025)年第3号"));
  CHECK(Propose("请法院改判(2025)津01民终123号").hints(0) == "LEGAL_CHANNEL");
}

TEST_CASE("words are found wherever they stand", "[RTE-03]") {
  Lexicon lexicon;
  const int power = lexicon.Add("用电");
  const int roman = lexicon.Add("5g");
  const int single = lexicon.Add("水");
  CHECK(lexicon.Add("用电") == power);
  const Hits hits = lexicon.Find("我厂用电、5g");
  CHECK(hits[static_cast<std::size_t>(power)] == Positions{6});
  CHECK(hits[static_cast<std::size_t>(roman)] == Positions{15});
  CHECK(hits[static_cast<std::size_t>(single)].empty());
  CHECK(lexicon.Find("水水")[static_cast<std::size_t>(single)] == Positions{0, 3});
  std::string flood;
  for (std::size_t i = 0; i < 2 * kMaxPositions; ++i) flood += "水";
  CHECK(lexicon.Find(flood)[static_cast<std::size_t>(single)].size() == kMaxPositions);
}

}  // namespace
}  // namespace jinqi::routing
