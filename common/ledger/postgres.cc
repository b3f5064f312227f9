// The PostgreSQL database: start checks, migrations, the claim of the writer id, scans.
#include <atomic>
#include <chrono>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/ledger/driver.h"
#include "common/ledger/migrate.h"
#include "common/ledger/postgres_driver.h"
#include "common/ledger/postgres_reader.h"
#include "common/ledger/postgres_rows.h"
#include "common/ledger/postgres_session.h"
#include "common/ledger/postgres_writes.h"
#include "common/ledger/sql.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace postgres {
namespace {

// Every look-up of the writer goes by an index, and its plan must be the same on an empty table and on a huge one.
// A process that stops in the middle of a batch does not hold the others up for ever.
constexpr char kWriterSettings[] =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
    "SET plan_cache_mode = force_generic_plan; SET jit = off; SET lock_timeout = '5s'; "
    "SET idle_in_transaction_session_timeout = '3s'";
// How long the session of a writer that has just died may take to end.
constexpr char kClaimSettings[] = "SET lock_timeout = '2s'";
constexpr char kScanSettings[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr int kScanRows = 1000;
// More than the longest statement of a batch may wait for a lock.
constexpr std::chrono::seconds kWriterSilence{20};
// The writer id $1 as a number; services in schemas of one database may have equal ids.
constexpr char kWriterNumber[] =
    "hashtextextended('jinqi writer ' || coalesce(current_schema(), '') || '/' || $1::text, 0)";

// Bytes decide the order, as in SQLite: pages, locks and batches of both databases agree on it.
std::string WithByteOrder(const std::string& sql) {
  static const auto& text = *new std::regex("\\bTEXT\\b");
  return std::regex_replace(sql, text, "TEXT COLLATE \"C\"");
}

std::string TypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger: return "bigint";
    case ColumnType::kText: return "text";
    case ColumnType::kBytes: return "bytea";
  }
  return "text";
}

Kinds ByName(const std::vector<Kind>& kinds) {
  Kinds map;
  for (const Kind& kind : kinds) map.emplace(kind.name, kind);
  return map;
}

class RowCells final : public Cells {
 public:
  RowCells(const PGresult* result, int row) : result_(result), row_(row) {}
  std::string Bytes(int column) const override { return TextAt(result_, row_, column); }
  std::int64_t Number(int column) const override { return IntAt(result_, row_, column); }

 private:
  const PGresult* const result_;
  const int row_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const std::string& uri, const std::vector<Kind>& kinds, const Options& options)
      : uri_(uri), options_(options), kinds_(ByName(kinds)), reader_(uri, kinds_, options.readers), maintenance_(uri) {}

  absl::Status CheckDurable() override;
  absl::Status Migrate(const std::map<std::string, std::string>& migrations) override;
  absl::Status ClaimWriter(const std::string& writer) override;
  absl::StatusOr<std::unique_ptr<Driver>> NewDriver() override;
  Reader& reader() override { return reader_; }
  Maintenance& maintenance() override { return maintenance_; }
  absl::Status ScanRecords(
      const Kind& kind,
      const std::function<absl::Status(const std::string&, const Record&, const IndexRow&)>& visit) override;
  absl::Status ScanHistory(const std::function<absl::Status(const HistoryRow&)>& visit) override;
  absl::Status ScanHistoryByBlock(const std::function<absl::Status(const HistoryRow&)>& visit) override;
  absl::Status ScanBlocks(const std::function<absl::Status(const BlockRow&)>& visit) override;
  absl::Status ScanCells(const std::string& sql, const std::function<absl::Status(const Cells&)>& visit) override;

 private:
  using RowVisit = std::function<absl::Status(const PGresult* result, int row)>;

  absl::Status ApplyMissing(Session& session, const std::map<std::string, std::string>& migrations);
  absl::Status SetPartitions(Session& session) const;
  absl::Status CheckKind(Session& session, const Kind& kind) const;
  absl::Status EnsureClaim();
  absl::Status EndEarlierSessions(Session& session) const;
  // All scans of this object see the database at one moment: that of the first.
  absl::Status Scan(const std::string& sql, const RowVisit& visit);
  absl::StatusOr<Result> ScanQuery(const std::string& sql);

  const std::string uri_;
  const Options options_;
  const Kinds kinds_;
  PostgresReader reader_;
  PostgresMaintenance maintenance_;
  // Holds the advisory lock on the writer id; null before ClaimWriter.
  std::unique_ptr<Session> claim_;
  std::string claimed_;
  absl::Mutex scan_mutex_;
  std::unique_ptr<Session> scan_ ABSL_GUARDED_BY(scan_mutex_);
  std::atomic<int> cursors_ = 0;
};

absl::Status PostgresDatabase::CheckDurable() {
  ASSIGN_OR_RETURN(const auto session, Session::Open(uri_, "jinqi start", ""));
  for (const std::string setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
    ASSIGN_OR_RETURN(const Result result, session->Query({"SHOW " + setting}));
    const std::string value = TextAt(result.get(), 0, 0);
    if (value == "off") return Error(config::v1::REASON_NOT_DURABLE, {{"setting", absl::StrCat(setting, "=", value)}});
  }
  return absl::OkStatus();
}

absl::Status PostgresDatabase::Migrate(const std::map<std::string, std::string>& migrations) {
  ASSIGN_OR_RETURN(const auto session, Session::Open(uri_, "jinqi start", ""));
  // Several processes may start on a new database at once. The lock ends with the session.
  RETURN_IF_ERROR(session->Query({"SELECT pg_advisory_lock(hashtextextended('jinqi migrate', 0))"}).status());
  RETURN_IF_ERROR(ApplyMissing(*session, migrations));
  RETURN_IF_ERROR(SetPartitions(*session));
  for (const auto& [name, kind] : kinds_) RETURN_IF_ERROR(CheckKind(*session, kind));
  return absl::OkStatus();
}

absl::Status PostgresDatabase::SetPartitions(Session& session) const {
  ASSIGN_OR_RETURN(const Result stored,
                   session.Query({"SELECT count(*), coalesce(max(last), 0)::int8 FROM outbox_partition"}));
  const std::int64_t count = IntAt(stored.get(), 0, 0);
  RETURN_IF_ERROR(CheckPartitions(options_.partitions, count, IntAt(stored.get(), 0, 1)));
  if (count == options_.partitions) return absl::OkStatus();
  RETURN_IF_ERROR(session.Query({"DELETE FROM outbox_partition"}).status());
  Statement partitions{
      "INSERT INTO outbox_partition (partition, last, passed) SELECT n, 0, 0 FROM generate_series(0, $1::int8 - 1) AS "
      "n"};
  partitions.parameters.Add(std::int64_t{options_.partitions});
  return session.Query(partitions).status();
}

absl::Status PostgresDatabase::ApplyMissing(Session& session, const std::map<std::string, std::string>& migrations) {
  RETURN_IF_ERROR(session.Script(kSchemaVersionTable));
  ASSIGN_OR_RETURN(const Result result, session.Query({"SELECT version, name, checksum FROM schema_version"}));
  std::vector<Applied> applied;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    applied.push_back({TextAt(result.get(), row, 0), TextAt(result.get(), row, 1), TextAt(result.get(), row, 2)});
  }
  ASSIGN_OR_RETURN(const std::vector<Migration> plan, PlanMigrations(migrations, applied));
  for (const Migration& migration : plan) {
    RETURN_IF_ERROR(session.Script("BEGIN"));
    RETURN_IF_ERROR(session.Script(WithByteOrder(migration.sql)));
    Statement note{
        "INSERT INTO schema_version (version, name, checksum, time) VALUES ($1::text, $2::text, $3::text, "
        "(extract(epoch FROM clock_timestamp()) * 1000000)::int8)"};
    note.parameters.Add(std::string_view(migration.row.version))
        .Add(std::string_view(migration.row.name))
        .Add(std::string_view(migration.row.checksum));
    RETURN_IF_ERROR(session.Query(note).status());
    RETURN_IF_ERROR(session.Script("COMMIT"));
  }
  return absl::OkStatus();
}

absl::Status PostgresDatabase::CheckKind(Session& session, const Kind& kind) const {
  Statement statement{
      "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = to_regclass($1::text) "
      "AND attnum > 0 AND NOT attisdropped"};
  statement.parameters.Add(std::string_view(Quoted(kind.name)));
  ASSIGN_OR_RETURN(const Result result, session.Query(statement));
  std::set<std::pair<std::string, std::string>> columns;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    columns.emplace(TextAt(result.get(), row, 0), TextAt(result.get(), row, 1));
  }
  for (const Column& column : kind.columns) {
    if (columns.contains({column.name, TypeName(column.type)})) continue;
    return absl::InternalError(
        absl::StrCat("table ", kind.name, " must have a column ", column.name, " of type ", TypeName(column.type)));
  }
  return absl::OkStatus();
}

absl::Status PostgresDatabase::ClaimWriter(const std::string& writer) {
  claimed_ = writer;
  claim_.reset();
  return EnsureClaim();
}

absl::Status PostgresDatabase::EnsureClaim() {
  if (claimed_.empty()) return absl::OkStatus();
  // Asked, as a session that the server has ended looks alive until it is used.
  if (claim_ != nullptr && claim_->Query({"SELECT 1"}).ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(claim_, Session::Open(uri_, "jinqi claim", kClaimSettings));
  Statement statement{absl::StrCat("SELECT pg_advisory_lock(", kWriterNumber, ")")};
  statement.parameters.Add(std::string_view(claimed_));
  Trip trip = claim_->Run({statement});
  if (!trip.failure.has_value()) return absl::OkStatus();
  claim_.reset();
  if (trip.failure->state == "55P03") return Error(config::v1::REASON_WRITER_IN_USE, {{"writer", claimed_}});
  return ToStatus(*trip.failure);
}

// A session that is still at work for this writer may yet commit: only when it is gone does the database tell what
// became of it. Writing sessions are known by their application name.
absl::Status PostgresDatabase::EndEarlierSessions(Session& session) const {
  Statement name{
      absl::StrCat("SELECT set_config('application_name', 'jinqi writer ' || to_hex(", kWriterNumber, "), false)")};
  name.parameters.Add(std::string_view(options_.writer));
  RETURN_IF_ERROR(session.Query(name).status());
  const Statement others{
      "SELECT count(pg_terminate_backend(pid, 5000)), count(*) FROM pg_stat_activity "
      "WHERE application_name = current_setting('application_name') AND datname = current_database() "
      "AND usename = current_user AND pid <> pg_backend_pid()"};
  RETURN_IF_ERROR(session.Query(others).status());
  ASSIGN_OR_RETURN(const Result left, session.Query(others));
  if (IntAt(left.get(), 0, 1) == 0) return absl::OkStatus();
  return absl::UnavailableError("an earlier session of this writer does not end");
}

absl::StatusOr<std::unique_ptr<Driver>> PostgresDatabase::NewDriver() {
  RETURN_IF_ERROR(EnsureClaim());
  ASSIGN_OR_RETURN(auto session, Session::Open(uri_, "jinqi", kWriterSettings));
  session->LimitSilence(kWriterSilence);
  RETURN_IF_ERROR(EndEarlierSessions(*session));
  return std::make_unique<PostgresDriver>(std::move(session), kinds_);
}

absl::StatusOr<Result> PostgresDatabase::ScanQuery(const std::string& sql) {
  const absl::MutexLock lock(&scan_mutex_);
  if (scan_ == nullptr) {
    ASSIGN_OR_RETURN(scan_, Session::Open(uri_, "jinqi verify", kScanSettings));
  }
  absl::StatusOr<Result> result = scan_->Query({sql, {}, false});
  // Its transaction has failed with it.
  if (!result.ok()) scan_.reset();
  return result;
}

absl::Status PostgresDatabase::Scan(const std::string& sql, const RowVisit& visit) {
  const std::string cursor = absl::StrCat("scan", ++cursors_);
  RETURN_IF_ERROR(ScanQuery(absl::StrCat("DECLARE ", cursor, " NO SCROLL CURSOR FOR ", sql)).status());
  for (int count = kScanRows; count == kScanRows;) {
    // A visit may scan another table between two pages.
    ASSIGN_OR_RETURN(const Result rows, ScanQuery(absl::StrCat("FETCH ", kScanRows, " FROM ", cursor)));
    count = PQntuples(rows.get());
    for (int row = 0; row < count; ++row) RETURN_IF_ERROR(visit(rows.get(), row));
  }
  return ScanQuery("CLOSE " + cursor).status();
}

absl::Status PostgresDatabase::ScanRecords(
    const Kind& kind, const std::function<absl::Status(const std::string&, const Record&, const IndexRow&)>& visit) {
  return Scan(ScanSql(kind, Dialect::kPostgres).text, [&](const PGresult* result, int row) -> absl::Status {
    ASSIGN_OR_RETURN(const Record record, RecordAt(result, row, kind.name));
    int column = kRecordColumns;
    IndexRow index;
    index.due = ValueAt(result, row, column++, ColumnType::kInteger);
    for (const Column& indexed : kind.columns) index.columns.push_back(ValueAt(result, row, column++, indexed.type));
    for (std::size_t i = 0; i < kind.sides.size(); ++i) index.sides.push_back(TextAt(result, row, column++));
    return visit(TextAt(result, row, 0), record, index);
  });
}

absl::Status PostgresDatabase::ScanHistory(const std::function<absl::Status(const HistoryRow&)>& visit) {
  return Scan(absl::StrCat("SELECT ", kHistoryColumns, " FROM history ORDER BY tenant, kind, id, sequence"),
              [&](const PGresult* result, int row) { return visit(HistoryAt(result, row)); });
}

absl::Status PostgresDatabase::ScanHistoryByBlock(const std::function<absl::Status(const HistoryRow&)>& visit) {
  return Scan(absl::StrCat("SELECT ", kHistoryColumns, " FROM history ORDER BY writer, block, place"),
              [&](const PGresult* result, int row) { return visit(HistoryAt(result, row)); });
}

absl::Status PostgresDatabase::ScanBlocks(const std::function<absl::Status(const BlockRow&)>& visit) {
  return Scan(absl::StrCat("SELECT ", kBlockColumns, " FROM block ORDER BY writer, sequence"),
              [&](const PGresult* result, int row) { return visit(BlockAt(result, row)); });
}

absl::Status PostgresDatabase::ScanCells(const std::string& sql,
                                         const std::function<absl::Status(const Cells&)>& visit) {
  return Scan(sql, [&](const PGresult* result, int row) { return visit(RowCells(result, row)); });
}

}  // namespace
}  // namespace postgres

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& uri, const std::vector<Kind>& kinds,
                                                       const Options& options) {
  // Whether it can be reached is told here, not at the first command.
  RETURN_IF_ERROR(postgres::Session::Open(uri, "jinqi start", "").status());
  return std::make_unique<postgres::PostgresDatabase>(uri, kinds, options);
}

}  // namespace jinqi::ledger
