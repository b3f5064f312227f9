#include "common/ledger/hash.h"

#include "common/ledger/codec.h"

namespace jinqi::ledger {

std::string ChainHasher::Finish() {
  hasher_.Update(buffer_);
  buffer_.clear();
  return hasher_.Finish();
}

std::string ChainHasher::RecordHash(const Record& record) {
  AppendText(buffer_, record.key.kind);
  AppendText(buffer_, record.key.id);
  AppendNumber(buffer_, record.version);
  AppendNumber(buffer_, record.sequence);
  AppendNumber(buffer_, record.time);
  AppendText(buffer_, record.body);
  AppendText(buffer_, EncodeTimers(record.timers));
  AppendNumber(buffer_, record.generation);
  AppendNumber(buffer_, record.sent);
  return Finish();
}

std::string ChainHasher::RowHash(std::string_view previous, const HistoryRow& row) {
  AppendText(buffer_, previous);
  AppendText(buffer_, row.tenant);
  AppendText(buffer_, row.key.kind);
  AppendText(buffer_, row.key.id);
  AppendNumber(buffer_, row.sequence);
  AppendNumber(buffer_, row.time);
  AppendText(buffer_, row.caller);
  AppendText(buffer_, row.method);
  AppendText(buffer_, row.type);
  AppendText(buffer_, row.data);
  AppendText(buffer_, row.record_hash);
  return Finish();
}

void ChainHasher::BeginBlock(const BlockRow& block) {
  AppendText(buffer_, block.previous);
  AppendText(buffer_, block.writer);
  AppendNumber(buffer_, block.sequence);
  AppendNumber(buffer_, block.time);
}

void ChainHasher::AddRow(std::string_view row_hash) { AppendText(buffer_, row_hash); }

std::string ChainHasher::EndBlock(std::string_view covers) {
  if (!covers.empty()) AppendText(buffer_, covers);
  return Finish();
}

std::string ChainHasher::FinishCover() { return Finish().substr(0, kCoverBytes); }

std::string ChainHasher::CoverOf(const RequestRow& row) {
  AppendText(buffer_, "request");
  AppendText(buffer_, row.tenant);
  AppendText(buffer_, row.scope);
  AppendText(buffer_, row.hash);
  AppendText(buffer_, row.answer);
  AppendNumber(buffer_, row.expires);
  return FinishCover();
}

std::string ChainHasher::CoverOf(const OutboxRow& row) {
  AppendText(buffer_, "outbox");
  AppendNumber(buffer_, row.partition);
  AppendText(buffer_, row.tenant);
  AppendText(buffer_, row.id);
  AppendText(buffer_, row.key);
  AppendNumber(buffer_, row.key_sequence);
  AppendText(buffer_, row.type);
  AppendText(buffer_, row.payload);
  AppendNumber(buffer_, row.transient ? 1 : 0);
  AppendNumber(buffer_, row.time);
  AppendText(buffer_, row.traceparent);
  return FinishCover();
}

std::string ChainHasher::CoverOf(const Mark& row) {
  AppendText(buffer_, "mark");
  AppendText(buffer_, row.source);
  AppendNumber(buffer_, row.partition);
  AppendNumber(buffer_, row.position);
  return FinishCover();
}

std::string ChainHasher::CoverOf(const DeadLetter& row) {
  AppendText(buffer_, "dead_letter");
  AppendText(buffer_, row.source);
  AppendNumber(buffer_, row.partition);
  AppendNumber(buffer_, row.position);
  AppendText(buffer_, row.tenant);
  AppendText(buffer_, row.key);
  AppendText(buffer_, row.type);
  AppendText(buffer_, row.envelope);
  AppendText(buffer_, row.reason);
  AppendNumber(buffer_, row.time);
  AppendNumber(buffer_, row.sealed ? 1 : 0);
  return FinishCover();
}

std::string ChainHasher::Scope(const Command& command) {
  AppendText(buffer_, command.caller);
  AppendText(buffer_, command.method);
  AppendText(buffer_, command.request_id);
  return Finish();
}

}  // namespace jinqi::ledger
