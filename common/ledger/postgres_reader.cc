#include "common/ledger/postgres_reader.h"

#include "absl/strings/str_cat.h"
#include "common/ledger/postgres_rows.h"
#include "common/ledger/sql.h"

namespace jinqi::ledger::postgres {
namespace {

constexpr char kReaderSettings[] =
    "SET default_transaction_read_only = on; SET statement_timeout = '10s'; SET lock_timeout = '5s'";
// The tables change size faster than their statistics; every statement here has its index.
constexpr char kMaintenanceSettings[] =
    "SET statement_timeout = '30s'; SET lock_timeout = '5s'; SET enable_seqscan = off";

// Numbers of partitions 0, 1, 2 …, in a column of outbox_partition.
absl::StatusOr<std::vector<std::int64_t>> ByPartition(Pool& pool, const std::string& column) {
  const Statement statement{"SELECT partition, " + column + " FROM outbox_partition ORDER BY partition"};
  ASSIGN_OR_RETURN(const Result result, pool.Query(statement));
  std::vector<std::int64_t> numbers;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    numbers.resize(static_cast<std::size_t>(IntAt(result.get(), row, 0)) + 1, 0);
    numbers.back() = IntAt(result.get(), row, 1);
  }
  return numbers;
}

}  // namespace

PostgresReader::PostgresReader(const std::string& uri, const Kinds& kinds, int connections)
    : kinds_(kinds), pool_(uri, "jinqi reader", kReaderSettings, connections) {}

absl::StatusOr<const Kind*> PostgresReader::FindKind(const std::string& name) const {
  const auto kind = kinds_.find(name);
  if (kind == kinds_.end()) return absl::InvalidArgumentError("there is no kind " + name);
  return &kind->second;
}

absl::StatusOr<std::optional<Record>> PostgresReader::Get(const std::string& tenant, const Key& key) {
  ASSIGN_OR_RETURN(const Kind* kind, FindKind(key.kind));
  Statement statement{absl::StrCat("SELECT ", RecordColumns(), " FROM ", Quoted(kind->name),
                                   " WHERE tenant = $1::text AND id = $2::text")};
  statement.parameters.Add(std::string_view(tenant)).Add(std::string_view(key.id));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  if (PQntuples(result.get()) == 0) return std::nullopt;
  ASSIGN_OR_RETURN(Record record, RecordAt(result.get(), 0, kind->name));
  return record;
}

absl::StatusOr<Rows> PostgresReader::List(const std::string& tenant, const Query& query) {
  ASSIGN_OR_RETURN(const Kind* kind, FindKind(query.kind));
  ASSIGN_OR_RETURN(Sql sql, ListSql(*kind, tenant, query, Dialect::kPostgres));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(StatementOf(std::move(sql), false)));
  return RowsOf(result.get(), *kind, query);
}

absl::StatusOr<Rows> PostgresReader::ListBySide(const std::string& tenant, const std::string& kind_name,
                                                const std::string& side, const std::string& value,
                                                const std::string& after_id, int limit) {
  ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
  ASSIGN_OR_RETURN(Sql sql, ListBySideSql(*kind, tenant, side, value, after_id, limit, Dialect::kPostgres));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(StatementOf(std::move(sql), false)));
  return RowsOf(result.get(), *kind, Query());
}

absl::StatusOr<std::vector<std::vector<std::string>>> PostgresReader::LastIdsBySide(
    const std::string& tenant, const std::string& kind_name, const std::string& side,
    const std::vector<std::string>& values, int limit) {
  ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
  ASSIGN_OR_RETURN(Sql sql, LastIdsBySideSql(*kind, tenant, side, values, limit, Dialect::kPostgres));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(StatementOf(std::move(sql), false)));
  std::vector<std::vector<std::string>> ids(values.size());
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    ids[static_cast<std::size_t>(IntAt(result.get(), row, 0))].push_back(TextAt(result.get(), row, 1));
  }
  return ids;
}

absl::StatusOr<std::optional<Person>> PostgresReader::FindPerson(const std::string& tenant, const std::string& id) {
  Statement statement{
      "SELECT p.sealed, b.blind FROM person AS p LEFT JOIN person_blind AS b ON b.tenant = p.tenant AND b.id = p.id "
      "WHERE p.tenant = $1::text AND p.id = $2::text ORDER BY b.blind"};
  statement.parameters.Add(std::string_view(tenant)).Add(std::string_view(id));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  if (PQntuples(result.get()) == 0) return std::nullopt;
  Person person;
  person.id = id;
  person.sealed = TextAt(result.get(), 0, 0);
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    if (PQgetisnull(result.get(), row, 1) == 0) person.blind.push_back(TextAt(result.get(), row, 1));
  }
  return person;
}

absl::StatusOr<std::vector<std::string>> PostgresReader::PersonIdsByBlind(const std::string& tenant,
                                                                          const std::string& blind) {
  Statement statement{"SELECT id FROM person_blind WHERE tenant = $1::text AND blind = $2::bytea ORDER BY id"};
  statement.parameters.Add(std::string_view(tenant)).Add(std::string_view(blind));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  std::vector<std::string> ids;
  for (int row = 0; row < PQntuples(result.get()); ++row) ids.push_back(TextAt(result.get(), row, 0));
  return ids;
}

absl::StatusOr<std::vector<HistoryRow>> PostgresReader::History(const std::string& tenant, const Key& key) {
  Statement statement{std::string("SELECT ") + kHistoryColumns +
                      " FROM history WHERE tenant = $1::text AND kind = $2::text AND id = $3::text ORDER BY sequence"};
  statement.parameters.Add(std::string_view(tenant)).Add(std::string_view(key.kind)).Add(std::string_view(key.id));
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  std::vector<HistoryRow> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) rows.push_back(HistoryAt(result.get(), row));
  return rows;
}

absl::StatusOr<std::vector<std::pair<std::string, Record>>> PostgresReader::Due(const std::string& kind_name,
                                                                                Micros now, int limit) {
  ASSIGN_OR_RETURN(const Kind* kind, FindKind(kind_name));
  const Statement statement = StatementOf(DueSql(*kind, now, limit, Dialect::kPostgres), false);
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  std::vector<std::pair<std::string, Record>> due;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    ASSIGN_OR_RETURN(Record record, RecordAt(result.get(), row, kind->name));
    due.emplace_back(TextAt(result.get(), row, 0), std::move(record));
  }
  return due;
}

absl::StatusOr<std::vector<OutboxRow>> PostgresReader::Outbox(int partition, std::int64_t after, int limit) {
  Statement statement{
      "SELECT partition, position, tenant, id, key, key_sequence, type, payload, transient, time, traceparent FROM "
      "outbox "
      "WHERE partition = $1::int8 AND position > $2::int8 ORDER BY position LIMIT $3::int8"};
  statement.parameters.Add(std::int64_t{partition}).Add(after).Add(std::int64_t{limit});
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  std::vector<OutboxRow> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    const PGresult* cells = result.get();
    rows.push_back({static_cast<int>(IntAt(cells, row, 0)), IntAt(cells, row, 1), TextAt(cells, row, 2),
                    TextAt(cells, row, 3), TextAt(cells, row, 4), IntAt(cells, row, 5), TextAt(cells, row, 6),
                    TextAt(cells, row, 7), IntAt(cells, row, 8) != 0, IntAt(cells, row, 9), TextAt(cells, row, 10)});
  }
  return rows;
}

absl::StatusOr<std::vector<std::int64_t>> PostgresReader::OutboxEnds() { return ByPartition(pool_, "last"); }

absl::StatusOr<std::vector<Mark>> PostgresReader::Marks() {
  ASSIGN_OR_RETURN(const Result result,
                   pool_.Query({"SELECT source, partition, position FROM mark ORDER BY source, partition"}));
  std::vector<Mark> marks;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    marks.push_back(
        {TextAt(result.get(), row, 0), static_cast<int>(IntAt(result.get(), row, 1)), IntAt(result.get(), row, 2)});
  }
  return marks;
}

absl::StatusOr<std::vector<DeadLetter>> PostgresReader::DeadLetters(int limit) {
  Statement statement{
      "SELECT tenant, source, partition, position, key, type, envelope, reason, time, sealed FROM dead_letter "
      "ORDER BY source, partition, position LIMIT $1::int8"};
  statement.parameters.Add(std::int64_t{limit});
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  std::vector<DeadLetter> letters;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    const PGresult* cells = result.get();
    letters.push_back({TextAt(cells, row, 0), TextAt(cells, row, 1), static_cast<int>(IntAt(cells, row, 2)),
                       IntAt(cells, row, 3), TextAt(cells, row, 4), TextAt(cells, row, 5), TextAt(cells, row, 6),
                       TextAt(cells, row, 7), IntAt(cells, row, 8), IntAt(cells, row, 9) != 0});
  }
  return letters;
}

PostgresMaintenance::PostgresMaintenance(const std::string& uri)
    : pool_(uri, "jinqi maintenance", kMaintenanceSettings, 1) {}

absl::StatusOr<std::optional<std::int64_t>> PostgresMaintenance::Lease(const std::string& name,
                                                                       const std::string& holder, Micros now,
                                                                       Micros duration) {
  // Who comes back to his own lease keeps its epoch: nobody held it in between.
  Statement statement{
      "INSERT INTO lease AS l (name, holder, epoch, expires) VALUES ($1::text, $2::text, 1, $3::int8 + $4::int8) "
      "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires, "
      "epoch = l.epoch + CASE WHEN l.holder = excluded.holder THEN 0 ELSE 1 END "
      "WHERE l.holder = excluded.holder OR l.expires <= $3::int8 RETURNING epoch"};
  statement.parameters.Add(std::string_view(name)).Add(std::string_view(holder)).Add(now).Add(duration);
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  if (PQntuples(result.get()) == 0) return std::nullopt;
  return IntAt(result.get(), 0, 0);
}

absl::Status PostgresMaintenance::ReleaseLease(const std::string& name, const std::string& holder) {
  Statement statement{"UPDATE lease SET holder = '', expires = 0 WHERE name = $1::text AND holder = $2::text"};
  statement.parameters.Add(std::string_view(name)).Add(std::string_view(holder));
  return pool_.Query(statement).status();
}

absl::Status PostgresMaintenance::PassOutbox(int partition, std::int64_t low, Micros keep_after) {
  // Only rows between the mark before and the new one can still have a payload to erase. One statement, as an erased
  // text and the mark that allows it must be seen together.
  Statement pass{
      "WITH pass AS (UPDATE outbox_partition SET passed = $2::int8 WHERE partition = $1::int8 AND passed < $2::int8) "
      "UPDATE outbox SET payload = '' WHERE partition = $1::int8 AND position <= $2::int8 AND transient = 1 "
      "AND position > (SELECT passed FROM outbox_partition WHERE partition = $1::int8)"};
  pass.parameters.Add(std::int64_t{partition}).Add(low);
  RETURN_IF_ERROR(pool_.Query(pass).status());
  Statement remove{
      "DELETE FROM outbox WHERE partition = $1::int8 AND time < $3::int8 AND position = ANY (ARRAY(SELECT position "
      "FROM outbox WHERE partition = $1::int8 AND position <= $2::int8 ORDER BY position LIMIT $4::int8))"};
  remove.parameters.Add(std::int64_t{partition}).Add(low).Add(keep_after).Add(kPassedAtOnce);
  return pool_.Query(remove).status();
}

absl::StatusOr<std::vector<std::int64_t>> PostgresMaintenance::PassedOutbox() { return ByPartition(pool_, "passed"); }

absl::StatusOr<std::int64_t> PostgresMaintenance::ExpireRequests(Micros now, int limit) {
  Statement statement{
      "WITH gone AS (DELETE FROM request WHERE ctid = ANY (ARRAY(SELECT ctid FROM request WHERE expires <= $1::int8 "
      "ORDER BY expires LIMIT $2::int8)) RETURNING 1) SELECT count(*) FROM gone"};
  statement.parameters.Add(now).Add(std::int64_t{limit});
  ASSIGN_OR_RETURN(const Result result, pool_.Query(statement));
  return IntAt(result.get(), 0, 0);
}

}  // namespace jinqi::ledger::postgres
