// One batch: which rows it needs, what is decided on them, and what is to be written. No I/O.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/ledger/driver.h"
#include "common/ledger/hash.h"
#include "common/ledger/letter_log.h"
#include "common/ledger/work.h"

namespace jinqi::ledger {

inline constexpr std::size_t kMaxNames = 100;
// How often a command may ask for more names.
inline constexpr int kMaxAsked = 5;

// OK when a command may be run: its names, its request id, its decision.
absl::Status CheckCommand(const Command& command);

class Batch {
 public:
  struct Environment {
    const std::map<std::string, Kind>* kinds = nullptr;
    int partitions = 1;
    std::string writer;
    // The writer's last block.
    BlockRow last;
    Micros now = 0;
  };

  // What becomes of a work when the batch has committed.
  struct Verdict {
    enum class Kind { kDone, kRefused, kAgain };
    Kind kind = Kind::kDone;
    absl::Status refusal;
    Answer answer;
    GroupResult group;
    // kAgain: the names that decisions asked for, by command.
    std::vector<std::pair<Command*, std::vector<Name>>> needs;
    // kAgain: so many items (of a group) or commands and letters (of an unpark) are in this commit; the rest follows.
    std::size_t committed = 0;
    // kAgain because of a transient refusal of this item.
    std::optional<std::size_t> transient;
  };

  Batch(Environment environment, std::vector<Work*> works);

  // The first round trip.
  const ReadSet& reads() const { return reads_; }
  // Decides every work in order. The verdicts are theirs.
  void Decide(ReadResult result);
  // The second round trip; once, after Decide.
  WriteSet TakeWrites();

  const std::vector<Verdict>& verdicts() const { return verdicts_; }
  std::vector<Verdict>& verdicts() { return verdicts_; }
  double decide_seconds_max() const { return decide_seconds_max_; }
  // Programming errors, for the log.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  class CommandView;

  // A record as it stands after all that was decided before.
  struct Entry {
    Record record;
    const Kind* kind = nullptr;
    bool in_database = false;
    bool changed = false;
    // A command that changed something relied on it, or named it for change.
    bool relied = false;
    bool touched = false;
    std::vector<Value> columns;
    std::vector<std::vector<std::string>> sides;
  };
  using Entries = std::map<RecordRef, Entry>;
  using ScopeKey = std::pair<std::string, std::string>;
  // (source, tenant, key)
  using ParkKeys = std::set<std::tuple<std::string, std::string, std::string>>;

  struct PersonWrite {
    std::string tenant;
    std::string id;
    // Absent: erased.
    std::optional<Person> person;
  };

  // How far everything was, to go back to.
  struct Savepoint {
    std::size_t undo;
    std::size_t history;
    std::size_t outbox;
    std::size_t requests;
    std::size_t persons;
    std::size_t park;
  };

  struct Step {
    enum class Kind { kApplied, kRefused, kAgain };
    Kind kind = Kind::kApplied;
    absl::Status refusal;
    Answer answer;
    std::vector<Name> need;
  };

  // A command's names looked up.
  struct Named {
    const Command* command;
    std::vector<Entry*> entries;
    Micros now;
  };

  Savepoint Save() const;
  void Restore(const Savepoint& savepoint);

  void Ask(const Command& command);

  Verdict DecideWork(Work& work);
  Verdict DecideSingle(Work& work);
  Verdict DecideGroup(Work& work);
  Verdict DecideUnpark(Work& work);
  Step DecideItem(MessageGroup::Item& item, const ParkKeys& parked_here);
  Verdict GroupNeeds(Work& work, std::size_t from, const ParkKeys& parked_here, const Savepoint& savepoint, Step first);
  void Unpark(const Work& work, std::size_t count);
  void LogLetter(const DeadLetter& letter, const Command& by, events::v1::DeadLetterState state);
  Verdict Refused(absl::Status status) const;

  Step DecideCommand(Command& command, const Firing* firing);
  Named LookUp(const Command& command);
  bool MustWait(const Named& named) const;
  std::optional<Step> Known(const Command& command, const std::string& scope);
  absl::StatusOr<Outcome> RunDecide(const Named& named);
  absl::Status Apply(Outcome& outcome, const Named& named, const Firing* firing, const std::string& scope);
  absl::Status TellErasures(Outcome& outcome, const Command& command);
  absl::Status ApplyChange(Change& change, const Named& named, const Firing* firing);
  static void SetTimers(const Change& change, const Firing* firing, Record& record);
  void AppendHistory(Change& change, const Named& named, Record& record);
  std::string Covers(const WriteSet& writes);
  absl::Status Fault(const Command& command, std::string_view text);

  const Environment environment_;
  const std::vector<Work*> works_;
  ReadSet reads_;
  // The first question of each command that has some.
  std::map<const Command*, std::size_t> questions_;
  std::vector<Rows> answers_;
  Entries entries_;
  std::map<ScopeKey, RequestRow> known_;
  std::set<ScopeKey> postponed_;
  std::map<std::pair<std::string, int>, std::int64_t> marks_;
  std::map<std::pair<std::string, int>, std::int64_t> marks_before_;
  ParkKeys parked_;

  std::vector<std::pair<Entry*, Entry>> undo_;
  std::vector<HistoryRow> history_;
  std::vector<OutboxRow> outbox_;
  std::vector<RequestRow> requests_;
  std::vector<PersonWrite> persons_;
  std::vector<DeadLetter> park_;
  std::vector<DeadLetter> unpark_;
  std::vector<Verdict> verdicts_;
  std::vector<std::string> faults_;
  ChainHasher hasher_;
  double decide_seconds_max_ = 0;
};

}  // namespace jinqi::ledger
