// One connection in pipeline mode: statements that belong together go out at once, and their answers come back at once.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/ledger/postgres_wire.h"

namespace jinqi::ledger::postgres {

struct Statement {
  std::string sql;
  Parameters parameters{};
  // Kept prepared on the connection; false: planned each time, with the values known.
  bool prepared = true;
};

// Why a round trip failed.
struct Failure {
  // SQLSTATE; empty when the connection was lost.
  std::string state;
  std::string constraint;
  std::string message;
  bool lost() const { return state.empty(); }
};

// The error that a failure is, after the contract of Driver; it names no value of a row.
absl::Status ToStatus(const Failure& failure);

struct Trip {
  // One per statement, up to the one that failed.
  std::vector<Result> results;
  std::optional<Failure> failure;
};

// Not thread-safe.
class Session {
 public:
  // Connects and runs `settings`, SQL that may be empty. UNAVAILABLE when the server cannot be reached.
  static absl::StatusOr<std::unique_ptr<Session>> Open(const std::string& uri, const std::string& application_name,
                                                       const std::string& settings);

  // One round trip: everything is sent with a single Sync behind it. After the first that fails the server skips the
  // others. Without a BEGIN among them they are one transaction.
  Trip Run(const std::vector<Statement>& statements);
  absl::StatusOr<Result> Query(const Statement& statement);
  // Several statements in one text, without parameters.
  absl::Status Script(const std::string& sql);

  // From now on a server that answers nothing for so long is given up: the connection is lost. Without it an answer is
  // waited for as long as the connection stands.
  void LimitSilence(std::chrono::milliseconds limit) { silence_ = limit; }

  bool Lost() const { return PQstatus(connection_.get()) != CONNECTION_OK; }
  bool InTransaction() const { return !Lost() && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

 private:
  struct ConnectionDeleter {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Connection = std::unique_ptr<PGconn, ConnectionDeleter>;

  explicit Session(Connection connection) : connection_(std::move(connection)) {}

  bool Send(const Statement& statement, bool& prepares);
  bool Flush();
  // False: the server said nothing within the limit.
  bool AwaitAnswer();
  // What comes back for one sent command; records the first failure.
  Result Receive(Trip& trip);
  Failure LostConnection() const;

  Connection connection_;
  // SQL to the name that it is prepared under.
  std::unordered_map<std::string, std::string> prepared_;
  int names_ = 0;
  std::optional<std::chrono::milliseconds> silence_;
};

// Connections that are used by turns. Thread-safe; waits while all are taken.
class Pool {
 public:
  Pool(std::string uri, std::string application_name, std::string settings, int size);

  // Runs a statement on one of them. A connection that turns out to be lost is made anew, once; `retry` only for what
  // may run twice.
  absl::StatusOr<Result> Query(const Statement& statement, bool retry = true);

 private:
  std::unique_ptr<Session> Take();
  void Return(std::unique_ptr<Session> session);
  bool Free() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return free_ > 0; }

  const std::string uri_;
  const std::string application_name_;
  const std::string settings_;
  absl::Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace jinqi::ledger::postgres
