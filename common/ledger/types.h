// What enters and leaves the ledger: records, commands, decisions. Values only; no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/status/status.h"

namespace jinqi::ledger {

// Microseconds since the epoch, UTC.
using Micros = std::int64_t;

// A record's place: its kind is its table, its id is unique within tenant and kind.
struct Key {
  std::string kind;
  std::string id;
  auto operator<=>(const Key&) const = default;
};

// Something that falls due on a record; the name says which rule waits for it (`sign`, `warn_yellow` …).
struct Timer {
  std::string name;
  Micros due = 0;
  bool operator==(const Timer&) const = default;
};

// A record as a decision sees it. Version 0 does not exist in the database.
struct Record {
  Key key;
  std::int64_t version = 0;
  // Number and hash of its last history row.
  std::int64_t sequence = 0;
  std::string head;
  // How many of its events were sent out; the key sequence of its last message.
  std::int64_t sent = 0;
  // The time of its last event.
  Micros time = 0;
  // A serialised protobuf message; never holds a personal value in clear (contract 12).
  std::string body;
  std::vector<Timer> timers;
  // Raised whenever the timers change, so that a firing which was fetched before is void.
  std::int64_t generation = 0;
};

// A message for other services: goes to the outbox in the commit of its event.
struct Outgoing {
  std::string type;
  std::string payload;
  // Erased from outbox and stream once every consumer has passed it (the text of a demand).
  bool transient = false;
};

// One fact about a record: a row of its history.
struct Event {
  std::string type;
  // A serialised message; no personal values.
  std::string data;
  std::optional<Outgoing> message;
};

// The new content of a record with the facts that explain it; at least one event.
struct Change {
  Key key;
  std::string body;
  // Absent: as they were, without the one that fired.
  std::optional<std::vector<Timer>> timers;
  std::vector<Event> events;
};

// The erasable part of an order: sealed personal values and what finds it again (contract 12).
struct Person {
  std::string id;
  std::string sealed;
  // Blind indexes (keyed hashes) of phones and the like.
  std::vector<std::string> blind;
};

// changed: locked, version raised. relied on: locked for share, must not change while this commits.
enum class Access { kChange, kRely };

struct Name {
  Key key;
  Access access = Access::kChange;
};

using Value = std::variant<std::monostate, std::int64_t, std::string>;

enum class Comparison { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kIn };

struct Condition {
  std::string column;
  Comparison comparison = Comparison::kEqual;
  // One value; for kIn as many as wanted.
  std::vector<Value> values;
};

// An indexed question to one kind: all conditions hold; ordered by `order_by` and id; a page by keyset.
struct Query {
  std::string kind;
  std::vector<Condition> where;
  // An index column; empty: by id. Rows without a value there are not listed.
  std::string order_by;
  bool descending = false;
  // The keyset of the last row seen: value of order_by (absent when that is empty) and id.
  std::optional<std::pair<Value, std::string>> after;
  int limit = 50;
  // Only the number of rows, up to limit; Rows.records stays empty.
  bool count_only = false;
};

struct Rows {
  std::vector<Record> records;
  // Of each record: the value of order_by, for the keyset of the next page.
  std::vector<Value> order_values;
  std::int64_t count = 0;
};

// What decide returns.
struct Outcome {
  std::vector<Change> changes;
  std::vector<Person> persons;
  // Ids whose person row is erased for good; the record of that id, which keeps its digest, must be among `changes`:
  // the ledger adds the event by which verify tells an erasure from a loss.
  std::vector<std::string> erase_persons;
  // The serialised response, stored under the request id; without personal data.
  std::string answer;
  // Not empty: nothing else counts; the command is run again with these names added (five times at most).
  std::vector<Name> need;
};

// What a decision may look at: the records that its command names, as they stand after all that was decided before it.
class View {
 public:
  virtual ~View() = default;
  // The time of the command, never before the last event of a record that it names.
  virtual Micros now() const = 0;
  // nullptr: there is none. The command must have named the key.
  virtual const Record* Find(const Key& key) const = 0;
  // The answer to the command's question of that index.
  virtual const Rows& Answer(std::size_t question) const = 0;

  // The body of a record as its message; REASON_NOT_FOUND when there is none.
  template <typename Message>
  absl::StatusOr<Message> Read(const Key& key) const {
    const Record* record = Find(key);
    if (record == nullptr) return Error(config::v1::REASON_NOT_FOUND, {{"id", key.id}});
    Message message;
    if (!message.ParseFromString(record->body)) return absl::DataLossError("body of " + key.kind + "/" + key.id);
    return message;
  }
};

// Pure: no I/O, no clock, no random number; within 1 ms.
using Decide = std::function<absl::StatusOr<Outcome>(const View&)>;

struct Command {
  std::string tenant;
  // Who, for the history: account, body, role; never a person's name.
  std::string caller;
  std::string method;
  // 1–64 printable characters; empty only where the platform itself asks (messages, timers).
  std::string request_id;
  // Hash over the normalised request; another under the same request id is refused.
  std::string request_hash;
  // W3C trace context of what led to it; goes with the messages that it sends. Empty: nobody asked (a timer).
  std::string traceparent;
  // When it entered; kept when it is run again.
  Micros time = 0;
  // At most 100.
  std::vector<Name> names;
  std::vector<Query> questions;
  Decide decide;
};

// The answer of a committed command.
struct Answer {
  std::string bytes;
  // True: it had been committed before, this is the stored answer.
  bool replayed = false;
};

// A message that fails for good, set aside (contract 16).
struct DeadLetter {
  std::string tenant;
  // The service whose stream it came from.
  std::string source;
  int partition = 0;
  std::int64_t position = 0;
  std::string key;
  std::string type;
  // The message as it came, without its transient payload once the source has erased it; see `sealed`.
  std::string envelope;
  std::string reason;
  Micros time = 0;
  // The envelope is sealed under the service's vault, as it may hold personal values (contract 12).
  bool sealed = false;
};

// What an operator decides about dead letters, for the history.
struct LetterDecision {
  std::string caller;
  std::string method;
  Micros time = 0;
  // They are dropped; else they are handled again.
  bool discard = false;
};

// Where a consumer stands in one partition of another service's stream.
struct Mark {
  std::string source;
  int partition = 0;
  std::int64_t position = 0;
  bool operator==(const Mark&) const = default;
};

struct HistoryRow {
  std::string tenant;
  Key key;
  std::int64_t sequence = 0;
  Micros time = 0;
  std::string caller;
  std::string method;
  std::string type;
  std::string data;
  // Hash of the record after the command, and of this row including the hash of the row before it.
  std::string record_hash;
  std::string hash;
  // Where it stands in the writer's blocks.
  std::string writer;
  std::int64_t block = 0;
  std::int64_t place = 0;
};

struct BlockRow {
  std::string writer;
  std::int64_t sequence = 0;
  Micros time = 0;
  std::int64_t rows = 0;
  std::string previous;
  std::string hash;
  // One after the other, kCoverBytes each: what the other rows of the commit hash to, see ChainHasher::CoverOf.
  std::string covers;
};

// A message on its way: an outbox row.
struct OutboxRow {
  int partition = 0;
  // Gapless within the partition, in the order of commits.
  std::int64_t position = 0;
  std::string tenant;
  std::string id;
  std::string key;
  // Gapless within the key: 1, 2, 3 …
  std::int64_t key_sequence = 0;
  std::string type;
  std::string payload;
  bool transient = false;
  Micros time = 0;
  std::string traceparent;
};

enum class ColumnType { kInteger, kText, kBytes };

struct Column {
  std::string name;
  ColumnType type = ColumnType::kText;
};

// A kind of record: its table and the one function that fills its index columns from a body.
struct Kind {
  std::string name;
  std::vector<Column> columns;
  // The values of `columns`, in their order.
  std::function<absl::StatusOr<std::vector<Value>>(const std::string& body)> extract;
  // Rows of lists that are searched: table `<name>_<side>`, columns tenant, id, value.
  std::vector<std::string> sides;
  // For each of `sides` the values; may be empty when there are none.
  std::function<absl::StatusOr<std::vector<std::vector<std::string>>>(const std::string& body)> extract_sides;
  // SM3(salt || values) of the person row with the record's id, as the body keeps it; empty: it has none. Unset: no
  // record of this kind has one.
  std::function<std::string(const std::string& body)> person_digest;
};

}  // namespace jinqi::ledger
