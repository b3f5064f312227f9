// From a message to the command that it is for its consumer.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/vault.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/envelope.pb.h"

namespace jinqi::queue {

using events::v1::Envelope;

// What a service makes of a message: a command; nullopt when it has no use for it; an error when it never can be one:
// the message is parked. UNAVAILABLE and RESOURCE_EXHAUSTED are for what passes: the message is tried again, and those
// behind it wait. Called by one thread at a time. It must not block.
using Handler = std::function<absl::StatusOr<std::optional<ledger::Command>>(const Envelope&)>;

// The handler's command, completed by what a message decides: tenant, request id (the event's), a caller
// `queue:<source>` and a method `Consume/<type>` where the handler gave none, and a time that is not before the
// event's; its trace continues the message's. An error that is for good becomes a command that is refused with it, so
// that the ledger parks the message.
absl::StatusOr<std::optional<ledger::Command>> CommandOf(const Handler& handler, const Envelope& envelope);

// Whether an error passes by itself.
bool IsTransient(const absl::Status& status);

// What is parked when the command of the message is refused, without U+0000. `bytes`: the message as it came.
ledger::DeadLetter LetterOf(const Envelope& envelope, std::string bytes);

// Makes a letter fit to be kept (contract 12): what may hold personal values (a transient message, one that cannot be
// read) is sealed under the vault; without one its content is not kept.
void SealLetter(const crypto::Vault* vault, ledger::DeadLetter& letter);

// The message of a letter that was kept so. FAILED_PRECONDITION when it is sealed and there is no vault, DATA_LOSS for
// what is unreadable.
absl::StatusOr<Envelope> OpenLetter(const crypto::Vault* vault, const ledger::DeadLetter& letter);

}  // namespace jinqi::queue
