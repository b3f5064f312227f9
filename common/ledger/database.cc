#include "absl/strings/match.h"
#include "common/ledger/driver.h"

namespace jinqi::ledger {

absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(const std::vector<Kind>& kinds, const Options& options) {
  constexpr char kSqlite[] = "sqlite:";
  if (absl::StartsWith(options.database, kSqlite)) {
    return OpenSqlite(options.database.substr(sizeof(kSqlite) - 1), kinds, options);
  }
  if (absl::StartsWith(options.database, "postgresql://") || absl::StartsWith(options.database, "postgres://")) {
    return OpenPostgres(options.database, kinds, options);
  }
  return absl::InvalidArgumentError("database must be sqlite:PATH or postgresql://…");
}

}  // namespace jinqi::ledger
