// Reads and housekeeping on PostgreSQL, each statement a transaction of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/ledger/ledger.h"
#include "common/ledger/postgres_session.h"
#include "common/ledger/postgres_writes.h"

namespace jinqi::ledger::postgres {

class PostgresReader final : public Reader {
 public:
  // `kinds` must outlive it.
  PostgresReader(const std::string& uri, const Kinds& kinds, int connections);

  absl::StatusOr<std::optional<Record>> Get(const std::string& tenant, const Key& key) override;
  absl::StatusOr<Rows> List(const std::string& tenant, const Query& query) override;
  absl::StatusOr<Rows> ListBySide(const std::string& tenant, const std::string& kind, const std::string& side,
                                  const std::string& value, const std::string& after_id, int limit) override;
  absl::StatusOr<std::vector<std::vector<std::string>>> LastIdsBySide(const std::string& tenant,
                                                                      const std::string& kind, const std::string& side,
                                                                      const std::vector<std::string>& values,
                                                                      int limit) override;
  absl::StatusOr<std::optional<Person>> FindPerson(const std::string& tenant, const std::string& id) override;
  absl::StatusOr<std::vector<std::string>> PersonIdsByBlind(const std::string& tenant,
                                                            const std::string& blind) override;
  absl::StatusOr<std::vector<HistoryRow>> History(const std::string& tenant, const Key& key) override;
  absl::StatusOr<std::vector<std::pair<std::string, Record>>> Due(const std::string& kind, Micros now,
                                                                  int limit) override;
  absl::StatusOr<std::vector<OutboxRow>> Outbox(int partition, std::int64_t after, int limit) override;
  absl::StatusOr<std::vector<std::int64_t>> OutboxEnds() override;
  absl::StatusOr<std::vector<Mark>> Marks() override;
  absl::StatusOr<std::vector<DeadLetter>> DeadLetters(int limit) override;

 private:
  absl::StatusOr<const Kind*> FindKind(const std::string& name) const;

  const Kinds& kinds_;
  Pool pool_;
};

class PostgresMaintenance final : public Maintenance {
 public:
  explicit PostgresMaintenance(const std::string& uri);

  absl::StatusOr<std::optional<std::int64_t>> Lease(const std::string& name, const std::string& holder, Micros now,
                                                    Micros duration) override;
  absl::Status ReleaseLease(const std::string& name, const std::string& holder) override;
  absl::Status PassOutbox(int partition, std::int64_t low, Micros keep_after) override;
  absl::StatusOr<std::vector<std::int64_t>> PassedOutbox() override;
  absl::StatusOr<std::int64_t> ExpireRequests(Micros now, int limit) override;

 private:
  Pool pool_;
};

}  // namespace jinqi::ledger::postgres
