// Reads CSV (RFC 4180: quotes, doubled quotes, line breaks within quotes; a byte order mark is skipped).
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace jinqi::cli {

class CsvReader {
 public:
  // Reads the header at once. INVALID_ARGUMENT without one.
  static absl::StatusOr<CsvReader> Open(std::istream& input);

  const std::vector<std::string>& header() const { return header_; }
  // The place of a column, -1 where there is none of that name.
  int Column(const std::string& name) const;
  // False at the end. Rows may be shorter than the header; missing fields are empty.
  bool Next(std::vector<std::string>& row);

 private:
  explicit CsvReader(std::istream& input) : input_(&input) {}
  bool ReadRow(std::vector<std::string>& row);

  std::istream* input_;
  std::vector<std::string> header_;
};

}  // namespace jinqi::cli
