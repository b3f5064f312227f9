// The register's CSV sorted and cut.
#include "cli/register_staging.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "cli/demo_order.h"
#include "common/status/status.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "jinqi/intake/v1/enterprise_import_service.pb.h"

namespace jinqi::cli {
namespace {

using intake::v1::ImportEnterprisesRequest;

std::string Code(int n) { return SyntheticUscc("120116", "staging-" + std::to_string(n), false); }

// A file in a folder of its own, and what becomes of it.
class Staging {
 public:
  explicit Staging(const std::string& text, std::size_t memory = std::size_t{64} << 20) {
    testing::WriteFile(options_.input = folder_.File("register.csv"), text);
    options_.directory = folder_.File("state");
    options_.memory = memory;
  }
  absl::StatusOr<Staged> Run() { return StageRegister(options_); }
  std::vector<ImportEnterprisesRequest> Chunks(const Staged& staged) {
    std::vector<ImportEnterprisesRequest> chunks;
    ChunkReader reader(staged.path);
    while (true) {
      const auto bytes = testing::Must(reader.Next());
      if (!bytes.has_value()) return chunks;
      chunks.emplace_back();
      REQUIRE(chunks.back().ParseFromString(*bytes));
    }
  }
  const StageOptions& options() const { return options_; }
  void Rewrite(const std::string& text) { testing::WriteFile(options_.input, text); }

 private:
  testing::TempDir folder_;
  StageOptions options_;
};

std::vector<std::int64_t> Numbers(const std::vector<ImportEnterprisesRequest>& chunks) {
  std::vector<std::int64_t> numbers;
  for (const auto& chunk : chunks) {
    for (const auto& row : chunk.rows()) numbers.push_back(row.row());
  }
  return numbers;
}

TEST_CASE("rows come sorted by code in chunks, each code once, whatever the memory", "[INT-05]") {
  constexpr int kRows = 3000;
  std::string text = "\xEF\xBB\xBFuscc,enterprise_name,district_code,service_area\n";
  std::set<std::string> codes;
  for (int n = 0; n < kRows; ++n) {
    // Every tenth row says again what the one before it said.
    const std::string code = Code(n % 10 == 9 ? n - 1 : n);
    codes.insert(code);
    text += code + ",\"名称, 第" + std::to_string(n + 1) + "个\",120116," +
            (n % 3 == 0 ? "A" + std::to_string(n) : "") + "\n";
  }
  // Small enough for many runs, and large enough for one.
  for (const std::size_t memory : {std::size_t{20'000}, std::size_t{64} << 20}) {
    Staging staging(text, memory);
    const auto staged = staging.Run();
    REQUIRE_OK(staged);
    CHECK(staged->rows == kRows);
    const auto chunks = staging.Chunks(*staged);
    CHECK(staged->chunks == static_cast<int>(chunks.size()));
    std::string last;
    std::size_t rows = 0;
    std::size_t replaced = 0;
    for (const auto& chunk : chunks) {
      std::set<std::string> areas;
      for (const auto& row : chunk.rows()) {
        CHECK(last < row.uscc());
        last = row.uscc();
        ++rows;
        for (const std::int64_t before : row.replaced_rows()) {
          ++replaced;
          // The last row of a code counts.
          CHECK(before == row.row() - 1);
          CHECK(row.row() % 10 == 0);
        }
        if (!row.service_area().empty()) areas.insert(row.service_area());
        CHECK(row.enterprise_name() == "名称, 第" + std::to_string(row.row()) + "个");
      }
      const std::size_t names = static_cast<std::size_t>(chunk.rows_size()) + areas.size();
      CHECK(names <= kChunkNames);
      if (&chunk != &chunks.back()) CHECK(names >= kChunkNames - 1);
    }
    CHECK(rows == codes.size());
    CHECK(replaced == kRows / 10);
    // Nothing is left beside the chunks and their mark.
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(staging.options().directory)) {
      files.insert(entry.path().filename());
    }
    CHECK(files == std::set<std::string>{"chunks", "chunks.mark"});
  }
}

TEST_CASE("what is no code stays a row of its own, after all others", "[INT-05]") {
  Staging staging("名称,统一社会信用代码,行政区划代码\n甲," + Code(1) +
                  ",120116\n乙,,120116\n丙,,120116\n丁,123,120116\n戊,123,1\n");
  const auto staged = staging.Run();
  REQUIRE_OK(staged);
  const auto chunks = staging.Chunks(*staged);
  CHECK(Numbers(chunks) == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  CHECK(chunks[0].rows(0).enterprise_name() == "甲");
  CHECK(chunks[0].rows(4).uscc() == "123");
  CHECK(chunks[0].rows(4).replaced_rows().empty());
}

TEST_CASE("codes are compared in their normal form", "[INT-05]") {
  Staging staging("uscc,enterprise_name,district_code\n91120116ma051k2p9x,甲,120116\n９1120116MA051K2P9X,乙,120116\n");
  const auto chunks = staging.Chunks(testing::Must(staging.Run()));
  REQUIRE(Numbers(chunks) == std::vector<std::int64_t>{2});
  CHECK(chunks[0].rows(0).uscc() == "91120116MA051K2P9X");
  CHECK(chunks[0].rows(0).replaced_rows(0) == 1);
}

TEST_CASE("a file without its columns is refused at once, with their names", "[INT-05]") {
  Staging staging("uscc,name\n");
  const auto refused = staging.Run();
  CHECK(ReasonOf(refused.status()) == config::v1::REASON_IMPORT_COLUMNS);
  CHECK(MetadataOf(refused.status()) == Metadata{{"columns", "enterprise_name、district_code"}});
  CHECK(absl::IsInvalidArgument(Staging("").Run().status()));
  CHECK(absl::IsInvalidArgument(Staging("\xCD\xB3\xD2\xBB,x\n").Run().status()));
  CHECK(absl::IsInvalidArgument(
      Staging("uscc,enterprise_name,district_code\n" + Code(1) + ",\"" + std::string(70'000, 'x')).Run().status()));
  CHECK(absl::IsNotFound(StageRegister({"/no/such/file", "/tmp", 1}).status()));
  const auto none = Staging("uscc,enterprise_name,district_code\n").Run();
  REQUIRE_OK(none);
  CHECK(none->rows == 0);
  CHECK(none->chunks == 0);
}

TEST_CASE("what was sorted before is taken as it stands, unless the file is another", "[INT-05]") {
  const std::string text = "uscc,enterprise_name,district_code\n" + Code(1) + ",甲,120116\n";
  Staging staging(text);
  const Staged first = testing::Must(staging.Run());
  const auto written = std::filesystem::last_write_time(first.path);
  const Staged again = testing::Must(staging.Run());
  CHECK(again.digest == first.digest);
  CHECK(again.rows == 1);
  CHECK(again.chunks == 1);
  CHECK(std::filesystem::last_write_time(first.path) == written);
  staging.Rewrite(text + Code(2) + ",乙,120116\n");
  const Staged other = testing::Must(staging.Run());
  CHECK(other.digest != first.digest);
  CHECK(other.rows == 2);
  // A file that breaks off is no end.
  std::filesystem::resize_file(other.path, std::filesystem::file_size(other.path) - 1);
  ChunkReader reader(other.path);
  CHECK(absl::IsDataLoss(reader.Next().status()));
}

}  // namespace
}  // namespace jinqi::cli
