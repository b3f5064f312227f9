#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/ledger/codec.h"
#include "common/ledger/sqlite.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr char kRecordInsertColumns[] =
    "version, sequence, head, sent, time, body, timers, generation, due, tenant, id";

// The statements of one kind.
struct KindSql {
  explicit KindSql(const Kind& kind_in) : kind(&kind_in) {
    const std::string table = Quoted(kind->name);
    find = absl::StrCat("SELECT ", RecordColumns(), " FROM ", table, " WHERE tenant = ? AND id = ?");
    std::string names = kRecordInsertColumns;
    std::string marks = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
    std::string sets;
    for (const Column& column : kind->columns) {
      absl::StrAppend(&names, ", ", Quoted(column.name));
      marks += ", ?";
      absl::StrAppend(&sets, ", ", Quoted(column.name), " = ?", 12 + (&column - kind->columns.data()));
    }
    insert = absl::StrCat("INSERT INTO ", table, " (", names, ") VALUES (", marks, ")");
    update = absl::StrCat("UPDATE ", table,
                          " SET version = ?1, sequence = ?2, head = ?3, sent = ?4, time = ?5, body = ?6, timers = ?7, "
                          "generation = ?8, due = ?9",
                          sets, " WHERE tenant = ?10 AND id = ?11");
    for (const std::string& side : kind->sides) {
      const std::string side_table = Quoted(kind->name + "_" + side);
      delete_side.push_back(absl::StrCat("DELETE FROM ", side_table, " WHERE tenant = ? AND id = ?"));
      insert_side.push_back(
          absl::StrCat("INSERT OR IGNORE INTO ", side_table, " (tenant, id, value) VALUES (?, ?, ?)"));
    }
  }

  const Kind* kind;
  std::string find;
  std::string insert;
  std::string update;
  std::vector<std::string> delete_side;
  std::vector<std::string> insert_side;
};

constexpr char kFindRequest[] = "SELECT hash, answer, expires FROM request WHERE tenant = ? AND scope = ?";
constexpr char kFindMark[] = "SELECT position FROM mark WHERE source = ? AND partition = ?";
constexpr char kFindParked[] = "SELECT 1 FROM dead_letter WHERE source = ? AND tenant = ? AND key = ? LIMIT 1";
constexpr char kInsertHistory[] =
    "INSERT INTO history (tenant, kind, id, sequence, time, caller, method, type, data, record_hash, hash, writer, "
    "block, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertBlock[] =
    "INSERT INTO block (writer, sequence, time, rows, previous, hash, covers) VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertRequest[] =
    "INSERT INTO request (tenant, scope, hash, answer, expires, writer, block) VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kLastPosition[] = "SELECT last FROM outbox_partition WHERE partition = ?";
constexpr char kSetPosition[] =
    "INSERT INTO outbox_partition (partition, last, passed) VALUES (?, ?, 0) "
    "ON CONFLICT (partition) DO UPDATE SET last = excluded.last";
constexpr char kInsertOutbox[] =
    "INSERT INTO outbox (partition, position, tenant, id, key, key_sequence, type, payload, transient, time, "
    "traceparent, writer, block) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kPutPerson[] =
    "INSERT INTO person (tenant, id, sealed) VALUES (?, ?, ?) "
    "ON CONFLICT (tenant, id) DO UPDATE SET sealed = excluded.sealed";
constexpr char kDeletePerson[] = "DELETE FROM person WHERE tenant = ? AND id = ?";
constexpr char kDeleteBlind[] = "DELETE FROM person_blind WHERE tenant = ? AND id = ?";
constexpr char kInsertBlind[] = "INSERT OR IGNORE INTO person_blind (tenant, blind, id) VALUES (?, ?, ?)";
constexpr char kMoveMark[] =
    "INSERT INTO mark (source, partition, position, writer, block) VALUES (?1, ?2, ?3, ?5, ?6) "
    "ON CONFLICT (source, partition) DO UPDATE SET position = excluded.position, writer = excluded.writer, "
    "block = excluded.block WHERE position = ?4";
constexpr char kPark[] =
    "INSERT INTO dead_letter (source, partition, position, tenant, key, type, envelope, reason, time, sealed, writer, "
    "block) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUnpark[] = "DELETE FROM dead_letter WHERE source = ? AND partition = ? AND position = ?";
constexpr char kFindBlock[] = "SELECT hash FROM block WHERE writer = ? AND sequence = ?";

class SqliteDriver final : public Driver {
 public:
  SqliteDriver(std::unique_ptr<SqliteConnection> connection, const KindMap* kinds, Turns* turns)
      : connection_(std::move(connection)), kinds_(kinds), turns_(turns) {
    for (const auto& [name, kind] : *kinds_) sql_.emplace(name, KindSql(kind));
  }

  ~SqliteDriver() override { Rollback(); }

  absl::StatusOr<ReadResult> Begin(const ReadSet& reads) override {
    turns_->Enter();
    my_turn_ = true;
    auto result = Read(reads);
    if (!result.ok()) Rollback();
    return result;
  }

  absl::StatusOr<CommitResult> Commit(const WriteSet& writes) override {
    const auto written = Write(writes);
    if (!written.ok()) return written.status();
    if (*written != CommitResult::kCommitted) return *written;
    RETURN_IF_ERROR(connection_->Execute("COMMIT"));
    End();
    return CommitResult::kCommitted;
  }

  void Rollback() override {
    if (!my_turn_) return;
    // Fails only when SQLite has rolled back by itself.
    if (connection_->in_transaction()) connection_->Execute("ROLLBACK").IgnoreError();
    End();
  }

  absl::StatusOr<bool> Committed(const BlockRow& block) override {
    ASSIGN_OR_RETURN(Statement found, connection_->Prepare(kFindBlock));
    ASSIGN_OR_RETURN(const bool there, found.Text(block.writer).Number(block.sequence).Step());
    return there && found.BytesAt(0) == block.hash;
  }

  absl::StatusOr<BlockRow> LastBlock(const std::string& writer) override {
    ASSIGN_OR_RETURN(Statement found,
                     connection_->Prepare(absl::StrCat("SELECT ", kBlockColumns, " FROM block WHERE writer = ? ",
                                                       "ORDER BY sequence DESC LIMIT 1")));
    ASSIGN_OR_RETURN(const bool there, found.Text(writer).Step());
    if (there) return BlockAt(found);
    BlockRow none;
    none.writer = writer;
    return none;
  }

 private:
  void End() {
    my_turn_ = false;
    turns_->Leave();
  }

  absl::StatusOr<ReadResult> Read(const ReadSet& reads) {
    RETURN_IF_ERROR(connection_->Execute("BEGIN IMMEDIATE"));
    ReadResult result;
    RETURN_IF_ERROR(ReadRequests(reads, result));
    for (const auto& [ref, access] : reads.records) RETURN_IF_ERROR(ReadRecord(ref, result));
    for (const auto& [tenant, query] : reads.questions) {
      const auto kind = kinds_->find(query.kind);
      if (kind == kinds_->end()) return absl::InvalidArgumentError("no kind " + query.kind);
      ASSIGN_OR_RETURN(Rows rows, RowsOf(*connection_, kind->second, tenant, query));
      result.answers.push_back(std::move(rows));
    }
    RETURN_IF_ERROR(ReadMarks(reads, result));
    return result;
  }

  absl::Status ReadRequests(const ReadSet& reads, ReadResult& result) {
    if (reads.requests.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Statement find, connection_->Prepare(kFindRequest));
    for (const auto& request : reads.requests) {
      ASSIGN_OR_RETURN(const bool there, find.Text(request.first).Blob(request.second).Step());
      if (there) {
        result.requests.emplace(
            request, RequestRow{request.first, request.second, find.BytesAt(0), find.BytesAt(1), find.NumberAt(2)});
      }
      find.Reset();
    }
    return absl::OkStatus();
  }

  absl::Status ReadRecord(const RecordRef& ref, ReadResult& result) {
    const auto sql = sql_.find(ref.key.kind);
    if (sql == sql_.end()) return absl::InvalidArgumentError("no kind " + ref.key.kind);
    ASSIGN_OR_RETURN(Statement find, connection_->Prepare(sql->second.find));
    ASSIGN_OR_RETURN(const bool there, find.Text(ref.tenant).Text(ref.key.id).Step());
    if (!there) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto read, RecordAt(find, ref.key.kind));
    result.records.emplace_hint(result.records.end(), ref, std::move(read.second));
    return absl::OkStatus();
  }

  absl::Status ReadMarks(const ReadSet& reads, ReadResult& result) {
    for (const auto& mark : reads.marks) {
      ASSIGN_OR_RETURN(Statement find, connection_->Prepare(kFindMark));
      ASSIGN_OR_RETURN(const bool there, find.Text(mark.first).Number(mark.second).Step());
      if (there) result.marks.emplace(mark, find.NumberAt(0));
    }
    for (const auto& key : reads.keys) {
      ASSIGN_OR_RETURN(Statement find, connection_->Prepare(kFindParked));
      ASSIGN_OR_RETURN(const bool there,
                       find.Text(std::get<0>(key)).Text(std::get<1>(key)).Text(std::get<2>(key)).Step());
      if (there) result.parked.insert(key);
    }
    return absl::OkStatus();
  }

  // Writes everything; a row that another writer put there is a conflict.
  absl::StatusOr<CommitResult> Write(const WriteSet& writes) {
    for (const RecordWrite& write : writes.records) {
      const absl::Status status = WriteRecord(write);
      if (write.insert && absl::IsAlreadyExists(status)) return CommitResult::kConflict;
      RETURN_IF_ERROR(status);
    }
    RETURN_IF_ERROR(WriteHistory(writes));
    RETURN_IF_ERROR(WriteOutbox(writes));
    for (const RequestRow& row : writes.requests) {
      ASSIGN_OR_RETURN(Statement insert, connection_->Prepare(kInsertRequest));
      insert.Text(row.tenant).Blob(row.scope).Blob(row.hash).Blob(row.answer).Number(row.expires);
      insert.Text(writes.block.writer).Number(writes.block.sequence);
      const auto inserted = insert.Run();
      if (absl::IsAlreadyExists(inserted.status())) return CommitResult::kConflict;
      RETURN_IF_ERROR(inserted.status());
    }
    RETURN_IF_ERROR(WritePersons(writes));
    return WriteMarks(writes);
  }

  absl::Status WriteRecord(const RecordWrite& write) {
    const auto found = sql_.find(write.record.key.kind);
    if (found == sql_.end()) return absl::InvalidArgumentError("no kind " + write.record.key.kind);
    const KindSql& sql = found->second;
    const Record& record = write.record;
    const std::string timers = EncodeTimers(record.timers);
    const auto due = EarliestDue(record.timers);
    ASSIGN_OR_RETURN(Statement put, connection_->Prepare(write.insert ? sql.insert : sql.update));
    put.Number(record.version).Number(record.sequence).Blob(record.head).Number(record.sent).Number(record.time);
    put.Blob(record.body).Blob(timers).Number(record.generation);
    due.has_value() ? put.Number(*due) : put.Null();
    put.Text(write.tenant).Text(record.key.id);
    for (std::size_t i = 0; i < sql.kind->columns.size(); ++i) put.Any(write.columns[i], sql.kind->columns[i].type);
    RETURN_IF_ERROR(put.Run().status());
    return WriteSides(write, sql);
  }

  absl::Status WriteSides(const RecordWrite& write, const KindSql& sql) {
    for (std::size_t i = 0; i < sql.kind->sides.size(); ++i) {
      if (!write.insert) {
        ASSIGN_OR_RETURN(Statement clear, connection_->Prepare(sql.delete_side[i]));
        RETURN_IF_ERROR(clear.Text(write.tenant).Text(write.record.key.id).Run().status());
      }
      if (i >= write.sides.size() || write.sides[i].empty()) continue;
      ASSIGN_OR_RETURN(Statement insert, connection_->Prepare(sql.insert_side[i]));
      for (const std::string& value : write.sides[i]) {
        RETURN_IF_ERROR(insert.Text(write.tenant).Text(write.record.key.id).Text(value).Run().status());
        insert.Reset();
      }
    }
    return absl::OkStatus();
  }

  absl::Status WriteHistory(const WriteSet& writes) {
    if (!writes.history.empty()) {
      ASSIGN_OR_RETURN(Statement insert, connection_->Prepare(kInsertHistory));
      for (const HistoryRow& row : writes.history) {
        insert.Text(row.tenant).Text(row.key.kind).Text(row.key.id).Number(row.sequence).Number(row.time);
        insert.Text(row.caller).Text(row.method).Text(row.type).Blob(row.data).Blob(row.record_hash).Blob(row.hash);
        insert.Text(row.writer).Number(row.block).Number(row.place);
        RETURN_IF_ERROR(insert.Run().status());
        insert.Reset();
      }
    }
    const BlockRow& block = writes.block;
    if (block.sequence == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(Statement insert, connection_->Prepare(kInsertBlock));
    insert.Text(block.writer).Number(block.sequence).Number(block.time).Number(block.rows);
    return insert.Blob(block.previous).Blob(block.hash).Blob(block.covers).Run().status();
  }

  absl::Status WriteOutbox(const WriteSet& writes) {
    std::map<int, std::int64_t> last;
    for (const OutboxRow& row : writes.outbox) last.emplace(row.partition, 0);
    for (auto& [partition, position] : last) {
      ASSIGN_OR_RETURN(Statement find, connection_->Prepare(kLastPosition));
      ASSIGN_OR_RETURN(const bool there, find.Number(partition).Step());
      if (there) position = find.NumberAt(0);
    }
    for (const OutboxRow& row : writes.outbox) {
      ASSIGN_OR_RETURN(Statement insert, connection_->Prepare(kInsertOutbox));
      insert.Number(row.partition).Number(++last[row.partition]).Text(row.tenant).Text(row.id).Text(row.key);
      insert.Number(row.key_sequence).Text(row.type).Blob(row.payload).Number(row.transient ? 1 : 0).Number(row.time);
      insert.Text(row.traceparent).Text(writes.block.writer).Number(writes.block.sequence);
      RETURN_IF_ERROR(insert.Run().status());
    }
    for (const auto& [partition, position] : last) {
      ASSIGN_OR_RETURN(Statement set, connection_->Prepare(kSetPosition));
      RETURN_IF_ERROR(set.Number(partition).Number(position).Run().status());
    }
    return absl::OkStatus();
  }

  absl::Status DeletePerson(std::string_view sql, const std::string& tenant, const std::string& id) {
    ASSIGN_OR_RETURN(Statement statement, connection_->Prepare(sql));
    return statement.Text(tenant).Text(id).Run().status();
  }

  absl::Status WritePersons(const WriteSet& writes) {
    for (const auto& [tenant, person] : writes.persons) {
      ASSIGN_OR_RETURN(Statement put, connection_->Prepare(kPutPerson));
      RETURN_IF_ERROR(put.Text(tenant).Text(person.id).Blob(person.sealed).Run().status());
      RETURN_IF_ERROR(DeletePerson(kDeleteBlind, tenant, person.id));
      for (const std::string& blind : person.blind) {
        ASSIGN_OR_RETURN(Statement insert, connection_->Prepare(kInsertBlind));
        RETURN_IF_ERROR(insert.Text(tenant).Blob(blind).Text(person.id).Run().status());
      }
    }
    for (const auto& [tenant, id] : writes.erase_persons) {
      RETURN_IF_ERROR(DeletePerson(kDeletePerson, tenant, id));
      RETURN_IF_ERROR(DeletePerson(kDeleteBlind, tenant, id));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<CommitResult> WriteMarks(const WriteSet& writes) {
    for (const auto& [from, to] : writes.marks) {
      ASSIGN_OR_RETURN(Statement move, connection_->Prepare(kMoveMark));
      move.Text(from.source).Number(from.partition).Number(to).Number(from.position);
      move.Text(writes.block.writer).Number(writes.block.sequence);
      ASSIGN_OR_RETURN(const std::int64_t moved, move.Run());
      if (moved == 0) return CommitResult::kConflict;
    }
    for (const DeadLetter& letter : writes.park) {
      ASSIGN_OR_RETURN(Statement park, connection_->Prepare(kPark));
      park.Text(letter.source).Number(letter.partition).Number(letter.position).Text(letter.tenant).Text(letter.key);
      park.Text(letter.type).Blob(letter.envelope).Text(letter.reason).Number(letter.time);
      park.Number(letter.sealed ? 1 : 0).Text(writes.block.writer).Number(writes.block.sequence);
      RETURN_IF_ERROR(park.Run().status());
    }
    for (const DeadLetter& letter : writes.unpark) {
      ASSIGN_OR_RETURN(Statement unpark, connection_->Prepare(kUnpark));
      ASSIGN_OR_RETURN(const std::int64_t gone,
                       unpark.Text(letter.source).Number(letter.partition).Number(letter.position).Run());
      if (gone == 0) return CommitResult::kConflict;
    }
    return CommitResult::kCommitted;
  }

  const std::unique_ptr<SqliteConnection> connection_;
  const KindMap* const kinds_;
  Turns* const turns_;
  std::map<std::string, KindSql> sql_;
  bool my_turn_ = false;
};

}  // namespace

std::unique_ptr<Driver> NewSqliteDriver(std::unique_ptr<SqliteConnection> connection, const KindMap* kinds,
                                        Turns* turns) {
  return std::make_unique<SqliteDriver>(std::move(connection), kinds, turns);
}

}  // namespace jinqi::ledger
