#include "cli/csv.h"

#include <algorithm>
#include <streambuf>

namespace jinqi::cli {
namespace {

constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";

}  // namespace

absl::StatusOr<CsvReader> CsvReader::Open(std::istream& input) {
  CsvReader reader(input);
  if (!reader.ReadRow(reader.header_) || reader.header_.empty()) {
    return absl::InvalidArgumentError("the CSV file has no header");
  }
  std::string& first = reader.header_.front();
  if (first.starts_with(kByteOrderMark)) first.erase(0, sizeof(kByteOrderMark) - 1);
  return reader;
}

int CsvReader::Column(const std::string& name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  return found == header_.end() ? -1 : static_cast<int>(found - header_.begin());
}

bool CsvReader::Next(std::vector<std::string>& row) {
  if (!ReadRow(row)) return false;
  row.resize(std::max(row.size(), header_.size()));
  return true;
}

bool CsvReader::ReadRow(std::vector<std::string>& row) {
  row.clear();
  std::string field;
  bool quoted = false;
  bool any = false;
  // The buffer itself: the stream's own get() costs more than all else here.
  std::streambuf& buffer = *input_->rdbuf();
  constexpr auto kEnd = std::streambuf::traits_type::eof();
  for (int next = buffer.sbumpc(); next != kEnd; next = buffer.sbumpc()) {
    const char c = static_cast<char>(next);
    any = true;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (buffer.sgetc() == '"') {
        field += static_cast<char>(buffer.sbumpc());
      } else {
        quoted = false;
      }
      continue;
    }
    if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      row.push_back(std::move(field));
      field.clear();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      field += c;
    }
  }
  if (!any) return false;
  row.push_back(std::move(field));
  return true;
}

}  // namespace jinqi::cli
