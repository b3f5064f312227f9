// The ledger: every change is a decision, committed in a batch with its history, its messages and its answer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

struct Options {
  // sqlite:PATH or postgresql://…
  std::string database;
  // Names the chain of blocks; two processes with one writer id on a database are refused.
  std::string writer;
  // Partitions of the outbox.
  int partitions = 8;
  // Commands in one batch.
  int max_batch = 256;
  // Waiting commands beyond which Submit answers REASON_OVERLOADED.
  int max_waiting = 20000;
  // Connections for reads.
  int readers = 4;
  // How long a command waits for a database that is away before it is answered with UNAVAILABLE.
  Micros wait_limit = 5'000'000;
  // Gets outages and programming errors, one line each, without personal data; empty: standard error.
  std::function<void(std::string_view)> log;
};

// Numbers for the metrics room, counted since the start.
struct Counters {
  std::int64_t batches = 0;
  std::int64_t commands = 0;
  std::int64_t replays = 0;
  std::int64_t reruns = 0;
  std::int64_t refused = 0;
  std::int64_t waiting = 0;
  double decide_seconds_max = 0;
};

// Reads, each on its own connection of a small pool; they see what is committed. May block: not for callbacks.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual absl::StatusOr<std::optional<Record>> Get(const std::string& tenant, const Key& key) = 0;
  virtual absl::StatusOr<Rows> List(const std::string& tenant, const Query& query) = 0;
  // Records of a kind that have `value` in a side table, by id.
  virtual absl::StatusOr<Rows> ListBySide(const std::string& tenant, const std::string& kind, const std::string& side,
                                          const std::string& value, const std::string& after_id, int limit) = 0;
  // For each of `values`, of which there are at most 100, the ids of the records that have it in a side table: at most
  // `limit`, the greatest first.
  virtual absl::StatusOr<std::vector<std::vector<std::string>>> LastIdsBySide(const std::string& tenant,
                                                                              const std::string& kind,
                                                                              const std::string& side,
                                                                              const std::vector<std::string>& values,
                                                                              int limit) = 0;
  virtual absl::StatusOr<std::optional<Person>> FindPerson(const std::string& tenant, const std::string& id) = 0;
  virtual absl::StatusOr<std::vector<std::string>> PersonIdsByBlind(const std::string& tenant,
                                                                    const std::string& blind) = 0;
  virtual absl::StatusOr<std::vector<HistoryRow>> History(const std::string& tenant, const Key& key) = 0;
  // Records with a timer due at or before `now`, earliest first: (tenant, record).
  virtual absl::StatusOr<std::vector<std::pair<std::string, Record>>> Due(const std::string& kind, Micros now,
                                                                          int limit) = 0;
  // Outbox rows of a partition after a position, in order.
  virtual absl::StatusOr<std::vector<OutboxRow>> Outbox(int partition, std::int64_t after, int limit) = 0;
  // The last position of each partition, by number; 0 where nothing was ever sent.
  virtual absl::StatusOr<std::vector<std::int64_t>> OutboxEnds() = 0;
  virtual absl::StatusOr<std::vector<Mark>> Marks() = 0;
  virtual absl::StatusOr<std::vector<DeadLetter>> DeadLetters(int limit) = 0;
};

// A piece of housekeeping that is no decision: leases, the relay's low-water marks, expiry.
class Maintenance {
 public:
  virtual ~Maintenance() = default;
  // Takes or renews a lease until `now + duration`; the epoch it is held under, or nullopt while another holds it.
  virtual absl::StatusOr<std::optional<std::int64_t>> Lease(const std::string& name, const std::string& holder,
                                                            Micros now, Micros duration) = 0;
  virtual absl::Status ReleaseLease(const std::string& name, const std::string& holder) = 0;
  // The lowest position that every consumer has passed: erases transient payloads up to it, and deletes those of the
  // first 5,000 rows up to it that are older than `keep_after`. Kept, so that a lost stream is sent again from there.
  virtual absl::Status PassOutbox(int partition, std::int64_t low, Micros keep_after) = 0;
  virtual absl::StatusOr<std::vector<std::int64_t>> PassedOutbox() = 0;
  // Deletes request ids that expired; the number.
  virtual absl::StatusOr<std::int64_t> ExpireRequests(Micros now, int limit) = 0;
};

// The messages of one partition that a consumer read together, in order; they commit in one batch with the mark.
struct MessageGroup {
  struct Item {
    // Absent: this service has no use for the message; only the mark moves over it.
    std::optional<Command> command;
    // Filled for every item: what is parked if the decision refuses, or if its key is parked already.
    DeadLetter letter;
  };
  // Makes what is parked fit to be kept; unset: it is kept as it came.
  std::function<void(DeadLetter&)> seal;
  // Where the partition must stand before; the group moves it to the position of its last item.
  Mark from;
  std::vector<Item> items;
};

// What became of a group.
struct GroupResult {
  std::int64_t applied = 0;
  std::int64_t skipped = 0;
  std::int64_t parked = 0;
};

// A timer of a record that fell due.
struct Firing {
  std::string tenant;
  Key key;
  Timer timer;
  std::int64_t generation = 0;
};

class Ledger {
 public:
  using Done = std::function<void(absl::StatusOr<Answer>)>;
  using GroupDone = std::function<void(absl::StatusOr<GroupResult>)>;

  // Opens the database, brings its schema to this binary's version (core tables, then the service's migrations) and
  // starts the writer. Refuses a newer schema, fsync=off, synchronous_commit=off, and a writer id that is in use.
  // `migrations`: file name (NNNN_name.sql) to SQL that both databases understand.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const Options& options, std::vector<Kind> kinds,
                                                      const std::map<std::string, std::string>& migrations,
                                                      clock::Clock* clock);

  virtual ~Ledger() = default;

  // Runs a command in one of the next batches. `done` is called once, on the writer's thread, after the commit (or the
  // refusal); it must not block. What is refused unseen (overload, a bad request id, after Stop) is answered at once on
  // the calling thread.
  virtual void Submit(Command command, Done done) = 0;

  // Runs a group of messages: each once, in order, exactly together with the mark. ABORTED when the mark is not where
  // the group says: another consumer has moved it.
  virtual void SubmitGroup(MessageGroup group, GroupDone done) = 0;

  // Runs a timer's command if the timer still stands; at lower priority than Submit. The timer is gone afterwards,
  // whether decide changes the record or not.
  virtual void SubmitFiring(Firing firing, Command command, Done done) = 0;

  // Runs the commands of one key's dead letters again, or drops them, and takes the letters away in the same commit,
  // with an event in the log of each letter (see letter_log.h). A command that is refused again leaves all letters
  // where they are (those of commands that had to commit before it, as its question must see them, are gone).
  virtual void SubmitUnpark(std::vector<DeadLetter> letters, std::vector<Command> commands, LetterDecision decision,
                            Done done) = 0;

  // Submit, and wait.
  absl::StatusOr<Answer> Run(Command command);

  virtual Reader& reader() = 0;
  virtual Maintenance& maintenance() = 0;
  virtual Counters counters() const = 0;

  // Called after each commit that wrote outbox rows, on the writer's thread: wakes the relay.
  virtual void OnCommit(std::function<void()> callback) = 0;

  // Refuses new commands, finishes those that wait.
  virtual void Stop() = 0;
};

// What verify found (SEC-01).
struct Finding {
  // CHANGED_ROW, CHANGED_RECORD, CHANGED_INDEX, CHANGED_PERSON, CHANGED_REQUEST, CHANGED_MESSAGE, CHANGED_MARK,
  // CHANGED_LETTER, MISSING_ROW, MISSING_RECORD, MISSING_TAIL, MISSING_PERSON, MISSING_MESSAGE, MISSING_LETTER,
  // BROKEN_BLOCK.
  std::string what;
  std::string where;
};

struct Verification {
  std::int64_t records = 0;
  std::int64_t rows = 0;
  std::int64_t blocks = 0;
  std::int64_t erased = 0;
  std::vector<Finding> findings;
  // Writer, last block's sequence and hash: to be kept elsewhere, and given as `anchors` the next time.
  std::vector<BlockRow> heads;
};

// Reads the whole database and checks every record against its history, every row against the row before it, every
// block against its rows and the block before it, and that earlier heads are still there. `open_person` gives the
// salt || values of a sealed person row; one that was erased by a command counts as erased, not as broken.
//
// Of the rows beside them it proves:
//   request      that its block knows it as it stands. That one is missing proves nothing: they expire.
//   outbox       the same, in the order of the blocks; positions without a gap from the oldest row (or the last one
//   that
//                all have passed) to the end. A payload that was erased after all had passed is not looked at.
//   mark         that a commit set it there: never ahead of what was consumed. One that was set back to an earlier
//   place
//                is not found, and does no harm: what is read again is known by its request id.
//   dead_letter  that its block knows it, that its log says it stands, and that each one whose log says so is there.
// Leases are not covered: they say who works now, not what was done; a stolen one is fenced by its epoch and by marks.
// Nor are rows that an older version wrote before it knew of blocks that cover them (migration 0009).
absl::StatusOr<Verification> Verify(const std::string& database, std::vector<Kind> kinds,
                                    const std::vector<BlockRow>& anchors,
                                    const std::function<absl::StatusOr<std::string>(const std::string&)>& open_person);

}  // namespace jinqi::ledger
