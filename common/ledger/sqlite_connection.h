// One SQLite connection with its prepared statements, and a pool of them for reads.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/ledger/sql.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

// What sqlite3 says as a status: UNAVAILABLE (busy, locked, I/O, cannot open), REASON_STORAGE_FULL, ALREADY_EXISTS (a
// constraint), INTERNAL.
absl::Status SqliteError(sqlite3* connection, int code, std::string_view doing);

// A prepared statement in use: bind in order, step, read. Texts and blobs that are bound must live until it ends.
class Statement {
 public:
  // `owned`: it is finalised at the end, and not only reset.
  Statement(sqlite3* connection, sqlite3_stmt* statement, bool owned)
      : connection_(connection), statement_(statement), owned_(owned) {}
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), statement_(other.statement_), owned_(other.owned_) {
    other.statement_ = nullptr;
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& Text(std::string_view value);
  Statement& Blob(std::string_view value);
  Statement& Number(std::int64_t value);
  Statement& Null();
  Statement& Any(const Value& value, ColumnType type);

  // True: there is a row to read.
  absl::StatusOr<bool> Step();
  // To its end; the number of rows that it changed.
  absl::StatusOr<std::int64_t> Run();
  // Ready for the next values.
  void Reset();

  std::int64_t NumberAt(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string BytesAt(int column) const;
  Value ValueAt(int column, ColumnType type) const;

 private:
  sqlite3* const connection_;
  sqlite3_stmt* statement_;
  const bool owned_;
  int bound_ = 0;
};

struct SqlitePlace {
  std::string path;
  // What `PRAGMA synchronous` is set to.
  std::string synchronous = "FULL";
};

class SqliteConnection {
 public:
  enum class Mode { kWrite, kRead };
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const SqlitePlace& place, Mode mode);
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection();

  // From the cache while that has room. One use of a text at a time.
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // A question with its parameters.
  absl::StatusOr<Statement> Ask(const Sql& sql);
  // Any number of statements without parameters.
  absl::Status Execute(const char* sql);
  bool in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

 private:
  explicit SqliteConnection(sqlite3* connection) : connection_(connection) {}

  sqlite3* const connection_;
  absl::flat_hash_map<std::string, sqlite3_stmt*> statements_;
};

// Reads the columns of RecordColumns; tenant first.
absl::StatusOr<std::pair<std::string, Record>> RecordAt(const Statement& row, const std::string& kind);
absl::StatusOr<Rows> RowsOf(SqliteConnection& connection, const Kind& kind, const std::string& tenant,
                            const Query& query);

// Connections for reads. Thread-safe.
class SqlitePool {
 public:
  SqlitePool(SqlitePlace place, int size) : place_(std::move(place)), free_slots_(size) {}

  class Lease {
   public:
    Lease(SqlitePool* pool, std::unique_ptr<SqliteConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    SqliteConnection& operator*() const { return *connection_; }
    SqliteConnection* operator->() const { return connection_.get(); }

   private:
    SqlitePool* pool_;
    std::unique_ptr<SqliteConnection> connection_;
  };

  // Waits for a free one.
  absl::StatusOr<Lease> Take();

 private:
  void Return(std::unique_ptr<SqliteConnection> connection);

  const SqlitePlace place_;
  absl::Mutex mutex_;
  int free_slots_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<SqliteConnection>> idle_ ABSL_GUARDED_BY(mutex_);
};

// SQLite has one writer at a time: those of this process take turns in the order of their coming, as SQLite's own
// waiting is neither fair nor quick.
class Turns {
 public:
  void Enter() {
    absl::MutexLock lock(&mutex_);
    const std::uint64_t mine = next_++;
    const auto my_turn = [this, mine]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return serving_ == mine; };
    mutex_.Await(absl::Condition(&my_turn));
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    ++serving_;
  }

 private:
  absl::Mutex mutex_;
  std::uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t serving_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace jinqi::ledger
