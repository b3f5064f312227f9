// What an operator does with messages that were set aside (contract 16).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"
#include "common/queue/handler.h"

namespace jinqi::queue {

// Names the letters of one key: while one of them is there, all later messages of the key are parked behind it.
struct LetterKey {
  std::string tenant;
  std::string source;
  std::string key;
};

// Names one letter.
struct LetterPlace {
  std::string source;
  int partition = 0;
  std::int64_t position = 0;
};

// Blocks for the commit: not for the ledger's thread. Thread-safe where the handlers are.
class DeadLetters {
 public:
  // `handlers`: source to the handler of its messages, those of the consumers. `vault`: that of the consumers; may be
  // nullptr, outlives it.
  DeadLetters(ledger::Ledger& ledger, std::map<std::string, Handler> handlers, const crypto::Vault* vault);

  // In the order of source, partition and position; at most `limit`.
  absl::StatusOr<std::vector<ledger::DeadLetter>> List(int limit);

  // Handles all letters of a key again, in order and in one commit; how many. When one is refused again, all stay and
  // the refusal is the answer; discard that one and retry the rest. NOT_FOUND without letters. `by`: who decides, for
  // the log of the letters.
  absl::StatusOr<int> Retry(const LetterKey& key, ledger::LetterDecision by);

  // Drops one letter for good. Later letters of its key stay until they are retried. NOT_FOUND without it.
  absl::Status Discard(const LetterPlace& place, ledger::LetterDecision by);

 private:
  absl::Status Unpark(std::vector<ledger::DeadLetter> letters, std::vector<ledger::Command> commands,
                      ledger::LetterDecision by);

  ledger::Ledger& ledger_;
  const std::map<std::string, Handler> handlers_;
  const crypto::Vault* const vault_;
};

}  // namespace jinqi::queue
