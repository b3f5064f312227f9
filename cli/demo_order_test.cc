#include "cli/demo_order.h"

#include <catch2/catch.hpp>
#include <set>

#include "common/identity/uscc.h"

namespace jinqi::cli {
namespace {

TEST_CASE("synthetic credit codes pass the check and differ", "[INT-04]") {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string code = SyntheticUscc("120104", "run/" + std::to_string(i), i % 10 == 9);
    INFO(code);
    CHECK(identity::NormalizeUscc(code).ok());
    CHECK(seen.insert(code).second);
  }
}

}  // namespace
}  // namespace jinqi::cli
