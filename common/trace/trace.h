// W3C trace context: one id for a request on its way through all services.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jinqi::trace {

struct Context {
  // 32 lower-case hexadecimal digits, not all zero.
  std::string trace_id;
  // 16 of them: the span that this process' work belongs to.
  std::string span_id;
  bool sampled = true;
};

// nullopt for anything that is not a valid `traceparent`; later versions are read as version 00.
std::optional<Context> Parse(std::string_view traceparent);

// 00-<trace id>-<span id>-<flags>
std::string Format(const Context& context);

// A new trace.
Context NewTrace();

// A new span in the trace of its caller.
Context Child(const Context& caller);

}  // namespace jinqi::trace
