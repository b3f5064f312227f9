#include "common/ledger/migrate.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"

namespace jinqi::ledger {

extern const std::map<std::string, std::string> kCoreMigrations;

namespace {

// core/0001_core.sql gives core/0001.
std::string VersionOf(const std::string& name) { return name.substr(0, name.find('_')); }

}  // namespace

std::map<std::string, std::string> AllMigrations(const std::map<std::string, std::string>& service) {
  std::map<std::string, std::string> all;
  for (const auto& [name, sql] : kCoreMigrations) all.emplace("core/" + name, sql);
  for (const auto& [name, sql] : service) all.emplace("service/" + name, sql);
  return all;
}

absl::StatusOr<std::vector<Migration>> PlanMigrations(const std::map<std::string, std::string>& wanted,
                                                      const std::vector<Applied>& applied) {
  std::map<std::string, Migration> missing;
  for (const auto& [name, sql] : wanted) {
    const std::string version = VersionOf(name);
    if (!missing.emplace(version, Migration{{version, name, crypto::Sm3Hex(sql)}, sql}).second) {
      return absl::InvalidArgumentError(absl::StrCat("two migrations are numbered ", version));
    }
  }
  for (const Applied& row : applied) {
    const auto known = missing.find(row.version);
    if (known == missing.end()) return Error(config::v1::REASON_SCHEMA_NEWER, {{"version", row.name}});
    if (known->second.row.checksum != row.checksum) {
      return Error(config::v1::REASON_SCHEMA_CHANGED, {{"version", row.name}});
    }
    missing.erase(known);
  }
  std::vector<Migration> plan;
  for (auto& [version, migration] : missing) plan.push_back(std::move(migration));
  return plan;
}

absl::Status CheckPartitions(int wanted, std::int64_t stored, std::int64_t last) {
  if (last == 0 || stored == wanted) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the outbox of this database has ", stored,
                                                    " partitions, configured are ", wanted, ": set partitions to ",
                                                    stored));
}

}  // namespace jinqi::ledger
