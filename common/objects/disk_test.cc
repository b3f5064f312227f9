#include "common/objects/disk.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "common/testing/catch_status.h"
#include "common/testing/process.h"

namespace jinqi::objects {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> Files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

TEST_CASE("a folder keeps objects whole, in the place of what was there", "[INT-16]") {
  const testing::TempDir temp;
  DiskStore store(temp.path() / "objects");
  CHECK(absl::IsNotFound(store.Get("abc").status()));
  CHECK_OK(store.Remove("abc"));
  const std::string bytes("a\0b", 3);
  REQUIRE_OK(store.Put("abc", bytes));
  CHECK(testing::Must(store.Get("abc")) == bytes);
  REQUIRE_OK(store.Put("abc", ""));
  CHECK(testing::Must(store.Get("abc")).empty());
  // Another process, or this one after a restart, finds the same.
  CHECK_OK(DiskStore(temp.path() / "objects").Get("abc"));
  REQUIRE(Files(temp.path()).size() == 1);
  struct stat state = {};
  REQUIRE(stat(Files(temp.path()).front().c_str(), &state) == 0);
  CHECK((state.st_mode & 0777) == 0600);
  REQUIRE_OK(store.Remove("abc"));
  CHECK(Files(temp.path()).empty());
}

TEST_CASE("a name never leads out of the folder", "[INT-16]") {
  const testing::TempDir temp;
  DiskStore store(temp.path() / "objects");
  for (const std::string name : {"", "ab", "../x", "a/b", ".hidden", "a b", "中文名", "a\nb"}) {
    INFO(name);
    CHECK(absl::IsInvalidArgument(store.Put(name, "x")));
    CHECK(absl::IsInvalidArgument(store.Get(name).status()));
    CHECK(absl::IsInvalidArgument(store.Remove(name)));
  }
  CHECK(absl::IsInvalidArgument(store.Put(std::string(201, 'a'), "x")));
  CHECK_OK(store.Put(std::string(200, 'a'), "x"));
}

TEST_CASE("writers of one object leave one of their contents", "[INT-16]") {
  const testing::TempDir temp;
  DiskStore store(temp.path() / "objects");
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back(
        [&store, i] { CHECK_OK(store.Put("same", std::string(100'000, static_cast<char>('a' + i)))); });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string kept = testing::Must(store.Get("same"));
  CHECK(kept == std::string(100'000, kept.front()));
  CHECK(Files(temp.path()).size() == 1);
}

TEST_CASE("a folder that cannot be written says so, and what was cut off is removed", "[INT-16]") {
  const testing::TempDir temp;
  testing::WriteFile(temp.File("file"), "no folder");
  CHECK(absl::IsUnavailable(DiskStore(temp.path() / "file").Put("abc", "x")));
  DiskStore store(temp.path() / "objects");
  CHECK(testing::Must(store.RemoveUnfinished(std::chrono::seconds(0))) == 0);
  REQUIRE_OK(store.Put("abc", "x"));
  const fs::path cut_off = Files(temp.path() / "objects").front().parent_path() / ".new-abc123";
  testing::WriteFile(cut_off, "half");
  CHECK(testing::Must(store.RemoveUnfinished(std::chrono::seconds(3600))) == 0);
  CHECK(fs::exists(cut_off));
  CHECK(testing::Must(store.RemoveUnfinished(std::chrono::seconds(0))) == 1);
  CHECK_FALSE(fs::exists(cut_off));
  CHECK_OK(store.Get("abc"));
}

}  // namespace
}  // namespace jinqi::objects
