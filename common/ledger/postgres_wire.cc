#include "common/ledger/postgres_wire.h"

#include <type_traits>
#include <utility>

namespace jinqi::ledger::postgres {
namespace {

// Type numbers of pg_type; they never change.
constexpr std::int32_t kByteaType = 17;
constexpr std::int32_t kInt8Type = 20;
constexpr std::int32_t kTextType = 25;

constexpr std::size_t kNullsAt = 4;
constexpr std::size_t kSizeAt = 12;

template <typename Integer>
void Put(char* to, Integer number) {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(number);
  for (std::size_t i = sizeof(Integer); i-- > 0;) {
    to[i] = static_cast<char>(bits & 0xff);
    bits = static_cast<std::make_unsigned_t<Integer>>(bits >> 8);
  }
}

template <typename Integer>
void Append(std::string& to, Integer number) {
  char bytes[sizeof(Integer)];
  Put(bytes, number);
  to.append(bytes, sizeof(bytes));
}

std::int32_t ElementType(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger: return kInt8Type;
    case ColumnType::kText: return kTextType;
    case ColumnType::kBytes: return kByteaType;
  }
  return kTextType;
}

}  // namespace

Array::Array(ColumnType type) {
  Append(bytes_, std::int32_t{1});
  Append(bytes_, std::int32_t{0});
  Append(bytes_, ElementType(type));
  Append(bytes_, std::int32_t{0});
  Append(bytes_, std::int32_t{1});
}

void Array::Add(std::int64_t number) {
  Append(bytes_, std::int32_t{sizeof(number)});
  Append(bytes_, number);
  ++size_;
}

void Array::Add(std::string_view bytes) {
  Append(bytes_, static_cast<std::int32_t>(bytes.size()));
  bytes_.append(bytes);
  ++size_;
}

void Array::AddNull() {
  Append(bytes_, std::int32_t{-1});
  nulls_ = true;
  ++size_;
}

void Array::Add(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return Add(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return Add(std::string_view(*text));
  AddNull();
}

std::string Array::Take() && {
  // An array without elements has no dimension.
  if (size_ == 0) {
    Put(bytes_.data(), std::int32_t{0});
    bytes_.resize(kSizeAt);
    return std::move(bytes_);
  }
  Put(bytes_.data() + kNullsAt, std::int32_t{nulls_ ? 1 : 0});
  Put(bytes_.data() + kSizeAt, size_);
  return std::move(bytes_);
}

Parameters& Parameters::Add(std::int64_t number) {
  std::string bytes;
  Append(bytes, number);
  values_.emplace_back(std::move(bytes));
  return *this;
}

Parameters& Parameters::Add(std::string_view bytes) {
  values_.emplace_back(std::string(bytes));
  return *this;
}

Parameters& Parameters::Add(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return Add(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return Add(std::string_view(*text));
  values_.emplace_back(std::nullopt);
  return *this;
}

Parameters& Parameters::Add(Array array) {
  values_.emplace_back(std::move(array).Take());
  return *this;
}

std::string_view ArrayTypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger: return "int8[]";
    case ColumnType::kText: return "text[]";
    case ColumnType::kBytes: return "bytea[]";
  }
  return "text[]";
}

std::int64_t IntAt(const PGresult* result, int row, int column) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(PQgetvalue(result, row, column));
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) number = number << 8 | bytes[i];
  return static_cast<std::int64_t>(number);
}

std::string TextAt(const PGresult* result, int row, int column) {
  return std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column)));
}

Value ValueAt(const PGresult* result, int row, int column, ColumnType type) {
  if (PQgetisnull(result, row, column) != 0) return std::monostate();
  if (type == ColumnType::kInteger) return IntAt(result, row, column);
  return TextAt(result, row, column);
}

}  // namespace jinqi::ledger::postgres
