// The log: one JSON object a line, to standard error.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace jinqi::log {

enum class Level { kDebug, kInfo, kWarning, kError };

struct Field {
  std::string_view key;
  std::string_view value;
};

// Names the service in each record and drops what is below `level`. Once, before other threads start.
void Init(std::string_view service, Level level);

// {"time","level","service","msg", fields…}; the trace id is a field `trace_id`. Control characters and line breaks are
// escaped, bytes that are no UTF-8 are replaced, so that no value can pretend to be a record of its own. Never give it
// personal data or secrets (SEC-16). Thread-safe; one write per record.
void Log(Level level, std::string_view msg, std::initializer_list<Field> fields = {});

// The record that Log would write, without the line break.
std::string Format(std::string_view time, Level level, std::string_view service, std::string_view msg,
                   std::initializer_list<Field> fields);

}  // namespace jinqi::log
