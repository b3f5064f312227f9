// Point 8 of the contract: between the last write of a commit and its answer stands a sync.
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/ledger/conformance.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"

namespace jinqi::ledger::conformance {
namespace {

// What SQLite does to its write-ahead log. SQLite's callbacks know no object: there is one of these.
struct LogWatch {
  std::atomic<int> writes = 0;
  std::atomic<int> syncs = 0;
  std::atomic<bool> unsynced = false;
};
LogWatch& Watch() {
  static LogWatch watch;
  return watch;
}

struct WatchedMethods {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods watched{};
};
WatchedMethods& Methods() {
  static WatchedMethods methods;
  return methods;
}

int WatchedWrite(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  ++Watch().writes;
  Watch().unsynced = true;
  return Methods().real->xWrite(file, data, size, offset);
}

int WatchedSync(sqlite3_file* file, int flags) {
  const int result = Methods().real->xSync(file, flags);
  ++Watch().syncs;
  Watch().unsynced = false;
  return result;
}

// The unix file system, with the write and the sync of write-ahead logs watched.
int OpenWatched(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* real = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int result = real->xOpen(real, name, file, flags, out_flags);
  if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return result;
  Methods().real = file->pMethods;
  Methods().watched = *file->pMethods;
  Methods().watched.xWrite = WatchedWrite;
  Methods().watched.xSync = WatchedSync;
  file->pMethods = &Methods().watched;
  return result;
}

class WatchedFileSystem {
 public:
  WatchedFileSystem() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    // Its functions take the real one's data from the object that they are called with.
    vfs_.pAppData = real_;
    vfs_.zName = "watched";
    vfs_.xOpen = OpenWatched;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
      return Real(vfs)->xDelete(Real(vfs), name, sync);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* result) {
      return Real(vfs)->xAccess(Real(vfs), name, flags, result);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* result) {
      return Real(vfs)->xFullPathname(Real(vfs), name, size, result);
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~WatchedFileSystem() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }

 private:
  static sqlite3_vfs* Real(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;
};

TEST_CASE("SQLite syncs its log between the last write of a commit and the answer", "[ledger-8]") {
  const WatchedFileSystem watched;
  const TestDatabase database(Backend::kSqlite);
  Bench bench(database);
  for (int i = 0; i < 50; ++i) {
    int writes_before = 0;
    int syncs_before = 0;
    Command command = AddTo("x", 1);
    command.decide = [&, inner = command.decide](const View& view) {
      writes_before = Watch().writes;
      syncs_before = Watch().syncs;
      return inner(view);
    };
    bool written = false;
    bool synced = false;
    absl::Notification done;
    bench.ledger().Submit(command, [&](const absl::StatusOr<Answer>& answer) {
      written = answer.ok() && Watch().writes > writes_before;
      synced = Watch().syncs > syncs_before && !Watch().unsynced;
      done.Notify();
    });
    done.WaitForNotification();
    CHECK(written);
    CHECK(synced);
  }
}

// 0/16B3748 as a number.
std::uint64_t Position(const std::string& text) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  char slash = 0;
  std::istringstream stream(text);
  stream >> std::hex >> high >> slash >> low;
  return high << 32 | low;
}

// The place in the log of each transaction's commit record.
std::map<std::string, std::uint64_t> CommitRecords(const testing::PostgresServer& server, const std::string& from,
                                                   const std::string& to) {
  const std::string program = testing::FindProgram("pg_waldump", {"/usr/lib/postgresql/15/bin"});
  const testing::RunResult dump = testing::RunProgram(
      {.argv = {program, "-p", server.data_folder() + "/pg_wal", "-s", from, "-e", to, "-r", "Transaction"}});
  std::map<std::string, std::uint64_t> commits;
  std::istringstream lines(dump.output);
  for (std::string line; std::getline(lines, line);) {
    const auto word_after = [&line](const std::string& label) {
      const std::size_t at = line.find(label);
      if (at == std::string::npos) return std::string();
      std::istringstream rest(line.substr(at + label.size()));
      std::string word;
      rest >> word;
      return word.substr(0, word.find(','));
    };
    if (line.find("desc: COMMIT") != std::string::npos) commits[word_after("tx:")] = Position(word_after("lsn:"));
  }
  return commits;
}

TEST_CASE("PostgreSQL has flushed the commit record before the answer", "[ledger-8]") {
  testing::PostgresServer server;
  const TestDatabase database(server.NewDatabase());
  Bench bench(database);
  const std::string from = database.Ask("SELECT pg_current_wal_insert_lsn()");
  std::vector<std::string> flushed(20);
  for (std::string& place : flushed) {
    absl::Notification done;
    bench.ledger().Submit(AddTo("x", 1), [&](const absl::StatusOr<Answer>& answer) {
      if (answer.ok()) place = database.Ask("SELECT pg_current_wal_flush_lsn()");
      done.Notify();
    });
    done.WaitForNotification();
  }
  const std::string to = database.Ask("SELECT pg_switch_wal()");
  const std::map<std::string, std::uint64_t> commits = CommitRecords(server, from, to);
  for (std::size_t i = 0; i < flushed.size(); ++i) {
    const std::string transaction = database.Ask(absl::StrCat("SELECT xmin FROM block WHERE sequence = ", i + 1));
    INFO("transaction " << transaction << " flushed at " << flushed[i]);
    REQUIRE(commits.contains(transaction));
    CHECK(Position(flushed[i]) > commits.at(transaction));
  }
}

}  // namespace
}  // namespace jinqi::ledger::conformance
