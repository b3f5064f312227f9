#include "common/media/media.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/media/test_files.h"
#include "common/testing/catch_status.h"

namespace jinqi::media {
namespace {

struct Sample {
  Type type;
  std::string bytes;
};

std::vector<Sample> Samples() {
  return {{Type::kJpeg, TestJpeg()}, {Type::kPng, TestPng()}, {Type::kPdf, TestPdf()}, {Type::kDocx, TestDocx()},
          {Type::kXlsx, TestXlsx()}, {Type::kMp4, TestMp4()}, {Type::kWav, TestWav()}, {Type::kAmr, TestAmr()}};
}

bool Holds(const std::string& bytes, const std::string& what) { return bytes.find(what) != std::string::npos; }

TEST_CASE("the content says what a file is", "[INT-16]") {
  for (const Sample& sample : Samples()) {
    INFO(ExtensionOf(sample.type));
    const Inspection inspection = Inspect(sample.bytes);
    CHECK(inspection.type == sample.type);
    CHECK(inspection.fault == Fault::kNone);
    CHECK(MimeOf(sample.type).find('/') != std::string_view::npos);
  }
  CHECK(Inspect("#!AMR-WB\n\x04" + std::string(17, 'a')).fault == Fault::kNone);
}

TEST_CASE("each fault of a file has its own name", "[INT-16]") {
  using std::string_literals::operator""s;
  struct Row {
    std::string id, bytes;
    Fault fault;
  };
  const auto with = [](const ZipEntry& entry) {
    std::vector<ZipEntry> entries = DocxEntries();
    entries.push_back(entry);
    return Zip(entries);
  };
  const std::string blanks(5 << 20, ' ');
  std::string crossed = TestDocx();
  crossed.replace(0, 4, "PK\3\3");
  std::string wrong = TestPng();
  wrong[wrong.size() - 20] ^= 1;
  std::vector<ZipEntry> both = DocxEntries();
  both.push_back({"xl/workbook.xml", "<workbook/>"});
  for (const Row& row : std::vector<Row>{
           {"nothing", "", Fault::kEmpty},
           {"ELF",
            "\x7F"
            "ELF\2\1\1",
            Fault::kExecutable},
           {"Windows", "MZ\x90\0\3"s, Fault::kExecutable},
           {"Mach-O, 32 bits", "\xFE\xED\xFA\xCE"s, Fault::kExecutable},
           {"Mach-O, 64 bits", "\xCF\xFA\xED\xFE"s, Fault::kExecutable},
           {"Mach-O, fat", "\xCA\xFE\xBA\xBE"s, Fault::kExecutable},
           {"script", "#!/bin/sh\nrm -rf /\n", Fault::kExecutable},
           {"script behind a byte order mark", "\xEF\xBB\xBF#!/bin/sh\n", Fault::kExecutable},
           {"shortcut", "L\0\0\0\1\x14\2\0"s, Fault::kExecutable},
           {"WebAssembly", "\0asm\1"s, Fault::kExecutable},
           {"macros", with({"word/vbaProject.bin", "Sub AutoOpen"}), Fault::kExecutable},
           {"a program in an office file", with({"word/embeddings/a.EXE", "MZ"}), Fault::kExecutable},
           {"text", "Hello", Fault::kType},
           {"a page", "<html><script>alert(1)</script></html>", Fault::kType},
           {"GIF", "GIF89a", Fault::kType},
           {"an archive that is no office file", Zip({{"a.txt", "a"}}), Fault::kType},
           {"two office files in one", Zip(both), Fault::kType},
           {"ratio", with({"word/media/a.bmp", blanks}), Fault::kBomb},
           {"nested", with({"word/a.zip", "PK"}), Fault::kBomb},
           {"a size that is a lie", with({"word/a.xml", std::string(4096, 'a'), true, 0, 100}), Fault::kBomb},
           {"entries that share their bytes", Zip({{"word/a.xml", "a"}, {"word/a.xml ", "a"}}, true), Fault::kDamaged},
           {"encrypted", with({"word/a.xml", "a", true, 1}), Fault::kDamaged},
           {"path upwards", with({"word/../../a", "a"}), Fault::kDamaged},
           {"path from the root", with({"/etc/passwd", "a"}), Fault::kDamaged},
           {"path of Windows", with({"word\\a", "a"}), Fault::kDamaged},
           {"doubled name", with({"WORD/document.xml", "a"}), Fault::kDamaged},
           {"a size that is too large", with({"word/a.xml", "abc", true, 0, 100}), Fault::kDamaged},
           {"bytes behind the archive", TestDocx() + "x", Fault::kDamaged},
           {"JPEG without end", TestJpeg().substr(0, TestJpeg().size() - 2), Fault::kDamaged},
           {"JPEG without size", TestJpeg(1, 0, 0), Fault::kDamaged},
           {"JPEG of too many pixels", TestJpeg(1, 65'000, 65'000), Fault::kBomb},
           {"PNG of too many pixels", TestPng(60'000, 60'000), Fault::kBomb},
           {"PNG with a wrong checksum", wrong, Fault::kDamaged},
           {"PDF that goes on behind its end", TestPdf() + TestDocx(), Fault::kDamaged},
           {"PDF without end", "%PDF-1.7\n", Fault::kDamaged},
           {"WAV cut off", TestWav().substr(0, 40), Fault::kDamaged},
           {"WAV with an archive behind", TestWav() + TestDocx(), Fault::kDamaged},
           {"AMR cut off", TestAmr().substr(0, 20), Fault::kDamaged},
           {"AMR without a frame", "#!AMR\n", Fault::kDamaged},
           {"MP4 with a gap", TestMp4() + "x", Fault::kDamaged},
           {"MP4 without film", TestMp4().substr(0, 20), Fault::kDamaged}}) {
    INFO(row.id);
    CHECK(Inspect(row.bytes).fault == row.fault);
  }
  Limits small;
  small.max_unpacked = 20;
  CHECK(Inspect(TestDocx(), small).fault == Fault::kBomb);
  small = Limits();
  small.max_entries = 1;
  CHECK(Inspect(TestDocx(), small).fault == Fault::kBomb);
  // Overlap: a second entry whose own head lies within the first one's bytes.
  const std::string inner = Zip({{"word/b.xml", std::string(64, 'b'), false}});
  std::vector<ZipEntry> entries = DocxEntries();
  entries.push_back({"word/a.xml", inner, false});
  std::string overlap = Zip(entries);
  const std::size_t inside = overlap.find("word/b.xml") - 30;
  std::string entry = inner.substr(inner.find("PK\1\2"), 46 + 10);
  entry.replace(42, 4, Little(inside, 4));
  const std::size_t end = overlap.rfind("PK\5\6");
  overlap.insert(end, entry);
  overlap.replace(end + entry.size() + 8, 4, Little(4, 2) + Little(4, 2));
  CHECK(Inspect(overlap).fault == Fault::kBomb);
}

TEST_CASE("the place where a file was made does not leave with it", "[INT-16]") {
  for (const Type type : {Type::kJpeg, Type::kPng, Type::kMp4}) {
    INFO(ExtensionOf(type));
    const std::string given = type == Type::kJpeg ? TestJpeg() : type == Type::kPng ? TestPng() : TestMp4();
    REQUIRE(Holds(given, "39.0917"));
    const auto stored = WithoutLocation(type, given);
    REQUIRE_OK(stored);
    CHECK_FALSE(Holds(*stored, "39.0917"));
    CHECK_FALSE(Holds(*stored, "39,5.5N"));
    CHECK_FALSE(Holds(*stored, "GPS"));
    CHECK(Inspect(*stored).type == type);
    CHECK(Inspect(*stored).fault == Fault::kNone);
    // What is clean stays as it is.
    CHECK(testing::Must(WithoutLocation(type, *stored)) == *stored);
  }
  const std::string jpeg = testing::Must(WithoutLocation(Type::kJpeg, TestJpeg(6)));
  CHECK(Holds(jpeg, std::string("\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06", 10)));
  CHECK_FALSE(Holds(testing::Must(WithoutLocation(Type::kJpeg, TestJpeg(1))), "Exif"));
  CHECK_FALSE(Holds(jpeg, "city"));
  CHECK(Holds(jpeg, "JFIF"));
  // What hides behind the end of an image goes, too.
  CHECK(testing::Must(WithoutLocation(Type::kJpeg, TestJpeg(6) + TestDocx())) == jpeg);
  CHECK(testing::Must(WithoutLocation(Type::kPng, TestPng() + "MZ")) ==
        testing::Must(WithoutLocation(Type::kPng, TestPng())));
  // No offset into a film moves.
  CHECK(testing::Must(WithoutLocation(Type::kMp4, TestMp4())).size() == TestMp4().size());
  CHECK(Holds(testing::Must(WithoutLocation(Type::kMp4, TestMp4())), "vide"));
  CHECK(testing::Must(WithoutLocation(Type::kDocx, TestDocx())) == TestDocx());
  CHECK_FALSE(WithoutLocation(Type::kJpeg, "\xFF\xD8\xFF").ok());
  CHECK_FALSE(WithoutLocation(Type::kPng, "\x89PNG\r\n\x1A\n").ok());
}

// What is cut off or changed at any place may be taken or refused, but never read beyond its end: the sanitizers watch.
TEST_CASE("no broken file leads out of its bytes", "[INT-16]") {
  for (const Sample& sample : Samples()) {
    for (std::size_t size = 0; size <= sample.bytes.size(); ++size) {
      // A copy of exactly this size, so that a read beyond it is seen.
      const std::vector<char> cut(sample.bytes.begin(), sample.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      const std::string_view bytes(cut.data(), cut.size());
      const Inspection inspection = Inspect(bytes);
      if (inspection.fault == Fault::kNone) CHECK_OK(WithoutLocation(inspection.type, std::string(bytes)));
    }
    for (std::size_t at = 0; at < sample.bytes.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0x7F, 0xFF}) {
        std::string bytes = sample.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        const Inspection inspection = Inspect(bytes);
        const auto stored = WithoutLocation(sample.type, bytes);
        if (inspection.fault == Fault::kNone && inspection.type == sample.type) CHECK_OK(stored);
      }
    }
  }
}

TEST_CASE("a file's name is a name, not a way", "[INT-16]") {
  for (const std::string good : {"合同.pdf", "a.jpg", "报价 2026-03.xlsx", ".hidden.png", "a..b.pdf"}) {
    INFO(good);
    CHECK(IsFileName(good, 20));
  }
  for (const std::string bad :
       {"", "../../a", "a/b.pdf", "a\\b.pdf", "C:a.pdf", "a\n.pdf", "a\x01.pdf", "..", ".", " a.pdf", "a.pdf ",
        "\u202Egpj.exe", "CON", "nul.pdf", "com1.pdf", "a\xFF.pdf", "abcdefghijklmnopqrstu"}) {
    INFO(bad);
    CHECK_FALSE(IsFileName(bad, 20));
  }
  CHECK_FALSE(IsFileName(std::string("a\0.pdf", 6), 20));
  CHECK(NameFor("a.jpg", Type::kJpeg) == "a.jpg");
  CHECK(NameFor("a.JPEG", Type::kJpeg) == "a.JPEG");
  CHECK(NameFor("a.jpg", Type::kPng) == "a.jpg.png");
}

}  // namespace
}  // namespace jinqi::media
