#include "cli/options.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace jinqi::cli {
namespace {

TEST_CASE("options are read by name, flags without a value, the rest as arguments", "[cli]") {
  const auto demo = ReadCommandLine({"demo", "--gateway", "http://h", "--orders", "12"});
  REQUIRE(demo.ok());
  CHECK(demo->Text("gateway") == "http://h");
  CHECK(demo->Number("orders", 0) == 12);
  CHECK(demo->Number("parallel", 16) == 16);
  CHECK(demo->Text("input").empty());
  CHECK(ReadCommandLine({"demo", "--resume", "--state", "s"})->Has("resume"));
  CHECK(ReadCommandLine({"demo", "--orders", "1"})->Number("orders", 0) == 1);
  CHECK(ReadCommandLine({"demo", "--orders", "2147483647"})->Number("orders", 0) == 2147483647);
  const auto letters = ReadCommandLine({"deadletters", "--service", "intake", "retry", "X"});
  REQUIRE(letters.ok());
  CHECK(letters->arguments == std::vector<std::string>{"retry", "X"});
}

TEST_CASE("what there is not is refused, and said", "[cli]") {
  const struct {
    std::vector<std::string> words;
    std::string says;
  } rows[] = {
      {{}, "a command is missing"},
      {{"bogus"}, "there is no command bogus"},
      {{"demo", "--nonsense", "1"}, "demo does not know --nonsense"},
      {{"demo", "--role", "seat"}, "demo does not know --role"},
      {{"token", "--orders", "1"}, "token does not know --orders"},
      {{"demo", "word"}, "demo does not know word"},
      {{"demo", "--"}, "demo does not know --"},
      {{"demo", "--input"}, "--input needs a value"},
      {{"demo", "--input", "--resume"}, "--input needs a value"},
      {{"demo", "--orders", "0"}, "--orders needs a whole number of at least 1, not “0”"},
      {{"demo", "--orders", "-1"}, "--orders needs a whole number of at least 1, not “-1”"},
      {{"demo", "--orders", "5x"}, "--orders needs a whole number of at least 1, not “5x”"},
      {{"demo", "--orders", ""}, "--orders needs a whole number of at least 1, not “”"},
      {{"demo", "--orders", "2147483648"}, "--orders needs a whole number of at least 1, not “2147483648”"},
      {{"demo", "--parallel", "0"}, "--parallel needs a whole number of at least 1, not “0”"},
      {{"demo", "--orders", "1", "--orders", "2"}, "--orders is given twice"},
      {{"demo", "--resume", "--orders", "2"},
       "--resume goes on with the last run: --input and --orders are remembered"},
      {{"demo", "--resume", "--input", "f"}, "--resume goes on with the last run: --input and --orders are remembered"},
      {{"deadletters", "retry", "X", "Y"}, "deadletters does not know Y"},
  };
  for (const auto& row : rows) {
    INFO(row.says);
    const auto line = ReadCommandLine(row.words);
    REQUIRE(line.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(std::string(line.status().message()) == row.says);
  }
}

}  // namespace
}  // namespace jinqi::cli
