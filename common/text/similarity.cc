#include "common/text/similarity.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/text/text.h"

namespace jinqi::text {
namespace {

// Longer texts are compared by their beginning.
constexpr std::size_t kMaxWords = 400;
// Weights of what is compared; fitted on 70 % of the pairs of similarity_test.cc.
constexpr double kWords = 0.6;
constexpr double kPairs = 0.1;
constexpr double kOrder = 0.3;
// What is left of the score where numbers, places or negations contradict each other.
constexpr double kOtherNumbers = 0.85;
constexpr double kOtherPlace = 0.7;
constexpr double kOtherSense = 0.9;

constexpr std::string_view kNot = "不";

// Expressions of one meaning, each after the word that stands for it; particles and courtesy stand for nothing. General
// Chinese only: no word of a trade.
const std::vector<std::pair<std::string_view, std::vector<std::string_view>>>& Expressions() {
  static const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> expressions = {
      {"", {"吗",   "呢", "啊", "吧", "呀", "的", "了", "我们", "我",     "请问", "请",   "你们", "你",
            "您好", "您", "就", "也", "都", "还", "么", "是",   "贵单位", "你好", "麻烦", "谢谢", "一下"}},
      {"为什么", {"为何", "为啥", "怎么会", "怎么回事", "什么原因", "原因", "怎么不", "怎么没"}},
      {"怎么", {"怎么样", "怎样", "如何", "咋样", "咋", "怎麽", "怎"}},
      {"何时", {"什么时候", "啥时候", "几时", "多久", "哪天", "几号", "多长时间", "什么时间", "时间"}},
      {"多少", {"几个", "几次", "几", "多大"}},
      {"哪里", {"在哪里", "哪儿", "在哪", "何处", "什么地方", "哪"}},
      {"能", {"能不能", "可不可以", "是否可以", "可以", "能否", "可否", "能够", "是不是", "是否", "有没有"}},
      {"什么", {"是什么", "啥"}},
      {kNot, {"不能", "无法", "不可以", "没有", "没法", "不了", "没", "未", "无", "别"}},
      {"开", {"开通", "启用", "开启"}},
      {"关", {"关闭", "取消", "注销", "关掉", "停用"}},
      {"用", {"使用"}},
      {"提高", {"提升", "增加", "升高"}},
      {"付", {"付款", "支付", "付钱"}},
  };
  return expressions;
}

class Lexicon {
 public:
  Lexicon() {
    for (const auto& [word, forms] : Expressions()) {
      if (!word.empty()) words_.emplace(word, word);
      for (const std::string_view form : forms) words_.emplace(form, word);
    }
    for (const auto& [form, word] : words_) longest_ = std::max(longest_, form.size());
  }

  struct Match {
    std::size_t size;
    std::string_view word;
  };
  // The longest expression with which the text begins.
  std::optional<Match> Find(std::string_view text) const {
    for (std::size_t size = std::min(longest_, text.size()); size > 0; --size) {
      const auto found = words_.find(text.substr(0, size));
      if (found != words_.end()) return Match{size, found->second};
    }
    return std::nullopt;
  }

 private:
  std::unordered_map<std::string_view, std::string_view> words_;
  std::size_t longest_ = 0;
};

const Lexicon& Words() {
  static const Lexicon lexicon;
  return lexicon;
}

// The first code point of the text, which is UTF-8.
std::string_view First(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return text.substr(0, std::min(size, text.size()));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAsciiWord(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// 0–9 of a Chinese numeral, also of the forms for cheques; -1 for any other character.
int DigitOf(std::string_view c) {
  static const std::map<std::string_view, int> digits = {
      {"〇", 0}, {"零", 0}, {"一", 1}, {"二", 2}, {"两", 2}, {"三", 3}, {"四", 4},
      {"五", 5}, {"六", 6}, {"七", 7}, {"八", 8}, {"九", 9}, {"壹", 1}, {"贰", 2},
      {"叁", 3}, {"肆", 4}, {"伍", 5}, {"陆", 6}, {"柒", 7}, {"捌", 8}, {"玖", 9}};
  const auto found = digits.find(c);
  return found == digits.end() ? -1 : found->second;
}

// 十, 百, 千, 万, 亿; 0 for any other character.
std::int64_t UnitOf(std::string_view c) {
  static const std::map<std::string_view, std::int64_t> units = {
      {"十", 10}, {"拾", 10}, {"百", 100}, {"佰", 100}, {"千", 1000}, {"仟", 1000}, {"万", 10000}, {"亿", 100000000}};
  const auto found = units.find(c);
  return found == units.end() ? 0 : found->second;
}

struct Number {
  std::size_t size = 0;
  std::string digits;
};

// A number in Chinese numerals of two characters or more at the beginning: 二十 is 20, 二〇二五 is 2025. A single one
// is more often part of a word than a number (一样), as is one that begins with a unit other than ten (万一).
std::optional<Number> ChineseNumber(std::string_view text) {
  constexpr std::int64_t kMyriad = 10'000;
  constexpr std::int64_t kMost = 10'000'000;  // of what a unit multiplies
  Number number;
  std::string positional;
  std::int64_t total = 0;
  std::int64_t section = 0;
  std::int64_t digit = 0;
  bool units = false;
  int characters = 0;
  for (; number.size < text.size(); ++characters) {
    const std::string_view c = First(text.substr(number.size));
    const int value = DigitOf(c);
    const std::int64_t unit = value < 0 ? UnitOf(c) : 0;
    if (value < 0 && unit == 0) break;
    if (value >= 0) {
      digit = value;
      positional += static_cast<char>('0' + value);
    } else {
      const bool too_large = section > kMost || (unit > kMyriad && total > kMost);
      if (too_large || (characters == 0 && unit > 10)) break;
      units = true;
      if (unit < kMyriad) {
        section += std::max<std::int64_t>(digit, characters == 0 ? 1 : 0) * unit;
      } else if (unit == kMyriad) {
        total += (section + digit) * unit;
        section = 0;
      } else {
        total = (total + section + digit) * unit;
        section = 0;
      }
      digit = 0;
    }
    number.size += c.size();
  }
  if (characters < 2) return std::nullopt;
  number.digits = units ? std::to_string(total + section + digit) : positional;
  return number;
}

// A number in digits at the beginning, with a unit that follows it: 3万 and 3.5千 are 30000 and 3500, 1,200 is 1200.
Number ArabicNumber(std::string_view text) {
  Number number;
  std::string fraction;
  bool in_fraction = false;
  while (number.size < text.size()) {
    const char c = text[number.size];
    const bool digit_follows = number.size + 1 < text.size() && IsDigit(text[number.size + 1]);
    if (IsDigit(c)) {
      (in_fraction ? fraction : number.digits) += c;
    } else if (c == '.' && digit_follows && !in_fraction) {
      in_fraction = true;
    } else if (c != ',' || !digit_follows) {
      break;
    }
    ++number.size;
  }
  const std::int64_t unit = number.size < text.size() ? UnitOf(First(text.substr(number.size))) : 0;
  for (std::int64_t left = unit; left >= 10; left /= 10) {
    number.digits += fraction.empty() ? '0' : fraction[0];
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  if (unit > 0) number.size += First(text.substr(number.size)).size();
  const std::size_t zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size() - 1);
  number.digits.erase(0, zeros);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) number.digits += "." + fraction;
  return number;
}

// Reads a text word by word.
class Reader {
 public:
  Gist Read(std::string_view text) {
    const std::string plain = Nfkc(text);
    for (std::string_view rest = plain; !rest.empty() && gist_.words.size() < kMaxWords;) {
      rest.remove_prefix(Next(rest));
    }
    gist_.negated = negations_ % 2 == 1;
    return std::move(gist_);
  }

 private:
  // Takes what stands first; its size.
  std::size_t Next(std::string_view rest) {
    if (IsDigit(rest[0])) return TakeNumber(ArabicNumber(rest));
    if (IsAsciiWord(rest[0])) {
      const auto end = std::find_if_not(rest.begin(), rest.end(), IsAsciiWord);
      const auto size = static_cast<std::size_t>(end - rest.begin());
      gist_.words.push_back(Normalize(rest.substr(0, size)));
      return size;
    }
    if (auto number = ChineseNumber(rest); number.has_value()) return TakeNumber(*std::move(number));
    if (const auto match = Words().Find(rest); match.has_value()) {
      if (match->word == kNot) ++negations_;
      if (!match->word.empty()) gist_.words.emplace_back(match->word);
      return match->size;
    }
    const std::string_view c = First(rest);
    std::string word = Normalize(c);
    if (!word.empty()) {
      gist_.words.push_back(std::move(word));
      KeepPlace();
    }
    return c.size();
  }

  std::size_t TakeNumber(Number number) {
    gist_.numbers.insert(number.digits);
    gist_.words.push_back(std::move(number.digits));
    return number.size;
  }

  // The two characters before the one that ends the name of a place, with it.
  void KeepPlace() {
    static const std::set<std::string_view> ends = {"路", "街", "镇", "乡", "村", "桥", "厦", "庄", "港"};
    const std::vector<std::string>& words = gist_.words;
    if (words.size() < 3 || !ends.contains(words.back())) return;
    gist_.places.insert(words[words.size() - 3] + words[words.size() - 2] + words.back());
  }

  Gist gist_;
  int negations_ = 0;
};

// What two lists have in common, doubles counted, over all that is in either.
double Overlap(std::vector<std::string> one, std::vector<std::string> other) {
  std::sort(one.begin(), one.end());
  std::sort(other.begin(), other.end());
  std::vector<std::string> common;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(common));
  const std::size_t all = one.size() + other.size() - common.size();
  return all == 0 ? 0 : static_cast<double>(common.size()) / static_cast<double>(all);
}

// The longest common subsequence over the mean length.
double OrderInCommon(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  if (one.empty() || other.empty()) return 0;
  std::vector<std::size_t> above(other.size() + 1, 0);
  std::vector<std::size_t> row(other.size() + 1, 0);
  for (const std::string& word : one) {
    for (std::size_t j = 0; j < other.size(); ++j) {
      row[j + 1] = word == other[j] ? above[j] + 1 : std::max(above[j + 1], row[j]);
    }
    std::swap(above, row);
  }
  return 2 * static_cast<double>(above.back()) / static_cast<double>(one.size() + other.size());
}

std::vector<std::string> PairsOf(const std::vector<std::string>& words) {
  std::vector<std::string> pairs;
  // The blank keeps (a, bc) apart from (ab, c); no word holds one.
  for (std::size_t i = 1; i < words.size(); ++i) pairs.push_back(words[i - 1] + " " + words[i]);
  if (words.size() == 1) pairs.push_back(words[0]);
  return pairs;
}

bool Contradict(const std::set<std::string>& one, const std::set<std::string>& other) {
  if (one.empty() || other.empty()) return false;
  return std::none_of(one.begin(), one.end(), [&other](const std::string& value) { return other.contains(value); });
}

// FNV-1a, its bits spread: which keys are chosen must not change with the machine or the library.
std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDU;
  return hash ^ (hash >> 33);
}

}  // namespace

Gist GistOf(std::string_view text) { return Reader().Read(text); }

double Similarity(const Gist& one, const Gist& other) {
  double score = kWords * Overlap(one.words, other.words) + kPairs * Overlap(PairsOf(one.words), PairsOf(other.words)) +
                 kOrder * OrderInCommon(one.words, other.words);
  if (Contradict(one.numbers, other.numbers)) score *= kOtherNumbers;
  if (Contradict(one.places, other.places)) score *= kOtherPlace;
  if (one.negated != other.negated) score *= kOtherSense;
  return score;
}

std::vector<std::string> SketchOf(const Gist& gist, std::size_t limit) {
  std::map<std::uint64_t, std::string> by_hash;
  for (std::string& pair : PairsOf(gist.words)) by_hash.emplace(HashOf(pair), std::move(pair));
  std::vector<std::string> keys;
  for (auto& [hash, pair] : by_hash) {
    if (keys.size() == limit) break;
    keys.push_back(std::move(pair));
  }
  return keys;
}

std::vector<std::string> RankBySharedKeys(const std::vector<std::vector<std::string>>& found, std::size_t limit) {
  std::map<std::string, double> weights;
  for (const std::vector<std::string>& ids : found) {
    const double weight = 1 / std::log2(2 + static_cast<double>(ids.size()));
    for (const std::string& id : ids) weights[id] += weight;
  }
  std::vector<std::pair<std::string, double>> ranked(weights.begin(), weights.end());
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < std::min(limit, ranked.size()); ++i) ids.push_back(std::move(ranked[i].first));
  return ids;
}

}  // namespace jinqi::text
