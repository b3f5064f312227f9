#include "common/clock/clock.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "common/status/status.h"

namespace jinqi::clock {
namespace {

Micros At(std::string_view text) {
  const auto instant = FromRfc3339(text);
  INFO(text);
  REQUIRE(instant.ok());
  return *instant;
}

TEST_CASE("instants are read with any offset and shown with Shanghai's", "[GWY-10]") {
  struct Row {
    std::string given;
    std::string shown;
  };
  const auto row = GENERATE(Row{"2025-09-30T16:30:00Z", "2025-10-01T00:30:00+08:00"},
                            Row{"2025-10-13T23:59:59+08:00", "2025-10-13T23:59:59+08:00"},
                            Row{"2025-10-13T23:59:59.5+08:00", "2025-10-13T23:59:59.500+08:00"},
                            Row{"2025-10-13T23:59:59.000001+08:00", "2025-10-13T23:59:59.000001+08:00"},
                            Row{"2025-10-13T23:59:59.123456789+08:00", "2025-10-13T23:59:59.123456+08:00"},
                            Row{"2025-01-01T00:00:00-05:30", "2025-01-01T13:30:00+08:00"},
                            Row{"1969-12-31T15:59:59.25Z", "1969-12-31T23:59:59.250+08:00"},
                            Row{"2024-02-29T00:00:00+08:00", "2024-02-29T00:00:00+08:00"},
                            Row{"0001-01-01T00:00:00Z", "0001-01-01T08:00:00+08:00"},
                            Row{"9999-12-31T00:00:00Z", "9999-12-31T08:00:00+08:00"});
  INFO(row.given);
  CHECK(ToRfc3339(At(row.given)) == row.shown);
  CHECK(At(row.shown) == At(ToRfc3339(At(row.given))));
}

TEST_CASE("what is no instant is refused", "[GWY-10]") {
  struct Row {
    std::string id;
    std::string given;
  };
  const auto row = GENERATE(
      Row{"GWY-10/bad/1", "2025-10-01 00:30"}, Row{"GWY-10/bad/2", "20251001"},
      Row{"GWY-10/bad/3", "2025-13-01T00:00:00+08:00"}, Row{"GWY-10/bad/4", "2016-12-31T23:59:60Z"},
      Row{"GWY-10/bad/offset missing", "2025-10-01T00:30:00"}, Row{"GWY-10/bad/blank", "2025-10-01 00:30:00+08:00"},
      Row{"GWY-10/bad/no such day", "2025-02-29T00:00:00Z"}, Row{"GWY-10/bad/month 0", "2025-00-01T00:00:00Z"},
      Row{"GWY-10/bad/day 0", "2025-01-00T00:00:00Z"}, Row{"GWY-10/bad/hour 24", "2025-01-01T24:00:00Z"},
      Row{"GWY-10/bad/minute 60", "2025-01-01T00:60:00Z"}, Row{"GWY-10/bad/offset", "2025-01-01T00:00:00+24:00"},
      Row{"GWY-10/bad/offset without colon", "2025-01-01T00:00:00+0800"},
      Row{"GWY-10/bad/tail", "2025-01-01T00:00:00Z "}, Row{"GWY-10/bad/head", " 2025-01-01T00:00:00Z"},
      Row{"GWY-10/bad/fraction", "2025-01-01T00:00:00.Z"},
      Row{"GWY-10/bad/long fraction", "2025-01-01T00:00:00.1234567890Z"},
      Row{"GWY-10/bad/sign", "2025-01-01T00:00:-1Z"}, Row{"GWY-10/bad/year 0", "0000-01-01T00:00:00Z"},
      Row{"GWY-10/bad/empty", ""}, Row{"GWY-10/bad/full width", "２０２５-01-01T00:00:00Z"},
      Row{"GWY-10/bad/letters", "2025-1x-01T00:00:00Z"});
  INFO(row.id << " " << row.given);
  CHECK(ReasonOf(FromRfc3339(row.given).status()) == config::v1::REASON_FORMAT);
}

TEST_CASE("dates are dates", "[GWY-10]") {
  CHECK(ParseDate("2024-02-29").value() == absl::CivilDay(2024, 2, 29));
  CHECK(FormatDate(absl::CivilDay(2024, 2, 9)) == "2024-02-09");
  const std::string bad = GENERATE("2025-02-29", "2025-2-9", "20250209", "2025-02-09T00:00:00Z", "", "2025/02/09");
  INFO(bad);
  CHECK(ReasonOf(ParseDate(bad).status()) == config::v1::REASON_FORMAT);
}

TEST_CASE("a day is Shanghai's day", "[GWY-10][RTE-14]") {
  INFO("GWY-10/accept");
  CHECK(ShanghaiDate(At("2025-09-30T16:30:00Z")) == absl::CivilDay(2025, 10, 1));
  CHECK(ShanghaiDate(At("2025-09-30T15:59:59.999999Z")) == absl::CivilDay(2025, 9, 30));
  CHECK(ShanghaiDate(At("1969-12-31T15:59:59Z")) == absl::CivilDay(1969, 12, 31));
  const absl::CivilDay day(2025, 10, 13);
  CHECK(ToRfc3339(StartOfDay(day)) == "2025-10-13T00:00:00+08:00");
  CHECK(ToRfc3339(EndOfDay(day)) == "2025-10-13T23:59:59+08:00");
  CHECK(ShanghaiDate(EndOfDay(day)) == day);
  CHECK(EndOfDay(day) < StartOfDay(day + 1));
}

TEST_CASE("instants go into messages and come back", "[GWY-10]") {
  const Micros instant = GENERATE(Micros{0}, Micros{1}, Micros{-1}, Micros{-1'000'001}, Micros{1'760'371'199'123'456});
  CHECK(FromProto(ToProto(instant)) == instant);
  CHECK(ToProto(instant).nanos() >= 0);
  google::protobuf::Timestamp wild;
  wild.set_seconds(INT64_MAX);
  CHECK(ToRfc3339(FromProto(wild) - 8 * kHour) == "9999-12-31T23:59:59.999999+08:00");
  wild.set_seconds(INT64_MIN);
  CHECK(ToRfc3339(FromProto(wild)) == "0001-01-01T08:00:00+08:00");
  wild.set_seconds(5);
  wild.set_nanos(-7);
  CHECK(FromProto(wild) == 5 * kSecond);
}

TEST_CASE("the system clock runs", "[GWY-10]") {
  SystemClock clock;
  const Micros first = clock.Now();
  CHECK(first > At("2025-01-01T00:00:00Z"));
  CHECK(clock.Now() >= first);
}

TEST_CASE("a manual clock is moved by many at once", "[RTE-20]") {
  ManualClock clock(100);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&clock] {
      for (int n = 0; n < 1'000; ++n) clock.Advance(1);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(clock.Now() == 4'100);
  clock.Set(7);
  CHECK(clock.Now() == 7);
}

class ClockFile {
 public:
  ClockFile() : folder_(std::filesystem::temp_directory_path() / ("clock_test." + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ClockFile(const ClockFile&) = delete;
  ClockFile& operator=(const ClockFile&) = delete;
  ~ClockFile() { std::filesystem::remove_all(folder_); }

  std::string path() const { return folder_ / "now"; }
  void Write(std::string_view content) const {
    const auto next = folder_ / "next";
    std::ofstream(next) << content;
    std::filesystem::rename(next, path());
  }

 private:
  std::filesystem::path folder_;
};

TEST_CASE("a clock in a file is shared and stands still", "[RTE-20]") {
  const ClockFile file;
  FileClock one(file.path());
  FileClock other(file.path());
  CHECK(one.Now() > At("2025-01-01T00:00:00Z"));

  file.Write("2025-10-11T00:00:00+08:00\n");
  CHECK(one.Now() == At("2025-10-11T00:00:00+08:00"));
  CHECK(one.Now() == other.Now());

  file.Write("2025-10-14T00:00:00+08:00");
  CHECK(one.Now() == At("2025-10-14T00:00:00+08:00"));
  CHECK(other.Now() == one.Now());

  file.Write("tomorrow");
  CHECK(one.Now() == At("2025-10-14T00:00:00+08:00"));
  std::filesystem::remove(file.path());
  CHECK(one.Now() == At("2025-10-14T00:00:00+08:00"));

  file.Write("2025-10-10T00:00:00+08:00");
  CHECK(one.Now() == At("2025-10-10T00:00:00+08:00"));
}

}  // namespace
}  // namespace jinqi::clock
