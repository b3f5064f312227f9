// Real Redis and PostgreSQL for tests, in temporary folders on unix sockets. Absent programs are thrown: they fail the
// test, they do not skip it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/testing/process.h"

namespace jinqi::testing {

// A redis-server without TCP, with noeviction. Made running.
class RedisServer {
 public:
  struct Options {
    bool append_only = true;
    // Further words of the command line, like {"--maxmemory", "10mb"}.
    std::vector<std::string> more{};
  };

  RedisServer() : RedisServer(Options{}) {}
  explicit RedisServer(Options options);
  ~RedisServer();

  // The path of its unix socket; the same after each Start.
  std::string socket() const { return folder_.File("redis.sock"); }
  std::string log() const { return ReadFile(folder_.File("redis.log")); }

  // Returns when it answers PING (its data is loaded).
  void Start();
  // Saves nothing beyond the append-only file.
  void Stop();
  void Kill9();
  // Freezes and wakes it.
  void Pause();
  void Resume();
  // Deletes what it kept on disk; it must be down.
  void WipeData();

 private:
  const Options options_;
  const TempDir folder_;
  std::unique_ptr<Subprocess> process_;
};

// A PostgreSQL 15 cluster without TCP, its durability as by default (fsync on). Made running.
class PostgresServer {
 public:
  // `settings`: further settings, like "fsync=off".
  explicit PostgresServer(std::vector<std::string> settings = {});
  ~PostgresServer();

  // One for all tests of a process, as initdb takes a second. Do not kill or configure it.
  static PostgresServer& Shared();

  // Creates an empty database; its URI.
  std::string NewDatabase();
  std::string Uri(const std::string& database) const { return Uri(database, socket_folder()); }
  // The same through another socket folder: a SocketProxy's.
  static std::string Uri(const std::string& database, const std::string& socket_folder);

  std::string socket_folder() const { return folder_.path(); }
  // The socket itself: <socket_folder>/.s.PGSQL.5432.
  std::string socket() const { return folder_.File(".s.PGSQL.5432"); }
  std::string data_folder() const { return folder_.File("data"); }
  std::string log() const { return ReadFile(folder_.File("postgres.log")); }

  // Returns when it takes connections.
  void Start();
  // Ends all sessions first.
  void Stop();
  // Kills the postmaster and all of its processes at once, as a power cut would.
  void Kill9();
  // Runs SQL through psql; its output, unaligned without headers. Throws when it fails.
  std::string Psql(const std::string& database, const std::string& sql) const;

 private:
  const std::vector<std::string> settings_;
  const TempDir folder_;
  std::unique_ptr<Subprocess> process_;
  absl::Mutex mutex_;
  int databases_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace jinqi::testing
