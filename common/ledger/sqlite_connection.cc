#include "common/ledger/sqlite_connection.h"

#include "absl/strings/str_cat.h"
#include "common/ledger/codec.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr int kBusyMilliseconds = 5000;
// The log is checkpointed each 1,000 pages, inside a commit: rarer would be 8 % faster, but calls would wait four times
// as long for it.
constexpr char kSettings[] = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 1000; PRAGMA synchronous = ";
// Lists with many values have many texts.
constexpr std::size_t kStatementsKept = 256;
// At most 16 MB for a writer; readers share what the operating system keeps.
constexpr char kWriterSettings[] = "PRAGMA cache_size = -16000";
constexpr char kReaderSettings[] = "PRAGMA cache_size = -2000; PRAGMA query_only = ON";

}  // namespace

absl::Status SqliteError(sqlite3* connection, int code, std::string_view doing) {
  std::string text = absl::StrCat("SQLite: ", std::string(doing), ": ",
                                  connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection));
  switch (code & 0xff) {
    case SQLITE_FULL: return Error(config::v1::REASON_STORAGE_FULL);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return absl::UnavailableError(text);
    case SQLITE_CONSTRAINT: {
      const bool taken =
          code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_ROWID;
      return taken ? absl::AlreadyExistsError(text) : absl::InternalError(text);
    }
    default: return absl::InternalError(text);
  }
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  if (owned_) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::Text(std::string_view value) {
  // A null pointer would bind NULL where an empty text is meant.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text(statement_, ++bound_, data, static_cast<int>(value.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::Blob(std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_blob(statement_, ++bound_, data, static_cast<int>(value.size()), SQLITE_STATIC);
  return *this;
}

Statement& Statement::Number(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++bound_, value);
  return *this;
}

Statement& Statement::Null() {
  sqlite3_bind_null(statement_, ++bound_);
  return *this;
}

Statement& Statement::Any(const Value& value, ColumnType type) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return Number(*number);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return Null();
  return type == ColumnType::kBytes ? Blob(*text) : Text(*text);
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(connection_, code, sqlite3_sql(statement_));
}

absl::StatusOr<std::int64_t> Statement::Run() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_DONE && code != SQLITE_ROW) return SqliteError(connection_, code, sqlite3_sql(statement_));
  return std::int64_t{sqlite3_changes(connection_)};
}

void Statement::Reset() {
  sqlite3_reset(statement_);
  bound_ = 0;
}

std::string Statement::BytesAt(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return "";
  return std::string(static_cast<const char*>(data),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Value Statement::ValueAt(int column, ColumnType type) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::monostate{};
  if (type == ColumnType::kInteger) return NumberAt(column);
  return BytesAt(column);
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const SqlitePlace& place, Mode mode) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(place.path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(raw));
  if (code != SQLITE_OK) return SqliteError(raw, code, "open");
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  RETURN_IF_ERROR(connection->Execute((kSettings + place.synchronous).c_str()));
  RETURN_IF_ERROR(connection->Execute(mode == Mode::kRead ? kReaderSettings : kWriterSettings));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(connection_);
}

absl::StatusOr<Statement> SqliteConnection::Prepare(std::string_view sql) {
  const auto found = statements_.find(absl::string_view(sql.data(), sql.size()));
  if (found != statements_.end()) return Statement(connection_, found->second, false);
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return SqliteError(connection_, code, sql);
  const bool kept = statements_.size() < kStatementsKept;
  if (kept) statements_.emplace(std::string(sql), statement);
  return Statement(connection_, statement, !kept);
}

absl::StatusOr<Statement> SqliteConnection::Ask(const Sql& sql) {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql.text));
  for (const Parameter& parameter : sql.parameters) statement.Any(parameter.value, parameter.type);
  return statement;
}

absl::Status SqliteConnection::Execute(const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteError(connection_, code, sql);
  return absl::OkStatus();
}

absl::StatusOr<std::pair<std::string, Record>> RecordAt(const Statement& row, const std::string& kind) {
  std::pair<std::string, Record> read;
  Record& record = read.second;
  read.first = row.BytesAt(0);
  record.key = {kind, row.BytesAt(1)};
  record.version = row.NumberAt(2);
  record.sequence = row.NumberAt(3);
  record.head = row.BytesAt(4);
  record.sent = row.NumberAt(5);
  record.time = row.NumberAt(6);
  record.body = row.BytesAt(7);
  ASSIGN_OR_RETURN(record.timers, DecodeTimers(row.BytesAt(8)));
  record.generation = row.NumberAt(9);
  return read;
}

absl::StatusOr<Rows> RowsOf(SqliteConnection& connection, const Kind& kind, const std::string& tenant,
                            const Query& query) {
  ASSIGN_OR_RETURN(const Sql sql, ListSql(kind, tenant, query, Dialect::kSqlite));
  ASSIGN_OR_RETURN(Statement statement, connection.Ask(sql));
  Rows rows;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) break;
    if (query.count_only) {
      rows.count = statement.NumberAt(0);
      continue;
    }
    ASSIGN_OR_RETURN(auto read, RecordAt(statement, kind.name));
    rows.records.push_back(std::move(read.second));
    rows.order_values.push_back(query.order_by.empty() ? Value{}
                                                       : statement.ValueAt(kRecordColumns, OrderType(kind, query)));
  }
  if (!query.count_only) rows.count = static_cast<std::int64_t>(rows.records.size());
  return rows;
}

SqlitePool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

absl::StatusOr<SqlitePool::Lease> SqlitePool::Take() {
  std::unique_ptr<SqliteConnection> connection;
  {
    absl::MutexLock lock(&mutex_);
    const auto is_free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return free_slots_ > 0; };
    mutex_.Await(absl::Condition(&is_free));
    --free_slots_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection != nullptr) return Lease(this, std::move(connection));
  auto opened = SqliteConnection::Open(place_, SqliteConnection::Mode::kRead);
  if (!opened.ok()) {
    Return(nullptr);
    return opened.status();
  }
  return Lease(this, *std::move(opened));
}

void SqlitePool::Return(std::unique_ptr<SqliteConnection> connection) {
  absl::MutexLock lock(&mutex_);
  ++free_slots_;
  if (connection != nullptr) idle_.push_back(std::move(connection));
}

}  // namespace jinqi::ledger
