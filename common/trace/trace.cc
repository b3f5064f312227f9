#include "common/trace/trace.h"

#include <algorithm>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"

namespace jinqi::trace {
namespace {

constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kSpanDigits = 16;
// 00-<32>-<16>-<2>
constexpr std::size_t kLength = 2 + 1 + kTraceDigits + 1 + kSpanDigits + 1 + 2;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

// Ids need not be secret, only different; a generator of each thread takes no lock.
std::string RandomHex(std::size_t digits) {
  thread_local absl::InsecureBitGen random;
  std::string hex;
  while (hex.size() < digits) hex += absl::StrFormat("%016x", absl::Uniform<std::uint64_t>(random));
  hex.resize(digits);
  if (IsZero(hex)) hex.back() = '1';
  return hex;
}

}  // namespace

std::optional<Context> Parse(std::string_view traceparent) {
  if (traceparent.size() < kLength) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2);
  const bool longer = traceparent.size() > kLength;
  if (!IsHex(version) || version == "ff" || (longer && (version == "00" || traceparent[kLength] != '-'))) {
    return std::nullopt;
  }
  const std::string_view trace_id = traceparent.substr(3, kTraceDigits);
  const std::string_view span_id = traceparent.substr(4 + kTraceDigits, kSpanDigits);
  const std::string_view flags = traceparent.substr(5 + kTraceDigits + kSpanDigits, 2);
  if (traceparent[2] != '-' || traceparent[3 + kTraceDigits] != '-' ||
      traceparent[4 + kTraceDigits + kSpanDigits] != '-') {
    return std::nullopt;
  }
  if (!IsHex(trace_id) || !IsHex(span_id) || !IsHex(flags) || IsZero(trace_id) || IsZero(span_id)) return std::nullopt;
  const char low = flags[1];
  const int digit = low <= '9' ? low - '0' : low - 'a' + 10;
  return Context{std::string(trace_id), std::string(span_id), (digit & 1) != 0};
}

std::string Format(const Context& context) {
  return "00-" + context.trace_id + "-" + context.span_id + (context.sampled ? "-01" : "-00");
}

Context NewTrace() { return {RandomHex(kTraceDigits), RandomHex(kSpanDigits), true}; }

Context Child(const Context& caller) { return {caller.trace_id, RandomHex(kSpanDigits), caller.sampled}; }

}  // namespace jinqi::trace
