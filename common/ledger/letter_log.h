// The log of dead letters: a record for each, so that setting one aside, applying it and dropping it stand in the chain
// (contract 16).
#pragma once

#include "common/ledger/types.h"
#include "jinqi/events/v1/dead_letter_service.pb.h"

namespace jinqi::ledger {

inline constexpr char kLetterLog[] = "dead_letter_log";

// Every ledger has this kind.
Kind LetterLogKind();

// `intake/3/17/1760000000000000`: source, partition, position and time of the message.
Key LetterLogKey(const DeadLetter& letter);

// Sets the log of a letter; the event is LetterParked, LetterApplied or LetterDiscarded.
Decide LogLetterAs(const DeadLetter& letter, events::v1::DeadLetterState state);

}  // namespace jinqi::ledger
