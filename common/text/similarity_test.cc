#include "common/text/similarity.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <utility>

namespace jinqi::text {
namespace {

namespace fs = std::filesystem;

double Alike(std::string_view one, std::string_view other) { return Similarity(GistOf(one), GistOf(other)); }

TEST_CASE("a text is compared by its words in one form", "[INT-09]") {
  using Words = std::vector<std::string>;
  struct Row {
    std::string id;
    std::string text;
    Words words;
  };
  const auto row = GENERATE(
      Row{"full width, case, punctuation", "ＡＢＣ公司，１２号!", {"abc", "公", "司", "12", "号"}},
      Row{"numerals", "二十天", {"20", "天"}}, Row{"of a cheque", "叁佰元", {"300", "元"}},
      Row{"by position", "二〇二五年", {"2025", "年"}}, Row{"with units", "三万五千零二十", {"35020"}},
      Row{"ten and more", "十二号", {"12", "号"}}, Row{"mixed", "3万家", {"30000", "家"}},
      Row{"fraction", "3.5千", {"3500"}}, Row{"small fraction", "0.25", {"0.25"}},
      Row{"trailing zero", "1.50", {"1.5"}}, Row{"thousands", "1,200", {"1200"}}, Row{"leading zeros", "007", {"7"}},
      Row{"zero", "0", {"0"}}, Row{"hundred millions", "两亿三千万", {"230000000"}},
      Row{"a single numeral is a word", "一样", {"一", "样"}}, Row{"zero between units", "一万零五百", {"10500"}},
      Row{"more than a number can be", "九亿亿亿", {"900000000", "亿", "亿"}},
      Row{"a unit in front is a word", "万一停电", {"万", "一", "停", "电"}},
      Row{"expressions of one meaning", "请问为啥办不了", {"为什么", "办", "不"}},
      Row{"the longest first", "怎么样", {"怎么"}}, Row{"nothing left", "请问您好，谢谢！", {}}, Row{"empty", "", {}});
  INFO(row.id);
  CHECK(GistOf(row.text).words == row.words);
}

TEST_CASE("the longest texts are compared by their beginning", "[INT-09]") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "津";
  CHECK(GistOf(text).words.size() == 400);
  CHECK(GistOf("\xFF\xFE津").words.size() <= 3);
}

TEST_CASE("numbers, places and negations are kept apart", "[INT-09]") {
  const Gist gist = GistOf("南京路十二号的围挡没有拆，也不能不拆");
  CHECK(gist.numbers == std::set<std::string>{"12"});
  CHECK(gist.places == std::set<std::string>{"南京路"});
  CHECK(gist.negated);
  CHECK_FALSE(GistOf("不能不拆").negated);
}

TEST_CASE("what is said otherwise is alike, what is another matter is not", "[INT-09]") {
  const std::string text = "南京路十二号门前的施工围挡挡住了货车，无法卸货，请协调。";
  CHECK(Alike(text, text) == Approx(1));
  CHECK(Alike(text, "南京路 12 号门前施工围挡，挡住货车，没法卸货；请您协调") == Approx(1));
  CHECK(Alike(text, "") == 0);
  CHECK(Alike("", "") == 0);
  CHECK(Alike(text, "出口退税申报提交后一直没有到账") < 0.2);
  struct Row {
    std::string id;
    std::string other;
  };
  const auto row = GENERATE(Row{"number", "南京路十三号门前的施工围挡挡住了货车，无法卸货，请协调。"},
                            Row{"place", "北京路十二号门前的施工围挡挡住了货车，无法卸货，请协调。"},
                            Row{"sense", "南京路十二号门前的施工围挡挡住了货车，可以卸货，请协调。"});
  INFO(row.id);
  // As many words differ, and none of them contradicts.
  const double harmless = Alike(text, "南京路十二号门前的施工护栏挡住了货车，无法卸货，请协调。");
  CHECK(Alike(text, row.other) < harmless);
  CHECK(Alike(text, row.other) == Approx(Alike(row.other, text)));
}

TEST_CASE("texts share keys as they share pairs of words", "[INT-09]") {
  const Gist gist = GistOf("施工围挡挡住货车");
  const auto keys = SketchOf(gist, 100);
  CHECK(keys.size() == 7);
  CHECK(SketchOf(gist, 3) == std::vector<std::string>(keys.begin(), keys.begin() + 3));
  CHECK(SketchOf(gist, 0).empty());
  CHECK(SketchOf(GistOf("津"), 5) == std::vector<std::string>{"津"});
  CHECK(SketchOf(GistOf(""), 5).empty());
  // Doubles are one key.
  CHECK(SketchOf(GistOf("津津津津"), 5) == std::vector<std::string>{"津 津"});
  // Kept in databases: these may never change.
  CHECK(SketchOf(gist, 2) == std::vector<std::string>{"施 工", "货 车"});
}

TEST_CASE("ids are ranked by how telling the keys are that they share", "[INT-09]") {
  const std::vector<std::vector<std::string>> found = {{"a", "b", "c", "d", "e", "f", "g"}, {"b", "c"}, {"c"}, {}};
  CHECK(RankBySharedKeys(found, 3) == std::vector<std::string>{"c", "b", "a"});
  // One rare key says more than one that many have.
  CHECK(RankBySharedKeys({{"a", "b", "c", "d"}, {"z"}}, 1) == std::vector<std::string>{"z"});
  CHECK(RankBySharedKeys({}, 3).empty());
  CHECK(RankBySharedKeys(found, 0).empty());
}

// A pair of questions that people judged, with the score that it gets.
struct Judged {
  double score = 0;
  bool same = false;
};

// The chance that a pair of one meaning gets a higher score than one of two.
double AreaUnderCurve(std::vector<Judged> pairs) {
  std::sort(pairs.begin(), pairs.end(), [](const Judged& a, const Judged& b) { return a.score < b.score; });
  double others_below = 0;
  double sum = 0;
  double same = 0;
  for (std::size_t at = 0; at < pairs.size();) {
    std::size_t end = at;
    double same_here = 0;
    for (; end < pairs.size() && pairs[end].score == pairs[at].score; ++end) same_here += pairs[end].same ? 1 : 0;
    const double others_here = static_cast<double>(end - at) - same_here;
    sum += same_here * (others_below + others_here / 2);
    others_below += others_here;
    same += same_here;
    at = end;
  }
  return sum / (same * others_below);
}

// What the score says of the pairs from a threshold on, as one line.
void PrintAt(double threshold, const std::vector<Judged>& pairs) {
  double hits = 0;
  double false_hits = 0;
  double same = 0;
  for (const Judged& pair : pairs) {
    same += pair.same ? 1 : 0;
    if (pair.score < threshold) continue;
    (pair.same ? hits : false_hits) += 1;
  }
  const auto all = static_cast<double>(pairs.size());
  const double right = hits + (all - same - false_hits);
  std::cout << "  from " << threshold << ": accuracy " << right / all << ", precision " << hits / (hits + false_hits)
            << ", recall " << hits / same << '\n';
}

// Decides by the pair itself whether it was looked at when the weights were chosen.
bool HeldOut(std::string_view pair) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : pair) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return (hash ^ (hash >> 29)) % 10 >= 7;
}

TEST_CASE("judged pairs of questions", "[INT-09]") {
  const char* const named = std::getenv("JINQI_DATA_DIR");
  const fs::path path = fs::path(named == nullptr ? JINQI_DATA_DIR : named) / "duplicates" / "pairs.tsv";
  if (!fs::exists(path)) {
    WARN("SKIPPED: no pairs in " << path << "; name the folder of the data in JINQI_DATA_DIR");
    return;
  }
  std::ifstream table(path);
  std::string line;
  std::getline(table, line);
  std::vector<Judged> seen;
  std::vector<Judged> held_out;
  while (std::getline(table, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t last = line.rfind('\t');
    const double score = Alike(line.substr(0, first), line.substr(first + 1, last - first - 1));
    (HeldOut(line.substr(0, last)) ? held_out : seen).push_back({score, line[last + 1] == '1'});
  }
  CHECK(seen.size() + held_out.size() == 2130);
  std::cout << std::fixed << std::setprecision(3);
  for (const auto& [part, pairs] : {std::pair("seen", &seen), std::pair("held out", &held_out)}) {
    std::cout << part << ", " << pairs->size() << " pairs: area under the curve " << AreaUnderCurve(*pairs) << '\n';
    for (const double threshold : {0.3, 0.4, 0.5, 0.6, 0.7}) PrintAt(threshold, *pairs);
  }
  // The pairs were picked to look alike whether they mean the same or not, so words alone tell little; a coin is 0.5.
  CHECK(AreaUnderCurve(seen) > 0.62);
  CHECK(AreaUnderCurve(held_out) > 0.61);
}

}  // namespace
}  // namespace jinqi::text
