#include "services/gateway/path_template.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace jinqi::gateway {
namespace {

constexpr char kOne[] = "*";
constexpr char kMany[] = "**";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads one template from left to right.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool Parse(PathTemplate& into) {
    // A colon inside of braces does not occur in our grammar, so the last one starts the verb.
    const std::size_t colon = rest_.rfind(':');
    if (colon != std::string_view::npos) {
      into.verb = rest_.substr(colon + 1);
      rest_ = rest_.substr(0, colon);
      if (into.verb.empty() || into.verb.find_first_of("/{}*") != std::string::npos) return false;
    }
    if (!Take('/')) return false;
    do {
      if (!Segment(into)) return false;
    } while (Take('/'));
    const auto many = std::find(into.segments.begin(), into.segments.end(), kMany);
    return rest_.empty() && (many == into.segments.end() || many + 1 == into.segments.end());
  }

 private:
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view Until(const char* stops) {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(stops));
    rest_.remove_prefix(word.size());
    return word;
  }

  bool Segment(PathTemplate& into) {
    if (Take('{')) return Variable(into);
    const std::string_view word = Until("/{}=");
    if (word.empty()) return false;
    into.segments.emplace_back(word);
    return true;
  }

  bool Variable(PathTemplate& into) {
    PathTemplate::Variable variable;
    variable.field = Until("=}/{");
    variable.begin = static_cast<int>(into.segments.size());
    if (variable.field.empty()) return false;
    if (Take('=')) {
      do {
        if (rest_.empty() || rest_.front() == '{' || !Segment(into)) return false;
      } while (Take('/'));
    } else {
      into.segments.emplace_back(kOne);
    }
    variable.end = into.segments.back() == kMany ? -1 : static_cast<int>(into.segments.size());
    into.variables.push_back(std::move(variable));
    return Take('}');
  }

  std::string_view rest_;
};

}  // namespace

absl::StatusOr<PathTemplate> ParsePathTemplate(std::string_view text) {
  PathTemplate parsed;
  if (Parser(text).Parse(parsed)) return parsed;
  return absl::InvalidArgumentError(absl::StrCat("no path template: ", std::string(text)));
}

std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

}  // namespace jinqi::gateway
