// Which migrations a database still needs; the same rules on both databases.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace jinqi::ledger {

// A row of schema_version.
struct Applied {
  // `core/0001`
  std::string version;
  // `core/0001_core.sql`
  std::string name;
  // SM3 of the file, hexadecimal.
  std::string checksum;
};

struct Migration {
  Applied row;
  std::string sql;
};

// Makes the table of applied versions where it is missing.
inline constexpr char kSchemaVersionTable[] =
    "CREATE TABLE IF NOT EXISTS schema_version (version TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
    "checksum TEXT NOT NULL, time BIGINT NOT NULL)";

// The ledger's own migrations (`core/NNNN_name.sql`) and the service's (given as `NNNN_name.sql`, returned as
// `service/NNNN_name.sql`), as Database::Migrate wants them.
std::map<std::string, std::string> AllMigrations(const std::map<std::string, std::string>& service);

// Those of `wanted` that are not applied, in their order. REASON_SCHEMA_NEWER when the database has a version that
// `wanted` does not know, REASON_SCHEMA_CHANGED when an applied file was another.
absl::StatusOr<std::vector<Migration>> PlanMigrations(const std::map<std::string, std::string>& wanted,
                                                      const std::vector<Applied>& applied);

// OK when an outbox that was made for `stored` partitions (0: new) and last gave out position `last` may go on with
// `wanted`: keys change their partition with the number, and lose their order.
absl::Status CheckPartitions(int wanted, std::int64_t stored, std::int64_t last);

}  // namespace jinqi::ledger
