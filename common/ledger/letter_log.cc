#include "common/ledger/letter_log.h"

#include "absl/strings/str_cat.h"

namespace jinqi::ledger {
namespace {

using events::v1::DeadLetterLog;

const char* EventOf(events::v1::DeadLetterState state) {
  switch (state) {
    case events::v1::DEAD_LETTER_STATE_APPLIED: return "LetterApplied";
    case events::v1::DEAD_LETTER_STATE_DISCARDED: return "LetterDiscarded";
    default: return "LetterParked";
  }
}

absl::StatusOr<std::vector<Value>> ColumnsOf(const std::string& body) {
  DeadLetterLog log;
  if (!log.ParseFromString(body)) return absl::DataLossError("body of a dead letter's log");
  return std::vector<Value>{log.source(), std::int64_t{log.partition()}, log.position(), std::int64_t{log.state()}};
}

}  // namespace

Kind LetterLogKind() {
  Kind kind;
  kind.name = kLetterLog;
  kind.columns = {{"source", ColumnType::kText},
                  {"partition", ColumnType::kInteger},
                  {"position", ColumnType::kInteger},
                  {"state", ColumnType::kInteger}};
  kind.extract = ColumnsOf;
  return kind;
}

Key LetterLogKey(const DeadLetter& letter) {
  return {kLetterLog, absl::StrCat(letter.source, "/", letter.partition, "/", letter.position, "/", letter.time)};
}

Decide LogLetterAs(const DeadLetter& letter, events::v1::DeadLetterState state) {
  DeadLetterLog log;
  log.set_source(letter.source);
  log.set_partition(letter.partition);
  log.set_position(letter.position);
  log.set_key(letter.key);
  log.set_type(letter.type);
  log.set_reason(letter.reason);
  log.set_state(state);
  return [key = LetterLogKey(letter), body = log.SerializeAsString(), state](const View&) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.changes = {{key, body, std::nullopt, {{EventOf(state), body, std::nullopt}}}};
    return outcome;
  };
}

}  // namespace jinqi::ledger
