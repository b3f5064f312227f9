#include "common/clock/clock.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_format.h"
#include "common/status/status.h"

namespace jinqi::clock {
namespace {

constexpr Micros kShanghaiOffset = 8 * kHour;
constexpr std::int64_t kMinSeconds = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kMaxSeconds = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr absl::CivilDay kEpoch(1970, 1, 1);

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Reads the parts of an instant from the left; once something does not fit, it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

  int Digits(std::size_t count, int min, int max) {
    if (rest_.size() < count) return Fail();
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return Fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value < min || value > max ? Fail() : value;
  }

  void Expect(char c) {
    if (!Take(c)) Fail();
  }

  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The digits of a fraction as microseconds.
  Micros Fraction() {
    const auto count = static_cast<std::size_t>(std::find_if(rest_.begin(), rest_.end(), IsNoDigit) - rest_.begin());
    if (count < 1 || count > 9) return Fail();
    std::string digits(rest_.substr(0, std::min<std::size_t>(count, 6)));
    digits.append(6 - digits.size(), '0');
    rest_.remove_prefix(count);
    return std::stoi(digits);
  }

  int Fail() {
    ok_ = false;
    return 0;
  }

 private:
  static bool IsNoDigit(char c) { return c < '0' || c > '9'; }

  std::string_view rest_;
  bool ok_ = true;
};

// Year 0 for a date that does not exist.
absl::CivilDay ScanDate(Scanner& scanner) {
  const int year = scanner.Digits(4, 1, 9999);
  scanner.Expect('-');
  const int month = scanner.Digits(2, 1, 12);
  scanner.Expect('-');
  const int day = scanner.Digits(2, 1, 31);
  if (!scanner.ok()) return {};
  const absl::CivilDay date(year, month, day);
  // CivilDay carries 31 February into March.
  if (date.day() != day) scanner.Fail();
  return date;
}

// Minutes east of Greenwich.
int ScanOffset(Scanner& scanner) {
  if (scanner.Take('Z')) return 0;
  const bool west = scanner.Take('-');
  if (!west) scanner.Expect('+');
  const int hours = scanner.Digits(2, 0, 23);
  scanner.Expect(':');
  const int minutes = hours * 60 + scanner.Digits(2, 0, 59);
  return west ? -minutes : minutes;
}

std::string_view StripLineEnd(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

std::optional<Micros> ReadInstant(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return std::nullopt;
  const auto instant = FromRfc3339(StripLineEnd(content.str()));
  if (!instant.ok()) return std::nullopt;
  return *instant;
}

}  // namespace

Micros SystemClock::Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

Micros ManualClock::Now() {
  const absl::MutexLock lock(&mutex_);
  return now_;
}

void ManualClock::Set(Micros now) {
  const absl::MutexLock lock(&mutex_);
  now_ = now;
}

void ManualClock::Advance(Micros by) {
  const absl::MutexLock lock(&mutex_);
  now_ += by;
}

Micros FileClock::Now() {
  const absl::MutexLock lock(&mutex_);
  Reload();
  return good_ ? now_ : SystemClock().Now();
}

void FileClock::Reload() {
  struct stat info {};
  if (stat(path_.c_str(), &info) != 0) return;
  const Stamp stamp{.modified_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
                    .inode = info.st_ino,
                    .size = info.st_size};
  if (stamp == stamp_) return;
  const auto instant = ReadInstant(path_);
  if (!instant) return;
  stamp_ = stamp;
  now_ = *instant;
  good_ = true;
}

std::string ToRfc3339(Micros instant) {
  const Micros local = instant + kShanghaiOffset;
  const Micros second = FloorDiv(local, kSecond);
  const Micros fraction = local - second * kSecond;
  const absl::CivilSecond civil = absl::CivilSecond(kEpoch) + second;
  std::string text = absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d", civil.year(), civil.month(), civil.day(),
                                     civil.hour(), civil.minute(), civil.second());
  if (fraction % kMillisecond != 0) {
    text += absl::StrFormat(".%06d", fraction);
  } else if (fraction != 0) {
    text += absl::StrFormat(".%03d", fraction / kMillisecond);
  }
  return text + "+08:00";
}

absl::StatusOr<Micros> FromRfc3339(std::string_view text) {
  Scanner scanner(text);
  const absl::CivilDay date = ScanDate(scanner);
  scanner.Expect('T');
  const int hour = scanner.Digits(2, 0, 23);
  scanner.Expect(':');
  const int minute = scanner.Digits(2, 0, 59);
  scanner.Expect(':');
  const int second = scanner.Digits(2, 0, 59);
  const Micros fraction = scanner.Take('.') ? scanner.Fraction() : 0;
  const int offset = ScanOffset(scanner);
  if (!scanner.AtEnd()) return Error(config::v1::REASON_FORMAT);
  return (date - kEpoch) * kDay + hour * kHour + (minute - offset) * kMinute + second * kSecond + fraction;
}

absl::StatusOr<absl::CivilDay> ParseDate(std::string_view text) {
  Scanner scanner(text);
  const absl::CivilDay date = ScanDate(scanner);
  if (!scanner.AtEnd()) return Error(config::v1::REASON_FORMAT);
  return date;
}

std::string FormatDate(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

google::protobuf::Timestamp ToProto(Micros instant) {
  const std::int64_t seconds = FloorDiv(instant, kSecond);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>((instant - seconds * kSecond) * 1'000));
  return timestamp;
}

Micros FromProto(const google::protobuf::Timestamp& timestamp) {
  if (timestamp.seconds() < kMinSeconds) return kMinSeconds * kSecond;
  if (timestamp.seconds() > kMaxSeconds) return kMaxSeconds * kSecond + kSecond - 1;
  return timestamp.seconds() * kSecond + std::clamp(timestamp.nanos(), 0, 999'999'999) / 1'000;
}

absl::CivilDay ShanghaiDate(Micros instant) { return kEpoch + FloorDiv(instant + kShanghaiOffset, kDay); }

Micros StartOfDay(absl::CivilDay day) { return (day - kEpoch) * kDay - kShanghaiOffset; }

Micros EndOfDay(absl::CivilDay day) { return StartOfDay(day + 1) - kSecond; }

}  // namespace jinqi::clock
