// What waits in the ledger's queue.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "common/ledger/ledger.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

// A call, a timer, the messages of a group or dead letters: what commits together or not at all.
struct Work {
  // What an item of a group has behind it.
  struct Attempts {
    // How often its decision asked for more names.
    int asked = 0;
    // How often a transient refusal had the group run again.
    int tries = 0;
    // Its command was replaced by a refusal, so that it is parked.
    bool refused = false;
  };

  enum class Kind { kCall, kFiring, kGroup, kUnpark };

  // The number of commands, at least 1: what it counts against a batch.
  int weight() const {
    return kind == Kind::kGroup ? std::max(static_cast<int>(group.items.size()), 1)
                                : std::max(static_cast<int>(commands.size()), 1);
  }

  // The number of a group's items that run in the next batch.
  std::size_t items_now() const { return most == 0 ? group.items.size() : std::min(most, group.items.size()); }

  Kind kind = Kind::kCall;
  // Of a call and a firing one, of dead letters any number; those of a group stand in its items.
  std::vector<Command> commands;
  // Of all but a group: how often a decision asked for more names.
  int asked = 0;
  // COMMIT was sent and nobody knows yet: must not be answered before that is known.
  bool unknown = false;
  std::chrono::steady_clock::time_point submitted;

  Firing firing;
  MessageGroup group;
  // Of a group: at most so many of its items run in one batch, while one that fails is looked for; 0: all.
  std::size_t most = 0;
  // Of a group's items, by position.
  std::map<std::int64_t, Attempts> attempts;
  // Of the items of the group that committed already.
  GroupResult group_result;
  std::vector<DeadLetter> letters;
  LetterDecision decision;

  Ledger::Done done;
  Ledger::GroupDone group_done;
};

// Replaces the command of a group's item by one that is refused for good, so that the item is parked and the others
// go on.
void RefuseItem(Work& work, std::size_t item, const absl::Status& why);

}  // namespace jinqi::ledger
