#include "common/text/text.h"

#include <catch2/catch.hpp>

namespace jinqi::text {
namespace {

TEST_CASE("only well-formed UTF-8 passes", "[GWY-07]") {
  struct Row {
    std::string id;
    std::string bytes;
    bool well_formed;
  };
  const auto row = GENERATE(Row{"GWY-07/accept", "𠮷林", true}, Row{"empty", "", true},
                            Row{"NUL", std::string("a\0b", 3), true}, Row{"GWY-07/bad/1", "\xCC\xEC\xBD\xF2", false},
                            Row{"cut", "\xE6\xB4", false}, Row{"overlong", "\xC0\xAF", false},
                            Row{"surrogate", "\xED\xA0\x80", false}, Row{"past the last", "\xF4\x90\x80\x80", false},
                            Row{"lone continuation", "\x80", false}, Row{"five bytes", "\xF8\x88\x80\x80\x80", false});
  INFO(row.id);
  CHECK(IsUtf8(row.bytes) == row.well_formed);
}

TEST_CASE("length is counted in code points", "[INT-03]") {
  CHECK(CodePoints("") == 0);
  CHECK(CodePoints("abc") == 3);
  CHECK(CodePoints("津企") == 2);
  CHECK(CodePoints("𠮷林") == 2);
  CHECK(CodePoints("e\u0301") == 2);
}

TEST_CASE("full width becomes half", "[GWY-07]") {
  INFO("GWY-07/accept");
  CHECK(Nfkc("１３８１２３４５６７８") == "13812345678");
  CHECK(Nfkc("ＭＡ０５１ｋ") == "MA051k");
  CHECK(Nfkc("e\u0301") == "é");
  CHECK(Nfkc("𠮷林") == "𠮷林");
  CHECK(Nfkc("plain") == "plain");
  CHECK(Nfkc("") == "");
  CHECK(Nfkc("\xFF") == "\uFFFD");
}

TEST_CASE("blanks of every kind are trimmed", "[INT-03]") {
  struct Row {
    std::string id;
    std::string given;
    std::string trimmed;
  };
  const auto row = GENERATE(
      Row{"INT-03/bad/1 spaces", "   ", ""}, Row{"INT-03/bad/1 U+3000", "\u3000\u3000", ""},
      Row{"INT-03/bad/1 zero width", "\u200B\u200C\u200D\uFEFF\u2060", ""}, Row{"no-break space", "\u00A0a\u00A0", "a"},
      Row{"line ends", "\r\n\ta b\r\n", "a b"}, Row{"inside stays", "\u3000津\u3000企\u200B", "津\u3000企"},
      Row{"hangul filler", "\u3164", ""}, Row{"emoji keeps its selector", " ❤\uFE0F ", "❤\uFE0F"}, Row{"empty", "", ""},
      Row{"soft hyphen", "\u00ADa", "a"}, Row{"bidi marks", "\u202Ea\u202C", "a"});
  INFO(row.id);
  CHECK(Trim(row.given) == row.trimmed);
}

TEST_CASE("one line stays one line", "[GWY-07][SEC-01]") {
  struct Row {
    std::string id;
    std::string given;
    std::string line;
  };
  const auto row =
      GENERATE(Row{"SEC-01/bad", "first\r\nforged record", "first forged record"}, Row{"tabs", "a\t\t\nb", "a b"},
               Row{"bidi override", "a\u202Etxt.exe\u202C", "atxt.exe"}, Row{"isolates", "a\u2066b\u2069", "ab"},
               Row{"line separator", "a\u2028b\u2029c\u0085d", "a b c d"},
               Row{"controls", std::string("a\0\x1B[31mb\x7F", 8), "a[31mb"}, Row{"4-byte", "𠮷林", "𠮷林"},
               Row{"ends", " \u3000a ", "a"}, Row{"family stays", "👨\u200D👩", "👨\u200D👩"},
               Row{"free text is not folded", "Ａ１", "Ａ１"}, Row{"bad bytes", "a\xFFz", "a\uFFFDz"});
  INFO(row.id);
  CHECK(SingleLine(row.given) == row.line);
}

TEST_CASE("texts that differ in form only have one fingerprint", "[INT-09]") {
  const std::string text = "施工围挡挡住了 ABC 公司 12 号门，无法卸货。";
  struct Row {
    std::string what;
    std::string other;
    bool same;
  };
  const auto row = GENERATE(Row{"itself", "施工围挡挡住了 ABC 公司 12 号门，无法卸货。", true},
                            Row{"punctuation", "施工围挡，挡住了ABC公司12号门;无法卸货!!", true},
                            Row{"full width and case", "施工围挡挡住了ａｂｃ公司１２号门，无法卸货", true},
                            Row{"zero width", "施工\u200B围挡挡住了ABC公司12号门无法卸货", true},
                            Row{"another number", "施工围挡挡住了 ABC 公司 13 号门，无法卸货。", false},
                            Row{"another word", "施工围挡挡住了 ABC 公司 12 号门，无法进货。", false});
  INFO(row.what);
  CHECK((Fingerprint(row.other) == Fingerprint(text)) == row.same);
  CHECK(Fingerprint(text).size() == 64);
}

TEST_CASE("the form for comparison holds words only", "[INT-09]") {
  CHECK(Normalize("Hello，　世界！(2025)") == "hello世界2025");
  CHECK(Normalize("①㎡ Straße") == "1m2strasse");
  CHECK(Normalize("𠮷林") == "𠮷林");
  CHECK(Normalize("？！…") == "");
  CHECK(Normalize("") == "");
}

TEST_CASE("bigrams are pairs of neighbours", "[INT-09]") {
  CHECK(Bigrams("") == std::vector<std::string>{});
  CHECK(Bigrams("津") == std::vector<std::string>{"津"});
  CHECK(Bigrams("津企通") == std::vector<std::string>{"津企", "企通"});
  CHECK(Bigrams("a𠮷a𠮷") == std::vector<std::string>{"a𠮷", "𠮷a", "a𠮷"});
}

TEST_CASE("a court's case number is seen", "[INT-08][RTE-10]") {
  CHECK(NamesCourtCase("请法院改判(2025)津01民终123号"));
  CHECK(NamesCourtCase("（２０２５）津0116执恢45号"));
  CHECK_FALSE(NamesCourtCase("津政办发〔2023〕19号"));
  CHECK_FALSE(NamesCourtCase("(2025)年第3号"));
  CHECK_FALSE(NamesCourtCase(""));
}

}  // namespace
}  // namespace jinqi::text
