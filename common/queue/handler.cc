#include "common/queue/handler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_replace.h"
#include "common/clock/clock.h"
#include "common/trace/trace.h"

namespace jinqi::queue {
namespace {

// Under which letters are sealed, so that nothing else can stand for one.
constexpr char kAssociated[] = "dead_letter";

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
  if (const auto trace = trace::Parse(envelope.traceparent()))
    command.traceparent = trace::Format(trace::Child(*trace));
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

void SealLetter(const crypto::Vault* vault, ledger::DeadLetter& letter) {
  Envelope envelope;
  const bool readable = envelope.ParseFromString(letter.envelope);
  if (readable && !envelope.transient()) return;
  if (vault != nullptr) {
    letter.envelope = vault->Seal(letter.envelope, kAssociated);
    letter.sealed = true;
    return;
  }
  envelope.clear_payload();
  letter.envelope = readable ? envelope.SerializeAsString() : "";
}

absl::StatusOr<Envelope> OpenLetter(const crypto::Vault* vault, const ledger::DeadLetter& letter) {
  std::string bytes = letter.envelope;
  if (letter.sealed) {
    if (vault == nullptr)
      return absl::FailedPreconditionError("a dead letter is sealed, and there is no vault_key_file");
    ASSIGN_OR_RETURN(bytes, vault->Open(letter.envelope, kAssociated));
  }
  Envelope envelope;
  if (bytes.empty() || !envelope.ParseFromString(bytes)) {
    return absl::DataLossError("a dead letter is unreadable: discard it");
  }
  return envelope;
}

}  // namespace jinqi::queue
