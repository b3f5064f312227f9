#include "common/ledger/sqlite.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/ledger/migrate.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr char kSynchronous[] = "?synchronous=";
// `PRAGMA synchronous`: 0 OFF, 1 NORMAL, 2 FULL, 3 EXTRA.
constexpr std::int64_t kFull = 2;

Micros SystemNow() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A lock on a file that ends with the process.
class FileLock {
 public:
  FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (file_ >= 0) close(file_);
  }

  // False: another holds it.
  absl::StatusOr<bool> Take(const std::string& path) {
    file_ = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) return absl::UnavailableError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
    if (flock(file_, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    return absl::UnavailableError(absl::StrCat("cannot lock ", path, ": ", std::strerror(errno)));
  }

 private:
  int file_ = -1;
};

class RowCells final : public Cells {
 public:
  explicit RowCells(const Statement& row) : row_(row) {}
  std::string Bytes(int column) const override { return row_.BytesAt(column); }
  std::int64_t Number(int column) const override { return row_.NumberAt(column); }

 private:
  const Statement& row_;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(SqlitePlace place, KindMap kinds, const Options& options)
      : place_(std::move(place)),
        kinds_(std::move(kinds)),
        partitions_(options.partitions),
        pool_(place_, std::max(options.readers, 1)) {
    reader_ = NewSqliteReader(&pool_, &kinds_);
  }

  // Maintenance and scans have a connection of their own.
  absl::Status Connect() {
    ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(place_, SqliteConnection::Mode::kWrite));
    maintenance_ = NewSqliteMaintenance(std::move(connection), &turns_);
    return absl::OkStatus();
  }

  absl::Status CheckDurable() override {
    ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(place_, SqliteConnection::Mode::kWrite));
    ASSIGN_OR_RETURN(const std::string synchronous, Setting(*connection, "PRAGMA synchronous"));
    if (synchronous != std::to_string(kFull) && synchronous != std::to_string(kFull + 1)) {
      return Error(config::v1::REASON_NOT_DURABLE, {{"setting", "synchronous=" + synchronous}});
    }
    ASSIGN_OR_RETURN(const std::string journal, Setting(*connection, "PRAGMA journal_mode"));
    if (journal == "wal") return absl::OkStatus();
    return Error(config::v1::REASON_NOT_DURABLE, {{"setting", "journal_mode=" + journal}});
  }

  absl::Status Migrate(const std::map<std::string, std::string>& migrations) override {
    ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(place_, SqliteConnection::Mode::kWrite));
    turns_.Enter();
    absl::Status status = connection->Execute("BEGIN IMMEDIATE");
    if (status.ok()) status = MigrateWithin(*connection, migrations);
    if (status.ok()) status = SetPartitions(*connection, partitions_);
    if (status.ok()) status = connection->Execute("COMMIT");
    if (!status.ok() && connection->in_transaction()) connection->Execute("ROLLBACK").IgnoreError();
    turns_.Leave();
    return status;
  }

  absl::Status ClaimWriter(const std::string& writer) override {
    std::string name = writer;
    std::replace(name.begin(), name.end(), '/', '_');
    ASSIGN_OR_RETURN(const bool mine, lock_.Take(absl::StrCat(place_.path, ".", name, ".lock")));
    if (mine) return absl::OkStatus();
    return Error(config::v1::REASON_WRITER_IN_USE, {{"writer", writer}});
  }

  absl::StatusOr<std::unique_ptr<Driver>> NewDriver() override {
    ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(place_, SqliteConnection::Mode::kWrite));
    return NewSqliteDriver(std::move(connection), &kinds_, &turns_);
  }

  Reader& reader() override { return *reader_; }
  Maintenance& maintenance() override { return *maintenance_; }

  absl::Status ScanRecords(
      const Kind& kind,
      const std::function<absl::Status(const std::string& tenant, const Record&, const IndexRow&)>& visit) override {
    return Scan(ScanSql(kind, Dialect::kSqlite).text, [&](const Statement& row) -> absl::Status {
      ASSIGN_OR_RETURN(const auto read, RecordAt(row, kind.name));
      int column = kRecordColumns;
      IndexRow index;
      index.due = row.ValueAt(column++, ColumnType::kInteger);
      for (const Column& indexed : kind.columns) index.columns.push_back(row.ValueAt(column++, indexed.type));
      for (std::size_t i = 0; i < kind.sides.size(); ++i) index.sides.push_back(row.BytesAt(column++));
      return visit(read.first, read.second, index);
    });
  }

  absl::Status ScanHistory(const std::function<absl::Status(const HistoryRow&)>& visit) override {
    return Scan(absl::StrCat("SELECT ", kHistoryColumns, " FROM history ORDER BY tenant, kind, id, sequence"),
                [&visit](const Statement& row) { return visit(HistoryAt(row)); });
  }

  absl::Status ScanHistoryByBlock(const std::function<absl::Status(const HistoryRow&)>& visit) override {
    return Scan(absl::StrCat("SELECT ", kHistoryColumns, " FROM history ORDER BY writer, block, place"),
                [&visit](const Statement& row) { return visit(HistoryAt(row)); });
  }

  absl::Status ScanBlocks(const std::function<absl::Status(const BlockRow&)>& visit) override {
    return Scan(absl::StrCat("SELECT ", kBlockColumns, " FROM block ORDER BY writer, sequence"),
                [&visit](const Statement& row) { return visit(BlockAt(row)); });
  }

  absl::Status ScanCells(const std::string& sql, const std::function<absl::Status(const Cells&)>& visit) override {
    return Scan(sql, [&visit](const Statement& row) { return visit(RowCells(row)); });
  }

 private:
  static absl::StatusOr<std::string> Setting(SqliteConnection& connection, const std::string& pragma) {
    ASSIGN_OR_RETURN(Statement statement, connection.Prepare(pragma));
    RETURN_IF_ERROR(statement.Step().status());
    return statement.BytesAt(0);
  }

  static absl::Status MigrateWithin(SqliteConnection& connection,
                                    const std::map<std::string, std::string>& migrations) {
    RETURN_IF_ERROR(connection.Execute(kSchemaVersionTable));
    std::vector<Applied> applied;
    {
      ASSIGN_OR_RETURN(Statement find, connection.Prepare("SELECT version, name, checksum FROM schema_version"));
      while (true) {
        ASSIGN_OR_RETURN(const bool more, find.Step());
        if (!more) break;
        applied.push_back({find.BytesAt(0), find.BytesAt(1), find.BytesAt(2)});
      }
    }
    ASSIGN_OR_RETURN(const auto plan, PlanMigrations(migrations, applied));
    for (const Migration& migration : plan) {
      RETURN_IF_ERROR(connection.Execute(migration.sql.c_str()));
      ASSIGN_OR_RETURN(Statement note, connection.Prepare("INSERT INTO schema_version VALUES (?, ?, ?, ?)"));
      note.Text(migration.row.version).Text(migration.row.name).Text(migration.row.checksum).Number(SystemNow());
      RETURN_IF_ERROR(note.Run().status());
    }
    return absl::OkStatus();
  }

  static absl::Status SetPartitions(SqliteConnection& connection, int partitions) {
    std::int64_t count = 0;
    {
      ASSIGN_OR_RETURN(Statement stored,
                       connection.Prepare("SELECT count(*), coalesce(max(last), 0) FROM outbox_partition"));
      RETURN_IF_ERROR(stored.Step().status());
      count = stored.NumberAt(0);
      RETURN_IF_ERROR(CheckPartitions(partitions, count, stored.NumberAt(1)));
    }
    if (count == partitions) return absl::OkStatus();
    RETURN_IF_ERROR(connection.Execute("DELETE FROM outbox_partition"));
    ASSIGN_OR_RETURN(Statement insert, connection.Prepare("INSERT INTO outbox_partition VALUES (?, 0, 0)"));
    for (int partition = 0; partition < partitions; ++partition) {
      RETURN_IF_ERROR(insert.Number(partition).Run().status());
      insert.Reset();
    }
    return absl::OkStatus();
  }

  absl::Status Scan(const std::string& sql, const std::function<absl::Status(const Statement&)>& visit) {
    ASSIGN_OR_RETURN(auto connection, SqliteConnection::Open(place_, SqliteConnection::Mode::kRead));
    ASSIGN_OR_RETURN(Statement statement, connection->Prepare(sql));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, statement.Step());
      if (!more) return absl::OkStatus();
      RETURN_IF_ERROR(visit(statement));
    }
  }

  const SqlitePlace place_;
  const KindMap kinds_;
  const int partitions_;
  Turns turns_;
  SqlitePool pool_;
  FileLock lock_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Maintenance> maintenance_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path, const std::vector<Kind>& kinds,
                                                     const Options& options) {
  SqlitePlace place;
  const std::size_t setting = path.find(kSynchronous);
  place.path = path.substr(0, setting);
  if (setting != std::string::npos) place.synchronous = path.substr(setting + sizeof(kSynchronous) - 1);
  const bool word = std::all_of(place.synchronous.begin(), place.synchronous.end(),
                                [](unsigned char c) { return std::isalnum(c) != 0; });
  if (place.path.empty() || !word) return absl::InvalidArgumentError("no path of a SQLite database: " + path);
  KindMap by_name;
  for (const Kind& kind : kinds) by_name.emplace(kind.name, kind);
  auto database = std::make_unique<SqliteDatabase>(std::move(place), std::move(by_name), options);
  RETURN_IF_ERROR(database->Connect());
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace jinqi::ledger
