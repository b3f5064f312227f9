// Programs, files and waiting, for tests that start what they need. What is missing is thrown: it fails the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jinqi::testing {

using Milliseconds = std::chrono::milliseconds;

// A new folder under $TMPDIR (short enough for a unix socket in it), removed with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The path of a file in it.
  std::string File(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// The content of a file; empty when there is none.
std::string ReadFile(const std::filesystem::path& path);
void WriteFile(const std::filesystem::path& path, std::string_view content);

// Asks until the answer is true; false when it never was within the time. Backs off from 100 µs to 10 ms.
bool WaitFor(const std::function<bool()>& predicate, Milliseconds timeout = Milliseconds(10'000));

// Runs as another program: in its own process group, killed when the thread that made it ends.
class Subprocess {
 public:
  struct Options {
    // argv[0] is looked up in PATH.
    std::vector<std::string> argv{};
    // Added to this process's environment.
    std::map<std::string, std::string> env{};
    std::string directory{};
    // Where standard output and standard error go (appended); empty: where this process's go.
    std::string output{};
    // Where standard error goes, when apart.
    std::string errors{};
    // What standard input reads; empty: /dev/null.
    std::string input{};
    // The account to run as, when this process is root; empty: as this process.
    std::string user{};
    // What the child gets when the thread that made it ends.
    int death_signal = 9;
  };

  // Throws when the program cannot be started.
  explicit Subprocess(const Options& options);
  // Kills it if it still runs.
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  // Not yet ended; takes note of the end.
  bool Running();
  void Kill(int signal);
  // The exit status (128 + signal when killed); nullopt when it still runs after the time.
  std::optional<int> Wait(Milliseconds timeout = Milliseconds(30'000));

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct RunResult {
  int status = 0;
  std::string output;
  std::string errors;
};

// Runs a program to its end. Throws when it cannot be started or does not end in time.
RunResult RunProgram(Subprocess::Options options, Milliseconds timeout = Milliseconds(60'000));

// The full path of a program in PATH or one of `folders`; throws, naming the program, when it is nowhere.
std::string FindProgram(const std::string& name, const std::vector<std::string>& folders = {});

}  // namespace jinqi::testing
