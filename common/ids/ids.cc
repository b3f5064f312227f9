#include "common/ids/ids.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <random>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "common/crypto/base64url.h"

namespace jinqi::ids {
namespace {

constexpr std::string_view kPrefix = "TJ";
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kDateSize = 8;
constexpr std::size_t kRandomSize = 10;
constexpr std::size_t kOrderNoSize = 2 + kDateSize + kRandomSize + 1;

// -1 for a character that is not in the alphabet.
constexpr int ValueOf(char c) {
  const auto at = kCrockford.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// Times x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1). x has order 31, so that over up to 31 characters each has a weight of
// its own: any one wrong character and any swap changes the sum.
constexpr int TimesX(int value) {
  const int shifted = value << 1;
  return (shifted & 0x20) != 0 ? shifted ^ 0x25 : shifted;
}

char CheckCharacter(std::string_view characters) {
  int sum = 0;
  for (const char c : characters) sum = TimesX(sum ^ ValueOf(c));
  return kCrockford[static_cast<std::size_t>(sum)];
}

bool IsDate(std::string_view digits) {
  std::string date(digits);
  date.insert(6, "-").insert(4, "-");
  return clock::ParseDate(date).ok();
}

}  // namespace

std::string NewUuid7(Micros now, std::uint64_t random) {
  const auto milliseconds = static_cast<std::uint64_t>(now / clock::kMillisecond);
  const auto fraction = static_cast<std::uint64_t>(now % clock::kMillisecond) * 4'096 / clock::kMillisecond;
  const std::uint64_t high = milliseconds << 16 | 0x7000 | fraction;
  const std::uint64_t low = (random >> 2) | std::uint64_t{1} << 63;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF, low >> 48,
                         low & 0xFFFF'FFFF'FFFF);
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

std::string OrderNo(Micros now, std::uint64_t random) {
  const absl::CivilDay day = clock::ShanghaiDate(now);
  std::string number = absl::StrFormat("%04d%02d%02d", day.year(), day.month(), day.day());
  for (std::size_t i = 0; i < kRandomSize; ++i) {
    number += kCrockford[random & 31];
    random >>= 5;
  }
  number += CheckCharacter(number);
  return std::string(kPrefix) + number;
}

bool IsOrderNo(std::string_view text) {
  if (text.size() != kOrderNoSize || !text.starts_with(kPrefix)) return false;
  const std::string_view number = text.substr(kPrefix.size());
  for (const char c : number) {
    if (ValueOf(c) < 0) return false;
  }
  if (!IsDate(number.substr(0, kDateSize))) return false;
  return CheckCharacter(number.substr(0, number.size() - 1)) == number.back();
}

class Ids::Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  virtual std::uint64_t Random() = 0;
  virtual Micros Now() = 0;
};

class Ids::SystemSource final : public Source {
 public:
  std::uint64_t Random() override {
    std::uint64_t value = 0;
    while (getrandom(&value, sizeof(value), 0) != sizeof(value)) {
      // Without the system's random source nothing may be given out that must not be guessed.
      if (errno != EINTR) std::terminate();
    }
    return value;
  }
  Micros Now() override { return clock_.Now(); }

 private:
  clock::SystemClock clock_;
};

class Ids::SeededSource final : public Source {
 public:
  explicit SeededSource(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Random() override {
    const absl::MutexLock lock(&mutex_);
    return engine_();
  }
  // A microsecond on with every call, so that the identifiers sort by the order in which they were given out.
  Micros Now() override {
    const absl::MutexLock lock(&mutex_);
    return now_++;
  }

 private:
  absl::Mutex mutex_;
  std::mt19937_64 engine_ ABSL_GUARDED_BY(mutex_);
  Micros now_ ABSL_GUARDED_BY(mutex_) = 1'735'660'800 * clock::kSecond;
};

Ids::Ids() : source_(std::make_unique<SystemSource>()) {}
Ids::Ids(std::uint64_t seed) : source_(std::make_unique<SeededSource>(seed)) {}
Ids::~Ids() = default;

std::string Ids::Uuid() {
  const Micros now = source_->Now();
  return NewUuid7(now, source_->Random());
}

std::uint64_t Ids::Seed() { return source_->Random(); }

std::string Ids::Token() {
  const std::array<std::uint64_t, 2> random = {source_->Random(), source_->Random()};
  std::string bytes(sizeof(random), '\0');
  std::memcpy(bytes.data(), random.data(), sizeof(random));
  return crypto::Base64Url(bytes);
}

}  // namespace jinqi::ids
