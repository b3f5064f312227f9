// `jinqi register import`: brings a city's register 企业库 in, from CSV, beside whatever runs (INT-05).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace jinqi::cli {

struct RegisterImportOptions {
  std::string input;
  // Names the import, so that one that was cut off goes on; empty: made of the file's name.
  std::string job;
  // Holds what is sorted, and the reports.
  std::string state_directory;
  // Where intake's gRPC is, as rpc::Channel takes it, and the operator's key.
  std::string intake;
  std::string key_file;
  // Chunks on their way to the service at any time.
  int parallel = 24;
  // How long a service that is away is waited for.
  int patience_seconds = 120;
};

// Sorts, sends what was not taken yet, and writes the report of faulty rows. Run again after anything that ended it, it
// goes on. IMPORT_COLUMNS, IMPORT_OTHER_FILE.
absl::Status ImportRegister(const RegisterImportOptions& options);

}  // namespace jinqi::cli
