#include "common/log/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

#include "common/clock/clock.h"
#include "nlohmann/json.hpp"

namespace jinqi::log {
namespace {

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};

// Standard error is one for the process, so is what stands in each of its records.
struct Sink {
  std::string service;
  std::atomic<Level> level = Level::kInfo;
};

Sink& TheSink() {
  static Sink sink;
  return sink;
}

}  // namespace

void Init(std::string_view service, Level level) {
  TheSink().service = service;
  TheSink().level = level;
}

std::string Format(std::string_view time, Level level, std::string_view service, std::string_view msg,
                   std::initializer_list<Field> fields) {
  nlohmann::ordered_json record;
  record["time"] = time;
  record["level"] = kNames[static_cast<std::size_t>(level)];
  record["service"] = service;
  record["msg"] = msg;
  for (const Field& field : fields) record[std::string(field.key)] = field.value;
  // All but ASCII is escaped: U+2028 and bidirectional overrides would break or reorder lines on a screen.
  return record.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

void Log(Level level, std::string_view msg, std::initializer_list<Field> fields) {
  Sink& sink = TheSink();
  if (level < sink.level) return;
  clock::SystemClock clock;
  std::string line = Format(clock::ToRfc3339(clock.Now()), level, sink.service, msg, fields) + "\n";
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace jinqi::log
