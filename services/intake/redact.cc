#include "services/intake/redact.h"

#include <cstddef>

#include "common/text/text.h"

namespace jinqi::intake {
namespace {

constexpr std::string_view kMask = "****";
// From so many digits on a number can be a telephone number; from so many letters and digits on a code of a person or a
// company.
constexpr std::size_t kPhoneDigits = 7;
constexpr std::size_t kCodeLength = 15;
constexpr std::size_t kDateDigits = 8;

std::vector<std::string_view> SplitCodePoints(std::string_view text) {
  std::vector<std::string_view> points;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 1;
    while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xC0) == 0x80) ++size;
    points.push_back(text.substr(i, size));
    i += size;
  }
  return points;
}

bool IsChineseDigit(std::string_view point) {
  static constexpr std::string_view kDigits = "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖";
  return point.size() == 3 && kDigits.find(point) != std::string_view::npos;
}

enum class Sort { kDigit, kLetter, kSeparator, kAt, kOther };

Sort SortOf(std::string_view point) {
  if (IsChineseDigit(point)) return Sort::kDigit;
  const std::string half = text::Nfkc(point);
  if (half.size() != 1) return Sort::kOther;
  const char c = half[0];
  if (c >= '0' && c <= '9') return Sort::kDigit;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Sort::kLetter;
  if (c == '-' || c == ' ' || c == '(' || c == ')' || c == '.' || c == '_' || c == '+') return Sort::kSeparator;
  return c == '@' ? Sort::kAt : Sort::kOther;
}

// A stretch of digits, letters and what people put between them.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t digits = 0;
  std::size_t letters = 0;
  bool has_at = false;
};

bool IsDate(const std::vector<std::string_view>& points, const Run& run) {
  if (run.digits != kDateDigits || run.letters != 0 || run.end - run.begin != 10) return false;
  return points[run.begin + 4] == "-" && points[run.begin + 7] == "-";
}

bool MustHide(const std::vector<std::string_view>& points, const Run& run) {
  if (run.has_at) return true;
  if (run.digits + run.letters >= kCodeLength && run.digits >= kPhoneDigits) return true;
  return run.digits >= kPhoneDigits && !IsDate(points, run);
}

Run RunAt(const std::vector<std::string_view>& points, std::size_t begin) {
  Run run{begin, begin};
  for (std::size_t i = begin; i < points.size(); ++i) {
    const Sort sort = SortOf(points[i]);
    if (sort == Sort::kOther) break;
    run.digits += sort == Sort::kDigit ? 1 : 0;
    run.letters += sort == Sort::kLetter ? 1 : 0;
    run.has_at = run.has_at || sort == Sort::kAt;
    // Separators belong to a run only between its digits and letters.
    if (sort != Sort::kSeparator) run.end = i + 1;
  }
  return run;
}

std::string HideNumbers(std::string_view text) {
  const std::vector<std::string_view> points = SplitCodePoints(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < points.size();) {
    const Sort sort = SortOf(points[i]);
    const Run run = sort == Sort::kOther || sort == Sort::kSeparator ? Run{i, i} : RunAt(points, i);
    if (run.end == run.begin) {
      out += points[i++];
    } else if (MustHide(points, run)) {
      out += kMask;
      i = run.end;
    } else {
      for (; i < run.end; ++i) out += points[i];
    }
  }
  return out;
}

}  // namespace

std::string Redact(std::string_view text, const std::vector<std::string>& known) {
  std::string out(text);
  for (const std::string& value : known) {
    if (value.empty()) continue;
    for (std::size_t at = out.find(value); at != std::string::npos; at = out.find(value, at + kMask.size())) {
      out.replace(at, value.size(), kMask);
    }
  }
  return HideNumbers(out);
}

}  // namespace jinqi::intake
