#include "common/identity/personal_data.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "common/text/text.h"

namespace jinqi::identity {
namespace {

constexpr std::size_t kPhoneDigits = 7;
constexpr std::size_t kAccountDigits = 13;
constexpr std::size_t kCodeLength = 15;
constexpr std::size_t kIdLength = 18;
constexpr std::size_t kDateDigits = 8;
// The longest name that is looked for in front of 有限公司, and the longest place behind a district, in characters.
constexpr std::size_t kLongestName = 30;
constexpr std::size_t kLongestPlace = 12;

// The hundred most frequent surnames without those that begin common words of offices (安全, 项目, 车间, 管理 …).
constexpr std::string_view kSurnames =
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文";
constexpr std::array<std::string_view, 8> kCompound = {"欧阳", "上官", "司马", "诸葛", "司徒", "慕容", "皇甫", "尉迟"};
constexpr std::array<std::string_view, 16> kTitles = {"先生", "女士", "小姐",   "总经理", "经理", "老板",
                                                      "主任", "科长", "董事长", "会计",   "师傅", "同志",
                                                      "厂长", "店长", "法人",   "总"};
// What stands in front of a name.
constexpr std::array<std::string_view, 6> kIntroductions = {"联系人", "法定代表人", "经办人", "负责人", "姓名", "名叫"};
// 总额 is no person's.
constexpr std::string_view kAfterTotal = "额量体结部局数计是的之理和面站书";
// Words that begin like a surname and stand before a title.
constexpr std::array<std::string_view, 14> kNoNames = {"高级", "高新", "金融", "方案", "常务", "文化", "万能",
                                                       "程序", "武装", "石油", "江苏", "金属", "汽车", "许可"};
constexpr std::array<std::string_view, 9> kEnterpriseEnds = {
    "有限责任公司", "股份有限公司", "有限公司", "分公司", "集团公司", "合伙企业", "经营部", "商行", "专业合作社"};
// Where a name in front of 有限公司 cannot go on.
constexpr std::string_view kBreaks = "的由为与和及向对在是了并或从给被让该某各本我贵家等将";
constexpr std::array<std::string_view, 9> kPlaceEnds = {"街道", "大街", "大道", "胡同", "路", "镇", "乡", "村", "里"};
constexpr std::array<std::string_view, 5> kSites = {"小区", "大厦", "广场", "工业园", "产业园"};
constexpr std::array<std::string_view, 6> kRooms = {"号楼", "单元", "栋", "幢", "室", "号院"};
// Numbers that count something.
constexpr std::array<std::string_view, 12> kUnits = {"元", "万", "亿", "千",   "平方", "吨",
                                                     "户", "家", "人", "立方", "公里", "%"};

bool IsChineseDigit(std::string_view point) {
  static constexpr std::string_view kDigits = "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖";
  return point.size() == 3 && kDigits.find(point) != std::string_view::npos;
}

enum class Sort : std::uint8_t { kDigit, kChineseDigit, kLetter, kSeparator, kAt, kHan, kOther };

Sort SortOf(std::string_view point) {
  if (IsChineseDigit(point)) return Sort::kChineseDigit;
  const std::string half = text::Nfkc(point);
  if (half.size() != 1) {
    const bool han = point.size() == 3 && point >= "\xE4\xB8\x80" && point <= "\xE9\xBF\xBF";
    return han ? Sort::kHan : Sort::kOther;
  }
  const char c = half[0];
  if (c >= '0' && c <= '9') return Sort::kDigit;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Sort::kLetter;
  if (c == '-' || c == ' ' || c == '(' || c == ')' || c == '.' || c == '_' || c == '+') return Sort::kSeparator;
  return c == '@' ? Sort::kAt : Sort::kOther;
}

// A text cut into characters, each with what it is.
class Characters {
 public:
  explicit Characters(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size();) {
      std::size_t size = 1;
      while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xC0) == 0x80) ++size;
      begins_.push_back(i);
      sorts_.push_back(SortOf(text.substr(i, size)));
      i += size;
    }
    begins_.push_back(text.size());
  }

  std::size_t size() const { return sorts_.size(); }
  Sort sort(std::size_t at) const { return at < size() ? sorts_[at] : Sort::kOther; }
  std::string_view at(std::size_t i) const { return i < size() ? text_.substr(begins_[i], Width(i)) : ""; }
  std::size_t byte(std::size_t i) const { return begins_[std::min(i, size())]; }
  bool Has(std::size_t i, std::string_view word) const {
    return i <= size() && text_.substr(byte(i)).substr(0, word.size()) == word;
  }
  template <typename Words>
  bool HasAny(std::size_t i, const Words& words) const {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return Has(i, word); });
  }
  bool IsHan(std::size_t i) const { return sort(i) == Sort::kHan || sort(i) == Sort::kChineseDigit; }

 private:
  std::size_t Width(std::size_t i) const { return begins_[i + 1] - begins_[i]; }

  std::string_view text_;
  std::vector<std::size_t> begins_;
  std::vector<Sort> sorts_;
};

std::size_t Length(std::string_view word) { return text::CodePoints(word); }

bool IsIn(std::string_view point, std::string_view set) {
  return point.size() == 3 && set.find(point) != std::string_view::npos;
}

// A stretch of digits, letters and what people put between them.
struct Run {
  std::size_t end = 0;
  std::size_t digits = 0;
  std::size_t letters = 0;
  bool has_at = false;
};

Run RunAt(const Characters& text, std::size_t begin) {
  Run run{begin};
  for (std::size_t i = begin; i < text.size(); ++i) {
    const Sort sort = text.sort(i);
    if (sort == Sort::kHan || sort == Sort::kOther) break;
    run.digits += sort == Sort::kDigit || sort == Sort::kChineseDigit ? 1 : 0;
    run.letters += sort == Sort::kLetter ? 1 : 0;
    run.has_at = run.has_at || sort == Sort::kAt;
    // Separators belong to a run only between its digits and letters.
    if (sort != Sort::kSeparator) run.end = i + 1;
  }
  return run;
}

bool IsDate(const Characters& text, std::size_t begin, const Run& run) {
  return run.digits == kDateDigits && run.letters == 0 && run.end - begin == 10 && text.at(begin + 4) == "-" &&
         text.at(begin + 7) == "-";
}

bool IsNumberOrCode(const Characters& text, std::size_t begin, const Run& run, PersonalKind& kind) {
  const std::size_t length = run.digits + run.letters;
  if (run.has_at) {
    kind = PersonalKind::kEmail;
    return run.letters + run.digits > 0;
  }
  if (run.digits < kPhoneDigits || IsDate(text, begin, run)) return false;
  const bool ends_in_x = run.letters == 1 && (text.at(run.end - 1) == "X" || text.at(run.end - 1) == "x");
  if (length == kIdLength && (run.letters == 0 || ends_in_x)) {
    kind = PersonalKind::kIdNumber;
  } else if (run.letters > 0 && length >= kCodeLength) {
    kind = PersonalKind::kCode;
  } else if (text.HasAny(run.end, kUnits)) {
    return false;
  } else {
    kind = run.digits >= kAccountDigits ? PersonalKind::kAccount : PersonalKind::kPhone;
  }
  return true;
}

// How many characters at `i` are a surname.
std::size_t SurnameAt(const Characters& text, std::size_t i) {
  if (text.HasAny(i, kCompound)) return 2;
  return IsIn(text.at(i), kSurnames) ? 1 : 0;
}

// How many characters at `i` are a title: 0 for none.
std::size_t TitleAt(const Characters& text, std::size_t i) {
  for (const std::string_view title : kTitles) {
    if (!text.Has(i, title)) continue;
    const std::size_t length = Length(title);
    return title == "总" && IsIn(text.at(i + 1), kAfterTotal) ? 0 : length;
  }
  return 0;
}

// The end of a name at `i` that has a title behind it, `i`: there is none.
std::size_t TitledName(const Characters& text, std::size_t i) {
  const std::size_t surname = SurnameAt(text, i);
  if (surname == 0 || text.HasAny(i, kNoNames)) return i;
  for (std::size_t given = 0; given <= 2; ++given) {
    const std::size_t end = i + surname + given;
    if (given > 0 && !text.IsHan(end - 1)) break;
    if (TitleAt(text, end) > 0) return end;
  }
  return i;
}

// The end of a name at `i` that was introduced: as far as it can be one, at most three characters.
std::size_t IntroducedName(const Characters& text, std::size_t i) {
  const std::size_t surname = SurnameAt(text, i);
  if (surname == 0 || text.HasAny(i, kNoNames)) return i;
  std::size_t end = i + surname;
  while (end < i + surname + 2 && text.IsHan(end) && !IsIn(text.at(end), kBreaks)) ++end;
  return end > i + surname ? end : i;
}

std::size_t AfterIntroduction(const Characters& text, std::size_t i) {
  for (const std::string_view word : kIntroductions) {
    if (!text.Has(i, word)) continue;
    std::size_t at = i + Length(word);
    while (text.Has(at, "：") || text.Has(at, ":") || text.Has(at, "为") || text.Has(at, "是") || text.Has(at, " "))
      ++at;
    return at;
  }
  return i;
}

std::size_t EnterpriseEnd(const Characters& text, std::size_t i) {
  for (const std::string_view end : kEnterpriseEnds) {
    if (text.Has(i, end)) return i + Length(end);
  }
  return i;
}

// Where the name of an enterprise begins whose kind (有限公司) stands at `i`; `i`: it is not named.
std::size_t EnterpriseBegin(const Characters& text, std::size_t i) {
  std::size_t begin = i;
  while (begin > 0 && i - begin < kLongestName && !IsIn(text.at(begin - 1), kBreaks) &&
         (text.IsHan(begin - 1) || text.sort(begin - 1) == Sort::kLetter || text.at(begin - 1) == "（" ||
          text.at(begin - 1) == "）" || text.at(begin - 1) == "(" || text.at(begin - 1) == ")")) {
    --begin;
  }
  return i - begin >= 2 ? begin : i;
}

bool IsNumeral(const Characters& text, std::size_t i) {
  return text.sort(i) == Sort::kDigit || text.sort(i) == Sort::kChineseDigit || text.Has(i, "十") || text.Has(i, "百");
}

std::size_t AfterNumeral(const Characters& text, std::size_t i) {
  while (IsNumeral(text, i) || (text.Has(i, "-") && IsNumeral(text, i + 1))) ++i;
  return i;
}

// The end of a number of a house or room at `i` (18号, 3号楼, 2单元, 501室); `i`: there is none.
std::size_t HouseEnd(const Characters& text, std::size_t i, bool after_road) {
  const std::size_t end = AfterNumeral(text, i);
  if (end == i) return i;
  for (const std::string_view room : kRooms) {
    if (text.Has(end, room)) return end + Length(room);
  }
  return after_road && text.Has(end, "号") ? end + 1 : i;
}

std::size_t AllHouses(const Characters& text, std::size_t i) {
  for (std::size_t end = HouseEnd(text, i, true); end != i; end = HouseEnd(text, i, true)) i = end;
  return i;
}

// The end of a place at `i`, a street, village or site with what is finer; `i`: there is none. Only behind a district a
// name without a number is one.
std::size_t PlaceEnd(const Characters& text, std::size_t i, bool after_district) {
  std::size_t found = i;
  for (std::size_t at = i; at < i + kLongestPlace && (text.IsHan(at) || IsNumeral(text, at)); ++at) {
    std::size_t end = at;
    for (const std::string_view word : kPlaceEnds) {
      if (at >= i + 2 && text.Has(at, word)) end = std::max(end, at + Length(word));
    }
    for (const std::string_view word : kSites) {
      if (at >= i + 2 && text.Has(at, word)) end = std::max(end, at + Length(word));
    }
    if (end == at) continue;
    const std::size_t houses = AllHouses(text, end);
    if (after_district || houses > end) found = std::max(found, houses);
  }
  return found;
}

bool IsRoad(const Characters& text, std::size_t i) {
  return text.Has(i, "路") || text.Has(i, "街") || text.Has(i, "道") || text.Has(i, "里") || text.Has(i, "巷");
}

class Finder {
 public:
  Finder(std::string_view text, const std::vector<std::string>& known) : text_(text), characters_(text) {
    FindKnown(text, known);
    for (std::size_t i = 0; i < characters_.size(); ++i) Look(i);
  }

  std::vector<PersonalFinding> Take() {
    std::sort(found_.begin(), found_.end(),
              [](const PersonalFinding& a, const PersonalFinding& b) { return a.begin < b.begin; });
    std::vector<PersonalFinding> apart;
    for (const PersonalFinding& one : found_) {
      if (!apart.empty() && one.begin < apart.back().end) {
        apart.back().end = std::max(apart.back().end, one.end);
      } else {
        apart.push_back(one);
      }
    }
    return apart;
  }

 private:
  void FindKnown(std::string_view text, const std::vector<std::string>& known) {
    for (const std::string& value : known) {
      if (value.empty()) continue;
      const PersonalKind kind = Length(value) > 4 ? PersonalKind::kEnterpriseName : PersonalKind::kPersonName;
      for (std::size_t at = text.find(value); at != std::string_view::npos; at = text.find(value, at + value.size())) {
        found_.push_back({kind, at, at + value.size()});
      }
    }
  }

  void Add(PersonalKind kind, std::size_t begin, std::size_t end) {
    if (end > begin) found_.push_back({kind, characters_.byte(begin), characters_.byte(end)});
  }

  void Look(std::size_t i) {
    if (i >= run_end_) LookAtRun(i);
    Add(PersonalKind::kPersonName, i, TitledName(characters_, i));
    const std::size_t name = AfterIntroduction(characters_, i);
    if (name > i) Add(PersonalKind::kPersonName, name, IntroducedName(characters_, name));
    if (const std::size_t end = EnterpriseEnd(characters_, i); end > i) {
      if (const std::size_t begin = EnterpriseBegin(characters_, i); begin < i) {
        Add(PersonalKind::kEnterpriseName, begin, end);
      }
    }
    LookForPlace(i);
  }

  void LookAtRun(std::size_t i) {
    const Sort sort = characters_.sort(i);
    if (sort == Sort::kHan || sort == Sort::kOther || sort == Sort::kSeparator) return;
    const Run run = RunAt(characters_, i);
    run_end_ = run.end;
    PersonalKind kind = PersonalKind::kPhone;
    if (IsNumberOrCode(characters_, i, run, kind)) Add(kind, i, run.end);
  }

  void LookForPlace(std::size_t i) {
    const bool after_district = i > 0 && characters_.Has(i - 1, "区");
    if (after_district) Add(PersonalKind::kAddress, i, PlaceEnd(characters_, i, true));
    const bool after_road = i > 0 && IsRoad(characters_, i - 1);
    const std::size_t house = HouseEnd(characters_, i, after_road);
    if (house == i) return;
    // The road's own name goes with its number.
    std::size_t begin = i;
    while (after_road && begin > 0 && i - begin < 5 && characters_.sort(begin - 1) == Sort::kHan &&
           !characters_.Has(begin - 1, "区") && !IsIn(characters_.at(begin - 1), kBreaks)) {
      --begin;
    }
    Add(PersonalKind::kAddress, begin, AllHouses(characters_, house));
  }

  std::string_view text_;
  Characters characters_;
  std::vector<PersonalFinding> found_;
  std::size_t run_end_ = 0;
};

}  // namespace

std::string_view Zh(PersonalKind kind) {
  switch (kind) {
    case PersonalKind::kPhone: return "电话";
    case PersonalKind::kIdNumber: return "身份证号";
    case PersonalKind::kCode: return "信用代码";
    case PersonalKind::kAccount: return "账号";
    case PersonalKind::kEmail: return "邮箱";
    case PersonalKind::kPersonName: return "姓名";
    case PersonalKind::kEnterpriseName: return "企业名称";
    case PersonalKind::kAddress: return "地址";
  }
  return "";
}

std::vector<PersonalFinding> FindPersonalData(std::string_view text, const std::vector<std::string>& known) {
  return Finder(text, known).Take();
}

std::string PersonalKindsIn(std::string_view text) {
  std::string kinds;
  for (const PersonalFinding& finding : FindPersonalData(text)) {
    const std::string zh(Zh(finding.kind));
    if (kinds.find(zh) != std::string::npos) continue;
    if (!kinds.empty()) kinds += "、";
    kinds += zh;
  }
  return kinds;
}

std::string Deidentify(std::string_view text, const std::vector<std::string>& known) {
  std::string out;
  std::size_t at = 0;
  for (const PersonalFinding& finding : FindPersonalData(text, known)) {
    out += text.substr(at, finding.begin - at);
    out += "〔" + std::string(Zh(finding.kind)) + "〕";
    at = finding.end;
  }
  out += text.substr(at);
  return out;
}

}  // namespace jinqi::identity
