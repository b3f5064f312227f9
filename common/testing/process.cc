#include "common/testing/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace jinqi::testing {
namespace {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};

std::optional<Account> FindAccount(const std::string& user) {
  if (user.empty() || geteuid() != 0) return std::nullopt;
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) throw std::runtime_error("there is no account " + user);
  return Account{entry->pw_uid, entry->pw_gid};
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    if (!added.contains(variable.substr(0, variable.find('=')))) variables.push_back(variable);
  }
  for (const auto& [name, value] : added) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What the child needs, made before fork: between fork and exec nothing may allocate.
struct Child {
  std::string program;
  std::vector<char*> argv;
  std::vector<char*> env;
  std::optional<Account> account;
  const Subprocess::Options* options;
  pid_t parent;
};

bool Redirect(const std::string& path, int flags, int target) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0644);
  return file >= 0 && dup2(file, target) >= 0;
}

[[noreturn]] void Become(const Child& child, int report) {
  const Subprocess::Options& options = *child.options;
  const int writing = O_WRONLY | O_CREAT | O_APPEND;
  bool good = setpgid(0, 0) == 0;
  good = good && Redirect(options.input.empty() ? "/dev/null" : options.input, O_RDONLY, STDIN_FILENO);
  if (!options.output.empty()) {
    good = good && Redirect(options.output, writing, STDOUT_FILENO) && dup2(STDOUT_FILENO, STDERR_FILENO) >= 0;
  }
  if (!options.errors.empty()) good = good && Redirect(options.errors, writing, STDERR_FILENO);
  if (!options.directory.empty()) good = good && chdir(options.directory.c_str()) == 0;
  if (child.account.has_value()) {
    good = good && setgroups(0, nullptr) == 0 && setgid(child.account->gid) == 0 && setuid(child.account->uid) == 0;
  }
  // After the change of account, which clears it.
  good = good && prctl(PR_SET_PDEATHSIG, options.death_signal) == 0;
  if (getppid() != child.parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (good) execve(child.program.c_str(), child.argv.data(), child.env.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report, &error, sizeof(error));
  _exit(127);
}

int ExitStatus(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

TempDir::TempDir() {
  const char* base = std::getenv("TMPDIR");
  std::string name = std::string(base == nullptr ? "/tmp" : base) + "/jinqi-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name + ": " + std::strerror(errno));
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

void WriteFile(const std::filesystem::path& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

bool WaitFor(const std::function<bool()>& predicate, Milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::chrono::microseconds pause(100);
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= deadline) return predicate();
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(10'000));
  }
  return true;
}

Subprocess::Subprocess(const Options& options) {
  if (options.argv.empty()) throw std::runtime_error("no program given");
  std::vector<std::string> argv = options.argv;
  std::vector<std::string> env = Environment(options.env);
  const Child child{FindProgram(options.argv[0]), Pointers(argv), Pointers(env),
                    FindAccount(options.user),    &options,       getpid()};
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  pid_ = fork();
  if (pid_ == 0) Become(child, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int error = 0;
  const bool failed = pid_ > 0 && read(report[0], &error, sizeof(error)) == sizeof(error);
  close(report[0]);
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(fork_error));
  if (!failed) return;
  Wait();
  throw std::runtime_error("cannot start " + child.program + ": " + std::strerror(error));
}

Subprocess::~Subprocess() {
  if (pid_ <= 0 || !Running()) return;
  Kill(SIGKILL);
  Wait();
}

bool Subprocess::Running() {
  if (status_.has_value()) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) status_ = ExitStatus(status);
  return !status_.has_value();
}

void Subprocess::Kill(int signal) {
  if (Running()) kill(pid_, signal);
}

std::optional<int> Subprocess::Wait(Milliseconds timeout) {
  WaitFor([this] { return !Running(); }, timeout);
  return status_;
}

RunResult RunProgram(Subprocess::Options options, Milliseconds timeout) {
  const TempDir folder;
  options.output = folder.File("output");
  options.errors = folder.File("errors");
  Subprocess process(options);
  const std::optional<int> status = process.Wait(timeout);
  if (!status.has_value()) throw std::runtime_error(options.argv[0] + " did not end in time");
  return RunResult{*status, ReadFile(options.output), ReadFile(options.errors)};
}

std::string FindProgram(const std::string& name, const std::vector<std::string>& folders) {
  if (name.find('/') != std::string::npos) return name;
  std::vector<std::string> all = folders;
  const char* path = std::getenv("PATH");
  std::istringstream parts(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string part; std::getline(parts, part, ':');) all.push_back(part);
  for (const std::string& folder : all) {
    const std::string candidate = folder + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw std::runtime_error("the program " + name + " is not installed; see deploy/apt-packages.txt");
}

}  // namespace jinqi::testing
