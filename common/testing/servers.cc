#include "common/testing/servers.h"

#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace jinqi::testing {
namespace {

const std::vector<std::string>& PostgresFolders() {
  static const auto& folders = *new std::vector<std::string>{"/usr/lib/postgresql/15/bin"};
  return folders;
}

// Sends a line to a unix socket and gives what comes back first; empty when nobody listens.
std::string AskSocket(const std::string& path, std::string_view line) {
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  char answer[64] = {};
  ssize_t got = 0;
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      send(connection, line.data(), line.size(), MSG_NOSIGNAL) > 0) {
    got = recv(connection, answer, sizeof(answer), 0);
  }
  close(connection);
  return std::string(answer, got > 0 ? static_cast<std::size_t>(got) : 0);
}

// The postmaster's server processes; it must be stopped, so that it starts no more of them.
std::vector<pid_t> ChildrenOf(pid_t pid) {
  const std::string name = std::to_string(pid);
  std::istringstream list(ReadFile("/proc/" + name + "/task/" + name + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

void GiveTo(const std::filesystem::path& folder, const char* user) {
  if (geteuid() != 0) return;
  const passwd* entry = getpwnam(user);
  if (entry == nullptr) throw std::runtime_error(std::string("there is no account ") + user);
  if (chown(folder.c_str(), entry->pw_uid, entry->pw_gid) != 0) throw std::runtime_error("chown " + folder.string());
}

}  // namespace

RedisServer::RedisServer(Options options) : options_(std::move(options)) { Start(); }

RedisServer::~RedisServer() { Kill9(); }

void RedisServer::Start() {
  Subprocess::Options run;
  run.argv = {FindProgram("redis-server"),
              "--port",
              "0",
              "--unixsocket",
              socket(),
              "--dir",
              folder_.path(),
              "--save",
              "",
              "--maxmemory-policy",
              "noeviction",
              "--appendonly",
              options_.append_only ? "yes" : "no"};
  run.argv.insert(run.argv.end(), options_.more.begin(), options_.more.end());
  run.output = folder_.File("redis.log");
  process_ = std::make_unique<Subprocess>(run);
  const bool ready =
      WaitFor([this] { return !process_->Running() || AskSocket(socket(), "PING\r\n").starts_with("+PONG"); },
              Milliseconds(20'000));
  if (!ready || !process_->Running()) throw std::runtime_error("redis-server does not start:\n" + log());
}

void RedisServer::Stop() {
  process_->Kill(SIGTERM);
  if (!process_->Wait().has_value()) throw std::runtime_error("redis-server does not stop:\n" + log());
}

void RedisServer::Kill9() {
  process_->Kill(SIGKILL);
  process_->Wait();
}

void RedisServer::Pause() { process_->Kill(SIGSTOP); }

void RedisServer::Resume() { process_->Kill(SIGCONT); }

void RedisServer::WipeData() {
  if (process_->Running()) throw std::runtime_error("redis-server must be down before its data is wiped");
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (entry.path().filename() != "redis.log") std::filesystem::remove_all(entry.path());
  }
}

PostgresServer::PostgresServer(std::vector<std::string> settings) : settings_(std::move(settings)) {
  GiveTo(folder_.path(), "postgres");
  Subprocess::Options init;
  // --no-sync only leaves out the sync of initdb itself.
  init.argv = {FindProgram("initdb", PostgresFolders()),
               "--no-sync",
               "--no-locale",
               "-E",
               "UTF8",
               "-A",
               "trust",
               "-U",
               "postgres",
               "-D",
               folder_.File("data")};
  init.user = "postgres";
  init.directory = "/";
  const RunResult result = RunProgram(init);
  if (result.status != 0) throw std::runtime_error("initdb failed:\n" + result.output + result.errors);
  Start();
}

PostgresServer::~PostgresServer() { Kill9(); }

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

void PostgresServer::Start() {
  Subprocess::Options run;
  run.argv = {FindProgram("postgres", PostgresFolders()), "-D", folder_.File("data")};
  for (const std::string& setting :
       {std::string("listen_addresses="), "unix_socket_directories=" + folder_.path().string(),
        std::string("shared_buffers=64MB"), std::string("max_connections=60"),
        // After a kill one sync of the file system, not one of each of its thousand files.
        std::string("recovery_init_sync_method=syncfs")}) {
    run.argv.insert(run.argv.end(), {"-c", setting});
  }
  for (const std::string& setting : settings_) run.argv.insert(run.argv.end(), {"-c", setting});
  run.output = folder_.File("postgres.log");
  run.user = "postgres";
  run.directory = "/";
  // An immediate shutdown, which takes the server's processes along.
  run.death_signal = SIGQUIT;
  const std::string status_file = folder_.File("data/postmaster.pid");
  std::filesystem::remove(status_file);
  WriteFile(run.output, "");
  process_ = std::make_unique<Subprocess>(run);
  const bool ready =
      WaitFor([&] { return !process_->Running() || ReadFile(status_file).find("\nready") != std::string::npos; },
              Milliseconds(60'000));
  if (!ready || !process_->Running()) throw std::runtime_error("postgres does not start:\n" + log());
}

void PostgresServer::Stop() {
  process_->Kill(SIGINT);
  if (!process_->Wait().has_value()) throw std::runtime_error("postgres does not stop:\n" + log());
}

void PostgresServer::Kill9() {
  if (!process_->Running()) return;
  process_->Kill(SIGSTOP);
  const std::vector<pid_t> children = ChildrenOf(process_->pid());
  for (const pid_t child : children) kill(child, SIGKILL);
  process_->Kill(SIGKILL);
  process_->Wait();
  // Their shared memory is free once the last of them is gone.
  WaitFor([&] {
    for (const pid_t child : children) {
      if (kill(child, 0) == 0 && ReadFile("/proc/" + std::to_string(child) + "/cmdline").starts_with("postgres")) {
        return false;
      }
    }
    return true;
  });
}

std::string PostgresServer::Uri(const std::string& database, const std::string& socket_folder) {
  return "postgresql:///" + database + "?host=" + socket_folder + "&user=postgres";
}

std::string PostgresServer::NewDatabase() {
  int number = 0;
  {
    const absl::MutexLock lock(&mutex_);
    number = ++databases_;
  }
  const std::string name = "test" + std::to_string(number);
  Psql("postgres", "CREATE DATABASE " + name);
  return Uri(name);
}

std::string PostgresServer::Psql(const std::string& database, const std::string& sql) const {
  Subprocess::Options run;
  run.argv = {FindProgram("psql", PostgresFolders()), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, Uri(database)};
  const RunResult result = RunProgram(run);
  if (result.status != 0) throw std::runtime_error("psql: " + result.errors + "in: " + sql);
  return result.output;
}

}  // namespace jinqi::testing
