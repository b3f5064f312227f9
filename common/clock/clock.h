// Instants: UTC microseconds since 1970, and their days in Asia/Shanghai. Shanghai is UTC+8 without daylight saving
// (so since 1992), which is computed here and asks no time zone files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/timestamp.pb.h"

namespace jinqi::clock {

using Micros = std::int64_t;

inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kDay = 24 * kHour;

// Where the time comes from. Rules are given the instant; they never hold a clock.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual Micros Now() = 0;
};

class SystemClock final : public Clock {
 public:
  Micros Now() override;
};

// Stands still until it is told otherwise. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Micros now) : now_(now) {}

  Micros Now() override;
  void Set(Micros now);
  void Advance(Micros by);

 private:
  absl::Mutex mutex_;
  Micros now_ ABSL_GUARDED_BY(mutex_);
};

// The RFC 3339 instant in a file that several processes share: all of them live at the same test time. It stands still
// until the file changes. A file that cannot be read leaves the last good value; before the first good value it is
// system time. Write the file by renaming a new one over it. Thread-safe.
class FileClock final : public Clock {
 public:
  explicit FileClock(std::string path) : path_(std::move(path)) {}

  Micros Now() override;

 private:
  // What tells one content of the file from the next.
  struct Stamp {
    std::int64_t modified_ns = -1;
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    bool operator==(const Stamp&) const = default;
  };

  void Reload() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  absl::Mutex mutex_;
  Stamp stamp_ ABSL_GUARDED_BY(mutex_);
  bool good_ ABSL_GUARDED_BY(mutex_) = false;
  Micros now_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Shown with Shanghai's offset, 2025-10-13T23:59:59+08:00; the fraction only where there is one (3 or 6 digits).
std::string ToRfc3339(Micros instant);

// A full RFC 3339 instant with offset, years 0001 to 9999, at most 9 digits of fraction (those past the sixth are cut).
// REASON_FORMAT for everything else, leap seconds included (GWY-10).
absl::StatusOr<Micros> FromRfc3339(std::string_view text);

// A date YYYY-MM-DD that exists; else REASON_FORMAT (GWY-10).
absl::StatusOr<absl::CivilDay> ParseDate(std::string_view text);
// YYYY-MM-DD.
std::string FormatDate(absl::CivilDay day);

google::protobuf::Timestamp ToProto(Micros instant);
// Fractions below a microsecond are cut; what lies outside of the years 0001 to 9999 becomes their first or last
// instant.
Micros FromProto(const google::protobuf::Timestamp& timestamp);

// The day that it is in Shanghai.
absl::CivilDay ShanghaiDate(Micros instant);
// 00:00:00 of the day in Shanghai.
Micros StartOfDay(absl::CivilDay day);
// 23:59:59 of the day in Shanghai. What is due then is in time while the instant is before StartOfDay(day + 1) (C5.3).
Micros EndOfDay(absl::CivilDay day);

}  // namespace jinqi::clock
