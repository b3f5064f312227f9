// A real clamd with one signature, the EICAR test string, and no download.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/clamav/clamav.h"
#include "common/testing/process.h"

namespace jinqi::clamav {

// The text that every scanner reports and that harms nobody (eicar.org); in two parts, so that no scanner reports this.
inline std::string Eicar() {
  return std::string("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-") + "ANTIVIRUS-TEST-FILE!$H+H*";
}

class TestClamd {
 public:
  // Contents of more bytes are refused.
  explicit TestClamd(int max_bytes = 64 << 20) {
    std::string hex;
    for (const char c : Eicar()) absl::StrAppend(&hex, absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    testing::WriteFile(folder_.File("test.ndb"), absl::StrCat("Test.Eicar:0:*:", hex, "\n"));
    testing::WriteFile(folder_.File("clamd.conf"),
                       absl::StrCat("Foreground yes\nDatabaseDirectory ", folder_.path().string(), "\nLocalSocket ",
                                    folder_.File("s"), "\nStreamMaxLength ", max_bytes, "\nSelfCheck 0\n"));
    Start();
  }

  std::string address() const { return "unix:" + folder_.File("s"); }

  void Start() {
    testing::Subprocess::Options options;
    options.argv = {"clamd", "--config-file=" + folder_.File("clamd.conf")};
    options.output = folder_.File("log");
    process_ = std::make_unique<testing::Subprocess>(options);
    const Daemon daemon(address(), absl::Seconds(5));
    const bool answers = testing::WaitFor([&daemon] { return daemon.Scan("a").ok(); }, testing::Milliseconds(60'000));
    if (!answers) throw std::runtime_error("clamd: " + testing::ReadFile(folder_.File("log")));
  }
  void Stop() { process_.reset(); }

 private:
  const testing::TempDir folder_;
  std::unique_ptr<testing::Subprocess> process_;
};

}  // namespace jinqi::clamav
