// What waits in the ledger's queue.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "common/ledger/ledger.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

// A call, a timer, the messages of a group or dead letters: what commits together or not at all.
struct Work {
  enum class Kind { kCall, kFiring, kGroup, kUnpark };

  // The number of commands, at least 1: what it counts against a batch.
  int weight() const {
    return kind == Kind::kGroup ? std::max(static_cast<int>(group.items.size()), 1)
                                : std::max(static_cast<int>(commands.size()), 1);
  }

  Kind kind = Kind::kCall;
  // Of a call and a firing one, of dead letters any number; those of a group stand in its items.
  std::vector<Command> commands;
  // How often a decision asked for more names.
  int asked = 0;
  // How often a transient refusal had the group run again.
  int tries = 0;
  // COMMIT was sent and nobody knows yet: must not be answered before that is known.
  bool unknown = false;
  std::chrono::steady_clock::time_point submitted;

  Firing firing;
  MessageGroup group;
  // Of the items of the group that committed already.
  GroupResult group_result;
  std::vector<DeadLetter> letters;

  Ledger::Done done;
  Ledger::GroupDone group_done;
};

}  // namespace jinqi::ledger
