#include "common/queue/dead_letters.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/status/status.h"

namespace jinqi::queue {
namespace {

absl::Status NoLetter(const std::string& id) { return Error(config::v1::REASON_NOT_FOUND, {{"id", id}}); }

}  // namespace

DeadLetters::DeadLetters(ledger::Ledger& ledger, std::map<std::string, Handler> handlers, const crypto::Vault* vault)
    : ledger_(ledger), handlers_(std::move(handlers)), vault_(vault) {}

absl::StatusOr<std::vector<ledger::DeadLetter>> DeadLetters::List(int limit) {
  ASSIGN_OR_RETURN(auto letters, ledger_.reader().DeadLetters(limit));
  std::sort(letters.begin(), letters.end(), [](const ledger::DeadLetter& a, const ledger::DeadLetter& b) {
    return std::tie(a.source, a.partition, a.position) < std::tie(b.source, b.partition, b.position);
  });
  return letters;
}

absl::StatusOr<int> DeadLetters::Retry(const LetterKey& key, ledger::LetterDecision by) {
  const auto handler = handlers_.find(key.source);
  if (handler == handlers_.end()) return NoLetter(key.source);
  ASSIGN_OR_RETURN(auto letters, List(std::numeric_limits<int>::max()));
  std::erase_if(letters, [&key](const ledger::DeadLetter& letter) {
    return letter.tenant != key.tenant || letter.source != key.source || letter.key != key.key;
  });
  if (letters.empty()) return NoLetter(key.key);
  std::vector<ledger::Command> commands;
  for (const ledger::DeadLetter& letter : letters) {
    ASSIGN_OR_RETURN(const Envelope envelope, OpenLetter(vault_, letter));
    ASSIGN_OR_RETURN(auto command, CommandOf(handler->second, envelope));
    if (command) commands.push_back(*std::move(command));
  }
  const int count = static_cast<int>(letters.size());
  by.discard = false;
  RETURN_IF_ERROR(Unpark(std::move(letters), std::move(commands), std::move(by)));
  return count;
}

absl::Status DeadLetters::Discard(const LetterPlace& place, ledger::LetterDecision by) {
  ASSIGN_OR_RETURN(auto letters, List(std::numeric_limits<int>::max()));
  std::erase_if(letters, [&place](const ledger::DeadLetter& letter) {
    return letter.source != place.source || letter.partition != place.partition || letter.position != place.position;
  });
  if (letters.empty()) return NoLetter(std::to_string(place.position));
  by.discard = true;
  return Unpark(std::move(letters), {}, std::move(by));
}

absl::Status DeadLetters::Unpark(std::vector<ledger::DeadLetter> letters, std::vector<ledger::Command> commands,
                                 ledger::LetterDecision by) {
  struct Outcome {
    absl::Notification done;
    absl::Status status;
  };
  const auto outcome = std::make_shared<Outcome>();
  ledger_.SubmitUnpark(std::move(letters), std::move(commands), std::move(by),
                       [outcome](const absl::StatusOr<ledger::Answer>& answer) {
                         outcome->status = answer.status();
                         outcome->done.Notify();
                       });
  outcome->done.WaitForNotification();
  return outcome->status;
}

}  // namespace jinqi::queue
