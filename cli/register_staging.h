// The register's CSV brought into the form in which it is sent: sorted by credit code, each code once, in chunks. An
// external merge sort: memory is bounded, whatever the size of the file.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace jinqi::cli {

// Rows and different service areas of one chunk, together: what the service takes as one command.
inline constexpr int kChunkNames = 98;

struct StageOptions {
  std::string input;
  // Holds what is written; made when missing. One for each job.
  std::string directory;
  // Of the rows that are sorted at a time.
  std::size_t memory = std::size_t{64} << 20;
};

struct Staged {
  // The sorted chunks.
  std::string path;
  // SM3 of the input and of the form of the chunks: the same file in the same form.
  std::string digest;
  // Rows of the input, without the header.
  std::int64_t rows = 0;
  int chunks = 0;
};

// Reads, sorts and cuts the input; what was staged before of the same input is taken as it stands. `progress` is told
// of the rows read so far. IMPORT_COLUMNS for a header without what is needed; INVALID_ARGUMENT for a file that is not
// UTF-8; UNAVAILABLE when it cannot be read or written.
absl::StatusOr<Staged> StageRegister(const StageOptions& options,
                                     const std::function<void(std::int64_t rows)>& progress = {});

// Removes what was staged.
absl::Status Unstage(const Staged& staged);

// Reads the chunks of a staged file, one after the other.
class ChunkReader {
 public:
  explicit ChunkReader(const std::string& path);

  // The serialised ImportEnterprisesRequest of the next chunk, with its rows only; nothing at the end. DATA_LOSS for a
  // file that breaks off.
  absl::StatusOr<std::optional<std::string>> Next();

 private:
  std::ifstream file_;
};

}  // namespace jinqi::cli
