#include "common/queue/handler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_replace.h"
#include "common/clock/clock.h"

namespace jinqi::queue {
namespace {

ledger::Command Refusal(absl::Status status) {
  ledger::Command command;
  command.decide = [status = std::move(status)](const ledger::View&) -> absl::StatusOr<ledger::Outcome> {
    return status;
  };
  return command;
}

// No database keeps U+0000 in a text: it is shown as the symbol for it.
std::string WithoutNull(const std::string& text) {
  return absl::StrReplaceAll(text, {{std::string(1, '\0'), "\u2400"}});
}

}  // namespace

bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

absl::StatusOr<std::optional<ledger::Command>> CommandOf(const Handler& handler, const Envelope& envelope) {
  absl::StatusOr<std::optional<ledger::Command>> handled = handler(envelope);
  if (!handled.ok() && IsTransient(handled.status())) return handled.status();
  if (handled.ok() && !handled->has_value()) return std::nullopt;
  ledger::Command command = handled.ok() ? *std::move(*handled) : Refusal(handled.status());
  if (command.tenant.empty()) command.tenant = envelope.tenant();
  if (command.caller.empty()) command.caller = "queue:" + envelope.source();
  if (command.method.empty()) command.method = "Consume/" + envelope.type();
  if (command.request_id.empty()) command.request_id = envelope.id();
  if (command.request_hash.empty()) command.request_hash = envelope.id();
  command.time = std::max(command.time, clock::FromProto(envelope.time()));
  return command;
}

ledger::DeadLetter LetterOf(const Envelope& envelope, std::string bytes) {
  ledger::DeadLetter letter;
  letter.tenant = WithoutNull(envelope.tenant());
  letter.source = WithoutNull(envelope.source());
  letter.partition = envelope.partition();
  letter.position = envelope.position();
  letter.key = WithoutNull(envelope.key());
  letter.type = WithoutNull(envelope.type());
  letter.envelope = std::move(bytes);
  letter.time = clock::FromProto(envelope.time());
  return letter;
}

}  // namespace jinqi::queue
