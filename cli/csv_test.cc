#include "cli/csv.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace jinqi::cli {
namespace {

TEST_CASE("CSV with quotes, line breaks and a byte order mark") {
  std::istringstream input(
      "\xEF\xBB\xBF"
      "text,n\r\n\"a, \"\"b\"\"\nc\",1\nlast");
  auto csv = CsvReader::Open(input);
  REQUIRE(csv.ok());
  CHECK(csv->Column("text") == 0);
  CHECK(csv->Column("n") == 1);
  CHECK(csv->Column("none") == -1);
  std::vector<std::string> row;
  REQUIRE(csv->Next(row));
  CHECK(row == std::vector<std::string>{"a, \"b\"\nc", "1"});
  REQUIRE(csv->Next(row));
  CHECK(row == std::vector<std::string>{"last", ""});
  CHECK_FALSE(csv->Next(row));
}

TEST_CASE("a file without a header is refused") {
  std::istringstream input("");
  CHECK_FALSE(CsvReader::Open(input).ok());
}

}  // namespace
}  // namespace jinqi::cli
