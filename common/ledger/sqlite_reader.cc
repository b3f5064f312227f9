#include <functional>

#include "absl/strings/str_cat.h"
#include "common/ledger/sqlite.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

constexpr char kFindPerson[] = "SELECT sealed FROM person WHERE tenant = ? AND id = ?";
constexpr char kFindBlinds[] = "SELECT blind FROM person_blind WHERE tenant = ? AND id = ? ORDER BY blind";
constexpr char kFindByBlind[] = "SELECT id FROM person_blind WHERE tenant = ? AND blind = ? ORDER BY id";
constexpr char kFindHistory[] =
    "SELECT tenant, kind, id, sequence, time, caller, method, type, data, record_hash, hash, writer, block, place "
    "FROM history WHERE tenant = ? AND kind = ? AND id = ? ORDER BY sequence";
constexpr char kFindOutbox[] =
    "SELECT partition, position, tenant, id, key, key_sequence, type, payload, transient, time, traceparent FROM "
    "outbox "
    "WHERE partition = ? AND position > ? ORDER BY position LIMIT ?";
constexpr char kFindEnds[] = "SELECT partition, last FROM outbox_partition ORDER BY partition";
constexpr char kFindPassed[] = "SELECT partition, passed FROM outbox_partition ORDER BY partition";
constexpr char kFindMarks[] = "SELECT source, partition, position FROM mark ORDER BY source, partition";
constexpr char kFindLetters[] =
    "SELECT source, partition, position, tenant, key, type, envelope, reason, time, sealed FROM dead_letter "
    "ORDER BY time, source, partition, position LIMIT ?";

// Calls `visit` for each row.
absl::Status Each(Statement& statement, const std::function<absl::Status(const Statement&)>& visit) {
  while (true) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return absl::OkStatus();
    RETURN_IF_ERROR(visit(statement));
  }
}

// The numbers of all partitions, by number; 0 where there is no row.
absl::StatusOr<std::vector<std::int64_t>> PerPartition(SqliteConnection& connection, std::string_view sql) {
  std::vector<std::int64_t> numbers;
  ASSIGN_OR_RETURN(Statement find, connection.Prepare(sql));
  RETURN_IF_ERROR(Each(find, [&numbers](const Statement& row) {
    const auto partition = static_cast<std::size_t>(row.NumberAt(0));
    if (numbers.size() <= partition) numbers.resize(partition + 1);
    numbers[partition] = row.NumberAt(1);
    return absl::OkStatus();
  }));
  return numbers;
}

class SqliteReader final : public Reader {
 public:
  SqliteReader(SqlitePool* pool, const KindMap* kinds) : pool_(pool), kinds_(kinds) {}

  absl::StatusOr<std::optional<Record>> Get(const std::string& tenant, const Key& key) override {
    RETURN_IF_ERROR(FindKind(key.kind).status());
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find,
                     connection->Prepare(absl::StrCat("SELECT ", RecordColumns(), " FROM ", Quoted(key.kind),
                                                      " WHERE tenant = ? AND id = ?")));
    ASSIGN_OR_RETURN(const bool there, find.Text(tenant).Text(key.id).Step());
    if (!there) return std::optional<Record>();
    ASSIGN_OR_RETURN(auto read, RecordAt(find, key.kind));
    return std::optional<Record>(std::move(read.second));
  }

  absl::StatusOr<Rows> List(const std::string& tenant, const Query& query) override {
    ASSIGN_OR_RETURN(const Kind* kind, FindKind(query.kind));
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    return RowsOf(*connection, *kind, tenant, query);
  }

  absl::StatusOr<Rows> ListBySide(const std::string& tenant, const std::string& kind_name, const std::string& side,
                                  const std::string& value, const std::string& after_id, int limit) override {
    ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
    ASSIGN_OR_RETURN(const Sql sql, ListBySideSql(*kind, tenant, side, value, after_id, limit, Dialect::kSqlite));
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Ask(sql));
    Rows rows;
    RETURN_IF_ERROR(Each(find, [&rows, &kind_name](const Statement& row) -> absl::Status {
      ASSIGN_OR_RETURN(auto read, RecordAt(row, kind_name));
      rows.records.push_back(std::move(read.second));
      return absl::OkStatus();
    }));
    rows.order_values.resize(rows.records.size());
    rows.count = static_cast<std::int64_t>(rows.records.size());
    return rows;
  }

  absl::StatusOr<std::vector<std::vector<std::string>>> LastIdsBySide(const std::string& tenant,
                                                                      const std::string& kind_name,
                                                                      const std::string& side,
                                                                      const std::vector<std::string>& values,
                                                                      int limit) override {
    ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
    ASSIGN_OR_RETURN(const Sql sql, LastIdsBySideSql(*kind, tenant, side, values, limit, Dialect::kSqlite));
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Ask(sql));
    std::vector<std::vector<std::string>> ids(values.size());
    RETURN_IF_ERROR(Each(find, [&ids](const Statement& row) {
      ids[static_cast<std::size_t>(row.NumberAt(0))].push_back(row.BytesAt(1));
      return absl::OkStatus();
    }));
    return ids;
  }

  absl::StatusOr<std::optional<Person>> FindPerson(const std::string& tenant, const std::string& id) override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    Person person{id, "", {}};
    ASSIGN_OR_RETURN(Statement find, connection->Prepare(kFindPerson));
    ASSIGN_OR_RETURN(const bool there, find.Text(tenant).Text(id).Step());
    if (!there) return std::optional<Person>();
    person.sealed = find.BytesAt(0);
    ASSIGN_OR_RETURN(Statement blinds, connection->Prepare(kFindBlinds));
    RETURN_IF_ERROR(Each(blinds.Text(tenant).Text(id), [&person](const Statement& row) {
      person.blind.push_back(row.BytesAt(0));
      return absl::OkStatus();
    }));
    return std::optional<Person>(std::move(person));
  }

  absl::StatusOr<std::vector<std::string>> PersonIdsByBlind(const std::string& tenant,
                                                            const std::string& blind) override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Prepare(kFindByBlind));
    std::vector<std::string> ids;
    RETURN_IF_ERROR(Each(find.Text(tenant).Blob(blind), [&ids](const Statement& row) {
      ids.push_back(row.BytesAt(0));
      return absl::OkStatus();
    }));
    return ids;
  }

  absl::StatusOr<std::vector<HistoryRow>> History(const std::string& tenant, const Key& key) override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Prepare(kFindHistory));
    std::vector<HistoryRow> rows;
    RETURN_IF_ERROR(Each(find.Text(tenant).Text(key.kind).Text(key.id), [&rows](const Statement& row) {
      rows.push_back(HistoryAt(row));
      return absl::OkStatus();
    }));
    return rows;
  }

  absl::StatusOr<std::vector<std::pair<std::string, Record>>> Due(const std::string& kind_name, Micros now,
                                                                  int limit) override {
    ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    const Sql sql = DueSql(*kind, now, limit, Dialect::kSqlite);
    ASSIGN_OR_RETURN(Statement find, connection->Ask(sql));
    std::vector<std::pair<std::string, Record>> records;
    RETURN_IF_ERROR(Each(find, [&records, &kind_name](const Statement& row) -> absl::Status {
      ASSIGN_OR_RETURN(auto read, RecordAt(row, kind_name));
      records.push_back(std::move(read));
      return absl::OkStatus();
    }));
    return records;
  }

  absl::StatusOr<std::vector<OutboxRow>> Outbox(int partition, std::int64_t after, int limit) override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Prepare(kFindOutbox));
    std::vector<OutboxRow> rows;
    RETURN_IF_ERROR(Each(find.Number(partition).Number(after).Number(limit), [&rows](const Statement& row) {
      rows.push_back({static_cast<int>(row.NumberAt(0)), row.NumberAt(1), row.BytesAt(2), row.BytesAt(3),
                      row.BytesAt(4), row.NumberAt(5), row.BytesAt(6), row.BytesAt(7), row.NumberAt(8) != 0,
                      row.NumberAt(9), row.BytesAt(10)});
      return absl::OkStatus();
    }));
    return rows;
  }

  absl::StatusOr<std::vector<std::int64_t>> OutboxEnds() override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    return PerPartition(*connection, kFindEnds);
  }

  absl::StatusOr<std::vector<Mark>> Marks() override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Prepare(kFindMarks));
    std::vector<Mark> marks;
    RETURN_IF_ERROR(Each(find, [&marks](const Statement& row) {
      marks.push_back({row.BytesAt(0), static_cast<int>(row.NumberAt(1)), row.NumberAt(2)});
      return absl::OkStatus();
    }));
    return marks;
  }

  absl::StatusOr<std::vector<DeadLetter>> DeadLetters(int limit) override {
    ASSIGN_OR_RETURN(auto connection, pool_->Take());
    ASSIGN_OR_RETURN(Statement find, connection->Prepare(kFindLetters));
    std::vector<DeadLetter> letters;
    RETURN_IF_ERROR(Each(find.Number(limit), [&letters](const Statement& row) {
      letters.push_back({row.BytesAt(3), row.BytesAt(0), static_cast<int>(row.NumberAt(1)), row.NumberAt(2),
                         row.BytesAt(4), row.BytesAt(5), row.BytesAt(6), row.BytesAt(7), row.NumberAt(8),
                         row.NumberAt(9) != 0});
      return absl::OkStatus();
    }));
    return letters;
  }

 private:
  absl::StatusOr<const Kind*> FindKind(const std::string& name) const {
    const auto found = kinds_->find(name);
    if (found == kinds_->end()) return absl::InvalidArgumentError("no kind " + name);
    return &found->second;
  }

  SqlitePool* const pool_;
  const KindMap* const kinds_;
};

class SqliteMaintenance final : public Maintenance {
 public:
  SqliteMaintenance(std::unique_ptr<SqliteConnection> connection, Turns* turns)
      : connection_(std::move(connection)), turns_(turns) {}

  absl::StatusOr<std::optional<std::int64_t>> Lease(const std::string& name, const std::string& holder, Micros now,
                                                    Micros duration) override {
    std::optional<std::int64_t> epoch;
    RETURN_IF_ERROR(Transact([&](SqliteConnection& connection) -> absl::Status {
      // A new holder raises the epoch; who holds it keeps his.
      ASSIGN_OR_RETURN(Statement take,
                       connection.Prepare("INSERT INTO lease (name, holder, epoch, expires) VALUES (?1, ?2, 1, ?4) "
                                          "ON CONFLICT (name) DO UPDATE SET epoch = epoch + (holder <> ?2), "
                                          "holder = ?2, expires = ?4 WHERE holder = ?2 OR expires <= ?3"));
      ASSIGN_OR_RETURN(const std::int64_t taken, take.Text(name).Text(holder).Number(now).Number(now + duration).Run());
      if (taken == 0) return absl::OkStatus();
      ASSIGN_OR_RETURN(Statement find, connection.Prepare("SELECT epoch FROM lease WHERE name = ?"));
      ASSIGN_OR_RETURN(const bool there, find.Text(name).Step());
      if (there) epoch = find.NumberAt(0);
      return absl::OkStatus();
    }));
    return epoch;
  }

  absl::Status ReleaseLease(const std::string& name, const std::string& holder) override {
    return Transact([&](SqliteConnection& connection) -> absl::Status {
      // The row stays for its epoch.
      ASSIGN_OR_RETURN(Statement release,
                       connection.Prepare("UPDATE lease SET holder = '', expires = 0 WHERE name = ? AND holder = ?"));
      return release.Text(name).Text(holder).Run().status();
    });
  }

  absl::Status PassOutbox(int partition, std::int64_t low, Micros keep_after) override {
    return Transact([&](SqliteConnection& connection) -> absl::Status {
      // Only rows between the mark before and the new one can still have a payload to erase.
      ASSIGN_OR_RETURN(
          Statement erase,
          connection.Prepare("UPDATE outbox SET payload = x'' WHERE partition = ?1 AND position <= ?2 AND position > "
                             "(SELECT passed FROM outbox_partition WHERE partition = ?1) AND transient = 1"));
      RETURN_IF_ERROR(erase.Number(partition).Number(low).Run().status());
      ASSIGN_OR_RETURN(Statement pass,
                       connection.Prepare("UPDATE outbox_partition SET passed = max(passed, ?) WHERE partition = ?"));
      RETURN_IF_ERROR(pass.Number(low).Number(partition).Run().status());
      ASSIGN_OR_RETURN(Statement drop,
                       connection.Prepare("DELETE FROM outbox WHERE partition = ?1 AND time < ?3 AND position IN "
                                          "(SELECT position FROM outbox WHERE partition = ?1 AND position <= ?2 "
                                          "ORDER BY position LIMIT ?4)"));
      return drop.Number(partition).Number(low).Number(keep_after).Number(kPassedAtOnce).Run().status();
    });
  }

  absl::StatusOr<std::vector<std::int64_t>> PassedOutbox() override {
    absl::MutexLock lock(&mutex_);
    return PerPartition(*connection_, kFindPassed);
  }

  absl::StatusOr<std::int64_t> ExpireRequests(Micros now, int limit) override {
    std::int64_t expired = 0;
    RETURN_IF_ERROR(Transact([&](SqliteConnection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(Statement expire,
                       connection.Prepare("DELETE FROM request WHERE rowid IN (SELECT rowid FROM request WHERE "
                                          "expires <= ? ORDER BY expires LIMIT ?)"));
      ASSIGN_OR_RETURN(expired, expire.Number(now).Number(limit).Run());
      return absl::OkStatus();
    }));
    return expired;
  }

 private:
  absl::Status Transact(const std::function<absl::Status(SqliteConnection&)>& work) {
    absl::MutexLock lock(&mutex_);
    turns_->Enter();
    absl::Status status = connection_->Execute("BEGIN IMMEDIATE");
    if (status.ok()) status = work(*connection_);
    if (status.ok()) status = connection_->Execute("COMMIT");
    if (!status.ok() && connection_->in_transaction()) connection_->Execute("ROLLBACK").IgnoreError();
    turns_->Leave();
    return status;
  }

  absl::Mutex mutex_;
  const std::unique_ptr<SqliteConnection> connection_ ABSL_GUARDED_BY(mutex_);
  Turns* const turns_;
};

}  // namespace

HistoryRow HistoryAt(const Statement& row) {
  HistoryRow history;
  history.tenant = row.BytesAt(0);
  history.key = {row.BytesAt(1), row.BytesAt(2)};
  history.sequence = row.NumberAt(3);
  history.time = row.NumberAt(4);
  history.caller = row.BytesAt(5);
  history.method = row.BytesAt(6);
  history.type = row.BytesAt(7);
  history.data = row.BytesAt(8);
  history.record_hash = row.BytesAt(9);
  history.hash = row.BytesAt(10);
  history.writer = row.BytesAt(11);
  history.block = row.NumberAt(12);
  history.place = row.NumberAt(13);
  return history;
}

BlockRow BlockAt(const Statement& row) {
  return {row.BytesAt(0), row.NumberAt(1), row.NumberAt(2), row.NumberAt(3),
          row.BytesAt(4), row.BytesAt(5),  row.BytesAt(6)};
}

std::unique_ptr<Reader> NewSqliteReader(SqlitePool* pool, const KindMap* kinds) {
  return std::make_unique<SqliteReader>(pool, kinds);
}

std::unique_ptr<Maintenance> NewSqliteMaintenance(std::unique_ptr<SqliteConnection> connection, Turns* turns) {
  return std::make_unique<SqliteMaintenance>(std::move(connection), turns);
}

}  // namespace jinqi::ledger
