// What the disk does to the ledger: every answer after a sync, a full disk loses nothing (contract 8, 12).
#include <sqlite3.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>

#include "common/ledger/test_fixture.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

// SQLite's own file layer, watched: whether the log has writes that are not synced, and a disk that can be full.
class WatchedDisk {
 public:
  static WatchedDisk& Get() {
    static auto* const kDisk = new WatchedDisk();
    return *kDisk;
  }

  std::atomic<bool> full = false;
  std::atomic<bool> unsynced = false;
  std::atomic<int> syncs = 0;

 private:
  WatchedDisk() {
    real_ = sqlite3_vfs_find(nullptr);
    watched_ = *real_;
    watched_.zName = "watched";
    watched_.xOpen = [](sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
      const int code = Get().real_->xOpen(Get().real_, name, file, flags, out);
      if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) Get().Watch(file);
      return code;
    };
    sqlite3_vfs_register(&watched_, 1);
  }

  void Watch(sqlite3_file* file) {
    if (file->pMethods == &methods_) return;
    real_methods_ = file->pMethods;
    methods_ = *file->pMethods;
    methods_.xWrite = [](sqlite3_file* to, const void* data, int size, sqlite3_int64 at) {
      if (Get().full) return SQLITE_FULL;
      Get().unsynced = true;
      return Get().real_methods_->xWrite(to, data, size, at);
    };
    methods_.xSync = [](sqlite3_file* to, int flags) {
      const int code = Get().real_methods_->xSync(to, flags);
      Get().unsynced = false;
      ++Get().syncs;
      return code;
    };
    file->pMethods = &methods_;
  }

  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs watched_{};
  const sqlite3_io_methods* real_methods_ = nullptr;
  sqlite3_io_methods methods_{};
};

TEST_CASE("nobody is answered between the last write and its sync", "[NFR-03]") {
  WatchedDisk& disk = WatchedDisk::Get();
  Fixture fixture;
  auto ledger = fixture.Open();
  for (int i = 0; i < 20; ++i) {
    const int syncs_before = disk.syncs;
    bool unsynced = true;
    int syncs = 0;
    Waiter<Answer> waiter;
    ledger->Submit(Count("r" + std::to_string(i), "a"), [&, done = waiter.Done()](absl::StatusOr<Answer> answer) {
      unsynced = disk.unsynced;
      syncs = disk.syncs;
      done(std::move(answer));
    });
    CHECK(waiter.Wait().ok());
    CHECK_FALSE(unsynced);
    CHECK(syncs > syncs_before);
  }
}

TEST_CASE("a full disk is told, loses nothing, and passes", "[NFR-03]") {
  WatchedDisk& disk = WatchedDisk::Get();
  Fixture fixture;
  {
    auto ledger = fixture.Open();
    REQUIRE(ledger->Run(Count("r1", "a")).ok());
    disk.full = true;
    const auto refused = ledger->Run(Count("r2", "a"));
    CHECK(ReasonOf(refused.status()) == config::v1::REASON_STORAGE_FULL);
    CHECK(absl::IsUnavailable(refused.status()));
    CHECK(ledger->reader().Get("120000", NoteKey("a"))->value().version == 1);
    disk.full = false;
    const auto answer = ledger->Run(Count("r2", "a"));
    REQUIRE(answer.ok());
    CHECK(answer->bytes == "2");
    CHECK_FALSE(answer->replayed);
  }
  const auto verified = Verify(fixture.options.database, {NoteKind()}, {}, nullptr);
  REQUIRE(verified.ok());
  CHECK(verified->findings.empty());
  CHECK(verified->rows == 2);
}

}  // namespace
}  // namespace jinqi::ledger
