// The import of the register 企业库 in chunks (INT-05): each chunk is one command, whose commit carries how far the job
// is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/reference.h"
#include "services/intake/service_area.h"

namespace jinqi::intake {

inline constexpr std::string_view kImportJobKind = "import_job";
inline constexpr std::string_view kImportFaultKind = "import_fault";

// Chunks that may be done ahead of one that is not.
inline constexpr int kMaxAhead = 1024;

ledger::Key ImportJobKey(std::string_view job);
ledger::Key ImportFaultKey(std::string_view job, int chunk);

// A row that passed the checks that need no record.
struct CheckedRow {
  std::int64_t row = 0;
  // Only what the row gives; the code in normal form.
  v1::Enterprise facts;
  // The desk that it asks for; an empty area: none.
  DeskPlace desk;
};

// INT-04, INT-05: the row in normal form, or all its faults by column.
absl::StatusOr<CheckedRow> CheckImportRow(const v1::ImportRow& row, const Reference& reference);

struct ImportChunk {
  std::string job;
  std::string digest;
  int chunk_count = 0;
  int chunk = 0;
  // Of those that passed; faults of those that did not, and of the rows that were replaced by later ones.
  std::vector<CheckedRow> rows;
  std::vector<v1::RowFault> faults;
};

// The chunk in normal form, its rows checked. FORMAT, OUT_OF_RANGE, TOO_MANY for one that cannot be a command.
absl::StatusOr<ImportChunk> CheckChunk(const v1::ImportEnterprisesRequest& request, const Reference& reference);

std::vector<ledger::Name> NamesOf(const ImportChunk& chunk);

// Takes the rows and notes the chunk as done; one that was done before changes nothing. IMPORT_OTHER_FILE for a job of
// another file. A row whose subject has another desk, or whose desk is of another district or empty, is a fault.
absl::StatusOr<ledger::Outcome> DecideImportChunk(const ledger::View& view, const ImportChunk& chunk);

}  // namespace jinqi::intake
