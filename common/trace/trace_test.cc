#include "common/trace/trace.h"

#include <catch2/catch.hpp>

namespace jinqi::trace {
namespace {

constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST_CASE("a traceparent is read and written", "[trace]") {
  const auto context = Parse(kParent);
  REQUIRE(context.has_value());
  CHECK(context->trace_id == "0af7651916cd43dd8448eb211c80319c");
  CHECK(context->span_id == "b7ad6b7169203331");
  CHECK(context->sampled);
  CHECK(Format(*context) == kParent);
  CHECK_FALSE(Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")->sampled);
  CHECK(Parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings").has_value());
}

TEST_CASE("what is no traceparent is not read", "[trace]") {
  const std::string text = GENERATE(as<std::string>(), "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                                    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                                    "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
                                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x");
  CAPTURE(text);
  CHECK_FALSE(Parse(text).has_value());
}

TEST_CASE("a child stays in the trace under a span of its own", "[trace]") {
  const Context trace = NewTrace();
  const Context child = Child(trace);
  CHECK(child.trace_id == trace.trace_id);
  CHECK(child.span_id != trace.span_id);
  CHECK(NewTrace().trace_id != trace.trace_id);
  CHECK(Parse(Format(child)).has_value());
}

}  // namespace
}  // namespace jinqi::trace
