#include "common/ledger/postgres_session.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/status.h"

namespace jinqi::ledger::postgres {
namespace {

constexpr int kBinary = 1;
// A server that takes nothing for so long is given up.
constexpr int kStuckMilliseconds = 30'000;

bool IsGood(ExecStatusType status) {
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

std::string Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? std::string() : std::string(text);
}

Failure FailureOf(const PGresult* result, const PGconn* connection) {
  Failure failure;
  failure.state = Field(result, PG_DIAG_SQLSTATE);
  failure.constraint = Field(result, PG_DIAG_CONSTRAINT_NAME);
  failure.message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (failure.state.empty()) failure.message = PQerrorMessage(connection);
  return failure;
}

absl::Status Unavailable(std::string_view detail) {
  // libpq's words come in several lines.
  const std::string line =
      absl::StrReplaceAll(absl::StripAsciiWhitespace(std::string(detail)), {{"\n", " "}, {"\t", ""}});
  const absl::Status status = Error(config::v1::REASON_UNAVAILABLE);
  absl::Status detailed(status.code(), absl::StrCat(std::string(status.message()), " [", line, "]"));
  status.ForEachPayload(
      [&detailed](absl::string_view url, const absl::Cord& payload) { detailed.SetPayload(url, payload); });
  return detailed;
}

bool IsOutage(std::string_view state) {
  // Connection exceptions, resources, an operator's intervention, a read-only (former) primary, I/O errors, and a lock
  // that another holds for too long.
  return state.starts_with("08") || state.starts_with("53") || state.starts_with("57") || state.starts_with("58") ||
         state == "25006" || state == "25P03" || state == "55P03";
}

}  // namespace

absl::Status ToStatus(const Failure& failure) {
  if (failure.lost()) return Unavailable(failure.message);
  if (failure.state == "53100") return Error(config::v1::REASON_STORAGE_FULL);
  // A text with a character that the database cannot keep, like U+0000.
  if (failure.state == "22021" || failure.state == "22P05") return Error(config::v1::REASON_FORMAT);
  if (failure.state == "40001" || failure.state == "40P01") {
    return absl::AbortedError(absl::StrCat(failure.state, " ", failure.message));
  }
  if (IsOutage(failure.state)) return Unavailable(absl::StrCat(failure.state, " ", failure.message));
  return absl::InternalError(absl::StrCat("PostgreSQL ", failure.state, " ", failure.message,
                                          failure.constraint.empty() ? "" : " on ", failure.constraint));
}

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const std::string& uri, const std::string& application_name,
                                                       const std::string& settings) {
  // Later words win, so that the address may set its own time limits.
  // A server whose machine is gone is noticed within 5 + 2 · 3 s, also by a connection that waits for an answer.
  const std::array<const char*, 9> keywords = {"connect_timeout",
                                               "tcp_user_timeout",
                                               "keepalives_idle",
                                               "keepalives_interval",
                                               "keepalives_count",
                                               "client_encoding",
                                               "dbname",
                                               "application_name",
                                               nullptr};
  const std::array<const char*, 9> values = {
      "5", "10000", "5", "2", "3", "UTF8", uri.c_str(), application_name.c_str(), nullptr};
  Connection connection(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(connection.get()) != CONNECTION_OK) return Unavailable(PQerrorMessage(connection.get()));
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(connection.get(), 1) != 0 || PQenterPipelineMode(connection.get()) != 1) {
    return Unavailable(PQerrorMessage(connection.get()));
  }
  std::unique_ptr<Session> session(new Session(std::move(connection)));
  if (!settings.empty()) RETURN_IF_ERROR(session->Script(settings));
  return session;
}

bool Session::Send(const Statement& statement, bool& prepares) {
  std::vector<const char*> values(statement.parameters.size(), nullptr);
  std::vector<int> lengths(values.size(), 0);
  const std::vector<int> formats(values.size(), kBinary);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::optional<std::string>& value = statement.parameters[i];
    if (!value.has_value()) continue;
    values[i] = value->data();
    lengths[i] = static_cast<int>(value->size());
  }
  PGconn* connection = connection_.get();
  const int count = static_cast<int>(values.size());
  if (!statement.prepared) {
    return PQsendQueryParams(connection, statement.sql.c_str(), count, nullptr, values.data(), lengths.data(),
                             formats.data(), kBinary) == 1;
  }
  const auto [entry, added] = prepared_.try_emplace(statement.sql, absl::StrCat("s", names_));
  prepares = added;
  names_ += added ? 1 : 0;
  if (added && PQsendPrepare(connection, entry->second.c_str(), statement.sql.c_str(), 0, nullptr) != 1) return false;
  return PQsendQueryPrepared(connection, entry->second.c_str(), count, values.data(), lengths.data(), formats.data(),
                             kBinary) == 1;
}

bool Session::Flush() {
  PGconn* connection = connection_.get();
  for (;;) {
    const int left = PQflush(connection);
    if (left <= 0) return left == 0;
    // The server may have to be heard before it listens on.
    pollfd socket{PQsocket(connection), POLLIN | POLLOUT, 0};
    const int ready = poll(&socket, 1, kStuckMilliseconds);
    if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
    if ((socket.revents & POLLIN) != 0 && PQconsumeInput(connection) != 1) return false;
  }
}

bool Session::AwaitAnswer() {
  if (!silence_.has_value()) return true;
  PGconn* connection = connection_.get();
  while (PQisBusy(connection) == 1) {
    pollfd socket{PQsocket(connection), POLLIN, 0};
    const int ready = poll(&socket, 1, static_cast<int>(silence_->count()));
    if (ready == 0) return false;
    // What is wrong with the connection is told by the result.
    if ((ready < 0 && errno != EINTR) || (ready > 0 && PQconsumeInput(connection) != 1)) return true;
  }
  return true;
}

Failure Session::LostConnection() const { return {"", "", PQerrorMessage(connection_.get())}; }

Result Session::Receive(Trip& trip) {
  Result last;
  while (AwaitAnswer()) {
    Result next(PQgetResult(connection_.get()));
    if (next == nullptr) {
      if (!last && !trip.failure.has_value()) trip.failure = LostConnection();
      return last;
    }
    const ExecStatusType status = PQresultStatus(next.get());
    if (!IsGood(status) && status != PGRES_PIPELINE_ABORTED && !trip.failure.has_value()) {
      trip.failure = FailureOf(next.get(), connection_.get());
    }
    last = std::move(next);
  }
  trip.failure = Failure{"", "", "no answer within the time limit"};
  connection_.reset();
  return nullptr;
}

Trip Session::Run(const std::vector<Statement>& statements) {
  Trip trip;
  std::vector<bool> prepares(statements.size(), false);
  bool sent = true;
  for (std::size_t i = 0; sent && i < statements.size(); ++i) {
    bool with_prepare = false;
    sent = Send(statements[i], with_prepare);
    prepares[i] = with_prepare;
  }
  if (!sent || PQpipelineSync(connection_.get()) != 1 || !Flush()) {
    trip.failure = LostConnection();
    connection_.reset();
    return trip;
  }
  for (std::size_t i = 0; i < statements.size() && !Lost(); ++i) {
    if (prepares[i]) {
      Receive(trip);
      if (trip.failure.has_value()) prepared_.erase(statements[i].sql);
    }
    Result result = Receive(trip);
    if (!trip.failure.has_value()) trip.results.push_back(std::move(result));
  }
  const Result sync(Lost() || !AwaitAnswer() ? nullptr : PQgetResult(connection_.get()));
  if (PQresultStatus(sync.get()) == PGRES_PIPELINE_SYNC) return trip;
  // What came before may be the server's last words; the line is gone all the same.
  if (connection_ != nullptr || !trip.failure.has_value()) trip.failure = LostConnection();
  connection_.reset();
  return trip;
}

absl::StatusOr<Result> Session::Query(const Statement& statement) {
  Trip trip = Run({statement});
  if (trip.failure.has_value()) return ToStatus(*trip.failure);
  return std::move(trip.results[0]);
}

absl::Status Session::Script(const std::string& sql) {
  PGconn* connection = connection_.get();
  if (PQexitPipelineMode(connection) != 1 || PQsetnonblocking(connection, 0) != 0) return ToStatus(LostConnection());
  const Result result(PQexec(connection, sql.c_str()));
  absl::Status status =
      IsGood(PQresultStatus(result.get())) ? absl::OkStatus() : ToStatus(FailureOf(result.get(), connection));
  if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1) return ToStatus(LostConnection());
  return status;
}

Pool::Pool(std::string uri, std::string application_name, std::string settings, int size)
    : uri_(std::move(uri)),
      application_name_(std::move(application_name)),
      settings_(std::move(settings)),
      free_(size < 1 ? 1 : size) {}

std::unique_ptr<Session> Pool::Take() {
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &Pool::Free));
  --free_;
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Session> session = std::move(idle_.back());
  idle_.pop_back();
  return session;
}

void Pool::Return(std::unique_ptr<Session> session) {
  const absl::MutexLock lock(&mutex_);
  ++free_;
  if (session != nullptr && !session->Lost()) idle_.push_back(std::move(session));
}

absl::StatusOr<Result> Pool::Query(const Statement& statement, bool retry) {
  std::unique_ptr<Session> session = Take();
  const bool used_before = session != nullptr;
  absl::StatusOr<Result> result = absl::UnavailableError("not connected");
  if (used_before) result = session->Query(statement);
  if (!used_before || (retry && session->Lost())) {
    absl::StatusOr<std::unique_ptr<Session>> fresh = Session::Open(uri_, application_name_, settings_);
    result = fresh.ok() ? (*fresh)->Query(statement) : fresh.status();
    session = fresh.ok() ? *std::move(fresh) : nullptr;
  }
  Return(std::move(session));
  return result;
}

}  // namespace jinqi::ledger::postgres
