// PostgreSQL's binary values: parameters that go out, columns that come in. Rows of a set go as one array per column.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "common/ledger/types.h"

namespace jinqi::ledger::postgres {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

// One column of many rows, as a one-dimensional array.
class Array {
 public:
  explicit Array(ColumnType type);

  void Add(std::int64_t number);
  void Add(std::string_view bytes);
  void AddNull();
  void Add(const Value& value);

  std::int64_t size() const { return size_; }
  // The array's bytes; nothing is added afterwards.
  std::string Take() &&;

 private:
  std::string bytes_;
  std::int32_t size_ = 0;
  bool nulls_ = false;
};

// The parameters of one statement.
class Parameters {
 public:
  Parameters& Add(std::int64_t number);
  Parameters& Add(std::string_view bytes);
  Parameters& Add(const Value& value);
  Parameters& Add(Array array);

  std::size_t size() const { return values_.size(); }
  const std::optional<std::string>& operator[](std::size_t index) const { return values_[index]; }

 private:
  std::vector<std::optional<std::string>> values_;
};

// int8[], text[] or bytea[].
std::string_view ArrayTypeName(ColumnType type);

// A cell of a result in binary; the column must be int8, or text or bytea.
std::int64_t IntAt(const PGresult* result, int row, int column);
std::string TextAt(const PGresult* result, int row, int column);
Value ValueAt(const PGresult* result, int row, int column, ColumnType type);

}  // namespace jinqi::ledger::postgres
